"""What every response carries and every path understands, in one layer of plain ASGI around the whole
application.

Outside the framework's own layers, so that a failure in any of them goes out dressed like everything else.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = "GET, HEAD, OPTIONS"

HEAD = "silkrate.head"
"""Where in the scope of a request it says whether it was HEAD, though it is answered like GET."""

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Link, Memento-Datetime, Retry-After, X-Request-Id, Silkrate-Simulated"
    ),
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every response that does not say otherwise. Anyone may read, nobody with credentials: there are none."""

PREFLIGHT = {
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Max-Age": "86400",
    "Allow": METHODS,
}


class Envelope:
    """Adds HEADERS, answers OPTIONS, and HEAD by GET without its body; marks everything when `simulated`."""

    def __init__(self, app: ASGIApp, *, simulated: bool = False) -> None:
        self.app = app
        self.headers = HEADERS | ({"Silkrate-Simulated": "1"} if simulated else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        app, head = self.app, scope["method"] == "HEAD"
        if scope["method"] == "OPTIONS":
            app = Response(status_code=204, headers=PREFLIGHT)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await app({**scope, "method": "GET", HEAD: True} if head else scope, receive, dressed)
