"""How much is done at once, so that one process of any size answers everybody quickly: what is beyond is told
to come again, in a moment, instead of making all wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

from app.answers import candles, depth, health, history, line, overview, sources, stats
from app.answers.patience import Patience
from app.domain.errors import SilkrateError, TooSlow

Done = TypeVar("Done")

DEADLINE = 20
"""Seconds in which a question is answered, or given up."""

STALLED = 30
"""Seconds for which a reader may take nothing of what is sent to him, and after which he is expected to have
taken LEAST.
"""

LEAST = 16 * 1024
"""Bytes that a reader takes in each second in which he is waited for, on average: less is no reading."""

LONGEST = 900
"""Seconds that a table may take to be sent. Its view of the record is held as long."""

HEAVY = frozenset[object](
    {
        history.history,
        history.histories,
        history.wide,
        history.table,
        candles.candles,
        depth.in_depth,
        line.line,
        stats.stats,
    }
)
"""The questions about any range of days."""


SERVICE = frozenset[object]({health.health, sources.sources, sources.source, sources.roll, overview.waiting})
"""The questions of whoever looks how it is."""


TOO_MUCH = "More is asked at this moment than can be answered in time: ask again soon."


class Overloaded(SilkrateError):
    """More is asked at this moment than can be answered in time."""

    type = "overloaded"
    retry_after = 2


class Gate:
    """Lets `most` through at a time; as many as `waiting` may wait, for `patience` seconds (None: as long as
    it takes), until one of them comes out. So many are `inside` now, and were `refused` so far, by this text.
    """

    def __init__(
        self, most: int, waiting: int = 0, patience: float | None = 1.0, refusal: str = TOO_MUCH
    ) -> None:
        self.most, self.waiting, self.patience, self._refused_by = most, waiting, patience, refusal
        self.inside = self.refused = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Go in; raises Overloaded."""
        if self.inside < self.most:
            self.inside += 1
            return
        self.look()
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(self.patience):
                await turn
        except BaseException as error:
            self._withdraw(turn)
            if isinstance(error, TimeoutError):
                raise self._refusal() from error
            raise

    def look(self) -> None:
        """Raise Overloaded where one who comes now would neither go in nor wait."""
        if self.inside >= self.most and len(self._queue) >= self.waiting:
            raise self._refusal()

    def leave(self) -> None:
        """Come out: who waits longest goes in instead."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.inside -= 1

    async def run(self, work: Callable[[], Done], deadline: float = DEADLINE) -> Done:
        """What `work` returns, done inside in a worker thread. Raises Overloaded, and TooSlow after
        `deadline` seconds: the thread ends with the next row that it reads, and keeps its place until then.
        """
        await self.enter()
        patience = Patience()
        task = asyncio.ensure_future(run_in_threadpool(patience.during, work))
        task.add_done_callback(self._out)
        try:
            await asyncio.wait([task], timeout=deadline)
        finally:
            patience.over = not task.done()
        if task.done():
            return task.result()
        raise TooSlow(
            f"This was not answered within {deadline:g} seconds: ask for fewer days, or again later."
        )

    def _withdraw(self, turn: asyncio.Future[None]) -> None:
        """Wait no longer; a turn that came in this very moment goes to the next."""
        if turn in self._queue:
            self._queue.remove(turn)
        elif not turn.cancelled():
            self.leave()

    def _out(self, task: asyncio.Future[Any]) -> None:
        self.leave()
        if not task.cancelled():
            task.exception()  # looked at, though who asked may have gone

    def _refusal(self) -> Overloaded:
        self.refused += 1
        return Overloaded(self._refused_by)


class Limits:
    """The gates of one process: for questions of one moment, for those about any range of days, for those of
    whoever runs it, who asks most when all else is full, for tables that are being sent, and for the parts of
    them, of which one is made at a time, in turn; for `streams` of ticks that are open, and for what is read
    of the log for those far `behind`. `broken` tables were not sent to their end, by the cause:
    the reader went, or was too slow, or we failed.
    """

    def __init__(self, streams: int = 10_000) -> None:
        self.light, self.heavy = Gate(8, 200, 2.0), Gate(2, 20, 2.0)
        self.service = Gate(2, 20, 2.0)
        self.tables, self.parts = Gate(8), Gate(1, 8, None)
        self.streams = Gate(streams, refusal=f"{streams} streams are open, which is all: come again.")
        self.behind = Gate(2, streams, None)
        self.broken = {"gone": 0, "slow": 0, "failed": 0}

    def of(self, question: object) -> Gate:
        """The gate for a question."""
        if question in SERVICE:
            return self.service
        return self.heavy if question in HEAVY else self.light

    @property
    def refused(self) -> dict[str, int]:
        """How many were refused so far, by the name of the gate."""
        named = ("light", "heavy", "service", "tables", "streams")
        return {name: getattr(self, name).refused for name in named}
