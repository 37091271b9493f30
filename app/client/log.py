"""The tick log as it is read: page by page to its end, or as it goes on.

No I/O, like the exchange: whoever reads takes the steps to the next tick. One who gives up in the midst of
them, or to whom an error is raised, may ask for the next tick again, and has missed none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Protocol

from app.client.documents import read
from app.client.errors import Reset, ServiceError
from app.client.events import Event, Parser
from app.client.exchange import Close, Exchange, Read, Steps, Wait, simulated
from app.web import models
from app.web.models.ticker import TickFields

AGAIN = 3.0
"""Seconds after which a stream that broke off is opened again, where it did not say."""


class Log(Protocol):
    """Ticks one after the other. `cursor` is the place up to which they were handed out, as far as known."""

    cursor: str | None
    simulated: bool

    def next(self) -> Steps[TickFields | None]:
        """The next tick, None at the end. Raises ServiceError."""
        ...

    def close(self) -> Steps[None]:
        """Let go of what is open."""
        ...


class Pages:
    """The log up to its end, as it is when that is read. The place is known at the end of each page."""

    PATH = "/v1/ticks"

    def __init__(self, exchange: Exchange, asked: Mapping[str, object], after: str | None) -> None:
        """Nothing is asked yet; all that comes is after `after`, a cursor."""
        self.cursor, self.simulated = after, False
        self._exchange, self._asked = exchange, asked
        self._page: deque[TickFields] = deque()
        self._end: str | None = None
        self._more = True

    def next(self) -> Steps[TickFields | None]:
        """The next tick, None at the end. Raises ServiceError."""
        while self._more and not self._page:
            answered = yield from self._exchange.get(self.PATH, {"after": self.cursor, **self._asked})
            page = read(models.Ticks, answered.content, self.PATH)
            self.simulated, self._more = answered.simulated, page.next is not None
            self._page, self._end = deque(page.ticks), page.cursor
            self._move()
        tick = self._page.popleft() if self._page else None
        self._move()
        return tick

    def _move(self) -> None:
        if not self._page:
            self.cursor = self._end

    def close(self) -> Steps[None]:
        """Nothing is open between pages."""
        yield from ()


class Stream:
    """The log as it goes on, without end. The place is known with each tick, and as soon as it is open."""

    PATH = "/v1/stream"

    def __init__(self, exchange: Exchange, asked: Mapping[str, object], after: str | None) -> None:
        """Nothing is open yet; all that comes is after `after`, a cursor, or after the stream was opened."""
        self.cursor, self.simulated = after, False
        self._exchange, self._asked = exchange, asked
        self._parser: Parser | None = None
        self._events: deque[Event] = deque()
        self._again: float | None = None

    def next(self) -> Steps[TickFields]:
        """The next tick, however long it takes. Raises ServiceError: Reset where it is no longer the same
        log, and until it was opened for the first time whatever a question may raise.
        """
        try:
            while True:
                while self._events:
                    if tick := self._told(self._events.popleft()):
                        return tick
                parser = self._parser or (yield from self._open())
                yield from self._read(parser)
        except ServiceError:
            yield from self.close()
            raise

    def close(self) -> Steps[None]:
        """Let go of the connection, and of what came by it and was not handed out."""
        self._parser = None
        self._events.clear()
        yield Close()

    def _open(self) -> Steps[Parser]:
        asked = {"after": self.cursor, **self._asked}
        response = yield from self._exchange.open(self.PATH, asked, again=self._again)
        self.simulated, self._again = simulated(response), self._again or AGAIN
        self._parser = Parser()
        return self._parser

    def _read(self, parser: Parser) -> Steps[None]:
        came = yield Read()
        if not isinstance(came, bytes) or not came:
            yield from self.close()
            yield Wait(self._again or AGAIN)
            return
        self._events.extend(parser.feed(came))
        if parser.retry is not None:
            self._again = parser.retry / 1000
        if self.cursor is None and not self._events:
            # Never over one: if that is of no use a reset follows, perhaps not by this connection any more.
            self.cursor = parser.last_id or None

    def _told(self, event: Event) -> TickFields | None:
        """The tick that an event tells of; another event is nothing yet."""
        if event.name == "reset":
            said = read(models.Reset, event.data.encode(), self.PATH)
            raise Reset(said.reason, said.detail, restart=said.restart, cursor=said.cursor)
        tick = read(TickFields, event.data.encode(), self.PATH) if event.name == "tick" else None
        self.cursor = event.id or self.cursor
        return tick
