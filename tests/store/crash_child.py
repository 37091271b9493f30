"""A poller that writes as fast as it can, and stops dead at a named point of a write.

What it acknowledges goes down a line to another process, after the write has returned: that end of the line
knows what must be there, whatever happens to this process.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing.connection import Connection

from app.domain.observations import Observation
from app.ingest.record import Coverage, record
from app.sources.catalog import catalog
from app.store import open_store
from app.store.base import Store
from tests.said import nbkr_file

FIRST_DAY = date(2001, 1, 1)
FILE_ROWS = 4
"""Rows in one file of the bank: the dollar and three crosses."""


@dataclass(frozen=True)
class Acknowledged:
    """What one write returned: its version, the days and bases it recorded, and the seqs of its ticks."""

    version: int
    recorded: tuple[tuple[date, str], ...]
    ticks: tuple[int, ...]


def file_of(day: date) -> list[Observation]:
    """The bank's file of a day: small moves in every row, every sixth day a misprint that is refused, and
    every fourth a jump of the dollar that is held until the next day confirms it. No value is that of a day
    before: on a holiday it would be carried, and not recorded.
    """
    number = (day - FIRST_DAY).days
    level, decimals = 80 if number // 4 % 2 else 100, f"{number * 389 % 1000:04}"
    value = "8745.00" if number % 6 == 5 else f"{level}.{decimals}"
    crosses = {"EUR": f"101.{decimals}", "CNY": f"12.8{decimals}", "RUB": f"1.22{decimals}"}
    return nbkr_file(day.isoformat(), value, crosses)


def polls(since: date) -> Iterator[tuple[list[Observation], datetime]]:
    """The files from `since` on, one a day, each with the instant at which it is polled."""
    day = since
    while True:
        yield file_of(day), datetime.combine(day, time(6), UTC)
        day += timedelta(days=1)


def poll_until_killed(line: Connection, url: str, since: date, point: str | None, passes: int) -> None:
    """Poll at full speed from the file of `since` on, and die at the pass number `passes` of `point`, or, if
    that is None, whenever somebody kills us.
    """
    left = passes

    def probe(passed: str) -> None:
        nonlocal left
        if passed == point:
            left -= 1
            if left == 0:
                line.send(point)
                os.kill(os.getpid(), signal.SIGKILL)

    store = open_store(url, probe=probe)
    store.upgrade()
    for observations, now in polls(since):
        line.send(poll(store, observations, now))


def poll(store: Store, observations: list[Observation], now: datetime) -> Acknowledged:
    """Write one day: what was asked for, a holiday elsewhere, and the file."""
    day = observations[0].effective_date
    record(store, catalog(), (), now, covers=[Coverage("nbkr", day - timedelta(days=1), day)])
    with store.write(now) as writer:
        writer.close_day("nbk", day)
    done = record(store, catalog(), observations, now)
    recorded = tuple((each.said.effective_date, each.said.published.pair.base) for each in done.recorded)
    return Acknowledged(done.version, recorded, tuple(tick.seq for tick in done.ticks))
