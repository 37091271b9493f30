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

from app.domain.errors import StoreDamaged, StoreMismatch, StoreUnavailable

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


def make_whole(file: Path) -> None:
    """Let a closed store need no file beside it. Raises sqlite3.Error."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").close()


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


class Place:
    """The files that an opened store stands in, by what the disk calls them. Whoever has a file open goes on
    with it when its name stands for another one by now, or for none: what is written then is gone with the
    last who has it open.
    """

    def __init__(self, path: Path, name: str) -> None:
        """`name` is what messages call the file at `path`. Nothing of it is known before it is opened."""
        self._path, self._name = path, name
        self._log, self._index, *_ = _beside(path.resolve())
        self._known: dict[Path, tuple[int, int]] = {}

    def before_opening(self) -> None:
        """Raise StoreDamaged when there is nothing but the log of a file that is gone, which SQLite would
        delete, and StoreUnavailable when the name stands no more for the file that was opened first.
        """
        if self._known:
            self.once_open()
        elif _size(self._log) and not _size(self._path):  # in this order: the log is made after the file
            raise StoreDamaged(
                f"{self._name} is empty or gone, and its log {self._log.name} is not: put the file back, or"
                " restore it from a backup."
            )

    def once_open(self, *, writing: bool = False) -> None:
        """Raise StoreUnavailable when the name of the file, or, where it is for `writing`, one of those
        beside it does not stand for what it stood for at first.
        """
        for path in (self._path, self._log, self._index) if writing else (self._path,):
            found = _identity(path)
            if found is None or found != self._known.setdefault(path, found):
                raise StoreUnavailable(
                    f"{self._name} cannot be used: {path.name} was moved, deleted or replaced while it was"
                    " open. Put it back, or end all that use it, restore the store from a backup and start"
                    " again."
                )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in BESIDE]


def sync(path: Path) -> None:
    """Wait until the disk has the file, or the names in the folder, at `path`. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
