"""`config`: of a long YAML, TOML, INI or XML file its structure, and of what repeats a choice, all lines verbatim."""

from __future__ import annotations

import configparser
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors import built_in, config_sections, config_shape, pick
from headroom.compressors.config import ConfigCompressor
from headroom.compressors.config_tree import Part
from headroom.compressors.config_words import gap_words
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

CONFIG = ConfigCompressor(select_over=0)


class Files:
    """Makes files from a seed: much faster than drawing every key, so that many are tried."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def name(self) -> str:
        return self.random.choice(["name", "image", "spec", "a.b", "on", "x-y", "漢字"])

    def scalar(self) -> str:
        return self.random.choice(
            ["1", "1.5", "true", "null", "web", '"a: b"', "'#x'", "failed: no", "&x 3", "{a: 1, b: [2]}", "[1, 2]"]
        )

    def value(self, indent: int, depth: int) -> list[str]:
        """Lines of a block that stands this deep."""
        pad = " " * indent
        lines = []
        names = self.random.sample(["name", "image", "spec", "a.b", "kind", "x-y", "漢字"], self.random.randrange(1, 5))
        for name in names:
            if not self.random.randrange(6):
                lines.append(f"{pad}# a remark")
            kind = self.random.randrange(6) if depth < 3 else 5
            if kind == 0:
                lines += [f"{pad}{name}:", *self.value(indent + 2, depth + 1)]
            elif kind == 1:
                lines.append(f"{pad}{name}:")
                for _ in range(self.random.choice([1, 2, 30])):
                    first, *rest = self.value(indent + 2, depth + 2)
                    lines += [f"{pad}- {first.lstrip()}", *rest] if not first.lstrip().startswith("#") else rest[:0]
            elif kind == 2:
                lines += [
                    f"{pad}{name}: |",
                    *(f"{pad}  text: {n} # no remark" for n in range(self.random.randrange(1, 9))),
                ]
            else:
                lines.append(f"{pad}{name}: {self.scalar()}")
        return lines

    def yaml(self) -> list[str]:
        lines = self.value(0, 0)
        return lines if self.random.randrange(4) else ["---", *lines, "---", *self.value(0, 0)]

    def sections(self) -> list[str]:
        lines = []
        for number in range(self.random.choice([2, 5, 40])):
            double = not self.random.randrange(3)
            name = self.random.choice(["package", f"host{number}", f"tool.x{number}"])
            lines += [f"[[{name}]]" if double else f"[{name}{number}]", f"id = {number}", 'title = "a # b"']
            lines += self.random.choice(
                [["deps = [", '  "[x]",', "]"], ["# a remark", "port = 22"], [""], ['s = """', "[y]", '"""']]
            )
        return lines

    def xml(self) -> list[str]:
        lines = ['<?xml version="1.0"?>', "<suite>"]
        for number in range(self.random.choice([2, 5, 60])):
            lines += self.random.choice(
                [
                    [f'  <case name="t{number}" time="0.{number}"/>'],
                    [
                        f'  <case name="t{number}">',
                        "    <failure>E  assert 1 == 2",
                        "  at line 3</failure>",
                        "  </case>",
                    ],
                    ["  <!-- a remark -->", "  <a><b/><c>x</c></a> <d/>"],
                    [f'  <case\n    name="t{number}"', "    />"],
                ]
            )
        return "\n".join([*lines, "</suite>"]).split("\n")

    def text(self) -> str:
        lines = self.random.choice([self.yaml, self.yaml, self.sections, self.xml])()
        if not self.random.randrange(4):
            lines = ["<output>", *lines, "</output>"]
        if lines[0][:5] == "<?xml" and self.random.randrange(2):
            return "".join(line.strip() for line in lines)
        return self.random.choice(["\n", "\n", "\n", "\r\n"]).join(lines)


TEXTS = st.integers(0, 2**32 - 1).map(lambda seed: Files(seed).text())


def selected(text: str, target: int = 300, query: str = "") -> Shrunk:
    shrunk = CONFIG.invoke(Block(text), target_tokens=target, query=query)
    assert shrunk is not None
    assert shrunk.left_out is not None
    return shrunk


def parts(text: str) -> Part:
    file = config_shape.read(text.split("\n"))
    assert file is not None
    return file.root


def outline(part: Part) -> list[object]:
    """Return the tree as names, lines and inner parts."""
    return [(child.name, child.start, child.end, outline(child)) for child in part.parts]


def pods(number: int = 40, sick: int = 17) -> str:
    """Return a list of pods as kubectl prints it, one of which does not run."""
    lines = ["apiVersion: v1", "items:"]
    for n in range(number):
        lines += [
            "- apiVersion: v1",
            "  kind: Pod",
            "  metadata:",
            f"    name: api-{n * 7919 % 997}",
            "    labels:",
            "      app: api",
            "  spec:",
            "    containers:",
            "    - name: api",
            "      image: registry.example/api:1.4.2",
            "      args: [--port, '8080']",
            "    restartPolicy: OnFailure",
            "  status:",
            f"    phase: {'Pending' if n == sick else 'Running'}",
            f"    restarts: {41 if n == sick else 0}",
        ]
    return "\n".join([*lines, "kind: List"])


class TestConfig(CompressorTests):
    compressor = CONFIG

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return [pods()]


@given(TEXTS)
def test_lines_stand_under_the_heads_that_lead_to_them(text: str) -> None:
    lines = text.split("\n")
    file = config_shape.read(lines)
    shrunk = CONFIG.shrink(Block(text), target_tokens=20, query="why did t42 fail")
    if shrunk is None or file is None:
        return
    stand = {number - file.start for number in shrunk.kept_lines or ()}
    todo = list(file.root.parts)
    while todo:
        part = todo.pop()
        if any(number in stand for number in range(part.start, part.end)):
            assert part.start in stand
            todo += part.parts


@given(TEXTS)
def test_parts_tile_the_parts_that_hold_them(text: str) -> None:
    file = config_shape.read(text.split("\n"))
    todo = [file.root] if file else []
    while todo:
        part = todo.pop()
        assert part.start < part.end
        for child, following in zip(part.parts, part.parts[1:], strict=False):
            assert child.end == following.start
        if part.parts:
            assert part.start <= part.parts[0].start
            assert part.parts[-1].end == part.end - part.tail
        todo += part.parts


def test_yaml_is_read_by_its_parser() -> None:
    text = "# all\na:\n  # of b\n  b: |\n    c: 1\n    # not a remark\n  d: {e: 1,\n    f: 2}\ng:\n- h: 1\n  i: 2\n- j\n? [k, l]\n: m"
    assert outline(parts(text)) == [
        ("a", 1, 8, [("b", 2, 6, []), ("d", 6, 8, [])]),
        ("g", 8, 12, [("", 9, 11, [("h", 9, 10, []), ("i", 10, 11, [])]), ("", 11, 12, [])]),
        ("", 12, 14, []),
    ]


def test_documents_are_parts() -> None:
    assert outline(parts("a: 1\nb: 2\n---\nc: 3")) == [
        ("", 0, 2, [("a", 0, 1, []), ("b", 1, 2, [])]),
        ("", 2, 4, [("c", 3, 4, [])]),
    ]


def test_toml_is_read_by_sections() -> None:
    text = 'v = 3\n\n[[p]]\nn = "x"\nd = [\n "[y]",\n]\n\n[p.q]\nz = 1\n# next\n[[p]]\nn = """\n[no]\n"""\n[r]\ns = 1'
    assert outline(parts(text)) == [
        ("v", 0, 2, []),
        (
            "p",
            2,
            15,
            [
                ("p", 2, 10, [("n", 3, 4, []), ("d", 4, 8, []), ("p.q", 8, 10, [("z", 9, 10, [])])]),
                ("p", 10, 15, [("n", 12, 15, [])]),
            ],
        ),
        ("r", 15, 17, [("s", 16, 17, [])]),
    ]


def test_ini_is_read_by_sections() -> None:
    text = "; hosts\n[a]\nx = 1\n  more\n[b]\ny: 2\nz"
    assert outline(parts(text)) == [
        ("a", 1, 4, [("x", 2, 4, [])]),
        ("b", 4, 7, [("y", 5, 7, [])]),
    ]


INI_LINES = [
    "[a]",
    "[b c]",
    " [d]",
    "k = 1",
    "k",
    "k: v",
    "= 1",
    ": x",
    "  more",
    "",
    "# c",
    "  ; c",
    "[",
    "[]",
    "]",
    "\tx",
]


@given(st.lists(st.sampled_from(INI_LINES), max_size=8))
def test_ini_is_what_the_standard_library_reads(lines: list[str]) -> None:
    reader = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        reader.read_string("\n".join(lines))
        theirs = bool(reader.sections())
    except (configparser.Error, AttributeError):  # it trips over what goes on below an option without a value
        theirs = False
    if theirs:
        assert config_sections.parse_ini(lines) is not None


@pytest.mark.parametrize("lines", [["k = 1", "[a]"], ["[a]", "= 1"], ["[a]", "k = 1", ": x"], ["k"], [], ["# [a]"]])
def test_what_has_no_sections_or_no_names_is_no_ini(lines: list[str]) -> None:
    assert config_sections.parse_ini(lines) is None


def test_of_a_long_toml_document_the_parser_reads_the_beginning() -> None:
    tables = [f'[[package]]\nname = "p{n}"\ntext = """\n[x]\n"""\nversion = "{n % 9}.1"\n' for n in range(3_000)]
    lines = "\n".join(tables).split("\n")
    root = config_sections.parse_toml(lines)
    assert root is not None
    assert [len(part.parts) for part in root.parts] == [3_000]
    assert config_sections.parse_toml(["a = [", *lines]) is None


@pytest.mark.parametrize("kind", ["toml", "ini"])
def test_of_many_alike_sections_some_stand_whole_and_the_odd_one_does(kind: str) -> None:
    quote = '"' if kind == "toml" else ""
    sections = [
        f"[host{n}]\nname = {quote}h{n}{quote}\nport = {n}\nmode = {quote}{'slow' if n == 777 else 'fast'}{quote}\n"
        for n in range(1_500)
    ]
    shrunk = selected("\n".join(sections), 1_000)
    assert len(shrunk.text) * 4 < len("\n".join(sections))
    assert sections[777].strip() in shrunk.text
    assert sections[0].strip() in shrunk.text
    assert sections[-1].strip() in shrunk.text


def test_xml_is_read_by_elements() -> None:
    text = '<?xml version="1.0"?>\n<a>\n  <b x="1"/>\n  <b>\n    <c>t</c>\n  </b>\n  <d/><e/>\n</a>'
    assert outline(parts(text)) == [
        ("a", 1, 8, [("b", 2, 3, []), ("b", 3, 6, [("c", 4, 5, [])]), ("d", 6, 7, [])]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?>\n<!DOCTYPE a [\n<!ENTITY x "ha">\n<!ENTITY y "&x;&x;&x;">\n]>\n<a>\n&y;\n</a>',
        "a: [unclosed\nb: 1",
        "a: 1\n\tb: 2",
        "<a>\n<b>\n</a>",
        "",
        "just words",
        "a: 1\u2028b: 2",
    ],
)
def test_what_no_parser_reads_is_left_alone(text: str) -> None:
    assert config_shape.read(text.split("\n")) is None


def test_nesting_has_a_limit() -> None:
    deep = "\n".join(f"{'  ' * n}k:" for n in range(400))
    assert config_shape.read(deep.split("\n")) is None
    assert config_shape.read([*["<a>"] * 400, *["</a>"] * 400]) is None


def test_pinned_pods() -> None:
    """A change of this output is a change of recipe version."""
    assert selected(pods(12, sick=5), 250).text == PINNED


PINNED = """\
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: api-0
    labels:
      app: api
  spec:
    containers:
    - name: api
      image: registry.example/api:1.4.2
      args: [--port, '8080']
    restartPolicy: OnFailure
  status:
    phase: Running
    restarts: 0
