"""A backfill of years, killed again and again: the same rows, and nothing stored is asked for again."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from app.domain.pairs import Pair, band
from app.ingest.backfill import uncovered
from app.store import open_store
from tests.ingest.backfill_child import ALL, KEYS, NOW, YESTERDAY, backfill
from tests.simulator import Request, Simulator
from tests.store.others import another

FULL = "CRASH_RUNS" in os.environ
YEARS, KILLS = (25, 20) if FULL else (1, 6)
SINCE = date(YESTERDAY.year - YEARS, 6, 1)

WEEKDAYS = {"nbkr": (1, 2, 3, 4, 5), "nbk": (0, 1, 2, 3, 4), "nbt": (0, 1, 2, 3, 4), "cbu": (0, 1, 2, 3, 4)}
CURRENCIES = {"nbkr": "KGS", "nbk": "KZT", "nbt": "TJS", "cbu": "UZS"}

Asked = tuple[str, str, str]
Row = tuple[object, ...]


@pytest.fixture(scope="module")
def banks() -> Iterator[Simulator]:
    """The four banks with all of their years."""
    with Simulator(now=lambda: NOW) as simulator:
        for upstream in (simulator.nbkr, simulator.nbk, simulator.nbt, simulator.cbu):
            mark = "," if upstream.key == "nbkr" else "."
            for number in range((YESTERDAY - SINCE).days + 1):
                day = SINCE + timedelta(days=number)
                if day.weekday() in WEEKDAYS[upstream.key]:
                    value = plausible(CURRENCIES[upstream.key], day, number).replace(".", mark)
                    online = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=14)
                    upstream.publish(day, {"USD": value}, at=online)
        yield simulator


def plausible(code: str, day: date, number: int) -> str:
    """A value from the midst of what was plausible at the time, another one each day."""
    limits = band(Pair("USD", code), day)
    assert limits
    middle = Decimal(str(float(limits.low * limits.high) ** 0.5))
    return f"{middle * (1000 + number % 7) / 1000:.4f}"


def rows(path: Path) -> list[Row]:
    """All that is recorded, whatever the verdict, without the order in which it came."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT source, pair, effective_date, revision, published_pair, published_value, nominal,"
            " (SELECT verdict FROM judgements WHERE observation_id = id ORDER BY number DESC LIMIT 1)"
            " FROM observations ORDER BY 1, 2, 3, 4, 5"
        ).fetchall()


def asked(requests: list[Request]) -> list[Asked]:
    """What requests were for."""
    return [(each.host, each.path, each.query) for each in requests]


def missing(path: Path) -> set[str]:
    """The URLs whose answers are not in the store, each of which may be asked for once more."""
    if not path.exists():
        return set()
    store = open_store(f"sqlite:///{path}")
    store.upgrade()
    with store.read() as reader:
        found = {
            request.url
            for key in KEYS
            if (history := ALL[key].history)
            for gap in uncovered(SINCE, YESTERDAY, reader.covered(key))
            for span in history.spans(*gap)
            for request in span.requests
        }
    store.close()
    return found


def killed(banks: Simulator, path: Path, after: int) -> bool:
    """Run a backfill and kill it after so many requests; whether it was killed, and had not ended."""
    before = len(banks.log)
    with another(backfill, f"sqlite:///{path}", banks.url, SINCE) as (process, _):
        while process.is_alive() and len(banks.log) < before + after:
            time.sleep(0.0005)
        process.kill()
        process.join()
        return process.exitcode == -signal.SIGKILL


@pytest.mark.crash
def test_a_backfill_killed_again_and_again_ends_with_the_same_rows_and_asks_for_nothing_that_it_has(
    banks: Simulator, tmp_path: Path
) -> None:
    whole, broken, chance = tmp_path / "whole.db", tmp_path / "broken.db", Random(3)
    with another(backfill, f"sqlite:///{whole}", banks.url, SINCE) as (_, line):
        assert line.poll(900)
        filled = line.recv()
    needed = Counter(asked(banks.log))
    assert set(needed.values()) == {1}
    assert all(not failures and not absent for _, _, failures, absent in filled.values())

    kills, total = 0, 0
    for _ in range(KILLS):
        allowed, start = missing(broken), len(banks.log)
        kills += killed(banks, broken, chance.randint(1, max(2 * len(needed) // (KILLS + 1), 2)))
        heard = [
            f"https://{host}{path}?{query}".rstrip("?") for host, path, query in asked(banks.log[start:])
        ]
        total += len(heard)
        assert len(set(heard)) == len(heard)
        assert not allowed or set(heard) <= allowed, "asked for what was stored"
    start = len(banks.log)
    with another(backfill, f"sqlite:///{broken}", banks.url, SINCE) as (_, line):
        assert line.poll(900)
        filled = line.recv()
    total += len(banks.log) - start

    assert kills >= KILLS - 1
    assert total <= len(needed) + kills * (len(KEYS) - 1), "more than what was in flight"
    assert rows(broken) == rows(whole)
    assert {row[0] for row in rows(whole)} == set(KEYS)
    assert missing(broken) == set()
    assert all(not failures for _, _, failures, _ in filled.values())
