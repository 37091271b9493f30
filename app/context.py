"""The wiring: what a running Silkrate is made of, opened once and handed on. No other module puts parts
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from os import getpid
from secrets import token_hex
from socket import gethostname
from threading import Event
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

import structlog

from app.answers.health import health
from app.answers.patience import heeding
from app.answers.ticker import ticker
from app.clock import Clock, SystemClock
from app.domain.errors import (
    BadParameter,
    CursorAhead,
    SettingsError,
    SilkrateError,
    StoreError,
    UnknownSource,
)
from app.ingest.fetch import Fetcher
from app.ingest.lease import hold
from app.ingest.poller import Poller
from app.settings import Settings
from app.sources.base import Source
from app.sources.catalog import Catalog, catalog
from app.store import open_store
from app.store.base import Counter, Reader, Store

log = structlog.get_logger("silkrate.context")

FILL = timedelta(days=40)
"""How far back a running poller fills in what the record lacks: enough for a month's changes."""

Parameters = ParamSpec("Parameters")
Found = TypeVar("Found")
Question = Callable[Concatenate[Reader, Catalog, datetime, Parameters], Found]


@dataclass(frozen=True, slots=True)
class AsOf:
    """What is to be taken for known, and when it is: `known` is a version, or an instant whose version it
    is (None: all that is known), `at` the instant of the answer (None: that of `known`, or else now).
    """

    known: int | datetime | None = None
    at: datetime | None = None


NOW = AsOf()


def _nobody() -> None:
    """Who is told when nobody wants to know."""


