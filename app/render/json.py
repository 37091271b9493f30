"""JSON of the frozen answers: their fields, in their order, nothing added.

A number stays the decimal it is: plain notation, every digit, never an exponent. An instant is
`2026-05-20T18:00:00Z`, with milliseconds only where there are some; a day is `2026-05-20`, a pair `KGS/USD`.
`OPTIONAL`, `FLAT` and `named` in the metadata of a field mean what app/domain/answers says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import orjson

from app.domain.answers import Point
from app.domain.numbers import trimmed
from app.domain.pairs import Pair

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def encode(body: object, *, simulated: bool = False) -> bytes:
    """The UTF-8 bytes of `body`, a frozen dataclass or a mapping of them. A `simulated` one says so in its
    first field.
    """
    marked = {"simulated": True, **members(body)} if simulated else body
    return orjson.dumps(marked, default=_plain, option=_OPTIONS)


def instant(moment: datetime) -> str:
    """An instant in UTC as JSON, CSV and pages write it."""
    # Three times as quick as its own isoformat, and there are many: only the microseconds are one too many.
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    written = orjson.dumps(utc, option=orjson.OPT_UTC_Z).decode()
    return written[1:-5] + "Z" if utc.microsecond else written[1:-1]


def _number(number: Decimal) -> orjson.Fragment:
    return orjson.Fragment(trimmed(number))


def _to_the_thousandth(moment: datetime) -> orjson.Fragment:
    """An instant in UTC with its milliseconds: orjson has three digits more."""
    return orjson.Fragment(orjson.dumps(moment, option=orjson.OPT_UTC_Z)[:-5] + b'Z"')


_text = lru_cache(maxsize=256)(str)
"""Of a pair, of which there are few."""


def _points(points: Iterable[Point]) -> orjson.Fragment:
    """By hand, in a fraction of the time."""
    return orjson.Fragment(orjson.dumps(list(map(_point, points)), option=orjson.OPT_UTC_Z))


def _point(point: Point) -> dict[str, object]:
    (
        pair,
        day,
        observed_at,
        rate,
        source,
        kind,
        printed,
        value,
        nominal,
        revision,
        version,
        recorded_at,
        of,
    ) = point
    members: dict[str, object] = {
        "pair": _text(pair),
        "effective_date": day,
        "observed_at": _to_the_thousandth(observed_at) if observed_at.microsecond else observed_at,
        "rate": orjson.Fragment(trimmed(rate)),
        "source": source,
        "kind": kind,
        "published": {"pair": _text(printed), "value": value, "nominal": nominal} if printed else None,
        "revision": revision,
        "version": version,
        "recorded_at": (
            _to_the_thousandth(recorded_at) if recorded_at and recorded_at.microsecond else recorded_at
        ),
    }
    if of:
        members["carried_from"] = of
    return members


_PLAIN: dict[type, Callable[[Any], object]] = {
    Decimal: _number,
    Pair: str,
    datetime: instant,
    date: date.isoformat,
}


def _plain(value: object) -> object:
    """What orjson writes in place of a value that it has no form for, or not ours."""
    write = _PLAIN.get(type(value), members)
    return write(value)


def members(value: Any) -> dict[str, object]:
    """The members of a frozen dataclass as JSON has them, or of a mapping."""
    if isinstance(value, dict):
        return value
    found: dict[str, object] = {}
    for own, name, metadata in _layout(type(value)):  # type: ignore[arg-type]  # classes are hashable
        member = getattr(value, own)
        if "flat" in metadata:
            found |= members(member)
        elif "points" in metadata:
            found[name] = _points(member)
        elif not ("optional" in metadata and member is None):
            found[name] = member
    return found


@cache
def _layout(shape: type) -> tuple[tuple[str, str, frozenset[str]], ...]:
    """The fields of a dataclass: its name there and in JSON, and how it is to be written."""
    return tuple(
        (each.name, each.metadata.get("name", each.name), frozenset(each.metadata))
        for each in fields(shape)
        if "unshown" not in each.metadata
    )
