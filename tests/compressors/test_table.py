"""`table`: what draws a table out, nothing lost; of long ones a selection of lines under words about all rows."""

from __future__ import annotations

import csv
import io
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom import tokens
from headroom.compressors import built_in, gaps, pick
from headroom.compressors.json_cells import encode_all
from headroom.compressors.log import LogCompressor
from headroom.compressors.search import SearchCompressor
from headroom.compressors.table import TableCompressor
from headroom.compressors.table_dense import is_note, read_back
from headroom.compressors.table_excerpt import kept_by
from headroom.compressors.table_find import find
from headroom.compressors.table_grid import Grid
from headroom.compressors.table_keys import Keys
from headroom.compressors.table_layout import Layout, value_of
from headroom.compressors.table_words import is_summary
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

TABLE = TableCompressor()
ANY_SIZE = TableCompressor(select_over=0)

CELLS = [
    "", "a", "Ann", "Li, Mei", 'say "hi"', "two\nlines", "1", "1.50", "-0", "1e5", "007", "true", "null", "=x", "*1", "{", "[1]",
    " x", "x ", "#", "a|b", "é", "漢字", "2024-01-02", "failed: timeout", "long text that recurs in many rows", "\\", "(cells)",
]  # fmt: skip
PLAIN = [cell for cell in CELLS if cell.strip() == cell and "\n" not in cell and "|" not in cell]


