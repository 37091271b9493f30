"""The headline of each pair: now, on a day, from one source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.answers.latest import latest, latest_row
from app.domain.answers import Answer, Latest, Row
from app.domain.errors import NoRateAtDate, NoRateYet, NotPublished, OnlyUpcoming, TooOld, UnknownSource
from app.domain.observations import Published
from app.domain.pairs import TICKER, Pair
from app.ingest.record import advance, record
from app.sources import peg
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import at, nbkr, nbkr_file, paged
from tests.stores import fresh_store

KGS, TMT = Pair("KGS", "USD"), Pair("TMT", "USD")
ALL = catalog()
EVENING = at("2026-05-21 10:30")


def row(store: Store, now: str = "2026-05-21 08:00", pair: Pair = KGS, **asked: object) -> Row:
    with store.read() as reader:
        return latest_row(reader, ALL, at(now), pair=pair, **asked).body.row  # type: ignore[arg-type]  # as asked


def rows(store: Store, now: str = "2026-05-21 08:00", **asked: object) -> Answer[Latest]:
    with store.read() as reader:
        return latest(reader, ALL, at(now), **asked)  # type: ignore[arg-type]  # as asked


@pytest.fixture(autouse=True)
def two_days(store: Store) -> None:
    """Wednesday's and Thursday's rates of the Kyrgyz bank, Thursday's in force."""
    record(store, ALL, nbkr_file("2026-05-20", "87.4314"), at("2026-05-20 06:00"))
    record(store, ALL, nbkr_file("2026-05-21"), at("2026-05-20 10:20"))
    advance(store, ALL, at("2026-05-20 18:00"))


def test_the_row_says_what_was_published_and_what_it_changed_against(store: Store) -> None:
    found = row(store)
    assert (found.rate, found.inverse) == (Decimal("0.0114351057747"), Decimal("87.45"))
    assert found.published == Published(Pair("USD", "KGS"), "87.4500")
    assert found.change.reference is not None
    assert (found.change.pct, found.change.span_days) == (Decimal("-0.021269"), 1)
    assert (found.source, found.kind, found.fallback, found.status) == ("nbkr", "official", False, "fresh")
    assert (found.seq, found.revision, found.held) == (2, 0, None)


def test_the_deadlines_are_those_of_the_next_window(store: Store) -> None:
    found = row(store)
    assert found.expected_next_at == at("2026-05-21 09:00")
    assert found.late_at == at("2026-05-21 11:30")
    assert found.stale_at == at("2026-05-22 11:00")


@pytest.mark.parametrize(
    ("now", "status"),
    [
        ("2026-05-21 11:29", "fresh"),
        ("2026-05-21 11:30", "late"),
        ("2026-05-22 10:59", "late"),
        ("2026-05-22 11:00", "stale"),
    ],
)
def test_silence_makes_a_rate_late_and_then_stale(store: Store, now: str, status: str) -> None:
    assert row(store, now).status == status


def test_the_inverse_is_recomputed_never_negated(store: Store) -> None:
    found = row(store, pair=KGS.inverse)
    assert (found.rate, found.inverse) == (Decimal("87.45"), Decimal("0.0114351057747"))
    assert found.change.pct == Decimal("0.021274")
    assert found.change.abs == Decimal("0.0186")


def test_tomorrows_rate_is_upcoming_until_its_midnight(store: Store) -> None:
    record(store, ALL, [nbkr("2026-05-22", "87.5000")], at("2026-05-21 10:20"))
    with store.read() as reader:
        found = latest_row(reader, ALL, at("2026-05-21 17:59"), pair=KGS).body
    assert found.row.effective_date == date(2026, 5, 21)
    assert found.upcoming is not None
    assert (found.upcoming.effective_date, found.upcoming.status) == (date(2026, 5, 22), "upcoming")
    advance(store, ALL, at("2026-05-21 18:00"))
    with store.read() as reader:
        found = latest_row(reader, ALL, at("2026-05-21 18:00"), pair=KGS).body
    assert (found.row.effective_date, found.upcoming) == (date(2026, 5, 22), None)


