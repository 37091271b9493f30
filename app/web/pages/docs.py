"""`/docs`: the reference of the API, to read, and `/docs/try`: the same to try. Both are in English, in a
frame of the reader's language.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from typing import cast

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from app.web.assets import unchanging
from app.web.pages.site import Dress, PageRoute
from app.web.pages.templates import HTML
from app.web.reference import Reference, reference

TRY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What Swagger UI needs: pictures out of its style sheet, and markup that it makes."""

KEPT = 32
"""Pages that are kept, one for each language and each name by which the service is asked."""

routes = APIRouter(route_class=PageRoute)


def install(app: FastAPI, document: Callable[[], bytes]) -> None:
    """Have `app` show the reference to its `document`, read once when it is first asked for."""

    @cache
    def read() -> Reference:
        return reference(json.loads(document(), parse_float=Decimal))

    @lru_cache(maxsize=KEPT)
    def written(dress: Dress) -> bytes:
        return dress.written("docs.html", api=read(), origin=dress.origin)

    app.state.docs = written


@routes.get("/docs")
async def get_docs(request: Request) -> Response:
    """The reference, to read."""
    dress = Dress.of(request, "docs")
    written = cast(Callable[[Dress], bytes], request.app.state.docs)
    content = await run_in_threadpool(written, dress)  # the first takes a second
    return await unchanging(request, content, HTML, dress.kept_headers() | {"Cache-Control": "no-cache"})


@routes.get("/docs/try")
async def get_docs_to_try(request: Request) -> Response:
    """The API, to try in the browser."""
    dress = Dress.of(request, "docs/try")
    headers = dress.kept_headers() | {"Cache-Control": "no-cache", "Content-Security-Policy": TRY_POLICY}
    return await unchanging(request, dress.written("try.html"), HTML, headers)
