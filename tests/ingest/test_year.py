"""A year of a running service: every publication known in time, every outage noticed, no false alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from app.domain.calendar import Schedule, starts
from app.sources.base import Source
from app.sources.holidays import closed
from tests.ingest.year import (
    ALL,
    ASKED,
    NEW_YEAR,
    OUTAGES,
    SHUT,
    UNLISTED,
    YEAR,
    Outage,
    Year,
    conditional,
    day,
    in_an_outage,
    live,
    on_the_eve_of_an_unlisted_day,
    quick_folder,
    two_polls,
    utc,
)
from tests.simulator import Request as Asked

ALARMS = {
    "cbu": utc("2026-02-10 11:30"),  # half an hour after its windows, which end at 16:00 in Tashkent,
    "nbkr": utc("2026-04-14 11:30"),  # at 17:00 in Bishkek,
    "nbk": utc("2026-06-08 12:30"),  # at 17:00 in Almaty,
    "nbt": utc("2026-08-03 13:30"),  # at 18:00 in Dushanbe,
    "fawazahmed0": utc("2026-10-20 06:30"),  # and at 06:00 UTC.
}


@pytest.fixture(scope="module")
def year() -> Year:
    """The year as it went."""
    with quick_folder() as folder:
        return live(*YEAR, folder)[0]


def test_every_publication_is_known_within_two_polls_of_its_appearance(year: Year) -> None:
    end = YEAR[1] - timedelta(days=1)
    late = {
        key: year.lags.get(key)
        for key, at in year.appeared.items()
        if at < end and not in_an_outage(key[0], at) and not on_the_eve_of_an_unlisted_day(key[0], at)
        if year.lags.get(key, timedelta.max) > two_polls(ALL[key[0]])
    }
    assert late == {}
    assert Counter(source for source, _ in year.lags).keys() == {source.key for source in ASKED}


def test_what_is_published_over_a_day_off_that_nobody_knew_of_is_known_before_it_is_in_force(
    year: Year,
) -> None:
    over = {
        key: year.lags[key] for key, at in year.appeared.items() if on_the_eve_of_an_unlisted_day(key[0], at)
    }
    assert len(over) == sum(map(len, UNLISTED.values()))
    for (source, effective), lag in over.items():
        assert year.appeared[source, effective] + lag < starts(effective, ALL[source].calendar.zone)
    assert all(days <= year.learned[source] for source, days in UNLISTED.items())


def test_the_banks_work_on_some_days_that_are_listed_and_are_shut_on_some_that_are_not() -> None:
    for key, country in {"nbkr": "KG", "nbk": "KZ", "nbt": "TJ", "cbu": "UZ"}.items():
        listed = {day for day in closed(country) if day.year == 2026 and day.weekday() < 5}
        assert listed - SHUT[key]
        assert SHUT[key] - listed - {NEW_YEAR} == UNLISTED.get(key, set())


def test_what_appeared_in_an_outage_is_filled_in_within_a_day_of_its_end(year: Year) -> None:
    missed = {key: at for key, at in year.appeared.items() if in_an_outage(key[0], at)}
    assert len(missed) >= 12
    for (source, effective), at in missed.items():
        ends = next(each.until for each in OUTAGES if each.source == source)
        assert at + year.lags[source, effective] <= ends + timedelta(days=1)


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda each: each.source)
def test_an_outage_is_alarmed_as_soon_as_one_publication_was_missed(year: Year, outage: Outage) -> None:
    alarm = year.first_alarm(outage)
    assert alarm
    assert (alarm.at, alarm.missed) == (ALARMS[outage.source], 1)


FALLBACKS = {
    "cbu": utc("2026-02-11 11:00"),  # at the end of the second window that was missed
    "nbkr": utc("2026-04-15 11:00"),
    "nbk": utc("2026-06-09 12:00"),
    "nbt": utc("2026-08-04 13:00"),
}


def test_the_headline_falls_back_when_its_bank_is_stale_and_returns_with_it_and_at_no_other_time(
    year: Year,
) -> None:
    order = [(tick.cause, str(tick.pair)) for tick in year.passed_on]
    pairs = {"cbu": "UZS/USD", "nbkr": "KGS/USD", "nbk": "KZT/USD", "nbt": "TJS/USD"}
    assert order == [(cause, pairs[key]) for key in FALLBACKS for cause in ("fallback", "recovery")]
    for fallback, recovery, key in zip(year.passed_on[::2], year.passed_on[1::2], FALLBACKS, strict=True):
        ends = next(outage.until for outage in OUTAGES if outage.source == key)
        assert (fallback.at, fallback.source) == (FALLBACKS[key], "fawazahmed0")
        assert recovery.source == key
        # The Kyrgyz bank speaks again in its next window, for the next day: it is believed from midnight on.
        assert recovery.at <= ends + timedelta(hours=12)


def test_there_is_no_alarm_on_a_weekend_a_holiday_or_any_other_day(year: Year) -> None:
    assert year.false_alarms() == []
    assert all(len(days) > 8 for days in SHUT.values())


@pytest.fixture(scope="module")
def requests() -> list[Asked]:
    """Those of a day."""
    with quick_folder() as folder:
        return day(folder)


def polls(requests: Sequence[Asked]) -> dict[datetime, int]:
    """How many requests there were at each instant."""
    return Counter(request.at for request in requests)


@pytest.mark.parametrize("source", ASKED, ids=lambda each: each.key)
def test_a_source_is_asked_often_in_its_window_alone_and_never_in_a_burst(
    requests: list[Asked], source: Source
) -> None:
    calendar = source.calendar
    assert isinstance(calendar, Schedule)
    hosts = [host.removeprefix("*") for host in source.hosts]
    asked = [each for each in requests if any(each.host.endswith(host) for host in hosts)]
    instants = polls(asked)
    assert instants
    assert max(Counter((request.at, request.host) for request in asked).values()) <= 3
    due = [calendar.window(each) for each in calendar.due_days(max(instants))]
    eager = [
        at for at in instants if any(opens <= at <= closes + timedelta(minutes=40) for opens, closes in due)
    ]
    length = max(closes - opens for opens, closes in due) + timedelta(minutes=40)
    assert len(eager) <= length / calendar.eager + 2
    assert len(instants) - len(eager) <= timedelta(days=1) / calendar.idle + 3, "and a fill of the day before"
    assert source.history
    gaps = [later - earlier for earlier, later in pairwise(sorted(instants))]
    assert min(gaps) >= source.history.pause


def test_a_file_that_can_be_asked_for_if_changed_is_asked_for_so(requests: list[Asked]) -> None:
    files = [each for each in requests if each.host == "www.nbkr.kg" and each.path.startswith("/XML/")]
    assert all(map(conditional, files))
    sent = [each for each in files if each.status == 200]
    assert [each.path for each in sent] == ["/XML/daily.xml"], "once, when it was new"


def test_nobody_is_asked_more_than_a_hundred_times_a_day(requests: list[Asked]) -> None:
    assert max(Counter(each.host for each in requests).values()) <= 100
