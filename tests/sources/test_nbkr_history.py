"""The dollar's page of the Kyrgyz bank, from which its past is read. Its sample is written by hand."""

import os
from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.errors import BadBody, NoRates
from app.domain.observations import Observation, Published
from app.sources import nbkr
from app.sources.base import Reply
from tests.sources.documents import DOCUMENTS, FETCHED
from tests.sources.mutations import damaged

PAGE = DOCUMENTS["nbkr-history"]
ROW = "<tr><td><!--date-->13.08.2005<!--date--></td><td><!--value-->40,8450<!--value--></td></tr>\n"
EMPTY = b"<html><body><table>\n<tr><th>Date</th><th>Rate</th></tr>\n</table></body></html>\n"
AUGUST = (date(2005, 8, 1), date(2005, 8, 31))


def asked_for(since: date, until: date, body: bytes = PAGE.sample) -> list[Observation]:
    """What is read from `body` as the answer for a range."""
    (request,) = nbkr.page_requests(since, until)
    return nbkr.parse(Reply(request, body, FETCHED))


def refusal(body: bytes, since: date = AUGUST[0], until: date = AUGUST[1]) -> str:
    """Why the body is refused."""
    with pytest.raises(BadBody) as caught:
        asked_for(since, until, body)
    assert caught.value.source == "nbkr"
    assert len(str(caught.value)) < 300
    return str(caught.value)


def page_of(days: list[date]) -> bytes:
    """A page with a row for each day."""
    rows = "".join(ROW.replace("13.08.2005", f"{day:%d.%m.%Y}") for day in days)
    return EMPTY.replace(b"</table>", rows.encode() + b"</table>")


def test_the_page_gives_a_dollar_for_each_day_that_it_has() -> None:
    assert [(said.effective_date, said.published) for said in PAGE.parse()] == [
        (date(2005, 8, 27), Published(nbkr.DOLLAR, "40.7712", 1)),
        (date(2005, 8, 20), Published(nbkr.DOLLAR, "40.8035", 1)),
        (date(2005, 8, 13), Published(nbkr.DOLLAR, "40.8450", 1)),
        (date(2005, 8, 6), Published(nbkr.DOLLAR, "40.9021", 1)),
    ]


def test_a_rate_holds_from_the_midnight_of_its_day_as_it_was_in_bishkek_then() -> None:
    assert PAGE.parse()[0].observed_at == datetime(2005, 8, 26, 18, tzinfo=UTC)
    (winter,) = asked_for(date(2003, 1, 1), date(2003, 1, 31), page_of([date(2003, 1, 18)]))
    assert winter.observed_at == datetime(2003, 1, 17, 19, tzinfo=UTC)


def test_the_order_of_rows_and_the_markup_around_them_are_nothing() -> None:
    bare = PAGE.sample.replace(b"<tr><td>", b"").replace(b"</td></tr>", b"").replace(b"</td><td>", b"")
    assert PAGE.parse(bare.replace(b"\n", b"")) == PAGE.parse()
    assert PAGE.parse(PAGE.sample.replace(b"\n", b"\r\n").replace(b"td", b"TD")) == PAGE.parse()
    assert PAGE.parse(PAGE.changed(">40,8450<", "> 40,8450\n<").replace(b">13.", b">\t13.")) == PAGE.parse()
    headed = PAGE.sample.replace(b"Date<", "Күнү\udcff<".encode("utf-8", "surrogateescape"))
    assert PAGE.parse(headed) == PAGE.parse()
    moved = PAGE.sample.replace(ROW.encode(), b"").replace(b"</table>", ROW.encode() + b"</table>")
    assert sorted(PAGE.parse(moved), key=str) == sorted(PAGE.parse(), key=str)


