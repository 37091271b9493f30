from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.change import Change, change
from app.domain.headline import Headline, Standing, headline, turns
from app.domain.observations import Recorded
from app.domain.ticks import Cause, Moment, Previous, Tick, next_tick
from tests.domain.rows import BANK, BLEND, KGS_USD, PAGE, Speaker, recorded
from tests.said import at

ORDER = (BANK, BLEND, PAGE)
UNKNOWN = Change("previous_publication", None, reason="no-earlier-publication")
FALL = Change("previous_publication", Decimal("-0.021269"))
NOW = Moment(at("2026-05-20 09:20"), at("2026-05-20 09:20"))
MIDNIGHT = Moment(at("2026-05-20 18:00"), at("2026-05-20 19:30"), turn=True)


def shows(row: Recorded, order: Sequence[Speaker] = ORDER) -> Headline:
    """The headline that shows `row`; how good it is does not matter to a tick."""
    calendar = next(voice.calendar for voice in ORDER if voice.key == row.said.source)
    return Headline(Standing.of(row, row, calendar, NOW.at), tuple(order))


def first_tick(row: Recorded, moved: Change = UNKNOWN, moment: Moment = NOW) -> Tick:
    """The tick of the first headline that a pair ever had."""
    tick = next_tick(None, shows(row), moved, moment, seq=7, version=row.version)
    assert tick
    return tick


def second_tick(
    first: Recorded, second: Recorded, moment: Moment = NOW, *, moved: Change = UNKNOWN, version: int = 2
) -> Tick:
    """The tick that leads from one row to another."""
    tick = next_tick(first_tick(first), shows(second), moved, moment, seq=8, version=version)
    assert tick
    return tick


def test_the_first_tick_says_everything_of_its_headline() -> None:
    assert first_tick(recorded(BANK, "2026-05-20", revision=2, version=3), FALL) == Tick(
        seq=7,
        version=3,
        pair=KGS_USD,
        cause="publication",
        at=NOW.at,
        recorded_at=NOW.recorded_at,
        rate=Decimal("0.0114351057747"),
        source="nbkr",
        kind="official",
        effective_date=date(2026, 5, 20),
        revision=2,
        unchanged=False,
        change=FALL,
        previous=None,
        corrects=None,
        observation_id=0,
    )


def test_no_headline_is_no_tick() -> None:
    assert next_tick(None, None, UNKNOWN, NOW, seq=1, version=1) is None
    assert next_tick(first_tick(recorded(BANK, "2026-05-20")), None, UNKNOWN, NOW, seq=8, version=2) is None


@pytest.mark.parametrize(
    "again",
    [
        recorded(BANK, "2026-05-20"),
        recorded(BANK, "2026-05-20", "87.450000"),
        recorded(BANK, "2026-05-20", revision=1, version=2),
        recorded(BANK, "2026-05-20", id=9, version=5, judged_in=6),
    ],
)
def test_a_headline_that_says_the_same_is_no_tick(again: Recorded) -> None:
    first = first_tick(recorded(BANK, "2026-05-20"), FALL)
    same = Change("previous_publication", Decimal("-0.0212690"))
    for moment in (NOW, MIDNIGHT):
        assert next_tick(first, shows(again), same, moment, seq=8, version=2) is None


def test_a_change_of_zero_is_the_same_whatever_its_zeros() -> None:
    first = first_tick(recorded(BANK, "2026-05-20"), Change("reported", Decimal("0.00")))
    for zero in ("0", "-0", "0E+5"):
        said = Change("reported", Decimal(zero))
        assert next_tick(first, shows(recorded(BANK, "2026-05-20")), said, NOW, seq=8, version=2) is None


