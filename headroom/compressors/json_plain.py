"""Objects and lists of plain values, written at once: item by item takes many times as long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from json.encoder import encode_basestring

from headroom.compressors.json_values import Number, Value, items_of, quote, write

_CONTAINERS = frozenset((dict, list))


class Plain(str):
    """An object or a list of plain values as minified JSON, none of which is long."""

    __slots__ = ()


def write_plain(value: dict[str, Value] | list[Value], *, longest: int) -> Plain | None:
    """Return the object or list as JSON.

    None if it holds another, or a key or a value that takes more than `longest` characters.
    """
    kinds = set(map(type, items_of(value)))
    if not kinds or not _CONTAINERS.isdisjoint(kinds):
        return None
    cells = _written(list(items_of(value)), kinds)
    keys = _quoted(value) if isinstance(value, dict) else ()
    # A comma stands before a key, and a colon behind it.
    if max(map(len, cells)) > longest or max(map(len, keys), default=0) + 2 > longest:
        return None
    if isinstance(value, list):
        return Plain(f"[{','.join(cells)}]")
    colons = [":"] * len(cells)
    commas = [*([","] * (len(cells) - 1)), "}"]
    return Plain("{" + "".join(chain.from_iterable(zip(keys, colons, cells, commas, strict=True))))


def _written(values: Sequence[Value], kinds: set[type]) -> Sequence[str]:
    if kinds == {Number}:
        return values  # type: ignore[return-value]
    return _quoted(values) if kinds == {str} else list(map(write, values))  # type: ignore[arg-type]


def _quoted(strings: Iterable[str]) -> list[str]:
    quoted = list(map(encode_basestring, strings))
    # Only what is not ASCII may hold what has to be escaped besides.
    return quoted if "".join(quoted).isascii() else list(map(quote, strings))
