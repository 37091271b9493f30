"""A backfill in a process of its own, to be killed at any moment."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection

from app.ingest.backfill import Backfill, Progress
from app.ingest.fetch import Fetcher, Limits
from app.sources.catalog import catalog
from app.store import open_store
from tests.fakes import HastyClock

ALL = catalog()
KEYS = ("nbkr", "nbk", "nbt", "cbu", "peg")
"""The five currencies, each from the source that sets it."""

NOW = datetime(2026, 5, 20, 6, tzinfo=UTC)
YESTERDAY = date(2026, 5, 19)
LIMITS = Limits(exchange=timedelta(seconds=20), attempts=1)


def backfill(line: Connection, url: str, mirror: str, since: date) -> None:
    """Fill in from `since` to yesterday without a pause that takes time; tell what came of it."""
    clock, store = HastyClock(NOW), open_store(url)
    store.upgrade()

    async def run() -> list[Progress]:
        async with Fetcher(clock, mirror=mirror, limits=LIMITS, hosts=ALL.hosts) as fetcher:
            return await Backfill(store, ALL, fetcher, clock).run(
                [ALL[key] for key in KEYS], since, YESTERDAY
            )

    filled = asyncio.run(run())
    store.close()
    line.send({each.source: (each.days, each.rows, each.failures, each.absent) for each in filled})
