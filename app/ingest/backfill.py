"""Backfill: asks sources for the past, newest first, and never again for what is in the record.

Newest first, because rows older than what is known leave the headline as it was, and the reference of today's
change is right after the first answer: oldest first, every row of thirty years would be the headline once,
and write a tick. What is covered is noted in the transaction of the rows, so a backfill that was killed goes
on where it was.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

import structlog

from app.clock import Clock
from app.domain.calendar import day_of
from app.domain.errors import BadBody, NoRates, SourceError
from app.domain.observations import Observation
from app.domain.pairs import Pair
from app.ingest.breaker import Resting
from app.ingest.fetch import Fetches
from app.ingest.reading import bodies, parsed
from app.ingest.record import Coverage, Recording, record
from app.sources.base import ONE_DAY, Reply, Request, Source, Span
from app.sources.catalog import Catalog
from app.store.base import Store

log = structlog.get_logger("silkrate.backfill")

TRIES = 3
"""How often a span is tried that fails: once in its turn, and again after all the others."""

SILENCE = timedelta(days=14)
"""The longest stretch without a rate that a range is believed to have, and longer than any holiday: a server
may leave out the rest of a long answer.
"""

SETTLED = timedelta(days=7)
"""How long after a day its absence is believed: until then it may be a delay."""

CARRIED = timedelta(days=31)
"""How much older than asked for a table may be that a bank carries."""

PATIENCE = timedelta(minutes=15)
"""How long in all a backfill waits for a host that rests."""


Days = tuple[date, date]
"""A span of effective dates, both ends included."""


@dataclass(slots=True)
class Progress:
    """How far the backfill of one source has come.

    `days` are those asked for in all, `done` those answered. `absent` are spans of which the source says that
    it has nothing, `failures` those that could not be had so far, with the error of the last try. `trouble`
    is the newest error of all, `nothing` says why there are no days to ask for.
    """

    source: str
    days: int = 0
    done: int = 0
    rows: int = 0
    repeated: int = 0
    held: int = 0
    rejected: int = 0
    absent: list[Days] = field(default_factory=list)
    failures: dict[Days, str] = field(default_factory=dict)
    trouble: str = ""
    nothing: str = ""

    @property
    def failed(self) -> int:
        """The days that could not be had so far."""
        return length(self.failures)

    def take(self, recording: Recording) -> None:
        """Count what became of an answer."""
        self.rows += len(recording.of("accepted"))
        self.repeated += recording.repeated + recording.carried
        self.held += len(recording.of("held"))
        self.rejected += len(recording.of("rejected"))


Watch = Callable[[Progress], None]
"""Called after each answer, and whenever something goes wrong."""


class Backfill:
    """Fills in the past of sources through `fetcher`, which polls may share."""

    def __init__(
        self, store: Store, catalog: Catalog, fetcher: Fetches, clock: Clock, *, watch: Watch | None = None
    ) -> None:
        """Nothing is asked before `run`."""
        self._store, self._catalog, self._fetcher, self._clock = store, catalog, fetcher, clock
        self._watch = watch or (lambda progress: None)
        self.filled: Sequence[Progress] = ()
        """How far each source of the run has come."""

    async def run(
        self, sources: Iterable[Source], since: date | None = None, until: date | None = None
    ) -> list[Progress]:
        """Ask each of `sources` for what is not covered of `since`..`until`, both included (default: all that
        it has, up to its today); side by side, each one question at a time. Raises only StoreError.
        """
        asked = list(sources)
        self.filled = filled = [Progress(source.key) for source in asked]
        fills = zip(asked, filled, strict=True)
        await asyncio.gather(*(self._fill(source, progress, since, until) for source, progress in fills))
        return filled

    async def _fill(self, source: Source, progress: Progress, since: date | None, until: date | None) -> None:
        if source.decreed:
            said = source.decreed(self._clock.now())
            progress.take(
                await asyncio.to_thread(record, self._store, self._catalog, said, self._clock.now())
            )
        if source.history is None:
            return
        today = day_of(self._clock.now(), source.calendar.zone)
        begin, end = max(since or date.min, source.history.since), min(until or today, today)
        waiting = deque(await asyncio.to_thread(self._missing, source, begin, end))
        progress.days = length((span.since, span.until) for span in waiting)
        if waiting:
            self._watch(progress)
        elif begin <= end:
            progress.nothing = f"all of {begin} to {end} is in the record"
        else:
            progress.nothing = (
                f"its past begins with {begin}" if begin <= today else f"its last day is today, {today}"
            )
        tries, rested = Counter[Days](), self._clock.now() + PATIENCE
        while waiting:
            span = waiting.popleft()
            if not await self._answered(source, span, progress, waiting, rested):
                tries[span.since, span.until] += 1
                if tries[span.since, span.until] < TRIES:
                    waiting.append(span)

    def _missing(self, source: Source, since: date, until: date) -> list[Span]:
        """The spans to ask for, newest first."""
        assert source.history
        with self._store.read() as reader:
            gaps = uncovered(since, until, reader.covered(source.key))
        return [span for gap in gaps for span in source.history.spans(*gap)][::-1]

    async def _answered(
        self, source: Source, span: Span, progress: Progress, waiting: deque[Span], rested: datetime
    ) -> bool:
        """Ask for a span and record it; False when that failed. What an answer left out of a long range is
        put in front of those `waiting`, to be asked for by itself.
        """
        assert source.history
        try:
            said, replies = await self._ask(source, span, progress, rested)
        except NoRates:
            said, replies = [], []
        except SourceError as error:
            progress.failures[span.since, span.until] = str(error)
            self._tell(progress, error)
            return False
        progress.failures.pop((span.since, span.until), None)
        told, left_out = ([(span.since, span.until)], []) if said is None else _parts(span, said)
        if told:
            waiting.extendleft(part for gap in left_out for part in source.history.spans(*gap))
        else:
            progress.absent += left_out
        recording = await asyncio.to_thread(
            record,
            *(self._store, self._catalog, said or [], self._clock.now()),
            covers=self._covers(source, told or left_out, said),
            bodies=bodies(replies),
        )
        progress.take(recording)
        progress.done += length(told or left_out)
        self._watch(progress)
        return True

    async def _ask(
        self, source: Source, span: Span, progress: Progress, rested: datetime
    ) -> tuple[list[Observation] | None, list[Reply]]:
        """What the source says of a span, None when it is what polls have recorded; and its replies. Raises
        SourceError.
        """
        asked = [await self._fetch(source, request, progress, rested) for request in span.requests]
        replies = [reply for reply in asked if reply]
        if not replies:
            return None, []
        said = [each for reply in replies for each in parsed(source, reply)]
        days = sorted(each.effective_date for each in said)
        if days and not (span.since - CARRIED <= days[0] and days[-1] <= span.until):
            raise BadBody(
                source.key,
                f"answered {days[0]} to {days[-1]}, but {span.since} to {span.until} was asked for",
            )
        return said, replies

    async def _fetch(
        self, source: Source, request: Request, progress: Progress, rested: datetime
    ) -> Reply | None:
        """The reply, None when it is the one kept last, and a pause after it; raises SourceError."""
        assert source.history
        while True:
            try:
                return await self._fetcher.fetch(source.key, request)
            except Resting as error:
                if error.again_at > rested:
                    raise
                self._tell(progress, error)
                await self._clock.sleep_until(error.again_at)
            finally:
                await self._clock.sleep_until(self._clock.now() + source.history.pause)

    def _tell(self, progress: Progress, error: SourceError) -> None:
        progress.trouble = str(error)
        self._watch(progress)

    def _covers(
        self, source: Source, told: Iterable[Days], said: Iterable[Observation] | None
    ) -> list[Coverage]:
        """What is final of the days told of: those before today, up to the publication that is due after the
        last one; and where nothing was, long enough ago.
        """
        today = day_of(self._clock.now(), source.calendar.zone)
        newest = dict.fromkeys(source.pairs, date.min) if source.together else {}
        for each in said or ():
            newest[each.pair] = max(each.effective_date, newest.get(each.pair, date.min))
        last = today if said is None else min(newest.values(), default=date.min)
        known = source.calendar.next_day(last) - ONE_DAY if last > date.min else last
        final = min(today - ONE_DAY, max(today - SETTLED, known))
        return [Coverage(source.key, begin, min(end, final)) for begin, end in told]


def _parts(span: Span, said: Sequence[Observation]) -> tuple[list[Days], list[Days]]:
    """What an answer tells of a span, and what it leaves out.

    It tells of the days around its rows, as far as a holiday reaches, where each pair has them. A row of
    an earlier day, which a bank carries, tells nothing.
    """
    days: dict[Pair, set[date]] = {}
    for each in said:
        if each.effective_date >= span.since:
            days.setdefault(each.pair, set()).add(each.effective_date)
    if not days:
        return [], [(span.since, span.until)]
    gaps = merged(sorted(gap for found in days.values() for gap in _silences(span, sorted(found))))
    return list(uncovered(span.since, span.until, gaps)), gaps


def _silences(span: Span, days: Sequence[date]) -> Iterator[Days]:
    """The stretches of a span in which `days` has none, where they are too long to be believed."""
    for day, following in pairwise([span.since - ONE_DAY, *days, span.until + ONE_DAY]):
        if following - day > SILENCE:
            yield day + ONE_DAY, following - ONE_DAY


def length(spans: Iterable[Days]) -> int:
    """The days in `spans`."""
    return sum((end - begin).days + 1 for begin, end in spans)


def merged(spans: Sequence[Days]) -> list[Days]:
    """`spans`, in the order of their beginnings, as few as tell of the same days."""
    found: list[Days] = []
    for begin, end in spans:
        if found and begin <= found[-1][1] + ONE_DAY:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def uncovered(since: date, until: date, covered: Sequence[tuple[date, date]]) -> Iterator[tuple[date, date]]:
    """What `covered`, oldest first, leaves of `since`..`until`; all ends included."""
    for begin, end in covered:
        if since < begin:
            yield since, min(until, begin - ONE_DAY)
        since = max(since, end + ONE_DAY)
        if since > until:
            return
    if since <= until:
        yield since, until
