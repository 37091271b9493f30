"""Tables that are sent while they are read: a part at a time, in as much memory as one takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from threading import RLock
from time import monotonic

import structlog
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from app.domain.answers import Answer
from app.domain.table import Table
from app.web.coding import Coding, compressor
from app.web.limits import LEAST, LONGEST, STALLED, Gate, Limits

log = structlog.get_logger("silkrate.web")


class Reading:
    """One table as it is read, from a view of the record that is held until its end. Its methods block, and
    may be called in whatever thread: one of them waits for another.
    """

    def __init__(
        self,
        answering: AbstractContextManager[Answer[Table]],
        write: Callable[[Table], Iterator[bytes]],
    ) -> None:
        self._answering, self._write = answering, write
        self._held, self._alone = ExitStack(), RLock()
        self._parts: Iterator[bytes] = iter(())
        self.answer: Answer[Table]
        self.ended = False

    def begin(self, most: int) -> bytes:
        """The first parts, until they are more than `most` bytes or all. Raises what the question raises."""
        beginning = bytearray()
        with self._reading():
            if not self.ended:
                self.answer = self._held.enter_context(self._answering)
                self._parts = self._write(self.answer.body)
            while len(beginning) <= most and not self.ended:
                beginning += self.next()
        return bytes(beginning)

    def next(self) -> bytes:
        """The next part; at the end nothing, and the view is given back."""
        with self._reading():
            part = None if self.ended else next(self._parts, None)
            if part is None:
                self.end()
            return part or b""

    def end(self) -> None:
        """Give the view back, as soon as nobody reads a part from it."""
        self.ended = True  # told at once to who still reads
        with self._alone:
            self._held.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._alone:
            try:
                yield
            except BaseException:
                self.end()
                raise


def given_back(reading: Reading, gate: Gate | None = None) -> asyncio.Future[None]:
    """Give the view back, and then the place inside: nobody else is to have it before. Both happen, whether
    anybody waits for it or not.
    """
    ending = asyncio.ensure_future(run_in_threadpool(reading.end))
    if gate:
        ending.add_done_callback(lambda ended: gate.leave())
    return ending


class Left(Exception):
    """Nobody takes the rest of a table: its reader is `gone`, or too `slow` to be waited for."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


class Streamed(Response):
    """Sends what was read of a table, and what is. A reader who takes nothing, or next to nothing, is left;
    what goes wrong ends the transfer without its last chunk, by which the reader knows that it is not whole.
    """

    def __init__(
        self,
        reading: Reading,
        beginning: bytes,
        limits: Limits,
        headers: Mapping[str, str],
        media_type: str,
        coding: Coding | None,
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        del self.headers["content-length"]
        self._reading, self._beginning, self._limits = reading, beginning, limits
        self._taken, self._waited = 0, 0.0
        self._compressor = compressor(coding) if coding else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        try:
            await self._send_all(scope, receive, send)
        except Left as left:
            # Not raised: the server closes what ends early, and would tell of a fault of ours.
            self._limits.broken[left.cause] += 1
            log.info("a table was not taken to its end", path=scope["path"], reason=str(left))
        except Exception as error:
            self._limits.broken["failed"] += 1
            log.warning("a table was not sent to its end", path=scope["path"], error=str(error))
            raise
        finally:
            await asyncio.shield(given_back(self._reading, self._limits.tables))

    async def _send_all(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone, deadline = Request(scope, receive).is_disconnected, monotonic() + LONGEST
        part = self._beginning
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while not self._reading.ended:
            await self._send(send, part)
            if await gone():
                raise Left("gone", "its reader went")
            if monotonic() > deadline:
                raise Left("slow", f"it takes longer than {LONGEST} s")
            part = await self._limits.parts.run(self._reading.next)
        await self._send(send, part, last=True)

    async def _send(self, send: Send, part: bytes, *, last: bool = False) -> None:
        if self._compressor:
            part = await self._limits.parts.run(partial(self._coded, part, last))
        begun = monotonic()
        try:
            async with asyncio.timeout(STALLED):
                await send({"type": "http.response.body", "body": part, "more_body": not last})
        except TimeoutError as error:
            raise Left("slow", f"its reader took nothing for {STALLED} s") from error
        self._taken += len(part)
        self._waited += monotonic() - begun
        if self._waited > STALLED and self._taken < LEAST * self._waited:
            raise Left("slow", f"its reader took {self._taken} bytes in {self._waited:.0f} s")

    def _coded(self, part: bytes, last: bool) -> bytes:
        assert self._compressor
        coded = self._compressor.compress(part)
        return coded + self._compressor.flush() if last else coded
