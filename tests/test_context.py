"""The wiring: what is answered while the store is out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from app.answers.health import health
from app.answers.latest import latest
from app.answers.ticker import ticker
from app.context import Context, opened
from app.ingest.record import record
from app.settings import load_settings
from tests.cli.processes import soon
from tests.postgres import running
from tests.store.given import NOW, said


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
