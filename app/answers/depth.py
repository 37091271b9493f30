"""One pair in depth, as its page has it: of one reading, so that its parts agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal

from app.answers import candles, changes, convert, explain, history, latest, line, sources, stats
from app.answers.daily import Daily, refuse_backwards
from app.answers.ticker import digits
from app.answers.validity import combined
from app.domain.answers import (
    Answer,
    Candles,
    Changes,
    Conversion,
    Doubt,
    Explanation,
    History,
    LatestRow,
    Line,
    Point,
    Row,
    Stats,
    TickerItem,
)
from app.domain.candles import Interval
from app.domain.errors import NothingThere
from app.domain.pairs import CROSSES, Pair, canonical, made_of
from app.sources.catalog import Catalog
from app.store.base import Reader

Range = Literal["7d", "30d", "90d", "1y", "5y", "all"]
"""How far back a chart reaches, from the newest rate."""

RANGES: Mapping[Range, int | None] = {"7d": 7, "30d": 30, "90d": 90, "1y": 365, "5y": 1826, "all": None}
"""The same in days, that of the newest rate included; None: all there are."""

INTERVALS: Sequence[tuple[int, Interval]] = ((92, "1d"), (731, "1w"), (3700, "1mo"))
"""Of what the rows of a table are over up to so many days, so that there are about a hundred."""

LONGEST: Interval = "1q"

A_QUARTER = timedelta(days=92)

AMOUNT = Decimal(100)
"""What the converter shows before it is asked."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a source said first for a day, and what it said instead, the newest last."""

    before: Sequence[Point]
    after: Point


@dataclass(frozen=True, slots=True)
class Past:
    """The days that a page shows: those of `range`, or None where they are chosen by their ends."""

    range: Range | None
    since: date
    until: date
    source: str | None
    line: Line
    stats: Stats
    candles: Candles
    corrections: Sequence[Correction]

    @property
    def is_plain(self) -> bool:
        """Whether each row of the table is one day with one rate alone."""
        return self.candles.interval == "1d" and all(each.count == 1 for each in self.candles.candles)

    @property
    def digits(self) -> int | None:
        """How many significant digits the format of its source gives."""
        return self.line.ends[-1].digits


@dataclass(frozen=True, slots=True)
class InDepth:
    """What is known of a pair, of one reading. `explanation` is None for a cross, `past` without any day;
    `digits` are how many significant ones the format of each source gives that has a rate, `next_digits`
    that of the upcoming one.
    """

    item: TickerItem
    upcoming: Row | None
    next_digits: int | None
    changes: Changes
    past: Past | None
    explanation: Explanation | None
    held: Sequence[tuple[str, Doubt]]
    rejected: Sequence[tuple[str, Doubt]]
    conversion: Conversion
    digits: Mapping[str, int | None]
    names: Mapping[str, str]
    attributions: Sequence[str]

    @property
    def row(self) -> Row:
        """The rate in force."""
        return self.item.row


def in_depth(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    range: Range = "1y",
    since: date | None = None,
    until: date | None = None,
    source: str | None = None,
) -> Answer[InDepth]:
    """The page of a pair, from the answers that the API gives for it: `/v1/latest/{pair}`, `/v1/change`,
    `/v1/stats`, `/v1/candles`, `/v1/history` and `/v1/sources/{key}`. Raises what they do.
    """
    asked = (reader, catalog, now)
    found = latest.latest_row(*asked, pair=pair) if pair in CROSSES else explain.explain(*asked, pair=pair)
    ladder = changes.changes(*asked, pair=pair)
    past = _past(*asked, pair=pair, range=range, since=since, until=until, source=source)
    row = found.body.row
    # of the currency that one unit of is worth more: people ask what 100 dollars are, not 100 sums
    converted = convert.convert(*asked, pair=pair if row.rate >= 1 else pair.inverse, amount=AMOUNT)
    body = InDepth(
        item=TickerItem(row, digits(catalog, row)),
        upcoming=found.body.upcoming,
        next_digits=digits(catalog, found.body.upcoming) if found.body.upcoming else None,
        changes=ladder.body,
        past=past.body if past else None,
        explanation=found.body.explanation,
        held=list(_doubts(reader, catalog, pair, "held")),
        rejected=list(_doubts(reader, catalog, pair, "rejected")),
        conversion=converted.body,
        digits=_digits(reader, catalog, now, found.body),
        names={each.key: each.name for each in catalog.sources},
        attributions=list(
            dict.fromkeys(catalog[part.source].attribution for part in row.parts if part.source)
        ),
    )
    return combined(body, found, ladder, converted, *([past] if past else []))


