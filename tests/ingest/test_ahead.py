"""Rates of a day far ahead: what a long holiday brings, and what time makes right."""

from __future__ import annotations

from datetime import UTC, date, datetime

from app.domain.calendar import starts
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.ingest.record import record
from app.sources.catalog import catalog
from app.store.base import Store

ALL = catalog()
PAIR = Pair("KZT", "USD")


def tenge(day: date, value: str, at: datetime) -> Observation:
    """What the bank of Kazakhstan says of the dollar."""
    begins = starts(day, ALL["nbk"].calendar.zone)
    return Observation("nbk", Published(Pair("USD", "KZT"), value), day, begins, at, None)


def test_before_the_feasts_of_march_a_bank_publishes_for_the_week_after(store: Store) -> None:
    """Nauryz of 2026 is a weekend and a Monday, hence Tuesday and Wednesday are days off."""
    thursday, eve = date(2026, 3, 26), datetime(2026, 3, 20, 11, 2, tzinfo=UTC)
    assert (thursday - eve.date()).days == 6
    done = record(store, ALL, [tenge(thursday, "471.35", eve)], eve)
    assert [each.judgement.verdict for each in done.recorded] == ["accepted"]


def test_what_was_refused_as_too_far_ahead_is_taken_as_soon_as_it_is_not(store: Store) -> None:
    day = date(2026, 5, 27)
    early, later = (datetime(2026, 5, number, 11, tzinfo=UTC) for number in (20, 22))
    first = record(store, ALL, [tenge(day, "471.35", early)], early)
    assert [each.judgement.rule for each in first.recorded] == ["too-far-ahead"]
    again = record(store, ALL, [tenge(day, "471.35", early)], early)
    assert (again.recorded, again.repeated) == ([], 1)
    second = record(store, ALL, [tenge(day, "471.35", later)], later)
    assert [(each.revision, each.judgement.verdict) for each in second.recorded] == [(1, "accepted")]
    assert record(store, ALL, [tenge(day, "471.35", later)], later).recorded == []
