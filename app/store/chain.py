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

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from app.domain.numbers import plain
from app.domain.pairs import Pair

ORIGIN = "0" * 64
"""The hash of version 0, in which nothing was recorded."""


def row_hash(table: str, values: Mapping[str, Any]) -> str:
    """The hash of a row, from its values as they are written or as an engine gives them back."""
    return sha256(_canonical(table, values)).hexdigest()


def contents(version: int, recorded_at: datetime | str, rows: Iterable[str]) -> str:
    """The hash of what a version wrote: `rows` are the hashes of its rows, ordered by table and key."""
    digest = sha256(_canonical("versions", {"version": version, "recorded_at": recorded_at}))
    for each in rows:
        digest.update(_bytes("\n" + each))
    return digest.hexdigest()


def link(before: str, written: str) -> str:
    """The hash of a version with these contents, after a version with the hash `before`."""
    return sha256(_bytes(f"{before}\n{written}")).hexdigest()


def seal(head: str, counter: Mapping[str, Any]) -> str:
    """The hash of the counter's own fields over that of the newest version."""
    fields = {name: value for name, value in counter.items() if name not in ("id", "seal")}
    return row_hash("counter", {**fields, "head": head})


def _canonical(table: str, values: Mapping[str, Any]) -> bytes:
    lines = [table]
    for name in sorted(values):
        value = values[name]
        if value is None or name == "hash":
            continue
        kind, text = _FORMS.get(type(value), _strange)(value)
        lines.append(f"{name} {kind}{len(text)}:{text}")
    return _bytes("\n".join(lines))


def _bytes(text: str) -> bytes:
    # An engine may give back bytes that are no UTF-8, when somebody damaged them.
    return text.encode("utf-8", "surrogateescape")


def _instant(value: datetime) -> tuple[str, str]:
    return "t", value.astimezone(UTC).isoformat(" ", "microseconds")


def _strange(value: Any) -> tuple[str, str]:
    """Of a kind that is never written, so that its hash is never right."""
    return "x", repr(value)


_FORMS: Mapping[type, Callable[[Any], tuple[str, str]]] = {
    str: lambda value: ("t", value),
    int: lambda value: ("i", str(value)),
    bool: lambda value: ("i", str(int(value))),
    date: lambda value: ("t", value.isoformat()),
    datetime: _instant,
    Decimal: lambda value: ("t", plain(value)),
    Pair: lambda value: ("t", str(value)),
    bytes: lambda value: ("b", value.hex()),
    memoryview: lambda value: ("b", value.hex()),
}
