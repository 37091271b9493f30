"""`silkrate ticks`: the changes of the rates in force, a line each; those that there are, or as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import typer

from app.answers.feed import entry
from app.answers.ticks import ticks as log
from app.cli.stopping import on_stop
from app.cli.terminal import say
from app.context import Context, opened
from app.domain.answers import FeedEntry, Ticks
from app.domain.cursors import encode
from app.domain.lines import line, shown
from app.domain.pairs import canonical, parse_pair
from app.domain.ticks import Wanted
from app.settings import load_settings
from app.sources.catalog import Catalog
from app.store.base import Reader

LOOK = 0.5
"""Seconds between two looks for what is new."""


def ticks(
    pair: Annotated[
        list[str] | None, typer.Option(metavar="PAIR", help="Only of this pair; to be repeated for several.")
    ] = None,
    after: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Only what is after this place, as said at the end.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with each as it is recorded.")] = False,
) -> None:
    """Show each change of a rate in force, oldest first.

    When it was, in UTC, the ticker line, and why. With --follow only what comes from now on, or after CURSOR,
    until stopped by Ctrl-C or SIGTERM. The last line, on stderr, says from where to go on another time.
    """
    wanted = Wanted(frozenset(canonical(parse_pair(each, crosses=False)) for each in pair or ()))
    settings = load_settings()
    if settings.simulated:
        say("these rates are simulated")
    with opened(settings) as context:
        if follow:
            place = asyncio.run(_follow(context, wanted, after or context.ask(_end)))
        else:
            place = _all(context, wanted, after)
    say(f"to go on from here: --after {place}")


def _all(context: Context, wanted: Wanted, after: str | None) -> str:
    """Print all ticks after a place; returns that of the end."""
    more = True
    while more:
        after, more = _page(context, wanted, after)
    return str(after)


async def _follow(context: Context, wanted: Wanted, place: str) -> str:
    """Print all ticks after a place, and what comes, until stopped; returns the place of the last."""
    stop = asyncio.Event()
    on_stop(lambda number: stop.set())
    while not stop.is_set():
        place, more = _page(context, wanted, place)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0 if more else LOOK)
    return place


def _page(context: Context, wanted: Wanted, after: str | None) -> tuple[str, bool]:
    """Print some ticks after a place; returns that of the last, and whether there are more."""
    page, entries = context.ask(_entries, wanted=wanted, after=after)
    for each in entries:
        print(_line(each), flush=True)
    return page.cursor, page.next is not None


def _entries(
    reader: Reader, catalog: Catalog, now: datetime, *, wanted: Wanted, after: str | None
) -> tuple[Ticks, Sequence[FeedEntry]]:
    """A page of the log, and how each of its ticks is told, from one view of the store."""
    page = log(reader, catalog, now, wanted=wanted, after=after).body
    return page, [entry(reader, catalog, now, seq=tick.seq) for tick in page.ticks]


def _end(reader: Reader, catalog: Catalog, now: datetime) -> str:
    """The cursor of the end of the log."""
    counter = reader.counter()
    return encode("t", counter.log_id, str(counter.seq))


def _line(told: FeedEntry) -> str:
    tick = told.tick
    item = line(tick.pair, shown(tick.rate, digits=told.digits), tick.change.pct)
    return f"{tick.at:%Y-%m-%dT%H:%M:%SZ}  {item}  {tick.cause}"
