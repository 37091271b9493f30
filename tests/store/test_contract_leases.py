"""What every engine promises of the lease: one poller writes, and who was away for too long cannot."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from multiprocessing.connection import Connection

import pytest

from app.domain.errors import LeaseLost
from app.domain.observations import ACCEPTED
from app.store import open_store
from app.store.base import Lease, Store
from tests.store.given import KGS, NOW, add, said
from tests.store.others import another

LONG, SHORT = timedelta(seconds=60), timedelta(milliseconds=300)


def taken(store: Store, holder: str, span: timedelta = LONG) -> Lease:
    lease = store.lease(holder, span)
    assert lease
    return lease


def test_one_has_it_and_another_does_not_get_it(store: Store) -> None:
    assert taken(store, "first").token == 1
    assert store.lease("second", LONG) is None


def test_renewing_keeps_the_token_and_moves_the_end(store: Store) -> None:
    first = taken(store, "first", SHORT)
    again = taken(store, "first")
    assert (again.holder, again.token) == (first.holder, first.token)
    assert again.expires_at > first.expires_at + timedelta(seconds=50)


def test_when_it_has_expired_another_gets_it_with_a_token_of_its_own(store: Store) -> None:
    taken(store, "first", SHORT)
    time.sleep(0.4)
    assert taken(store, "second").token == 2
    assert store.lease("first", LONG) is None


def test_who_let_it_expire_and_takes_it_back_has_another_token(store: Store) -> None:
    taken(store, "first", SHORT)
    time.sleep(0.4)
    assert taken(store, "first").token == 2


def test_what_is_released_another_gets_at_once(store: Store) -> None:
    store.release(taken(store, "first"))
    with store.read() as reader:
        assert reader.lease() is None
    assert taken(store, "second").token == 2


def test_releasing_what_another_has_by_now_changes_nothing(store: Store) -> None:
    first = taken(store, "first")
    store.release(first)
    taken(store, "second")
    store.release(first)
    assert store.lease("third", LONG) is None


def test_a_write_under_a_lease_that_another_has_by_now_writes_nothing(store: Store) -> None:
    first = store.under(taken(store, "first"))
    add(first, said(on=0))
    store.release(taken(store, "first"))
    add(store.under(taken(store, "second")), said(on=1))
    with pytest.raises(LeaseLost, match="second polls now"):
        add(first, said(on=2))
    with store.read() as reader:
        assert (reader.counter().version, len(list(reader.publications(KGS, "nbkr")))) == (2, 2)


def test_a_holder_whose_lease_expired_may_write_until_another_takes_it(store: Store) -> None:
    first = store.under(taken(store, "first", SHORT))
    time.sleep(0.4)
    add(first, said(on=0))


def test_what_a_person_does_needs_no_lease(store: Store) -> None:
    taken(store, "first")
    add(store, said(on=0))


def test_readers_see_who_polls(store: Store) -> None:
    with store.read() as reader:
        assert reader.lease() is None
    lease = taken(store, "first")
    with store.read() as reader:
        assert reader.lease() == lease


def write_when_told(line: Connection, url: str) -> None:
    """Take the lease, tell so, and write under it whenever asked; tell what came of it."""
    store = open_store(url)
    lease = taken(store, "stopped", SHORT)
    mine = store.under(lease)
    line.send(lease.token)
    number = 0
    while line.recv():
        number += 1
        try:
            with mine.write(NOW) as writer:
                writer.add(said(on=number), 0, ACCEPTED)
            line.send("written")
        except LeaseLost as error:
            line.send(type(error).__name__)
    store.close()


def test_a_process_that_was_stopped_cannot_write_when_it_wakes(store: Store, url: str) -> None:
    with another(write_when_told, url) as (process, line):
        assert line.recv() == 1
        line.send(True)
        assert line.recv() == "written"
        assert process.pid
        os.kill(process.pid, signal.SIGSTOP)
        line.send(True)
        time.sleep(0.5)
        mine = store.under(taken(store, "awake"))
        os.kill(process.pid, signal.SIGCONT)
        assert line.recv() == "LeaseLost"
        add(mine, said(on=9))
        line.send(False)
    with store.read() as reader:
        assert reader.counter().version == 2
