"""Dropping what sources that speak all day said long ago. Their days stay, and the last word of each."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypeAlias

from app.domain.calendar import day_of
from app.domain.pairs import Pair
from app.sources.catalog import Catalog
from app.store.base import Store

A_DAY = timedelta(days=1)

Place: TypeAlias = tuple[Pair, str, date]
"""A day of one pair from one source."""


def too_old(store: Store, catalog: Catalog, now: datetime, keep: timedelta) -> list[Place]:
    """The days whose rows nobody keeps any longer: those that were over, in the zone of their source, `keep`
    before `now`.
    """
    found: list[Place] = []
    with store.read() as reader:
        for pair, key in [(each.pair, each.source) for each in reader.extents()]:
            if key in catalog.all_day:
                until = day_of(now - keep, catalog[key].calendar.zone) - A_DAY
                found += [(pair, key, day) for day in reader.whole_days(pair, key, until=until)]
    return found


def drop(store: Store, place: Place, now: datetime) -> int:
    """Drop the rows of one day, in a transaction of its own; returns how many."""
    return store.transact(now, lambda writer: writer.drop_rows(*place))
