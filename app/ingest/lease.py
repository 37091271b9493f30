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
    waits = False
    while True:
        lease = await _asked(store, holder)
        if lease:
            if waits:
                log.info("took over", holder=holder, token=lease.token)
            await _while_held(store, lease, clock, work)
        elif not waits:
            log.info("standing by", holder=holder)
        waits = lease is None
        await clock.sleep_until(clock.now() + RENEW)


async def _while_held(store: Store, lease: Lease, clock: Clock, work: Work) -> None:
    """Returns when another holder has the lease, or `work` is done."""
    working = asyncio.ensure_future(work(store.under(lease)))
    renewing = asyncio.ensure_future(_renewed(store, lease, clock))
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


async def _renewed(store: Store, lease: Lease, clock: Clock) -> None:
    """Renew until another holder has the lease. A store that is away may come back before anybody asks."""
    while True:
        await clock.sleep_until(clock.now() + RENEW)
        try:
            found = await asyncio.to_thread(store.lease, lease.holder, SPAN)
        except StoreError as error:
            log.warning("lease not renewed", holder=lease.holder, error=str(error))
            continue
        if found is None or found.token != lease.token:
            log.warning("lease lost", holder=lease.holder, token=lease.token)
            return


async def _asked(store: Store, holder: str) -> Lease | None:
    try:
        return await asyncio.to_thread(store.lease, holder, SPAN)
    except StoreError as error:
        log.warning("lease not asked for", holder=holder, error=str(error))
        return None
