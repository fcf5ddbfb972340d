"""`code`: outlines that parse, in the languages' own comments, with every gap's lines named."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from textwrap import dedent, indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("tree_sitter", reason="the extra `code` is not installed")

from headroom.compressors import built_in, code_grammars, code_languages, pick
from headroom.compressors.code import CodeCompressor
from headroom.compressors.code_reading import error_lines
from headroom.compressors.code_select import code_names
from headroom.content import Block, LeftOut, Shrunk
from headroom.testing import CompressorTests
from headroom.work import Task, perform

CODE = CodeCompressor()

STATEMENT = st.sampled_from(
    [
        "x = compute(self.value, other) + 1",
        "return None",
        "# a remark",
        "",
        "raise ValueError('no such thing')",
        "for item in self.items:\n    yield item",
        "if x:\n    y = 1\nelse:\n    y = 2",
        "é = '漢字 \\N{BULLET}'",
    ]
)
DOC = st.sampled_from(
    ["", '"""Say something."""', '"""Say something.\n\nAnd more of it,\nover lines.\n"""', '"""\nBelow.\n"""']
)
NAME = st.sampled_from(["run", "load_all", "Wire", "_Inner"])


HEAD = st.sampled_from(["def {}(self, a: int = 1) -> str:", "async def {}(\n    self,\n):  # c", "class {}(Base):"])
DECORATOR = st.sampled_from(["", "@property\n", "@mark(\n    [1, 2],\n)\n"])


def definitions(within: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    """Return definitions, some with others in them, some of these deeper than their body."""
    nested = (
        st.just("") if within is None else st.one_of(within, within.map(lambda one: "if a:\n" + indent(one, "    ")))
    )
    inside = st.tuples(DOC, st.lists(STATEMENT, max_size=3), nested, STATEMENT, nested).map(
        lambda parts: "\n".join(part for part in (parts[0], *parts[1], *parts[2:], "pass") if part)
    )
    return st.tuples(DECORATOR, HEAD, NAME, inside).map(
        lambda parts: f"{parts[0]}{parts[1].format(parts[2])}\n{indent(parts[3], '    ')}\n"
    )


LITERAL = "TABLE = {\n" + "".join(f"    'key{n}': [{n}, 'value'],\n" for n in range(40)) + "}\n"
PYTHON = st.lists(
    st.one_of(definitions(definitions(definitions())), st.sampled_from(["import os", LITERAL, "# note\n" * 6])),
    max_size=3,
).map(lambda parts: "from a import b\n\n" + "\n\n".join(parts))
BRACES = st.lists(
    st.sampled_from(
        [
            "/**\n * Adds numbers.\n *\n * @param a one\n * @return all\n */\nexport function add(a, b) {\n  const sum = a + b;\n  log(`sum ${sum}`);\n  return sum;\n}\n",
            "class Box extends Base {\n  constructor(size) {\n    super();\n    this.size = size;\n    this.items = [];\n  }\n\n  get(n) { return this.items[n]; }\n}\n",
            "describe('box', () => {\n  it('holds', async () => {\n    const box = new Box(1);\n    expect(box.get(0)).toBe(undefined);\n  });\n});\n",
            "const f = (x) => {\n  function inner(y) {\n    return other(y, x, 'something long enough');\n  }\n  return [inner(1), inner(2), inner(3)];\n};\n",
        ]
    ),
    max_size=6,
).map("\n".join)


def shrink(text: str, target: int = 20, query: str = "", **about: str) -> Shrunk:
    shrunk = CODE.invoke(Block(text, **about), target_tokens=target, query=query)  # type: ignore[arg-type]
    assert shrunk is not None
    return shrunk


def errors(text: str, grammar: code_grammars.Grammar) -> int:
    found = code_grammars.parse(text, grammar)
    assert found is not None
    return len(error_lines(found))


def function(name: str, lines: int = 8, *, body: str = "    total += weigh(items, {n})  # step\n") -> str:
    return f"def {name}(items):\n" + "".join(body.format(n=n) for n in range(lines)) + "    return total\n"


class TestCode(CompressorTests):
    compressor = CODE

    def blocks(self) -> st.SearchStrategy[str]:
        return st.one_of(PYTHON, BRACES)

    def samples(self) -> list[str]:
        return ["\n".join(function(f"step_{n}") for n in range(20)), SOURCES["tsx"]]


# Programs are costly to draw and to compile twice.
@settings(max_examples=min(300, settings.default.max_examples))
@given(PYTHON)
def test_an_outline_of_python_that_compiles_compiles(text: str) -> None:
    ast.parse(text)
    shrunk = CODE.shrink(Block(text), target_tokens=20, query="why did 42 fail")
    if shrunk is not None:
        ast.parse(shrunk.text)


@given(BRACES)
def test_an_outline_of_javascript_that_parses_parses(text: str) -> None:
    assert errors(text, code_grammars.JAVASCRIPT) == 0
    shrunk = CODE.shrink(Block(text), target_tokens=20, query="why did 42 fail")
    if shrunk is not None:
        assert errors(shrunk.text, code_grammars.JAVASCRIPT) == 0


SOURCES = {
    "py": '''\
        # Copyright 2024 Someone
        # Licensed under the Apache License
        # http://www.apache.org/licenses
        # All rights reserved.
        """Loads things.

        A longer story about things.
        """
        import os
        from typing import Any


        @dataclass(frozen=True)
        class Loader(Base):
            """Loads one thing.

            From anywhere.
            """

            path: str
            retries: int = 3

            @property
            def name(self) -> str:
                """Name of the thing."""
                return os.path.basename(self.path)

            async def load(
                self, *, strict: bool = False
            ) -> Any:
                """Load the thing,

                whatever it takes.
                """
                for attempt in range(self.retries):
                    try:
                        return await self.fetch(self.path, attempt)
                    except OSError:
                        continue
                raise LoadError(self.path)


        def one(): return 1
        ''',
    "tsx": """\
        import React, { useState } from 'react';
        import type { Props } from './props';

        /** Shows a list. */
        export const List: React.FC<Props> = ({ items, onPick }) => {
          const [open, setOpen] = useState<boolean>(false);
          const shown = items.filter((item) => item.visible);
          return (
            <ul className="list" onClick={() => setOpen(!open)}>
              {shown.map((item) => <li key={item.id} onClick={() => onPick(item)}>{item.name}</li>)}
            </ul>
          );
        };

        export interface Item {
          id: string;
          name: string;
        }
        """,
    "go": """\
        package wire

        import (
          "fmt"
        )

        // Reader reads frames.
        type Reader struct {
          size int
        }

        // Next returns the next frame.
        func (r *Reader) Next(limit int) (Frame, error) {
          if limit > r.size {
            return Frame{}, fmt.Errorf("limit %d above %d", limit, r.size)
          }
          return r.read(limit)
        }
        """,
    "rs": """\
        use std::fmt;

        #[derive(Debug, Clone)]
        pub struct Frame {
            pub size: u32,
        }

        impl Frame {
            /// Reads a frame.
            pub fn read(source: &mut dyn Read) -> Result<Self, Error> {
                let mut buffer = [0u8; 4];
                source.read_exact(&mut buffer)?;
                Ok(Self { size: u32::from_be_bytes(buffer) })
            }
        }
        """,
    "java": """\
        package org.example;

        import java.util.List;

        /** Counts words. */
        public class Counter extends Base {
          private final List<String> words;

          @Override
          public int count(String word) throws CountException {
            int count = 0;
            for (String each : words) {
              if (each.equals(word)) { count++; }
            }
            return count;
          }
        }
        """,
    "c": """\
        #include <stdio.h>

        #define LIMIT 10

        typedef struct {
          int size;
        } frame;

        static int
        frame_read (frame *self, const char *source)
        {
          int read = 0;
          while (source[read] && read < LIMIT)
            read++;
          self->size = read;
          return read;
        }
        """,
    "cpp": """\
        #include <vector>

        namespace wire {
        template <class T>
        class Reader : public Base {
         public:
          explicit Reader(int size) : size_(size) {
            buffer_.reserve(static_cast<size_t>(size));
            reset_everything_that_was_there();
          }
          int next(const T& frame) const override;

         private:
          int size_;
        };

        template <class T>
        int Reader<T>::next(const T& frame) const {
          auto found = std::find_if(begin(), end(), [&](const T& each) { return each == frame; });
          return static_cast<int>(found - begin());
        }
        }
        """,
}
SOURCES = {suffix: dedent(text) for suffix, text in SOURCES.items()}
"""One source per language. What comes of them is pinned: a change of output is a change of the recipe's version."""

