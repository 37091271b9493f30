"""Ready answers, past the router: who asks what was answered before, and would be answered so again, gets the
bytes in plain ASGI, without waking the framework.

What holds, and for how long, is decided where answers are kept; here stands only how a request that was
answered looked, as it came in, and the headers that went out with its answer.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.context import Context
from app.web.cache import is_known, steady_until
from app.web.kept import Kept, Key, Written

MOST = 4_000
"""Ways of asking that are remembered, at about 2 KB: those asked for longest ago make room."""

TOLD = "silkrate.told"
"""Where in the scope of a request the router tells which kept answer it gives: a list, empty at first."""

Told: TypeAlias = tuple[Key, Written]
Headers: TypeAlias = list[tuple[bytes, bytes]]
Way: TypeAlias = tuple[bytes, bytes, bytes, bytes | None]
"""A way of asking: path, query, host, and Accept where the answer depends on it, else None."""

_OF_THE_BODY = frozenset({b"content-length", b"content-type"})


@dataclass(frozen=True, slots=True)
class Dressed:
    """A kept answer and the headers of its response: `steady` ones until the end of the answer is near, and
    then `fixed` ones beside the one that the clock changes.
    """

    key: Key
    written: Written
    fixed: Headers
    steady: Headers
    until: datetime | None

    def headers(self, now: datetime) -> Headers:
        """Those of a response at `now`."""
        if self.until is None or now < self.until:
            return self.steady
        return [*self.fixed, _cache_control(self.written, now)]


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
        way, known = _asked(scope)
        now = self._context.clock.now()
        found = self._found((way[0], way[1], way[2], None), now) or self._found(way, now)
        if found is None:
            await self._listened(way, scope, receive, send)
            return
        status, headers, body = 200, found.headers(now), found.written.content
        if known and is_known(found.written.etag, known):
            status, headers, body = 304, [each for each in headers if each[0] not in _OF_THE_BODY], b""
        elif scope["method"] == "HEAD":
            body = b""
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _found(self, way: Way, now: datetime) -> Dressed | None:
        """What was answered to who asked this way, if it would be again."""
        found = self._ways.get(way)
        if found is None or self._kept.current(found.key, self._context.place, now) is not found.written:
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
        fixed = [each for each in named if each[0] != b"cache-control"]
        path, query, host, accept = way
        asked = path, query, host, accept if any(name == b"vary" for name, _ in named) else None
        until = None if written.forever else steady_until(written.answer)
        endless = replace(written, answer=replace(written.answer, valid_until=None))
        steady = [*fixed, _cache_control(endless, self._context.clock.now())]
        self._ways[asked] = Dressed(key, written, fixed, steady, until)
        if len(self._ways) > self._most:
            self._ways.popitem(last=False)


def _asked(scope: Scope) -> tuple[Way, list[str]]:
    """The way of asking, and what If-None-Match says."""
    host, accept, known = b"", b"", list[str]()
    for name, value in scope["headers"]:
        if name == b"host":
            host = value
        elif name == b"accept":
            accept = accept + b"," + value if accept else value
        elif name == b"if-none-match":
            known.append(value.decode("latin-1"))
    path = scope.get("raw_path") or scope["path"].encode()
    return (path, scope["query_string"], host, accept), known


def _cache_control(written: Written, now: datetime) -> tuple[bytes, bytes]:
    return b"cache-control", written.lifetime(now).encode()
