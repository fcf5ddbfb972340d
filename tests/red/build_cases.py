"""Broken projects for compilers and make."""

from __future__ import annotations

from collections.abc import Iterator

from tests.red.runs import Case

UNITS = 60
PLACES = {"first": 0, "middle": UNITS // 2, "last": UNITS - 1}
_GOOD = "int part_{n}(int x) {{ return x + {n}; }}\n"

_BROKEN = {
    # name: (the unit that does not compile, what its failure holds)
    "undeclared": ("int part_{n}(int x) {{\n    return y;\n}}\n", ("error: 'y' undeclared", "return y;", "^")),
    "include": ('#include "nowhere.h"\nint part_{n}(int x) {{ return x; }}\n', ("nowhere.h", "compilation terminated")),
    "syntax": ("int part_{n}(int x) {{\n    return x\n}}\n", ("expected ';'",)),
    "types": (
        "struct s {{ int a; }};\nint part_{n}(int x) {{\n    struct s v = {{1}};\n    return v;\n}}\n",
        ("incompatible types", "return v;"),
    ),
    "werror": (
        "int part_{n}(int x) {{\n    int unused;\n    return x;\n}}\n",
        ("unused variable 'unused'", "[-Werror"),
    ),
}


def compiler_cases(compiler: str) -> Iterator[Case]:
    """Yield units that do not compile, among many that do."""
    for kind, (unit, holds) in _BROKEN.items():
        for place, number in PLACES.items():
            yield Case(
                f"{compiler}-{kind}-{place}",
                _project(compiler, number, unit),
                ("make",),
                begins=r"^part_[0-9]+\.c:|^In file included",
                ends="",
                holds=holds if compiler == "gcc" else (),
                needs=compiler,
            )
    yield Case(
        f"{compiler}-link",
        _project(compiler, 3, "int elsewhere(int);\nint part_{n}(int x) {{ return elsewhere(x); }}\n"),
        ("make",),
        begins=r"ld: |undefined reference",
        ends="",
        holds=("undefined reference to `elsewhere'", "Error 1"),
        needs=compiler,
    )
    yield Case(
        f"{compiler}-twice",
        _project(compiler, 3, "int part_4(int x) {{ return x; }}\nint part_{n}(int x) {{ return x; }}\n"),
        ("make",),
        begins=r"ld: |multiple definition",
        ends="",
        holds=("multiple definition of `part_4'", "Error 1"),
        needs=compiler,
    )


def _project(compiler: str, number: int, unit: str) -> dict[str, str]:
    files = {f"part_{n}.c": (unit if n == number else _GOOD).format(n=n) for n in range(UNITS)}
    files["main.c"] = "int main(void) { return 0; }\n"
    objects = " ".join(f"part_{n}.o" for n in range(UNITS))
    rules = f"%.o: %.c\n\t{compiler} -std=c11 -Wall -Wextra -Wno-unused-parameter -Werror -O0 -c $< -o $@\n"
    return files | {"Makefile": f"program: main.o {objects}\n\t{compiler} $^ -o $@\n\n{rules}"}


def make_cases() -> Iterator[Case]:
    """Yield recipes that fail after many that did not."""
    steps = "".join(f"\t@echo 'step {n}: checked {n * 11} files'\n" for n in range(120))
    recipes = {
        "exit": ("\t@sh -c 'echo cannot reach the registry; exit 3'\n", r"^cannot reach", ("Error 3",)),
        "missing-command": ("\tno_such_tool --all\n", r"no_such_tool", ("Error 127",)),
        "missing-file": ("\tcat nowhere.txt\n", r"^cat nowhere", ("No such file or directory", "Error 1")),
        "killed": ("\tsh -c 'kill -9 $$$$'\n", r"^sh -c", ("Killed",)),
        "segfault": ("\tsh -c 'kill -11 $$$$'\n", r"^sh -c", ("Segmentation fault",)),
        "aborted": ("\tsh -c 'kill -6 $$$$'\n", r"^sh -c", ("Aborted",)),
        "nested": (
            "\t$(MAKE) -f sub.mk\n",
            r"^make\[1\]: \*\*\*|^make -f|^\S*make\S* -f",
            ("No rule to make target", "Error 2"),
        ),
    }
    for kind, (recipe, begins, holds) in recipes.items():
        yield Case(
            kind,
            {"Makefile": f"all:\n{steps}{recipe}\t@echo never\n", "sub.mk": "all: nowhere.o\n"},
            ("make",),
            begins=begins,
            ends="",
            holds=holds,
        )
    yield Case(
        "no-rule",
        {"Makefile": f"all: steps nowhere.o\nsteps:\n{steps}.PHONY: all steps\n"},
        ("make",),
        begins=r"\*\*\* No rule to make target",
        ends="",
    )


def rust_cases() -> Iterator[Case]:
    """Yield failures of cargo test and cargo build; nothing is fetched."""
    many = "".join(f"    #[test]\n    fn good_{n:03d}() {{ assert!({n} >= 0); }}\n" for n in range(100))
    failing = {
        "assertion": ('assert_eq!(1 + 1, 3, "sums");', ("left: 2", "right: 3", "sums")),
        "panic": ("let v: Vec<i32> = vec![]; let _ = v[7];", ("index out of bounds",)),
        "unwrap": ('"x".parse::<i32>().unwrap();', ("called `Result::unwrap()` on an `Err` value",)),
        "printed": ('for n in 0..40 { println!("row {}", n); } panic!("row 40 is bad");', ("row 39", "row 40 is bad")),
    }
    manifest = '[package]\nname = "many"\nversion = "0.1.0"\nedition = "2021"\n'
    for kind, (body, holds) in failing.items():
        text = f"#[cfg(test)]\nmod tests {{\n{many}    #[test]\n    fn good_050_broken() {{ {body} }}\n}}\n"
        yield Case(
            f"test-{kind}",
            {"Cargo.toml": manifest, "src/lib.rs": text},
            ("cargo", "test", "--offline", "--lib"),
            begins=r"^---- tests::good_050_broken stdout ----",
            ends=r"^failures:",
            holds=holds,
        )
    uses = "".join(f"pub fn good_{n}() {{ let unused_{n} = {n}; }}\n" for n in range(40))
    for kind, body, holds in (
        ("types", 'let x: i32 = "text";', ("mismatched types", "expected `i32`, found `&str`")),
        (
            "borrow",
            'let s = String::new(); let t = s; println!("{}{}", s, t);',
            ("borrow of moved value", "value moved here"),
        ),
    ):
        yield Case(
            f"build-{kind}",
            {"Cargo.toml": manifest, "src/lib.rs": f"{uses}pub fn broken() {{\n    {body}\n}}\n"},
            ("cargo", "build", "--offline"),
            begins=r"^error\[E",
            ends=r"^warning|^For more information|^error: could not",
            holds=holds,
        )


def go_cases() -> Iterator[Case]:
    """Yield failures of go test and go build."""
    many = "".join(f'func TestGood{n:03d}(t *testing.T) {{ t.Log("checked {n}") }}\n' for n in range(100))
    failing = {
        "assertion": ('t.Errorf("got %d, want %d", 2, 3)', ("got 2, want 3",)),
        "panic": ('var m map[string]int; m["a"] = 1', ("assignment to entry in nil map",)),
        "logged": (
            't.Log("opening"); t.Log("opened 3"); t.Fatal("closed early")',
            ("opening", "opened 3", "closed early"),
        ),
    }
    for kind, (body, holds) in failing.items():
        text = f'package many\nimport "testing"\n{many}func TestGood050Broken(t *testing.T) {{ {body} }}\n'
        yield Case(
            f"test-{kind}",
            {"go.mod": "module many\n\ngo 1.20\n", "many_test.go": text},
            ("go", "test", "-v", "./..."),
            begins=r"^=== RUN   TestGood050Broken",
            ends=r"^=== RUN   TestGood051|^FAIL\t",
            holds=holds,
        )
    yield Case(
        "vet",
        {"go.mod": "module many\n\ngo 1.20\n", "main.go": 'package main\nimport "os"\nfunc main() { x := 1; y() }\n'},
        ("go", "build", "./..."),
        begins=r"^# many",
        ends="",
        holds=("undefined: y", '"os"'),
    )
