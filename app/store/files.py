"""A store in one file as a whole: written to another file while it is used, and put back. What is there
afterwards is the old file or the new one, never a part.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex

from app.domain.errors import StoreMismatch, StoreUnavailable

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file; it belongs to that file and to no other."""


def copy(source: Path, target: Path) -> None:
    """Copy what is committed in `source`, in one step, to a new file that needs none beside it. Raises
    sqlite3.Error.
    """
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE").close()


@contextmanager
def taking_the_place_of(target: Path, *, force: bool) -> Iterator[Path]:
    """A path beside `target`, whose file replaces it at the end of the block, and is gone when that raises.

    Raises StoreMismatch when there is such a file, unless `force`, StoreUnavailable when the disk refuses.
    """
    if target.exists() and not force:
        raise StoreMismatch(f"{target} is there already: --force replaces it, or name another file.")
    made = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        yield made
        sync(made)
        os.replace(made, target)
        sync(target.parent)
    except OSError as error:
        raise StoreUnavailable(f"{target} cannot be written ({error.strerror}).") from error
    finally:
        for path in (made, *_beside(made)):
            path.unlink(missing_ok=True)


def retire(target: Path) -> None:
    """Make sure that nobody uses the store that is to be replaced, and that nothing stays beside it: SQLite
    would take that for a part of the new one. Raises StoreUnavailable when somebody does.
    """
    if target.exists():
        try:
            with closing(sqlite3.connect(target, timeout=1)) as connection:
                # Only the last one who has the file open can leave WAL.
                connection.execute("PRAGMA journal_mode = DELETE").close()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise StoreUnavailable(
                    f"{target} is in use: stop the service that has it open, then restore."
                ) from error
    for path in _beside(target):
        path.unlink(missing_ok=True)


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in BESIDE]


def sync(path: Path) -> None:
    """Wait until the disk has the file, or the names in the folder, at `path`. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
