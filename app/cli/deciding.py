"""`silkrate accept` and `silkrate reject`: a person decides on an observation, against which no evidence
counts.
"""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.said import COLUMNS, Row, said
from app.cli.terminal import say, show
from app.context import opened
from app.domain.observations import Recorded
from app.ingest import record
from app.ingest.record import Decision
from app.settings import load_settings

Number = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=2**62, help="The id of the observation.", show_default=False)
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why: it is kept with the verdict.")]

BY_A_PERSON = "by the operator"


def accept(number: Number, reason: Reason = BY_A_PERSON) -> None:
    """Accept the observation ID, which is held.

    From then on it is in force for its day, whatever other evidence says.
    """
    with opened(load_settings()) as context:
        _report(record.accept(context.store, context.catalog, number, context.clock.now(), _line(reason)))


def reject(number: Number, reason: Reason = BY_A_PERSON) -> None:
    """Reject the observation ID, be it held or accepted.

    From then on it is shown nowhere as a rate and is no evidence, whatever other evidence says. It stays
    rejected: what its source says again of that day is the same observation.
    """
    with opened(load_settings()) as context:
        _report(record.reject(context.store, context.catalog, number, context.clock.now(), _line(reason)))


def _line(reason: str) -> str:
    """A reason on one line, without what would move a terminal's cursor; `BY_A_PERSON` for an empty one."""
    shown = "".join(each if each.isprintable() else " " for each in reason)
    return " ".join(shown.split()) or BY_A_PERSON


def _report(decision: Decision) -> None:
    after = decision.after
    if not decision.changed:
        say(f"{after.id} was {after.judgement.verdict} before, nothing changed: {after.judgement.reason}")
        return
    notes = [
        f"tick {tick.seq}: {tick.pair} of {tick.effective_date} by {tick.source}, cause {tick.cause}"
        for tick in decision.ticks
    ]
    show(COLUMNS, map(_row, (after, *decision.followed)), notes or ["no headline changed"])


def _row(recorded: Recorded) -> Row:
    return said(recorded.said, recorded.judgement.verdict, recorded.judgement.reason)
