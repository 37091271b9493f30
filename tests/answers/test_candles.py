"""The candles of one pair, from what was recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.answers.candles import candles
from app.domain.answers import Answer, Candles
from app.domain.candles import Interval
from app.domain.cursors import encode
from app.domain.errors import BadCursor, BadParameter, ForeignCursor, UnknownSource
from app.domain.numbers import trimmed
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.ingest.record import record, reject
from app.sources.catalog import catalog
from app.store.base import Store
from tests.forged import moved
from tests.said import at, banks_row, nbkr, paged
from tests.stores import fresh_store

KGS, KZT, TMT = (Pair(code, "USD") for code in ("KGS", "KZT", "TMT"))
KEY = "openexchangerates"
ALL = catalog(["nbkr", "nbk", "peg", KEY], app_id="key")
NOW = "2026-05-29 08:00"


def ask(store: Store, now: str = NOW, pair: Pair = KGS, **asked: Any) -> Answer[Candles]:
    with store.read() as reader:
        return candles(reader, ALL, at(now), pair=pair, **asked)


def told(answer: Answer[Candles]) -> list[str]:
    """Each candle in a line: start, open, high, low, close, count."""
    return [
        f"{each.start} {' '.join(map(trimmed, (each.open, each.high, each.low, each.close)))} {each.count}"
        for each in answer.body.candles
    ]


def hourly(instant: str, value: str, code: str = "KGS") -> Observation:
    """What the source that speaks all day says at an instant in UTC."""
    said = replace(nbkr(at(instant).date(), value, fetched_at=at(instant)), source=KEY)
    return replace(said, published=Published(Pair("USD", code), value), observed_at=at(instant))


def say(store: Store, *said: Observation, when: str = NOW) -> None:
    record(store, ALL, said, at(when))


def test_a_bank_has_a_candle_for_each_publication(store: Store) -> None:
    say(store, nbkr("2026-05-21", "87.40"), nbkr("2026-05-22", "87.50"))
    answer = ask(store, pair=KGS.inverse)
    assert told(answer) == ["2026-05-21 87.4 87.4 87.4 87.4 1", "2026-05-22 87.5 87.5 87.5 87.5 1"]
    assert answer.body.candles[0].sources == ("nbkr",)
    assert (answer.body.source, answer.body.derived, answer.body.next) == (None, False, None)


def test_weeks_months_quarters_and_years_are_folded_from_days(store: Store) -> None:
    say(store, nbkr("2026-03-31", "87"), nbkr("2026-05-19", "88"), nbkr("2026-05-21", "86"))
    starts = {
        interval: [str(each.start) for each in ask(store, interval=interval).body.candles]
        for interval in ("1w", "1mo", "1q", "1y")
    }
    assert starts == {
        "1w": ["2026-03-30", "2026-05-18"],
        "1mo": ["2026-03-01", "2026-05-01"],
        "1q": ["2026-01-01", "2026-04-01"],
        "1y": ["2026-01-01"],
    }
    (year,) = ask(store, pair=KGS.inverse, interval="1y").body.candles
    assert [year.open, year.high, year.low, year.close, year.mean] == [87, 88, 86, 86, 87]


def test_a_candle_is_whole_wherever_the_range_cuts_it(store: Store) -> None:
    say(store, *(nbkr(f"2026-05-{day:02}", f"87.{day}") for day in (5, 12, 13, 19)))
    answer = ask(store, interval="1w", since=date(2026, 5, 13), until=date(2026, 5, 13), pair=KGS.inverse)
    assert told(answer) == ["2026-05-11 87.12 87.13 87.12 87.13 2"]


def test_a_source_that_speaks_all_day_has_days_and_hours(store: Store) -> None:
    for instant, value in (("09:05", "87.4"), ("09:55", "87.6"), ("23:10", "87.5")):
        say(store, hourly(f"2026-05-21 {instant}", value))
    asked: dict[str, Any] = {"source": KEY, "pair": KGS.inverse}
    assert told(ask(store, interval="1d", **asked)) == ["2026-05-21 87.4 87.6 87.4 87.5 3"]
    assert told(ask(store, interval="1h", **asked)) == [
        "2026-05-21 09:00:00+00:00 87.4 87.6 87.4 87.6 2",
        "2026-05-21 23:00:00+00:00 87.5 87.5 87.5 87.5 1",
    ]


def test_the_mean_is_that_of_all_rates_each_turned_round_first(store: Store) -> None:
    say(store, hourly("2026-05-20 09:00", "80"), hourly("2026-05-20 10:00", "80"))
    say(store, hourly("2026-05-21 09:00", "87.5"))
    (month,) = ask(store, source=KEY, interval="1mo").body.candles
    assert month.mean == Decimal("0.0121428571429"), "(1/80 + 1/80 + 1/87.5) / 3"
    assert (month.high, month.low, month.count) == (Decimal("0.0125"), Decimal("0.0114285714286"), 3)


def test_a_revision_corrects_the_candle_and_the_view_of_before_keeps_it(store: Store) -> None:
    say(store, hourly("2026-05-21 09:00", "87.4"), hourly("2026-05-21 10:00", "87.9"))
    say(store, hourly("2026-05-21 10:00", "87.5"))
    assert told(ask(store, source=KEY, pair=KGS.inverse)) == ["2026-05-21 87.4 87.5 87.4 87.5 2"]
    with store.read(1) as reader:
        then = candles(reader, ALL, at(NOW), pair=KGS.inverse, source=KEY)
    assert told(then) == ["2026-05-21 87.4 87.9 87.4 87.9 2"]


def test_the_headline_is_followed_from_source_to_source(store: Store) -> None:
    say(store, nbkr("2026-05-19", "87"), nbkr("2026-05-20", "88"), hourly("2026-05-20 09:00", "91"))
    say(store, hourly("2026-05-28 16:00", "89"), hourly("2026-05-28 17:00", "90"))
    answer = ask(store, pair=KGS.inverse, interval="1mo")
    (month,) = answer.body.candles
    assert (month.count, month.sources) == (4, ("nbkr", KEY))
    assert [month.open, month.high, month.close] == [87, 90, 90], "91 was never the headline"


@pytest.mark.parametrize(
    ("interval", "end", "before", "after"),
    [
        ("1d", "2026-05-22", "2026-05-21 17:59", "2026-05-21 18:00"),
        ("1w", "2026-05-25", "2026-05-24 17:59", "2026-05-24 18:00"),
        ("1y", "2027-01-01", "2026-12-31 17:59", "2026-12-31 18:00"),
    ],
)
def test_a_candle_is_complete_when_it_is_over_where_its_bank_is(
    store: Store, interval: str, end: str, before: str, after: str
) -> None:
    say(store, nbkr("2026-05-21"), when="2026-05-20 11:00")
    for now, complete in ((before, False), (after, True)):
        (found,) = ask(store, now, interval=interval, source="nbkr").body.candles
        assert (str(found.end), found.complete) == (end, complete)


def test_a_candle_of_a_source_that_speaks_all_day_waits_for_its_last_word(store: Store) -> None:
    say(store, hourly("2026-05-21 09:00", "87.4"), when="2026-05-21 09:05")
    asked: dict[str, Any] = {"source": KEY, "since": date(2026, 5, 21), "until": date(2026, 5, 21)}
    for interval, hour in (("1h", "2026-05-21 11:00"), ("1d", "2026-05-22 01:00")):
        early, late = at(hour) - timedelta(seconds=1), at(hour)
        first = ask(store, f"{early:%Y-%m-%d %H:%M:%S}", interval=interval, **asked)
        assert not first.body.candles[0].complete
        assert first.valid_until is not None
        assert first.valid_until <= late, "a copy of it ends before it is false"
        then = ask(store, hour, interval=interval, **asked)
        assert then.body.candles[0].complete
        assert then.valid_since is not None
        assert then.valid_since <= late
    assert ask(store, "2026-05-22 01:00", **asked).closed
    assert not ask(store, "2026-05-22 00:59", **asked).closed


def test_what_is_upcoming_is_no_candle_yet(store: Store) -> None:
    say(store, nbkr("2026-05-30"), when="2026-05-29 07:00")
    assert told(ask(store)) == []
    assert len(told(ask(store, "2026-05-29 18:00"))) == 1


def test_a_range_that_is_over_is_closed(store: Store) -> None:
    say(store, nbkr("2026-05-19"))
    assert ask(store, until=date(2026, 5, 28)).closed
    assert not ask(store, until=date(2026, 5, 28), interval="1w").closed
    assert ask(store, until=date(2026, 5, 24), interval="1w").closed


@pytest.mark.parametrize("interval", ["1h", "1d", "1w", "1mo"])
def test_pages_join_without_gap_or_repeat(store: Store, interval: str) -> None:
    start = datetime(2026, 2, 1, 12, tzinfo=UTC)
    said = [
        hourly(f"{start + timedelta(hours=17 * step):%Y-%m-%d %H:%M}", f"87.{step}") for step in range(150)
    ]
    say(store, *said)
    asked: dict[str, Any] = {"source": KEY, "interval": interval}
    whole, seen, after = told(ask(store, **asked)), [], None
    assert len(whole) > 3
    while True:
        answer = ask(store, limit=2, after=after, **asked)
        assert len(answer.body.candles) <= 2
        seen += told(answer)
        after = answer.next
        if after is None:
            break
    assert seen == whole


def test_a_cross_has_a_value_on_the_days_on_which_both_legs_have_one(store: Store) -> None:
    tenge = [
        banks_row("nbk", f"2026-05-{day}", "USD", value) for day, value in (("20", "480"), ("22", "500"))
    ]
    say(store, nbkr("2026-05-20", "80"), nbkr("2026-05-21", "87"), nbkr("2026-05-22", "80"), *tenge)
    answer = ask(store, pair=Pair("KGS", "KZT"))
    assert told(answer) == ["2026-05-20 6 6 6 6 1", "2026-05-22 6.25 6.25 6.25 6.25 1"]
    assert answer.body.derived
    assert answer.body.candles[0].sources == ("nbk", "nbkr")
    (turned,) = ask(store, pair=Pair("KZT", "KGS"), interval="1w").body.candles
    assert [turned.high, turned.low] == [Decimal("0.166666666667"), Decimal("0.16")]
    assert turned.mean == Decimal("0.163333333333")


def test_a_cross_by_one_source_hears_that_alone(store: Store) -> None:
    say(store, nbkr("2026-05-20", "80"), hourly("2026-05-20 10:00", "480", "KZT"))
    assert told(ask(store, pair=Pair("KGS", "KZT"), source=KEY)) == []
    say(store, hourly("2026-05-20 10:00", "90"), hourly("2026-05-20 11:00", "96"))
    assert told(ask(store, pair=Pair("KGS", "KZT"), source=KEY)) == ["2026-05-20 5 5 5 5 1"]


def test_a_decree_crosses_every_day_of_the_other_leg(store: Store) -> None:
    decreed = ALL["peg"].decreed
    assert decreed
    say(store, nbkr("2014-12-31", "57"), *decreed(at("2014-12-31 06:00")), when="2014-12-31 08:00")
    say(store, nbkr("2026-05-20", "70"), nbkr("2026-05-21", "77"), *decreed(at(NOW)))
    for pair in (Pair("TMT", "KGS"), Pair("TMT", "KGS").inverse):
        assert len(told(ask(store, pair=pair))) == 3
    assert told(ask(store, pair=Pair("TMT", "KGS"))) == [
        "2014-12-31 20 20 20 20 1",
        "2026-05-20 20 20 20 20 1",
        "2026-05-21 22 22 22 22 1",
    ]


def test_hours_of_a_bank_a_headline_or_a_cross_are_refused(store: Store) -> None:
    refused: list[dict[str, Any]] = [{}, {"source": "nbkr"}, {"source": KEY, "pair": Pair("KGS", "KZT")}]
    for asked in refused:
        with pytest.raises(BadParameter, match="one source that speaks all day"):
            ask(store, interval="1h", **asked)


def test_what_cannot_be_asked_is_refused_by_name(store: Store) -> None:
    with pytest.raises(BadParameter, match="since=2026-05-22 is after until=2026-05-20"):
        ask(store, since=date(2026, 5, 22), until=date(2026, 5, 20))
    with pytest.raises(UnknownSource):
        ask(store, source="nobody")


def test_a_cursor_of_another_interval_answer_or_store_is_refused(store: Store) -> None:
    with store.read() as reader:
        log_id = reader.counter().log_id
    say(store, nbkr("2026-05-12", "87"), nbkr("2026-05-19", "88"), nbkr("2026-05-20", "89"))
    week = ask(store, interval="1w", limit=1).next
    assert len(told(ask(store, interval="1w", after=week))) == 1
    refused: list[dict[str, Any]] = [
        {},
        {"interval": "1mo"},
        {"interval": "1h", "source": KEY},
        {"interval": "1w", "pair": KGS.inverse},
        {"interval": "1w", "source": "nbkr"},
        {"interval": "1w", "fill": "previous"},
    ]
    for asked in refused:
        with pytest.raises(BadCursor, match="another question"):
            ask(store, after=week, **asked)
    with pytest.raises(BadCursor):
        ask(store, after=encode("h", log_id, "2026-05-21"))
    with fresh_store() as other:
        say(other, nbkr("2026-05-19"), nbkr("2026-05-20"))
        foreign = ask(other, limit=1).next
    with pytest.raises(ForeignCursor):
        ask(store, after=foreign)


@pytest.mark.parametrize(
    ("interval", "source", "good", "places"),
    [
        ("1d", None, "2026-05-21", ["9999-12-31", "0001-01-01", "20260521", "2026-05-21T10:00:00+00:00"]),
        ("1w", None, "2026-05-18", ["9999-12-31", "2026-05-19", "soon", ""]),
        (
            "1h",
            KEY,
            "2026-05-20T11:00:00+00:00",
            [
                "2026-05-21",
                "2026-05-21T10:00:00",
                "2026-05-21T10:30:00+00:00",
                "9999-12-31T23:00:00-05:00",
                "0001-01-01T00:00:00+05:00",
            ],
        ),
    ],
)
def test_a_cursor_with_a_place_that_is_no_edge_is_refused(
    store: Store, interval: Interval, source: str | None, good: str, places: list[str]
) -> None:
    say(store, nbkr("2026-05-05", "87"), nbkr("2026-05-20", "88"))
    say(store, hourly("2026-05-20 10:00", "87"), hourly("2026-05-20 11:00", "88"))
    first = ask(store, interval=interval, source=source, limit=1).next
    assert first
    ask(store, interval=interval, source=source, after=moved(first, good))
    for place in places:
        with pytest.raises(BadCursor):
            ask(store, interval=interval, source=source, after=moved(first, place))


def test_a_page_that_was_imported_has_candles_too(store: Store) -> None:
    say(store, paged("2026-05-20", "KZT/USD", "0.00189"))
    (found,) = ask(store, pair=KZT, source="page").body.candles
    assert found.close == Decimal("0.00189")
    assert told(ask(store, pair=TMT)) == []


# Filled


def carried(answer: Answer[Candles]) -> list[str]:
    return [f"{each.start} {each.count} {each.carried_from}" for each in answer.body.candles]


def test_a_filled_interval_shows_the_close_before_it_and_counts_nothing(store: Store) -> None:
    say(store, nbkr("2026-05-12", "87"), nbkr("2026-05-15", "88"), nbkr("2026-05-26", "89"))
    answer = ask(store, interval="1w", fill="previous", pair=KGS.inverse)
    assert told(answer) == [
        "2026-05-11 87 88 87 88 2",
        "2026-05-18 88 88 88 88 0",
        "2026-05-25 89 89 89 89 1",
    ]
    _, filled, _ = answer.body.candles
    assert (filled.carried_from, filled.sources) == (date(2026, 5, 11), ("nbkr",))
    assert filled.mean == 88
    assert filled.complete


def test_a_filled_range_begins_with_what_was_before_it_and_ends_today(store: Store) -> None:
    say(store, nbkr("2026-05-20", "87"))
    answer = ask(store, since=date(2026, 5, 28), fill="previous")
    assert carried(answer) == ["2026-05-28 0 2026-05-20", "2026-05-29 0 2026-05-20"]
    assert [each.complete for each in answer.body.candles] == [True, False]
    assert carried(ask(store, until=date(2026, 5, 19), fill="previous")) == []
    weekend = ask(store, since=date(2026, 5, 22), until=date(2026, 5, 25), fill="business")
    assert carried(weekend) == ["2026-05-22 0 2026-05-20", "2026-05-25 0 2026-05-20"]


def test_filled_hours_end_with_the_one_that_has_begun(store: Store) -> None:
    say(store, hourly("2026-05-21 09:10", "87.4"), when="2026-05-21 09:15")
    asked: dict[str, Any] = {"source": KEY, "interval": "1h", "fill": "previous"}
    nine = "2026-05-21 09:00:00+00:00"
    answer = ask(store, "2026-05-21 11:30", **asked)
    assert carried(answer) == [
        f"{nine} 1 None",
        f"2026-05-21 10:00:00+00:00 0 {nine}",
        f"2026-05-21 11:00:00+00:00 0 {nine}",
    ]
    assert answer.valid_until == at("2026-05-21 12:00"), "when the next one begins"
    assert len(carried(ask(store, "2026-05-21 12:01", **asked))) == 4
    assert len(carried(ask(store, NOW, until=date(2026, 5, 21), **asked))) == 15
    evening = ask(store, NOW, since=date(2026, 5, 22), until=date(2026, 5, 22), **asked)
    assert carried(evening) == [f"2026-05-22 {hour:02}:00:00+00:00 0 {nine}" for hour in range(24)]


HOURS: dict[str, Any] = {"source": KEY, "interval": "1h"}


def drop(store: Store, day: date) -> None:
    """Drop the rows of a day, as is done by their age."""
    assert store.transact(at(NOW), lambda writer: writer.drop_rows(KGS, KEY, day))


@pytest.fixture
def dropped(store: Store) -> Store:
    """Hours of four days, of which rows of the second and third were dropped."""
    for day, hours in ((18, (21, 22)), (19, (3, 4, 22)), (20, (5, 6)), (21, (2,))):
        say(store, *(hourly(f"2026-05-{day} {hour:02}:10", f"87.{day}{hour:02}") for hour in hours))
    drop(store, date(2026, 5, 19))
    drop(store, date(2026, 5, 20))
    return store


def test_hours_are_not_carried_into_a_day_of_which_rows_were_dropped_and_go_on_from_its_last(
    dropped: Store,
) -> None:
    answer = ask(dropped, "2026-05-21 03:30", fill="previous", pair=KGS.inverse, **HOURS)
    assert [f"{each.start:%d %H} {trimmed(each.close)} {each.count}" for each in answer.body.candles] == [
        *("18 21 87.1821 1", "18 22 87.1822 1", "18 23 87.1822 0"),
        *("21 00 87.2006 0", "21 01 87.2006 0", "21 02 87.2102 1", "21 03 87.2102 0"),
    ]
    assert answer.body.candles[3].carried_from == at("2026-05-20 06:00")
    assert (
        told(ask(dropped, until=date(2026, 5, 20), since=date(2026, 5, 19), fill="previous", **HOURS)) == []
    )


def test_days_of_which_rows_were_dropped_are_filled_like_others(dropped: Store) -> None:
    say(dropped, hourly("2026-05-23 10:00", "87.3"))
    answer = ask(dropped, source=KEY, until=date(2026, 5, 23), fill="previous")
    assert [each.count for each in answer.body.candles] == [2, 3, 2, 1, 0, 1]


def test_hours_start_again_from_nothing_after_a_day_whose_last_word_was_dropped_or_refused(
    dropped: Store,
) -> None:
    with dropped.read() as reader:
        last = reader.newest(KGS, KEY, until=date(2026, 5, 20))
    assert last
    reject(dropped, ALL, last.id, at(NOW), "a misprint")
    for since in (None, date(2026, 5, 21)):
        answer = ask(dropped, "2026-05-21 03:30", since=since, fill="previous", **HOURS)
        assert [f"{each.start:%d %H}" for each in answer.body.candles][-2:] == ["21 02", "21 03"]
        assert len(answer.body.candles) == (2 if since else 5)


@pytest.mark.parametrize("limit", range(1, 6))
def test_pages_of_hours_join_over_days_of_which_rows_were_dropped(dropped: Store, limit: int) -> None:
    asked = {"fill": "previous", **HOURS}
    whole, seen, after = carried(ask(dropped, "2026-05-21 03:30", **asked)), [], None
    while True:
        answer = ask(dropped, "2026-05-21 03:30", limit=limit, after=after, **asked)
        seen += carried(answer)
        after = answer.next
        if after is None:
            break
    assert seen == whole


@pytest.mark.parametrize("interval", ["1h", "1d", "1w", "1mo"])
@pytest.mark.parametrize("fill", ["previous", "business"])
def test_pages_of_filled_candles_join(store: Store, interval: str, fill: str) -> None:
    say(store, *(hourly(f"2026-0{month}-1{month} 11:00", f"87.{month}") for month in (3, 4, 5)))
    asked: dict[str, Any] = {"source": KEY, "interval": interval, "fill": fill, "since": date(2026, 4, 1)}
    whole, seen, after = carried(ask(store, limit=2000, **asked)), [], None
    while True:
        answer = ask(store, limit=len(whole) // 3 + 1, after=after, **asked)
        seen += carried(answer)
        after = answer.next
        if after is None:
            break
    assert seen == whole
    first = {"1h": "2026-03-13 11:00:00+00:00", "1d": "2026-03-13", "1w": "2026-03-09", "1mo": "None"}
    assert whole[0].endswith(first[interval])
