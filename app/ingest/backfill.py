"""Backfill: asks sources for the past, newest first, and never again for what is in the record.

Newest first, because rows older than what is known leave the headline as it was, and the reference of today's
change is right after the first answer: oldest first, every row of thirty years would be the headline once,
and write a tick. What is covered is noted in the transaction of the rows, so a backfill that was killed goes
on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog

from app.clock import Clock
from app.domain.calendar import day_of
from app.domain.errors import BadBody, NoRates, SourceError
from app.domain.observations import Observation
from app.ingest.breaker import Resting
from app.ingest.fetch import Fetches
from app.ingest.record import Coverage, Recording, record
from app.sources.base import ONE_DAY, Source, Span
from app.sources.catalog import Catalog
from app.store.base import Store

log = structlog.get_logger("silkrate.backfill")

ROUNDS = 3
"""How often a span is tried that fails: once in its turn, and again at the end of each round."""

SETTLED = timedelta(days=7)
"""How long after a day its absence is believed: until then it may be a delay."""

CARRIED = timedelta(days=31)
"""How much older than asked for a table may be that a bank carries."""

PATIENCE = timedelta(minutes=15)
"""How long in all a backfill waits for a host that rests."""


@dataclass(slots=True)
class Progress:
    """How far the backfill of one source has come.

    `days` are those asked for in all, `done` those answered. `absent` are days of which the source says that
    it has nothing, `failures` the spans that could not be had, with the error of the last try.
    """

    source: str
    days: int = 0
    done: int = 0
    rows: int = 0
    repeated: int = 0
    held: int = 0
    rejected: int = 0
    absent: list[date] = field(default_factory=list)
    failures: dict[tuple[date, date], str] = field(default_factory=dict)

    def take(self, recording: Recording) -> None:
        """Count what became of an answer."""
        self.rows += len(recording.of("accepted"))
        self.repeated += recording.repeated + recording.carried
        self.held += len(recording.of("held"))
        self.rejected += len(recording.of("rejected"))


Watch = Callable[[Progress], None]
"""Called after each answer."""


class Backfill:
    """Fills in the past of sources through `fetcher`, which polls may share."""

    def __init__(
        self, store: Store, catalog: Catalog, fetcher: Fetches, clock: Clock, *, watch: Watch | None = None
    ) -> None:
        """Nothing is asked before `run`."""
        self._store, self._catalog, self._fetcher, self._clock = store, catalog, fetcher, clock
        self._watch = watch or (lambda progress: None)

    async def run(
        self, sources: Iterable[Source], since: date | None = None, until: date | None = None
    ) -> list[Progress]:
        """Ask each of `sources` for what is not covered of `since`..`until`, both included (default: all that
        it has, up to its today); side by side, each one question at a time. Raises only StoreError.
        """
        return await asyncio.gather(*(self._fill(source, since, until) for source in sources))

    async def _fill(self, source: Source, since: date | None, until: date | None) -> Progress:
        progress = Progress(source.key)
        if source.decreed:
            said = source.decreed(self._clock.now())
            progress.take(
                await asyncio.to_thread(record, self._store, self._catalog, said, self._clock.now())
            )
        waiting = await asyncio.to_thread(self._missing, source, since, until)
        progress.days = sum((span.until - span.since).days + 1 for span in waiting)
        rested = self._clock.now() + PATIENCE
        for _ in range(ROUNDS):
            failed = [span for span in waiting if not await self._answered(source, span, progress, rested)]
            if not failed:
                break
            waiting = failed
        return progress

    def _missing(self, source: Source, since: date | None, until: date | None) -> list[Span]:
        """The spans to ask for, newest first."""
        if source.history is None:
            return []
        today = day_of(self._clock.now(), source.calendar.zone)
        begin, end = max(since or date.min, source.history.since), min(until or today, today)
        with self._store.read() as reader:
            gaps = uncovered(begin, end, reader.covered(source.key))
        return [span for gap in gaps for span in source.history.spans(*gap)][::-1]

    async def _answered(self, source: Source, span: Span, progress: Progress, rested: datetime) -> bool:
        """Ask for a span and record it; False when that failed."""
        try:
            said = await self._ask(source, span, rested)
        except NoRates:
            progress.absent.append(span.since)
            said = []
        except SourceError as error:
            progress.failures[span.since, span.until] = str(error)
            self._watch(progress)
            return False
        progress.failures.pop((span.since, span.until), None)
        covers = self._covers(source, span, absent=not said)
        progress.take(
            await asyncio.to_thread(
                record, self._store, self._catalog, said, self._clock.now(), covers=covers
            )
        )
        progress.done += (span.until - span.since).days + 1
        self._watch(progress)
        return True

    async def _ask(self, source: Source, span: Span, rested: datetime) -> list[Observation]:
        """What the source says of a span, a pause after each answer; raises SourceError."""
        assert source.parse
        assert source.history
        said: list[Observation] = []
        for request in span.requests:
            while True:
                try:
                    reply = await self._fetcher.fetch(source.key, request)
                    break
                except Resting as error:
                    if error.again_at > rested:
                        raise
                    await self._clock.sleep_until(error.again_at)
            await self._clock.sleep_until(self._clock.now() + source.history.pause)
            said += source.parse(reply) if reply else []
        days = sorted(each.effective_date for each in said)
        if days and not (span.since - CARRIED <= days[0] and days[-1] <= span.until):
            raise BadBody(
                source.key,
                f"answered {days[0]} to {days[-1]}, but {span.since} to {span.until} was asked for",
            )
        return said

    def _covers(self, source: Source, span: Span, *, absent: bool) -> Coverage:
        """The days of `span` that are final: before today, and where nothing was, long enough ago."""
        today = day_of(self._clock.now(), source.calendar.zone)
        final = today - (SETTLED if absent else ONE_DAY)
        return Coverage(source.key, span.since, min(span.until, final))


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
