"""Stats: the mean, the ends and the volatility of a pair's day values.

A day's value is its last rate, in the direction asked for. The mean of converted values is not the converse
of a mean, so everything is computed anew for each direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Literal

from app.domain.candles import span_at
from app.domain.days import Values
from app.domain.numbers import DERIVED_DIGITS, PCT_PLACES, SUMMED_PLACES, fixed, root, significant

METHOD = (
    "arithmetic mean of the last rate of each day;"
    " sample standard deviation of the percent changes from each to the next, not annualised"
)
"""How `mean` and `volatility` are made, in words for whoever reads the numbers."""

MONTHLY = timedelta(days=731)
"""Days over more than this are told by year, over less by month."""

Period = Literal["1mo", "1y"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A rate, quote per 1 base, and its day."""

    rate: Decimal
    effective_date: date


@dataclass(frozen=True, slots=True)
class Summary:
    """What `count` day values come to, of which `min` and `max` are the first of their size. `volatility` is
    in percent, None where fewer than two changes are known; the rest is None without any value.
    """

    count: int
    mean: Decimal | None
    min: Mark | None
    max: Mark | None
    first: Mark | None
    last: Mark | None
    volatility: Decimal | None


def summary(values: Sequence[Values]) -> Summary:
    """What day values, oldest first, come to."""
    if not values:
        return Summary(0, None, None, None, None, None, None)
    rates = [each.close.exact for each in values]
    total = sum((Fraction(fixed(rate, SUMMED_PLACES)) for rate in rates), Fraction())
    return Summary(
        count=len(values),
        mean=significant(total / len(rates), DERIVED_DIGITS),
        min=_mark(values[rates.index(min(rates))]),
        max=_mark(values[rates.index(max(rates))]),
        first=_mark(values[0]),
        last=_mark(values[-1]),
        volatility=_volatility(rates),
    )


def periods(values: Sequence[Values], period: Period) -> Iterator[tuple[date, date, Summary]]:
    """The months or years of day values, oldest first, each by itself: its first day, and the next one's."""
    for (start, end), group in groupby(values, key=lambda each: span_at(each.effective_date, period)):
        yield start, end, summary(list(group))


def period_of(values: Sequence[Values]) -> Period:
    """By what to tell of day values: by month, or where they are of more than two years by year."""
    within = not values or values[-1].effective_date - values[0].effective_date <= MONTHLY
    return "1mo" if within else "1y"


def _mark(values: Values) -> Mark:
    return Mark(values.close.shown, values.effective_date)


def _volatility(rates: Sequence[Fraction]) -> Decimal | None:
    moves = [Fraction(fixed((now / then - 1) * 100, SUMMED_PLACES)) for then, now in pairwise(rates)]
    if len(moves) < 2:
        return None
    mean = sum(moves, Fraction()) / len(moves)
    return root(sum(((move - mean) ** 2 for move in moves), Fraction()) / (len(moves) - 1), PCT_PLACES)
