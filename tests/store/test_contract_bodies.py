"""What every engine keeps of what sources answered, and how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from app.domain.observations import ACCEPTED, Origin
from app.store.base import Store
from tests.store.given import HELD, NOW, RELEASED, add, said

FILE, OTHER = b"USD 87.4500\n" * 1000, bytes(range(256))
LATER = NOW + timedelta(days=1)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def keep(store: Store, *contents: bytes) -> None:
    with store.write(NOW) as writer:
        for content in contents:
            writer.keep_body(digest(content), content)


def kept(store: Store, *contents: bytes) -> list[bool]:
    with store.read() as reader:
        return [reader.body(digest(content)) == content for content in contents]


def test_a_body_comes_back_byte_for_byte_under_its_digest_and_takes_no_version(store: Store) -> None:
    keep(store, FILE, OTHER, b"", FILE)
    assert kept(store, FILE, OTHER, b"", b"another") == [True, True, True, False]
    with store.read() as reader:
        assert reader.counter().version == 0


def fail_after_keeping(store: Store, content: bytes) -> None:
    with store.write(NOW) as writer:
        writer.keep_body(digest(content), content)
        raise RuntimeError


def test_a_body_of_a_transaction_that_failed_is_not_kept(store: Store) -> None:
    with pytest.raises(RuntimeError):
        fail_after_keeping(store, FILE)
    assert kept(store, FILE) == [False]


def test_an_observation_keeps_its_origin(store: Store) -> None:
    origins = [None, Origin("https://bank.test/daily.xml", digest(FILE)), Origin(None, digest(OTHER))]
    told = [replace(said(on=number), origin=origin) for number, origin in enumerate(origins)]
    recorded = add(store, *told)
    with store.read() as reader:
        found = [reader.recorded(each.id) for each in recorded]
    assert [each.said.origin for each in found if each] == origins


def test_bodies_are_dropped_from_which_nothing_was_recorded_for_so_long(store: Store) -> None:
    keep(store, FILE, OTHER)
    for now, content in ((NOW, FILE), (NOW, OTHER), (LATER, OTHER)):
        with store.write(now) as writer:
            on = writer.version
            writer.add(replace(said(on=on), origin=Origin(None, digest(content))), 0, ACCEPTED)
    for before, dropped in ((NOW, 0), (LATER, 1), (LATER, 0), (LATER + timedelta(days=1), 1)):
        with store.write(LATER) as writer:
            assert writer.drop_bodies(before) == dropped
        assert kept(store, OTHER) == [before <= LATER]
    with store.read() as reader:
        assert reader.counter().version == 3
        assert [found.said.origin is not None for id in (1, 2, 3) if (found := reader.recorded(id))] == [
            True
        ] * 3


def test_every_verdict_on_an_observation_is_told_in_its_order(store: Store) -> None:
    (first,) = add(store, said())
    (second,) = add(store, said(on=1), judgement=HELD)
    with store.write(LATER) as writer:
        writer.judge(second, RELEASED)
        writer.judge(first, HELD)
    with store.read() as reader:
        assert reader.judgements(first) == [(1, NOW, ACCEPTED), (3, LATER, HELD)]
        assert reader.judgements(second) == [(2, NOW, HELD), (3, LATER, RELEASED)]
    with store.read(known=2) as reader:
        assert reader.judgements(second) == [(2, NOW, HELD)]
