"""The publications of one or several pairs over time: as points in pages, or as a table that is read row by
row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from heapq import merge
from itertools import dropwhile, groupby, islice
from typing import Any, Literal, NamedTuple, TypeVar

from app.answers.daily import Daily, in_force, refuse_backwards
from app.answers.headlines import ONE_DAY
from app.answers.validity import Validity, together
from app.domain.answers import Answer, Histories, History, Point, WideHistory
from app.domain.cursors import (
    decode,
    encode,
    never_handed_out,
    other_question,
    parse_day,
    parse_instant,
    parse_number,
)
from app.domain.days import Values
from app.domain.errors import BadParameter
from app.domain.fill import Fill, Filling
from app.domain.observations import Printed, rate_of
from app.domain.pairs import CROSSES, Pair, canonical
from app.domain.table import CARRIED, DAY, LONG, Column, Table
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader

MOST_POINTS = 1_000

MOST_CELLS = 50_000
"""Rates in one page of a wide history, those that are not there included."""

MOST_AT_ONCE = 10_000
"""Rows of a table up to which a page is held, to know what follows it; a longer one is read row by row."""

SIDE_BY_SIDE = "*"
"""As `source`: every source that publishes a pair, each by itself."""

Layout = Literal["long", "wide"]
"""A row a publication; or a row a day with a column for each pair, and for each source where all are
asked.
"""

Given = TypeVar("Given")


class Place(NamedTuple):
    """Where a point stands in a history: by its effective date, by which series it is of, by the instant
    observed and by its revision.
    """

    day: date
    rank: int
    observed_at: datetime
    revision: int


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
    revisions: bool = False,
) -> Answer[History]:
    """The publications dated within `since`..`until`, oldest first, and not after their source's today: what
    is coming is in `latest`.

    Of one `source`, of all (`*`), or of the headline as it was in force day by day, with the days that `fill`
    adds, or with the `revisions` that were superseded. At most `limit` points (None: all) after the cursor
    `after`. Raises BadParameter, BadCursor, ForeignCursor and UnknownSource.
    """
    asked = _Question(reader, catalog, now, (pair,), source, since, until, fill, revisions)
    points, more = asked.page(limit, after)
    derived = pair in CROSSES
    return asked.validity().answer(History(pair, source, derived, since, until, points, more), more)


def histories(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pairs: Sequence[Pair],
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int | None = MOST_POINTS,
    after: str | None = None,
    fill: Fill = "none",
    revisions: bool = False,
) -> Answer[Histories]:
    """The same of several `pairs`: day by day, and of each day in the order of the pairs."""
    asked = _Question(reader, catalog, now, pairs, source, since, until, fill, revisions)
    points, more = asked.page(limit, after)
    return asked.validity().answer(Histories(tuple(pairs), source, since, until, points, more), more)


def wide(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pairs: Sequence[Pair],
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int | None = MOST_POINTS,
    after: str | None = None,
    fill: Fill = "none",
    revisions: bool = False,
) -> Answer[WideHistory]:
    """The same with a row a day, at most `limit` of them, and a column for each pair; for each source of each
    pair where all are asked. Of a day on which a source spoke often its last word counts.
    """
    asked = _Question(reader, catalog, now, pairs, source, since, until, fill, revisions, "wide")
    rows, more = asked.wide_page(limit, after)
    columns = tuple(each.name for each in asked.series)
    named = tuple({DAY.name: day} | dict(zip(columns, rates, strict=True)) for day, *rates in rows)
    body = WideHistory(tuple(pairs), source, since, until, columns, named, more)
    return asked.validity().answer(body, more)


def table(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pairs: Sequence[Pair],
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int | None = None,
    after: str | None = None,
    fill: Fill = "none",
    revisions: bool = False,
    layout: Layout = "long",
) -> Answer[Table]:
    """The same as a table. Without `limit`, or with one above MOST_AT_ONCE, its rows are read as it is gone
    through, end with the reader's view, and no cursor leads on.
    """
    asked = _Question(reader, catalog, now, pairs, source, since, until, fill, revisions, layout)
    paged = limit is not None and limit <= MOST_AT_ONCE
    if layout == "wide":
        days, more = asked.wide_page(limit, after) if paged else (islice(asked.days(after), limit), None)
        columns: list[Column] = [DAY, *(Column(each.name, "rate") for each in asked.series)]
        return asked.validity(thinned=True).answer(Table(columns, days), more)
    points, more = asked.page(limit, after) if paged else (islice(asked.points(after), limit), None)
    return asked.validity(thinned=True).answer(long(points, filled=fill != "none"), more)


def long(points: Iterable[Point], *, filled: bool = False) -> Table:
    """A row a point; with a column more that says which are `filled`."""
    if filled:
        return Table((*LONG, CARRIED), ((*_cells(point), point.carried_from) for point in points))
    return Table(LONG, map(_cells, points))


def _cells(point: Point) -> tuple[Any, ...]:
    """In the order of LONG."""
    pair, day, observed_at, rate, source, _, printed, value, nominal, revision, _, recorded_at, _ = point
    return pair, source, day, observed_at, rate, printed, value, nominal, revision, recorded_at


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one pair, by one source or by the headline; `name` is its column in a wide table."""

    name: str
    daily: Daily

    def voice(self, side_by_side: bool) -> tuple[Pair, str | None]:
        """Which points are of this series: by their pair, and by their source where all are asked."""
        return self.daily.pair, self.daily.source.key if side_by_side and self.daily.source else None

    def points(
        self, since: date, until: date | None, now: datetime, fill: Fill, *, revisions: bool
    ) -> Iterator[Point]:
        """Those of the days from `since` to `until`, and those that stand for the days without."""
        today = self.daily.today(now)
        last = min(until or today, today)
        said = self._said(since, last, revisions=revisions)
        if fill == "none":
            return said
        before = self._before(since) if since > date.min else None
        filling = Filling(fill, _day, _next_day, _carried)
        return filling.rows(said, since, last + ONE_DAY, before)

    def _before(self, first: date) -> Point | None:
        """The last point before a day."""
        earlier = self.daily.last(first - ONE_DAY)
        if earlier is None:
            return None
        # Of a day of which rows were dropped, the last may have been refused since: nothing is left to carry.
        day = earlier.effective_date
        return next(reversed(list(self._said(day, day, revisions=False))), None)

    def _said(self, first: date, last: date, *, revisions: bool) -> Iterator[Point]:
        daily = self.daily
        if first > last:
            return iter(())
        if daily.derived:
            return (_derived(daily, each) for each in daily.between(first, last))
        filed = canonical(daily.pair)

        def said_by(voice: Source) -> Iterator[Point]:
            found = daily.reader.printed(filed, voice.key, since=first, until=last, superseded=revisions)
            return map(_pointing(daily.pair, voice), found)

        if daily.source:
            return said_by(daily.source)
        return in_force(daily.reader, daily.catalog, filed, said_by, _day)


