"""`/pairs/{pair}`: one pair in depth, and `/pairs/{pair}/explain`: why its rate of a day is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import permutations
from typing import Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.answers import explain
from app.answers.depth import InDepth, Past, Range, in_depth
from app.domain.answers import Answer, LatestRow
from app.domain.numbers import PCT_PLACES, bare, fixed
from app.domain.pairs import SIX, TICKER, Pair, parse_pair
from app.render.svg.plot import plot
from app.sources.catalog import Catalog
from app.web.pages.site import Dress, OfPage, PageRoute, asked_of, kept_page, momentary_page
from app.web.pages.specifications import specification
from app.web.parameters import Day, Key, Unset
from app.web.requests import context_of

PAIRS = tuple(dict.fromkeys([*TICKER, *(Pair(*both) for both in permutations(SIX, 2))]))
"""All that have a page, those of the ticker before others."""

routes = APIRouter(route_class=PageRoute)


class OfPairPage(OfPage):
    """Of the page of a pair: which days, and whose."""

    range: Range = "1y"
    since: Unset[Day] = None
    until: Unset[Day] = None
    source: Unset[Key] = None


class OfExplanation(OfPage):
    """Of the page that explains a rate."""

    on: Unset[Day] = Field(default=None, alias="date")
    source: Unset[Key] = None


@routes.get("/pairs/{pair:path}/explain")
async def get_explanation(request: Request, pair: str) -> Response:
    """Why a rate is what it is, in force now or on a day."""
    found, asked = parse_pair(pair), asked_of(request, OfExplanation)
    dress = Dress.of(request, f"pairs/{found.dashed}/explain", asked)
    seen = partial(_explained, asked, context_of(request).catalog)
    return await momentary_page(
        *(request, dress, "explain.html", explain.explain, seen),
        pair=found,
        on=asked.on,
        source=asked.source,
    )


def _explained(
    asked: OfExplanation, catalog: Catalog, body: Answer[LatestRow], dress: Dress
) -> Mapping[str, Any]:
    return {
        "on": asked.on,
        "source": asked.source,
        "row": body.body.row,
        "why": body.body.explanation,
        "names": {each.key: each.name for each in catalog.sources},
    }


@routes.get("/pairs/{pair:path}")
async def get_pair(request: Request, pair: str) -> Response:
    """What is known of a pair: now, and over a range of days."""
    found, asked = parse_pair(pair), asked_of(request, OfPairPage)
    return await kept_page(
        request,
        Dress.of(request, f"pairs/{found.dashed}", asked),
        "pair.html",
        in_depth,
        _seen,
        pair=found,
        range=asked.range,
        since=asked.since,
        until=asked.until,
        source=asked.source,
    )


def _seen(body: InDepth, dress: Dress) -> Mapping[str, Any]:
    past, row = body.past, body.row
    path = f"pairs/{row.pair.dashed}"
    return {
        "view": body,
        "row": row,
        "past": past,
        "query": _query(past) if past else "",
        "period": _period(past),
        "swapped": "past languages" + (" beside" if body.explanation else ""),
        "plot": plot(past.line, dress.words, simulated=dress.simulated) if past else None,
        "zoom": dress.to(path, source=past.source if past else "", since="{since}", until="{until}"),
        "ranges": get_args(Range),
        "apart": partial(_apart, row.rate),
        "others": [each for each in PAIRS if each != row.pair],
        "specification": specification(row, dress.absolute(path)),
    }


def _query(past: Past) -> str:
    """What asks the API for the same days."""
    whose = {"source": past.source} if past.source else {}
    return urlencode({"since": past.since, "until": past.until} | whose)


def _period(past: Past | None) -> Mapping[str, Any]:
    """What asks this page for the same days."""
    if past is None:
        return {}
    return {"range": past.range} if past.range else {"since": past.since, "until": past.until}


def _apart(rate: Decimal, other: Decimal) -> Decimal:
    """By how many percent another rate is above this one."""
    return bare(fixed((Fraction(other) / Fraction(rate) - 1) * 100, PCT_PLACES))
