"""Reading the whole store against the hashes it was written with: app/store/chain.py says how they are made.

Rows are read once, as the engine gives them, in the order of versions, and not kept. One altered row is one
damage: a version is checked with the hashes that its rows bear, and with the hash that the version before
bears or should bear.
"""

from __future__ import annotations

import zlib
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from hashlib import sha256
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

from sqlalchemy import ColumnClause, Connection, Table, column, func, select, table

from app.domain.days import Day, counted, joined
from app.domain.pairs import Pair
from app.store import chain, rows
from app.store.base import MOST_DAMAGES, Counter, Damage, Verification
from app.store.replay import Changes, Life, Series, changes, lives
from app.store.statements import DROPPED_DAYS, EXTENTS_COUNTED, FOREVER, PUBLICATIONS
from app.store.tables import (
    bodies,
    closures,
    counter,
    coverage,
    days,
    dropped,
    dropped_days,
    earlier_extents,
    extents,
    judgements,
    observations,
    ticks,
    versions,
)

RECORD = (closures, judgements, observations, ticks)
"""The tables whose rows the versions cover, in that order."""

DAYS_KEY = tuple(each.name for each in days.primary_key.columns)

AT_ONCE = 1000

Raw: TypeAlias = Mapping[str, Any]
"""A row by column, with the values as the engine gives them."""


class Findings:
    """The damages found so far, the first of them kept, and the rows read."""

    def __init__(self) -> None:
        """Nothing was found so far."""
        self.kept: list[Damage] = []
        self.found = self.rows = 0

    def add(self, where: str, key: object, what: str, version: object = None) -> None:
        """Take note of a damage."""
        self.found += 1
        if len(self.kept) < MOST_DAMAGES:
            told = version if isinstance(version, int) else None
            self.kept.append(Damage(where, _printable(key), what, told))

    def told(self, head: Counter | None = None) -> Verification:
        """What came of it, for a store that stands at `head`."""
        return Verification(head, self.rows, tuple(self.kept), more=self.found > len(self.kept))


def verify(
    connection: Connection, broken: Iterable[str], findings: Findings, all_day: Collection[str] = ()
) -> Counter | None:
    """Read everything through `connection`; `broken` is what the engine says of itself, `all_day` the sources
    whose days must be there. Gives where the store stands.
    """
    for each in broken:
        findings.add("database", "file", each)
    head = _counter(connection, findings)
    standing = Chain(connection, findings, head or {}).check()
    if head and head["seal"] not in {chain.seal(each, head) for each in standing}:
        findings.add("counter", 1, "altered, or the newest version is: its seal is not that of both", None)
    _judgements(connection, findings)
    _bodies(connection, findings)
    _coverage(connection, findings)
    Days(connection, findings).check(all_day)
    _dropped(connection, findings)
    Extents(connection, findings).check()
    if head is None:
        return None
    return Counter(head["log_id"], head["version"], head["seq"], None, bool(head["simulated"]), standing[0])


@dataclass(frozen=True, slots=True)
class Row:
    """What is needed of a row of the record: its table and key, its version and the hash that it bears, and
    whether that is the hash of its content.
    """

    table: str
    key: tuple[Any, ...]
    version: int
    hash: str
    sound: bool


