"""What recording does to rows, verdicts and ticks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import BadParameter
from app.domain.observations import Published
from app.domain.pairs import TICKER, Pair
from app.ingest.record import accept, advance, next_turn, record, reject
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import CROSSES, at, nbkr, nbkr_file, paged
from tests.stores import fresh_store

KGS = Pair("KGS", "USD")
ALL = catalog()
TUESDAY, WEDNESDAY, THURSDAY = "2026-05-19", "2026-05-20", "2026-05-21"
FRIDAY, SATURDAY, SUNDAY, MONDAY = "2026-05-22", "2026-05-23", "2026-05-24", "2026-05-25"


def ticks_of(store: Store) -> list[tuple[str, str, str]]:
    with store.read() as reader:
        return [(tick.cause, str(tick.effective_date), str(tick.rate)) for tick in reader.ticks()]


def test_a_first_row_is_a_publication_and_a_tick(store: Store) -> None:
    done = record(store, ALL, [nbkr(SUNDAY)], at("2026-05-24 06:00"))
    assert [each.judgement.verdict for each in done.recorded] == ["accepted"]
    assert ticks_of(store) == [("publication", SUNDAY, "0.0114351057747")]
    assert (done.version, done.seq) == (1, 1)


def test_the_same_said_again_changes_nothing_but_the_time_of_the_check(store: Store) -> None:
    record(store, ALL, nbkr_file(THURSDAY), at("2026-05-21 06:00"))
    with store.read() as reader:
        before = (reader.counter(), reader.ticks())
    done = record(store, ALL, nbkr_file(THURSDAY), at("2026-05-21 07:00"))
    with store.read() as reader:
        assert (reader.counter(), reader.ticks()) == before
        assert reader.health("nbkr").checked_at == at("2026-05-21 07:00")
    assert (done.recorded, done.repeated, done.ticks) == ([], 4, [])


def test_a_repeat_with_other_zeros_is_the_same_value(store: Store) -> None:
    record(store, ALL, [nbkr(THURSDAY, "87.4500")], at("2026-05-21 06:00"))
    assert record(store, ALL, [nbkr(THURSDAY, "87.45")], at("2026-05-21 07:00")).repeated == 1


def test_the_banks_weekend_repeat_is_a_carry(store: Store) -> None:
    record(store, ALL, nbkr_file(SATURDAY), at("2026-05-22 10:20"))
    done = record(store, ALL, nbkr_file(SUNDAY), at("2026-05-23 10:20"))
    assert (done.recorded, done.carried) == ([], 4)
    # Saturday's own rate came into force in between; nothing else happened.
    assert [(tick.cause, str(tick.effective_date)) for tick in done.ticks] == [("turn", SATURDAY)]


def test_a_weekend_file_with_another_value_is_a_publication(store: Store) -> None:
    record(store, ALL, [nbkr(SATURDAY)], at("2026-05-23 06:00"))
    done = record(store, ALL, [nbkr(SUNDAY, "87.5000")], at("2026-05-24 06:00"))
    assert [each.said.published.value for each in done.recorded] == ["87.5000"]


def test_a_repeat_on_a_publication_day_is_a_publication_that_changed_nothing(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    done = record(store, ALL, [nbkr(THURSDAY)], at("2026-05-21 06:00"))
    assert [(tick.unchanged, tick.change.pct) for tick in done.ticks] == [(True, Decimal(0))]


def test_a_file_that_repeats_every_row_under_a_new_date_is_a_carry_whatever_the_day(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-20"), at("2026-05-19 10:30"))
    echo = record(store, ALL, nbkr_file("2026-05-21"), at("2026-05-20 10:30"))
    assert (echo.carried, echo.recorded) == (len(nbkr_file("2026-05-21")), [])
    news = record(store, ALL, nbkr_file("2026-05-21", crosses={"EUR": "101.5001"}), at("2026-05-20 10:35"))
    assert news.carried == 0
    assert [str(each.said.published.pair) for each in news.recorded] == ["USD/KGS", "EUR/KGS"]


def test_the_change_is_measured_against_the_publication_before(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY, "87.4314")], at("2026-05-20 06:00"))
    (tick,) = record(store, ALL, [nbkr(THURSDAY, "87.4500")], at("2026-05-21 06:00")).ticks
    assert tick.change.reference is not None
    assert (tick.change.pct, tick.change.span_days) == (Decimal("-0.021269"), 1)
    assert tick.change.reference.rate == Decimal("0.0114375384587")
    assert tick.previous is not None
    assert tick.previous.seq == 1


def test_tomorrows_rate_is_no_tick_until_midnight_in_bishkek(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    assert record(store, ALL, [nbkr(THURSDAY, "87.5000")], at("2026-05-20 10:20")).ticks == []
    assert advance(store, ALL, at("2026-05-20 17:59")) == []
    (tick,) = advance(store, ALL, at("2026-05-20 18:00"))
    assert (tick.cause, tick.at, tick.effective_date) == (
        "turn",
        at("2026-05-20 18:00"),
        date(2026, 5, 21),
    )


def test_a_turn_slept_through_is_dated_at_its_instant(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    record(store, ALL, [nbkr(THURSDAY, "87.5000")], at("2026-05-20 10:20"))
    (tick,) = advance(store, ALL, at("2026-05-21 04:44"))
    assert (tick.cause, tick.at, tick.recorded_at) == (
        "turn",
        at("2026-05-20 18:00"),
        at("2026-05-21 04:44"),
    )


def test_a_recording_takes_the_missed_turns_first(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    record(store, ALL, [nbkr(THURSDAY, "87.5000")], at("2026-05-20 10:20"))
    done = record(store, ALL, [nbkr(FRIDAY, "87.6000")], at("2026-05-22 06:00"))
    assert [(tick.cause, tick.at) for tick in done.ticks] == [
        ("turn", at("2026-05-20 18:00")),
        ("publication", at("2026-05-22 06:00")),
    ]


def test_a_stale_bank_gives_way_to_a_fresh_page_at_that_instant_and_takes_over_again(store: Store) -> None:
    record(store, ALL, [nbkr(TUESDAY)], at("2026-05-19 06:00"))
    # Stale when the window for Thursday closes, 17:00 in Bishkek on Wednesday.
    record(store, ALL, [paged(WEDNESDAY, "KGS/USD", "0.01149")], at("2026-05-20 06:00"))
    (fallback,) = advance(store, ALL, at("2026-05-20 15:00"))
    assert (fallback.cause, fallback.at, fallback.source) == ("fallback", at("2026-05-20 11:00"), "page")
    (recovery,) = record(store, ALL, [nbkr(WEDNESDAY, "87.50")], at("2026-05-20 16:00")).ticks
    assert (recovery.cause, recovery.source) == ("recovery", "nbkr")


def test_a_corrected_value_is_a_revision_that_names_what_it_corrects(store: Store) -> None:
    record(store, ALL, [nbkr(THURSDAY, "87.4500")], at("2026-05-21 06:00"))
    done = record(store, ALL, [nbkr(THURSDAY, "87.5400")], at("2026-05-21 07:00"))
    assert [each.revision for each in done.recorded] == [1]
    assert [(tick.cause, tick.revision, tick.corrects) for tick in done.ticks] == [("revision", 1, 1)]
    back = record(store, ALL, [nbkr(THURSDAY, "87.4500")], at("2026-05-21 08:00"))
    assert [each.revision for each in back.recorded] == [2]


def test_the_past_recorded_later_writes_no_tick(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY, "87.40"), nbkr(THURSDAY)], at("2026-05-21 06:00"))
    done = record(store, ALL, [nbkr(TUESDAY, "87.30")], at("2026-05-21 07:00"))
    assert (len(done.recorded), done.ticks) == (1, [])


def test_a_reference_that_comes_late_corrects_the_change(store: Store) -> None:
    record(store, ALL, [nbkr(THURSDAY)], at("2026-05-21 06:00"))
    (tick,) = record(store, ALL, [nbkr(WEDNESDAY, "87.4314")], at("2026-05-21 07:00")).ticks
    assert (tick.cause, tick.unchanged, tick.corrects) == ("revision", True, 1)


def test_an_impossible_value_is_kept_as_rejected_and_never_shown(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    for value in ("0.0000", "8745.0000", "-87.4500"):
        done = record(store, ALL, [nbkr(THURSDAY, value)], at("2026-05-21 06:00"))
        assert [each.judgement.verdict for each in done.recorded] == ["rejected"]
        assert done.ticks == []
    with store.read() as reader:
        newest = reader.newest(KGS, "nbkr")
        assert newest is not None
        assert newest.said.effective_date == date(2026, 5, 20)
        assert len(reader.doubts("rejected")) == 3


def test_a_rejected_value_said_again_is_not_recorded_again(store: Store) -> None:
    record(store, ALL, [nbkr(THURSDAY, "0.0000")], at("2026-05-21 06:00"))
    again = record(store, ALL, [nbkr(THURSDAY, "0.0000")], at("2026-05-21 07:00"))
    assert (again.recorded, again.repeated, again.version) == ([], 1, 1)


def test_the_right_value_after_a_rejected_one_repeats_what_is_in_force(store: Store) -> None:
    record(store, ALL, [nbkr(THURSDAY, "87.4500")], at("2026-05-21 06:00"))
    record(store, ALL, [nbkr(THURSDAY, "8745.0000")], at("2026-05-21 07:00"))
    assert record(store, ALL, [nbkr(THURSDAY, "87.4500")], at("2026-05-21 08:00")).repeated == 1


def test_a_typo_in_the_dollar_row_is_held_and_the_old_rate_stays(store: Store) -> None:
    record(store, ALL, nbkr_file(WEDNESDAY), at("2026-05-20 06:00"))
    done = record(store, ALL, nbkr_file(THURSDAY, "78.4500"), at("2026-05-21 06:00"))
    (held,) = done.of("held")
    assert (held.said.pair, held.judgement.rule, done.ticks) == (KGS, "jump", [])
    assert "+11.47 %" in held.judgement.reason


def test_a_typo_in_a_revision_of_the_dollar_row_is_judged_by_itself_and_not_by_what_it_replaces(
    store: Store,
) -> None:
    record(store, ALL, nbkr_file(WEDNESDAY), at("2026-05-20 06:00"))
    record(store, ALL, nbkr_file(THURSDAY, "87.5000"), at("2026-05-21 06:00"))
    (typo,) = record(store, ALL, [nbkr(THURSDAY, "78.4500")], at("2026-05-21 07:00")).recorded
    record(store, ALL, [nbkr(THURSDAY, "87.6000")], at("2026-05-21 08:00"))
    with store.read() as reader:
        verdicts = [(each.verdict, each.rule) for *_, each in reader.judgements(typo)]
    assert verdicts == [("held", "jump"), ("rejected", "corrected")]


def test_a_condemned_revision_stays_so_when_it_is_put_right(store: Store) -> None:
    record(store, ALL, nbkr_file(WEDNESDAY), at("2026-05-20 06:00"))
    record(store, ALL, nbkr_file(THURSDAY, "87.5000"), at("2026-05-21 06:00"))
    for source, local, som, dollar in (("nbk", "KZT", "5.390", "471.46"), ("nbt", "TJS", "0.1060", "9.27")):
        rows = [(Pair("USD", local), dollar), (Pair("KGS", local), som)]
        said = [replace(nbkr(THURSDAY), source=source, published=Published(*row)) for row in rows]
        record(store, ALL, said, at("2026-05-21 06:30"))
    (typo,) = record(store, ALL, [nbkr(THURSDAY, "98.4500")], at("2026-05-21 07:00")).recorded
    assert typo.judgement.rule == "two-witnesses-contradict"
    put_right = record(store, ALL, [nbkr(THURSDAY, "87.6000")], at("2026-05-21 08:00"))
    assert put_right.released == []
    with store.read() as reader:
        assert [each.verdict for *_, each in reader.judgements(typo)] == ["rejected"]


def test_a_typo_repeated_on_a_sunday_confirms_nothing(store: Store) -> None:
    record(store, ALL, nbkr_file(FRIDAY), at("2026-05-22 06:00"))
    record(store, ALL, nbkr_file(SATURDAY, "78.4500"), at("2026-05-23 06:00"))
    done = record(store, ALL, nbkr_file(SUNDAY, "78.4500"), at("2026-05-24 06:00"))
    assert (done.released, done.carried) == ([], 4)


def test_a_devaluation_that_moves_the_whole_file_shows_at_once(store: Store) -> None:
    record(store, ALL, nbkr_file(WEDNESDAY), at("2026-05-20 06:00"))
    moved = {base: str(Decimal(value) * 2) for base, value in CROSSES.items()}
    done = record(store, ALL, nbkr_file(THURSDAY, "174.9000", moved), at("2026-05-21 06:00"))
    assert [each.judgement.verdict for each in done.recorded if each.said.pair == KGS] == ["accepted"]
    assert [tick.cause for tick in done.ticks] == ["publication"]


def test_the_next_publication_releases_a_held_one(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    assert len(record(store, ALL, [nbkr(THURSDAY, "120.0000")], at("2026-05-21 06:00")).of("held")) == 1
    done = record(store, ALL, [nbkr(FRIDAY, "121.0000")], at("2026-05-22 06:00"))
    assert [str(each.said.effective_date) for each in done.released] == [THURSDAY]
    assert [each.judgement.verdict for each in done.recorded] == ["accepted"]
    assert [(tick.cause, str(tick.effective_date)) for tick in done.ticks] == [("publication", FRIDAY)]


def test_a_release_of_todays_held_value_is_a_tick_of_cause_accepted(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    record(store, ALL, [nbkr(THURSDAY, "120.0000")], at("2026-05-21 06:00"))
    done = record(store, ALL, [nbkr(FRIDAY, "121.0000")], at("2026-05-21 10:20"))
    assert [(tick.cause, str(tick.effective_date)) for tick in done.ticks] == [("accepted", THURSDAY)]


def test_a_page_of_the_past_is_the_headline_only_where_nobody_else_speaks(store: Store) -> None:
    record(store, ALL, [nbkr(THURSDAY)], at("2026-05-21 06:00"))
    page = [paged("2025-01-07", "KGS/USD", "0.01149"), paged("2025-01-07", "UZS/USD", "0.00008")]
    assert [str(tick.pair) for tick in record(store, ALL, page, at("2026-05-21 07:00")).ticks] == ["UZS/USD"]


def test_a_changed_order_of_authority_is_a_tick(store: Store) -> None:
    record(store, ALL, [nbkr(THURSDAY), paged(THURSDAY, "KGS/USD", "0.01149")], at("2026-05-21 06:00"))
    preferred = catalog(authority={"KGS/USD": ("page", "nbkr")})
    (tick,) = advance(store, preferred, at("2026-05-21 07:00"))
    assert (tick.source, tick.at) == ("page", at("2026-05-21 07:00"))
    assert advance(store, preferred, at("2026-05-21 08:00")) == []


def test_a_clock_set_back_never_dates_a_version_before_the_one_before(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-21 06:00"))
    (second,) = record(store, ALL, [nbkr(THURSDAY, "87.5")], at("2026-05-21 05:00")).recorded
    assert second.recorded_at == at("2026-05-21 06:00")


def test_the_next_turn_is_the_next_midnight_or_deadline_and_a_minute_ahead_at_most(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    with store.read() as reader:
        assert next_turn(reader, ALL, at("2026-05-20 06:00"), at("2026-05-20 06:01")) == at(
            "2026-05-20 06:01"
        )
        seconds, later = timedelta(seconds=20), at("2026-05-22 06:00")
        assert next_turn(reader, ALL, at("2026-05-20 11:30") - seconds, later) == at("2026-05-20 11:30")
        assert next_turn(reader, ALL, at("2026-05-20 18:00") - seconds, later) == at("2026-05-20 18:00")


def test_a_devaluation_over_several_days_shows_each_day(store: Store) -> None:
    record(store, ALL, nbkr_file(TUESDAY), at("2026-05-19 06:00"))
    for steps, day in enumerate((WEDNESDAY, THURSDAY, FRIDAY), start=1):
        factor = Decimal("1.15") ** steps
        moved = {base: f"{Decimal(value) * factor:.4f}" for base, value in CROSSES.items()}
        file = nbkr_file(day, f"{Decimal('87.45') * factor:.4f}", moved)
        done = record(store, ALL, file, at(f"{day} 06:00"))
        assert [each.judgement.verdict for each in done.recorded] == ["accepted"] * 4
        assert [str(tick.effective_date) for tick in done.ticks] == [day]


def test_crosses_that_come_later_release_what_waits_for_them(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    moved = {base: str(Decimal(value) * 2) for base, value in CROSSES.items()}
    held = record(store, ALL, nbkr_file(THURSDAY, "174.9000", moved), at("2026-05-21 06:00"))
    assert [each.said.pair for each in held.of("held")] == [KGS]
    done = record(store, ALL, nbkr_file(WEDNESDAY), at("2026-05-21 07:00"))
    assert [(str(each.said.pair), str(each.said.effective_date)) for each in done.released] == [
        ("KGS/USD", THURSDAY)
    ]


def test_what_its_source_took_back_before_it_was_confirmed_is_rejected_for_good(store: Store) -> None:
    record(store, ALL, [nbkr(THURSDAY, "87.4500")], at("2026-05-21 06:00"))
    record(store, ALL, [nbkr(WEDNESDAY, "87.4000")], at("2026-05-21 06:30"))
    assert len(record(store, ALL, [nbkr(THURSDAY, "98.0000")], at("2026-05-21 07:00")).of("held")) == 1
    record(store, ALL, [nbkr(THURSDAY, "87.4500")], at("2026-05-21 08:00"))
    done = record(store, ALL, [nbkr(FRIDAY, "97.5000")], at("2026-05-22 06:00"))
    assert (done.released, [each.judgement.verdict for each in done.recorded]) == ([], ["held"])
    with store.read() as reader:
        assert [each.judgement.rule for each in reader.doubts("rejected")] == ["corrected"]
        newest = reader.newest(KGS, "nbkr")
    assert newest is not None
    assert newest.said.published.value == "87.4500"


def test_a_typo_is_not_cleared_by_the_file_that_corrects_it(store: Store) -> None:
    record(store, ALL, nbkr_file(WEDNESDAY), at("2026-05-20 06:00"))
    record(store, ALL, nbkr_file(THURSDAY, "187.4500"), at("2026-05-21 06:00"))
    done = record(store, ALL, nbkr_file(THURSDAY, "87.5000"), at("2026-05-21 07:00"))
    assert done.released == []
    assert [tick.rate for tick in done.ticks] == [nbkr(THURSDAY, "87.5000").rate]


def test_a_page_that_corrects_only_its_change_is_a_revision(store: Store) -> None:
    record(store, ALL, [paged(THURSDAY, "UZS/USD", "0.00008", None)], at("2026-05-21 06:00"))
    done = record(store, ALL, [paged(THURSDAY, "UZS/USD", "0.00008", "-0.22")], at("2026-05-21 07:00"))
    assert [(tick.cause, tick.change.pct) for tick in done.ticks] == [("revision", Decimal("-0.22"))]


def test_one_step_of_a_single_digit_is_no_jump(store: Store) -> None:
    record(store, ALL, [paged(WEDNESDAY, "UZS/USD", "0.00008")], at("2026-05-20 06:00"))
    done = record(store, ALL, [paged(THURSDAY, "UZS/USD", "0.00009")], at("2026-05-21 06:00"))
    assert [each.judgement.verdict for each in done.recorded] == ["accepted"]


def test_a_writer_that_comes_late_takes_no_headline_back(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    record(store, ALL, [nbkr(THURSDAY, "87.5000")], at("2026-05-20 10:20"))
    advance(store, ALL, at("2026-05-20 18:00"))
    late = record(store, ALL, [nbkr(TUESDAY, "87.3000")], at("2026-05-20 17:59"))
    assert late.ticks == []


def test_a_batch_that_fails_halfway_leaves_nothing(store: Store) -> None:
    class Broken(Exception):
        pass

    def said() -> object:
        yield nbkr(THURSDAY)
        raise Broken

    with pytest.raises(Broken):
        record(store, ALL, said(), at("2026-05-21 06:00"))  # type: ignore[arg-type]  # the iterable is the fault
    with store.read() as reader:
        assert (reader.counter().version, reader.extents()) == (0, [])


def held_typo(store: Store) -> int:
    """The id of a dollar that is held on Thursday, the day after a right one."""
    record(store, ALL, [nbkr(WEDNESDAY)], at("2026-05-20 06:00"))
    (held,) = record(store, ALL, [nbkr(THURSDAY, "120.0000")], at("2026-05-21 06:00")).of("held")
    return held.id


def test_what_a_person_accepts_is_the_headline_at_once(store: Store) -> None:
    done = accept(store, ALL, held_typo(store), at("2026-05-21 07:00"), "the bank confirmed it by phone")
    assert (done.changed, done.after.judgement.verdict, done.after.judgement.rule) == (
        True,
        "accepted",
        "operator",
    )
    assert [(tick.cause, str(tick.effective_date)) for tick in done.ticks] == [("accepted", THURSDAY)]
    again = accept(store, ALL, done.after.id, at("2026-05-21 08:00"), "once more")
    assert (again.changed, again.after, again.ticks) == (False, done.after, ())


def test_what_follows_from_a_persons_verdict_is_judged_by_it(store: Store) -> None:
    number = held_typo(store)
    record(store, ALL, [nbkr(FRIDAY, "126.0000")], at("2026-05-22 06:00"))
    done = accept(store, ALL, number, at("2026-05-22 07:00"), "a devaluation")
    assert [(str(each.said.effective_date), each.accepted) for each in done.followed] == [(FRIDAY, True)]
    back = reject(store, ALL, number, at("2026-05-22 08:00"), "none after all")
    assert [(str(each.said.effective_date), each.accepted) for each in back.followed] == [(FRIDAY, False)]
    assert [(tick.cause, str(tick.effective_date)) for tick in back.ticks] == [("revision", WEDNESDAY)]


def test_no_evidence_overrides_a_person_and_what_he_rejected_is_none(store: Store) -> None:
    number = held_typo(store)
    reject(store, ALL, number, at("2026-05-21 07:00"), "a misprint")
    done = record(store, ALL, [nbkr(FRIDAY, "121.0000")], at("2026-05-22 06:00"))
    assert (done.released, [each.judgement.verdict for each in done.recorded]) == ([], ["held"])
    assert record(store, ALL, [nbkr(THURSDAY, "120.0000")], at("2026-05-22 07:00")).repeated == 1


def test_a_person_accepts_nothing_that_is_rejected_or_not_there(store: Store) -> None:
    number = held_typo(store)
    reject(store, ALL, number, at("2026-05-21 07:00"), "a misprint")
    with pytest.raises(BadParameter, match="is rejected: a misprint"):
        accept(store, ALL, number, at("2026-05-21 08:00"), "after all")
    with pytest.raises(BadParameter, match="No observation has the id 77"):
        reject(store, ALL, 77, at("2026-05-21 08:00"), "a misprint")


# A store a case, on a real file: a quarter of the usual number of cases is enough for what is short anyway.
@settings(max_examples=25)
@given(
    values=st.lists(st.sampled_from(["87.10", "87.20", "87.30"]), min_size=1, max_size=8),
    polls=st.lists(st.integers(0, 7), min_size=1, max_size=20),
)
def test_however_often_and_in_whatever_order_it_is_polled_no_headline_repeats(
    values: list[str], polls: list[int]
) -> None:
    days = [date(2026, 5, 12) + timedelta(days=place) for place in range(len(values))]
    with fresh_store() as store:
        now = at("2026-05-12 06:00")
        for poll in polls:
            place = poll % len(values)
            now = max(now, at(f"{days[place]} 06:00")) + timedelta(minutes=7)
            record(store, ALL, [nbkr(days[place], values[place])], now)
        with store.read() as reader:
            ticks, counter = reader.ticks(), reader.counter()
        assert [tick.seq for tick in ticks] == list(range(1, counter.seq + 1))
        shown = [(tick.rate, tick.effective_date, tick.source, tick.change) for tick in ticks]
        assert all(one != other for one, other in pairwise(shown))
        assert all(tick.previous and tick.previous.seq == tick.seq - 1 for tick in ticks[1:])
        assert {tick.pair for tick in ticks} <= set(TICKER)
