"""The clock: the only place that reads the time. Everything else is handed an instant, or this."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


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
        return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

    async def sleep_until(self, instant: datetime) -> None:
        """Sleep in steps of at most a minute: a suspended machine or a corrected clock must not oversleep."""
        while (left := (instant - self.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 60))