class Strand:
    """The rows of one table in the order of versions. Where keys are numbers without gaps, that is their
    order. Among the observations stand those that were dropped.
    """

    _rows: Iterator[Row]

    def __init__(self, connection: Connection, of: Table, findings: Findings) -> None:
        self.table, self.newest, self._findings = of, 0, findings
        self._key = [each.name for each in of.primary_key.columns]
        self._numbered = len(self._key) == 1
        order = self._key if self._numbered else ["version", *self._key]
        self._rows = map(self._row, _rows(connection, of, *order))
        if of is observations:
            gone = map(_dropped_row, _rows(connection, dropped, "id"))
            self._rows = merge(self._rows, gone, key=attrgetter("key"))
        self._next, self._after = next(self._rows, None), next(self._rows, None)

    def of(self, version: int) -> Iterator[Row]:
        """The rows up to `version`, of those that were not given yet."""
        while self._next and self._place(self._next) <= version:
            row, self._next, self._after = self._next, self._after, next(self._rows, None)
            self._look(row)
            yield row
        if self._numbered and self._next and self._next.sound:
            self.miss(self._next.key[0] - 1)

    def _place(self, row: Row) -> int:
        # One row that claims a later version must not keep back those after it.
        after = self._after
        return min(row.version, after.version) if after and after.sound else row.version

    def _row(self, raw: Raw) -> Row:
        key, version = tuple(raw[name] for name in self._key), raw["version"]
        sound = raw["hash"] == chain.row_hash(self.table.name, raw)
        place = version if isinstance(version, int) else 0
        return Row(self.table.name, key, place, str(raw["hash"]), sound and place == version)

    def _look(self, row: Row) -> None:
        self._findings.rows += 1
        if not row.sound:
            self._findings.add(
                row.table, _key(row), "altered: its hash is not that of its content", row.version
            )
        if self._numbered and isinstance(row.key[0], int):
            if row.sound:
                self.miss(row.key[0] - 1)
            self.newest = max(self.newest, row.key[0])

    def miss(self, until: int) -> None:
        """Tell of the rows between the newest so far and `until`: they are missing."""
        if until > self.newest:
            self._findings.add(self.table.name, _span(self.newest + 1, until), "missing")
            self.newest = until


class Chain:
    """The versions one after the other, each with the rows that it wrote."""

    def __init__(self, connection: Connection, findings: Findings, head: Raw) -> None:
        self._findings, self._head = findings, head
        self._versions = _rows(connection, versions, "version")
        self._strands = [Strand(connection, each, findings) for each in RECORD]
        self._before: tuple[str, ...] = (chain.ORIGIN,)
        self._newest, self._recorded_at = 0, ""

    def check(self) -> tuple[str, ...]:
        """Check all; gives what the hash of the newest version may be: what it bears, and what it should."""
        newest = self._head.get("version")
        last = newest if isinstance(newest, int) else FOREVER
        for row in self._versions:
            self._findings.rows += 1
            if 0 < row["version"] <= last:
                self._version(row)
            else:
                self._findings.add("versions", row["version"], f"added: the counter says {last}")
        if last != FOREVER and last > self._newest:
            self._findings.add("versions", _span(self._newest + 1, last), "missing")
        self._leftover()
        return self._before

    def _version(self, row: Raw) -> None:
        version = row["version"]
        gap = version > self._newest + 1
        if gap:
            self._findings.add("versions", _span(self._newest + 1, version - 1), "missing")
        if str(row["recorded_at"]) < self._recorded_at:
            self._findings.add("versions", version, "recorded before the version before it", version)
        found, had = self._findings.found, Tally[str]()
        written = chain.contents(version, row["recorded_at"], self._hashes(version, gap, had))
        should = [chain.link(before, written) for before in self._before]
        if row["hash"] not in should and not gap and self._findings.found == found:
            self._findings.add("versions", version, f"altered, or a row of it is {_had(had)}", version)
        self._before = (str(row["hash"]), should[0])
        self._newest, self._recorded_at = version, max(self._recorded_at, str(row["recorded_at"]))

    def _hashes(self, version: int, gap: bool, had: Tally[str]) -> Iterator[str]:
        for strand in self._strands:
            for row in strand.of(version):
                had[row.table] += 1
                if row.sound and row.version != version and not (gap and row.version > self._newest):
                    what = f"stands among the rows of version {version}: added or moved"
                    self._findings.add(row.table, _key(row), what, row.version)
                yield row.hash

    def _leftover(self) -> None:
        """What is of no version that there is, and the ticks that the counter misses."""
        for strand in self._strands:
            for row in strand.of(FOREVER):
                if row.sound:
                    self._findings.add(row.table, _key(row), "of a version that is not there", row.version)
            if strand.table is ticks and self._head:
                seq = self._head["seq"]
                if isinstance(seq, int) and seq >= strand.newest:
                    strand.miss(seq)
                else:
                    self._findings.add("counter", 1, f"says seq {_printable(seq)} of {strand.newest}")


