"""A store from one database to another, row by row, whatever their engines: every table as it is, so that
hashes, numbers and chain stay what they were.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Connection, Engine, Table, delete, insert, select, update

from app.store import sqlite
from app.store.files import make_whole
from app.store.migrations import HEAD
from app.store.schema import other_step, step
from app.store.tables import counter, lease, metadata
from app.store.upgrade import upgrade

AT_ONCE = 5000

CARRIED = [table for table in metadata.sorted_tables if table not in (counter, lease)]
"""The tables in an order in which each row's references are there before it, but for the row that is locked,
and for who polls, which is no matter of a copy.
"""


def carry(source: Connection, target: Connection) -> None:
    """Make what `target` holds what `source` holds. Both are of the current schema."""
    for table in reversed(CARRIED):
        target.execute(delete(table))
    for table in CARRIED:
        _carry(source, target, table)
    # Not deleted and made anew: whoever waits for the lock of this row must find it.
    target.execute(update(counter).values(dict(source.execute(select(counter)).mappings().one())))


def to_file(snapshots: Engine, file: Path) -> None:
    """Make a store in a new file, which needs no other beside it, of what is committed. Raises the errors of
    both drivers.
    """
    made = sqlite.database(URL.create("sqlite", database=str(file)))
    try:
        with snapshots.begin() as source, made.writing.begin() as target:
            if (found := step(source)) != HEAD:
                raise other_step("The store", found)
            upgrade(target, str(file), simulated=False)
            carry(source, target)
    finally:
        made.close()
    make_whole(file)


def _carry(source: Connection, target: Connection, table: Table) -> None:
    names = [column.name for column in table.columns]
    wanted = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=AT_ONCE)
    for rows in source.execute(wanted).partitions():
        target.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
