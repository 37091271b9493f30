from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import (
    EVERY_DAY,
    GRACE,
    NEVER,
    WORKING_DAYS,
    Calendar,
    Continuous,
    Deadlines,
    Decree,
    Era,
    Schedule,
    SingleDay,
    Status,
    day_of,
    recurring,
    settled_at,
    skipped,
    speaks_all_day,
    starts,
    status,
)
from tests.said import at

BISHKEK, ALMATY, DUSHANBE, TASHKENT, ASHGABAT = (
    ZoneInfo(f"Asia/{city}") for city in ("Bishkek", "Almaty", "Dushanbe", "Tashkent", "Ashgabat")
)
TUESDAY_TO_SATURDAY = frozenset({1, 2, 3, 4, 5})
NEXT_DAY = Schedule(BISHKEK, (Era(date(1993, 5, 10), TUESDAY_TO_SATURDAY),), time(15), time(15, 30))
"""As the Kyrgyz bank does it: fixed on working days, between 15:00 and 15:30, for the day after."""
NEXT_WORKING_DAY = replace(NEXT_DAY, eras=(Era(date(1993, 5, 10), WORKING_DAYS),))
"""As the other banks do it: for the next day on which they work."""
SAME_DAY = Schedule(DUSHANBE, (Era(date(2000, 10, 30), WORKING_DAYS),), time(9), time(11), fixing_days=None)
"""A bank that publishes in the morning of the day itself."""

DAY = timedelta(days=1)
SEVERITY: dict[Status, int] = {"fresh": 0, "carried": 0, "late": 1, "stale": 2}

days = st.dates(date(1993, 1, 1), date(2035, 12, 31))
zones = st.sampled_from([BISHKEK, ALMATY, DUSHANBE, TASHKENT, ASHGABAT])
weekdays = st.frozensets(st.integers(0, 6), min_size=1)
schedules = st.builds(
    Schedule,
    zone=zones,
    eras=st.tuples(st.builds(Era, days, weekdays)),
    opens=st.sampled_from([time(0), time(9), time(15)]),
    closes=st.sampled_from([time(15, 30), time(23, 59)]),
    fixing_days=st.none() | weekdays,
    holidays=st.frozensets(st.dates(date(2026, 5, 1), date(2026, 5, 31)), max_size=5),
)
calendars: st.SearchStrategy[Calendar] = schedules | st.builds(Decree, zones) | st.builds(SingleDay, zones)


