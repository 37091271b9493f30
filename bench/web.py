"""/v1/latest, in requests a second, beside ten lines of ASGI that answer with the same bytes ready.

Both are processes of their own on the same server, asked over one connection that stays open, in bursts by
turns. 304 is the answer to whoever has those bytes already.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from app.clock import SystemClock
from app.context import opened
from app.domain.calendar import day_of
from app.ingest.record import record
from app.settings import PREFIX, Settings
from bench.measuring import Contender, compared, in_turn, show
from bench.measuring.days import bank, page
from tests.demo import running
from tests.said import BISHKEK

REPEATS, BURST = 25, 10
"""Bursts, and requests in each."""

END = b"\r\n\r\n"
ASKING = b"GET /v1/latest HTTP/1.1\r\nHost: localhost"
LENGTH = re.compile(rb"(?i)^content-length: (\d+)", re.M)
ETAG = re.compile(rb"(?i)^etag: (\S+)", re.M)


def main(repeats: int = REPEATS) -> None:
    with TemporaryDirectory() as folder, ExitStack() as opening:
        url, kept = f"sqlite:///{folder}/silkrate.db", Path(folder, "response")
        fill(url)
        ours = opening.enter_context(connected(url, "app", "serve", "--no-poll", "--port", "0"))
        kept.write_bytes(answer := ask(ours, ASKING + END, b"200"))
        least = opening.enter_context(connected(url, "bench.measuring.constant", str(kept)))
        known = b"\r\nIf-None-Match: " + ETAG.findall(answer)[0]
        contenders = {
            "the same bytes, ready": burst(least, ASKING + END, b"200"),
            "/v1/latest, 200": burst(ours, ASKING + END, b"200"),
            "/v1/latest, 304": burst(ours, ASKING + known + END, b"304"),
        }
        taken = in_turn(contenders, repeats)
    a_second = {name: [BURST * 1000 / ms for ms in times] for name, times in taken.items()}
    show(__doc__, "requests/s", compared(a_second))


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


def burst(connection: socket.socket, request: bytes, status: bytes) -> Contender:
    """BURST requests, each when the one before is answered."""

    def ask_all() -> None:
        for _ in range(BURST):
            ask(connection, request, status)

    return lambda number: ask_all


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
