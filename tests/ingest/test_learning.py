"""Holidays that nobody wrote down: learned from what a bank does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from app.answers.sources import standing_of
from app.domain.calendar import starts
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.ingest.record import learn, record
from app.sources.catalog import catalog
from app.store.base import Store

ALL = catalog()
NBK = ALL["nbk"]
TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, day) for day in (24, 25, 26))


def tenge(day: date, value: str, fetched_at: datetime) -> Observation:
    """What the bank of Kazakhstan says of the dollar."""
    return Observation(
        "nbk", Published(Pair("USD", "KZT"), value), day, starts(day, NBK.calendar.zone), fetched_at, None
    )


def at(day: date, clock: str) -> datetime:
    """An instant of a day, UTC."""
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC)


def test_a_day_that_the_bank_passes_over_in_time_is_known_as_a_holiday_at_once(store: Store) -> None:
    for said in (
        tenge(TUESDAY, "471.35", at(TUESDAY - timedelta(days=1), "11:02")),
        tenge(THURSDAY, "472.1", at(TUESDAY, "11:02")),
    ):
        record(store, ALL, [said], said.fetched_at)
    with store.read() as reader:
        assert reader.closures() == {"nbk": {WEDNESDAY}}
        known = ALL.closing(reader.closures())["nbk"]
        standing = standing_of(reader, known, at(WEDNESDAY, "12:00"))
    assert (standing.status, standing.missed) == ("carried", 0)


def test_a_day_whose_rate_did_not_come_in_time_is_no_holiday(store: Store) -> None:
    for said in (
        tenge(TUESDAY, "471.35", at(TUESDAY - timedelta(days=1), "11:02")),
        tenge(THURSDAY, "472.1", at(WEDNESDAY, "11:02")),
    ):
        record(store, ALL, [said], said.fetched_at)
    with store.read() as reader:
        assert reader.closures() == {}
        standing = standing_of(reader, NBK, at(WEDNESDAY, "12:00"))
    assert standing.status == "late"


def test_the_record_of_the_past_teaches_the_holidays_that_recur(store: Store) -> None:
    now = at(date(2026, 2, 1), "06:00")
    past = [date(2022, 1, 1) + timedelta(days=n) for n in range((now.date() - date(2022, 1, 1)).days)]
    said = [
        tenge(day, f"{470 + day.day / 100:.2f}", now)
        for day in past
        if day.weekday() < 5 and (day.month, day.day) != (11, 25)
    ]
    record(store, ALL, said, now)
    assert learn(store, ALL, "nbk", now) == [WEDNESDAY]
    assert learn(store, ALL, "nbk", now) == [], "once is enough"
    with store.read() as reader:
        assert reader.closures() == {"nbk": {WEDNESDAY}}


def test_a_source_without_a_past_teaches_nothing(store: Store) -> None:
    assert learn(store, ALL, "nbk", at(TUESDAY, "06:00")) == []
    assert learn(store, ALL, "peg", at(TUESDAY, "06:00")) == []
