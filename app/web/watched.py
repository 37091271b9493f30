"""Every request of the router has an id, which all that is logged about it carries; it is counted, and logged
itself: one layer of plain ASGI.

Nothing is noted of who asks, nor what they ask beyond the path. HEAD is here the GET that it is answered by.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from secrets import token_hex
from time import perf_counter_ns

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.counting import SECOND, Counts

log = structlog.get_logger("silkrate.web")

REQUEST_ID = "X-Request-Id"

WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""An id that is taken from whoever asks: it stands in logs."""

SLOW = SECOND
"""Nanoseconds from which a request is told of where others are not."""

NOWHERE = "none"
"""The route of what no route fits: paths are without number."""


class Watched:
    """Hands requests on to `app`, and counts and logs how they went."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self._app, self._counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status, request_id = perf_counter_ns(), 500, _id(scope["headers"])

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        # Never unbound: each request is a task of its own, and what the server logs of it comes after this.
        structlog.contextvars.bind_contextvars(request=request_id)
        self._counts.in_flight += 1
        try:
            await self._app(scope, receive, seen)
        finally:
            self._counts.in_flight -= 1
            self._note(scope, status, perf_counter_ns() - begun)

    def _note(self, scope: Scope, status: int, nanoseconds: int) -> None:
        self._counts.answered(getattr(scope.get("route"), "path", NOWHERE), status, nanoseconds)
        level = logging.DEBUG
        if status == 500:
            level = logging.ERROR
        elif nanoseconds >= SLOW:
            level = logging.INFO
        path, ms = scope["path"], nanoseconds // (SECOND // 1000)
        log.log(level, "answered", method=scope["method"], path=path, status=status, ms=ms)


def _id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id that the request has already, or a new one."""
    given = Headers(raw=list(headers)).get(REQUEST_ID, "")
    return given if WELL_FORMED.fullmatch(given) else token_hex(8)
