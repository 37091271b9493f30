"""The rates at a glance, as the first page has them: of one reading, so that its parts agree. While nobody
has published anything yet, who is asked for it and how that goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.answers import changes, convert, latest, line, sources, ticker
from app.answers.validity import combined
from app.domain.answers import (
    Answer,
    Changes,
    Conversion,
    Line,
    Missing,
    Row,
    SourceState,
    Ticker,
    TickerItem,
)
from app.domain.errors import NoRateYet, NothingThere
from app.domain.pairs import TICKER, Pair
from app.sources.catalog import Catalog
from app.store.base import Reader

DAYS = 30
"""How many days the small charts show, as those of `/chart/{pair}.svg` do by themselves."""

EXAMPLE = (Pair("USD", "KGS"), Decimal(100))
"""What the converter shows before it is asked."""


@dataclass(frozen=True, slots=True)
class Glance:
    """One pair at a glance: its row, how far it moved, and its last days where there are any."""

    item: TickerItem
    changes: Changes
    line: Line | None

    @property
    def row(self) -> Row:
        """Its rate in force."""
        return self.item.row


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows, of one reading. `upcoming` are rates of days to come, by their pairs,
    and `digits` how many significant ones their sources give.
    """

    ticker: Ticker
    pairs: Sequence[Glance]
    missing: Sequence[Missing]
    upcoming: Mapping[Pair, Row]
    digits: Mapping[Pair, int | None]
    conversion: Conversion | None
    publishers: Sequence[tuple[str, str]]


def overview(reader: Reader, catalog: Catalog, now: datetime) -> Answer[Overview]:
    """The first page, from the answers that `/v1/ticker`, `/v1/latest`, `/v1/change/{pair}`,
    `/chart/{pair}.svg` and `/v1/convert` give. Raises NoRateYet while nobody has published anything: a decree
    is known without asking.
    """
    shown, rows = ticker.ticker(reader, catalog, now), latest.latest(reader, catalog, now)
    if not rows.body.upcoming and all(item.row.kind == "peg" for item in shown.body.items):
        raise NoRateYet("No rate has been published yet.", pair=str(TICKER[0]))
    ladders = [changes.changes(reader, catalog, now, pair=item.row.pair) for item in shown.body.items]
    lines = [_line(reader, catalog, now, item.row.pair) for item in shown.body.items]
    converted = _example(reader, catalog, now)
    body = Overview(
        ticker=shown.body,
        pairs=[
            Glance(item, ladder.body, drawn.body if drawn else None)
            for item, ladder, drawn in zip(shown.body.items, ladders, lines, strict=True)
        ],
        missing=rows.body.missing,
        upcoming={row.pair: row for row in rows.body.upcoming},
        digits={row.pair: ticker.digits(catalog, row) for row in rows.body.upcoming},
        conversion=converted.body if converted else None,
        publishers=_publishers(catalog, shown.body),
    )
    found = [each for each in (*lines, converted) if each]
    return combined(body, shown, rows, *ladders, *found)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What there is before anybody published anything: rates by decree, and how each source is doing."""

    ticker: Ticker
    sources: Sequence[SourceState]


def waiting(reader: Reader, catalog: Catalog, now: datetime) -> Waiting:
    """Who is asked, and how that goes at this moment."""
    states = sources.sources(reader, catalog, now).body.sources
    return Waiting(
        ticker.ticker(reader, catalog, now).body, [each for each in states if sources.is_asked(each)]
    )


def _line(reader: Reader, catalog: Catalog, now: datetime, pair: Pair) -> Answer[Line] | None:
    try:
        return line.line(reader, catalog, now, pair=pair, days=DAYS)
    except NothingThere:
        return None


def _example(reader: Reader, catalog: Catalog, now: datetime) -> Answer[Conversion] | None:
    pair, amount = EXAMPLE
    try:
        return convert.convert(reader, catalog, now, pair=pair, amount=amount)
    except NothingThere:
        return None


def _publishers(catalog: Catalog, shown: Ticker) -> Sequence[tuple[str, str]]:
    """The sources of the rates by key and name, each once."""
    keys = dict.fromkeys(item.row.source for item in shown.items if item.row.source)
    return [(key, catalog[key].name) for key in keys]