@pytest.mark.parametrize(
    ("cause", "before", "after", "moment"),
    [
        ("publication", recorded(BANK, "2026-05-19"), recorded(BANK, "2026-05-20", "87.5", version=2), NOW),
        (
            "revision",
            recorded(BANK, "2026-05-20"),
            recorded(BANK, "2026-05-20", "87.5", revision=1, version=2),
            NOW,
        ),
        ("turn", recorded(BANK, "2026-05-20"), recorded(BANK, "2026-05-21", "87.5"), MIDNIGHT),
        ("fallback", recorded(BANK, "2026-05-20"), recorded(BLEND, "2026-05-21", "87.5"), MIDNIGHT),
        ("fallback", recorded(BANK, "2026-05-20"), recorded(PAGE, "2026-05-20", "87.5"), NOW),
        ("recovery", recorded(BLEND, "2026-05-21"), recorded(BANK, "2026-05-22", "87.5", version=2), NOW),
        ("recovery", recorded(PAGE, "2026-05-21"), recorded(BLEND, "2026-05-21", "87.5", version=2), NOW),
        (
            "accepted",
            recorded(BANK, "2026-05-19"),
            recorded(BANK, "2026-05-20", "107.5", version=2, judged_in=3),
            NOW,
        ),
    ],
)
def test_a_tick_says_why_the_headline_changed(
    cause: Cause, before: Recorded, after: Recorded, moment: Moment
) -> None:
    assert second_tick(before, after, moment).cause == cause


def test_the_first_headline_is_a_publication_or_a_turn_when_the_clock_brought_it() -> None:
    assert first_tick(recorded(BANK, "2026-05-21")).cause == "publication"
    assert first_tick(recorded(BANK, "2026-05-21"), moment=MIDNIGHT).cause == "turn"


def test_a_source_taken_out_of_the_order_is_recovered_from() -> None:
    after = shows(recorded(BANK, "2026-05-20"), order=(BANK,))
    tick = next_tick(first_tick(recorded(PAGE, "2026-05-20")), after, UNKNOWN, NOW, seq=8, version=2)
    assert tick
    assert tick.cause == "recovery"


def test_a_reference_that_was_corrected_or_came_late_is_a_revision_of_the_change() -> None:
    row = recorded(BANK, "2026-05-20")
    tick = second_tick(row, row, moved=FALL)
    assert (tick.cause, tick.unchanged, tick.corrects, tick.change) == ("revision", True, 7, FALL)


def test_a_later_hour_of_the_same_day_is_a_publication_and_corrects_nothing() -> None:
    ten, eleven = (
        recorded(BLEND, "2026-05-20", hour=10),
        recorded(BLEND, "2026-05-20", "87.5", hour=11, version=2),
    )
    tick = second_tick(ten, eleven)
    assert (tick.cause, tick.corrects) == ("publication", None)


def test_a_revision_names_the_tick_that_it_corrects_and_nothing_else_does() -> None:
    row = recorded(BANK, "2026-05-20")
    revised = second_tick(row, recorded(BANK, "2026-05-20", "87.5", revision=1, version=2))
    assert revised.corrects == 7
    assert second_tick(row, recorded(BANK, "2026-05-21", "87.5", version=2)).corrects is None


def test_the_same_rate_of_another_day_is_a_tick_marked_as_unchanged() -> None:
    tick = second_tick(recorded(BANK, "2026-05-20"), recorded(BANK, "2026-05-21", "87.4500", version=2))
    assert tick.unchanged
    assert tick.previous == Previous(7, Decimal("0.0114351057747"))


def test_a_turn_is_dated_at_its_instant_however_late_it_is_written() -> None:
    tick = second_tick(recorded(BANK, "2026-05-20"), recorded(BANK, "2026-05-21", "87.5"), MIDNIGHT)
    assert (tick.at, tick.recorded_at) == (at("2026-05-20 18:00"), at("2026-05-20 19:30"))


rows = st.builds(
    recorded,
    st.sampled_from(ORDER),
    st.dates(date(2026, 5, 18), date(2026, 5, 22)),
    st.sampled_from(["87.45", "87.450", "87.5", "88"]),
    id=st.integers(0, 10**6),
    revision=st.integers(0, 2),
    version=st.integers(1, 30),
)
changes = st.sampled_from(
    [UNKNOWN, FALL, Change("reported", Decimal(0)), Change("reported", Decimal("-0.00"))]
)


