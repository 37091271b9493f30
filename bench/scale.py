"""Ten years of minutes take at most 1.5 times as long to answer from as ten years of three rates a day.

Five pairs from a source that speaks all day, on SQLite and on a real PostgreSQL: what is asked is the same,
and so is what is returned. One store has 54,750 rows; `--minutes N` says how many rows a day the other has:
1440 make 26 million. Before all of them stand a few days that were recorded first: what was known then is
asked, too. The rows are filed without being judged. Exits with 1 when the claim does not hold.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from tempfile import TemporaryDirectory

import psycopg

from app.answers.candles import candles
from app.answers.changes import changes
from app.answers.facts import pairs
from app.answers.history import history
from app.answers.latest import latest, latest_row
from app.domain.days import Day
from app.domain.numbers import plain
from app.domain.observations import ACCEPTED, Observation, Published
from app.domain.pairs import LOCAL, Pair
from app.ingest.record import record
from app.sources.catalog import catalog
from app.store import open_store
from app.store.base import Reader, Store
from app.store.rows import from_day
from bench.measuring import Contender, Row, compared, in_turn, show
from tests.postgres import QUICK, running
from tests.said import at

REPEATS, AT_MOST = 15, 1.5
DAYS, FEW, MANY = 3_650, 3, 24
"""Days of both stores, and rows a day of one pair in the smaller and, unless told otherwise, the larger."""

BEFORE = 30
"""Days before those, of which the first version has a row each."""

FIRST, NEWEST = 1, 2
"""The versions: what stands before, and all the rest."""

NOW = at("2026-05-21 06:00")
TODAY = NOW.date()
KEY, SOM = "openexchangerates", Pair("KGS", "USD")
CATALOG = catalog([KEY], app_id="none")
COSTS = {"KGS": 87_4500, "KZT": 470_1200, "TJS": 9_4200, "UZS": 12142_1000, "TMT": 3_5000}
"""Of a dollar, in ten-thousandths."""

COLUMNS = (
    "id, source, pair, effective_date, observed_at, revision, published_pair, published_value, nominal, rate,"
    " fetched_at, recorded_at, version, hash"
)
Line = tuple[object, ...]
Question = Callable[[Reader], object]
Asked = tuple[int, Question]
"""A version, and what is asked of it."""

ASKED: dict[str, Question] = {
    "latest, five pairs": lambda reader: latest(reader, CATALOG, NOW),
    "one pair, three years ago": lambda reader: latest_row(
        reader, CATALOG, NOW, pair=SOM, on=TODAY - timedelta(days=1000)
    ),
    "change, every window": lambda reader: changes(reader, CATALOG, NOW, pair=SOM),
    "daily candles, ten years": lambda reader: candles(
        reader, CATALOG, NOW, pair=SOM, source=KEY, limit=10_000
    ),
    "monthly candles, ten years": lambda reader: candles(
        reader, CATALOG, NOW, pair=SOM, source=KEY, interval="1mo", limit=10_000
    ),
    "what there is": lambda reader: pairs(reader, CATALOG, NOW),
}
OF_THEN: dict[str, Callable[[datetime, Reader], object]] = {
    "latest as known then": lambda then, reader: latest(reader, CATALOG, then),
    "history as known then": lambda then, reader: history(reader, CATALOG, then, pair=SOM, source=KEY),
    "daily candles as known then": lambda then, reader: candles(
        reader, CATALOG, then, pair=SOM, source=KEY, limit=10_000
    ),
    "what there was then": lambda then, reader: pairs(reader, CATALOG, then),
}
"""What is asked of the first version, at its time."""


def main(repeats: int = REPEATS, days: int = DAYS, minutes: int = MANY) -> int:
    rows: list[Row] = []
    for engine, place in (("SQLite", files), ("PostgreSQL", databases)):
        with ExitStack() as opening:
            url = opening.enter_context(place())
            few, many = (opening.enter_context(filled(url(), days, a_day)) for a_day in (FEW, minutes))
            rows += [
                compare(f"{engine}: {name}", asks, few, many, repeats) for name, asks in asked(days).items()
            ]
    show(__doc__, "ms", rows)
    return int(any(ratio > AT_MOST for _, _, ratio in rows))


@contextmanager
def files() -> Iterator[Callable[[], str]]:
    """URLs of new files."""
    with TemporaryDirectory() as folder:
        places = iter("ab")
        yield lambda: f"sqlite:///{folder}/{next(places)}.db"


@contextmanager
def databases() -> Iterator[Callable[[], str]]:
    """URLs of new databases on one server."""
    with running(settings={**QUICK, "shared_buffers": "1GB", "max_wal_size": "8GB"}) as server:
        yield server.database


def asked(days: int) -> dict[str, Asked]:
    """Each question, with the version that is asked."""
    then = before(days)[-1]
    of_then = {name: (FIRST, partial(question, then)) for name, question in OF_THEN.items()}
    return {name: (NEWEST, question) for name, question in ASKED.items()} | of_then


def compare(name: str, asks: Asked, few: Store, many: Store, repeats: int) -> Row:
    """What a question takes over many rows, beside what it takes over few."""
    _, row = compared(in_turn({"few": contender(few, *asks), name: contender(many, *asks)}, repeats))
    return row


def contender(store: Store, version: int, question: Question) -> Contender:
    """The question in a view of its own, which remembers nothing: what is known is that of a version."""

    def ask() -> object:
        with store.read(known=version) as reader:
            return question(reader)

    return lambda number: ask


@contextmanager
def filled(url: str, days: int, a_day: int) -> Iterator[Store]:
    """A store with a few days, so many after them up to yesterday, and what was said last today."""
    store = open_store(url)
    store.upgrade()
    moments = before(days)
    with store.write(moments[-1]) as writer:
        for spoken in (said(code, moment) for code in LOCAL for moment in moments):
            writer.add(spoken, 0, ACCEPTED)
            writer.keep_day(spoken.pair, KEY, spoken.effective_date, [Day.of(spoken)])
    record(store, CATALOG, [said(code, NOW) for code in LOCAL], NOW)
    insert(url, partial(lines, days, a_day), list(day_rows(days, a_day)))
    yield store
    store.close()


def before(days: int) -> list[datetime]:
    """The instants of what stands before so many days."""
    return [NOW - timedelta(days=days + ago) for ago in range(BEFORE, 0, -1)]


def said(code: str, instant: datetime) -> Observation:
    """What is said of a currency at an instant."""
    published = Published(Pair("USD", code), value(code, 0))
    return Observation(KEY, published, instant.date(), instant, instant)


def value(code: str, number: int) -> str:
    """The printed value of the row of this number on any day."""
    units = COSTS[code] + (number * 37 % 97 if code != "TMT" else 0)
    return f"{units // 10_000}.{units % 10_000:04}"


def moments(day: date, a_day: int) -> Iterator[datetime]:
    """The instants of a day."""
    start = datetime.combine(day, time(), UTC)
    return (start + timedelta(minutes=number * (1440 // a_day)) for number in range(a_day))


def lines(days: int, a_day: int) -> Iterator[Line]:
    """The rows, in the order of the index, as texts that either engine reads."""
    number, digest, recorded = len(LOCAL) * (BEFORE + 1), "0" * 64, NOW.isoformat(" ", "microseconds")
    clock = [each.strftime("%H:%M:%S.000000+00:00") for each in moments(TODAY, a_day)]
    for code in sorted(LOCAL):
        printed = [value(code, place) for place in range(a_day)]
        rates = [plain(Published(Pair("USD", code), each).rate(Pair(code, "USD"))) for each in printed]
        pair, published = f"{code}/USD", f"USD/{code}"
        for ago in range(days, 0, -1):
            day = str(TODAY - timedelta(days=ago))
            for hour, text, rate in zip(clock, printed, rates, strict=True):
                number += 1
                at_ = f"{day} {hour}"
                yield number, KEY, pair, day, at_, 0, published, text, 1, rate, at_, recorded, NEWEST, digest


def day_rows(days: int, a_day: int) -> Iterator[dict[str, object]]:
    """The days that are made of them."""
    for code in LOCAL:
        spoken = [(at_, value(code, place)) for place, at_ in enumerate(moments(TODAY, a_day))]
        whole = Day.summed(KEY, TODAY, Pair("USD", code), 1, spoken)
        for ago in range(1, days + 1):
            span = timedelta(days=ago)
            day = replace(
                whole,
                effective_date=TODAY - span,
                open_at=whole.open_at - span,
                close_at=whole.close_at - span,
            )
            yield {name: told(each) for name, each in from_day(day, NEWEST).items()} | {"hash": ""}


def told(each: object) -> object:
    """A value as either engine reads it."""
    if isinstance(each, datetime):
        return each.isoformat(" ", "microseconds")
    if isinstance(each, Decimal):
        return plain(each)
    return each if isinstance(each, int) else str(each)


def insert(url: str, rows: Callable[[], Iterator[Line]], kept: list[dict[str, object]]) -> None:
    """Write the rows and the days, and count them."""
    count = sum(int(str(day["count"])) for day in kept) // len(LOCAL)
    counted = f"UPDATE extents SET publications = publications + {count}"
    days = f"days ({', '.join(kept[0])})"
    into = ((f"observations ({COLUMNS})", rows()), (days, map(tuple, map(dict.values, kept))))
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            file.execute("PRAGMA synchronous = OFF")
            for table, lines_ in into:
                marks = ", ".join("?" * (table.count(",") + 1))
                file.executemany(f"INSERT INTO {table} VALUES ({marks})", lines_)
            file.execute(counted)
        return
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for table, lines_ in into:
            with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in lines_:
                    copy.write_row(row)
        cursor.execute(counted.encode())
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=int, default=MANY, help="rows a day of one pair")
    sys.exit(main(minutes=arguments.parse_args().minutes))
