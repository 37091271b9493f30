"""Who polls: the holder of the lease, until another has it; and what is logged of that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from structlog.testing import capture_logs

from app.domain.errors import StoreUnavailable
from app.ingest.lease import hold
from app.store.base import Lease, Store
from tests.fakes import NOON, HastyClock

Said = int | None | StoreUnavailable
AWAY, ANOTHER = StoreUnavailable("away"), None


class Leasing:
    """A store that only says, one after the other, who has the lease: the asker with a token, another, or
    that it is away; and the last for ever.
    """

    def __init__(self, *said: Said) -> None:
        self._said: Iterator[Said] = iter(said)
        self._last: Said = None
        self.under_tokens: list[int] = []

    def lease(self, holder: str, span: timedelta) -> Lease | None:
        self._last = next(self._said, self._last)
        if isinstance(self._last, StoreUnavailable):
            raise self._last
        return Lease(holder, self._last, NOON + span) if self._last else None

    def under(self, lease: Lease) -> Leasing:
        self.under_tokens.append(lease.token)
        return self

    def release(self, lease: Lease) -> None:
        """Nobody asks again."""


def held(store: Leasing, works: int) -> list[str]:
    """What is logged until work has begun so many times."""

    async def holding() -> None:
        begun = asyncio.Semaphore(0)

        async def work(store: Store) -> None:
            begun.release()
            await asyncio.Event().wait()

        task = asyncio.ensure_future(hold(cast(Store, store), "first", HastyClock(), work))
        for _ in range(works):
            await begun.acquire()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with capture_logs() as logs:
        asyncio.run(holding())
    return [entry["event"] for entry in logs]


def test_a_store_that_is_away_is_logged_once_and_once_when_it_is_back() -> None:
    said = held(Leasing(AWAY, AWAY, AWAY, ANOTHER, ANOTHER, 1), works=1)
    assert said == ["lease out of reach", "standing by", "lease in reach", "took over"]


def test_work_goes_on_while_the_store_is_away_and_nobody_else_has_the_lease() -> None:
    store = Leasing(1, AWAY, AWAY, 1, ANOTHER, ANOTHER, 3)
    edges = ["lease out of reach", "lease in reach", "lease lost", "standing by", "took over"]
    assert held(store, works=2) == edges
    assert store.under_tokens == [1, 3]