def shown(tick: Tick) -> tuple[Decimal, date, str, Change]:
    """What makes a tick: if all of it is as before, there is none."""
    return tick.rate, tick.effective_date, tick.source, tick.change


@pytest.mark.fuzz
@given(st.lists(st.tuples(rows, changes, st.booleans(), st.integers(1, 4)), max_size=15))
def test_any_story_is_a_chain_without_gaps_in_which_no_tick_repeats_the_one_before(
    story: list[tuple[Recorded, Change, bool, int]],
) -> None:
    log: list[Tick] = []
    for version, (row, moved, turned, repeats) in enumerate(story, start=1):
        for _ in range(repeats):
            last, moment = log[-1] if log else None, replace(NOW, turn=turned)
            tick = next_tick(last, shows(row), moved, moment, seq=len(log) + 1, version=version)
            log += [tick] if tick else []
        assert shown(log[-1]) == (row.said.rate, row.said.effective_date, row.said.source, moved)
    assert len(log) <= len(story)
    assert [tick.seq for tick in log] == list(range(1, len(log) + 1))
    for before, after in pairwise(log):
        assert shown(before) != shown(after)
        assert after.previous == Previous(before.seq, before.rate)
        assert after.unchanged == (before.rate == after.rate)
        assert after.corrects == (before.seq if after.cause == "revision" else None)
    assert not log or (log[0].previous, log[0].corrects, log[0].unchanged) == (None, None, False)


CLOCKS = [timedelta(hours=hour, minutes=minute) for hour in (6, 9, 18, 19) for minute in (0, 30)]
"""In UTC: around the midnights and windows of the three voices."""


def follow(known: Sequence[Recorded], instants: Sequence[datetime]) -> list[Tick]:
    """The log of a service that knows `known` from the start and looks at its headline at `instants`."""
    log: list[Tick] = []
    for instant in instants:
        found = headline(known, ORDER, instant)
        if found is None:
            continue
        said = found.standing.recorded.said
        own = [row.said for row in known if row.said.source == said.source]
        earlier = [each for each in own if each.effective_date < said.effective_date]
        moved = change(
            KGS_USD, said, max(earlier, key=lambda each: each.effective_date, default=None), found.voice.kind
        )
        moment = Moment(instant, instants[-1], turn=True)
        tick = next_tick(log[-1] if log else None, found, moved, moment, seq=len(log) + 1, version=2)
        log += [tick] if tick else []
    return log


@pytest.mark.fuzz
@given(st.lists(rows, max_size=6, unique_by=lambda row: (row.said.source, row.said.effective_date)))
def test_looking_at_the_turns_alone_gives_the_log_of_looking_all_day_long(known: list[Recorded]) -> None:
    since, until = at("2026-05-17 00:00"), at("2026-05-25 00:00")
    newest = [
        (voice.calendar, max(own))
        for voice in ORDER
        if (own := [row.said.effective_date for row in known if row.said.source == voice.key])
    ]
    all_day = [since + timedelta(days=day) + clock for day in range(8) for clock in CLOCKS]
    at_turns = follow(known, [since, *turns(newest, since, until), until])
    assert at_turns == follow(known, [*all_day, until])


@pytest.mark.parametrize(("pct", "moved"), [("0", True), ("5", True), ("5.000001", False), ("100", False)])
@pytest.mark.parametrize("values", [("100.0000", "95.0000"), ("100.0000", "105.0000")])
def test_a_tick_moved_by_at_least_so_many_percent_up_or_down(
    values: tuple[str, str], pct: str, moved: bool
) -> None:
    before, now = (Decimal(value) for value in values)
    first = first_tick(recorded(BANK, "2026-05-20"))
    tick = replace(first, rate=now, previous=Previous(6, before))
    assert tick.moved(Decimal(pct)) is moved


def test_the_first_tick_of_a_pair_moved_by_any_percent() -> None:
    assert first_tick(recorded(BANK, "2026-05-20")).moved(Decimal(1000))
