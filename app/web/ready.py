"""Ready answers, past the router: who asks what was asked before, and still has that answer, gets its bytes in
plain ASGI, without waking the framework.

What holds, and for how long, is decided where answers are kept; here stands only how a request that was
answered looked, as it came in, and the headers that went out with its answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.context import Context
from app.web.cache import is_known
from app.web.kept import Kept, Key, Written

MOST = 4_000
"""Ways of asking that are remembered, at about 1.5 KB: those asked for longest ago make room."""

TOLD = "silkrate.told"
"""Where in the scope of a request the router tells which kept answer it gives: a list, empty at first."""

Told: TypeAlias = tuple[Key, Written]
Headers: TypeAlias = list[tuple[bytes, bytes]]
Way: TypeAlias = tuple[bytes, bytes, bytes, bytes | None]
"""A way of asking: path, query, host, and Accept where the answer depends on it, else None."""

_OF_THE_BODY = frozenset({b"content-length", b"content-type"})


@dataclass(frozen=True, slots=True)
class Dressed:
    """A kept answer, with the headers of its response but for the one that the clock changes."""

    key: Key
    written: Written
    headers: Headers


class Ready:
    """Answers GET and HEAD from what is kept; all else goes to `app`, which is listened to."""

    def __init__(self, app: ASGIApp, context: Context, kept: Kept, most: int = MOST) -> None:
        self._app, self._context, self._kept, self._most = app, context, kept, most
        self._ways: OrderedDict[Way, Dressed] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        accept, host, known = _headers(scope["headers"], b"accept", b"host", b"if-none-match")
        asked = scope.get("raw_path") or scope["path"].encode(), scope["query_string"], b", ".join(host)
        found = self._found((*asked, None)) or self._found((*asked, b", ".join(accept)))
        if found is None:
            await self._listened((*asked, b", ".join(accept)), scope, receive, send)
            return
        same = bool(known) and is_known(found.written.etag, (each.decode("latin-1") for each in known))
        headers = [
            *found.headers,
            (b"cache-control", found.written.lifetime(self._context.clock.now()).encode()),
        ]
        if same:
            headers = [each for each in headers if each[0] not in _OF_THE_BODY]
        body = b"" if same or scope["method"] == "HEAD" else found.written.content
        await send({"type": "http.response.start", "status": 304 if same else 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _found(self, way: Way) -> Dressed | None:
        """What was answered to who asked this way, if it would be again."""
        found = self._ways.get(way)
        if found is None or self._kept.current(found.key, self._context.place) is not found.written:
            return None
        self._ways.move_to_end(way)
        return found

    async def _listened(self, way: Way, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the router answer, and remember how, if it tells of an answer that is kept."""
        told: list[Told] = []

        async def heard(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200 and told:
                self._remember(way, *told[-1], message["headers"])
            await send(message)

        await self._app({**scope, TOLD: told}, receive, heard)

    def _remember(self, way: Way, key: Key, written: Written, headers: Headers) -> None:
        named = [(name.lower(), value) for name, value in headers]
        varies = any(name == b"vary" and b"accept" in value.lower() for name, value in named)
        fixed = [each for each in named if each[0] != b"cache-control"]
        path, query, host, accept = way
        self._ways[path, query, host, accept if varies else None] = Dressed(key, written, fixed)
        if len(self._ways) > self._most:
            self._ways.popitem(last=False)


def _headers(headers: Iterable[tuple[bytes, bytes]], *names: bytes) -> list[list[bytes]]:
    """The values of each of these headers, by lines."""
    found: dict[bytes, list[bytes]] = {name: [] for name in names}
    for name, value in headers:
        if name in found:
            found[name].append(value)
    return list(found.values())
