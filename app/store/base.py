"""What a store promises, whatever engine is behind it.

Observations are append-only. Each is a datum `(source, pair, effective_date, observed_at)` in one or more
revisions; of the accepted revisions the newest is in force. A transaction that records or judges anything, or
writes a tick, takes the next `version`, which is stamped on every row it writes; `seq` numbers ticks. Both
come from one counter row and have no gaps. Each version has a hash over its rows and the hash of the version
before, as app/store/chain.py says. An acknowledged write survives the death of the process.

Ranges of effective dates include both ends. Instants are aware, in UTC, to the microsecond. Texts such as
literals come back as they went in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Protocol, TypeAlias, TypeVar

from app.domain.answers import LastError
from app.domain.days import Day
from app.domain.observations import Judgement, Observation, Printed, Recorded, Verdict
from app.domain.pairs import Pair
from app.domain.ticks import Tick
from app.store.chain import ORIGIN

ONE_DAY = timedelta(days=1)

Done = TypeVar("Done")

WRITE_POINTS = (
    "begun",
    "recorded",
    "judged",
    "ticked",
    "closed",
    "confirmed",
    "covered",
    "counted",
    "committing",
    "committed",
)
"""The named points of a write, in their order: after the transaction began, after each kind of row, before
and after the commit.
"""

Probe = Callable[[str], None]
"""Called with the name of each point that a write passes: where tests stop a process dead."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where the store stands: the newest `version`, when it was recorded and its hash, the newest `seq`, and
    the id of the log they count.
    """

    log_id: str
    version: int
    seq: int
    recorded_at: datetime | None
    simulated: bool
    hash: str = ORIGIN


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to poll: `holder` has it until `expires_at`, by the clock of the database. `token` grows with
    each holder.
    """

    holder: str
    token: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Damage:
    """Something in the store that is not as it was written: the row, by its table and key, and what is wrong
    with it; `version` is the one that wrote it, where that is known.
    """

    table: str
    key: str
    what: str
    version: int | None = None

    def __str__(self) -> str:
        """One line for whoever can act on it."""
        version = "" if self.version is None else f" (version {self.version})"
        return f"{self.table} {self.key}{version}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of reading the whole store: its damages, the first MOST_DAMAGES of them, and how much was
    read.
    """

    head: Counter | None
    rows: int
    damages: tuple[Damage, ...]
    more: bool = False


MOST_DAMAGES = 100
"""Damages that are told, so that a ruin needs no more memory than a sound store."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How asking a source went. Outside the record: it moves without a version.

    `checked_at` is when an answer last confirmed what is recorded, `last_success_at` when an answer could
    last be read at all; `failing_since` the first failure since then, None while it answers; `last_error` the
    newest failure, kept after the recovery.
    """

    source: str
    checked_at: datetime | None = None
    last_success_at: datetime | None = None
    failing_since: datetime | None = None
    last_error: LastError | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """What the record holds of one pair from one source: first and last effective date in force, and how
    many publications.
    """

    source: str
    pair: Pair
    first: date
    last: date
    publications: int


Plain: TypeAlias = tuple[str, str, str, str, int, str, str, int, str]
"""A datum that no rule objects to, by PLAIN, in the texts in which it is hashed: pairs are `KGS/USD`, days
`2026-05-21`, instants `2026-05-20 18:00:00.000000+00:00`, the rate is that of `pair` in plain notation. So a
row among millions is nothing but its texts.
"""

PLAIN = (
    "source",
    "pair",
    "effective_date",
    "observed_at",
    "revision",
    "published_pair",
    "published_value",
    "nominal",
    "rate",
)
"""What each value of a Plain is."""


class Reader(Protocol):
    """One consistent view of the store: everything read through it is of the same version, with what was
    known at it. Health and coverage alone are those of now.
    """

    def counter(self) -> Counter:
        """Where the store stands in this view."""

    def version_at(self, instant: datetime) -> int:
        """The newest version recorded at or before `instant`; 0 before the first."""

    def recorded_at(self, version: int) -> datetime | None:
        """When `version` was recorded; None when there is none such."""

    def newest(
        self, pair: Pair, source: str, *, until: date = date.max, at: datetime | None = None
    ) -> Recorded | None:
        """The newest publication in force dated at or before `until`, and observed at or before `at`."""

    def publications(
        self,
        pair: Pair,
        source: str,
        *,
        since: date = date.min,
        until: date = date.max,
        limit: int | None = None,
        superseded: bool = False,
    ) -> Iterator[Recorded]:
        """The publications in force dated within `since`..`until`, oldest first, at most `limit`; before each
        those that it `superseded`, if asked for.
        """

    def printed(
        self,
        pair: Pair,
        source: str,
        *,
        since: date = date.min,
        until: date = date.max,
        superseded: bool = False,
    ) -> Iterator[Printed]:
        """The same by what a table shows of them, for many at a fraction of the time."""

    def plain(self, pair: Pair, source: str, *, since: date, limit: int) -> list[Plain]:
        """What was recorded dated at or after `since` and neither said otherwise nor in need of a judgement
        ever, oldest first, at most `limit`. Its rate is left empty.
        """

    def days(
        self, pair: Pair, source: str, *, since: date = date.min, until: date = date.max
    ) -> Iterator[Day]:
        """What a source that speaks all day said on each day within `since`..`until`, oldest first; of one
        day a Day for each form in which it was printed. None of a source whose days are not kept.
        """

    def recounted(self, pair: Pair, source: str, day: date) -> list[Day]:
        """The forms of one day counted anew: from what is in force, and from what was dropped of it."""

    def dropped(self, pair: Pair, source: str, *, since: date, until: date) -> list[Day]:
        """What the rows came to that were dropped of each day within `since`..`until`, in each form."""

    def whole_days(self, pair: Pair, source: str, *, until: date) -> list[date]:
        """The days at or before `until` with more than one row, of which none was dropped; oldest first."""

    def revisions(
        self, pair: Pair, source: str, effective_date: date, observed_at: datetime
    ) -> list[Recorded]:
        """Everything recorded of one datum, whatever the verdict, in the order of its revisions."""

    def meant(
        self, pair: Pair, source: str, *, since: date, until: date, limit: int | None = None
    ) -> list[Recorded]:
        """What the source said last for each day within `since`..`until`, oldest first, at most `limit`: in
        force or not, but for what is refused for what it is in itself or by a person, and what it took back.
        """

    def questioned(self, since: date, until: date) -> list[Recorded]:
        """What was said by anybody for days within `since`..`until` and needed a judgement: held, rejected,
        or cleared by evidence.
        """

    def doubts(
        self, verdict: Verdict, *, source: str | None = None, pair: Pair | None = None, limit: int = 100
    ) -> list[Recorded]:
        """The observations whose newest verdict is `held` or `rejected`, newest first."""

    def doubt_counts(self) -> dict[tuple[str, Verdict], int]:
        """How many observations of each source are held and rejected."""

    def extents(self) -> list[Extent]:
        """What the record holds of each pair from each source."""

    def last_tick(self, pair: Pair) -> Tick | None:
        """The newest tick of `pair`: its headline in force."""

    def tick(self, seq: int) -> Tick | None:
        """The tick numbered `seq`, or None."""

    def ticks(self, *, after: int = 0, pairs: Sequence[Pair] = (), limit: int = 1000) -> list[Tick]:
        """The ticks with a seq above `after`, oldest first, of `pairs` or of all."""

    def ticks_back(
        self, *, until: int | None = None, pairs: Sequence[Pair] = (), limit: int = 1000
    ) -> list[Tick]:
        """The ticks with a seq of at most `until`, newest first, of `pairs` or of all."""

    def recorded(self, observation_id: int) -> Recorded | None:
        """The observation with this id, whatever the verdict; None when there is none."""

    def judgements(self, recorded: Recorded) -> list[tuple[int, datetime, Judgement]]:
        """Every verdict on an observation, the oldest first, with the version that gave it and when."""

    def body(self, digest: str) -> bytes | None:
        """What a source answered, by its SHA-256 in hexadecimal digits; None when it is not kept."""

    def health(self, source: str) -> SourceHealth:
        """How asking `source` went; all None when it was never asked."""

    def covered(self, source: str) -> list[tuple[date, date]]:
        """The spans of effective dates, both ends included, that `source` was asked for and whose answers
        are in the record; oldest first, with a gap between any two.
        """

    def lease(self) -> Lease | None:
        """Who polls, or ended without giving its lease back; None when nobody does. Of now, like health."""

    def reachable(self) -> bool:
        """Whether the database answers at this moment: what is in memory can be read without."""

    def closures(self) -> Mapping[str, frozenset[date]]:
        """The days on which each source is known not to publish, as far as that was learned: by its key."""


class Writer(Reader, Protocol):
    """One transaction, the only one that writes at the time. All of it becomes visible at its end, or
    nothing.

    `version` is what this transaction will stamp. It is taken, and the counter moves, only if add, add_all,
    judge, keep_day, append or close_day is called.
    """

    @property
    def version(self) -> int:
        """The version that this transaction stamps on what it writes."""

    @property
    def instant(self) -> datetime:
        """The `recorded_at` of this transaction: the clock's, but never before that of the version before
        it.
        """

    @property
    def seq(self) -> int:
        """The newest seq, this transaction's own ticks included."""

    def add(self, observation: Observation, revision: int, judgement: Judgement) -> Recorded:
        """Record an observation with the first verdict on it."""

    def add_all(self, rows: Sequence[Plain], fetched_at: datetime) -> None:
        """Record many observations that no rule objects to, in their order."""

    def judge(self, recorded: Recorded, judgement: Judgement) -> Recorded:
        """Record a later verdict on an observation; the earlier ones stay."""

    def keep_day(self, pair: Pair, source: str, day: date, forms: Sequence[Day]) -> None:
        """Keep these in place of what was kept of one day: what the record comes to. They stand outside the
        chain, and bear the version of this transaction.
        """

    def drop_rows(self, pair: Pair, source: str, day: date) -> int:
        """Drop what was said of one day, but for the last that is in force, what was ever judged or said
        otherwise, and what a tick names; returns how many rows. Their hashes stay, and so does the day: it
        takes no version, for nothing else is known than before.
        """

    def append(self, tick: Tick) -> None:
        """Append a tick, whose seq is the next one."""

    def keep_body(self, digest: str, content: bytes) -> None:
        """Keep what a source answered under its SHA-256. Outside the record: it moves without a version."""

    def drop_bodies(self, before: datetime) -> int:
        """Drop the bodies from which nothing was recorded at or after `before`; returns how many."""

    def close_day(self, source: str, day: date) -> None:
        """Record that `source` does not publish for `day`; once more is nothing new."""

    def confirm(self, source: str, at: datetime) -> None:
        """Note that `source` answered at `at`, and that what is recorded of it still holds."""

    def fail(self, source: str, error: LastError) -> None:
        """Note that asking `source` failed."""

    def cover(self, source: str, since: date, until: date) -> None:
        """Note that the answer of `source` about `since`..`until` is in the record, and need not be asked
        for again. Outside the record, like health: it moves without a version.
        """


