"""Exact numbers: from a source's text to a fraction, and from a fraction to the digits that are shown.

A rate is what a source printed, divided by its nominal. Quotients such as 1/87.45 have no finite decimal
form, so they stay `Fraction`s until the one rounding at the edge, half to even. No binary float takes part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache

DERIVED_DIGITS = 12
"""Significant digits of a number that was divided: an inverse, a cross, a mean, a difference."""

DIRECT_DIGITS = 15
"""Significant digits of a rate in the direction it was published: as many as a double reads back exactly."""

PCT_PLACES = 6
"""Decimals of a percent change."""

SUMMED_PLACES = 40
"""Decimals at which a quotient is rounded before it is summed: sums are then exact, in any order."""

MAX_LITERAL = 64
"""Characters of the longest literal taken for a number. No bank prints a third of that; more is an attack."""

_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
_ROOT = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)
# Other contexts round at 28 digits; this one has room for every number.
_UNROUNDED = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


def parse_decimal(text: str) -> Decimal:
    """The number that a source printed, every digit kept: `87,4500`, `12194.21`, `+2.44`, `\u22120.22`.

    A comma is a decimal mark, like a point. Grouping, exponents, NaN and infinity are none of the formats
    read here: ValueError.
    """
    literal = text.strip()
    if not literal.isascii():
        literal = literal.translate(_MINUS)
    if len(literal) > MAX_LITERAL or not _NUMBER.fullmatch(literal):
        raise ValueError(f"{text[:MAX_LITERAL]!r} is not a plain decimal number such as 87.4500 or 87,4500")
    return Decimal(literal.replace(",", "."))


def significant(value: Fraction | Decimal, digits: int) -> Decimal:
    """`value` rounded half to even, once, at `digits` significant digits; trailing zeros are dropped."""
    if isinstance(value, Decimal):
        return bare(_rounding(digits).plus(value))
    return bare(fixed(value, digits - 1 - magnitude(value))) if value else Decimal(0)


def quotient(top: Decimal, bottom: Decimal, digits: int) -> Decimal:
    """What `significant` makes of `top / bottom`, of which neither has to become a fraction: an order of
    magnitude sooner. ZeroDivisionError where `bottom` is zero.
    """
    if not bottom:
        raise ZeroDivisionError(f"{top} is divided by zero")
    return bare(_rounding(digits).divide(top, bottom))


@cache
def _rounding(digits: int) -> Context:
    return Context(prec=digits, rounding=ROUND_HALF_EVEN, Emax=MAX_EMAX, Emin=MIN_EMIN)


def fixed(value: Fraction | Decimal, places: int) -> Decimal:
    """`value` rounded half to even, once, at `places` decimals, all kept; negative: left of the point."""
    if isinstance(value, Decimal):  # an order of magnitude sooner
        rounded = value.quantize(Decimal(1).scaleb(-places, _UNROUNDED), context=_UNROUNDED)
        return rounded or rounded.copy_abs()
    scaled = round(value * 10**places) if places >= 0 else round(value / 10**-places)
    return Decimal(scaled).scaleb(-places, _UNROUNDED)


def root(value: Fraction, places: int) -> Decimal:
    """The square root of `value`, which is not negative, rounded half even at `places` decimals, without
    trailing zeros. Found with 60 digits, far more than are shown.
    """
    found = _ROOT.sqrt(_ROOT.divide(Decimal(value.numerator), Decimal(value.denominator)))
    return bare(fixed(found, places))


def added(one: Decimal, other: Decimal) -> Decimal:
    """The exact sum of two decimals, however many digits they have."""
    return _UNROUNDED.add(one, other)


def inverses(numbers: Iterable[Decimal], places: int) -> Decimal:
    """The sum of 1 / each number, all of them positive, each rounded half to even at `places` decimals."""
    one = 10**places
    return Decimal(sum(_inverse(number, one) for number in numbers)).scaleb(-places, _UNROUNDED)


def _inverse(number: Decimal, one: int) -> int:
    top, bottom = number.as_integer_ratio()
    whole, rest = divmod(bottom * one, top)
    return whole + (2 * rest > top or (2 * rest == top and whole % 2 == 1))


def bare(number: Decimal) -> Decimal:
    """The same number without trailing zeros, and without the sign of zero."""
    return number.normalize(_UNROUNDED) if number else Decimal(0)


def magnitude(value: Fraction | Decimal) -> int:
    """The power of ten of the first digit: 0 for 3.5, 4 for 12142.1, -5 for 0.00008. `value` is not zero."""
    if isinstance(value, Decimal):
        return value.adjusted()
    top, bottom = abs(value.numerator), value.denominator
    # Not len(str()): Python refuses to spell out more than 4300 digits, and the mean of ten years has more.
    estimate = Decimal(top).adjusted() - Decimal(bottom).adjusted()
    reached = top * 10**-estimate >= bottom if estimate < 0 else top >= bottom * 10**estimate
    return estimate if reached else estimate - 1


def significant_digits(literal: str) -> int:
    """How many significant digits a printed number has: 6 for `87,4500`, 1 for `0.00008`.

    Trailing zeros count, leading ones do not.
    """
    return len(re.sub(r"[^0-9]", "", literal).lstrip("0")) or 1


def plain(number: Decimal) -> str:
    """`number` in plain decimal notation: no exponent, no minus zero. Its trailing zeros are kept."""
    text = format(number, "f")
    return text.removeprefix("-") if not number else text


def trimmed(number: Decimal) -> str:
    """`number` in plain decimal notation without trailing zeros: how JSON, CSV and text answers print it."""
    text = str(number)
    if "E" in text or not number:
        text = plain(number)
    elif text[-1] != "0":
        return text  # as nearly all are
    return text.rstrip("0").rstrip(".") if "." in text else text
