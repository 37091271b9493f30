"""Two thousand readers cost the database no more than one does.

A web process follows a real PostgreSQL in which a rate moves twice a second. What the database is asked is
counted in its own log, in statements a second: the follower's looks, the questions that are new with each
version, and the writer's own. Exits with 1 when two thousand readers make them a tenth more, or fewer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from threading import Event, Thread

from app.clock import SystemClock
from app.context import Context, opened
from app.domain.calendar import day_of
from app.ingest.record import record
from app.settings import PREFIX, Settings
from bench.measuring import Row, show
from bench.measuring.days import page
from tests.demo import running
from tests.postgres import QUICK, PostgreSQL
from tests.postgres import running as postgres
from tests.said import BISHKEK, paged

SECONDS, MANY = 20, 2_000
PATHS = "/v1/latest,/v1/ticker,/v1/ticks,/v1/history/KGS-USD"
PAUSE = "4"
"""Seconds between two questions of one of many readers; the server closes what is silent for five."""

WARM = 6
"""Seconds until each of many readers has asked, and until the last of them ends."""

TENTH = 0.1
LOUD = {**QUICK, "log_statement": "all"}
"""A server that logs each statement."""


def main(seconds: int = SECONDS, many: int = MANY, warm: int = WARM) -> int:
    with moving(LOUD) as (server, url):
        rows = statements(server, url, seconds, many, warm)
    show(__doc__, "statements/s", rows)
    return int(abs(rows[1][2] - 1) > TENTH)


def fill(context: Context) -> None:
    """Two days of rates, the second of them today."""
    for ago in (1, 0):
        now = SystemClock().now() - timedelta(days=ago)
        record(context.store, context.catalog, page(day_of(now, BISHKEK)), now)


@contextmanager
def moving(settings: Mapping[str, str] = QUICK) -> Iterator[tuple[PostgreSQL, str]]:
    """A server, and the URL of a store on it in which a rate moves twice a second."""
    with postgres(settings=settings) as server:
        url = server.database()
        with opened(Settings(database_url=url)) as context:
            fill(context)
            with moved(context):
                yield server, url


@contextmanager
def moved(context: Context) -> Iterator[None]:
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


def statements(server: PostgreSQL, url: str, seconds: int, many: int, warm: int) -> list[Row]:
    """Statements a second at the database while one reader asks, and many do."""
    rates = []
    with serving(url, 1) as (_, urls), ThreadPoolExecutor(1) as asking:
        for readers, pause in ((1, "0.02"), (many, PAUSE)):
            answers = asking.submit(crowd, seconds + 2 * warm, readers, pause, urls)
            time.sleep(warm)
            before, began = counted(server), time.monotonic()
            time.sleep(seconds)
            rates.append((counted(server) - before) / (time.monotonic() - began))
            answers.result()
    return [("one reader", rates[0], 1.0), ("two thousand readers", rates[1], rates[1] / rates[0])]


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


def counted(server: PostgreSQL) -> int:
    """Statements that the server was asked so far."""
    said = server.logged()
    return said.count(b"LOG:  statement: ") + said.count(b"LOG:  execute ")


if __name__ == "__main__":
    sys.exit(main())
