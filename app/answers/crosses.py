"""Crosses: the rate of two local currencies, which nobody publishes, from the dollar rates of both.

The rate in force is made of the two rates in force, whatever their days; what it is measured against is of
days on which both had a value, so that no move is invented.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

from app.answers.daily import Daily
from app.domain.answers import Row
from app.domain.calendar import Status
from app.domain.change import Basis, Change, Stand, change_between
from app.domain.days import Quoted
from app.domain.numbers import DERIVED_DIGITS, significant
from app.domain.pairs import Pair
from app.evidence import before
from app.sources.catalog import Catalog
from app.store.base import Reader

Same = TypeVar("Same")

FROM_THE_BEST: tuple[Status, ...] = ("pegged", "fresh", "carried", "late", "stale", "upcoming")
"""A cross has the last of these that one of its legs has."""


def across(reader: Reader, catalog: Catalog, pair: Pair, legs: tuple[Row, Row], precision: int | None) -> Row:
    """The row of the cross `pair` from the rows of its two legs; `precision` asks for fewer digits.

    Its day is the older one of its legs, a decree aside, which no day makes older; what it was told and
    recorded at, the newest; its deadlines the first.
    """
    one, other = legs
    exact, digits = one.exact * other.exact, min(precision or DERIVED_DIGITS, DERIVED_DIGITS)
    day = min(leg.effective_date for leg in legs if leg.kind != "peg")  # there is one decree, of one currency
    same = Daily.by(reader, catalog, pair, [leg.source for leg in legs])
    stand = Stand(Quoted(exact, DERIVED_DIGITS), day)
    return Row(
        pair=pair,
        base=pair.base,
        quote=pair.quote,
        rate=significant(exact, digits),
        inverse=significant(1 / exact, digits),
        source=_same(one.source, other.source),
        kind=_same(one.kind, other.kind),
        fallback=one.fallback or other.fallback,
        effective_date=day,
        observed_at=max(one.observed_at, other.observed_at),
        fetched_at=max(one.fetched_at, other.fetched_at),
        recorded_at=max(one.recorded_at, other.recorded_at),
        revision=None,
        version=max(one.version, other.version),
        seq=None,
        published=None,
        change=moved(same, stand, "previous_publication", before(day)),
        status=max(one.status, other.status, key=FROM_THE_BEST.index),
        late_at=_first(one.late_at, other.late_at),
        stale_at=_first(one.stale_at, other.stale_at),
        expected_next_at=_first(one.expected_next_at, other.expected_next_at),
        held=None,
        derived=True,
        legs=legs,
    )


def moved(same: Daily, now: Stand, basis: Basis, until: date) -> Change:
    """The change of a cross to what it is `now` from its last value at or before `until`, by the `same`
    sources as now.
    """
    if any(voice.kind == "page" for voice in same.voices):
        return by_a_page(basis)
    then = same.last(until)
    return change_between(basis, now, Stand(then.close, then.effective_date) if then else None)


def by_a_page(basis: Basis) -> Change:
    """The change of what a page shows, which is no reference."""
    return Change(basis, None, reason="a-page-has-too-few-digits")


def _same(one: Same | None, other: Same | None) -> Same | None:
    return one if one == other else None


def _first(*instants: datetime | None) -> datetime | None:
    return min((each for each in instants if each), default=None)
