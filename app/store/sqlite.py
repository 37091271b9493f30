"""The embedded engine: one file, which several threads and processes may read while one writes.

WAL, so that readers see the last commit and never wait; `synchronous=FULL`, so that a commit is on the disk
before it is acknowledged. Python's driver would begin transactions by itself, late and only before some
statements: it is told not to, and every transaction begins in words.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, func
from sqlalchemy.exc import SQLAlchemyError, StatementError

from app.domain.errors import (
    SettingsError,
    StoreDamaged,
    StoreError,
    StoreMismatch,
    StoreUnavailable,
)
from app.store.database import PATIENCE, Database
from app.store.files import Place, copy, sync

PRAGMAS = {"synchronous": "FULL", "foreign_keys": "ON"}
"""Set on every connection, since no file remembers them."""

A_MOMENT = timedelta(milliseconds=10)
"""How long to wait before asking again for what SQLite does not wait for."""

SOUND = ("ok", "*** in database main ***")
"""Lines of SQLite's own check that tell of no damage."""

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
        "{name} lacks what this program expects ({detail}): `silkrate db upgrade` brings it up to date; what"
        " it lacks after that is damage: restore it from a backup.",
    ),
}
"""What SQLite's primary result codes mean for whoever can act on them."""


def database(url: URL, name: str | None = None) -> Database:
    """The file that `url` names, which messages call `name`; its folder is made when it is missing. Raises
    SettingsError and StoreUnavailable.
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
    called = name or url.database
    _make_folder(Path(url.database))
    place = Place(Path(url.database), called)
    engine = create_engine(
        url.set(query={}), connect_args={"timeout": int(patience)}, pool_size=16, max_overflow=-1
    )
    event.listen(engine, "do_connect", lambda *_: place.before_opening())
    event.listen(engine, "connect", partial(_prepare, place, int(patience)))
    event.listen(engine, "begin", partial(_begin, place))
    return Database(
        called,
        engine,
        engine.execution_options(writes=True),
        int(patience),
        explain=partial(_explain, called, int(patience)),
        broken=_broken,
        tolerant=_tolerant,
        clock=func.strftime("%Y-%m-%d %H:%M:%f+00:00", "now"),
        copy=partial(copied, Path(url.database)),
    )


def copied(source: Path, target: Path) -> None:
    """Copy the store in `source` to a new file. Raises StoreError, of which StoreMismatch says that it is
    none.
    """
    if not source.is_file():
        raise StoreUnavailable(f"{source} is no file: name one that is there.")
    try:
        copy(source, target)
        with closing(sqlite3.connect(target)) as connection:
            tables = connection.execute(
                "SELECT name FROM sqlite_schema WHERE name IN ('counter', 'versions')"
            )
            found = tables.fetchall()
    except sqlite3.Error as error:
        ours = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
        raise _explain(str(source if ours else target), PATIENCE, error) from error
    if len(found) < 2:
        raise StoreMismatch(f"{source} holds no store of Silkrate: name another file.")


def _make_folder(path: Path) -> None:
    """Make the folder of `path` when it is missing, on the disk: SQLite sees to the file's own name alone."""
    try:
        missing = [each for each in path.absolute().parents if not each.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        for each in missing:
            sync(each.parent)
    except OSError as error:
        raise StoreUnavailable(
            f"{path} cannot be opened: its folder {path.parent} cannot be made ({error.strerror})."
        ) from error


def _prepare(place: Place, patience: int, connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None
    try:
        _use_wal(connection, patience)
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}").close()
        place.once_open()
    except (sqlite3.Error, StoreUnavailable):
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


def _begin(place: Place, connection: Connection) -> None:
    # A writer that began as a reader could find, when it writes, that another one was faster.
    writes = connection.get_execution_options().get("writes")
    connection.connection.cursor().execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    if writes:
        place.once_open(writing=True)


def _broken(connection: Connection) -> Iterator[str]:
    """What SQLite finds wrong with its own pages, indexes and references."""
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        yield from (f"damaged: {line}" for line in said.splitlines() if line not in SOUND)
    for child, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"row {row} of {child} names one of {parent} that is missing"


@contextmanager
def _tolerant(connection: Connection) -> Iterator[None]:
    """Read texts that are no UTF-8, too: the driver refuses them without saying where they are."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str


def _explain(name: str, patience: int, error: Exception) -> Exception:
    cause = error.orig if isinstance(error, StatementError) else error
    if isinstance(cause, Exception) and not isinstance(cause, SQLAlchemyError | sqlite3.Error):
        # An error of ours from inside a statement, such as an instant without a zone, says it best itself.
        return cause
    # What the driver itself finds wrong has no code: a text that is no UTF-8.
    code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    kind, meaning = MEANINGS.get(code & 0xFF, (StoreUnavailable, "{name} cannot be used ({detail})."))
    return kind(meaning.format(name=name, patience=patience, detail=cause))
