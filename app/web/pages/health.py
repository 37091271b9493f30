"""`/sources`: who says the rates, when, on which terms, and how each is doing at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from app.answers import sources
from app.web.pages.site import Dress, OfPage, PageRoute, asked_of, momentary_page

routes = APIRouter(route_class=PageRoute)


@routes.get("/sources")
async def get_sources(request: Request) -> Response:
    """How each source is doing."""
    dress = Dress.of(request, "sources", asked_of(request, OfPage))
    return await momentary_page(request, dress, "sources.html", sources.roll, _seen)


def _seen(body: sources.Roll, dress: Dress) -> Mapping[str, Any]:
    return {"view": body}
