"""The days on which the banks are shut."""

from datetime import date, timedelta

import pytest

from app.domain.calendar import Schedule
from app.sources.catalog import catalog
from app.sources.holidays import EVERY_YEAR, FEASTS, closed, moved


@pytest.mark.parametrize("country", EVERY_YEAR)
def test_a_country_is_closed_on_its_own_days_and_on_its_feasts(country: str) -> None:
    days = closed(country)
    assert {date.fromisoformat(f"2026-{day}") for day in EVERY_YEAR[country]} <= days
    assert set(map(date.fromisoformat, FEASTS[country])) <= days


def test_kazakhstan_works_at_the_end_of_ramadan() -> None:
    assert date(2026, 3, 20) in closed("KG") & closed("TJ") & closed("UZ")
    assert date(2026, 3, 20) not in closed("KZ")


def test_a_holiday_on_a_weekend_moves_to_the_next_working_day_that_is_none() -> None:
    saturday, sunday = date(2026, 3, 21), date(2026, 3, 22)
    assert moved([saturday, sunday]) == {saturday, sunday, date(2026, 3, 23), date(2026, 3, 24)}
    assert moved([date(2026, 5, 27)]) == {date(2026, 5, 27)}


def test_the_bank_that_publishes_for_the_next_day_misses_the_day_after_a_holiday() -> None:
    nbkr = catalog()["nbkr"].calendar
    assert nbkr.publishes(date(2026, 5, 1))  # a Friday and a holiday: fixed on Thursday
    assert not nbkr.publishes(date(2026, 5, 2))


@pytest.mark.parametrize("key", ["nbk", "nbt", "cbu"])
def test_a_bank_that_publishes_for_the_next_working_day_misses_the_holiday_itself(key: str) -> None:
    calendar = catalog()[key].calendar
    feast, day_after = date(2026, 5, 27), date(2026, 5, 28)
    assert isinstance(calendar, Schedule)
    assert not calendar.publishes(feast)
    assert calendar.window(day_after)[0].date() == feast - timedelta(days=1)


def test_a_catalog_learns_days_for_the_sources_that_they_are_of_alone() -> None:
    known, day = catalog(), date(2026, 11, 25)
    learned = known.closing({"nbk": frozenset({day}), "peg": frozenset({day})})
    assert known["nbk"].calendar.publishes(day)
    assert not learned["nbk"].calendar.publishes(day)
    assert not learned["nbk"].calendar.publishes(date(2026, 5, 27)), "what it knew it knows"
    assert learned["cbu"] == known["cbu"]
    assert known.closing({}) is known
