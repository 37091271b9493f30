"""Reading and writing in SQL, the same on every engine: what app/store/base.py promises of a Reader and a
Writer.
"""

from __future__ import annotations

import heapq
import itertools
import zlib
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Protocol, TypeAlias

from sqlalchemy import ClauseElement, Connection, CursorResult
from sqlalchemy.exc import SQLAlchemyError

from app.domain.answers import LastError
from app.domain.days import Day, counted, joined
from app.domain.errors import StoreDamaged, StoreError, StoreUnavailable
from app.domain.observations import ACCEPTED, Judgement, Observation, Printed, Recorded, Verdict
from app.domain.pairs import Pair
from app.domain.ticks import Tick
from app.store import chain, rows, statements
from app.store.base import PLAIN, Counter, Extent, Lease, Plain, Probe, SourceHealth
from app.store.prepared import AnyRow, Prepared, Unreadable, readable
from app.store.statements import FOREVER
from app.store.tables import observations, to_pair
from app.store.tally import Change, Count, Series, Tally

ONE_DAY = timedelta(days=1)

AnyResult: TypeAlias = CursorResult[*tuple[Any, ...]]
Prepare: TypeAlias = Callable[[ClauseElement, tuple[str, ...]], Prepared]
"""Gives a statement, for parameters of these names, in the words of the engine at hand."""


