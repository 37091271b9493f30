"""Events of a stream, as `text/event-stream` writes them (HTML Living Standard, 9.2 Server-sent events)."""

from __future__ import annotations

from app.domain.cursors import encode as cursor_of
from app.domain.ticks import Tick
from app.render.json import encode

MEDIA_TYPE = "text/event-stream"

COMMENT = b":\n"
"""What nobody reads: it keeps a connection from looking dead. Without an empty line after it, so that readers
who take each of those for an event get none.
"""


def opening(retry: int, cursor: str | None) -> bytes:
    """What a stream begins with: after how many milliseconds to come back should it break off, and from
    where (None: from where the reader would have gone on). An id without data is no event; it is only
    remembered.
    """
    return f"retry: {retry}\n".encode() + (moved(cursor) if cursor else b"\n")


def moved(cursor: str) -> bytes:
    """From where to come back from now on, though there was no event."""
    return f"id: {cursor}\n\n".encode()


def tick_event(tick: Tick, log_id: str, *, simulated: bool) -> bytes:
    """A tick, as JSON on one line; its id is the cursor of its place in the log."""
    return event("tick", tick, cursor_of("t", log_id, str(tick.seq)), simulated=simulated)


def event(name: str, body: object, cursor: str, *, simulated: bool) -> bytes:
    """An event whose data is `body` as JSON on one line."""
    head = f"id: {cursor}\nevent: {name}\ndata: ".encode()
    return head + encode(body, simulated=simulated) + b"\n\n"
