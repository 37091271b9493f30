"""The application: the paths, the errors and the pages, around one context."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache, partial
from threading import Event, Thread

import structlog
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from app import __version__
from app.context import Context
from app.web import openapi, problems
from app.web.assets import assets, unchanging
from app.web.broadcast import Broadcast
from app.web.counting import Counts
from app.web.embed.routes import embed, frames
from app.web.envelope import Envelope
from app.web.kept import Kept
from app.web.limits import Limits
from app.web.pages import docs, pages, site
from app.web.pictures import pictures
from app.web.ready import Ready
from app.web.responses import JSON
from app.web.routes import api
from app.web.service import service
from app.web.stream import Streaming
from app.web.watched import Watched

log = structlog.get_logger("silkrate.web")

Background = Callable[[], Awaitable[None]]

TAGS = [
    {"name": "Rates", "description": "What is in force, and what was."},
    {"name": "Ticker", "description": "The strip of a news site, and the log of its changes."},
    {"name": "Embedding", "description": "The rates in pages of others."},
    {"name": "Facts", "description": "What there is: pairs, sources, terms, health."},
    {"name": "Service", "description": "For whoever runs it."},
]


def create_app(context: Context, *, background: Background | None = None) -> Streaming:
    """The application over `context`, which stays the caller's to close. `background`, the poller, runs from
    its start to its stop.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = Event()
        tasks = [asyncio.ensure_future(_watched(broadcast.run, "nothing is streamed"))]
        if background:
            tasks.append(asyncio.ensure_future(_watched(background, "nothing is polled")))
        following = Thread(target=context.follow, args=(stop, broadcast.ring), name="following", daemon=True)
        following.start()
        yield
        stop.set()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.to_thread(following.join)

    app = FastAPI(
        title="Silkrate",
        version=__version__,
        openapi_tags=TAGS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
    )
    counts = Counts()
    app.state.context, app.state.counts = context, counts
    app.state.kept = Kept(context.clock)
    app.state.limits = limits = Limits(context.settings.max_streams)
    app.state.broadcast = broadcast = Broadcast(context, limits, counts)
    app.include_router(api)
    app.include_router(embed)
    app.include_router(frames)
    app.include_router(pictures)
    app.include_router(service)
    app.include_router(pages)
    app.include_router(assets)
    problems.install(app)
    site.install(app)
    _describe(app, context.settings.public_url)
    dressed = Envelope(Watched(app, counts), simulated=context.settings.simulated)
    return Streaming(Ready(dressed, context, counts), broadcast)


async def _watched(background: Background, lost: str) -> None:
    """Answers go on when something in the background fails, with what is recorded, and grow stale by
    themselves; but somebody must learn of it.
    """
    try:
        await background()
    except Exception:
        log.critical(f"the background stopped; {lost} any more", exc_info=True)


def _describe(app: FastAPI, public_url: str | None) -> None:
    document = cache(partial(openapi.document, app, public_url))
    docs.install(app, document)

    @app.get("/openapi.json", include_in_schema=False)
    async def get_openapi(request: Request) -> Response:
        """The description of the API, made once when it is first asked for."""
        content = await run_in_threadpool(document)  # a second, in which others are answered
        return await unchanging(request, content, JSON.media_type, {"Cache-Control": "public, max-age=300"})