def _pointing(pair: Pair, voice: Source) -> Callable[[Printed], Point]:
    """How to make points of what a source printed of one pair."""
    filed, make, key, kind = pair == canonical(pair), Point._make, voice.key, voice.kind

    def point(said: Printed) -> Point:
        day, at, printed, value, nominal, rate, revision, version, recorded_at = said
        shown = rate if filed else rate_of(printed, value, nominal, pair)
        return make(
            (pair, day, at, shown, key, kind, printed, value, nominal, revision, version, recorded_at, None)
        )

    return point


def _derived(daily: Daily, values: Values) -> Point:
    """The point of a cross: nobody printed it."""
    source = values.sources[0] if len(values.sources) == 1 else None
    return Point(
        pair=daily.pair,
        effective_date=values.effective_date,
        observed_at=values.observed_at,
        rate=values.close.shown,
        source=source,
        kind=daily.catalog[source].kind if source else None,
        printed=None,
        value=None,
        nominal=None,
        revision=None,
        version=None,
        recorded_at=None,
    )


def _day(point: Point) -> date:
    return point.effective_date


def _next_day(day: date) -> date:
    return day + ONE_DAY


def _carried(point: Point, day: date) -> Point:
    return point._replace(effective_date=day, carried_from=point.effective_date)


class _Question:
    """One question about the past, and the reading that answers it."""

    def __init__(
        self,
        reader: Reader,
        catalog: Catalog,
        now: datetime,
        pairs: Sequence[Pair],
        source: str | None,
        since: date | None,
        until: date | None,
        fill: Fill,
        revisions: bool,
        layout: Layout = "long",
    ) -> None:
        refuse_backwards(since, until)
        _refuse_contradictions(pairs, fill, layout, revisions=revisions)
        self.now, self.since, self.until = now, since, until
        self.fill, self.revisions = fill, revisions
        self.log_id = reader.counter().log_id
        self.side_by_side = source == SIDE_BY_SIDE
        self.series = list(_series(reader, catalog, pairs, source))
        self._asked = (",".join(map(str, pairs)), source, layout, fill, revisions)
        self._ranks = {each.voice(self.side_by_side): rank for rank, each in enumerate(self.series)}
        self.others = [] if self.series else [Daily.of(reader, catalog, pair, None) for pair in pairs]

    def validity(self, *, thinned: bool = False) -> Validity:
        """That of all series together; its head tells, if asked for, also of what was dropped of them."""
        dailies = [each.daily for each in self.series] or self.others
        found = together([each.validity(self.now, self.until) for each in dailies])
        dropped = sum(each.thinned() for each in dailies) if thinned else 0
        return replace(found, head=f"{found.head} {dropped}") if dropped else found

    def page(self, limit: int | None, after: str | None) -> tuple[tuple[Point, ...], str | None]:
        """At most `limit` points after a cursor, and the cursor of those that follow."""
        found, more = _page(self.points(after), limit)
        return tuple(found), self._cursor(self._told(found[-1])) if more else None

    def points(self, after: str | None) -> Iterator[Point]:
        """All points after a cursor."""
        if after is None:
            return self._from(date.min)
        last = self._read(after, self._parsed)
        return dropwhile(lambda point: self._place(point) <= last, self._from(last.day))

    def wide_page(self, limit: int | None, after: str | None) -> tuple[list[Sequence[Any]], str | None]:
        """At most `limit` rows after a cursor: a day, and the last rate of each series on it."""
        _refuse_too_wide(limit, len(self.series))
        found, more = _page(self.days(after), limit)
        return found, self._cursor(str(found[-1][0])) if more else None

    def days(self, after: str | None) -> Iterator[Sequence[Any]]:
        """All rows after a cursor."""
        return self._by_day(self._read(after, parse_day) + ONE_DAY if after else date.min)

    def _by_day(self, first: date) -> Iterator[Sequence[Any]]:
        for day, group in groupby(self._from(first), key=_day):
            rates: list[Any] = [None] * len(self.series)
            for point in group:
                rates[self._rank(point)] = point.rate
            yield day, *rates

    def _from(self, day: date) -> Iterator[Point]:
        since, asked = max(self.since or date.min, day), (self.until, self.now, self.fill)
        found = [each.points(since, *asked, revisions=self.revisions) for each in self.series]
        return found[0] if len(found) == 1 else merge(*found, key=self._place)

    def _rank(self, point: Point) -> int:
        return self._ranks[point.pair, point.source if self.side_by_side else None]

    def _place(self, point: Point) -> Place:
        return Place(point.effective_date, self._rank(point), point.observed_at, point.revision or 0)

    def _cursor(self, place: str) -> str:
        return encode("h", self.log_id, place, self._asked)

    def _read(self, cursor: str, read: Callable[[str], Given]) -> Given:
        """The place in a cursor; raises BadCursor and ForeignCursor."""
        place = decode(cursor, "h", self.log_id, self._asked)
        try:
            return read(place)
        except ValueError as error:
            raise never_handed_out(cursor) from error
        except LookupError as error:
            raise other_question(cursor) from error

    def _told(self, point: Point) -> str:
        """Where a point stands: by the name of its series, since others may come to stand before it."""
        day, rank, observed_at, revision = self._place(point)
        return f"{day} {revision} {observed_at.isoformat()} {self.series[rank].name}"

    def _parsed(self, text: str) -> Place:
        """The place that was told so; raises ValueError, and LookupError for a series that is not asked."""
        day, revision, instant, name = text.split(" ", 3)
        names = {each.name: rank for rank, each in enumerate(self.series)}
        return Place(parse_day(day), names[name], parse_instant(instant), parse_number(revision))


