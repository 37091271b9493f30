"""`silkrate backfill`: fill in the past, as far back as the sources give it."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from app.cli.arguments import Day
from app.cli.poll import asked
from app.cli.stopping import on_stop
from app.cli.terminal import Column, log_to_stderr, say, show
from app.context import Context, opened
from app.domain.errors import BadParameter
from app.ingest.backfill import Backfill, Days, Progress, Watch
from app.settings import load_settings
from app.sources.base import Source

COLUMNS = (
    Column("source"),
    *(
        Column(header, number=True)
        for header in ("days", "rows", "repeated", "held", "rejected", "absent", "failed")
    ),
)

STEPS = 10
"""How many lines of progress a source writes where there is no terminal."""


def backfill(
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Only this source, though it be off; to be repeated for several."),
    ] = None,
    since: Annotated[date | None, Day("The first day; else as far back as each source goes.")] = None,
    until: Annotated[date | None, Day("The last day; else today.")] = None,
) -> None:
    """Fill in the past of the sources, newest first.

    What is in the record is not asked for again: after an interruption the same command goes on where it was.
    The exit code is 1 when something could not be had; the next run asks for it again.
    """
    settings = load_settings()
    log_to_stderr(logging.CRITICAL)
    if since and until and since > until:
        raise BadParameter(
            f"--since {since} is after --until {until}.", parameter="since", expected=f"{until} or earlier"
        )
    with opened(settings) as context:
        sources = [
            each for each in asked(context.catalog, source or ()) if historic(each, named=bool(source))
        ]
        with watched() as watch:
            filled = asyncio.run(_fill(context, sources, since, until, watch))
    if filled is None:
        say("stopped; the same command goes on from here")
        raise typer.Exit(130)
    report(filled)


def historic(source: Source, *, named: bool) -> bool:
    """Whether its past can be asked for; raises BadParameter for one that was named and has none."""
    if named and not (source.history or source.decreed):
        raise BadParameter(
            f"the past of {source.key} cannot be asked for.", parameter="source", expected="another source"
        )
    return bool(source.history or source.decreed)


async def _fill(
    context: Context, sources: Sequence[Source], since: date | None, until: date | None, watch: Watch
) -> list[Progress] | None:
    """Fill in until done; None when stopped by SIGINT or SIGTERM."""
    async with context.fetcher() as fetcher:
        backfill = Backfill(context.store, context.catalog, fetcher, context.clock, watch=watch)
        task = asyncio.ensure_future(backfill.run(sources, since, until))
        on_stop(lambda number: task.cancel())
        try:
            return await task
        except asyncio.CancelledError:
            return None


@contextmanager
def watched() -> Iterator[Watch]:
    """Shows the progress: a bar a source in a terminal, else a line for each tenth."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed} of {task.total} days, {task.fields[rows]} rows"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(progress: Progress) -> None:
            if progress.source not in tasks:
                tasks[progress.source] = bars.add_task(progress.source, total=progress.days, rows=0)
            bars.update(tasks[progress.source], completed=progress.done, rows=progress.rows)

        yield watch


class Lines:
    """Writes a line for each tenth of a source's days."""

    def __init__(self) -> None:
        """Nothing was written so far."""
        self._written: dict[str, int] = {}

    def __call__(self, progress: Progress) -> None:
        """Write the line if a tenth is full."""
        tenth = STEPS * progress.done // max(progress.days, 1)
        if tenth > self._written.get(progress.source, -1):
            self._written[progress.source] = tenth
            say(f"{progress.source}: {progress.done} of {progress.days} days, {progress.rows} rows")


def report(filled: Sequence[Progress]) -> None:
    """Show what happened, and what is missing; ends with exit code 1 if something failed."""
    show(COLUMNS, [_row(each) for each in filled])
    for each in filled:
        for days, error in sorted(each.failures.items()):
            say(f"failed: {_spelt(days)}: {error}")
        if each.absent:
            say(f"absent: {each.source} says that it has nothing of {_few(sorted(each.absent))}")
    if any(each.failures for each in filled):
        say("what failed is asked for again by the next run")
        raise typer.Exit(1)


def _spelt(days: Days) -> str:
    since, until = days
    return str(since) if since == until else f"{since} to {until}"


def _few(spans: Sequence[Days], most: int = 5) -> str:
    named = ", ".join(map(_spelt, spans[:most]))
    return named if len(spans) <= most else f"{named}, and of {len(spans) - most} more such days"


def _row(filled: Progress) -> tuple[str, ...]:
    counts = (filled.done, filled.rows, filled.repeated, filled.held, filled.rejected)
    return (filled.source, *map(str, counts), str(len(filled.absent)), str(len(filled.failures)))
