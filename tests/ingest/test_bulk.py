"""Many rows at once: the same rows, verdicts, ticks and hashes as one recording of the same observations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.days import Day
from app.domain.errors import ImportRefused
from app.domain.numbers import plain, significant
from app.domain.observations import Observation, Published, Reported
from app.domain.pairs import TICKER, Pair
from app.ingest.bulk import Imported, record_all
from app.ingest.cells import Reading, Row
from app.ingest.judging import REACH
from app.ingest.record import Recording, record
from app.sources.catalog import catalog
from app.store.base import Store, Writer
from tests.contention import contended
from tests.ingest.corpus import BANKS, MISPRINTS, printed, walk
from tests.said import at, nbkr
from tests.stores import fresh_store

ALL = catalog()
FIRST = date(2024, 1, 1)
ONE_DAY = timedelta(days=1)
NOW = at("2026-05-21 06:00")
SHARED = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


def rows(said: Sequence[Observation], revisions: Sequence[int] | None = None) -> list[Row]:
    """Observations as the rows of a table, in the order of recording."""
    cells = {
        "source": [each.source for each in said],
        "effective_date": [each.effective_date.isoformat() for each in said],
        "observed_at": [each.observed_at.isoformat() for each in said],
        "published_pair": [str(each.published.pair) for each in said],
        "published_value": [each.published.value for each in said],
        "nominal": [str(each.published.nominal) for each in said],
        "revision": [str(each) for each in revisions] if revisions else [""] * len(said),
    }
    return sorted(Reading(ALL, "a table", "row").rows(cells, range(1, len(said) + 1))) if said else []


def both(before: Iterable[Observation], said: Sequence[Observation], now: datetime = NOW) -> Imported:
    """Record `said` in one call into one store, in bulk into another, which both know `before`; and hold the
    heads of their chains against each other, which cover every row, verdict and tick.
    """
    told, known = [replace(each, fetched_at=now, reported=None) for each in said], list(before)
    with fresh_store(SHARED) as one, fresh_store(SHARED) as other:
        for store in (one, other):
            record(store, ALL, known, now - timedelta(hours=1), covers=())
        expected = record(one, ALL, told, now, covers=())
        found = record_all(other, ALL, partial(rows, told), now)
        assert head(other) == head(one)
        assert days(other) == days(one)
        assert other.verify().damages == ()
        same_outcome(found, expected)
    return found


def same_outcome(found: Imported, expected: Recording) -> None:
    """The bulk tells what the recording tells."""
    told = found.recording
    assert found.plain + len(told.recorded) == len(expected.recorded)
    for name in ("repeated", "carried", "premature", "released", "withdrawn", "ticks", "version", "seq"):
        assert getattr(told, name) == getattr(expected, name)


def days(store: Store) -> list[Day]:
    """What is kept of the days of the source that speaks all day."""
    with store.read() as reader:
        return [day for pair in TICKER for day in reader.days(pair, "openexchangerates")]


def head(store: Store) -> tuple[int, int, str]:
    """Where a store stands."""
    with store.read() as reader:
        counter = reader.counter()
        return counter.version, counter.seq, counter.hash


def history(lot: Random, days: int, first: date) -> list[Observation]:
    """What four banks, the peg and two aggregates say: with misprints, corrections, weekends, echoes, gaps
    and devaluations.
    """
    found: list[Observation] = []
    costs = walk(lot, days)
    for place in range(days):
        if lot.random() < 0.05:
            costs = [{**each, "KGS": each["KGS"] * Fraction(3, 4)} for each in costs]
        day = first + place * ONE_DAY
        for bank in sorted(BANKS):
            chosen = costs[max(0, place - lot.choice((0, 0, 0, 1)))]
            file = printed(bank, day, chosen)[: lot.choice((1, 5, 5))]
            if lot.random() < 0.15 and len(file) > 1:
                file = lot.choice(MISPRINTS)(lot, file)
            found += file if lot.random() < 0.9 else []
            if lot.random() < 0.1:
                found += printed(bank, day, costs[place + 1])[:1]
        found += blended(lot, day, costs[place]["KGS"])
    return found


def blended(lot: Random, day: date, som: Fraction) -> list[Observation]:
    """What aggregates say of the som, one of them several times a day."""
    found = []
    for source, hours in (("fawazahmed0", 1), ("openexchangerates", 3)):
        for hour in range(hours):
            value = plain(significant(1 / som * (1 + Fraction(lot.randint(-9, 9), 1000)), 6))
            published = Published(Pair("USD", "KGS"), value)
            instant = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            found.append(Observation(source, published, day, instant, instant))
    return found


@pytest.mark.fuzz
@settings(max_examples=settings().max_examples // 5)
@example(seed=38354, share=0, recent=False)  # what was plain is held for what came after it
@given(seed=st.integers(0, 10**9), share=st.sampled_from([0, 0, 4, 30]), recent=st.booleans())
def test_a_random_file_in_bulk_is_that_file_recorded(seed: int, share: int, recent: bool) -> None:
    lot = Random(seed)
    first = NOW.date() - 12 * ONE_DAY if recent else FIRST
    said = history(lot, 14, first)
    before = [each for each in said if lot.randrange(100) < share]
    lot.shuffle(said)
    both(before, said)


def stretches(lot: Random, count: int) -> tuple[list[Observation], list[Observation]]:
    """What the store knows and what the file tells, in stretches of days that are in the one, the other or
    both, with gaps between them that are longer than evidence reaches, or none: what lies on one side of a
    gap may be far from what lies on the other.
    """
    known, told, day = list[Observation](), list[Observation](), FIRST
    for _ in range(count):
        stored, given = lot.choice(((True, True), (True, True), (False, True), (False, True), (True, False)))
        level = lot.choice(("79.8000", "87.4500", "94.9000"))
        for _ in range(lot.choice((1, 2, 5))):
            said = [nbkr(day, level), *blended(lot, day, 1 / Fraction(level))[: lot.choice((0, 2))]]
            known += said if stored else []
            told += said if given else []
            day += ONE_DAY
        day += lot.choice((0, 0, 3, 20)) * ONE_DAY
    return known, told


@pytest.mark.fuzz
@settings(max_examples=settings().max_examples // 4)
@given(seed=st.integers(0, 10**9))
def test_a_random_file_over_islands_of_what_is_stored_is_that_file_recorded(seed: int) -> None:
    both(*stretches(Random(seed), 12))


def test_what_is_passed_as_stored_is_what_came_before_the_rows_behind_it() -> None:
    """A jump from it is held, and what repeats something older is no carry."""
    stored = [nbkr(f"2026-03-0{day}") for day in (3, 4, 5)]
    old = [nbkr("2025-01-07", "80.0000"), nbkr("2025-01-08", "80.1000")]
    jumped = both(stored, [*old, *stored, nbkr("2026-03-06", "70.0000")])
    assert [each.judgement.verdict for each in jumped.recording.recorded] == ["held"]
    assert both(stored, [*old, *stored, nbkr("2026-03-08", "80.1000")]).recording.carried == 0


def minutes(days: int, step: int = 60) -> list[Observation]:
    """What an aggregate says of the som and the tenge every so many minutes."""
    found = []
    for minute in range(0, days * 24 * 60, step):
        instant = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
        for code, value in (("KGS", "87.45"), ("KZT", "480.10")):
            said = Published(Pair("USD", code), f"{value}{minute % 7}")
            found.append(Observation("openexchangerates", said, instant.date(), instant, instant))
    return found


def test_the_past_of_a_sound_source_is_plain_but_for_what_jumps() -> None:
    assert both([], minutes(30)).plain == len(minutes(30))
    files = [printed("nbkr", FIRST + n * ONE_DAY, walk(Random(1), 30)[n]) for n in range(30)]
    wrong = replace(files[20][0], published=Published(Pair("USD", "KGS"), "187.45"))
    found = both([], [row for file in files for row in file] + [wrong])
    assert found.rows == 151
    assert found.plain > 100
    assert [each.judgement.verdict for each in found.recording.recorded].count("held") == 1


def test_what_is_stored_around_is_looked_at() -> None:
    """Files before, between and after those that are there, some as they stand, some corrected."""
    costs = walk(Random(2), 60)
    files = [printed("nbkr", FIRST + n * ONE_DAY, costs[n]) for n in range(60)]
    known = [row for n in range(25, 40) if n % 3 for row in files[n]]
    told = [row for file in files for row in file]
    found = both(known, told)
    assert 0 < found.plain < len(told) - len(known)
    assert found.unchanged == len(known)
    corrected = replace(files[26][0], published=Published(Pair("USD", "KGS"), "87.9999"))
    assert both(known, [*files[25], corrected]).rows == 6


def test_what_is_known_of_another_source_does_not_matter_but_what_is_held_does() -> None:
    costs = walk(Random(3), 40)
    files = [printed("nbkr", FIRST + n * ONE_DAY, costs[n]) for n in range(40)]
    held = [printed("cbu", FIRST + n * ONE_DAY, costs[n])[0] for n in (19, 20)]
    held[1] = replace(held[1], published=replace(held[1].published, value="22222.22"))
    found = both(held, [row for file in files for row in file])
    assert found.plain < sum(map(len, files))


class Asked:
    """A store whose writer counts the rows that it reads, and what it is asked, too."""

    def __init__(self, store: Store) -> None:
        self.times, self._store = 0, store

    def transact(self, now: datetime, work: Callable[[Any], Imported]) -> Imported:
        """Do it with a writer that counts."""
        return self._store.transact(now, lambda writer: work(AskedWriter(self, writer)))


class AskedWriter:
    """A writer that counts for `asked`."""

    def __init__(self, asked: Asked, writer: Writer) -> None:
        self._asked, self._writer = asked, writer

    def __getattr__(self, name: str) -> Any:
        """What the writer has; of what can be asked, counted."""
        found = getattr(self._writer, name)
        return partial(self._ask, found) if callable(found) else found

    def _ask(self, question: Callable[..., Any], *given: Any, **named: Any) -> Any:
        answer = question(*given, **named)
        found = list(answer) if isinstance(answer, list | Iterator) else answer
        self._asked.times += 1 + (len(found) if isinstance(found, list) else 0)
        return iter(found) if isinstance(answer, Iterator) else found


def jumping(step: int) -> list[Observation]:
    """Ten days of an aggregate, every so many minutes, of which each third value is a fifth too high."""
    return [
        replace(each, published=Published(Pair("USD", "KGS"), "104.95")) if place % 3 == 2 else each
        for place, each in enumerate(minutes(10, step))
        if each.pair == TICKER[0]
    ]


def corrected(step: int) -> list[Observation]:
    """Other values at the same instants."""
    return [
        replace(each, published=Published(Pair("USD", "KGS"), "87.99"))
        for each in minutes(10, step)
        if each.pair == TICKER[0]
    ]


@pytest.mark.parametrize(
    ("before", "table", "most"), [(None, jumping, 25), (minutes, corrected, 12)], ids=["jumps", "revisions"]
)
def test_what_is_not_plain_costs_as_much_a_row_however_many_there_are_of_a_day(
    before: Callable[[int, int], list[Observation]] | None,
    table: Callable[[int], list[Observation]],
    most: int,
) -> None:
    a_row = []
    for step in (240, 20):
        with fresh_store(SHARED) as store:
            record(store, ALL, before(10, step) if before else [], NOW - timedelta(hours=1), covers=())
            asked = Asked(store)
            found = record_all(cast(Store, asked), ALL, partial(rows, table(step)), NOW)
        assert len(found.recording.recorded) > 0.8 * found.rows
        a_row.append(asked.times // found.rows)
    few, many = a_row
    assert many <= 1.2 * few
    assert many <= most


def test_what_fills_a_gap_is_looked_for_a_few_times_however_many_rows_it_has() -> None:
    """Only what is so near to the other side that it may be evidence on that is judged."""
    gap, asked = 60, []
    island = [nbkr(FIRST + place * ONE_DAY) for place in (-1, gap, gap + 1, 2 * gap, 2 * gap + 1)]
    sides = [replace(each, source="openexchangerates") for each in island]
    for step in (240, 60):
        said = [each for each in minutes(gap, step) if each.pair == TICKER[0]]
        with fresh_store(SHARED) as store:
            record(store, ALL, sides, NOW - timedelta(hours=1), covers=())
            counting = Asked(store)
            far = [each for each in said if each.effective_date + REACH < FIRST + gap * ONE_DAY]
            found = record_all(cast(Store, counting), ALL, partial(rows, far), NOW)
            asked.append(counting.times)
            assert (found.plain, found.recording.recorded) == (len(far), [])
            near = said[len(far) :]
            assert len(record_all(store, ALL, partial(rows, near), NOW).recording.recorded) == len(near)
    few, many = asked
    assert few == many < 150


def test_what_is_stored_is_found_again_by_less_than_a_question_a_row() -> None:
    files = [printed("nbkr", FIRST + n * ONE_DAY, walk(Random(5), 90)[n]) for n in range(90)]
    said = [replace(row, reported=None) for file in files for row in file]
    with fresh_store(SHARED) as store:
        record(store, ALL, said, NOW - timedelta(hours=1), covers=())
        asked = Asked(store)
        found = record_all(cast(Store, asked), ALL, partial(rows, said), NOW)
    assert found.unchanged > 300
    assert asked.times < 1.5 * found.rows


def test_a_repeat_of_the_table_changes_nothing(store: Store) -> None:
    said = [
        *minutes(3),
        *(row for n in range(9) for row in printed("nbt", FIRST + n * ONE_DAY, walk(Random(4), 9)[n])),
    ]
    first = record_all(store, ALL, partial(rows, said), NOW)
    before = head(store)
    again = record_all(store, ALL, partial(rows, said), NOW + timedelta(hours=1))
    assert (again.unchanged + again.recording.carried, again.plain) == (len(said), 0)
    assert again.recording.carried == first.recording.carried
    assert head(store) == before


def test_a_revision_has_the_number_that_is_told_and_the_next_one_follows(store: Store) -> None:
    said = [replace(nbkr("2024-05-21", value), fetched_at=NOW) for value in ("87.45", "87.50")]
    record_all(store, ALL, partial(rows, said, [0, 3]), NOW)
    assert revisions(store) == [(0, "87.45"), (3, "87.50")]
    for number, value in ((0, "87.45"), (3, "87.50")):
        told = replace(said[0], published=Published(Pair("USD", "KGS"), value))
        again = record_all(store, ALL, partial(rows, [told], [number]), NOW)
        assert again.unchanged == 1
    record(store, ALL, [nbkr("2024-05-21", "87.60")], NOW, covers=())
    assert revisions(store) == [(0, "87.45"), (3, "87.50"), (4, "87.60")]


def revisions(store: Store) -> list[tuple[int, str]]:
    """What is stored of the som, with the numbers."""
    with store.read() as reader:
        found = reader.publications(Pair("KGS", "USD"), "nbkr", superseded=True)
        return [(each.revision, each.said.published.value) for each in found]


def test_a_table_that_says_nothing_of_the_change_contradicts_nobody(store: Store) -> None:
    said = replace(nbkr("2024-05-21"), reported=Reported(difference="0.1"))
    record(store, ALL, [said], NOW, covers=())
    assert record_all(store, ALL, partial(rows, [said]), NOW).unchanged == 1


def test_no_source_is_confirmed_by_a_table(store: Store) -> None:
    record_all(store, ALL, partial(rows, minutes(1)), NOW)
    with store.read() as reader:
        assert reader.health("openexchangerates").checked_at is None
        assert reader.covered("openexchangerates") == []


def test_a_refused_file_leaves_nothing(store: Store) -> None:
    def torn() -> Iterator[Row]:
        yield from rows(minutes(9))
        raise ImportRefused("torn")

    with pytest.raises(ImportRefused):
        record_all(store, ALL, torn, NOW)
    assert head(store)[0] == 0


def test_a_table_that_others_come_before_is_recorded_from_its_start_again() -> None:
    said = sorted(history(Random(6), 40, FIRST), key=lambda each: each.effective_date)
    told = [replace(each, reported=None) for each in said]
    with fresh_store(SHARED) as calm, fresh_store(SHARED) as busy:
        for store in (calm, busy):
            record(store, ALL, told[:150], NOW - timedelta(hours=1), covers=())
        expected = record_all(calm, ALL, partial(rows, told), NOW)
        with contended(80, seed=2) as contention:
            found = record_all(busy, ALL, partial(rows, told), NOW)
        assert contention.refused > 1
        assert found == expected
        assert found.plain
        assert found.recording.of("held")
        assert head(busy) == head(calm)
        assert busy.verify().damages == ()
