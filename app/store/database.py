"""The store on a database, the same on every engine: views, turns at writing, and errors in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial
from pathlib import Path
from threading import Lock, get_ident

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from app.domain.errors import StoreDamaged, StoreError, StoreMismatch, StoreUnavailable
from app.store import schema
from app.store.base import Probe, Reader, Verification, Writer
from app.store.files import taking_the_place_of
from app.store.prepared import Prepared
from app.store.sql import Memory, Prepare, SqlReader, SqlWriter
from app.store.verify import Findings, verify

PATIENCE = 10
"""Seconds to wait for another writer, where the URL does not say otherwise."""


@dataclass(frozen=True)
class Database:
    """One opened database. `name` is what messages call it, `patience` how many seconds a writer waits.

    A connection of `engine` with the execution option `writes` keeps other writers out from its beginning on.
    `explain` turns whatever the driver or SQLAlchemy raises into the error to raise instead. `broken` asks
    the engine what is wrong with the database, `tolerant` lets a connection read even texts that are damaged,
    and `copy` writes what is committed to a new file.
    """

    name: str
    engine: Engine
    patience: int
    explain: Callable[[Exception], Exception]
    broken: Callable[[Connection], Iterable[str]]
    tolerant: Callable[[Connection], AbstractContextManager[None]]
    copy: Callable[[Path], None]

    @cached_property
    def prepare(self) -> Prepare:
        """Each statement is compiled when it is first used."""
        return cache(partial(Prepared, self.engine.dialect))

    @cached_property
    def errors(self) -> tuple[type[Exception], ...]:
        """What `explain` explains."""
        return SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error


class SqlStore:
    """A Store on `database`. `simulated` says which kind of store it must be, or becomes when it is new."""

    def __init__(self, database: Database, *, simulated: bool, probe: Probe) -> None:
        self._database, self._simulated, self._probe = database, simulated, probe
        self._turn, self._writer, self._memory = Lock(), 0, Memory()
        try:
            self._refuse_other_kind()
        except StoreError:
            self.close()
            raise

    @contextmanager
    def read(self, known: int | None = None) -> Iterator[Reader]:
        """One transaction of one connection: what was committed before its first statement."""
        with self._reading() as connection:
            reader = SqlReader(connection, self._database.prepare, self._memory, known)
            try:
                yield reader
            finally:
                reader.close()

    @contextmanager
    def write(self, now: datetime) -> Iterator[Writer]:
        """One transaction; raises RuntimeError inside another one of the same thread, which it would wait
        for in vain.
        """
        with self._writing() as connection:
            writer = SqlWriter(connection, self._database.prepare, self._memory, now, self._probe)
            self._probe("begun")
            try:
                yield writer
            finally:
                writer.close()
            writer.count()
            self._probe("committing")
        self._probe("committed")

    def upgrade(self) -> None:
        """Run the steps that are missing, in one transaction: of two processes that start, one waits."""
        with self._reading() as connection:
            current = schema.is_current(connection)
        if not current:
            # Alembic takes longer to load than everything else here, and most starts have no use for it.
            from app.store import upgrade

            with self._writing() as connection:
                upgrade.upgrade(connection, self._database.name, simulated=self._simulated)
        self._refuse_other_kind()

    def verify(self, all_day: Collection[str] = ()) -> Verification:
        """One view, read from end to end, or up to where the engine cannot read on."""
        findings = Findings()
        try:
            with self._reading() as connection, self._database.tolerant(connection):
                return findings.told(verify(connection, self._database.broken(connection), findings, all_day))
        except StoreDamaged as error:
            findings.add("database", "file", str(error))
            return findings.told()

    def backup(self, file: Path, *, force: bool = False) -> None:
        """A copy of one view, which takes the place of `file` when it is on the disk."""
        if file.resolve() == Path(self._database.name).resolve():
            raise StoreMismatch(f"{file} is the store itself: name another file.")
        with self._explained(), taking_the_place_of(file, force=force) as made:
            self._database.copy(made)

    def renew(self) -> None:
        """Draw a new id for the log, under a new seal: its cursors end here, and start again."""
        with self._writing() as connection:
            schema.renew(connection)

    def close(self) -> None:
        """Close every connection."""
        self._database.engine.dispose()

    def _refuse_other_kind(self) -> None:
        with self._reading() as connection:
            schema.refuse_other_kind(connection, self._database.name, self._simulated)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._explained(), self._database.engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        engine = self._database.engine.execution_options(writes=True)
        with self._taking_turns(), self._explained(), engine.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self._database.errors as error:
            raise self._database.explain(error) from error

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        """Let one thread write at a time. The database would too, but by looking again and again."""
        if self._writer == get_ident():
            raise RuntimeError("a write inside a write of the same thread would wait for itself")
        if not self._turn.acquire(timeout=self._database.patience):
            raise StoreUnavailable(
                f"{self._database.name} is being written by another thread of this program, for more than"
                f" {self._database.patience} s."
            )
        self._writer = get_ident()
        try:
            yield
        finally:
            self._writer = 0
            self._turn.release()
