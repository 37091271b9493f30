"""The table of one day of the Uzbek bank. Its sample is written by hand in the bank's form."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.domain.errors import BadBody
from app.domain.observations import Reported
from app.domain.pairs import Pair
from app.domain.rules import Evidence, judge
from app.sources import cbu
from app.sources.base import Reply, Request
from tests.said import at
from tests.sources.documents import DAY, DOCUMENTS, FETCHED

CBU = DOCUMENTS["cbu"]


def rows() -> list[dict[str, Any]]:
    """The rows of the sample."""
    found: list[dict[str, Any]] = json.loads(CBU.sample)
    return found


def with_dollar(**changes: object) -> bytes:
    """The sample with other members in the dollar's row; one that is None is not there."""
    return json.dumps(
        [
            {name: value for name, value in (row | changes).items() if value is not None}
            if row["Ccy"] == "USD"
            else row
            for row in rows()
        ]
    ).encode()


def dated(day: date) -> bytes:
    """The sample as the table of `day`."""
    return CBU.sample.replace(b"16.07.2026", f"{day:%d.%m.%Y}".encode())


def asked_for(day: date, body: bytes) -> set[date]:
    """The days read from `body` as the answer for `day`."""
    return {said.effective_date for said in cbu.parse(Reply(cbu.request(day), body, FETCHED))}


def test_the_table_gives_the_currencies_known_here_as_printed_for_the_units_that_it_names() -> None:
    assert CBU.printed() == {
        "EUR/UZS": ("13921.66", 1),
        "USD/UZS": ("11987.30", 1),
        "RUB/UZS": ("150.12", 1),
        "KZT/UZS": ("25.50", 1),
        "KGS/UZS": ("137.90", 1),
        "TJS/UZS": ("1293.78", 1),
        "TMT/UZS": ("342494.20", 100),
        "CNY/UZS": ("1719.44", 1),
    }


@pytest.mark.parametrize("nominal", [1, 10, 100, 1000])
def test_a_rate_is_per_one_unit_whatever_the_nominal(nominal: int) -> None:
    body = CBU.changed('"Nominal": "100"', f'"Nominal": "{nominal}"')
    (manat,) = (said for said in CBU.parse(body) if said.published.pair == Pair("TMT", "UZS"))
    assert manat.published.rate(Pair("TMT", "UZS")) == Decimal("342494.20") / nominal


def test_a_rate_is_dated_by_its_rows_and_holds_from_that_midnight_in_tashkent() -> None:
    for said in CBU.parse():
        assert (said.source, said.effective_date) == ("cbu", DAY)
        assert said.observed_at == datetime(2026, 7, 15, 19, tzinfo=UTC)


@pytest.mark.parametrize("turn", [1, 3, 7])
def test_neither_the_order_of_the_rows_nor_their_ids_mean_anything(turn: int) -> None:
    turned = [row | {"id": 100 - place} for place, row in enumerate(rows()[turn:] + rows()[:turn])]
    said = {(each.pair, each.published) for each in CBU.parse(json.dumps(turned).encode())}
    assert said == {(each.pair, each.published) for each in CBU.parse()}


@pytest.mark.parametrize(
    ("printed", "reported"),
    [
        ("-16.5", Reported(difference="-16.5")),
        ("0", Reported(difference="0")),
        ("", None),
        (None, None),
        ("n/a", None),
        ("-", None),
        ("-1,016.5", None),
        ("-1,016", None),
        ([], None),
    ],
)
def test_the_dollar_carries_the_difference_that_the_bank_printed_where_it_can_be_read(
    printed: object, reported: Reported | None
) -> None:
    said = CBU.parse(with_dollar(Diff=printed))
    assert {str(each.published.pair): each.reported for each in said}["USD/UZS"] == reported
    assert not any(each.reported for each in said if each.published.pair != cbu.DOLLAR)


def test_a_carried_table_is_kept_under_its_own_date() -> None:
    saturday, friday = date(2026, 7, 18), date(2026, 7, 17)
    assert asked_for(saturday, dated(friday)) == {friday}


def test_the_table_of_a_later_day_than_was_asked_for_is_refused() -> None:
    with pytest.raises(BadBody, match="dated 2026-07-17, but 2026-07-16 was asked for"):
        asked_for(DAY, dated(date(2026, 7, 17)))


def test_a_table_of_two_days_is_refused() -> None:
    assert "dated 2026-07-15 and 2026-07-16, expected one day" in CBU.refusal(with_dollar(Date="15.07.2026"))


@pytest.mark.parametrize("name", ["Nominal", "Rate", "Date", "Ccy"])
def test_a_row_without_a_member_is_refused_by_its_name(name: str) -> None:
    assert f"no {name}" in CBU.refusal(with_dollar(**{name: None}))


