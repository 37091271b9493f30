"""The candles of one pair."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from operator import attrgetter

from app.answers.daily import Daily, is_dropped_since, refuse_backwards
from app.answers.headlines import ONE_DAY
from app.answers.validity import Validity, closed_validity
from app.domain.answers import Answer, Candles
from app.domain.calendar import day_of, settled_at, speaks_all_day, starts
from app.domain.candles import Candle, Edge, Interval, Span, carried, span, span_at
from app.domain.candles import candles as folded
from app.domain.cursors import decode, encode, never_handed_out, parse_day, parse_instant
from app.domain.days import Day, Values, towards
from app.domain.errors import BadParameter
from app.domain.fill import Fill, Filling
from app.domain.observations import Observation
from app.domain.pairs import Pair, canonical
from app.sources.catalog import Catalog
from app.store.base import Reader

A_MOMENT = timedelta(microseconds=1)
"""The shortest span there is between two instants."""

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
    fill: Fill = "none",
    daily: Daily | None = None,
) -> Answer[Candles]:
    """The candles of the intervals that hold a day of `since`..`until`, whole and oldest first, up to today.

    Of one `source`, or of the headline as it was in force day by day, with the intervals that `fill` adds. At
    most `limit` after the cursor `after`. `daily` are the values where they are at hand. Hours are those of a
    `source` that speaks all day: a bank has one instant a day. Raises BadParameter, BadCursor, ForeignCursor
    and UnknownSource.
    """
    refuse_backwards(since, until)
    asked = _Question(daily or Daily.of(reader, catalog, pair, source), now, interval)
    log_id = reader.counter().log_id
    question = (pair, interval, source, fill)
    begins = _place(decode(after, "c", log_id, question), after, interval) if after else None
    found = list(islice(asked.candles(since, until, begins, fill), limit + 1))
    page = tuple(found[:limit])
    more = encode("c", log_id, page[-1].end.isoformat(), question) if len(page) < len(found) else None
    body = Candles(pair, interval, source, asked.daily.derived, page, more)
    return asked.validity(page, until).answer(body, more)


def _place(place: str, cursor: str, interval: Interval) -> Edge:
    """The edge of an interval: a candle is never cut."""
    try:
        found = parse_instant(place) if interval == "1h" else parse_day(place)
    except ValueError as error:
        raise never_handed_out(cursor) from error
    if span_at(found, interval)[0] != found:
        raise never_handed_out(cursor)
    return found


class _Question:
    """One question about candles, and the reading that answers it."""

    def __init__(self, daily: Daily, now: datetime, interval: Interval) -> None:
        self.daily, self.now, self.interval = daily, now, interval
        self.reader, self.catalog = daily.reader, daily.catalog
        self.voices = tuple(daily.voices)
        self.zone = self.voices[0].calendar.zone
        if interval == "1h":
            self._refuse_without_hours()

    def candles(
        self, since: date | None, until: date | None, begins: Edge | None, fill: Fill
    ) -> Iterator[Candle]:
        """Those of the intervals around the days asked for, from `begins` on and up to now."""
        edges = [self._whole(since)[0] if since else None, begins]
        first: Edge = max((each for each in edges if each), default=self._edge(date.min))
        filling = Filling(fill, attrgetter("start"), self._following, self._carried)
        for start, end in self._known(first, self._end(until)):
            before = self._before(start) if fill != "none" and start != self._edge(date.min) else None
            found = folded(self._values(start, end), self.interval, self._complete)
            yield from filling.rows(found, start, end, before)

    def validity(self, page: Collection[Candle], until: date | None) -> Validity:
        """Closed when nothing more is due of any interval asked for."""
        turns = [self._settled(each.end, each.sources) for each in page]
        turns += [each.end for each in page if isinstance(each.end, datetime)]  # the next hour begins
        turns += [self._settled(self._whole(until)[1], ())] if until else []
        if until and all(each <= self.now for each in turns):
            return closed_validity(self.reader, since=max(turns))
        return self.daily.validity(self.now).turning(turns, self.now)

    def _whole(self, day: date) -> Span:
        """What is shown for a day: the interval around it, or all of its hours."""
        start, end = span_at(day, "1d" if self.interval == "1h" else self.interval)
        return self._edge(start), self._edge(end)

    def _edge(self, day: date) -> Edge:
        """Where a day begins."""
        if self.interval != "1h":
            return day
        return starts(day, self.zone) if day > date.min else datetime.min.replace(tzinfo=UTC)

    def _end(self, until: date | None) -> Edge:
        """Before which all that is shown begins: no later than now."""
        tomorrow = self.daily.today(self.now) + ONE_DAY
        coming: Edge = self.now if self.interval == "1h" else tomorrow
        return min(self._whole(until)[1], coming) if until else coming

    def _known(self, first: Edge, end: Edge) -> Iterator[Span]:
        """The stretches from `first` to `end` of which the candles are known: what is left of a day of which
        rows were dropped makes no hours.
        """
        for gone in self._dropped(first, end):
            if first < self._edge(gone.effective_date):
                yield first, self._edge(gone.effective_date)
            first = self._edge(gone.effective_date + ONE_DAY)
        if first < end:
            yield first, end

    def _dropped(self, first: Edge, end: Edge) -> Sequence[Day]:
        """Of the days that are asked for by the hour, what was dropped of each."""
        if isinstance(first, datetime) and isinstance(end, datetime):
            return self.reader.dropped(*self._series, since=self._day(first), until=self._day(end))
        return ()

    def _values(self, first: Edge, end: Edge) -> Iterator[Values]:
        if isinstance(first, datetime) and isinstance(end, datetime):
            return (each for each in self._instants(first, end) if first <= each.observed_at < end)
        return self.daily.between(first, end - ONE_DAY)

    def _instants(self, first: datetime, end: datetime) -> Iterator[Values]:
        """Those of the days around."""
        since, until = self._day(first), self._day(end)
        found = self.reader.publications(*self._series, since=since, until=until)
        return (self._instant(each.said) for each in found)

    def _instant(self, said: Observation) -> Values:
        return towards([Day.of(said)], self.daily.pair)

    @property
    def _series(self) -> tuple[Pair, str]:
        """What is asked for by the hour."""
        return canonical(self.daily.pair), self.voices[0].key

    def _day(self, instant: datetime) -> date:
        return day_of(instant, self.zone)

    def _before(self, first: Edge) -> Candle | None:
        """The last candle that begins before `first`, which is the edge of an interval; of an hour, how it
        ends.
        """
        values: Iterable[Values] = ()
        if isinstance(first, datetime):
            values = map(self._instant, self._last_said(first - A_MOMENT))
        elif last := self.daily.last(first - ONE_DAY):
            values = self._values(*span(last, self.interval))
        return next(folded(values, self.interval, self._complete), None)

    def _last_said(self, at: datetime) -> Iterator[Observation]:
        """What was said last up to an instant; nothing when that was dropped, and what is left is older."""
        newest = self.reader.newest(*self._series, until=self._day(at), at=at)
        if newest and not is_dropped_since(self.reader, *self._series, newest.said, self._day(at), at):
            yield newest.said

    def _following(self, start: Edge) -> Edge:
        return span_at(start, self.interval)[1]

    def _carried(self, candle: Candle, start: Edge) -> Candle:
        return carried(candle, start, self.interval, self._complete)

    def _complete(self, end: Edge, sources: Collection[str]) -> bool:
        return self._settled(end, sources) <= self.now

    def _settled(self, end: Edge, sources: Collection[str]) -> datetime:
        """When nothing more is due of what was before `end`: from who has the first word, and who spoke."""
        heard = [*self.voices, *(self.catalog[each] for each in sources)]
        return max(settled_at(voice.calendar, end) for voice in heard)

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
