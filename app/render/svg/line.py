"""How a line goes through a picture: which of its rates are drawn, and where."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from app.domain.answers import Line
from app.domain.lines import shown
from app.render.locale import Language

FINEST = 10_000
"""Into how many parts the least that two rates can differ by is divided."""


def titled(line: Line, language: Language, *, simulated: bool = False) -> str:
    """What a line shows, in words."""
    ends = [
        (language.number(shown(end.row.rate, digits=end.digits)), end.row.effective_date) for end in line.ends
    ]
    return language.course(line.pair, ends, line.change) + (" (simulated)" if simulated else "")


def placed(line: Line, room: int) -> list[int]:
    """How far to the right each rate stands, of so many units: as far as its day is late."""
    gone = [each.effective_date.toordinal() for each in line.values]
    first, days = gone[0], gone[-1] - gone[0] or 1
    return [(2 * (day - first) * room + days) // (2 * days) for day in gone]  # nearest(), at half the time


def levels(line: Line) -> list[int]:
    """The rates as whole numbers: in the same order, equal where they are, and in proportion."""
    ratios = [each.close.exact.as_integer_ratio() for each in line.values]
    # two fractions differ by one over both of their denominators at least
    scale = FINEST * max(bottom for _, bottom in ratios) ** 2
    return [top * scale // bottom for top, bottom in ratios]


def sunk(found: Sequence[int], room: int) -> list[int]:
    """How far from the top each level stands, of so many units: the highest at the top, the lowest at the
    bottom, and all in the middle where nothing moves.
    """
    low, high = min(found), max(found)
    if low == high:
        return [room // 2] * len(found)
    return [nearest((high - level) * room, high - low) for level in found]


def thinned(places: Sequence[int], found: Sequence[int], wide: int) -> list[int]:
    """Which of the levels stay, by their numbers: two at most in each column that is so many units wide, its
    lowest and its highest, so that a spike stays.
    """
    kept: list[int] = []
    for _, column in groupby(range(len(places)), key=lambda number: places[number] // wide):
        numbers = list(column)
        low, high = min(numbers, key=found.__getitem__), max(numbers, key=found.__getitem__)
        kept += sorted({low, high})
    return kept


def steps(places: Sequence[tuple[int, int]]) -> str:
    """A line as a path has it, each step from the one before: half as long as places would be."""
    (x, y), *_ = places
    moves = ((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(places))
    return f"M{x} {y}l" + " ".join(f"{right} {down}" for right, down in moves).replace(" -", "-")


def nearest(top: int, bottom: int) -> int:
    """The whole number nearest to a fraction, of two the higher."""
    return (2 * top + bottom) // (2 * bottom)
