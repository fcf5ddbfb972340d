"""What is red, whoever wrote it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.red import (
    PLAIN,
    RED,
    WARNING,
    is_frame,
    is_summary,
    red_among,
    severities,
    severity,
    suspects,
    suspicious,
)

REDS = [
    "2024-12-15 10:00:01 ERROR db: pool exhausted",
    "[ERROR] COMPILATION ERROR :",
    "level=error msg=boom",
    "Dec 15 10:00:01 host app[12]: fatal: cannot open",
    "E1213 10:11:12.000000 1 main.go:3] boom",
    "panic: runtime error: index out of range [5]",
    "thread 'main' panicked at src/main.rs:2:5:",
    "--- FAIL: TestParse (0.00s)",
    "FAILED tests/test_a.py::test_b - ValueError: x",
    "E       assert 1 == 2",
    "E         At index 0 diff: 0.0 != 0.5",
    "___________ test_b ___________",
    "Traceback (most recent call last):",
    "ValueError: too many values",
    "java.lang.IllegalStateException: closed",
    "Caused by: java.net.ConnectException: Connection refused",
    "npm ERR! code ELIFECYCLE",
    "src/a.ts(3,5): error TS2304: Cannot find name 'x'.",
    "error[E0308]: mismatched types",
    "main.c:3:5: error: 'y' undeclared",
    "/usr/bin/ld: undefined reference to `foo'",
    "Segmentation fault (core dumped)",
    "Process exited with code 137",
    "make: *** [Makefile:3: all] Error 2",
    "exit status 2",
    '10.0.0.1 - - [15/Dec/2024:10:00:01 +0000] "GET /x HTTP/1.1" 502 12',
    "INFO request done status=503",
    "[INFO] BUILD FAILURE",
    "FAILED (errors=5)",
    "errors=0 failed=2",
    "Tests run: 4, Failures: 1, Errors: 0",
    "test_x (a.B) ... ERROR",
    "OOMKilled",
    "No space left on device",
    "✗ renders the page",
    "  ✕ adds (3 ms)",
    "./main.go:7:2: undefined: helper",
    './main.go:4:2: "os" imported and not used',
    "src/a.py:1:8: F401 `os` imported but unused",
    "_ TestUrls.test_prepare[http://example.com/a/very/long/parameter/of/a/test-http://example.com] _",
    "tests/test_a.py ....F...s....                                            [ 52%]",
    "EEEEEEEEEEEE [ 16%]",
    "..F.",
    "KeyboardInterrupt",
    "terminate called after throwing an instance of 'std::runtime_error'",
    "  what():  no such port",
    "multiple definition of `half'",
    "Undefined symbols for architecture arm64:",
    "Makefile:3: *** missing separator.  Stop.",
    "bash: frobnicate: command not found",
    "cat: nowhere.txt: No such file or directory",
    "Tests: 1 failed, 3 passed",
    "not ok",
    "ERROR: permission denied while trying to connect",
    "E: Unable to locate package foo",
    "E/Orders(1234): cannot take from pool",
    "2024-12-15 10:00:00 [E] pool closed",
    "CONFLICT (content): Merge conflict in a.py",
    "ORA-00942: table or view does not exist",
    "SQLSTATE[42P01]: Undefined table",
    "HTTP/1.1 502 Bad Gateway",
    "HTTP 503 Service Unavailable",
    "Response code: 500",
    '"exit_code": 1',
    "Return code: 1",
    "returncode=-9",
    '{"success": false}',
    '{"level":50,"msg":"boom"}',
    "sh: 1: foo: not found",
    "'foo' is not recognized as an internal or external command,",
    "connect ECONNREFUSED 127.0.0.1:5432",
    "ETIMEDOUT",
    "signal 11 (SIGSEGV)",
    "*** stack smashing detected ***: terminated",
    "==123== Invalid read of size 4",
    "oom-kill:constraint=CONSTRAINT_NONE",
    "app-7d9f   0/1   ImagePullBackOff   0   3m",
    "x509: certificate signed by unknown authority",
    "context deadline exceeded",
    "too many open files",
    " ERR_PNPM_NO_IMPORTER_MANIFEST_FOUND  No package.json was found",
    "4 passed, but errors 2",
    "error rate: 0.5%",
]
WARNINGS = [
    "WARN slow query",
    "W1213 10:11:12.000000 1 main.go:3] slow",
    "a.py:3: DeprecationWarning: use y",
    "INFO connection refused, retrying in 5s",
    'level=info msg="failed to connect, retrying"',
    '10.0.0.1 - - [x] "GET /x HTTP/1.1" 404 12',
    "request timed out",
    "HTTP 429 Too Many Requests",
    "ReadTimeout: no answer",
    "src/a.c:3:5: warning: unused variable 'x'",
]
PLAINS = [
    "INFO 0 errors",
    "Failures: 0, Errors: 0",
    "no errors found",
    '"error": null',
    "test_error_handling PASSED [ 12%]",
    "tests/test_e.py::TestHTTPError::test_ok PASSED",
    "test_failure (a.B) ... ok",
    "opened /var/log/error.log",
    "Downloaded error_prone-2.3.jar",
    "exit code: 0",
    '10.0.0.1 - - [x] "GET /x HTTP/1.1" 200 500',
    "INFO Request processed successfully - latency=20ms",
    "src/a.c:3:5: note: declared here",
    "            except ValueError:",
    " from app.errors import VersionError",
    "     sys.exit(1)",
    "12 passed",
    "tests/test_a.py ....s....                                                [ 52%]",
    "Author: someone <someone@mail.invalid>",
    "tests/invalid_models_tests/test_models.py",
    "error_count=0",
    "errors: null",
    '"errors": 0,',
    "err=<nil>",
    "errors 0, warnings 0",
    "errors total: 0",
    "error rate: 0.0%",
    "ok 3 - handles errors",
    "  ✓ throws an error when invalid (3 ms)",
    "class PoolError(Exception):",
    "SQLSTATE 00000",
    "HTTP/1.1 200 OK",
    "found 0 vulnerabilities",
    '{"success": true, "level": 50}',
    "",
]


@pytest.mark.parametrize(
    ("line", "expected"), [(x, RED) for x in REDS] + [(x, WARNING) for x in WARNINGS] + [(x, PLAIN) for x in PLAINS]
)
def test_severity(line: str, expected: int) -> None:
    assert expected == severity(line)


@given(
    st.one_of(st.sampled_from(REDS + WARNINGS), st.text(st.characters(), max_size=60)), st.text("ab 1[]=:", max_size=8)
)
def test_what_is_not_suspicious_is_plain(line: str, more: str) -> None:
    assert suspicious(line + more) or severity(line + more) == PLAIN


@given(
    st.lists(
        st.one_of(st.sampled_from(REDS + WARNINGS + PLAINS), st.text("aE:_W. 1\n\u0130", max_size=12)), max_size=12
    )
)
def test_whoever_is_not_plain_is_among_the_suspects(parts: list[str]) -> None:
    lines = "\n".join(parts).split("\n")
    assert set(suspects(lines)) >= {number for number, line in enumerate(lines) if severity(line) != PLAIN}
    assert set(suspects(lines, sure=True)) >= {number for number, line in enumerate(lines) if severity(line) != PLAIN}


def test_sure_suspects_show_a_sign_and_not_its_stem_alone() -> None:
    lines = ["exit code: 0", "exit code: 1", 'GET "HTTP/1.1" 200', "x: not found", "x: not found here", "herring"]
    assert suspects(lines) == [0, 1, 2, 3, 4]
    assert suspects(lines, sure=True) == [1, 3, 4]


@given(st.sampled_from(REDS + WARNINGS + PLAINS), st.text("0123456789", min_size=1, max_size=3))
def test_suspicion_does_not_depend_on_numbers(line: str, digits: str) -> None:
    renumbered = "".join(digits[0] if c.isdecimal() else c for c in line)
    assert suspicious(line) == suspicious(renumbered)


@given(st.lists(st.sampled_from(REDS + WARNINGS + PLAINS), max_size=8), st.text("0123456789", min_size=1, max_size=3))
def test_lines_that_differ_in_numbers_are_judged_together_as_they_are_alone(lines: list[str], digits: str) -> None:
    both = [line for given in lines for line in (given, re.sub("[0-9]", digits[0], given), given)]
    kinds = [len(re.sub("[0-9]", "0", line)) * 1_000 + number // 3 for number, line in enumerate(both)]
    assert [severity(line) for line in both] == list(severities(both, kinds))


def test_red_among_names_the_red_lines_in_order() -> None:
    assert list(red_among(["exit code: 0", "10%", "exit code: 1", "ERROR x"])) == ["exit code: 1", "ERROR x"]


@pytest.mark.parametrize(
    "line",
    [
        "\tat org.junit.Assert.fail(Assert.java:55)",
        "    at foo (/app/a.js:1:2)",
        '  File "/app/a.py", line 3, in main',
        "\t... 82 more",
        "\t/app/main.go:12 +0x1d",
        "   4: core::panicking::panic",
        "  at Foo.Bar() in C:\\a.cs:line 3",
        "#1  0x00007f in main () at a.c:3",
        "\tfrom /app/a.rb:3:in `b'",
        "    #0 0x55d0 in main /app/a.c:3",
        "#0 /app/a.php(3): f()",
    ],
)
def test_a_stack_frame_is_known_in_any_language(line: str) -> None:
    assert is_frame(line)


@pytest.mark.parametrize("line", ["plain text", "  indented text", "12: a number", "# comment"])
def test_other_lines_are_no_frames(line: str) -> None:
    assert not is_frame(line)


@pytest.mark.parametrize(
    "line",
    [
        "Ran 65 tests in 0.086s",
        "=== 1 failed, 776 passed in 70s ===",
        "Tests: 3 failed, 4 total",
        "[INFO] BUILD FAILURE",
        "  30 passing (1s)",
        "ok  \tpkg\t0.01s",
        "# fail 1",
        "    Finished dev [unoptimized] target(s) in 3s",
        "Successfully installed x-1.0",
    ],
)
def test_a_summary_is_known(line: str) -> None:
    assert is_summary(line)


@pytest.mark.parametrize("piece", ["ok ", "error ", "_", "0 ", " ", "a/", "not found", "((", "e"])
def test_one_huge_line_is_quick(piece: str) -> None:
    line = piece * (2_000_000 // len(piece))
    assert severity(line) in {PLAIN, WARNING, RED}
    assert not is_frame(line)
