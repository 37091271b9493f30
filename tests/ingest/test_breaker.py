"""The circuit breaker: when a host is left alone, for how long, and what ends it."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from app.domain.errors import Unreachable
from app.ingest.breaker import MOST_REST, REST, TRIPS_AFTER, Breaker, Resting
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
    until = f"{NOON + REST:%H:%M:%S}"
    assert (
        str(caught.value)
        == f"nbkr: {HOST} failed {TRIPS_AFTER} times in a row and is not asked before {until} UTC"
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
