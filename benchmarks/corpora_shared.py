"""The real corpora, which are not part of this repository.

B build logs and test outputs, C JSON and CSV, D passages and transcripts with questions, E source code, G web pages.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from corpora import Document

Item = dict[str, Any]

_DEFINITION = re.compile(
    r"^[ \t]*(?:(?:export|public|private|protected|static|async|final|abstract|default|unsafe|pub(?:\([a-z]+\))?)\s+)*"
    r"(?:def|class|function|func|fn|struct|enum|trait|interface|impl|type)\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w{2,})",
    re.MULTILINE,
)
_UNSEEN = ("script", "style", "noscript", "template")
_SHORTEST_WORD = 4


def folder() -> Path | None:
    """Return where the real corpora lie ($HEADROOM_SHARED, default ../shared), or None."""
    found = Path(os.environ.get("HEADROOM_SHARED", Path(__file__).parents[2] / "shared")) / "data"
    return found if (found / "B").is_dir() and (found / "C").is_dir() else None


@dataclass(frozen=True)
class Shared:
    """The real corpora in one folder."""

    data: Path

    def corpora(self, *, limit: int | None) -> Iterator[tuple[str, list[Document]]]:
        """Yield the name and the documents of each corpus, the first `limit` of them."""
        hard = self._hard()
        for letter, folder_, make in (
            ("B", "B", lambda item: _output(item, hard)),
            ("C", "C", _records),
            ("D", "D", _asked),
            ("E", "E", _view),
            ("G", "G_html", _page),
        ):
            for path in sorted((self.data / folder_).glob("*/*.jsonl")):
                with path.open(encoding="utf-8") as lines:
                    items = [json.loads(line) for line in lines if line.strip()][:limit]
                yield f"{letter} {path.parent.name}/{path.stem}", [make(item) for item in items]
            if letter == "E":
                yield from self._files(limit)

    def _files(self, limit: int | None) -> Iterator[tuple[str, list[Document]]]:
        for split in sorted(path for path in (self.data / "E").glob("*") if path.is_dir()):
            paths = sorted(path for path in split.rglob("*") if path.is_file() and path.suffix != ".jsonl")
            if paths:
                yield f"E {split.name}/files", [_source(path) for path in paths[:limit]]

    def _hard(self) -> frozenset[str]:
        """Return the ids of those of which the last 100 lines are not enough."""
        listed = json.loads((self.data / "B" / "hard_ids.json").read_text(encoding="utf-8"))
        return frozenset(row["id"] for rows in listed.values() if isinstance(rows, list) for row in rows)


def _output(item: Item, hard: frozenset[str]) -> Document:
    kept = [("must keep", fact["s"]) for fact in item.get("must_keep") or []]
    core = [("core", fact["s"]) for fact in item.get("must_keep_core") or []]
    marked = [("hard", fact) for _, fact in kept] if item["id"] in hard else []
    return Document(item["id"], item["text"], facts=(*kept, *core, *marked))


def _records(item: Item) -> Document:
    return Document(item["id"], item.get("text") or item["json"], "fetch_records", {})


def _asked(item: Item) -> Document:
    """Return passages with a question: the evidence that annotators marked, else the longest answer that stands there."""
    wanted = [("evidence", said) for said in item.get("evidence") or []]
    answers = sorted((answer for answer in item["answers"] if answer in item["context"]), key=len)
    arguments = {"query": item["question"]}
    facts = wanted or [("answer", answer) for answer in answers[-1:]]
    return Document(item["id"], item["context"], "search", arguments, tuple(facts), item["question"])


def _view(item: Item) -> Document:
    """Return what an agent saw of a file; wanted are the names in it that the agent used first from there."""
    path = str(item["id"]).split("#", maxsplit=1)[0]
    used = tuple(("used", name) for name in item["fresh_used_symbols"])
    others = tuple(("symbol", name) for name in item["all_symbols"] if name not in item["fresh_used_symbols"])
    return Document(item["id"], item["text"], "bash", {"command": f"cat {Path(path).name}"}, used or others)


def _source(path: Path) -> Document:
    """Return a file of source code; wanted are the names of what it defines."""
    text = path.read_text(encoding="utf-8", errors="replace")
    names = tuple(("definition", name) for name in sorted(set(_DEFINITION.findall(text))))
    return Document(path.name, text, "bash", {"command": f"cat {path.name}"}, names)


def _page(item: Item) -> Document:
    """Return a web page; wanted are the words that it shows."""
    reader = _Words()
    reader.feed(item["text"])
    return Document(item["id"], item["text"], "http_get", {}, tuple(("word", word) for word in sorted(reader.words)))


class _Words(HTMLParser):
    """Collects the words of a page that no script, style or template holds."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.unseen = 0
        self.words: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's signature
        self.unseen += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in _UNSEEN and self.unseen > 0

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.words.update(re.findall(f"[A-Za-z]{{{_SHORTEST_WORD},}}", data))
