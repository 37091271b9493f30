"""Keeping the days of sources that speak all day, in the transaction that records or judges what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from app.domain.calendar import speaks_all_day
from app.domain.days import Day, continued
from app.domain.observations import Observation, Recorded
from app.domain.pairs import Pair
from app.sources.catalog import Catalog
from app.store.base import Reader, Writer


def keep_days(writer: Writer, catalog: Catalog, changed: Iterable[Recorded]) -> None:
    """Bring the days up to what is `changed`: recorded in this transaction, or judged otherwise than before.

    What comes last on its day is added to it; for anything else, a revision, a late row, one that is released
    or withdrawn, the day is counted again.
    """
    spoken = [each for each in changed if speaks_all_day(catalog[each.said.source].calendar)]
    for (pair, source, day), group in groupby(sorted(spoken, key=_moment), key=_place):
        before, rows = list(writer.days(pair, source, since=day, until=day)), list(group)
        known = _continued(before, rows)
        if known is None:
            known = writer.recounted(pair, source, day)
        if known != before:
            writer.keep_day(pair, source, day, known)


def may_be_dropped(reader: Reader, catalog: Catalog, said: Observation) -> bool:
    """Whether rows around this instant were dropped: then nobody can tell whether it was one of them."""
    if not speaks_all_day(catalog[said.source].calendar):
        return False
    day = said.effective_date
    gone = reader.dropped(said.pair, said.source, since=day, until=day)
    return any(day.open_at <= said.observed_at <= day.close_at for day in gone)


def _continued(days: Sequence[Day], rows: Sequence[Recorded]) -> list[Day] | None:
    """The forms of a day with `rows`, in the order of their instants; None where that cannot be told from
    these alone.
    """
    last, found = max((day.close_at for day in days), default=None), list(days)
    for each in rows:
        if each.revision or not each.accepted or (last and each.said.observed_at <= last):
            return None
        found, last = continued(found, each.said), each.said.observed_at
    return found


def _place(recorded: Recorded) -> tuple[Pair, str, date]:
    said = recorded.said
    return said.pair, said.source, said.effective_date


def _moment(recorded: Recorded) -> tuple[object, ...]:
    return *_place(recorded), recorded.said.observed_at, recorded.revision
