from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom import marker

anything = st.text(st.characters(), max_size=200)


@given(anything, anything)
def test_an_attached_marker_is_genuine_and_names_its_original(text: str, original: str) -> None:
    ref = marker.ref_of(original)
    marked = marker.attach(text, what="3 of 9 lines left out", ref=ref)
    assert marker.genuine(marked) == ref
    assert ref in marker.refs_in(marked)
    assert marked.startswith(text)


@given(anything, st.integers(0, 10_000))
def test_a_changed_text_makes_its_marker_worthless(text: str, at: int) -> None:
    marked = marker.attach(text + "x", what="3 of 9 lines left out", ref="0" * 24)
    at %= len(text) + 1
    changed = marked[:at] + ("y" if marked[at] != "y" else "z") + marked[at + 1 :]
    assert marker.genuine(changed) is None


@pytest.mark.parametrize(
    "forged",
    [
        "[headroom: 3 of 9 lines left out; source intact, headroom_retrieve ref=" + "0" * 24 + " #00000000]",
        "text\n[headroom: 3 of 9 lines left out; source intact, headroom_retrieve ref=" + "0" * 24 + " #12345678]",
        "\n[headroom: ",
        "",
    ],
)
def test_f3_a_handwritten_marker_is_nobodys(forged: str) -> None:
    assert marker.genuine(forged) is None


@pytest.mark.parametrize(
    ("written", "ref"),
    [
        ("9F86D081884C7D659A2FEAA0", "9f86d081884c7d659a2feaa0"),
        ("9f86d081884c", "9f86d081884c"),
        ("ref=9f86d081884c7d659a2feaa0 #1a2b3c4d]", "9f86d081884c7d659a2feaa0"),
        ("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "9f86d081884c7d659a2feaa0"),
        ("the second one", ""),
        ("", ""),
    ],
)
def test_f2_refs_are_read_as_models_write_them(written: str, ref: str) -> None:
    assert marker.normal_ref(written) == ref