class Tables:
    """Makes texts from a seed: much faster than drawing every cell, so that many are tried."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def rows(self, cells: list[str]) -> list[list[str]]:
        width = self.random.randrange(2, 6)
        names = self.random.sample(["id", "name", "x", "x y", "a.b", "STATUS", "ID:string", '"q"'], width)
        if not self.random.randrange(4):
            names[1] = names[0]
        columns = [self.random.choices(cells, k=self.random.choice([1, 2, 9])) for _ in range(width - 1)]
        rows = [
            [str(number), *(self.random.choice(column) for column in columns)]
            for number in range(self.random.choice([2, 3, 9, 40, 120]))
        ]
        return [names, *rows]

    def delimited(self) -> str:
        out = io.StringIO()
        delimiter = self.random.choice(",,;\t|")
        ends = self.random.choice(["\n", "\n", "\r\n"])
        writer = csv.writer(out, delimiter=delimiter, lineterminator=ends, quoting=self.random.choice([0, 0, 1]))
        rows = self.rows(CELLS)
        for row in rows[self.random.choice([0, 0, 0, 1]) :]:
            odd = self.random.randrange(40)
            writer.writerow(row[:-1] if not odd else [*row, "more"] if odd == 1 else row)
        return self.random.choice(["", "\ufeff", "$ cat x.csv\n"]) + out.getvalue()

    def aligned(self) -> str:
        rows = self.rows(PLAIN)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("   ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)

    def drawn(self) -> str:
        head, *rows = self.rows(PLAIN)
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        kind = self.random.choice(["markdown", "psql", "mysql", "dashes", "box"])
        bar, rule, cross = {"box": ("│", "─", "┼"), "dashes": (" ", "-", " "), "markdown": ("|", "-", "|")}.get(
            kind, ("|", "-", "+")
        )
        lines = [f" {bar} ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in [head, *rows]]
        line = f"{rule}{cross}{rule}".join(rule * width for width in widths)
        if kind in ("markdown", "mysql", "box"):
            lines = [f"{bar} {text} {bar}" for text in lines]
            line = f"{cross}{rule}{line}{rule}{cross}"
        drawn = [lines[0], line, *lines[1:]]
        return "\n".join([line, *drawn, line] if kind in ("mysql", "box") else drawn)

    def text(self) -> str:
        kind = self.random.randrange(6)
        if kind < 3:
            return self.delimited()
        parts = [self.random.choice([self.aligned, self.drawn])() for _ in range(self.random.choice([1, 1, 2]))]
        text = "\n\n".join(parts)
        return f"<output>\n{text}\n</output>" if kind == 5 else text


TEXTS = st.integers(0, 2**32 - 1).map(lambda seed: Tables(seed).text())


def lossless(text: str) -> str:
    shrunk = TABLE.invoke(Block(text))
    assert shrunk is not None
    assert shrunk.lossless
    return shrunk.text


def selected(text: str, target: int = 400, query: str = "") -> Shrunk:
    shrunk = ANY_SIZE.invoke(Block(text), target_tokens=target, query=query)
    assert shrunk is not None
    assert shrunk.left_out is not None
    return shrunk


def shown(text: str, shrunk: Shrunk) -> set[int]:
    """Return which lines stand in a selection, as they are or as rows written densely."""
    return {number for number, keep in enumerate(kept_by(text.split("\n"), shrunk)) if keep}


def only_grid(text: str) -> Grid:
    (grid,) = find(text.split("\n"))
    return grid


def orders(rows: int = 400) -> list[str]:
    """Return a CSV of orders, plain ones."""
    return [
        "id,customer,city,amount,status,currency",
        *(
            f"{1000 + n},customer {n * 7919 % 997},{['Oslo', 'Rome', 'Lima'][n % 3]},{20 + n % 60}.5,paid,EUR"
            for n in range(rows)
        ),
    ]


class TestTable(CompressorTests):
    compressor = TABLE

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return [PODS, "\n".join(orders())]


class TestSelectionOfAnySize(TestTable):
    compressor = ANY_SIZE


@given(TEXTS)
def test_what_is_written_densely_reads_back_as_the_same_cells(text: str) -> None:
    shrunk = TABLE.shrink(Block(text))
    grids = find(text.split("\n"))
    if shrunk is None:
        return
    read = [entry for entry in read_back(shrunk.text.split("\n")) if not isinstance(entry, str)]
    assert read
    assert all(any(table.says(grid.rows) for grid in grids) for table in read)


@given(TEXTS)
def test_a_selection_is_lines_of_the_source_gaps_and_summaries(text: str) -> None:
    shrunk = ANY_SIZE.shrink(Block(text), target_tokens=20)
    if shrunk is None or shrunk.left_out is None:
        return
    lines = text.split("\n")
    rest = [line for line in shrunk.text.split("\n") if gaps.declared(line) is None]
    read = list(read_back([line for line in rest if not is_summary(line) or is_note(line)]))
    rows = [row for grid in find(lines) for row in grid.rows]
    assert set(lines).issuperset(entry for entry in read if isinstance(entry, str))
    assert all(
        list(row) in rows for entry in read if not isinstance(entry, str) for row in zip(*entry.columns, strict=True)
    )


@given(st.lists(st.sampled_from(CELLS), min_size=2, max_size=12), st.sampled_from(",|"))
def test_cells_are_written_as_json_writes_what_they_hold(cells: list[str], separator: str) -> None:
    rows = [[str(number), cell] for number, cell in enumerate(cells)]
    table = Layout(Grid(0, len(rows), ("a", "b"), 2, rows, range(len(rows)))).table
    if len(table.cells) == 2 and table.separator == separator:
        assert encode_all([value_of(cell) for cell in cells], separator=separator, text=False) == table.cells[1]


PODS = """\
NAME                     READY   STATUS             RESTARTS       AGE
api-7c9f5b6d8c-2xkqp     1/1     Running            0              5d
api-7c9f5b6d8c-9zzvb     1/1     Running            3 (2d ago)     5d
db-0                     1/1     Running            0              12h
cache-redis-0            0/1     CrashLoopBackOff   41 (2m ago)    12h
worker-5d44f8bb7-kq2vn   1/1     Running            0              5d"""
"""As kubectl prints it."""

PSQL = """\
 id | name  |      email      |  region
----+-------+-----------------+-----------
  1 | Ann   | ann@example.org | eu-west-1
  2 | Li, M | li@example.org  | eu-west-1
  3 | Bo    |                 | eu-west-1