Place: TypeAlias = Counter
"""Where the record stands: the log, its version, and the hash of that; for where an older copy was put in
place of a database, the log has two histories whose versions have the same numbers.
"""


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of one running Silkrate. The store is open and its schema current."""

    settings: Settings
    clock: Clock
    catalog: Catalog
    store: Store

    def ask(
        self,
        question: Question[Parameters, Found],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Found:
        """Ask one of the functions of `answers`: it reads one consistent view of the store, at the clock's
        now.
        """
        return self.ask_as_of(NOW, question, *args, **kwargs)

    def ask_as_of(
        self,
        as_of: AsOf,
        question: Question[Parameters, Found],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Found:
        """Ask with what was known at a version, at an instant; raises BadParameter for what is still to
        come. A cursor of a tick that another process has told already is good here, too.
        """
        try:
            with self.answering(as_of, question, *args, **kwargs) as found:
                return found
        except CursorAhead:
            newest = self._newer() if as_of.known is None else None
            if newest is None:
                raise
        with self.answering(replace(as_of, known=newest), question, *args, **kwargs) as found:
            return found

    @contextmanager
    def answering(
        self,
        as_of: AsOf,
        question: Question[Parameters, Found],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Iterator[Found]:
        """The same for an answer whose rows are read as it is gone through, until the end of the block."""
        version = self._version(as_of)
        with self.store.read(version) as reader:
            catalog = self.catalog.closing(reader.closures())
            yield question(heeding(reader), catalog, self._instant(as_of, reader), *args, **kwargs)

    @property
    def place(self) -> Place | None:
        """Where the record stands that questions are answered from; None when it is not followed, and each
        question looks. One object as long as it stands there.
        """
        return self.store.seen

    @property
    def fingerprint(self) -> str:
        """What the settings say of which rates are shown."""
        settings = self.settings
        return repr((settings.sources, settings.authority, settings.simulated))

    def follow(self, stop: Event, seen: Callable[[], None] = _nobody) -> None:
        """Until `stop`, answer questions of now from the newest version of which was read what most people
        ask for: that can be answered without the database. `seen` is called, in whatever thread, when that is
        another one than before.
        """
        self.store.follow(stop, self._read_ahead, seen)

    def _read_ahead(self) -> None:
        for question in (ticker, health):
            try:
                self.ask(question)
            except StoreError:
                raise
            except SilkrateError:
                continue  # whoever asks it is told
            except Exception:
                # A fault of ours in one answer is no reason to withhold all the others.
                log.exception("not read ahead", question=question.__name__)

    def _newer(self) -> int | None:
        """The newest version, if it is one that was not seen yet while the record is followed."""
        seen = self.store.seen
        newest = self.store.wait_for(seen.version + 1) if seen else 0
        return newest if seen and newest > seen.version else None

    def _version(self, as_of: AsOf) -> int | None:
        """The version asked for; None: the newest. That of an instant is none that questions of now do not
        see yet.
        """
        if as_of.known is None:
            return None
        if isinstance(as_of.known, datetime):
            instant = _past(as_of.known, "as_known_at", self.clock.now())
            with self.store.read() as reader:
                return min(reader.version_at(instant), reader.counter().version)
        newest = self.store.wait_for(as_of.known)
        if as_of.known > newest:
            raise BadParameter(
                f"There is no version {as_of.known} yet.",
                parameter="as_known_at",
                expected=f"v:0 to v:{newest}, or an instant",
            )
        return as_of.known

    def _instant(self, as_of: AsOf, reader: Reader) -> datetime:
        """The instant asked for. Never before what is known was recorded, unless it is asked for: a clock
        that is set back takes nothing back.
        """
        now = self.clock.now()
        if as_of.at:
            return _past(as_of.at, "at", now)
        if isinstance(as_of.known, datetime):
            return as_of.known
        recorded_at = reader.counter().recorded_at or now
        return max(now, recorded_at) if as_of.known is None else recorded_at

    def fetcher(self) -> Fetcher:
        """A fetcher by these settings, to be entered before use."""
        return fetcher(self.settings, self.clock, self.catalog)

    def poller(self, fetcher: Fetcher, store: Store | None = None) -> Poller:
        """A poller by these settings that asks through `fetcher`, and writes to `store` (None: to this one,
        whoever else does).
        """
        return Poller(
            store or self.store,
            self.catalog,
            fetcher,
            self.clock,
            interval=self.settings.poll_interval,
            fill=FILL,
            keep_bodies=_days(self.settings.keep_bodies_days),
            keep_intraday=_days(self.settings.keep_intraday_days),
        )

    async def keep_polling(self, sources: Sequence[Source] | None = None) -> None:
        """Poll `sources` (default: all that are enabled) whenever no other process does, until cancelled."""
        holder = f"{gethostname()}:{getpid()}:{token_hex(3)}"
        async with self.fetcher() as fetcher:
            await hold(self.store, holder, self.clock, lambda store: self.poller(fetcher, store).run(sources))


def _days(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(days=number)


def _past(instant: datetime, parameter: str, now: datetime) -> datetime:
    if instant > now:
        raise BadParameter(
            f"{parameter} is {instant.isoformat()}, which is still to come.",
            parameter=parameter,
            expected="an instant that is over",
        )
    return instant


def fetcher(settings: Settings, clock: Clock, catalog: Catalog) -> Fetcher:
    """A fetcher by these settings for the sources of `catalog`, for whoever asks them without a store."""
    return Fetcher(clock, mirror=settings.upstream_mirror, about=settings.public_url, hosts=catalog.hosts)


def chosen_catalog(settings: Settings) -> Catalog:
    """The catalog that the settings ask for; raises SettingsError for a source that there is not."""
    try:
        return catalog(settings.sources, settings.authority, app_id=settings.openexchangerates_app_id)
    except (UnknownSource, BadParameter) as error:
        raise SettingsError(
            f"SILKRATE_SOURCES or SILKRATE_AUTHORITY: {error} Expected {error.expected}."
        ) from error


@contextmanager
def opened(settings: Settings, clock: Clock | None = None, *, upgrade: bool = True) -> Iterator[Context]:
    """A context whose store is opened, brought to the current schema unless it is to be left as it is, and
    closed at the end. Raises SettingsError and StoreError.
    """
    sources = chosen_catalog(settings)
    store = open_store(settings.database_url, simulated=settings.simulated)
    try:
        if upgrade:
            store.upgrade()
        yield Context(settings, clock or SystemClock(), sources, store)
    finally:
        store.close()
