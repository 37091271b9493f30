"""Tables that are sent while they are read: a part at a time, in as much memory as one takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from time import monotonic

import structlog
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from app.domain.answers import Answer
from app.domain.table import Table
from app.web.coding import Coding, compressor
from app.web.limits import LONGEST, STALLED, Gate

log = structlog.get_logger("silkrate.web")


class Reading:
    """One table as it is read, from a view of the record that is held until its end. Its methods block, and
    are called one after the other, from whatever thread.
    """

    def __init__(
        self,
        answering: AbstractContextManager[Answer[Table]],
        write: Callable[[Table], Iterator[bytes]],
    ) -> None:
        self._answering, self._write = answering, write
        self._held = ExitStack()
        self._parts: Iterator[bytes] = iter(())
        self.answer: Answer[Table]
        self.ended = False

    def begin(self, most: int) -> bytes:
        """The first parts, until they are more than `most` bytes or all. Raises what the question raises."""
        beginning = bytearray()
        try:
            self.answer = self._held.enter_context(self._answering)
            self._parts = self._write(self.answer.body)
            while len(beginning) <= most and not self.ended:
                beginning += self.next()
        except BaseException:
            self.end()
            raise
        return bytes(beginning)

    def next(self) -> bytes:
        """The next part; at the end nothing, and the view is given back."""
        try:
            part = next(self._parts, None)
        except BaseException:
            self.end()
            raise
        if part is None:
            self.end()
        return part or b""

    def end(self) -> None:
        """Give the view back."""
        self.ended = True
        self._held.close()


class Streamed(Response):
    """Sends what was read of a table, and what is. A reader who takes nothing is left; what goes wrong ends
    the transfer without its last chunk, by which the reader knows that it is not whole.
    """

    def __init__(
        self,
        reading: Reading,
        beginning: bytes,
        gate: Gate,
        headers: Mapping[str, str],
        media_type: str,
        coding: Coding | None,
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        del self.headers["content-length"]
        self._reading, self._beginning, self._gate = reading, beginning, gate
        self._compressor = compressor(coding) if coding else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        gone, deadline = Request(scope, receive).is_disconnected, monotonic() + LONGEST
        part = self._beginning
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while not self._reading.ended:
                await self._send(send, part)
                if await gone():
                    return
                if monotonic() > deadline:
                    raise TimeoutError(f"it takes longer than {LONGEST} s")
                part = await run_in_threadpool(self._reading.next)
            await self._send(send, part, last=True)
        except Exception as error:
            log.warning("a table was not sent to its end", path=scope["path"], error=str(error))
            raise
        finally:
            # Also when this is cancelled: the view must be given back before anybody else has the gate.
            await asyncio.shield(run_in_threadpool(self._reading.end))
            self._gate.leave()

    async def _send(self, send: Send, part: bytes, *, last: bool = False) -> None:
        if self._compressor:
            part = await run_in_threadpool(self._coded, part, last)
        async with asyncio.timeout(STALLED):
            await send({"type": "http.response.body", "body": part, "more_body": not last})

    def _coded(self, part: bytes, last: bool) -> bytes:
        assert self._compressor
        coded = self._compressor.compress(part)
        return coded + self._compressor.flush() if last else coded
