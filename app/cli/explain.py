"""`silkrate explain`: where a rate comes from, and how to compute it again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from app.answers.explain import explain as explained
from app.cli import arguments
from app.cli.terminal import STYLES, say, styled
from app.context import opened
from app.domain.answers import Candidate, Evidence, Found, Implied, LatestRow, Told
from app.domain.arithmetic import printed
from app.domain.numbers import trimmed
from app.domain.pairs import parse_pair
from app.render.json import encode
from app.settings import load_settings

Line = Text | str


def explain(
    pair: Annotated[str, typer.Argument(help="KGS-USD, KGS/USD or kgsusd; its inverse too.")],
    day: Annotated[
        date, typer.Argument(metavar="DAY", parser=arguments.day, help="The effective date: 2026-05-21.")
    ],
    source: Annotated[
        str | None, typer.Option(metavar="KEY", help="What this source said, instead of the headline.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with every field.")] = False,
) -> None:
    """Explain the rate of PAIR that was in force on DAY.

    Why this source, from which file it was read, what the rules found, what others implied; the arithmetic.
    """
    asked, settings = parse_pair(pair), load_settings()
    with opened(settings) as context:
        found = context.ask(explained, pair=asked, on=day, source=source).body
    if settings.simulated:
        say("these rates are simulated")
    if as_json:
        sys.stdout.buffer.write(encode(found, simulated=settings.simulated) + b"\n")
        return
    console = Console(highlight=False)
    for title, lines in _sections(found):
        console.print(Text(title, "bold"), soft_wrap=not console.is_terminal)
        for line in lines:
            _print(console, line if isinstance(line, Text) else Text(line))


def _print(console: Console, line: Text) -> None:
    """A line below a title; what it is broken into begins where it does."""
    if not console.is_terminal:
        print(f"  {line}")
        return
    indent = len(line.plain) - len(line.plain.lstrip())
    console.print(Padding(line[indent:], (0, 0, 0, indent + 2)))


def _sections(found: LatestRow) -> Iterator[tuple[str, list[Line]]]:
    explanation, row = found.explanation, found.row
    assert explanation
    pct = "" if row.change.pct is None else f", {trimmed(row.change.pct)} %"
    rate = f"{row.pair} = {trimmed(row.rate)}{pct}"
    yield rate, [f"in force since {row.effective_date}, {row.source}, {row.status}"]
    yield "rate", [*explanation.arithmetic.rate]
    yield "change", [*explanation.arithmetic.change]
    yield "source", [f"{explanation.choice}:", *map(_candidate, explanation.authority)]
    yield "said", [line for each in explanation.revisions for line in _told(each, found)]
    yield "rules", [*map(_found, explanation.rules)]
    if explanation.witnesses:
        yield "witnesses", [*map(_implied, explanation.witnesses)]


def _candidate(each: Candidate) -> Line:
    mark = "*" if each.chosen else "-"
    if each.rate is None:
        return Text(f"{mark} {each.source}: ").append_text(styled(each.missing or "", "missing"))
    rate = f"{mark} {each.source}: {trimmed(each.rate)} since {each.effective_date}, "
    return Text(rate).append_text(styled(each.status or "", each.status or ""))


def _told(each: Told, found: LatestRow) -> Iterator[Line]:
    mark = "*" if each.shown else "-"
    number = f"revision {each.revision}: " if found.row.revision or not each.shown else ""
    nowhere = "a decree" if found.row.kind == "peg" else "what was handed in"
    yield f"{mark} {number}{printed(each.published)} (observation {each.id}, version {each.version})"
    yield f"  from {each.url or nowhere}"
    yield f"  fetched {each.fetched_at:%Y-%m-%d %H:%M:%S}, recorded {each.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
    yield Text(f"  body {_body(each.body)}", STYLES["quiet"])
    for ruling in each.rulings:
        when = f" {ruling.recorded_at:%Y-%m-%d %H:%M} UTC, version {ruling.version}"
        said = f"{when}: {ruling.rule}: {ruling.reason}"
        yield Text("  ").append_text(styled(ruling.verdict, ruling.verdict)).append(said)


def _body(body: Evidence | None) -> str:
    if body is None:
        return "none"
    return f"{body.digest}, " + (f"{body.size:,} bytes, kept" if body.kept else "not kept")


def _found(each: Found) -> Line:
    if each.reason is None:
        return Text(f"{each.question} ").append("no", STYLES["quiet"])
    return Text(f"{each.question} ").append("yes", "bold").append(f": {each.reason}")


def _implied(each: Implied) -> Line:
    off = trimmed(each.off_pct)
    return f"{each.source} of {each.effective_date}: {trimmed(each.dollars)} dollars per unit, {off} % off"