def test_a_table_without_the_dollar_is_refused() -> None:
    rest = json.dumps([row for row in rows() if row["Ccy"] != "USD"]).encode()
    assert "no row of USD among" in CBU.refusal(rest)


@pytest.mark.parametrize("rate", ["", " ", "-", "n/a", "1 194.21", "12,194.21", "11987,30", "1e4", "NaN", []])
def test_a_dollar_without_a_number_is_refused_and_no_comma_is_a_decimal_mark(rate: object) -> None:
    assert CBU.refusal(with_dollar(Rate=rate)).startswith("cbu: ")


@pytest.mark.parametrize("rate", ["0", "0.00", "-11987.30"])
def test_a_dollar_of_zero_or_less_is_handed_on_and_refused_by_the_rules(rate: str) -> None:
    (said,) = (each for each in CBU.parse(with_dollar(Rate=rate)) if each.published.pair == cbu.DOLLAR)
    assert judge(said, Evidence(today=DAY)).rule == "not-positive"


@pytest.mark.parametrize("nominal", ["0", "-1", "1.0", "", "one"])
def test_a_nominal_that_is_no_positive_whole_number_is_refused(nominal: str) -> None:
    assert "nominal" in CBU.refusal(with_dollar(Nominal=nominal))


@pytest.mark.parametrize("written", ["2026-07-16", "16.7.2026", "31.06.2026", ""])
def test_a_date_in_another_form_is_refused(written: str) -> None:
    assert "expected dd.mm.yyyy" in CBU.refusal(with_dollar(Date=written))


def test_null_in_place_of_a_rate_is_a_blank_one() -> None:
    assert "EUR/UZS" not in CBU.printed(CBU.changed('"13921.66"', "null"))
    assert "USD: value: ''" in CBU.refusal(CBU.changed('"11987.30"', "null"))


def test_a_number_that_is_no_text_is_the_same_literal() -> None:
    assert CBU.parse(CBU.changed('"11987.30"', "11987.30")) == CBU.parse()


def test_two_rows_of_one_currency_that_differ_are_refused_and_two_that_agree_are_one() -> None:
    (dollar,) = (row for row in rows() if row["Ccy"] == "USD")
    twice = json.dumps([*rows(), dollar | {"Rate": "11987.31"}]).encode()
    assert "USD stands there twice, as 11987.30 per 1 and 11987.31 per 1" in CBU.refusal(twice)
    assert CBU.parse(json.dumps([*rows(), dollar]).encode()) == CBU.parse()


def test_a_currency_unknown_here_is_passed_over_whatever_is_in_it() -> None:
    assert CBU.parse(CBU.changed('"7.38"', '"?"')) == CBU.parse()


@pytest.mark.parametrize(
    "body", [b'{"rates": []}', b"[]", b"[[]]", b'[{"code": "USD"}]', b"<html></html>", b'"USD"']
)
def test_another_layout_is_refused(body: bytes) -> None:
    assert CBU.refusal(body).startswith("cbu: ")


# What is asked, and when


def test_a_day_is_asked_for_by_its_date_with_the_slash_at_the_end() -> None:
    (request,) = cbu.SOURCE.requests(at("2026-07-16 06:00"))
    assert request.url == "https://cbu.uz/en/arkhiv-kursov-valyut/json/all/2026-07-16/"
    assert (request.day, request.host) == (DAY, "cbu.uz")


def test_the_next_working_day_is_asked_for_once_its_rate_may_be_there() -> None:
    def days(instant: str) -> list[date | None]:
        return [request.day for request in cbu.SOURCE.requests(at(instant))]

    assert days("2026-07-17 07:59") == [date(2026, 7, 17)]
    assert days("2026-07-17 08:00") == [date(2026, 7, 17), date(2026, 7, 20)]


def test_when_a_day_has_not_come_by_the_end_of_its_window_the_days_after_it_are_asked_for_instead() -> None:
    request: Request | None = cbu.SOURCE.requests(at("2026-07-16 11:00"))[-1]
    asked = []
    while request:
        asked.append((request.day, request.optional))
        request = request.otherwise
    assert asked == [(date(2026, 7, day), day != 17) for day in (17, 20, 21, 22)]


def test_the_past_is_asked_for_by_tuesdays_until_2017_and_by_working_days_since() -> None:
    history = cbu.SOURCE.history
    assert history
    assert history.since == date(1994, 7, 1)
    weekly = list(history.spans(date(2010, 1, 1), date(2010, 12, 31)))
    assert len(weekly) == 52
    daily = list(history.spans(date(2026, 7, 13), date(2026, 7, 19)))
    assert [span.requests[0].day for span in daily] == [
        date(2026, 7, 13) + timedelta(days=n) for n in range(5)
    ]
