"""The items of the strip with their ready strings, so that a page or a widget shows them without computing or
formatting anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from app.domain.answers import OPTIONAL, Ticker, TickerItem
from app.domain.calendar import Status
from app.domain.change import Change
from app.domain.lines import line, shown, shown_change
from app.domain.observations import Kind
from app.domain.pairs import Pair
from app.render.locale import Language


@dataclass(frozen=True, slots=True)
class StripItem:
    """One item as `/v1/ticker` shows it.

    `line` is the ticker line, the same in every language. `display`, `change_display` (None: not known),
    `name` (of the base), `label` (the item as a sentence) and `as_of_display` (the effective date) are in the
    language asked for; the rest are the row's own fields.
    """

    pair: Pair
    line: str
    display: str
    change_display: str | None
    name: str
    label: str
    as_of_display: str
    rate: Decimal
    change: Change
    source: str | None
    kind: Kind | None
    fallback: bool
    effective_date: date
    status: Status
    late_at: datetime | None
    stale_at: datetime | None
    seq: int | None
    derived: Literal[True] | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Strip:
    """The body of `/v1/ticker`: Ticker with its items dressed. `poll_after` is in seconds."""

    updated_at: datetime | None
    version: int
    seq: int
    poll_after: int
    items: tuple[StripItem, ...]


def strip(ticker: Ticker, language: Language, decimals: int | None = None) -> Strip:
    """The strip in a language; `decimals` as in `domain.lines.shown`."""
    items = tuple(_item(item, language, decimals) for item in ticker.items)
    return Strip(ticker.updated_at, ticker.version, ticker.seq, ticker.poll_after, items)


def item_line(item: TickerItem, decimals: int | None = None) -> str:
    """The ticker line of one item."""
    return line(item.row.pair, _shown(item, decimals), item.row.change.pct)


def _item(item: TickerItem, language: Language, decimals: int | None) -> StripItem:
    row, display = item.row, language.number(_shown(item, decimals))
    return StripItem(
        pair=row.pair,
        line=item_line(item, decimals),
        display=display,
        change_display=language.percent(shown_change(row.change.pct)) if row.change.pct is not None else None,
        name=language.currency(row.base),
        label=language.spoken(row, display),
        as_of_display=language.day(row.effective_date),
        rate=row.rate,
        change=row.change,
        source=row.source,
        kind=row.kind,
        fallback=row.fallback,
        effective_date=row.effective_date,
        status=row.status,
        late_at=row.late_at,
        stale_at=row.stale_at,
        seq=row.seq,
        derived=row.derived,
    )


def _shown(item: TickerItem, decimals: int | None) -> str:
    return shown(item.row.rate, digits=item.digits, decimals=decimals)
