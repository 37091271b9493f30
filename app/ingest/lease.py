"""One poller at a time: of several processes that would poll, the one that holds the lease does, and when it
dies another takes over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from app.clock import Clock
from app.domain.errors import StoreError
from app.store.base import Lease, Store

log = structlog.get_logger("silkrate.lease")

SPAN = timedelta(seconds=6)
"""How long a lease lasts that is not renewed. Another poller takes over at the latest RENEW after that."""

RENEW = timedelta(seconds=2)
"""How often the lease is renewed, and how often it is asked for by who does not have it."""

Work = Callable[[Store], Awaitable[None]]


async def hold(store: Store, holder: str, clock: Clock, work: Work) -> None:
    """Do `work`, on a store whose writes are fenced, while `holder` has the lease, until cancelled. Two
    holders need two names.

    Work that another holder interrupted begins anew once the lease is back. Raises what `work` raises.
    """
    desk, waits = Desk(store, holder), False
    while True:
        lease = await desk.first()
        if lease:
            if waits:
                log.info("took over", holder=holder, token=lease.token)
            await _while_held(store, lease, clock, work, desk)
        elif not waits:
            log.info("standing by", holder=holder)
        waits = lease is None
        await clock.sleep_until(clock.now() + RENEW)


async def _while_held(store: Store, lease: Lease, clock: Clock, work: Work, desk: Desk) -> None:
    """Returns when another holder has the lease, or `work` is done."""
    working = asyncio.ensure_future(work(store.under(lease)))
    renewing = asyncio.ensure_future(_renewed(desk, lease, clock))
    try:
        await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
    finally:
        for task in (working, renewing):
            task.cancel()
        await asyncio.wait({working, renewing})
        with suppress(StoreError):
            await asyncio.to_thread(store.release, lease)


async def _renewed(desk: Desk, lease: Lease, clock: Clock) -> None:
    """Renew until another holder has the lease. A store that is away may come back before anybody asks."""
    while True:
        await clock.sleep_until(clock.now() + RENEW)
        try:
            found = await desk.ask()
        except StoreError:
            continue
        if found is None or found.token != lease.token:
            log.warning("lease lost", holder=lease.holder, token=lease.token)
            return


class Desk:
    """Where one holder asks for the lease, or for more of it. A store that is away is logged once."""

    def __init__(self, store: Store, holder: str) -> None:
        """Ask nothing yet."""
        self._store, self._holder, self._away = store, holder, False

    async def ask(self) -> Lease | None:
        """The lease; None while another has it. Raises StoreError."""
        try:
            found = await asyncio.to_thread(self._store.lease, self._holder, SPAN)
        except StoreError as error:
            if not self._away:
                log.warning("lease out of reach", holder=self._holder, error=str(error))
            self._away = True
            raise
        if self._away:
            log.info("lease in reach", holder=self._holder)
        self._away = False
        return found

    async def first(self) -> Lease | None:
        """The lease; None, too, while the store is away."""
        try:
            return await self.ask()
        except StoreError:
            return None