class Store(Protocol):
    """An opened store. Safe to use from several threads; other processes may read, and write in turn, at
    the same time.
    """

    def read(self, known: int | None = None) -> AbstractContextManager[Reader]:
        """A consistent view, of what was known at version `known` (None: now). Raises StoreUnavailable or
        StoreDamaged.
        """

    def write(self, now: datetime) -> AbstractContextManager[Writer]:
        """A transaction at `now`, committed at the end of the block, rolled back when it raises. Waits for
        other writers; StoreUnavailable when that takes too long, StoreContended when another came first.
        """

    def transact(self, now: datetime, work: Callable[[Writer], Done]) -> Done:
        """Do `work` in a transaction at `now`, and what it returns: again from the start when another
        transaction came first. Raises as `write` does.
        """

    def lease(self, holder: str, span: timedelta) -> Lease | None:
        """The lease for `holder`, for `span` from now, or for as much longer when it has it; None while
        another has it.
        """

    def release(self, lease: Lease) -> None:
        """Let another poller have the lease at once."""

    def under(self, lease: Lease) -> Store:
        """This store for the holder of `lease`: once another has it, every write raises LeaseLost and writes
        nothing.
        """

    @property
    def seen(self) -> Counter | None:
        """Where the store stands by what was seen while it is followed; None when it is not."""

    def follow(self, stop: Event, told: Callable[[], None], seen: Callable[[], None] = lambda: None) -> None:
        """Until `stop`, look for new versions and call `told` for each. Meanwhile every view of now is of the
        newest version that was seen, for `told` of the one that is seen next; what was read of it needs no
        database. Then call `seen`, in whatever thread saw it, which may be that of who recorded it.
        """

    def wait_for(self, version: int) -> int:
        """The newest version; waits a moment for `version`, where readers may be behind."""

    def upgrade(self) -> None:
        """Create the schema, or bring it to this program's; raises StoreMismatch when it is newer."""

    def verify(self, all_day: Collection[str] = ()) -> Verification:
        """Read everything, and hold it against the hashes it was written with. What was rewritten with all
        hashes after it, or cut off at the end, is seen only by who noted the hash of a later version. Health
        is outside the chain, and so is coverage, of which only the order is looked at. Days are counted
        again: those of the sources that have any, and of `all_day`, which must have.
        """

    def backup(self, file: Path, *, force: bool = False) -> None:
        """Write what is committed to `file`, whole or not at all, while others go on writing. Raises
        StoreMismatch when there is such a file, unless `force`.
        """

    def close(self) -> None:
        """Give everything back. The store is not used again."""


def candidates(reader: Reader, pair: Pair, days: Mapping[str, date]) -> list[Recorded]:
    """What the headline of `pair` is chosen from, on its day in `days` or any later one: of each source its
    newest publication dated at or before that day, and all after it.
    """
    found: list[Recorded] = []
    for source, day in days.items():
        newest = reader.newest(pair, source)
        if newest and newest.said.effective_date > day:
            reached = reader.newest(pair, source, until=day)
            found += [reached] if reached else []
            found += reader.publications(pair, source, since=day + ONE_DAY)
        elif newest:
            found.append(newest)
    return found


def newest_said(
    reader: Reader, source: str, pairs: Iterable[Pair], *, together: bool, until: date = date.max
) -> Observation | None:
    """What a source said last of a day at or before `until`, of any of `pairs`; or of the one that it left
    behind, where it speaks of all of them `together`.
    """
    found = (reader.newest(pair, source, until=until) for pair in pairs)
    choose = min if together else max
    return choose(
        (recorded.said for recorded in found if recorded),
        key=lambda said: (said.effective_date, said.observed_at),
        default=None,
    )
