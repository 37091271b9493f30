"""The table of one day of the Tajik bank, and its range of one currency. Samples are written by hand in the
bank's forms.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.errors import BadBody, NoRates
from app.domain.pairs import Pair
from app.domain.rules import Evidence, judge
from app.sources import nbt
from app.sources.base import Reply
from tests.said import at
from tests.sources.documents import DAY, DOCUMENTS, FETCHED

TABLE, RANGE = DOCUMENTS["nbt"], DOCUMENTS["nbt-range"]
USD = """<Valute ID="840">
   <CharCode>USD</CharCode>
   <Nominal>1</Nominal>
   <Name>US Dollar</Name>
   <Value>9.2655</Value>
</Valute>
"""
MONDAY = """<Record Date="13.07.2026" Id="840">
<CharCode>USD</CharCode>
<Nominal>1</Nominal>
<Value>9.2701</Value>
</Record>
"""


def days_of(document: str, body: bytes) -> list[date]:
    """The days that a body speaks of."""
    return sorted({said.effective_date for said in DOCUMENTS[document].parse(body)})


def test_the_table_gives_the_currencies_known_here_as_printed_for_the_units_that_it_names() -> None:
    assert TABLE.printed() == {
        "USD/TJS": ("9.2655", 1),
        "EUR/TJS": ("10.8311", 1),
        "CNY/TJS": ("1.3288", 1),
        "KGS/TJS": ("1.0659", 10),
        "KZT/TJS": ("0.1971", 10),
        "UZS/TJS": ("0.0774", 100),
        "TMT/TJS": ("2.6473", 1),
        "RUB/TJS": ("0.1168", 1),
    }


@pytest.mark.parametrize("nominal", [1, 10, 100, 1000])
def test_a_rate_is_per_one_unit_whatever_the_nominal(nominal: int) -> None:
    body = TABLE.changed(
        "<Nominal>10</Nominal>\n   <Name>Kyrgyz", f"<Nominal>{nominal}</Nominal>\n   <Name>Kyrgyz"
    )
    (som,) = (said for said in TABLE.parse(body) if said.published.pair == Pair("KGS", "TJS"))
    assert som.published.rate(Pair("KGS", "TJS")) == Decimal("1.0659") / nominal


def test_a_rate_is_dated_by_the_table_and_holds_from_that_midnight_in_dushanbe() -> None:
    for said in TABLE.parse():
        assert (said.source, said.effective_date) == ("nbt", DAY)
        assert said.observed_at == datetime(2026, 7, 15, 19, tzinfo=UTC)


def test_the_days_of_a_range_are_those_of_its_rows_with_a_point_or_a_comma_in_them() -> None:
    assert [(said.effective_date.day, said.published.value) for said in RANGE.parse()] == [
        (13, "9.2701"),
        (14, "9.2688"),
        (15, "9.2640"),
        (16, "9.2655"),
        (17, "9.2655"),
    ]


def test_a_value_carried_under_the_day_asked_for_is_a_value_of_that_day() -> None:
    saturday = TABLE.changed("2026-07-16", "2026-07-18")
    assert days_of("nbt", saturday) == [date(2026, 7, 18)]


def test_the_newest_table_in_place_of_one_that_is_not_there_is_kept_under_its_own_date() -> None:
    """Asked for a day that it does not have, the bank answers so, without a word."""
    reply = Reply(nbt.request(date(2000, 1, 3)), TABLE.sample, FETCHED)
    assert {said.effective_date for said in nbt.parse(reply)} == {DAY}


def test_a_table_far_ahead_is_refused_by_the_rules() -> None:
    said = TABLE.parse(TABLE.changed("2026-07-16", "2026-08-16"))[0]
    assert judge(said, Evidence(today=DAY)).rule == "too-far-ahead"


@pytest.mark.parametrize("number", ["810", "643", "", "x"])
def test_a_currency_is_known_by_its_code_and_not_by_its_number(number: str) -> None:
    assert TABLE.parse(TABLE.changed('ID="840"', f'ID="{number}"')) == TABLE.parse()


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("   <CharCode>USD</CharCode>\n", "no elements <CharCode>"),
        ("   <Nominal>1</Nominal>\n", "USD: no elements <Nominal>"),
        ("   <Value>9.2655</Value>\n", "USD: no elements <Value>"),
        (' Date="2026-07-16"', "date '', expected yyyy-mm-dd"),
        (USD, "no row of USD among EUR, CNY"),
    ],
)
def test_a_table_without_a_field_is_refused_by_its_name(field: str, reason: str) -> None:
    (body,) = TABLE.without(field)
    assert reason in TABLE.refusal(body)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("<CharCode>USD</CharCode>\n", "no elements <CharCode>"),
        ("<Nominal>1</Nominal>\n", "USD: no elements <Nominal>"),
        ("<Value>9.2701</Value>\n", "USD: no elements <Value>"),
        (' Date="13.07.2026"', "date '', expected dd.mm.yyyy"),
    ],
)
def test_a_row_of_a_range_without_a_field_is_refused_by_its_name(field: str, reason: str) -> None:
    (body,) = RANGE.without(field)
    assert reason in RANGE.refusal(body)


def test_the_two_forms_of_dates_are_not_taken_for_each_other() -> None:
    assert "expected yyyy-mm-dd" in TABLE.refusal(TABLE.changed("2026-07-16", "16.07.2026"))
    assert "expected dd.mm.yyyy" in RANGE.refusal(
        RANGE.changed('Record Date="13.07.2026', 'Record Date="2026-07-13')
    )


@pytest.mark.parametrize("value", ["", "-", "n/a", "9 .2", "NaN"])
def test_a_dollar_without_a_number_is_refused(value: str) -> None:
    assert "USD: value: " in TABLE.refusal(TABLE.changed(">9.2655<", f">{value}<"))
    assert "USD: value: " in RANGE.refusal(RANGE.changed(">9.2701<", f">{value}<"))


@pytest.mark.parametrize("value", ["0.0000", "-9.2655"])
def test_a_dollar_of_zero_or_less_is_handed_on_and_refused_by_the_rules(value: str) -> None:
    said = TABLE.parse(TABLE.changed("9.2655", value))[0]
    assert judge(said, Evidence(today=DAY)).rule == "not-positive"


def test_two_rows_of_one_currency_that_differ_are_refused_and_two_that_agree_are_one() -> None:
    other = USD.replace("9.2655", "9.2656")
    assert "USD stands there twice, as 9.2655 per 1 and 9.2656" in TABLE.refusal(
        TABLE.changed(USD, USD + other)
    )
    assert TABLE.parse(TABLE.changed(USD, USD * 2)) == TABLE.parse()


def test_two_rows_of_one_day_that_differ_are_refused() -> None:
    other = MONDAY.replace("9.2701", "9.2702")
    assert "2026-07-13: USD stands there twice" in RANGE.refusal(RANGE.changed(MONDAY, MONDAY + other))


def test_a_range_of_another_currency_is_refused() -> None:
    assert "'EUR', but USD was asked for" in RANGE.refusal(RANGE.changed("USD", "EUR"))


def test_a_range_that_goes_beyond_what_was_asked_for_is_refused() -> None:
    assert "but 2026-07-13 to 2026-07-17 was asked for" in RANGE.refusal(
        RANGE.changed('Record Date="17.07.2026', 'Record Date="18.07.2026')
    )


def test_an_empty_range_is_refused_unless_nothing_was_due_in_it() -> None:
    empty = b'<?xml version="1.0" encoding="windows-1251" ?><ValCurs></ValCurs>'
    assert "no rate of 2026-07-13 to 2026-07-17" in RANGE.refusal(empty)
    (weekend,) = nbt.range_requests(date(2026, 7, 18), date(2026, 7, 19))
    with pytest.raises(NoRates):
        nbt.parse(Reply(weekend, empty, FETCHED))


def test_the_page_of_help_that_comes_without_export_is_refused() -> None:
    page = b"<html><body><h1>Exchange rates</h1><p>Parameters: date, export</p></body></html>"
    assert "no XML document <ValCurs>: its root is <html>" in TABLE.refusal(page)
    assert "no XML document <ValCurs>" in RANGE.refusal(page)


def test_another_layout_is_refused() -> None:
    assert "its root is <Rates>" in TABLE.refusal(TABLE.sample.replace(b"ValCurs", b"Rates"))
    assert "no row of USD among none" in TABLE.refusal(TABLE.sample.replace(b"Valute", b"Currency"))


def test_names_in_the_banks_old_encoding_are_read() -> None:
    assert b"windows-1251" in RANGE.sample
    assert max(RANGE.sample) > 127, "the sample has letters that are not ASCII"
    with pytest.raises(BadBody):
        RANGE.parse(RANGE.sample.replace(b"windows-1251", b"utf-8"))


# What is asked, and when


def test_a_day_is_asked_for_by_its_date_and_with_the_word_that_makes_it_data() -> None:
    (request,) = nbt.SOURCE.requests(at("2026-07-16 03:00"))
    assert request.url == "https://www.nbt.tj/en/kurs/export_xml.php?date=2026-07-16&export=xmlout"
    assert (request.day, request.host) == (DAY, "www.nbt.tj")


def test_the_next_working_day_is_asked_for_from_the_morning_on() -> None:
    days = [request.day for request in nbt.SOURCE.requests(at("2026-07-17 04:00"))]
    assert days == [date(2026, 7, 17), date(2026, 7, 20)]


def test_the_past_is_asked_for_by_the_dollar_alone_in_a_few_ranges_since_2001() -> None:
    history = nbt.SOURCE.history
    assert history
    assert history.since == date(2001, 1, 1)
    spans = list(history.spans(history.since, DAY))
    assert len(spans) == 6
    assert all(span.until - span.since < timedelta(days=5 * 366) for span in spans)
    assert spans[0].requests[0].url == (
        "https://www.nbt.tj/en/kurs/export_xml_dynamic.php?d1=2001-01-01&d2=2005-12-31&cs=USD&export=xml"
    )
