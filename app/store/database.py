"""What differs from engine to engine, in one place: how to open a database, and its errors in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from app.domain.errors import StoreDamaged
from app.store.prepared import Prepared, Unreadable
from app.store.sql import Prepare

PATIENCE = 10
"""Seconds to wait for another writer, where the URL does not say otherwise."""


class Bell(Protocol):
    """How readers hear at once that there is a new version. It may fail to ring: they look, too."""

    def ring(self) -> None:
        """Tell every listener. Never raises."""

    def listen(self) -> AbstractContextManager[Callable[[timedelta], bool]]:
        """Inside, a function that waits so long for the bell, and says whether it rang. Raises the driver's
        errors.
        """


@dataclass(frozen=True)
class Database:
    """One opened database. `name` is what messages call it, `patience` how many seconds a writer waits.

    A transaction of `snapshots` sees what was committed before its first statement, and nothing later; one
    of `replicas`, too, but they may be behind (None: there are none); one of `writing` may write. `explain`
    turns whatever the driver or SQLAlchemy raises into the error to raise instead. `broken` asks the engine
    what is wrong with the database, `tolerant` lets a connection read even texts that are damaged, `clock` is
    its time in SQL, and `copy` writes what is committed to a new file. `bell` is how its readers hear of a
    new version (None: they look).
    """

    name: str
    snapshots: Engine
    writing: Engine
    patience: int
    explain: Callable[[Exception], Exception]
    broken: Callable[[Connection], Iterable[str]]
    tolerant: Callable[[Connection], AbstractContextManager[None]]
    clock: ColumnElement[Any]
    copy: Callable[[Path], None]
    bell: Bell | None = None
    replicas: Engine | None = None

    @cached_property
    def prepare(self) -> Prepare:
        """Each statement is compiled when it is first used."""
        return cache(partial(Prepared, self.writing.dialect))

    @cached_property
    def errors(self) -> tuple[type[Exception], ...]:
        """What `explain` explains."""
        return SQLAlchemyError, self.writing.dialect.loaded_dbapi.Error

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Inside, an error of the driver or of SQLAlchemy, or a value that is none, leaves as one of ours."""
        try:
            yield
        except self.errors as error:
            raise self.explain(error) from error
        except Unreadable as error:
            raise StoreDamaged(
                f"{self.name} holds what was never written ({error}): `silkrate db verify` tells more;"
                " restore it from a backup."
            ) from error

    def close(self) -> None:
        """Close every connection."""
        for engine in (self.snapshots, self.writing, self.replicas):
            if engine:
                engine.dispose()
