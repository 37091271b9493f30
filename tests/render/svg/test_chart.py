from __future__ import annotations

import random
import re
from fractions import Fraction
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.answers import Line
from app.render.locale import LANGUAGES, language
from app.render.svg.chart import FINE, LINE, MARGIN, chart
from tests.render.svg.pictures import line, parsed, part, title, weight

ENGLISH = language("en")

BUDGET = 450
"""Bytes on the wire that a line of 30 points has at most."""


def places(content: bytes) -> list[tuple[Fraction, Fraction]]:
    """Where a line goes, in px from the left and from the top."""
    numbers = [int(each) for each in re.findall(r"-?[0-9]+", part(parsed(content), "path").get("d", ""))]
    across, down = accumulate(numbers[::2]), accumulate(numbers[1::2])
    return [(Fraction(x, FINE), Fraction(y, FINE)) for x, y in zip(across, down, strict=True)]


def through(*rates: str, days: tuple[int, ...] = ()) -> list[Any]:
    """Where the line of these rates goes."""
    return places(chart(line(*rates, days=days), ENGLISH))


def test_the_highest_rate_is_at_the_top_and_the_lowest_at_the_bottom() -> None:
    assert through("87", "89", "88") == [(2, 30), (60, 2), (118, 16)]


def test_a_point_is_as_far_to_the_right_as_its_day_is_late_and_gaps_get_no_points() -> None:
    assert through("87", "88", "89", days=(0, 1, 4)) == [(2, 30), (31, 16), (118, 2)]


def test_one_value_is_a_line_from_side_to_side() -> None:
    assert through("87.45") == [(2, 16), (118, 16)]


def test_what_does_not_move_stands_in_the_middle() -> None:
    assert through("3.5", "3.5", "3.5") == [(2, 16), (60, 16), (118, 16)]


@given(
    st.lists(st.fractions(1, 100), min_size=1, max_size=300),
    st.integers(60, 300),
    st.integers(20, 100),
)
def test_nothing_of_a_line_is_outside_of_its_picture(rates: list[Fraction], width: int, height: int) -> None:
    content = chart(line(*map(str, rates)), ENGLISH, width=width, height=height)
    for x, y in places(content):
        assert MARGIN <= x <= width - MARGIN
        assert MARGIN <= y <= height - MARGIN


def test_a_spike_of_one_day_in_ten_years_stays() -> None:
    rates = ["87"] * 3660
    rates[1717] = "99"
    found = places(chart(line(*rates), ENGLISH))
    assert min(y for _, y in found) == 2
    assert len(found) <= 2 * 120


def test_a_line_keeps_its_width_in_whatever_shape_it_is_shown() -> None:
    root = parsed(chart(line("87", "88"), ENGLISH, width=300, height=60))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("300", "60", "0 0 600 120")
    assert root.get("preserveAspectRatio") == "none"
    assert part(root, "path").get("vector-effect") == "non-scaling-stroke"


TITLES = {
    "ky": "KGS/USD: 0,01143 (21-апрель), 0,01144 (2026-ж., 21-май), 0,1 пайызга жогору",
    "kk": "KGS/USD: 0,01143 (21 сәуір), 0,01144 (2026\u202fж. 21 мамыр), 0,1 пайызға жоғары",
    "tg": "KGS/USD: 0,01143 (21 Апрел), 0,01144 (21 Май 2026), афзоиши 0,1 фоиз",
    "uz": "KGS/USD: 0,01143 (21-aprel), 0,01144 (21-may, 2026), 0,1 foizga yuqori",
    "uz-Cyrl": "KGS/USD: 0,01143 (21 апрель), 0,01144 (21 май, 2026), 0,1 фоизга юқори",
    "tk": "KGS/USD: 0,01143 (21 aprel), 0,01144 (21 maý 2026), 0,1 göterim ýokary",
    "ru": "KGS/USD: 0,01143 (21 апреля), 0,01144 (21 мая 2026\u202fг.), рост на 0,1\xa0%",
    "en": "KGS/USD: 0.01143 (21 April), 0.01144 (21 May 2026), up 0.1 percent",
}

MONTH = line("0.01142857", "0.01144", days=(0, 30), pct="0.1")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_title_tells_both_ends_and_what_is_between_them_in_the_language(lang: str) -> None:
    content = chart(MONTH, language(lang))
    root = parsed(content)
    assert title(content) == TITLES[lang]
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == lang
    assert root.get("aria-labelledby") == part(root, "title").get("id")


def luminance(colour: str) -> float:
    """How bright a colour such as `#15d` is, from 0 to 1 (WCAG 2)."""
    shares = [int(each * 2, 16) / 255 for each in colour.removeprefix("#")]
    red, green, blue = (
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("page", ["#fff", "#111"])
@pytest.mark.parametrize("ink", [LINE.light, LINE.dark])
def test_a_line_can_be_seen_on_a_page_that_it_was_not_made_for(ink: str, page: str) -> None:
    dark, bright = sorted([luminance(ink), luminance(page)])
    assert (bright + 0.05) / (dark + 0.05) >= 3


def test_simulated_rates_say_so() -> None:
    assert title(chart(MONTH, ENGLISH, simulated=True)).endswith("up 0.1 percent (simulated)")


def month(seed: int) -> Line:
    """Thirty days of a rate that moves at random."""
    chance = random.Random(seed)
    moves = (chance.randint(-900, 900) for _ in range(30))
    rates = [str(Fraction(each, 10_000)) for each in accumulate(moves, initial=874_500)][1:]
    return line(*rates, pct="-12.34")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_line_of_a_month_is_small_in_every_language(lang: str) -> None:
    for seed in range(20):
        content = chart(month(seed), language(lang))
        assert len(places(content)) == 30
        assert weight(content) <= BUDGET, content
