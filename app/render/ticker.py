"""The items of the strip with their ready strings, so that a page or a widget shows them without computing or
formatting anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from app.domain.answers import OPTIONAL, Ticker, TickerItem
from app.domain.calendar import Status
from app.domain.change import Change
from app.domain.lines import line, shown, shown_change
from app.domain.observations import Kind
from app.domain.pairs import Pair
from app.render.locale import Language

Nominal = Literal["1", "auto"]
"""How many units of the base an item is shown of: 1, or as many as it takes to be read."""

FEW = Decimal("0.001")
"""A rate of 1 unit below which `auto` shows that of MANY."""

MANY = 1000


@dataclass(frozen=True, slots=True)
class StripItem:
    """One item as `/v1/ticker` shows it.

    `line` is the ticker line, the same in every language. `display` and `label` (the item as a sentence) are
    of `nominal` units of the base, as `symbol` says; `change_display` (None: not known, or not asked for),
    `name` (of the base) and `as_of_display` (the effective date) are in the language asked for, as they are.
    The rest are the row's own fields, per 1 unit.
    """

    pair: Pair
    line: str
    nominal: int
    symbol: str
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


def strip(
    ticker: Ticker, language: Language, decimals: int | None = None, *, nominal: Nominal = "1"
) -> Strip:
    """The strip in a language; `decimals` as in `domain.lines.shown`."""
    items = tuple(_item(item, language, decimals, _units(item, nominal)) for item in ticker.items)
    return Strip(ticker.updated_at, ticker.version, ticker.seq, ticker.poll_after, items)


def item_line(item: TickerItem, decimals: int | None = None) -> str:
    """The ticker line of one item."""
    return line(item.row.pair, _shown(item, decimals), item.row.change.pct)


def _units(item: TickerItem, nominal: Nominal) -> int:
    """How many units of the base the item is shown of."""
    return MANY if nominal == "auto" and item.row.rate < FEW else 1


def _item(item: TickerItem, language: Language, decimals: int | None, nominal: int) -> StripItem:
    row, display = item.row, language.number(_shown(item, decimals, nominal))
    counted = "" if nominal == 1 else f"{language.number(str(nominal))} "
    return StripItem(
        pair=row.pair,
        line=item_line(item, decimals),
        nominal=nominal,
        symbol=f"{counted}{row.pair}",
        display=display,
        change_display=language.percent(shown_change(row.change.pct)) if row.change.pct is not None else None,
        name=language.currency(row.base),
        label=language.spoken(row, display, nominal),
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


def _shown(item: TickerItem, decimals: int | None, nominal: int = 1) -> str:
    return shown(Fraction(item.row.rate) * nominal, digits=item.digits, decimals=decimals)
