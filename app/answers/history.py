"""The publications of one pair over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import dropwhile, islice
from operator import attrgetter
from typing import TypeAlias

from app.answers.daily import Daily, in_force, refuse_backwards
from app.answers.headlines import ONE_DAY
from app.domain.answers import Answer, History, Point
from app.domain.cursors import decode, encode, never_handed_out
from app.domain.fill import Fill, Filling
from app.domain.observations import Recorded
from app.domain.pairs import Pair, canonical
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader

MOST_POINTS = 1_000

Place: TypeAlias = tuple[date, datetime]
"""Where a point stands among those of its history: by its effective date, then by the instant observed."""

THE_FIRST: Place = (date.min, datetime.min.replace(tzinfo=UTC))
"""Before which nothing stands."""


def history(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int | None = MOST_POINTS,
    after: str | None = None,
    fill: Fill = "none",
) -> Answer[History]:
    """The publications dated within `since`..`until`, oldest first, and not after their source's today: what
    is coming is in `latest`.

    Of one `source`, or of the headline as it was in force day by day, with the days that `fill` adds. At most
    `limit` points (None: all) after the cursor `after`. Raises BadParameter, BadCursor, ForeignCursor and
    UnknownSource.
    """
    refuse_backwards(since, until)
    daily, log_id = Daily.of(reader, catalog, pair, source), reader.counter().log_id
    today = daily.today(now)
    last = _parse_place(decode(after, "h", log_id), after) if after else THE_FIRST
    points = _filled(daily, fill, max(since or date.min, last[0]), min(until or today, today))
    coming = dropwhile(lambda point: _place(point) <= last, points)
    found = tuple(islice(coming, limit + 1 if limit is not None else None))
    page = found[:limit]
    more = encode("h", log_id, _place_text(page[-1])) if len(page) < len(found) else None
    body = History(pair, source, since, until, page, more, fill)
    return daily.validity(now, until).answer(body, more)


def _place(point: Point) -> Place:
    return point.effective_date, point.observed_at


def _place_text(point: Point) -> str:
    return f"{point.effective_date} {point.observed_at.isoformat()}"


def _parse_place(text: str, cursor: str) -> Place:
    day, _, instant = text.partition(" ")
    try:
        found = date.fromisoformat(day), datetime.fromisoformat(instant)
    except ValueError as error:
        raise never_handed_out(cursor) from error
    if found[1].tzinfo is None:
        raise never_handed_out(cursor)
    return found


def _filled(daily: Daily, fill: Fill, first: date, last: date) -> Iterator[Point]:
    """The points of the days from `first` to `last`, and those that stand for the days without."""
    before = None
    if fill != "none" and first > date.min and (earlier := daily.last(first - ONE_DAY)):
        # Of a day of which rows were dropped, the last may have been refused since: nothing is left to carry.
        before = next(reversed(list(_points(daily, earlier.effective_date, earlier.effective_date))), None)
    filling = Filling(fill, attrgetter("effective_date"), _next_day, _carried)
    return filling.rows(_points(daily, first, last), first, last + ONE_DAY, before)


def _next_day(day: date) -> date:
    return day + ONE_DAY


def _carried(point: Point, day: date) -> Point:
    return replace(point, effective_date=day, carried_from=point.effective_date)


def _points(daily: Daily, first: date, last: date) -> Iterator[Point]:
    if first > last:
        return iter(())
    filed = canonical(daily.pair)

    def said_by(voice: Source) -> Iterator[tuple[date, Recorded]]:
        found = daily.reader.publications(filed, voice.key, since=first, until=last)
        return ((each.said.effective_date, each) for each in found)

    found: Iterator[Recorded] = in_force(daily.reader, daily.catalog, filed, said_by)
    if daily.source:
        found = (each for _, each in said_by(daily.source))
    return (_point(daily.catalog, daily.pair, each) for each in found)


def _point(catalog: Catalog, pair: Pair, recorded: Recorded) -> Point:
    said = recorded.said
    return Point(
        effective_date=said.effective_date,
        observed_at=said.observed_at,
        rate=said.published.rate(pair),
        source=said.source,
        kind=catalog[said.source].kind,
        published=said.published,
        revision=recorded.revision,
        version=recorded.version,
        recorded_at=recorded.recorded_at,
    )
