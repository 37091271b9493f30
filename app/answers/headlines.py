"""The headline of a pair as it stood on a day that is over."""

from __future__ import annotations

from datetime import date, timedelta

from app.domain.calendar import starts
from app.domain.headline import Headline, headline
from app.domain.pairs import Pair
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader

ONE_DAY = timedelta(days=1)


def headline_on(
    reader: Reader, catalog: Catalog, pair: Pair, day: date, source: str | None = None
) -> Headline | None:
    """The headline of `pair` (in the ticker's direction) as it stood at the end of `day`, a day that is over;
    of one `source` where given.

    What was to be published in advance counts as known by then, so that a day with all its publications does
    not look late in hindsight.
    """
    order = heard(catalog, pair, source)
    # Zones differ by an hour: the first midnight among them ends the day, so that no source's next day has
    # begun.
    end = min(starts(day + ONE_DAY, each.calendar.zone) for each in order) - timedelta(milliseconds=1)
    known = [
        recorded
        for each in order
        for until in (day, each.calendar.next_day(day))
        if (recorded := reader.newest(pair, each.key, until=until))
    ]
    return headline(known, order, end)


def heard(catalog: Catalog, pair: Pair, source: str | None) -> tuple[Source, ...]:
    """Who is heard on `pair`, in the order of authority: all who speak for it, or one `source` alone."""
    return (catalog[source],) if source else catalog.order(pair)
