"""The badge: a pair and its rate in two boxes, as README files have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import SubElement

from app.render.embed import Moved, moved, signed
from app.render.locale import Language
from app.render.svg.canvas import BLACK, Ink, Theme, canvas, painted, written
from app.render.svg.text import FONT, SIZE, width
from app.render.ticker import StripItem

HEIGHT = 20
PADDING = 6
BASELINE = 14
"""In px, as all here."""

SHADE = ".15"
"""How much of the ink of the text is in the left box, beside the colour of the right one."""

LETTERS = f"text{{font:{SIZE}px {FONT}}}"
BOX, TEXT = Ink("rect", "#eee", "#222"), Ink("svg", BLACK, "#fff")
SIGNS: Mapping[Moved, str] = {"up": "▲ ", "down": "▼ ", "flat": ""}
INKS: Mapping[Moved, Sequence[Ink]] = {
    "up": [Ink("tspan", "#060", "#4d8")],
    "down": [Ink("tspan", "#b00", "#f99")],
    "flat": [],
}
"""Which way a rate moved, and in which ink."""


def badge(
    item: StripItem,
    language: Language,
    theme: Theme = "auto",
    *,
    dated: bool = False,
    simulated: bool = False,
) -> bytes:
    """An item of the strip as a picture: which way its rate moved is told by a sign and a colour, and its
    day where that is not what everybody expects: it is `dated`, or late.
    """
    told = f" · {item.as_of_display}" if dated or item.status in ("late", "stale") else ""
    told += " (simulated)" if simulated else ""
    way, by = moved(item), signed(item)
    change = f" {SIGNS[way]}{by}" if by is not None else ""
    symbol, said = item.symbol, f"{item.display}{change}{told}"
    left, right = width(symbol) + 2 * PADDING, width(said) + 2 * PADDING
    style = LETTERS + painted([BOX, TEXT, *INKS[way]], theme)
    root = canvas((left + right, HEIGHT), f"{item.label}{told}", language, style)
    SubElement(root, "rect", width=str(left + right), height=str(HEIGHT))
    SubElement(root, "path", d=f"M0 0h{left}v{HEIGHT}H0z", opacity=SHADE)
    SubElement(root, "text", _at(PADDING, symbol)).text = symbol
    text = SubElement(root, "text", _at(left + PADDING, said))
    text.text = item.display
    if INKS[way]:
        drawn = SubElement(text, "tspan")
        drawn.text, drawn.tail = change, told
    else:
        text.text += change + told
    return written(root)


def _at(x: int, text: str) -> dict[str, str]:
    """Where a text stands, as wide as there is room for it."""
    return {"x": str(x), "y": str(BASELINE), "textLength": str(width(text))}
