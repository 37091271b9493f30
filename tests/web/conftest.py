"""The service over a real store, asked as a client would."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from app.context import Context, opened
from app.domain.errors import BadStatus
from app.domain.observations import Observation
from app.ingest.record import advance, fail, record
from app.settings import Settings
from app.web.app import create_app
from app.web.stream import Streaming
from tests.fakes import FakeClock
from tests.said import at, nbkr, paged
from tests.stores import fresh_url

NOW = at("2026-05-21 06:00")
"""Thursday noon in Bishkek: today's rate came yesterday, tomorrow's is not due before the afternoon."""

PUBLISHED = (("2026-05-19 10:30", "2026-05-20", "87.4314"), ("2026-05-20 10:30", "2026-05-21", "87.4500"))
"""When it was fetched, the day it is for, and som per dollar."""


@dataclass(frozen=True)
class Client:
    """Asks the application in this process, a request at a time, and never raises what it fails with."""

    app: ASGIApp
    base_url: str = "http://rates.test"

    def request(self, method: str, path: str, **headers: str) -> httpx.Response:
        """The response; `if_none_match='"x"'` is the header If-None-Match."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self._send(httpx.Request(method, self.base_url + path, headers=named)))

    async def ask(self, path: str) -> httpx.Response:
        """The response to GET, inside a running event loop."""
        return await self._send(httpx.Request("GET", self.base_url + path))

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The response to GET."""
        return self.request("GET", path, **headers)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        response = await transport.handle_async_request(request)
        await response.aread()
        return response


def lasting(response: httpx.Response) -> dict[str, str]:
    """The headers that another response to the same question has, too: all but the id of the request."""
    return {name: value for name, value in response.headers.items() if name != "x-request-id"}


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service that has recorded what `fill` does. Shared: nothing is recorded after that, and
    its clock stands.
    """
    with made(tmp_path_factory.mktemp("full")) as context:
        fill(context)
        yield Client(create_app(context))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The same of a service whose rates are simulated."""
    with made(tmp_path_factory.mktemp("simulated"), simulated=True) as context:
        fill(context)
        yield Client(create_app(context))


@pytest.fixture
def clock() -> FakeClock:
    """Stands at NOW until a test moves it."""
    return FakeClock(NOW)


@pytest.fixture
def context(tmp_path: Path, clock: FakeClock) -> Iterator[Context]:
    """A context over an empty store, for a test to fill."""
    with made(tmp_path, clock) as context:
        yield context


@pytest.fixture
def client(context: Context) -> Client:
    """A client of that context."""
    return Client(create_app(context))


@contextmanager
def made(
    folder: Path, clock: FakeClock | None = None, *, url: str | None = None, **settings: Any
) -> Iterator[Context]:
    """A context over an empty store in `folder`, or at `url`."""
    chosen = Settings(database_url=url or fresh_url(folder), **settings)
    with opened(chosen, clock or FakeClock(NOW)) as context:
        yield context


def say(context: Context, *observations: Observation, when: str) -> None:
    """Record observations as if it were `when`."""
    record(context.store, context.catalog, observations, at(when))


def decree(context: Context) -> list[Observation]:
    """What the peg says."""
    decreed = context.catalog["peg"].decreed
    assert decreed
    return decreed(at("2026-05-19 10:00"))


def fill(context: Context) -> None:
    """Record the days that most tests ask about, up to NOW."""
    say(context, *decree(context), when="2026-05-19 10:00")
    say(context, paged("2025-01-07", "KZT/USD", "0.00189", "-0.22"), when="2026-05-19 10:01")
    for fetched, day, value in PUBLISHED:
        say(context, nbkr(day, value, fetched_at=at(fetched)), when=fetched)
    advance(context.store, context.catalog, NOW)


def break_nbkr(context: Context, when: str = "2026-05-21 05:00") -> None:
    """Let a poll of the Kyrgyz bank fail."""
    fail(context.store, BadStatus("nbkr", "https://www.nbkr.kg/XML/daily.xml answered 502"), at(when))


@dataclass(frozen=True)
class BrokenStore:
    """A store that cannot be read."""

    error: Exception
    seen = None

    @contextmanager
    def read(self, known: int | None = None) -> Iterator[Any]:
        """Raise the error."""
        raise self.error
        yield


def broken(context: Context, error: Exception) -> Client:
    """A client of a service whose store raises `error`."""
    return Client(create_app(replace(context, store=BrokenStore(error))))  # type: ignore[arg-type]  # only read


class Served(uvicorn.Server):
    """The server, which ends what would not end by itself before it stops."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in order."""
        if isinstance(self.config.app, Streaming):
            self.config.app.close()
        await super().shutdown(sockets)


@contextmanager
def served(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """The address at which a real server answers for `app`, on loopback."""
    listener = socket.create_server(("127.0.0.1", port))
    server = Served(uvicorn.Config(app, lifespan="on", log_config=None, server_header=False))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
