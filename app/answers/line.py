"""What one pair was worth over a stretch of days, to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.answers.crosses import by_a_page
from app.answers.daily import Daily, refuse_backwards
from app.answers.latest import Question
from app.answers.ticker import digits
from app.domain.answers import Answer, Line, TickerItem
from app.domain.change import UNCHANGED_BY_DECREE, Change, Stand, change_between
from app.domain.days import Values
from app.domain.errors import NoRateAtDate
from app.domain.pairs import Pair
from app.sources.catalog import Catalog
from app.store.base import Reader


def line(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    source: str | None = None,
    days: int | None = None,
    since: date | None = None,
    until: date | None = None,
    daily: Daily | None = None,
) -> Answer[Line]:
    """The day values of `since`..`until`, up to today; with `days` those of so many calendar days, of which
    the last is that of the newest value. Of one `source`, or of the headline as it was in force day by day.
    `daily` are the values where they are at hand. Raises BadParameter, UnknownSource, and the NothingThere
    that says why there is none.
    """
    refuse_backwards(since, until)
    daily = daily or Daily.of(reader, catalog, pair, source)
    last = min(until or date.max, daily.today(now))
    newest = daily.last(last) if days else None
    if days and newest:
        since = newest.effective_date - timedelta(days=days - 1)
    values = tuple(daily.between(since or date.min, last))
    if not values:
        Question(reader, catalog, now, source, until).row(pair)
        raise NoRateAtDate(f"No rate of {pair} was published for these days.", pair=str(pair))
    rows = [Question(reader, catalog, now, source, each.effective_date).row(pair) for each in _ends(values)]
    ends = tuple(TickerItem(row, digits(catalog, row)) for row in rows)
    return daily.validity(now, until).answer(Line(pair, values, ends, _moved(values, ends)))


def _ends(values: Sequence[Values]) -> tuple[Values, ...]:
    """The first and the last, or the only one."""
    return (values[0], *values[1:][-1:])


def _moved(values: Sequence[Values], ends: Sequence[TickerItem]) -> Change:
    """The change from the first to the last; not known where that is one, or what a page shows."""
    if all(end.row.kind == "peg" for end in ends):
        return UNCHANGED_BY_DECREE
    if any(part.kind == "page" for end in ends for part in end.row.parts):
        return by_a_page("since")
    then, now = (Stand(each.close, each.effective_date) for each in (values[0], values[-1]))
    return change_between("since", now, then if len(ends) > 1 else None)
