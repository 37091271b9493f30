"""Ticks one by one, with the place from which to go on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Self

from app.client.log import Log
from app.client.taking import AsyncTaker, Taker
from app.web.models.ticker import TickFields


class _Place:
    """What both know of the place that they have come to."""

    def __init__(self, log: Log) -> None:
        self._log = log

    @property
    def cursor(self) -> str | None:
        """The place to go on from with `after`: that up to which ticks were handed out. Of a stream it is
        known with each tick, and as soon as that is open; of pages, at the end of each, so that one who stops
        in the midst of a page gets that page again. Until then, the one that was given.
        """
        return self._log.cursor

    @property
    def simulated(self) -> bool:
        """Whether the rates are made up, known with the first tick."""
        return self._log.simulated


class Ticks(_Place, Iterator[TickFields]):
    """The ticks of a log, oldest first, for one thread. Close it where it has no end, or use it in `with`."""

    def __init__(self, log: Log, taker: Taker) -> None:
        """Nothing is asked yet."""
        super().__init__(log)
        self._taker = taker

    def __next__(self) -> TickFields:
        tick = self._taker.take(self._log.next())
        if tick is None:
            raise StopIteration
        return tick

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its connection."""
        self._taker.take(self._log.close())


class AsyncTicks(_Place, AsyncIterator[TickFields]):
    """The same, for `async for` and `async with`. One who waits for the next no longer has missed none."""

    def __init__(self, log: Log, taker: AsyncTaker) -> None:
        """Nothing is asked yet."""
        super().__init__(log)
        self._taker = taker

    async def __anext__(self) -> TickFields:
        tick = await self._taker.take(self._log.next())
        if tick is None:
            raise StopAsyncIteration
        return tick

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of its connection."""
        await self._taker.take(self._log.close())
