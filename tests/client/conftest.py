"""Both clients, asked alike: whatever one does, the other does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any, Protocol, TypeAlias

import httpx
import pytest

from app.client import AsyncSilkrate, Silkrate
from app.context import Context
from app.web.app import create_app
from tests.web.conftest import fill, made, served

URL = "http://rates.test"

Reply: TypeAlias = httpx.Response | httpx.RequestError


class Asks(Protocol):
    """A client that answers at once, whichever kind it is; ticks are listed."""

    def __call__(self, question: str, *args: Any, **asked: Any) -> Any:
        """The answer to the method named `question`."""


@dataclass
class Service(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A service that gives the replies it was told to, the last one for ever, and notes what it was asked."""

    replies: list[Reply] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)

    def tell(self, content: str | bytes, status: int = 200, **headers: str) -> None:
        """Reply so next; `retry_after="3"` is the header Retry-After."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.replies.append(httpx.Response(status, content=content, headers=named))

    def fail(self, error: httpx.RequestError) -> None:
        """Fail so next."""
        self.replies.append(error)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The next reply."""
        self.asked.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, httpx.RequestError):
            raise reply
        return httpx.Response(reply.status_code, content=reply.content, headers=reply.headers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The same, awaited."""
        return self.handle_request(request)


@dataclass
class Bed:
    """Where a client sleeps: no time passes, and how long it would have been is noted."""

    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        self.slept.append(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """The same, awaited."""
        self.slept.append(seconds)


@contextmanager
def waiting(url: str, bed: Bed, transport: Any = None) -> Iterator[Asks]:
    """The client that waits."""
    with (
        httpx.Client(transport=transport, trust_env=False) as http,
        Silkrate(url, client=http, sleep=bed.sleep) as rates,
    ):

        def ask(question: str, *args: Any, **asked: Any) -> Any:
            found = getattr(rates, question)(*args, **asked)
            return list(found) if question == "ticks" else found

        yield ask


@contextmanager
def awaited(url: str, bed: Bed, transport: Any = None) -> Iterator[Asks]:
    """The client that is awaited."""
    http = httpx.AsyncClient(transport=transport, trust_env=False)
    rates = AsyncSilkrate(url, client=http, sleep=bed.sleep_async)

    async def listed(question: str, *args: Any, **asked: Any) -> Any:
        found = getattr(rates, question)(*args, **asked)
        return [tick async for tick in found] if question == "ticks" else await found

    with asyncio.Runner() as runner:
        yield lambda question, *args, **asked: runner.run(listed(question, *args, **asked))
        runner.run(http.aclose())


CLIENTS: Mapping[str, Callable[..., Any]] = {"waiting": waiting, "awaited": awaited}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """What makes a client of either kind."""
    return CLIENTS[request.param]


@pytest.fixture
def service() -> Service:
    """A service for a test to tell what to reply."""
    return Service()


@pytest.fixture
def bed() -> Bed:
    """Where the client of `asks` sleeps."""
    return Bed()


@pytest.fixture
def asks(client: Callable[..., Any], service: Service, bed: Bed) -> Iterator[Asks]:
    """A client of that service."""
    with client(URL, bed, service) as asks:
        yield asks


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A context with what `fill` records. Shared: nothing is recorded after that."""
    with made(tmp_path_factory.mktemp("full")) as context:
        fill(context)
        yield context


@pytest.fixture(scope="session")
def address(full: Context) -> Iterator[str]:
    """Where a real server answers from it."""
    with served(create_app(full)) as url:
        yield url


@pytest.fixture
def rates(client: Callable[..., Any], address: str, bed: Bed) -> Iterator[Asks]:
    """A client of that server."""
    with client(address, bed) as asks:
        yield asks


@contextmanager
def hanging_up(written: bytes) -> Iterator[str]:
    """The address of a server that answers each connection with these bytes, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed
                return
            with connection:
                connection.recv(65536)
                connection.sendall(written)

    thread = Thread(target=answer)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def table(*rows: Sequence[str], header: Sequence[str]) -> str:
    """A table as the service writes it."""
    return "".join(",".join(row) + "\r\n" for row in (header, *rows))