class Words(Protocol):
    """How the engine at hand is spoken to, and what messages call the database."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def prepare(self) -> Prepare:
        """Gives a statement in its words."""


class Memory:
    """What was read of the last two versions: one that readers see, and one that is read ahead. What a
    version has never changes, so it need not be read twice. `lately` is what was read last of what has no
    version.
    """

    def __init__(self) -> None:
        """Nothing was read so far."""
        self.lately: dict[Hashable, list[AnyRow]] = {}
        self._kept: dict[Counter, dict[Hashable, Any]] = {}

    def of(self, counter: Counter) -> dict[Hashable, Any]:
        """What was read of this log at this version, to be added to."""
        kept = self._kept
        if counter not in kept or len(kept[counter]) > MOST_KEPT:
            others = [each for each in kept.items() if each[0] != counter]
            kept = self._kept = dict([*others[-1:], (counter, {})])
        return kept[counter]


FEW = 50
"""Rows that are remembered rather than streamed."""

MOST_KEPT = 10_000
"""Rows in memory at most: the newest of each source, and of the days that were asked about."""


OBSERVATIONS = observations.name

NEVER = date.max, date.min
"""From when to when there is something, where there is nothing."""


_DATUM: Callable[[Plain], tuple[str, str, str, str, int]] = itemgetter(0, 1, 2, 3, 4)
"""Which datum a row is of, and its revision."""


class SqlReader:
    """A Reader over one transaction, which `begin` begins when the first thing is read that is not in
    `memory`, the store's; of what was known at version `known` (None: of all), or when the store stood as
    `seen`.
    """

    def __init__(
        self,
        begin: Callable[[], Connection],
        words: Words,
        memory: Memory,
        known: int | None = None,
        seen: Counter | None = None,
    ) -> None:
        self._begin, self._words, self._memory, self._seen = begin, words, memory, seen
        self._known = seen.version if seen else FOREVER if known is None else known
        self._streams: list[AnyResult] = []

    @cached_property
    def _connection(self) -> Connection:
        return self._begin()

    @cached_property
    def _kept(self) -> dict[Hashable, Any]:
        return self._memory.of(self.counter()) if self._seen or self._known == FOREVER else {}

    def _once(self, statement: ClauseElement, /, **parameters: Any) -> list[AnyRow]:
        """What the statement finds, read once a version."""
        key = (id(statement), *parameters.values())
        if key not in self._kept:
            self._kept[key] = self._run(statement, **parameters)
        found: list[AnyRow] = self._kept[key]
        return found

    def _lately(self, statement: ClauseElement, /, **parameters: Any) -> list[AnyRow]:
        """What the statement finds now; of a store that is followed and out of reach, what it found last."""
        key, lately = (id(statement), *parameters.values()), self._memory.lately
        try:
            lately[key] = self._run(statement, **parameters)
        except StoreUnavailable:
            if self._seen is None or key not in lately:
                raise
        return lately[key]

    def close(self) -> None:
        """End every stream that was not read to its end: it would keep this view alive in the connection."""
        for stream in self._streams:
            stream.close()

    def counter(self) -> Counter:
        """The counter row, or where it stood: then a seek by version, among the versions and the ticks."""
        if self._seen:
            return self._seen
        now = self._counter_row(statements.COUNTER)
        if self._known >= now.version:
            return now
        (seq,) = self._one(statements.SEQ_AT, known=self._known) or (0,)
        recorded_at, head = self._one(statements.AT_VERSION, version=self._known) or (None, chain.ORIGIN)
        return replace(now, version=self._known, seq=seq, recorded_at=recorded_at, hash=head)

    @cached_property
    def _counts(self) -> Mapping[Series, Count]:
        """What there is of each series."""
        found = (Count(*row) for row in self._once(statements.EXTENTS))
        return {(each.source, each.pair): each for each in found}

    def _then(self, now: Count) -> Count | None:
        """What there was of a series that there is: one seek, where it is not the same."""
        if now.begun <= self._known:
            return now
        place = {"source": now.source, "pair": now.pair, "known": self._known}
        found = _first(self._once(statements.EARLIER_EXTENT, **place))
        return Count(*found) if found else None

    def _within(self, pair: Pair, source: str, since: date, until: date) -> tuple[date, date]:
        """The part of `since`..`until` in which anything was known: what was recorded later is often outside,
        and would be walked through. In a view of now, or of what was seen a moment ago, there is no such.
        """
        if self._known == FOREVER or self._seen:
            return since, until
        now = self._counts.get((source, pair))
        then = self._then(now) if now else None
        if then is None or then.since is None or then.until is None:
            return NEVER
        return max(since, then.since), min(until, then.until)

    def version_at(self, instant: datetime) -> int:
        """One seek by time."""
        row = self._one(statements.VERSION_AT, instant=instant)
        return row[0] if row else 0

    def recorded_at(self, version: int) -> datetime | None:
        """One seek by version."""
        row = self._one(statements.AT_VERSION, version=version)
        return row[0] if row else None

    def newest(
        self, pair: Pair, source: str, *, until: date = date.max, at: datetime | None = None
    ) -> Recorded | None:
        """One seek, backwards from `until`; past what was observed on that day after `at`."""
        first, last = self._within(pair, source, date.min, until)
        place = {"pair": pair, "source": source, "since": first, "until": last, "known": self._known}
        if at is None:
            return _recorded(_first(self._once(statements.NEWEST, **place)))
        return _recorded(_first(self._once(statements.NEWEST_AT, **place, at=at)))

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
        """Streamed, in the order of the index. Ends with the view; a FEW are read once a version."""
        wanted = statements.ACCEPTED if superseded else statements.PUBLICATIONS
        first, last = self._within(pair, source, since, until)
        place = {"pair": pair, "source": source, "since": first, "until": last, "known": self._known}
        if limit is not None and limit <= FEW:
            return map(rows.to_recorded, self._once(wanted, **place, limit=limit))
        found = self._connection.execute(wanted, {**place, "limit": limit or FOREVER})
        self._streams.append(found)
        return map(rows.to_recorded, readable(_at_once(found)))

    def printed(
        self,
        pair: Pair,
        source: str,
        *,
        since: date = date.min,
        until: date = date.max,
        superseded: bool = False,
    ) -> Iterator[Printed]:
        """Streamed, in the order of the index. Ends with the view."""
        wanted = statements.PRINTED_EVER if superseded else statements.PRINTED
        first, last = self._within(pair, source, since, until)
        place = {"pair": pair, "source": source, "since": first, "until": last, "known": self._known}
        found = self._connection.execute(wanted, place)
        self._streams.append(found)
        return readable(_at_once(found))

    def days(
        self, pair: Pair, source: str, *, since: date = date.min, until: date = date.max
    ) -> Iterator[Day]:
        """Streamed, in the order of the key. A day that something was done to after the version asked about
        is counted again, from what was known then.
        """
        since, until = self._within(pair, source, since, until)
        place = {"pair": pair, "source": source, "since": since, "until": until}
        found = self._connection.execute(statements.DAYS, place)
        self._streams.append(found)
        kept = ((version, Day(*columns)) for version, *columns in found)
        if self._known == FOREVER:
            return (day for _, day in kept)
        judged = self._run(statements.JUDGED_SINCE, since=since, until=until, known=self._known)
        return self._days_then(pair, source, kept, {day for day, *of in judged if of == [pair, source]})

    def _days_then(
        self, pair: Pair, source: str, kept: Iterator[tuple[int, Day]], judged: Iterable[date]
    ) -> Iterator[Day]:
        # A day of which nothing is left has no row that tells of it; the judgements that emptied it do.
        touched: Iterator[tuple[date, Day | None]] = ((each, None) for each in sorted(judged))
        rows = ((day.effective_date, day if version <= self._known else None) for version, day in kept)
        for when, group in groupby(heapq.merge(touched, rows, key=itemgetter(0)), key=itemgetter(0)):
            forms = [form for _, form in group]
            if None in forms:
                yield from self.recounted(pair, source, when)
            else:
                yield from (form for form in forms if form)

    def recounted(self, pair: Pair, source: str, day: date) -> list[Day]:
        """Two seeks: of what was dropped, and of what is there."""
        said = self.publications(pair, source, since=day, until=day)
        return joined(self.dropped(pair, source, since=day, until=day), counted(each.said for each in said))

    def dropped(self, pair: Pair, source: str, *, since: date, until: date) -> list[Day]:
        """One seek."""
        place = {"pair": pair, "source": source, "since": since, "until": until}
        return [Day(*row) for row in self._run(statements.DROPPED_DAYS, **place, known=self._known)]

    def whole_days(self, pair: Pair, source: str, *, until: date) -> list[date]:
        """Along the days: there are few."""
        found = self._run(statements.WHOLE_DAYS, pair=pair, source=source, until=until)
        return list(dict.fromkeys(day for (day,) in found))

    def plain(self, pair: Pair, source: str, *, since: date, limit: int) -> list[Plain]:
        """One seek, forwards from `since`."""
        place = {"pair": pair, "source": source, "since": since}
        found = self._run(statements.PLAIN, **place, limit=limit, known=self._known)
        return [rows.to_plain(source, pair, row) for row in found]

    def revisions(
        self, pair: Pair, source: str, effective_date: date, observed_at: datetime
    ) -> list[Recorded]:
        """One seek."""
        datum = {"effective_date": effective_date, "observed_at": observed_at}
        found = self._run(statements.REVISIONS, pair=pair, source=source, **datum, known=self._known)
        return [rows.to_recorded(row) for row in found]

    def meant(
        self, pair: Pair, source: str, *, since: date, until: date, limit: int | None = None
    ) -> list[Recorded]:
        """One seek, forwards from `since`."""
        place = {"pair": pair, "source": source, "since": since, "until": until}
        bounds = {"known": self._known, "limit": FOREVER if limit is None else limit}
        return [rows.to_recorded(row) for row in self._run(statements.MEANT, **place, **bounds)]

    def questioned(self, since: date, until: date) -> list[Recorded]:
        """Along the judgements: there are few."""
        found = self._run(statements.QUESTIONED, since=since, until=until, known=self._known)
        return sorted(map(rows.to_recorded, found), key=lambda each: each.id)

    def doubts(
        self, verdict: Verdict, *, source: str | None = None, pair: Pair | None = None, limit: int = 100
    ) -> list[Recorded]:
        """Along the judgements: there are few."""
        given = {"source": source, "pair": pair}
        narrowed = {name: value for name, value in given.items() if value is not None}
        wanted = statements.DOUBTS[frozenset(narrowed)]
        found = self._once(wanted, **narrowed, verdict=verdict, limit=limit, known=self._known)
        return [rows.to_recorded(row) for row in found]

    def doubt_counts(self) -> dict[tuple[str, Verdict], int]:
        """Along the judgements, too."""
        found = self._once(statements.DOUBT_COUNTS, known=self._known)
        return {(source, verdict): count for source, verdict, count in found}

    def extents(self) -> list[Extent]:
        """A row each; of an earlier version a seek each, and the last day counted where it grew since."""
        then = filter(None, map(self._then, self._counts.values()))
        found = [
            Extent(each.source, each.pair, each.since, each.until, count)
            for each in then
            if each.since and each.until and (count := self._publications(each, each.until))
        ]
        return sorted(found, key=lambda each: (each.pair, each.source))

    def _publications(self, of: Count, last: date) -> int:
        """How many there were: of the `last` day there were fewer, if it was counted later."""
        if of.version <= self._known:
            return of.publications
        day = partial(self._on_day, of.pair, of.source, last)
        return of.publications - day(of.version) + day(self._known)

    def _on_day(self, pair: Pair, source: str, day: date, known: int) -> int:
        """How many publications of a day were known, dropped ones among them."""
        place = {"pair": pair, "source": source, "since": day, "until": day, "known": known}
        ((there,),) = self._run(statements.COUNTED, **place)
        gone = (Day(*row) for row in self._run(statements.DROPPED_DAYS, **place))
        return int(there) + sum(each.count for each in gone)

    def last_tick(self, pair: Pair) -> Tick | None:
        """One seek, backwards from the end."""
        return _tick(_first(self._once(statements.LAST_TICK, pair=pair, known=self._known)))

    def tick(self, seq: int) -> Tick | None:
        """One seek by seq."""
        return _tick(self._one(statements.TICK, seq=seq, known=self._known))

    def ticks(self, *, after: int = 0, pairs: Sequence[Pair] = (), limit: int = 1000) -> list[Tick]:
        """One seek forwards from `after`, for each pair."""
        if not pairs:
            last = FOREVER if self._known == FOREVER else self.counter().seq
            found = self._run(statements.TICKS, after=after, limit=limit, last=last)
            return [rows.to_tick(row) for row in found]
        bounds = {"after": after, "limit": limit, "known": self._known}
        merged = heapq.merge(*(self._run(statements.TICKS_OF, pair=pair, **bounds) for pair in set(pairs)))
        return [rows.to_tick(row) for row in islice(merged, limit)]

    def ticks_back(
        self, *, until: int | None = None, pairs: Sequence[Pair] = (), limit: int = 1000
    ) -> list[Tick]:
        """One seek backwards from `until`, for each pair."""
        newest = self.counter().seq
        bounds = {"place": newest if until is None else min(until, newest), "limit": limit}
        if not pairs:
            return [rows.to_tick(row) for row in self._run(statements.TICKS_BACK, **bounds)]
        each = (self._run(statements.TICKS_BACK_OF, pair=pair, **bounds) for pair in set(pairs))
        return [rows.to_tick(row) for row in islice(heapq.merge(*each, reverse=True), limit)]

    def recorded(self, observation_id: int) -> Recorded | None:
        """One seek by id."""
        return _recorded(
            _first(self._once(statements.RECORDED, observation_id=observation_id, known=self._known))
        )

    def judgements(self, recorded: Recorded) -> list[tuple[int, datetime, Judgement]]:
        """One seek by id. What no rule objected to at first has no row of that."""
        found = self._run(statements.JUDGEMENTS, observation_id=recorded.id, known=self._known)
        said = [(version, at, Judgement(*judgement)) for version, at, *judgement in found]
        first = (recorded.version, recorded.recorded_at, ACCEPTED)
        return said if said and said[0][0] == recorded.version else [first, *said]

    def body(self, digest: str) -> bytes | None:
        """One seek by digest, and the unpacking."""
        row = self._one(statements.BODY, digest=digest)
        try:
            return zlib.decompress(row[0]) if row else None
        except (zlib.error, TypeError) as error:
            raise Unreadable(f"body {digest}: {error}") from error

    def health(self, source: str) -> SourceHealth:
        """One seek by key."""
        row = _first(self._lately(statements.HEALTH, source=source))
        return rows.to_health(row) if row else SourceHealth(source)

    def covered(self, source: str) -> list[tuple[date, date]]:
        """One seek by key: spans that touch are one row."""
        return [(since, until) for since, until in self._run(statements.COVERED, source=source)]

    def lease(self) -> Lease | None:
        """One row."""
        row = _first(self._lately(statements.LEASE))
        return Lease(*row) if row and row[0] else None

    def reachable(self) -> bool:
        """One row."""
        try:
            self._connection.execute(statements.COUNTER)
        except (StoreError, SQLAlchemyError):
            return False
        return True

    def closures(self) -> Mapping[str, frozenset[date]]:
        """The whole table: a few rows a year."""
        found: dict[str, set[date]] = {}
        for source, day in self._once(statements.CLOSURES, known=self._known):
            found.setdefault(source, set()).add(day)
        return {source: frozenset(days) for source, days in found.items()}

    def _counter_row(self, statement: ClauseElement) -> Counter:
        return rows.to_counter(self._counter_columns(statement))

    def _counter_columns(self, statement: ClauseElement) -> AnyRow:
        row = self._one(statement)
        if row is None:
            name = self._words.name
            raise StoreDamaged(f"{name} has lost the row that counts its versions: restore it from a backup.")
        return row

    def _run(self, statement: ClauseElement, /, **parameters: Any) -> list[AnyRow]:
        return self._words.prepare(statement, tuple(parameters)).rows(self._connection, parameters)

    def _one(self, statement: ClauseElement, /, **parameters: Any) -> AnyRow | None:
        return _first(self._run(statement, **parameters))


class SqlWriter(SqlReader):
    """A Writer over one transaction of `connection`.

    The counter row is locked and read at the start, which keeps other writers out, and written by `count` at
    the end. A block that fails leaves nothing behind: the numbers taken die with this object.
    """

    def __init__(
        self, connection: Connection, words: Words, memory: Memory, now: datetime, probe: Probe
    ) -> None:
        super().__init__(lambda: connection, words, memory)
        self._probe, self._driver = probe, connection.dialect.loaded_dbapi
        self._run(statements.LOCK_COUNTER)
        *_, self._created_at, seal = row = self._counter_columns(statements.COUNTER_SEALED)
        self._counter = before = rows.to_counter(row)
        self._refuse_unsealed(seal)
        self.taken = False
        self._written: list[tuple[str, tuple[Any, ...], str]] = []
        self._newest_id: int | None = None
        self._newest_before, self._many = 0, False
        self._tally = Tally()
        self.version = before.version + 1
        self.instant = max(now, before.recorded_at or now)

    @property
    def seq(self) -> int:
        """The newest seq, this transaction's own ticks included."""
        return self._counter.seq

    def _once(self, statement: ClauseElement, /, **parameters: Any) -> list[AnyRow]:
        """What the statement finds; read anew in a version that is being made."""
        return self._run(statement, **parameters) if self.taken else super()._once(statement, **parameters)

    def counter(self) -> Counter:
        """Where the store will stand if the transaction ends here."""
        return self._counter

    def add(self, observation: Observation, revision: int, judgement: Judgement) -> Recorded:
        """Record an observation with the first verdict on it; raises ValueError when this revision is
        recorded already.
        """
        self._take_version()
        added = Recorded(
            self._next_id(), observation, revision, self.version, self.instant, self.version, judgement
        )
        try:
            self._write(OBSERVATIONS, statements.ADD_OBSERVATION, ("id",), rows.from_recorded(added))
        except self._driver.IntegrityError as error:
            raise ValueError(
                f"revision {revision} of {observation.pair} from {observation.source} for"
                f" {observation.effective_date} is recorded already"
            ) from error
        self._probe("recorded")
        if added.accepted and not (revision and self._is_published(added)):
            self._tally.add((observation.source, observation.pair), [observation.effective_date])
        if judgement != ACCEPTED:
            self._add_judgement(added, 0, judgement)
        return added

    def add_all(self, said: Sequence[Plain], fetched_at: datetime) -> None:
        """Record many observations by one statement, whose values are the texts that are hashed: every engine
        reads them. Raises ValueError when one of them is recorded already.
        """
        if not said:
            return
        self._take_version()
        self._tally_all(said)
        first, self._many = self._next_id(), True
        self._newest_id = first + len(said) - 1
        shared = {"version": self.version, "recorded_at": chain.instant(self.instant)}
        shared["fetched_at"] = chain.instant(fetched_at)
        columns: dict[str, Sequence[Any]] = {name: [value] * len(said) for name, value in shared.items()}
        columns |= zip(PLAIN, zip(*said, strict=True), strict=True)
        columns["id"] = range(first, first + len(said))
        columns["hash"] = chain.row_hashes(OBSERVATIONS, columns)
        try:
            self._do_all(statements.ADD_OBSERVATION, columns)
        except self._driver.IntegrityError as error:
            raise ValueError(f"one of {len(said)} observations is recorded already") from error
        self._probe("recorded")

    def _tally_all(self, said: Sequence[Plain]) -> None:
        """Count each datum that is new: the first of its revisions is, any other may be."""
        fresh: defaultdict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for source, pair, day, at, revision in map(_DATUM, said):
            known = fresh[source, pair]
            if not revision or ((day, at) not in known and not self._has((source, to_pair(pair)), day, at)):
                known.add((day, at))
        for (source, pair), data in fresh.items():
            days = {day: date.fromisoformat(day) for day, _ in data}
            self._tally.add((source, to_pair(pair)), [days[day] for day, _ in data])

    def _has(self, series: Series, day: str, at: str) -> bool:
        """Whether something is in force of a datum."""
        source, pair = series
        found = self.revisions(pair, source, date.fromisoformat(day), datetime.fromisoformat(at))
        return any(each.accepted for each in found)

    def judge(self, recorded: Recorded, judgement: Judgement) -> Recorded:
        """Record a later verdict; raises ValueError for an observation that is not recorded."""
        if self.recorded(recorded.id) is None:
            raise ValueError(f"no observation {recorded.id} is recorded")
        self._take_version()
        ((times,),) = self._run(statements.JUDGED_TIMES, observation_id=recorded.id)
        judged = replace(recorded, judged_in=self.version, judgement=judgement)
        if not self._is_published(recorded):
            self._count_judged(judged)
        self._add_judgement(recorded, times, judgement)
        return judged

    def _is_published(self, of: Recorded) -> bool:
        """Whether something else that was said of the same datum is in force."""
        said = of.said
        revisions = self.revisions(said.pair, said.source, said.effective_date, said.observed_at)
        return any(each.accepted for each in revisions if each.id != of.id)

    def _count_judged(self, judged: Recorded) -> None:
        """Count an observation that is the only one in force of its datum, or was."""
        said, before = judged.said, self.recorded(judged.id)
        if before and judged.accepted and not before.accepted:
            self._tally.add((said.source, said.pair), [said.effective_date])
        elif before and before.accepted and not judged.accepted:
            self._tally.take((said.source, said.pair))

    def _write_extents(self) -> None:
        counts = [Count(*row) for row in self._run(statements.EXTENTS)] if self._tally.changes else []
        before = {(each.source, each.pair): each for each in counts}
        for series, change in self._tally.changes.items():
            self._write_extent(series, before.get(series), change)

    def _write_extent(self, series: Series, before: Count | None, change: Change) -> None:
        """Count on where there is only more of the last day; else keep how it was until now."""
        source, pair = series
        count = change.more + (before.publications if before else 0)
        if before:
            self._do(statements.DROP_EXTENT, source=source, pair=pair)
        if before and change.grows(before):
            now = before._replace(publications=count, version=self.version)
        else:
            number = before.number + 1 if before else 0
            first, last = self._span(pair, source) if change.taken else change.span(before)
            now = Count(source, pair, self.version, number, first, last, count, self.version)
            if before:
                self._add_extent("earlier_extents", statements.ADD_EARLIER_EXTENT, before)
        self._add_extent("extents", statements.ADD_EXTENT, now)

    def _add_extent(self, table: str, statement: ClauseElement, count: Count) -> None:
        row = count._asdict()
        self._do(statement, **row, hash=chain.row_hash(table, row))

    def _span(self, pair: Pair, source: str) -> tuple[date | None, date | None]:
        """From when to when there are publications of a series, dropped ones among them."""
        ends = *self.publications(pair, source, limit=1), self.newest(pair, source)
        found = [each.said.effective_date for each in ends if each]
        found += [day for day in self._run(statements.DROPPED_SPAN, pair=pair, source=source)[0] if day]
        return min(found, default=None), max(found, default=None)

    def keep_day(self, pair: Pair, source: str, day: date, forms: Sequence[Day]) -> None:
        """Drop the rows of the day, and write those of now."""
        self._take_version()
        self._do(statements.DROP_DAYS, pair=pair, source=source, since=day, until=day)
        for each in forms:
            row = rows.from_day(each, self.version)
            self._do(statements.ADD_DAY, **row, hash=chain.row_hash("days", row))

    def drop_rows(self, pair: Pair, source: str, day: date) -> int:
        """Move them to what they come to, and to a hash each. Raises StoreDamaged unless that, with what is
        left, comes to the day as it is kept.
        """
        last, place = self.newest(pair, source, until=day), {"pair": pair, "source": source}
        found = self._run(statements.DROPPABLE, **place, effective_date=day, last=last.id if last else 0)
        if not found or self.dropped(pair, source, since=day, until=day):
            return 0
        whole = list(self.days(pair, source, since=day, until=day))
        ids, versions, hashes, *_ = zip(*found, strict=True)
        self._do_all(statements.ADD_DROPPED, {"id": ids, "version": versions, "hash": hashes})
        self._do_all(statements.DROP_OBSERVATION, {"number": ids})
        for version, part in rows.to_dropped_days(source, day, found):
            same = next((each for each in whole if each.form == part.form), part)
            row = rows.from_day(part.worded_as(same), version)
            self._do(statements.ADD_DROPPED_DAY, **row, hash=chain.row_hash("dropped_days", row))
        if self.recounted(pair, source, day) != whole:
            raise StoreDamaged(
                f"{self._words.name} contradicts itself (the day {day} of {pair} from {source} is not"
                " what its rows come to): `silkrate db verify` tells more; restore it from a backup."
            )
        return len(found)

    def append(self, tick: Tick) -> None:
        """Append a tick; raises ValueError when its seq or version is not the next."""
        if (tick.seq, tick.version) != (self.seq + 1, self.version):
            raise ValueError(
                f"tick {tick.seq} of version {tick.version} cannot follow: expected"
                f" tick {self.seq + 1} of version {self.version}"
            )
        self._take_version()
        self._write("ticks", statements.ADD_TICK, ("seq",), rows.from_tick(tick))
        self._counter = replace(self._counter, seq=tick.seq)
        self._probe("ticked")

    def keep_body(self, digest: str, content: bytes) -> None:
        """Keep what a source answered, unless it is there. Outside the record: it takes no version."""
        if self._one(statements.BODY, digest=digest) is None:
            row = {"digest": digest, "content": zlib.compress(content, 9), "size": len(content)}
            self._do(statements.ADD_BODY, **row, hash=chain.row_hash("bodies", row))

    def drop_bodies(self, before: datetime) -> int:
        """Ids are in the order of recording: one scan of all rows recorded since. Ask it once a day."""
        row = self._one(statements.NEWEST_BEFORE, before=before)
        return self._do(statements.DROP_BODIES, newest=row[0]) if row else 0

    def close_day(self, source: str, day: date) -> None:
        """Record a day without publication, unless it is known."""
        if day not in self.closures().get(source, ()):
            self._take_version()
            closure = {"source": source, "day": day, "version": self.version}
            self._write("closures", statements.ADD_CLOSURE, ("source", "day"), closure)
            self._probe("closed")

    def confirm(self, source: str, at: datetime) -> None:
        """Note an answer: failures before it are over."""
        self._set_health(source, {"checked_at": at, "last_success_at": at, "failing_since": None})

    def fail(self, source: str, error: LastError) -> None:
        """Note a failure: the first one in a row says since when."""
        since = self.health(source).failing_since or error.at
        said = {"error_at": error.at, "error_kind": error.kind, "error_message": error.message}
        self._set_health(source, {"failing_since": since, **said})

    def cover(self, source: str, since: date, until: date) -> None:
        """Note a span, as one row with those that it touches."""
        for begin, end in self.covered(source):
            if begin <= until + ONE_DAY and since <= end + ONE_DAY:
                self._do(statements.DROP_COVERAGE, source=source, since=begin)
                since, until = min(since, begin), max(until, end)
        self._do(statements.ADD_COVERAGE, source=source, since=since, until=until)
        self._probe("covered")

    def count(self) -> None:
        """Chain the version and write the counter row, if one was taken: the last thing before the commit."""
        if self.taken:
            self._write_extents()
            written = chain.contents(self.version, self.instant, self._hashes())
            head = chain.link(self._counter.hash, written)
            self._do(statements.SET_VERSION, number=self.version, hash=head)
            self._counter = replace(self._counter, hash=head)
            self._do(statements.SET_COUNTER, version=self.version, seq=self.seq, seal=self._seal())
            self._probe("counted")

    def _hashes(self) -> Iterator[str]:
        """The hashes of all rows of this version, by table and key."""
        written = sorted(self._written)
        if self._many:
            written = [each for each in written if each[0] != OBSERVATIONS]
        place = bisect(written, (OBSERVATIONS,), key=itemgetter(slice(1)))
        yield from (each for *_, each in written[:place])
        yield from self._hashes_of_many() if self._many else ()
        yield from (each for *_, each in written[place:])

    def _hashes_of_many(self) -> Iterator[str]:
        """The hashes of the observations of this version, read back: in memory they would be too many."""
        last = self._newest_before
        while found := self._run(statements.HASHES, after=last, limit=MOST_KEPT):
            yield from (each for _, each in found)
            last = found[-1][0]

    def _seal(self) -> str:
        now = self._counter
        fields = {"log_id": now.log_id, "version": now.version, "seq": now.seq, "simulated": now.simulated}
        return chain.seal(now.hash, {**fields, "created_at": self._created_at})

    def _refuse_unsealed(self, seal: str) -> None:
        # A new seal would hide what was done to it.
        if seal != self._seal():
            raise StoreDamaged(
                f"{self._words.name} contradicts itself (its counter or its newest version is not as it was"
                " written): `silkrate db verify` tells more; restore it from a backup."
            )

    def _take_version(self) -> None:
        if not self.taken:
            self._do(statements.ADD_VERSION, version=self.version, recorded_at=self.instant)
            self._counter = replace(self._counter, version=self.version, recorded_at=self.instant)
            self.taken = True

    def _next_id(self) -> int:
        # Counted here, not by the database: ids are the same on every engine, and have no gaps either.
        if self._newest_id is None:
            ((self._newest_before,),) = self._run(statements.NEWEST_ID)
            self._newest_id = self._newest_before
        self._newest_id += 1
        return self._newest_id

    def _add_judgement(self, recorded: Recorded, number: int, judgement: Judgement) -> None:
        key = {"observation_id": recorded.id, "number": number}
        when = {"version": self.version, "recorded_at": self.instant}
        when["effective_date"] = recorded.said.effective_date
        said = {"verdict": judgement.verdict, "rule": judgement.rule, "reason": judgement.reason}
        self._write("judgements", statements.ADD_JUDGEMENT, tuple(key), {**key, **when, **said})
        self._probe("judged")

    def _write(
        self, table: str, statement: ClauseElement, key: tuple[str, ...], row: Mapping[str, Any]
    ) -> None:
        """Write a row of the record with its hash, which the version's will cover."""
        found = chain.row_hash(table, row)
        self._do(statement, **row, hash=found)
        self._written.append((table, tuple(row[name] for name in key), found))

    def _do(self, statement: ClauseElement, /, **parameters: Any) -> int:
        return self._words.prepare(statement, tuple(parameters)).run(self._connection, parameters).rowcount

    def _do_all(self, statement: ClauseElement, columns: Mapping[str, Sequence[Any]]) -> None:
        self._words.prepare(statement, tuple(columns)).run_all(self._connection, columns)

    def _set_health(self, source: str, health: Mapping[str, Any]) -> None:
        if not self._do(statements.SET_HEALTH, key=source, **health):
            self._do(statements.ADD_HEALTH, source=source, **health)
        self._probe("confirmed")


def _at_once(found: AnyResult) -> Iterator[Any]:
    """The rows of a stream, of which it gives many at once: one by one they take twice as long."""
    return itertools.chain.from_iterable(found.partitions())


def _first(found: Sequence[AnyRow]) -> AnyRow | None:
    return found[0] if found else None


def _recorded(row: AnyRow | None) -> Recorded | None:
    return None if row is None else rows.to_recorded(row)


def _tick(row: AnyRow | None) -> Tick | None:
    return None if row is None else rows.to_tick(row)