(3 rows)
"""

MYSQL = """\
+----+--------+---------+
| id | name   | country |
+----+--------+---------+
|  1 | Ann    | NO      |
|  2 | 张三   | NO      |
+----+--------+---------+
2 rows in set (0.00 sec)"""

MARKDOWN = """\
| Option   | Default | Meaning            |
|:---------|--------:|--------------------|
| `--jobs` | 1       | processes          |
| `--a\\|b` | none    | either             |
| `--out`  |         | where results go   |"""

BOX = "┌────┬───────┐\n│ id │ name  │\n├────┼───────┤\n│ 1  │ Ann   │\n│ 2  │ Bo    │\n└────┴───────┘"

RICH = (
    "┏━━━━━━┳━━━━━━━━┓\n┃ Name ┃ Status ┃\n┡━━━━━━╇━━━━━━━━┩\n│ a.py │ ok     │\n│ b.py │ failed │\n└──────┴────────┘"
)

DF = """\
Filesystem     1K-blocks     Used Available Use% Mounted on
overlay         61255492 35718268  22393284  62% /
tmpfs              65536        0     65536   0% /dev
/dev/sda1       61255492 35718268  22393284  62% /etc/hosts"""

PIP = """\
Package            Version
------------------ ---------
aiohttp            3.9.1
annotated-types    0.6.0
typing_extensions  4.9.0"""

DOCKER = """\
CONTAINER ID   IMAGE         COMMAND                  CREATED        STATUS                   PORTS                                       NAMES
4c01db0b339c   ubuntu:22.04  "bash"                   2 days ago     Up 16 seconds                                                        webapp
d7886598dbe2   redis:7       "docker-entrypoint.s…"   3 days ago     Up 33 minutes            0.0.0.0:6379->6379/tcp, :::6379->6379/tcp   redis
a1b2c3d4e5f6   postgres:15   "docker-entrypoint.s…"   9 days ago     Exited (1) 2 hours ago                                               db"""


@pytest.mark.parametrize(
    ("text", "names", "last"),
    [
        (PODS, ("NAME", "READY", "STATUS", "RESTARTS", "AGE"), ["worker-5d44f8bb7-kq2vn", "1/1", "Running", "0", "5d"]),
        (PSQL, ("id", "name", "email", "region"), ["3", "Bo", "", "eu-west-1"]),
        (MYSQL, ("id", "name", "country"), ["2", "张三", "NO"]),
        (MARKDOWN, ("Option", "Default", "Meaning"), ["`--out`", "", "where results go"]),
        (BOX, ("id", "name"), ["2", "Bo"]),
        (RICH, ("Name", "Status"), ["b.py", "failed"]),
        (PIP, ("Package", "Version"), ["typing_extensions", "4.9.0"]),
        (
            DF,
            ("Filesystem", "1K-blocks", "Used", "Available", "Use%", "Mounted on"),
            ["/dev/sda1", "61255492", "35718268", "22393284", "62%", "/etc/hosts"],
        ),
        (
            DOCKER,
            ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"),
            ["a1b2c3d4e5f6", "postgres:15", '"docker-entrypoint.s…"', "9 days ago", "Exited (1) 2 hours ago", "", "db"],
        ),
        ("id,a\n1,x\n2,y\n3,z", ("id", "a"), ["3", "z"]),
        ('id,a,b\n1,"x, y","say ""hi"""\n2,"two\nlines",\n3,z,w', ("id", "a", "b"), ["3", "z", "w"]),
        ("\ufeffid;a;b\r\n1;1,5;x\r\n2;2,5;y\r\n3;3,5;z\r\n", ("id", "a", "b"), ["3", "3,5", "z"]),
        ("id\ta, b\tc\n1\tx\ty\n2\t, \tz\n3\tx\ty", ("id", "a, b", "c"), ["3", "x", "y"]),
        ("id | a | b\n1 | x | 2\n2 | y | 3\n3 | z | 4", ("id", "a", "b"), ["3", "z", "4"]),
        ("x,x,y\n1,2,3\n4,5,6\n7,8,9", ("x", "x", "y"), ["7", "8", "9"]),
        ("1,2,x\n3,4,y\n5,6,z\n7,8,w", None, ["7", "8", "w"]),
    ],
)
def test_tables_are_read_as_their_cells(text: str, names: tuple[str, ...] | None, last: list[str]) -> None:
    grid = only_grid(text)
    assert names == grid.names
    assert last == grid.rows[-1]


