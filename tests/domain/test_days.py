from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.days import Day, Quoted, by_day, continued, counted, crossed, joined, towards
from app.domain.numbers import SUMMED_PLACES, significant
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from tests.said import at, nbkr

KGS_USD, USD_KGS = Pair("KGS", "USD"), Pair("USD", "KGS")
MORNING = at("2026-05-21 06:00")


def spoken(value: str, hour: int, *, nominal: int = 1, pair: Pair = USD_KGS) -> Observation:
    """What a source that speaks all day says at an hour after the first."""
    published = Published(pair, value, nominal)
    return replace(nbkr("2026-05-21"), published=published, observed_at=MORNING + timedelta(hours=hour))


@st.composite
def days(draw: st.DrawFn) -> list[Observation]:
    """All that is said on a day, oldest first, in up to three forms."""
    values = draw(st.lists(st.integers(8000, 9999), min_size=1, max_size=30))
    forms = st.sampled_from([(USD_KGS, 1), (USD_KGS, 100), (KGS_USD, 1)])
    return [
        spoken(f"{value / 100:.2f}", hour, pair=pair, nominal=nominal)
        for hour, value in enumerate(values)
        for pair, nominal in [draw(forms)]
    ]


def test_a_day_keeps_what_was_printed_first_last_highest_and_lowest() -> None:
    said = [spoken(value, hour) for hour, value in enumerate(["87.40", "88", "87,1", "88.00", "87.5"])]
    (day,) = counted(said)
    assert (day.open, day.high, day.low, day.close, day.count) == ("87.40", "88", "87,1", "87.5", 5)
    assert (day.open_at, day.close_at) == (MORNING, MORNING + timedelta(hours=4))
    assert day.total == Decimal("438.00")
    assert (day.pair, day.published_pair) == (KGS_USD, USD_KGS)


def test_each_form_in_which_a_day_is_printed_is_a_day_of_its_own() -> None:
    said = [spoken("87.4", 0), spoken("8750", 1, nominal=100), spoken("0.0114", 2, pair=KGS_USD)]
    found = counted(said)
    assert [(str(day.published_pair), day.nominal, day.count) for day in found] == [
        ("KGS/USD", 1, 1),
        ("USD/KGS", 1, 1),
        ("USD/KGS", 100, 1),
    ]
    values = towards(found, USD_KGS)
    assert (values.open.shown, values.close.shown) == (Decimal("87.4"), Decimal("87.7192982456"))
    assert (values.high.shown, values.low.shown, values.count) == (
        Decimal("87.7192982456"),
        Decimal("87.4"),
        3,
    )


@pytest.mark.fuzz
@given(days(), st.sampled_from([KGS_USD, USD_KGS]))
def test_a_day_turned_round_is_what_its_values_come_to(said: list[Observation], pair: Pair) -> None:
    values = towards(counted(said), pair)
    rates = [each.published.exact(pair) for each in said]
    assert (values.open.exact, values.close.exact) == (rates[0], rates[-1])
    assert (values.high.exact, values.low.exact) == (max(rates), min(rates))
    assert values.count == len(said)
    assert abs(values.total - sum(rates)) <= len(said) * Fraction(100, 10**SUMMED_PLACES)


@pytest.mark.fuzz
@given(days())
def test_totals_are_the_same_in_whatever_order_they_are_summed(said: list[Observation]) -> None:
    there, back = counted(said), counted(reversed(said))
    assert [(day.total, day.inverse_total) for day in there] == [
        (day.total, day.inverse_total) for day in back
    ]


@pytest.mark.fuzz
@given(days(), st.integers(0, 30))
def test_a_day_that_is_continued_is_the_day_that_is_counted_anew(said: list[Observation], cut: int) -> None:
    found = counted(said[:cut])
    for each in said[cut:]:
        found = continued(found, each)
    assert found == counted(said)


def test_an_observation_alone_is_a_day() -> None:
    assert counted([nbkr("2026-05-21")]) == [Day.of(nbkr("2026-05-21"))]


@given(
    st.fractions(min_value=Fraction(1, 10**12), max_value=10**12).filter(bool),
    st.integers(1, 15),
)
def test_a_rate_is_shown_rounded_once_at_its_digits(exact: Fraction, digits: int) -> None:
    assert Quoted(exact, digits).shown == significant(exact, digits)


@pytest.mark.parametrize("pair", [USD_KGS, KGS_USD])
@pytest.mark.parametrize("printed", [USD_KGS, KGS_USD])
def test_a_day_of_one_number_is_what_a_day_of_that_number_twice_is(pair: Pair, printed: Pair) -> None:
    once, again = (spoken("87.45", hour, nominal=100, pair=printed) for hour in (0, 1))
    one, two = towards([Day.of(once)], pair), towards(counted([once, again]), pair)
    assert one == replace(two, total=two.total / 2, count=1)


def test_days_come_out_one_after_the_other() -> None:
    said = [nbkr("2026-05-20", "80"), nbkr("2026-05-21", "100")]
    found = list(by_day(map(Day.of, said), KGS_USD))
    assert [(each.effective_date, each.close) for each in found] == [
        (date(2026, 5, 20), Quoted(Fraction(1, 80), 12)),
        (date(2026, 5, 21), Quoted(Fraction(1, 100), 12)),
    ]


def test_a_cross_is_the_closes_of_its_legs_multiplied() -> None:
    som = towards(counted([spoken("80", 0), spoken("100", 1)]), KGS_USD)
    tenge = replace(towards([Day.of(nbkr("2026-05-21", "500"))], USD_KGS), sources=("nbk",))
    found = crossed(som, tenge)
    assert found.open == found.high == found.low == found.close == Quoted(Fraction(5), 12)
    assert found.total == 5
    assert (found.count, found.sources) == (1, ("nbk", "nbkr"))


@given(days())
def test_a_day_that_is_summed_at_once_is_the_day_that_is_counted(said: list[Observation]) -> None:
    summed = [
        Day.summed("nbkr", said[0].effective_date, pair, nominal, literals)
        for pair, nominal in sorted({(each.published.pair, each.published.nominal) for each in said}, key=str)
        if (
            literals := [
                (each.observed_at, each.published.value)
                for each in said
                if (each.published.pair, each.published.nominal) == (pair, nominal)
            ]
        )
    ]
    assert sorted(summed, key=str) == sorted(counted(said), key=str)


@given(days(), st.sets(st.integers(0, 29)))
def test_a_day_of_which_a_part_is_summed_apart_is_the_whole_day(
    said: list[Observation], apart: set[int]
) -> None:
    whole = counted(said)
    forms = {each.form: each for each in whole}
    part = counted(each for place, each in enumerate(said) if place in apart)
    rest = counted(each for place, each in enumerate(said) if place not in apart)
    assert joined([each.worded_as(forms[each.form]) for each in part], rest) == whole


def test_a_part_of_a_day_has_the_literals_that_the_day_has_for_the_same_numbers() -> None:
    (whole,) = counted([spoken("88", 0), spoken("87,1", 1), spoken("88.00", 2), spoken("87.10", 3)])
    (part,) = counted([spoken("88.00", 2), spoken("87.10", 3)])
    (lesser,) = counted([spoken("87.5", 4)])
    assert (part.worded_as(whole).high, part.worded_as(whole).low) == ("88", "87,1")
    assert lesser.worded_as(whole) == lesser
