"""Ranges of Frankfurter. Their sample is written by hand in its form."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.domain.errors import NoRates
from app.domain.pairs import TICKER
from app.domain.rules import Evidence, judge
from app.sources import frankfurter
from app.sources.base import Reply
from tests.said import at
from tests.sources.documents import DOCUMENTS, FETCHED

RANGE = DOCUMENTS["frankfurter"]
DAY, NEXT = date(2026, 7, 15), date(2026, 7, 16)


def rows() -> list[dict[str, Any]]:
    """The rows of the sample."""
    found: list[dict[str, Any]] = json.loads(RANGE.sample)
    return found


def with_first(**changes: object) -> bytes:
    """The sample with other members in its first row; one that is None is not there."""
    first, *rest = rows()
    return json.dumps(
        [{name: value for name, value in (first | changes).items() if value is not None}, *rest]
    ).encode()


def test_each_pair_has_the_days_of_its_own_bank() -> None:
    said = {(str(each.published.pair), each.effective_date): each.published.value for each in RANGE.parse()}
    assert said == {
        ("USD/KGS", DAY): "86.93",
        ("USD/KZT", DAY): "470.2",
        ("USD/TJS", DAY): "9.266",
        ("USD/TMT", DAY): "3.5",
        ("USD/UZS", DAY): "11987",
        ("USD/KGS", NEXT): "87.04",
        ("USD/KZT", NEXT): "470",
    }


def test_its_days_are_counted_in_utc_and_its_units_are_for_one_dollar() -> None:
    for said in RANGE.parse():
        assert said.observed_at == datetime.combine(said.effective_date, datetime.min.time(), UTC)
        assert (said.published.pair.base, said.published.nominal) == ("USD", 1)


def test_a_row_of_tomorrow_is_taken_and_one_far_ahead_is_refused() -> None:
    request = frankfurter.request(DAY)
    ahead = json.dumps([rows()[0] | {"date": "2026-07-22"}]).encode()
    (said,) = frankfurter.parse(Reply(request, ahead, FETCHED))
    assert judge(said, Evidence(today=DAY)).rule == "too-far-ahead"
    with pytest.raises(Exception, match="frankfurter: dated 2026-07-23 to 2026-07-23, but"):
        frankfurter.parse(Reply(request, ahead.replace(b"07-22", b"07-23"), FETCHED))


def test_a_row_outside_of_the_range_is_refused() -> None:
    assert "but 2026-07-15 to 2026-07-16 was asked for" in RANGE.refusal(with_first(date="2026-07-14"))


def test_an_empty_range_is_refused_unless_nothing_was_due_in_it() -> None:
    assert "no rate of 2026-07-15 to 2026-07-16" in RANGE.refusal(b"[]")
    weekend = frankfurter.request(date(2026, 7, 18), date(2026, 7, 19))
    with pytest.raises(NoRates):
        frankfurter.parse(Reply(weekend, b"[]", FETCHED))


@pytest.mark.parametrize("name", ["date", "base", "quote", "rate"])
def test_a_row_without_a_member_is_refused_by_its_name(name: str) -> None:
    assert f"no {name}" in RANGE.refusal(with_first(**{name: None}))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"base": "EUR"}, "base 'EUR', expected USD"),
        ({"rate": ""}, "KGS: value: "),
        ({"rate": "n/a"}, "KGS: value: "),
        ({"rate": []}, "rate '[]', expected a text or number"),
        ({"date": "15.07.2026"}, "expected yyyy-mm-dd"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(changes: dict[str, object], reason: str) -> None:
    assert reason in RANGE.refusal(with_first(**changes))


def test_the_dollar_in_dollars_is_passed_over() -> None:
    identity = {"date": "2026-07-15", "base": "USD", "quote": "USD", "rate": 1}
    assert RANGE.parse(json.dumps([identity, *rows()]).encode()) == RANGE.parse()


def test_two_rows_of_one_pair_and_day_that_differ_are_refused() -> None:
    twice = json.dumps([*rows(), rows()[0] | {"rate": 86.94}]).encode()
    assert "2026-07-15: USD/KGS stands there twice" in RANGE.refusal(twice)


@pytest.mark.parametrize("rate", [0, -86.93])
def test_zero_or_less_is_handed_on_and_refused_by_the_rules(rate: object) -> None:
    said = RANGE.parse(with_first(rate=rate))[0]
    assert judge(said, Evidence(today=DAY)).rule == "not-positive"


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":422,"message":"unknown parameter"}',
        b'{"amount":1.0,"base":"USD","date":"2026-07-15","rates":{"KGS":86.93}}',
        b"[1]",
        b"<html></html>",
    ],
)
def test_an_error_in_place_of_rates_and_another_layout_are_refused(body: bytes) -> None:
    assert RANGE.refusal(body).startswith("frankfurter: ")


# What is asked, and when


def test_a_poll_is_one_request_for_the_last_week_of_all_pairs() -> None:
    (request,) = frankfurter.SOURCE.requests(at("2026-07-16 12:00"))
    assert request.url == (
        "https://api.frankfurter.dev/v2/rates?base=USD&quotes=KGS,KZT,TJS,UZS,TMT&from=2026-07-09"
    )


def test_it_says_that_its_values_are_rounded_and_is_believed_last() -> None:
    assert frankfurter.SOURCE.rounded
    assert set(frankfurter.SOURCE.pairs) == set(TICKER)


def test_the_past_is_asked_for_by_decades() -> None:
    history = frankfurter.SOURCE.history
    assert history
    spans = list(history.spans(history.since, date(2026, 7, 16)))
    assert [(str(span.since), str(span.until)) for span in spans] == [
        ("1999-01-01", "2000-12-31"),
        ("2001-01-01", "2010-12-31"),
        ("2011-01-01", "2020-12-31"),
        ("2021-01-01", "2026-07-16"),
    ]
    assert spans[1].requests[0].url.endswith("&from=2001-01-01&to=2010-12-31")
