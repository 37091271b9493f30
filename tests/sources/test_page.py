"""Imported ticker pages, as text and as HTML. The page of 2025-01-07 shows its five items eight times."""

import os
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ImportRefused
from app.domain.lines import line
from app.domain.numbers import parse_decimal
from app.domain.observations import Observation, Published, Reported
from app.domain.pairs import TICKER, Pair
from app.domain.rules import Evidence, judge
from app.sources import page
from tests.sources.mutations import damaged

SAMPLES = Path(__file__).parent / "samples"
TEXT = (SAMPLES / "ticker-page-2025-01-07.txt").read_bytes()
HTML = (SAMPLES / "ticker-page-2025-01-07.html").read_bytes()
BISHKEK = ZoneInfo("Asia/Bishkek")
NOW = datetime(2026, 7, 15, 10, 25, tzinfo=UTC)
DAY = date(2025, 1, 7)
STRIP = [
    ("KGS/USD", "0.01149", "0"),
    ("KZT/USD", "0.00189", "0"),
    ("TJS/USD", "0.09153", "-0.22"),
    ("UZS/USD", "0.00008", "0"),
    ("TMT/USD", "0.28571", "-0.14"),
]

RUSSIAN = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
SHORT = {
    "text": b"\n".join([*TEXT.split(b"\n")[:10], *TEXT.split(b"\n")[-4:]]),
    "html": b"<ul>".join(HTML.split(b"<ul>")[index] for index in (0, 1, -1)),
}
"""The page with its items twice: whatever damages it is as good, and it is read in less time."""

Said = tuple[str, str, str | None]


def read(text: str, day: date | None = DAY, zone: ZoneInfo = BISHKEK) -> list[Observation]:
    return page.read(text, given=day, zone=zone, fetched_at=NOW)


def strip(text: str, day: date | None = DAY) -> list[Said]:
    """Pair, rate and change of every observation."""
    return [as_said(each) for each in read(text, day)]


def as_said(each: Observation) -> Said:
    return str(each.published.pair), each.published.value, each.reported.pct if each.reported else None


def refusal(text: str, day: date | None = DAY) -> str:
    with pytest.raises(ImportRefused) as caught:
        read(text, day)
    return str(caught.value)


# The page of 2025-01-07


@pytest.mark.parametrize("body", [TEXT, HTML], ids=["text", "html"])
def test_forty_items_are_five_observations_dated_by_the_page(body: bytes) -> None:
    said = read(page.decode(body), None)
    assert [as_said(each) for each in said] == STRIP
    assert {each.effective_date for each in said} == {DAY}
    assert {each.observed_at for each in said} == {datetime(2025, 1, 6, 18, tzinfo=UTC)}
    assert {(each.source, each.fetched_at, each.published.nominal) for each in said} == {("page", NOW, 1)}


def test_the_rules_believe_the_page() -> None:
    said = read(page.decode(TEXT), None)
    assert {judge(each, Evidence(today=date(2026, 7, 15))).verdict for each in said} == {"accepted"}


def test_the_day_begins_in_the_zone_that_was_given() -> None:
    (said,) = read("KGS/USD = 0.01149", zone=ZoneInfo("Asia/Tashkent"))
    assert said.observed_at == datetime(2025, 1, 6, 19, tzinfo=UTC)


# Items


def test_an_item_keeps_its_direction_its_digits_and_what_it_reports() -> None:
    (said,) = read("USD/KGS = 87,0300 +0,20%")
    assert said.published == Published(Pair("USD", "KGS"), "87.0300")
    assert said.reported == Reported(pct="0.20")
    assert said.pair == Pair("KGS", "USD")


def test_an_item_without_a_change_reports_nothing() -> None:
    (said,) = read("KGS/USD = 0.01149")
    assert said.reported is None


def test_observations_come_in_the_order_of_first_appearance() -> None:
    text = "UZS/USD = 0.00008 KGS/USD = 0.01149 UZS/USD = 0.00008 TJS/USD = 0.09153"
    assert [pair for pair, _, _ in strip(text)] == ["UZS/USD", "KGS/USD", "TJS/USD"]


def test_pairs_outside_the_ticker_are_passed_over_whatever_they_say() -> None:
    text = "BTC/USD = 97 000.5 1% EUR/USD = 1.03 EUR/USD = 1.04 KGS/KZT = 6 KGS/USD = 0.01149 0%"
    assert strip(text) == [("KGS/USD", "0.01149", "0")]