def _counter(connection: Connection, findings: Findings) -> Raw | None:
    found = next(_rows(connection, counter, "id"), None)
    if found is None:
        findings.add("counter", 1, "missing")
    return found


def _judgements(connection: Connection, findings: Findings) -> None:
    """Judgements on an observation are numbered from 0 on."""
    gaps = (
        select(judgements.c.observation_id)
        .group_by(judgements.c.observation_id)
        .having(func.count() != func.max(judgements.c.number) + 1)
        .order_by(judgements.c.observation_id)
    )
    for (observation,) in connection.execute(gaps):
        findings.add("judgements", f"{_printable(observation)}/*", "one of them is missing")


def _dropped_row(raw: Raw) -> Row:
    """What is left of an observation. Whether its hash is the right one, that of its version tells."""
    version = raw["version"]
    sound = isinstance(version, int)
    return Row("dropped", (raw["id"],), version if sound else 0, str(raw["hash"]), sound)


def _dropped(connection: Connection, findings: Findings) -> None:
    """What was dropped are as many rows as the days were made of."""
    gone = connection.execute(select(func.count()).select_from(dropped)).scalar_one()
    summed = connection.execute(select(func.coalesce(func.sum(dropped_days.c["count"]), 0))).scalar_one()
    if gone != summed:
        findings.add("dropped", "*", f"{gone} rows, of days from which {summed} were dropped")


def _bodies(connection: Connection, findings: Findings) -> None:
    """A body has the digest and the size that it is kept under."""
    for row in _rows(connection, bodies, "digest"):
        findings.rows += 1
        if row["hash"] != chain.row_hash("bodies", row):
            findings.add("bodies", row["digest"], "altered: its hash is not that of its content")
        elif not _is_whole(row):
            findings.add("bodies", row["digest"], "its content is not what its digest and its size say")


def _is_whole(body: Raw) -> bool:
    try:
        content = zlib.decompress(body["content"])
    except (zlib.error, TypeError):
        return False
    return bool(sha256(content).hexdigest() == body["digest"] and len(content) == body["size"])


def _coverage(connection: Connection, findings: Findings) -> None:
    """Spans of one source begin before they end, and do not touch."""
    before: tuple[str, date] | None = None
    for row in _rows(connection, coverage, "source", "since"):
        key = f"{row['source']}/{row['since']}"
        try:
            since, until = (date.fromisoformat(str(row[name])) for name in ("since", "until"))
        except ValueError:
            findings.add("coverage", key, "altered: no span of days")
            continue
        if since > until:
            findings.add("coverage", key, "altered: it ends before it begins")
        if before and before[0] == row["source"] and since <= before[1] + timedelta(days=1):
            findings.add("coverage", key, "touches the span before it")
        before = row["source"], until


@dataclass(slots=True)
class Extent:
    """A row of what there was of a series, in the table `of`; `fits` says that the record went on as it tells
    so far.
    """

    of: str
    name: str
    row: Raw
    fits: bool

    def is_of(self, version: int) -> bool:
        """Whether it tells of what that version did, as the first one or a later one."""
        return bool(self.row["begun"] <= version <= self.row["version"])


