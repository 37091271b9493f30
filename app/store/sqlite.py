"""The embedded engine: one file, which several threads and processes may read while one writes.

WAL, so that readers see the last commit and never wait; `synchronous=FULL`, so that a commit is on the disk
before it is acknowledged. Python's driver would begin transactions by itself, late and only before some
statements: it is told not to, and every transaction begins in words.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import SQLAlchemyError, StatementError

from app.domain.errors import (
    SettingsError,
    StoreDamaged,
    StoreError,
    StoreMismatch,
    StoreUnavailable,
)
from app.store.database import PATIENCE, Database

PRAGMAS = {"synchronous": "FULL", "foreign_keys": "ON"}
"""Set on every connection, since no file remembers them."""

A_MOMENT = timedelta(milliseconds=10)
"""How long to wait before asking again for what SQLite does not wait for."""

MEANINGS: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_BUSY: (
        StoreUnavailable,
        "{name} is locked by another program, and was for {patience} s: end that program or try again.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StoreUnavailable,
        "{name} cannot be opened: it must be a file, not a folder, and this user must be allowed to read and"
        " write it and its folder.",
    ),
    sqlite3.SQLITE_READONLY: (
        StoreUnavailable,
        "{name} cannot be written: allow this user to write the file and its folder.",
    ),
    sqlite3.SQLITE_FULL: (
        StoreUnavailable,
        "{name} cannot grow, the disk is full: free some space and try again.",
    ),
    sqlite3.SQLITE_IOERR: (
        StoreUnavailable,
        "{name}: the disk refused to read or write ({detail}): check the disk, its quota and its free space.",
    ),
    sqlite3.SQLITE_NOTADB: (
        StoreDamaged,
        "{name} is no SQLite database, or its beginning is destroyed: name another file, or restore it from a"
        " backup.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        StoreDamaged,
        "{name} is damaged ({detail}): restore it from a backup.",
    ),
    sqlite3.SQLITE_CONSTRAINT: (
        StoreDamaged,
        "{name} contradicts itself ({detail}): restore it from a backup.",
    ),
    sqlite3.SQLITE_ERROR: (
        StoreMismatch,
        "{name} lacks what this program expects ({detail}): `silkrate db upgrade` brings it up to date.",
    ),
}
"""What SQLite's primary result codes mean for whoever can act on them."""


def database(url: URL) -> Database:
    """The file that `url` names; its folder is made when it is missing. Raises SettingsError and
    StoreUnavailable.
    """
    patience = url.query.get("timeout", str(PATIENCE))
    if not url.database or url.database == ":memory:" or url.host:
        raise SettingsError(
            "SILKRATE_DATABASE_URL names no file: expected sqlite:///folder/file.db, with four slashes for an"
            " absolute path."
        )
    if url.query.keys() - {"timeout"} or not isinstance(patience, str) or not patience.isdecimal():
        raise SettingsError(
            "SILKRATE_DATABASE_URL: after the file, ?timeout= with whole seconds is all that can be said."
        )
    _make_folder(Path(url.database))
    engine = create_engine(
        url.set(query={}), connect_args={"timeout": int(patience)}, pool_size=16, max_overflow=-1
    )
    event.listen(engine, "connect", partial(_prepare, int(patience)))
    event.listen(engine, "begin", _begin)
    explain = partial(_explain, url.database, int(patience))
    return Database(url.database, engine, int(patience), explain)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"{path} cannot be opened: its folder {path.parent} cannot be made ({error.strerror})."
        ) from error


def _prepare(patience: int, connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None
    try:
        _use_wal(connection, patience)
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}").close()
    except sqlite3.Error:
        connection.close()
        raise


def _use_wal(connection: sqlite3.Connection, patience: int) -> None:
    """Switch the file to WAL, which it remembers. SQLite tells all but one of the processes that create it at
    once that it is locked, without the waiting that it does for everything else.
    """
    deadline = monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= deadline:
                raise
        sleep(A_MOMENT.total_seconds())


def _begin(connection: Connection) -> None:
    # A writer that began as a reader could find, when it writes, that another one was faster.
    writes = connection.get_execution_options().get("writes")
    connection.connection.cursor().execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def _explain(name: str, patience: int, error: Exception) -> Exception:
    cause = error.orig if isinstance(error, StatementError) else error
    if isinstance(cause, Exception) and not isinstance(cause, SQLAlchemyError | sqlite3.Error):
        # An error of ours from inside a statement, such as an instant without a zone, says it best itself.
        return cause
    code = getattr(cause, "sqlite_errorcode", 0)
    kind, meaning = MEANINGS.get(code & 0xFF, (StoreUnavailable, "{name} cannot be used ({detail})."))
    return kind(meaning.format(name=name, patience=patience, detail=cause))
