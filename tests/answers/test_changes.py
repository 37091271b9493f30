"""How far a pair moved, from what was recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.answers.changes import changes
from app.answers.latest import latest_row
from app.domain.answers import Answer, Changes
from app.domain.change import Change
from app.domain.errors import BadParameter, NoRateAtDate, NoRateYet, UnknownSource
from app.domain.numbers import trimmed
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.ingest.record import record
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import at, banks_row, nbkr, paged

KGS, TMT = Pair("KGS", "USD"), Pair("TMT", "USD")
SOM = KGS.inverse
KEY = "openexchangerates"
ALL = catalog(["nbkr", "nbk", "peg", KEY], app_id="key")
NOW = "2026-05-21 08:00"
DAYS = {
    "2025-05-20": "80",
    "2025-12-30": "81",
    "2026-04-20": "82",
    "2026-04-30": "83",
    "2026-05-14": "84",
    "2026-05-16": "85",
    "2026-05-20": "86",
    "2026-05-21": "87",
}


def ask(store: Store, now: str = NOW, pair: Pair = SOM, **asked: Any) -> Answer[Changes]:
    with store.read() as reader:
        return changes(reader, ALL, at(now), pair=pair, **asked)


def told(answer: Answer[Changes]) -> list[str]:
    """Each change in a line: basis, the reference's rate and day, and the days between; or the reason."""
    return [
        f"{each.basis} {each.reference.rate:f} {each.reference.effective_date} {each.span_days}"
        if each.reference
        else f"{each.basis} {each.reason or each.pct}"
        for each in answer.body.changes
    ]


def hourly(instant: str, value: str, code: str = "KGS") -> Observation:
    said = replace(nbkr(at(instant).date(), value, fetched_at=at(instant)), source=KEY)
    return replace(said, published=Published(Pair("USD", code), value), observed_at=at(instant))


def say(store: Store, *said: Observation, when: str = NOW) -> None:
    record(store, ALL, said, at(when))


def decree(store: Store, when: str = NOW) -> None:
    decreed = ALL["peg"].decreed
    assert decreed
    say(store, *decreed(at(when)), when=when)


def test_a_bank_counts_its_effective_dates(store: Store) -> None:
    say(store, *(nbkr(day, value) for day, value in DAYS.items()))
    answer = ask(store)
    assert told(answer) == [
        "previous_publication 86 2026-05-20 1",
        "24h 86 2026-05-20 1",
        "7d 84 2026-05-14 7",
        "30d 82 2026-04-20 31",
        "mtd 83 2026-04-30 21",
        "ytd 81 2025-12-30 142",
        "1y 80 2025-05-20 366",
    ]
    body = answer.body
    assert (trimmed(body.rate), body.source, body.effective_date) == ("87", "nbkr", date(2026, 5, 21))
    assert body.changes[6].pct == Decimal("8.75")
    assert body.changes[6].abs == 7


def test_turned_round_a_change_is_recomputed_and_never_negated(store: Store) -> None:
    say(store, nbkr("2025-05-20", "80"), nbkr("2026-05-21", "87"))
    assert ask(store, pair=KGS).body.changes[6].pct == Decimal("-8.045977")


def test_the_first_change_is_that_of_latest(store: Store) -> None:
    say(store, *(nbkr(day, value) for day, value in DAYS.items()))
    with store.read() as reader:
        row = latest_row(reader, ALL, at(NOW), pair=KGS).body.row
    body = ask(store, pair=KGS).body
    assert (body.changes[0], body.rate) == (row.change, row.rate)


def test_a_window_before_all_that_is_known_has_a_reason_and_no_zero(store: Store) -> None:
    say(store, nbkr("2026-05-21"))
    assert told(ask(store)) == [
        "previous_publication no-earlier-publication",
        *(f"{window} no-publication-then" for window in ("24h", "7d", "30d", "mtd", "ytd", "1y")),
    ]
    assert all(each.pct is None for each in ask(store).body.changes)


def test_since_a_day_is_against_what_was_in_force_on_it(store: Store) -> None:
    say(store, *(nbkr(day, value) for day, value in DAYS.items()))
    assert told(ask(store, since=date(2026, 5, 19))) == ["since 85 2026-05-16 5"]
    assert told(ask(store, since=date(2026, 5, 16))) == ["since 85 2026-05-16 5"]
    assert ask(store, since=date(2026, 5, 21)).body.changes[0].pct == 0
    assert told(ask(store, since=date(2025, 5, 19))) == ["since no-publication-then"]


