"""The candles of one pair."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from itertools import islice

from app.answers.daily import Daily, refuse_backwards
from app.answers.latest import ONE_DAY
from app.answers.validity import Validity, closed_validity
from app.domain.answers import Answer, Candles
from app.domain.calendar import day_of, settled_at, speaks_all_day
from app.domain.candles import Candle, Edge, Interval, span_at
from app.domain.candles import candles as folded
from app.domain.cursors import decode, encode, never_handed_out
from app.domain.days import Day, Values, towards
from app.domain.errors import BadParameter
from app.domain.pairs import Pair, canonical
from app.sources.catalog import Catalog
from app.store.base import Reader

MOST_CANDLES = 1_000


def candles(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    interval: Interval = "1d",
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int = MOST_CANDLES,
    after: str | None = None,
) -> Answer[Candles]:
    """The candles of the intervals that hold a day of `since`..`until`, whole and oldest first, up to today.

    Of one `source`, or of the headline as it was in force day by day. At most `limit` after the cursor
    `after`. Hours are those of a `source` that speaks all day: a bank has one instant a day. Raises
    BadParameter, BadCursor, ForeignCursor and UnknownSource.
    """
    refuse_backwards(since, until)
    asked = _Question(Daily.of(reader, catalog, pair, source), now, interval)
    log_id = reader.counter().log_id
    begins = _place(decode(after, "c", log_id), after, interval) if after else None
    first = _start(since, interval) if since else date.min
    last = _last(until, interval) if until else date.max
    found = list(islice(asked.candles(first, last, begins), limit + 1))
    page = tuple(found[:limit])
    more = encode("c", log_id, page[-1].end.isoformat()) if len(page) < len(found) else None
    body = Candles(pair, interval, source, asked.daily.derived, page, more)
    return asked.validity(page, last + ONE_DAY if until else None).answer(body, more)


def _start(day: date, interval: Interval) -> date:
    return _whole(day, interval)[0]


def _last(day: date, interval: Interval) -> date:
    return _whole(day, interval)[1] - ONE_DAY


def _whole(day: date, interval: Interval) -> tuple[date, date]:
    """The interval around a day; for hours the day itself."""
    return span_at(day, "1d" if interval == "1h" else interval)


def _place(place: str, cursor: str, interval: Interval) -> Edge:
    try:
        found = datetime.fromisoformat(place) if interval == "1h" else date.fromisoformat(place)
    except ValueError as error:
        raise never_handed_out(cursor) from error
    if isinstance(found, datetime) and found.tzinfo is None:
        raise never_handed_out(cursor)
    return found


class _Question:
    """One question about candles, and the reading that answers it."""

    def __init__(self, daily: Daily, now: datetime, interval: Interval) -> None:
        self.daily, self.now, self.interval = daily, now, interval
        self.reader, self.catalog = daily.reader, daily.catalog
        if interval == "1h":
            self._refuse_without_hours()

    def candles(self, first: date, last: date, begins: Edge | None) -> Iterator[Candle]:
        """Those of the days from `first` to `last`, up to today, from `begins` on."""
        last = min(last, self.daily.today(self.now))
        if isinstance(begins, datetime):
            first = max(first, day_of(begins, self.daily.voices[0].calendar.zone))
            later = (each for each in self._instants(first, last) if each.observed_at >= begins)
            return folded(later, self.interval, self._complete)
        first = max(first, begins or date.min)
        values = self._instants if self.interval == "1h" else self.daily.between
        return folded(values(first, last), self.interval, self._complete)

    def validity(self, page: Collection[Candle], end: date | None) -> Validity:
        """Closed when nothing more is due of any day asked for, which are those before `end`."""
        turns = [self._settled(each.end, each.sources) for each in page]
        turns += [self._settled(end, ())] if end else []
        if end and all(each <= self.now for each in turns):
            return closed_validity(self.reader, since=max(turns))
        return self.daily.validity(self.now).turning(turns, self.now)

    def _complete(self, end: Edge, sources: Collection[str]) -> bool:
        return self._settled(end, sources) <= self.now

    def _settled(self, end: Edge, sources: Collection[str]) -> datetime:
        """When nothing more is due of what was before `end`: from who has the first word, and who spoke."""
        heard = [*self.daily.voices, *(self.catalog[each] for each in sources)]
        return max(settled_at(voice.calendar, end) for voice in heard)

    def _instants(self, first: date, last: date) -> Iterator[Values]:
        (voice,), pair = self.daily.voices, self.daily.pair
        said = self.reader.publications(canonical(pair), voice.key, since=first, until=last)
        return (towards([Day.of(each.said)], pair) for each in said)

    def _refuse_without_hours(self) -> None:
        """Raise BadParameter unless a source was asked for that speaks all day, and no cross."""
        source = self.daily.source
        if source is None or self.daily.derived or not speaks_all_day(source.calendar):
            keys = " or ".join(sorted(self.catalog.all_day))
            raise BadParameter(
                "Hours are those of one source that speaks all day, and of a pair that it publishes.",
                parameter="interval",
                expected=f"1d, 1w, 1mo, 1q or 1y, or 1h with source={keys}",
            )
