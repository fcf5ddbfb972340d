"""Broken projects for node, npm and tsc."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.red.runs import Case

PASSES = 120
PLACES = {"first": 0, "middle": PASSES // 2, "last": PASSES}

_FAILED = {
    "assertion": ("assert.strictEqual([1, 2].length, 3)", ("ERR_ASSERTION", "2 !== 3")),
    "deep": ("assert.deepStrictEqual({ a: 1, b: 2 }, { a: 1, b: 3 })", ("+   b: 2", "-   b: 3")),
    "thrown": ("throw new RangeError('row 17')", ("row 17",)),
    "rejected": ("return Promise.reject(new TypeError('no such port'))", ("no such port",)),
}


def node_cases() -> Iterator[Case]:
    """Yield failures of node's own test runner, in both of its notations, and scripts that break."""
    for kind, (body, holds) in _FAILED.items():
        for place, number in PLACES.items():
            tests = [f"test('good {n:03d}', () => {{ assert.ok({n} >= 0); }});" for n in range(PASSES)]
            tests.insert(number, f"test('broken one', () => {{ {body}; }});")
            files = {
                "many.test.mjs": "\n".join(
                    ["import test from 'node:test';", "import assert from 'node:assert';", *tests]
                )
            }
            yield Case(
                f"tap-{kind}-{place}",
                files,
                ("node", "--test", "--test-reporter", "tap", "many.test.mjs"),
                begins=r"not ok [0-9]+ - broken one",
                ends=r"^ *# Subtest|^ *1\.\.",
                holds=holds,
            )
        yield Case(
            f"spec-{kind}",
            files,
            ("node", "--test", "--test-reporter", "spec", "many.test.mjs"),
            begins=r"^✖ broken one",
            ends=r"^✔|^ℹ",
            holds=holds,
        )
    yield from _scripts()


def _scripts() -> Iterator[Case]:
    work = "for (let n = 0; n < 200; n++) console.log(`item ${n}: copied ${n * 37} bytes`);\n"
    broken = {
        "thrown": ("function f(x) { return x.size; }\nf(null);\n", ("TypeError", "at f (")),
        "rejected": ("Promise.reject(new Error('no route'));\n", ("Error: no route",)),
        "module": ("require('./nowhere');\n", ("Cannot find module './nowhere'", "MODULE_NOT_FOUND")),
    }
    for kind, (text, holds) in broken.items():
        yield Case(
            f"script-{kind}",
            {"main.js": work + text},
            ("node", "main.js"),
            begins=r"main.js:[0-9]+$|^node:internal",
            ends=r"^Node.js v",
            holds=holds,
        )
    yield Case(
        "script-exit",
        {"main.js": work + "console.error('ERROR disk 3 is full'); process.exitCode = 4;\n"},
        ("node", "main.js"),
        begins=r"^ERROR disk 3",
        ends="",
    )


def npm_cases() -> Iterator[Case]:
    """Yield scripts that npm runs and that fail, and an install of what is not there."""
    work = "for (let n = 0; n < 150; n++) console.log(`built chunk ${n} in ${n * 3} ms`);\n"
    scripts = {
        "exit": ("process.exit(3)", r"exit|code|ERR|error", ()),
        "thrown": ("throw new Error('no template')", r"build.js:[0-9]+$", ("Error: no template",)),
    }
    for kind, (text, begins, holds) in scripts.items():
        package = {"name": "many", "version": "1.0.0", "scripts": {"build": f"node build.js && echo never || {_EXIT}"}}
        yield Case(
            f"run-{kind}",
            {
                "package.json": json.dumps(package),
                "build.js": work + "console.error('build failed: bad template');\n" + text,
            },
            ("npm", "run", "build"),
            begins=r"^build failed: bad template" if kind == "exit" else begins,
            ends=r"^Node.js v" if kind == "thrown" else "",
            holds=holds,
        )
    missing = {"name": "many", "version": "1.0.0", "scripts": {f"step{n}": "true" for n in range(60)}}
    yield Case(
        "missing-script",
        {"package.json": json.dumps(missing)},
        ("npm", "run", "nowhere"),
        begins=r"Missing script",
        ends="",
    )
    local = {"name": "many", "version": "1.0.0", "dependencies": {"gone": "file:./gone.tgz"}}
    yield Case(
        "install",
        {"package.json": json.dumps(local)},
        ("npm", "install", "--offline"),
        begins=r"npm (?:ERR!|error) code ENOENT",
        ends="",
        holds=("gone.tgz",),
    )


_EXIT = "exit 3"


def tsc_cases() -> Iterator[Case]:
    """Yield what a compiler of types says of one broken file, with the many files it read."""
    broken = {
        "types": ("export const n: number = 'text';\n", ("error TS2322",)),
        "name": ("export const n = nowhere + 1;\n", ("error TS2304",)),
        "module": ("import { a } from './nowhere';\nexport const n = a;\n", ("error TS2307",)),
        "syntax": ("export const n = (1;\n", ("error TS1005",)),
        "shape": (
            "interface P { a: number; b: { c: string } }\nexport const n: P = { a: 1, b: { c: 2 } };\n",
            ("error TS2322", "Type 'number' is not assignable"),
        ),
    }
    options = {"compilerOptions": {"strict": True, "noEmit": True, "types": [], "lib": ["es2020"]}, "include": ["src"]}
    for kind, (text, holds) in broken.items():
        for pretty in ("false", "true"):
            files = {f"src/good_{n}.ts": f"export const n{n}: number = {n};\n" for n in range(60)}
            yield Case(
                f"{kind}-pretty-{pretty}",
                files | {"src/broken.ts": text, "tsconfig.json": json.dumps(options)},
                ("tsc", "--pretty", pretty, "--listFiles", "-p", "."),
                begins=r"src/broken\.ts.*error",
                ends=r"^(?:/|\S:)\S*\.ts$|^$(?!\n)\Z|^Found [0-9]" if pretty == "true" else r"^(?:/|\S:)\S*\.ts$",
                holds=holds if pretty == "false" else (),
            )
