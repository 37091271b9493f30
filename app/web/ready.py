"""Ready answers, past the router: who asks what was answered before, and would be answered so again, gets the
bytes in plain ASGI, without waking the framework.

What holds, and for how long, is decided where answers are kept; here stands only how a request that was
answered looked, as it came in, and the headers that went out with its answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.context import Context
from app.web.cache import is_known, steady_until
from app.web.coding import Coding, chosen
from app.web.counting import Counts
from app.web.kept import Entry, Written

MOST = 4_000
"""Ways of asking that are remembered, at about 2 KB: those learnt longest ago make room. To learn one anew
takes one question through the router; to note which are used would take its part of each answer.
"""

TOLD = "silkrate.told"
"""Where in the scope of a request the router tells which entry keeps its answer: a list, empty at first."""

Headers: TypeAlias = list[tuple[bytes, bytes]]
Named: TypeAlias = Mapping[bytes, bytes]
Way: TypeAlias = tuple[str, bytes, bytes, bytes, Coding | None, bytes | None]
"""A way of asking: scheme, path, query, host, the coding that is liked best, and Accept where the answer
depends on it, else None.
"""

LONGEST = 2_000
"""Bytes of a way that is remembered: what takes more is an oddity, or meant to fill the memory."""

READING = frozenset({"GET", "HEAD"})

_OF_THE_BODY = frozenset({b"content-encoding", b"content-length", b"content-type"})
_OF_THE_REQUEST = frozenset({b"cache-control", b"x-request-id"})


@dataclass(frozen=True, slots=True)
class Dressed:
    """The headers of a kept answer: those of 200 and of 304 that are right until the end of the answer is
    near, and then `fixed` ones beside the one that the clock changes.
    """

    entry: Entry
    etag: bytes
    fixed: Headers
    whole: Headers
    unchanged: Headers
    until: datetime | None

    def is_known(self, asked: Named) -> bool:
        """Whether the asker has these bytes; most name them as they were named."""
        tags = asked.get(b"if-none-match")
        if tags is None:
            return False
        return tags == self.etag or is_known(self.etag.decode(), [tags.decode("latin-1")])

    def ending(self, written: Written, now: datetime) -> tuple[Headers, Headers]:
        """Those of 200 and of 304 at `now`, after `until`."""
        headers = [*self.fixed, _cache_control(written, now)]
        return headers, _bodiless(headers)


class Ready:
    """Answers GET and HEAD from what is kept; all else goes to `app`, which is listened to."""

    def __init__(self, app: ASGIApp, context: Context, counts: Counts, most: int = MOST) -> None:
        self._app, self._counts, self._most = app, counts, most
        self._now, self._store = context.clock.now, context.store
        self._ways: OrderedDict[Way, Dressed] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] != "http" or scope["method"] not in READING:
            await self._app(scope, receive, send)
            return
        asked = _by_name(scope["headers"])
        way = _way(scope, asked)
        found = self._ways.get(way) or self._ways.get(_by_accept(way, asked))
        now = self._now()
        if found is None or (written := found.entry.current(self._store.seen, now)) is None:
            await self._listened(way, asked, scope, receive, send)
            return
        self._counts.ready += 1
        headers, unchanged = found.whole, found.unchanged
        if found.until is not None and now >= found.until:
            headers, unchanged = found.ending(written, now)
        status, body = 200, written.content if scope["method"] == "GET" else b""
        if found.is_known(asked):
            self._counts.unchanged += 1
            status, headers, body = 304, unchanged, b""
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _listened(self, way: Way, asked: Named, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the router answer, and remember how, if it tells of an answer that is kept."""
        told: list[Entry] = []

        async def heard(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200 and told:
                self._remember(way, asked, told[-1], message["headers"])
            await send(message)

        await self._app({**scope, TOLD: told}, receive, heard)

    def _remember(self, way: Way, asked: Named, entry: Entry, headers: Iterable[tuple[bytes, bytes]]) -> None:
        if (written := entry.written) is None:
            return
        named = [(name.lower(), value) for name, value in headers]
        varies = [each for name, value in named if name == b"vary" for each in _elements(value)]
        if b"accept-language" in varies:
            return  # what a browser says of that is not looked at here
        if b"accept" in varies:
            way = _by_accept(way, asked)
        if sum(map(len, filter(None, way))) > LONGEST:
            return
        fixed = [each for each in named if each[0] not in _OF_THE_REQUEST]
        until = None if written.forever else steady_until(written.answer)
        endless = replace(written, answer=replace(written.answer, valid_until=None))
        whole = [*fixed, _cache_control(endless, self._now())]
        tag = written.etag.encode()
        self._ways[way] = Dressed(entry, tag, fixed, whole, _bodiless(whole), until)
        if len(self._ways) > self._most:
            self._ways.popitem(last=False)


def _way(scope: Scope, asked: Named) -> Way:
    """The way of asking, as that of what does not depend on Accept."""
    takes = asked.get(b"accept-encoding")
    coding = chosen(takes.decode("latin-1")) if takes else None
    return (
        scope.get("scheme", "http"),
        scope.get("raw_path") or scope["path"].encode(),
        scope["query_string"],
        asked.get(b"host", b""),
        coding,
        None,
    )


def _by_accept(way: Way, asked: Named) -> Way:
    return (*way[:5], asked.get(b"accept", b""))


def _elements(header: bytes) -> list[bytes]:
    return [each.strip() for each in header.lower().split(b",")]


def _by_name(headers: Sequence[tuple[bytes, bytes]]) -> Named:
    """The headers of a request, those of several lines as one (RFC 9110, 5.3)."""
    named = dict(headers)
    if len(named) < len(headers):
        named = {name: b",".join(value for each, value in headers if each == name) for name in named}
    return named


def _bodiless(headers: Headers) -> Headers:
    return [each for each in headers if each[0] not in _OF_THE_BODY]


def _cache_control(written: Written, now: datetime) -> tuple[bytes, bytes]:
    return b"cache-control", written.lifetime(now).encode()
