"""Files in: a ticker page, any text that holds a strip, or a table of publications."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import BinaryIO
from zoneinfo import ZoneInfo

from app.domain.errors import ImportRefused
from app.domain.observations import Observation, Origin
from app.ingest.bulk import Imported, record_all
from app.ingest.cells import Row
from app.ingest.reading import digest, stamped
from app.ingest.spool import Spool
from app.ingest.tables import NDJSON, PARQUET, is_csv, read_csv, read_parquet
from app.sources import page
from app.sources.catalog import Catalog
from app.store.base import Store

BEGINNING = 4096
"""Bytes of a file that tell what it is."""


def read_page(body: bytes, *, given: date | None, zone: ZoneInfo, now: datetime) -> list[Observation]:
    """The observations on a page or in a text, dated by itself or, where it has no date, by `given`; a day
    in `zone`. Where a file lies is nobody's business: their origin is its content. Raises ImportRefused.
    """
    said = page.read(page.decode(body), given=given, zone=zone, fetched_at=now)
    return stamped(said, Origin(None, digest(body)))


def is_table(file: BinaryIO, name: str) -> bool:
    """Whether a file called `name` is a table, by its name or else by its beginning, to which it is left.
    Raises ImportRefused for NDJSON, which nothing here reads.
    """
    begin = file.read(BEGINNING)
    file.seek(0)
    if name.lower().endswith(".ndjson") or begin.startswith(NDJSON):
        raise ImportRefused(
            f"{name} is NDJSON, which is not read; expected a table that was exported as .csv or .parquet."
            " Nothing was recorded."
        )
    return name.lower().endswith((".csv", ".parquet")) or begin.startswith(PARQUET) or is_csv(begin)


def record_table(store: Store, catalog: Catalog, file: BinaryIO, name: str, now: datetime) -> Imported:
    """Record the table in `file`, which messages call `name`: all of it or, when it raises ImportRefused or
    StoreError, nothing. All of it is read before the store is touched.
    """
    parquet = file.read(len(PARQUET)) == PARQUET
    file.seek(0)
    with TemporaryFile() as disk, _seldom_collecting():
        spool: Spool[Row] = Spool(disk)
        for rows in (read_parquet if parquet else read_csv)(file, catalog, name):
            spool.add(rows)
        return record_all(store, catalog, spool.in_order, now)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Let Python look for what refers to itself a few hundred times less often: millions of rows that do not
    would be looked through again and again, for a third of all the time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(300_000)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
