"""What an amount of one currency is worth in another."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from app.answers.latest import Question
from app.domain.answers import Answer, Conversion
from app.domain.numbers import DERIVED_DIGITS, fixed, magnitude, significant
from app.domain.pairs import CURRENCIES, Pair
from app.sources.catalog import Catalog
from app.store.base import Reader

BEYOND = 4
"""Decimals beyond the minor unit that an unrounded amount has at least."""


def convert(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    amount: Decimal | None = None,
    source: str | None = None,
    on: date | None = None,
) -> Answer[Conversion]:
    """`amount` (None: 1) of the base of `pair` in its quote, by the rate in force, on the effective day `on`,
    or of one `source`. Raises UnknownSource, and the NothingThere that says why there is no rate.
    """
    asked = Question(reader, catalog, now, source, on)
    row, places = asked.row(pair), CURRENCIES[pair.quote].minor_units
    given = Decimal(1) if amount is None else amount
    exact = Fraction(given) * row.exact
    body = Conversion(
        from_=pair.base,
        to=pair.quote,
        amount=given,
        result=fixed(exact, places),
        unrounded=unrounded(exact, places),
        rate=row.rate,
        derived=row.legs is not None,
        date=row.effective_date,
        legs=row.parts,
    )
    return asked.validity([pair]).answer(body)


def unrounded(exact: Fraction, places: int) -> Decimal:
    """An amount with enough digits to see that rounding it at `places` decimals is right."""
    if not exact:
        return Decimal(0)
    digits = max(DERIVED_DIGITS, magnitude(exact) + 1 + places + BEYOND)
    # Next to a tie fewer digits would be that tie, which is rounded to the even side, be it the wrong one.
    while fixed(shown := significant(exact, digits), places) != fixed(exact, places):
        digits += 1
    return shown
