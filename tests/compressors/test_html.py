"""`html`: a page's own words in their order; markup, scripts and what frames the text left out and counted."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st

from headroom import tokens
from headroom.compressors import html as html_compressor
from headroom.compressors.html import HtmlCompressor
from headroom.compressors.html_visible import bare, visible
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

HTML = HtmlCompressor()

PAGE = """<!DOCTYPE html>
<html><head><title>Widgets &amp; more</title><style>p {color: red}</style><script>var a = "<p>no</p>";</script></head>
<body>
<header><nav><a href="/">Home</a> <a href="/shop">Shop</a></nav></header>
<main>
<h1>Widgets</h1>
<p>A widget costs <b>12&nbsp;EUR</b>; see the <a href="/prices?x=1&amp;y=2">price list</a>.</p>
<ul><li>small</li><li><p>large, <em>heavy</em></p></li></ul>
<table><tr><th>Name</th><th>Size</th></tr><tr><td>W1</td><td>3 mm</td></tr><tr><td></td><td>4 mm</td></tr></table>
<pre><code>def f(x):
    return x
</code></pre>
<form action="/q"><label for="q">Search</label><input id="q" name="q" type="text" placeholder="Find a widget" required>
<input type="hidden" name="csrf" value="abcdef"><select id="s" name="s"><option>red</option><option>blue</option></select>
<button id="go" type="submit">Go</button></form>
<div style="display: none">unseen words</div>
<svg><path d="M0 0L10 10"/><text>drawn</text></svg>
<nav>Back to the top</nav>
</main>
<footer>Imprint of the widget company</footer>
</body></html>
"""

TEXT = """[^page: 115 of 171 characters of its text, no markup, scripts or styles]
Widgets & more
# Widgets
A widget costs 12 EUR; see the price list[^1].
- small
- large, heavy
Name | Size
W1 | 3 mm
| 4 mm
```
def f(x):
    return x
```
Search
[^input type=text id=q name=q placeholder="Find a widget" required] [^select id=s name=s]red | blue [^button id=go]Go
[^nav: 12 characters left out]
[^links: 1 of 1]
1 /prices?x=1&y=2"""

WORDS = st.lists(
    st.sampled_from(["alpha", "b < c", "12 EUR", "naïve", "[x]", "#1", "- a", "a | b", "漢字"]), max_size=5
).map(lambda words: " ".join(words).replace("<", "&lt;"))
ELEMENTS = st.recursive(
    WORDS,
    lambda inner: st.builds(
        lambda tag, children: f"<{tag}>{'  '.join(children)}</{tag.split()[0]}>",
        st.sampled_from(
            [
                *(
                    "p",
                    "div",
                    "h2",
                    "li",
                    "ul",
                    "table",
                    "tr",
                    "td",
                    "pre",
                    "b",
                    "nav",
                    "script",
                    "select",
                    "option",
                    "form",
                ),
                *(
                    'a href="/x?a=1&amp;b=2"',
                    'button id="b1"',
                    'div hidden=""',
                    'div class="sidebar"',
                    "main",
                    "article",
                ),
            ]
        ),
        st.lists(inner, max_size=4),
    ),
    max_leaves=20,
)


def shrunk(page: str, query: str = "") -> Shrunk:
    made = HTML.invoke(Block(page), target_tokens=400, query=query)
    assert made is not None
    return made


class TestHtml(CompressorTests):
    compressor = HTML

    def blocks(self) -> st.SearchStrategy[str]:
        return ELEMENTS.map(lambda body: f"<!doctype html><html><title>T</title><body>{body}</body></html>")

    def samples(self) -> list[str]:
        return [PAGE]

    def may_lose(self, shrunk: Shrunk, line: int) -> bool:
        """Return whether the line is only notes and signs: what is left out is counted in the first line."""
        return line > 0 and re.search(r"\w", re.sub(r"\[\^[^\]]*\]", "", shrunk.text.split("\n")[line])) is None


def test_a_page_becomes_its_text() -> None:
    """A change of this output is a change of recipe version."""
    assert shrunk(PAGE).text == TEXT


def test_recipe_names_the_parser() -> None:
    assert re.fullmatch(r"html/1/[0-9.]+\+[0-9.]+", HTML.recipe)


def test_nothing_without_a_target() -> None:
    assert HTML.shrink(Block(PAGE)) is None


def test_nothing_without_lxml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_compressor, "find_spec", lambda _: None)
    html_compressor._parser.cache_clear()
    try:
        assert HTML.detect(Block(PAGE)) < 0
        assert HTML.shrink(Block(PAGE), target_tokens=400) is None
    finally:
        html_compressor._parser.cache_clear()


def test_importing_the_list_loads_no_parser() -> None:
    from subprocess import run

    code = "import sys; from headroom.compressors import built_in; built_in(); sys.exit('lxml.etree' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "<project><artifactId>x</artifactId>" + "<dependency><groupId>g</groupId></dependency>" * 40 + "</project>",
        "export function App() {\n  return (\n    <div>\n      <p>x</p>\n    </div>\n  );\n}\n" * 20,
        "# Title\n\n<p align=center>x</p>\n\ntext\n" * 20,
        "diff --git a/x.html b/x.html\n@@ -1 +1 @@\n-<html>\n+<html><body><p>" + "<p>x</p>\n+" * 30,
        "x.html:3:<div><p>a</p></div>\n" * 30,
        '{"html": "<html><body><p>x</p></body></html>"}' * 20,
        "<div>" + "x = 1 < 2\n" * 3_000,
    ],
    ids=["xml", "jsx", "markdown", "diff", "grep", "json", "mostly text"],
)
def test_leaves_other_kinds_alone(text: str) -> None:
    assert HTML.detect(Block(text)) < 0


@pytest.mark.parametrize("before", ["", "\ufeff", "\n\n", "HTTP/1.1 200 OK\nContent-Type: text/html\n\n"])
def test_takes_pages(before: str) -> None:
    assert HTML.detect(Block(before + PAGE)) > 0.9


def test_what_stands_before_the_page_stays() -> None:
    assert shrunk("HTTP/1.1 200 OK\nServer: x\n\n" + PAGE).text == "HTTP/1.1 200 OK\nServer: x\n\n" + TEXT


def test_links_in_headings_and_those_asked_for_come_first() -> None:
    rows = "".join(
        f'<p><a href="/item/{number}">thing{number}</a> described in a few words</p>' for number in range(90)
    )
    page = f'<html><body>{rows}<h2><a href="/best">The best</a></h2></body></html>'
    text = shrunk(page, query="where is thing77").text
    assert re.search(r"(?m)^[0-9]+ /item/77$", text)
    assert re.search(r"(?m)^[0-9]+ /best$", text)
    assert re.search(r"(?m)^\[\^links: [0-9]+ of 91\]$", text)


def test_a_page_that_speaks_of_footnotes_gets_other_notes() -> None:
    text = shrunk(PAGE.replace("small", "small [^1] and [^a-z]")).text
    assert "- small [^1] and [^a-z]" in text
    assert text.startswith("[~page: ")


def test_layout_tables_are_no_rows() -> None:
    cell = "".join(f"<p>paragraph {number}</p><ul><li>item</li></ul>" for number in range(9))
    text = shrunk(f"<html><body><table><tr><td>{cell}</td><td>{cell}</td></tr></table></body></html>").text
    assert "paragraph 3\n- item\nparagraph 4" in text


def test_ids_that_browsing_agents_use_stay() -> None:
    page = '<html><body><a bid="12" href="/x">Go</a><div role="button" bid="a51" id="z">Buy</div><p>' + "<b>w</b>" * 60
    assert "[^a bid=12]Go" in shrunk(page).text
    assert "[^div role=button id=z bid=a51]Buy" in shrunk(page).text


def test_visible_reads_no_tags_comments_or_scripts() -> None:
    page = "<p title='a > b'>x &lt; y</p><!-- no --><script>if (a < b) no()</script><a href=it's>z</a><SCRIPT>no"
    assert visible(page) == "x<yz"


@pytest.mark.parametrize(
    "page", ["<a '" * 50_000, "<!--" * 50_000, "<script>" * 50_000, "<p x='" * 50_000, "&" * 99_999]
)
def test_visible_is_linear(page: str) -> None:
    visible(page)


def test_verify_rejects_words_that_the_page_does_not_say() -> None:
    made = shrunk(PAGE)
    for wrong in (
        made.text.replace("12 EUR", "13 EUR"),
        made.text.replace("y=2", "y=3"),
        made.text.replace("id=q", "id=zz"),
    ):
        with pytest.raises(CompressionError):
            HTML.verify(Block(PAGE), Shrunk(wrong, made.recipe, made.left_out))


def test_g9_words_stay_whole_and_in_order() -> None:
    at, seen = 0, visible(PAGE)
    for line in shrunk(PAGE).text.split("\n")[1:8]:
        words = bare(re.sub(r"\[\^[^\]]*\]|^#+ |^- |\|", "", line))
        assert words in seen[at:]
        at = seen.index(words, at)


def test_corpus_pages_keep_the_words_of_their_main_text(shared: Path) -> None:
    path = shared / "data" / "G_html" / "dev" / "turkingbench.jsonl"
    if not path.is_file():
        pytest.skip(f"no pages at {path}")
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        page = json.loads(line)["text"]
        made = shrunk(page)
        assert tokens.count(made.text) <= 0.25 * tokens.count(page)
        assert len(visible(page)) == int(
            re.findall(r"of ([0-9,]+) characters of its text", made.text)[0].replace(",", "")
        )
        assert bare(made.text).count("Instructions") >= 1
