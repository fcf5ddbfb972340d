"""`prose`: what a question asks for, in whole sentences, with every gap declared where it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom import tokens
from headroom.compressors import built_in, pick, prose_markdown, prose_notation
from headroom.compressors.prose import ProseCompressor
from headroom.compressors.prose_relevance import relevance
from headroom.compressors.prose_sentences import sentences
from headroom.compressors.prose_units import units
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

PROSE = ProseCompressor()

SENTENCES = st.sampled_from(
    [
        "The gateway waits 30 seconds before it gives up.",
        "Dr. Who met J. R. Smith at 5 p.m. in St. Ives!",
        "Nobody asked why, though.",
        "Is that so?",
        "これは文です。次の文です。",
        "Mm-hmm .",
        "Payments run in Oslo, Bergen and 14 other cities.",
        "A sentence [...] with brackets […] in it.",
    ]
)
LINES = st.one_of(
    st.lists(SENTENCES, min_size=1, max_size=30).map(" ".join),
    st.tuples(st.sampled_from(["Ann", "Project Manager", "Bob"]), SENTENCES).map(": ".join),
    st.sampled_from(
        ["", "", "# Setup", "Title", "=====", "- item one", "  more of it", "| a | b |", "|---|---|", "```", "x = 1"]
    ),
    st.sampled_from(
        ["ERROR: disk full", "[line 3 left out]", "[…2 sentences left out]", "text " * 20, "wrapped line " * 5]
    ),
)
TEXTS = st.lists(LINES, max_size=60).map("\n".join)


def manual(sections: int = 12) -> str:
    """Return a manual of which one section answers a question."""
    lines = ["# Gateway manual", ""]
    for section in range(sections):
        lines += [f"## Chapter {section}: {['storage', 'routing', 'billing', 'alarms'][section % 4]}", ""]
        for paragraph in range(3):
            lines.append(
                f"In chapter {section} the reader learns how part {paragraph} of the system is put together and kept alive. "
                f"It takes patience, and a quiet afternoon, to follow all of it to the end."
            )
            lines.append("")
    at = lines.index("## Chapter 7: alarms") + 2
    lines[at] = "The retry limit of the pager is 17 attempts. After that the night shift is called by telephone."
    return "\n".join(lines)


def shrunk(text: str, query: str = "", target: int = 400) -> Shrunk:
    form = PROSE.invoke(Block(text), target_tokens=target, query=query)
    assert form is not None
    assert form.left_out is not None
    return form


class TestProse(CompressorTests):
    compressor = PROSE
    query = "how many cities do payments run in"

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return [manual(8), " ".join(manual(8).split())]


@given(st.lists(SENTENCES, max_size=8), st.sampled_from([" ", "  ", "", "\t"]))
def test_sentences_are_the_line(parts: list[str], between: str) -> None:
    line = between.join(parts)
    assert line == "".join(sentences(line))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("One. Two! Three? Four", 4),
        ("Dr. Smith and Mrs. Jones met. They left.", 2),
        ("J. R. R. Tolkien wrote it. So did C. S. Lewis.", 2),
        ("See Fig. 3 and No. 5, e.g. here. Done.", 2),
        ("The U.S. Army came. It stayed.", 2),
        ("Version 2.5.1 is out. Get it at example.org now.", 2),
        ('He asked "Why?" and left. "Yes." She stayed.', 3),
        ("これは一つ。二つ目です！三つ目？", 3),
        ("Это раз. Это два. это продолжение.", 3),
        ("Wait... what is it? Nothing.", 2),
        ("transcripts put blanks before the stop . They do . Always ?", 3),
    ],
)
def test_where_sentences_end(line: str, expected: int) -> None:
    assert expected == len(sentences(line))


@pytest.mark.parametrize(
    "line",
    [
        "It was built in 2019. The next one followed.",
        "It was built in 2019.[3] The next one followed.",
        "It was built in 2019.[3][12] The next one followed.",
        "It cost $5. Nobody paid 5.",
        "Ends in 3.5. 2020 was worse.",
    ],
)
def test_a_sentence_may_end_in_digits_and_footnotes(line: str) -> None:
    assert len(sentences(line)) == 2
    assert "".join(sentences(line)) == line


def test_g8_wide_characters_stay_whole() -> None:
    line = "".join(f"第{n}章では、設定の値は{n * 7}です😀。" for n in range(120))
    form = shrunk(line, "第41章の設定の値")
    said = sentences(line)
    assert said[41] in form.text
    stripped = form.text
    for sentence in said:
        stripped = stripped.replace(sentence, "", 1)
    assert all(note.endswith("left out") for note in stripped.replace("] ", "]").split("]") if note)


def test_of_a_long_table_rows_stand_under_its_header() -> None:
    rows = [f"| host-{n} | {n * 37 % 91} | rack {n % 7} |" for n in range(300)]
    table = ["| host | load | place |", "|------|------|-------|", *rows]
    text = manual().replace("## Chapter 5: routing\n\n", "## Chapter 5: routing\n\n" + "\n".join(table) + "\n\n")
    form = shrunk(text, "what is the load of host-41")
    out = form.text.split("\n")
    assert rows[41] in out
    assert out.index("| host | load | place |") < out.index("|------|------|-------|") < out.index(rows[41])
    assert sum(row in out for row in rows) < 150
    assert "## Chapter 5: routing" in out


def test_a_short_table_is_one_unit() -> None:
    lines = ["| a | b |", "|---|---|", "| 1 | 2 |", "", *(f"| {n} | x |" for n in range(9))]
    assert [(unit.line, unit.end, unit.kind) for unit in units(lines)][:4] == [
        (0, 3, "fixed"),
        (3, 4, "blank"),
        (4, 5, "header"),
        (5, 6, "fixed"),
    ]


def test_units_cover_every_character() -> None:
    text = manual() + "\n```\ncode\n\nmore\n```\n| a |\n| b |\n- x\n  y\n" + "Long one. " * 200
    lines = text.split("\n")
    parts = units(lines)
    said: dict[int, str] = {}
    for part in parts:
        said[part.line] = said.get(part.line, "") + part.text(lines)
    assert text == "\n".join(said.values())
    assert "```\ncode\n\nmore\n```" in [part.text(lines) for part in parts if part.kind == "fixed"]


def test_the_answer_is_found_and_headings_stay() -> None:
    form = shrunk(manual(), "what is the retry limit of the pager?", target=150)
    assert "The retry limit of the pager is 17 attempts." in form.text
    assert "# Gateway manual" in form.text
    assert "## Chapter 7: alarms" in form.text
    assert tokens.count(form.text) < tokens.count(manual()) // 2


def test_answers_without_a_word_of_the_question_are_found_beside_those_with() -> None:
    turns = [f"Ann: we went on about topic {n} for a while ." for n in range(300)]
    turns[150] = "Bob: what about the microphone ?"
    turns[151] = "Ann: forty seven dollars , apparently ."
    form = shrunk("\n".join(turns), "what does the microphone cost")
    assert turns[151] in form.text.split("\n")


def test_a_long_line_is_taken_by_sentences() -> None:
    said = [f"Passage {n} speaks of weather and of long walks by the sea." for n in range(120)]
    said[60] = "The vault opens at 06:45 on Sundays."
    form = shrunk(" ".join(said), "when does the vault open?", target=60)
    assert said[60] in form.text
    assert " sentences left out] " in form.text
    assert form.left_out is not None
    assert form.left_out.unit == "characters"
    assert form.kept_lines == ()


def test_of_a_file_that_is_viewed_more_stays() -> None:
    text = manual(60)
    view = PROSE.invoke(Block(text, tool="Read", arguments='{"file_path":"manual.md"}'), target_tokens=400)
    assert view is not None
    assert tokens.count(view.text) > 2 * tokens.count(shrunk(text).text)


def test_what_is_said_twice_is_kept_once() -> None:
    chunk = "The vault opens at 06:45 on Sundays, and closes when the last visitor has left the building for good."
    lines = [f"Chunk {n} is about gardens, their history and their keepers in the north." for n in range(200)]
    lines[20] = lines[90] = lines[150] = chunk
    assert shrunk("\n".join(lines), "when does the vault open", target=100).text.count(chunk) == 1


def test_errors_that_were_pasted_in_stay() -> None:
    lines = manual().split("\n")
    lines[20] = "psycopg.OperationalError: connection refused (exit code 3)"
    assert lines[20] in shrunk("\n".join(lines), "pager retry limit", target=100).text.split("\n")


def test_g9_every_sentence_shown_is_the_sources() -> None:
    text = manual()
    for line in shrunk(text, "billing").text.split("\n"):
        assert line in text.split("\n") or "left out]" in line


def test_questions_in_other_scripts_find_their_passages() -> None:
    lines = [f"第{n}章では、部品の組み立て方と保守の方法を説明します。" for n in range(200)]
    lines[120] = "再試行の上限は17回です。"
    assert lines[120] in shrunk("\n".join(lines), "再試行の上限は何回ですか", target=150).text


def test_nothing_is_asked_and_sections_are_shown_from_their_beginnings() -> None:
    form = shrunk(manual(30), "", target=300)
    assert form.text.startswith("# Gateway manual")
    assert tokens.count(form.text) <= 300 * 2


def test_relevance_is_a_number_for_each_passage() -> None:
    scores = relevance(["the pager rings", "", "it rings", "nothing at all"], "pager")
    assert len(scores) == 4
    assert scores[0] == max(scores)
    assert relevance(["a", "b"], "pager") == [0, 0]
    assert relevance([], "pager") == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("[…1", "[…2", 1),
        lambda text: text.replace("sentences left out] ", "sentences left out]", 1),
        lambda text: text.replace("vault", "Vault", 1),
        lambda text: text + " More.",
    ],
)
def test_verify_reads_notes_exactly(damage: object) -> None:
    said = [f"Passage {n} speaks of weather and of long walks by the sea." for n in range(120)]
    said[18] = "The vault opens at 06:45 on Sundays."
    text = " ".join(said)
    form = shrunk(text, "vault", target=60)
    damaged = Shrunk(damage(form.text), form.recipe, form.left_out, form.kept_lines)  # type: ignore[operator]
    assert damaged.text != form.text
    with pytest.raises(CompressionError):
        PROSE.verify(Block(text), damaged)


@pytest.mark.parametrize(
    ("text", "mine"),
    [
        (manual(), True),
        (
            "\n".join(
                f"Speaker {'AB'[n % 2]}: well , I do not think that {{vocalsound}} it matters . Right ?"
                for n in range(30)
            ),
            True,
        ),
        (
            "\n".join(
                f"2024-05-01 10:00:{n % 60:02d} INFO the service has handled request number {n}." for n in range(60)
            ),
            False,
        ),
        ("\n".join(f"def function_{n}(value):\n    return value + {n}" for n in range(60)), False),
        ("\n".join(f"src/module_{n}.py" for n in range(90)), False),
        (json.dumps([{"text": "A sentence of words. Another one."}] * 40), False),
        ("\n".join(f"{n}\tThis line of a file is prose, but it has a number." for n in range(50)), False),
        ("too short.", False),
    ],
    ids=["manual", "transcript", "log", "code", "listing", "json", "numbered view", "short"],
)
def test_what_is_prose(text: str, mine: bool) -> None:
    assert mine == (PROSE.detect(Block(text)) > 0)


PINNED_QUERY = "how long may a refund take?"
PINNED = """# Shop policy
[lines 2-4 left out]
## Refunds

