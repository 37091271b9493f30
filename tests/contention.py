"""Transactions that others come before: a share of the commits is refused, as a server refuses one that it
cannot serialise (40001), so that what is retried must come out the same. `pytest -p tests.contention` refuses
one in five throughout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random
from threading import local
from typing import Any

import pytest
from psycopg.errors import SerializationFailure
from sqlalchemy import Connection, Engine, event

from app.domain.errors import StoreContended
from app.store.base import Writer
from app.store.opened import SqlStore

_again = local()
_within: list[Contention] = []
"""The innermost, last, is the one that refuses."""


class Contention:
    """Refuses `percent` of the commits of transactions that are tried again; counts them."""

    def __init__(self, percent: int, seed: int = 1) -> None:
        self._percent, self._chance = percent, Random(seed)
        self.refused = self.committed = 0

    def commit(self, connection: Connection) -> None:
        """Called before each commit."""
        if getattr(_again, "tried", False) and self is _within[-1]:
            if self._chance.randrange(100) < self._percent:
                self.refused += 1
                if connection.dialect.name == "postgresql":
                    raise SerializationFailure("could not serialize access due to concurrent update")
                raise StoreContended("another transaction came first")
            self.committed += 1


@contextmanager
def contended(percent: int, seed: int = 1) -> Iterator[Contention]:
    """Inside, so many of a hundred commits are refused."""
    contention, transact = Contention(percent, seed), SqlStore.transact

    def tried_again(self: SqlStore, now: datetime, work: Callable[[Writer], Any]) -> Any:
        before, _again.tried = getattr(_again, "tried", False), True
        try:
            return transact(self, now, work)
        finally:
            _again.tried = before

    _within.append(contention)
    event.listen(Engine, "commit", contention.commit)
    SqlStore.transact = tried_again  # type: ignore[method-assign]  # nothing else knows what is tried again
    try:
        yield contention
    finally:
        SqlStore.transact = transact  # type: ignore[method-assign]
        event.remove(Engine, "commit", contention.commit)
        _within.remove(contention)


_commits: Counter[str] = Counter()


@pytest.fixture(scope="session", autouse=True)
def others_come_first() -> Iterator[None]:
    """For whoever loads this as a plugin."""
    with contended(20) as contention:
        yield
    assert contention.refused
    _commits.update(refused=contention.refused, committed=contention.committed)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where several processes test, let the first one count."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["commits"] = dict(_commits)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what another process counted."""
    _commits.update(getattr(node, "workeroutput", {}).get("commits", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how often others came first."""
    terminalreporter.write_line(f"{_commits['refused']:,} commits refused, {_commits['committed']:,} not")
