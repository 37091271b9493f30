"""`silkrate import`: a ticker page, or any text that shows a strip, from a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from app.cli.arguments import Day, Zone
from app.cli.said import COLUMNS, Row, judged, said
from app.cli.terminal import counted, show
from app.context import opened
from app.domain.errors import BadParameter, ImportRefused
from app.domain.observations import Observation
from app.ingest.files import read_page
from app.ingest.reading import digest
from app.ingest.record import Recording, record
from app.settings import load_settings
from app.sources import page

MOST_BYTES = 10_000_000
"""Of a file. The largest news page ever measured has half of that."""


def import_page(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A page or text; - reads standard input.")],
    day: Annotated[date | None, Day("The day of the rates, if the page shows none.", "--date")] = None,
    zone: Annotated[ZoneInfo | None, Zone("The time zone of that day.")] = None,
    source: Annotated[str, typer.Option(metavar="KEY", help="Whose words these are.")] = page.KEY,
) -> None:
    """Record the strip on a page or in a text.

    All of it, or nothing when it contradicts itself or has no day. An impossible item is rejected alone. What
    was recorded before is not recorded again.
    """
    if source != page.KEY:
        raise BadParameter(
            f"Nothing can be imported for {source[:40]!r}.", parameter="source", expected=page.KEY
        )
    settings, body = load_settings(), _read(file)
    with opened(settings) as context:
        now = context.clock.now()
        try:
            found = read_page(body, given=day, zone=zone or page.SOURCE.calendar.zone, now=now)
        except ImportRefused as error:
            raise ImportRefused(f"{_name(file)} is refused whole, nothing was recorded: {error}") from error
        recording = record(context.store, context.catalog, found, now, bodies={digest(body): body})
    show(COLUMNS, _rows(found, recording), [_summary(found, recording)])


def _name(file: str) -> str:
    return "standard input" if file == "-" else file


def _read(file: str) -> bytes:
    """The bytes of the file; raises ImportRefused."""
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as stream:
            body = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ImportRefused(f"{_name(file)} cannot be read: {error.strerror or error}.") from error
    if len(body) > MOST_BYTES:
        raise ImportRefused(f"{_name(file)} is larger than {MOST_BYTES:,} bytes: no page with a strip is.")
    return body


def _rows(found: Sequence[Observation], recording: Recording) -> Iterator[Row]:
    """A row for each item of the page, in its order, and then what it made credible."""
    new = {each.said: each.judgement for each in recording.recorded}
    for observation in found:
        if observation in new:
            yield judged(observation, new[observation], "recorded")
        else:
            yield said(observation, "unchanged", "recorded before")
    for each in recording.released:
        yield said(each.said, "released", f"held until now: {each.judgement.reason}")


def _summary(found: Sequence[Observation], recording: Recording) -> str:
    counts = {
        "recorded": len(recording.of("accepted")),
        "held": len(recording.of("held")),
        "rejected": len(recording.of("rejected")),
        "recorded before": recording.repeated,
    }
    return f"{counted(len(found), 'item')}: " + ", ".join(
        f"{count} {what}" for what, count in counts.items() if count
    )
