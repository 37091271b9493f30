"""Many rows at once: the same rows, verdicts, ticks and hashes as one recording of the same observations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.numbers import plain, significant
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.ingest.bulk import Imported, record_all
from app.ingest.cells import Reading, Row
from app.ingest.record import Recording, record
from app.sources.catalog import catalog
from app.store.base import Store
from tests.ingest.corpus import BANKS, MISPRINTS, printed, walk
from tests.said import at
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
        found = record_all(other, ALL, rows(told), now)
        assert head(other) == head(one)
        assert other.verify().damages == ()
        same_outcome(found, expected)
    return found


def same_outcome(found: Imported, expected: Recording) -> None:
    """The bulk tells what the recording tells."""
    told = found.recording
    assert found.plain + len(told.recorded) == len(expected.recorded)
    for name in ("repeated", "carried", "premature", "released", "withdrawn", "ticks", "version", "seq"):
        assert getattr(told, name) == getattr(expected, name)


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
@given(seed=st.integers(0, 10**9), share=st.sampled_from([0, 0, 4, 30]), recent=st.booleans())
def test_a_random_file_in_bulk_is_that_file_recorded(seed: int, share: int, recent: bool) -> None:
    lot = Random(seed)
    first = NOW.date() - 12 * ONE_DAY if recent else FIRST
    said = history(lot, 14, first)
    before = [each for each in said if lot.randrange(100) < share]
    lot.shuffle(said)
    both(before, said)
