"""`silkrate export`: the record as a table, to a file or a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from app.answers.publications import publications
from app.cli.arguments import Day
from app.cli.terminal import counted, say
from app.context import opened
from app.domain.errors import BadParameter
from app.domain.pairs import parse_any_pair
from app.domain.table import Table
from app.render.tables import FORMATS
from app.settings import load_settings
from app.store.files import taking_the_place_of


def export(
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FILE", help="The file to write; - writes standard output."),
    ],
    since: Annotated[date | None, Day("The first effective date.")] = None,
    until: Annotated[date | None, Day("The last effective date.")] = None,
    pair: Annotated[
        list[str] | None, typer.Option(metavar="PAIR", help="Only this pair; EUR-KGS is one, too.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(metavar="KEY", help="Only this source.")] = None,
    revisions: Annotated[
        bool, typer.Option("--revisions", help="Also what was in force before it was corrected.")
    ] = False,
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="|".join(FORMATS), help="Default: the ending of FILE; csv for -."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it is there.")] = False,
) -> None:
    """Write what was published to FILE: every source and pair, the crosses of banks among them.

    FILE appears when it is whole, and holds the record as it was at one moment; `silkrate import` reads it.
    """
    write, pairs, settings = (
        FORMATS[_format(form, output)],
        [*map(parse_any_pair, pair or ())],
        load_settings(),
    )
    with opened(settings) as context:
        keys = [context.catalog[key].key for key in source or ()]
        asked = {"since": since, "until": until}
        with context.store.read() as reader, _writing(output, force=force) as file:
            found = publications(reader, pairs=pairs, sources=keys, revisions=revisions, **asked)
            count = Count(found.rows)
            for part in write(Table(found.columns, count)):
                file.write(part)
    if settings.simulated:
        say("these rates are simulated")
    say(f"{counted(count.rows, 'row')} written to {'standard output' if output == '-' else output}")


class Count:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows, self._remaining = 0, rows

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """The rows."""
        for each in self._remaining:
            self.rows += 1
            yield each


def _format(given: str | None, output: str) -> str:
    ending = "csv" if output == "-" else Path(output).suffix.removeprefix(".").lower()
    found = given or ending
    if found not in FORMATS:
        told = f"{found[:40]!r} is no format" if given else f"{output} has no ending that is a format"
        raise BadParameter(f"{told}.", parameter="format", expected=f"one of {', '.join(FORMATS)}")
    return found


@contextmanager
def _writing(output: str, *, force: bool) -> Iterator[BinaryIO]:
    if output == "-":
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Whoever reads has enough. What Python still holds must go somewhere when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        return
    with taking_the_place_of(Path(output), force=force) as made, made.open("wb") as file:
        yield file
