"""The strip as the widget asks for it: ready texts and nothing to compute with, in a few hundred bytes, for
it is asked for by every reader of every page that shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.domain.answers import OPTIONAL
from app.domain.lines import shown_change
from app.render.ticker import Strip, StripItem

Moved = Literal["up", "down", "flat"]

UNCHANGING = "peg"
"""The kind of a source whose day says nothing of how fresh a strip is: a decree may be ten years old."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One item: the texts of `/v1/ticker`, `name` with a capital letter and `change_display` with its sign.

    `moved` is how it is drawn, as it is shown: a change of 0% points nowhere. `symbol` is left out where it
    is the pair, `as_of_display` where it is that of the whole strip. `source` is the key of the source, None
    of a cross of two.
    """

    pair: str
    name: str
    display: str
    change_display: str | None
    moved: Moved
    label: str
    source: str | None
    stale_at: datetime | None
    symbol: str | None = field(default=None, metadata=OPTIONAL)
    as_of_display: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The body that the widget asks for. `poll_after` is in seconds; `as_of_display` the newest of the days
    for which its rates are, decrees aside.
    """

    poll_after: int
    as_of_display: str
    items: tuple[Shown, ...]


def embedded(strip: Strip, *, simulated: bool = False) -> Embedded:
    """What the widget shows of a strip that has an item, in the language of the strip. Rates that are
    `simulated` are said to be, beside their day.
    """
    dated = [item for item in strip.items if item.kind != UNCHANGING] or strip.items
    day = max(dated, key=lambda item: item.effective_date).as_of_display
    items = tuple(_shown(item, day) for item in strip.items)
    return Embedded(strip.poll_after, f"simulated, {day}" if simulated else day, items)


def moved(item: StripItem) -> Moved:
    """Which way the change of an item points, as it is shown."""
    pct = item.change.pct
    if pct is None or shown_change(pct) == "0%":
        return "flat"
    return "up" if pct > 0 else "down"


def signed(item: StripItem) -> str | None:
    """The change of an item as it is shown, with its sign: `+0.3%`, `-0.02%`, `0%`; None: it has none."""
    return f"+{item.change_display}" if moved(item) == "up" else item.change_display


def _shown(item: StripItem, day: str) -> Shown:
    pair = str(item.pair)
    return Shown(
        pair=pair,
        name=item.name[0].upper() + item.name[1:],
        display=item.display,
        change_display=signed(item),
        moved=moved(item),
        label=item.label,
        source=item.source,
        stale_at=item.stale_at,
        symbol=item.symbol if item.symbol != pair else None,
        as_of_display=item.as_of_display if item.as_of_display != day else None,
    )
