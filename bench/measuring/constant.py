"""The least that can answer: one response, ready, to any request, on the server that the service runs on.

`python -m bench.measuring.constant FILE`, where FILE holds a whole HTTP response.
"""

from __future__ import annotations

import sys
from pathlib import Path

from starlette.types import Receive, Scope, Send

from app.cli.serve import Server, listen


class Constant:
    """An ASGI application with one answer."""

    def __init__(self, response: bytes) -> None:
        head, _, self.body = response.partition(b"\r\n\r\n")
        lines = [line.split(b": ", 1) for line in head.splitlines()[1:]]
        self.headers = [(name, value) for name, value in lines if name != b"date"]  # the server adds its own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": self.headers})
            await send({"type": "http.response.body", "body": self.body})
        while scope["type"] == "lifespan":
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return


if __name__ == "__main__":
    listener = listen("127.0.0.1", 0)
    Server(Constant(Path(sys.argv[1]).read_bytes()), listener).run([listener])
