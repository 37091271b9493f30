"""The clocks: the machine's, and the one that tests move."""

import asyncio
from datetime import UTC, timedelta

import pytest

from app.clock import SystemClock
from tests.fakes import NOON, FakeClock, HastyClock


def test_the_machines_clock_tells_utc_in_whole_milliseconds() -> None:
    instant = SystemClock().now()
    assert instant.tzinfo is UTC
    assert instant.microsecond % 1000 == 0


def test_the_machines_clock_returns_no_sooner_than_the_instant() -> None:
    clock = SystemClock()
    until = clock.now() + timedelta(milliseconds=20)
    asyncio.run(asyncio.wait_for(clock.sleep_until(until), 5))
    assert clock.now() >= until


def test_an_instant_in_the_past_is_not_waited_for() -> None:
    for clock in (SystemClock(), FakeClock()):
        asyncio.run(asyncio.wait_for(clock.sleep_until(clock.now() - timedelta(hours=1)), 5))


def test_a_moved_clock_wakes_whom_it_has_passed_and_no_other() -> None:
    async def run() -> None:
        clock = FakeClock()
        first, second = (asyncio.create_task(clock.sleep_until(NOON + timedelta(hours=h))) for h in (1, 2))
        assert await clock.next_wake() == NOON + timedelta(hours=1)
        clock.advance(timedelta(minutes=59))
        clock.move_to(NOON + timedelta(hours=1))
        await asyncio.wait_for(first, 5)
        assert not second.done()
        assert await clock.next_wake() == NOON + timedelta(hours=2)
        clock.advance(timedelta(days=1))
        await asyncio.wait_for(second, 5)

    asyncio.run(run())


def test_who_is_cancelled_asleep_is_not_waited_for_any_more() -> None:
    async def run() -> None:
        clock = FakeClock()
        sleeper = asyncio.create_task(clock.sleep_until(NOON + timedelta(hours=1)))
        await clock.next_wake()
        sleeper.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeper
        other = asyncio.create_task(clock.sleep_until(NOON + timedelta(hours=2)))
        assert await clock.next_wake() == NOON + timedelta(hours=2)
        other.cancel()

    asyncio.run(run())


def test_a_hasty_clock_jumps_to_what_is_waited_for_and_never_back() -> None:
    clock = HastyClock()
    asyncio.run(clock.sleep_until(NOON + timedelta(hours=1)))
    asyncio.run(clock.sleep_until(NOON))
    assert clock.now() == NOON + timedelta(hours=1)
