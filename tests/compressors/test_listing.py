"""`listing`: what repeats once, every path as it can be typed; a selection only of what is huge."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom import tokens
from headroom.compressors import gaps, listing_notation
from headroom.compressors.listing import ListingCompressor
from headroom.compressors.listing_headings import cheapest
from headroom.compressors.listing_lines import Listing, parse
from headroom.compressors.listing_select import branches
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

LISTING = ListingCompressor()
ANY_SIZE = ListingCompressor(select_over=0, headings_over=0)

NAMES = st.sampled_from(
    ["a.py", "__init__.py", ".env", "b", "with blank.txt", "x -> ../y", "漢字.md", "f 782 x", "c/", "[d: x]", "a:12"]
)
FOLDERS = st.sampled_from(["", "./", "/", "src/", "./src/pkg/", "./src/pkg/deep/er/", "C:\\a\\b\\", "//x/", "~/"])
PATHS = st.tuples(FOLDERS, NAMES).map("".join)
LEADS = st.sampled_from(
    [
        "",
        "",
        " M ",
        "?? ",
        "4.0K\t",
        "   12 ",
        "\tmodified:   ",
        "M\t",
        "d" * 40 + "  ",
        "2024-05-06+04:37:11.12 ",
        "100644 blob " + "d" * 40 + "\t",
    ]
)
LONG = st.tuples(
    st.sampled_from(
        ["-rw-r--r--", "drwxr-xr-x", "lrwxrwxrwx", "-rwxr-xr-x.", "  820    4 -rw-r-----", "12 8 crw--w----"]
    ),
    st.sampled_from(
        [
            "  1 root root {:8d}",
            "  1 me  staff {:8d}",
            " 2 root {:5d}",
            " root/root {:8d}",
            " {:5d} me",
            " 1 root tty {}, 4",
        ]
    ),
    st.integers(0, 99999),
    st.sampled_from(
        ["May  6  2025", "Apr 10 04:37", "2025-05-06 04:37", " 6 May  2025", "2025-05-06 04:37:11.123 +0000"]
    ),
    PATHS,
).map(lambda row: f"{row[0]}{row[1].format(row[2])} {row[3]} {row[4]}")
TREE = st.tuples(st.integers(0, 3), st.sampled_from(["├── ", "└── ", "|-- "]), NAMES).map(
    lambda row: "│   " * row[0] + row[1] + row[2]
)
OTHER = st.sampled_from(["", "total 12", "./src:", "pkg:", "find: 'x': Permission denied", "a.py  b.py\tc d.py", " x"])
ENTRIES = st.tuples(LEADS, PATHS).map("".join)
TEXTS = st.one_of(
    st.lists(st.one_of(ENTRIES, PATHS, OTHER), max_size=30),
    st.lists(st.one_of(LONG, LONG, OTHER, PATHS), max_size=30),
    st.lists(st.one_of(TREE, TREE, TREE, OTHER), max_size=30),
).map("\n".join)


def find(packages: int = 30, each: int = 12) -> list[str]:
    return [f"./src/app/package_{p:02d}/module_{n:02d}.py" for p in range(packages) for n in range(each)]


def long_rows(count: int = 40) -> list[str]:
    """Return ls -la of a directory with files and folders."""
    rows = [
        "total 104",
        "drwxrwxrwx  1 root root  4096 May  6  2025 .",
        "drwxr-xr-x  1 root root  4096 Apr 10 04:37 ..",
    ]
    for n in range(count):
        kind, size = ("drwxrwxrwx ", 4096) if n % 4 == 0 else ("-rw-r--r-- ", 100 * n)
        rows.append(f"{kind} {1 + (n % 4 == 0)} root root {size:5d} May  6  2025 name_{n}.py")
    return rows


def sections(count: int = 60) -> list[str]:
    """Return ls -R of many directories."""
    out = ["./lib:", *(f"pkg{n}" for n in range(count)), ""]
    for n in range(count):
        out += [f"./lib/pkg{n}:", *(f"part_{n}_{k}.py" for k in range(12)), f"data_{n}.json", ""]
    return out[:-1]


def shrunk(
    lines: list[str], *, target: int | None = None, query: str = "", hint: str = "", any_size: bool = False
) -> Shrunk:
    block = Block("\n".join(lines), tool="bash" if hint else "", arguments=f'{{"command":"{hint}"}}' if hint else "")
    found = (ANY_SIZE if any_size else LISTING).invoke(block, target_tokens=target, query=query)
    assert found is not None
    return found


def paths_of(text: str) -> list[str]:
    """Return what an output's lines stand for, joined as a reader would: a heading and what is one blank in."""
    out, heading = [], ""
    for line in text.split("\n"):
        if line[:1] == " " and heading:
            out.append(heading + line[1:])
        else:
            heading = line if line.endswith("/") else ""
            out += [] if heading else [line]
    return out