A refund takes up to 14 days. Banks may add 3 more days.
[lines 8-10 left out]
## Deliveries
[lines 12-13 left out]"""
"""A change of output is a change of recipe version."""


def test_pinned_output() -> None:
    filler = "We are glad that you are here, and we hope that you will find all that you are looking for. " * 4
    text = (
        f"# Shop policy\n\n{filler.strip()}\n\n## Refunds\n\nA refund takes up to 14 days. Banks may add 3 more days.\n\n"
        f"{filler.replace('glad', 'proud').strip()}\n\n## Deliveries\n\n{filler.replace('find', 'get').strip()}"
    )
    form = PROSE.invoke(Block(text), target_tokens=60, query=PINNED_QUERY)
    assert form is not None
    assert form.text == PINNED
    assert form.recipe == "prose/2"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["A b c. " * 20_000, "word\n" * 30_000, "Ann: Yes.\n" * 20_000], ids=["line", "words", "turns"]
)
def test_long_texts_take_linear_time(text: str) -> None:
    form = PROSE.invoke(Block(text), target_tokens=400, query="ann words c b")
    assert form is None or len(form.text) < len(text)


@pytest.mark.parametrize(
    ("corpus", "most_tokens", "least_kept"), [("nq_20docs", 0.25, 0.95), ("qmsum", 0.30, 0.55)], ids=["nq", "qmsum"]
)
def test_real_questions_find_their_answers(shared: Path, corpus: str, most_tokens: float, least_kept: float) -> None:
    kept = before = after = 0.0
    rows = [json.loads(line) for line in (shared / "data/D/dev" / f"{corpus}.jsonl").open(encoding="utf-8")][:30]
    for row in rows:
        count = tokens.count(row["context"])
        form = PROSE.invoke(Block(row["context"]), target_tokens=max(400, count * 15 // 100), query=row["question"])
        assert form is not None
        before += count
        after += tokens.count(form.text) + 45
        if "evidence" in row and corpus == "qmsum":
            kept += sum(said in form.text for said in row["evidence"]) / len(row["evidence"])
        else:
            kept += any(answer.lower() in form.text.lower() for answer in row["answers"])
    assert after <= most_tokens * before
    assert kept >= least_kept * len(rows)


def test_notes_are_read_as_they_are_written() -> None:
    source = "One is here. Two is here. Three is here."
    assert len("Two is here. ") == prose_notation.read(
        "[…1 sentence left out] Two is here. […1 sentence left out]", source
    )
    assert prose_notation.read("[…2 sentences left out] Two is here. ", source) == 0
    assert prose_notation.read(source, source) == 0


def api(sections: int = 12) -> str:
    """Return a manual of functions: under each heading comments, a list, sentences, and examples in two languages."""
    lines = ["# Streams", "", "> Stability: 2 - Stable", "", "[`pipe()`]: #pipe", ""]
    for n in range(sections):
        lines += [f"## `stream.part{n}(options)`", "", "<!-- YAML", f"added: v0.{n}.0", "-->", ""]
        lines += [f"* `options` {{Object}} What [`pipe()`][] takes, with {n} parts at most.", ""]
        lines += [f"The function copies chunk {n} to the next stream and waits until it is written.", ""]
        lines += ["```mjs", "import { pipe } from 'node:stream';", f"export async function copy{n}(from, to) {{"]
        lines += [
            f"  const part = await from.read({n});",
            "  for (const chunk of part) {",
            "    to.write(chunk);",
            "  }",
        ]
        lines += ["  return to;", "}", "```", "", "```py", f"def copy_{n}(source, target):"]
        lines += ["    for chunk in source:", "        target.write(chunk)", "    return target", "```", ""]
    return "\n".join(lines)


@pytest.mark.parametrize("sections", [3, 12, 200])
def test_markdown_that_is_mostly_fenced_code_is_prose(sections: int) -> None:
    """Code in fences was taken for the file's own: the manual was outlined as JavaScript."""
    taken = pick(Block(api(sections), kind="tool_result", tool="fetch"), built_in())
    assert taken[0].id == "prose"
    assert "code" not in [compressor.id for compressor in taken]


