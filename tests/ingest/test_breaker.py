"""The circuit breaker: when a host is left alone, why, for how long, and what ends it."""

from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from app.domain.errors import Unreachable
from app.ingest.breaker import MOST_REST, MOST_UNWELCOME, REST, TRIPS_AFTER, Breaker, Resting
from tests.fakes import NOON

HOST = "www.nbkr.kg"


def tripped() -> Breaker:
    """The breaker of a host that has just failed once too often, at noon."""
    breaker = Breaker(HOST)
    for _ in range(TRIPS_AFTER):
        breaker.failed(NOON)
    return breaker


def test_a_host_may_fail_a_few_times_in_a_row() -> None:
    breaker = Breaker(HOST)
    for _ in range(TRIPS_AFTER - 1):
        breaker.failed(NOON)
    breaker.check("nbkr", NOON)
    breaker.answered()
    for _ in range(TRIPS_AFTER - 1):
        breaker.failed(NOON)
    breaker.check("nbkr", NOON)
    assert not breaker.rests(NOON)


def test_then_it_rests_and_the_error_says_who_how_often_and_until_when() -> None:
    with pytest.raises(Resting) as caught:
        tripped().check("nbkr", NOON)
    assert isinstance(caught.value, Unreachable)
    assert (caught.value.source, caught.value.again_at) == ("nbkr", NOON + REST)
    assert str(caught.value) == (
        "nbkr: www.nbkr.kg failed 5 times in a row and is not asked before 2026-03-03T12:00:10Z"
    )


def test_the_rest_ends_at_its_instant_and_not_before() -> None:
    breaker, last = tripped(), NOON + REST - timedelta(microseconds=1)
    assert breaker.rests(last)
    assert not breaker.rests(NOON + REST)
    breaker.check("nbkr", NOON + REST)


def test_each_trial_that_fails_doubles_the_rest_up_to_the_longest() -> None:
    breaker, now, rests = tripped(), NOON, []
    for _ in range(20):
        with pytest.raises(Resting) as caught:
            breaker.check("nbkr", now)
        rests.append(caught.value.again_at - now)
        now = caught.value.again_at
        breaker.failed(now)
    doubled = [REST * 2**trial for trial in range(20)]
    assert rests == [min(rest, MOST_REST) for rest in doubled]
    assert rests[-1] == MOST_REST


def test_after_an_answer_all_is_forgotten() -> None:
    breaker = tripped()
    breaker.answered()
    breaker.check("nbkr", NOON)
    for _ in range(TRIPS_AFTER):
        breaker.failed(NOON)
    with pytest.raises(Resting) as caught:
        breaker.check("nbkr", NOON)
    assert caught.value.again_at == NOON + REST


def test_a_rest_and_its_end_are_logged_once_each() -> None:
    with capture_logs() as logs:
        breaker = tripped()
        for trial in range(3):
            breaker.failed(NOON + REST * 2**trial)
        breaker.answered()
        breaker.answered()
    assert [(entry["event"], entry["host"], entry["failures"]) for entry in logs] == [
        ("host rests", HOST, TRIPS_AFTER),
        ("host answers again", HOST, TRIPS_AFTER + 3),
    ]
    assert logs[0]["until"] == f"{NOON + REST:%Y-%m-%dT%H:%M:%SZ}", "in the form of the log's own times"


# What a host wishes


def rest(breaker: Breaker) -> Resting:
    """The rest of a host at noon."""
    with pytest.raises(Resting) as caught:
        breaker.check("nbkr", NOON)
    return caught.value


def test_a_host_that_does_not_want_to_be_asked_rests_from_its_first_failure_on_and_the_error_says_so() -> (
    None
):
    breaker = Breaker(HOST)
    breaker.failed(NOON, NOON + timedelta(hours=1))
    assert rest(breaker).again_at == NOON + timedelta(hours=1)
    assert str(rest(breaker)) == (
        "nbkr: www.nbkr.kg wants to be left alone and is not asked before 2026-03-03T13:00:00Z"
    )
    breaker.check("nbkr", NOON + timedelta(hours=1))


def test_a_wish_beyond_a_day_is_a_misprint_and_heeded_for_that_day() -> None:
    breaker = Breaker(HOST)
    breaker.failed(NOON, NOON + timedelta(days=9999))
    assert rest(breaker).again_at == NOON + MOST_UNWELCOME
    breaker.check("nbkr", NOON + MOST_UNWELCOME)


@pytest.mark.parametrize("wish", [NOON, NOON - timedelta(days=1)])
def test_a_wish_for_the_past_is_none(wish: datetime) -> None:
    breaker = Breaker(HOST)
    with capture_logs() as logs:
        breaker.failed(NOON, wish)
        breaker.check("nbkr", NOON)
        breaker.answered()
    assert logs == []


@pytest.mark.parametrize(
    ("wish", "until", "why"),
    [
        (REST / 2, REST, "failed 5 times in a row"),
        (REST * 2, REST * 2, "wants to be left alone"),
    ],
)
def test_of_a_wish_and_a_rest_the_longer_counts_and_is_the_one_that_is_told(
    wish: timedelta, until: timedelta, why: str
) -> None:
    breaker = Breaker(HOST)
    for _ in range(TRIPS_AFTER - 1):
        breaker.failed(NOON)
    breaker.failed(NOON, NOON + wish)
    assert rest(breaker).again_at == NOON + until
    assert why in str(rest(breaker))


def test_a_rest_that_was_wished_for_and_its_end_are_logged_once_each() -> None:
    breaker = Breaker(HOST)
    with capture_logs() as logs:
        for _ in range(TRIPS_AFTER + 1):
            breaker.failed(NOON, NOON + REST)
        breaker.answered()
        breaker.check("nbkr", NOON)
    assert [entry["event"] for entry in logs] == ["host rests", "host answers again"]