class TestListing(CompressorTests):
    compressor = LISTING

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return ["\n".join(find()), "\n".join(long_rows()), "\n".join(sections())]


class TestListingOfAnySize(TestListing):
    compressor = ANY_SIZE


@given(TEXTS)
def test_a_lossless_form_reads_back_to_every_value(text: str) -> None:
    form = ANY_SIZE.shrink(Block(text))
    listing = parse(text)
    if form is not None:
        assert listing.values == list(listing_notation.read(form.text, drawn=listing.drawn))


@given(TEXTS)
def test_gaps_count_their_lines_and_their_names(text: str) -> None:
    form = ANY_SIZE.shrink(Block(text), target_tokens=10)
    if form is None or form.left_out is None:
        return
    declared = [span for line in form.text.split("\n") if (span := gaps.declared(line))]
    total = len(text.split("\n"))
    assert form.left_out == LeftOut(sum(end - start for start, end in declared), total, "lines")


@given(st.lists(PATHS, max_size=25))
def test_headings_are_never_dearer_than_whole_paths(paths: list[str]) -> None:
    plain = [path.replace("\\", "") for path in paths]
    no = [False] * len(paths)
    chosen = cheapest(plain, indented=no, whole=no)
    cost, open_ = 0, ""
    for path, end in zip(plain, chosen, strict=True):
        assert not end or path[end - 1] == "/"
        cost += len(path) - end + bool(end) + (end if path[:end] != open_ else 0)
        open_ = path[:end]
    assert cost <= sum(map(len, plain))


def test_pinned_paths() -> None:
    lines = ["./setup.py", "./src/a/one.py", "./src/a/two.py", "./src/a/sub/three.py", "./docs/index.md"]
    assert shrunk(lines, any_size=True).text == "./setup.py\n./src/a/\n one.py\n two.py\n sub/three.py\n./docs/index.md"


def test_pinned_columns() -> None:
    lines = ["total 9", *(f"-rw-r--r--  1 root root {n * 37:5d} May  6  2025 f_{n}.py" for n in range(3))]
    lines += ["drwxr-xr-x 12 root root  4096 Apr  1 10:12 one name"]
    assert shrunk(lines).text == (
        "total 9\n[f: -rw-r--r-- 1 root root SIZE May 6 2025 NAME]\nf 0 f_0.py\nf 37 f_1.py\nf 74 f_2.py\n"
        "drwxr-xr-x 12 root root 4096 Apr 1 10:12 one name"
    )


def test_pinned_tree() -> None:
    lines = [".", "├── a", "│   ├── b.py", "│   └── c.py", "└── d.py", "", "1 directory, 3 files"]
    assert shrunk(lines).text == ".\n a\n  b.py\n  c.py\n d.py\n\n1 directory, 3 files"


def test_pinned_selection() -> None:
    form = shrunk(
        [f"./a/b{n // 20}/c{n:03d}.{'json' if n % 5 == 0 else 'py'}" for n in range(200)], target=60, any_size=True
    )
    assert form.text.split("\n")[-1] == "[lines 21-200 left out: 144 .py, 36 .json]"
    assert form.text.split("\n")[0] == "./a/b0/"


def test_columns_that_differ_stand_in_the_line() -> None:
    lines = [f"-rw-r--r-- {n} me staff {n}K Apr {n:2d} 04:{n:02d} n{n}" for n in range(1, 9)]
    text = shrunk(lines).text
    assert text.split("\n")[:2] == ["[f: -rw-r--r-- LINKS me staff SIZE Apr DAY TIME NAME]", "f 1 1K 1 04:01 n1"]