def test_a_day_that_is_over_has_the_ladder_of_then(store: Store) -> None:
    say(store, *(nbkr(day, value) for day, value in DAYS.items()))
    answer = ask(store, on=date(2026, 5, 17))
    assert answer.body.effective_date == date(2026, 5, 16)
    assert told(answer)[:3] == [
        "previous_publication 84 2026-05-14 2",
        "24h 84 2026-05-14 2",
        "7d 83 2026-04-30 16",
    ]
    assert answer.closed


def test_a_source_that_speaks_all_day_counts_instants(store: Store) -> None:
    said = {
        "2025-05-21 07:00": "70",
        "2025-05-21 07:30": "71",
        "2026-04-30 23:00": "72",
        "2026-05-14 06:00": "73",
        "2026-05-14 07:10": "74",
        "2026-05-20 07:00": "75",
        "2026-05-20 07:20": "76",
        "2026-05-20 23:00": "77",
        "2026-05-21 07:10": "78",
    }
    say(store, *(hourly(instant, value) for instant, value in said.items()))
    assert told(ask(store, source=KEY)) == [
        "previous_publication 77 2026-05-20 1",
        "24h 75 2026-05-20 1",
        "7d 74 2026-05-14 7",
        "30d 71 2025-05-21 365",
        "mtd 72 2026-04-30 21",
        "ytd 71 2025-05-21 365",
        "1y 70 2025-05-21 365",
    ]


def test_a_page_is_never_a_reference(store: Store) -> None:
    say(store, paged("2026-05-20", "KGS/USD", "0.0114"), paged("2026-05-21", "KGS/USD", "0.0115", "0.9"))
    first, *windows = ask(store, source="page", pair=KGS).body.changes
    assert (first.basis, first.pct, first.reference) == ("reported", Decimal("0.9"), None)
    assert {each.reason for each in windows} == {"a-page-has-too-few-digits"}
    assert told(ask(store, source="page", pair=KGS, since=date(2026, 5, 20))) == [
        "since a-page-has-too-few-digits"
    ]


def test_a_decree_that_did_not_change_is_said_once(store: Store) -> None:
    decree(store)
    assert ask(store, pair=TMT).body.changes == (Change("peg", Decimal(0), Decimal(0)),)
    assert told(ask(store, pair=TMT, since=date(2015, 1, 1))) == ["peg 0"]


def test_since_another_decree_the_peg_has_changed(store: Store) -> None:
    decree(store)
    (found,) = ask(store, pair=TMT.inverse, since=date(2014, 12, 31)).body.changes
    assert (found.pct, found.span_days) == (Decimal("22.807018"), 2191)
    told_then = told(ask(store, pair=TMT.inverse, on=date(2015, 2, 10)))
    assert told_then == ["peg 0", "ytd 2.85 2009-01-01 2191", "1y 2.85 2009-01-01 2191"]


def test_a_fallback_is_measured_against_itself(store: Store) -> None:
    say(store, nbkr("2026-05-12", "80"), hourly("2026-05-20 05:00", "86"), hourly("2026-05-21 07:00", "87"))
    answer = ask(store)
    assert answer.body.source == KEY
    assert told(answer)[:2] == ["previous_publication 86 2026-05-20 1", "24h 86 2026-05-20 1"]


def test_a_cross_moves_between_days_on_which_both_legs_have_a_value(store: Store) -> None:
    som = {"2026-05-13": "80", "2026-05-14": "75", "2026-05-19": "80", "2026-05-21": "80"}
    tenge = {"2026-05-13": "400", "2026-05-19": "420", "2026-05-20": "430", "2026-05-21": "440"}
    say(store, *(nbkr(day, value) for day, value in som.items()))
    say(store, *(banks_row("nbk", day, "USD", value) for day, value in tenge.items()))
    answer = ask(store, pair=Pair("KGS", "KZT"))
    body = answer.body
    assert (body.rate, body.source, body.derived) == (Decimal("5.5"), None, True)
    assert told(answer)[:4] == [
        "previous_publication 5.25 2026-05-19 2",
        "24h 5.25 2026-05-19 2",
        "7d 5 2026-05-13 8",
        "30d no-publication-then",
    ]
    assert body.changes[0].pct == Decimal("4.761905")
    assert told(ask(store, pair=Pair("KGS", "KZT"), since=date(2026, 5, 20))) == ["since 5.25 2026-05-19 2"]


