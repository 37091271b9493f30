"""Rows of sources that speak all day are dropped by their age, and what comes late is told from them."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.days import Day
from app.domain.observations import Observation
from app.ingest.poller import Poller
from app.ingest.record import record, reject
from app.ingest.retention import drop, too_old
from app.store.base import Store
from tests.fakes import FakeClock
from tests.ingest.test_days import ALL, KEY, KGS, NOON, days, literals, live, spoken
from tests.ingest.world import with_poller
from tests.said import at, nbkr
from tests.simulator import Simulator
from tests.stores import fresh_store

LATER = at("2026-06-20 12:00")
KEEP = timedelta(days=30)


def say(store: Store, *said: Observation) -> int:
    """Record it, and tell how much of it was no news."""
    return record(store, ALL, said, LATER).repeated


def thin(store: Store, keep: timedelta = KEEP) -> int:
    """Drop what is older than that; returns how many rows."""
    return sum(drop(store, each, LATER) for each in too_old(store, ALL, LATER, keep))


def told(store: Store) -> list[Day]:
    """The days of a sound store."""
    assert store.verify(ALL.all_day).damages == ()
    with store.read() as reader:
        return days(reader)


@pytest.fixture
def thinned(store: Store) -> Store:
    """A store from which the middle of a day was dropped."""
    record(store, ALL, [spoken(f"87.{hour}", hour) for hour in range(2, 8)], NOON)
    record(store, ALL, [spoken("88.1", 24), spoken("88.2", 25)], NOON)
    assert thin(store) == 5
    return store


@pytest.mark.parametrize(("days", "dropped"), [(30, 1), (31, 0), (29, 2)])
def test_a_day_is_dropped_once_it_was_over_for_so_long(store: Store, days: int, dropped: int) -> None:
    say(store, *(spoken(f"87.{hour + 10}", hour) for hour in (0, 23, 24, 47)))
    assert thin(store, timedelta(days=days)) == dropped


def test_rows_of_a_bank_are_kept_for_ever(store: Store) -> None:
    record(store, ALL, [nbkr("2001-05-22"), nbkr("2001-05-23", "87.5")], NOON)
    assert thin(store) == 0


def test_what_was_dropped_and_is_said_again_is_no_news(thinned: Store) -> None:
    before = told(thinned)
    assert say(thinned, *(spoken(f"87.{hour}", hour) for hour in range(2, 8))) == 6
    assert told(thinned) == before


def test_what_comes_late_for_a_time_that_was_not_dropped_is_added_to_its_day(thinned: Store) -> None:
    assert say(thinned, spoken("86.9", 1), spoken("87.65", 6, minutes=30), spoken("87.05", 23)) == 0
    assert literals(told(thinned))[0] == ("86.9", "87.7", "86.9", "87.05", 9)


def test_what_comes_late_among_rows_that_were_dropped_cannot_be_told_from_them(thinned: Store) -> None:
    before = told(thinned)
    assert say(thinned, spoken("87.99", 4, minutes=30)) == 1
    assert told(thinned) == before


def test_a_revision_of_what_was_left_corrects_the_day(thinned: Store) -> None:
    say(thinned, spoken("87.1", 7))
    assert literals(told(thinned))[0] == ("87.2", "87.6", "87.1", "87.1", 6)


def test_a_day_whose_last_row_is_refused_has_what_was_dropped_of_it(thinned: Store) -> None:
    with thinned.read() as reader:
        last = reader.newest(KGS, KEY, until=date(2026, 5, 20))
    assert last
    reject(thinned, ALL, last.id, LATER, "a misprint")
    assert literals(told(thinned))[0] == ("87.2", "87.6", "87.2", "87.6", 5)


def test_the_poller_drops_a_day_more_each_day(store: Store) -> None:
    record(store, ALL, [spoken(f"87.{hour}", hour) for hour in range(1, 96)], NOON + timedelta(days=3))
    clock, left = FakeClock(NOON + timedelta(days=3)), set[int]()
    end = clock.now() + timedelta(days=2)

    async def live(poller: Poller) -> None:
        running = asyncio.create_task(poller.run([]))
        while clock.now() < end:
            await clock.asleep(2)
            with store.read() as reader:
                left.add(sum(1 for _ in reader.publications(KGS, KEY)))
            clock.move_to(await clock.next_wake())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with Simulator(now=clock.now) as simulator:
        with_poller(store, clock, simulator, live, keep_intraday=timedelta(days=2), look=timedelta(days=1))
    assert (left, len(told(store))) == ({1 + 1 + 24 + 24, 1 + 1 + 1 + 24}, 4)


@pytest.mark.fuzz
@settings(max_examples=settings().max_examples // 10)
@given(st.integers(0, 2**32))
def test_days_are_sound_whatever_comes_after_rows_of_them_were_dropped(seed: int) -> None:
    chance = Random(seed)
    with fresh_store() as store:
        for _ in range(3):
            live(store, chance)
            before = told(store)
            thin(store, timedelta(days=chance.choice((28, 29))))
            assert told(store) == before
