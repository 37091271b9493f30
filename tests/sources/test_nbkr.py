"""The daily file of the Kyrgyz bank. Its sample is written by hand in the bank's form."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.errors import BadBody
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.domain.rules import Evidence, judge
from app.sources import nbkr
from app.sources.base import Reply
from tests.sources.mutations import damaged

SAMPLE = (Path(__file__).parent / "samples/nbkr-daily.xml").read_bytes()
FETCHED = datetime(2026, 7, 15, 10, 25, tzinfo=UTC)
USD = b'<Currency ISOCode="USD">\n<Nominal>1</Nominal>\n<Value>86,9310</Value>\n</Currency>\n'
EUR = b'<Currency ISOCode="EUR">\n<Nominal>1</Nominal>\n<Value>99,4030</Value>\n</Currency>\n'


def parse(body: bytes) -> list[Observation]:
    return nbkr.parse(Reply(nbkr.DAILY, body, FETCHED))


def changed(old: bytes, new: bytes) -> bytes:
    """The sample with its first `old` replaced."""
    assert old in SAMPLE
    return SAMPLE.replace(old, new, 1)


def published(body: bytes) -> dict[str, Published]:
    return {said.published.pair.base: said.published for said in parse(body)}


def refusal(body: bytes) -> str:
    """Why the body is refused."""
    with pytest.raises(BadBody) as caught:
        parse(body)
    assert caught.value.source == "nbkr"
    assert len(str(caught.value)) < 300
    return str(caught.value)


def test_the_file_gives_every_rate_as_printed_with_a_point_for_the_comma() -> None:
    assert [
        (str(said.published.pair), said.published.value, said.published.nominal) for said in parse(SAMPLE)
    ] == [
        ("USD/KGS", "86.9310", 1),
        ("EUR/KGS", "99.4030", 1),
        ("CNY/KGS", "12.4401", 1),
        ("KZT/KGS", "0.1702", 1),
        ("RUB/KGS", "1.0956", 1),
    ]


def test_a_rate_is_dated_by_the_file_and_holds_from_that_midnight_in_bishkek() -> None:
    for said in parse(SAMPLE):
        assert said.source == "nbkr"
        assert said.effective_date == date(2026, 7, 16)
        assert said.observed_at == datetime(2026, 7, 15, 18, tzinfo=UTC)
        assert said.fetched_at == FETCHED


def test_87_4500_is_read_to_the_last_digit() -> None:
    (dollar, *_) = parse(changed(b"86,9310", b"87,4500"))
    assert dollar.published.value == "87.4500"
    assert dollar.pair == Pair("KGS", "USD")
    assert dollar.rate == Decimal("0.0114351057747")


def test_a_twenty_digit_literal_comes_back_whole() -> None:
    assert published(changed(b"86,9310", b"86,931000000000000017"))["USD"].value == "86.931000000000000017"


def test_a_nominal_is_kept() -> None:
    body = changed(b"<Nominal>1</Nominal>\n<Value>0,1702", b"<Nominal>100</Nominal>\n<Value>17,0200")
    assert published(body)["KZT"] == Published(Pair("KZT", "KGS"), "17.0200", 100)


@pytest.mark.parametrize("blank", [b"0,0000", b"0", b"", b"  \n", b"-"])
def test_zero_or_nothing_beside_another_currency_means_that_there_is_no_rate_of_it(blank: bytes) -> None:
    assert list(published(changed(b"99,4030", blank))) == ["USD", "CNY", "KZT", "RUB"]


@pytest.mark.parametrize("value", [b"0,0000", b"-86,9310"])
def test_a_dollar_of_zero_or_less_is_handed_on_and_refused_by_the_rules(value: bytes) -> None:
    (dollar, *_) = parse(changed(b"86,9310", value))
    judgement = judge(dollar, Evidence(today=date(2026, 7, 15)))
    assert (judgement.verdict, judgement.rule) == ("rejected", "not-positive")


@pytest.mark.parametrize(
    "value", [b"", b" ", b"-", b"n/a", b"86,93,10", b"1 086,9310", b"8,69e1", b"NaN", b"9" * 99]
)
def test_a_dollar_without_a_number_is_refused(value: bytes) -> None:
    assert refusal(changed(b"86,9310", value)).startswith("nbkr: USD: value: ")


def test_garbage_beside_another_currency_is_refused_by_its_name() -> None:
    assert "EUR" in refusal(changed(b"99,4030", b"?"))


def test_a_currency_unknown_here_is_passed_over_whatever_is_in_it() -> None:
    assert list(published(changed(b'"EUR"', b'"XDR"').replace(b"99,4030", b"?"))) == [
        "USD",
        "CNY",
        "KZT",
        "RUB",
    ]


def test_a_file_without_the_dollar_is_refused() -> None:
    assert refusal(changed(USD, b"")) == (
        "nbkr: no row of USD among EUR, CNY, KZT, RUB, expected one every day"
    )
    assert "among none" in refusal(SAMPLE.split(b"<Currency ")[0] + b"</CurrencyRates>")


@pytest.mark.parametrize("element", [b"<Value>86,9310</Value>\n", b"<Nominal>1</Nominal>\n"])
def test_a_row_without_its_value_or_nominal_is_refused(element: bytes) -> None:
    assert "USD: no elements <" in refusal(changed(element, b""))


@pytest.mark.parametrize("element", [b"<Value>86,9310</Value>\n", b"<Nominal>1</Nominal>\n"])
def test_a_row_with_two_values_or_nominals_is_refused(element: bytes) -> None:
    assert "USD: 2 elements <" in refusal(changed(element, element * 2))


def test_a_value_cut_in_two_by_markup_is_refused() -> None:
    assert "USD: elements in <Value>" in refusal(changed(b"86,9310", b"86,<i/>9310"))


def test_a_row_within_a_row_is_refused() -> None:
    nested = EUR.replace(b"<Value>", USD.replace(b"USD", b"CNY") + b"<Value>")
    assert "EUR: elements in <Currency>" in refusal(changed(EUR, nested))


def test_a_comment_in_a_value_changes_nothing() -> None:
    assert published(changed(b"86,9310", b"86,<!-- 1 -->9310"))["USD"].value == "86.9310"


@pytest.mark.parametrize("nominal", [b"0", b"-1", b"1,0", b"", b"one", b"1" * 10, "١".encode("utf-16")[2:]])
def test_a_nominal_that_is_no_positive_whole_number_is_refused(nominal: bytes) -> None:
    refusal(changed(b"<Nominal>1<", b"<Nominal>" + nominal + b"<"))


def test_two_rows_of_one_currency_that_differ_are_refused_and_both_are_named() -> None:
    reason = refusal(changed(USD, USD + USD.replace(b"9310", b"9311")))
    assert reason == "nbkr: USD stands there twice, as 86.9310 per 1 and 86.9311 per 1, expected one value"
    assert "per 100" in refusal(changed(USD, USD + USD.replace(b">1<", b">100<")))


def test_two_rows_of_one_currency_that_agree_are_one() -> None:
    assert parse(changed(USD, USD + USD.replace(b"86,9310", b"86,931"))) == parse(SAMPLE)


def test_rows_may_stand_in_any_order() -> None:
    swapped = parse(changed(USD + EUR, EUR + USD))
    assert sorted(swapped, key=str) == sorted(parse(SAMPLE), key=str)


@pytest.mark.parametrize(
    "written",
    ["2026-07-16", "16.7.2026", "31.06.2026", "16.07.26", "16.07.0026", "", "16.07.2026 ", "١٦.07.2026"],
)
def test_a_date_in_another_form_is_refused(written: str) -> None:
    body = SAMPLE.decode().replace("windows-1251", "utf-8").replace("16.07.2026", written).encode()
    assert "expected dd.mm.yyyy such as 24.05.2026" in refusal(body)


def test_a_file_without_a_date_is_refused() -> None:
    assert "expected dd.mm.yyyy" in refusal(changed(b' Date="16.07.2026"', b""))


@pytest.mark.parametrize("day", [date(1999, 7, 16), date(2026, 7, 21), date(2099, 12, 31)])
def test_a_past_or_a_future_date_is_handed_on_to_those_who_know_what_was_said_before(day: date) -> None:
    said = parse(changed(b"16.07.2026", f"{day:%d.%m.%Y}".encode()))
    assert {each.effective_date for each in said} == {day}


def test_cyrillic_in_the_declared_encoding_is_read_over() -> None:
    assert parse(changed(b"Daily Exchange Rates", "Официальные курсы".encode("cp1251"))) == parse(SAMPLE)


def test_a_byte_that_windows_1251_has_not_is_refused() -> None:
    refusal(changed(b"86,9310", b"86,\x989310"))
    refusal(changed(b"Daily Exchange Rates", b"\x98"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("prolog", ["windows-1251", "utf-16"])
def test_utf_16_is_refused_whatever_it_declares(encoding: str, prolog: str) -> None:
    body = SAMPLE.decode().replace("windows-1251", prolog).encode(encoding)
    assert "it has NUL bytes, as UTF-16 has" in refusal(body)


@pytest.mark.parametrize("name", [b"nowhere-1", b"hex", b"gbk", b"idna", b"utf-7"])
def test_an_encoding_that_cannot_be_read_is_refused(name: bytes) -> None:
    assert "is no XML document <CurrencyRates>" in refusal(changed(b"windows-1251", name))


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\xef\xbb\xbf"])
def test_nothing_is_refused(body: bytes) -> None:
    assert "<CurrencyRates>" in refusal(body)


def test_an_html_page_is_refused_and_its_beginning_shown() -> None:
    page = b"<html><head><title>Request Rejected</title></head><body><p>No.<br></body></html>"
    assert "<title>Request Rejected</title>" in refusal(page)
    assert "<!DOCTYPE html>" in refusal(b"<!DOCTYPE html>\n" + page)
    assert "its root is <html>" in refusal(page.replace(b"<br>", b"</p>"))


def test_another_root_is_refused() -> None:
    assert "its root is <CurrencyRatesNew>" in refusal(SAMPLE.replace(b"CurrencyRates", b"CurrencyRatesNew"))


def test_a_body_cut_anywhere_is_refused() -> None:
    whole = len(SAMPLE.rstrip())
    for length in range(whole):
        refusal(SAMPLE[:length])
    assert parse(SAMPLE[:whole]) == parse(SAMPLE)


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE CurrencyRates>",
        b'<!DOCTYPE CurrencyRates SYSTEM "http://127.0.0.1:9/rates.dtd">',
        b'<!DOCTYPE CurrencyRates [<!ENTITY v "86,9310">]>',
        b'<!DOCTYPE CurrencyRates [<!ENTITY v SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE CurrencyRates [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
        b'<!DOCTYPE CurrencyRates [<!ENTITY a "x"><!ENTITY b "&a;&a;"><!ENTITY v "&b;&b;">]>',
    ],
)
def test_a_document_type_is_refused_before_any_entity_is_looked_at(doctype: bytes) -> None:
    body = changed(b"?>\n", b"?>\n" + doctype + b"\n").replace(b"86,9310", b"&v;")
    assert "it declares a document type" in refusal(body)


def test_ten_thousand_nested_bombs_are_refused() -> None:
    levels = b"".join(b'<!ENTITY v%d "%b">' % (n, b"&v%d;" % (n - 1) * 10) for n in range(1, 10))
    body = b'<!DOCTYPE CurrencyRates [<!ENTITY v0 "9">' + levels + b"]><CurrencyRates>&v9;</CurrencyRates>"
    assert "it declares a document type" in refusal(body)


def unsigned(said: Observation) -> Observation:
    """The same without a minus before the value: damage may put one there, and the rules refuse it."""
    return replace(said, published=replace(said.published, value=said.published.value.removeprefix("-")))


@pytest.mark.fuzz
def test_a_damaged_file_gives_rates_that_it_printed_or_is_refused() -> None:
    right, cases = parse(SAMPLE), int(os.environ.get("FUZZ_CASES", "2000"))
    read = 0
    for seed in range(cases):
        try:
            said = [unsigned(each) for each in parse(damaged(SAMPLE, seed, 1 + seed % 3))]
        except BadBody:
            continue
        assert right[0] in said, f"seed {seed}: the dollar"
        assert all(each in right for each in said), f"seed {seed}"
        read += 1
    assert cases * 0.02 < read < cases * 0.98


def test_the_bank_is_asked_for_the_file_that_counts_and_for_its_witnesses() -> None:
    daily, weekly = nbkr.SOURCE.requests(FETCHED)
    assert (daily.url, daily.optional) == ("https://www.nbkr.kg/XML/daily.xml", False)
    assert (weekly.url, weekly.optional) == ("https://www.nbkr.kg/XML/weekly.xml", True)
    assert nbkr.SOURCE.hosts == ("www.nbkr.kg",)


def test_publication_days_are_tuesday_to_saturday_by_effective_date() -> None:
    monday = date(2026, 7, 13)
    published_on = [nbkr.CALENDAR.publishes(monday + timedelta(days=n)) for n in range(7)]
    assert published_on == [False, True, True, True, True, True, False]


def test_a_rate_is_due_in_the_afternoon_of_the_working_day_before_it() -> None:
    friday, tuesday = date(2026, 7, 17), date(2026, 7, 21)
    assert nbkr.CALENDAR.window(friday) == (
        datetime(2026, 7, 16, 9, tzinfo=UTC),
        datetime(2026, 7, 16, 11, tzinfo=UTC),
    )
    assert nbkr.CALENDAR.window(tuesday)[0] == datetime(2026, 7, 20, 9, tzinfo=UTC)
