"""Earlier extents: what there was of each pair from each source at every version, so that a view of the past
need not count it; and indexes by which it finds its ticks.

The record is replayed: once through the observations, beside the judgements and the days of dropped rows.
Kept in memory are the days of each series, and data that were said or judged more than once: they are few.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.store import chain
from app.store.prepared import Unreadable

revision = "0010"
down_revision = "0009"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SAID = """
SELECT version, source, pair, effective_date, observed_at, id, 'accepted' FROM observations ORDER BY id
"""
JUDGED = """
SELECT j.version, o.source, o.pair, o.effective_date, o.observed_at, o.id, j.verdict
  FROM judgements j JOIN observations o ON o.id = j.observation_id
 ORDER BY j.version, j.observation_id, j.number
"""
DROPPED = """
SELECT version, source, pair, effective_date, NULL, "count", NULL FROM dropped_days ORDER BY version
"""
REVISED = "SELECT version, source, pair, effective_date, observed_at FROM observations WHERE revision > 0"

AT_ONCE = 1000
ENDS = "since", "until"

Series = tuple[str, str]
Datum = tuple[str, str, str, str]
"""Source and pair, and the day and the instant."""


def upgrade() -> None:
    op.drop_table("extents")
    extents = op.create_table("extents", *columns(keyed=False))
    earlier = op.create_table("earlier_extents", *columns(keyed=True))
    op.create_index("ticks_version", "ticks", ["version", "seq"])
    op.drop_index("ticks_pair", "ticks")
    op.create_index("ticks_pair", "ticks", ["pair", "version", "seq"])
    connection = op.get_bind()
    now: dict[Series, Extent] = {}
    ended = replay(connection, now)
    while batch := [hashed("earlier_extents", row) for row in islice(ended, AT_ONCE)]:
        connection.execute(earlier.insert(), batch)
    for each in now.values():
        connection.execute(extents.insert(), hashed("extents", each.row))


def columns(*, keyed: bool) -> list[sa.Column[Any]]:
    return [
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("pair", sa.Text, primary_key=True),
        sa.Column("begun", NUMBER, sa.ForeignKey("versions.version"), primary_key=keyed, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("since", sa.Date),
        sa.Column("until", sa.Date),
        sa.Column("publications", NUMBER, nullable=False),
        sa.Column("version", NUMBER, sa.ForeignKey("versions.version"), nullable=False),
        sa.Column("hash", sa.Text, nullable=False, server_default=""),
    ]


def hashed(table: str, row: dict[str, Any]) -> dict[str, Any]:
    ends = {end: day_of(row, row[end]) if row[end] else None for end in ENDS}
    return {**row, **ends, "hash": chain.row_hash(table, row)}


def day_of(row: dict[str, Any], day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise Unreadable(f"{day!r} as a day of {row['pair']} from {row['source']}") from error


class Extent:
    """What there is of a series, as a row, and how many publications of each day."""

    def __init__(self, source: str, pair: str) -> None:
        self.series = {"source": source, "pair": pair}
        self.row: dict[str, Any] = {}
        self._days: Counter[str] = Counter()

    def change(self, version: int, more: dict[str, int]) -> dict[str, Any] | None:
        """Take so many more of these days, or fewer; gives the row that ends by it, if one does."""
        before, added = self.row, min(more.values()) > 0
        self._count(more)
        if added and [before.get("until")] == list(more):
            before["publications"] += sum(more.values())
            before["version"] = version
            return None
        days = {*more, *(before[end] for end in ENDS if before.get(end))} if added else self._days
        self.row = self.series | {
            "begun": version,
            "number": before["number"] + 1 if before else 0,
            "since": min(days, default=None),
            "until": max(days, default=None),
            "publications": before.get("publications", 0) + sum(more.values()),
            "version": version,
        }
        return before or None

    def _count(self, more: dict[str, int]) -> None:
        for day, count in more.items():
            self._days[day] += count
            if not self._days[day]:
                del self._days[day]


def replay(connection: sa.Connection, now: dict[Series, Extent]) -> Iterator[dict[str, Any]]:
    """The rows that ended, in the order of versions; leaves in `now` those that did not."""
    for version, series, more in changes(connection):
        if series not in now:
            now[series] = Extent(*series)
        ended = now[series].change(version, more)
        if ended:
            yield ended


def changes(connection: sa.Connection) -> Iterator[tuple[int, Series, dict[str, int]]]:
    """By version and series, of how many data of each day more was in force than before, or fewer."""
    doubtful = {datum_of(row) for each in (REVISED, JUDGED) for row in rows(connection, each)}
    in_force: dict[Datum, set[int]] = {datum: set() for datum in doubtful}
    streams = [rows(connection, each) for each in (SAID, JUDGED, DROPPED)]
    for version, group in groupby(merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        found: dict[Series, dict[str, int]] = {}
        for row in group:
            datum = datum_of(row)
            days, day = found.setdefault(datum[:2], {}), datum[2]
            days[day] = days.get(day, 0) + added_by(row[5], row[6], in_force.get(datum))
        for series, days in found.items():
            if changed := {day: count for day, count in days.items() if count}:
                yield version, series, changed


def added_by(number: int, verdict: str | None, in_force: set[int] | None) -> int:
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


def datum_of(row: Any) -> Datum:
    source, pair, day, at = row[1:5]
    return source, pair, str(day), str(at)


def rows(connection: sa.Connection, question: str) -> Iterator[Any]:
    yield from connection.execute(sa.text(question).execution_options(yield_per=AT_ONCE))
