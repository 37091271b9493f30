"""Small real things that stand in where a test must be in charge: of the time."""

import asyncio
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
"""A Tuesday, for tests to which the day does not matter."""


class FakeClock:
    """A clock that stands still until it is moved, and then wakes whoever slept until then or earlier.

    To be moved in the thread of the event loop; `now` can be read in any.
    """

    def __init__(self, now: datetime = NOON) -> None:
        """Stand at `now`, an aware instant."""
        self._now = now.astimezone(UTC)
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []
        self._asleep = asyncio.Event()

    def now(self) -> datetime:
        """The instant at which it stands."""
        return self._now

    async def sleep_until(self, instant: datetime) -> None:
        """Return once the clock was moved to `instant` or later."""
        if instant <= self._now:
            return
        sleeper = (instant, asyncio.Event())
        self._sleepers.append(sleeper)
        self._asleep.set()
        try:
            await sleeper[1].wait()
        finally:
            self._sleepers.remove(sleeper)

    def move_to(self, instant: datetime) -> None:
        """Stand at `instant`, earlier or later, and wake who waited for it."""
        self._now = instant.astimezone(UTC)
        for until, woken in self._sleepers:
            if until <= self._now:
                woken.set()

    def advance(self, by: timedelta) -> None:
        """Move on by a span."""
        self.move_to(self._now + by)

    async def next_wake(self) -> datetime:
        """The earliest instant that anyone sleeps until, once there is one: where a test moves to next."""
        while not (waiting := [until for until, woken in self._sleepers if not woken.is_set()]):
            self._asleep.clear()
            await self._asleep.wait()
        return min(waiting)

    async def asleep(self, sleepers: int) -> None:
        """Return as soon as so many sleep at the same time: when all that a test has started is waiting."""
        while sum(not woken.is_set() for _, woken in self._sleepers) < sleepers:
            self._asleep.clear()
            await self._asleep.wait()


class HastyClock(FakeClock):
    """A clock that jumps to whatever instant anyone would sleep until: waits are seen and take no time."""

    async def sleep_until(self, instant: datetime) -> None:
        """Move to `instant`, unless it is there already."""
        self.move_to(max(instant, self.now()))
        await asyncio.sleep(0)
