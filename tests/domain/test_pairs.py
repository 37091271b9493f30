from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import UnknownPair
from app.domain.pairs import (
    BANDS,
    CROSSES,
    CURRENCIES,
    LOCAL,
    PEGS,
    SERVED,
    TICKER,
    Pair,
    band,
    canonical,
    in_ticker_order,
    legs,
    made_of,
    parse_any_pair,
    parse_currency,
    parse_pair,
)

KGS_USD = Pair("KGS", "USD")
served = st.sampled_from(sorted(SERVED))


@pytest.mark.parametrize(
    "text", ["KGS-USD", "KGS/USD", "KGSUSD", "kgs-usd", "kgs/usd", "kgsusd", "Kgs-uSD", " KGS-USD\n"]
)
def test_a_pair_is_read_dashed_slashed_glued_and_in_any_case(text: str) -> None:
    assert parse_pair(text) == KGS_USD


@pytest.mark.parametrize(
    "text",
    [
        *("", "KGS", "KGS-", "-USD", "KGS--USD", "KGS-/USD", "KGS USD", "KGS_USD", "KGS:USD", "KGS-USD-"),
        *("KGSKGS", "KGS-KGS", "USD/USD", "EUR-USD", "KGS-EUR", "KGS-XXX", "USD-EUR"),
        *("\u212aGS-USD", "KG\u0455-USD", "KGS\u2215USD", "KGS\u2010USD", "KGS-USD\x00", "KGS-USD" * 100_000),
    ],
)
def test_a_pair_that_is_not_served_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(UnknownPair, match="is not a pair served here") as refused:
        parse_pair(text)
    assert len(str(refused.value)) < 200
    assert refused.value.parameter == "pair"
    assert "KGS-USD, KZT-USD, TJS-USD, UZS-USD, TMT-USD" in str(refused.value.expected)


def test_a_cross_is_a_pair_unless_the_question_is_about_what_was_published() -> None:
    assert parse_pair("kgs-kzt") == Pair("KGS", "KZT")
    assert parse_pair("USD-KGS", crosses=False) == Pair("USD", "KGS")
    with pytest.raises(UnknownPair, match="'KGS-KZT' is a cross, which nobody publishes") as refused:
        parse_pair("KGS-KZT", crosses=False)
    assert str(refused.value.expected).endswith("TMT-USD, or its inverse such as USD-KGS")
    for text in ("KGS-KGS", "KGS-EUR", "USD-USD"):
        with pytest.raises(UnknownPair) as refused:
            parse_pair(text)
        assert "or a cross such as KGS-KZT" in str(refused.value.expected)


@pytest.mark.parametrize("text", ["KGS", "kgs", " Kgs\n"])
def test_a_currency_is_read_in_any_case(text: str) -> None:
    assert parse_currency(text, "from") == "KGS"


@pytest.mark.parametrize("text", ["", "KG", "EUR", "KGSUSD", "KG\u017f", "\u212aGS", "KGS" * 1000])
def test_a_currency_that_is_not_served_is_refused_by_its_parameter(text: str) -> None:
    with pytest.raises(UnknownPair, match="is not a currency served here") as refused:
        parse_currency(text, "from")
    assert len(str(refused.value)) < 200
    assert refused.value.parameter == "from"
    assert refused.value.expected == "one of KGS, KZT, TJS, UZS, TMT, USD"


@pytest.mark.parametrize("pair", sorted(CROSSES), ids=str)
def test_the_legs_of_a_cross_meet_in_the_dollar(pair: Pair) -> None:
    one, other = legs(pair)
    assert {one, other} <= SERVED
    assert (one.base, one.quote, other.base, other.quote) == (pair.base, "USD", "USD", pair.quote)


@given(served)
def test_a_pair_that_is_published_has_no_legs_and_is_made_of_itself(pair: Pair) -> None:
    assert legs(pair) == ()
    assert made_of(pair) == (pair,)


@pytest.mark.fuzz
@given(st.text(max_size=12) | st.text("KGSkgsUD-/ ", max_size=8))
def test_any_text_is_a_pair_that_is_served_or_unknown(text: str) -> None:
    try:
        pair = parse_pair(text)
    except UnknownPair:
        return
    assert pair in SERVED
    assert text.strip().upper() in (f"{pair}", pair.dashed, pair.base + pair.quote)


@given(served)
def test_every_served_pair_is_read_back_from_how_it_is_written(pair: Pair) -> None:
    assert {parse_pair(str(pair)), parse_pair(pair.dashed), parse_pair(pair.base + pair.quote)} == {pair}
    assert pair.inverse != pair == pair.inverse.inverse


@given(served)
def test_both_directions_of_a_served_pair_are_filed_under_the_tickers(pair: Pair) -> None:
    assert canonical(pair) == canonical(pair.inverse) == canonical(canonical(pair))
    assert canonical(pair) in TICKER


def test_a_cross_is_filed_as_it_is_published() -> None:
    assert canonical(Pair("EUR", "KGS")) == Pair("EUR", "KGS")
    assert canonical(Pair("KGS", "EUR")) == Pair("KGS", "EUR")


