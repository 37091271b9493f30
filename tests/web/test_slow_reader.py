"""One who reads nothing of a stream, beside others who do, at a service that is a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from statistics import median

import pytest

from app.context import Context, opened
from app.settings import Settings
from tests.cli.processes import Home, Service, soon
from tests.stores import fresh_url
from tests.web.crowd import drops, strip
from tests.web.unsteady import FEW, SMALL, Chunks, Events, begins

GOOD, ROUNDS, STRIPS = 50, 5, 80
"""Readers who read; how often, without a stuck one and with, they are told so many strips of five ticks: as
much as a process remembers without, and in each round more than the connection of a stuck one takes.
"""

MOST = 3 * 1024
"""KiB by which the service may grow meanwhile."""

LATER = 0.25
"""Seconds by which they may be told later: a service on the embedded store looks as often."""


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    """The record that the service follows."""
    with opened(Settings(database_url=fresh_url(tmp_path))) as context:
        strip(context, 0)
        yield context


@pytest.fixture
def service(tmp_path: Path, context: Context) -> Iterator[Service]:
    """The service."""
    home = Home(tmp_path, {"SILKRATE_DATABASE_URL": context.settings.database_url})
    with home.serving("--no-poll") as running:
        yield running


@contextmanager
def connected(service: Service, *, narrow: bool = False) -> Iterator[socket.socket]:
    """A connection that has asked for the stream."""
    with socket.socket() as connection:
        if narrow:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, FEW)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL)
        connection.connect(("127.0.0.1", int(service.url.rpartition(":")[2])))
        connection.sendall(b"GET /v1/stream HTTP/1.1\r\nHost: rates.test\r\n\r\n")
        yield connection


class Good:
    """One who reads all: how many ticks so far, and when the last of them came."""

    def __init__(self) -> None:
        self.ticks, self.came = 0, 0.0

    async def read(self, connection: socket.socket) -> None:
        """Read until cancelled."""
        loop = asyncio.get_running_loop()
        chunks, events, head, begun = Chunks(), Events(""), b"", False
        connection.setblocking(False)
        while data := await loop.sock_recv(connection, 65536):
            if not begun:
                head, begun, data = begins(head + data)
            if begun and (told := len(list(events.feed(chunks.feed(data))))):
                self.ticks, self.came = self.ticks + told, time.monotonic()


def kib(service: Service) -> int:
    """The memory of its process."""
    said = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(re.findall(r"^VmRSS:\s+(\d+) kB$", said, re.MULTILINE)[0])


def files(service: Service) -> int:
    """How many files its process has open, of which each connection is one."""
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


async def delay(context: Context, readers: list[Good], first: int) -> float:
    """Seconds from the last of STRIPS commits until the last reader has all of them."""
    wanted = readers[0].ticks + 5 * STRIPS
    for number in range(first, first + STRIPS):
        await asyncio.to_thread(strip, context, number)
    committed = time.monotonic()
    async with asyncio.timeout(10):
        while any(each.ticks < wanted for each in readers):
            await asyncio.sleep(0.005)
    assert {each.ticks for each in readers} == {wanted}
    return max(each.came for each in readers) - committed


async def delays(
    service: Service, context: Context, readers: list[Good], first: int, *, stuck: bool
) -> list[float]:
    """The delay of each round, in which one more is stuck."""
    taken = []
    for number in range(first, first + ROUNDS * STRIPS, STRIPS):
        with connected(service, narrow=True) if stuck else nullcontext():
            taken.append(await delay(context, readers, number))
    return taken


@pytest.mark.slow
def test_one_who_reads_nothing_is_let_go_delays_nobody_and_takes_no_memory(
    context: Context, service: Service
) -> None:
    async def measured() -> None:
        with ExitStack() as opening:
            readers = [Good() for _ in range(GOOD)]
            connections = [opening.enter_context(connected(service)) for _ in readers]
            reading = [
                asyncio.ensure_future(reader.read(connection))
                for reader, connection in zip(readers, connections, strict=True)
            ]
            await asyncio.sleep(1)  # each of them listens
            alone = await delays(service, context, readers, 1, stuck=False)
            memory, opened, dropped = kib(service), files(service), drops(service.url)
            beside = await delays(service, context, readers, 1 + ROUNDS * STRIPS, stuck=True)
            assert drops(service.url) - dropped == ROUNDS
            soon(lambda: files(service) <= opened)
            assert kib(service) - memory < MOST
            assert median(beside) < median(alone) + LATER, (alone, beside)
            for each in reading:
                each.cancel()
            await asyncio.wait(reading)

    asyncio.run(measured())