class Extents:
    """What there is and was of each series: each row by itself and after the one before it, and held against
    the record, which is told again and counted. Of each series the first row that differs is told of.

    Kept in memory is the newest row of each, beside what app/store/replay.py keeps.
    """

    def __init__(self, connection: Connection, findings: Findings) -> None:
        self._connection, self._findings = connection, findings
        self._lives: defaultdict[Series, Life] = defaultdict(Life)
        self._newest: dict[Series, Extent | None] = {}
        self._ended: set[Series] = set()
        self._differ: set[Series] = set()
        self._readable = True

    def check(self) -> None:
        """Check all, version by version: where one begins a row, what it did belongs to that."""
        happened: list[Iterator[tuple[int, Series, Extent | Changes]]]
        happened = [self._written(earlier_extents), self._written(extents), self._changes()]
        for version, series, what in merge(*happened, key=itemgetter(0)):
            if isinstance(what, Extent):
                self._begin(series, what)
            else:
                self._change(series, version, what)
        counted = self._counted()
        for series in sorted(self._ended, key=str):
            self._hold(series, counted.get(series, (None, None, 0)))
        there = self._lives.keys() | self._newest.keys() | counted.keys()
        for series in sorted(there - self._ended, key=str):
            self._findings.add("extents", "/".join(map(_printable, series)), "missing")

    def _counted(self) -> dict[Series, tuple[str | None, str | None, int]]:
        """What readers find there is now, which seek along the indexes."""
        try:
            found = self._connection.execute(EXTENTS_COUNTED, {"known": FOREVER}).all()
        except (AttributeError, TypeError, ValueError):  # what cannot be read is told of by now
            self._readable = False
            return {}
        return {(each[0], str(each[1])): (_text(each[2]), _text(each[3]), each[4]) for each in found}

    def _written(self, of: Table) -> Iterator[tuple[int, Series, Extent | Changes]]:
        for row in _rows(self._connection, of, "begun", "source", "pair"):
            begun, key = row["begun"], [row[each.name] for each in of.primary_key.columns]
            # One that claims to begin at no version must not keep back those after it.
            place = begun if isinstance(begun, int) else 0
            name = "/".join(map(_printable, key))
            yield place, (row["source"], row["pair"]), Extent(of.name, name, row, fits=True)

    def _changes(self) -> Iterator[tuple[int, Series, Extent | Changes]]:
        try:
            self._lives.update(lives(self._connection))
            for version, series, more in changes(self._connection):
                yield int(version), series, more
        except (AttributeError, TypeError, ValueError):  # what cannot be read is told of by now
            self._readable = False

    def _begin(self, series: Series, new: Extent) -> None:
        self._findings.rows += 1
        if new.of == extents.name:
            self._ended.add(series)
        before = self._newest.get(series, FIRST)
        if new.row["hash"] != chain.row_hash(new.of, new.row):
            self._findings.add(new.of, new.name, "altered: its hash is not that of its content")
        elif not _follows(before, new.row):
            what = "does not follow the one before it, or that is missing"
            self._findings.add(new.of, new.name, what)
        else:
            self._hold(series)
            new.fits = before is not FIRST or not self._lives[series].count
            self._newest[series] = new
            return
        self._newest[series] = None

    def _change(self, series: Series, version: int, more: Changes) -> None:
        newest, life = self._newest.get(series), self._lives[series]
        if newest and version != newest.row["begun"]:
            newest.fits &= newest.is_of(version) and life.grows(more, _text(newest.row["until"]))
        life.change(more)

    def _hold(self, series: Series, counted: tuple[str | None, str | None, int] | None = None) -> None:
        """Hold the newest row of a series, if it is sound, against what the record has come to; and against
        what is `counted` now, if it is of now.
        """
        newest = self._newest.get(series)
        if newest is None or series in self._differ or not self._readable:
            return
        row, life = newest.row, self._lives[series]
        told = _text(row["since"]), _text(row["until"]), row["publications"]
        if not (newest.fits and life.comes_to(*told, row["version"]) and counted in (None, told)):
            self._findings.add(newest.of, newest.name, "is not what the record comes to")
            self._differ.add(series)


FIRST = Extent("", "", {}, fits=True)
"""What stands before the first row of an extent."""


def _follows(before: Extent | None, row: Raw) -> bool:
    """Whether a row of an extent is one, and may come after another: after an altered one any may."""
    numbers = row["begun"], row["version"], row["number"], row["publications"]
    if not all(isinstance(each, int) for each in numbers):
        return False
    begun, version, number, publications = numbers
    ends = (row["since"], row["until"])
    there = None not in ends and str(ends[0]) <= str(ends[1]) and publications > 0
    nothing = ends == (None, None) and publications == 0
    next_to = before is None or (
        before.row.get("version", 0) < begun and number == before.row.get("number", -1) + 1
    )
    return begun <= version and next_to and (there or nothing)


