"""`silkrate check`: what a source says now, stored nowhere. No store is opened."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

import typer

from app.cli.poll import asked
from app.cli.said import COLUMNS, Row, failed, judged
from app.cli.terminal import log_to_stderr, show
from app.clock import Clock, SystemClock
from app.context import chosen_catalog, fetcher
from app.domain.calendar import day_of
from app.domain.errors import SourceError
from app.domain.observations import Observation
from app.domain.rules import Evidence, judge
from app.ingest.fetch import Fetcher
from app.ingest.poller import ask
from app.settings import load_settings
from app.sources.base import Source

Answer = Sequence[Observation] | SourceError
"""What a source says, or why it says nothing."""


def check(
    key: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY]...", help="The sources; all that are on if none.")
    ] = None,
) -> None:
    """Show what the sources say now, recording nothing.

    And what the rules would refuse of it. No quota is looked at, for no store is opened: each check of a
    keyed source is one of its requests. The exit code is 1 when a source failed.
    """
    settings = load_settings()
    log_to_stderr(logging.CRITICAL)
    clock, catalog = SystemClock(), chosen_catalog(settings)
    sources = asked(catalog, key or ())
    answers = asyncio.run(_ask(sources, fetcher(settings, clock, catalog), clock))
    now = clock.now()
    pairs = list(zip(sources, answers, strict=True))
    show(COLUMNS, [row for source, answer in pairs for row in _rows(source, answer, now)])
    if any(isinstance(answer, SourceError) for answer in answers):
        raise typer.Exit(1)


async def _ask(sources: Sequence[Source], fetcher: Fetcher, clock: Clock) -> list[Answer]:
    """What each source says, side by side."""
    async with fetcher as fetching:

        async def answer(source: Source) -> Answer:
            said = await ask(source, fetching, clock.now())
            return said.failure or said.observations

        return await asyncio.gather(*map(answer, sources))


def _rows(source: Source, answer: Answer, now: datetime) -> Iterator[Row]:
    if isinstance(answer, SourceError):
        yield failed(source, answer)
        return
    today = day_of(now, source.calendar.zone)
    evidence = Evidence(today, source.calendar.next_day(today))
    for observation in answer:
        yield judged(observation, judge(observation, evidence), "plausible")
