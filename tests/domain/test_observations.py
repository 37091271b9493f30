from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.numbers import MAX_LITERAL
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from tests.said import nbkr

KGS_USD, USD_KGS = Pair("KGS", "USD"), Pair("USD", "KGS")


def said(value: str, nominal: int = 1, pair: Pair = USD_KGS) -> Observation:
    """What the Kyrgyz bank might print for one and the same day."""
    return replace(nbkr(date(2026, 5, 21)), published=Published(pair, value, nominal))


literals = st.builds(
    lambda whole, places, zeros: f"{whole},{places}{zeros}",
    st.integers(1, 10**6),
    st.text("0123456789", min_size=1, max_size=30),
    st.sampled_from(["", "0", "000"]),
)
nominals = st.sampled_from([1, 10, 100, 1000, 10_000])


def test_eighty_seven_som_forty_five_a_dollar_is_both_rates() -> None:
    published = Published(USD_KGS, "87,4500")
    assert published.rate(KGS_USD) == Decimal("0.0114351057747")
    assert published.rate(USD_KGS) == Decimal("87.45")


def test_a_rate_is_per_one_unit_whatever_the_nominal() -> None:
    assert Published(Pair("UZS", "KGS"), "0,7300", 100).exact(Pair("UZS", "KGS")) == Fraction(73, 10_000)
    assert Published(Pair("UZS", "KGS"), "0,7300", 100).exact(Pair("KGS", "UZS")) == Fraction(10_000, 73)


@pytest.mark.fuzz
@given(literals, nominals)
def test_rate_times_inverse_is_one_within_one_part_in_a_hundred_thousand_million(
    value: str, nominal: int
) -> None:
    published = Published(USD_KGS, value, nominal)
    assert abs(Fraction(published.rate(KGS_USD)) * Fraction(published.rate(USD_KGS)) - 1) <= Fraction(
        1, 10**11
    )
    assert published.exact(KGS_USD) * published.exact(USD_KGS) == 1


@pytest.mark.fuzz
@given(literals, nominals)
def test_a_rate_has_fifteen_digits_as_published_and_twelve_inverted(value: str, nominal: int) -> None:
    published = Published(USD_KGS, value, nominal)
    assert len(published.rate(USD_KGS).as_tuple().digits) <= 15 == published.digits(USD_KGS)
    assert len(published.rate(KGS_USD).as_tuple().digits) <= 12 == published.digits(KGS_USD)


@pytest.mark.parametrize(
    ("pair", "precision", "rate"),
    [
        (USD_KGS, 3, "87.5"),
        (USD_KGS, 13, "87.45123456789"),
        (USD_KGS, 15, "87.4512345678901"),
        (USD_KGS, None, "87.4512345678901"),
        (KGS_USD, 3, "0.0114"),
        (KGS_USD, 15, "0.0114349443429"),
        (KGS_USD, None, "0.0114349443429"),
    ],
)
def test_precision_takes_digits_away_and_never_invents_any(
    pair: Pair, precision: int | None, rate: str
) -> None:
    assert Published(USD_KGS, "87.451234567890123456").rate(pair, precision) == Decimal(rate)


def test_a_literal_of_the_greatest_length_keeps_every_digit() -> None:
    value = "8" * 30 + "." + "7" * (MAX_LITERAL - 31)
    assert Published(USD_KGS, value).exact(USD_KGS) == Fraction(value)


def test_a_rate_of_another_pair_is_refused_rather_than_made_up() -> None:
    with pytest.raises(ValueError, match="a rate of USD/KGS is none of EUR/USD"):
        Published(USD_KGS, "87.45").exact(Pair("EUR", "USD"))


@pytest.mark.parametrize(
    ("value", "nominal"), [("0", 1), ("0,0000", 1), ("-87.45", 1), ("n/a", 1), ("87.45", 0)]
)
def test_what_is_zero_negative_or_no_number_is_not_positive(value: str, nominal: int) -> None:
    assert not Published(USD_KGS, value, nominal).positive


def test_an_observation_is_filed_in_the_tickers_direction_whichever_way_it_was_printed() -> None:
    assert said("87.45").pair == said("0.01149", pair=KGS_USD).pair == KGS_USD
    assert said("101.5", pair=Pair("EUR", "KGS")).pair == Pair("EUR", "KGS")
    assert said("87.45").rate == Decimal("0.0114351057747")


@pytest.mark.parametrize(
    "same",
    [
        said("87.45"),
        said("87,450000"),
        said(" +87.45 "),
        said("8745", 100),
        replace(said("87.45"), fetched_at=nbkr(date(2026, 5, 22)).fetched_at),
    ],
)
def test_other_zeros_marks_and_nominals_are_the_same_value(same: Observation) -> None:
    assert said("87,4500").same_value(same)
    assert same.same_value(said("87,4500"))


def test_the_inverse_that_is_exact_is_the_same_value() -> None:
    assert said("0.0125", pair=KGS_USD).same_value(said("80"))
    assert not said("0.0114351057747", pair=KGS_USD).same_value(said("87.45")), (
        "twelve digits are not 1/87.45"
    )


def test_one_digit_more_is_another_value() -> None:
    assert not said("87.45").same_value(said("87.4500000000000000000000000000000000001"))


@pytest.mark.parametrize("broken", ["n/a", "", "0", "-87.45", "1e5", "9" * 100])
def test_what_is_no_rate_is_the_same_only_as_its_own_text(broken: str) -> None:
    assert said(broken).same_value(said(broken))
    assert not said(broken).same_value(said("87.45"))
    assert not said("87.45").same_value(said(broken))
    assert not said(broken).same_value(said("no rate"))
    assert not said(broken).same_value(said("80", pair=KGS_USD))