def test_a_manual_keeps_headings_and_whole_fences() -> None:
    text = api(60)
    form = shrunk(text, "how does part17 copy chunk 17", target=1_200)
    PROSE.verify(Block(text), form)
    lines = form.text.split("\n")
    assert "## `stream.part17(options)`" in lines
    assert form.text.count("```") % 2 == 0
    assert "chunk 17 to the next stream" in form.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("some text\n```py\nx = 1\n```\nb", "some text\nb"),
        ("one\n~~~\nx\n```\ny\n~~~\ntwo", "one\ntwo"),
        ("some text\n````md\n```\nx\n```\n````\ntwo", "some text\ntwo"),
        ("one two\n```py\nx = 1", "one two\n```py\nx = 1"),
        ("     1\tone\n     2\t```py\n     3\tx\n     4\t```\n     5\ttwo", "     1\tone\n     5\ttwo"),
        ("Here:\n```py\n" + "x = 1\n" * 40 + "```", "Here:\n```py\n" + "x = 1\n" * 40 + "```"),
        ("none", "none"),
    ],
)
def test_what_stands_outside_of_fences(text: str, expected: str) -> None:
    assert expected == prose_markdown.outside(text)


@given(st.lists(st.sampled_from(["```", "```py", "~~~", "````", "text", "x = 1", ""]), max_size=30).map("\n".join))
def test_outside_of_fences_are_the_text_s_own_lines(text: str) -> None:
    left = iter(text.split("\n"))
    found = prose_markdown.outside("start\n" + text)
    assert all(line in left for line in found.removeprefix("start").removeprefix("\n").split("\n") if line)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["# One", "", "Text.", "", "## Two", "Text."], True),
        (["One", "=====", "2024: ok", "Two", "-----", "Text."], False),
        (["# a comment", "x = 1", "", "# another", "y = 2"], False),
        (["# a comment", "# that goes on", "", "# and", "# on"], False),
        (["#!/bin/sh", "", "# Title", "", "set -e"], False),
    ],
)
def test_headings_are_told_from_comments(lines: list[str], expected: bool) -> None:
    assert expected == prose_markdown.is_headed(lines)
