"""What is drawn of a pair, from what was recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.answers.line import line
from app.answers.stats import stats
from app.domain.answers import Answer, Line
from app.domain.change import UNCHANGED_BY_DECREE
from app.domain.errors import BadParameter, NoRateAtDate, NoRateYet, NotPublished, UnknownSource
from app.domain.observations import Observation
from app.domain.pairs import Pair
from app.ingest.record import record
from app.sources import peg
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import at, banks_row, nbkr, paged

ALL = catalog()
KGS = Pair("KGS", "USD")
NOW = "2026-05-29 08:00"


def ask(store: Store, pair: Pair = KGS, now: str = NOW, **asked: Any) -> Answer[Line]:
    with store.read() as reader:
        return line(reader, ALL, at(now), pair=pair, **asked)


def say(store: Store, *said: Observation, when: str = NOW) -> None:
    record(store, ALL, said, at(when))


@pytest.fixture
def week(store: Store) -> Store:
    """A store with the som of the days from 20 to 23 May: 80, 81, 82 and 83 per dollar."""
    say(store, *(nbkr(f"2026-05-{day}", f"{day + 60}.0000") for day in (20, 21, 22, 23)))
    return store


def days(body: Line) -> list[int]:
    """The days of May that are drawn."""
    return [each.effective_date.day for each in body.values]


def test_days_are_counted_back_from_the_newest_rate_and_not_from_today(week: Store) -> None:
    assert days(ask(week, days=2).body) == [22, 23]
    assert days(ask(week, days=30).body) == [20, 21, 22, 23]
    assert days(ask(week, days=2, until=date(2026, 5, 21)).body) == [20, 21]


def test_a_range_is_the_days_within_it(week: Store) -> None:
    assert days(ask(week, since=date(2026, 5, 21), until=date(2026, 5, 22)).body) == [21, 22]
    assert days(ask(week, since=date(2026, 5, 22)).body) == [22, 23]
    assert days(ask(week).body) == [20, 21, 22, 23]


def test_what_comes_into_force_tomorrow_is_not_drawn_today(week: Store) -> None:
    assert days(ask(week, days=3, now="2026-05-22 08:00").body) == [20, 21, 22]


def test_the_ends_are_those_that_are_drawn_in_the_direction_asked_for(week: Store) -> None:
    for pair in (KGS, KGS.inverse):
        body = ask(week, pair, days=4).body
        assert [end.row.rate for end in body.ends] == [
            body.values[0].close.shown,
            body.values[-1].close.shown,
        ]
        assert [end.row.effective_date.day for end in body.ends] == [20, 23]
        assert [end.digits for end in body.ends] == [6, 6]


def test_the_change_is_that_between_the_ends_recomputed_in_each_direction(week: Store) -> None:
    assert str(ask(week, KGS.inverse, days=4).body.change.pct) == "3.75"
    assert str(ask(week, KGS, days=4).body.change.pct) == "-3.614458"


def test_one_value_has_one_end_and_no_change(week: Store) -> None:
    body = ask(week, since=date(2026, 5, 23)).body
    assert (len(body.ends), body.change.pct) == (1, None)


def test_a_decree_has_not_changed(store: Store) -> None:
    record(store, ALL, peg.SOURCE.decreed(at(NOW)), at(NOW))  # type: ignore[misc]  # a peg decrees
    body = ask(store, Pair("TMT", "USD"), days=30).body
    assert (len(body.values), len(body.ends), body.change) == (1, 1, UNCHANGED_BY_DECREE)


def test_a_page_has_too_few_digits_for_a_change(store: Store) -> None:
    say(store, paged("2026-05-20", "UZS/USD", "0.00008"), paged("2026-05-21", "UZS/USD", "0.00009"))
    body = ask(store, Pair("UZS", "USD"), source="page", days=30).body
    assert (body.change.pct, body.change.reason) == (None, "a-page-has-too-few-digits")
    assert [end.digits for end in body.ends] == [1, 1]


def test_a_cross_is_drawn_on_the_days_of_both(week: Store) -> None:
    for day, value in ((21, "470.0000"), (23, "480.0000")):
        say(week, banks_row("nbk", f"2026-05-{day}", "USD", value))
    body = ask(week, Pair("KGS", "KZT"), days=30).body
    assert days(body) == [21, 23]
    assert [end.row.rate for end in body.ends] == [each.close.shown for each in body.values]


@pytest.mark.parametrize("until", [None, date(2026, 5, 22)])
def test_a_line_holds_as_long_as_the_statistics_of_its_days(week: Store, until: date | None) -> None:
    with week.read() as reader:
        known: Answer[Any] = stats(reader, ALL, at(NOW), pair=KGS, until=until)
    assert replace(known, body=None) == replace(ask(week, until=until), body=None)  # type: ignore[arg-type]  # of another body


def test_why_there_is_no_line_is_told_as_for_a_rate(week: Store) -> None:
    with pytest.raises(NoRateYet):
        ask(week, Pair("TJS", "USD"), days=30)
    with pytest.raises(NotPublished):
        ask(week, source="nbk", days=30)
    with pytest.raises(UnknownSource):
        ask(week, source="none", days=30)
    with pytest.raises(NoRateAtDate):
        ask(week, days=30, until=date(2026, 5, 19))
    with pytest.raises(BadParameter):
        ask(week, since=date(2026, 5, 22), until=date(2026, 5, 21))


def test_a_range_without_a_publication_has_no_line_though_a_rate_was_in_force(week: Store) -> None:
    with pytest.raises(NoRateAtDate, match="published"):
        ask(week, since=date(2026, 5, 24))


def test_ten_years_are_drawn_from_their_first_day(store: Store) -> None:
    first = date(2016, 5, 23)
    say(store, nbkr(first, "67.0000"), nbkr(first + timedelta(days=3652), "87.0000"))
    assert len(ask(store, days=3660).body.values) == 2
