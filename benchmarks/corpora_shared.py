"""The real corpora B (build logs, test outputs) and C (JSON, CSV), which are not part of this repository."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora import Document


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
        for letter in ("B", "C"):
            for path in sorted((self.data / letter).glob("*/*.jsonl")):
                with path.open(encoding="utf-8") as lines:
                    items = [json.loads(line) for line in lines if line.strip()][:limit]
                made = [_output(item, hard) if letter == "B" else _records(item) for item in items]
                yield f"{letter} {path.parent.name}/{path.stem}", made

    def _hard(self) -> frozenset[str]:
        """Return the ids of those of which the last 100 lines are not enough."""
        listed = json.loads((self.data / "B" / "hard_ids.json").read_text(encoding="utf-8"))
        return frozenset(row["id"] for rows in listed.values() if isinstance(rows, list) for row in rows)


def _output(item: dict[str, Any], hard: frozenset[str]) -> Document:
    kept = [("must keep", fact["s"]) for fact in item.get("must_keep") or []]
    core = [("core", fact["s"]) for fact in item.get("must_keep_core") or []]
    marked = [("hard", fact) for _, fact in kept] if item["id"] in hard else []
    return Document(item["id"], item["text"], facts=(*kept, *core, *marked))


def _records(item: dict[str, Any]) -> Document:
    return Document(item["id"], item.get("text") or item["json"], "fetch_records", {})
