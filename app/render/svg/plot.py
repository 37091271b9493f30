"""The plot: the rates of some days as a large line with its values and days, to be part of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from app.domain.answers import Line
from app.domain.days import Values
from app.domain.lines import shown
from app.render.locale import Language
from app.render.svg.axes import DayLabel, day_labels, round_values, written_out
from app.render.svg.line import levels, nearest, placed, steps, sunk, thinned, titled

SIDE = 1000
"""Units from side to side and from top to bottom, whatever size a plot is shown in: per mille of it."""

MARGIN = 60
"""Units between the line and the top, or the bottom."""

COLUMN = 6
"""Units of which two rates at most are drawn, so that there are at most 336 of them."""


class ValueLabel(NamedTuple):
    """A value beside a plot, `at` so many per mille from the top, where a line goes across."""

    at: int
    text: str


class Mark(NamedTuple):
    """A rate that is drawn: its day by ISO 8601, where it stands in per mille from the left and from the top,
    and both as people read them.
    """

    iso: str
    x: int
    y: int
    rate: str
    day: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A line and all that stands around it. `title` tells its ends and `extent` its lowest and its highest
    rate, empty where it does not move; `path` is its way as SVG has it, in per mille.
    """

    title: str
    extent: str
    path: str
    values: tuple[ValueLabel, ...]
    days: tuple[DayLabel, ...]
    marks: tuple[Mark, ...]

    @property
    def room(self) -> str:
        """The longest of the values, for which there has to be room."""
        return max((each.text for each in self.values), key=len)


def plot(line: Line, language: Language, *, simulated: bool = False) -> Plot:
    """The line of a pair, at most 400 of its rates: all spikes, the first and the last are among them."""
    xs, found = placed(line, SIDE), levels(line)
    kept = sorted({0, *thinned(xs, found, COLUMN), len(xs) - 1})
    ys = [MARGIN + each for each in sunk([found[number] for number in kept], SIDE - 2 * MARGIN)]
    places = [(xs[number], y) for number, y in zip(kept, ys, strict=True)]
    only = len(places) == 1
    drawn = [line.values[number] for number in kept]
    low, high = (drawn[ys.index(end)] for end in (max(ys), min(ys)))
    return Plot(
        title=titled(line, language, simulated=simulated),
        extent=_extent(line, low, high, language),
        path=steps([(0, ys[0]), (SIDE, ys[0])] if only else places),
        values=_values(line, low, high, language),
        days=day_labels(line.values[0].effective_date, line.values[-1].effective_date, language),
        marks=_marks(line, drawn, [(SIDE // 2, ys[0])] if only else places, language),
    )


def _marks(
    line: Line, drawn: Sequence[Values], places: Sequence[tuple[int, int]], language: Language
) -> tuple[Mark, ...]:
    return tuple(
        Mark(each.effective_date.isoformat(), x, y, _rate(line, each, language), _day(each, language))
        for each, (x, y) in zip(drawn, places, strict=True)
    )


def _values(line: Line, low: Values, high: Values, language: Language) -> tuple[ValueLabel, ...]:
    """Round values along the line, and a little beyond it; where it does not move the one that there is."""
    bottom, top = low.close.exact, high.close.exact
    if bottom == top:
        return (ValueLabel(SIDE // 2, _rate(line, low, language)),)
    beyond = (top - bottom) / 20
    return tuple(
        ValueLabel(_depth(Fraction(value), bottom, top), written_out(value, language))
        for value in reversed(round_values(bottom - beyond, top + beyond))
    )


def _depth(value: Fraction, bottom: Fraction, top: Fraction) -> int:
    """How far from the top of a plot a value is, in per mille, as the line has it."""
    return MARGIN + nearest(*((top - value) / (top - bottom) * (SIDE - 2 * MARGIN)).as_integer_ratio())


def _extent(line: Line, low: Values, high: Values, language: Language) -> str:
    """`0.01120 (3 March 2020) – 0.01180 (5 May 2021)`."""
    if low.close.exact == high.close.exact:
        return ""
    return " – ".join(f"{_rate(line, each, language)} ({_day(each, language)})" for each in (low, high))


def _rate(line: Line, value: Values, language: Language) -> str:
    """A rate with the digits of its source: of the first day with those of that, else of the last."""
    end = line.ends[0 if value is line.values[0] else -1]
    return language.number(shown(value.close.shown, digits=end.digits))


def _day(value: Values, language: Language) -> str:
    return language.day(value.effective_date)
