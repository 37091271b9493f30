"""`silkrate poll`: ask the sources and record what they say, once or until told to stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator, Sequence
from typing import Annotated

import typer

from app.cli.said import COLUMNS, Row, failed, happened, recorded
from app.cli.stopping import on_stop
from app.cli.terminal import log_to_stderr, say, show
from app.context import Context, opened
from app.domain.errors import BadParameter
from app.ingest.poller import Polled
from app.settings import load_settings
from app.sources.base import Source
from app.sources.catalog import Catalog, askable


def poll(
    once: Annotated[
        bool, typer.Option("--once", help="Ask each source now, show the outcome, and end.")
    ] = False,
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Only this source, though it be off; to be repeated for several."),
    ] = None,
) -> None:
    """Ask the sources and record what they say.

    Until stopped by Ctrl-C or SIGTERM. With --once just now, and with exit code 1 when every source failed.
    """
    settings = load_settings()
    log_to_stderr(logging.CRITICAL if once else logging.INFO)
    with opened(settings) as context:
        sources = asked(context.catalog, source or ())
        if once:
            report(asyncio.run(_once(context, sources)))
        else:
            asyncio.run(_until_stopped(context.keep_polling(sources)))


def asked(catalog: Catalog, keys: Sequence[str]) -> Sequence[Source]:
    """The sources with these keys, by default all that are enabled and can be asked.

    Raises UnknownSource, and BadParameter for one that cannot be asked.
    """
    chosen = [catalog[key] for key in dict.fromkeys(keys)] or catalog.polled
    for each in map(askable, chosen):
        if not (each.parse or each.decreed):
            raise BadParameter(
                f"{each.key} cannot be asked.",
                parameter="source",
                expected="a page: 'silkrate import' reads it",
            )
    return chosen


async def _once(context: Context, sources: Sequence[Source]) -> list[Polled]:
    async with context.fetcher() as fetcher:
        return await context.poller(fetcher).once(sources)


async def _until_stopped(work: Coroutine[None, None, None]) -> None:
    """Do `work` until SIGINT or SIGTERM: that is how it is meant to end."""
    task = asyncio.ensure_future(work)
    on_stop(lambda number: task.cancel())
    try:
        await task
    except asyncio.CancelledError:
        return


def report(outcomes: Sequence[Polled]) -> None:
    """Show what happened; ends with exit code 1 when every source failed that has anybody to ask and was
    asked.
    """
    show(COLUMNS, [row for outcome in outcomes for row in _rows(outcome)])
    for outcome in outcomes:
        if outcome.recording and outcome.recording.recorded and not outcome.recording.of("accepted"):
            say(f"warning: nothing that {outcome.source.key} said is accepted")
    needed = [outcome for outcome in outcomes if outcome.source.parse and not outcome.not_before]
    if needed and all(outcome.error for outcome in needed):
        say("every source failed" if len(needed) > 1 else f"{needed[0].source.key} failed")
        raise typer.Exit(1)


def _rows(outcome: Polled) -> Iterator[Row]:
    if outcome.error:
        yield failed(outcome.source, outcome.error)
    elif outcome.not_before:
        when = f"{outcome.not_before:%H:%M:%S} UTC"
        yield happened(outcome.source.key, "skipped", f"its quota allows the next poll at {when}")
    elif outcome.recording is None:
        yield happened(outcome.source.key, "unchanged", "not modified since it was asked last")
    else:
        yield from recorded(outcome.source, outcome.recording)
