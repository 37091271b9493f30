"""What readers ask most, in requests a second, beside ten lines of ASGI that answer with the bytes ready.

Both are processes of their own on the same server, asked over one connection that stays open, in bursts by
turns. 304 is the answer to whoever has those bytes already; through the router goes who asks in a way in
which nobody asked before, here another host each time, and to the record who asks what nobody asked.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from app.clock import SystemClock
from app.context import opened
from app.domain.calendar import day_of
from app.ingest.record import record
from app.settings import PREFIX, Settings
from bench.measuring import Contender, Row, compared, in_turn, show
from bench.measuring.days import bank, page
from tests.demo import running
from tests.said import BISHKEK

REPEATS, BURST = 50, 20
"""Bursts, and requests in each."""

END = b"\r\n\r\n"
LENGTH = re.compile(rb"(?i)^content-length: (\d+)", re.M)
ETAG = re.compile(rb"(?i)^etag: (\S+)", re.M)
PATHS = ("/v1/latest", "/v1/ticker", "/v1/ticker.txt")


def main(repeats: int = REPEATS) -> None:
    with TemporaryDirectory() as folder, ExitStack() as opening:
        url = f"sqlite:///{folder}/silkrate.db"
        fill(url)
        ours = opening.enter_context(connected(url, "app", "serve", "--no-poll", "--port", "0"))
        rows: list[Row] = []
        for number, path in enumerate(PATHS):
            kept = Path(folder, f"response{number}")
            kept.write_bytes(answer := ask(ours, asking(path), b"200"))
            least = opening.enter_context(connected(url, "bench.measuring.constant", str(kept)))
            asked = {f"{path}: the bytes, ready": burst(least, asking(path)), **ready(ours, path, answer)}
            asked |= {} if rows else cold(ours, path)
            rows += compared(a_second(in_turn(asked, repeats)))
    show(__doc__, "requests/s", rows)


def a_second(taken: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Requests a second, from the milliseconds of bursts."""
    return {name: [BURST * 1000 / ms for ms in times] for name, times in taken.items()}


def asking(path: str, *lines: str, host: str = "localhost") -> bytes:
    """A request with further header lines."""
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *lines]).encode() + END


def ready(ours: socket.socket, path: str, answer: bytes) -> dict[str, Contender]:
    """Asking what is ready."""
    known = f"If-None-Match: {ETAG.findall(answer)[0].decode()}"
    return {
        f"{path}, 200": burst(ours, asking(path)),
        f"{path}, 304": burst(ours, asking(path, known), status=b"304"),
    }


def cold(ours: socket.socket, path: str) -> dict[str, Contender]:
    """Asking what is not."""
    numbers = count(1000)
    return {
        f"{path}, through the router": burst(ours, lambda: asking(path, host=f"h{next(numbers)}.test")),
        f"{path}, asked of the record": burst(ours, lambda: asking(f"{path}?max_age_days={next(numbers)}")),
    }


def fill(url: str) -> None:
    """Two days of rates, the second of them today."""
    clock = SystemClock()
    with opened(Settings(database_url=url)) as context:
        for ago in (1, 0):
            now = clock.now() - timedelta(days=ago)
            day = day_of(now, BISHKEK)
            record(context.store, context.catalog, [*bank(day), *page(day)], now)


@contextmanager
def connected(url: str, *command: str) -> Iterator[socket.socket]:
    """A connection to the server that `command` starts over the store at `url`; it says where it answers."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    with running(*command, environ={**clean, f"{PREFIX}DATABASE_URL": url}) as process:
        assert process.stdout
        with process.stdout as said, socket.create_connection(address(said.readline()), 10) as connection:
            yield connection


def address(line: str) -> tuple[str, int]:
    """The host and the port in what a server says."""
    host, port = re.findall(r"http://([\d.]+):(\d+)", line)[0]
    return host, int(port)


def burst(
    connection: socket.socket, request: bytes | Callable[[], bytes], status: bytes = b"200"
) -> Contender:
    """BURST requests, each when the one before is answered; untimed as many before, for a process that slept
    while others were asked is slow at first.
    """

    def ask_all() -> None:
        for _ in range(BURST):
            ask(connection, request if isinstance(request, bytes) else request(), status)

    def warmed(number: int) -> Callable[[], None]:
        ask_all()
        return ask_all

    return warmed


def ask(connection: socket.socket, request: bytes, status: bytes) -> bytes:
    """The whole response; raises RuntimeError when it ends early or its status is another one."""
    connection.sendall(request)
    response = b""
    while not is_whole(response):
        response += (part := connection.recv(65536))
        if not part:
            raise RuntimeError(f"closed after {response[:200]!r}")
    if not response.startswith(b"HTTP/1.1 " + status):
        raise RuntimeError(f"answered {response[:200]!r}, expected status {status.decode()}")
    return response


def is_whole(response: bytes) -> bool:
    """Whether its head is there, and as much of a body as it announces."""
    head, end, body = response.partition(END)
    announced = LENGTH.search(head)
    return bool(end) and len(body) >= (int(announced[1]) if announced else 0)


if __name__ == "__main__":
    main()
