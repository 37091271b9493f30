"""The sparkline: the rates of some days as a line, as small as a word or as large as a page is wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple
from xml.etree.ElementTree import SubElement

from app.domain.answers import Line
from app.domain.lines import shown
from app.render.locale import Language
from app.render.svg.canvas import Ink, Theme, canvas, painted, written

LINE = Ink("path", "#15d", "#48f", "stroke")
"""It has no ground of its own: either can be seen on the other's page, too."""

STROKE = "1.5"

MARGIN = 2
"""Px around the line, so that half of it is not cut off."""

FINE = 2
"""Units in a px: where a line goes is told in whole ones."""


class Point(NamedTuple):
    """A rate, where it stands from left to right, in units."""

    x: int
    rate: Fraction


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
    way = steps(drawn(list(thinned(placed(line, width))), width, height))
    SubElement(root, "path", {"stroke-width": STROKE, "vector-effect": "non-scaling-stroke", "d": way})
    return written(root)


def titled(line: Line, language: Language, *, simulated: bool = False) -> str:
    """What a line shows, in words."""
    ends = [
        (language.number(shown(end.row.rate, digits=end.digits)), end.row.effective_date) for end in line.ends
    ]
    return language.course(line.pair, ends, line.change) + (" (simulated)" if simulated else "")


def placed(line: Line, width: int) -> Iterator[Point]:
    """The rates, each as far to the right as its day is late."""
    first = line.values[0].effective_date
    days, room = (line.values[-1].effective_date - first).days or 1, (width - 2 * MARGIN) * FINE
    for each in line.values:
        gone = (each.effective_date - first).days
        yield Point(MARGIN * FINE + round(Fraction(gone * room, days)), each.close.exact)


def thinned(points: Iterator[Point]) -> Iterator[Point]:
    """The same with two at most in each column of pixels, its lowest and its highest: a spike stays."""
    for _, column in groupby(points, key=lambda point: point.x // FINE):
        found = list(column)
        low, high = min(found, key=attrgetter("rate")), max(found, key=attrgetter("rate"))
        yield from (point for point in found if point is low or point is high)


def drawn(points: Sequence[Point], width: int, height: int) -> list[tuple[int, int]]:
    """Where the line goes, in units from the left and from the top: of one point from side to side, and in
    the middle where nothing moves.
    """
    low, high = min(point.rate for point in points), max(point.rate for point in points)
    room = (height - 2 * MARGIN) * FINE
    downward = room / (high - low) if high > low else Fraction()
    top = MARGIN * FINE if downward else height * FINE // 2
    places = [(x, top + round((high - rate) * downward)) for x, rate in points]
    return places if len(places) > 1 else [(MARGIN * FINE, top), ((width - MARGIN) * FINE, top)]


def steps(places: Sequence[tuple[int, int]]) -> str:
    """A line as a path has it, each step from the one before: half as long as places would be."""
    (x, y), *_ = places
    moves = ((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(places))
    return f"M{x} {y}l" + " ".join(f"{right} {down}" for right, down in moves).replace(" -", "-")
