"""The wiring: what is answered while the store is out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from app.answers.health import health
from app.answers.latest import latest
from app.answers.ticker import ticker
from app.answers.ticks import ticks
from app.context import AsOf, Context, opened
from app.domain.cursors import encode
from app.domain.errors import CursorAhead
from app.ingest.record import record
from app.settings import load_settings
from app.store.base import Counter, Reader, Store
from tests.cli.processes import soon
from tests.postgres import running
from tests.store.given import NOW, said
from tests.stores import fresh_url


@contextmanager
def following(context: Context) -> Iterator[None]:
    """Inside, the context follows its store."""
    stop = Event()
    thread = Thread(target=context.follow, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_without_the_database_what_everybody_asks_is_answered_and_health_says_so() -> None:
    with running() as server:
        settings = load_settings({"SILKRATE_DATABASE_URL": server.database(), "SILKRATE_SOURCES": "nbkr,peg"})
        with opened(settings) as context:
            record(context.store, context.catalog, [said()], NOW)
            with following(context):
                soon(lambda: context.place)
                before = context.ask(health).body
                server.kill()
                soon(lambda: not context.ask(health).body.reachable)
                found = context.ask(health).body
                assert (before.version, before.reachable) == (1, True)
                assert (found.version, found.status) == (1, "degraded")
                assert [row.rate for row in context.ask(latest).body.rates]
                assert context.ask(ticker).body.items


def test_a_fault_in_one_answer_withholds_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*asked: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("app.context.ticker", broken)
    settings = load_settings({"SILKRATE_DATABASE_URL": fresh_url(tmp_path), "SILKRATE_SOURCES": "nbkr,peg"})
    with opened(settings) as context:
        record(context.store, context.catalog, [said()], NOW)
        with following(context):
            soon(lambda: context.place)
            assert context.ask(latest).version == 1


def test_the_place_of_the_record_names_its_history_by_its_hash(tmp_path: Path) -> None:
    with opened(load_settings({"SILKRATE_DATABASE_URL": fresh_url(tmp_path)})) as context:
        record(context.store, context.catalog, [said()], NOW)
        with context.store.read() as reader:
            counter = reader.counter()
        with following(context):
            soon(lambda: context.place)
            assert context.place == counter
            record(context.store, context.catalog, [said("87.9000")], NOW)
            assert context.place.hash != counter.hash


@dataclass(frozen=True)
class Behind:
    """A store that others write to, and that has seen so many versions of it."""

    store: Store
    version: int

    def read(self, known: int | None = None) -> AbstractContextManager[Reader]:
        """A view of what was known at a version, or of what was seen."""
        return self.store.read(self.version if known is None else known)

    @property
    def seen(self) -> Counter:
        """Where it stands by what was seen."""
        with self.read() as reader:
            return reader.counter()

    def wait_for(self, version: int) -> int:
        """The newest version, seen or not."""
        return self.store.wait_for(version)


def test_a_cursor_is_good_though_only_another_process_has_seen_its_tick(tmp_path: Path) -> None:
    settings = load_settings({"SILKRATE_DATABASE_URL": fresh_url(tmp_path), "SILKRATE_SOURCES": "nbkr,peg"})
    with opened(settings) as context:
        for days in range(3):
            record(context.store, context.catalog, [said(f"87.{days}000", on=days)], NOW)
        whole = context.ask(ticks)
        behind = replace(context, store=Behind(context.store, 1))  # type: ignore[arg-type]  # only read
        assert behind.ask(ticks).body.seq == 1
        found = behind.ask(ticks, after=context.ask(ticks, limit=2).body.cursor)
        assert (found.body.ticks, found.version) == (whole.body.ticks[2:], 3)
        assert behind.ask(ticks, after=whole.body.cursor).body.ticks == ()
        with pytest.raises(CursorAhead, match="of tick 4"):
            behind.ask(ticks, after=encode("t", behind.store.seen.log_id, "4"))  # type: ignore[union-attr]


def test_an_instant_is_answered_with_no_more_than_is_answered_now(tmp_path: Path) -> None:
    settings = load_settings({"SILKRATE_DATABASE_URL": fresh_url(tmp_path), "SILKRATE_SOURCES": "nbkr,peg"})
    with opened(settings) as context:
        for days in range(3):
            record(
                context.store,
                context.catalog,
                [said(f"87.{days}000", on=days)],
                NOW + timedelta(minutes=days),
            )
        behind = replace(context, store=Behind(context.store, 2))  # type: ignore[arg-type]  # only read
        for minutes, version in ((0, 1), (1, 2), (2, 2), (9, 2)):
            instant = NOW + timedelta(minutes=minutes)
            assert behind.ask_as_of(AsOf(known=instant), latest).version == version
