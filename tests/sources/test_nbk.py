"""The table of one day of the Kazakh bank. Its sample is written by hand in the bank's form."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.calendar import starts
from app.domain.errors import BadBody, NoRates
from app.domain.observations import Observation, Published, Reported
from app.domain.pairs import Pair
from app.domain.rules import Evidence, judge
from app.sources import nbk
from app.sources.base import Reply
from tests.said import at
from tests.sources.documents import DAY, DOCUMENTS
from tests.sources.mutations import damaged

NBK = DOCUMENTS["nbk"]
USD = """                    <item>
            <fullname>ДОЛЛАР США</fullname>
            <title>USD</title>
            <description>470</description>
            <quant>1</quant>
            <index>DOWN</index>
            <change>-1.35</change>
            </item>
"""
DATE = "    <date>16.07.2026</date>\n"
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def asked_for(day: date, body: bytes = NBK.sample) -> list[Observation]:
    """What is read from `body` as the answer for `day`."""
    return nbk.parse(Reply(nbk.request(day), body, NBK.parse()[0].fetched_at))


def dollar(body: bytes) -> Observation:
    return next(said for said in NBK.parse(body) if said.published.pair == nbk.DOLLAR)


def refusal(body: bytes) -> str:
    """Why the body is refused."""
    with pytest.raises(BadBody) as caught:
        NBK.parse(body)
    assert caught.value.source == "nbk"
    assert len(str(caught.value)) < 300
    return str(caught.value)


def test_the_table_gives_the_currencies_known_here_as_printed_for_the_units_that_it_names() -> None:
    assert list(NBK.printed().items()) == [
        ("EUR/KZT", ("546.9", 1)),
        ("KGS/KZT", ("5.41", 1)),
        ("CNY/KZT", ("65.8", 1)),
        ("USD/KZT", ("470", 1)),
        ("UZS/KZT", ("39.02", 1000)),
        ("RUB/KZT", ("59.3", 10)),
        ("TJS/KZT", ("5061", 100)),
    ]


def test_a_rate_is_per_one_unit_whatever_the_quant() -> None:
    rates = {str(said.pair): said.rate for said in NBK.parse()}
    assert (rates["KZT/USD"], nbk.SOURCE.pairs) == (Decimal("0.00212765957447"), (Pair("KZT", "USD"),))
    assert dollar(NBK.sample).published.rate(nbk.DOLLAR) == 470
    uzbek = next(said.published for said in NBK.parse() if said.published.pair == Pair("UZS", "KZT"))
    assert uzbek.rate(Pair("UZS", "KZT")) == Decimal("0.03902")


def test_the_bank_drops_trailing_zeros_so_its_format_says_how_many_places_there_are() -> None:
    assert dollar(NBK.sample).published == Published(nbk.DOLLAR, "470", 1)
    assert nbk.SOURCE.places == 2


def test_a_rate_is_dated_by_the_table_and_holds_from_that_midnight_in_almaty() -> None:
    for said in NBK.parse():
        assert (said.source, said.effective_date) == ("nbk", DAY)
        assert said.observed_at == datetime(2026, 7, 15, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "midnight"),
    [
        (date(2024, 2, 29), datetime(2024, 2, 28, 18, tzinfo=UTC)),
        (date(2024, 3, 1), datetime(2024, 2, 29, 19, tzinfo=UTC)),
        (date(2024, 3, 4), datetime(2024, 3, 3, 19, tzinfo=UTC)),
    ],
)
def test_almaty_is_six_hours_ahead_until_february_2024_and_five_since(day: date, midnight: datetime) -> None:
    body = NBK.changed("16.07.2026", f"{day:%d.%m.%Y}")
    assert {(said.effective_date, said.observed_at) for said in asked_for(day, body)} == {(day, midnight)}


@pytest.mark.parametrize(
    ("printed", "difference"),
    [("+2.44", "2.44"), ("-1.35", "-1.35"), ("0", "0"), (" +0.5 ", "0.5"), ("\u22121.35", "-1.35")],
)
def test_the_dollar_carries_the_change_that_the_bank_printed(printed: str, difference: str) -> None:
    assert dollar(NBK.changed("-1.35", printed)).reported == Reported(difference=difference)


@pytest.mark.parametrize("nothing", ["", "  \n"])
def test_no_change_printed_is_no_change_reported(nothing: str) -> None:
    assert dollar(NBK.changed("-1.35", nothing)).reported is None
    assert dollar(NBK.changed("            <change>-1.35</change>\n", "")).reported is None


def test_the_change_of_another_currency_is_not_reported() -> None:
    assert {str(said.published.pair) for said in NBK.parse() if said.reported} == {"USD/KZT"}


@pytest.mark.parametrize("printed", ["n/a", "-", "DOWN", "1.3.5"])
def test_a_change_that_cannot_be_read_is_none_and_costs_no_rate(printed: str) -> None:
    body = NBK.changed("-1.35", printed)
    assert dollar(body).reported is None
    assert NBK.printed(body) == NBK.printed()


def test_a_carried_table_is_kept_under_its_own_date() -> None:
    saturday = date(2026, 7, 18)
    assert {said.effective_date for said in asked_for(saturday)} == {DAY}


def test_the_table_of_a_later_day_is_refused() -> None:
    with pytest.raises(BadBody, match="dated 2026-07-16, but 2026-07-15 was asked for"):
        asked_for(DAY - timedelta(days=1))


def test_a_word_of_the_bank_in_place_of_rates_is_a_sound_answer_that_there_are_none() -> None:
    body = f"{HEAD}<rates><info>Нет данных за {'я' * 200}</info></rates>".encode()
    with pytest.raises(NoRates, match=r"nbk: none of 2026-07-16: 'Нет данных за я+'$") as caught:
        NBK.parse(body)
    assert len(str(caught.value)) < 150


def test_a_word_of_the_bank_beside_rates_changes_nothing() -> None:
    assert NBK.parse(NBK.changed(DATE, f"{DATE}<info>Праздник</info>")) == NBK.parse()


def test_an_error_of_the_bank_says_nothing_of_the_day_and_is_refused_in_its_words() -> None:
    error = "<error>SQL:\n  <b>no</b> connection</error>"
    told = "nbk: it reports an error, 'SQL: no connection'"
    assert refusal(f"{HEAD}<rates>{error}</rates>".encode()) == told
    assert refusal(f"{HEAD}<rates>{error}<info>Праздник</info></rates>".encode()) == told
    assert refusal(NBK.changed(DATE, DATE + error)) == told
    assert refusal(NBK.changed(DATE, f"{DATE}<error/>")) == "nbk: it reports an error, ''"
    assert len(refusal(f"{HEAD}<rates><error>{'я' * 999}</error></rates>".encode())) < 150


def test_neither_rates_nor_a_word_is_refused() -> None:
    assert "no elements <date>" in refusal(f"{HEAD}<rates></rates>".encode())
    assert "no row of USD among none" in refusal(f"{HEAD}<rates>{DATE}</rates>".encode())


@pytest.mark.parametrize("dates", ["", DATE * 2])
def test_a_table_without_its_one_date_is_refused(dates: str) -> None:
    assert "elements <date>, expected one" in refusal(NBK.changed(DATE, dates))


@pytest.mark.parametrize(
    "written", ["2026-07-16", "16.7.2026", "31.06.2026", "16.07.26", "", "16.07.<i/>2026"]
)
def test_a_date_in_another_form_is_refused(written: str) -> None:
    assert "expected dd.mm.yyyy" in refusal(NBK.changed("16.07.2026", written))


def test_a_table_without_the_dollar_is_refused() -> None:
    assert refusal(NBK.changed(USD, "")) == (
        "nbk: no row of USD among EUR, KGS, CNY, UZS, RUB, TJS, expected one every day"
    )


@pytest.mark.parametrize("field", ["<description>470</description>", "<title>USD</title>"])
def test_a_row_without_a_field_or_with_two_of_them_is_refused(field: str) -> None:
    assert "elements <" in refusal(NBK.changed(field, ""))
    assert "2 elements <" in refusal(NBK.changed(field, field * 2))


def test_a_row_without_its_quant_is_refused_by_its_name() -> None:
    assert refusal(NBK.changed(USD, USD.replace("<quant>1</quant>", ""))).startswith("nbk: USD: no elements")


@pytest.mark.parametrize("quant", ["0", "-1", "1.0", "", "one", "1 000"])
def test_a_quant_that_is_no_positive_whole_number_is_refused(quant: str) -> None:
    assert "nominal" in refusal(NBK.changed(USD, USD.replace(">1<", f">{quant}<")))


@pytest.mark.parametrize("value", ["", " ", "-", "n/a", "1 470", "4.7e2", "NaN", "470.00.1", "9" * 99])
def test_a_dollar_without_a_number_is_refused(value: str) -> None:
    assert refusal(NBK.changed(">470<", f">{value}<")).startswith("nbk: USD: value: ")


@pytest.mark.parametrize("value", ["0", "0.00", "-470"])
def test_a_dollar_of_zero_or_less_is_handed_on_and_refused_by_the_rules(value: str) -> None:
    judgement = judge(dollar(NBK.changed(">470<", f">{value}<")), Evidence(today=DAY))
    assert (judgement.verdict, judgement.rule) == ("rejected", "not-positive")


def test_a_currency_unknown_here_is_passed_over_whatever_is_in_it() -> None:
    assert NBK.parse(NBK.changed("330.12", "?")) == NBK.parse()


def test_two_rows_of_one_currency_that_differ_are_refused() -> None:
    assert "USD stands there twice, as 470 per 1 and 471 per 1" in refusal(
        NBK.changed(USD, USD + USD.replace(">470<", ">471<"))
    )


def test_two_rows_of_one_currency_that_agree_are_one() -> None:
    assert NBK.parse(NBK.changed(USD, USD + USD.replace(">470<", ">470.00<"))) == NBK.parse()


def test_white_space_is_nothing() -> None:
    spaced = NBK.sample.replace(b">470<", b">\n\t 470 \r\n<").replace(b">16.07.2026<", b"> 16.07.2026\n<")
    assert NBK.parse(spaced) == NBK.parse()
    assert NBK.parse(b"".join(line.strip() for line in NBK.sample.splitlines())) == NBK.parse()


def test_another_layout_is_refused() -> None:
    assert "its root is <ratesNew>" in refusal(NBK.sample.replace(b"rates>", b"ratesNew>"))
    assert "no row of USD among none" in refusal(NBK.sample.replace(b"item>", b"row>"))


def unsigned(said: Observation) -> Observation:
    """Without what damage may change unnoticed: a minus before the value, which the rules refuse, and the
    change beside it.
    """
    value = said.published.value.removeprefix("-")
    return replace(said, published=replace(said.published, value=value), reported=None)


@pytest.mark.fuzz
def test_a_damaged_table_gives_rates_that_it_printed_or_is_refused() -> None:
    right, cases = [unsigned(said) for said in NBK.parse()], int(os.environ.get("FUZZ_CASES", "2000"))
    read = 0
    for seed in range(cases):
        try:
            said = [unsigned(each) for each in NBK.parse(damaged(NBK.sample, seed, 1 + seed % 3))]
        except (BadBody, NoRates):
            continue
        assert any(each.published.pair == nbk.DOLLAR for each in said), f"seed {seed}: the dollar"
        assert all(each in right for each in said), f"seed {seed}"
        read += 1
    assert cases * 0.02 < read < cases * 0.98


# What is asked, and when


def asked_at(instant: str) -> list[date | None]:
    """The days asked for at an instant in UTC."""
    return [request.day for request in nbk.SOURCE.requests(at(instant))]


def test_a_day_is_asked_for_by_its_date() -> None:
    (request,) = nbk.SOURCE.requests(at("2026-07-16 06:00"))
    assert request.url == "https://nationalbank.kz/rss/get_rates.cfm?fdate=16.07.2026"
    assert (request.day, request.host, nbk.SOURCE.hosts) == (DAY, "nationalbank.kz", ("nationalbank.kz",))


def test_the_next_working_day_is_asked_for_once_its_rate_may_be_there() -> None:
    assert asked_at("2026-07-16 10:29") == [DAY]
    assert asked_at("2026-07-16 10:30") == [DAY, date(2026, 7, 17)]
    assert asked_at("2026-07-17 10:30") == [date(2026, 7, 17), date(2026, 7, 20)]


def test_at_the_weekend_mondays_rate_is_asked_for_beside_the_one_in_force() -> None:
    assert (
        asked_at("2026-07-18 06:00")
        == asked_at("2026-07-19 18:00")
        == [
            date(2026, 7, 17),
            date(2026, 7, 20),
        ]
    )


def test_a_rate_is_due_in_the_afternoon_of_the_working_day_before_it() -> None:
    friday, monday = date(2026, 7, 17), date(2026, 7, 20)
    assert nbk.CALENDAR.window(friday) == (
        datetime(2026, 7, 16, 10, 30, tzinfo=UTC),
        datetime(2026, 7, 16, 12, tzinfo=UTC),
    )
    assert nbk.CALENDAR.window(monday)[0] == datetime(2026, 7, 17, 10, 30, tzinfo=UTC)
    assert nbk.CALENDAR.window(date(2024, 2, 29))[0] == datetime(2024, 2, 28, 9, 30, tzinfo=UTC)


def test_publication_days_are_monday_to_friday_by_effective_date() -> None:
    monday = date(2026, 7, 13)
    published_on = [nbk.CALENDAR.publishes(monday + timedelta(days=n)) for n in range(7)]
    assert published_on == [True] * 5 + [False] * 2
    assert starts(monday, nbk.ALMATY) == datetime(2026, 7, 12, 19, tzinfo=UTC)


def test_the_past_is_asked_for_by_working_day_since_2000_and_not_hastily() -> None:
    history = nbk.SOURCE.history
    assert history
    assert history.since == date(2000, 1, 1)
    assert timedelta(milliseconds=200) <= history.pause <= timedelta(milliseconds=500)
    spans = list(history.spans(date(2026, 7, 9), date(2026, 7, 14)))
    assert [(span.since.day, span.until.day, span.requests[0].day) for span in spans] == [
        (9, 9, date(2026, 7, 9)),
        (10, 12, date(2026, 7, 10)),
        (13, 13, date(2026, 7, 13)),
        (14, 14, date(2026, 7, 14)),
    ]
