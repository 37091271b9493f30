"""`/ticks/{seq}`: what the entry of a feed links to."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response

from app.answers import feed
from app.render.feeds.news import title_and_text
from app.web.assets import unchanging
from app.web.pages.site import Dress, PageRoute
from app.web.pages.templates import HTML
from app.web.parameters import SeqInPath
from app.web.requests import context_of, limits_of

routes = APIRouter(route_class=PageRoute)


@routes.get("/ticks/{seq}")
async def get_tick_page(request: Request, seq: SeqInPath, log: str = "") -> Response:
    """One tick of a log, this one by default, in the language of the feed, and by which one it was corrected
    since. Raises ForeignCursor for another log.
    """
    dress = Dress.of(request, f"ticks/{seq}")
    asked = partial(context_of(request).ask, feed.entry_now, seq=seq, log_id=log)
    found, corrected_by = await limits_of(request).of(feed.entry_now).run(asked)
    title, story = title_and_text(found, dress.words)
    content = dress.written(
        "tick.html",
        tick=found.tick,
        corrected_by=corrected_by,
        publisher=found.publisher,
        title=title,
        story=story,
        log=log,
    )
    headers = dress.kept_headers() | {"Cache-Control": "no-cache"}
    return await unchanging(request, content, HTML, headers)
