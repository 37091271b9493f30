"""What sources said and what became of it, as rows: `poll`, `check` and `import` show the same table."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from app.cli.terminal import Column, styled
from app.domain.errors import SourceError
from app.domain.numbers import trimmed
from app.domain.observations import Judgement, Observation, Published
from app.ingest.record import Recording
from app.sources.base import Source

COLUMNS = (
    Column("source"),
    Column("outcome"),
    Column("pair"),
    Column("rate"),
    Column("date"),
    Column("said", wraps=True),
)

Row = tuple[str | Text, ...]


def said(observation: Observation, outcome: str, why: str = "") -> Row:
    """The row of one observation: the rate of its pair, and beside it what was printed, or `why` it is not
    taken.
    """
    published, reported = observation.published, observation.reported
    change = f" {reported.pct}%" if reported and reported.pct else ""
    return (
        observation.source,
        styled(outcome, outcome),
        str(observation.pair),
        trimmed(observation.rate) if published.positive else "",
        observation.effective_date.isoformat(),
        why or printed(published) + change,
    )


def happened(source: str, outcome: str, why: str = "") -> Row:
    """The row of a source that said nothing that could be shown."""
    return source, styled(outcome, outcome), "", "", "", why


def failed(source: Source, error: SourceError) -> Row:
    """The row of a source that failed; its key stands in its column, not before the reason."""
    return happened(source.key, "error", str(error).removeprefix(f"{source.key}: "))


def printed(published: Published) -> str:
    """What a source printed: `USD/KGS 87.4500`, `KZT/KGS 17.12 per 100`."""
    nominal = f" per {published.nominal}" if published.nominal != 1 else ""
    return f"{published.pair} {published.value}{nominal}"


def judged(observation: Observation, judgement: Judgement, accepted: str) -> Row:
    """The row of an observation with the verdict on it; an accepted one is called `accepted`."""
    if judgement.verdict == "accepted":
        return said(observation, accepted)
    return said(observation, judgement.verdict, judgement.reason)


def recorded(source: Source, recording: Recording) -> Iterator[Row]:
    """The rows of what was recorded from one source."""
    for each in recording.recorded:
        if each.judgement.verdict == "held":
            yield said(each.said, "held", f"{each.judgement.reason}; its id is {each.id}")
        else:
            yield judged(each.said, each.judgement, "recorded")
    for each in recording.released:
        yield said(each.said, "released", f"held until now: {each.judgement.reason}")
    if recording.carried:
        yield happened(source.key, "carried", f"{recording.carried} repeated, on a day without publication")
    if recording.repeated and not recording.recorded:
        yield happened(source.key, "unchanged", f"{recording.repeated} recorded before")
