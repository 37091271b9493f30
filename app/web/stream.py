"""The stream of ticks: opened by the router like any other answer, and then told by the broadcast, with none
of the router's layers kept for it.
"""

from __future__ import annotations

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.ticks import Wanted
from app.render.events import MEDIA_TYPE
from app.web.broadcast import Broadcast, Opened
from app.web.cache import NO_STORE
from app.web.envelope import HEAD
from app.web.requests import broadcast_of, here

PATH = "/v1/stream"

OPENED = "silkrate.opened"
"""Where in the scope of a request the router tells that a stream was opened: a list, empty at first."""

HEADERS = {
    "Cache-Control": NO_STORE,
    "X-Accel-Buffering": "no",  # nginx would keep back what comes until a buffer is full
}


class Streaming:
    """The outermost layer: goes on where the router has begun a stream, when all its layers have returned. A
    listener is then a task of the server's with two calls, and not with twenty.
    """

    def __init__(self, app: ASGIApp, broadcast: Broadcast) -> None:
        self._app, self._broadcast = app, broadcast

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        opened: list[Opened] = []
        await self._app({**scope, OPENED: opened}, receive, send)
        if opened:
            await self._broadcast.serve(opened.pop(), receive, send)

    def close(self) -> None:
        """End every stream, and open none any more: for a server that waits until all is answered."""
        self._broadcast.close()


class Beginning(Response):
    """The beginning of a stream; its rest is left to `Streaming`."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(headers=HEADERS, media_type=MEDIA_TYPE)
        del self.headers["content-length"]
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope.get(HEAD):
            await send({"type": "http.response.body", "body": b""})
        else:
            scope[OPENED].append(self._opened)


async def streamed(request: Request, wanted: Wanted, cursor: str | None) -> Response:
    """The beginning of a stream of what is wanted after a cursor, or from now on. Raises Overloaded."""
    restart = here(request, path="/v1/ticks", without="after")
    return Beginning(await broadcast_of(request).open(wanted, cursor, restart))
