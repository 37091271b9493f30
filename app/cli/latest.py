"""`silkrate latest`: the ticker, with the truth beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from rich.text import Text

from app.answers.latest import latest as latest_rates
from app.answers.ticker import digits
from app.cli.terminal import Column, say, show, styled
from app.context import opened
from app.domain.answers import Latest, Row
from app.domain.change import Change
from app.domain.lines import shown, shown_change
from app.domain.numbers import trimmed
from app.domain.pairs import TICKER, Pair
from app.settings import load_settings

COLUMNS = (
    Column("pair"),
    Column("rate"),  # all begin with 0., so their points stand below each other
    Column("change", number=True),
    Column("since"),
    Column("inverse", number=True),
    Column("source", wraps=True),
    Column("date"),
    Column("status", wraps=True),
)

FALLBACK = "*"
"""Beside the status of a rate that is not from the first source of its pair."""

Digits = Callable[[Row], int | None]
"""The significant digits that the source of a rate gives (None: exact): none more are shown."""


def latest() -> None:
    """Show the newest rate of each pair.

    With its change and since when, who says it and how fresh it is. A rate is US dollars per 1 unit of the
    local currency, the inverse is units of it per 1 US dollar.
    """
    settings = load_settings()
    with opened(settings) as context:
        found, given = context.ask(latest_rates).body, partial(digits, context.catalog)
    if settings.simulated:
        say("these rates are simulated")
    show(COLUMNS, (_line(found, pair, given) for pair in TICKER), _notes(found, given))


def _line(found: Latest, pair: Pair, given: Digits) -> tuple[str | Text, ...]:
    for row in found.rates:
        if row.pair == pair:
            return _cells(row, given(row))
    reason = next(each.reason for each in found.missing if each.pair == pair)
    return str(pair), "", "", "", "", "", "", styled(reason, "missing")


def _cells(row: Row, digits: int | None) -> tuple[str | Text, ...]:
    return (
        Text(str(row.pair), "bold"),
        shown(row.rate, digits=digits),
        _pct(row.change),
        _since(row),
        shown(row.inverse, digits=digits),
        row.source or "",
        row.effective_date.isoformat(),
        styled(row.status + FALLBACK * row.fallback, row.status),
    )


def _pct(change: Change) -> str | Text:
    if change.pct is None:
        return ""
    text = shown_change(change.pct)
    return styled(text, "quiet" if text == "0%" else "down" if text[0] == "-" else "up")


def _since(row: Row) -> str:
    """Against what the change is measured: a day, the source's own word, or a decree."""
    reference = row.change.reference
    if reference and reference.effective_date:
        return _day(reference.effective_date, row.effective_date)
    return {"peg": "decree", "reported": "reported"}.get(row.change.basis, "")


def _day(day: date, beside: date) -> str:
    """A day beside another: in a terminal as people say it, in a pipe as programs read it."""
    if not sys.stdout.isatty():
        return day.isoformat()
    return f"{day.day} {day:%b}" + (f" {day.year}" if day.year != beside.year else "")


def _notes(found: Latest, given: Digits) -> Iterator[str]:
    """What is coming, what waits for evidence, and how new all of it is."""
    for row in found.upcoming:
        rate = shown(row.rate, digits=given(row))
        yield f"upcoming: {row.pair} {rate} from {row.effective_date}, {row.source}"
    for row in found.rates:
        if row.held:
            held, rate = row.held, trimmed(row.held.rate)
            whose = f"{held.effective_date}, {held.source}, id {held.id}"
            yield f"held: {row.pair} {rate} of {whose}: {held.reason}"
    if any(row.fallback for row in found.rates):
        yield f"{FALLBACK} a fallback: the first source of the pair has nothing fresher"
    if found.updated_at:
        yield f"updated {found.updated_at:%Y-%m-%d %H:%M} UTC, version {found.version}, seq {found.seq}"
    else:
        yield "nothing is recorded yet; 'silkrate poll --once' asks the sources"