@pytest.mark.parametrize("space", ["&nbsp;", "\u00a0", " &nbsp;\u00a0\n", "\u202f"])
def test_white_space_around_a_date_or_a_value_is_nothing_however_it_is_written(space: str) -> None:
    for text in (">40,8450<", ">13.08.2005<"):
        assert PAGE.parse(PAGE.changed(text, f">{space}{text[1:-1]}{space}<")) == PAGE.parse()
    assert "value: " in refusal(PAGE.changed(">40,8450<", f">40{space},8450<"))


def test_what_stands_before_and_after_the_table_is_nothing_comments_included() -> None:
    framed = PAGE.changed("<table", "<!-- begin --><table><tr><td>Menu</td></tr></table><table")
    framed = framed.replace(b"</body>", b"<!-- counter --><p>1,2 of 03.04.2005</p><!-- end --></body>")
    assert PAGE.parse(framed) == PAGE.parse()


def test_an_empty_table_is_refused() -> None:
    assert refusal(EMPTY) == ("nbkr: no rate of 2005-08-01 to 2005-08-31, expected one for each publication")


@pytest.mark.parametrize(
    "days",
    [
        (date(2026, 7, 12), date(2026, 7, 13)),  # a Sunday and a Monday
        (date(2005, 8, 7), date(2005, 8, 12)),  # between two Saturdays, while they were weekly
        (date(2026, 5, 1), date(2026, 5, 1)),  # a Friday, but a holiday
        (date(2026, 1, 1), date(2026, 1, 4)),
    ],
)
def test_a_range_in_which_nothing_was_due_or_so_short_that_it_may_be_holidays_may_be_empty(
    days: tuple[date, date],
) -> None:
    with pytest.raises(NoRates) as caught:
        asked_for(*days, EMPTY)
    assert f"nothing of {days[0]} to {days[1]}" in str(caught.value)


def test_five_days_with_publications_due_are_not() -> None:
    assert "no rate of 2026-01-01 to 2026-01-05" in refusal(EMPTY, date(2026, 1, 1), date(2026, 1, 5))


def test_a_page_without_a_table_is_refused_however_short_the_range() -> None:
    assert "no </table>" in refusal(b"<html><body>Request Rejected</body></html>", AUGUST[0], AUGUST[0])


@pytest.mark.parametrize("until", [26, 5])
def test_a_day_after_the_range_is_refused(until: int) -> None:
    reason = refusal(PAGE.sample, AUGUST[0], date(2005, 8, until))
    assert "dated 2005-08-06 to 2005-08-27, but 2005-08-01 to 2005-08-" in reason


def test_a_day_before_the_range_is_refused() -> None:
    assert "but 2005-08-07 to 2005-08-31 was asked for" in refusal(PAGE.sample, date(2005, 8, 7))


def test_the_ends_of_the_range_belong_to_it() -> None:
    assert asked_for(date(2005, 8, 6), date(2005, 8, 27)) == PAGE.parse()


def test_a_day_twice_with_one_value_is_one_and_with_two_is_refused() -> None:
    assert PAGE.parse(PAGE.changed(ROW, ROW * 2)) == PAGE.parse()
    twice = PAGE.changed(ROW, ROW + ROW.replace("8450", "8451"))
    assert refusal(twice) == "nbkr: 2005-08-13: two values, expected one"


@pytest.mark.parametrize(
    "part",
    [
        "<!--date-->13.08.2005<!--date-->",
        "<!--value-->40,8450<!--value-->",
        "<!--date-->13",
        "<!--value-->40",
        "<!--date--></td><td><!--value-->",
    ],
)
def test_dates_and_values_that_do_not_take_turns_are_refused(part: str) -> None:
    assert "marks out of turn" in refusal(PAGE.changed(part, ""))
    assert "marks out of turn" in refusal(PAGE.changed(part, part * 2))


def test_a_value_before_its_date_is_refused() -> None:
    text = PAGE.sample.replace(b"date--", b"x--").replace(b"value--", b"date--").replace(b"x--", b"value--")
    assert "marks out of turn" in refusal(text)