def test_line_ends_inside_quotes_belong_to_a_row() -> None:
    grid = only_grid('id,note,n\n1,"a\nb\nc",2\n2,d,3\n3,"e\n\nf",4\n4,g,5')
    assert [grid.lines_of(row) for row in range(4)] == [(1, 4), (4, 5), (5, 8), (8, 9)]
    assert grid.rows[0] == ["1", "a\nb\nc", "2"]


def test_quotes_that_do_not_add_up_are_read_as_they_stand() -> None:
    grid = only_grid('id\tsize\tn\n1\t"5\tx\n2\t6"\ty\n3\t7\tz')
    assert grid.rows == [["1", '"5', "x"], ["2", '6"', "y"], ["3", "7", "z"]]


def test_pinned_kubectl() -> None:
    """A change of this output is a change of recipe version."""
    text = "\n".join(line for line in PODS.split("\n") if "cache" not in line)
    assert lossless(f"<output>\n{text}\n</output>") == (
        "<output>\n"
        "[table: 4 rows as CSV. name=value holds for every row]\n"
        'NAME,READY="1/1",STATUS="Running",RESTARTS,AGE\n'
        "api-7c9f5b6d8c-2xkqp,0,5d\n"
        "api-7c9f5b6d8c-9zzvb,3 (2d ago),5d\n"
        "db-0,0,12h\n"
        "worker-5d44f8bb7-kq2vn,0,5d\n"
        "</output>"
    )


def test_pinned_psql() -> None:
    """A change of this output is a change of recipe version."""
    assert lossless(PSQL) == (
        "[table: 3 rows as |-separated cells. name=value holds for every row]\n"
        'id|name|email|region="eu-west-1"\n'
        "1|Ann|ann@example.org\n"
        "2|Li, M|li@example.org\n"
        "3|Bo\n"
        "(3 rows)\n"
    )


def test_pinned_selection() -> None:
    """A change of this output is a change of recipe version."""
    lines = orders(60)
    lines[31] = "1030,customer 7,Oslo,9999.5,refund failed,EUR"
    shrunk = selected("\n".join(lines), 250)
    assert shrunk.text == PINNED
    assert LeftOut(len(lines) - len(shrunk.kept_lines or ()), 61, "lines") == shrunk.left_out


PINNED = """\
[table: 10 of 60 rows shown. Over all rows: id 60 distinct, 1000 to 1059; customer 60 distinct; city Oslo 20, Rome 20, Lima 20; \
amount 20.5 to 9999.5, median 51.5; status paid 59, refund failed 1; currency "EUR" in every row]
id,customer,city,amount,status,currency
1000,customer 0,Oslo,20.5,paid,EUR
1001,customer 940,Rome,21.5,paid,EUR
1002,customer 883,Lima,22.5,paid,EUR
1003,customer 826,Oslo,23.5,paid,EUR
1004,customer 769,Rome,24.5,paid,EUR
1005,customer 712,Lima,25.5,paid,EUR
1006,customer 655,Oslo,26.5,paid,EUR
[lines 9-30 left out: below as first…last]
1029,customer 341,Lima,49.5,paid,EUR
1030,customer 7,Oslo,9999.5,refund failed,EUR
33…60
1059,customer 625,Lima,79.5,paid,EUR"""


def test_pinned_selection_of_rows_written_densely() -> None:
    """A change of this output is a change of recipe version."""
    lines = orders(60)
    lines[31] = "1030,customer 7,Oslo,9999.5,refund failed,EUR"
    lines = [f"{line},{'eu-west-1a' if n else 'zone'},{'standard' if n else 'tier'}" for n, line in enumerate(lines)]
    shrunk = selected("\n".join(lines), 250)
    assert shrunk.text == PINNED_DENSE
    assert (LeftOut(51, 61, "lines"), None) == (shrunk.left_out, shrunk.kept_lines)


