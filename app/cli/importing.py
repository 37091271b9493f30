"""`silkrate import`: a ticker page, any text that shows a strip, or a table, from a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO
from zoneinfo import ZoneInfo

import typer

from app.cli.arguments import Day, Zone
from app.cli.said import COLUMNS, Row, judged, said
from app.cli.terminal import counted, say, show
from app.context import opened
from app.domain.errors import BadParameter, ImportRefused
from app.domain.observations import Observation, Verdict
from app.ingest.bulk import Imported
from app.ingest.files import is_table, read_page, record_table
from app.ingest.reading import digest
from app.ingest.record import Recording, record
from app.settings import Settings, load_settings
from app.sources import page

MOST_BYTES = 10_000_000
"""Of a file. The largest news page ever measured has half of that."""


def import_file(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A page, text, CSV or Parquet; - reads standard input.")
    ],
    day: Annotated[date | None, Day("The day of the rates, if the page shows none.", "--date")] = None,
    zone: Annotated[ZoneInfo | None, Zone("The time zone of that day.")] = None,
    source: Annotated[
        str | None, typer.Option(metavar="KEY", help="Whose words a page is; a table tells of each row.")
    ] = None,
) -> None:
    """Record the strip on a page or in a text, or the rows of a table, as `silkrate export` writes it.

    All of it, or nothing when it contradicts itself. An impossible item or row is rejected alone. What was
    recorded before is not recorded again.
    """
    settings = load_settings()
    with _opened(file) as stream:
        if is_table(stream, _name(file)):
            if day or zone or source:
                raise BadParameter(
                    f"{_name(file)} is a table, and tells the day and source of each row.",
                    parameter="date, zone or source",
                    expected="none of them",
                )
            _import_table(settings, stream, _name(file))
        else:
            _import_page(settings, _whole(stream, file), file, day, zone, source or page.KEY)


def _import_table(settings: Settings, stream: BinaryIO, name: str) -> None:
    with opened(settings) as context:
        found = record_table(context.store, context.catalog, stream, name, context.clock.now())
    verdicts = [(each.said, each.judgement) for each in found.recording.recorded if not each.accepted]
    for each in (*verdicts, *found.recording.standing):
        say(" ".join(map(str, judged(*each, "recorded"))))
    print(_told(found))


def _told(found: Imported) -> str:
    """What became of a table, in a line."""
    recording = found.recording
    return _counts(
        f"{found.rows:,} {'row' if found.rows == 1 else 'rows'}",
        {
            "recorded": found.plain + len(recording.of("accepted")),
            "held": _doubted(recording, "held"),
            "rejected": _doubted(recording, "rejected"),
            "released": len(recording.released),
            "carried": recording.carried,
            "unchanged": found.unchanged,
        },
    )


def _import_page(
    settings: Settings, body: bytes, file: str, day: date | None, zone: ZoneInfo | None, source: str
) -> None:
    if source != page.KEY:
        raise BadParameter(
            f"No page can be imported for {source[:40]!r}.", parameter="source", expected=page.KEY
        )
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


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """The file, or what comes through the pipe, as a file that can be read twice; raises ImportRefused."""
    try:
        with TemporaryFile() if file == "-" else Path(file).open("rb") as stream:
            if file == "-":
                copyfileobj(sys.stdin.buffer, stream)
                stream.seek(0)
            yield stream
    except OSError as error:
        raise ImportRefused(f"{_name(file)} cannot be read: {error.strerror or error}.") from error


def _whole(stream: BinaryIO, file: str) -> bytes:
    """The bytes of a page; raises ImportRefused."""
    body = stream.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise ImportRefused(f"{_name(file)} is larger than {MOST_BYTES:,} bytes: no page with a strip is.")
    return body


def _rows(found: Sequence[Observation], recording: Recording) -> Iterator[Row]:
    """A row for each item of the page, in its order, and then what it made credible."""
    verdicts = dict(recording.standing) | {each.said: each.judgement for each in recording.recorded}
    for observation in found:
        if observation in verdicts:
            yield judged(observation, verdicts[observation], "recorded")
        else:
            yield said(observation, "unchanged", "recorded before")
    for each in recording.released:
        yield said(each.said, "released", f"held until now: {each.judgement.reason}")


def _summary(found: Sequence[Observation], recording: Recording) -> str:
    counts = {
        "recorded": len(recording.of("accepted")),
        "held": _doubted(recording, "held"),
        "rejected": _doubted(recording, "rejected"),
        "recorded before": recording.repeated - len(recording.standing),
    }
    return _counts(counted(len(found), "item"), counts)


def _doubted(recording: Recording, verdict: Verdict) -> int:
    """What has a verdict that is no acceptance, now or still."""
    standing = [judgement for _, judgement in recording.standing if judgement.verdict == verdict]
    return len(recording.of(verdict)) + len(standing)


def _counts(all_of: str, counts: Mapping[str, int]) -> str:
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return f"{all_of}: {told}" if told else all_of
