"""An open loop: requests that are due at fixed moments, on connections taken in turn.

`python -m bench.measuring.due SECONDS A_SECOND HOST PORT PATH` prints the latencies, each from the moment at
which its request was due until its response was whole, and how late this process itself was to send.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import deque

CONNECTIONS = 50
WARM = 500
"""Requests before those that count."""

END = b"\r\n\r\n"
LENGTH = re.compile(rb"(?i)content-length: (\d+)")


class Reader(asyncio.Protocol):
    """A connection: what was asked on it and when that was due, and the latency of what was answered."""

    def __init__(self, request: bytes, latencies: list[float]) -> None:
        self.request, self.latencies = request, latencies
        self.due: deque[float] = deque()
        self.received, self.lost = b"", False
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, due: float) -> None:
        """Send a request, whether or not those before are answered."""
        self.due.append(due)
        self.transport.write(self.request)

    def connection_lost(self, error: Exception | None) -> None:
        """It is closed, which the server does after a while without requests."""
        self.lost = bool(self.due)

    def data_received(self, data: bytes) -> None:
        """Take the latency of each response that is whole now, and close after one that is no 200."""
        self.received += data
        while (head := self.received.find(END)) >= 0:
            announced = LENGTH.search(self.received, 0, head)
            whole = head + len(END) + int(announced[1] if announced else b"0")
            if len(self.received) < whole:
                return
            if not self.received.startswith(b"HTTP/1.1 200"):
                self.transport.close()
                return
            self.received = self.received[whole:]
            self.latencies.append(self.loop.time() - self.due.popleft())


async def main(seconds: str, a_second: str, host: str, port: str, path: str) -> None:
    """Ask, wait for the last answer, and print."""
    loop, latencies, late = asyncio.get_running_loop(), list[float](), list[float]()
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n".encode() + b"\r\n"
    opened = [
        await loop.create_connection(lambda: Reader(request, latencies), host, int(port))
        for _ in range(CONNECTIONS)
    ]
    readers = [reader for _, reader in opened]
    many = int(seconds) * int(a_second)
    begin = loop.time() + 0.1
    for number in range(WARM + many):
        due = begin + number / int(a_second)
        if (left := due - loop.time()) > 0:
            await asyncio.sleep(left)
        late.append(loop.time() - due)
        readers[number % CONNECTIONS].ask(due)
    while any(reader.due for reader in readers):
        if any(reader.lost for reader in readers):
            raise SystemExit("a request was not answered, or not by 200")
        await asyncio.sleep(0.01)
    print(f"{'':15}  {'ms':>7}")
    for name, spans in (("answered", latencies[WARM:]), ("sent", late[WARM:])):
        ordered = sorted(spans)
        for label, thousandths in (("p50", 500), ("p99", 990), ("p99.9", 999)):
            ms = ordered[len(ordered) * thousandths // 1000] * 1000
            print(f"{name + ', ' + label:15}  {ms:7.2f}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
