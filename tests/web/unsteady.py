"""Readers of the stream as they are out there: they break off at any byte, stop reading for a while and come
back, with what the standard has them send (HTML Living Standard, 9.2.6), over bare sockets, some of
which hold little.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from sys import intern
from typing import NamedTuple

FEW, SMALL = 1024, 536
"""Bytes that a reader's system keeps for him, and the largest segment that it takes: so the server's keeps
little too, and one who does not read is noticed after some hundred events.
"""

ABORT = struct.pack("ii", 1, 0)
"""For SO_LINGER: an end of the connection that tells the other side nothing but that it is gone."""

PAIRS = ("KGS-USD", "KZT-USD", "TJS-USD", "UZS-USD", "TMT-USD")

OFTEN, LAGS = 0.02, (0.5, 12)
"""How likely it is each time that a reader reads nothing for a while, and the most seconds of a short while
and of a long one.
"""

PORTION = 4096
"""Bytes that a reader takes at once."""

UNREACHED = 0.2
"""Seconds after which one who was never told how long to wait tries again."""


class Event(NamedTuple):
    """An event with data, as a page gets it."""

    id: str
    name: str
    data: str


class Chunks:
    """The body of a response that is sent in chunks, as far as it has come. `whole` once its end has."""

    def __init__(self) -> None:
        self._raw, self._left = bytearray(), 0
        self.whole = False

    def feed(self, data: bytes) -> bytes:
        """What `data` brings of the body."""
        self._raw += data
        body = bytearray()
        while self._raw and (self._left or self._next()):
            body += self._raw[: self._left]
            came = min(self._left, len(self._raw))
            del self._raw[:came]
            self._left -= came
        return bytes(body)

    def _next(self) -> bool:
        """Read the size of the next chunk, if it is there; before it may stand the end of the last one."""
        head, end, _ = self._raw.partition(b"\r\n")
        if end:
            del self._raw[: len(head) + 2]
            self._left = int(head or b"0", 16)
            self.whole = self.whole or head == b"0"
        return bool(end)


@dataclass
class Events:
    """The events of one connection, however its bytes are cut. `last_id` is that of the last event that was
    whole, with data or without, and `begun` that of the first.
    """

    last_id: str
    begun: str = ""
    retry: int | None = None
    comments: int = 0
    _rest: bytes = b""
    _told: dict[str, str] = field(default_factory=dict)

    def feed(self, body: bytes) -> Iterator[Event]:
        """The events that `body` makes whole."""
        *lines, self._rest = (self._rest + body).split(b"\n")
        for line in lines:
            if not line:
                yield from self._whole()
            elif line.startswith(b":"):
                self.comments += 1
            else:
                name, _, value = line.decode().partition(": ")
                self._told[name] = value

    def _whole(self) -> Iterator[Event]:
        told, self._told = self._told, {}
        self.last_id = told.get("id", self.last_id)
        self.begun = self.begun or self.last_id
        if "retry" in told:
            self.retry = int(told["retry"])
        if "data" in told:
            yield Event(self.last_id, told.get("event", "message"), told["data"])


@dataclass
class Tally:
    """What became of all connections of all readers."""

    connections: int = 0
    unreached: int = 0
    refused: int = 0
    cut: int = 0
    lagged: int = 0
    broken: int = 0
    ended: int = 0


@dataclass
class Crowd:
    """Where readers come to, and what all do: unsteady until `peace`, they read until it is `over`."""

    port: int
    tally: Tally = field(default_factory=Tally)
    peace: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Reader:
    """One of them. `told` are the events that he got, in their order; `first` is the id from which he began.
    A `forgetful` one comes back with an id of some events before his last.
    """

    def __init__(self, crowd: Crowd, number: int, seed: int, beginning: str) -> None:
        self._crowd, self._random = crowd, Random(f"{seed} {number}")
        self.pairs: Sequence[str] = self._random.sample(PAIRS, 2) if number % 4 == 1 else ()
        self.forgetful, self._narrow = number % 10 == 9, number % 2 == 0
        self.first = beginning if number % 3 else ""
        self.told: list[Event] = []
        self._last_id, self._wait = self.first, UNREACHED

    async def read(self) -> None:
        """Come, read and come back until all is over."""
        over = asyncio.ensure_future(self._crowd.over.wait())
        while not over.done():
            reading = asyncio.ensure_future(self._connection())
            await asyncio.wait({reading, over}, return_when=asyncio.FIRST_COMPLETED)
            reading.cancel()
            await asyncio.wait({reading})
            if not reading.cancelled():
                reading.result()
            await asyncio.wait({over}, timeout=self._wait)

    async def _connection(self) -> None:
        tally = self._crowd.tally
        with socket.socket() as connection:
            connection.setblocking(False)
            if self._narrow:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, FEW)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL)
            try:
                await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self._crowd.port))
            except OSError:
                tally.unreached += 1
                return
            tally.connections += 1
            try:
                await self._listen(connection)
            except OSError:
                tally.broken += 1

    async def _listen(self, connection: socket.socket) -> None:
        """Ask, and read until the one or the other ends it."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(connection, self._request())
        chunks, events = Chunks(), Events(self._last_id)
        begun, head = False, b""
        for most in self._portions():
            data = await loop.sock_recv(connection, most)
            if not data:
                self._ended(chunks)
                return
            if not begun:
                head, begun, data = begins(head + data)
                if begun and not head.startswith(b"HTTP/1.1 200"):
                    self._crowd.tally.refused += 1
                    return
            if begun:
                self._take(events, chunks.feed(data))
            await self._lag()
        self._crowd.tally.cut += 1
        if self._random.random() < 0.5:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)

    def _request(self) -> bytes:
        """The request, with the last id as a browser sends it or as whoever begins anew does."""
        last_id = self._last_id
        if self.forgetful and self.told:
            last_id = self.told[max(len(self.told) - self._random.randrange(1, 10), 0)].id
        words = [f"pairs={','.join(self.pairs)}"] if self.pairs else []
        headers = ["Host: rates.test"]
        if last_id and self._random.random() < 0.5:
            words.append(f"after={last_id}")
        elif last_id:
            headers.append(f"Last-Event-ID: {last_id}")
        return "\r\n".join([f"GET /v1/stream?{'&'.join(words)} HTTP/1.1", *headers, "", ""]).encode()

    def _portions(self) -> Iterator[int]:
        """How many bytes are taken at once; the last of them is where the reader goes, at any byte."""
        left = int(self._random.expovariate(1 / self._random.choice((500, 20_000, 200_000))))
        while self._crowd.peace.is_set() or left > 0:
            most = PORTION if self._crowd.peace.is_set() else min(left, PORTION)
            left -= most
            yield most

    async def _lag(self) -> None:
        """Now and then, read nothing for a while, until there is peace."""
        if not self._crowd.peace.is_set() and self._random.random() < OFTEN:
            self._crowd.tally.lagged += 1
            seconds = self._random.uniform(0, self._random.choice(LAGS))
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._crowd.peace.wait()

    def _take(self, events: Events, body: bytes) -> None:
        for each in events.feed(body):
            self.told.append(Event(intern(each.id), intern(each.name), intern(each.data)))
        self._last_id = events.last_id
        self.first = self.first or events.begun
        if events.retry is not None:
            self._wait = events.retry / 1000

    def _ended(self, chunks: Chunks) -> None:
        """Count an end by the server."""
        if chunks.whole:
            self._crowd.tally.ended += 1
        else:
            self._crowd.tally.broken += 1


def begins(response: bytes) -> tuple[bytes, bool, bytes]:
    """The head of a response, whether it is whole, and what came of the body."""
    head, end, body = response.partition(b"\r\n\r\n")
    return head, bool(end), body