def _page(rows: Iterator[Given], limit: int | None) -> tuple[list[Given], bool]:
    """At most `limit` of them, and whether there are more."""
    found = list(islice(rows, limit + 1 if limit is not None else None))
    return found[:limit], limit is not None and len(found) > limit


def _series(reader: Reader, catalog: Catalog, pairs: Sequence[Pair], source: str | None) -> Iterator[Series]:
    """One for each pair, or for each source of each pair."""
    for pair in pairs:
        if source == SIDE_BY_SIDE:
            for key in _speakers(reader, catalog, pair):
                yield Series(f"{pair} {key}", Daily.of(reader, catalog, pair, key))
        else:
            yield Series(str(pair), Daily.of(reader, catalog, pair, source))


def _speakers(reader: Reader, catalog: Catalog, pair: Pair) -> list[str]:
    """The sources that published a pair, or both legs of a cross, those that are believed first before the
    others.
    """
    legs = Daily.of(reader, catalog, pair, None).pairs
    extents = reader.extents()
    spoke = [{each.source for each in extents if each.pair == canonical(leg)} for leg in legs]
    keys = sorted(set.intersection(*spoke))
    order = [voice.key for voice in catalog.order(canonical(legs[0]))]
    return sorted(keys, key=lambda key: order.index(key) if key in order else len(order))


def _refuse_contradictions(pairs: Sequence[Pair], fill: Fill, layout: Layout, *, revisions: bool) -> None:
    """Raise BadParameter for revisions of what has none."""
    if not revisions:
        return
    crosses = [str(pair) for pair in pairs if pair in CROSSES]
    for reason, expected in (
        (fill != "none" and "a filled day was never revised", "revisions=true or fill, not both"),
        (layout == "wide" and "a wide row has one rate a day", "revisions=true with layout=long"),
        (crosses and f"nobody publishes {', '.join(crosses)}", "revisions=true with pairs of the dollar"),
    ):
        if reason:
            raise BadParameter(
                f"revisions=true cannot be: {reason}.", parameter="revisions", expected=expected
            )


def _refuse_too_wide(rows: int | None, series: int) -> None:
    """Raise BadParameter for more rates than one page has."""
    if rows and rows * series > MOST_CELLS:
        raise BadParameter(
            f"limit={rows} rows of {series} rates each are more than the {MOST_CELLS} rates of one page.",
            parameter="limit",
            expected=f"at most {MOST_CELLS // series} rows with so many columns, or fewer pairs",
        )
