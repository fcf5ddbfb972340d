"""The ruler: exact, linear, offline."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import tiktoken
from hypothesis import example, given
from hypothesis import strategies as st

from headroom import data, tokens
from headroom.data import build
from headroom.errors import ConfigError
from headroom.tokens import Estimate, count, estimate

ENCODINGS = sorted(data.SHA256)

# Text as tools write it: words, numbers, punctuation, blanks and line ends in every order.
_scraps = st.sampled_from(
    ["a", "Word", "CamelCase", "don't", "'s", "é", "漢字", "🙂", "\u0301", "\ud800", "7", "1234", "_", "<|endoftext|>"]
) | st.sampled_from(
    [" ", "  ", "\t", "\n", "\r\n", " \n", "/", "//", ".", "...", '","', "{", "\x1b[0m", "\x00", "\u3000"]
)
messy = st.lists(_scraps | st.text(max_size=3), max_size=40).map("".join)


def reference(text: str, name: str = "o200k_base") -> int:
    """Count with tiktoken's own encoding, in one go."""
    return len(tiktoken.get_encoding(name).encode_ordinary(text))


# Laws


@given(st.text(st.characters(exclude_categories=[])) | messy)
@example("<|endoftext|>")
@example("\ud83d\ude00 \udc00")
def test_count_is_what_tiktoken_counts(text: str) -> None:
    assert reference(text) == count(text)


@given(messy)
def test_a_text_has_no_more_tokens_than_bytes_and_no_fewer_than_the_longest_token_allows(text: str) -> None:
    size = len(text.encode("utf-8", "replace"))
    assert size / 128 <= count(text) <= max(size, len(text) * 3)


@pytest.mark.parametrize("name", ENCODINGS)
@given(text=messy)
@example(text="x = 1  \n\n\n  y")
@example(text="a /\n/ b \n c'd 's")
def test_no_token_spans_a_seam(name: str, text: str) -> None:
    for seam in tokens._SEAM.finditer(text):
        assert reference(text, name) == reference(text[: seam.end()], name) + reference(text[seam.end() :], name)


