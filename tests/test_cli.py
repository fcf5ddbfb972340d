"""The `headroom` command as a newcomer uses it."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headroom.cli import cli, main
from headroom.context import Headroom
from headroom.settings import Settings
from tests.laws.conversations import body, log, rows, tool_run


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_DATABASE_URL", f"sqlite:///{tmp_path / 'store' / 'originals.db'}")


def run(*args: str, given: bytes | None = None) -> str:
    result = CliRunner().invoke(cli, args, input=given, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_explain_shows_every_block_with_its_reason_and_tokens(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(body(tool_run(rows(80)), offered=False))
    shown = run("explain", str(file))
    assert "shrunk" in shown
    assert "json/" in shown
    assert "1 of 3 blocks change" in shown or "1 of 2 blocks change" in shown


def test_explain_without_retrieval_says_that_forms_are_lossless() -> None:
    assert "lossless forms only" in run("explain", "--retrieval", "off", given=body(tool_run(log(150)), offered=False))


def test_explain_reads_messages_and_any_text() -> None:
    chat = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    assert "not_ours" in run("explain", given=json.dumps(chat).encode())
    assert "shrunk" in run("explain", given=log(200).encode())
    assert "too_small" in run("explain", given=b"hi")


def test_explain_for_programs() -> None:
    plan = json.loads(run("explain", "--json", given=rows(90).encode()))
    assert plan["tokens_after"] < plan["tokens_before"]
    assert plan["decisions"][0]["reason"] == "shrunk"


def test_explain_shows_the_new_text() -> None:
    assert "[headroom: " in run("explain", "--text", given=log(200).encode())


def test_retrieve_prints_the_original_byte_for_byte() -> None:
    small = Headroom(Settings()).compress(rows(120))
    assert run("retrieve", small.ref) == rows(120)
    assert run("retrieve", small.ref, "--path", "$[5].id") == "5"


def test_retrieve_of_an_unknown_ref_is_one_line_and_exit_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["headroom", "retrieve", "0" * 24])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert capsys.readouterr().err.startswith("headroom: No original is stored under ref")


def test_print_env_says_what_a_client_needs() -> None:
    assert run("proxy", "--print-env", "claude") == "export ANTHROPIC_BASE_URL=http://127.0.0.1:8787\n"
    assert (
        run("proxy", "--port", "9000", "--print-env", "openai") == "export OPENAI_BASE_URL=http://127.0.0.1:9000/v1\n"
    )


def test_k2_an_open_proxy_without_a_token_refuses_to_start(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["headroom", "proxy", "--host", "0.0.0.0"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert "token" in capsys.readouterr().err


def test_i3_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_aiohttp(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith(("aiohttp", "headroom.proxy")) or (
            (name == "headroom" or name.endswith(".proxy")) and "serve" in (args[2] or ())
        ):
            raise ModuleNotFoundError("No module named 'aiohttp'", name="aiohttp")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_aiohttp)
    result = CliRunner().invoke(cli, ["proxy"])
    assert result.exit_code == 1
    assert "pip install 'headroom-ai[proxy]'" in result.output


def test_a_wrong_setting_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_TARGET_RATIO", "7")
    monkeypatch.setattr("sys.argv", ["headroom", "retrieve", "0" * 24])
    with pytest.raises(SystemExit):
        main()
    assert "HEADROOM_TARGET_RATIO" in capsys.readouterr().err


def test_doctor_says_that_all_is_well() -> None:
    assert "+ store: sqlite:///" in run("doctor")


def test_doctor_says_what_to_do_about_a_broken_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "broken.db"
    file.write_bytes(b"this is no database" * 100)
    monkeypatch.setenv("HEADROOM_DATABASE_URL", f"sqlite:///{file}")
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code == 1
    assert f"! store: {file}" in result.output
