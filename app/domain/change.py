"""The percent change of a rate, always with the rate it is measured against."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from app.domain.days import Quoted, quoted
from app.domain.numbers import DERIVED_DIGITS, PCT_PLACES, bare, fixed, parse_decimal, significant
from app.domain.observations import Kind, Observation
from app.domain.pairs import Pair

Window = Literal["24h", "7d", "30d", "mtd", "ytd", "1y"]
"""A span back from the day of a rate: so many days, to the end of the month or year before, a year."""

WINDOWS: tuple[Window, ...] = ("24h", "7d", "30d", "mtd", "ytd", "1y")
"""All of them, as they are shown."""

Basis = Literal["previous_publication", "reported", "peg", "24h", "7d", "30d", "mtd", "ytd", "1y", "since"]
"""What a change is measured against: the same source's last earlier publication, its own word, a decree, or
its last publication at or before the beginning of a window, or a day."""

Measure = Literal["previous_publication", Window, "none"]
"""What the change of a strip is measured against: the last publication, where a window begins, or nothing."""

_SPANS = {"24h": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class Reference:
    """The rate (quote per 1 base) that a change is measured against, and the day it was in force for."""

    rate: Decimal
    effective_date: date | None


@dataclass(frozen=True, slots=True)
class Change:
    """`pct` percent and `abs` quote units since `reference`, in force `span_days` calendar days before.

    Zero has no sign. `reason` says why `pct` is None. The basis is `none` where no change was asked for.
    """

    basis: Basis | Literal["none"]
    pct: Decimal | None
    abs: Decimal | None = None
    reference: Reference | None = None
    span_days: int | None = None
    reason: str | None = field(default=None, metadata={"optional": True})


UNCHANGED_BY_DECREE = Change("peg", Decimal(0), Decimal(0))
UNMEASURED = Change("none", None, reason="not-asked-for")


class Stand(NamedTuple):
    """A rate in the direction asked for, and the day that it is in force for."""

    rate: Quoted
    day: date

    @classmethod
    def of(cls, said: Observation, pair: Pair) -> Stand:
        """How `pair` stands by an observation."""
        return cls(quoted(said.published, pair), said.effective_date)


def opens(window: Window, day: date) -> date:
    """The day at or before which the reference of a window is dated that ends on `day`."""
    match window:
        case "mtd":
            return day.replace(day=1) - timedelta(days=1)
        case "ytd":
            return date(day.year - 1, 12, 31)
        case "1y":
            leap = (day.month, day.day) == (2, 29)
            return day.replace(year=day.year - 1, day=28 if leap else day.day)
    return day - _SPANS[window]


def change_between(basis: Basis, now: Stand, then: Stand | None) -> Change:
    """The change from `then` to `now`; None where nothing stood then."""
    if then is None:
        earlier = basis == "previous_publication"
        return Change(basis, None, reason="no-earlier-publication" if earlier else "no-publication-then")
    return _against(basis, now.rate.exact, now.day, then.rate.exact, Reference(then.rate.shown, then.day))


def change(pair: Pair, current: Observation, earlier: Observation | None, kind: Kind) -> Change:
    """The change of `current` in the direction of `pair`, from the exact published numbers.

    Against `earlier`, the same source's last earlier publication, where there is one. A peg does not change.
    A page's change is what the page said: its rates have too few digits to compute one. A bank that prints a
    difference gives a reference of its own until we hold one.
    """
    if kind == "peg":
        return UNCHANGED_BY_DECREE
    if kind == "page":
        return _as_the_page_says(current, pair)
    if earlier is not None:
        return change_between("previous_publication", Stand.of(current, pair), Stand.of(earlier, pair))
    stands = Stand.of(current, pair)
    return _as_the_bank_says(current, pair) or change_between("previous_publication", stands, None)


def _as_the_page_says(current: Observation, pair: Pair) -> Change:
    """What the page printed; nothing where it cannot be right, for no rate falls by all of itself."""
    printed = current.reported.pct if current.reported else None
    ratio = 1 + Fraction(parse_decimal(printed)) / 100 if printed is not None else Fraction(0)
    if ratio <= 0:
        return Change("reported", None, reason="none-reported")
    # Turned round, 1 % up is 0.990 % down: recomputed, never negated.
    return Change("reported", _percent(ratio if pair == current.published.pair else 1 / ratio))


def _as_the_bank_says(current: Observation, pair: Pair) -> Change | None:
    """Against the rate that the bank's printed difference leads back to, of a day that it does not name."""
    published, printed = current.published, current.reported.difference if current.reported else None
    if printed is None:
        return None
    before = published.exact(published.pair) - Fraction(parse_decimal(printed)) / published.nominal
    if before <= 0:
        return None
    exact = before if pair == published.pair else 1 / before
    reference = Reference(significant(exact, published.digits(pair)), None)
    return _against("reported", published.exact(pair), current.effective_date, exact, reference)


def _against(basis: Basis, now: Fraction, day: date, before: Fraction, reference: Reference) -> Change:
    since = reference.effective_date
    return Change(
        basis,
        pct=_percent(now / before),
        abs=significant(now - before, DERIVED_DIGITS),
        reference=reference,
        span_days=(day - since).days if since else None,
    )


def _percent(ratio: Fraction) -> Decimal:
    """The percent by which a rate changed that became `ratio` times itself."""
    return bare(fixed((ratio - 1) * 100, PCT_PLACES))
