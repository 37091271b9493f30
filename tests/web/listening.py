"""Reading a stream as the standard says (HTML Living Standard, 9.2.6), from a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

PATIENCE = 10.0
"""Seconds for which the next line is waited."""


@dataclass(frozen=True)
class Event:
    """An event, as a page gets it."""

    name: str
    id: str
    text: str

    @property
    def data(self) -> Any:
        """What its JSON says."""
        return json.loads(self.text)


@dataclass
class Stream:
    """One connection: its response, and what was read of it so far."""

    response: httpx.Response
    last_id: str = ""
    retry: int | None = None
    comments: int = 0
    _lines: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._lines = self.response.iter_lines()

    def begin(self) -> str:
        """Read what a stream begins with; returns the id from which it goes on."""
        while line := next(self._lines):
            head, _, value = line.partition(": ")
            self._note(head, value)
        return self.last_id

    def __iter__(self) -> Iterator[Event]:
        """The events, until the stream ends."""
        name, told = "message", list[str]()
        for line in self._lines:
            if line:
                head, _, value = line.partition(": ")
                if head == "event":
                    name = value
                elif head == "data":
                    told.append(value)
                else:
                    self._note(head, value)
            else:
                if told:
                    yield Event(name, self.last_id, "\n".join(told))
                name, told = "message", []

    def next(self, count: int = 1) -> list[Event]:
        """The next events."""
        events = iter(self)
        return [next(events) for _ in range(count)]

    def seqs(self, count: int) -> list[int]:
        """The numbers of the next ticks, each of which has an id of its own."""
        return [each.data["seq"] for each in self.next(count) if each.name == "tick"]

    def _note(self, head: str, value: str) -> None:
        if head == "id":
            self.last_id = value
        elif head == "retry":
            self.retry = int(value)
        elif head.startswith(":"):
            self.comments += 1


@contextmanager
def listening(url: str, path: str = "/v1/stream", **headers: str) -> Iterator[Stream]:
    """A stream of the service at `url`, which has begun."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.stream("GET", url + path, headers=named, timeout=PATIENCE) as response:
        assert response.status_code == 200, response.read()
        yield Stream(response)
