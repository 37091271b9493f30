"""The daily file of currency-api. Its sample is written by hand in the project's form."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from app.domain.pairs import Pair
from app.domain.rules import Evidence, judge
from app.ingest.fetch import Fetcher
from app.ingest.poller import Asked, ask
from app.sources import fawazahmed0
from app.sources.base import Reply
from tests.fakes import HastyClock
from tests.said import at
from tests.simulator import Fault, Simulator
from tests.sources.documents import DOCUMENTS, FETCHED

FILE = DOCUMENTS["fawazahmed0"]
DAY = date(2026, 7, 15)


def test_the_file_gives_the_five_currencies_with_every_digit() -> None:
    assert FILE.printed() == {
        "USD/KGS": ("86.94720013", 1),
        "USD/KZT": ("470.61338204", 1),
        "USD/TJS": ("9.26911847", 1),
        "USD/UZS": ("11990.07351058", 1),
        "USD/TMT": ("3.49616159", 1),
    }


def test_a_rate_is_units_for_one_dollar_and_turned_round_exactly() -> None:
    rates = {str(said.pair): said.rate for said in FILE.parse()}
    assert rates["KGS/USD"] == Decimal("0.011501232915")


def test_its_days_are_those_of_utc() -> None:
    assert {(said.effective_date, said.observed_at) for said in FILE.parse()} == {
        (DAY, datetime(2026, 7, 15, tzinfo=UTC))
    }


def test_a_rate_that_no_double_can_hold_keeps_its_digits() -> None:
    (som, *_) = FILE.parse(FILE.changed("86.94720013", "86.947200130000000001"))
    assert som.published.value == "86.947200130000000001"


def test_the_latest_file_may_be_of_the_day_before() -> None:
    reply = Reply(fawazahmed0.request(None), FILE.changed("2026-07-15", "2026-07-14"), FETCHED)
    assert {said.effective_date for said in fawazahmed0.parse(reply)} == {date(2026, 7, 14)}


@pytest.mark.parametrize("written", ["2026-07-14", "2026-07-16"])
def test_the_file_of_another_day_than_was_asked_for_is_refused(written: str) -> None:
    assert f"dated {written}, but 2026-07-15 was asked for" in FILE.refusal(
        FILE.changed("2026-07-15", written)
    )


def test_a_latest_file_far_ahead_is_refused_by_the_rules() -> None:
    reply = Reply(fawazahmed0.request(None), FILE.changed("2026-07-15", "2026-08-15"), FETCHED)
    assert judge(fawazahmed0.parse(reply)[0], Evidence(today=DAY)).rule == "too-far-ahead"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"date": "2026-07-15",', "", "no date"),
        ('"2026-07-15"', "null", "date 'None'"),
        ('"2026-07-15"', '"15.07.2026"', "expected yyyy-mm-dd"),
        ('"usd"', '"eur"', "usd: "),
        ("86.94720013", "null", "KGS: kgs 'None', expected a text or number"),
        ("86.94720013", '""', "KGS: value: "),
        ("86.94720013", '"n/a"', "KGS: value: "),
        ("86.94720013", "{}", "KGS: kgs '{}'"),
        ("86.94720013", "NaN", "NaN is no number"),
    ],
)
def test_what_is_missing_or_no_number_is_refused_by_its_name(old: str, new: str, reason: str) -> None:
    assert reason in FILE.refusal(FILE.changed(old, new))


def test_a_currency_that_is_left_out_is_passed_over_but_not_all_of_them() -> None:
    printed = FILE.printed(FILE.changed('"kzt"', '"xyz"'))
    assert "USD/KZT" not in printed
    assert len(printed) == 4
    assert "none of KGS, KZT, TJS, UZS, TMT under usd" in FILE.refusal(
        b'{"date": "2026-07-15", "usd": {"eur": 0.85}}'
    )


@pytest.mark.parametrize("value", ["0", "-86.9"])
def test_zero_or_less_is_handed_on_and_refused_by_the_rules(value: str) -> None:
    said = FILE.parse(FILE.changed("86.94720013", value))[0]
    assert judge(said, Evidence(today=DAY)).rule == "not-positive"


def test_a_key_that_stands_twice_is_refused_since_nobody_knows_which_was_meant() -> None:
    assert "'kgs' stands there twice" in FILE.refusal(FILE.changed('"kzt"', '"kgs"'))


def test_a_symbol_that_was_given_to_a_token_is_outside_what_is_plausible() -> None:
    """As MNT was in 2025, for weeks: 0.784 in place of 3597."""
    said = FILE.parse(FILE.changed("470.61338204", "0.10261"))
    (tenge,) = (each for each in said if each.published.pair == Pair("USD", "KZT"))
    assert judge(tenge, Evidence(today=DAY)).rule == "outside-the-band"


@pytest.mark.parametrize("body", [b"[]", b'{"date": "2026-07-15", "rates": {}}', b"<html></html>", b'""'])
def test_another_layout_is_refused(body: bytes) -> None:
    assert FILE.refusal(body).startswith("fawazahmed0: ")


# What is asked, and when


def test_a_day_is_asked_for_at_two_hosts_and_a_day_without_a_file_is_no_failure() -> None:
    request = fawazahmed0.request(DAY)
    assert request.url == (
        "https://cdn.jsdelivr.net/npm/@fawazahmed0/currency-api@2026-07-15/v1/currencies/usd.min.json"
    )
    assert request.alternatives == ("https://2026-07-15.currency-api.pages.dev/v1/currencies/usd.min.json",)
    assert request.absent == {404}


def test_that_there_is_no_latest_file_is_a_failure() -> None:
    assert fawazahmed0.request(None).absent == frozenset()


def test_the_latest_is_asked_for_before_the_days_that_are_due_which_have_the_last_word() -> None:
    def days(instant: str) -> list[date | None]:
        return [request.day for request in fawazahmed0.SOURCE.requests(at(instant))]

    assert days("2026-07-15 00:29") == [None, date(2026, 7, 14)]
    assert days("2026-07-15 00:30") == [None, date(2026, 7, 14), DAY]
    assert days("2026-07-15 06:00") == [None, DAY]


def test_only_the_newest_that_must_be_there_is_no_guess() -> None:
    def needed(instant: str) -> list[date | None]:
        return [request.day for request in fawazahmed0.requests(at(instant)) if not request.optional]

    assert needed("2026-07-15 00:30") == [date(2026, 7, 14)]
    assert needed("2026-07-15 06:00") == [DAY]


def test_a_broken_alias_throws_no_sound_file_of_a_day_away() -> None:
    async def asked(sim: Simulator) -> Asked:
        async with Fetcher(HastyClock(FETCHED), mirror=sim.url, hosts=fawazahmed0.SOURCE.hosts) as fetcher:
            return await ask(fawazahmed0.SOURCE, fetcher, at("2026-07-15 06:00"))

    with Simulator() as sim:
        sim.set_clock(FETCHED)
        sim.fawazahmed0.publish(DAY, at=at("2026-07-15 03:00"))
        for url in (fawazahmed0.request(None).url, *fawazahmed0.request(None).alternatives):
            sim.fault(Fault.STATUS_403, path=urlsplit(url).path, host=urlsplit(url).netloc)
        said = asyncio.run(asked(sim))
    assert {each.effective_date for each in said.observations} == {DAY}
    assert "latest" in str(said.unheard)


def test_the_past_is_asked_for_by_the_day_since_march_2024() -> None:
    history = fawazahmed0.SOURCE.history
    assert history
    assert history.since == date(2024, 3, 2)
    spans = list(history.spans(DAY - timedelta(days=9), DAY))
    assert [span.since for span in spans] == [DAY - timedelta(days=9 - n) for n in range(10)]
