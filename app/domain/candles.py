"""Candles: the open, high, low, close, mean and count of the rates of an interval.

Folded from day values in the direction asked for (or, for `1h`, from instants), never from other candles: the
mean of inverses is not the inverse of the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Literal, Protocol, TypeAlias

from app.domain.days import Values
from app.domain.numbers import DERIVED_DIGITS, significant

Interval = Literal["1h", "1d", "1w", "1mo", "1q", "1y"]

Edge: TypeAlias = date | datetime
"""Where an interval begins or ends: a day from `1d` on, an instant in UTC for `1h`."""

Span: TypeAlias = tuple[Edge, Edge]

Complete: TypeAlias = Callable[[Edge, Collection[str]], bool]
"""Whether an interval that ends there has all that these sources can say of it."""


@dataclass(frozen=True, slots=True)
class Candle:
    """The rates of `[start, end)`, quote per 1 base: dates from `1d` on, instants in UTC for `1h`.

    `mean` is arithmetic, of `count` rates, which `sources` gave. `complete`: nothing more is due of it. One
    without rates of its own shows the close of that which begins at `carried_from`.
    """

    start: Edge
    end: Edge
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    mean: Decimal
    count: int
    complete: bool
    sources: tuple[str, ...]
    carried_from: Edge | None = field(default=None, metadata={"optional": True})


class Placed(Protocol):
    """What belongs to an interval."""

    @property
    def effective_date(self) -> date:
        """Its day."""

    @property
    def observed_at(self) -> datetime:
        """Its instant."""


def candles(values: Iterable[Values], interval: Interval, complete: Complete) -> Iterator[Candle]:
    """The candles of `values`, which come oldest first. An interval without any has no candle."""
    for (start, end), group in groupby(values, key=lambda each: span(each, interval)):
        yield _fold(start, end, list(group), complete)


def span(placed: Placed, interval: Interval) -> Span:
    """The interval that something belongs to, from its start to before its end; weeks are ISO weeks.

    By `observed_at` in UTC for `1h`, by effective date from `1d` on.
    """
    return span_at(placed.observed_at if interval == "1h" else placed.effective_date, interval)


def span_at(place: Edge, interval: Interval) -> Span:
    """The interval that holds a day, or for `1h` an instant."""
    if isinstance(place, datetime):
        hour = place.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return hour, hour + timedelta(hours=1)
    return _days_around(place, interval)


def _days_around(day: date, interval: Interval) -> tuple[date, date]:
    match interval:
        case "1w":
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=7)
        case "1mo":
            return _months(day.year, day.month, 1)
        case "1q":
            return _months(day.year, (day.month - 1) // 3 * 3 + 1, 3)
        case "1y":
            return _months(day.year, 1, 12)
    return day, day + timedelta(days=1)


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    after = month - 1 + count
    return date(year, month, 1), date(year + after // 12, after % 12 + 1, 1)


def carried(candle: Candle, start: Edge, interval: Interval, complete: Complete) -> Candle:
    """The candle of an interval without rates, after `candle`."""
    end, close = span_at(start, interval)[1], candle.close
    return Candle(
        start=start,
        end=end,
        open=close,
        high=close,
        low=close,
        close=close,
        mean=close,
        count=0,
        complete=complete(end, candle.sources),
        sources=candle.sources,
        carried_from=candle.start,
    )


def _fold(start: Edge, end: Edge, group: list[Values], complete: Complete) -> Candle:
    sources = tuple(sorted({source for each in group for source in each.sources}))
    count = sum(each.count for each in group)
    total = sum((each.total for each in group), Fraction())
    return Candle(
        start=start,
        end=end,
        open=group[0].open.shown,
        high=max(each.high for each in group).shown,
        low=min(each.low for each in group).shown,
        close=group[-1].close.shown,
        mean=significant(total / count, DERIVED_DIGITS),
        count=count,
        complete=complete(end, sources),
        sources=sources,
    )
