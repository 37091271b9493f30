from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.change import WINDOWS, Change, Reference, Stand, Window, change, change_between, opens
from app.domain.numbers import plain, trimmed
from app.domain.observations import Observation, Published, Reported
from app.domain.pairs import Pair
from tests.said import nbkr, paged

KGS_USD, USD_KGS = Pair("KGS", "USD"), Pair("USD", "KGS")
THURSDAY, WEDNESDAY = nbkr("2026-05-21", "87,4500"), nbkr("2026-05-20", "87,4314")

prices = st.builds(lambda whole, places: f"{whole}.{places:04}", st.integers(1, 10**6), st.integers(0, 9999))
percents = st.builds(lambda hundredths: f"{Decimal(hundredths).scaleb(-2)}", st.integers(-9999, 10**6))


def printed(pct: str | None) -> Observation:
    """A page's somoni with the change it prints, in dollars per 1 somoni."""
    return paged("2025-01-07", "TJS/USD", "0.09153", pct)


def differing(value: str, difference: str, nominal: int = 1) -> Observation:
    """A rate of the dollar in som beside which its bank prints how far it moved."""
    published = Published(USD_KGS, value, nominal)
    return replace(THURSDAY, published=published, reported=Reported(difference=difference))


# Against the earlier publication


def test_eighty_seven_forty_five_after_forty_three_fourteen_is_a_fall_of_the_som() -> None:
    assert change(KGS_USD, THURSDAY, WEDNESDAY, "official") == Change(
        "previous_publication",
        pct=Decimal("-0.021269"),
        abs=Decimal("-0.00000243268399465"),
        reference=Reference(Decimal("0.0114375384587"), date(2026, 5, 20)),
        span_days=1,
    )


def test_the_same_two_publications_are_a_rise_of_the_dollar() -> None:
    assert change(USD_KGS, THURSDAY, WEDNESDAY, "official") == Change(
        "previous_publication",
        pct=Decimal("0.021274"),
        abs=Decimal("0.0186"),
        reference=Reference(Decimal("87.4314"), date(2026, 5, 20)),
        span_days=1,
    )


def test_over_a_weekend_the_span_is_three_days() -> None:
    saturday, tuesday = nbkr("2026-05-23"), nbkr("2026-05-26", "87.5")
    assert change(KGS_USD, tuesday, saturday, "official").span_days == 3


def test_one_percent_up_is_less_than_one_percent_down_the_other_way() -> None:
    before, after = nbkr("2026-05-20", "12000"), nbkr("2026-05-21", "12120")
    assert change(USD_KGS, after, before, "official").pct == Decimal(1)
    assert change(KGS_USD, after, before, "official").pct == Decimal("-0.990099")


@pytest.mark.fuzz
@given(prices, prices)
def test_percents_are_exact_to_the_sixth_decimal_in_both_directions(before: str, after: str) -> None:
    then, now = Fraction(before), Fraction(after)
    for pair, ratio in ((USD_KGS, now / then), (KGS_USD, then / now)):
        found = change(pair, nbkr("2026-05-21", after), nbkr("2026-05-20", before), "official")
        assert found.pct is not None
        assert abs(Fraction(found.pct) - (ratio - 1) * 100) <= Fraction(1, 2 * 10**6)
        assert found.pct == round(found.pct, 6)


@pytest.mark.fuzz
@given(prices, prices)
def test_the_two_directions_multiply_to_one_within_their_rounding(before: str, after: str) -> None:
    up, down = (
        Fraction(found.pct)
        for pair in (USD_KGS, KGS_USD)
        if (found := change(pair, nbkr("2026-05-21", after), nbkr("2026-05-20", before), "official")).pct
        is not None
    )
    half = Fraction(1, 2 * 10**8)  # of the sixth decimal of a percent, as a ratio
    one, slack = (1 + up / 100) * (1 + down / 100), half * (2 + up / 100 + down / 100 + half)
    assert abs(one - 1) <= slack


@pytest.mark.fuzz
@given(prices, prices)
def test_the_difference_is_exact_to_twelve_digits_and_has_the_percents_sign(before: str, after: str) -> None:
    now, then = 1 / Fraction(after), 1 / Fraction(before)
    found = change(KGS_USD, nbkr("2026-05-21", after), nbkr("2026-05-20", before), "official")
    assert found.abs is not None
    assert abs(Fraction(found.abs) - (now - then)) <= abs(now - then) / (2 * 10**11)
    assert len(found.abs.as_tuple().digits) <= 12
    assert found.reference is not None
    assert abs(Fraction(found.reference.rate) - then) <= then / (2 * 10**11)
    assert (found.abs > 0) == (now > then)


