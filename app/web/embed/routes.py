"""The paths of the widget: its modules, what it asks for, and the same strip for pages that run no script, as
a part of a page and as a page in a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.answers import ticker
from app.domain.answers import Ticker
from app.domain.errors import SilkrateError, StoreDamaged
from app.render.embed import embedded
from app.render.json import encode
from app.render.locale import LANGUAGES, language
from app.web import models
from app.web.assets import unchanging
from app.web.cache import IMMUTABLE, NO_STORE
from app.web.embed.modules import FLOATING, MODULES
from app.web.openapi import described
from app.web.pages.templates import HTML, TEMPLATES
from app.web.parameters import OfEmbedded, OfFragment
from app.web.problems import RETRY_AFTER, UnknownPath, told
from app.web.queries import QueryRoute, query
from app.web.requests import origin_of
from app.web.responses import JSON, Form, answer
from app.web.strips import dressed, rendered, strip_parameters

embed = APIRouter(prefix="/embed", route_class=QueryRoute)

FLOATS = "public, max-age=3600, stale-while-revalidate=86400, stale-if-error=604800"
"""How long a copy of the newest module is good: a fix reaches every page in an hour."""

FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors *"
)
"""The one page that may stand in a frame of anybody's; what it loads is ours."""

ANYWHERE = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""For pages that ask it of all they load (Cross-Origin-Embedder-Policy)."""

FRAME_HEADERS = ANYWHERE | {
    "Content-Security-Policy": FRAME_POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",  # or it would not be shown in pages that have that
}

FRAGMENT = """\
<silkrate-ticker lang="en">
<template shadowrootmode="open"><link rel="stylesheet" href="https://rates.example/embed/v1.0.0/ticker.css">
<section part="bar" lang="en" aria-label="Exchange rates">(the rates)</section></template>
<a href="https://rates.example/">Exchange rates</a></silkrate-ticker>
<script type="module" src="https://rates.example/embed/v1.0.0/ticker.js" integrity="sha384-…" crossorigin>\
</script>
"""


@embed.get("/v{version}/ticker.js", include_in_schema=False)
async def get_module(request: Request, version: str) -> Response:
    """The module of `<silkrate-ticker>`: of a version for ever, or the newest of its first number."""
    return await _file(request, version, "script", "text/javascript; charset=utf-8")


@embed.get("/v{version}/ticker.css", include_in_schema=False)
async def get_style(request: Request, version: str) -> Response:
    """The style sheet of the same, for trees that were rendered here."""
    return await _file(request, version, "style", "text/css; charset=utf-8")


@embed.get(
    "/v1/ticker.json", tags=["Embedding"], summary="What the widget shows", **described(models.Embedded, 404)
)
async def get_embedded(request: Request, asked: Annotated[OfEmbedded, query(OfEmbedded)]) -> Response:
    """The strip in a few hundred bytes: ready texts, and until when they are not stale. It is what
    `<silkrate-ticker>` asks for, and stays as it is as long as there are modules of version 1; programs are
    better served by `/v1/ticker`.
    """
    words = language(asked.lang)

    def write(body: Ticker, simulated: bool) -> bytes:
        return encode(embedded(dressed(body, asked, words), simulated=simulated), simulated=simulated)

    return await answer(
        request, Form(JSON.media_type, write), asked.as_of, ticker.ticker, **strip_parameters(asked)
    )


@embed.get(
    "/fragment",
    tags=["Embedding"],
    summary="The strip as a part of a page",
    response_class=Response,
    **described(None, 404, texts={"text/html": FRAGMENT}),
)
async def get_fragment(request: Request, asked: Annotated[OfFragment, query(OfFragment)]) -> Response:
    """HTML for a server to put into its page: the widget with its tree rendered (declarative shadow DOM), so
    that it is shown without JavaScript, and the module that keeps it up to date with it.
    """
    return await _page(request, asked, "fragment.html", f"{origin_of(request)}/", ANYWHERE)


class FrameRoute(QueryRoute):
    """A route whose problems are pages, too: a frame is looked at by readers, not by programs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        handle = super().get_route_handler()

        async def framed(request: Request) -> Response:
            try:
                return await handle(request)
            except StoreDamaged:
                raise  # it has to be logged
            except SilkrateError as error:
                return _regret(request, error)

        return framed


frames = APIRouter(prefix="/embed", route_class=FrameRoute)


@frames.get("/frame", include_in_schema=False)
async def get_frame(request: Request, asked: Annotated[OfFragment, query(OfFragment)]) -> Response:
    """A page that holds the strip and nothing else, for an `<iframe>`, also of `sandbox="allow-scripts"`.
    Where there is nothing to be shown it says so, and looks again by itself; where something was asked that
    there is not, it says what.
    """
    return await _page(request, asked, "frame.html", "../", FRAME_HEADERS)


def _regret(request: Request, error: SilkrateError) -> Response:
    """The page of a frame without rates, in the language that was asked for where it is one."""
    problem = told(error, request.url.path)
    asked = request.query_params.get("lang", "").lower()
    words = next((each for tag, each in LANGUAGES.items() if tag.lower() == asked), LANGUAGES["en"])
    html = TEMPLATES.get_template("frame.html").render(
        words=words, lang=words.tag, root="../", strip=None, problem=problem
    )
    headers = FRAME_HEADERS | {"Cache-Control": NO_STORE}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(problem.retry_after or RETRY_AFTER)
    return Response(html, problem.status, headers, HTML)


async def _file(request: Request, version: str, which: str, media_type: str) -> Response:
    module = MODULES.get(version) or FLOATING.get(version)
    if module is None:
        raise UnknownPath(
            f"There is no version {version[:20]!r} of the widget.",
            expected=" or ".join([*FLOATING, *MODULES]),
        )
    lasting = IMMUTABLE if version in MODULES else FLOATS
    headers = ANYWHERE | {"Cache-Control": lasting}
    return await unchanging(request, getattr(module, which), media_type, headers)


async def _page(
    request: Request, asked: OfFragment, template: str, root: str, headers: dict[str, str]
) -> Response:
    words = language(asked.lang)

    def write(body: Ticker, simulated: bool) -> bytes:
        shown = dressed(body, asked, words)
        html = TEMPLATES.get_template(template).render(
            **rendered(shown, simulated=simulated),
            words=words,
            lang=words.tag,
            attributes=asked.attributes,
            link=asked.href,
            live=asked.is_live,
            root=root,
        )
        return html.encode()

    response = await answer(
        request, Form(HTML, write, origin=root), asked.as_of, ticker.ticker, **strip_parameters(asked)
    )
    del response.headers["Link"]  # a page lives on: what was there at a version are the rates
    response.headers.update(headers)
    return response
