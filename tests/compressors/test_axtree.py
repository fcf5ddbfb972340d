"""`axtree`: what can be acted on or read stays, with its ids; the rest of a page's tree is counted."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.axtree import AxtreeCompressor
from headroom.compressors.axtree_nodes import parse
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

AXTREE = AxtreeCompressor()

URL = "https://accounts.example.org/auth/start?client=web&return=%2Fhome&state=" + "aZ09" * 30

BROWSERGYM = f"""RootWebArea 'Shop', focused, url='https://shop.example.org/'
	[51] banner '', visible
		[52] navigation '', visible
			[53] list '', visible
				[54] listitem '', visible
					[55] button 'Sign in', clickable, visible, hasPopup='menu', expanded=False
						StaticText 'Sign in'
						[57] image '', visible
				[58] listitem '', visible
					[59] link 'Account', clickable, visible, url='{URL}'
						[60] image '', visible
						StaticText 'Account'
	[74] main '', visible
		[75] link 'Lamp • 12 EUR • new', clickable, visible, url='https://shop.example.org/lamp'
			[76] heading 'Lamp', visible
			StaticText '12 EUR'
			StaticText '•'
			StaticText '2 EUR'
			StaticText 'new'
		[80] LabelText '', clickable, visible
			StaticText 'Only new ones'
		[81] image 'A lamp on a table', visible
		[90] table '', visible
			[91] row '', visible
				[92] gridcell '', visible
				[93] gridcell 'Blue', visible
					[94] button 'Blue', clickable, visible
		graphics-symbol ''
		[99] button '', clickable, visible"""

BROWSERGYM_SHORT = """[16 of 29 lines left out (no name, or that of a line beside it): 5 StaticText, 2 image, 2 listitem, 7 more; depth is new]
RootWebArea 'Shop', focused, url='https://shop.example.org/'
 [55] button 'Sign in', clickable, visible, hasPopup='menu', expanded=False
 [59] link 'Account', clickable, visible, url='https://accounts.example.org/auth/start?client=web&return=%2Fhome&state=aZ09aZ09aZ09aZ09…[104 characters]'
 [75] link 'Lamp • 12 EUR • new', clickable, visible, url='https://shop.example.org/lamp'
  [76] heading 'Lamp', visible
  StaticText '2 EUR'
 [80] LabelText '', clickable, visible
  StaticText 'Only new ones'
 [81] image 'A lamp on a table', visible
 [91] row '', visible
  [92] gridcell '', visible
   [94] button 'Blue', clickable, visible
 [99] button '', clickable, visible"""

BROWSERGYM_LOSSLESS = """[a blank of depth stands for a tab, a role alone for role '', visible; = at the end for StaticText below, inside the last named node and of the same name]
RootWebArea 'Shop', focused, url='https://shop.example.org/'
 [51] banner
  [52] navigation
   [53] list
    [54] listitem
     [55] button 'Sign in', clickable, visible, hasPopup='menu', expanded=False =
      [57] image
    [58] listitem"""

PLAYWRIGHT = """### Page state
- Page URL: https://example.org/
- Page Snapshot:
```yaml
- generic [active] [ref=e1]:
  - navigation [ref=e2]:
    - list [ref=e3]:
      - listitem [ref=e4]:
        - link "Docs" [ref=e5] [cursor=pointer]:
          - /url: /docs
          - img [ref=e6] [cursor=pointer]
          - generic [ref=e7] [cursor=pointer]: Docs
      - listitem [ref=e8]: About us
      - listitem [ref=e9]:
        - 'link "a: b" [ref=e10] [cursor=pointer]':
          - /url: /ab
  - generic [ref=e11] [cursor=pointer]:
    - img "Logo" [ref=e12]
  - textbox "Search" [ref=e13]: lamps
  - text: "5 results"
  - separator [ref=e14]
```"""

PLAYWRIGHT_SHORT = """[7 of 22 lines left out (no name, or that of a line beside it): 2 listitem, 1 generic, 1 img, 3 more; depth is new]"""

DEVTOOLS = """uid=1_0 RootWebArea "Shop" url="https://shop.example.org/"
  uid=1_1 banner
    uid=1_2 link "Home" url="https://shop.example.org/"
      uid=1_3 StaticText "Home"
    uid=1_4 image
  uid=1_5 heading "Lamps" level="1"
  uid=1_6 StaticText "5 results"
  uid=2_0 image
  uid=2_1 image
  uid=2_2 image
  uid=2_3 image
  uid=2_4 image
  uid=2_5 image
  uid=2_6 image
  uid=2_7 image
  uid=2_8 image
  uid=1_7 combobox "Sort" expandable haspopup="menu" value="price"
    uid=1_8 option "price" selectable selected value="price"
