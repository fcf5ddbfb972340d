"""Compares what an output says with the original, value by value, and counts what is not there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from headroom.compressors.json_decoder import Kept, Read
from headroom.compressors.json_long import left_out_of_list, left_out_of_string
from headroom.compressors.json_values import Document, Value
from headroom.content import LeftOut


class MismatchError(ValueError):
    """The output says something that the original does not, or lacks something without saying so."""


def left_out(original: Document, shown: Document) -> LeftOut | None:
    """Return what the output lacks of the original, as it declares it; None if it lacks nothing.

    `shown` is as `json_decoder.decode_all` reads it. Raises MismatchError.
    """
    if original.frame != shown.frame:
        raise MismatchError("the document does not begin or end as the original does")
    tally = _Tally()
    excerpt = shown.lines and len(shown.values) == 1 and isinstance(shown.values[0], Kept)
    tally.compare(original.root, shown.values[0] if excerpt else shown.root)
    return tally.left_out()


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    of_rows: int = 0
    items: int = 0
    of_items: int = 0
    characters: int = 0
    of_characters: int = 0

    def left_out(self) -> LeftOut | None:
        if self.rows:
            # Items and characters left out inside the rows that are kept are declared there.
            return LeftOut(self.rows, self.of_rows, "rows")
        if self.items:
            return LeftOut(self.items, self.of_items, "items")
        if self.characters:
            return LeftOut(self.characters, self.of_characters, "characters")
        return None

    def compare(self, original: Value, shown: Read) -> None:
        if isinstance(shown, Kept):
            self._compare_rows(original, shown)
        elif isinstance(original, dict) and isinstance(shown, dict):
            if list(original) != list(shown):
                raise MismatchError("an object with other keys")
            for key, item in original.items():
                self.compare(item, shown[key])
        elif isinstance(original, list) and isinstance(shown, list):
            self._compare_lists(original, shown)
        elif type(original) is str and type(shown) is str and original != shown:
            left = left_out_of_string(shown, original)
            if left is None:
                raise MismatchError("another string")
            self.characters += left
            self.of_characters += len(original)
        elif type(original) is not type(shown) or original != shown:
            raise MismatchError("another value")

    def _compare_rows(self, original: Value, shown: Kept) -> None:
        if not isinstance(original, dict | list) or len(original) != shown.size:
            raise MismatchError("another number of rows")
        if not all(a < b for a, b in pairwise([-1, *shown.numbers, shown.size])):
            raise MismatchError("row numbers that do not rise")
        rows = list(original.values()) if isinstance(original, dict) else original
        keys = list(original) if isinstance(original, dict) else None
        if (keys is None) != (shown.keys is None):
            raise MismatchError("a list where an object should be")
        for place, number in enumerate(shown.numbers):
            if keys is not None and shown.keys is not None and keys[number] != shown.keys[place]:
                raise MismatchError(f"another key in row {number + 1}")
            self.compare(rows[number], shown.rows[place])
        left = len(rows) - len(shown.numbers)
        if all(isinstance(row, dict) for row in shown.rows):
            self.rows += left
            self.of_rows += len(rows)
        else:
            self.items += left
            self.of_items += len(rows)

    def _compare_lists(self, original: list[Value], shown: list[Value]) -> None:
        if len(original) == len(shown):
            for one, other in zip(original, shown, strict=True):
                self.compare(one, other)
            return
        gap = left_out_of_list(shown)
        if gap is None or len(shown) - 1 + gap[1] != len(original):
            raise MismatchError("another number of items")
        place, left = gap
        for one, other in zip(original[:place], shown[:place], strict=True):
            self.compare(one, other)
        for one, other in zip(original[place + left :], shown[place + 1 :], strict=True):
            self.compare(one, other)
        self.items += left
        self.of_items += len(original)
