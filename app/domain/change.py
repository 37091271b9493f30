"""The percent change of a rate, always with the rate it is measured against."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from app.domain.numbers import DERIVED_DIGITS, PCT_PLACES, bare, fixed, parse_decimal, significant
from app.domain.observations import Kind, Observation
from app.domain.pairs import Pair

Basis = Literal["previous_publication", "reported", "peg"]
"""What a change is measured against: the same source's last earlier publication, its own word, a decree."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The rate (quote per 1 base) that a change is measured against, and the day it was in force for."""

    rate: Decimal
    effective_date: date | None


@dataclass(frozen=True, slots=True)
class Change:
    """`pct` percent and `abs` quote units since `reference`, in force `span_days` calendar days before.

    Zero has no sign. `reason` says why `pct` is None.
    """

    basis: Basis
    pct: Decimal | None
    abs: Decimal | None = None
    reference: Reference | None = None
    span_days: int | None = None
    reason: str | None = field(default=None, metadata={"optional": True})


UNCHANGED_BY_DECREE = Change("peg", Decimal(0), Decimal(0))


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
        before = earlier.published
        reference = Reference(before.rate(pair), earlier.effective_date)
        return _against("previous_publication", current, pair, before.exact(pair), reference)
    return _as_the_bank_says(current, pair) or Change(
        "previous_publication", None, reason="no-earlier-publication"
    )


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
    return _against(
        "reported", current, pair, exact, Reference(significant(exact, published.digits(pair)), None)
    )


def _against(
    basis: Basis, current: Observation, pair: Pair, before: Fraction, reference: Reference
) -> Change:
    now, day = current.published.exact(pair), reference.effective_date
    return Change(
        basis,
        pct=_percent(now / before),
        abs=significant(now - before, DERIVED_DIGITS),
        reference=reference,
        span_days=(current.effective_date - day).days if day else None,
    )


def _percent(ratio: Fraction) -> Decimal:
    """The percent by which a rate changed that became `ratio` times itself."""
    return bare(fixed((ratio - 1) * 100, PCT_PLACES))
