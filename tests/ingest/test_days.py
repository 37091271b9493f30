"""The days of a source that speaks all day are what its rows in force come to, whatever happens to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.days import Day, counted
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.ingest.record import accept, record, reject
from app.sources.catalog import catalog
from app.store.base import Reader, Store
from tests.said import at, nbkr
from tests.stores import fresh_store

KEY = "openexchangerates"
ALL = catalog([KEY, "nbkr"], app_id="key")
KGS = Pair("KGS", "USD")
NOON = at("2026-05-21 12:00")


def spoken(value: str, hours: int = 0, *, minutes: int = 0, nominal: int = 1) -> Observation:
    """What the source says so many hours after midnight of the 20th."""
    instant = at("2026-05-20 00:00") + timedelta(hours=hours, minutes=minutes)
    published = Published(KGS.inverse, value, nominal)
    said = replace(nbkr(instant.date()), source=KEY, published=published, fetched_at=instant)
    return replace(said, observed_at=instant)


def say(store: Store, *said: Observation) -> None:
    record(store, ALL, said, NOON)


def days(reader: Reader) -> list[Day]:
    return list(reader.days(KGS, KEY))


def kept(store: Store) -> list[Day]:
    """The days that the store keeps, which are those that its rows come to, in every view."""
    with store.read() as reader:
        newest = reader.counter().version
    for version in (*range(newest + 1), None):
        with store.read(version) as reader:
            found = days(reader)
            assert found == recounted(reader), version
    assert store.verify(ALL.all_day).damages == ()
    return found


def recounted(reader: Reader) -> list[Day]:
    said: dict[date, list[Observation]] = {}
    for each in reader.publications(KGS, KEY):
        said.setdefault(each.said.effective_date, []).append(each.said)
    return [form for day in said.values() for form in counted(day)]


def literals(found: Iterable[Day]) -> list[tuple[str, str, str, str, int]]:
    return [(day.open, day.high, day.low, day.close, day.count) for day in found]


def test_what_comes_in_order_is_added_to_its_day(store: Store) -> None:
    for hour, value in enumerate(["87.4", "87.6", "87.5"]):
        say(store, spoken(value, hour))
    say(store, spoken("87.7", 23), spoken("87.8", 24))
    assert literals(kept(store)) == [
        ("87.4", "87.7", "87.4", "87.7", 4),
        ("87.8", "87.8", "87.8", "87.8", 1),
    ]


def test_a_late_row_corrects_the_day(store: Store) -> None:
    say(store, spoken("87.4", 5), spoken("87.5", 8))
    say(store, spoken("87.9", 3))
    say(store, spoken("87.0", 6))
    assert literals(kept(store)) == [("87.9", "87.9", "87.0", "87.5", 4)]


def test_a_revision_takes_the_place_of_what_it_corrects(store: Store) -> None:
    say(store, spoken("87.4", 0), spoken("87.9", 1), spoken("87.5", 2))
    say(store, spoken("87.6", 1))
    assert literals(kept(store)) == [("87.4", "87.6", "87.4", "87.5", 3)]


def test_a_revision_in_another_form_empties_the_one_before(store: Store) -> None:
    say(store, spoken("87.4"))
    say(store, spoken("8750", nominal=100))
    assert [(day.nominal, day.close) for day in kept(store)] == [(100, "8750")]


def test_what_is_held_counts_from_its_acceptance_on(store: Store) -> None:
    say(store, spoken("87.4", 0))
    say(store, spoken("99.9", 24))
    assert len(kept(store)) == 1
    with store.read() as reader:
        (held,) = reader.doubts("held")
    accept(store, ALL, held.id, NOON, "seen by a person")
    assert literals(kept(store))[1:] == [("99.9", "99.9", "99.9", "99.9", 1)]


def test_a_day_of_which_nothing_is_left_is_no_day_now_and_still_is_one_in_the_views_of_before(
    store: Store,
) -> None:
    say(store, spoken("87.4"))
    reject(store, ALL, 1, NOON, "a misprint")
    assert kept(store) == []
    with store.read(1) as reader:
        assert literals(days(reader)) == [("87.4", "87.4", "87.4", "87.4", 1)]


def test_a_bank_has_no_days(store: Store) -> None:
    say(store, nbkr("2026-05-21"))
    with store.read() as reader:
        assert list(reader.days(KGS, "nbkr")) == []


def test_the_same_again_changes_nothing(store: Store) -> None:
    say(store, spoken("87.4"))
    say(store, spoken("87.4"))
    assert literals(kept(store)) == [("87.4", "87.4", "87.4", "87.4", 1)]


@pytest.mark.parametrize(
    "change", ["DELETE FROM days", "DELETE FROM days WHERE effective_date > '2026-05-20'"]
)
def test_days_that_are_gone_are_missed_even_when_none_is_left(tmp_path: Path, change: str) -> None:
    with fresh_store(tmp_path) as store:
        say(store, spoken("87.4"), spoken("87.5", 24))
        with store._writing() as connection:  # type: ignore[attr-defined]  # past what a store promises
            connection.exec_driver_sql(change)
        missing = [str(each) for each in store.verify(ALL.all_day).damages]
    assert "days KGS/USD/openexchangerates/2026-05-21/USD/KGS/1: missing" in missing


def live(store: Store, chance: Random) -> None:
    """Record a life with late rows, revisions, jumps and verdicts by hand."""
    for _ in range(25):
        batch = [
            spoken(f"{chance.choice((87, 87, 88, 99))}.{chance.randrange(100):02}", chance.randrange(72))
            for _ in range(chance.choice((1, 1, 3)))
        ]
        say(store, *{each.observed_at: each for each in batch}.values())
        with store.read() as reader:
            doubts = reader.doubts("held")
        if doubts and chance.random() < 0.4:
            decide = chance.choice((accept, reject))
            decide(store, ALL, chance.choice(doubts).id, NOON, "by hand")


@pytest.mark.fuzz
@settings(max_examples=settings().max_examples // 10)
@given(st.integers(0, 2**32))
def test_days_are_what_is_in_force_after_any_life_and_in_any_view_of_it(seed: int) -> None:
    with fresh_store() as store:
        live(store, Random(seed))
        kept(store)
