"""What an amount is worth."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers.convert import convert, unrounded
from app.answers.latest import latest_row
from app.domain.answers import Conversion
from app.domain.errors import NoRateAtDate, NoRateYet
from app.domain.numbers import fixed
from app.domain.pairs import Pair
from app.ingest.record import record
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import at, banks_row, nbkr

ALL = catalog()
NOW = at("2026-05-21 08:00")
KGS, CROSS = Pair("KGS", "USD"), Pair("KGS", "KZT")


@pytest.fixture(autouse=True)
def two_banks(store: Store) -> None:
    said = [nbkr("2026-05-21"), banks_row("nbk", "2026-05-20", "USD", "470.12")]
    record(store, ALL, said, NOW)


def ask(store: Store, pair: Pair, **asked: Any) -> Conversion:
    with store.read() as reader:
        return convert(reader, ALL, NOW, pair=pair, **asked).body


def test_an_amount_is_rounded_once_to_the_minor_unit(store: Store) -> None:
    found = ask(store, KGS, amount=Decimal(100))
    assert (found.from_, found.to, found.amount) == ("KGS", "USD", Decimal(100))
    assert (found.result, found.unrounded) == (Decimal("1.14"), Decimal("1.14351057747"))
    assert (found.rate, found.derived, str(found.date)) == (Decimal("0.0114351057747"), False, "2026-05-21")


def test_it_is_made_of_one_row_or_of_the_two_of_a_cross(store: Store) -> None:
    with store.read() as reader:
        direct = latest_row(reader, ALL, NOW, pair=KGS).body.row
        cross = latest_row(reader, ALL, NOW, pair=CROSS).body.row
    assert ask(store, KGS).legs == (direct,)
    found = ask(store, CROSS, amount=Decimal(1000))
    assert (found.legs, found.derived) == (cross.legs, True)
    assert (found.rate, found.date) == (cross.rate, cross.effective_date)
    assert (found.result, found.unrounded) == (Decimal("5375.87"), Decimal("5375.87192682"))


def test_the_exact_rate_is_multiplied_and_not_the_one_that_is_shown(store: Store) -> None:
    found = ask(store, KGS, amount=Decimal("874500000000000"))
    assert found.result == found.unrounded == 10**13
    assert found.amount * found.rate != found.result


def test_without_an_amount_it_is_one(store: Store) -> None:
    assert ask(store, KGS.inverse).result == Decimal("87.45")
    assert ask(store, KGS, amount=Decimal(0)).result == 0


def test_without_a_rate_it_says_why(store: Store) -> None:
    with pytest.raises(NoRateYet):
        ask(store, Pair("TJS", "USD"))
    with pytest.raises(NoRateAtDate):
        ask(store, KGS, on=at("2026-05-01 00:00").date())


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        ("1.23456789012345", "1.23456789012"),
        ("123456789012.3456789", "123456789012.345679"),
        ("0.00500000000001", "0.00500000000001"),  # twelve digits of it, and no tie
        ("2.674999999999999999", "2.674999999999999999"),  # twelve would be 2.675, and that 2.68
        ("2.675", "2.675"),
        ("0", "0"),
    ],
)
def test_an_unrounded_amount_shows_that_its_rounding_is_right(exact: str, shown: str) -> None:
    assert unrounded(Fraction(exact), 2) == Decimal(shown)


@given(st.fractions(min_value=0, max_value=10**16, max_denominator=10**18))
def test_rounding_the_unrounded_again_gives_the_result(exact: Fraction) -> None:
    shown = unrounded(exact, 2)
    assert fixed(shown, 2) == fixed(exact, 2)
    assert abs(Fraction(shown) - exact) <= min(Fraction(1, 2 * 10**6), exact * Fraction(5, 10**12))
