"""The clock: the only place that reads the time. Everything else is handed an instant, or this."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

_BEYOND = [timedelta(microseconds=beyond) for beyond in range(1000)]
"""What an instant is beyond its millisecond, made once: it is taken off in a third of the time that replacing
takes, and each answer looks at the clock.
"""


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> datetime:
        """The instant, aware, in UTC, in whole milliseconds: what is stored is what is shown."""

    async def sleep_until(self, instant: datetime) -> None:
        """Return once it is `instant` or later."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The machine's time."""
        instant = datetime.now(UTC)
        return instant - _BEYOND[instant.microsecond % 1000]

    async def sleep_until(self, instant: datetime) -> None:
        """Sleep in steps of at most a minute: a suspended machine or a corrected clock must not oversleep."""
        while (left := (instant - self.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 60))
