"""Server-sent events out of bytes, as the standard reads them (HTML Living Standard, 9.2.6). No I/O."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from typing import NamedTuple

LINE_END = re.compile(r"\r\n|\r|\n")

DELAY = re.compile("[0-9]{1,9}")
"""What counts as a `retry`: with more digits it would be weeks, and a mistake."""


class Event(NamedTuple):
    """An event: `message` is the name of one that has none, and its id that of the last one that had any."""

    name: str
    data: str
    id: str


class Parser:
    """One stream as it comes, in whatever parts. What it ends in the midst of is no event.

    `last_id` is the id up to which it was read, empty before the first; an id without data counts, too.
    `retry` is how many milliseconds to wait before the stream is opened again, None until that is said.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.last_id, self.retry = "", None  # type: tuple[str, int | None]
        self._decoder = getincrementaldecoder("utf-8-sig")("replace")
        self._rest, self._after_cr = "", False
        self._name, self._id = "", ""
        self._data: list[str] = []

    def feed(self, content: bytes) -> list[Event]:
        """The events that end in the next bytes."""
        text = self._decoder.decode(content)
        if not text:  # half a character: whether LF follows CR is still open
            return []
        if self._after_cr:
            self._rest, text = "", text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        *lines, self._rest = LINE_END.split(self._rest + text)
        return [event for line in lines if (event := self._read(line))]

    def _read(self, line: str) -> Event | None:
        if not line:
            return self._dispatched()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._name = value
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and DELAY.fullmatch(value):
            self.retry = int(value)
        return None

    def _dispatched(self) -> Event | None:
        self.last_id = self._id
        event = Event(self._name or "message", "\n".join(self._data), self._id) if self._data else None
        self._name, self._data = "", []
        return event
