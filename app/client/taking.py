"""The steps taken, in the one place that does I/O: by a thread that waits, or by a task that is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import TypeVar, cast

import httpx

from app.client.exchange import Close, Get, Open, Outcome, Read, Step, Steps, Wait

Result = TypeVar("Result")

TIMEOUT = httpx.Timeout(30, connect=5)
"""Seconds for a connection, and for each next piece of an answer: a stream without news has one each 14."""


class Taker:
    """Takes steps by a client of httpx, and waits by `sleep`. Threads may share it until something is opened:
    that is one connection, and one reader's.
    """

    def __init__(self, client: httpx.Client, sleep: Callable[[float], None]) -> None:
        """Nothing is open yet."""
        self._client, self._sleep = client, sleep
        self._opened: httpx.Response | None = None
        self._parts: Iterator[bytes] = iter(())

    def take(self, steps: Steps[Result]) -> Result:
        """What comes of all steps in the end."""
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return cast(Result, end.value)
            try:
                outcome = self._take(step)
            except httpx.RequestError as error:
                outcome = error

    def _take(self, step: Step) -> Outcome:
        match step:
            case Wait(seconds):
                self._sleep(seconds)
                return None
            case Get(url, headers):
                return self._client.get(url, headers=headers, follow_redirects=True)
            case Open():
                return self._open(step)
            case Read():
                return next(self._parts, b"")
            case Close():
                self._close()
                return None

    def _open(self, step: Open) -> httpx.Response:
        self._close()
        request = self._client.build_request("GET", step.url, headers=step.headers, timeout=TIMEOUT)
        self._opened = response = self._client.send(request, stream=True, follow_redirects=True)
        self._parts = response.iter_bytes()
        if response.status_code != HTTPStatus.OK:
            response.read()
        return response

    def _close(self) -> None:
        if self._opened:
            self._opened.close()
        self._opened, self._parts = None, iter(())


class AsyncTaker:
    """The same, awaited. Who is cancelled while it reads finds what was read meanwhile by the next step."""

    def __init__(self, client: httpx.AsyncClient, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Nothing is open yet."""
        self._client, self._sleep = client, sleep
        self._opened: httpx.Response | None = None
        self._parts: AsyncIterator[bytes] = _nothing()
        self._reading: asyncio.Task[bytes] | None = None

    async def take(self, steps: Steps[Result]) -> Result:
        """What comes of all steps in the end."""
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return cast(Result, end.value)
            try:
                outcome = await self._take(step)
            except httpx.RequestError as error:
                outcome = error

    async def _take(self, step: Step) -> Outcome:
        match step:
            case Wait(seconds):
                await self._sleep(seconds)
                return None
            case Get(url, headers):
                return await self._client.get(url, headers=headers, follow_redirects=True)
            case Open():
                return await self._open(step)
            case Read():
                return await self._read()
            case Close():
                await self._close()
                return None

    async def _open(self, step: Open) -> httpx.Response:
        await self._close()
        request = self._client.build_request("GET", step.url, headers=step.headers, timeout=TIMEOUT)
        self._opened = response = await self._client.send(request, stream=True, follow_redirects=True)
        self._parts = response.aiter_bytes()
        if response.status_code != HTTPStatus.OK:
            await response.aread()
        return response

    async def _read(self) -> bytes:
        self._reading = self._reading or asyncio.create_task(_next(self._parts))
        part = await asyncio.shield(self._reading)
        self._reading = None
        return part

    async def _close(self) -> None:
        if self._reading:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
        if self._opened:
            await self._opened.aclose()
        self._opened, self._parts = None, _nothing()


async def _next(parts: AsyncIterator[bytes]) -> bytes:
    return await anext(parts, b"")


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield
