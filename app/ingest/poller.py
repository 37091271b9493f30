"""The poller: asks each source by its own calendar, records what it says, and takes the turns on time.

A source that fails is logged once when it breaks and once when it is back; in between its failures are in its
health. Nothing that one source does stops another, or the turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from random import Random

import structlog

from app.clock import Clock
from app.domain.calendar import day_of
from app.domain.errors import BadBody, NoRates, SilkrateError, SourceError
from app.domain.numbers import trimmed
from app.domain.observations import Observation
from app.domain.pairs import Pair
from app.ingest.backfill import Backfill
from app.ingest.breaker import MOST_UNWELCOME
from app.ingest.fetch import Busy, Fetches
from app.ingest.reading import bodies, parsed
from app.ingest.record import Recording, advance, confirm, fail, is_repeat, learn, next_turn, record
from app.ingest.retention import drop, too_old
from app.sources.base import Reply, Request, Source
from app.sources.catalog import Catalog
from app.store.base import Store, newest_said

log = structlog.get_logger("silkrate.poller")

JITTER = timedelta(seconds=20)
"""How much later than planned a source may be asked, so that a thousand Silkrates do not ask it in the
same second.
"""

AFTER_A_FAILURE = timedelta(minutes=1)
"""How soon a source that failed is asked again; doubled with each further failure, up to an hour."""

MOST_PATIENCE = timedelta(hours=1)

A_DAY = timedelta(days=1)

REMEMBERED = 32
"""How many of a source's answers are remembered, so that the same again is no news: those of some days."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source said: `replies` that were new, and the observations read from them. Neither: nothing
    changed since the last time. `unheard` is why an optional request was not answered, `failure` why asking
    ended before its end.
    """

    observations: Sequence[Observation]
    replies: Sequence[Reply]
    unheard: SourceError | None = None
    failure: SourceError | None = None

    @property
    def digests(self) -> dict[str, bytes]:
        """What was answered where, in short: the same again holds no news."""
        return {reply.request.url: sha256(reply.body).digest() for reply in self.replies}


@dataclass(frozen=True, slots=True)
class Polled:
    """How one poll of one source ended: what was recorded (None: it answered that nothing changed), or the
    error that it ended with. `not_before` is the instant before which its quota forbids to ask: then nobody
    was asked.
    """

    source: Source
    recording: Recording | None = None
    error: SourceError | None = None
    not_before: datetime | None = None


Read = Callable[[Source, Reply], list[Observation]]
"""How a reply is read."""


class Rereading:
    """Reads a reply as its source does, and the same bytes from the same URL but once."""

    def __init__(self) -> None:
        """Nothing was read so far."""
        self._read: dict[str, tuple[bytes, list[Observation]]] = {}

    def __call__(self, source: Source, reply: Reply) -> list[Observation]:
        """What it says; raises BadBody and NoRates."""
        known = self._read.pop(reply.request.url, None)
        said = known[1] if known and known[0] == reply.body else parsed(source, reply)
        self._read[reply.request.url] = (reply.body, said)
        if len(self._read) > REMEMBERED:
            del self._read[next(iter(self._read))]
        return said


async def ask(source: Source, fetcher: Fetches, now: datetime, read: Read = parsed) -> Asked:
    """Ask a source what it says now, storing nothing.

    A day of which it has nothing is no failure while it answers for another: whether that is late, its
    calendar knows. Nor need a witness be heard. What was said before a failure counts.
    """
    if source.decreed:
        return Asked(source.decreed(now), ())
    observations: list[Observation] = []
    replies: list[Reply] = []
    unheard, nothing, answered = None, None, False
    waiting = list(source.requests(now))[::-1]
    while waiting:
        request, told = waiting.pop(), False
        try:
            reply, said = await _answer(source, fetcher, request, read)
            told = _tells(said, request, observations)
            observations += said
            replies += [reply] if reply else []
            answered = True
        except NoRates as error:
            nothing = error
        except SourceError as error:
            if not request.optional:
                return Asked(observations, replies, unheard, error)
            unheard = error
        if request.otherwise and not told:
            waiting.append(request.otherwise)
    return Asked(observations, replies, unheard, None if answered else nothing)


async def _answer(
    source: Source, fetcher: Fetches, request: Request, read: Read
) -> tuple[Reply | None, list[Observation]]:
    """The reply and what it says; None when nothing changed."""
    attempts = 1 if source.least else None  # each try is one of a quota
    reply = await fetcher.fetch(source.key, request, attempts=attempts)
    return reply, read(source, reply) if reply else []


def _tells(said: Sequence[Observation], request: Request, before: Iterable[Observation]) -> bool:
    """Whether an answer has rates of the day that was asked for, or of a later one, and not merely those of a
    day `before` under another date.
    """
    known = {each.published for each in before}
    news = any(each.published not in known for each in said)
    return news and request.day is not None and said[-1].effective_date >= request.day


class Poller:
    """Polls the enabled sources of `catalog`. `interval` replaces every source's own pace where it is
    given.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        fetcher: Fetches,
        clock: Clock,
        *,
        interval: timedelta | None = None,
        fill: timedelta | None = None,
        look: timedelta = timedelta(minutes=1),
        keep_bodies: timedelta | None = None,
        keep_intraday: timedelta | None = None,
        random: Random | None = None,
    ) -> None:
        """Nothing is asked before `once` or `run`. `fill` is how far back `run` fills in what the record
        lacks (None: not at all), `look` how long at most it waits for a turn before it looks whether another
        process has recorded something, `keep_bodies` after how long it drops what was answered (None: never),
        `keep_intraday` what was said of days that have a row of their own.
        """
        self._store, self._catalog, self._fetcher, self._clock = store, catalog, fetcher, clock
        self._interval, self._fill, self._look = interval, fill, look
        self._keep_bodies, self._keep_intraday = keep_bodies, keep_intraday
        self._random = random or Random()
        self._failures: dict[str, int] = {}
        self._unwelcome: dict[str, datetime] = {}
        self._asked: dict[str, datetime] = {}
        self._unheard: set[str] = set()
        self._digests: dict[str, dict[str, bytes]] = {}
        self._reading = Rereading()
        self._polled: dict[str, asyncio.Event] = {}
        self._missed: dict[str, int] = {}
        self._recorded = asyncio.Event()

    async def once(self, sources: Iterable[Source]) -> list[Polled]:
        """Ask each of `sources` now, whatever its window, side by side, and take the turns that are due."""
        polled = list(await asyncio.gather(*(self.poll(source) for source in sources)))
        # A poll that failed, or brought nothing new, took none.
        await asyncio.to_thread(advance, self._store, self._catalog, self._clock.now())
        return polled

    async def run(self, sources: Iterable[Source] | None = None) -> None:
        """Poll `sources` (default: all that are enabled) and take turns until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for source in self._catalog.polled if sources is None else sources:
                tasks.create_task(self._keep(f"poll {source.key}", partial(self._next_poll, source)))
                if self._fill and source.history:
                    tasks.create_task(
                        self._keep(f"fill {source.key}", partial(self._next_fill, source, self._fill))
                    )
            tasks.create_task(self._keep("turn", self._next_turn))
            if self._keep_bodies:
                tasks.create_task(self._keep("drop", partial(self._next_drop, self._keep_bodies)))
            if self._keep_intraday:
                tasks.create_task(self._keep("thin", partial(self._next_thinning, self._keep_intraday)))

    async def poll(self, source: Source) -> Polled:
        """Ask one source and record what it says, or its failure; unless its quota does not allow to ask.
        Raises only StoreError.
        """
        if source.least and (not_before := await asyncio.to_thread(self._quota, source)):
            return Polled(source, not_before=not_before)
        self._asked[source.key] = self._clock.now()
        asked = await ask(source, self._fetcher, self._clock.now(), self._reading)
        self._note_unheard(source, asked.unheard)
        try:
            recording = await self._take(source, asked)
            if asked.failure:
                raise asked.failure
        except SourceError as error:
            await asyncio.to_thread(fail, self._store, error, self._clock.now())
            self._note_failure(source, error)
            return Polled(source, error=error)
        self._note_success(source)
        return Polled(source, recording)

    async def _take(self, source: Source, asked: Asked) -> Recording | None:
        """Record what a source said; None when it said nothing new. Raises BadBody."""
        now, known = self._clock.now(), self._digests.setdefault(source.key, {})
        repeated = asked.replies and asked.digests.items() <= known.items()
        if repeated or not asked.observations:
            if not asked.failure:
                await asyncio.to_thread(confirm, self._store, source.key, now)
            return None
        said = await asyncio.to_thread(self._refuse_a_step_back, source, asked.observations)
        recording = await asyncio.to_thread(
            record, self._store, self._catalog, said, now, bodies=bodies(asked.replies)
        )
        if not recording.premature:  # which the same words said again on a later day are not
            self._digests[source.key] = dict([*known.items(), *asked.digests.items()][-REMEMBERED:])
            for reply in asked.replies:
                self._fetcher.keep(reply)
        self._note_recorded(source, recording)
        self._recorded.set()
        return recording

    async def _keep(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        """Repeat `step` for ever. An error of ours or of the store is logged, once as long as it is the same
        kind, and tried again after a while: a lock is given back, a disk has space again.
        """
        wait, failed = min(AFTER_A_FAILURE, self._interval or AFTER_A_FAILURE), ""
        while True:
            try:
                await step()
                failed = ""
            except SilkrateError as error:
                if failed != error.type:
                    log.error("step failed", step=name, error=str(error))
                failed = error.type
                await self._clock.sleep_until(self._clock.now() + wait)
            except Exception:
                log.exception("step failed", step=name)
                await self._clock.sleep_until(self._clock.now() + wait)

    async def _next_poll(self, source: Source) -> None:
        await self.poll(source)
        self._heard(source).set()
        await self._clock.sleep_until(await asyncio.to_thread(self._when, source))

    def _heard(self, source: Source) -> asyncio.Event:
        """Set once `source` was polled: its past comes after its present."""
        return self._polled.setdefault(source.key, asyncio.Event())

    async def _next_fill(self, source: Source, reach: timedelta) -> None:
        """Fill in what the record lacks of the last days, then wait for a day: an outage of ours leaves a
        gap, and what could not be had is asked for again.
        """
        await self._heard(source).wait()
        backfill = Backfill(self._store, self._catalog, self._fetcher, self._clock)
        today = day_of(self._clock.now(), source.calendar.zone)
        (filled,) = await backfill.run([source], since=today - reach, until=today - A_DAY)
        if filled.rows:
            log.info("filled in", source=source.key, days=filled.done, rows=filled.rows)
        for (since, until), error in filled.failures.items():
            log.warning("not filled in", source=source.key, since=str(since), until=str(until), error=error)
        learned = await asyncio.to_thread(learn, self._store, self._catalog, source.key, self._clock.now())
        if learned:
            log.info("holidays learned", source=source.key, days=[str(day) for day in learned])
        await self._clock.sleep_until(self._clock.now() + A_DAY + self._jitter())

    async def _next_drop(self, keep: timedelta) -> None:
        """Drop what was answered too long ago, then wait for a day. What was read from it stays."""
        dropped = await asyncio.to_thread(self._drop, self._clock.now() - keep)
        if dropped:
            log.info("bodies dropped", bodies=dropped)
        await self._clock.sleep_until(self._clock.now() + A_DAY)

    def _drop(self, before: datetime) -> int:
        return self._store.transact(self._clock.now(), lambda writer: writer.drop_bodies(before))

    async def _next_thinning(self, keep: timedelta) -> None:
        """Drop what was said all day too long ago, day by day so that others may write in between, then wait
        for a day.
        """
        now, dropped = self._clock.now(), 0
        for place in await asyncio.to_thread(too_old, self._store, self._catalog, now, keep):
            dropped += await asyncio.to_thread(drop, self._store, place, self._clock.now())
        if dropped:
            log.info("rows dropped", rows=dropped)
        await self._clock.sleep_until(self._clock.now() + A_DAY)

    def _quota(self, source: Source) -> datetime | None:
        """When `source` may be asked again by its quota; None: now.

        By the store, so also after a restart; by memory too, should the store not take what it said. An
        instant that is still to come is of a clock that has been set back: it counts for nothing.
        """
        if source.least is None:
            return None
        with self._store.read() as reader:
            health = reader.health(source.key)
        now, asked = self._clock.now(), [health.checked_at, self._asked.get(source.key)]
        asked.append(health.last_error.at if health.last_error else None)
        last = max((instant for instant in asked if instant and instant <= now), default=None)
        return last + source.least if last and now < last + source.least else None

    def _when(self, source: Source) -> datetime:
        """When to ask `source` again: not before it wants to be asked, nor before its quota allows it."""
        now = self._clock.now()
        return max(self._pace(source), self._unwelcome.get(source.key, now), self._quota(source) or now)

    def _pace(self, source: Source) -> datetime:
        """When to ask `source` again by its calendar, its failures or the interval that was set."""
        now, failures = self._clock.now(), self._failures.get(source.key, 0)
        if source.decreed:
            return source.calendar.next_poll(None, now)
        if self._interval:
            return now + self._interval * (900 + self._random.randrange(200)) / 1000
        if failures:
            return now + min(AFTER_A_FAILURE * (1 << min(failures - 1, 10)), MOST_PATIENCE) + self._jitter()
        with self._store.read() as reader:
            source = self._catalog.closing(reader.closures())[source.key]
            newest = newest_said(reader, source.key, source.pairs, together=source.together)
        day = newest.effective_date if newest else None
        return source.calendar.next_poll(day, now) + self._jitter()

    def _jitter(self) -> timedelta:
        return JITTER * self._random.randrange(1000) / 1000

    async def _next_turn(self) -> None:
        """Take the turns that are due, then wait for the next, or for a recording that may bring a nearer
        one.
        """
        now = self._clock.now()
        if not self._recorded.is_set():  # a recording has taken the turns before it
            await asyncio.to_thread(advance, self._store, self._catalog, now)
        self._recorded.clear()
        await asyncio.to_thread(self._note_missed, now)
        waits = [
            asyncio.ensure_future(self._clock.sleep_until(await asyncio.to_thread(self._turn_after, now))),
            asyncio.ensure_future(self._recorded.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _turn_after(self, now: datetime) -> datetime:
        with self._store.read() as reader:
            return next_turn(reader, self._catalog, now, now + self._look)

    def _refuse_a_step_back(
        self, source: Source, observations: Sequence[Observation]
    ) -> Sequence[Observation]:
        """Raise BadBody for news of a day before the one whose rate is in force; leave out a witness's.

        Asked what it says now, a source that answers so has a wrong date in it, or a cache or a backup that
        was left behind; recorded, its rates would correct days long past. That nothing in it is new is fine,
        and so is a day before one that is still to come: that one may have been the misprint.
        """
        today, back = day_of(self._clock.now(), source.calendar.zone), dict[Pair, BadBody]()
        with self._store.read() as reader:
            for pair in {each.pair for each in observations}:
                said = [each for each in observations if each.pair == pair]
                newest = reader.newest(pair, source.key, until=today)
                if newest is None:
                    continue
                last, known = max(each.effective_date for each in said), newest.said.effective_date
                if last < known and not all(is_repeat(reader, each) for each in said):
                    back[pair] = BadBody(source.key, f"dated {last}, after it had spoken of {known}")
        for pair, error in back.items():
            if pair in source.pairs:
                raise error
            self._note_unheard(source, error)
        return [each for each in observations if each.pair not in back]

    def _note_missed(self, now: datetime) -> None:
        """Log each publication that was due and did not come, once, and the one that ends it."""
        with self._store.read() as reader:
            for source in self._catalog.closing(reader.closures()).polled:
                newest = newest_said(reader, source.key, source.pairs, together=source.together)
                if newest is None:
                    continue
                missed = source.calendar.missed(newest.effective_date, now, newest.observed_at)
                said = {"source": source.key, "newest": str(newest.effective_date), "missed": missed}
                before = self._missed.get(source.key, 0)
                self._missed[source.key] = missed
                if missed > before:
                    log.warning("publication missed", **said)
                elif before and not missed:
                    log.info("publication came", **said)

    def _note_unheard(self, source: Source, error: SourceError | None) -> None:
        if error is None:
            self._unheard.discard(source.key)
        elif source.key not in self._unheard:
            self._unheard.add(source.key)
            log.warning("not heard", source=source.key, kind=error.type, error=str(error))

    def _note_failure(self, source: Source, error: SourceError) -> None:
        self._failures[source.key] = self._failures.get(source.key, 0) + 1
        if isinstance(error, Busy) and error.again_at:
            self._unwelcome[source.key] = min(error.again_at, self._clock.now() + MOST_UNWELCOME)
        if self._failures[source.key] == 1:
            log.warning("source broke", source=source.key, kind=error.type, error=str(error))

    def _note_success(self, source: Source) -> None:
        failures = self._failures.pop(source.key, 0)
        if failures:
            log.info("source recovered", source=source.key, failures=failures)

    def _note_recorded(self, source: Source, recording: Recording) -> None:
        for doubt in (*recording.of("held"), *recording.of("rejected")):
            log.warning(
                f"observation {doubt.judgement.verdict}",
                source=source.key,
                id=doubt.id,
                pair=str(doubt.said.pair),
                effective_date=str(doubt.said.effective_date),
                reason=doubt.judgement.reason,
            )
        for tick in recording.ticks:
            log.info("tick", seq=tick.seq, pair=str(tick.pair), rate=trimmed(tick.rate), cause=tick.cause)
