"""The least that can broadcast: each connection is sent the same bytes in a loop, on the server that the
service runs on. It waits for each of them: one that does not read holds up all the others.

`python -m bench.measuring.hub FILE`, where FILE holds what is sent to all for each request of `/tell`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from starlette.types import Message, Receive, Scope, Send

from app.cli.serve import Server, listen
from app.render.events import MEDIA_TYPE

BEGINS: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", MEDIA_TYPE.encode()), (b"cache-control", b"no-store")],
}


def part(content: bytes, *, more: bool) -> Message:
    """A part of a body."""
    return {"type": "http.response.body", "body": content, "more_body": more}


class Hub:
    """An ASGI application of streams, and of one request that tells them all."""

    def __init__(self, content: bytes) -> None:
        self.message = part(content, more=True)
        self.streams: set[Send] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        while scope["type"] == "lifespan":
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return
        await send(BEGINS)
        if scope["path"] == "/tell":
            await send(part(b"", more=False))
            for stream in list(self.streams):
                await stream(self.message)
            return
        await send(part(b"retry: 1000\n\n", more=True))
        self.streams.add(send)
        while (await receive())["type"] != "http.disconnect":
            continue
        self.streams.discard(send)


if __name__ == "__main__":
    listener = listen("127.0.0.1", 0)
    Server(Hub(Path(sys.argv[1]).read_bytes()), listener).run([listener])