class Days:
    """The days, held against what is in force. Kept in memory is a line for each, not what they are counted
    from.
    """

    def __init__(self, connection: Connection, findings: Findings) -> None:
        self._connection, self._findings = connection, findings
        self._sound: dict[tuple[str, ...], tuple[int, str]] = {}
        self._altered: set[tuple[str, ...]] = set()
        self._gone: set[tuple[str, str]] = set()

    def check(self, all_day: Collection[str]) -> None:
        """Check the rows by themselves, and then against the days counted anew."""
        for row in _rows(self._connection, days, *DAYS_KEY):
            self._findings.rows += 1
            key = tuple(str(row[name]) for name in DAYS_KEY)
            if row["hash"] == chain.row_hash("days", row):
                self._sound[key] = (row["version"], row["hash"])
            else:
                self._altered.add(key)
                self._add(key, "altered: its hash is not that of its content")
        for row in _rows(self._connection, dropped_days, *DAYS_KEY):
            self._findings.rows += 1
            if row["hash"] == chain.row_hash("dropped_days", row):
                self._gone.add((row["pair"], row["source"]))
            else:
                name = "/".join(str(row[each]) for each in DAYS_KEY)
                self._findings.add("dropped_days", name, "altered: its hash is not that of its content")
        for pair, source in sorted(self._spoken(all_day)):
            self._recount(pair, source)
        for key in self._sound:
            self._add(key, "added: nothing of that day is in force")

    def _spoken(self, all_day: Collection[str]) -> set[tuple[str, str]]:
        """The pairs that sources with days speak of."""
        columns = observations.c.pair, observations.c.source
        spoken = select(*columns).where(observations.c.source.in_(sorted(all_day))).distinct()
        found = {(str(pair), source) for pair, source in self._connection.execute(spoken)}
        return found | {(key[0], key[1]) for key in self._sound} | self._gone

    def _recount(self, pair: str, source: str) -> None:
        asked = {"pair": Pair(*pair.split("/", 1)), "source": source, "since": date.min, "until": date.max}
        found = self._connection.execute(PUBLICATIONS, {**asked, "known": FOREVER, "limit": FOREVER})
        said = (rows.to_recorded(row).said for row in found)
        by_date = attrgetter("effective_date")
        there = ((day, counted(group)) for day, group in groupby(said, key=by_date))
        try:
            gone = [Day(*row) for row in self._connection.execute(DROPPED_DAYS, {**asked, "known": FOREVER})]
            parts = merge(((each.effective_date, [each]) for each in gone), there, key=itemgetter(0))
            for _, group in groupby(parts, key=itemgetter(0)):
                for day in reduce(joined, (forms for _, forms in group)):
                    self._compare(day)
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            self._add((pair, source, "*"), "cannot be counted again: what they are counted from is damaged")
            for key in [key for key in self._sound if key[:2] == (pair, source)]:
                del self._sound[key]

    def _compare(self, day: Day) -> None:
        key = tuple(str(rows.from_day(day, 0)[name]) for name in DAYS_KEY)
        version, found = self._sound.pop(key, (0, None))
        if found is None:
            if key not in self._altered:
                self._add(key, "missing")
        elif found != chain.row_hash("days", rows.from_day(day, version)):
            self._add(key, "not what the rows of that day come to", version)

    def _add(self, key: Iterable[str], what: str, version: object = None) -> None:
        self._findings.add("days", "/".join(key), what, version)


def _rows(connection: Connection, of: Table, *order: str) -> Iterator[Raw]:
    """The rows with the values as they are stored: a value that reads the same is not the same."""
    names = [each.name for each in of.columns]
    stored: list[ColumnClause[Any]] = [column(name) for name in names]
    wanted = select(*stored).select_from(table(of.name)).order_by(*map(column, order))
    with connection.execute(wanted.execution_options(yield_per=AT_ONCE)) as found:
        for row in found:
            yield dict(zip(names, row, strict=True))


def _key(row: Row) -> str:
    return "/".join(map(str, row.key))


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _had(had: Mapping[str, int]) -> str:
    rows = ", ".join(f"{count} of {name}" for name, count in sorted(had.items())) or "none"
    return f"missing, added or exchanged (it has {rows})"


def _text(day: object) -> str | None:
    return None if day is None else str(day)


def _printable(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()