def test_paths_stand_whole_in_short_listings() -> None:
    assert LISTING.invoke(Block("\n".join(find(5, 10)))) is None


def test_paths_that_are_asked_for_stand_whole() -> None:
    lines = [*find(), "./src/app/package_03/zebra.py"]
    text = shrunk(lines, query="fix the zebra").text
    assert "./src/app/package_03/zebra.py" in text.split("\n")
    assert "./src/app/package_03/module_00.py" not in text


def test_sizes_status_and_digests_stay_with_their_names() -> None:
    for before in ("4.0K\t", " M ", "?? ", "M\t", "\tmodified:   ", "   12 ", "0" * 64 + "  "):
        lines = [f"{before}./src/app/some/package/name_{n}.py" for n in range(120)]
        text = shrunk(lines).text
        assert text.split("\n")[:2] == ["./src/app/some/package/", f" {before}name_0.py"]


def test_counts_of_grep_are_a_listing() -> None:
    lines = [f"./src/app/some/package/name_{n}.py:{n}" for n in range(120)]
    assert LISTING.detect(Block("\n".join(lines))) > 0.85
    assert shrunk(lines).text.startswith("./src/app/some/package/\n name_0.py:0\n")


def test_names_side_by_side_lose_their_padding_only() -> None:
    lines = ["./x:", "a.py\t\t   bb.py     c.py", "d.py  e.py", "", "./x/y:", *["ff.py\t    gg.py   hh.py"] * 20]
    text = shrunk(lines).text
    assert text.split("\n")[:5] == ["./x:", "a.py bb.py c.py", "d.py e.py", "", "./x/y:"]
    blanks = [line.replace("bb.py", "b b.py") for line in lines]
    assert shrunk(blanks).text.split("\n")[1] == "a.py  b b.py  c.py"


def test_a_huge_listing_keeps_what_is_asked_for_with_what_stands_above_it() -> None:
    lines = sections(300)
    lines.insert(2_000, "zebra_index.py")
    form = shrunk(lines, target=900, query="where is zebra_index", hint="ls -R")
    out = form.text.split("\n")
    at = out.index("zebra_index.py")
    assert any(re.fullmatch(r"\./lib/pkg\d+:", line) for line in out[:at])
    assert form.left_out is not None
    assert len(form.text) < 0.3 * len("\n".join(lines))


def test_a_huge_tree_keeps_the_way_to_what_stands() -> None:
    lines = ["."]
    for n in range(300):
        lines += [f"├── pkg{n}", *(f"│   ├── part_{n}_{k}.py" for k in range(12))]
    lines[1_303] = "│   ├── zebra.py"
    form = shrunk(lines, target=900, query="zebra")
    kept = set(form.kept_lines or ())
    assert 1_303 in kept
    assert 13 * 100 + 1 in kept


def test_what_nobody_wrote_goes_first_and_is_counted_by_ending() -> None:
    lines = [
        *(f"./node_modules/dep{n}/index.js" for n in range(900)),
        *(f"./src/part{n}/main_{n}.py" for n in range(900)),
    ]
    form = shrunk(lines, target=1_500, any_size=True)
    assert re.search(r"left out: \d+ \.js", form.text)
    left = Counter(lines[n].rsplit(".", 1)[1] for n in range(len(lines)) if n not in set(form.kept_lines or ()))
    assert left["js"] == 900
    assert left["py"] < 900


def test_errors_of_the_command_stay() -> None:
    lines = find(300, 12)
    lines[1_000] = "find: './secret': Permission denied"
    assert lines[1_000] in shrunk(lines, target=400).text.split("\n")


def test_no_selection_below_the_size() -> None:
    assert shrunk(find(30, 12), target=400).lossless


def test_g5_paths_stay_absolute_and_can_be_read_off() -> None:
    lines = [f"/srv/repo/{line[2:]}" for line in find()]
    form = shrunk(lines)
    assert paths_of(form.text) == lines
    assert all(line.startswith(("/srv/repo/", " ")) for line in form.text.split("\n"))


