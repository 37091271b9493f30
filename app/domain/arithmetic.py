"""The arithmetic of a rate and of its change, written out for whoever wants to do it again with a pencil.

A line is `expression = digits -> result (how it was rounded)`. The expression holds only what was printed;
its exact value, which begins with the digits, is rounded once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.domain.change import Change
from app.domain.numbers import (
    DERIVED_DIGITS,
    PCT_PLACES,
    bare,
    fixed,
    magnitude,
    parse_decimal,
    plain,
    significant,
    trimmed,
)
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair

SPELT = 18
"""Significant digits that are spelt out of a number that has more: enough to see which way it is rounded."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The lines that lead to a rate, and those that lead to its change."""

    rate: tuple[str, ...]
    change: tuple[str, ...]


def arithmetic(
    pair: Pair, current: Observation, earlier: Observation | None, moved: Change, precision: int | None = None
) -> Arithmetic:
    """How the rate of `pair` and its change follow from what was printed; `earlier` is what it is measured
    against, `precision` the digits that were asked for.
    """
    said = current.published
    return Arithmetic(
        (f"printed: {printed(said)}", _rate(said, pair, precision)),
        tuple(_change(pair, current, earlier, moved)),
    )


def printed(published: Published) -> str:
    """What was printed, as one says it: `87.4500 KGS for 1 USD`."""
    return f"{published.value} {published.pair.quote} for {published.nominal} {published.pair.base}"


def _rate(published: Published, pair: Pair, precision: int | None = None) -> str:
    most = published.digits(pair)
    return _rounded(_per_unit(published, pair), published.exact(pair), min(precision or most, most))


def _per_unit(published: Published, pair: Pair) -> str:
    """The rate as an expression of what was printed."""
    value = plain(parse_decimal(published.value))
    if pair != published.pair:
        return f"{published.nominal} / {value}"
    return value if published.nominal == 1 else f"{value} / {published.nominal}"


def _rounded(expression: str, exact: Fraction, digits: int) -> str:
    shown = trimmed(significant(exact, digits))
    return f"{expression} = {spelt(exact)} -> {shown} ({digits} significant digits, half even)"


def spelt(exact: Fraction) -> str:
    """The digits of a number; of one that has too many the first ones, cut off and not rounded."""
    if not exact:
        return "0"
    places = SPELT - 1 - magnitude(exact)
    scaled = abs(exact) * Fraction(10) ** places
    cut = Decimal(int(scaled)).scaleb(-places)
    sign, rest = "-" if exact < 0 else "", "" if int(scaled) == scaled else "..."
    return sign + (plain(cut) + rest if rest else trimmed(cut))


def _change(pair: Pair, current: Observation, earlier: Observation | None, moved: Change) -> Iterator[str]:
    if moved.basis == "peg":
        yield "a decree: it does not change"
    elif moved.basis == "previous_publication" and earlier:
        yield f"printed for {earlier.effective_date}: {printed(earlier.published)}"
        yield _rate(earlier.published, pair)
        before = _per_unit(earlier.published, pair)
        yield from _against(pair, current, before, earlier.published.exact(pair))
    elif moved.basis == "reported" and moved.reference:
        yield from _by_difference(pair, current)
    elif moved.basis == "reported" and moved.pct is not None:
        yield from _as_printed(pair, current)
    else:
        yield f"not known: {moved.reason}"


def _against(pair: Pair, current: Observation, before: str, exact: Fraction) -> Iterator[str]:
    now, rate = _per_unit(current.published, pair), current.published.exact(pair)
    yield _percent(f"(({now}) / ({before}) - 1) * 100", rate / exact)
    if rate != exact:
        yield _rounded(f"{now} - {before}", rate - exact, DERIVED_DIGITS)
    else:
        yield f"{now} - {before} = 0 -> 0"


def _percent(expression: str, ratio: Fraction) -> str:
    exact = (ratio - 1) * 100
    shown = trimmed(bare(fixed(exact, PCT_PLACES)))
    share = f"{exact.numerator} / {exact.denominator}" if exact.denominator > 1 else str(exact.numerator)
    return f"{expression} = {share} = {spelt(exact)} -> {shown} % ({PCT_PLACES} decimals, half even)"


def _by_difference(pair: Pair, current: Observation) -> Iterator[str]:
    """A bank's printed difference leads back to its rate before."""
    published, difference = current.published, current.reported and current.reported.difference
    assert difference
    value = f"({plain(parse_decimal(published.value))} - {plain(parse_decimal(difference))})"
    exact = published.exact(published.pair) - Fraction(parse_decimal(difference)) / published.nominal
    direct = pair == published.pair
    before = f"{value} / {published.nominal}" if direct else f"{published.nominal} / {value}"
    exact = exact if direct else 1 / exact
    yield f"printed beside it: a difference of {difference}"
    yield _rounded(before, exact, published.digits(pair))
    yield from _against(pair, current, before, exact)


def _as_printed(pair: Pair, current: Observation) -> Iterator[str]:
    """A page's own word, turned round where the pair is."""
    pct = current.reported and current.reported.pct
    assert pct
    ratio = 1 + Fraction(parse_decimal(pct)) / 100
    yield f"printed beside it: {pct} %"
    if pair == current.published.pair:
        yield _percent(f"(1 + {plain(parse_decimal(pct))} / 100 - 1) * 100", ratio)
    else:
        yield _percent(f"(1 / (1 + {plain(parse_decimal(pct))} / 100) - 1) * 100", 1 / ratio)
