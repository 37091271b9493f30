"""A durable poll of five new rates, beside a bare transaction that writes five rows as durably.

The poll judges each rate by what is recorded, writes it, decides the headlines and writes their ticks: five
when the rates are a page's, of five pairs; one when they are a bank's, of five currencies. Nothing new is the
same page again; unchanged is a source that answers 304. The disk is that of the temporary files: TMPDIR.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from app.domain.observations import Observation
from app.ingest.record import Recording, advance, confirm, record
from app.sources.catalog import Catalog, catalog
from app.store.base import Store
from app.store.sqlite import PRAGMAS
from bench.measuring import Contender, compared, in_turn, show
from bench.measuring.days import RATES, bank, page
from tests.said import at
from tests.stores import fresh_store

Poll = Callable[[int], Callable[[], Recording]]
"""Makes the poll of this number ready; gives what is timed."""

REPEATS = 300
START = at("2026-01-05 06:00")
"""The first poll; each is a day after the one before."""


def main(repeats: int = REPEATS) -> None:
    with bare() as write_five, fresh_store() as pages, fresh_store() as files:
        contenders: dict[str, Contender] = {
            "bare transaction of five rows": write_five,
            "five pairs, five ticks": poll(pages, catalog([]), page),
            "five rows of a bank, one tick": poll(files, catalog(["nbkr"]), bank),
            "nothing new": again(pages, catalog([])),
            "unchanged": lambda number: partial(confirm, pages, "page", noon(number)),
        }
        taken = in_turn(contenders, repeats)
    show(__doc__, "ms", compared(taken))


@contextmanager
def bare() -> Iterator[Contender]:
    """Five rows with a primary key, in a file of their own, by Python's driver alone."""
    with TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder, "bare.db"))) as connection:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
        connection.execute("CREATE TABLE rates (pair TEXT, day TEXT, rate TEXT, PRIMARY KEY (pair, day))")

        def write(rows: list[tuple[str, str, str]]) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO rates VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")

        yield lambda number: partial(write, [(pair, str(noon(number)), rate) for pair, rate in RATES.items()])


def poll(store: Store, sources: Catalog, said: Callable[[date], list[Observation]]) -> Poll:
    """A poll whose rates are all new. The service has taken the turns since the one before on time."""

    def ready(number: int) -> Callable[[], Recording]:
        advance(store, sources, noon(number))
        return partial(record, store, sources, said(noon(number).date()), noon(number))

    return ready


def again(store: Store, sources: Catalog) -> Poll:
    """The same page five minutes later."""
    return lambda number: partial(
        record, store, sources, page(noon(number).date()), noon(number) + timedelta(minutes=5)
    )


def noon(number: int) -> datetime:
    """When the poll of this number is made."""
    return START + timedelta(days=number)


if __name__ == "__main__":
    main()
