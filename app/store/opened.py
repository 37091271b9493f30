"""A store on a database of any engine: its transactions, and what is remembered between them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import copy
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event, Lock, get_ident
from time import monotonic, sleep
from typing import TypeVar

from sqlalchemy import Connection

from app.domain.errors import StoreContended, StoreDamaged, StoreError, StoreMismatch, StoreUnavailable
from app.store import leases, schema, statements
from app.store.base import Counter, Lease, Probe, Reader, Verification, Writer
from app.store.database import Database
from app.store.files import taking_the_place_of
from app.store.following import Following
from app.store.migrations import HEAD
from app.store.sql import Memory, SqlReader, SqlWriter
from app.store.transfer import carry
from app.store.verify import Findings, verify

Done = TypeVar("Done")

TRIES = 10
"""How often a transaction is tried that others come before. With 1 in 5 refused, ten tries fail once in ten
million times.
"""

A_DAY = timedelta(days=1)
A_MOMENT = timedelta(milliseconds=10)
"""Before the second try, at most; doubled for each further one."""


class SqlStore:
    """A Store on `database`. `simulated` says which kind of store it must be, or becomes when it is new."""

    def __init__(self, database: Database, *, simulated: bool, probe: Probe) -> None:
        self._database, self._simulated, self._probe = database, simulated, probe
        self._turns, self._memory = Turns(database), Memory()
        self._following = Following(database)
        self._token: int | None = None
        self._wrote = False
        try:
            self._refuse_other_kind()
        except StoreError:
            self.close()
            raise

    @contextmanager
    def read(self, known: int | None = None) -> Iterator[Reader]:
        """One transaction of one connection, begun when something is to be read that is not in memory."""
        seen = self._following.here if known is None else None
        with self._database.explained(), ExitStack() as begun:

            def begin() -> Connection:
                return begun.enter_context(self._reading(seen.version if seen else known or 0))

            reader = SqlReader(begin, self._database, self._memory, known, seen)
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
            writer = SqlWriter(connection, self._database, self._memory, now, self._probe)
            schema.refuse_other_step(connection, self._database)
            if self._token is not None:
                leases.check(connection, self._token)
            self._probe("begun")
            try:
                yield writer
            finally:
                writer.close()
            writer.count()
            self._probe("committing")
        self._probe("committed")
        if writer.taken:
            self._tell(writer)

    def transact(self, now: datetime, work: Callable[[Writer], Done]) -> Done:
        """Tried again, after a moment drawn by lot, while others come first."""

        def written() -> Done:
            with self.write(now) as writer:
                return work(writer)

        return _tried(written)

    def lease(self, holder: str, span: timedelta) -> Lease | None:
        """A row that is read and written under the lock of the counter."""
        return self._work(lambda connection: leases.take(connection, self._database.clock, holder, span))

    def release(self, lease: Lease) -> None:
        """The row's end is now, unless somebody else holds it."""
        self._work(lambda connection: leases.release(connection, self._database.clock, lease))

    def under(self, lease: Lease) -> SqlStore:
        """The same store, whose writes are checked."""
        leased = copy(self)
        leased._token = lease.token
        return leased

    @property
    def seen(self) -> Counter | None:
        """What the last look found, or what was written here since."""
        return self._following.seen

    def follow(self, stop: Event, told: Callable[[], None], seen: Callable[[], None] = lambda: None) -> None:
        """Look, and listen where the engine has a bell."""
        self._following.run(stop, told, seen)

    def wait_for(self, version: int) -> int:
        """A second is enough for any replica that works."""
        return self._following.wait_for(version)

    def upgrade(self) -> None:
        """Run the steps that are missing, in one transaction: of two processes that start, one waits, or
        finds that it was done.
        """
        deadline = monotonic() + self._database.patience
        behind = not self._is_current()
        while behind and not self._is_current(primary=True):
            # Alembic takes longer to load than everything else here, and most starts have no use for it.
            from app.store import upgrade

            try:
                self._work(
                    lambda connection: upgrade.upgrade(
                        connection, self._database.name, simulated=self._simulated
                    )
                )
            except StoreError:
                # Both may have found nothing, and only one can create a table.
                if monotonic() > deadline or not self._is_current(primary=True):
                    raise
        self._refuse_other_kind(primary=behind)

    def verify(self, all_day: Collection[str] = ()) -> Verification:
        """One view, read from end to end, or up to where the engine cannot read on."""
        findings = Findings()
        try:
            with self._reading() as connection, self._database.tolerant(connection):
                if (found := schema.step(connection)) not in (None, HEAD):
                    raise schema.other_step(self._database.name, found)
                return findings.told(verify(connection, self._database.broken(connection), findings, all_day))
        except StoreDamaged as error:
            findings.add("database", "file", str(error))
            return findings.told()

    def backup(self, file: Path, *, force: bool = False) -> None:
        """A copy of one view, which takes the place of `file` when it is on the disk."""
        if file.resolve() == Path(self._database.name).resolve():
            raise StoreMismatch(f"{file} is the store itself: name another file.")
        if not file.absolute().parent.is_dir():
            raise StoreUnavailable(f"{file} cannot be written: there is no folder {file.parent}.")
        with self._database.explained(), taking_the_place_of(file, force=force) as made:
            self._database.copy(made)

    def renew(self) -> None:
        """Draw a new id for the log, under a new seal: its cursors end here, and start again."""
        self._work(schema.renew)

    def replace(self, source: Connection, *, force: bool) -> None:
        """Make this store what `source` holds, in one transaction. Raises StoreMismatch when anything is
        recorded here, unless `force`, and StoreUnavailable while a poller is at work.
        """
        name, clock = self._database.name, self._database.clock

        def replaced(connection: Connection) -> None:
            taken = leases.take(connection, clock, "restore", A_DAY)
            if taken is None:
                raise StoreUnavailable(f"{name} is in use: stop its pollers, then restore.")
            if connection.execute(statements.COUNTER).one().version and not force:
                raise StoreMismatch(
                    f"{name} holds a store already: --force replaces it, or name another database."
                )
            carry(source, connection)
            leases.release(connection, clock, taken)

        self._work(replaced)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def _tell(self, writer: SqlWriter) -> None:
        """A process that writes sees what it wrote, and so do the others that listen."""
        self._wrote = True
        self._following.saw(writer.counter())
        if self._database.bell:
            self._database.bell.ring()

    def _is_current(self, *, primary: bool = False) -> bool:
        with self._reading(primary=primary) as connection:
            return schema.is_current(connection)

    def _refuse_other_kind(self, *, primary: bool = False) -> None:
        with self._reading(primary=primary) as connection:
            schema.refuse_other_kind(connection, self._database.name, self._simulated)

    def _reading(self, version: int = 0, *, primary: bool = False) -> AbstractContextManager[Connection]:
        # Whoever writes must see what it wrote.
        return self._following.reading(version, primary=primary or self._wrote)

    def _work(self, work: Callable[[Connection], Done]) -> Done:
        """What `work` returns of a transaction that is no version of the record."""

        def written() -> Done:
            with self._writing() as connection:
                return work(connection)

        return _tried(written)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._turns.taken(), self._database.explained(), self._database.writing.begin() as connection:
            yield connection


_chance = Random()


def _tried(written: Callable[[], Done]) -> Done:
    """What a transaction returns, the first of TRIES that no other comes before."""
    for attempt in range(TRIES):
        try:
            return written()
        except StoreContended:
            if attempt == TRIES - 1:
                raise
        sleep((A_MOMENT * _chance.randrange(2**attempt * 100) / 100).total_seconds())
    raise AssertionError("unreachable")


class Turns:
    """Lets one thread of this program write at a time. The database would too, but by looking again and
    again.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._lock, self._writer = database, Lock(), 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Inside, no other thread writes. Raises StoreUnavailable, and RuntimeError in one that does."""
        if self._writer == get_ident():
            raise RuntimeError("a write inside a write of the same thread would wait for itself")
        if not self._lock.acquire(timeout=self._database.patience):
            raise StoreUnavailable(
                f"{self._database.name} is being written by another thread of this program, for more than"
                f" {self._database.patience} s."
            )
        self._writer = get_ident()
        try:
            yield
        finally:
            self._writer = 0
            self._lock.release()
