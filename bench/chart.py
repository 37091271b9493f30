"""The chart of thirty years of days is drawn in little more time than it takes to write all their rates out.

Drawn is the plot and its part of a page, as a page has it; the lines are those of a bank's working days, of a
rate that moves at random and is the inverse of what is published. What is written out is every rate, once,
with 12 digits. Then the bytes of the picture on the wire, by gzip. Exits with 1 when there are over 5,000.
"""

from __future__ import annotations

import gzip
import random
import sys
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate

from app.domain.answers import Line
from app.domain.numbers import trimmed
from app.render.locale import language
from app.render.svg.plot import plot
from app.web.pages.templates import TEMPLATES
from bench.measuring import Contender, compared, in_turn, show, table
from tests.render.svg.pictures import line

REPEATS, DAYS, AT_MOST = 20, 7_500, 5_000
LANGUAGES = ("en", "kk")


def main(repeats: int = REPEATS, days: int = DAYS) -> int:
    contenders: dict[str, Contender] = {"every rate, written out": writing(days)}
    contenders |= {f"drawn, {tag}": drawing(days, tag) for tag in LANGUAGES}
    show(__doc__, "ms", compared(in_turn(contenders, repeats)))
    sizes = {f"gzip, {tag}": weight(drawn(years(days, 0), tag)) for tag in LANGUAGES}
    first = sizes[f"gzip, {LANGUAGES[0]}"]
    print(table("bytes", [(name, size, size / first) for name, size in sizes.items()]))
    return int(max(sizes.values()) > AT_MOST)


def years(days: int, seed: int) -> Line:
    """Working days from 1996 on, other ones for each seed."""
    chance = random.Random(seed)
    moves = (chance.randint(-9_000, 9_000) for _ in range(days))
    prices = accumulate(moves, lambda price, move: max(10_000, price + move), initial=874_500)
    rates = [str(Fraction(10_000, price)) for price in prices][1:]
    since = date(1996, 1, 1) + timedelta(days=seed)
    return line(*rates, days=[number // 5 * 7 + number % 5 for number in range(days)], since=since)


def writing(days: int) -> Contender:
    """Write every rate of a line out."""

    def ready(number: int) -> Callable[[], object]:
        shown = years(days, number)
        return lambda: [trimmed(each.close.shown) for each in shown.values]

    return ready


def drawing(days: int, tag: str) -> Contender:
    """Draw a line in a language."""

    def ready(number: int) -> Callable[[], object]:
        found = years(days, number)
        return lambda: drawn(found, tag)

    return ready


def drawn(found: Line, tag: str) -> str:
    """The part of a page that is the chart of a line."""
    words = language(tag)
    return str(TEMPLATES.get_template("plot.html").module.plot(plot(found, words), words, "chart"))  # type: ignore[attr-defined]


def weight(content: str) -> int:
    """Bytes of the picture in it on the wire."""
    picture = content[content.index("<svg") : content.rindex("</svg>")] + "</svg>"
    return len(gzip.compress(picture.encode(), 9, mtime=0))


if __name__ == "__main__":
    sys.exit(main())
