"""The two clients: the same questions, asked by a thread that waits, or by a task that is awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, Self, TypeVar, cast

import httpx

from app.client.exchange import PATIENCE, Exchange, Get, Outcome, Step, Steps
from app.client.questions import Questions
from app.web.models.ticker import TickFields

Asked = ParamSpec("Asked")
Result = TypeVar("Result")

TIMEOUT = httpx.Timeout(30, connect=5)
"""Seconds for a connection, and for each next piece of an answer."""

DIRECT: Mapping[str, None] = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}
"""Hosts that no proxy of the environment could reach: this machine."""


def _asking(
    question: Callable[Concatenate[Questions, Asked], Steps[Result]],
) -> Callable[Concatenate[Silkrate, Asked], Result]:
    @wraps(question)
    def ask(client: Silkrate, /, *args: Asked.args, **asked: Asked.kwargs) -> Result:
        return client._follow(question(client._questions, *args, **asked))

    return ask


def _awaiting(
    question: Callable[Concatenate[Questions, Asked], Steps[Result]],
) -> Callable[Concatenate[AsyncSilkrate, Asked], Coroutine[Any, Any, Result]]:
    @wraps(question)
    async def ask(client: AsyncSilkrate, /, *args: Asked.args, **asked: Asked.kwargs) -> Result:
        return await client._follow(question(client._questions, *args, **asked))

    return ask


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
    _page = _asking(Questions.ticks)

    def ticks(
        self,
        after: str | None = None,
        *,
        pairs: Iterable[str] | None = None,
        only: Literal["changes"] | None = None,
        min_change_pct: Decimal | str | None = None,
    ) -> Iterator[TickFields]:
        """Every tick after a cursor, or from the first on, oldest first, up to the end of the log as it is
        when the iterator comes there. Asks for a page when it is needed.
        """
        asked = {"pairs": pairs and list(pairs), "only": only, "min_change_pct": min_change_pct}
        while True:
            page = self._page(after=after, **asked)
            yield from page.ticks
            if page.next is None:
                return
            after = page.next

    def _follow(self, steps: Steps[Result]) -> Result:
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return cast(Result, end.value)
            outcome = self._take(step)

    def _take(self, step: Step) -> Outcome:
        if not isinstance(step, Get):
            self._sleep(step.seconds)
            return None
        try:
            return self._client.get(step.url, headers=step.headers, follow_redirects=True)
        except httpx.RequestError as error:
            return error


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
    _page = _awaiting(Questions.ticks)

    async def ticks(
        self,
        after: str | None = None,
        *,
        pairs: Iterable[str] | None = None,
        only: Literal["changes"] | None = None,
        min_change_pct: Decimal | str | None = None,
    ) -> AsyncIterator[TickFields]:
        """Every tick after a cursor, as `Silkrate.ticks` has them."""
        asked = {"pairs": pairs and list(pairs), "only": only, "min_change_pct": min_change_pct}
        while True:
            page = await self._page(after=after, **asked)
            for tick in page.ticks:
                yield tick
            if page.next is None:
                return
            after = page.next

    async def _follow(self, steps: Steps[Result]) -> Result:
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return cast(Result, end.value)
            outcome = await self._take(step)

    async def _take(self, step: Step) -> Outcome:
        if not isinstance(step, Get):
            await self._sleep(step.seconds)
            return None
        try:
            return await self._client.get(step.url, headers=step.headers, follow_redirects=True)
        except httpx.RequestError as error:
            return error
