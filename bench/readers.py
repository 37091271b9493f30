"""2,000 readers cost the database what one does; a request costs as much CPU in four web processes.

Web processes follow a real PostgreSQL in which a rate moves twice a second. What the database is asked is
counted by itself, in transactions a second; what a request costs is the time that the web processes were on a
CPU, divided by the requests. Exits with 1 when a ratio is further from 1 than 10 % for the database, or 25 %
for the CPU, whose clock ticks in hundredths of a second.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread

from app.clock import SystemClock
from app.context import Context, opened
from app.domain.calendar import day_of
from app.ingest.record import record
from app.settings import PREFIX, Settings
from bench.measuring import show
from bench.measuring.days import page
from tests.demo import running
from tests.postgres import PostgreSQL
from tests.postgres import running as postgres
from tests.said import BISHKEK, paged

SECONDS, MANY = 10, 2_000
PATHS = "/v1/latest,/v1/ticker,/v1/ticks,/v1/history/KGS-USD"
PAUSES = {1: "0.05", MANY: "4"}
"""Seconds between two questions of one reader, by the number of readers; the server closes what is silent for
five.
"""

PROCESSES = (1, 2, 4)
OFF_BY = {"database": 0.10, "cpu": 0.25}


def main(seconds: int = SECONDS, many: int = MANY) -> int:
    with postgres() as server, ExitStack() as opening:
        url = server.database()
        context = opening.enter_context(opened(Settings(database_url=url)))
        fill(context)
        opening.enter_context(moving(context))
        asked = transactions(server, url, seconds, many)
        cost = cpu(url, seconds)
    show(__doc__, "transactions/s", [(name, each, each / asked[0][1]) for name, each in asked])
    show(
        "What a request costs, in one process and in several.",
        "CPU us",
        [(name, each, each / cost[0][1]) for name, each in cost],
    )
    return int(off(asked) > OFF_BY["database"] or off(cost) > OFF_BY["cpu"])


def off(rows: list[tuple[str, float]]) -> float:
    """How far the furthest of `rows` is from the first."""
    return max(abs(each / rows[0][1] - 1) for _, each in rows)


def fill(context: Context) -> None:
    """Two days of rates, the second of them today."""
    for ago in (1, 0):
        now = SystemClock().now() - timedelta(days=ago)
        record(context.store, context.catalog, page(day_of(now, BISHKEK)), now)


@contextmanager
def moving(context: Context) -> Iterator[None]:
    """Inside, a rate moves twice a second."""
    stop = Event()

    def move() -> None:
        began = time.monotonic()
        for number in count(1):
            if stop.wait(max(began + number / 2 - time.monotonic(), 0)):
                return
            now = SystemClock().now()
            said = paged(str(day_of(now, BISHKEK)), "KGS/USD", f"0.0114{number % 90 + 10}", None)
            record(context.store, context.catalog, [said], now)

    thread = Thread(target=move)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def transactions(server: PostgreSQL, url: str, seconds: int, many: int) -> list[tuple[str, float]]:
    """Transactions a second at the database: without readers, with one, and with many."""
    rows = []
    with serving(url, 1) as (_, urls):
        for readers in (1, many):
            before, began = committed(server, url), time.monotonic()
            crowd(seconds, readers, PAUSES.get(readers, "1"), urls)
            rate = (committed(server, url) - before) / (time.monotonic() - began)
            rows.append((f"{readers:,} reader{'s' * (readers > 1)}", rate))
    return rows


def cpu(url: str, seconds: int) -> list[tuple[str, float]]:
    """Microseconds of CPU a request, by the number of web processes."""
    rows = []
    for processes in PROCESSES:
        with serving(url, processes) as (ids, urls):
            crowd(1, 8, "0.02", urls)
            before = sum(map(on_cpu, ids))
            answers = crowd(seconds, 8 * processes, "0.05", urls)
            used = sum(map(on_cpu, ids)) - before
        rows.append((f"{processes} web process{'es' * (processes > 1)}", used / answers * 1_000_000))
    return rows


@contextmanager
def serving(url: str, processes: int) -> Iterator[tuple[list[int], list[str]]]:
    """So many web processes over one store: their ids, and where they answer."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environ = {**clean, f"{PREFIX}DATABASE_URL": url}
    with ExitStack() as started:
        ids, urls = [], []
        for _ in range(processes):
            command = ("app", "serve", "--no-poll", "--port", "0")
            process = started.enter_context(running(*command, environ=environ))
            assert process.stdout
            ids.append(process.pid)
            urls.append(process.stdout.readline().split()[3])
            started.callback(process.stdout.close)
        yield ids, urls


def crowd(seconds: int, readers: int, pause: str, urls: list[str]) -> int:
    """Let so many readers ask; gives how many answers came, all of them 200, or raises RuntimeError."""
    command = [sys.executable, "-m", "bench.measuring.crowd", str(seconds), str(readers), pause, PATHS, *urls]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answers, refused = map(int, done.stdout.split())
    if refused or not answers:
        raise RuntimeError(f"{refused} of {answers} answers were no 200")
    return answers


def committed(server: PostgreSQL, url: str) -> int:
    """Transactions that the database has committed so far."""
    time.sleep(1.2)  # it counts each of its processes once a second
    name = url.rpartition("/")[2]
    ((count,),) = server.execute(f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{name}'")
    return int(str(count))


def on_cpu(process: int) -> float:
    """Seconds that a process was on a CPU."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
