from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.fill import Fill, Filling

ONE_DAY = timedelta(days=1)
MONDAY = date(2026, 5, 18)

Row = tuple[date, date]
"""The day on which it stands, and the day that it is of."""


def filled(
    fill: Fill, days: list[int], first: int, end: int, before: int | None = None
) -> list[tuple[int, int]]:
    """The rows of days, numbered from a Monday on."""
    filling: Filling[Row] = Filling(
        fill,
        place=lambda row: row[0],
        following=lambda day: day + ONE_DAY,
        carried=lambda row, day: (day, row[0]),
    )
    rows = [(MONDAY + day * ONE_DAY,) * 2 for day in days]
    earlier = None if before is None else (MONDAY + before * ONE_DAY,) * 2
    found = filling.rows(rows, MONDAY + first * ONE_DAY, MONDAY + end * ONE_DAY, earlier)
    return [((day - MONDAY).days, (of - MONDAY).days) for day, of in found]


def test_gaps_show_the_row_before_them() -> None:
    assert filled("previous", [1, 4], 0, 7) == [(1, 1), (2, 1), (3, 1), (4, 4), (5, 4), (6, 4)]
    assert filled("business", [1, 4], 0, 9) == [(1, 1), (2, 1), (3, 1), (4, 4), (7, 4), (8, 4)]
    assert filled("none", [1, 4], 0, 9) == [(1, 1), (4, 4)]


def test_what_was_before_the_range_is_carried_into_it() -> None:
    assert filled("previous", [2], 0, 3, before=-5) == [(0, -5), (1, -5), (2, 2)]
    assert filled("previous", [], 0, 2, before=-1) == [(0, -1), (1, -1)]
    assert filled("previous", [], 0, 2) == []


def test_a_row_on_a_saturday_is_none_of_the_gaps() -> None:
    assert filled("business", [5], 5, 8) == [(5, 5), (7, 5)]


def test_several_rows_of_one_place_are_carried_by_the_last() -> None:
    assert filled("previous", [1, 1], 0, 3) == [(1, 1), (1, 1), (2, 1)]


@pytest.mark.fuzz
@given(st.sets(st.integers(0, 60)), st.integers(1, 70), st.sampled_from(["previous", "business"]))
def test_every_wanted_day_has_one_row_of_the_last_at_or_before_it(
    days: set[int], end: int, fill: Fill
) -> None:
    said = sorted(day for day in days if day < end)
    found = filled(fill, said, 0, end)
    expected = [
        (day, max(each for each in said if each <= day))
        for day in range(end)
        if any(each <= day for each in said) and (day in said or fill == "previous" or day % 7 < 5)
    ]
    assert found == expected