OUTLINES = {
    "py": '''\
        # [lines 1-4 left out: below as first…last]
        """Loads things.
        """ #6…8
        import os
        from typing import Any


        @dataclass(frozen=True)
        class Loader(Base):
            """Loads one thing.

            From anywhere.
            """

            path: str
            retries: int = 3

            @property
            def name(self) -> str:
                """Name of the thing."""
                #26…27
            async def load(
                self, *, strict: bool = False
            ) -> Any:
                """Load the thing,

                whatever it takes.
                """
                #35…42
        def one(): return 1
        ''',
    "tsx": """\
        import React, { useState } from 'react';
        import type { Props } from './props';

        /** Shows a list. */
        export const List: React.FC<Props> = ({ items, onPick }) => {
        }; // [lines 6-14 left out]
        export interface Item {
          id: string;
          name: string;
        }
        """,
    "go": """\
        package wire

        import (
          "fmt"
        )

        // Reader reads frames.
        type Reader struct {
          size int
        }

        // [line 12 left out: below as first…last]
        func (r *Reader) Next(limit int) (Frame, error) {
        } //14…19
        """,
    "rs": """\
        use std::fmt;

        #[derive(Debug, Clone)]
        pub struct Frame {
            pub size: u32,
        }

        impl Frame {
            /// Reads a frame.
            pub fn read(source: &mut dyn Read) -> Result<Self, Error> {
            } // [lines 11-14 left out]
        }
        """,
    "java": """\
        package org.example;

        import java.util.List;

        /** Counts words. */
        public class Counter extends Base {
          private final List<String> words;

          @Override
          public int count(String word) throws CountException {
          } // [lines 11-16 left out]
        }
        """,
    "c": """\
        #include <stdio.h>

        #define LIMIT 10

        typedef struct {
          int size;
        } frame;

        static int
        frame_read (frame *self, const char *source)
        {
        } // [lines 12-18 left out]
        """,
    "cpp": """\
        #include <vector>

        namespace wire {
        template <class T>
        class Reader : public Base {
         public:
          explicit Reader(int size) : size_(size) {
          } // [lines 8-10 left out: below as first…last]
          int next(const T& frame) const override;

         private:
          int size_;
        };

        template <class T>
        int Reader<T>::next(const T& frame) const {
        } //19…21
        }
        """,
}
OUTLINES = {suffix: dedent(text).rstrip("\n") for suffix, text in OUTLINES.items()}


