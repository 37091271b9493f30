"""Pictures read as a program reads them that trusts nothing."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from app.domain.answers import Line, TickerItem
from app.domain.change import Change
from app.domain.days import Quoted, Values
from tests.render.rows import SOM

NAMESPACE = "{http://www.w3.org/2000/svg}"

DRAWN = {
    "svg": {"width", "height", "viewBox", "role", "aria-labelledby", "preserveAspectRatio"}
    | {"{http://www.w3.org/XML/1998/namespace}lang"},
    "title": {"id"},
    "style": set(),
    "rect": {"width", "height"},
    "path": {"d", "opacity", "stroke-width", "vector-effect"},
    "text": {"x", "y", "textLength"},
    "tspan": set(),
}
"""All elements that a picture may have, and all their attributes: nothing that runs, loads or leads away."""


def parsed(content: bytes) -> Element:
    """The picture; nothing is in it but what is drawn."""
    root: Element = fromstring(content.decode(), forbid_dtd=True)
    for each in root.iter():
        name = each.tag.removeprefix(NAMESPACE)
        assert each.tag.startswith(NAMESPACE)
        assert set(each.attrib) <= DRAWN[name], name
    return root


def part(root: Element, name: str) -> Element:
    """The only element of a name."""
    (only,) = root.iter(NAMESPACE + name)
    return only


def texts(root: Element) -> list[str]:
    """What is written in a picture, box by box."""
    return ["".join(each.itertext()) for each in root.iter(f"{NAMESPACE}text")]


def title(content: bytes) -> str:
    """What a picture is called."""
    return part(parsed(content), "title").text or ""


def weight(content: bytes) -> int:
    """Bytes on the wire, coded by gzip."""
    return len(gzip.compress(content, 9, mtime=0))


def line(
    *rates: str, days: Sequence[int] = (), since: date = date(2026, 4, 21), pct: str | None = None
) -> Line:
    """A line of the som through these rates, a day apart or on these days after the first."""
    gone = days or range(len(rates))
    values = tuple(_values(rate, since + timedelta(days=day)) for rate, day in zip(rates, gone, strict=True))
    ends = tuple(
        TickerItem(replace(SOM, rate=each.close.shown, effective_date=each.effective_date), 6)
        for each in (values[0], *values[1:][-1:])
    )
    return Line(SOM.pair, values, ends, Change("since", Decimal(pct) if pct is not None else None))


def _values(rate: str, day: date) -> Values:
    quoted = Quoted(Fraction(rate), 12)
    return Values(day, SOM.observed_at, quoted, quoted, quoted, quoted, Fraction(rate), 1, ("nbkr",))