@pytest.mark.parametrize(
    "text", ["", "Nothing here, 7 January 2025", "BTC/USD = 97000.5 1%", "KGS/USD: 0.01149"]
)
def test_a_page_without_an_item_is_refused_with_an_example(text: str) -> None:
    assert refusal(text) == (
        "the page has no item of the ticker; expected some such as 'KGS/USD = 0.01149 -0.22%'"
    )


def test_an_impossible_item_is_handed_on_and_refused_alone() -> None:
    said = read("KGS/USD = 0 0%  KZT/USD = 9.9 0%  TJS/USD = -0.09153  TMT/USD = 0.28571")
    evidence = Evidence(today=date(2026, 7, 15))
    assert [judge(each, evidence).verdict for each in said] == [
        "rejected",
        "rejected",
        "rejected",
        "accepted",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "KGS&sol;USD&nbsp;&equals;&nbsp;0.01149&nbsp;&minus;0.22%",
        "KGS&#47;USD &#61; 0.01149 &#8722;0.22&#37;",
        "KGS/USD\u202f=\u202f0.01149\u202f\u22120.22\u202f%",
        "KGS/USD = 0,01149 \u20130,22 %",
        "\u2022 KGS/USD = 0.01149 (-0.22%)",
        "\ufeffKGS\u200b/\u200bUSD = 0.01\u00ad149 -0.22%",
        "<b>KGS/USD</b> = <span>0.01149</span> <i>-0.22%</i>",
        "<span>KGS/USD</span><span>=</span><span>0.01149</span><span>-0.22%</span>",
        "<td><b>KGS</b>/<b>USD</b></td><td>=</td><td>0.01149</td><td>-</td><td>0.22</td><td>%</td>",
        "<li title='KGS/USD = 9'>KGS/USD = <!-- -->0.01<!-- -->149<br/>-0.22%</li>",
        "<P>KGS/USD = 0.01149 -0.22%",
    ],
)
def test_an_item_is_read_as_a_reader_sees_it(text: str) -> None:
    assert strip(text) == [("KGS/USD", "0.01149", "-0.22")]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>'KGS/USD = 0.5'</script>",
        "<style>KGS/USD = 0.5</style>",
        "<template><p>KGS/USD = 0.5</p></template>",
        "<!-- KGS/USD = 0.5 -->",
        "<img alt='KGS/USD = 0.5'>",
        "<script>'8 January 2025'</script>",
        "<time datetime='2025-01-08T01:00'>today</time>",
        "</script></template>",
    ],
)
def test_what_no_reader_sees_says_nothing(hidden: str) -> None:
    text = f"{hidden}KGS/USD = 0.01149 0%{hidden} 7 January 2025 {hidden}"
    assert strip(text, None) == [("KGS/USD", "0.01149", "0")]


@pytest.mark.parametrize(
    "cut", ["<!-- KGS/USD = 0.5", "<p title='KGS/USD = 0.5", '<p title="KGS/USD = 0.5', "<style>KGS/USD = 5"]
)
def test_what_no_reader_saw_says_nothing_when_the_page_is_cut_short_in_it(cut: str) -> None:
    assert strip(f"KGS/USD = 0.01149 0%{cut}") == [("KGS/USD", "0.01149", "0")]


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("KGS/USD = 0.0114<sup>9</sup> 0%", "0.0114"),
        ("USD/UZS = 12 183.50 0.1%", "12 183.50"),
        ("USD/UZS = 12,183.50", "12,183.50"),
        ("KGS/USD = 1.149e-2", "1.149e-2"),
        ("KGS/USD = " + "9" * 100, "9" * 64),
    ],
)
def test_a_rate_that_is_not_one_plain_number_refuses_the_page(text: str, literal: str) -> None:
    reason = refusal(text)
    assert reason.startswith(f"the rate of {text[:7]} cannot be read: '{literal}")
    assert "such as 87.4500" in reason


@pytest.mark.parametrize("pct", ["-100", "-250.5"])
def test_a_fall_by_everything_refuses_the_page(pct: str) -> None:
    assert "no rate falls by 100 % or more" in refusal(f"KGS/USD = 0.01149 {pct}%")


# Repeats and contradictions


@pytest.mark.parametrize("again", ["KGS/USD = 0.01149 0%", "KGS/USD = 0,011490 -0.00%", "KGS/USD = 0.01149"])
def test_a_repeat_is_one_observation_in_the_form_of_the_first(again: str) -> None:
    assert strip(f"KGS/USD = 0.01149 0% {again}") == [("KGS/USD", "0.01149", "0")]


