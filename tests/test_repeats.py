"""What stands in view already: laws, a table of cases, regressions."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom import repeats
from headroom.content import Block
from headroom.view import View, label_of
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from tests.laws.conversations import body, headroom, log, rows

NOTE = re.compile(
    r"\[lines? (?P<start>[0-9]+)(?:-(?P<end>[0-9]+))?(?:, numbered (?P<ours>[0-9]+)-[0-9]+ here,)?"
    r" (?:there too,|stands? above in (?P<label>.*?))(?:, there numbered [0-9]+-[0-9]+)? from \"(?P<anchor>.*)\"\]"
)
WHOLE = re.compile(r"\[this result stands above in (?P<label>.*), whole, from \".*\"\]")

FILE = "\n".join(f"def function_{n}(argument):\n    return argument * {n} + {n * n}\n" for n in range(40))


def seen(*texts: str, tool: str = "Read") -> View:
    """Return a view of these results, the n-th of the file n."""
    view = View()
    for number, text in enumerate(texts):
        view.add(Block(text, kind="tool_result", tool=tool, arguments=json.dumps({"path": f"f{number}"})), text)
    return view


def read_back(text: str, shown: dict[str, str]) -> list[str]:
    """Return every text that a reader may take `text` for, who has `shown` (by label) in view."""
    if whole := WHOLE.fullmatch(text):
        return [shown[whole["label"]]]
    readings: list[list[str]] = [[]]
    label = ""
    for line in text.split("\n"):
        note = NOTE.fullmatch(line)
        if note is None:
            readings = [[*reading, line] for reading in readings]
            continue
        label = note["label"] or label
        size = int(note["end"] or note["start"]) - int(note["start"]) + 1
        there = shown[label].split("\n")
        assert all(len(reading) == int(note["start"]) - 1 for reading in readings)
        anchor = note["anchor"].removesuffix("…")
        places = [
            at
            for at in range(len(there) - size + 1)
            if next((said.strip() for said in there[at:] if said.strip()), "").startswith(anchor)
        ]
        readings = [[*reading, *there[at : at + size]] for reading in readings for at in places][:500]
    return ["\n".join(reading) for reading in readings]


lines = st.lists(st.sampled_from([*FILE.split("\n"), "x" * 130, "a line of its own", "}"]), max_size=40)


@given(st.lists(lines, min_size=1, max_size=3), lines)
def test_a_reader_finds_every_line_where_the_reference_says(earlier: list[list[str]], new: list[str]) -> None:
    texts = ["\n".join(text) for text in earlier]
    view = seen(*texts)
    text = "\n".join(new)
    form = repeats.repeated(text, view)
    if form is not None:
        shown = {f"Read f{n}": said for n, said in enumerate(texts)}
        assert text in read_back(form, shown)


@given(st.text(), st.text())
def test_any_text_has_a_form_or_none(earlier: str, text: str) -> None:
    form = repeats.repeated(text, seen(earlier))
    assert form is None or len(form) > 0


@pytest.mark.parametrize(
    ("earlier", "new", "expected"),
    [
        (FILE, FILE, '[this result stands above in Read f0, whole, from "def function_0(argument):"]'),
        (FILE, "nothing of it", None),
        (FILE, "def function_1(argument):\n    return argument * 1 + 1", None),  # too short to be worth it
        (
            FILE,
            "head\n" + FILE.split("\n\n")[0] + "\n\n" + "\n\n".join(FILE.split("\n\n")[1:6]) + "\ntail",
            'head\n[lines 2-18 stand above in Read f0 from "def function_0(argument):"]\ntail',
        ),
        (FILE, "[lines 1-2 stand above in x]\n" + FILE, None),  # reads like a reference itself
        (
            "x" * 300,
            "a\n" + "x" * 300 + "\nb",
            f'a\n[line 2 stands above in Read f0 from "{"x" * 29}…"]\nb',
        ),
    ],
    ids=["whole", "other", "short", "part", "looks_like_one", "one_long_line"],
)
def test_form(earlier: str, new: str, expected: str | None) -> None:
    assert expected == repeats.repeated(new, seen(earlier))


def numbered(text: str, first: int = 1) -> str:
    return "\n".join(f"{first + n:6}\t{line}" for n, line in enumerate(text.split("\n")))


def test_line_numbers_are_set_aside_and_told() -> None:
    edited = "import this\n" + FILE
    form = repeats.repeated(numbered(edited), seen(numbered(FILE)))
    assert form == (
        "     1\timport this\n[lines 2-121, numbered 2-121 here, stand above in"
        ' Read f0, there numbered 1-120 from "def function_0(argument):"]'
    )


def test_lines_round_a_hit_of_grep_are_those_of_the_file() -> None:
    context = "\n".join(f"{n}{':' if n == 9 else '-'}{line}" for n, line in enumerate(FILE.split("\n")[:30], 1))
    assert "stand above in Read f0" in str(repeats.repeated(context, seen(FILE)))


@pytest.mark.parametrize("separator", ["\t", "→", "-"])
def test_a_space_behind_another_separator_is_the_lines_own(separator: str) -> None:
    indented = "\n".join(f"{n}{separator} {line}" for n, line in enumerate(FILE.split("\n"), 1))
    assert repeats.repeated(indented, seen(FILE)) is None


def test_a_line_at_the_margin_keeps_its_first_character() -> None:
    lines = [f" line {n} of a long enough listing" for n in range(40)]
    listing = "\n".join(f"{n}:{line}" for n, line in enumerate([*lines, "xmargin", *lines[:3]], 1))
    assert repeats.repeated(listing, seen("\n".join([*(line[1:] for line in lines), "margin"]))) is None


def test_a_space_between_number_and_line_belongs_to_neither() -> None:
    spaced = "\n".join(f"{n}: {line}" for n, line in enumerate(FILE.split("\n"), 1))
    assert "stand above in Read f0" in str(repeats.repeated(spaced, seen(FILE)))


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("Read", {"file_path": "a.py"}, "Read a.py"),
        ("bash", {"command": "cd /srv/app && make test"}, "bash make test"),
        ("bash", {"command": "cat > a.py <<'E'\nx = 1\nE"}, "bash cat > a.py <<'E'…"),
        ("grep", {"pattern": "x", "path": "."}, 'grep {"pattern": "x", "path": "."}'),
        ("bash", {"command": "x" * 60}, "bash " + "x" * 47 + "…"),
        ("now", {}, "now {}"),
    ],
)
def test_a_call_is_named_by_its_words(tool: str, arguments: dict[str, str], expected: str) -> None:
    assert expected == label_of(Block("", kind="tool_result", tool=tool, arguments=json.dumps(arguments)))


def test_of_equal_places_the_latest_is_named() -> None:
    part = "\n".join(FILE.split("\n")[:60])
    assert "Read f1 " in str(repeats.repeated("changed\n" + part, seen(FILE, "x\n" + FILE, "y")))


def test_what_a_call_wrote_is_in_view() -> None:
    view = View()
    block = Block("ok", kind="tool_result", tool="Write", arguments=json.dumps({"file": "a.py", "content": FILE}))
    view.add(block, "ok")
    assert f"stands above in the call {label_of(block)}" in str(repeats.repeated(FILE, view))


def test_lines_of_a_shrunk_block_are_no_targets() -> None:
    view = View()
    view.add(Block(FILE, kind="tool_result", tool="t"), FILE, recipe="json/1")
    assert repeats.repeated("changed\n" + FILE, view) is None
    assert repeats.repeated(FILE, view) is not None


def run(*results: str, command: str = "cat src/fold.py") -> list[BaseMessage]:
    messages: list[BaseMessage] = [HumanMessage("Mend it.")]
    for number, text in enumerate(results):
        call = {"name": "bash", "args": {"command": command}, "id": f"c{number}", "type": "tool_call"}
        messages += [AIMessage("", tool_calls=[call]), ToolMessage(text, tool_call_id=f"c{number}", name="bash")]
    return messages


def test_a_second_read_points_at_the_first() -> None:
    plan = headroom("off").plan(run(FILE, FILE))
    assert [d.reason for d in plan.decisions if d.block.kind == "tool_result"] == ["file_view", "repeat"]
    last = plan.decisions[-1]
    assert (last.lossless, last.ref, last.recipe) == (True, "", "repeat/3")
    assert last.tokens_after < 60


@pytest.mark.parametrize("capability", ["off", "tool"])
def test_a_file_with_numbers_keeps_every_fifth_and_is_found_again_by_its_lines(capability: str) -> None:
    plan = headroom(capability).plan(run(numbered(FILE), numbered(FILE), FILE, command="cat -n src/fold.py"))
    first, again, bare = (d for d in plan.decisions if d.block.kind == "tool_result")
    assert (first.recipe, first.lossless, first.ref) == ("numbered/1", True, "")
    assert [again.reason, bare.reason] == ["repeat", "repeat"]
    assert again.text.startswith("[this result stands above in bash cat -n src/fold.py, whole")


def test_a_changed_read_shows_what_changed() -> None:
    changed = FILE.replace("argument * 7 + 49", "argument // 7")
    text = headroom("off").invoke(run(FILE, changed))[-1].content
    assert "    return argument // 7" in text
    assert text.count("\n") == 2


def test_a_chain_of_reads_points_at_lines_that_stand_verbatim() -> None:
    second = FILE.replace("argument * 7 + 49", "argument // 7")
    sent = headroom("off").invoke(run(FILE, second, second))
    assert "argument // 7" in sent[-3].content
    assert sent[-1].content.startswith("[this result stands above in bash")


def test_parallel_results_of_one_message_see_each_other() -> None:
    call = {"name": "bash", "args": {"command": "cat a"}, "type": "tool_call"}
    messages = [
        HumanMessage("go"),
        AIMessage("", tool_calls=[{**call, "id": "a"}, {**call, "id": "b"}]),
        ToolMessage(FILE, tool_call_id="a"),
        ToolMessage(FILE, tool_call_id="b"),
    ]
    plan = headroom("off").plan(WireRequest(body(messages), ANTHROPIC))
    assert plan.decisions[-1].reason == "repeat"


@pytest.mark.parametrize("text", [rows(40), log(60)])
def test_the_same_result_again_is_a_reference_to_its_form(text: str) -> None:
    plan = headroom().plan(run(text, text, command="query"))
    first, second = (d for d in plan.decisions if d.block.kind == "tool_result")
    assert (first.reason, second.reason) == ("shrunk", "repeat")
    assert first.ref == second.ref
    assert second.tokens_after < first.tokens_after


def test_nothing_points_across_messages_that_are_saved() -> None:
    assert "repeat" not in {d.reason for d in headroom().plan(run(FILE, FILE), commit=True).decisions}


def test_nothing_points_at_what_the_provider_clears() -> None:
    raw = json.loads(body(run(FILE, FILE)))
    raw["context_management"] = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    plan = headroom().plan(WireRequest(json.dumps(raw).encode(), ANTHROPIC))
    assert "repeat" not in {d.reason for d in plan.decisions}


def test_errors_are_never_references() -> None:
    messages = run(FILE, FILE)
    messages[-1] = ToolMessage(FILE, tool_call_id="c1", status="error")
    assert headroom().plan(messages).decisions[-1].reason == "error"


def test_turn_by_turn_and_at_once_are_the_same() -> None:
    texts = [FILE, rows(30), FILE.replace("* 7", "* 8"), log(50), rows(30), FILE]
    messages = run(*texts)
    going = headroom()
    for end in range(1, len(messages)):
        going.plan(messages[:end])
    assert [d.text for d in headroom().plan(messages).decisions] == [d.text for d in going.plan(messages).decisions]


def test_a_fork_sees_only_its_own_past() -> None:
    hr = headroom()
    trunk = run(rows(30), "short")
    hr.plan([*trunk, *run(FILE)[1:]])
    forked = hr.plan([*trunk, HumanMessage("again"), *run(FILE)[1:]])
    assert forked.decisions[-1].reason == "file_view" or forked.decisions[-1].reason == "no_saving"
