"""A bank that hangs up on whoever opens many connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from app.domain.errors import Unreachable
from app.ingest.backfill import Backfill, Progress
from app.ingest.fetch import Fetcher, Limits
from app.sources.catalog import catalog
from app.sources.nbkr import DAILY, SOURCE
from app.store.base import Store
from tests.fakes import HastyClock
from tests.said import at
from tests.simulator import Simulator, years

ALL = catalog()
LIMITS = Limits(exchange=timedelta(seconds=5), attempts=1)
FIRST, TODAY = date(2016, 5, 20), date(2026, 5, 20)
"""Ten years, which lie in eleven of the calendar, a page each."""


@pytest.fixture
def clock() -> HastyClock:
    return HastyClock(at("2026-05-20 06:00"))


@pytest.fixture
def bank(clock: HastyClock) -> Iterator[Simulator]:
    """The Kyrgyz bank, with ten years of rates, and patience for three connections."""
    with Simulator(now=clock.now) as simulator:
        years.publish(simulator, FIRST - timedelta(days=1), TODAY, only={"nbkr"})
        simulator.most_connections["www.nbkr.kg"] = 3
        yield simulator


def test_ten_years_of_pages_are_had_over_one_connection(
    store: Store, clock: HastyClock, bank: Simulator
) -> None:
    async def run() -> list[Progress]:
        async with Fetcher(clock, mirror=bank.url, limits=LIMITS, hosts=ALL.hosts) as fetcher:
            return await Backfill(store, ALL, fetcher, clock).run([SOURCE], FIRST)

    (filled,) = asyncio.run(run())
    assert (filled.failures, filled.absent, filled.done) == ({}, [], filled.days)
    assert filled.rows > 2500
    assert [request.path for request in bank.log] == ["/index1.jsp"] * 11, "one for each year"
    assert len({request.connection for request in bank.log}) == 1


def test_whoever_opens_a_connection_for_each_request_is_hung_up_on(
    clock: HastyClock, bank: Simulator
) -> None:
    async def ask() -> None:
        async with Fetcher(clock, mirror=bank.url, limits=LIMITS, hosts=ALL.hosts) as fetcher:
            assert await fetcher.fetch("nbkr", DAILY)

    for _ in range(3):
        asyncio.run(ask())
    with pytest.raises(Unreachable):
        asyncio.run(ask())
    assert [request.status for request in bank.log] == [200, 200, 200, None]