def test_g4_kept_names_stand_verbatim_and_each_gap_says_how_many() -> None:
    lines = find(300, 12)
    form = shrunk(lines, target=900)
    kept = [lines[number] for number in form.kept_lines or ()]
    assert kept == [path for path in paths_of(form.text) if not path.startswith("[")]
    told = re.findall(r"(?m)^\[lines (\d+)-(\d+) left out: ([\d,]+) \.py\]$", form.text)
    assert told
    assert all(int(b) - int(a) + 1 == int(count.replace(",", "")) for a, b, count in told)


def test_verify_rejects_a_wrong_count_and_a_wrong_heading() -> None:
    lines = find(300, 12)
    form = shrunk(lines, target=900)
    block = Block("\n".join(lines))
    for wrong in (re.sub(r"(\d+) \.py", "7 .py", form.text, count=1), form.text.replace("package_00", "package_99", 1)):
        with pytest.raises(CompressionError):
            LISTING.verify(block, Shrunk(wrong, form.recipe, form.left_out, form.kept_lines))


@pytest.mark.parametrize(
    "lines",
    [
        find(),
        long_rows(),
        sections(10),
        [".", *(f"├── name_{n}" for n in range(9))],
        [f"{n}.0K\t./a/b{n}" for n in range(9)],
        [f"-rw-r--r-- 1 me staff 12 2025-05-06 04:37 n{n}" for n in range(9)],
        [f"  {n} 4 -rw-r--r--   1 root  root   52 Apr 10 04:37 ./a/n{n}" for n in range(10, 19)],
        ["Here's the files and directories up to 2 levels deep in /w/x:", *(f"/w/x/a{n}" for n in range(9))],
        [f" src/a/b{n}.py | {n} ++--" for n in range(9)],
    ],
)
def test_takes_listings(lines: list[str]) -> None:
    assert LISTING.detect(Block("\n".join(["<output>", *lines, "</output>"]))) > 0.85


@pytest.mark.parametrize(
    "line",
    [
        "src/a.py:{n}:    return x",
        "2024-12-15T10:12:{n}Z app.py: error",
        "tests/test_a.py::test_{n} PASSED",
        "https://example.org/a/b{n}.html",
        "https://example.org/a/b{n}",
        '{"path": "a/b{n}.py"}',
        "import a.b{n}",
        "The quick fox jumps over {n} lazy dogs",
        "a,b,{n}",
        "Downloading a/b-{n}.whl (12 kB)",
        "    at run (/srv/app/main.js:{n}:5)",
        "+++ b/src/a{n}.py",
        "12/{n}/2024 was a good day",
        "word{n}",
    ],
)
def test_leaves_other_kinds_alone_whatever_the_call_says(line: str) -> None:
    text = "\n".join(line.replace("{n}", str(n)) for n in range(10, 40))
    assert LISTING.detect(Block(text)) < 0
    if not line.startswith("word"):
        assert LISTING.detect(Block(text, tool="bash", arguments='{"command":"ls -la"}')) < 0


def listed_by_find(count: int = 60) -> list[str]:
    """Return what find -ls prints of directories with files of one owner, and a file of another."""
    rows = [
        f"  {345678 + n:7d} {4 + n % 3 * 4:6d} -rw-r--r--   1 root     root     {97 * n:8d} May  6  2025 ./src/part{n // 20}/name_{n}.py"
        for n in range(count)
    ]
    rows[7] = "      820      4 -rw-r-----   1 root     shadow        608 May  9  2026 ./src/part0/shadow-"
    return rows


def test_find_ls_reads_back_where_a_line_is_like_no_other() -> None:
    """Inode and blocks before its mode were taken for a size before a path: the whole list then stayed as it was."""
    rows = listed_by_find()
    form = shrunk(rows, any_size=True)
    assert " 820 4 -rw-r----- 1 root shadow 608 May 9 2026 shadow-" in form.text.split("\n")
    assert len("\n".join(rows)) > 2 * len(form.text)


def test_find_ls_of_a_huge_tree_is_selected_from() -> None:
    rows = listed_by_find(2_000)
    form = shrunk(rows, target=1_000, query="name_1234.py")
    assert form.left_out is not None
    assert "name_1234.py" in form.text