PINNED_DENSE = """\
[table: 9 of 60 rows shown. Over all rows: id 60 distinct, 1000 to 1059; customer 60 distinct; city Oslo 20, Rome 20, Lima 20; \
amount 20.5 to 9999.5, median 51.5; status paid 59, refund failed 1]
[table: 9 rows as CSV. name=value holds for every row]
id,customer,city,amount,status,currency="EUR",zone="eu-west-1a",tier="standard"
1000,customer 0,Oslo,20.5,paid
1001,customer 940,Rome,21.5,paid
1002,customer 883,Lima,22.5,paid
1003,customer 826,Oslo,23.5,paid
1004,customer 769,Rome,24.5,paid
1005,customer 712,Lima,25.5,paid
[lines 8-30 left out: below as first…last]
1029,customer 341,Lima,49.5,paid
1030,customer 7,Oslo,9999.5,refund failed
33…60
1059,customer 625,Lima,79.5,paid"""


def test_every_value_that_recurs_stands_once() -> None:
    rows = [f"{n % 7},{n * n % 31},{'abc'[n % 3]}{n // 40}" for n in range(900)]
    text = "\n".join(["x,y,z", *rows])
    out = selected(text, 900)
    standing = [rows[number - 1].split(",") for number in shown(text, out) if number]
    for column, cells in zip(
        zip(*standing, strict=True), zip(*(row.split(",") for row in rows), strict=True), strict=True
    ):
        assert set(column) == set(cells)
    assert tokens.count(out.text) < 1_100


def test_gaps_stand_after_their_row_also_under_heads_over_rows() -> None:
    lines = [
        "region,year,product,units",
        *(f"{'EU' if n < 300 else 'US'},{2020 + n // 100},p{n * 7 % 90},{n * 37 % 1009}" for n in range(600)),
    ]
    text = "\n".join(lines)
    out = selected(text, 1_200)
    assert "=EU|2020" in out.text.replace(",", "|")
    body = [line for line in out.text.split("\n")[3:] if not line.startswith("=")]
    gap = next(number for number, line in enumerate(body) if gaps.declared(line))
    # Up to the first gap every line is a row of the source, in its order.
    assert [line.split(",", 2)[2] for line in lines[1 : 1 + gap]] == body[:gap]
    assert (declared := gaps.declared(body[gap])) is not None
    assert declared[0] == 1 + gap


def test_a_table_that_a_selection_would_hardly_shorten_stands_whole() -> None:
    text = "\n".join(orders(640))
    assert 10_000 < tokens.count(text) < 16_000
    shrunk = TABLE.invoke(Block(text), target_tokens=1_500)
    assert shrunk is not None
    assert shrunk.lossless


def test_gaps_name_the_rows_that_they_leave_out_where_rows_have_keys() -> None:
    rows = [
        f"K{n * 7919 % 4000:04},words number {n * 31 % 997} that say {n * 17 % 89} more about it,{n}" for n in range(80)
    ]
    lines = ["key,words,size", *rows]
    shrunk = selected("\n".join(lines), 1200)
    gone = [line for number, line in enumerate(lines) if number not in (shrunk.kept_lines or ())]
    notes = [line for line in shrunk.text.split("\n") if gaps.declared(line)]
    assert gone
    assert all(note.split("left out: ")[1].startswith("key: K") for note in notes)
    assert [row.split(",")[0] for row in gone] == re.findall("K[0-9]{4}", "".join(notes))


def test_keys_that_a_note_has_no_room_for_are_counted() -> None:
    grid = Grid(0, 201, ("key", "x"), 2, [[f"key-{n:05}", "y"] for n in range(200)], range(1, 201))
    words = Keys("key", grid, [row[0] for row in grid.rows]).words(1, 201)
    assert words.startswith("key: key-00000 key-00001 ")
    assert re.search(r" and [0-9]+ more\Z", words)
    assert words.count("key-") + int(words.split(" ")[-2]) == 200
    assert len(words) <= 400