@pytest.mark.parametrize("suffix", SOURCES)
def test_outlines_are_pinned(suffix: str) -> None:
    about = {"tool": "Read", "arguments": json.dumps({"file_path": f"src/x.{suffix}"})}
    assert shrink(SOURCES[suffix], **about).text.rstrip("\n") == OUTLINES[suffix]


@pytest.mark.parametrize("suffix", ["py", "go", "rs", "java"])
def test_a_language_is_told_without_a_file_s_name(suffix: str) -> None:
    assert shrink(SOURCES[suffix] * 3).text.startswith(OUTLINES[suffix][:80])


FILE = "import os\n\n\n" + "\n\n".join(function(f"step_{n}") for n in range(30))


def test_a_body_that_the_query_names_stays_whole() -> None:
    text = shrink(FILE, query="fix the bug in `step_7`").text
    assert function("step_7") in text
    assert "    total += weigh" not in text.replace(function("step_7"), "")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("fix step_7 and Loader.run()", {"step_7", "run"}),
        ("why does `run` fail?", {"run"}),
        ("the run of the parser", set()),
        ("JsonReader breaks on utf8_text", {"JsonReader", "utf8_text"}),
        ('Read\n{"file_path":"src/a.py"}', set()),
    ],
)
def test_names_are_told_from_words(query: str, names: set[str]) -> None:
    assert code_names(query) == names


def test_bodies_that_hold_rare_words_of_the_query_come_first() -> None:
    odd = function("odd", body="    total += decompress(items, {n})\n")
    text = shrink(
        FILE + "\n\n" + odd + "\n\n" + function("last"), target=500, query="where do we decompress things"
    ).text
    assert odd in text
    assert function("last") not in text


