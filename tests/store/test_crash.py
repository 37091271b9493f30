"""`kill -9` in the middle of polling, of the poller or of the server, again and again on one store: what was
acknowledged is there, once.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice
from multiprocessing.connection import Connection
from random import Random
from threading import Timer
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from app.domain.errors import StoreUnavailable
from app.domain.observations import Observation
from app.store import open_store
from app.store.base import WRITE_POINTS, Damage, Store
from tests.postgres import PostgreSQL, running
from tests.store.crash_child import (
    FILE_ROWS,
    FIRST_DAY,
    Acknowledged,
    file_of,
    poll,
    poll_until_killed,
    polls,
)
from tests.store.others import another

RUNS = int(os.environ.get("CRASH_RUNS", "60"))
PLACES = {"sqlite": RUNS, "postgresql": RUNS // 5, "server": RUNS // 20}
"""How often a poller is killed that writes to each engine, and a server that is written to."""

LANES = 2
"""How many stores share the runs: the processes that test may be as many."""

ENDS = (*WRITE_POINTS, None)
"""How a run ends: at a point of a write, or, None, from outside at any moment."""


@dataclass
class Oracle:
    """What is known at this end of the line, whatever the processes that wrote it came to."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    killed_at: list[str | None] = field(default_factory=list)


def words(line: Connection) -> Iterator[Acknowledged | str]:
    """What the poller says, up to its death."""
    while line.poll(30):
        try:
            yield line.recv()
        except EOFError:
            return
    raise AssertionError("the poller neither writes nor dies")


def one_run(url: str, oracle: Oracle, since: date, end: str | None, chance: Random) -> None:
    """Let a poller write until it is dead, and note what it acknowledged on the way."""
    passes, before = chance.randint(1, 3 if end == "judged" else 12), len(oracle.acknowledged)
    with another(poll_until_killed, url, since, end, passes) as (process, line):
        for heard in words(line):
            if isinstance(heard, str):
                oracle.killed_at.append(heard)
                continue
            oracle.acknowledged.append(heard)
            if end is None and len(oracle.acknowledged) == before + passes:
                time.sleep(chance.random() / 100)
                process.kill()
                oracle.killed_at.append(None)
        process.join(10)
        assert process.exitcode == -signal.SIGKILL


@dataclass(frozen=True)
class Stored:
    """What the database holds, read past the store; but for `damage`, which is what it says of itself."""

    damage: tuple[Damage, ...]
    version: int
    seq: int
    versions: list[int]
    seqs: list[int]
    ids: list[int]
    rows: list[tuple[date, str, int]]
    judged: list[tuple[int, str | None]]


def stored(url: str) -> Stored:
    """Read the database, and verify it."""
    with closing(open_store(url)) as store:
        damage = store.verify().damages
    driver = url.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(driver, isolation_level="SERIALIZABLE")  # one view: a server may still be at it
    with engine.connect() as connection:

        def ask(question: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.execute(text(question))]

        ((version, seq),) = ask("SELECT version, seq FROM counter")
        rows = ask("SELECT effective_date, substr(published_pair, 1, 3), version FROM observations")
        judged = ask(
            "SELECT id, (SELECT verdict FROM judgements WHERE observation_id = id"
            " ORDER BY number DESC LIMIT 1) FROM observations ORDER BY id"
        )
        found = Stored(
            damage,
            version,
            seq,
            [each for (each,) in ask("SELECT version FROM versions ORDER BY version")],
            [each for (each,) in ask("SELECT seq FROM ticks ORDER BY seq")],
            [each for each, _ in judged],
            [(date.fromisoformat(str(day)), base, number) for day, base, number in rows],
            [(number, verdict) for number, verdict in judged],
        )
    engine.dispose()
    return found


def check(found: Stored, oracle: Oracle) -> None:
    """Hold what is there against what was acknowledged."""
    assert found.damage == ()
    assert found.versions == list(range(1, found.version + 1))
    assert found.seqs == list(range(1, found.seq + 1))
    assert found.ids == list(range(1, len(found.ids) + 1))
    times = Counter((day, base) for day, base, _ in found.rows)
    assert set(times.values()) <= {1}, "recorded twice"
    versions = {(day, base): version for day, base, version in found.rows}
    for each in oracle.acknowledged:
        assert all(versions.get(row) == each.version for row in each.recorded), "acknowledged, but lost"
        assert set(each.ticks) <= set(found.seqs), "acknowledged, but lost"
    files = Counter(day for day, _, _ in found.rows)
    assert set(files.values()) <= {FILE_ROWS}, "half a poll"
    heard = {day for each in oracle.acknowledged for day, _ in each.recorded}
    assert len(files.keys() - heard) <= len(oracle.killed_at), "more than the one whose answer was lost"


