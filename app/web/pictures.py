"""Pictures made on the server, for README files, e-mails and pages that run no script: an `<img>` shows them,
and its `alt` where there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.answers import line, ticker
from app.domain.pairs import Pair, parse_pair
from app.render.locale import language
from app.render.svg.badge import badge
from app.render.svg.canvas import MEDIA_TYPE
from app.render.svg.chart import chart
from app.render.ticker import strip
from app.web.embed.routes import ANYWHERE
from app.web.openapi import described
from app.web.parameters import InPath, OfBadge, OfChart, OfPicture
from app.web.queries import QueryRoute, query
from app.web.responses import Form, answer

pictures = APIRouter(route_class=QueryRoute)

HEADERS = ANYWHERE | {
    # opened by itself it is a document, which has a style of its own and nothing else
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}

BADGE_EXAMPLE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="176" height="20"'
    ' role="img" aria-labelledby="t" xml:lang="en">'
    '<title id="t">Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May</title>'
    "<style>text{font:11px Verdana,sans-serif}rect{fill:#eee}tspan{fill:#b00}"
    "@media(prefers-color-scheme:dark){rect{fill:#222}svg{fill:#fff}tspan{fill:#f99}}</style>"
    '<rect width="176" height="20"/>'
    '<path d="M0 0h63v20H0z" opacity=".15"/>'
    '<text x="6" y="14" textLength="51">KGS/USD</text>'
    '<text x="69" y="14" textLength="101">0.01144<tspan> ▼ -0.02%</tspan></text></svg>'
)
CHART_EXAMPLE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="32" viewBox="0 0 240 64"'
    ' role="img" aria-labelledby="t" xml:lang="en" preserveAspectRatio="none">'
    '<title id="t">KGS/USD: 0.01144 (20 May), 0.01144 (21 May 2026), down 0.02 percent</title>'
    "<style>path{fill:none}path{stroke:#15d}"
    "@media(prefers-color-scheme:dark){path{stroke:#48f}}</style>"
    '<path stroke-width="1.5" vector-effect="non-scaling-stroke" d="M4 4l232 56"/></svg>'
)


@pictures.get(
    "/badge/{pair:path}.svg",
    tags=["Embedding"],
    summary="A rate as a badge",
    response_class=Response,
    **described(None, 404, texts={MEDIA_TYPE: BADGE_EXAMPLE}),
)
async def get_badge(request: Request, pair: InPath, asked: Annotated[OfBadge, query(OfBadge)]) -> Response:
    """The pair, its rate and how far it moved, as README files have it; with its day when a new rate is late,
    or when a `date` is asked for. Its title is the whole item as a sentence. What there is no picture of is a
    problem, and a page shows the `alt` of its `<img>`.
    """
    words = language(asked.lang)
    return await _drawn(
        request,
        asked,
        lambda body, simulated: badge(
            strip(body, words, asked.decimals, nominal=asked.nominal).items[0],
            words,
            asked.theme,
            dated=asked.on is not None,
            simulated=simulated,
        ),
        ticker.item,
        pair=_turned(pair, asked),
        source=asked.source,
        on=asked.on,
        change=asked.change,
    )


@pictures.get(
    "/chart/{pair:path}.svg",
    tags=["Embedding"],
    summary="Past rates as a sparkline",
    response_class=Response,
    **described(None, 404, texts={MEDIA_TYPE: CHART_EXAMPLE}),
)
async def get_chart(request: Request, pair: InPath, asked: Annotated[OfChart, query(OfChart)]) -> Response:
    """The last rate of each day as a line, from one publication to the next: of the last days, or of those of
    `since` to `until`. Its title tells the first and the last of them, and how far it is between the two.
    Also of crosses.
    """
    words = language(asked.lang)
    return await _drawn(
        request,
        asked,
        lambda body, simulated: chart(
            body, words, asked.theme, width=asked.width, height=asked.height, simulated=simulated
        ),
        line.line,
        pair=_turned(pair, asked),
        source=asked.source,
        **asked.stretch,
    )


def _turned(pair: str, asked: OfPicture) -> Pair:
    """The pair that is shown; raises UnknownPair."""
    found = parse_pair(pair)
    return found.inverse if asked.inverse else found


async def _drawn(
    request: Request, asked: OfPicture, write: Callable[[Any, bool], bytes], question: Any, **parameters: Any
) -> Response:
    """The answer to a question as a picture, which pages of any origin may show."""
    response = await answer(request, Form(MEDIA_TYPE, write), asked.as_of, question, **parameters)
    response.headers.update(HEADERS)
    return response
