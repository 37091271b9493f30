"""`kill -9` in the middle of polling, again and again on one file: what was acknowledged is there, once."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from app.store import open_store
from app.store.base import WRITE_POINTS, Damage
from tests.store.crash_child import FILE_ROWS, FIRST_DAY, Acknowledged, file_of, poll_until_killed
from tests.store.others import another

RUNS = int(os.environ.get("CRASH_RUNS", "50"))
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
    engine = create_engine(url)
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


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.parametrize("lane", range(LANES))
def test_what_was_acknowledged_survives_the_death_of_the_poller_at_any_point(url: str, lane: int) -> None:
    oracle, since, runs = Oracle(), FIRST_DAY, RUNS // LANES
    for run in range(runs):
        # From the newest file that is recorded on: a poller that starts again asks for that first, and must
        # not record it twice.
        one_run(url, oracle, since, ENDS[run % len(ENDS)], Random(lane * RUNS + run))
        check(found := stored(url), oracle)
        since = max((day for day, _, _ in found.rows), default=FIRST_DAY)
    assert Counter(oracle.killed_at) == Counter(ENDS[run % len(ENDS)] for run in range(runs))
    verdicts = {verdict for _, verdict in found.judged}
    assert verdicts >= {None, "accepted", "rejected"} or len(ENDS) > runs, "not everything was tried"
    print(table(oracle, found))


def table(oracle: Oracle, found: Stored) -> str:
    """What was done, and what was found; check() has seen that the zeros are."""
    times = Counter(oracle.killed_at)
    lines = [f"{end or 'any moment':<12}{times[end]:>7,}" for end in ENDS]
    rows = sum(len(each.recorded) for each in oracle.acknowledged)
    ticks = sum(len(each.ticks) for each in oracle.acknowledged)
    numbered = f"{found.version:,} versions and {found.seq:,} ticks"
    return "\n".join(
        [
            f"{'kill -9 at':<12}{'times':>7}",
            *lines,
            f"{'all':<12}{sum(times.values()):>7,}",
            "",
            f"acknowledged: {rows:,} rows and {ticks:,} ticks; lost 0, twice 0",
            f"found: {len(found.rows):,} rows; {numbered}, without a gap",
        ]
    )


WHOLE_FILE = [(FIRST_DAY, each.published.pair.base, 1) for each in file_of(FIRST_DAY)]
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
    ],
)
def test_the_check_sees_what_is_damaged_lost_doubled_halved_or_skipped(spoilt: Stored) -> None:
    with pytest.raises(AssertionError):
        check(spoilt, Oracle([ALL_OF_IT]))
