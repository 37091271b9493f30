"""`silkrate backfill`: fill in the past, as far back as the sources give it."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
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
from app.cli.terminal import Column, counted, log_to_stderr, say, show
from app.context import Context, opened
from app.domain.errors import BadParameter
from app.ingest.backfill import Backfill, Days, Progress, Watch, length, merged
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
    The table counts days: ABSENT are those of which the source has nothing, FAILED those that did not come.
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
        asyncio.run(_fill(context, sources, since, until))


def historic(source: Source, *, named: bool) -> bool:
    """Whether its past can be asked for; raises BadParameter for one that was named and has none."""
    if named and not (source.history or source.decreed):
        raise BadParameter(
            f"the past of {source.key} cannot be asked for.", parameter="source", expected="another source"
        )
    return bool(source.history or source.decreed)


async def _fill(context: Context, sources: Sequence[Source], since: date | None, until: date | None) -> None:
    """Fill in until done, or stopped by SIGINT or SIGTERM, and show what happened."""
    async with context.fetcher() as fetcher:
        with watched() as watch:
            backfill = Backfill(context.store, context.catalog, fetcher, context.clock, watch=watch)
            task = asyncio.ensure_future(backfill.run(sources, since, until))
            on_stop(lambda number: task.cancel())
            await asyncio.wait([task])
        if task.cancelled():
            table(backfill.filled)
            say("stopped; the same command goes on from here")
            sys.stdout.flush()  # a name lookup that cannot be called off will end the process
            raise typer.Exit(130)
        report(await task)


@contextmanager
def watched() -> Iterator[Watch]:
    """Shows the progress, a bar a source in a terminal, else a line for each tenth; and what goes wrong."""
    told = Troubles()
    if not sys.stderr.isatty():
        lines = Lines()

        def write(progress: Progress) -> None:
            told(progress)
            lines(progress)

        yield write
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[so_far]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(progress: Progress) -> None:
            told(progress)
            if progress.source not in tasks:
                tasks[progress.source] = bars.add_task(progress.source, total=progress.days, so_far="")
            ended = progress.done + progress.failed
            bars.update(tasks[progress.source], completed=ended, so_far=so_far(progress))

        yield watch


def so_far(progress: Progress) -> str:
    """How far a source has come, in words."""
    failed = f", {progress.failed} failed" if progress.failed else ""
    days, rows = counted(progress.days, "day"), counted(progress.rows, "row")
    return f"{progress.done} of {days}, {rows}{failed}"


class Troubles:
    """Tells what goes wrong as it happens, once for each source and reason."""

    def __init__(self) -> None:
        """Nothing was told so far."""
        self._told: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        """Write a line if there is a new reason."""
        if progress.trouble and reason(progress.trouble) not in self._told:
            self._told.add(reason(progress.trouble))
            say(f"{progress.trouble}; going on")


def reason(error: str) -> str:
    """An error without its days and numbers: the same for every day that fails for one reason."""
    return re.sub(r"\d[\w.:-]*", "#", error)


class Lines:
    """Writes a line for each tenth of a source's days."""

    def __init__(self) -> None:
        """Nothing was written so far."""
        self._written: dict[str, int] = {}

    def __call__(self, progress: Progress) -> None:
        """Write the line if a tenth is full."""
        tenth = STEPS * (progress.done + progress.failed) // max(progress.days, 1)
        if tenth > self._written.get(progress.source, -1):
            self._written[progress.source] = tenth
            say(f"{progress.source}: {so_far(progress)}")


def report(filled: Sequence[Progress]) -> None:
    """Show what happened, and what is missing; ends with exit code 1 if something failed."""
    table(filled)
    for each in filled:
        for error, spans in by_reason(each.failures).items():
            say(f"failed: {_few(spans)}: {error}")
        if each.absent:
            say(f"absent: {each.source} says that it has nothing of {_few(merged(sorted(each.absent)))}")
    if any(each.failures for each in filled):
        say("what failed is asked for again by the next run")
        raise typer.Exit(1)


def table(filled: Sequence[Progress]) -> None:
    """Show the counts of each source, and which had nothing to be asked for."""
    show(COLUMNS, [_row(each) for each in filled])
    for each in filled:
        if each.nothing:
            say(f"{each.source}: nothing to ask for: {each.nothing}")


def by_reason(failures: Mapping[Days, str]) -> Mapping[str, Sequence[Days]]:
    """The spans that failed for one reason, joined, by the first error that gave it."""
    errors: dict[str, str] = {}
    spans: dict[str, list[Days]] = {}
    for days, error in sorted(failures.items()):
        spans.setdefault(errors.setdefault(reason(error), error), []).append(days)
    return {error: merged(each) for error, each in spans.items()}


def _spelt(days: Days) -> str:
    since, until = days
    return str(since) if since == until else f"{since} to {until}"


def _few(spans: Sequence[Days], most: int = 5) -> str:
    named = ", ".join(map(_spelt, spans[:most]))
    return named if len(spans) <= most else f"{named}, and {len(spans) - most} more"


def _row(filled: Progress) -> tuple[str, ...]:
    counts = (filled.done, filled.rows, filled.repeated, filled.held, filled.rejected)
    return (filled.source, *map(str, (*counts, length(filled.absent), filled.failed)))
