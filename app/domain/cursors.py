"""Cursors: opaque places in an answer that goes on, bound to the log that handed them out.

A cursor is text for `after=`: a version, a kind, the log's id (without a dot), the place, and a checksum that
tells a mistyped cursor from a foreign one.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import crc32
from typing import Literal

from app.domain.errors import BadCursor, ForeignCursor

CursorKind = Literal["t", "h", "c"]
"""`t`: a seq in the tick log. `h`: the effective date and instant of a point of a history. `c`: the end of a
candle.
"""

_VERSION = "1"


def encode(kind: CursorKind, log_id: str, place: str) -> str:
    """The cursor of `place`, safe in a URL."""
    body = f"{_VERSION}.{kind}.{log_id}.{place}".encode()
    return urlsafe_b64encode(crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")


def decode(cursor: str, kind: CursorKind, log_id: str) -> str:
    """The place in `cursor`.

    Raises BadCursor when it was never handed out for this, ForeignCursor when another log handed it out.
    """
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        _, _, said_log, place = raw[4:].decode().split(".", 3)
    except ValueError as error:
        raise never_handed_out(cursor) from error
    # One comparison for version, kind, checksum and spelling: base64 overlooks stray characters, spare bits.
    if encode(kind, said_log, place) != cursor:
        raise never_handed_out(cursor)
    if said_log != log_id:
        raise ForeignCursor(
            "This cursor belongs to another log: the store was restored or replaced since it was handed out.",
            parameter="after",
            expected="a request without after=, which starts again",
        )
    return place


def never_handed_out(cursor: str) -> BadCursor:
    """The refusal of a cursor that no answer ever had, or whose place is none."""
    return BadCursor(
        f"{cursor[:60]!r} is no cursor of this answer.",
        parameter="after",
        expected="the value of `next` in an earlier answer, unchanged",
    )