@given(text=messy, piece=st.integers(2, 16))
def test_pieces_are_bounded_and_join_to_the_text(text: str, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_PIECE", piece)
        pieces = list(tokens._pieces(text))
    assert text == "".join(pieces)
    assert all(1 <= len(p) <= piece for p in pieces)


# Long texts


def _log(lines: int) -> str:
    return "".join(
        f"2026-01-0{i % 9 + 1} worker-{i * 7919 % 101}: GET /items/{i}?q=a%20b 200 {i * 31 % 997}ms\n"
        for i in range(lines)
    )


LONG = {
    "log": _log(6_000),
    "minified JSON": json.dumps(
        [{"id": i, "name": f"n-{i * 7919}", "tags": ["a", "b"]} for i in range(9_000)], separators=(",", ":")
    ),
    "source": inspect.getsource(inspect) * 3,
    "chinese with english": "上下文优化层 headroom 让上下文变小，什么也不丢失。" * 9_000,
    "one long word": "a" * 200_000,
    "blanks": " " * 200_000,
    "line ends": "\n" * 200_000,
}


@pytest.mark.parametrize("kind", LONG)
def test_a_long_text_counts_as_in_one_go(kind: str) -> None:
    text = LONG[kind]
    assert len(text) > 2 * tokens._PIECE
    # Only endless words are cut where a token might have stood: at most two tokens more or fewer for each cut.
    slack = 0 if tokens._SEAM.search(text) else 2 * (len(text) // tokens._PIECE)
    assert abs(reference(text) - count(text)) <= slack


@pytest.mark.slow
def test_twenty_megabytes_on_one_line_are_counted() -> None:
    assert count("a" * 20_000_000) == 20_000_000 // 8
    assert count('{"n":1},' * 2_500_000) == pytest.approx(reference('{"n":1},' * 1_000) * 2_500, rel=1e-3)


def test_corpora_count_as_tiktoken_counts_them(shared: Path) -> None:
    for path in sorted(shared.glob("wire/**/*.json"))[:20]:
        text = path.read_text(encoding="utf-8")
        assert reference(text) == count(text), path


# The vocabularies


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_shipped_vocabulary_is_the_original_to_the_byte(name: str) -> None:
    text = data.to_text(list(data.load(name)))
    assert data.SHA256[name] == hashlib.sha256(text).hexdigest()


@given(st.lists(st.binary(min_size=1, max_size=255), unique=True))
def test_packed_tokens_unpack(listed: list[bytes]) -> None:
    assert {token: rank for rank, token in enumerate(listed)} == data.unpack(data.pack(listed))


@pytest.mark.slow
def test_build_makes_the_same_vocabularies_from_the_original_files(tmp_path: Path) -> None:
    for name in ENCODINGS:
        (tmp_path / f"{name}.text").write_bytes(data.to_text(list(data.load(name))))
    target = tmp_path / "built"
    target.mkdir()
    written = build.build(tmp_path, target)
    assert [f"{name}.xz" for name in data.SHA256] == [path.name for path in written]
    assert all(path.stat().st_size < 850_000 for path in written)


def test_build_accepts_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "o200k_base.tiktoken").write_bytes(b"IQ== 0\n")
    with pytest.raises(SystemExit, match="o200k_base or cl100k_base"):
        build.build(tmp_path, tmp_path)


def _absent(good: bytes) -> None:
    return None


def _truncated(good: bytes) -> bytes:
    return good[: len(good) // 2]


def _one_bit_flipped(good: bytes) -> bytes:
    return good[:5_000] + bytes([good[5_000] ^ 1]) + good[5_001:]


@pytest.mark.parametrize("damage", [_absent, _truncated, _one_bit_flipped])
def test_i2_a_damaged_vocabulary_is_a_clear_error_and_no_download(
    damage: Callable[[bytes], bytes | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = damage((Path(data.__file__).parent / "o200k_base.xz").read_bytes())
    if damaged is not None:
        (tmp_path / "o200k_base.xz").write_bytes(damaged)
    monkeypatch.setattr(data, "files", lambda _: tmp_path)
    monkeypatch.setattr(tokens, "_loaded", {})
    with pytest.raises(ConfigError, match=r"o200k_base.*reinstall"):
        count("hello")


def test_threads_that_count_first_together_load_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    ready = threading.Barrier(4)
    ranks = data.load("cl100k_base")

    def load(name: str) -> dict[bytes, int]:
        loads.append(name)
        return ranks

    def first() -> None:
        ready.wait()
        estimate("hello", model="gpt-4")

    monkeypatch.setattr(data, "load", load)
    monkeypatch.setattr(tokens, "_loaded", {})
    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["cl100k_base"]


OFFLINE = """
import socket
def refuse(*args, **kwargs): raise AssertionError("network")
socket.socket.connect = socket.getaddrinfo = refuse
from headroom.tokens import count
import tiktoken
print(count("offline, and no file was written"))
print(len(tiktoken.get_encoding("o200k_base").encode("a <|endoftext|>", allowed_special="all")))
print(*(tiktoken.encoding_for_model(m).name for m in ("gpt-4o", "gpt-4", "gpt-5-mini", "gpt-oss-20b")))
"""


def test_i2_everyone_in_the_process_counts_offline(tmp_path: Path) -> None:
    no_network = ["unshare", "-rn"] if _can_unshare() else []
    env = {**os.environ, "TIKTOKEN_CACHE_DIR": str(tmp_path / "cache"), "PYTHONHASHSEED": "7"}
    ran = subprocess.run(
        [*no_network, sys.executable, "-c", OFFLINE], env=env, capture_output=True, text=True, timeout=60
    )
    counted = count("offline, and no file was written")
    assert (ran.stdout, ran.stderr) == (f"{counted}\n3\no200k_base cl100k_base o200k_base o200k_harmony\n", "")
    assert not (tmp_path / "cache").exists()


def _can_unshare() -> bool:
    return (
        bool(shutil.which("unshare"))
        and subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0
    )


def test_other_vocabularies_are_still_fetched_by_tiktoken() -> None:
    asked: list[tuple[str, str | None]] = []

    def fetch(url: str, expected_hash: str | None) -> dict[bytes, int]:
        asked.append((url, expected_hash))
        return {}

    assert tokens._ShippedFirst(fetch)("somewhere/p50k_base.tiktoken", expected_hash="94b5") == {}
    assert asked == [("somewhere/p50k_base.tiktoken", "94b5")]


def test_registering_twice_changes_nothing() -> None:
    from tiktoken_ext import openai_public

    before = openai_public.load_tiktoken_bpe
    tokens.register()
    assert openai_public.load_tiktoken_bpe is before


# Estimates


@pytest.mark.parametrize(
    ("model", "family", "exact"),
    [
        ("gpt-4o", "o200k", True),
        ("GPT-4o-mini-2024-07-18", "o200k", True),
        ("gpt-4.1-nano", "o200k", True),
        ("gpt-5", "o200k", True),
        ("gpt-5.1-codex", "o200k", True),
        ("gpt-6.1-sol", "o200k", True),
        ("o1", "o200k", True),
        ("o3-mini", "o200k", True),
        ("o4-mini", "o200k", True),
        ("openai.gpt-oss-120b-1:0", "o200k", True),
        ("openai/gpt-4o", "o200k", True),
        ("openai:gpt-4o", "o200k", True),
        ("ft:gpt-4o-mini:acme::7p4lURel", "o200k", True),
        ("openrouter/openai/chatgpt-4o-latest", "o200k", True),
        ("gpt-4", "cl100k", True),
        ("gpt-4-turbo", "cl100k", True),
        ("gpt-3.5-turbo", "cl100k", True),
        ("azure/gpt-35-turbo-16k", "cl100k", True),
        ("claude-opus-4-8[1m]", "claude", False),
        ("anthropic/claude-sonnet-4-5", "claude", False),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude", False),
        ("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-x", "claude", False),
        ("vertex_ai/claude-opus-4@20250514", "claude", False),
        ("models/gemini-3-pro", "gemini", False),
        ("o100", "unknown", False),
        ("gpt-4omni", "unknown", False),
        ("my-own-model", "unknown", False),
        ("", "unknown", False),
        ("/", "unknown", False),
    ],
)
def test_a_model_name_finds_its_family(model: str, family: str, exact: bool) -> None:
    found = estimate("hello", model=model)
    assert (family, exact) == (found.family, found.exact)
    assert exact is not bool(found.bias)


def test_an_exact_estimate_is_counted_with_the_models_own_tokenizer() -> None:
    text = "上下文优化层 headroom\n" * 3
    assert Estimate(reference(text, "cl100k_base"), "cl100k", exact=True) == estimate(text, model="gpt-4")
    assert reference(text, "cl100k_base") != reference(text)


@given(st.text())
def test_any_model_name_is_estimated(model: str) -> None:
    assert estimate("hello", model=model).tokens >= 1
