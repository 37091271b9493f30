"""What every engine promises of the chain: each version has a hash, and what was written is sound."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from app.domain.days import counted
from app.domain.observations import ACCEPTED
from app.store import open_store
from app.store.base import Store
from app.store.chain import ORIGIN
from tests.store.given import HELD, KGS, KZT, NOW, REJECTED, RELEASED, add, poll, said, tick

LATER = NOW + timedelta(hours=1)


def fill(store: Store) -> None:
    """Everything that a store can hold, in four versions."""
    (held,) = add(store, said("480", pair=KZT), judgement=HELD)
    poll(store, said(), said("500", 1, pair=KZT))
    with store.write(LATER) as writer:
        writer.keep_body("5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5", b"12345")
        writer.judge(held, RELEASED)
        writer.close_day("nbt", date(2026, 5, 3))
        writer.close_day("nbkr", date(2026, 5, 2))
        writer.append(tick(writer, writer.add(said("87.4314", 1), 0, ACCEPTED).said))
        for each in (said("480", pair=KZT), said("500", 1, pair=KZT)):
            writer.keep_day(KZT, "nbkr", each.effective_date, counted([each]))
        writer.cover("nbkr", date(2026, 5, 1), date(2026, 5, 20))
        writer.cover("nbkr", date(2026, 6, 1), date(2026, 6, 2))
    add(store, said("0", 3), said("n/a", 4), judgement=REJECTED)


def head(store: Store, known: int | None = None) -> tuple[int, str]:
    """The version and the hash of a view."""
    with store.read(known) as reader:
        counter = reader.counter()
    return counter.version, counter.hash


def test_a_new_store_is_sound_and_has_the_hash_of_nothing(store: Store) -> None:
    found = store.verify()
    assert (found.damages, found.rows) == ((), 0)
    assert head(store) == (0, ORIGIN)


def test_a_store_as_it_was_written_is_sound(store: Store) -> None:
    fill(store)
    found = store.verify()
    assert found.damages == ()
    assert found.head
    assert (found.head.version, found.head.seq, found.rows) == (4, 3, 26)
    assert (found.head.version, found.head.hash) == head(store)


def test_every_version_has_a_hash_that_it_keeps(store: Store) -> None:
    fill(store)
    noted = [head(store, version) for version in range(5)]
    assert [version for version, _ in noted] == [0, 1, 2, 3, 4]
    assert len({each for _, each in noted}) == 5
    assert all(re.fullmatch("[0-9a-f]{64}", each) for _, each in noted)
    add(store, said(on=9))
    assert [head(store, version) for version in range(5)] == noted
    assert head(store)[1] != noted[4][1]


def test_the_hash_inside_a_transaction_is_that_of_the_version_before(store: Store) -> None:
    fill(store)
    before = head(store)
    with store.write(LATER) as writer:
        assert (writer.counter().version, writer.counter().hash) == before
        writer.confirm("nbkr", LATER)
    assert head(store) == before


def test_the_same_record_has_the_same_hash_in_another_store(store: Store, another_url: str) -> None:
    other = open_store(another_url)
    other.upgrade()
    fill(store)
    fill(other)
    assert head(store) == head(other)
    other.close()


def test_the_hash_depends_on_every_row_and_on_the_version_before(store: Store, another_url: str) -> None:
    other = open_store(another_url)
    other.upgrade()
    add(store, said())
    add(other, replace(said(), fetched_at=LATER))
    assert head(store) != head(other)
    poll(store, said(on=1))
    poll(other, said(on=1))
    assert head(store) != head(other)
    other.close()


def test_a_block_that_wrote_nothing_of_the_record_leaves_it_sound(store: Store) -> None:
    poll(store, said())
    with store.write(NOW) as writer:
        writer.confirm("nbkr", NOW)
        writer.cover("nbkr", date(2026, 5, 1), date(2026, 5, 20))
        assert writer.newest(KGS, "nbkr")
    assert store.verify().damages == ()
