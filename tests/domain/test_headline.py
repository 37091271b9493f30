from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import Status
from app.domain.headline import Headline, headline, standing, turns
from app.domain.observations import Recorded
from tests.domain.rows import BANK, BISHKEK, BLEND, DECREE, DUSHANBE, PAGE, Speaker, recorded
from tests.said import at

ORDER = (BANK, BLEND, PAGE)
LAST_INSTANT = timedelta(milliseconds=1)


def local(text: str) -> datetime:
    """The instant at which clocks in Bishkek show `2026-05-21 10:30`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=BISHKEK).astimezone(UTC)


def seen(found: Headline | None) -> tuple[int, str, Status] | None:
    """What matters of a headline: which row it is, whose, and how good."""
    return (found.standing.recorded.id, found.source, found.standing.status) if found else None


@st.composite
def recordings(draw: st.DrawFn) -> list[Recorded]:
    """Rows of several voices on days of May 2026, some of them revised."""
    rows = draw(
        st.lists(
            st.builds(
                recorded,
                st.sampled_from([*ORDER, DECREE]),
                st.dates(date(2026, 5, 14), date(2026, 5, 30)),
                hour=st.sampled_from([0, 9]),
            ),
            max_size=12,
        )
    )
    kept: dict[tuple[str, datetime], int] = {}
    for place, row in enumerate(rows):
        datum = row.said.source, row.said.observed_at
        kept[datum] = kept.get(datum, -1) + 1
        rows[place] = replace(row, id=place, revision=kept[datum])
    return rows


orders = st.lists(st.sampled_from([*ORDER, DECREE]), unique=True)
instants = st.datetimes(datetime(2026, 5, 14), datetime(2026, 6, 2), timezones=st.just(UTC))  # noqa: DTZ001


# The choice


def test_the_first_in_the_order_is_the_headline_whoever_is_newer() -> None:
    rows = [recorded(BLEND, "2026-05-21", id=1), recorded(BANK, "2026-05-20", id=2)]
    found = headline(rows, ORDER, local("2026-05-20 12:00"))
    assert seen(found) == (2, "nbkr", "fresh")
    assert found
    assert not found.fallback
    assert found.voice is BANK


def test_a_stale_first_gives_way_to_the_next_that_is_not() -> None:
    rows = [recorded(BANK, "2026-05-20", id=1), recorded(BLEND, "2026-05-22", id=2)]
    assert seen(headline(rows, ORDER, local("2026-05-21 15:29"))) == (1, "nbkr", "late")
    found = headline(rows, ORDER, local("2026-05-22 09:00"))
    assert seen(found) == (2, "blend", "fresh")
    assert found
    assert found.fallback
    assert found.voice is BLEND


def test_a_late_first_is_still_the_headline() -> None:
    rows = [recorded(BANK, "2026-05-21", id=1), recorded(BLEND, "2026-05-21", id=2)]
    assert seen(headline(rows, ORDER, local("2026-05-21 16:00"))) == (1, "nbkr", "late")


def test_when_all_are_stale_the_first_with_a_rate_stands_marked_as_stale() -> None:
    rows = [recorded(PAGE, "2026-05-10", id=1), recorded(BLEND, "2026-05-01", id=2)]
    found = headline(rows, ORDER, local("2026-05-20 12:00"))
    assert seen(found) == (2, "blend", "stale")
    assert found
    assert found.fallback


def test_tomorrows_rate_is_not_in_force_until_midnight_in_bishkek() -> None:
    rows = [recorded(BANK, "2026-05-20", id=1), recorded(BANK, "2026-05-21", id=2)]
    assert seen(headline(rows, ORDER, at("2026-05-20 17:59") + timedelta(seconds=59))) == (1, "nbkr", "fresh")
    assert seen(headline(rows, ORDER, at("2026-05-20 18:00"))) == (2, "nbkr", "fresh")


def test_tomorrows_rate_alone_is_no_headline() -> None:
    assert headline([recorded(BANK, "2026-05-21")], ORDER, local("2026-05-20 16:00")) is None


def test_where_only_tomorrows_is_known_of_the_first_a_fallback_has_the_headline() -> None:
    rows = [recorded(BANK, "2026-05-21", id=1), recorded(BLEND, "2026-05-20", id=2)]
    assert seen(headline(rows, ORDER, local("2026-05-20 16:00"))) == (2, "blend", "fresh")


def test_lateness_counts_from_tomorrows_rate() -> None:
    rows = [recorded(BANK, "2026-05-20", id=1), recorded(BANK, "2026-05-21", id=2)]
    found = headline(rows, ORDER, local("2026-05-20 23:00"))
    assert seen(found) == (1, "nbkr", "fresh")
    assert found
    assert found.standing.deadlines == BANK.calendar.deadlines(date(2026, 5, 21))


def test_tomorrows_rate_does_not_freshen_last_months() -> None:
    rows = [recorded(BANK, "2026-04-21", id=1), recorded(BANK, "2026-05-21", id=2)]
    assert seen(headline(rows, ORDER, local("2026-05-20 16:00"))) == (1, "nbkr", "stale")


def test_the_newest_revision_of_the_newest_instant_of_the_newest_day_is_in_force() -> None:
    rows = [
        recorded(BLEND, "2026-05-20", hour=9, revision=1, id=1),
        recorded(BLEND, "2026-05-20", hour=9, revision=0, id=2),
        recorded(BLEND, "2026-05-20", hour=0, revision=7, id=3),
        recorded(BLEND, "2026-05-19", hour=9, revision=9, id=4),
    ]
    assert seen(headline(rows, ORDER, local("2026-05-20 23:00"))) == (1, "blend", "fresh")


def test_a_decree_is_pegged_behind_or_before_whomever() -> None:
    rows = [recorded(DECREE, "2015-01-01", id=1), recorded(BANK, "2026-05-20", id=2)]
    noon = local("2026-05-20 12:00")
    assert seen(headline(rows, (DECREE, BANK), noon)) == (1, "peg", "pegged")
    assert seen(headline(rows, (BANK, DECREE), noon)) == (2, "nbkr", "fresh")
    assert seen(headline(rows, (BANK, DECREE), noon + timedelta(days=30))) == (1, "peg", "pegged")


def test_sources_outside_the_order_are_not_heard() -> None:
    noon = local("2026-05-20 12:00")
    assert headline([recorded(BLEND, "2026-05-20")], (BANK,), noon) is None
    assert headline([recorded(BLEND, "2026-05-20")], (), noon) is None
    assert headline([], ORDER, noon) is None


def test_a_source_outside_the_order_ranks_after_all_in_it() -> None:
    found = headline([recorded(BANK, "2026-05-20")], ORDER, local("2026-05-20 12:00"))
    assert found
    assert [found.rank(key) for key in ("nbkr", "blend", "page", "gone")] == [0, 1, 2, 3]


def test_nothing_stands_before_the_first_publication() -> None:
    assert standing([recorded(BANK, "2026-05-20")], BANK.calendar, local("2026-05-19 23:59")) is None


@pytest.mark.fuzz
@given(recordings().flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))), orders, instants)
def test_the_headline_does_not_depend_on_the_order_of_arrival(
    arrivals: tuple[list[Recorded], list[Recorded]], order: list[Speaker], instant: datetime
) -> None:
    assert headline(arrivals[0], order, instant) == headline(arrivals[1], order, instant)


@pytest.mark.fuzz
@given(recordings(), orders, instants)
def test_the_headline_is_the_first_usable_of_what_each_voice_has_in_force(
    rows: list[Recorded], order: list[Speaker], instant: datetime
) -> None:
    standings = {
        voice.key: own for voice in order if (own := standing(_of(rows, voice), voice.calendar, instant))
    }
    usable = [key for key, own in standings.items() if own.status != "stale"]
    found = headline(rows, order, instant)
    assert (found and found.source) == next(iter([*usable, *standings]), None)
    assert (found and found.standing) == (standings[found.source] if found else None)
    assert not found or found.fallback == (found.source != order[0].key)


def _of(rows: Sequence[Recorded], voice: Speaker) -> list[Recorded]:
    return [row for row in rows if row.said.source == voice.key]


# Turns


def test_turns_are_the_local_midnights_and_the_deadlines_in_order() -> None:
    newest = [(BANK.calendar, date(2026, 5, 20)), (BLEND.calendar, date(2026, 5, 20))]
    assert turns(newest, local("2026-05-20 12:00"), local("2026-05-21 16:00")) == [
        local("2026-05-20 16:00"),
        local("2026-05-21 00:00"),
        datetime(2026, 5, 21, tzinfo=DUSHANBE),
        datetime(2026, 5, 21, 11, 30, tzinfo=DUSHANBE),
        local("2026-05-21 15:30"),
    ]


def test_a_turn_at_the_beginning_is_over_and_one_at_the_end_is_due() -> None:
    bank, late_at = [(BANK.calendar, date(2026, 5, 20))], local("2026-05-20 16:00")
    assert turns(bank, late_at, late_at + LAST_INSTANT) == []
    assert turns(bank, late_at - LAST_INSTANT, late_at) == [late_at]
    newest, midnight = [(DECREE.calendar, date(2015, 1, 1))], at("2026-05-20 19:00")
    assert turns(newest, midnight, midnight + timedelta(days=1)) == [midnight + timedelta(days=1)]
    assert turns(newest, midnight, midnight) == []


def test_nobody_has_no_turns() -> None:
    assert turns([], at("2026-05-20 00:00"), at("2026-06-20 00:00")) == []


@pytest.mark.fuzz
@given(recordings(), orders, instants, st.integers(0, 5 * 24 * 60))
def test_between_two_turns_the_headline_and_its_status_stand_still(
    rows: list[Recorded], order: list[Speaker], since: datetime, minutes: int
) -> None:
    until = since + timedelta(minutes=minutes)
    newest = [
        (voice.calendar, max(row.said.effective_date for row in own))
        for voice in order
        if (own := _of(rows, voice))
    ]
    edges = [since, *turns(newest, since, until), until + LAST_INSTANT]
    for begins, ends in pairwise(edges):
        sampled = [begins, begins + (ends - begins) / 3, begins + (ends - begins) / 2, ends - LAST_INSTANT]
        assert len({seen(headline(rows, order, instant)) for instant in sampled}) == 1


@pytest.mark.fuzz
@given(recordings(), instants, st.integers(0, 5 * 24 * 60))
def test_turns_come_once_in_order_and_within_their_bounds(
    rows: list[Recorded], since: datetime, minutes: int
) -> None:
    until = since + timedelta(minutes=minutes)
    found = turns([(BANK.calendar, row.said.effective_date) for row in rows], since, until)
    assert found == sorted(set(found))
    assert all(since < instant <= until and instant.tzinfo is UTC for instant in found)
