"""Many who listen to a stream from one process.

`python -m bench.measuring.listeners MANY URL...` opens MANY streams, at the URLs by turns, and prints a line
when all of them have begun; then one for each tick, when all have it: at which moments of the machine's
monotonic clock the first and the last of them got it. Told to end, it prints for how many seconds the one
that waited longest got not a byte.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from itertools import cycle
from urllib.parse import urlsplit

from app.cli.serve import FILES, allow_files

REQUEST = b"GET /v1/stream HTTP/1.1\r\nHost: rates.test\r\n\r\n"
BEGUN, TICK = b"retry: ", b"\nevent: tick\n"
AT_ONCE = 100
"""Streams that are opened at the same time, each of which has begun within PATIENCE seconds."""

PATIENCE = 30


class All:
    """All of them: how many have begun, how many have each tick, and when the first of them got it."""

    def __init__(self, many: int) -> None:
        self.many = many
        self.started = 0
        self.have: list[int] = []
        self.first: list[float] = []
        self.silent = 0.0

    def told(self, number: int, now: float) -> None:
        """One more has the tick of this number, from 0."""
        if number == len(self.have):
            self.have.append(0)
            self.first.append(now)
        self.have[number] += 1
        if self.have[number] == self.many:
            print(self.first[number], now, flush=True)


class Listener(asyncio.Protocol):
    """One stream. `rest` is the end of what came, in which a tick may begin."""

    __slots__ = ("all", "heard", "rest", "started", "ticks", "transport")

    def __init__(self, all_: All) -> None:
        self.all, self.ticks, self.rest = all_, 0, b""
        self.heard, self.started = 0.0, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Count the ticks in it."""
        now = asyncio.get_running_loop().time()
        if self.started:
            self.all.silent = max(self.all.silent, now - self.heard)
        self.heard = now
        data = self.rest + data
        if not self.started and BEGUN in data:
            self.started = True
            self.all.started += 1
        for _ in range(data.count(TICK)):
            self.all.told(self.ticks, now)
            self.ticks += 1
        self.rest = data[-len(TICK) + 1 :]


async def main(many: str, *urls: str) -> None:
    """Open them, and listen until told to end."""
    allow_files(FILES + int(many))
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    everyone = All(int(many))
    places = cycle((place.hostname or "", place.port or 0) for place in map(urlsplit, urls))
    listeners: list[Listener] = []
    while len(listeners) < everyone.many:
        for _ in range(min(AT_ONCE, everyone.many - len(listeners))):
            _, listener = await loop.create_connection(lambda: Listener(everyone), *next(places))
            listeners.append(listener)
        async with asyncio.timeout(PATIENCE):
            while everyone.started < len(listeners):
                await asyncio.sleep(0.001)
    print("open", flush=True)
    await ending.wait()
    print(max(everyone.silent, *(loop.time() - each.heard for each in listeners)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
