"""A source with a quota is never asked sooner than that allows, whatever is set and whatever happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any, NoReturn, cast

import pytest

from app.domain.errors import StoreUnavailable
from app.ingest.fetch import Fetcher, Limits
from app.ingest.poller import Polled, Poller
from app.sources.catalog import catalog
from app.store.base import Store, Writer
from tests.fakes import FakeClock
from tests.said import at
from tests.simulator import Fault, Simulator
from tests.simulator.openexchangerates import APP_ID

ALL = catalog(["openexchangerates"], app_id=APP_ID)
SOURCE = ALL["openexchangerates"]
LEAST = timedelta(hours=1)
JUST_BEFORE = LEAST - timedelta(microseconds=1)
ANY = Limits(exchange=timedelta(seconds=1), attempts=3)

Polling = Callable[[Poller], Coroutine[Any, Any, Any]]


@pytest.fixture
def clock() -> FakeClock:
    """A Wednesday."""
    return FakeClock(at("2026-05-20 06:00"))


@pytest.fixture
def sim(clock: FakeClock) -> Iterator[Simulator]:
    """The service has rates of this hour."""
    with Simulator(now=clock.now) as simulator:
        simulator.openexchangerates.publish(date(2026, 5, 20))
        yield simulator


def with_poller(store: Store, clock: FakeClock, sim: Simulator, polling: Polling, **how: Any) -> Any:
    """Run `polling` with a new poller: each call is a restart."""

    async def run() -> Any:
        async with Fetcher(clock, mirror=sim.url, limits=ANY, random=Random(1)) as fetcher:
            return await polling(Poller(store, ALL, fetcher, clock, random=Random(1), **how))

    return asyncio.run(asyncio.wait_for(run(), 20))


def once(store: Store, clock: FakeClock, sim: Simulator) -> Polled:
    """One poll by a process of its own."""

    async def polling(poller: Poller) -> Polled:
        (polled,) = await poller.once([SOURCE])
        return polled

    polled: Polled = with_poller(store, clock, sim, polling)
    return polled


@pytest.mark.parametrize("fault", [None, Fault.STATUS_500, Fault.STATUS_403, Fault.RESET, Fault.EMPTY])
def test_it_is_asked_once_and_not_again_before_its_time_whatever_it_said(
    store: Store, clock: FakeClock, sim: Simulator, fault: Fault | None
) -> None:
    if fault:
        sim.fault(fault, times=1)
    first = once(store, clock, sim)
    assert (first.error is None, first.not_before) == (fault is None, None)
    assert len(sim.log) == 1
    started = clock.now()
    clock.advance(JUST_BEFORE)
    skipped = once(store, clock, sim)
    assert (skipped.not_before, skipped.recording, skipped.error) == (started + LEAST, None, None)
    assert len(sim.log) == 1
    clock.move_to(started + LEAST)
    again = once(store, clock, sim)
    assert (again.not_before, again.error) == (None, None)
    assert len(sim.log) == 2


def test_an_unchanged_answer_counts_too(store: Store, clock: FakeClock, sim: Simulator) -> None:
    async def polling(poller: Poller) -> list[datetime | None]:
        found = []
        for _ in range(3):
            found.append((await poller.poll(SOURCE)).not_before)
            clock.advance(LEAST * 2 / 3)
        return found

    began = clock.now()
    assert with_poller(store, clock, sim, polling) == [None, began + LEAST, None]
    assert [request.status for request in sim.log] == [200, 304]
    assert once(store, clock, sim).not_before == began + LEAST * 4 / 3 + LEAST


@pytest.mark.parametrize("interval", [None, timedelta(milliseconds=50), timedelta(hours=2)])
@pytest.mark.parametrize("fault", [None, Fault.STATUS_500])
def test_a_running_poller_keeps_to_it_whatever_the_interval_and_the_failures(
    store: Store, clock: FakeClock, sim: Simulator, interval: timedelta | None, fault: Fault | None
) -> None:
    if fault:
        sim.fault(fault, times=3)

    async def polling(poller: Poller) -> None:
        running = asyncio.create_task(poller.run())
        while len(sim.log) < 5:
            await clock.asleep(2)
            clock.move_to(max(await clock.next_wake(), clock.now()))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with_poller(store, clock, sim, polling, interval=interval)
    gaps = [later.at - earlier.at for earlier, later in pairwise(sim.log)]
    assert all(gap >= LEAST for gap in gaps)
    if interval == timedelta(hours=2):
        assert all(gap > timedelta(hours=1, minutes=45) for gap in gaps)
    else:
        assert all(gap < timedelta(hours=1, minutes=1) for gap in gaps)


def test_a_poller_that_starts_again_waits_for_the_rest_of_the_hour_and_no_longer(
    store: Store, clock: FakeClock, sim: Simulator
) -> None:
    once(store, clock, sim)
    began = clock.now()
    clock.advance(timedelta(minutes=50))

    async def polling(poller: Poller) -> None:
        running = asyncio.create_task(poller.run())
        while len(sim.log) < 2:
            await clock.asleep(2)
            clock.move_to(max(await clock.next_wake(), clock.now()))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with_poller(store, clock, sim, polling, interval=timedelta(seconds=1))
    assert LEAST <= sim.log[1].at - began <= LEAST + timedelta(seconds=2)


class Full:
    """A store whose disk is full: it can be read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        """What a store does that can be read."""
        return getattr(self._store, name)

    def transact(self, now: datetime, work: Callable[[Writer], object]) -> NoReturn:
        """Raise StoreUnavailable."""
        raise StoreUnavailable("the disk is full")


def test_an_answer_that_the_store_did_not_take_counts_too(
    store: Store, clock: FakeClock, sim: Simulator
) -> None:
    async def polling(poller: Poller) -> datetime | None:
        with pytest.raises(StoreUnavailable):
            await poller.poll(SOURCE)
        clock.advance(timedelta(minutes=1))
        return (await poller.poll(SOURCE)).not_before

    began = clock.now()
    assert with_poller(cast(Store, Full(store)), clock, sim, polling) == began + LEAST
    assert len(sim.log) == 1


def test_a_clock_that_was_a_year_ahead_does_not_silence_it_for_a_year(
    store: Store, clock: FakeClock, sim: Simulator
) -> None:
    now = clock.now()
    clock.advance(timedelta(days=365))
    with sim.failing(Fault.STATUS_500):
        once(store, clock, sim)
    clock.move_to(now)
    assert once(store, clock, sim).not_before is None
    assert once(store, clock, sim).not_before == now + LEAST
