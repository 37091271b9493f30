"""Importing a table into an empty store and exporting it, beside the bare driver inserting its rows.

The driver is Python's own, with the same pragmas, table, index and rows, hashes made: nothing is read, judged
or chained. Minutes are ten series of two aggregates, days the files of four banks with their crosses; each
table has as many rows. Again is the same table into the store that has it. Then the peak memory of a process
that exports them or takes them in.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet

from app.answers.publications import publications
from app.domain.pairs import LOCAL
from app.ingest.files import record_table
from app.render.tables import FORMATS
from app.sources.catalog import catalog
from app.store import open_store
from app.store.base import Store
from app.store.sqlite import PRAGMAS
from bench.measuring import Contender, compared, in_turn, show, table
from tests.house.tree import ROOT
from tests.said import at
from tests.stores import fresh_store

REPEATS, ROWS = 5, 10_000
NOW = at("2026-05-21 06:00")
CATALOG = catalog()
HEADER = "source,effective_date,observed_at,published_pair,published_value,nominal\r\n"
FIRST = date(2010, 1, 1)
ONE_DAY = timedelta(days=1)


def main(repeats: int = REPEATS, rows: int = ROWS) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        kept = stack.enter_context(fresh_store(folder))
        by_minute, by_day = ((HEADER + "".join(lines(rows))).encode() for lines in (minutes, days))
        taken = record_table(kept, CATALOG, BytesIO(by_minute), "minutes", NOW)
        assert taken.plain == rows
        parquet = exported(kept, "parquet")
        stored = stored_rows(folder)
        contenders: dict[str, Contender] = {
            "bare driver inserting the rows": lambda number: bare(folder / f"{number}.db", stored),
            "pyarrow reading Parquet": lambda number: partial(read_alone, parquet),
            "minutes, CSV in": partial(fresh, stack, by_minute),
            "minutes, Parquet in": partial(fresh, stack, parquet),
            "days, CSV in": partial(fresh, stack, by_day),
            "minutes again, CSV in": lambda number: partial(take, kept, by_minute),
            **{f"minutes, {form} out": exporting(kept, form) for form in FORMATS},
        }
        taken_by = in_turn(contenders, repeats)
        per_row = {name: [1000 * each / rows for each in times] for name, times in taken_by.items()}
        show(__doc__, "us a row", compared(per_row))
        tables = {"csv": by_minute, "parquet": parquet}
        print(table("MiB", compared(peaks(folder) | peaks_in(folder, tables))), end="\n\n", flush=True)


def minutes(rows: int) -> Iterator[str]:
    """What two aggregates say of five currencies minute by minute, as lines, oldest first within a series."""
    for source in ("openexchangerates", "fawazahmed0"):
        for place, code in enumerate(LOCAL):
            for minute in range(rows // 10):
                at = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
                value = (
                    f"{('84.', '420.', '11.0', '10500.', '3.50')[place]}{minute * 37 % 100:02}{minute % 7}5"
                )
                yield f"{source},{at.date()},{at:%Y-%m-%dT%H:%M:%SZ},USD/{code},{value},1\r\n"


def days(rows: int) -> Iterator[str]:
    """What four banks print of the dollar and four more currencies day by day, as lines."""
    rates = {"USD": 84, "EUR": 97, "RUB": 2, "CNY": 12, "TMT": 24}
    for source, code, times in (
        ("nbkr", "KGS", 1),
        ("nbk", "KZT", 5),
        ("nbt", "TJS", 0.13),
        ("cbu", "UZS", 125),
    ):
        for base, rate in rates.items():
            for place in range(rows // 20):
                value = f"{rate * times * (1 + place % 7 / 100):.4f}"
                yield f"{source},{FIRST + place * ONE_DAY},,{base}/{code},{value},1\r\n"


def fresh(stack: ExitStack, content: bytes, number: int) -> Callable[[], object]:
    """An import into a store that was just made."""
    return partial(take, stack.enter_context(fresh_store()), content)


def take(store: Store, content: bytes) -> object:
    """The import of a table."""
    return record_table(store, CATALOG, BytesIO(content), "a table", NOW)


def exporting(store: Store, form: str) -> Contender:
    """The export of a store, again and again."""
    return lambda number: partial(exported, store, form)


def exported(store: Store, form: str) -> bytes:
    """The export of a store."""
    with store.read() as reader:
        return b"".join(FORMATS[form](publications(reader)))


def read_alone(content: bytes) -> list[tuple[object, ...]]:
    """The rows of a Parquet file as Python has them."""
    read = pyarrow.parquet.read_table(BytesIO(content))
    return list(zip(*(column.cast("string").to_pylist() for column in read.columns), strict=True))


def stored_rows(folder: Path) -> list[tuple[object, ...]]:
    """The rows of the one store in a folder, as the driver gives them."""
    (path,) = folder.rglob("silkrate.db")
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM observations ORDER BY id").fetchall()


def bare(path: Path, rows: list[tuple[object, ...]]) -> Callable[[], None]:
    """Put the rows into a new file, in one transaction."""
    store = open_store(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    return partial(insert, path, rows)


def insert(path: Path, rows: list[tuple[object, ...]]) -> None:
    """Insert the rows by Python's driver alone."""
    with closing(sqlite3.connect(path)) as connection:
        connection.isolation_level = None
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO versions (version, recorded_at) VALUES (1, '2026-05-21')")
        connection.executemany(f"INSERT INTO observations VALUES ({', '.join('?' * len(rows[0]))})", rows)
        connection.execute("COMMIT")


def peaks(folder: Path) -> dict[str, list[float]]:
    """The peak memory of a process that exports the one store that was opened in a folder, in MiB."""
    path = min(folder.rglob("silkrate.db"))
    return {f"export, {form or 'idle'}": [peak(path, *filter(None, [form]))] for form in ("", *FORMATS)}


def peaks_in(folder: Path, tables: Mapping[str, bytes]) -> dict[str, list[float]]:
    """The peak memory of a process that takes each of these into a store of its own, in MiB."""
    found = {}
    for form, content in tables.items():
        file = folder / f"table.{form}"
        file.write_bytes(content)
        bare(folder / f"{form}.db", [])
        found[f"import, {form}"] = [peak(folder / f"{form}.db", str(file))]
    return found


def peak(path: Path, *what: str) -> float:
    """The peak of one process."""
    command = [sys.executable, "-m", "bench.measuring.peak", f"sqlite:///{path}", *what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


if __name__ == "__main__":
    main()