"""

WEBARENA = """Tab 0 (current): Dashboard

[1] RootWebArea 'Dashboard' focused: True
	[13] link 'Panel'
		[14] img 'Panel'
		[30] img ''
		[31] img ''
		[32] img ''
		[33] img ''
		[34] img ''
		[35] img ''
		[36] img ''
		[37] img ''
		[38] img ''
	[15] menubar '' orientation: horizontal
		[16] link 'SALES'
	[17] tab 'Bestsellers' expanded: True selected: True controls: grid
	[18] table ''
		[19] row ''
			[20] columnheader 'Product' required: False
			[21] gridcell '$19.00' required: False
"""

ROLES = st.sampled_from(
    ["link", "button", "StaticText", "image", "listitem", "list", "gridcell", "row", "heading", "time"]
)
NAMES = st.sampled_from(["", "Sign in", "in", "a b", "it\\'s", "•", "Error: failed", "…[12 characters]", " "])
ENDS = st.sampled_from(["", ", visible", ", clickable, visible", f", visible, url='{URL}'", " =", ", required: False"])
NODES = st.builds(
    lambda depth, ident, role, name, end: "\t" * depth + (f"[{ident}] " if ident else "") + f"{role} '{name}'{end}",
    st.integers(0, 5),
    st.integers(0, 99),
    ROLES,
    NAMES,
    ENDS,
)
REFS = st.builds(
    lambda depth, role, ref, end: "  " * depth + f"- {role} [ref=e{ref}]{end}",
    st.integers(0, 5),
    ROLES,
    st.integers(1, 99),
    st.sampled_from(["", ":", ": Sign in", " [cursor=pointer]:", ": a b"]),
)
OTHERS = st.sampled_from(["", "Tab 0", "- /url: /x", "```", "[15 of 31 lines left out]", "\tx = 1", " ="])
TREES = st.lists(st.one_of(NODES, NODES, REFS, OTHERS), max_size=25).map("\n".join)


def selected(tree: str) -> Shrunk:
    shrunk = AXTREE.invoke(Block(tree), target_tokens=20)
    assert shrunk is not None
    assert shrunk.left_out is not None
    return shrunk


class TestAxtree(CompressorTests):
    compressor = AXTREE

    def blocks(self) -> st.SearchStrategy[str]:
        return TREES

    def samples(self) -> list[str]:
        return [BROWSERGYM, PLAYWRIGHT, DEVTOOLS, WEBARENA]

    def may_lose(self, shrunk: Shrunk, line: int) -> bool:
        """Return whether the line is blank."""
        return not shrunk.text.split("\n")[line].strip()


def test_a_tree_keeps_what_matters() -> None:
    """A change of this output is a change of recipe version."""
    assert selected(BROWSERGYM).text == BROWSERGYM_SHORT


def test_the_lossless_form_of_a_tree() -> None:
    """A change of this output is a change of recipe version."""
    shrunk = AXTREE.invoke(Block(BROWSERGYM * 9))
    assert shrunk is not None
    assert shrunk.lossless
    assert shrunk.text.startswith(BROWSERGYM_LOSSLESS)


def test_playwright_references_stay() -> None:
    text = selected(PLAYWRIGHT).text
    assert text.split("\n", 1)[0] == PLAYWRIGHT_SHORT
    assert re.findall(r"ref=(e[0-9]+)", text) == ["e1", "e5", "e8", "e10", "e11", "e12", "e13"]
    assert ' - link "Docs" [ref=e5] [cursor=pointer]:\n  - /url: /docs\n' in text
    assert '- text: "5 results"' in text


def test_chrome_devtools_uids_stay() -> None:
    assert re.findall(r"uid=(1_[0-9])", selected(DEVTOOLS).text) == ["1_0", "1_2", "1_5", "1_6", "1_7", "1_8"]


def test_webarena_ids_stay() -> None:
    assert re.findall(r"(?m)^ *\[([0-9]+)\]", selected(WEBARENA).text) == ["1", "13", "16", "17", "19", "20", "21"]


@given(TREES)
def test_what_can_be_acted_on_stays(tree: str) -> None:
    shrunk = AXTREE.shrink(Block(tree), target_tokens=1)
    if shrunk is None or shrunk.lossless:
        return
    out = [line.lstrip(" \t") for line in shrunk.text.split("\n")]
    for line in tree.split("\n"):
        node = parse(line)
        if node and (node.role in ("link", "button") or "clickable" in node.properties) and "http" not in line:
            assert line.lstrip(" \t") in out


def test_red_text_stays_even_where_a_name_says_it() -> None:
    tree = "\n".join(
        [*["\t[1] listitem '', visible"] * 9, "\t[2] link 'Error: failed', clickable", "\t\tStaticText 'Error: failed'"]
    )
    assert "StaticText 'Error: failed'" in selected(tree).text


@pytest.mark.parametrize(
    "text",
    [
        "- name: build\n  link: x\n- text: y\n" * 20,
        "link to the page\nbutton is red\nlist of things\n" * 20,
        "[12] see link 4\n[13] some text\n" * 20,
        "class A:\n    def button(self):\n        return link('x')\n" * 20,
        "[12]<button type=submit>Go</button>\n\tSign in\n" * 20,
    ],
    ids=["yaml", "prose", "references", "code", "another notation"],
)
def test_leaves_other_kinds_alone(text: str) -> None:
    assert AXTREE.detect(Block(text)) < 0


@pytest.mark.parametrize("tree", [BROWSERGYM, PLAYWRIGHT, DEVTOOLS, WEBARENA])
def test_takes_trees(tree: str) -> None:
    assert AXTREE.detect(Block(tree)) > 0.9


def test_g4_kept_lines_stand_in_order_and_the_first_says_how_many_do_not() -> None:
    shrunk = selected(BROWSERGYM)
    first, *kept = shrunk.text.split("\n")
    source = iter(BROWSERGYM.split("\n"))
    assert all(any(line.strip() == at.strip() for at in source) for line in kept if "characters]" not in line)
    gone = len(BROWSERGYM.split("\n")) - len(kept)
    assert first.startswith(f"[{gone} of ")
    assert shrunk.left_out == LeftOut(gone + 1, len(BROWSERGYM.split("\n")), "lines")


def test_verify_rejects_a_wrong_id_a_wrong_cut_and_a_wrong_count() -> None:
    shrunk = selected(BROWSERGYM)
    for right, wrong in (("[55]", "[56]"), ("104 characters", "105 characters"), ("[16 of", "[15 of")):
        with pytest.raises(CompressionError):
            AXTREE.verify(Block(BROWSERGYM), Shrunk(shrunk.text.replace(right, wrong), shrunk.recipe, shrunk.left_out))


@pytest.mark.parametrize(
    "line", ["\t" * 300 + "[1] link 'a'", "[1] link '" + "a " * 900 + "'", "\tStaticText 'a'", "[1] x '" * 9]
)
def test_long_trees_are_linear(line: str) -> None:
    AXTREE.invoke(Block(f"{line}\n" * 3_000), target_tokens=400)


def test_a_long_address_above_many_texts_is_linear() -> None:
    tree = f"[1] link 'x', url='{'c' * 2_000_000}'\n" + "\tStaticText 'zz b'\n" * 20_000
    AXTREE.shrink(Block(tree), target_tokens=400)
