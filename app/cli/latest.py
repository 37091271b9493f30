"""`silkrate latest`: the ticker, with the truth beside it; from the store, or from another service."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, NamedTuple, TypeAlias

import typer
from rich.text import Text

from app.answers.latest import latest as latest_rates
from app.answers.ticker import ticker
from app.cli.terminal import Column, say, show, styled
from app.client import Silkrate
from app.context import opened
from app.domain import answers, change, lines
from app.domain.numbers import significant_digits, trimmed
from app.domain.pairs import TICKER, Pair, parse_pair
from app.settings import http_url, load_settings
from app.sources.catalog import Catalog
from app.store.base import Reader
from app.web import models
from app.web.models import base, rates

COLUMNS = (
    Column("pair"),
    Column("rate"),  # those of the ticker begin with 0., so their points stand below each other
    Column("change", number=True),
    Column("since"),
    Column("inverse", number=True),
    Column("source", wraps=True),
    Column("date"),
    Column("status", wraps=True),
)

FALLBACK = "*"
"""Beside the status of a rate that is not from the first source of its pair."""

Latest: TypeAlias = answers.Latest | models.Latest
Row: TypeAlias = answers.Row | rates.Row
Change: TypeAlias = change.Change | base.Change
"""The same, field by field: as our own answer, and as another service told it."""


class Shown(NamedTuple):
    """A rate and its inverse as they are shown: with no more digits than the source gives."""

    rate: str
    inverse: str


class Found(NamedTuple):
    """The rates, how each is shown by its pair, and whether they are made up."""

    latest: Latest
    shown: Mapping[str, Shown]
    simulated: bool


def latest(
    pairs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PAIR]...", help="KGS-USD, KGS/USD or kgsusd; the inverse too. Default: all five."
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Of the service there, instead of the store here.")
    ] = None,
) -> None:
    """Show the newest rate of each PAIR.

    With its change and since when, who says it and how fresh it is. A rate is units of the quote per 1 unit
    of the base, the inverse is units of the base per 1 unit of the quote.
    """
    asked = [*dict.fromkeys(map(parse_pair, pairs))] if pairs else TICKER
    found = _here(asked) if url is None else _there(_url(url), asked)
    if found.simulated:
        say("these rates are simulated")
    show(COLUMNS, _lines(found, asked), _notes(found.latest))


def _url(text: str) -> str:
    try:
        return http_url(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text[:80]!r}: {error}.", param_hint="--url") from None


def _here(pairs: Sequence[Pair]) -> Found:
    settings = load_settings()
    with opened(settings) as context:
        found, shown = context.ask(_rates, pairs=pairs)
    return Found(found, shown, settings.simulated)


def _rates(
    reader: Reader, catalog: Catalog, now: datetime, *, pairs: Sequence[Pair]
) -> tuple[answers.Latest, Mapping[str, Shown]]:
    """The rows and how they are shown, from one view of the store."""
    items = ticker(reader, catalog, now, pairs=pairs).body.items
    shown = {
        str(item.row.pair): Shown(
            lines.shown(item.row.rate, digits=item.digits), lines.shown(item.row.inverse, digits=item.digits)
        )
        for item in items
    }
    return latest_rates(reader, catalog, now, pairs=pairs).body, shown


def _there(url: str, pairs: Sequence[Pair]) -> Found:
    """The same of another service: its strip has the texts of a rate and of its inverse, unless something new
    came between the two answers.
    """
    with Silkrate(url) as service:
        found = service.latest(pairs=[each.dashed for each in pairs])
        listed = [parse_pair(row.pair) for row in found.rates]
        both = [pair.dashed for each in listed for pair in (each, each.inverse)]
        items = service.ticker(pairs=both).items if both else []
    texts = {(each.pair, each.rate): item.rate for each in items for item in lines.items(each.line)}
    shown = {
        row.pair: Shown(
            texts.get((row.pair, row.rate), trimmed(row.rate)),
            texts.get((str(pair.inverse), row.inverse), trimmed(row.inverse)),
        )
        for pair, row in zip(listed, found.rates, strict=True)
    }
    return Found(found, shown, bool(found.simulated))


def _lines(found: Found, pairs: Iterable[Pair]) -> Iterator[tuple[str | Text, ...]]:
    """One a pair, in the order asked for."""
    cells = {str(row.pair): _cells(row, found.shown[str(row.pair)]) for row in found.latest.rates}
    for each in found.latest.missing:
        cells[str(each.pair)] = str(each.pair), "", "", "", "", "", "", styled(each.reason, "missing")
    return (cells[pair] for pair in map(str, pairs) if pair in cells)


def _cells(row: Row, shown: Shown) -> tuple[str | Text, ...]:
    return (
        Text(str(row.pair), "bold"),
        shown.rate,
        _pct(row.change),
        _since(row),
        shown.inverse,
        row.source or "",
        row.effective_date.isoformat(),
        styled(row.status + FALLBACK * row.fallback, row.status),
    )


def _pct(change: Change) -> str | Text:
    if change.pct is None:
        return ""
    text = lines.shown_change(change.pct)
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


def _notes(found: Latest) -> Iterator[str]:
    """What is coming, what waits for evidence, and how new all of it is."""
    for row in found.upcoming:
        who = f", {row.source}" if row.source else ""
        yield f"upcoming: {row.pair} {_printed(row)} from {row.effective_date}{who}"
    for row in found.rates:
        if row.held:
            held, rate = row.held, trimmed(row.held.rate)
            whose = f"{held.effective_date}, {held.source}, id {held.id}"
            yield f"held: {row.pair} {rate} of {whose}: {held.reason}"
    if any(row.fallback for row in found.rates):
        yield f"{FALLBACK} a fallback: the first source of the pair has nothing fresher"
    if found.updated_at:
        yield f"updated {found.updated_at:%Y-%m-%d %H:%M} UTC, version {found.version}, seq {found.seq}"
    elif not found.seq:
        yield "nothing is recorded yet; 'silkrate poll --once' asks the sources"


def _printed(row: Row) -> str:
    """A rate with as many digits as were printed, of a cross as the least of its legs; a decree is exact."""
    printed = [each.published for each in row.legs or (row,) if each.kind != "peg"]
    digits = [significant_digits(each.value) for each in printed if each]
    return lines.shown(row.rate, digits=min(digits, default=None))
