"""Following the record: a process that answers many readers looks for a new version by itself, and answers
all of them from the newest that it saw. So what readers cost the database does not grow with their number,
and what was read stays when the database is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from threading import Event, Lock, local
from time import monotonic, sleep

import structlog
from sqlalchemy import Connection

from app.domain.errors import StoreDamaged, StoreError, StoreUnavailable
from app.store import rows, statements
from app.store.base import Counter
from app.store.database import Bell, Database

log = structlog.get_logger("silkrate.store")

LOOK = timedelta(milliseconds=250)
"""Between two looks where nothing rings."""

LISTEN = timedelta(seconds=1)
"""Between two looks where a bell rings, in case it did not."""

RETRY = timedelta(milliseconds=500)
"""Until the next look after one that failed."""

CATCH_UP = timedelta(seconds=1)
"""What a replica gets to have what is known of elsewhere; then the primary is asked."""

GLANCE = timedelta(milliseconds=3)
"""Between two looks at a replica that is behind."""


class Following:
    """What a store has seen of its database: `seen` is where it stands (None: nobody follows it)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.seen: Counter | None = None
        self._told: Counter | None = None
        self._lost: StoreError | None = None
        self._reading_ahead, self._moving = local(), Lock()
        self._tell_seen: Callable[[], None] = lambda: None

    @property
    def here(self) -> Counter | None:
        """Where this thread is to read: at what was seen, or at what it reads ahead."""
        ahead: Counter | None = getattr(self._reading_ahead, "of", None)
        return ahead or self.seen

    def run(self, stop: Event, told: Callable[[], None], seen: Callable[[], None]) -> None:
        """Look until `stop`, and call `told`, to read ahead, before each new version is seen by others: it
        is not, should that fail. Then call `seen`.
        """
        self._tell_seen = seen
        ears = Ears(self._database.bell, self._database.errors)
        try:
            while not stop.is_set():
                try:
                    self._look(told)
                    ears.wait(stop)
                except Exception as error:
                    # Whatever it was, this goes on: nobody would see a new version ever again.
                    self._lose(error)
                    stop.wait(RETRY.total_seconds())
        finally:
            ears.close()
            self.seen = self._told = None

    def saw(self, counter: Counter) -> None:
        """Note where the store stands, if it is followed; never back in the same log. It is read ahead by the
        next look.
        """
        self._lost = None
        with self._moving:  # of two threads that saw two versions the later one must win
            moves = self.seen is not None and _is_news(self.seen, counter)
            if moves:
                self.seen = counter
        if moves:
            self._tell_seen()

    @contextmanager
    def reading(self, version: int, *, primary: bool = False) -> Iterator[Connection]:
        """A consistent view that has `version`, from a replica if there is one that does. Raises at once
        what the last look raised: a thousand readers need not wait for one database.
        """
        if self._lost:
            raise type(self._lost)(str(self._lost))
        with self._database.explained(), ExitStack() as begun:
            replica = None if primary else self._replica(begun, version)
            yield replica or begun.enter_context(self._database.snapshots.begin())

    def wait_for(self, version: int) -> int:
        """The newest version, as soon as a replica has `version`, or that of the primary when CATCH_UP is
        over.
        """
        if self.seen and self.seen.version >= version:
            return self.seen.version
        with self.reading(version) as connection:
            return self._counter(connection).version

    def _replica(self, begun: ExitStack, version: int) -> Connection | None:
        """A view of a replica that has `version`, as part of `begun`; None when there is none, or it does not
        get it before CATCH_UP is over.
        """
        deadline = monotonic() + CATCH_UP.total_seconds()
        while self._database.replicas:
            try:
                with self._database.explained(), ExitStack() as trial:
                    connection = trial.enter_context(self._database.replicas.begin())
                    if self._counter(connection).version >= version:
                        begun.push(trial.pop_all())
                        return connection
            except StoreError as error:
                log.debug("replica not asked", store=self._database.name, error=str(error))
                return None
            if monotonic() >= deadline:
                return None
            sleep(GLANCE.total_seconds())
        return None

    def _look(self, told: Callable[[], None]) -> None:
        found = self._newest()
        lost, self._lost = self._lost, None
        if self._told is None or _is_news(self._told, found):
            self._reading_ahead.of = found
            try:
                told()
            except Exception:
                self._lost = lost
                raise
            finally:
                self._reading_ahead.of = None
            self._told = found
        if self.seen is None:
            self.seen = found
            self._tell_seen()
        self.saw(found)
        if lost:
            log.info("store is back", store=self._database.name)

    def _newest(self) -> Counter:
        """By a replica that can be reached, or else by the primary."""
        with self._database.explained(), ExitStack() as begun:
            replica = self._replica(begun, 0)
            return self._counter(replica or begun.enter_context(self._database.snapshots.begin()))

    def _counter(self, connection: Connection) -> Counter:
        found = self._database.prepare(statements.COUNTER, ()).rows(connection, {})
        if not found:
            raise StoreDamaged(f"{self._database.name} has lost the row that counts its versions.")
        return rows.to_counter(found[0])

    def _lose(self, error: Exception) -> None:
        if self._lost is None:
            log.error("store lost", store=self._database.name, error=str(error), exc_info=_unexpected(error))
        self._lost = (
            error
            if isinstance(error, StoreError)
            else StoreUnavailable(
                f"{self._database.name} cannot be followed ({type(error).__name__}): the log tells more."
            )
        )


def _unexpected(error: Exception) -> Exception | None:
    return None if isinstance(error, StoreError) else error


def _is_news(before: Counter, counter: Counter) -> bool:
    """Another log, a later version, or the same one with another content: a copy was put in its place."""
    if before.log_id != counter.log_id:
        return True
    return before.version < counter.version or (
        before.version == counter.version and before.hash != counter.hash
    )


class Ears:
    """Waits for the next look: until the bell rings, where there is one that works."""

    def __init__(self, bell: Bell | None, errors: tuple[type[Exception], ...]) -> None:
        self._bell, self._errors = bell, errors
        self._open = ExitStack()
        self._wait: Callable[[timedelta], bool] | None = None

    def wait(self, stop: Event) -> None:
        """Returns at the latest after LISTEN, or LOOK where nothing rings, or when it is to `stop`."""
        try:
            if self._bell and self._wait is None:
                self._wait = self._open.enter_context(self._bell.listen())
            elif self._wait:
                deadline = monotonic() + LISTEN.total_seconds()
                while not (stop.is_set() or self._wait(LOOK) or monotonic() >= deadline):
                    continue
                return
        except self._errors:
            self.close()
        if self._wait is None:
            stop.wait(LOOK.total_seconds())

    def close(self) -> None:
        """Stop listening."""
        self._wait = None
        self._open.close()
