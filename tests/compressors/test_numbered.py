"""`numbered`: a number before every line; every fifth is enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.numbered import HITS, NOTE, NumberedCompressor, expand
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

NUMBERED = NumberedCompressor()
LINES = st.lists(
    st.sampled_from(["", "import os", "\treturn x", "    12\tnested", "→", ": y", "def f():"]), max_size=40
)
LAYOUTS = st.sampled_from(["{:>6}\t", "{:>6}→", "{}:", "{}: ", "{}-", "{:>4}|"])


def listing(lines: list[str], layout: str = "{:>6}\t", start: int = 1) -> str:
    return "\n".join(layout.format(start + n) + line for n, line in enumerate(lines))


LISTINGS = st.builds(listing, LINES, LAYOUTS, st.sampled_from([1, 2, 7, 96, 9_997, 999_990]))
FRAMED = st.lists(st.one_of(LISTINGS, st.sampled_from(["<output>", "\tindented", "(3 more lines)", ""])), max_size=4)


class TestNumbered(CompressorTests):
    compressor = NUMBERED

    def blocks(self) -> st.SearchStrategy[str]:
        return FRAMED.map("\n".join)

    def samples(self) -> list[str]:
        return [listing(["x = 1"] * 60), "<output>\n" + listing(["x"] * 30, "{}:", 95) + "\n</output>"]


@given(FRAMED.map("\n".join))
def test_every_form_counts_up_to_its_source(text: str) -> None:
    shrunk = NUMBERED.shrink(Block(text))
    assert shrunk is None or text == expand(shrunk.text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            listing(["import os", "", "def f():", "    return 1", "", "", "", "x", "y"]),
            f"{NOTE}\n     1\timport os\n\t\n\tdef f():\n\t    return 1\n     5\t\n\t\n\t\n\tx\n\ty",
        ),
        (
            "Here it is:\n" + listing(list("abcdefghij"), "{:>6}→", 8) + "\n",
            f"{NOTE}\nHere it is:\n     8→a\n→b\n    10→c\n→d\n→e\n→f\n→g\n    15→h\n→i\n→j\n",
        ),
        (
            listing(["a", "", "c", "def f():", "    d", *"efghijklmnopqrst"], "{}: ", 97),
            f"{NOTE}\n97: a\n \n c\n100: def f():\n     d\n e\n f\n g\n105: h\n i\n j\n k\n l\n110: m\n n\n o\n p\n q\n115: r\n s\n t",
        ),
        (
            "996-a\n997-    b\n998-    c\n999:    hit\n1000-    d\n1001-    x\n--\n303001-    e\n303002-\n303003-    f\n303004-    g\n303005-    h\n303006-    i\n303007-\n303008-    k\n303009-    l\n303010-m",
            f"{HITS}\n996-a\n    b\n    c\n999:    hit\n1000-    d\n    x\n--\n303001-    e\n\n    f\n    g\n303005-    h\n    i\n\n    k\n    l\n303010-m",
        ),
    ],
)
def test_the_form_of_a_listing(text: str, expected: str) -> None:
    shrunk = NUMBERED.invoke(Block(text))
    assert shrunk is not None
    assert expected == shrunk.text
    assert shrunk.lossless


@pytest.mark.parametrize(
    "text",
    [
        listing(["a", "b"]),
        "\n".join(f"{n}:hit" for n in range(10, 400, 13)),
        "\n".join(f"line {n}" for n in range(40)),
        listing(["x"] * 20).replace("    10\tx", "    10\tx\n\tan unnumbered line that reads like the next"),
    ],
    ids=["short", "hits of a search", "no numbers", "could not be read back"],
)
def test_what_has_no_such_form(text: str) -> None:
    assert NUMBERED.shrink(Block(text)) is None


def test_a_form_that_counts_wrong_is_found_out() -> None:
    with pytest.raises(CompressionError):
        NUMBERED.verify(Block(listing(["x"] * 20)), Shrunk(f"{NOTE}\n     1\tx\n\tx", NUMBERED.recipe))
