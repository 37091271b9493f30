"""A view of the past costs what it tells: however much was recorded after it, it reads the same rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from app.domain.days import Day
from app.domain.ticks import Tick
from app.store import open_store
from app.store.base import Plain, Reader, Store
from tests.store.conftest import ENGINES
from tests.store.given import KGS, KZT, NOW, day, poll, said, tick
from tests.store.test_contract_days import KEY, hourly, keep

FEW, MANY, A_DAY = 1_000, 50_000, 100
"""Rows that are recorded later, of which each transaction adds those of a day, and a tick."""

OTHERWISE = 30
"""Of so little no matter is made: an engine may go another way to the same rows when there are more."""

THEN, KNOWN = said(on=1, source=KEY, hour=1).observed_at, 3
"""An instant of the past, and the version after which the rows come."""

ASKED: dict[str, Callable[[Reader], object]] = {
    "where it stood": lambda reader: reader.counter(),
    "the newest": lambda reader: reader.newest(KGS, KEY),
    "the newest of a day": lambda reader: reader.newest(KGS, KEY, until=day(1)),
    "the newest at an instant": lambda reader: reader.newest(KGS, KEY, at=THEN),
    "the first": lambda reader: list(reader.publications(KGS, KEY, limit=1)),
    "all publications": lambda reader: list(reader.publications(KGS, KEY)),
    "with those that were superseded": lambda reader: list(reader.publications(KGS, KEY, superseded=True)),
    "the days": lambda reader: list(reader.days(KGS, KEY)),
    "what there was": lambda reader: reader.extents(),
    "the last tick": lambda reader: reader.last_tick(KGS),
    "a tick that came later": lambda reader: reader.tick(4),
    "the ticks": lambda reader: reader.ticks(),
    "the ticks of a pair": lambda reader: reader.ticks(pairs=[KGS]),
}


def remember(store: Store, later: int) -> None:
    """Two days of the past, in three versions, and what was recorded `later`: of days before and after."""
    poll(store, said(on=2), said(on=2, pair=KZT))
    for on in (1, 2):
        keep(store, on, *hourly(on, "87.4", "87.6", "87.5"))
    for number in range(later // A_DAY):
        on = 3 + number // 2 if number % 2 else -number // 2
        told = [(moment, f"87.{place:02}") for place, moment in enumerate(moments(day(on)))]
        with store.write(NOW) as writer:
            writer.add_all([plain(day(on), *each) for each in told], NOW)
            writer.keep_day(KGS, KEY, day(on), [Day.summed(KEY, day(on), KGS.inverse, 1, told)])
            writer.append(tick(writer, said(on=on, source=KEY)))


def moments(on: date) -> Iterator[datetime]:
    """The instants of a day."""
    start = THEN.replace(year=on.year, month=on.month, day=on.day, hour=0)
    return (start + timedelta(minutes=number) for number in range(A_DAY))


def plain(on: date, moment: datetime, value: str) -> Plain:
    """What was said then, in texts."""
    at = moment.isoformat(" ", "microseconds")
    return KEY, str(KGS), str(on), at, 0, str(KGS.inverse), value, 1, "0.0114"


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine."""
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def urls(engine: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A store with few rows that came later, and one with many."""
    found = []
    for later in (FEW, MANY):
        folder: Path = tmp_path_factory.mktemp("past")
        found.append(ENGINES[engine](folder))
        with closing(open_store(found[-1])) as store:
            store.upgrade()
            remember(store, later)
        if engine == "postgresql":
            with psycopg.connect(found[-1], autocommit=True) as connection:
                connection.execute("ANALYZE")
    return found


def answered(url: str, question: Callable[[Reader], object], known: int | None = KNOWN) -> object:
    """What a view says, of the past or of now."""
    with closing(open_store(url)) as store, store.read(known) as reader:
        return question(reader)


def steps_of_sqlite(url: str, *asked: Any) -> int:
    """How many instructions the engine carries out to answer, and to open the store."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    def watch(connection: sqlite3.Connection, record: object) -> None:
        connection.set_progress_handler(step, 1)

    event.listen(Pool, "connect", watch)
    try:
        answered(url, *asked)
    finally:
        event.remove(Pool, "connect", watch)
    return taken


VISITED = """
SELECT (SELECT SUM(seq_tup_read + COALESCE(idx_tup_fetch, 0)) FROM pg_stat_user_tables)
     + (SELECT SUM(idx_tup_read) FROM pg_stat_user_indexes)
"""
ALONE = "SELECT COUNT(*) = 1 FROM pg_stat_activity WHERE datname = current_database()"


def rows_of_postgresql(url: str, *asked: Any) -> int:
    """How many rows and entries of indexes the engine visits to answer, and to open the store, when it may
    not read a small table through.
    """
    before = visited(url)
    answered(f"{url}?options=-c%20enable_seqscan%3Doff", *asked)
    return visited(url) - before


def visited(url: str) -> int:
    """All that were visited so far: a connection says so when it ends."""
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(ALONE).fetchone() != (True,):
            sleep(0.01)
        ((found,),) = connection.execute(VISITED).fetchall()
    return int(found)


COUNTED = {"sqlite": steps_of_sqlite, "postgresql": rows_of_postgresql}


@pytest.mark.parametrize("asked", ASKED)
def test_it_reads_no_row_that_was_recorded_later(engine: str, urls: list[str], asked: str) -> None:
    few, many = (COUNTED[engine](url, ASKED[asked]) for url in urls)
    assert abs(many - few) < OTHERWISE


def test_the_ticks_of_a_pair_are_read_on_from_where_one_is(engine: str, urls: list[str]) -> None:
    def lately(reader: Reader) -> list[Tick]:
        return reader.ticks(after=reader.counter().seq - 2, pairs=[KGS])

    few, many = (COUNTED[engine](url, lately, None) for url in urls)
    assert abs(many - few) < OTHERWISE


@pytest.mark.parametrize("asked", [each for each in ASKED if each != "where it stood"])
def test_it_says_the_same_whatever_was_recorded_later(urls: list[str], asked: str) -> None:
    few, many = (answered(url, ASKED[asked]) for url in urls)
    assert few == many
