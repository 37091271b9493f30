"""`/`: the strip, the five pairs side by side, and a converter. While nobody has published anything yet, who
is asked for it and how that goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from app.answers.overview import Overview, Waiting, overview, waiting
from app.domain.answers import Changes
from app.domain.change import WINDOWS, Basis, Change
from app.domain.errors import NoRateYet
from app.render.svg.line import titled
from app.render.ticker import strip
from app.web.pages.site import Dress, OfPage, PageRoute, asked_of, kept_page, momentary_page
from app.web.pages.specifications import specifications
from app.web.strips import rendered

BASES: Sequence[Basis] = ("previous_publication", *WINDOWS)
"""What the changes of the pairs are measured against, side by side."""

routes = APIRouter(route_class=PageRoute)


@routes.get("/")
async def get_front(request: Request) -> Response:
    """The rates, or how it goes with them."""
    dress = Dress.of(request, "", asked_of(request, OfPage))
    try:
        return await kept_page(request, dress, "front.html", overview, _seen)
    except NoRateYet:
        return await momentary_page(request, dress, "waiting.html", waiting, _seen)


def _seen(body: Overview | Waiting, dress: Dress) -> Mapping[str, Any]:
    """What the templates show, and what the strip is made of."""
    link = dress.absolute("pairs/{pair}", dress.words.tag if dress.chosen else "")
    rows = [(item.row, dress.absolute(f"pairs/{item.row.pair.dashed}")) for item in body.ticker.items]
    return {
        **rendered(strip(body.ticker, dress.words, nominal="auto"), simulated=dress.simulated),
        "attributes": {"theme": "inherit", "href": link},
        "link": link,
        "view": body,
        "bases": BASES,
        "ladder": ladder,
        "titled": partial(titled, language=dress.words, simulated=dress.simulated),
        "specifications": specifications(rows),
    }


def ladder(found: Changes) -> Sequence[Change]:
    """One change for each of BASES, in their order: a decree that did not change stands for all."""
    first, *rest = found.changes
    by_basis = {each.basis: each for each in rest}
    return [first, *(by_basis.get(window, first) for window in WINDOWS)]
