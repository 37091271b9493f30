"""The service beside all of its upstreams, at any instant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import date, timedelta
from random import Random
from typing import Any

from app.domain.observations import Observation
from app.domain.pairs import TICKER, canonical
from app.ingest.fetch import Fetcher, Limits
from app.ingest.poller import Polled, Poller
from app.sources.base import Source
from app.sources.catalog import catalog
from app.store.base import Store
from tests.fakes import FakeClock
from tests.simulator import Simulator
from tests.simulator.openexchangerates import APP_ID

EVERYTHING = catalog(
    ["nbkr", "nbk", "nbt", "cbu", "peg", "cbt", "fawazahmed0", "openexchangerates", "frankfurter"],
    app_id=APP_ID,
)
"""All sources, also those that are off by default."""

ASKED = tuple(source for source in EVERYTHING.polled if source.parse)

QUICK = Limits(
    connect=timedelta(seconds=1),
    exchange=timedelta(milliseconds=300),
    attempts=1,
    received=500_000,
    unpacked=500_000,
)

Polling = Callable[[Poller], Coroutine[Any, Any, Any]]


def with_poller(store: Store, clock: FakeClock, simulator: Simulator, polling: Polling, **how: Any) -> Any:
    """Run `polling` with a poller that asks the simulator."""

    async def run() -> Any:
        async with Fetcher(
            clock, mirror=simulator.url, limits=QUICK, hosts=EVERYTHING.hosts, random=Random(1)
        ) as fetcher:
            return await polling(Poller(store, EVERYTHING, fetcher, clock, random=Random(1), **how))

    return asyncio.run(run())


def poll(store: Store, clock: FakeClock, simulator: Simulator, source: Source, times: int = 1) -> Polled:
    """Poll a source so often; returns the last outcome."""

    async def polling(poller: Poller) -> Polled:
        return [await poller.poll(source) for _ in range(times)][-1]

    found: Polled = with_poller(store, clock, simulator, polling)
    return found


def in_force(store: Store, source: Source) -> dict[tuple[str, date], Observation]:
    """What is in force of the pairs of the ticker from a source, by pair and day."""
    with store.read() as reader:
        return {
            (str(pair), each.said.effective_date): each.said
            for pair in TICKER
            if pair in map(canonical, source.pairs)
            for each in reader.publications(pair, source.key)
        }
