"""The hashes that tie the record together, so that nobody can edit it unseen. This form is for ever: another
one would be another log.

A row is hashed in a canonical form, the same on every engine: the name of the table, then each column but
`hash`, in the order of their names, as `name kind length:text`, joined by line feeds, in UTF-8. Kinds are `t`
(text, and what has a text: days, instants in UTC with microseconds, pairs, decimals in plain notation), `i`
(integers, and booleans as 0 and 1) and `b` (bytes, in hexadecimal digits). A null column is left out: that
tells it from an empty text, and a column that is added later changes no hash of before.

The contents of a version are its row in that form and the hashes of the rows that it wrote, ordered by table
and key. Its hash is that of the hash of the version before and those contents. Digests are SHA-256 in
hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Any

from app.domain.numbers import plain
from app.domain.pairs import Pair

ORIGIN = "0" * 64
"""The hash of version 0, in which nothing was recorded."""


AT_ONCE = 1000
"""Rows whose hashes are hashed at once."""


def row_hash(table: str, values: Mapping[str, Any]) -> str:
    """The hash of a row, from its values as they are written or as an engine gives them back."""
    return sha256(_canonical(table, values)).hexdigest()


def row_hashes(table: str, columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """The hashes of many rows, of whose values each column has one a row: what `row_hash` gives, in a third
    of the time, since a value that stands in many rows is written once.
    """
    written = [_lines(name, columns[name]) for name in sorted(columns) if name != "hash"]
    rows = map("".join, zip(*written, strict=True))
    return [sha256(_bytes(table + row)).hexdigest() for row in rows]


def _lines(name: str, values: Sequence[Any]) -> Iterable[str]:
    kinds = set(map(type, values))
    if kinds == {str}:
        known = {text: f"\n{name} t{len(text)}:{text}" for text in set(values)}
    elif kinds == {int}:
        known = {number: f"\n{name} i{len(str(number))}:{number}" for number in set(values)}
    else:
        return [_line(name, value) for value in values]
    return map(known.__getitem__, values)


def contents(version: int, recorded_at: datetime | str, rows: Iterable[str]) -> str:
    """The hash of what a version wrote: `rows` are the hashes of its rows, ordered by table and key."""
    digest = sha256(_canonical("versions", {"version": version, "recorded_at": recorded_at}))
    remaining = iter(rows)
    while some := list(islice(remaining, AT_ONCE)):
        digest.update(_bytes("\n" + "\n".join(some)))
    return digest.hexdigest()


def link(before: str, written: str) -> str:
    """The hash of a version with these contents, after a version with the hash `before`."""
    return sha256(_bytes(f"{before}\n{written}")).hexdigest()


def seal(head: str, counter: Mapping[str, Any]) -> str:
    """The hash of the counter's own fields over that of the newest version."""
    fields = {name: value for name, value in counter.items() if name not in ("id", "seal")}
    return row_hash("counter", {**fields, "head": head})


def _canonical(table: str, values: Mapping[str, Any]) -> bytes:
    return _bytes(table + "".join(_line(name, values[name]) for name in sorted(values) if name != "hash"))


def _line(name: str, value: Any) -> str:
    """A column on a line of its own, after the end of the line before; nothing for null."""
    if value is None:
        return ""
    kind, text = _FORMS.get(type(value), _strange)(value)
    return f"\n{name} {kind}{len(text)}:{text}"


def _bytes(text: str) -> bytes:
    # An engine may give back bytes that are no UTF-8, when somebody damaged them.
    return text.encode("utf-8", "surrogateescape")


def instant(value: datetime) -> str:
    """The text of an instant: `2026-05-20 18:00:00.000000+00:00`."""
    return value.astimezone(UTC).isoformat(" ", "microseconds")


def _strange(value: Any) -> tuple[str, str]:
    """Of a kind that is never written, so that its hash is never right."""
    return "x", repr(value)


_FORMS: Mapping[type, Callable[[Any], tuple[str, str]]] = {
    str: lambda value: ("t", value),
    int: lambda value: ("i", str(value)),
    bool: lambda value: ("i", str(int(value))),
    date: lambda value: ("t", value.isoformat()),
    datetime: lambda value: ("t", instant(value)),
    Decimal: lambda value: ("t", plain(value)),
    Pair: lambda value: ("t", str(value)),
    bytes: lambda value: ("b", value.hex()),
    memoryview: lambda value: ("b", value.hex()),
}
