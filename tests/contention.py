"""Transactions that others come before: a share of the commits is refused, as a server refuses one that it
cannot serialise (40001), so that what is retried must come out the same. `pytest -p tests.contention` refuses
one in five throughout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from threading import local
from typing import Any

import pytest
from psycopg.errors import SerializationFailure
from sqlalchemy import Connection, Engine, event

from app.domain.errors import StoreContended
from app.store.opened import SqlStore

RETRIED = ("transact", "lease", "release", "renew", "replace", "upgrade")
"""What a store tries again when others come first: all that writes, but for a bare `write`, of which only
the caller could begin again.
"""

_retrying = local()
"""The engine on whose transactions this thread tries again, while it does."""

_within: list[Contention] = []
"""The innermost, last, is the one that refuses."""


class Contention:
    """Refuses `percent` of the commits of transactions that are tried again; counts them."""

    def __init__(self, percent: int, seed: int = 1) -> None:
        self._percent, self._chance = percent, Random(seed)
        self.refused = self.committed = 0

    def commit(self, connection: Connection) -> None:
        """Called before each commit."""
        if getattr(_retrying, "engine", None) is connection.engine and self is _within[-1]:
            if self._chance.randrange(100) < self._percent:
                self.refused += 1
                if connection.dialect.name == "postgresql":
                    raise SerializationFailure("could not serialize access due to concurrent update")
                raise StoreContended("another transaction came first")
            self.committed += 1


@contextmanager
def contended(percent: int, seed: int = 1) -> Iterator[Contention]:
    """Inside, so many of a hundred commits are refused."""
    contention, calm = Contention(percent, seed), {name: getattr(SqlStore, name) for name in RETRIED}
    _within.append(contention)
    event.listen(Engine, "commit", contention.commit)
    for name, method in calm.items():
        setattr(SqlStore, name, _marked(method))
    try:
        yield contention
    finally:
        for name, method in calm.items():
            setattr(SqlStore, name, method)
        event.remove(Engine, "commit", contention.commit)
        _within.remove(contention)


def _marked(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method of a store, inside of which commits may be refused: nothing else knows what is retried."""

    def retried(store: SqlStore, *given: Any, **named: Any) -> Any:
        before, _retrying.engine = getattr(_retrying, "engine", None), store._database.writing
        try:
            return method(store, *given, **named)
        finally:
            _retrying.engine = before

    return retried


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
