"""The parameters of each question, by the names and with the meanings that docs and OpenAPI give them.

All may be left out. What is wrong with one is for the service to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, TypeAlias, TypedDict
from urllib.parse import quote, urlencode

from app.domain.candles import Interval
from app.domain.change import Measure
from app.domain.fill import Fill

Day: TypeAlias = date | str
"""A calendar day, `2026-05-21` as text. A Timestamp of pandas at midnight is one."""

Instant: TypeAlias = datetime | str
"""An instant with its zone."""

Known: TypeAlias = int | datetime | str
"""A version by its number, or an instant."""

Numbers: TypeAlias = Literal["decimal", "float"]
"""Rates in a DataFrame: every digit, or as fast as NumPy. A float reads back all 15 digits of a rate."""


class OfAnswer(TypedDict, total=False):
    """Of every answer that can be asked as it was."""

    at: Instant | None
    as_known_at: Known | None


class OfRates(OfAnswer, total=False):
    """Of an answer about rates of one day: whom to hear, and the effective date."""

    source: str | None
    date: Day | None


class OfRow(OfRates, total=False):
    """Of one rate with all its digits: how many significant ones, and how old it may be."""

    precision: int | None
    max_age_days: int | None


class OfLatest(OfRow, total=False):
    """Of the rates in force."""

    pairs: Iterable[str] | None


class OfTicker(OfRates, total=False):
    """Of the strip: also what its changes are measured against, and how many units an item is shown of."""

    pairs: Iterable[str] | None
    decimals: int | None
    lang: str | None
    inverse: bool
    change: Measure
    nominal: Literal["1", "auto"]


class OfTicks(TypedDict, total=False):
    """Of the tick log: which pairs, and whether those ticks alone that changed the rate, or by so much."""

    pairs: Iterable[str] | None
    only: Literal["changes"] | None
    min_change_pct: Decimal | str | None


class OfChange(OfRates, total=False):
    """Of changes: the day to measure from."""

    since: Day | None


class OfPast(OfAnswer, total=False):
    """Of a range of effective dates, both ends included."""

    since: Day | None
    until: Day | None
    source: str | None


class OfHistory(OfPast, total=False):
    """Of a history: which gaps get a row, whether what was corrected has one, and whether the rows are
    publications or, wide, days.
    """

    fill: Fill
    revisions: bool
    layout: Literal["long", "wide"]


class OfCandles(OfPast, total=False):
    """Of candles: how long each is, and which gaps get one."""

    interval: Interval
    fill: Fill


def dashed(pair: str) -> str:
    """A pair as it stands in an address: `KGS-USD` for `KGS/USD`."""
    return quote(pair.replace("/", "-"), safe="")


def query(asked: Mapping[str, object]) -> str:
    """The query of an address: what is asked, without what is None."""
    written = {name: _WRITTEN.get(name, _plain)(value) for name, value in asked.items() if value is not None}
    return urlencode(written, safe=":,*")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _day(value: object) -> str:
    """Midnight is the day; another time of day stays, for it would be dropped unseen."""
    midnight = isinstance(value, datetime) and value.time() == time()
    return _plain(value.date() if midnight else value)  # type: ignore[attr-defined]  # midnight says which


def _known(value: object) -> str:
    return f"v:{value}" if isinstance(value, int) else _plain(value)


def _pairs(value: object) -> str:
    each = [value] if isinstance(value, str) else value
    return ",".join(pair.replace("/", "-") for pair in each)  # type: ignore[attr-defined]  # OfLatest says so


_WRITTEN: Mapping[str, Callable[[object], str]] = {
    "date": _day,
    "since": _day,
    "until": _day,
    "as_known_at": _known,
    "pairs": _pairs,
}
