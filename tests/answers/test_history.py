"""The publications of one pair over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from app.answers.history import SIDE_BY_SIDE, Layout, histories, history, table, wide
from app.domain.answers import Answer, History, Point
from app.domain.cursors import encode
from app.domain.errors import BadCursor, BadParameter, ForeignCursor
from app.domain.numbers import significant
from app.domain.observations import Observation, Published
from app.domain.pairs import CROSSES, SERVED, Pair
from app.ingest.record import record, reject
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import at, nbkr, paged
from tests.stores import fresh_store

KGS = Pair("KGS", "USD")
KEY = "openexchangerates"
ALL = catalog(["nbkr", KEY], app_id="key")
NOW = "2026-05-29 08:00"


def ask(store: Store, now: str = NOW, pair: Pair = KGS, **asked: object) -> Answer[History]:
    with store.read() as reader:
        return history(reader, ALL, at(now), pair=pair, **asked)  # type: ignore[arg-type]  # as asked


def spoken(instant: datetime, value: str) -> Observation:
    """What the source that speaks all day says at an instant in UTC."""
    return replace(nbkr(instant.date(), value, fetched_at=instant), source=KEY, observed_at=instant)


def days(answer: Answer[History]) -> list[str]:
    return [f"{point.effective_date:%d} {point.source}" for point in answer.body.points]


@pytest.fixture(autouse=True)
def a_week(store: Store) -> None:
    """Tuesday 19 to Saturday 23 May from the bank, Friday corrected; then silence."""
    said = [nbkr(f"2026-05-{day}", f"87.{day}00") for day in (19, 20, 21, 22, 23)]
    record(store, ALL, said, at("2026-05-23 06:00"))
    record(store, ALL, [nbkr("2026-05-22", "87.9900")], at("2026-05-23 07:00"))


def test_points_come_oldest_first_with_the_newest_revision_of_each_day(store: Store) -> None:
    answer = ask(store)
    assert days(answer) == ["19 nbkr", "20 nbkr", "21 nbkr", "22 nbkr", "23 nbkr"]
    friday = answer.body.points[3]
    assert (friday.value, friday.revision) == ("87.9900", 1)


@pytest.mark.parametrize("fill", ["previous", "business"])
def test_nothing_is_carried_from_a_day_whose_rows_were_dropped_and_whose_last_was_refused(
    store: Store, fill: str
) -> None:
    said = [spoken(at(f"2026-05-{day} 0{hour}:00"), f"87.{day}{hour}") for day in (11, 12) for hour in (4, 5)]
    record(store, ALL, [*said, spoken(at("2026-05-15 04:00"), "87.5")], at(NOW))
    with store.write(at(NOW)) as writer:
        assert writer.drop_rows(KGS, KEY, date(2026, 5, 12)) == 1
    with store.read() as reader:
        last = reader.newest(KGS, KEY, until=date(2026, 5, 12))
    assert last
    reject(store, ALL, last.id, at(NOW), "a misprint")
    answer = ask(store, source=KEY, since=date(2026, 5, 13), until=date(2026, 5, 15), fill=fill)
    assert days(answer) == [f"15 {KEY}"]


def test_both_ends_are_included(store: Store) -> None:
    answer = ask(store, since=date(2026, 5, 20), until=date(2026, 5, 22))
    assert days(answer) == ["20 nbkr", "21 nbkr", "22 nbkr"]
    assert answer.closed


def test_a_range_that_contains_today_is_open(store: Store) -> None:
    assert not ask(store, until=date(2026, 5, 29)).closed
    assert ask(store, until=date(2026, 5, 28)).closed


def test_what_is_upcoming_is_not_history_yet(store: Store) -> None:
    record(store, ALL, [nbkr("2026-05-30", "88.0000")], at("2026-05-29 07:00"))
    assert "30 nbkr" not in days(ask(store))
    assert "30 nbkr" not in days(ask(store, source="nbkr"))
    assert days(ask(store, "2026-05-29 18:00"))[-1] == "30 nbkr"


def test_a_page_fills_the_days_on_which_the_bank_was_stale(store: Store) -> None:
    pages = [paged(f"2026-05-{day}", "KGS/USD", "0.0114") for day in (20, 25, 27, 28)]
    record(store, ALL, pages, at("2026-05-29 06:00"))
    # The bank missed Tuesday 26 and was stale from Tuesday 17:00 in Bishkek.
    assert days(ask(store)) == ["19 nbkr", "20 nbkr", "21 nbkr", "22 nbkr", "23 nbkr", "27 page", "28 page"]
    assert days(ask(store, source="page")) == ["20 page", "25 page", "27 page", "28 page"]


def test_pages_of_a_history_join_without_gap_or_repeat(store: Store) -> None:
    whole, seen, after = days(ask(store)), [], None
    while True:
        answer = ask(store, limit=2, after=after)
        seen += days(answer)
        assert answer.body.next == answer.next
        after = answer.next
        if after is None:
            break
    assert seen == whole


def test_a_page_has_so_many_points_and_may_end_within_a_day(store: Store) -> None:
    said = [
        at(f"2026-05-{day} {hour:02}:{minute:02}")
        for day in (26, 27)
        for hour in range(3)
        for minute in (0, 30)
    ]
    record(store, ALL, [spoken(instant, f"87.{number:02}") for number, instant in enumerate(said)], at(NOW))
    pages, after = [], None
    while True:
        answer = ask(store, source=KEY, limit=5, after=after)
        pages.append([point.observed_at for point in answer.body.points])
        after = answer.next
        if after is None:
            break
    assert pages == [said[:5], said[5:10], said[10:]]


def test_what_is_said_late_for_a_day_that_a_page_ended_in_is_on_the_next_unless_it_was_passed(
    store: Store,
) -> None:
    instants = [at(f"2026-05-26 0{hour}:00") for hour in range(1, 6)]
    record(
        store, ALL, [spoken(instants[0], "87.1"), *(spoken(each, "87.5") for each in instants[3:])], at(NOW)
    )
    first = ask(store, source=KEY, limit=2)
    record(store, ALL, [spoken(instants[1], "87.2"), spoken(at("2026-05-26 04:30"), "87.3")], at(NOW))
    second = ask(store, source=KEY, limit=2, after=first.next)
    assert [point.observed_at for point in second.body.points] == [at("2026-05-26 04:30"), instants[4]]


def test_the_inverse_has_the_published_values(store: Store) -> None:
    points = ask(store, pair=KGS.inverse).body.points
    assert [str(point.rate) for point in points] == ["87.19", "87.2", "87.21", "87.99", "87.23"]


def test_dates_the_wrong_way_round_are_refused_by_name(store: Store) -> None:
    with pytest.raises(BadParameter, match="since=2026-05-22 is after until=2026-05-20"):
        ask(store, since=date(2026, 5, 22), until=date(2026, 5, 20))


def test_a_cursor_of_another_store_or_of_none_is_refused(store: Store) -> None:
    with pytest.raises(BadCursor):
        ask(store, after="tomorrow")
    with fresh_store() as other:
        record(other, ALL, [nbkr("2026-05-19"), nbkr("2026-05-20")], at("2026-05-23 06:00"))
        foreign = ask(other, limit=1).next
    with pytest.raises(ForeignCursor):
        ask(store, after=foreign)


def test_a_cursor_with_a_place_that_is_none_is_refused(store: Store) -> None:
    with store.read() as reader:
        log_id = reader.counter().log_id
    for place in ("2026-05-20", "2026-05-20 soon", "soon", "", "2026-05-20 2026-05-19T18:00:00"):
        with pytest.raises(BadCursor):
            ask(store, after=encode("h", log_id, place))


def test_a_cursor_never_goes_back_before_since(store: Store) -> None:
    first = ask(store, limit=1).next
    assert days(ask(store, since=date(2026, 5, 22), after=first)) == ["22 nbkr", "23 nbkr"]


def test_an_empty_history_is_an_answer(store: Store) -> None:
    assert ask(store, pair=Pair("UZS", "USD")).body.points == ()


# Filled


def carried(answer: Answer[History]) -> list[str]:
    """Each point: its day, the day that its rate is of."""
    points = answer.body.points
    return [f"{each.effective_date:%d} {(each.carried_from or each.effective_date):%d}" for each in points]


def test_a_filled_history_has_every_day_with_the_one_that_it_is_from(store: Store) -> None:
    answer = ask(store, since=date(2026, 5, 22), until=date(2026, 5, 26), fill="previous")
    assert carried(answer) == ["22 22", "23 23", "24 23", "25 23", "26 23"]
    assert [each.carried_from for each in answer.body.points[:2]] == [None, None]
    assert {each.value for each in answer.body.points[1:]} == {"87.2300"}


def test_business_days_are_monday_to_friday_and_no_publication_is_left_out(store: Store) -> None:
    answer = ask(store, since=date(2026, 5, 22), until=date(2026, 5, 26), fill="business")
    assert carried(answer) == ["22 22", "23 23", "25 23", "26 23"]


def test_no_filled_row_stands_before_the_first_publication_or_after_today(store: Store) -> None:
    whole = carried(ask(store, fill="previous"))
    assert whole[0] == "19 19"
    assert whole[-1] == "29 23"
    assert carried(ask(store, until=date(2026, 5, 18), fill="previous")) == []
    assert carried(ask(store, "2026-05-29 18:00", fill="previous"))[-1] == "30 23"


def test_a_range_without_a_publication_shows_the_one_before_it(store: Store) -> None:
    answer = ask(store, since=date(2026, 5, 25), until=date(2026, 5, 26), fill="previous")
    assert carried(answer) == ["25 23", "26 23"]
    assert answer.closed


@pytest.mark.parametrize("source", [None, "nbkr"])
@pytest.mark.parametrize("fill", ["previous", "business"])
def test_pages_of_a_filled_history_join(store: Store, source: str | None, fill: str) -> None:
    record(store, ALL, [paged(f"2026-05-{day}", "KGS/USD", "0.0114") for day in (20, 27)], at(NOW))
    whole, seen, after = carried(ask(store, source=source, fill=fill)), [], None
    while True:
        answer = ask(store, source=source, fill=fill, limit=3, after=after)
        seen += carried(answer)
        after = answer.next
        if after is None:
            break
    assert seen == whole


KZT, CROSS = Pair("KZT", "USD"), Pair("KGS", "KZT")
BANKS = catalog(["nbkr", "nbk", KEY], app_id="key")


@pytest.fixture
def two(store: Store) -> Store:
    """The tenge beside the som: its bank spoke for Tuesday to Thursday and for Monday the 25th."""
    said = [
        replace(nbkr(f"2026-05-{day}"), source="nbk", published=Published(Pair("USD", "KZT"), value))
        for day, value in ((19, "470.10"), (20, "470.20"), (21, "471.46"), (25, "472.00"))
    ]
    record(store, BANKS, said, at("2026-05-25 06:00"))
    return store


def among(
    store: Store,
    question: Callable[..., Answer[Any]] = histories,
    pairs: Sequence[Pair] = (KGS, KZT),
    **asked: object,
) -> Answer[Any]:
    with store.read() as reader:
        return question(reader, BANKS, at(NOW), pairs=pairs, **asked)


def told(points: Iterable[Point]) -> list[str]:
    return [f"{each.effective_date:%d} {each.pair.base} {each.source}" for each in points]


def test_several_pairs_come_day_by_day_and_of_each_day_in_their_order(two: Store) -> None:
    found = told(among(two, pairs=(KZT, KGS)).body.points)
    assert found[:4] == ["19 KZT nbk", "19 KGS nbkr", "20 KZT nbk", "20 KGS nbkr"]
    assert found[-3:] == ["22 KGS nbkr", "23 KGS nbkr", "25 KZT nbk"]


def test_each_pair_is_told_as_by_itself(two: Store) -> None:
    both = among(two, pairs=(KGS, KZT, CROSS), fill="business").body.points
    for pair in (KGS, KZT, CROSS):
        with two.read() as reader:
            alone = history(reader, BANKS, at(NOW), pair=pair, fill="business").body.points
        assert tuple(each for each in both if each.pair == pair) == alone


@pytest.mark.parametrize("fill", ["none", "previous"])
@pytest.mark.parametrize("source", [None, SIDE_BY_SIDE])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_of_several_pairs_join_without_gap_or_repeat(
    two: Store, source: str | None, fill: str, limit: int
) -> None:
    record(two, BANKS, [spoken(at(f"2026-05-21 0{hour}:00"), f"87.{hour}") for hour in (1, 2, 3)], at(NOW))
    asked: dict[str, Any] = {"source": source, "fill": fill}
    whole, after, seen = among(two, **asked).body.points, None, list[Point]()
    while True:
        answer = among(two, limit=limit, after=after, **asked)
        seen += answer.body.points
        if (after := answer.next) is None:
            break
    assert tuple(seen) == whole


def test_side_by_side_every_source_of_the_pair_speaks_for_itself_the_first_in_authority_first(
    store: Store,
) -> None:
    record(
        store, ALL, [spoken(at("2026-05-20 04:00"), "87.1"), spoken(at("2026-05-24 04:00"), "87.2")], at(NOW)
    )
    assert days(ask(store, source=SIDE_BY_SIDE, until=date(2026, 5, 20))) == [
        "19 nbkr",
        "20 nbkr",
        f"20 {KEY}",
    ]
    assert days(ask(store, source=SIDE_BY_SIDE, since=date(2026, 5, 24))) == [f"24 {KEY}"]


def test_side_by_side_a_cross_is_that_of_each_source_that_has_both_legs(two: Store) -> None:
    assert ask_cross(two, source=SIDE_BY_SIDE).body.points == ()
    said = [
        replace(spoken(at("2026-05-20 04:00"), value), published=Published(Pair("USD", code), value))
        for code, value in (("KGS", "87.5"), ("KZT", "470"))
    ]
    record(two, BANKS, said, at(NOW))
    (only,) = ask_cross(two, source=SIDE_BY_SIDE).body.points
    assert (only.source, only.kind, str(only.rate)) == (KEY, "aggregate", "5.37142857143")


def ask_cross(store: Store, **asked: object) -> Answer[History]:
    with store.read() as reader:
        return history(reader, BANKS, at(NOW), pair=CROSS, **asked)  # type: ignore[arg-type]  # as asked


def test_a_cross_has_a_point_on_each_day_for_which_both_currencies_have_a_rate(two: Store) -> None:
    found = ask_cross(two).body
    assert found.derived
    assert [f"{each.effective_date:%d}" for each in found.points] == ["19", "20", "21"]
    thursday = found.points[-1]
    assert thursday.rate == significant(Fraction("471.46") / Fraction("87.2100"), 12)
    assert (thursday.source, thursday.published, thursday.revision, thursday.recorded_at) == (None,) * 4


def test_with_its_revisions_each_publication_comes_after_those_that_it_superseded(store: Store) -> None:
    friday = date(2026, 5, 22)
    found = ask(store, since=friday, until=friday, revisions=True).body.points
    assert [(each.value, each.revision) for each in found] == [("87.2200", 0), ("87.9900", 1)]
    pages = [ask(store, since=friday, until=friday, revisions=True, limit=1)]
    pages.append(ask(store, since=friday, until=friday, revisions=True, limit=1, after=pages[0].next))
    assert [page.body.points for page in pages] == [(found[0],), (found[1],)]


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"fill": "previous"}, "filled"),
        ({"question": wide}, "wide"),
        ({"pairs": (KGS, CROSS)}, "KGS/KZT"),
    ],
)
def test_revisions_of_what_has_none_are_refused(two: Store, asked: dict[str, Any], what: str) -> None:
    with pytest.raises(BadParameter, match=what) as refused:
        among(two, revisions=True, **asked)
    assert refused.value.parameter == "revisions"


def test_a_wide_row_has_the_rate_of_each_pair_on_its_day_or_nothing(two: Store) -> None:
    found = among(two, wide, since=date(2026, 5, 21)).body
    assert found.columns == ("KGS/USD", "KZT/USD")
    points = {(each.effective_date, str(each.pair)): each.rate for each in among(two).body.points}
    assert [row["effective_date"].day for row in found.rows] == [21, 22, 23, 25]
    for row in found.rows:
        assert [row[name] for name in found.columns] == [
            points.get((row["effective_date"], name)) for name in found.columns
        ]


def test_side_by_side_a_wide_row_has_a_column_for_each_source_and_the_last_word_of_a_day(
    store: Store,
) -> None:
    record(store, ALL, [spoken(at(f"2026-05-20 0{hour}:00"), f"87.0{hour}") for hour in (4, 5)], at(NOW))
    with store.read() as reader:
        found = wide(reader, ALL, at(NOW), pairs=[KGS], source=SIDE_BY_SIDE).body
    assert found.columns == ("KGS/USD nbkr", f"KGS/USD {KEY}")
    assert found.rows[1][f"KGS/USD {KEY}"] == significant(1 / Fraction("87.05"), 12)
    assert found.rows[0][f"KGS/USD {KEY}"] is None


@pytest.mark.parametrize("question", [wide, partial(table, layout="wide")])
def test_a_wide_page_has_so_many_rates_and_no_more(two: Store, question: Callable[..., Any]) -> None:
    pairs = tuple(SERVED | CROSSES)
    assert among(two, question, pairs=pairs, limit=1666).body
    with pytest.raises(BadParameter, match="limit=1667 rows of 30 rates") as refused:
        among(two, question, pairs=pairs, limit=1667)
    assert refused.value.parameter == "limit"
    assert refused.value.expected == "at most 1666 rows with so many columns, or fewer pairs"


def test_a_wide_table_without_a_limit_has_any_number_of_them(
    two: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = len(among(two, wide).body.rows)
    monkeypatch.setattr("app.answers.history.MOST_CELLS", 1)
    with two.read() as reader:
        found = table(reader, BANKS, at(NOW), pairs=(KGS, KZT), layout="wide")
        assert len(list(found.body.rows)) == whole > 1


def test_wide_pages_join_and_end_between_days(two: Store) -> None:
    whole, after, seen = among(two, wide).body.rows, None, list[Any]()
    while True:
        answer = among(two, wide, limit=2, after=after)
        seen += answer.body.rows
        if (after := answer.next) is None:
            break
    assert tuple(seen) == whole


def test_a_cursor_of_one_layout_is_none_of_the_other(two: Store) -> None:
    for question, other in ((histories, wide), (wide, histories)):
        cursor = among(two, question, limit=1).next
        with pytest.raises(BadCursor):
            among(two, other, after=cursor)


@pytest.mark.parametrize("layout", ["long", "wide"])
@pytest.mark.parametrize("source", [None, SIDE_BY_SIDE])
def test_a_table_has_the_same_rows_as_the_pages(two: Store, layout: Layout, source: str | None) -> None:
    with two.read() as reader:
        asked = {"pairs": (KGS, KZT), "source": source}
        found = table(reader, BANKS, at(NOW), layout=layout, **asked).body  # type: ignore[arg-type]  # as asked
        rows = [dict(zip([each.name for each in found.columns], row, strict=True)) for row in found.rows]
        limited = table(reader, BANKS, at(NOW), layout=layout, limit=3, **asked)  # type: ignore[arg-type]  # as asked
        assert [list(row) for row in limited.body.rows] == [list(row.values()) for row in rows[:3]]
        assert limited.next
    if layout == "wide":
        assert rows == list(among(two, wide, source=source).body.rows)
    else:
        points = among(two, source=source).body.points
        assert [
            (row["pair"], row["effective_date"], row["rate"], row["published_value"]) for row in rows
        ] == [(each.pair, each.effective_date, each.rate, each.value) for each in points]


def test_the_answer_about_several_turns_with_each_of_them(two: Store) -> None:
    both = among(two)
    alone = [among(two, pairs=[pair]) for pair in (KGS, KZT)]
    assert both.valid_until == min(each.valid_until for each in alone if each.valid_until)
    assert both.valid_since == max(each.valid_since for each in alone if each.valid_since)
    assert among(two, until=date(2026, 5, 26)).closed
