"""Texts of the kinds that tools print, line by line, for `speed.py`: made up, and the same at every run."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from itertools import count

Lines = Callable[[random.Random], Iterator[str]]
"""Yields the lines of a text for as long as one wants."""

WORDS = [
    "cache",
    "index",
    "parse",
    "stream",
    "token",
    "buffer",
    "writer",
    "reader",
    "config",
    "session",
    "worker",
    "queue",
    "lease",
    "shard",
    "replica",
]
_LEVELS = ("INFO", "DEBUG", "WARN")
_ANSWERS = (200, 200, 200, 200, 204, 304, 404)


def text_of(lines: Lines, *, characters: int) -> str:
    """Return so many characters of a text, up to the end of a line."""
    taken: list[str] = []
    size = 0
    for line in lines(random.Random(7)):
        if size >= characters:
            break
        taken.append(line)
        size += len(line) + 1
    return "\n".join(taken)


def grep(dice: random.Random) -> Iterator[str]:
    """Yield what `grep -rn` prints: the hits of one file after the other."""
    for path in _files(dice):
        for number in _numbers(dice):
            yield f"{path}:{number}:{_code(dice)}"


def grep_unordered(dice: random.Random) -> Iterator[str]:
    """Yield what many searches at once print: hits of any file, in no order."""
    while True:
        path = f"src/{dice.choice(WORDS)}/{dice.choice(WORDS)}_{dice.randrange(40)}.py"
        yield f"{path}:{dice.randrange(1, 900)}:{_code(dice)}"


def grep_bare(dice: random.Random) -> Iterator[str]:
    """Yield what `grep -r` prints: hits without numbers."""
    for path in _files(dice):
        for _ in _numbers(dice):
            yield f"{path}:{_code(dice)}"


def grep_context(dice: random.Random) -> Iterator[str]:
    """Yield what `grep -rn -C1` prints."""
    for path in _files(dice):
        for number in _numbers(dice):
            yield f"{path}-{number}-{_code(dice)}"
            yield f"{path}:{number + 1}:{_code(dice)}"
            yield f"{path}-{number + 2}-"
            yield "--"


def ripgrep(dice: random.Random) -> Iterator[str]:
    """Yield what `rg --heading` prints."""
    for path in _files(dice):
        yield path
        for number in _numbers(dice):
            yield f"{number}:{_code(dice)}"
        yield ""


def find(dice: random.Random) -> Iterator[str]:
    """Yield what `find` prints: directories with what is in them."""
    for folder, names in _folders(dice):
        yield folder
        for name in names:
            yield f"{folder}/{name}"


def find_unordered(dice: random.Random) -> Iterator[str]:
    """Yield paths in no order, as an index of files or a parallel search gives them."""
    while True:
        folder = "/".join(dice.choice(WORDS) for _ in range(dice.randrange(2, 6)))
        yield f"./{folder}/{dice.choice(WORDS)}_{dice.randrange(999)}.py"


def ls(dice: random.Random) -> Iterator[str]:
    """Yield what `ls -lR` prints."""
    for folder, names in _folders(dice):
        yield from (f"{folder}:", f"total {4 * len(names)}")
        for name in names:
            yield f"-rw-r--r-- 1 root root {dice.randrange(90_000):8d} May {dice.randrange(1, 29):2d}  2025 {name}"
        yield ""


def tree(dice: random.Random) -> Iterator[str]:
    """Yield what `tree` prints."""
    yield "."
    for folder, names in _folders(dice):
        depth = folder.count("/")
        yield f"{'│   ' * (depth - 1)}├── {folder.rpartition('/')[2]}"
        for name in names:
            yield f"{'│   ' * depth}{'└──' if name is names[-1] else '├──'} {name}"


def du(dice: random.Random) -> Iterator[str]:
    """Yield what `du -a` prints."""
    for folder, names in _folders(dice):
        for name in names:
            yield f"{4 * dice.randrange(1, 99)}\t{folder}/{name}"
        yield f"{4 * dice.randrange(99, 9_999)}\t{folder}"


def git_status(dice: random.Random) -> Iterator[str]:
    """Yield what `git status` prints when nearly everything changed."""
    yield from ("On branch main", "Changes not staged for commit:", '  (use "git add <file>..." to update)')
    for folder, names in _folders(dice):
        for name in names:
            yield f"\t{dice.choice(('modified:   ', 'deleted:    '))}{folder[2:]}/{name}"


def diff(dice: random.Random) -> Iterator[str]:
    """Yield a unified diff as git prints it."""
    for path in _files(dice):
        yield from (f"diff --git a/{path} b/{path}", f"index {dice.randrange(16**7):07x}..{dice.randrange(16**7):07x}")
        yield from (f"--- a/{path}", f"+++ b/{path}")
        for start in _numbers(dice):
            yield f"@@ -{start},7 +{start},7 @@ def {dice.choice(WORDS)}(self):"
            for sign in "   -+   ":
                yield sign + _code(dice)


def service(dice: random.Random) -> Iterator[str]:
    """Yield the records of a service's log."""
    while True:
        level = "ERROR" if dice.random() < 0.001 else "INFO"
        said = f"{dice.choice(WORDS)} {dice.randrange(9_999)} served by {dice.choice(WORDS)}-{dice.randrange(9)}"
        at = f"2026-03-01T10:{dice.randrange(60):02d}:{dice.randrange(60):02d}Z"
        yield f"{at} {level} {said} in {dice.randrange(900)} ms"