def test_a_rate_is_carried_on_a_day_on_which_its_bank_does_not_publish(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-22", "87.4600"), at("2026-05-21 10:20"))
    record(store, ALL, nbkr_file("2026-05-23", "87.4700"), at("2026-05-22 10:20"))
    advance(store, ALL, at("2026-05-22 18:00"))
    assert row(store, "2026-05-23 10:00").status == "fresh"
    assert row(store, "2026-05-24 10:00").status == "carried"
    assert row(store, "2026-05-25 11:31").status == "late"


def test_an_answer_holds_from_the_last_turn_to_the_next(store: Store) -> None:
    answer = rows(store, "2026-05-21 08:00", pairs=[KGS])
    assert (answer.valid_since, answer.valid_until) == (at("2026-05-20 18:00"), at("2026-05-21 11:30"))
    later = rows(store, "2026-05-21 12:00", pairs=[KGS])
    assert (later.valid_since, later.valid_until) == (at("2026-05-21 11:30"), at("2026-05-21 18:00"))


def test_nothing_in_an_answer_depends_on_the_moment_of_asking(store: Store) -> None:
    first = rows(store, "2026-05-20 18:00")
    assert first.valid_until is not None
    for minutes in range(0, 17 * 60 + 30, 30):
        now = at("2026-05-20 18:00") + timedelta(minutes=minutes)
        assert now < first.valid_until
        with store.read() as reader:
            assert latest(reader, ALL, now) == first


def test_a_repeated_poll_leaves_the_answer_as_it_was(store: Store) -> None:
    before = rows(store)
    record(store, ALL, nbkr_file("2026-05-21"), at("2026-05-21 07:30"))
    assert rows(store) == before


def test_pairs_without_a_rate_are_missing_with_the_reason(store: Store) -> None:
    record(store, ALL, peg.SOURCE.decreed(EVENING), EVENING)  # type: ignore[misc]  # a peg decrees
    body = rows(store).body
    assert [str(each.pair) for each in body.rates] == ["KGS/USD", "TMT/USD"]
    assert [(str(each.pair), each.reason) for each in body.missing] == [
        ("KZT/USD", "no-rate-yet"),
        ("TJS/USD", "no-rate-yet"),
        ("UZS/USD", "no-rate-yet"),
    ]
    with pytest.raises(NoRateYet, match="KZT/USD"):
        row(store, pair=Pair("KZT", "USD"))


def test_updated_at_is_the_newest_recording_among_the_rows(store: Store) -> None:
    assert rows(store).body.updated_at == at("2026-05-20 10:20")


def test_only_tomorrow_known_is_missing_and_upcoming(store: Store) -> None:
    page = [paged("2026-05-22", "UZS/USD", "0.00008")]
    record(store, ALL, page, at("2026-05-21 07:00"))
    body = rows(store).body
    assert ("UZS/USD", "only-upcoming") in [(str(each.pair), each.reason) for each in body.missing]
    assert [str(each.pair) for each in body.upcoming] == ["UZS/USD"]
    with pytest.raises(OnlyUpcoming):
        row(store, pair=Pair("UZS", "USD"))


def test_a_peg_never_ages(store: Store) -> None:
    record(store, ALL, peg.SOURCE.decreed(EVENING), EVENING)  # type: ignore[misc]  # a peg decrees
    found = row(store, "2031-01-01 00:00", TMT)
    assert (found.rate, found.status, found.stale_at) == (Decimal("0.285714285714"), "pegged", None)
    assert (found.change.basis, found.change.pct, found.change.reference) == ("peg", Decimal(0), None)
    assert row(store, pair=TMT, on=date(2012, 3, 4)).published == Published(TMT.inverse, "2.85")


def test_a_day_that_is_over_shows_what_was_in_force_and_is_closed(store: Store) -> None:
    answer = rows(store, pairs=[KGS], on=date(2026, 5, 20))
    (found,) = answer.body.rates
    assert (found.effective_date, found.status, found.seq) == (date(2026, 5, 20), "fresh", None)
    assert (answer.closed, answer.valid_until, answer.body.upcoming) == (True, None, ())


def test_a_day_before_the_first_publication_has_no_rate(store: Store) -> None:
    with pytest.raises(NoRateAtDate, match="2026-05-01"):
        row(store, on=date(2026, 5, 1))


def test_a_day_to_come_has_a_rate_only_once_it_is_published(store: Store) -> None:
    with pytest.raises(NoRateAtDate, match="published"):
        row(store, on=date(2026, 5, 22))
    record(store, ALL, [nbkr("2026-05-22", "87.5000")], at("2026-05-21 10:20"))
    assert row(store, on=date(2026, 5, 22)).status == "upcoming"


def test_too_old_a_rate_is_refused(store: Store) -> None:
    assert row(store, "2026-05-24 08:00", max_age_days=3).effective_date == date(2026, 5, 21)
    with pytest.raises(TooOld, match="2026-05-21"):
        row(store, "2026-05-25 08:00", max_age_days=3)


def test_one_source_is_shown_whatever_the_headline_says(store: Store) -> None:
    record(store, ALL, [paged("2026-05-21", "KGS/USD", "0.01149", "-0.22")], at("2026-05-21 07:00"))
    found = row(store, source="page")
    assert (found.rate, found.fallback, found.seq) == (Decimal("0.01149"), True, None)
    assert (found.change.basis, found.change.pct) == ("reported", Decimal("-0.22"))
    assert found.change.reference is None
    with pytest.raises(UnknownSource, match="nobody"):
        row(store, source="nobody")


def test_a_held_value_stands_beside_the_rate(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-22", "78.5000"), at("2026-05-21 10:20"))
    found = row(store)
    assert found.rate == Decimal("0.0114351057747")
    assert found.held is not None
    assert (found.held.rule, found.held.published.value) == ("jump", "78.5000")


def test_precision_rounds_the_rate_and_nothing_else(store: Store) -> None:
    found, short = row(store), row(store, precision=5)
    assert (short.rate, short.inverse) == (Decimal("0.011435"), Decimal("87.45"))
    assert replace(short, rate=found.rate) == found


def test_the_order_of_pairs_is_the_askers(store: Store) -> None:
    record(store, ALL, peg.SOURCE.decreed(EVENING), EVENING)  # type: ignore[misc]  # a peg decrees
    asked = [TMT, KGS.inverse]
    assert [each.pair for each in rows(store, pairs=asked).body.rates] == asked
    assert [each.pair for each in rows(store).body.rates] == [KGS, TMT]
    assert len(TICKER) == 5


def test_a_held_value_that_its_bank_has_corrected_is_shown_no_more(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-22", "78.5000"), at("2026-05-21 10:20"))
    record(store, ALL, nbkr_file("2026-05-22", "87.5000"), at("2026-05-21 10:40"))
    advance(store, ALL, at("2026-05-21 18:00"))
    found = row(store, "2026-05-22 06:00")
    assert (found.published, found.revision, found.held) == (Published(KGS.inverse, "87.5000"), 1, None)


def test_the_age_on_a_day_that_is_over_is_counted_on_that_day(store: Store) -> None:
    for now in ("2026-05-22 06:00", "2027-05-22 06:00"):
        found = row(store, now, on=date(2026, 5, 21), max_age_days=1)
        assert found.effective_date == date(2026, 5, 21)


def test_a_source_asked_for_by_name_turns_though_it_is_off(store: Store) -> None:
    only = catalog(["peg"])
    with store.read() as reader:
        answer = latest(reader, only, at("2026-05-21 08:00"), pairs=[KGS], source="nbkr")
        headline = latest(reader, only, at("2026-05-21 08:00"), pairs=[KGS])
    assert answer.valid_until == at("2026-05-21 11:30")
    assert [each.reason for each in headline.body.missing] == ["no-rate-yet"]


def test_a_day_begins_though_no_poller_is_there_to_turn_it(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-22", "87.4600"), at("2026-05-21 10:20"))
    for now, day, seq in (("2026-05-21 17:59", 21, 2), ("2026-05-21 18:00", 22, None)):
        with store.read() as reader:
            found = latest_row(reader, ALL, at(now), pair=KGS).body
            alone = latest_row(reader, ALL, at(now), pair=KGS, source="nbkr").body
        assert (found.row.effective_date.day, found.row.seq, found.row.status) == (day, seq, "fresh")
        assert replace(found.row, seq=None) == replace(alone.row, seq=None)
        assert found.upcoming == alone.upcoming
        assert (found.upcoming is None) == (day == 22)
    advance(store, ALL, at("2026-05-21 18:30"))
    assert row(store, "2026-05-21 18:30").seq == 3


def test_at_an_instant_that_is_over_the_deadlines_are_those_of_then(store: Store) -> None:
    then = row(store, "2026-05-21 12:00")
    record(store, ALL, nbkr_file("2026-05-22", "87.4600"), at("2026-05-21 13:00"))
    record(store, ALL, nbkr_file("2026-05-23", "87.4700"), at("2026-05-22 10:20"))
    with store.read() as reader:
        found = latest_row(reader, ALL, at("2026-05-21 12:00"), pair=KGS).body
    assert found.row.effective_date == then.effective_date
    # What was to be published in advance counts as known by then.
    assert found.row.late_at == at("2026-05-22 11:30")
    assert found.upcoming
    assert (found.upcoming.effective_date, found.upcoming.late_at) == (date(2026, 5, 22), found.row.late_at)


def test_what_the_bank_has_held_stands_beside_its_fallback(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-22", "120.0000"), at("2026-05-21 10:20"))
    record(store, ALL, [paged("2026-05-25", "KGS/USD", "0.01144")], at("2026-05-25 08:00"))
    advance(store, ALL, at("2026-05-25 12:00"))
    found = row(store, "2026-05-25 12:00")
    assert (found.source, found.fallback) == ("page", True)
    assert found.held
    assert (found.held.source, found.held.published.value) == ("nbkr", "120.0000")


def test_the_first_day_of_a_store_begins_without_a_poller_too() -> None:
    with fresh_store() as empty:
        record(empty, ALL, nbkr_file("2026-05-21", "87.4500"), at("2026-05-20 10:31"))
        with empty.read() as reader, pytest.raises(OnlyUpcoming):
            latest_row(reader, ALL, at("2026-05-20 17:59"), pair=KGS)
        with empty.read() as reader:
            begun = latest_row(reader, ALL, at("2026-05-20 18:00"), pair=KGS).body
    assert (begun.row.effective_date.day, begun.row.seq, begun.upcoming) == (21, None, None)


def test_what_was_published_ahead_stands_for_days_to_come_until_the_next_publication(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-22", "87.4600"), at("2026-05-21 10:20"))
    record(store, ALL, nbkr_file("2026-05-23", "87.4700"), at("2026-05-22 10:20"))
    now = at("2026-05-22 11:00")
    for day in (23, 24, 25):  # Saturday's is that of Monday, too: the next is Tuesday's
        with store.read() as reader:
            found = latest_row(reader, ALL, now, pair=KGS, on=date(2026, 5, day)).body.row
        assert (found.effective_date.day, found.status) == (23, "upcoming")
    for far in (date(2026, 5, 26), date(2030, 1, 1)):
        with store.read() as reader, pytest.raises(NoRateAtDate, match="has been published yet"):
            latest_row(reader, ALL, now, pair=KGS, on=far)


def test_a_decree_is_in_force_on_days_to_come(store: Store) -> None:
    decreed = ALL["peg"].decreed
    assert decreed
    record(store, ALL, decreed(at("2026-05-20 06:00")), at("2026-05-20 06:00"))
    with store.read() as reader:
        manat = latest_row(reader, ALL, at("2026-05-21 06:00"), pair=TMT, on=date(2026, 5, 22)).body.row
    assert (manat.status, str(manat.rate)) == ("pegged", "0.285714285714")


def test_of_who_never_publishes_a_pair_no_rate_is_waited_for(store: Store) -> None:
    with store.read() as reader:
        with pytest.raises(NotPublished, match="nbk does not publish KGS/USD") as refused:
            latest_row(reader, ALL, at("2026-05-21 06:00"), pair=KGS, source="nbk")
        with pytest.raises(NotPublished, match="nbkr does not publish USD/KZT"):
            latest_row(reader, ALL, at("2026-05-21 06:00"), pair=Pair("KGS", "KZT"), source="nbkr")
        listed = latest(reader, ALL, at("2026-05-21 06:00"), pairs=[KGS], source="nbk").body
    assert "nbkr" in refused.value.expected
    assert [each.reason for each in listed.missing] == ["not-published"]
