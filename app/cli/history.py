"""`silkrate history`: what was published of one pair, as a table or as CSV."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from typing import Annotated

import typer
from rich.text import Text

from app.answers.history import history as publications
from app.answers.history import long
from app.cli.arguments import Day
from app.cli.terminal import Column, say, show
from app.context import opened
from app.domain.answers import Point
from app.domain.numbers import trimmed
from app.domain.pairs import parse_pair
from app.render.tables import as_csv
from app.settings import load_settings

COLUMNS = (
    Column("date"),
    Column("rate"),
    Column("published"),
    Column("source", wraps=True),
    Column("revision"),
    Column("recorded"),
)


def history(
    pair: Annotated[str, typer.Argument(help="KGS-USD, KGS/USD or kgsusd; its inverse too.")],
    since: Annotated[date | None, Day("The first effective date.")] = None,
    until: Annotated[date | None, Day("The last effective date.")] = None,
    source: Annotated[
        str | None, typer.Option(metavar="KEY", help="Of this source, instead of the headline day by day.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the newest so many; the API's limit gives the oldest.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with every field.")] = False,
) -> None:
    """Show what was published of PAIR, oldest first.

    A rate is units of the quote per 1 unit of the base.
    """
    asked, settings = parse_pair(pair), load_settings()
    with opened(settings) as context:
        found = context.ask(
            publications, pair=asked, source=source, since=since, until=until, limit=None
        ).body
    if limit:
        found = replace(found, points=found.points[-limit:])
    if settings.simulated:
        say("these rates are simulated")
    if not found.points:
        say(f"nothing of {found.pair} is recorded for these days")
    if csv:
        sys.stdout.buffer.writelines(as_csv(long(found.points)))
    else:
        show(COLUMNS, map(_cells, found.points))


def _cells(point: Point) -> tuple[str | Text, ...]:
    nominal = f" for {point.nominal}" if point.nominal != 1 else ""
    return (
        point.effective_date.isoformat(),
        trimmed(point.rate),
        f"{point.printed} {point.value}{nominal}" if point.printed else "",
        point.source or "",
        "" if point.revision is None else str(point.revision),
        f"{point.recorded_at:%Y-%m-%d %H:%M}" if point.recorded_at else "",
    )
