"""Both clients, asked alike: whatever one does, the other does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from threading import Thread
from typing import Any, Protocol, TypeAlias, cast

import httpx
import pytest

from app.client import AsyncSilkrate, AsyncTicks, Silkrate, Ticks
from app.context import Context
from app.web.app import create_app
from app.web.models.ticker import TickFields
from tests.web.conftest import fill, made, served

URL = "http://rates.test"


@dataclass
class Parts(httpx.SyncByteStream, httpx.AsyncByteStream):
    """What comes in parts, and then ends, or breaks off with an error."""

    parts: Sequence[bytes]
    error: httpx.RequestError | None = None
    closed: bool = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts
        if self.error:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part

    def close(self) -> None:
        """Note it."""
        self.closed = True

    async def aclose(self) -> None:
        """Note it."""
        self.closed = True


Reply: TypeAlias = httpx.Response | httpx.RequestError | Parts


@dataclass(frozen=True)
class Handed(Iterator[TickFields]):
    """The ticks that a client of either kind hands out, what is awaited being awaited by `run`."""

    ticks: Ticks | AsyncTicks
    run: Callable[[Any], Any] = asyncio.run

    def __next__(self) -> TickFields:
        if isinstance(self.ticks, Ticks):
            return next(self.ticks)
        try:
            return cast(TickFields, self.run(anext(self.ticks)))
        except StopAsyncIteration:
            raise StopIteration from None

    def seqs(self, count: int) -> list[int]:
        """The numbers of the next ticks."""
        return [tick.seq for tick in islice(self, count)]

    @property
    def cursor(self) -> str | None:
        """Its cursor."""
        return self.ticks.cursor

    def close(self) -> None:
        """Close it."""
        if isinstance(self.ticks, Ticks):
            self.ticks.close()
        else:
            self.run(self.ticks.aclose())


class Asks(Protocol):
    """A client that answers at once, whichever kind it is; ticks are Handed."""

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

    def stream(self, *parts: bytes, then: httpx.RequestError | None = None) -> Parts:
        """Reply so next: a stream of these parts, which then ends, or breaks off."""
        self.replies.append(Parts(parts, then))
        return cast(Parts, self.replies[-1])

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The next reply."""
        self.asked.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, httpx.RequestError):
            raise reply
        if isinstance(reply, Parts):
            return httpx.Response(200, stream=reply, headers={"Content-Type": "text/event-stream"})
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
            return Handed(found) if isinstance(found, Ticks) else found

        yield ask


@contextmanager
def awaited(url: str, bed: Bed, transport: Any = None) -> Iterator[Asks]:
    """The client that is awaited."""
    http = httpx.AsyncClient(transport=transport, trust_env=False)
    rates = AsyncSilkrate(url, client=http, sleep=bed.sleep_async)

    with asyncio.Runner() as runner:

        def ask(question: str, *args: Any, **asked: Any) -> Any:
            found = getattr(rates, question)(*args, **asked)
            return Handed(found, runner.run) if isinstance(found, AsyncTicks) else runner.run(found)

        yield ask
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