def test_a_literal_longer_than_any_bank_prints_loses_no_digit() -> None:
    before, after = "87." + "0" * 50 + "1", "87." + "0" * 50 + "2"
    found = change(USD_KGS, nbkr("2026-05-21", after), nbkr("2026-05-20", before), "official")
    assert found.abs == Decimal(1).scaleb(-51)
    assert found.pct == 0


def test_without_an_earlier_publication_there_is_a_reason_and_no_zero() -> None:
    unknown = Change("previous_publication", None, reason="no-earlier-publication")
    assert change(KGS_USD, THURSDAY, None, "official") == unknown
    assert (unknown.abs, unknown.reference, unknown.span_days) == (None, None, None)


def test_an_unchanged_rate_changed_by_zero_with_its_reference() -> None:
    found = change(KGS_USD, THURSDAY, nbkr("2026-05-20", "87.45"), "official")
    assert (found.pct, found.abs) == (Decimal(0), Decimal(0))
    assert found.reference == Reference(Decimal("0.0114351057747"), date(2026, 5, 20))


def test_a_source_that_changed_its_nominal_or_direction_is_compared_all_the_same() -> None:
    before = replace(WEDNESDAY, published=Published(KGS_USD, "1.25", 100))
    assert change(KGS_USD, nbkr("2026-05-21", "80"), before, "official").pct == 0


# Decrees


def test_a_peg_does_not_change_and_has_no_reference() -> None:
    found = change(KGS_USD, THURSDAY, WEDNESDAY, "peg")
    assert found == Change("peg", Decimal(0), Decimal(0))
    assert (found.reference, found.span_days, found.reason) == (None, None, None)


# Pages


@pytest.mark.parametrize(
    ("pct", "shown"), [("-0.22", "-0.22"), ("\u22120,14", "-0.14"), ("0", "0"), ("+2.50", "2.5")]
)
def test_a_pages_change_is_what_the_page_says(pct: str, shown: str) -> None:
    found = change(Pair("TJS", "USD"), printed(pct), None, "page")
    assert found == Change("reported", Decimal(shown))


def test_a_pages_rate_is_never_a_reference() -> None:
    earlier = paged("2025-01-06", "TJS/USD", "0.09", "0")
    assert change(Pair("TJS", "USD"), printed("-0.22"), earlier, "page").pct == Decimal("-0.22")
    assert change(Pair("TJS", "USD"), printed("-0.22"), earlier, "page").reference is None


def test_a_pages_change_is_recomputed_for_the_inverse() -> None:
    assert change(Pair("USD", "TJS"), printed("1"), None, "page").pct == Decimal("-0.990099")
    assert change(Pair("USD", "TJS"), printed("-50"), None, "page").pct == Decimal(100)


@pytest.mark.fuzz
@given(percents)
def test_a_pages_two_directions_multiply_to_one_within_rounding(pct: str) -> None:
    direct, turned = (
        change(pair, printed(pct), None, "page").pct for pair in (Pair("TJS", "USD"), Pair("USD", "TJS"))
    )
    assert direct == Decimal(pct)
    assert turned is not None
    exact = 100 * (1 / (1 + Fraction(pct) / 100) - 1)
    assert abs(Fraction(turned) - exact) <= Fraction(1, 2 * 10**6)


@pytest.mark.parametrize("pct", [None, "-100", "-100.00", "-250"])
@pytest.mark.parametrize("pair", [Pair("TJS", "USD"), Pair("USD", "TJS")])
def test_a_page_that_says_nothing_or_the_impossible_reported_none(pct: str | None, pair: Pair) -> None:
    assert change(pair, printed(pct), None, "page") == Change("reported", None, reason="none-reported")


def test_a_page_without_a_report_reported_none() -> None:
    silent = replace(printed("0"), reported=None)
    assert change(Pair("TJS", "USD"), silent, None, "page").reason == "none-reported"


# Banks that print a difference


def test_a_printed_difference_gives_a_reference_without_a_day() -> None:
    assert change(USD_KGS, differing("12194.21", "-16.5"), None, "official") == Change(
        "reported",
        pct=Decimal("-0.135127"),
        abs=Decimal("-16.5"),
        reference=Reference(Decimal("12210.71"), None),
        span_days=None,
    )


def test_a_printed_difference_is_per_the_same_nominal() -> None:
    found = change(USD_KGS, differing("8745", "+1.86", 100), None, "official")
    assert (found.reference, found.abs) == (Reference(Decimal("87.4314"), None), Decimal("0.0186"))


