"""Candles, rates of a day, changes and stats made from what was printed, in plain Python and by nothing of
the program: what its answers are held against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from itertools import pairwise

from tests.answers.ledger import Fact

Rated = tuple[Fraction, int]
"""An exact rate, and how many significant digits it is shown with."""


@dataclass(frozen=True)
class Value:
    """One rate in the direction asked for, on its day, at its instant."""

    day: date
    at: datetime
    rate: Rated
    sources: tuple[str, ...]


def rounded(exact: Fraction, digits: int) -> Decimal:
    """Half even, once."""
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    return context.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def places(exact: Fraction, count: int) -> Decimal:
    """Half even at so many decimals."""
    wide = Context(prec=100).divide(Decimal(exact.numerator), Decimal(exact.denominator))
    return wide.quantize(Decimal(1).scaleb(-count), ROUND_HALF_EVEN)


def valued(facts: Iterable[Fact], base: str, quote: str) -> list[Value]:
    """The facts of a pair in one direction."""
    found = []
    for fact in facts:
        printed = Fraction(fact.value.replace(",", ".")) / fact.nominal
        if (fact.base, fact.quote) == (base, quote):
            found.append(Value(fact.day, fact.at, (printed, 15), (fact.source,)))
        elif (fact.quote, fact.base) == (base, quote):
            found.append(Value(fact.day, fact.at, (1 / printed, 12), (fact.source,)))
    return found


def closes(values: Iterable[Value]) -> list[Value]:
    """The last value of each day."""
    return list({value.day: value for value in values}.values())


def crossed(one: Sequence[Value], other: Sequence[Value]) -> list[Value]:
    """The values of a cross, from the closes of its legs on their common days."""
    others = {value.day: value for value in closes(other)}
    return [
        Value(
            value.day,
            value.at,
            (value.rate[0] * others[value.day].rate[0], 12),
            tuple(sorted({*value.sources, *others[value.day].sources})),
        )
        for value in closes(one)
        if value.day in others
    ]


def product(one: Value, other: Value) -> Value:
    """A cross in force, of the older day of its legs."""
    sources = tuple(sorted({*one.sources, *other.sources}))
    return Value(min(one.day, other.day), one.at, (one.rate[0] * other.rate[0], 12), sources)


STARTS: Mapping[str, Callable[[Value], date]] = {
    "1h": lambda value: value.at.replace(minute=0, second=0, microsecond=0),
    "1d": lambda value: value.day,
    "1w": lambda value: date.fromisocalendar(*value.day.isocalendar()[:2], 1),
    "1mo": lambda value: date(value.day.year, value.day.month, 1),
    "1q": lambda value: date(value.day.year, (value.day.month + 2) // 3 * 3 - 2, 1),
    "1y": lambda value: date(value.day.year, 1, 1),
}

Row = tuple[object, ...]


def candles(values: Iterable[Value], interval: str) -> list[Row]:
    """Start, open, high, low, close, mean, count and sources of each candle."""
    groups: dict[date, list[Value]] = {}
    for value in values:
        groups.setdefault(STARTS[interval](value), []).append(value)
    return [(start, *folded(groups[start])) for start in sorted(groups)]


def folded(group: Sequence[Value]) -> Row:
    """What a group of values comes to."""
    exact = [value.rate[0] for value in group]
    shown = [rounded(*value.rate) for value in group]
    return (
        shown[0],
        shown[exact.index(max(exact))],
        shown[exact.index(min(exact))],
        shown[-1],
        rounded(sum(exact, Fraction()) / len(exact), 12),
        len(group),
        tuple(sorted({source for value in group for source in value.sources})),
    )


def on(values: Iterable[Value], day: date, at: datetime | None = None) -> Value | None:
    """What was the last at or before a day, and an instant."""
    found = [value for value in values if value.day <= day and (at is None or value.at <= at)]
    return found[-1] if found else None


def ladder(values: Sequence[Value], by_instant: bool) -> list[Row]:
    """Basis, percent, difference and the day of the reference, of the newest value."""
    now = values[-1]
    day = now.day
    year_ago = day - timedelta(days=1) if (day.month, day.day) == (2, 29) else day
    opens = {
        "previous_publication": day - timedelta(days=1),
        "24h": day - timedelta(days=1),
        "7d": day - timedelta(days=7),
        "30d": day - timedelta(days=30),
        "mtd": date(day.year, day.month, 1) - timedelta(days=1),
        "ytd": date(day.year, 1, 1) - timedelta(days=1),
        "1y": year_ago.replace(year=day.year - 1),
    }
    instants = ("24h", "7d", "30d", "1y") if by_instant else ()
    return [
        moved(basis, now, on(values, until, now.at - (day - until) if basis in instants else None))
        for basis, until in opens.items()
    ]


def moved(basis: str, now: Value, then: Value | None) -> Row:
    """One change."""
    if then is None:
        return basis, None, None, None
    new, old = now.rate[0], then.rate[0]
    return basis, places((new / old - 1) * 100, 6), rounded(new - old, 12), then.day


def stats(values: Iterable[Value]) -> Row:
    """Count, mean, lowest, highest, first, last and volatility of the days."""
    days = closes(values)
    if not days:
        return 0, None, None, None, None, None, None
    exact = [value.rate[0] for value in days]
    marks = [(rounded(*value.rate), value.day) for value in days]
    low, high = (marks[exact.index(edge)] for edge in (min(exact), max(exact)))
    mean = rounded(sum(exact, Fraction()) / len(exact), 12)
    return len(days), mean, low, high, marks[0], marks[-1], volatility(exact)


def volatility(exact: Sequence[Fraction]) -> Decimal | None:
    """The sample standard deviation of the changes in percent."""
    moves = [(new / old - 1) * 100 for old, new in pairwise(exact)]
    if len(moves) < 2:
        return None
    mean = sum(moves, Fraction()) / len(moves)
    return rooted(sum(((move - mean) ** 2 for move in moves), Fraction()) / (len(moves) - 1))


def rooted(exact: Fraction) -> Decimal:
    """The square root, half even at six decimals."""
    context = Context(prec=80)
    root = context.sqrt(context.divide(Decimal(exact.numerator), Decimal(exact.denominator)))
    return root.quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