@pytest.mark.parametrize("pair", [SOM, Pair("KZT", "KGS")])
def test_a_day_to_come_has_what_was_published_ahead_or_nothing_a_cross_as_any_pair(
    store: Store, pair: Pair
) -> None:
    for day, som in (("2026-05-20", "80"), ("2026-05-21", "80"), ("2026-05-22", "84")):
        say(store, nbkr(day, som), banks_row("nbk", day, "USD", "400"))
    friday = ask(store, pair=pair, on=date(2026, 5, 22))
    assert (friday.body.effective_date, friday.body.changes[0].pct) == (date(2026, 5, 22), Decimal(5))
    with pytest.raises(NoRateAtDate, match=f"No rate of {pair} for 2026-05-25 has been published yet"):
        ask(store, "2026-05-22 08:00", pair=pair, on=date(2026, 5, 25))


def test_a_cross_has_a_day_to_come_once_both_legs_have_it(store: Store) -> None:
    say(
        store,
        nbkr("2026-05-21", "80"),
        banks_row("nbk", "2026-05-21", "USD", "400"),
        nbkr("2026-05-22", "84"),
    )
    with pytest.raises(NoRateAtDate, match="has been published yet"):
        ask(store, pair=Pair("KGS", "KZT"), on=date(2026, 5, 22))


def test_a_cross_with_a_decree_moves_with_its_other_leg(store: Store) -> None:
    decree(store)
    say(store, nbkr("2026-05-20", "70"), nbkr("2026-05-21", "77"))
    found = ask(store, pair=Pair("TMT", "KGS")).body.changes[0]
    assert found.reference
    assert [found.pct, found.reference.rate] == [10, 20]


def test_a_cross_is_measured_by_the_sources_that_it_is_by_now(store: Store) -> None:
    say(store, nbkr("2026-05-12", "50"), banks_row("nbk", "2026-05-12", "USD", "500"))
    say(store, hourly("2026-05-12 09:00", "96"), hourly("2026-05-21 16:00", "100"))
    say(store, banks_row("nbk", "2026-05-21", "USD", "500"))
    answer = ask(store, "2026-05-21 17:00", pair=Pair("KGS", "KZT"))
    assert answer.body.rate == 5
    assert told(answer)[0] == "previous_publication 5.20833333333 2026-05-12 9", (
        "and not 10, which was the bank's"
    )


def test_a_cross_through_a_page_has_no_reference(store: Store) -> None:
    say(store, *(paged(f"2026-05-{day}", "KGS/USD", "0.0114") for day in (20, 21)))
    say(store, *(paged(f"2026-05-{day}", "KZT/USD", "0.0021") for day in (20, 21)))
    found = ask(store, pair=Pair("KGS", "KZT"), source="page").body.changes
    assert {each.reason for each in found} == {"a-page-has-too-few-digits"}


def test_what_is_not_there_is_said(store: Store) -> None:
    with pytest.raises(NoRateYet):
        ask(store)
    with pytest.raises(NoRateAtDate):
        ask(store, pair=Pair("KGS", "KZT"))
    say(store, nbkr("2026-05-21"))
    with pytest.raises(NoRateAtDate):
        ask(store, on=date(2026, 5, 1))
    with pytest.raises(BadParameter, match="since=2026-05-22 is after 2026-05-21"):
        ask(store, since=date(2026, 5, 22))
    with pytest.raises(UnknownSource):
        ask(store, source="nobody")


@pytest.mark.parametrize(
    ("from_hour", "reference"),
    [(11, "7d no-longer-kept"), (13, "7d 88 2026-05-14 7"), (1, "7d 86 2026-05-13 8")],
)
def test_what_was_said_when_a_window_began_and_was_dropped_is_no_reference_and_nothing_older_is(
    store: Store, from_hour: int, reference: str
) -> None:
    day_before, *of_the_day = (
        hourly("2026-05-13 23:00", "86"),
        *(
            hourly(f"2026-05-14 {hour}:00", value)
            for hour, value in (("03", "87"), ("10", "87.5"), ("12", "88"))
        ),
    )
    say(store, day_before, *of_the_day, hourly(f"2026-05-21 {from_hour:02}:00", "89"))
    when = f"2026-05-21 {from_hour:02}:30"
    with store.write(at(when)) as writer:
        assert writer.drop_rows(KGS, KEY, date(2026, 5, 14)) == 2
    for known in (None, 1):
        with store.read(known) as reader:
            answer = changes(reader, ALL, at(when), pair=SOM, source=KEY)
        assert [each for each in told(answer) if each.startswith("7d")] == [reference]