def test_a_line_that_names_what_is_sought_stays_when_its_body_does_not_fit() -> None:
    long = "def long(items):\n" + "".join(f"    total = weigh(total, items, {n})\n" for n in range(400))
    text = shrink(FILE + "\n\n" + long.replace("200)", "200, self.tare_weight)"), query="what is tare_weight").text
    assert "    total = weigh(total, items, 200, self.tare_weight)" in text.split("\n")


def test_short_bodies_stay() -> None:
    text = shrink(FILE + "\n\nclass A:\n    @property\n    def name(self):\n        return self._name\n").text
    assert "        return self._name" in text


def test_bodies_come_back_as_the_target_allows() -> None:
    assert shrink(FILE, 1_500).text.count("    return total") > shrink(FILE, 900).text.count("    return total") > 0


def test_a_text_within_the_target_stays() -> None:
    assert CODE.shrink(Block(FILE), target_tokens=100_000) is None
    assert CODE.shrink(Block(FILE)) is None


def test_a_long_literal_shows_how_it_begins() -> None:
    rows = "".join(f"    'k{n}': {n},\n" for n in range(5_000))
    text = shrink(f"TABLE = {{\n{rows}}}\n" + function("f"), tool="Read", arguments='{"file_path":"a.py"}').text
    assert (
        "TABLE = {\n    'k0': 0,\n    'k1': 1,\n    'k2': 2,\n} # [lines 5-5002 left out: below as first…last]\n"
        in text
    )


def test_what_is_no_code_stays_in_it() -> None:
    broken = FILE.replace("def step_7(items):", "def step_7(items:\n<<<<<<< HEAD")
    lines = shrink(broken).text.split("\n")
    assert "<<<<<<< HEAD" in lines
    assert "def step_29(items):" in lines


@pytest.mark.parametrize("sign", ["\t", "→", "|", ":", ": "])
def test_lines_with_numbers_are_read_without_and_stand_with_them(sign: str) -> None:
    lines = FILE.split("\n")
    shown = "\n".join(f"{n:>6}{sign}{line}" for n, line in enumerate(lines, 1))
    shrunk = shrink(f"<file>\n{shown}\n</file>")
    out = shrunk.text.split("\n")
    assert out[:2] == ["<file>", f"     1{sign}import os"]
    assert out[-1] == "</file>"
    assert f"     4{sign}def step_0(items):" in out
    assert "[lines 6-16 left out: numbers 5-15]" in out
    assert "[lines 18-28 left out: numbers 17-27]" in out


def test_numbers_that_begin_at_the_top_need_no_words() -> None:
    shown = "\n".join(f"{n:>6}\t{line}" for n, line in enumerate(FILE.split("\n"), 1))
    out = shrink(shown).text.split("\n")
    assert "[lines 5-15 left out: below as first…last]" in out
    assert "17…27" in out


def test_a_part_of_a_file_that_was_asked_for_stays() -> None:
    shown = "\n".join(f"{n:>6}\t{line}" for n, line in enumerate(FILE.split("\n"), 120))
    assert CODE.shrink(Block(shown, kind="tool_result", tool="show"), target_tokens=20) is None


def test_g8_bytes_are_not_characters_and_one_bad_node_voids_no_file() -> None:
    text = "# 漢字 😀\n" + FILE.replace("weigh", "wäge_漢") + "\nclass (:\n    '😀\n\n" + function("späte_漢")
    out = shrink(text).text
    assert "def späte_漢(items):" in out.split("\n")
    assert "class (:" in out.split("\n")
    ast.parse(shrink(text.replace("class (:\n    '😀\n", "")).text)


@pytest.mark.parametrize("suffix", ["go", "tsx", "java", "rs"])
def test_g8_wide_characters_move_no_line(suffix: str) -> None:
    plain = shrink(SOURCES[suffix] * 4, tool="Read", arguments=json.dumps({"file_path": f"x.{suffix}"})).text
    wide = ("// 漢字😀\n" + SOURCES[suffix] * 4).replace("limit", "限").replace("item", "項").replace("count", "数")
    shrunk = shrink(wide, tool="Read", arguments=json.dumps({"file_path": f"x.{suffix}"}))
    heads = [line for line in shrunk.text.split("\n") if line.endswith("{")]
    assert len(heads) == sum(line.endswith("{") for line in plain.split("\n"))


