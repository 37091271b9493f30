"""A day of minutes: four sources say something of five pairs every minute, while four processes read all the
time. No reader fails or misses a tick, and nobody's memory grows. MINUTES=1440 makes it the whole day.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest

from app.answers.latest import latest
from app.domain.calendar import Continuous
from app.domain.observations import Observation, Published
from app.domain.pairs import LOCAL, TICKER, Pair
from app.ingest.record import record
from app.sources.catalog import Catalog
from app.sources.openexchangerates import SOURCE
from app.store import open_store
from app.store.base import Store
from tests.said import at
from tests.store.conftest import ENGINES
from tests.store.others import another

MINUTES = int(os.environ.get("MINUTES", "90"))
READERS = 4
A_MINUTE = timedelta(minutes=1)
BEGIN = at("2026-05-21 00:00")
KEYS = ("first", "second", "third", "fourth")
COSTS = {"KGS": 87_4500, "KZT": 470_1200, "TJS": 9_4200, "UZS": 12142_1000, "TMT": 3_5000}
"""Of a dollar, in ten-thousandths."""

GROWTH = 12
"""MiB that a process may grow by after its first quarter: caches fill, nothing else."""

CATALOG = Catalog(
    tuple(replace(SOURCE, key=key, calendar=Continuous(ZoneInfo("UTC"), A_MINUTE)) for key in KEYS),
    frozenset(KEYS),
    {},
)


def minute(number: int) -> list[Observation]:
    """What all four say in a minute: other values than in the one before."""
    instant, said = BEGIN + number * A_MINUTE, []
    for place, key in enumerate(KEYS):
        for code in LOCAL:
            units = COSTS[code] + number * 37 % 97 + place
            published = Published(Pair("USD", code), f"{units // 10_000}.{units % 10_000:04}")
            said.append(Observation(key, published, instant.date(), instant, instant))
    return said


def mebibytes() -> int:
    """What this process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


@dataclass(frozen=True)
class Seen:
    """What a reader came to: how often it asked, the ticks that it was told, in their order, its errors, and
    its memory in MiB, at each quarter of its readings or so.
    """

    asked: int
    ticks: list[int]
    errors: list[str]
    memory: list[int]


def read_until_told(line: Connection, url: str) -> None:
    """Follow the record and ask for the latest rates and what is new in the log, again and again; at last
    tell what was seen.
    """
    store, stop, asked = open_store(url), Event(), 0
    seqs: list[int] = []
    errors: list[str] = []
    memory: list[int] = []
    following = Thread(target=store.follow, args=(stop, lambda: None))
    following.start()
    last: int | None = None
    line.send("reads")
    while last is None or len(seqs) < last:
        if line.poll(0.002):
            last = line.recv()
        try:
            seqs += news(store, seqs[-1] if seqs else 0)
        except Exception as error:
            errors.append(repr(error))
        asked += 1
        if asked % 200 == 0:
            memory.append(mebibytes())
    stop.set()
    following.join()
    store.close()
    line.send(Seen(asked, seqs, errors, memory))


def news(store: Store, after: int) -> list[int]:
    """The seqs after this one, in the view in which the latest rates are whole."""
    with store.read() as reader:
        counter = reader.counter()
        if counter.recorded_at:
            rates = latest(reader, CATALOG, counter.recorded_at).body.rates
            assert [row.pair for row in rates] == list(TICKER)
            assert len({row.version for row in rates}) == 1, "half a minute"
        return [tick.seq for tick in reader.ticks(after=after)]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_no_reader_of_a_day_of_minutes_fails_or_misses_a_tick_and_memory_is_flat(
    engine: str, tmp_path: Path
) -> None:
    url = ENGINES[engine](tmp_path)
    store, memory = open_store(url), []
    store.upgrade()
    with reading(url) as lines:
        began = time.monotonic()
        for number in range(MINUTES):
            done = record(store, CATALOG, minute(number), BEGIN + number * A_MINUTE)
            assert (len(done.recorded), len(done.ticks)) == (20, 5)
            memory.append(mebibytes())
        seconds = time.monotonic() - began
        seen = [finished(line, 5 * MINUTES) for line in lines]
    for each in seen:
        assert each.errors == []
        assert each.ticks == list(range(1, 5 * MINUTES + 1))
        assert grown(each.memory) <= GROWTH
    assert grown(memory) <= GROWTH
    assert store.verify(KEYS).damages == ()
    store.close()
    asked = sum(each.asked for each in seen)
    print(
        f"{engine}: {20 * MINUTES} rows in {MINUTES} polls, {5 * MINUTES} ticks, {seconds:.0f} s;"
        f" {READERS} readers asked {asked} times: 0 errors, 0 ticks missed;"
        f" memory grew by {grown(memory)} MiB where it was written,"
        f" and by {max(grown(each.memory) for each in seen)} MiB where it was read"
    )


@contextmanager
def reading(url: str) -> Iterator[list[Connection]]:
    """Inside, so many processes read; these are the lines to them."""
    with ExitStack() as started:
        lines = [started.enter_context(another(read_until_told, url))[1] for _ in range(READERS)]
        for line in lines:
            assert line.recv() == "reads"
        yield lines


def finished(line: Connection, last: int) -> Seen:
    """Tell a reader the last seq there will be, and hear what it saw."""
    line.send(last)
    assert line.poll(60), "a reader still waits for ticks"
    seen = line.recv()
    assert isinstance(seen, Seen)
    return seen


def grown(memory: list[int]) -> int:
    """MiB by which it is more at the end than after the first quarter."""
    return memory[-1] - memory[len(memory) // 4] if memory else 0
