from __future__ import annotations

import random
import re
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.answers import Line
from app.render.locale import LANGUAGES, language
from app.render.svg.plot import COLUMN, MARGIN, SIDE, Plot, plot
from app.web.assets import ASSETS
from app.web.pages.templates import TEMPLATES
from tests.render.svg.pictures import line, weight

ENGLISH = language("en")
MOST = 400
"""Rates that are drawn at most."""

BUDGET = 5_000
"""Bytes on the wire that a picture of thirty years has at most."""


def of(*rates: str, days: tuple[int, ...] = (), **options: Any) -> Plot:
    """The plot of these rates in English."""
    return plot(line(*rates, days=days, **options), ENGLISH)


def places(drawn: Plot) -> list[tuple[int, int]]:
    """Where the line goes, in per mille from the left and from the top."""
    numbers = [int(each) for each in re.findall(r"-?[0-9]+", drawn.path)]
    return list(zip(accumulate(numbers[::2]), accumulate(numbers[1::2]), strict=True))


def years(seed: int = 1, many: int = 7_500) -> Line:
    """Thirty years of working days of a rate that moves at random."""
    chance = random.Random(seed)
    prices = accumulate(
        range(many), lambda price, _: max(1000, price + chance.randint(-9000, 9000)), initial=0
    )
    rates = [str(Fraction(10_000, 874_500 + price)) for price in prices][1:]
    return line(*rates, days=[number // 5 * 7 + number % 5 for number in range(many)], since=date(1996, 1, 1))


def test_the_line_goes_from_side_to_side_between_its_margins() -> None:
    assert places(of("87", "89", "88")) == [(0, 940), (500, 60), (1000, 500)]


def test_a_day_is_as_far_to_the_right_as_it_is_late_and_a_gap_of_years_has_no_points() -> None:
    assert places(of("87", "88", "89", days=(0, 1000, 4000))) == [(0, 940), (250, 500), (1000, 60)]


def test_marks_stand_where_the_line_goes() -> None:
    drawn = plot(years(), ENGLISH)
    assert [(mark.x, mark.y) for mark in drawn.marks] == places(drawn)


def test_a_mark_has_its_day_and_its_rate_as_people_read_them() -> None:
    drawn = plot(line("0.01142857", "0.01144", days=(0, 30)), language("kk"))
    assert drawn.marks == (
        ("2026-04-21", 0, 940, "0,01143", "2026\u202fж. 21 сәуір"),
        ("2026-05-21", 1000, 60, "0,01144", "2026\u202fж. 21 мамыр"),
    )


def test_one_value_is_a_line_from_side_to_side_with_its_mark_in_the_middle() -> None:
    drawn = of("87.45")
    assert places(drawn) == [(0, 500), (1000, 500)]
    assert [(mark.x, mark.y, mark.rate) for mark in drawn.marks] == [(500, 500, "87.45")]
    assert drawn.values == ((500, "87.45"),)
    assert [(each.at, each.text) for each in drawn.days] == [(500, "21 April")]


def test_two_values_go_from_corner_to_corner_and_both_days_are_named() -> None:
    drawn = of("87.45", "87.50")
    assert places(drawn) == [(0, 940), (1000, 60)]
    assert [(each.at, each.text, each.anchor) for each in drawn.days] == [
        (0, "21 April", "start"),
        (1000, "22 April", "end"),
    ]


def test_what_does_not_move_stands_in_the_middle_beside_its_one_value_and_has_no_extent() -> None:
    drawn = of("0.285714285714", "0.285714285714", "0.285714285714", days=(0, 300, 4000))
    assert places(drawn) == [(0, 500), (75, 500), (1000, 500)]
    assert drawn.values == ((500, "0.2857"),)
    assert drawn.extent == ""


def test_the_extent_is_its_lowest_and_its_highest_rate_each_with_its_day() -> None:
    drawn = of("87.45", "89", "86.5", "88", days=(0, 10, 20, 400))
    assert drawn.extent == "86.50 (11 May 2026) – 89.00 (1 May 2026)"


def test_a_title_is_that_of_the_sparkline_and_says_what_is_simulated() -> None:
    drawn = plot(line("87", "88", pct="1.15"), ENGLISH, simulated=True)
    assert drawn.title == "KGS/USD: 87.00 (21 April), 88.00 (22 April 2026), up 1.15 percent (simulated)"


@pytest.mark.parametrize("number", [1, 1717, 7_000, 7_498])
def test_a_spike_of_one_day_in_thirty_years_stays(number: int) -> None:
    rates = ["87"] * 7_500
    rates[number] = "99"
    drawn = of(*rates)
    assert min(y for _, y in places(drawn)) == MARGIN
    assert [mark.rate for mark in drawn.marks].count("99.00") == 1


@given(st.lists(st.fractions(Fraction(1, 10**6), 10**6), min_size=1, max_size=3000), st.integers(1, 400))
def test_few_rates_are_drawn_and_the_ends_and_extremes_are_among_them(
    rates: list[Fraction], apart: int
) -> None:
    days = [number * apart for number in range(len(rates))]
    values = line(*map(str, rates), days=days, since=date(1, 1, 1))
    drawn = plot(values, ENGLISH)
    kept = [mark.iso for mark in drawn.marks]
    assert len(kept) <= MOST
    assert (kept[0], kept[-1]) == tuple(
        values.values[end].effective_date.isoformat() for end in (0, len(rates) - 1)
    )
    assert kept == sorted(set(kept))
    if min(rates) < max(rates):
        assert (min(mark.y for mark in drawn.marks), max(mark.y for mark in drawn.marks)) == (60, 940)
    assert all(0 <= mark.x <= SIDE for mark in drawn.marks)


def test_all_is_drawn_of_what_has_room() -> None:
    few = SIDE // COLUMN
    assert len(of(*map(str, range(1, few + 1))).marks) == few


RANGES = st.tuples(st.fractions(Fraction(1, 10**9), 10**9), st.fractions(Fraction(1, 10**9), 10**9))


@pytest.mark.parametrize(
    ("rates", "values"),
    [
        (("87.1", "87.9"), ["87.8", "87.6", "87.4", "87.2"]),
        (("0.01142857", "0.01144"), ["0.011440", "0.011435", "0.011430"]),
        (("12000", "12420"), ["12,400", "12,300", "12,200", "12,100", "12,000"]),
        (("1", "11"), ["10", "5"]),
        (("0.285714285714", "0.350877192982"), ["0.34", "0.32", "0.30"]),
    ],
)
def test_values_are_round_and_have_no_more_digits_than_their_step(
    rates: tuple[str, str], values: list[str]
) -> None:
    assert [each.text for each in of(*rates).values] == values


@given(RANGES)
def test_two_to_six_values_stand_where_they_belong_and_no_two_are_the_same(
    rates: tuple[Fraction, Fraction],
) -> None:
    low, high = sorted(rates)
    values = of(str(low), str(high)).values
    if low == high:
        assert len(values) == 1
        return
    assert 2 <= len(values) <= 6
    assert len({each.text for each in values}) == len(values)
    for each in values:
        exact = (high - Fraction(each.text.replace(",", ""))) / (high - low) * 880 + 60
        assert 0 <= each.at <= SIDE
        assert abs(each.at - exact) <= Fraction(1, 2)
    apart = {one.at - other.at for one, other in pairwise(values)}
    assert max(apart) - min(apart) <= 1


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [
        (date(2026, 5, 15), date(2026, 5, 21), ["15 May", "17 May", "19 May", "21 May"]),
        (date(2026, 4, 21), date(2026, 5, 21), ["23 April", "30 April", "7 May", "14 May", "21 May"]),
        (date(2025, 12, 10), date(2026, 5, 21), ["2026", "1 February", "1 March", "1 April", "1 May"]),
        (date(2025, 5, 21), date(2026, 5, 21), ["1 July 2025", "1 October 2025", "2026", "1 April"]),
        (date(2021, 5, 21), date(2026, 5, 21), ["2022", "2023", "2024", "2025", "2026"]),
        (date(1996, 1, 2), date(2026, 5, 21), ["2000", "2005", "2010", "2015", "2020", "2025"]),
    ],
)
def test_days_are_those_that_people_count_by(first: date, last: date, named: list[str]) -> None:
    drawn = of("87", "88", days=(0, (last - first).days), since=first)
    assert [each.text for each in drawn.days] == named


@given(st.dates(date(1, 1, 1), date(9900, 1, 1)), st.integers(2, 36_000), st.sampled_from(list(LANGUAGES)))
def test_three_to_six_days_stand_in_order_and_some_are_for_phones(first: date, length: int, tag: str) -> None:
    gone = (0, 1, min(length, (date.max - first).days))
    drawn = plot(line("87", "88", "89", days=gone, since=first), language(tag))
    assert 2 <= len(drawn.days) <= 6
    assert len({each.text for each in drawn.days}) == len(drawn.days)
    assert all(one.at < other.at for one, other in pairwise(drawn.days))
    assert all(0 <= each.at <= SIDE for each in drawn.days)
    assert any(not each.spare for each in drawn.days)


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("length", [5, 9, 13, 30, 60, 90, 180, 365, 700, 1500, 3650, 7300, 11_000])
def test_a_wide_screen_shows_three_days_at_least_and_a_phone_two_where_they_are_short(
    tag: str, length: int
) -> None:
    for shift in range(0, 400, 13):
        first = date(2020, 1, 1) + timedelta(days=shift)
        days = plot(line("87", "88", days=(0, length), since=first), language(tag)).days
        assert len(days) >= 3
        assert sum(not each.spare for each in days) >= (1 if tag == "uz-Cyrl" else 2)  # its years are words


def test_the_room_is_that_of_the_longest_value() -> None:
    assert of("998", "1003").room == "1,002"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_picture_of_thirty_years_is_small_in_every_language(tag: str) -> None:
    macro = TEMPLATES.from_string('{% from "plot.html" import plot as chart %}{{ chart(plot, words, "c") }}')
    for seed in range(5):
        drawn = plot(years(seed), language(tag))
        assert len(drawn.marks) > 300
        html = macro.render(plot=drawn, words=language(tag))
        picture = html[html.index("<svg") : html.rindex("</svg>")] + "</svg>"
        assert weight(picture.encode()) <= BUDGET


def test_the_script_and_the_style_are_small() -> None:
    assert weight(ASSETS["chart.js"].content) <= 2_500
    assert weight(ASSETS["chart.css"].content) <= 1_200