def local(text: str, zone: ZoneInfo = BISHKEK) -> datetime:
    """The instant at which clocks in `zone` show `2026-05-21 10:30`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


# Days and instants


def test_almaty_is_six_hours_ahead_before_march_2024_and_five_from_then_on() -> None:
    assert starts(date(2024, 2, 29), ALMATY) == at("2024-02-28 18:00")
    assert starts(date(2024, 3, 1), ALMATY) == at("2024-02-29 19:00")
    assert starts(date(2026, 5, 21), ALMATY) == at("2026-05-20 19:00")


def test_the_last_day_at_six_hours_had_twenty_five() -> None:
    assert day_of(at("2024-02-29 18:30"), ALMATY) == date(2024, 2, 29)
    assert starts(date(2024, 3, 1), ALMATY) - starts(date(2024, 2, 29), ALMATY) == timedelta(hours=25)


def test_a_window_in_almaty_moves_with_its_clocks() -> None:
    tenge = replace(NEXT_DAY, zone=ALMATY)
    assert tenge.window(date(2024, 2, 29))[1] == at("2024-02-28 09:30")
    assert tenge.window(date(2024, 3, 2))[1] == at("2024-03-01 10:30")


@pytest.mark.fuzz
@given(days, zones)
def test_a_day_begins_at_the_first_instant_that_belongs_to_it(day: date, zone: ZoneInfo) -> None:
    begins = starts(day, zone)
    assert begins.tzinfo is UTC
    assert day_of(begins, zone) == day
    assert day_of(begins - timedelta(microseconds=1), zone) == day - DAY


# Publication days and windows


def test_the_som_is_published_for_tuesday_to_saturday() -> None:
    monday = date(2026, 5, 18)
    assert [NEXT_DAY.publishes(monday + n * DAY) for n in range(7)] == [False, *[True] * 5, False]


@pytest.mark.parametrize(
    ("effective", "fixed_on"),
    [
        ("2026-05-19", "2026-05-18"),
        ("2026-05-23", "2026-05-22"),
        ("2026-05-24", "2026-05-22"),
        ("2026-05-25", "2026-05-22"),
        ("2026-05-26", "2026-05-25"),
    ],
)
def test_the_window_of_a_day_is_in_the_afternoon_of_the_working_day_before(
    effective: str, fixed_on: str
) -> None:
    window = local(f"{fixed_on} 15:00"), local(f"{fixed_on} 15:30")
    assert NEXT_DAY.window(date.fromisoformat(effective)) == window


def test_a_bank_that_fixes_nothing_ahead_publishes_on_the_day_itself() -> None:
    day = date(2026, 5, 21)
    assert SAME_DAY.window(day) == (local("2026-05-21 09:00", DUSHANBE), local("2026-05-21 11:00", DUSHANBE))


def test_a_holiday_is_no_publication_day_and_is_not_waited_for() -> None:
    eid = date(2026, 5, 27)
    closed = replace(NEXT_DAY, holidays=frozenset({eid}), for_next_day=True)
    assert not closed.publishes(eid)
    assert closed.next_day(date(2026, 5, 26)) == date(2026, 5, 28)
    assert closed.deadlines(date(2026, 5, 26)).late_at == local("2026-05-27 16:00")
    assert status(closed, date(2026, 5, 26), date(2026, 5, 26), local("2026-05-27 12:00")) == "carried"


def test_on_the_eve_of_a_holiday_a_bank_publishes_for_the_working_day_after_it() -> None:
    thursday = date(2026, 5, 28)
    closed = replace(NEXT_WORKING_DAY, holidays=frozenset({date(2026, 5, 27)}))
    assert closed.window(thursday) == (local("2026-05-26 15:00"), local("2026-05-26 15:30"))
    assert closed.due_days(local("2026-05-26 15:10")) == [date(2026, 5, 26), thursday]


def test_a_bank_that_passes_over_a_day_in_time_has_told_of_a_holiday() -> None:
    wednesday, thursday, friday = (date(2026, 5, day) for day in (27, 28, 29))
    in_time, too_late = local("2026-05-26 15:20"), local("2026-05-26 16:00")
    assert skipped(NEXT_WORKING_DAY, date(2026, 5, 26), friday, in_time) == [wednesday, thursday]
    assert skipped(NEXT_WORKING_DAY, date(2026, 5, 26), friday, too_late) == []
    assert skipped(NEXT_WORKING_DAY, date(2026, 5, 26), wednesday, in_time) == []
    assert skipped(NEXT_WORKING_DAY, date(2026, 5, 22), date(2026, 5, 25), local("2026-05-22 15:20")) == []


def test_who_publishes_on_the_day_itself_passes_over_none() -> None:
    assert skipped(SAME_DAY, date(2026, 5, 26), date(2026, 5, 28), local("2026-05-26 12:00")) == []


def working_days(since: date, until: date, *silent: str) -> list[date]:
    """The working days of a range, but for some months and days."""
    every = (since + n * DAY for n in range((until - since).days + 1))
    return [day for day in every if day.weekday() < 5 and f"{day:%m-%d}" not in silent]


YEAR_2026 = [date(2026, 1, 1) + n * DAY for n in range(365)]


def test_a_day_on_which_a_bank_was_silent_three_years_in_a_row_is_taken_for_a_holiday() -> None:
    published = working_days(date(2020, 1, 1), date(2025, 12, 31), "03-10", "09-09")
    assert recurring(NEXT_WORKING_DAY, published, YEAR_2026) == [date(2026, 3, 10), date(2026, 9, 9)]


def test_one_year_in_which_it_spoke_again_ends_a_learned_holiday() -> None:
    published = working_days(date(2018, 1, 1), date(2024, 12, 31), "09-09")
    published += working_days(date(2025, 1, 1), date(2025, 12, 31))
    assert recurring(NEXT_WORKING_DAY, published, YEAR_2026) == []


def test_two_years_are_too_few_and_weekends_tell_nothing() -> None:
    # the 9th of September was a Saturday in 2023, a Monday in 2024, a Tuesday in 2025
    published = working_days(date(2023, 1, 1), date(2025, 12, 31), "09-09")
    assert recurring(NEXT_WORKING_DAY, published, YEAR_2026) == []


def test_a_gap_of_weeks_is_no_holiday() -> None:
    days = working_days(date(2020, 1, 1), date(2025, 12, 31))
    published = [day for day in days if not (9, 1) <= (day.month, day.day) <= (9, 20)]
    assert recurring(NEXT_WORKING_DAY, published, YEAR_2026) == []


def test_nothing_recurs_for_whom_no_day_was_promised_or_nothing_is_known() -> None:
    assert recurring(Decree(ASHGABAT), [date(2020, 1, 1)], YEAR_2026) == []
    assert recurring(NEXT_WORKING_DAY, [], YEAR_2026) == []


def test_an_era_ends_where_the_next_begins() -> None:
    weekly_then_daily = replace(
        NEXT_DAY, eras=(Era(date(2000, 1, 1), frozenset({1})), Era(date(2018, 1, 1), WORKING_DAYS))
    )
    tuesday, wednesday = date(2017, 12, 26), date(2017, 12, 27)
    assert weekly_then_daily.publishes(tuesday)
    assert not weekly_then_daily.publishes(wednesday)
    assert weekly_then_daily.next_day(date(2017, 12, 19)) == tuesday
    assert weekly_then_daily.next_day(tuesday) == date(2018, 1, 1)
    assert weekly_then_daily.next_day(date(2018, 1, 1)) == date(2018, 1, 2)


def test_days_before_the_first_era_count_to_it() -> None:
    weekly = replace(NEXT_DAY, eras=(Era(date(2000, 1, 1), frozenset({1})),))
    assert weekly.publishes(date(1999, 12, 28))
    assert not weekly.publishes(date(1999, 12, 29))


@pytest.mark.fuzz
@given(schedules, days)
def test_the_next_day_is_the_nearest_one_that_publishes(schedule: Schedule, day: date) -> None:
    following = schedule.next_day(day)
    assert schedule.publishes(following)
    assert not any(schedule.publishes(day + n * DAY) for n in range(1, (following - day).days))


# Deadlines


@pytest.mark.parametrize(
    ("newest", "expected", "late", "stale"),
    [
        ("2026-05-20", "2026-05-20 15:00", "2026-05-20 16:00", "2026-05-21 15:30"),
        # Saturday's is fixed on Friday, and Tuesday's not before Monday
        ("2026-05-22", "2026-05-22 15:00", "2026-05-22 16:00", "2026-05-25 15:30"),
        ("2026-05-23", "2026-05-25 15:00", "2026-05-25 16:00", "2026-05-26 15:30"),
    ],
)
def test_a_missed_window_is_late_after_half_an_hour_and_a_second_one_stale(
    newest: str, expected: str, late: str, stale: str
) -> None:
    deadlines = Deadlines(local(expected), local(late), local(stale))
    assert NEXT_DAY.deadlines(date.fromisoformat(newest)) == deadlines


def test_one_missed_window_is_one_however_many_days_it_speaks_for() -> None:
    seven_days = replace(NEXT_DAY, eras=(Era(date(1993, 5, 10), EVERY_DAY),))
    deadlines = seven_days.deadlines(date(2026, 5, 22))
    assert deadlines.late_at == local("2026-05-22 16:00")
    assert deadlines.stale_at == local("2026-05-25 15:30"), "Saturday's to Monday's are all fixed on Friday"


@pytest.mark.fuzz
@given(schedules, days)
def test_a_publication_is_expected_then_late_then_stale(schedule: Schedule, newest: date) -> None:
    deadlines = schedule.deadlines(newest)
    assert deadlines.expected_next_at
    assert deadlines.late_at
    assert deadlines.stale_at
    assert deadlines.expected_next_at < deadlines.late_at - GRACE < deadlines.late_at < deadlines.stale_at


# Status


ARRIVED = {
    # effective date: when it was seen, local time
    "2026-05-16": "2026-05-15 15:20",
    "2026-05-19": "2026-05-18 15:20",
    "2026-05-20": "2026-05-19 15:20",
    "2026-05-21": "2026-05-20 15:20",
    "2026-05-22": "2026-05-21 18:10",  # two hours and a half late
    "2026-05-23": "2026-05-22 15:20",
    # Tuesday's, Wednesday's and Thursday's never came
    "2026-05-29": "2026-05-28 15:20",
    "2026-05-30": "2026-05-29 15:20",
    "2026-06-02": "2026-06-01 15:20",
    "2026-06-03": "2026-06-02 15:20",
    "2026-06-04": "2026-06-03 15:20",
    # Friday's never came
    "2026-06-06": "2026-06-05 15:20",
}
TIMELINE: dict[str, tuple[str, Status]] = {
    # from this local time on: the day in force and its status
    "2026-05-18 00:00": ("2026-05-16", "carried"),
    "2026-05-19 00:00": ("2026-05-19", "fresh"),
    "2026-05-20 00:00": ("2026-05-20", "fresh"),
    "2026-05-21 00:00": ("2026-05-21", "fresh"),
    "2026-05-21 16:00": ("2026-05-21", "late"),
    "2026-05-21 18:10": ("2026-05-21", "fresh"),
    "2026-05-22 00:00": ("2026-05-22", "fresh"),
    "2026-05-23 00:00": ("2026-05-23", "fresh"),
    "2026-05-24 00:00": ("2026-05-23", "carried"),
    "2026-05-25 16:00": ("2026-05-23", "late"),
    "2026-05-26 15:30": ("2026-05-23", "stale"),
    # On Thursday Friday's came, which makes Saturday's rate no better.
    "2026-05-29 00:00": ("2026-05-29", "fresh"),
    "2026-05-30 00:00": ("2026-05-30", "fresh"),
    "2026-05-31 00:00": ("2026-05-30", "carried"),
    "2026-06-02 00:00": ("2026-06-02", "fresh"),
    "2026-06-03 00:00": ("2026-06-03", "fresh"),
    "2026-06-04 00:00": ("2026-06-04", "fresh"),
    "2026-06-04 16:00": ("2026-06-04", "late"),
    # On Friday Saturday's came, so that one day is missing, not two.
    "2026-06-06 00:00": ("2026-06-06", "fresh"),
    "2026-06-07 00:00": ("2026-06-06", "carried"),
}


def test_three_weeks_of_a_bank_ten_minutes_by_ten_minutes() -> None:
    clock, end = datetime(2026, 5, 18), datetime(2026, 6, 8)  # noqa: DTZ001  # what a clock in Bishkek shows
    while clock < end:
        shown = f"{clock:%Y-%m-%d %H:%M}"
        day, expected = [row for since, row in TIMELINE.items() if since <= shown][-1]
        known = [effective for effective, seen in ARRIVED.items() if seen <= shown]
        in_force = max(effective for effective in known if effective <= shown[:10])
        assert in_force == day, shown
        said = status(NEXT_DAY, date.fromisoformat(day), date.fromisoformat(known[-1]), local(shown))
        assert said == expected, shown
        clock += timedelta(minutes=10)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("2026-05-22 23:59", "fresh"),
        ("2026-05-23 00:00", "carried"),
        ("2026-05-24 23:59", "carried"),
        ("2026-05-25 00:00", "fresh"),
        ("2026-05-25 11:29", "fresh"),
        ("2026-05-25 11:30", "late"),
        ("2026-05-26 10:59", "late"),
        ("2026-05-26 11:00", "stale"),
        ("2026-05-30 12:00", "stale"),
    ],
)
def test_fridays_rate_of_a_same_day_bank_is_the_newest_due_until_mondays_window_is_missed(
    clock: str, expected: Status
) -> None:
    friday = date(2026, 5, 22)
    assert status(SAME_DAY, friday, friday, local(clock, DUSHANBE)) == expected


def test_tomorrows_rate_is_upcoming_until_midnight() -> None:
    tomorrow = date(2026, 5, 21)
    assert status(NEXT_DAY, tomorrow, tomorrow, local("2026-05-20 23:59")) == "upcoming"
    assert status(NEXT_DAY, tomorrow, tomorrow, local("2026-05-21 00:00")) == "fresh"


def test_a_decree_is_pegged_from_its_day_on_for_ever_and_upcoming_before() -> None:
    decree, day = Decree(ASHGABAT), date(2015, 1, 1)
    assert status(decree, day, day, local("2014-12-31 23:59", ASHGABAT)) == "upcoming"
    assert status(decree, day, day, local("2015-01-01 00:00", ASHGABAT)) == "pegged"
    assert status(decree, day, day, local("2099-01-01 00:00", ASHGABAT)) == "pegged"
    assert status(decree, date(2009, 1, 1), day, local("2014-06-01 12:00", ASHGABAT)) == "pegged"
    assert decree.deadlines(day) == NEVER
    assert not decree.publishes(day)


def test_a_page_is_fresh_on_its_day_and_stale_after_it() -> None:
    page, day = SingleDay(BISHKEK), date(2025, 1, 7)
    assert status(page, day, day, local("2025-01-06 23:59")) == "upcoming"
    assert status(page, day, day, local("2025-01-07 00:00")) == "fresh"
    assert status(page, day, day, local("2025-01-07 23:59")) == "fresh"
    assert status(page, day, day, local("2025-01-08 00:00")) == "stale"
    assert page.deadlines(day) == Deadlines(None, None, local("2025-01-08 00:00"))


def test_a_page_of_another_day_keeps_no_page_fresh() -> None:
    page, day, ahead = SingleDay(BISHKEK), date(2025, 1, 7), date(2025, 1, 9)
    assert status(page, day, ahead, local("2025-01-07 12:00")) == "fresh"
    assert status(page, day, ahead, local("2025-01-08 12:00")) == "stale"


@pytest.mark.fuzz
@given(
    calendars,
    st.dates(date(2026, 4, 20), date(2026, 6, 5)),
    st.integers(0, 12),
    st.lists(st.integers(0, 14 * 24 * 60), min_size=2, max_size=30),
)
def test_silence_makes_a_rate_only_worse(
    calendar: Calendar, effective: date, ahead: int, minutes: list[int]
) -> None:
    newest, begins = effective + ahead * DAY, starts(effective, calendar.zone)
    instants = [begins + timedelta(minutes=minute) for minute in sorted(minutes)]
    if ahead:  # the newest one takes over when its day begins
        instants = [instant for instant in instants if instant < starts(newest, calendar.zone)]
    found = [status(calendar, effective, newest, instant) for instant in instants]
    assert "upcoming" not in found
    if isinstance(calendar, Decree):
        assert set(found) <= {"pegged"}
    else:
        assert all(SEVERITY[before] <= SEVERITY[after] for before, after in pairwise(found))


@pytest.mark.fuzz
@given(schedules, st.dates(date(2026, 4, 20), date(2026, 6, 5)), st.integers(0, 20 * 24 * 60))
def test_without_tomorrows_rate_the_deadlines_say_it_all(
    schedule: Schedule, newest: date, minutes: int
) -> None:
    instant = starts(newest, schedule.zone) + timedelta(minutes=minutes)
    deadlines, said = schedule.deadlines(newest), status(schedule, newest, newest, instant)
    assert deadlines.late_at
    assert deadlines.stale_at
    assert (said == "stale") == (instant >= deadlines.stale_at)
    assert (said == "late") == (deadlines.late_at <= instant < deadlines.stale_at)


# Polls


@pytest.mark.fuzz
@given(schedules, st.dates(date(2026, 4, 20), date(2026, 6, 5)), st.integers(0, 40 * 24 * 60))
def test_a_source_is_asked_within_the_hour_and_eagerly_in_the_window_of_what_is_due(
    schedule: Schedule, newest: date, minutes: int
) -> None:
    now = at("2026-04-20 00:00") + timedelta(minutes=minutes)
    following = schedule.next_poll(newest, now)
    windows = [
        schedule.window(newest + n * DAY) for n in range(1, 60) if schedule.publishes(newest + n * DAY)
    ]
    may_come = any(opens <= now < closes + GRACE for opens, closes in windows)
    assert now < following <= now + timedelta(hours=1)
    assert not may_come or following == now + timedelta(minutes=5)
    assert not any(now < opens < following for opens, _ in windows), "never slept through an opening"


def test_a_source_of_which_nothing_is_known_is_asked_eagerly() -> None:
    now = local("2026-05-24 03:00")
    assert NEXT_DAY.next_poll(None, now) == now + timedelta(minutes=5)


def test_one_that_fell_silent_is_asked_eagerly_in_each_window_and_left_in_peace_between_them() -> None:
    asked = [
        NEXT_DAY.next_poll(date(2026, 5, 12), local(clock))
        for clock in ("2026-05-20 12:00", "2026-05-20 14:30", "2026-05-20 15:20", "2026-05-20 16:30")
    ]
    expected = ("2026-05-20 13:00", "2026-05-20 15:00", "2026-05-20 15:25", "2026-05-20 17:30")
    assert asked == [local(clock) for clock in expected]


def test_the_afternoon_of_a_trading_day_is_asked_through_to_the_publication() -> None:
    today, tomorrow = date(2026, 5, 20), date(2026, 5, 21)
    asked = [
        NEXT_DAY.next_poll(newest, local(clock))
        for newest, clock in [
            (today, "2026-05-20 12:00"),
            (today, "2026-05-20 14:30"),
            (today, "2026-05-20 15:00"),
            (today, "2026-05-20 15:05"),
            (tomorrow, "2026-05-20 15:10"),
        ]
    ]
    said = ["13:00", "15:00", "15:05", "15:10", "16:10"]
    assert asked == [local(f"2026-05-20 {clock}") for clock in said]


@pytest.mark.parametrize("calendar", [Decree(ASHGABAT), SingleDay(BISHKEK)])
def test_whoever_promises_nothing_is_asked_a_day_later(calendar: Calendar) -> None:
    now = at("2026-05-20 12:00")
    assert calendar.next_poll(None, now) == calendar.next_poll(date(2026, 5, 20), now) == now + DAY
    assert calendar.next_day(date(2026, 5, 20)) == date(2026, 5, 20)


# Sources that speak all day

HOURLY = Continuous(ZoneInfo("UTC"), timedelta(hours=1))


def test_who_speaks_all_day_is_late_after_two_intervals_and_stale_after_six() -> None:
    spoke = at("2026-05-20 12:00")
    assert HOURLY.deadlines(spoke.date(), spoke) == Deadlines(
        at("2026-05-20 13:00"), at("2026-05-20 14:00"), at("2026-05-20 18:00")
    )


def test_of_who_speaks_all_day_every_day_is_one_and_silent_intervals_are_missed() -> None:
    day = date(2026, 5, 23)
    assert HOURLY.publishes(day)
    assert HOURLY.next_day(day) == day + DAY
    said_at = at("2026-05-23 21:00")
    clocks = ("2026-05-23 22:59", "2026-05-23 23:00", "2026-05-24 00:00", "2026-05-24 21:00")
    assert [HOURLY.missed(day, at(clock), said_at) for clock in clocks] == [0, 1, 2, 23]
    assert HOURLY.next_poll(day, at("2026-05-23 12:10")) == at("2026-05-23 13:10")


# Days that are due


def test_the_days_to_ask_for_are_the_one_in_force_and_those_whose_window_is_open() -> None:
    wednesday, thursday = date(2026, 5, 20), date(2026, 5, 21)
    assert NEXT_DAY.due_days(local("2026-05-20 14:59")) == [wednesday]
    assert NEXT_DAY.due_days(local("2026-05-20 15:00")) == [wednesday, thursday]
    assert NEXT_DAY.due_days(local("2026-05-21 00:00")) == [thursday]


def test_at_the_weekend_the_day_in_force_is_fridays_publication() -> None:
    assert NEXT_DAY.due_days(local("2026-05-24 12:00")) == [date(2026, 5, 23)]


def test_the_publications_missed_are_those_that_are_late() -> None:
    tuesday = date(2026, 5, 19)
    clocks = ("2026-05-19 15:59", "2026-05-19 16:00", "2026-05-20 16:00", "2026-05-25 12:00")
    assert [NEXT_DAY.missed(tuesday, local(clock)) for clock in clocks] == [0, 1, 2, 4]


def test_a_listed_holiday_for_which_a_rate_was_published_is_none() -> None:
    thursday, friday = date(2026, 5, 21), date(2026, 5, 22)
    listed = NEXT_DAY.closing(frozenset({thursday}))
    assert not listed.publishes(thursday)
    assert listed.deadlines(thursday) == NEXT_DAY.deadlines(thursday)
    assert listed.deadlines(friday) == NEXT_DAY.deadlines(friday)
    assert listed.listed(date(2026, 5, 20), friday) == [thursday]


def test_nothing_more_is_due_of_a_day_that_is_over_but_from_a_source_that_speaks_all_day() -> None:
    end, hourly = date(2026, 5, 22), Continuous(ZoneInfo("UTC"), timedelta(hours=1))
    for calendar in (NEXT_DAY, SAME_DAY, Decree(ASHGABAT), SingleDay(BISHKEK)):
        assert settled_at(calendar, end) == starts(end, calendar.zone)
        assert not speaks_all_day(calendar)
    assert settled_at(hourly, end) == at("2026-05-22 01:00")
    assert settled_at(hourly, at("2026-05-21 10:00")) == at("2026-05-21 11:00")
    assert speaks_all_day(hourly)