def test_a_change_that_only_a_repeat_shows_is_known() -> None:
    assert strip("KGS/USD = 0.01149, KGS/USD = 0.01149 -0.2%") == [("KGS/USD", "0.01149", "-0.2")]


@pytest.mark.parametrize(
    "other",
    [
        "KGS/USD = 0.0115 0%",
        "KGS/USD = 0.01149 0.01%",
        "KGS/USD = 0.0115",
        "USD/KGS = 87.03 0%",
        "USD/KGS = 50",
        "KGS/USD = 0 0%",
    ],
)
def test_two_values_of_one_pair_refuse_the_page_and_both_are_named(other: str) -> None:
    reason = refusal(f"TJS/USD = 0.09153 KGS/USD = 0.01149 0% KZT/USD = 0.00189 0% {other}")
    assert (
        reason == f"the page says both 'KGS/USD = 0.01149 0%' and '{other}'; expected one, or repeats of it"
    )


# Dates


@pytest.mark.parametrize(
    "written",
    [
        "07 January 2025",
        "7 January 2025",
        "7 Jan 2025",
        "7 Jan. 2025",
        "7th January, 2025",
        "Tuesday, January 7, 2025",
        "JANUARY 07 2025",
        "Jan 7th, 2025",
        "2025-01-07",
        "2025-01-07T10:00:00Z",
        "07.01.2025",
        "7.1.2025, 14:30",
        "на 7 января 2025 г.",
        "07 ЯНВАРЯ 2025",
        "7 янв. 2025",
        "<b>07</b> January\u00a02025",
        "7<sup>th</sup> January 2025",
        "07 January 2025, in short 07.01.2025",
    ],
)
def test_a_page_is_dated_by_the_date_it_shows(written: str) -> None:
    for text in (f"KGS/USD = 0.01149 0%\n{written}", f"<p>{written}</p><p>KGS/USD = 0.01149</p>"):
        assert {each.effective_date for each in read(text, None)} == {DAY}


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_known_by_name(month: int) -> None:
    day = date(2025, month, 7)
    for written in (f"{day:%d %B %Y}", f"{day:%d %b %Y}", f"{day:%B %d, %Y}", f"7 {RUSSIAN[month - 1]} 2025"):
        (said,) = read(f"KGS/USD = 0.01149 0% {written}", None)
        assert said.effective_date == day


@pytest.mark.parametrize(
    "text",
    ["", "31 February 2025", "10.20.2025", "7 Marvels 2025", "1.07.01.2025", "6\nMay 2025", "January 2025"],
)
def test_a_page_without_a_date_takes_the_one_given_and_is_refused_without(text: str) -> None:
    (said,) = read(f"KGS/USD = 0.01149 0%\n{text}", date(2025, 3, 1))
    assert said.effective_date == date(2025, 3, 1)
    assert refusal(f"KGS/USD = 0.01149 0%\n{text}", None) == (
        "the page shows no date and none was given; expected one, such as --date 2025-01-07"
    )


@pytest.mark.parametrize("day", [None, DAY])
def test_a_page_with_two_dates_is_refused_and_both_are_named(day: date | None) -> None:
    reason = refusal("8 January 2025 KGS/USD = 0.01149 0% 07.01.2025", day)
    assert reason == "the page shows 2 dates, 2025-01-07 and 2025-01-08; expected one"


def test_a_date_given_that_the_page_contradicts_is_refused_and_both_are_named() -> None:
    assert refusal("KGS/USD = 0.01149 0% 8 January 2025") == (
        "the page is dated 2025-01-08, but 2025-01-07 was given; expected the same or none"
    )


def test_a_date_given_beside_the_same_on_the_page_is_taken() -> None:
    assert read("KGS/USD = 0.01149 0% 7 January 2025", DAY) == read(
        "KGS/USD = 0.01149 0% 7 January 2025", None
    )


def test_a_date_beyond_the_calendar_is_refused() -> None:
    assert "0001-01-01 is beyond the calendar" in refusal("KGS/USD = 0.01149 0%", date.min)


