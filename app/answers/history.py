"""The publications of one pair over time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby, islice

from app.answers.daily import Daily, in_force, refuse_backwards
from app.answers.latest import ONE_DAY
from app.domain.answers import Answer, History, Point
from app.domain.cursors import decode, encode, never_handed_out
from app.domain.observations import Recorded
from app.domain.pairs import Pair, canonical
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader

MOST_POINTS = 1_000


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
) -> Answer[History]:
    """The publications dated within `since`..`until`, oldest first, and not after their source's today: what
    is coming is in `latest`.

    Of one `source`, or of the headline as it was in force day by day. At most `limit` effective dates (None:
    all) after the cursor `after`. Raises BadParameter, BadCursor, ForeignCursor and UnknownSource.
    """
    refuse_backwards(since, until)
    daily, filed = Daily.of(reader, catalog, pair, source), canonical(pair)
    today = daily.today(now)
    log_id = reader.counter().log_id
    first = max(since or date.min, _day_after(decode(after, "h", log_id), after) if after else date.min)
    last = min(until or today, today)
    days = groupby(
        _points(reader, catalog, filed, source, first, last), key=lambda each: each.said.effective_date
    )
    found = [list(group) for _, group in islice(days, limit + 1 if limit is not None else None)]
    page = found if limit is None else found[:limit]
    more = (
        encode("h", log_id, page[-1][0].said.effective_date.isoformat()) if len(page) < len(found) else None
    )
    points = tuple(_point(catalog, pair, recorded) for group in page for recorded in group)
    return daily.validity(now, until).answer(History(pair, source, since, until, points, more), more)


def _day_after(place: str, cursor: str) -> date:
    try:
        return date.fromisoformat(place) + ONE_DAY
    except (ValueError, OverflowError) as error:
        raise never_handed_out(cursor) from error


def _points(
    reader: Reader, catalog: Catalog, filed: Pair, source: str | None, first: date, last: date
) -> Iterator[Recorded]:
    if first > last:
        return iter(())

    def said_by(voice: Source) -> Iterator[tuple[date, Recorded]]:
        found = reader.publications(filed, voice.key, since=first, until=last)
        return ((each.said.effective_date, each) for each in found)

    if source:
        return (each for _, each in said_by(catalog[source]))
    return in_force(reader, catalog, filed, said_by)


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