@pytest.mark.fuzz
@given(prices, prices, st.sampled_from([1, 10, 100, 1000]))
def test_a_printed_difference_is_as_good_as_the_publication_before(
    before: str, after: str, nominal: int
) -> None:
    current = differing(after, plain(Decimal(after) - Decimal(before)), nominal)
    earlier = replace(WEDNESDAY, published=Published(USD_KGS, before, nominal))
    for pair in (USD_KGS, KGS_USD):
        held, reported = change(pair, current, earlier, "official"), change(pair, current, None, "official")
        assert (reported.pct, reported.abs) == (held.pct, held.abs)
        assert reported.reference
        assert held.reference
        assert reported.reference.rate == held.reference.rate


@pytest.mark.parametrize(
    ("value", "difference"),
    [("0.00000010", "0.00000005"), ("87." + "4" * 60, "-0." + "1" * 61), ("9" * 60, "0.001")],
)
def test_a_difference_of_any_length_is_subtracted_exactly(value: str, difference: str) -> None:
    found = change(USD_KGS, differing(value, difference), None, "official")
    now, moved = Fraction(value), Fraction(difference)
    assert found.pct is not None
    assert abs(Fraction(found.pct) - moved / (now - moved) * 100) <= Fraction(1, 2 * 10**6)


@pytest.mark.parametrize("difference", ["87.45", "100"])
def test_a_difference_that_leaves_nothing_before_it_gives_no_reference(difference: str) -> None:
    found = change(USD_KGS, differing("87.45", difference), None, "official")
    assert found == Change("previous_publication", None, reason="no-earlier-publication")


def test_a_publication_of_our_own_is_preferred_to_the_printed_difference() -> None:
    found = change(USD_KGS, differing("87.4500", "99"), WEDNESDAY, "official")
    assert (found.basis, found.pct) == ("previous_publication", Decimal("0.021274"))


# Zero


@pytest.mark.fuzz
@given(
    prices, prices, st.sampled_from(["0", "-0", "-0.00", "+0,000", "\u22120.0", "-0.0000001", "-99.9999999"])
)
def test_no_change_is_ever_minus_zero_nor_an_exponent_when_shown(before: str, after: str, pct: str) -> None:
    for found in (
        change(KGS_USD, nbkr("2026-05-21", after), nbkr("2026-05-20", before), "official"),
        change(KGS_USD, nbkr("2026-05-21", before), nbkr("2026-05-20", before), "official"),
        change(KGS_USD, differing(after, "-0.0"), None, "official"),
        change(Pair("TJS", "USD"), printed(pct), None, "page"),
        change(Pair("USD", "TJS"), printed(pct), None, "page"),
    ):
        for number in (found.pct, found.abs):
            assert number is None or number or not number.is_signed()
            assert number is None or not set(trimmed(number)) & set("Ee")


# Over windows


@pytest.mark.parametrize(
    ("window", "day", "opens_on"),
    [
        ("24h", "2026-05-21", "2026-05-20"),
        ("7d", "2026-05-21", "2026-05-14"),
        ("30d", "2026-03-01", "2026-01-30"),
        ("mtd", "2026-05-21", "2026-04-30"),
        ("mtd", "2026-01-01", "2025-12-31"),
        ("ytd", "2026-05-21", "2025-12-31"),
        ("1y", "2026-05-21", "2025-05-21"),
        ("1y", "2024-02-29", "2023-02-28"),
        ("1y", "2025-02-28", "2024-02-28"),
    ],
)
def test_a_window_opens_with_the_last_rate_at_or_before_a_day(
    window: Window, day: str, opens_on: str
) -> None:
    assert opens(window, date.fromisoformat(day)) == date.fromisoformat(opens_on)


@pytest.mark.fuzz
@given(st.dates(date(1993, 1, 1), date(2100, 12, 31)), st.sampled_from(WINDOWS))
def test_a_window_opens_before_the_day_on_which_it_ends(day: date, window: Window) -> None:
    assert 1 <= (day - opens(window, day)).days <= 366


def test_a_change_between_two_stands_has_the_digits_of_each() -> None:
    now, then = (Stand.of(each, KGS_USD) for each in (THURSDAY, WEDNESDAY))
    assert change_between("24h", now, then) == replace(
        change(KGS_USD, THURSDAY, WEDNESDAY, "official"), basis="24h"
    )


def test_nothing_to_compare_with_is_a_reason_and_no_zero() -> None:
    now = Stand.of(THURSDAY, KGS_USD)
    assert change_between("1y", now, None) == Change("1y", None, reason="no-publication-then")
    assert change_between("previous_publication", now, None).reason == "no-earlier-publication"
