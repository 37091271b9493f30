"""What every engine promises of many observations at once: the rows that one at a time would have made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date

import pytest

from app.domain.numbers import plain
from app.domain.observations import ACCEPTED, Observation
from app.store import open_store
from app.store.base import Plain, Store
from tests.store.given import HELD, KGS, KZT, NOW, add, poll, said

MANY = [said(f"87.{4500 + on}", on, pair=pair) for on in range(30) for pair in (KGS, KZT)]


def told(observation: Observation) -> Plain:
    """An observation as its texts."""
    return (
        observation.source,
        str(observation.pair),
        str(observation.effective_date),
        observation.observed_at.astimezone(UTC).isoformat(" ", "microseconds"),
        0,
        str(observation.published.pair),
        observation.published.value,
        observation.published.nominal,
        plain(observation.rate),
    )


def add_all(store: Store, observations: Sequence[Observation]) -> None:
    """Record observations in one transaction, at once."""
    with store.write(NOW) as writer:
        writer.add_all([told(each) for each in observations], NOW)


def test_many_at_once_are_the_rows_and_the_hash_that_one_by_one_would_be(
    store: Store, another_url: str
) -> None:
    other = open_store(another_url)
    other.upgrade()
    for each in (store, other):
        poll(each, said(on=40))
    add(store, *MANY)
    add_all(other, MANY)
    with store.read() as reader, other.read() as others:
        assert reader.counter().hash == others.counter().hash
        for number in range(1, len(MANY) + 2):
            assert reader.recorded(number) == others.recorded(number) is not None
    assert other.verify().damages == ()
    other.close()


def test_many_stand_in_one_version_with_what_is_added_and_judged_beside_them(store: Store) -> None:
    with store.write(NOW) as writer:
        first = writer.add(said(on=50), 0, ACCEPTED)
        writer.add_all([told(each) for each in MANY[:30]], NOW)
        held = writer.add(said("480", 60), 0, HELD)
        writer.add_all([told(each) for each in MANY[30:]], NOW)
        writer.close_day("nbkr", date(2026, 5, 2))
    assert (first.id, held.id) == (1, 32)
    found = store.verify()
    assert found.damages == ()
    assert found.head
    assert found.head.version == 1


def test_more_than_are_kept_in_memory_are_sound(store: Store) -> None:
    many = [told(said(on=0)) for _ in range(20_001)]
    rows = [(*each[:4], number, *each[5:]) for number, each in enumerate(many)]
    with store.write(NOW) as writer:
        writer.add_all(rows, NOW)
    assert store.verify().damages == ()


def test_none_at_once_takes_no_version(store: Store) -> None:
    add_all(store, [])
    with store.read() as reader:
        assert reader.counter().version == 0


def test_what_is_recorded_already_is_refused_and_leaves_nothing(store: Store) -> None:
    add(store, MANY[7])
    with pytest.raises(ValueError, match="one of 60 observations is recorded already"):
        add_all(store, MANY)
    with store.read() as reader:
        assert reader.counter().version == 1
        assert reader.recorded(2) is None


def test_plain_is_what_was_said_once_and_never_in_question(store: Store) -> None:
    add(store, said(on=1), said("90", 2), said("88", 4))
    add(store, said("91", 2), revision=1)
    add(store, said("480", 3), judgement=HELD)
    with store.read() as reader:
        found = reader.plain(KGS, "nbkr", since=date(2026, 5, 1), limit=10)
        assert [(*each[:-1], plain(said().rate)) for each in found[:1]] == [told(said(on=1))]
        assert [each[2] for each in found] == ["2026-05-02", "2026-05-05"]
        later = reader.plain(KGS, "nbkr", since=date(2026, 5, 3), limit=1)
        assert later == found[1:]


def test_with_what_they_superseded_publications_stand_in_the_order_of_their_revisions(store: Store) -> None:
    add(store, said(on=1), said("90", 2))
    add(store, said("91", 2), revision=1)
    add(store, said("92", 2), revision=2, judgement=HELD)
    with store.read() as reader:
        in_force = [each.said.published.value for each in reader.publications(KGS, "nbkr")]
        every = [each.said.published.value for each in reader.publications(KGS, "nbkr", superseded=True)]
    assert (in_force, every) == (["87.4500", "91"], ["87.4500", "90", "91"])


def test_many_at_once_die_with_their_transaction(store: Store) -> None:
    def add_and_fail() -> None:
        with store.write(NOW) as writer:
            writer.add_all([told(each) for each in MANY], NOW)
            writer.add(MANY[0], 0, ACCEPTED)

    with pytest.raises(ValueError, match="recorded already"):
        add_and_fail()
    assert store.verify().rows == 0
