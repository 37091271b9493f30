"""What every engine promises to a process that follows the record: it sees each version soon, and what it has
read of the newest needs no database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import Connection, Engine, event

from app.domain.errors import StoreUnavailable
from app.store import open_store
from app.store.base import Counter, Store
from app.store.following import Following
from tests.cli.processes import soon
from tests.store.given import KGS, KZT, NOW, add, poll, said


@contextmanager
def following(store: Store, told: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Inside, `store` is followed, and has looked once."""
    stop = Event()
    thread = Thread(target=store.follow, args=(stop, told))
    thread.start()
    try:
        soon(lambda: store.seen)
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def other(store: Store, url: str) -> Iterator[Store]:
    """The same store as another process has it."""
    opened = open_store(url)
    yield opened
    opened.close()


@contextmanager
def counting() -> Iterator[list[str]]:
    """The transactions that begin inside, on any database."""
    begun: list[str] = []

    def note(connection: Connection) -> None:
        begun.append(connection.dialect.name)

    event.listen(Engine, "begin", note)
    yield begun
    event.remove(Engine, "begin", note)


def newest(store: Store) -> tuple[int, str | None]:
    with store.read() as reader:
        found = reader.newest(KGS, "nbkr")
        return reader.counter().version, found.said.published.value if found else None


def seen_within(store: Store, version: int, patience: timedelta) -> float:
    """How many seconds it took until `store` saw `version`."""
    began = time.monotonic()
    while store.seen is None or store.seen.version < version:
        assert time.monotonic() - began < patience.total_seconds(), "not seen in time"
        time.sleep(0.001)
    return time.monotonic() - began


def test_nobody_follows_until_somebody_does(store: Store) -> None:
    assert store.seen is None
    with following(store):
        assert store.seen
    assert store.seen is None


def test_what_another_process_records_is_seen_within_a_second(store: Store, other: Store) -> None:
    with following(store):
        for number in range(5):
            poll(other, said(f"87.{number}000", on=number))
            seen_within(store, number + 1, timedelta(seconds=1))
            assert newest(store) == (number + 1, f"87.{number}000")


def test_what_this_process_records_is_seen_at_once(store: Store) -> None:
    with following(store):
        poll(store, said("87.1000"))
        assert newest(store) == (1, "87.1000")


def test_each_new_version_is_told_once(store: Store, other: Store) -> None:
    versions: list[int] = []

    def tell() -> None:
        with store.read() as reader:
            versions.append(reader.counter().version)

    with following(store, tell):
        for number in range(3):
            poll(other, said(on=number))
            seen_within(store, number + 1, timedelta(seconds=1))
    assert versions == [0, 1, 2, 3]


def test_a_version_that_cannot_be_read_ahead_is_not_seen_before_it_can(store: Store, other: Store) -> None:
    refused = 0

    def tell() -> None:
        nonlocal refused
        with store.read() as reader:
            if reader.counter().version == 1 and refused < 2:
                refused += 1
                raise StoreUnavailable("gone")

    with following(store, tell):
        poll(other, said())
        soon(lambda: refused == 1)
        assert store.seen
        assert store.seen.version == 0
        seen_within(store, 1, timedelta(seconds=5))
        assert (refused, newest(store)) == (2, (1, "87.4500"))


def test_what_this_process_records_is_read_ahead_too(store: Store) -> None:
    told: list[int] = []

    def tell() -> None:
        with store.read() as reader:
            told.append(reader.counter().version)

    with following(store, tell):
        poll(store, said())
        soon(lambda: told == [0, 1])


def test_of_two_threads_that_saw_two_versions_the_later_one_wins(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll(other, said("87.1000"))
    with other.read() as reader:
        older = reader.counter()
    poll(other, said("87.2000", on=1))
    with other.read() as reader:
        newer = reader.counter()
    looked, later = Event(), Event()

    def is_news(before: Counter, counter: Counter) -> bool:
        if counter is older:
            looked.set()
            later.wait(5)  # the other thread is done meanwhile, if it may
        return before.version < counter.version

    following = Following(store._database)  # type: ignore[attr-defined]
    following.seen = replace(older, version=0)
    monkeypatch.setattr("app.store.following._is_news", is_news)
    slow = Thread(target=following.saw, args=(older,))
    slow.start()
    looked.wait(5)
    quick = Thread(target=following.saw, args=(newer,))
    quick.start()
    quick.join(0.2)
    later.set()
    for thread in (slow, quick):
        thread.join(5)
    assert following.seen == newer


def test_whatever_goes_wrong_in_reading_ahead_the_record_is_followed_on(store: Store, other: Store) -> None:
    told = 0

    def tell() -> None:
        nonlocal told
        told += 1
        if told == 2:
            raise ZeroDivisionError

    with following(store, tell):
        poll(other, said())
        seen_within(store, 1, timedelta(seconds=5))
    assert told == 3


def test_another_record_of_as_many_versions_in_the_place_of_this_one_is_seen(
    store: Store, another_url: str
) -> None:
    poll(store, said("87.1000", on=0))
    fork = open_store(another_url)
    fork.upgrade()
    put_in_place(of=fork, this=store)
    poll(store, said("87.2000", on=1))
    poll(fork, said("87.3000", on=1))
    with following(store):
        assert newest(store) == (2, "87.2000")
        put_in_place(of=store, this=fork)
        soon(lambda: newest(store) == (2, "87.3000"))
    fork.close()


def put_in_place(*, of: Store, this: Store) -> None:
    """Make a store what another is, its log included: as an administrator does with the tools of an
    engine.
    """
    with this._database.snapshots.begin() as source:  # type: ignore[attr-defined]  # no promise of a store
        of.replace(source, force=True)  # type: ignore[attr-defined]


def test_until_the_next_look_readers_see_one_version(store: Store, other: Store) -> None:
    poll(store, said("87.1000", on=0))
    with following(store):
        with store.read() as reader:
            poll(other, said("87.2000", on=1), said(on=1, pair=KZT))
            first = [
                reader.counter().version,
                len(reader.ticks()),
                len(list(reader.publications(KGS, "nbkr"))),
            ]
        assert first == [1, 1, 1]
        seen_within(store, 2, timedelta(seconds=1))
        assert newest(store) == (2, "87.2000")


def test_what_was_read_of_a_version_is_not_read_again(store: Store) -> None:
    poll(store, said("87.1000"))
    with following(store):
        newest(store)
        with counting() as begun:
            for _ in range(1000):
                assert newest(store) == (1, "87.1000")
        # the follower looks now and then, whatever others do
        assert len(begun) < 20


def test_a_log_that_was_restored_in_its_place_is_seen_though_its_versions_are_lower(
    store: Store, other: Store
) -> None:
    for number in range(3):
        add(store, said(on=number))
    with following(store):
        before = store.seen
        other.renew()  # type: ignore[attr-defined]  # what a restore does
        deadline = time.monotonic() + 5
        while store.seen == before:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert before
        assert store.seen
        assert store.seen.log_id != before.log_id


def test_an_instant_of_before_is_asked_of_the_database(store: Store) -> None:
    poll(store, said("87.1000", on=0), now=NOW)
    poll(store, said("87.2000", on=1), now=NOW + timedelta(hours=1))
    with following(store), store.read(1) as reader:
        found = reader.newest(KGS, "nbkr")
        assert found
        assert (reader.counter().version, found.said.published.value) == (1, "87.1000")
