"""What stands along the sides of a plot: round values, and days that people count by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from app.domain.numbers import fixed, magnitude, plain
from app.render.locale import Language
from app.render.svg.line import nearest
from app.render.svg.text import SIZE, width

MOST = 6
"""Days that a plot has below it at most."""

PARTS = 5
"""Into how many steps the values of a plot are parted at most."""

ROUND = (1, 2, 5, 10)
"""What a step is, times a power of ten."""

DAYS = (1, 2, 3, 4, 7, 14, 21)
MONTHS = (
    1,
    2,
    3,
    4,
    6,
    *(12 * years for years in (1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 400, 500, 1000, 2000)),
)
"""How far days stand apart, by days, or by the firsts of months: neighbours are so near that where one is too
close, the next leaves three at least.
"""

LETTERS = 12
"""The size of the letters in px, whatever the size of the plot."""

WIDE, NARROW = 640, 240
"""Px of the narrowest plot that has all its days, and of one on a phone."""

GAP = 10
"""Px from one day to the next."""

Anchor = Literal["start", "middle", "end"]


class DayLabel(NamedTuple):
    """A day below a plot, `at` so many per mille from the left, which is where its text starts, ends or has
    its middle. Those that are `spare` have no room on a phone.
    """

    at: int
    text: str
    anchor: Anchor
    spare: bool


def round_values(low: Fraction, high: Fraction) -> list[Decimal]:
    """Two to six round values of `low` to `high`, as far apart each, with the decimals that their step needs.
    ValueError where there is nothing between the two.
    """
    if low >= high:
        raise ValueError(f"there is nothing from {low} to {high}: the second has to be the higher")
    least = (high - low) / PARTS
    power = magnitude(least)
    step = next(each for each in (Fraction(10) ** power * by for by in ROUND) if each >= least)
    numbers = range(-(-low // step), high // step + 1)
    return [fixed(number * step, max(-magnitude(step), 0)) for number in numbers]


def written_out(value: Decimal, language: Language) -> str:
    """A round value in the language."""
    return language.number(plain(value))


def day_labels(first: date, last: date, language: Language) -> tuple[DayLabel, ...]:
    """Three to six days from the first to the last, both of which a plot has at its sides; fewer where there
    are no more.
    """
    choices = ([_label(*each, first, last) for each in named] for named in _choices(first, last, language))
    found = next(each for each in choices if _clear(each, WIDE) == each)
    phone = set(_clear(found, NARROW))
    return tuple(each._replace(spare=each not in phone) for each in found)


def _choices(first: date, last: date, language: Language) -> Iterator[list[tuple[date, str]]]:
    """Ever fewer days with their names, which tell the years that are not that of the last."""
    begin, end = first.toordinal(), last.toordinal()
    for stride in DAYS:
        ordinals = range(end, begin - 1, -stride)[::-1]
        if len(ordinals) <= MOST:
            yield [(day, language.day(day, last)) for day in map(date.fromordinal, ordinals)]
    begin, end = _month(first) + (first.day > 1), _month(last)
    for stride in MONTHS:
        months = range(-(-begin // stride) * stride, end + 1, stride)
        if len(months) <= MOST:
            yield [_named(date(month // 12, month % 12 + 1, 1), last, language) for month in months]


def _named(day: date, last: date, language: Language) -> tuple[date, str]:
    """The first of a month with its name: that of January is the year."""
    return day, str(day.year) if day.month == 1 else language.day(day, last)


def _month(day: date) -> int:
    """The number of a month, counted from the year 0."""
    return 12 * day.year + day.month - 1


def _label(day: date, text: str, first: date, last: date) -> DayLabel:
    days = (last - first).days
    at = nearest((day - first).days * 1000, days) if days else 500
    out = _wide(text) * 500 // NARROW  # so far from a side its middle has to be on a phone
    anchor: Anchor = "start" if at < out else "end" if at > 1000 - out else "middle"
    return DayLabel(at, text, anchor, spare=False)


def _clear(labels: Sequence[DayLabel], room: int) -> list[DayLabel]:
    """Those that stand clear of each other on so many px, the last of them first."""
    kept: list[DayLabel] = []
    free = room
    for each in reversed(labels):
        wide = _wide(each.text)
        left = each.at * room // 1000 - {"start": 0, "middle": wide // 2, "end": wide}[each.anchor]
        if not kept or left + wide + GAP <= free:
            kept.insert(0, each)
            free = left
    return kept


def _wide(text: str) -> int:
    """The width of a text in px."""
    return width(text) * LETTERS // SIZE
