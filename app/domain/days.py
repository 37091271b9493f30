"""Day values: all that a source said of one pair on one day, in so few numbers that months are made of them.

A source that speaks all day has a row of these for each day, kept in the transaction that changes it. What a
bank prints once a day is such a day by itself. Both are turned into the direction asked for here, from what
was printed: the inverse of a mean is not the mean of the inverses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from app.domain.numbers import (
    DERIVED_DIGITS,
    SUMMED_PLACES,
    added,
    fixed,
    inverses,
    parse_decimal,
    quotient,
)
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair, canonical


@dataclass(frozen=True, slots=True)
class Day:
    """What `source` said for one effective date in one form: as `published_pair`, for `nominal` units.

    `open`, `high`, `low` and `close` are literals, `high` the highest number printed, of equal ones the
    first. `open_at` and `close_at` are when the first and the last were observed. `total` is the exact sum
    of the `count` numbers printed, `inverse_total` that of their inverses, each rounded at SUMMED_PLACES
    decimals.
    """

    source: str
    effective_date: date
    published_pair: Pair
    nominal: int
    open: str
    high: str
    low: str
    close: str
    open_at: datetime
    close_at: datetime
    count: int
    total: Decimal
    inverse_total: Decimal

    @classmethod
    def of(cls, said: Observation) -> Day:
        """The day on which this is all that was said."""
        value, at = said.published.value, said.observed_at
        number = parse_decimal(value)
        return cls(
            source=said.source,
            effective_date=said.effective_date,
            published_pair=said.published.pair,
            nominal=said.published.nominal,
            open=value,
            high=value,
            low=value,
            close=value,
            open_at=at,
            close_at=at,
            count=1,
            total=number,
            inverse_total=_inverse(number),
        )

    @property
    def pair(self) -> Pair:
        """The direction under which it is filed, as that of an observation."""
        return canonical(self.published_pair)

    @property
    def form(self) -> tuple[str, int]:
        """How it was printed: the direction, and for how many units."""
        return str(self.published_pair), self.nominal

    def after(self, said: Observation) -> Day:
        """The day with one more: in the same form, and observed later than all so far."""
        value = said.published.value
        number = parse_decimal(value)
        return replace(
            self,
            high=value if number > parse_decimal(self.high) else self.high,
            low=value if number < parse_decimal(self.low) else self.low,
            close=value,
            close_at=said.observed_at,
            count=self.count + 1,
            total=added(self.total, number),
            inverse_total=added(self.inverse_total, _inverse(number)),
        )

    def beside(self, more: Day) -> Day:
        """The day with `more` of it, in the same form. Of literals of the same number its own stays."""
        return replace(
            self,
            open=min(self, more, key=attrgetter("open_at")).open,
            high=max(self.high, more.high, key=parse_decimal),
            low=min(self.low, more.low, key=parse_decimal),
            close=max(self, more, key=attrgetter("close_at")).close,
            open_at=min(self.open_at, more.open_at),
            close_at=max(self.close_at, more.close_at),
            count=self.count + more.count,
            total=added(self.total, more.total),
            inverse_total=added(self.inverse_total, more.inverse_total),
        )

    def worded_as(self, whole: Day) -> Day:
        """This part of the day `whole` with the literals of that, where both have the same highest or lowest
        number.
        """
        return replace(
            self,
            high=min(whole.high, self.high, key=parse_decimal),
            low=max(whole.low, self.low, key=parse_decimal),
        )

    @classmethod
    def summed(
        cls, source: str, day: date, printed: Pair, nominal: int, said: Sequence[tuple[datetime, str]]
    ) -> Day:
        """The day on which these literals are all that was said, each with its instant, in their order."""
        numbers = [parse_decimal(value) for _, value in said]
        values = [value for _, value in said]
        return cls(
            source=source,
            effective_date=day,
            published_pair=printed,
            nominal=nominal,
            open=values[0],
            high=values[numbers.index(max(numbers))],
            low=values[numbers.index(min(numbers))],
            close=values[-1],
            open_at=said[0][0],
            close_at=said[-1][0],
            count=len(said),
            total=reduce(added, numbers),
            inverse_total=inverses(numbers, SUMMED_PLACES),
        )


def _inverse(number: Decimal) -> Decimal:
    return inverses((number,), SUMMED_PLACES)


def continued(days: Iterable[Day], said: Observation) -> list[Day]:
    """The forms of one day with one observation more, later than all of them; ordered by form."""
    found = {each.form: each for each in days}
    form = (str(said.published.pair), said.published.nominal)
    found[form] = found[form].after(said) if form in found else Day.of(said)
    return [found[each] for each in sorted(found)]


def joined(days: Iterable[Day], more: Iterable[Day]) -> list[Day]:
    """The forms of one day, of which these are two parts; ordered by form."""
    found = {each.form: each for each in days}
    for each in more:
        found[each.form] = found[each.form].beside(each) if each.form in found else each
    return [found[each] for each in sorted(found)]


def counted(publications: Iterable[Observation]) -> list[Day]:
    """The forms of one day, from all that is in force for it, oldest first."""
    days: list[Day] = []
    for said in publications:
        days = continued(days, said)
    return days


class Quoted(NamedTuple):
    """An exact rate, quote per 1 base, and the significant digits that it is shown with."""

    exact: Fraction
    digits: int

    @property
    def shown(self) -> Decimal:
        """The rate as it is shown."""
        top, bottom = self.exact.as_integer_ratio()
        return quotient(Decimal(top), Decimal(bottom), self.digits)


@dataclass(frozen=True, slots=True)
class Values:
    """What one or more sources said of a pair on one day, or at one instant, in the direction asked for.

    `observed_at` is when the first of it was observed; `total` is the sum of the `count` rates.
    """

    effective_date: date
    observed_at: datetime
    open: Quoted
    high: Quoted
    low: Quoted
    close: Quoted
    total: Fraction
    count: int
    sources: tuple[str, ...]


def by_day(days: Iterable[Day], pair: Pair) -> Iterator[Values]:
    """The values of each day in the direction of `pair`, from the forms of it, which come one day after the
    other.
    """
    for _, forms in groupby(days, key=attrgetter("effective_date")):
        yield towards(list(forms), pair)


def towards(forms: Sequence[Day], pair: Pair) -> Values:
    """The values in the direction of `pair` of one day, of which these are all forms; ValueError for another
    pair.
    """
    if len(forms) == 1 and forms[0].count == 1:
        return _of_one(forms[0], pair)
    first = min(forms, key=attrgetter("open_at"))
    last = max(forms, key=attrgetter("close_at"))
    ends = [_quoted(day, literal, pair) for day in forms for literal in (day.high, day.low)]
    return Values(
        effective_date=first.effective_date,
        observed_at=first.open_at,
        open=_quoted(first, first.open, pair),
        high=max(ends),
        low=min(ends),
        close=_quoted(last, last.close, pair),
        total=sum((_total(day, pair) for day in forms), Fraction()),
        count=sum(day.count for day in forms),
        sources=tuple(sorted({day.source for day in forms})),
    )


def _of_one(day: Day, pair: Pair) -> Values:
    """The same of a day on which one number was printed, as most banks do: at a third of the time."""
    rate = _quoted(day, day.close, pair)
    return Values(
        effective_date=day.effective_date,
        observed_at=day.open_at,
        open=rate,
        high=rate,
        low=rate,
        close=rate,
        total=_total(day, pair),
        count=1,
        sources=(day.source,),
    )


def _quoted(day: Day, literal: str, pair: Pair) -> Quoted:
    return quoted(Published(day.published_pair, literal, day.nominal), pair)


@lru_cache(maxsize=4096)
def quoted(published: Published, pair: Pair) -> Quoted:
    """The rate of `pair` by what was printed. Kept, for the ends of a day are often the same."""
    return Quoted(published.exact(pair), published.digits(pair))


def _total(day: Day, pair: Pair) -> Fraction:
    direct = pair == day.published_pair
    return Fraction(day.total) / day.nominal if direct else Fraction(day.inverse_total) * day.nominal


def crossed(one: Values, other: Values) -> Values:
    """The value of a cross on a day: the closes of its legs, such as KGS/USD and USD/KZT, multiplied."""
    close = Quoted(one.close.exact * other.close.exact, DERIVED_DIGITS)
    return Values(
        effective_date=one.effective_date,
        observed_at=max(one.observed_at, other.observed_at),
        open=close,
        high=close,
        low=close,
        close=close,
        total=Fraction(fixed(close.exact, SUMMED_PLACES)),
        count=1,
        sources=tuple(sorted({*one.sources, *other.sources})),
    )