def test_the_ticker_is_som_tenge_somoni_sum_manat_in_dollars() -> None:
    assert [str(pair) for pair in TICKER] == ["KGS/USD", "KZT/USD", "TJS/USD", "UZS/USD", "TMT/USD"]


@given(st.permutations([*TICKER, TICKER[0], Pair("RUB", "KGS"), Pair("CNY", "KGS")]))
def test_pairs_come_once_in_the_order_of_the_ticker_and_others_after_by_name(pairs: list[Pair]) -> None:
    assert in_ticker_order(pairs) == [*TICKER, Pair("CNY", "KGS"), Pair("RUB", "KGS")]


def test_an_inverse_takes_the_place_of_its_pair() -> None:
    mixed = [Pair("USD", "TMT"), Pair("KZT", "USD"), Pair("USD", "KGS")]
    assert in_ticker_order(mixed) == [Pair("USD", "KGS"), Pair("KZT", "USD"), Pair("USD", "TMT")]


@pytest.mark.parametrize("code", sorted(CURRENCIES))
def test_every_currency_has_its_iso_code_a_name_and_two_minor_units(code: str) -> None:
    currency = CURRENCIES[code]
    assert currency.code == code
    assert len(currency.name.split()) > (code != "EUR")
    assert currency.minor_units == 2


@pytest.mark.parametrize("code", LOCAL)
def test_every_ticker_currency_has_a_band_from_its_first_day_on(code: str) -> None:
    pair, first = Pair("USD", code), CURRENCIES[code].since
    assert band(pair, first - timedelta(days=1)) is None
    assert band(pair, first) is not None
    assert band(pair, date(2100, 1, 1)) is not None
    assert band(pair.inverse, first) is None, "bands are in local units per dollar"


@pytest.mark.parametrize("code", LOCAL)
def test_the_bands_of_a_currency_are_real_ranges_oldest_first(code: str) -> None:
    bands = [each for each in BANDS if each.pair.quote == code]
    assert all(0 < each.low < each.high for each in bands)
    days = [each.since for each in bands]
    assert days == sorted(set(days))
    assert [band(each.pair, each.since) for each in bands] == bands


@pytest.mark.parametrize(
    ("code", "day", "rate"),
    [
        ("KGS", "1993-05-10", "4"),
        ("KGS", "1999-12-31", "45.4"),
        ("KGS", "2005-06-25", "40.9614"),
        ("KGS", "2026-05-21", "87.45"),
        ("KZT", "1993-11-15", "4.75"),
        ("KZT", "1999-12-31", "138.2"),
        ("KZT", "2015-08-19", "188.35"),
        ("KZT", "2015-08-21", "256.98"),
        ("KZT", "2026-04-01", "478.77"),
        ("TJS", "2000-10-30", "2.2"),
        ("TJS", "2026-05-18", "9.345"),
        ("UZS", "1994-07-01", "7"),
        ("UZS", "1996-12-31", "55"),
        ("UZS", "1997-12-31", "80.2"),
        ("UZS", "1999-12-31", "140"),
        ("UZS", "2002-12-31", "970"),
        ("UZS", "2003-01-01", "970"),
        ("UZS", "2017-09-04", "4210.35"),
        ("UZS", "2017-09-05", "8100"),
        ("UZS", "2026-04-01", "12194.21"),
        ("TMT", "2009-01-01", "2.85"),
        ("TMT", "2015-01-01", "3.5"),
        ("TMT", "2026-04-01", "3.02"),
    ],
)
def test_rates_that_were_are_plausible_and_neither_their_inverse_nor_a_hundred_of_them_is(
    code: str, day: str, rate: str
) -> None:
    limits = band(Pair("USD", code), date.fromisoformat(day))
    assert limits is not None
    assert limits.low <= Decimal(rate) <= limits.high
    assert not limits.low <= 1 / Fraction(rate) <= limits.high
    assert not limits.low <= Decimal(rate) * 100 <= limits.high


def test_the_decrees_are_plausible_oldest_first_and_begin_with_their_currency() -> None:
    assert [(peg.value, peg.since) for peg in PEGS] == [
        ("2.85", CURRENCIES["TMT"].since),
        ("3.5", date(2015, 1, 1)),
    ]
    for peg in PEGS:
        limits = band(peg.pair, peg.since)
        assert limits is not None
        assert limits.low <= Decimal(peg.value) <= limits.high


@pytest.mark.parametrize("text", ["EUR-KGS", "eur/kgs", "EURKGS", " EUR/KGS "])
def test_any_two_currencies_known_here_are_a_pair_where_crosses_are_meant(text: str) -> None:
    assert parse_any_pair(text) == Pair("EUR", "KGS")


@pytest.mark.parametrize("text", ["EUR-EUR", "EUR-XAU", "EUR", "", "EUR--KGS"])
def test_no_other_two_are_one(text: str) -> None:
    with pytest.raises(UnknownPair, match="no pair of currencies"):
        parse_any_pair(text)
