"""The daily file of the Turkmen bank. Its sample is written by hand in the bank's form."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.pairs import Pair
from app.domain.rules import Evidence, judge
from app.sources import cbt
from tests.said import at
from tests.sources.documents import DAY, DOCUMENTS

CBT = DOCUMENTS["cbt"]
USD = """	<rate code="USD">
		<name>ABŞ-NYŇ DOLLARY</name>
		<rate_usd>1</rate_usd>
		<multiplier>1</multiplier>
		<rate_tmt>3.5</rate_tmt>
		<checksum>5d41402a</checksum>
	</rate>
"""


def test_the_file_gives_the_currencies_known_here_as_printed_for_the_units_that_it_names() -> None:
    assert CBT.printed() == {
        "USD/TMT": ("3.5", 1),
        "EUR/TMT": ("4.0992", 1),
        "KGS/TMT": ("4.0262", 100),
        "KZT/TMT": ("7.4436", 1000),
        "UZS/TMT": ("2.9198", 10000),
        "TJS/TMT": ("3.7775", 10),
        "RUB/TMT": ("0.4386", 10),
    }


@pytest.mark.parametrize("multiplier", [1, 10, 100, 1000, 10000])
def test_a_rate_is_per_one_unit_whatever_the_multiplier(multiplier: int) -> None:
    body = CBT.changed("<multiplier>100<", f"<multiplier>{multiplier}<")
    (som,) = (said for said in CBT.parse(body) if said.published.pair == Pair("KGS", "TMT"))
    assert som.published.rate(Pair("KGS", "TMT")) == Decimal("4.0262") / multiplier


def test_a_rate_is_dated_by_the_file_and_holds_from_that_midnight_in_ashgabat() -> None:
    for said in CBT.parse():
        assert (said.source, said.effective_date) == ("cbt", DAY)
        assert said.observed_at == datetime(2026, 7, 15, 19, tzinfo=UTC)


def test_the_dates_of_the_older_files_are_read_too() -> None:
    assert CBT.parse(CBT.changed("16.07.2026", "2026-07-16")) == CBT.parse()


def test_the_rate_in_dollars_is_not_looked_at_for_it_has_two_directions() -> None:
    assert CBT.parse(CBT.changed("<rate_usd>1.1712<", "<rate_usd>0.8538<")) == CBT.parse()


@pytest.mark.parametrize("written", ["15.07.2026", "17.07.2026"])
def test_a_file_of_another_day_is_refused(written: str) -> None:
    assert "but 2026-07-16 was asked for" in CBT.refusal(CBT.changed("16.07.2026", written))


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("	<date>16.07.2026</date>\n", "date: no elements <date>"),
        ("		<multiplier>1</multiplier>\n", "USD: no elements <multiplier>"),
        ("		<rate_tmt>3.5</rate_tmt>\n", "USD: no elements <rate_tmt>"),
        (' code="USD"', "no row of USD"),
        (USD, "no row of USD"),
    ],
)
def test_a_file_without_a_field_is_refused_by_its_name(field: str, reason: str) -> None:
    (body,) = CBT.without(field)
    assert reason in CBT.refusal(body)


@pytest.mark.parametrize("value", ["", "-", "n/a", "3.5 TMT", "NaN"])
def test_a_dollar_without_a_number_is_refused(value: str) -> None:
    assert "USD: value: " in CBT.refusal(CBT.changed(">3.5<", f">{value}<"))


@pytest.mark.parametrize("value", ["0", "-3.5"])
def test_a_dollar_of_zero_or_less_is_handed_on_and_refused_by_the_rules(value: str) -> None:
    said = CBT.parse(CBT.changed(">3.5<", f">{value}<"))[0]
    assert judge(said, Evidence(today=DAY)).rule == "not-positive"


def test_two_rows_of_one_currency_that_differ_are_refused_and_two_that_agree_are_one() -> None:
    other = USD.replace("3.5", "3.4")
    assert "USD stands there twice, as 3.5 per 1 and 3.4 per 1" in CBT.refusal(CBT.changed(USD, USD + other))
    assert CBT.parse(CBT.changed(USD, USD * 2)) == CBT.parse()


def test_another_layout_is_refused() -> None:
    assert "its root is <rates>" in CBT.refusal(CBT.sample.replace(b"cbt_currency_rate", b"rates"))
    assert "no row of USD among none" in CBT.refusal(
        CBT.sample.replace(b"<rate ", b"<row ").replace(b"</rate>", b"</row>")
    )


# What is asked, and when


def test_a_day_is_a_file_of_its_own_and_a_day_without_one_is_no_failure() -> None:
    request = cbt.request(DAY)
    assert request.url == "https://cbt.tm/kurs/2026/16072026.xml"
    assert request.absent == {404}


def test_tomorrows_file_is_asked_for_in_the_afternoon_but_there_is_none_of_a_sunday() -> None:
    def days(instant: str) -> list[date | None]:
        return [request.day for request in cbt.SOURCE.requests(at(instant))]

    assert days("2026-07-16 09:59") == [DAY]
    assert days("2026-07-16 10:00") == [DAY, date(2026, 7, 17)]
    saturday = date(2026, 7, 18)
    assert days("2026-07-18 12:00") == [saturday]
    assert not cbt.CALENDAR.publishes(saturday + timedelta(days=1))


def test_it_is_off_by_default_and_believed_after_the_decree() -> None:
    assert not cbt.SOURCE.default
    assert cbt.SOURCE.history
    assert cbt.SOURCE.history.since == date(2020, 4, 17)
