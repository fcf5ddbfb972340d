"""Broken projects for pytest, unittest and python itself."""

from __future__ import annotations

from collections.abc import Iterator

from tests.red.runs import Case

PASSES = 120
PLACES = {"first": 0, "middle": PASSES // 2, "last": PASSES}

_PYTEST = ("pytest", "-v", "-p", "no:cacheprovider", "-p", "no:asyncio")
_FAILED = {
    # name: (the failing test, what its failure holds)
    "assertion": ("    total = sum([1, 2])\n    assert total == 4, 'off by one'", ("off by one", "assert 3 == 4")),
    "exception": ("    raise LookupError('no row 17')", ("E       LookupError: no row 17",)),
    "custom": (
        "    class Bent(BaseException):\n        pass\n    raise Bent('the spoon')",
        ("the spoon",),
    ),
    "chained": (
        "    try:\n        int('x')\n    except ValueError as e:\n        raise RuntimeError('wrapped') from e",
        ("ValueError: invalid literal", "The above exception was the direct cause", "RuntimeError: wrapped"),
    ),
    "dicts": (
        "    assert {'a': 1, 'b': [1, 2]} == {'a': 1, 'b': [1, 3]}",
        ("Differing items",),
    ),
    "texts": (
        "    assert 'one\\ntwo\\nthree' == 'one\\n2\\nthree'",
        ("E         - 2", "E         + two"),
    ),
    "captured": (
        "    for n in range(90):\n        print('reading record', n * 7)\n    assert not 'reached'",
        ("Captured stdout call", "reading record 623"),
    ),
    "logged": (
        "    import logging\n    logging.getLogger('db').warning('pool is at %s', 31)\n    assert not 'reached'",
        ("Captured log call", "pool is at 31"),
    ),
    "deep": (
        "    def down(n):\n        return down(n - 1) if n else 1 / 0\n    down(6)",
        ("ZeroDivisionError",),
    ),
    "timeout": (
        "    import time\n    time.sleep(30)",
        ("Timeout",),
    ),
    "warning": (
        "    import warnings\n    warnings.warn('old api', DeprecationWarning)",
        ("DeprecationWarning: old api",),
    ),
    "xpass": (
        "    pass",
        ("[XPASS(strict)] known bug",),
    ),
}
_OPTIONS = {"timeout": ("--timeout", "1", "--timeout-method", "signal"), "warning": ("-W", "error")}


def pytest_cases() -> Iterator[Case]:
    """Yield one failing test of every kind, as the first, the middle and the last of many."""
    for kind, (body, holds) in _FAILED.items():
        marked = "import pytest\n@pytest.mark.xfail(strict=True, reason='known bug')\n" if kind == "xpass" else ""
        failing = f"{marked}def test_broken():\n{body}\n"
        for place, number in PLACES.items():
            yield Case(
                f"{kind}-{place}",
                {"test_many.py": _among(failing, number, "def test_good_{}():\n    assert {} >= 0\n")},
                (*_PYTEST, *_OPTIONS.get(kind, ())),
                begins=r"^_+ test_broken _+$",
                ends=r"^=+ (?:short test summary|warnings summary|[0-9]+ failed)",
                holds=holds,
            )
    yield from _pytest_errors()


def _pytest_errors() -> Iterator[Case]:
    good = _among("", 0, "def test_good_{}():\n    assert {} >= 0\n")
    fixture = (
        "import pytest\n@pytest.fixture\ndef db():\n    raise OSError('no server')\ndef test_broken(db):\n    pass\n"
    )
    teardown = "import pytest\n@pytest.fixture\ndef db():\n    yield\n    raise OSError('still open')\ndef test_broken(db):\n    pass\n"
    broken = {
        "import": ("import nothing_like_this\n", ("ModuleNotFoundError: No module named 'nothing_like_this'",)),
        "syntax": ("def broken(:\n    pass\n", ("SyntaxError: invalid syntax",)),
        "indent": ("def f():\n    a = 1\n     b = 2\n", ("IndentationError: unexpected indent",)),
        "name": ("VALUE = undefined_name\n", ("NameError: name 'undefined_name' is not defined",)),
    }
    for kind, (text, holds) in broken.items():
        yield Case(
            f"collecting-{kind}",
            {"test_many.py": good, "test_broken.py": text},
            (*_PYTEST, "--continue-on-collection-errors"),
            begins=r"^_+ ERROR collecting test_broken.py _+$",
            ends=r"^=+ short test summary",
            holds=holds,
        )
    for kind, text, holds in (("setup", fixture, "no server"), ("teardown", teardown, "still open")):
        yield Case(
            f"{kind}-of-fixture",
            {"test_many.py": good, "test_broken.py": text},
            _PYTEST,
            begins=rf"^_+ ERROR at {kind} of test_broken _+$",
            ends=r"^=+ short test summary",
            holds=(f"E       OSError: {holds}",),
        )


def unittest_cases() -> Iterator[Case]:
    """Yield failures of unittest, run with names."""
    bodies = {
        "assertion": ("self.assertEqual([1, 2, 3], [1, 2, 4], 'lists')", ("First differing element 2", "? ", "lists")),
        "exception": ("{}['missing']", ("KeyError: 'missing'",)),
        "multiline": ("self.assertEqual('a\\nb\\n', 'a\\nc\\n')", ("- b", "+ c")),
        "printed": (
            "import sys\n        print('step one'); print('step two', file=sys.stderr)\n        self.fail('stopped')",
            ("Stdout:", "step one", "Stderr:", "step two"),
        ),
        "expected": ("self.assertRaises(ValueError, int, '3')", ("AssertionError: ValueError not raised by int",)),
    }
    many = "    def test_good_{}(self):\n        self.assertGreaterEqual({}, 0)\n"
    for kind, (body, holds) in bodies.items():
        for place, number in PLACES.items():
            failing = f"    def test_{'a' if place == 'first' else 'h' if place == 'middle' else 'z'}_broken(self):\n        {body}\n"
            text = f"import unittest\nclass Many(unittest.TestCase):\n{_among(failing, number, many)}"
            yield Case(
                f"unittest-{kind}-{place}",
                {"test_many.py": text},
                ("python", "-m", "unittest", "-v", "-b", "test_many"),
                begins=r"^(?:FAIL|ERROR): test_\w+_broken",
                ends=r"^Ran [0-9]+ tests",
                holds=holds,
            )
    yield Case(
        "unittest-import",
        {
            "test_many.py": f"import unittest\nclass Many(unittest.TestCase):\n{_among('', 0, many)}",
            "test_bad.py": "import nowhere\n",
        },
        ("python", "-m", "unittest", "-v", "test_many", "test_bad"),
        begins=r"^ERROR: test_bad",
        ends=r"^Ran [0-9]+ tests",
        holds=("ModuleNotFoundError: No module named 'nowhere'",),
    )


def script_cases() -> Iterator[Case]:
    """Yield scripts that do much, then break."""
    work = "for n in range(200):\n    print(f'item {n}: copied {n * 37} bytes')\n"
    broken = {
        "exception": ("def f(x):\n    return x.size\nf(None)\n", ("AttributeError", "in f", "in <module>")),
        "custom": ("class Stop(BaseException):\n    pass\nraise Stop('at\\nonce')\n", ("Stop: at", "once")),
        "group": (
            "raise ExceptionGroup('two', [ValueError('a'), TypeError('b')])\n",
            ("ValueError: a", "TypeError: b"),
        ),
        "recursion": ("def f(n):\n    return f(n + 1)\nf(0)\n", ("RecursionError",)),
    }
    for kind, (text, holds) in broken.items():
        yield Case(
            f"script-{kind}",
            {"main.py": work + text},
            ("python", "main.py"),
            begins=r"^ *(?:\+ Exception Group )?Traceback \(most recent call last\)|^  \+ Exception Group",
            ends="",
            holds=holds,
        )
    yield Case(
        "script-exit",
        {"main.py": work + "import sys\nsys.exit('fatal: disk 3 is full')\n"},
        ("python", "main.py"),
        begins=r"^fatal: disk 3",
        ends="",
    )


def _among(failing: str, number: int, many: str) -> str:
    passing = [many.format(f"{n:03d}", n) for n in range(PASSES)]
    return "\n".join([*passing[:number], failing, *passing[number:]])