EXPANDED = {
    "psql": "\n".join(
        f"-[ RECORD {n} ]-+-----------\nid            | {n}\nname          | Ann {n * 7919 % 997}\nnote          | \n"
        f"state         | {'on | off' if n == 4 else 'on'}"
        for n in range(1, 60)
    ),
    "mysql": "\n".join(
        f"{'*' * 27} {n}. row {'*' * 27}\n   id: {n}\n name: Ann {n * 7919 % 997}\n note: \nstate: {'on: off' if n == 4 else 'on'}"
        for n in range(1, 60)
    ),
}


@pytest.mark.parametrize("client", EXPANDED)
def test_records_of_database_clients_are_rows(client: str) -> None:
    text = EXPANDED[client]
    grid = only_grid(text)
    odd = "on | off" if client == "psql" else "on: off"
    assert (grid.names, grid.rows[3]) == (("id", "name", "note", "state"), ["4", f"Ann {4 * 7919 % 997}", "", odd])
    dense = lossless(text)
    assert dense.startswith("[table: 59 rows as CSV")
    assert len(dense) * 3 < len(text)
    assert pick(Block(text), built_in())[0].id == "table"
    assert selected(text, 200).text.count("id") < 30


@pytest.mark.parametrize(
    "damage", [("RECORD 2 ]", "RECORD 3 ]"), ("RECORD 1 ]", "RECORD 0 ]"), ("name  ", "other ")], ids=str
)
def test_records_that_are_not_counted_or_not_alike_are_no_table(damage: tuple[str, str]) -> None:
    text = "\n".join(EXPANDED["psql"].split("\n")[:15]).replace(*damage, 1)
    assert not any(grid.names and "id" in grid.names and len(grid.rows) > 2 for grid in find(text.split("\n")))


def test_a_small_table_is_never_selected_from() -> None:
    shrunk = TABLE.invoke(Block("\n".join(orders(200))), target_tokens=100)
    assert shrunk is not None
    assert shrunk.lossless


def test_g4_kept_rows_stand_verbatim_and_each_gap_says_how_many() -> None:
    lines = [line.replace("EUR", f"EUR{n % 2}") for n, line in enumerate(orders())]
    shrunk = selected("\n".join(lines))
    out = shrunk.text.split("\n")
    assert lines[0] in out
    assert {lines[1], lines[-1]} <= set(out)
    assert shrunk.left_out == LeftOut(len(lines) - len([line for line in out if line in lines]), len(lines), "lines")


def test_red_rare_and_far_rows_survive_and_all_are_counted() -> None:
    lines = orders()
    lines[113] = "1112,customer 5,Oslo,44.5,charge failed: card declined,EUR"
    lines[222] = "1221,customer 6,Rome,98765.5,paid,EUR"
    lines[333] = "1332,customer 8,Vardø,44.5,paid,EUR"
    text = "\n".join(lines)
    shrunk = selected(text)
    assert {113, 222, 333} <= shown(text, shrunk)
    summary = shrunk.text.split("\n")[0]
    assert "of 400 rows shown" in summary
    assert "amount 20.5 to 98765.5" in summary
    assert "status paid 399, charge failed: card declined 1" in summary


def test_rows_asked_for_survive() -> None:
    lines = orders()
    text = "\n".join(lines)
    assert 251 in shown(text, selected(text, query="what did order 1250 cost"))


def test_a_table_of_failures_keeps_what_it_has_room_for_and_counts_the_rest() -> None:
    lines = [line.replace("paid", "failed") if n % 2 else line for n, line in enumerate(orders(2_000))]
    shrunk = selected("\n".join(lines), 1_000)
    assert "failed 1000" in shrunk.text.split("\n")[0]
    assert len(shrunk.text) < sum(map(len, lines)) // 3


def test_several_tables_share_the_room() -> None:
    shrunk = selected(f"{PODS}\n\n{_drawn(orders())}", 600)
    assert all(line.split()[0] in shrunk.text for line in PODS.split("\n"))
    assert shrunk.text.count("rows shown. ") == 1


