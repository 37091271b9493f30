"""The record told again from its beginning, as what each version did to the publications in force.

Once through the observations, beside the judgements and the days of dropped rows. Kept in memory are data
that were said or judged more than once, which are few, and the days of each series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select, Table, TableClause, column, literal_column, null, select, table

from app.store.prepared import AnyRow
from app.store.tables import dropped_days, judgements, observations

AT_ONCE = 1000

Series: TypeAlias = tuple[str, str]
"""The key of a source, and the pair that it is filed under, as texts."""

Datum: TypeAlias = tuple[str, str, str, str]
"""A series, and a day and an instant of it."""

Changes: TypeAlias = Mapping[str, int]
"""How many publications more there are of each day, by its text, or fewer: never 0."""


def _stored(of: Table) -> TableClause:
    """A table whose values are read as they are stored."""
    return table(of.name, *(column(each.name) for each in of.columns))


_said, _judged, _gone = map(_stored, (observations, judgements, dropped_days))
_DATUM = _said.c.source, _said.c.pair, _said.c.effective_date, _said.c.observed_at

SAID = select(_said.c.version, *_DATUM, _said.c.id, literal_column("'accepted'")).order_by(_said.c.id)
JUDGED = (
    select(_judged.c.version, *_DATUM, _said.c.id, _judged.c.verdict)
    .select_from(_judged.join(_said, _said.c.id == _judged.c.observation_id))
    .order_by(_judged.c.version, _judged.c.observation_id, _judged.c.number)
)
DROPPED = select(
    *(_gone.c.version, _gone.c.source, _gone.c.pair, _gone.c.effective_date, null(), _gone.c["count"], null())
).order_by(_gone.c.version)
REVISED = select(_said.c.version, *_DATUM).where(_said.c.revision > literal_column("0"))


@dataclass(frozen=True, slots=True)
class Dropped:
    """So many rows of a day that were dropped: recorded at `version`, or some of them before."""

    version: int
    day: str
    count: int


class Life:
    """How many publications there are of each day of a series, and in all, and the days of the `first` and
    the `last`; of its `dropped` rows none before the version that recorded the last of their day.
    """

    def __init__(self, dropped: Iterable[Dropped] = ()) -> None:
        """Nothing was there so far."""
        self.days: Counter[str] = Counter()
        self.count = 0
        self.first: str | None = None
        self.last: str | None = None
        self._dropped = tuple(dropped)

    def change(self, more: Changes) -> None:
        """Count what a version did."""
        self.count += sum(more.values())
        for day, count in more.items():
            self.days[day] += count
            if not self.days[day]:
                del self.days[day]
        ends = {end for end in (self.first, self.last) if end}
        among = self.days if ends - self.days.keys() else ends | (more.keys() & self.days.keys())
        self.first, self.last = min(among, default=None), max(among, default=None)

    def grows(self, more: Changes, day: str | None) -> bool:
        """Whether there is only more of that day, of which there was something."""
        there = day in self.days or any(each.day == day for each in self._dropped)
        return there and list(more) == [day] and min(more.values()) > 0

    def comes_to(self, first: str | None, last: str | None, count: int, version: int) -> bool:
        """Whether there are so many at `version`, from `first` to `last`. Of rows that were dropped and
        recorded on a day that was not over, nobody knows how many were there: from none to all of them, but
        one of a day that is an end by them alone.
        """
        if (first, last, count) == (self.first, self.last, self.count):
            return True
        if first is None or last is None:
            return False
        hidden: Counter[str] = Counter()
        for each in self._dropped:
            if each.version > version and first <= each.day <= last:
                hidden[each.day] += each.count
        alone = {first, last} - self.days.keys()
        within = first <= (self.first or first) and (self.last or last) <= last
        return within and alone <= hidden.keys() and len(alone) <= count - self.count <= hidden.total()


def lives(connection: Connection) -> dict[Series, Life]:
    """A life of each series of which rows were dropped, before anything was recorded. Raises as `changes`
    does.
    """
    found: dict[Series, list[Dropped]] = {}
    for version, source, pair, day, _, count, _ in _rows(connection, DROPPED):
        found.setdefault((source, pair), []).append(Dropped(int(version), str(day), int(count)))
    return {series: Life(dropped) for series, dropped in found.items()}


def changes(connection: Connection) -> Iterator[tuple[int, Series, Changes]]:
    """What each version did to each series, in the order of versions. Raises what comes of values that are
    none of their columns'.
    """
    doubtful = {_datum(row) for each in (REVISED, JUDGED) for row in _rows(connection, each)}
    in_force: dict[Datum, set[int]] = {datum: set() for datum in doubtful}
    streams = [_rows(connection, each) for each in (SAID, JUDGED, DROPPED)]
    for version, happened in groupby(merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        found: dict[Series, Counter[str]] = {}
        for row in happened:
            source, pair, day, _ = datum = _datum(row)
            more = found.setdefault((source, pair), Counter())
            more[day] += _added(row[5], row[6], in_force.get(datum))
        for series, days in found.items():
            if changed := {day: count for day, count in days.items() if count}:
                yield version, series, changed


def _added(number: int, verdict: str | None, in_force: set[int] | None) -> int:
    """How many data more there are: of `number` dropped rows, which have no verdict; by the row `number`
    alone; or by it beside those that are in force of a datum of several.
    """
    if verdict is None:
        return number
    if in_force is None:
        return 1
    before = bool(in_force)
    in_force.discard(number)
    if verdict == "accepted":
        in_force.add(number)
    return bool(in_force) - before


def _datum(row: AnyRow) -> Datum:
    source, pair, day, at = row[1:5]
    return source, pair, str(day), str(at)


def _rows(connection: Connection, question: Select[Any]) -> Iterator[AnyRow]:
    with connection.execute(question.execution_options(yield_per=AT_ONCE)) as found:
        yield from map(tuple, found)
