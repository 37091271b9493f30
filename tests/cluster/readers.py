"""Readers behind a load balancer: they ask the web processes by turns, go on to the next when one does not
answer, and keep what they are told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

import httpx

READERS = 4
PAUSE, HURRY = 0.1, 0.01
"""Seconds between two requests of a reader, and of one in a hurry."""

PAGE = 20
TIMEOUT = 5
PATHS = ("/v1/latest", "/v1/ticks", "/v1/ticker", "/v1/ticks")
WATCH = 2
"""Seconds between two looks at /health, in however much of a hurry a reader is."""


@dataclass
class Seen:
    """What all readers were told, from several threads. `ticks` are those of the log by seq, `versions` each
    with the moment (of the monotonic clock) at which somebody first saw it.
    """

    requests: int = 0
    failed: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    ticks: dict[int, dict[str, Any]] = field(default_factory=dict)
    versions: list[tuple[float, int]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def newest(self) -> int:
        """The newest version that anybody saw; 0 before the first."""
        return self.versions[-1][1] if self.versions else 0

    def saw(self, version: int) -> None:
        """Note that a version can be read."""
        with self.lock:
            if version > self.newest:
                self.versions.append((monotonic(), version))

    def told(self, page: Sequence[dict[str, Any]], after: int) -> None:
        """Note a stretch of the log: without a gap, and the same for everybody, at any time."""
        numbers = [tick["seq"] for tick in page]
        with self.lock:
            if numbers != list(range(after + 1, after + 1 + len(numbers))):
                self.contradictions.append(f"after tick {after} came {numbers}")
            for tick in page:
                if self.ticks.setdefault(tick["seq"], tick) != tick:
                    self.contradictions.append(f"tick {tick['seq']} was two things")

    def silence(self, since: float, until: float) -> float:
        """The longest time in between without a version that is new."""
        moments = [since, *(at for at, _ in self.versions if since < at < until), until]
        return max(later - earlier for earlier, later in pairwise(moments))


class Balancer:
    """A client of a load balancer in front of `places`, by turns."""

    def __init__(self, places: Iterable[str], seen: Seen, first: int) -> None:
        self._clients = [
            (place, httpx.Client(base_url=place, timeout=TIMEOUT, trust_env=False)) for place in places
        ]
        self._seen, self._turn = seen, first

    def get(self, path: str) -> dict[str, Any] | None:
        """The answer of the first that gives one; None, noted as a failure, when there is none or it is not
        200.
        """
        why = "nobody answered"
        for _ in self._clients:
            place, client = self._clients[self._turn % len(self._clients)]
            self._turn += 1
            try:
                found = client.get(path)
            except httpx.TransportError as error:
                why = f"{place} {type(error).__name__}"
                with self._seen.lock:
                    self._seen.refused[place] += 1
                continue
            if found.status_code == 200:
                with self._seen.lock:
                    self._seen.requests += 1
                return dict(found.json(parse_float=Decimal))
            why = f"{place} {found.status_code} {found.text[:200]}"
            break
        with self._seen.lock:
            self._seen.requests += 1
            self._seen.failed.append(f"{path}: {why}")
        return None

    def close(self) -> None:
        """Close every connection."""
        for _, client in self._clients:
            client.close()


class Readers:
    """Readers that read until they are stopped, with a `pause` of so many seconds between two requests. While
    `resting` is set they ask nothing, and nothing of the log while `aside` is.
    """

    def __init__(self, places: Sequence[str], count: int = READERS) -> None:
        self.seen, self.resting, self._stop = Seen(), Event(), Event()
        self.aside, self.pause = Event(), PAUSE
        self._threads = [Thread(target=self._read, args=(places, number)) for number in range(count)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all of them, and wait for it."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _read(self, places: Sequence[str], number: int) -> None:
        balancer, place = Balancer(places, self.seen, number), Place()
        turn, watched = number, monotonic()
        while not self._stop.wait(self.pause):
            if self.resting.is_set():
                continue
            turn += 1
            if monotonic() - watched > WATCH:
                watched = monotonic()
                self._watch(balancer)
            elif (path := PATHS[turn % len(PATHS)]) == "/v1/ticks":
                if not self.aside.is_set():
                    place.read_on(balancer, self.seen)
            elif found := balancer.get(path):
                self.seen.saw(found["version"])
        balancer.close()

    def _watch(self, balancer: Balancer) -> None:
        if found := balancer.get("/health"):
            self.seen.saw(found["version"])


@dataclass
class Place:
    """Where in the log one reader is: behind the tick `after`, to which `cursor` leads."""

    after: int = 0
    cursor: str = ""

    def read_on(self, balancer: Balancer, seen: Seen) -> None:
        """Read the next page, whoever answers."""
        found = balancer.get(f"/v1/ticks?limit={PAGE}" + (f"&after={self.cursor}" if self.cursor else ""))
        if not found:
            return
        seen.told(found["ticks"], self.after)
        seen.saw(found["version"])
        if found["next"]:
            self.after, self.cursor = found["ticks"][-1]["seq"], found["next"]


@contextmanager
def reading(places: Sequence[str], count: int = READERS) -> Iterator[Readers]:
    """Readers that read inside the block."""
    readers = Readers(places, count)
    readers.start()
    try:
        yield readers
    finally:
        readers.stop()