# Bytes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251"])
def test_a_text_is_decoded_in_the_encodings_that_pages_are_saved_in(encoding: str) -> None:
    text = "Курсы \u2022 KGS/USD = 0.01149 \u20130.22% \u2022 7 января 2025"
    assert page.decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "head",
    ['<meta charset="koi8-r">', "<META http-equiv='Content-Type' content='text/html; charset=KOI8-R'>"],
)
def test_a_declared_encoding_is_believed_where_utf_8_does_not_fit(head: str) -> None:
    text = f"<html><head>{head}</head>7 января 2025 KGS/USD = 0.01149 0%"
    assert page.decode(text.encode("koi8-r")) == text


def test_a_declaration_that_a_browser_left_behind_is_not_believed() -> None:
    text = '<meta charset="windows-1251">7 января 2025'
    assert page.decode(text.encode()) == text


@pytest.mark.parametrize("name", ["utf-8", "nowhere-1", "hex", "ascii", "idna"])
def test_a_declaration_that_does_not_fit_leaves_windows_1251(name: str) -> None:
    text = f'<meta charset="{name}">7 января 2025'
    assert page.decode(text.encode("windows-1251")) == text


def test_the_page_saved_in_windows_1251_is_read_the_same() -> None:
    body = HTML.decode().replace('charset="utf-8"', 'charset="windows-1251"').encode("windows-1251")
    assert strip(page.decode(body), None) == STRIP


def test_markup_that_cannot_be_read_refuses_the_page() -> None:
    assert "the markup cannot be read" in refusal("KGS/USD = 0.01149 0% <![x[ ]]>")


# Any page


rates = st.decimals(min_value="0.00001", max_value=99999, places=5)
changes = st.none() | st.decimals(min_value="-99.99", max_value=999, places=2)


@given(
    st.dictionaries(st.sampled_from(TICKER), st.tuples(rates, changes), min_size=1),
    st.integers(1, 4),
    st.dates(date(1993, 1, 1), date(2099, 12, 31)),
)
def test_what_a_page_shows_is_what_is_said(strip, repeats: int, day: date) -> None:  # type: ignore[no-untyped-def]
    lines = [line(pair, format(rate, "f"), pct) for pair, (rate, pct) in strip.items()]
    said = read("\n".join(f"\u2022 {each}" for each in lines * repeats) + f"\n{day:%d %B %Y}", None)
    assert [each.published.pair for each in said] == list(strip)
    for each in said:
        rate, pct = strip[each.published.pair]
        assert parse_decimal(each.published.value) == rate
        assert (parse_decimal(each.reported.pct) if each.reported and each.reported.pct else None) == pct
        assert each.effective_date == day


@given(st.text() | st.text(alphabet="KGSUD/= 0.1%<>-!&;[b\n", max_size=200), st.binary())
def test_any_text_and_any_bytes_are_read_or_refused(text: str, body: bytes) -> None:
    for each in (text, page.decode(body)):
        with suppress(ImportRefused):
            assert read(each)


@pytest.mark.parametrize(
    "piece",
    ["KGS/USD = 1 - ", "KGS/USD = 1", "7 January ", "January 7", "<a ", "<!--", "<p title='", "KGS", "7.1."],
)
@pytest.mark.parametrize("tail", [" ", "1 ", "-", "\x1f", "<", "&"])
def test_a_long_page_takes_no_more_than_time_in_proportion(piece: str, tail: str) -> None:
    begun = process_time()
    for text in (piece + tail * 30_000, (piece + tail) * 3_000):
        with suppress(ImportRefused):
            read(text)
    assert process_time() - begun < 5


@pytest.mark.fuzz
@pytest.mark.parametrize("form", ["text", "html"])
def test_one_mishap_leaves_a_page_what_it_showed_or_has_it_refused(form: str) -> None:
    cases, read_so_far = int(os.environ.get("FUZZ_CASES", "2000")), 0
    assert strip(page.decode(SHORT[form]), None) == STRIP
    for seed in range(cases):
        try:
            said = strip(page.decode(damaged(SHORT[form], seed, 1)), None)
        except ImportRefused:
            continue
        assert {each[:2] for each in said} <= {each[:2] for each in STRIP}, f"seed {seed}"
        read_so_far += 1
    assert cases * 0.02 < read_so_far < cases * 0.98


@pytest.mark.fuzz
@pytest.mark.parametrize("form", ["text", "html"])
def test_many_mishaps_leave_a_page_that_is_read_or_refused(form: str) -> None:
    for seed in range(int(os.environ.get("FUZZ_CASES", "500"))):
        with suppress(ImportRefused):
            assert strip(page.decode(damaged(SHORT[form], seed, 2 + seed % 20)), DAY)
