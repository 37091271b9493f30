"""The two clients: the same questions, asked by a thread that waits, or by a task that is awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from app.client.exchange import PATIENCE, Exchange, Steps
from app.client.log import Log
from app.client.questions import Questions
from app.client.taking import TIMEOUT, AsyncTaker, Taker
from app.client.ticks import AsyncTicks, Ticks

Asked = ParamSpec("Asked")
Result = TypeVar("Result")

DIRECT: Mapping[str, None] = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}
"""Hosts that no proxy of the environment could reach: this machine."""


def _asking(
    question: Callable[Concatenate[Questions, Asked], Steps[Result]],
) -> Callable[Concatenate[Silkrate, Asked], Result]:
    @wraps(question)
    def ask(client: Silkrate, /, *args: Asked.args, **asked: Asked.kwargs) -> Result:
        return client._taker().take(question(client._questions, *args, **asked))

    return ask


def _awaiting(
    question: Callable[Concatenate[Questions, Asked], Steps[Result]],
) -> Callable[Concatenate[AsyncSilkrate, Asked], Coroutine[Any, Any, Result]]:
    @wraps(question)
    async def ask(client: AsyncSilkrate, /, *args: Asked.args, **asked: Asked.kwargs) -> Result:
        return await client._taker().take(question(client._questions, *args, **asked))

    return ask


def _reading(
    question: Callable[Concatenate[Questions, Asked], Log],
) -> Callable[Concatenate[Silkrate, Asked], Ticks]:
    @wraps(question)
    def read(client: Silkrate, /, *args: Asked.args, **asked: Asked.kwargs) -> Ticks:
        return Ticks(question(client._questions, *args, **asked), client._taker())

    return read


def _reading_async(
    question: Callable[Concatenate[Questions, Asked], Log],
) -> Callable[Concatenate[AsyncSilkrate, Asked], AsyncTicks]:
    @wraps(question)
    def read(client: AsyncSilkrate, /, *args: Asked.args, **asked: Asked.kwargs) -> AsyncTicks:
        return AsyncTicks(question(client._questions, *args, **asked), client._taker())

    return read


class Silkrate:
    """A client of the service at `url`; raises ValueError when that is no http or https URL.

    To be used in `with`, or to be closed; threads may share it. It opens connections of its own unless given
    a `client` of httpx, for a proxy, certificates or another transport, which stays its owner's to close.
    `patience` is how many seconds are waited in all for a service that is busy or out of reach, by `sleep`.
    """

    def __init__(
        self,
        url: str,
        *,
        client: httpx.Client | None = None,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is asked yet."""
        self._questions = Questions(Exchange(url, patience))
        self._owned = client is None
        self._client = client or httpx.Client(timeout=TIMEOUT, mounts=DIRECT)
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, if they are its own."""
        if self._owned:
            self._client.close()

    latest = _asking(Questions.latest)
    history = _asking(Questions.history)
    candles = _asking(Questions.candles)
    change = _asking(Questions.change)
    stats = _asking(Questions.stats)
    convert = _asking(Questions.convert)
    ticker = _asking(Questions.ticker)
    pairs = _asking(Questions.pairs)
    sources = _asking(Questions.sources)
    source = _asking(Questions.source)
    health = _asking(Questions.health)
    ticks = _reading(Questions.ticks)
    follow = _reading(Questions.follow)

    def _taker(self) -> Taker:
        return Taker(self._client, self._sleep)


class AsyncSilkrate:
    """The same as Silkrate, to be awaited: `async with`, `await rates.latest()`, `async for tick in
    rates.ticks()`. `client` is an AsyncClient of httpx.
    """

    def __init__(
        self,
        url: str,
        *,
        client: httpx.AsyncClient | None = None,
        patience: float = PATIENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Nothing is asked yet."""
        self._questions = Questions(Exchange(url, patience))
        self._owned = client is None
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT, mounts=DIRECT)
        self._sleep = sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, if they are its own."""
        if self._owned:
            await self._client.aclose()

    latest = _awaiting(Questions.latest)
    history = _awaiting(Questions.history)
    candles = _awaiting(Questions.candles)
    change = _awaiting(Questions.change)
    stats = _awaiting(Questions.stats)
    convert = _awaiting(Questions.convert)
    ticker = _awaiting(Questions.ticker)
    pairs = _awaiting(Questions.pairs)
    sources = _awaiting(Questions.sources)
    source = _awaiting(Questions.source)
    health = _awaiting(Questions.health)
    ticks = _reading_async(Questions.ticks)
    follow = _reading_async(Questions.follow)

    def _taker(self) -> AsyncTaker:
        return AsyncTaker(self._client, self._sleep)