def test_what_git_status_says_before_paths_is_no_message_of_a_command() -> None:
    """`modified:   a.py` was taken for something said, as an error is: every line stood, and the head did not."""
    rows = ["On branch main", "Changes not staged for commit:"]
    rows += [f"\tmodified:   src/part{n // 20}/name_{n}.py" for n in range(3_000)]
    rows[1_500] = "error: could not read index"
    form = shrunk(rows, target=900, query="name_2345.py")
    assert {0, 1_500, 2_347} <= set(form.kept_lines or ())
    assert 20 * len(form.text) < 2 * len("\n".join(rows))


def test_a_huge_listing_in_no_order_meets_its_target_without_a_lossless_form() -> None:
    rows = [f"./part_{n * 7 % 11}/section_{n * 5 % 13}/of_names/name_{n}.py" for n in range(9_000)]
    form = shrunk(rows, target=1_500, query="name_7777.py")
    assert 7_777 in (form.kept_lines or ())
    assert 1_000 < tokens.count(form.text) < 2_000
    assert LISTING.shrink(Block("\n".join(rows))) is None


@given(st.lists(st.integers(0, 6), min_size=1, max_size=20))
def test_a_line_of_a_tree_hangs_on_the_last_one_that_is_less_deep(depths: list[int]) -> None:
    above = branches(depths)
    for number, (depth, up) in enumerate(zip(depths, above, strict=True)):
        less = [n for n in range(number) if depths[n] < depth]
        assert up == (max(less) if less else -1)


def test_more_forms_than_a_hundred_read_back() -> None:
    rows = [f"-rw-r--r-- 1 user{n // 3} staff {n} May  6  2025 name_{n}.py" for n in range(330)]
    assert "[f110: " in shrunk(rows).text


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ("crw--w---- 1 root tty 4, {n} May  6 12:33 tty{n}", "[c: crw--w---- 1 root tty 4, MINOR May 6 12:33 NAME]"),
        ("-rw-r--r-- 1 staff {n} May  6  2025 name{n}.py", "[f: -rw-r--r-- 1 staff SIZE May 6 2025 NAME]"),
        (".rw-r--r-- {n}k me  6 May  2025 name{n}.py", "[f: .rw-r--r-- SIZE me 6 May 2025 NAME]"),
        ("drwxr-xr-x@ - me staff 2025-05-06 12:{n} name{n}", "[d: drwxr-xr-x@ - me staff 2025-05-06 TIME NAME]"),
        (
            "-rw-r--r-- root/root   {n} 2025-05-06 12:33 a/name{n}",
            "[f: -rw-r--r-- root/root SIZE 2025-05-06 12:33 NAME]",
        ),
        ("-rw-r--r-- 1 1000 1000 {n} May  6  2025 name{n}.py", "[f: -rw-r--r-- 1 1000 1000 SIZE May 6 2025 NAME]"),
    ],
)
def test_columns_of_other_tools_are_said_once(row: str, form: str) -> None:
    rows = [row.format(n=n) for n in range(10, 40)]
    assert form in shrunk(rows).text.split("\n")
    assert LISTING.detect(Block("\n".join(rows))) > 0.8


@pytest.mark.parametrize(
    "before",
    [
        "2025-05-06+12:33:11.1234567890 ",
        "2025-05-06 12:33 ",
        "1746534791.1234567890 ",
        f"100644 {'ab' * 20} 0\t",
        f"100644 blob {'ab' * 20}    1234\t",
    ],
)
def test_what_stands_before_paths_stays_before_them(before: str) -> None:
    rows = [before + path for path in find(6, 6)]
    form = shrunk(rows, any_size=True)
    assert f" {before}module_03.py" in form.text.split("\n")
    assert LISTING.detect(Block("\n".join(rows))) > 0.8


@given(st.lists(st.text("M A?R1.K\t/x|-", max_size=10), min_size=1, max_size=6))
def test_what_stands_before_paths_is_the_same_for_one_line_and_for_all(values: list[str]) -> None:
    listing = Listing(values)
    assert [listing.lead(number) for number in range(len(values))] == listing.leads(0, len(values))
