"""`/docs`: the documentation of the API, to read and to try."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.web.assets import unchanging
from app.web.pages.site import Dress, PageRoute
from app.web.pages.templates import HTML

DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

docs = APIRouter(route_class=PageRoute)


@docs.get("/docs")
async def get_docs(request: Request) -> Response:
    """The documentation of the API, to read and to try."""
    dress = Dress.of(request, "docs")
    headers = dress.headers() | {"Cache-Control": "no-cache", "Content-Security-Policy": DOCS_POLICY}
    return await unchanging(request, dress.written("docs.html"), HTML, headers)