def _digits(reader: Reader, catalog: Catalog, now: datetime, found: LatestRow) -> Mapping[str, int | None]:
    heard = found.explanation.authority if found.explanation else ()
    rows = {
        each.source: latest.latest_row(reader, catalog, now, pair=found.row.pair, source=each.source).body.row
        for each in heard
        if each.rate is not None
    }
    return {key: digits(catalog, row) for key, row in rows.items()}


def _past(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    range: Range,
    since: date | None,
    until: date | None,
    source: str | None,
) -> Answer[Past] | None:
    refuse_backwards(since, until)
    chosen = since is not None or until is not None
    days = None if chosen else RANGES[range]
    daily = _at_hand(Daily.of(reader, catalog, pair, source), now, days, since, until)
    asked: Any = {"pair": pair, "source": source, "daily": daily}
    try:
        drawn = line.line(reader, catalog, now, **asked, days=days, since=since, until=until)
    except NothingThere:
        return None
    first, last = drawn.body.values[0].effective_date, drawn.body.values[-1].effective_date
    begun = since or (last - timedelta(days=days - 1) if days else first)
    asked |= {"since": begun, "until": until or last}
    over = next((each for most, each in INTERVALS if (last - first).days < most), LONGEST)
    told = stats.stats(reader, catalog, now, **asked)
    table = candles.candles(reader, catalog, now, **asked, interval=over)
    said = _revisions(reader, catalog, now, pair, source, begun, until or last)
    body = Past(
        range=None if chosen else range,
        since=begun,
        until=until or last,
        source=source,
        line=drawn.body,
        stats=told.body,
        candles=table.body,
        corrections=list(_corrections(said.body.points)) if said else [],
    )
    return combined(body, drawn, told, table, *([said] if said else []))


def _at_hand(daily: Daily, now: datetime, days: int | None, since: date | None, until: date | None) -> Daily:
    """The values of the days that are asked for, and of the whole intervals that they are in, read once."""
    today = daily.today(now)
    last = min(until or today, today)
    newest = daily.last(last) if days else None
    first = newest.effective_date - timedelta(days=days) if days and newest else since or date.min
    return daily.holding(max(first, date.min + A_QUARTER) - A_QUARTER, min(last + A_QUARTER, today))


def _revisions(
    reader: Reader, catalog: Catalog, now: datetime, pair: Pair, source: str | None, since: date, until: date
) -> Answer[History] | None:
    """All that was said for the days, with what was superseded; of a cross nothing was said."""
    if pair in CROSSES:
        return None
    asked: Any = {"pair": pair, "source": source or history.SIDE_BY_SIDE, "since": since, "until": until}
    return history.history(reader, catalog, now, **asked, limit=None, revisions=True)


def _corrections(points: Sequence[Point]) -> Iterator[Correction]:
    """Of the points of a history with its revisions, those that took the place of others."""
    for _, group in groupby(points, key=lambda each: (each.source, each.effective_date, each.observed_at)):
        *before, after = group
        if before:
            yield Correction(before, after)


def _doubts(
    reader: Reader, catalog: Catalog, pair: Pair, verdict: Literal["held", "rejected"]
) -> Iterator[tuple[str, Doubt]]:
    """What any source said of a pair, or of the legs of a cross, that is not believed."""
    for part in map(canonical, made_of(pair)):
        for voice in catalog.order(part):
            yield from ((voice.key, each) for each in sources.doubts(reader, voice.key, verdict, part))
