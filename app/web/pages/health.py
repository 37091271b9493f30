"""`/sources`: who says the rates, when, on which terms, and how each is doing at this moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from app.answers import sources
from app.domain.answers import SourceState
from app.sources.catalog import Catalog
from app.store.base import Reader
from app.web.pages.site import Dress, OfPage, PageRoute, asked_of, momentary_page

routes = APIRouter(route_class=PageRoute)


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources that are heard, those with values that wait for evidence with these; and those that are
    off.
    """

    heard: Sequence[SourceState]
    off: Sequence[SourceState]


def is_asked(source: SourceState) -> bool:
    """Whether a source is worth a reader's time: a ticker page that nobody ever imported is not."""
    return source.enabled and bool(source.pairs or source.kind != "page")


def all_sources(reader: Reader, catalog: Catalog, now: datetime) -> Sources:
    """The sources as `/v1/sources` has them, those that are heard as `/v1/sources/{key}` has."""
    states = sources.sources(reader, catalog, now).body.sources
    heard = [each.key for each in states if is_asked(each)]
    return Sources(
        heard=[sources.source(reader, catalog, now, key=key).body for key in heard],
        off=[each for each in states if each.key not in heard],
    )


@routes.get("/sources")
async def get_sources(request: Request) -> Response:
    """How each source is doing."""
    asked_of(request, OfPage)
    return await momentary_page(request, Dress.of(request, "sources"), "sources.html", all_sources, _seen)


def _seen(body: Sources, dress: Dress) -> Mapping[str, Any]:
    return {"view": body}