@pytest.mark.parametrize("text", [FILE.replace("\n", "\r\n"), FILE.replace("    ", "\t"), "# \ud800\n" + FILE])
def test_line_ends_tabs_and_surrogates_stand_as_they_are(text: str) -> None:
    shrunk = shrink(text)
    assert shrunk.left_out == LeftOut(
        len(text.split("\n")) - len(shrunk.kept_lines or ()), len(text.split("\n")), "lines"
    )
    assert shrunk.text.count("def step_") == 30


def test_g12_an_outline_is_not_outlined_again() -> None:
    assert CODE.shrink(Block(shrink(FILE).text), target_tokens=20) is None


@pytest.mark.parametrize(
    "text",
    [
        "var a=1;" + "function f(a){return a+1};" * 4_000,
        "2024-01-01 10:00:00 INFO started worker 1\n" * 50,
        "src/a.py:1:import os\nsrc/a.py:2:def f(x):\n" * 30,
        "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n def f(x):\n-    return 1\n+    return 2\n"
        * 5,
        json.dumps([{"a": n, "b": "x"} for n in range(50)], indent=2),
        "name: x\nversion: 1\nitems:\n  - a: 1\n    b: 2\n" * 20,
        "The quick brown fox jumps over the lazy dog (twice). If it returns, we import it from elsewhere:\n" * 20,
        'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    return g(x)\nValueError: no\n' * 10,
        "",
    ],
    ids=["minified", "log", "search", "diff", "json", "yaml", "prose", "traceback", "empty"],
)
def test_other_texts_are_not_taken(text: str) -> None:
    assert CODE.detect(Block(text)) == -1
    assert CODE.shrink(Block(text), target_tokens=20) is None


@pytest.mark.parametrize("path", ["a.py", "a.rs", "a.log", "a", "x.tsx"])
def test_a_wrong_hint_breaks_nothing(path: str) -> None:
    about = {"tool": "bash", "arguments": json.dumps({"command": f"cat {path}"})}
    assert shrink(SOURCES["go"] * 3, **about).text.startswith(OUTLINES["go"][:80])


def test_without_the_extra_nothing_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    code_grammars.load.cache_clear()
    try:
        assert CODE.detect(Block(FILE)) == -1
        assert CODE.shrink(Block(FILE), target_tokens=20) is None
    finally:
        code_grammars.load.cache_clear()


def test_importing_headroom_loads_no_grammar() -> None:
    script = "import sys, headroom, headroom.compressors as c; c.built_in(); print(any('tree_sitter' in m for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_recipe_names_the_grammars_versions() -> None:
    assert re.fullmatch(r"code/2/[0-9.]+\+[0-9a-f]{8}", CODE.recipe)


@pytest.mark.parametrize(
    "text",
    [
        "function f() {\n" * 40_000 + "x;\n" + "}\n" * 40_000,
        "var x = {a: " + "[\n" * 70_000 + "]\n" * 70_000 + "};\nfunction f() {\n x;\n}\n" * 3,
    ],
    ids=["functions", "brackets"],
)
def test_depth_costs_no_more_than_length(text: str) -> None:
    CODE.invoke(Block(text), target_tokens=400)


def view(text: str, arguments: dict[str, object], *, over: int) -> Task:
    block = Block(text, kind="tool_result", tool="Read", arguments=json.dumps(arguments, separators=(",", ":")))
    return Task(block, query="", declared=True, exact=True, min_tokens=100, target_ratio=0.15, outline_code_over=over)


def test_an_agent_s_view_is_outlined_only_above_its_limit_and_says_why_not() -> None:
    small = perform(view(FILE, {"file_path": "/a.py"}, over=8_000))
    assert (small.reason, small.detail) == ("file_view", "code is shown whole up to 8,000 tokens (outline_code_over)")
    assert perform(view(FILE, {"file_path": "/a.py"}, over=300)).recipe == CODE.recipe


def test_a_view_by_range_is_never_outlined() -> None:
    attempt = perform(view(FILE, {"file_path": "/a.py", "limit": 900, "offset": 1}, over=300))
    assert (attempt.reason, attempt.detail) == ("file_view", "code that was asked for by its lines is shown whole")


def test_code_is_taken_before_others_take_it() -> None:
    assert [pick(Block(text), built_in())[0].id for text in (FILE, SOURCES["go"] * 5, SOURCES["java"] * 5)] == [
        "code"
    ] * 3


def test_detection_prefers_what_is_told_most_often() -> None:
    assert code_languages.guess(Block(FILE)).grammars == (code_grammars.PYTHON,)
