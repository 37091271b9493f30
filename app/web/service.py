"""The paths for whoever runs the service: does it live, may traffic come, how is it."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool

from app.answers import health
from app.context import NOW
from app.domain.errors import StoreError
from app.render.json import encode
from app.render.metrics import metrics
from app.web import models
from app.web.cache import NO_STORE
from app.web.openapi import described
from app.web.parameters import Parameters
from app.web.problems import NotReady
from app.web.queries import QueryRoute, query
from app.web.requests import context_of, counts_of, kept_of, limits_of
from app.web.responses import JSON, Form, uncached

log = structlog.get_logger("silkrate.web")


class MetricsResponse(PlainTextResponse):
    """OpenMetrics, for the description of the path."""

    media_type = "application/openmetrics-text"


OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
EXAMPLE = 'silkrate_source_publications_missed{source="nbkr"} 0.0\n'

service = APIRouter(tags=["Service"], route_class=QueryRoute)


@service.get("/livez", summary="Does it live?", **described(models.Alive, cached=False))
async def get_livez(request: Request, asked: Annotated[Parameters, query(Parameters)]) -> Response:
    """200 as long as the process answers at all. Touches neither the store nor any source."""
    return _status(request, "alive")


@service.get("/readyz", summary="May traffic come?", **described(models.Ready, cached=False))
async def get_readyz(request: Request, asked: Annotated[Parameters, query(Parameters)]) -> Response:
    """200 once the store can be read and one pair has a rate; a rate by decree alone is not enough. Otherwise
    503 with the reason.
    """
    try:
        reason = await run_in_threadpool(context_of(request).ask, health.unready)
    except StoreError as error:
        log.warning("not ready", error=str(error))
        raise NotReady("The store cannot be read. The log says why.") from error
    if reason:
        raise NotReady(f"Not yet: {reason}.")
    return _status(request, "ready")


@service.get("/health", summary="How is it?", **described(models.Health, cached=False))
async def get_health(request: Request, asked: Annotated[Parameters, query(Parameters)]) -> Response:
    """How each pair stands and how each source answers, at this moment."""
    return await uncached(request, JSON, NOW, health.health)


@service.get(
    "/metrics",
    summary="How is it, as numbers?",
    response_class=MetricsResponse,
    **described(None, texts={MetricsResponse.media_type: EXAMPLE}, cached=False),
)
async def get_metrics(request: Request, asked: Annotated[Parameters, query(Parameters)]) -> Response:
    """The same as OpenMetrics, for a program that watches: publications missed, statuses, when each source
    last answered; and what this process answered since its start, how, and how fast.
    """
    traffic = counts_of(request).told(kept_of(request), limits_of(request))
    form = Form(OPENMETRICS, lambda body, simulated: metrics(body, traffic, simulated=simulated))
    return await uncached(request, form, NOW, health.health)


def _status(request: Request, status: str) -> Response:
    content = encode({"status": status}, simulated=context_of(request).settings.simulated)
    return Response(content, headers={"Cache-Control": NO_STORE}, media_type=JSON.media_type)