def test_other_marks_are_another_layout() -> None:
    assert "no rate of" in refusal(PAGE.sample.replace(b"date--", b"day--").replace(b"value--", b"rate--"))


@pytest.mark.parametrize("value", ["", "n/a", "40,84,50", "1 040,8450", "40,<b>8450</b>", "40,84\udcff50"])
def test_a_value_that_is_no_number_is_refused_by_its_day(value: str) -> None:
    body = PAGE.sample.replace(b"40,8450", value.encode("utf-8", "surrogateescape"))
    assert refusal(body).startswith("nbkr: 2005-08-13: value: ")


@pytest.mark.parametrize("written", ["", "2005-08-13", "13.8.2005", "31.02.2005", "<b>13.08.2005</b>"])
def test_a_date_in_another_form_is_refused(written: str) -> None:
    assert "expected dd.mm.yyyy" in refusal(PAGE.changed("13.08.2005", written))


def test_a_whole_year_of_days_is_read() -> None:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)][::-1]
    assert [said.effective_date for said in asked_for(days[-1], days[0], page_of(days))] == days


def test_a_date_never_has_the_value_of_the_next_row() -> None:
    """Even where a row loses its value, and the next its date."""
    lost = "<td><!--value-->40,8450<!--value--></td>", "<td><!--date-->06.08.2005<!--date--></td>"
    body = PAGE.changed(lost[0], "").replace(lost[1].encode(), b"")
    assert "marks out of turn" in refusal(body)


@pytest.mark.fuzz
@pytest.mark.parametrize("spread", [False, True], ids=["a row a line", "a cell a line"])
def test_a_damaged_page_gives_rates_that_it_printed_or_is_refused(spread: bool) -> None:
    sound = PAGE.sample.replace(b"<td>", b"\n<td>").replace(b"</tr>", b"\n</tr>") if spread else PAGE.sample
    printed = {(said.effective_date, said.published.value) for said in PAGE.parse(sound)}
    cases = int(os.environ.get("FUZZ_CASES", "2000"))
    read = 0
    for seed in range(cases):
        try:
            said = PAGE.parse(damaged(sound, seed, 1 + seed % 3))
        except (BadBody, NoRates):
            continue
        found = {(each.effective_date, each.published.value.removeprefix("-")) for each in said}
        assert len(found) == len(said) > 0, f"seed {seed}"
        assert found <= printed, f"seed {seed}"
        read += 1
    assert len(printed) == 4
    assert cases * 0.02 < read < cases * 0.98


# What is asked


def test_the_page_is_asked_for_with_every_part_of_both_dates_in_two_digits() -> None:
    (request,) = nbkr.page_requests(date(2005, 6, 1), date(2005, 6, 30))
    assert request.url == (
        "https://www.nbkr.kg/index1.jsp?item=1562&lang=ENG&valuta_id=15"
        "&beg_day=01&beg_month=06&beg_year=2005&end_day=30&end_month=06&end_year=2005"
    )
    assert request.host in nbkr.SOURCE.hosts


def test_the_past_is_asked_for_year_by_year_since_1999_half_a_second_apart() -> None:
    history = nbkr.SOURCE.history
    assert history
    assert (history.since, history.pause) == (date(1999, 1, 1), timedelta(milliseconds=500))
    spans = list(history.spans(date(2004, 11, 5), date(2006, 2, 3)))
    assert [(span.since, span.until, len(span.requests)) for span in spans] == [
        (date(2004, 11, 5), date(2004, 12, 31), 1),
        (date(2005, 1, 1), date(2005, 12, 31), 1),
        (date(2006, 1, 1), date(2006, 2, 3), 1),
    ]


def test_rates_were_dated_on_saturdays_before_they_became_daily() -> None:
    saturday = date(2005, 6, 4)
    published_on = [nbkr.CALENDAR.publishes(saturday + timedelta(days=n)) for n in range(8)]
    assert published_on == [True, *[False] * 6, True]