def after(found: Stored) -> date:
    """The newest file that is recorded: a poller that starts again asks for that first, and must not record
    it twice.
    """
    return max((day for day, _, _ in found.rows), default=FIRST_DAY)


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.parametrize("lane", range(LANES))
def test_what_was_acknowledged_survives_the_death_of_the_poller_at_any_point(url: str, lane: int) -> None:
    oracle, since = Oracle(), FIRST_DAY
    runs = range(lane, PLACES[url.partition(":")[0]], LANES)
    for run in runs:
        one_run(url, oracle, since, ENDS[run % len(ENDS)], Random(run))
        check(found := stored(url), oracle)
        since = after(found)
    assert Counter(oracle.killed_at) == Counter(ENDS[run % len(ENDS)] for run in runs)
    verdicts = {verdict for _, verdict in found.judged}
    assert verdicts >= {None, "accepted", "rejected"} or len(ENDS) > len(runs), "not everything was tried"
    print(table(oracle, found))


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """One that writes to the disk as servers do."""
    with running(settings={}) as server:
        yield server


@contextmanager
def dying(server: PostgreSQL, chance: Random) -> Iterator[None]:
    """Inside, within a fifth of a second, the server dies."""
    death = Timer(chance.random() / 5, server.kill)
    death.start()
    try:
        yield
    finally:
        death.join()


def write(store: Store, days: Iterable[tuple[list[Observation], datetime]], oracle: Oracle) -> None:
    """Write these days, and note what is acknowledged."""
    for observations, now in days:
        oracle.acknowledged.append(poll(store, observations, now))


@pytest.mark.crash
@pytest.mark.slow
def test_what_was_acknowledged_survives_the_death_of_the_server_at_any_moment(server: PostgreSQL) -> None:
    url, passed, oracle, since = server.database(), [""], Oracle(), FIRST_DAY
    with closing(open_store(url, probe=passed.append)) as store:
        store.upgrade()
        for run in range(PLACES["server"]):
            days = polls(since)
            write(store, islice(days, 1), oracle)
            with pytest.raises(StoreUnavailable), dying(server, Random(run)):
                write(store, days, oracle)
            oracle.killed_at.append(passed[-1])
            server.start()
            check(found := stored(url), oracle)
            since = after(found)
    assert len(set(oracle.killed_at)) > 3 or PLACES["server"] < 20, "not everything was tried"
    print(table(oracle, found))


def table(oracle: Oracle, found: Stored) -> str:
    """What was done, and what was found; check() has seen that the zeros are."""
    times = Counter(oracle.killed_at)
    lines = [f"{end or 'any moment':<13}{times[end]:>7,}" for end in ENDS if times[end]]
    rows = sum(len(each.recorded) for each in oracle.acknowledged)
    ticks = sum(len(each.ticks) for each in oracle.acknowledged)
    numbered = f"{found.version:,} versions and {found.seq:,} ticks"
    return "\n".join(
        [
            f"{'kill -9 after':<13}{'times':>7}",
            *lines,
            f"{'all':<13}{sum(times.values()):>7,}",
            "",
            f"acknowledged: {rows:,} rows and {ticks:,} ticks; lost 0, twice 0",
            f"found: {len(found.rows):,} rows; {numbered}, without a gap",
        ]
    )


WHOLE_FILE = [(FIRST_DAY, each.published.pair.base, 1) for each in file_of(FIRST_DAY)]
A_DAY = timedelta(days=1)
WHOLE = Stored((), 1, 1, [1], [1], [1, 2, 3, 4], WHOLE_FILE, [(1, None)])
ALL_OF_IT = Acknowledged(1, tuple((day, base) for day, base, _ in WHOLE_FILE), (1,))


def test_the_check_lets_a_whole_file_pass() -> None:
    check(WHOLE, Oracle([ALL_OF_IT]))


@pytest.mark.parametrize(
    "spoilt",
    [
        replace(WHOLE, damage=(Damage("database", "file", "row 7 missing from index"),)),
        replace(WHOLE, rows=WHOLE_FILE + WHOLE_FILE[:1], ids=[1, 2, 3, 4, 5]),
        replace(WHOLE, rows=WHOLE_FILE[:2], ids=[1, 2]),
        replace(WHOLE, rows=[(day, base, 2) for day, base, _ in WHOLE_FILE]),
        replace(WHOLE, rows=[], ids=[]),
        replace(WHOLE, versions=[1, 3]),
        replace(WHOLE, version=2),
        replace(WHOLE, seq=0, seqs=[]),
        replace(WHOLE, seq=2),
        replace(WHOLE, ids=[1, 2, 3, 5]),
        replace(
            WHOLE,
            rows=[(day + A_DAY, base, 1) for day, base, _ in WHOLE_FILE] + WHOLE_FILE,
            ids=[*range(1, 9)],
        ),
    ],
)
def test_the_check_sees_what_is_damaged_lost_doubled_halved_or_skipped(spoilt: Stored) -> None:
    with pytest.raises(AssertionError):
        check(spoilt, Oracle([ALL_OF_IT]))