def unlike(dice: random.Random) -> Iterator[str]:
    """Yield the records of a log of which hardly two say the same: no templates, and every word to be looked at."""
    while True:
        at = f"2026-03-01T10:{dice.randrange(60):02d}:{dice.randrange(60):02d}Z"
        said = " ".join(dice.choice(WORDS) for _ in range(dice.randrange(3, 12)))
        yield f"{at} {'ERROR' if dice.random() < 0.001 else 'INFO'} {said}"


def access(dice: random.Random) -> Iterator[str]:
    """Yield the lines of a web server's access log."""
    for second in count():
        who = f"10.0.{dice.randrange(256)}.{dice.randrange(256)} - -"
        at = f"[01/Mar/2026:{second // 3_600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d} +0000]"
        asked = f'"GET /{dice.choice(WORDS)}/{dice.randrange(9_999)}?page={dice.randrange(9)} HTTP/1.1"'
        answer = 500 if dice.random() < 0.001 else dice.choice(_ANSWERS)
        yield f'{who} {at} {asked} {answer} {dice.randrange(90_000)} "-" "Mozilla/5.0 (X11; Linux x86_64)"'


def json_lines(dice: random.Random) -> Iterator[str]:
    """Yield the records of a log of JSON objects."""
    for second in count():
        yield json.dumps(
            {
                "ts": f"2026-03-01T{second // 3_600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z",
                "level": "error" if dice.random() < 0.001 else "info",
                "logger": f"app.{dice.choice(WORDS)}",
                "msg": f"{dice.choice(WORDS)} {dice.randrange(9_999)} done",
                "ms": dice.randrange(900),
                "trace": f"{dice.randrange(16**8):08x}",
            }
        )


def ci(dice: random.Random) -> Iterator[str]:
    """Yield the log of a CI job: every line stamped, groups of commands and what they print."""
    for step in count():
        at = f"2026-03-01T10:{step // 60 % 60:02d}:{step % 60:02d}.{dice.randrange(10**7):07d}Z"
        yield from (f"{at} ##[group]Run make {dice.choice(WORDS)}", f"{at} \x1b[36;1mmake {step}\x1b[0m")
        yield f"{at} ##[endgroup]"
        for _ in range(dice.randrange(5, 60)):
            yield f"{at} Downloading {dice.choice(WORDS)}-{dice.randrange(9)}.{dice.randrange(20)}.tar.gz ({dice.randrange(900)} kB)"
        for number in range(dice.randrange(5, 40)):
            told = "FAILED" if dice.random() < 0.001 else "PASSED"
            yield f"{at} tests/test_{dice.choice(WORDS)}.py::test_{dice.choice(WORDS)}_{number} {told}"


def pytest(dice: random.Random) -> Iterator[str]:
    """Yield what `pytest -v` prints."""
    while True:
        told = "FAILED" if dice.random() < 0.001 else "PASSED"
        test = f"tests/test_{dice.choice(WORDS)}.py::test_{dice.choice(WORDS)}_{dice.randrange(999)}"
        yield f"{test} {told} [{dice.randrange(100):3d}%]"


def build(dice: random.Random) -> Iterator[str]:
    """Yield what cmake's make and the compiler print."""
    for path in _files(dice):
        source = path.replace(".py", ".cpp")
        yield f"[{dice.randrange(100):3d}%] Building CXX object CMakeFiles/app.dir/{source}.o"
        if dice.random() < 0.05:
            at, word = dice.randrange(900), dice.choice(WORDS)
            yield f"/build/{source}:{at}:12: warning: unused variable '{word}' [-Wunused-variable]"
            yield from (f"  {at} |     int {word} = 0;", f"      |         ^{'~' * (len(word) - 1)}")


def _files(dice: random.Random) -> Iterator[str]:
    for number in count():
        yield f"src/{WORDS[number // 100 % len(WORDS)]}/{dice.choice(WORDS)}_{number}.py"


def _numbers(dice: random.Random) -> list[int]:
    return sorted(dice.sample(range(1, 900, 4), dice.randrange(1, 30)))


def _code(dice: random.Random) -> str:
    return f"    {dice.choice(WORDS)} = self.{dice.choice(WORDS)}({dice.randrange(99)})"


def _folders(dice: random.Random) -> Iterator[tuple[str, list[str]]]:
    """Yield directories, each above those in it, and the names of their files."""
    for top in count():
        yield from _below(dice, f"./{dice.choice(WORDS)}_{top}", depth=0)


def _below(dice: random.Random, folder: str, *, depth: int) -> Iterator[tuple[str, list[str]]]:
    endings = (".py", ".py", ".py", ".json", ".md")
    yield folder, [f"{dice.choice(WORDS)}_{n}{dice.choice(endings)}" for n in range(dice.randrange(1, 20))]
    for number in range(dice.randrange(4) if depth < 4 else 0):
        yield from _below(dice, f"{folder}/{dice.choice(WORDS)}_{number}", depth=depth + 1)
