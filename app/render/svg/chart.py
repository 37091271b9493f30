"""The sparkline: the rates of some days as a line, as small as a word or as large as a page is wide."""

from __future__ import annotations

from xml.etree.ElementTree import SubElement

from app.domain.answers import Line
from app.render.locale import Language
from app.render.svg.canvas import Ink, Theme, canvas, painted, written
from app.render.svg.line import levels, placed, steps, sunk, thinned, titled

LINE = Ink("path", "#15d", "#48f", "stroke")
"""It has no ground of its own: either can be seen on the other's page, too."""

STROKE = "1.5"

MARGIN = 2
"""Px around the line, so that half of it is not cut off."""

FINE = 2
"""Units in a px: where a line goes is told in whole ones."""


def chart(
    line: Line,
    language: Language,
    theme: Theme = "auto",
    *,
    width: int = 120,
    height: int = 32,
    simulated: bool = False,
) -> bytes:
    """A line from the first rate to the last in a picture of so many px, the lowest rate at the bottom, the
    highest at the top. It takes whatever shape the picture is given.
    """
    style = f"path{{fill:none}}{painted([LINE], theme)}"
    title = titled(line, language, simulated=simulated)
    root = canvas((width, height), title, language, style, scale=FINE)
    root.set("preserveAspectRatio", "none")
    way = steps(drawn(line, width, height))
    SubElement(root, "path", {"stroke-width": STROKE, "vector-effect": "non-scaling-stroke", "d": way})
    return written(root)


def drawn(line: Line, width: int, height: int) -> list[tuple[int, int]]:
    """Where the line goes, in units from the left and from the top: of one rate from side to side."""
    edge, across, down = (FINE * px for px in (MARGIN, width - 2 * MARGIN, height - 2 * MARGIN))
    xs, found = placed(line, across), levels(line)
    ys = sunk(found, down)
    places = [(edge + xs[number], edge + ys[number]) for number in thinned(xs, found, FINE)]
    return places if len(places) > 1 else [(edge, edge + ys[0]), (edge + across, edge + ys[0])]
