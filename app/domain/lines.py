"""The ticker line, `KGS/USD = 0.01144 -0.02%`: written for people, read back from any page with a strip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.domain.numbers import fixed, magnitude, plain, significant, trimmed
from app.domain.pairs import Pair

SHOWN_DIGITS = 4
"""Significant digits that a shown rate has at least: one step of 0.00008 would be 12.5 %."""

SHOWN_PLACES = 2
"""Decimals that a shown rate of 1 or more has at least, and that a shown change has at most."""

PART = "\x1f"
"""Stands in a text for the edge of an inline tag: white space, unless it parts the digits of one number."""

_SIGN = "[-+\u2212\u2013\ufe63\uff0d]"
_ITEM = re.compile(
    rf"""
    (?<![\w/])(?P<base>[A-Z]{{3}})\s*/\s*(?P<quote>[A-Z]{{3}})\s*=\s*
    (?P<rate>{_SIGN}?(?>[0-9]+(?:[.,'][0-9]+)*\w*))(?!\s*%)
    (?:
        \s*\(?(?P<pct>(?:{_SIGN}\s*)?[0-9]+(?:[.,][0-9]+)?)\s*%
        # what shows that the rate is only a part of what stands there: 0.01|149, or two numbers before the %
        | (?P<more>(?:[^\s\w]|{PART}+)(?:(?![A-Z]{{3}}/)\S)*?[0-9]\S*|(?:{_SIGN}|[\s(.,0-9])+%)
    )?
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a strip as printed: a pair, its rate (quote per 1 base), its change in percent where given.

    `rate` is all that stands in its place: `parse_decimal` refuses what cannot be read as one number.
    """

    pair: Pair
    rate: str
    pct: str | None

    def __str__(self) -> str:
        """The item as it stands in a strip."""
        return f"{self.pair} = {self.rate}" + (f" {self.pct}%" if self.pct is not None else "")


def shown(rate: Fraction | Decimal, *, digits: int | None, decimals: int | None = None) -> str:
    """A rate as people read it: at least four significant digits, or exactly `decimals` decimals, zeros kept.

    Never more significant digits than `digits`, what its source's format gives (None: exact, as a peg is):
    digits that nobody published are not invented, so a page's 0.00008 stays at one.
    """
    if not rate:
        return plain(fixed(rate, decimals or 0))
    leading = magnitude(significant(rate, digits) if digits else rate)
    wanted = max(SHOWN_DIGITS - 1 - leading, SHOWN_PLACES) if decimals is None else decimals
    if digits is not None:
        wanted = min(wanted, digits - 1 - leading)
    return plain(fixed(rate, wanted))


def shown_change(pct: Decimal) -> str:
    """A change as people read it: at most two decimals, no trailing zeros, no minus zero: `-0.02%`, `0%`."""
    return trimmed(fixed(pct, SHOWN_PLACES)) + "%"


def line(pair: Pair, rate: str, pct: Decimal | None) -> str:
    """The ticker line of a shown rate; without a known change it ends after the rate."""
    return f"{pair} = {rate}" + (f" {shown_change(pct)}" if pct is not None else "")


def items(text: str) -> Iterator[Item]:
    """The items in `text`, in its order, repeats included. Whatever stands between them is passed over."""
    for match in _ITEM.finditer(text):
        pct = "".join(match["pct"].split()) if match["pct"] else None
        yield Item(Pair(match["base"], match["quote"]), match["rate"] + (match["more"] or ""), pct)
