"""What the day values of one pair come to."""

from __future__ import annotations

from datetime import date, datetime

from app.answers.daily import Daily, refuse_backwards
from app.domain.answers import Answer, PeriodStats, Stats
from app.domain.pairs import Pair
from app.domain.stats import METHOD, period_of, periods, summary
from app.sources.catalog import Catalog
from app.store.base import Reader


def stats(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
    daily: Daily | None = None,
) -> Answer[Stats]:
    """The mean, the ends and the volatility of the days of `since`..`until`, up to today, and of each month
    or year of them. Of one `source`, or of the headline as it was in force day by day. `daily` are the values
    where they are at hand. Raises BadParameter and UnknownSource.
    """
    refuse_backwards(since, until)
    daily = daily or Daily.of(reader, catalog, pair, source)
    values = list(daily.between(since or date.min, min(until or date.max, daily.today(now))))
    period = period_of(values)
    body = Stats(
        pair=pair,
        source=source,
        derived=daily.derived,
        since=since,
        until=until,
        method=METHOD,
        whole=summary(values),
        period=period,
        periods=tuple(PeriodStats(*each) for each in periods(values, period)),
    )
    return daily.validity(now, until).answer(body)
