"""The latest rates of Open Exchange Rates. Their sample is written by hand in its form."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.calendar import Continuous
from app.domain.rules import Evidence, judge
from app.sources import openexchangerates
from tests.said import at
from tests.sources.documents import DOCUMENTS

LATEST = DOCUMENTS["openexchangerates"]
SPOKE = datetime(2026, 7, 15, 8, tzinfo=UTC)


def test_the_answer_gives_the_five_currencies_with_every_digit() -> None:
    assert LATEST.printed() == {
        "USD/KGS": ("86.95", 1),
        "USD/KZT": ("470.488127", 1),
        "USD/TJS": ("9.271003", 1),
        "USD/UZS": ("11991.25", 1),
        "USD/TMT": ("3.51", 1),
    }


def test_a_rate_is_observed_at_the_instant_of_the_answer_on_that_day_of_utc() -> None:
    assert {(said.effective_date, said.observed_at) for said in LATEST.parse()} == {(SPOKE.date(), SPOKE)}
    late = LATEST.changed("1784102400", "1784159999")
    assert {said.effective_date for said in LATEST.parse(late)} == {date(2026, 7, 15)}
    later = LATEST.changed("1784102400", "1784160000")
    assert {said.effective_date for said in LATEST.parse(later)} == {date(2026, 7, 16)}


def test_an_instant_far_ahead_is_refused_by_the_rules() -> None:
    ahead = LATEST.changed("1784102400", str(1784102400 + 30 * 86400))
    assert judge(LATEST.parse(ahead)[0], Evidence(today=SPOKE.date())).rule == "too-far-ahead"


@pytest.mark.parametrize(
    "seconds",
    ["0", "-1", "1784102400000", "1784102400.5", '"yesterday"', '""', "1e9", f'"000946684800{"9" * 12}"'],
)
def test_a_timestamp_that_is_no_instant_of_our_time_is_refused(seconds: str) -> None:
    assert "expected Unix seconds" in LATEST.refusal(LATEST.changed("1784102400", seconds))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"timestamp": 1784102400,', "", "no timestamp"),
        ('"base": "USD",', "", "no base"),
        ('"USD"', '"EUR"', "base 'EUR', expected USD"),
        ('"rates"', '"conversion_rates"', "rates: "),
        ("86.95", "null", "KGS: KGS 'None'"),
        ("86.95", '""', "KGS: value: "),
        ("86.95", "NaN", "NaN is no number"),
        ('"KZT"', '"KGS"', "'KGS' stands there twice"),
    ],
)
def test_what_is_missing_or_no_number_is_refused_by_its_name(old: str, new: str, reason: str) -> None:
    assert reason in LATEST.refusal(LATEST.changed(old, new))


def test_a_currency_that_is_left_out_is_passed_over_but_not_all_of_them() -> None:
    assert "USD/KZT" not in LATEST.printed(LATEST.changed('"KZT"', '"XYZ"'))
    none = b'{"timestamp": 1784102400, "base": "USD", "rates": {"EUR": 0.85}}'
    assert "none of KGS, KZT, TJS, UZS, TMT under rates" in LATEST.refusal(none)


@pytest.mark.parametrize("value", ["0", "-86.95"])
def test_zero_or_less_is_handed_on_and_refused_by_the_rules(value: str) -> None:
    said = LATEST.parse(LATEST.changed("86.95", value))[0]
    assert judge(said, Evidence(today=SPOKE.date())).rule == "not-positive"


@pytest.mark.parametrize("message", ["invalid_app_id", "not_allowed", "access_restricted"])
def test_a_refusal_is_told_in_the_words_of_the_service(message: str) -> None:
    body = f'{{"error": true, "status": 401, "message": "{message}", "description": "Sign up."}}'.encode()
    assert LATEST.refusal(body) == f"openexchangerates: it refuses: {message}"


@pytest.mark.parametrize("body", [b"[]", b'{"result": "success"}', b"<html></html>", b"1"])
def test_another_layout_is_refused(body: bytes) -> None:
    assert LATEST.refusal(body).startswith("openexchangerates: ")


# What is asked, and when


def test_the_key_is_sent_but_stands_in_no_url_and_in_no_description() -> None:
    (request,) = openexchangerates.keyed("a key&more").requests(at("2026-07-15 08:00"))
    assert request.secret == "app_id=a%20key%26more"
    assert "key" not in request.url
    assert "a%20key" not in repr(request)


def test_without_a_key_it_is_known_but_asks_nothing() -> None:
    assert openexchangerates.SOURCE.needs == "SILKRATE_OPENEXCHANGERATES_APP_ID"
    assert openexchangerates.SOURCE.requests(at("2026-07-15 08:00")) == ()
    assert openexchangerates.keyed("x").needs is None


def test_it_speaks_each_hour_is_never_asked_more_often_and_never_for_its_past() -> None:
    assert openexchangerates.SOURCE.least == timedelta(hours=1)
    assert openexchangerates.SOURCE.history is None
    calendar = openexchangerates.SOURCE.calendar
    assert isinstance(calendar, Continuous)
    assert calendar.next_poll(SPOKE.date(), SPOKE) == SPOKE + timedelta(hours=1)


def test_it_is_off_by_default_for_its_terms_forbid_to_serve_its_rates_on() -> None:
    assert not openexchangerates.SOURCE.default
    assert "redistribute" in openexchangerates.SOURCE.terms
