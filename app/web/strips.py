"""What is asked of the strip, by whoever shows it."""

from __future__ import annotations

from typing import Any

from app.domain.answers import Ticker
from app.domain.errors import NoRateAtDate, NoRateYet
from app.render.embed import embedded
from app.render.json import encode
from app.render.locale import Language
from app.render.ticker import Strip, strip
from app.web.embed.modules import CURRENT
from app.web.parameters import OfStrip, OfTicker


def strip_parameters(asked: OfTicker) -> dict[str, Any]:
    """What is asked of `answers.ticker`."""
    return {
        "pairs": asked.chosen(),
        "source": asked.source,
        "on": asked.on,
        "inverse": asked.inverse,
        "change": asked.change,
    }


def dressed(body: Ticker, asked: OfStrip, words: Language) -> Strip:
    """The strip as it was asked for, in a language. Raises NothingThere."""
    return strip(some(body, asked), words, asked.decimals, nominal=asked.nominal)


def some(strip: Ticker, asked: OfTicker) -> Ticker:
    """A strip with at least one item: an empty 200 would take the place of a cache's last good copy. Raises
    NothingThere.
    """
    if strip.items:
        return strip
    pairs = ", ".join(map(str, asked.chosen()))
    if asked.on:
        raise NoRateAtDate(f"No rate of {pairs} was in force on {asked.on}.", pair=pairs)
    raise NoRateYet(f"No rate of {pairs} has been recorded yet.", pair=pairs)


def rendered(shown: Strip, *, simulated: bool) -> dict[str, Any]:
    """What `strip.html` renders a strip from, and its module goes on with; `strip` is None of one without
    items.
    """
    held = embedded(shown, simulated=simulated) if shown.items else None
    return {
        "strip": held,
        "held": encode(held).decode() if held else "",
        "stale": {str(item.pair) for item in shown.items if item.status == "stale"},
        "module": CURRENT,
    }