[lines 18-77 left out: 4 items]
- apiVersion: v1
  kind: Pod
  metadata:
    name: api-712
    labels:
      app: api
  spec:
    containers:
    - name: api
      image: registry.example/api:1.4.2
      args: [--port, '8080']
    restartPolicy: OnFailure
  status:
    phase: Pending
    restarts: 41
[lines 93-167 left out: 5 items]
- apiVersion: v1
  kind: Pod
  metadata:
    name: api-370
    labels:
      app: api
  spec:
    containers:
    - name: api
      image: registry.example/api:1.4.2
      args: [--port, '8080']
    restartPolicy: OnFailure
  status:
    phase: Running
    restarts: 0
kind: List"""


def test_first_last_and_differing_siblings_stand() -> None:
    lines = pods().split("\n")
    shrunk = selected(pods(), 800)
    out = shrunk.text.split("\n")
    assert {"apiVersion: v1", "items:", "kind: List", "    phase: Pending", "    restarts: 41"} <= set(out)
    assert {2, 2 + 39 * 15} <= set(shrunk.kept_lines or ())
    assert LeftOut(len(lines) - len(shrunk.kept_lines or ()), len(lines), "lines") == shrunk.left_out
    assert "items]" in shrunk.text


def test_what_is_asked_for_stands_under_its_keys() -> None:
    text = pods().replace("image: registry.example/api:1.4.2", "image: registry.example/zebra:9", 1)
    lines = text.split("\n")
    moved = "\n".join([*lines[:2], *lines[2 + 15 * 8 : -1], *lines[2 : 2 + 15 * 8], lines[-1]])
    out = selected(moved, 300, query="which pod runs zebra").text.split("\n")
    at = out.index("      image: registry.example/zebra:9")
    assert "    containers:" in out[:at]
    assert "  spec:" in out[:at]


def test_red_lines_stand_unless_they_are_a_setting() -> None:
    text = pods().replace("restarts: 0", "restarts: 0\n    message: 'Back-off: image pull failed'", 1)
    out = selected(text, 300).text
    assert "image pull failed" in out
    assert out.count("OnFailure") < 10


def test_failures_in_a_test_report_stand_whole() -> None:
    cases = [f'    <testcase name="test_{n}" time="0.1"/>' for n in range(200)]
    cases[77] = (
        '    <testcase name="test_77" time="0.3">\n      <failure message="assert 3 == 4">def test():\n&gt;   assert f() == 4\nE   AssertionError: 3\n</failure>\n    </testcase>'
    )
    text = "\n".join(
        [
            '<?xml version="1.0"?>',
            "<testsuites>",
            '  <testsuite failures="1">',
            *cases,
            "  </testsuite>",
            "</testsuites>",
        ]
    )
    out = selected(text, 300).text
    assert cases[77] in out
    assert out.endswith("  </testsuite>\n</testsuites>")
    assert "testcase]" in out


def test_gaps_name_the_entries_that_are_left_out() -> None:
    root = parts("paths:\n  /a:\n    get: 1\n  /b:\n    get: 1\n  /c:\n    get: 2")
    assert gap_words(root, 3, 7) == "/b, /c"
    assert gap_words(root, 4, 5) == "get"
    assert gap_words(root, 2, 5) == ""
    items = parts("a:\n- b: 1\n  c: 1\n- b: 2\n  c: 1\n- b: 3\n  c: 3")
    assert gap_words(items, 3, 7) == "2 items"


def test_without_capability_nothing_is_left_out() -> None:
    assert CONFIG.invoke(Block(pods())) is None


def test_a_short_file_stands_whole() -> None:
    shrunk = ConfigCompressor().invoke(Block(pods(10)), target_tokens=100)
    assert shrunk is not None
    assert shrunk.lossless
    assert shrunk.text == pods(10)


def dense(rows: int = 2_000) -> str:
    """Return XML on one line."""
    items = "".join(f'<item id="{n}"><name>n{n * 7919 % 9973}</name><v>{n % 7}</v></item>' for n in range(rows))
    return f'<?xml version="1.0"?><r>{items}</r>'


def test_xml_on_one_line_is_told_by_its_parts_and_shows_what_is_asked_for() -> None:
    block = Block(dense())
    first = pick(block, built_in())[0]
    shrunk = first.invoke(block, target_tokens=2_000, query='the name of id="1500"')
    assert first.id == "config"
    assert shrunk is not None
    assert len(shrunk.text) * 3 < len(block.text)
    assert f'<item id="1500"><name>n{1500 * 7919 % 9973}</name><v>2</v></item>' in shrunk.text


def test_spans_of_one_line_and_gaps_add_up_to_the_pinned_output() -> None:
    """A change of this output is a change of recipe version."""
    rows = "".join(f'<case name="t{n}" time="0.1"/>' for n in range(40))
    text = f'<suite>{rows}<case name="last"><failure>E assert 1 == 2</failure></case></suite>'
    shrunk = ConfigCompressor(select_over=0).invoke(Block(text), target_tokens=60)
    assert shrunk is not None
    assert shrunk.text == ON_ONE_LINE
    assert shrunk.left_out is not None
    assert shrunk.left_out.unit == "characters"
    assert shrunk.left_out.total == len(text)
    declared = sum(int(size.replace(",", "")) for size in re.findall(r"\[…([0-9,]+) characters left out", shrunk.text))
    assert declared == shrunk.left_out.count


ON_ONE_LINE = (
    '<suite><case name="t0" time="0.1"/>[…1,122 characters left out: 39 case]'
    '<case name="last"><failure>E assert 1 == 2</failure></case></suite>'
)


def test_a_long_text_on_one_line_shows_both_its_ends() -> None:
    text = f"<r>{'<a>1</a>' * 10}<d>begin{'QUJD' * 9_000}end</d></r>"
    out = selected(text, 2_000).text
    assert "<d>begin" in out
    assert "end</d></r>" in out
    assert " characters left out" in out


@pytest.mark.parametrize(
    "text",
    [
        dense().replace("<r>", '<!DOCTYPE r [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><r>&y;', 1),
        dense()[:-40],
        dense().replace("<v>3</v>", "<v>[…3 characters left out]</v>", 1),
        f"{'<d>' * 5_000}{'</d>' * 5_000}",
    ],
    ids=["entities", "cut off", "reads like a note", "too deep"],
)
def test_one_line_that_is_not_read_is_left_to_others(text: str) -> None:
    assert CONFIG.shrink(Block(text), target_tokens=400) is None


@pytest.mark.parametrize(
    "text",
    [
        f"<output>\n{dense()}\n</output>",
        dense().replace("<v>3</v>", "<v><![CDATA[a><b]]></v>"),
        dense().replace("<v>3</v>", "<!-- a><b --><v x='>'>3</v>"),
        dense().replace('"?>', '"?>\r\n', 1),
        dense().replace("<v>3</v>", "<v>名前 🎉</v>"),
        dense().replace("<v>3</v>", f"<v>{'mixed <i>x</i> text &amp; ' * 60}</v>", 3),
    ],
    ids=["wrapped", "CDATA", "comment", "declaration above", "wide", "mixed"],
)
def test_one_line_of_any_content_is_accounted_for(text: str) -> None:
    assert CONFIG.detect(Block(text)) > 0.6
    shrunk = selected(text, 400)
    assert len(shrunk.text) * 2 < len(text)


@pytest.mark.parametrize("wrong", [("0</v>", "9</v>"), ("characters left out", "characters left"), ("[…", "[…1")])
def test_a_false_account_of_one_line_is_refused(wrong: tuple[str, str]) -> None:
    shrunk = selected(dense(), 400)
    false = Shrunk(shrunk.text.replace(*wrong, 1), shrunk.recipe, shrunk.left_out, shrunk.kept_lines)
    with pytest.raises(CompressionError):
        CONFIG.verify(Block(dense()), false)


def test_wrapped_xml_keeps_its_own_last_tag() -> None:
    rows = "\n".join(f'  <item id="{n}"/>' for n in range(200))
    out = selected(f"<output>\n<r>\n{rows}\n</r>\n</output>\n", 100)
    assert out.text.startswith("<output>\n<r>\n")
    assert out.text.endswith("\n</r>\n</output>\n")


def test_one_line_stands_whole_without_a_target_and_where_there_is_room() -> None:
    assert CONFIG.shrink(Block(dense())) is None
    whole = CONFIG.invoke(Block(dense(8)), target_tokens=400)
    assert whole is not None
    assert whole.text == dense(8)


def test_g8_wide_characters_stay_whole() -> None:
    text = "\n".join(["entries:", *(f"- 名前: 値{n}\n  絵: 🎉" for n in range(200))])
    out = selected(text, 200)
    assert "- 名前: 値0" in out.text.split("\n")


def test_g12_a_selection_is_not_selected_from_again() -> None:
    again = CONFIG.invoke(Block(selected(pods(), 800).text), target_tokens=10)
    assert again is None or again.lossless


@pytest.mark.parametrize(
    "text",
    [
        pods(),
        f"<output>\n{pods()}\n</output>",
        "\n".join(f"[host{n}]\naddress = 10.0.0.{n}\n" for n in range(20)),
        '<?xml version="1.0"?>\n<a>\n' + '  <b x="1"/>\n' * 20 + "</a>",
        "version: 3\nservices:\n" + "  web:\n    image: x\n" * 9,
    ],
    ids=range(5),
)
def test_takes_files(text: str) -> None:
    assert CONFIG.detect(Block(text)) > 0.6


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"2024-12-15 10:12:{n} INFO app: request {n} done" for n in range(10, 60)),
        "\n".join(f"- a point, number {n}" for n in range(10, 60)),
        "\n".join(f"src/a{n}.py:{n}:    x = f(a)" for n in range(10, 60)),
        "\n".join(f"def f{n}(x):\n    return x" for n in range(10, 60)),
        "<!DOCTYPE html>\n<html>\n" + "<p>x</p>\n" * 40 + "</html>",
        "\n".join(f"HTTP-Header-{n}: value" for n in range(10, 60)),
        '{"a": [1, 2, 3],\n "b": [4, 5, 6]}',
        "# Title\n\n" + "Some words that end in a stop.\n" * 40,
        "\n".join(f"[{n}/60] Building object a{n}.o" for n in range(10, 60)),
    ],
    ids=range(9),
)
def test_leaves_other_kinds_alone(text: str) -> None:
    assert CONFIG.detect(Block(text)) < 0


def test_verify_rejects_a_wrong_account() -> None:
    shrunk = selected(pods())
    wrong = shrunk.text.replace("[lines ", "[lines 1", 1)
    with pytest.raises(CompressionError):
        CONFIG.verify(Block(pods()), Shrunk(wrong, shrunk.recipe, shrunk.left_out, shrunk.kept_lines))