def _drawn(lines: list[str]) -> str:
    rows = [line.split(",") for line in lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("   ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).upper().rstrip() for row in rows)


def test_g8_wide_characters_stay_whole() -> None:
    assert "2,张三" in lossless(MYSQL)


def test_g12_a_text_in_our_notation_is_left_alone() -> None:
    assert TABLE.invoke(Block(lossless(PSQL))) is None
    again = selected("\n".join(orders())).text
    shrunk = TABLE.invoke(Block(again), target_tokens=10)
    assert shrunk is None or shrunk.lossless


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"2024-12-15 10:12:{n},123 - app - INFO - request {n} done, all well" for n in range(10, 60)),
        "\n".join(f"2024-12-15 10:12:{n} | INFO | app.main | request {n} done" for n in range(10, 60)),
        "total 48\n"
        + "\n".join(f"-rw-r--r--  1 me  staff  {n * 37}  Nov {n}  10:12  file{n}.py" for n in range(10, 30)),
        "\n".join(f"src/a{n}.py:{n}:    x = f(a, b, {n})" for n in range(10, 60)),
        "\n".join(f"{n:>6}\timport module_{n}" for n in range(10, 60)),
        "\n".join(f" src/module_{n}.py | {n} +++---" for n in range(10, 60)),
        "\n".join(f"    call({n}, b, c)\n    other = [{n}, 2]\n" for n in range(10, 60)),
        "\n".join(f"-    old, line {n}\n+    new, line {n}" for n in range(10, 60)),
        "\n".join(f"tests/test_a.py::test_{n} PASSED    [ {n}%]" for n in range(10, 60)),
        "\n".join(f"The {n}th day was long, and everyone was tired." for n in range(10, 60)),
        "\n".join(f"{n * 12}K\t./src/dir_{n}" for n in range(10, 60)),
        "\n".join(f"key_{n}: value, {n}" for n in range(10, 60)),
        '{"a": [1, 2, 3],\n "b": [4, 5, 6]}',
        "Usage: tool [options]\n\n" + "\n".join(f"  --option-{n}    sets option {n}" for n in range(10, 40)),
    ],
    ids=range(14),
)
def test_leaves_other_kinds_alone(text: str) -> None:
    assert TABLE.detect(Block(text)) < 0


@pytest.mark.parametrize("text", [PODS, PSQL, MYSQL, MARKDOWN, BOX, DF, DOCKER, "\n".join(orders())], ids=range(8))
def test_takes_tables(text: str) -> None:
    takers = pick(Block(f"<output>\n{text}\n</output>"), (SearchCompressor(), LogCompressor(), TABLE))
    assert takers[:1] == (TABLE,)


def test_takes_a_log_that_was_exported_as_a_table() -> None:
    rows = [f"2024-12-15T10:12:{n}Z,INFO,auth,request {n} done" for n in range(10, 60)]
    text = "\n".join(["time,level,service,message", *rows])
    assert pick(Block(text), (LogCompressor(), TABLE))[:1] == (TABLE,)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("1/1", "0/1"), ("db-0,0", "db-0,1"), ("STATUS", "STATE"), ("4 rows", "3 rows"), ("Running", "Ready")],
)
def test_verify_rejects_another_cell(was: str, becomes: str) -> None:
    text = "\n".join(line for line in PODS.split("\n") if "cache" not in line)
    wrong = lossless(text).replace(was, becomes, 1)
    with pytest.raises(CompressionError):
        TABLE.verify(Block(text), Shrunk(wrong, TABLE.recipe))


@pytest.mark.parametrize(
    ("was", "becomes"), [("of 400 rows", "of 401 rows"), ("paid", "open"), ("[line", "[lines 1-2, ")]
)
def test_verify_rejects_another_account(was: str, becomes: str) -> None:
    text = "\n".join(orders())
    shrunk = selected(text)
    wrong = shrunk.text.replace(was, becomes, 1)
    with pytest.raises(CompressionError):
        TABLE.verify(Block(text), Shrunk(wrong, shrunk.recipe, shrunk.left_out, shrunk.kept_lines))
