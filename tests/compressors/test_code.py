"""`code`: outlines that parse, in the languages' own comments, with every gap's lines named."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from textwrap import dedent, indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("tree_sitter", reason="the extra `code` is not installed")

from headroom.compressors import built_in, code_grammars, code_languages, pick
from headroom.compressors.code import CodeCompressor
from headroom.compressors.code_outline import _error_lines as error_lines
from headroom.compressors.code_select import code_names
from headroom.content import Block, LeftOut, Shrunk
from headroom.testing import CompressorTests
from headroom.work import Task, perform

CODE = CodeCompressor()

STATEMENT = st.sampled_from(
    ["x = compute(self.value, other) + 1", "return None", "# a remark", "", "raise ValueError('no such thing')"]
    + ["for item in self.items:\n    yield item", "if x:\n    y = 1\nelse:\n    y = 2", "é = '漢字 \\N{BULLET}'"]
)
DOC = st.sampled_from(["", '"""Say something."""', '"""Say something.\n\nAnd more of it,\nover lines.\n"""', '"""\nBelow.\n"""'])
NAME = st.sampled_from(["run", "load_all", "Wire", "_Inner"])


@st.composite
def suites(draw: st.DrawFn, depth: int = 2) -> str:
    parts = [draw(DOC), *draw(st.lists(STATEMENT, max_size=4))]
    if depth:
        parts += draw(st.lists(definitions(depth - 1), max_size=2))
    return "\n".join([*(part for part in parts if part), "pass"])


@st.composite
def definitions(draw: st.DrawFn, depth: int = 2) -> str:
    head = draw(st.sampled_from(["def {}(self, a: int = 1) -> str:", "async def {}(\n    self,\n):  # c", "class {}(Base):"]))
    decorator = draw(st.sampled_from(["", "@property\n", "@mark(\n    [1, 2],\n)\n"]))
    inside = draw(suites(depth))
    if draw(st.integers(0, 5)) == 0 and depth:
        inside += "\nif a:\n" + indent(draw(definitions(depth - 1)), "    ")
    return f"{decorator}{head.format(draw(NAME))}\n{indent(inside, '    ')}\n"


LITERAL = "TABLE = {\n" + "".join(f"    'key{n}': [{n}, 'value'],\n" for n in range(40)) + "}\n"
PYTHON = st.lists(st.one_of(definitions(), st.sampled_from(["import os", LITERAL, "# note\n" * 6])), max_size=5).map(
    lambda parts: "from a import b\n\n" + "\n\n".join(parts)
)
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
    "py": "",
    "tsx": "",
    "go": "",
    "rs": "",
    "java": "",
    "c": "",
    "cpp": "",
}
