"""Candles: the open, high, low, close, mean and count of the rates of an interval.

Made from day values (or, for `1h`, from instants), never from other candles of the inverse or another pair:
the mean of inverses is not the inverse of the mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Literal

from app.domain.numbers import DERIVED_DIGITS, significant
from app.domain.observations import Observation
from app.domain.pairs import Pair

Interval = Literal["1h", "1d", "1w", "1mo", "1q", "1y"]


@dataclass(frozen=True, slots=True)
class Candle:
    """The rates of `[start, end)`, quote per 1 base: dates from `1d` on, instants in UTC for `1h`.

    `mean` is arithmetic, of `count` values, which `sources` gave.
    """

    start: date | datetime
    end: date | datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    mean: Decimal
    count: int
    sources: tuple[str, ...]


def candles(publications: Iterable[Observation], pair: Pair, interval: Interval) -> Iterator[Candle]:
    """The candles of `publications`, which come oldest first, in the direction of `pair`.

    An interval without any has no candle.
    """
    for (start, end), group in groupby(publications, key=lambda said: span(said, interval)):
        yield _fold(start, end, list(group), pair)


def span(said: Observation, interval: Interval) -> tuple[date | datetime, date | datetime]:
    """The interval that an observation belongs to, from its start to before its end; weeks are ISO weeks.

    By `observed_at` in UTC for `1h`, by effective date from `1d` on.
    """
    if interval == "1h":
        hour = said.observed_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return hour, hour + timedelta(hours=1)
    day = said.effective_date
    match interval:
        case "1d":
            return day, day + timedelta(days=1)
        case "1w":
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=7)
        case "1mo":
            return _months(day.year, day.month, 1)
        case "1q":
            return _months(day.year, (day.month - 1) // 3 * 3 + 1, 3)
        case "1y":
            return _months(day.year, 1, 12)


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    after = month - 1 + count
    return date(year, month, 1), date(year + after // 12, after % 12 + 1, 1)


def _fold(start: date | datetime, end: date | datetime, group: list[Observation], pair: Pair) -> Candle:
    rates = [said.published.exact(pair) for said in group]
    digits = [said.published.digits(pair) for said in group]
    high, low = max(rates), min(rates)
    return Candle(
        start=start,
        end=end,
        open=significant(rates[0], digits[0]),
        high=significant(high, digits[rates.index(high)]),
        low=significant(low, digits[rates.index(low)]),
        close=significant(rates[-1], digits[-1]),
        mean=significant(sum(rates, Fraction()) / len(rates), DERIVED_DIGITS),
        count=len(rates),
        sources=tuple(sorted({said.source for said in group})),
    )
