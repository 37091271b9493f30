from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.render.svg.line import levels, nearest, steps, sunk, thinned
from tests.render.svg.pictures import line

RATES = st.lists(st.fractions(Fraction(1, 10**9), 10**9, max_denominator=10**12), min_size=2, max_size=40)


@given(st.lists(st.integers(1, 100), min_size=2, max_size=2000))
def test_a_column_of_pixels_has_its_lowest_and_its_highest_rate_and_no_more(rates: list[int]) -> None:
    places = [number * 240 // len(rates) for number in range(len(rates))]
    kept = thinned(places, rates, 2)
    for column in {place // 2 for place in places}:
        whole = [rate for place, rate in zip(places, rates, strict=True) if place // 2 == column]
        left = [rates[number] for number in kept if places[number] // 2 == column]
        assert len(left) <= 2
        assert (min(left), max(left)) == (min(whole), max(whole))
    assert kept == sorted(kept)


@given(RATES)
def test_levels_are_in_the_order_of_the_rates_and_equal_where_they_are(rates: list[Fraction]) -> None:
    found = levels(line(*map(str, rates)))
    for (one, level), (other, following) in pairwise(zip(rates, found, strict=True)):
        assert (level < following, level == following) == (one < other, one == other)


@given(RATES)
def test_a_level_is_sunk_to_within_a_unit_of_where_its_rate_is(rates: list[Fraction]) -> None:
    depths = sunk(levels(line(*map(str, rates))), 1000)
    low, high = min(rates), max(rates)
    for rate, depth in zip(rates, depths, strict=True):
        exact = (high - rate) / (high - low) * 1000 if high > low else Fraction(500)
        assert abs(depth - exact) <= Fraction(6, 10)


def test_steps_are_told_from_one_place_to_the_next() -> None:
    assert steps([(4, 60), (62, 2), (236, 2)]) == "M4 60l58-58 174 0"


def test_what_lies_between_two_whole_numbers_is_the_higher() -> None:
    assert [nearest(top, 2) for top in (-1, 0, 1, 2, 3)] == [0, 0, 1, 1, 2]
