"""Cursors: opaque places in an answer that goes on, bound to the log that handed them out.

A cursor is text for `after=`: a version, a kind, the log's id (without a dot), the place, and a checksum that
tells a mistyped cursor from a foreign one. Whoever knows the checksum can write one: a place is read as
strictly as a parameter.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import crc32
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from app.domain.errors import BadCursor, ForeignCursor

CursorKind = Literal["t", "h", "c"]
"""`t`: a seq in the tick log. `h`: the day of a row of a history, or where a point stands on it. `c`: the end
of a candle.
"""

_VERSION = "1"


def encode(kind: CursorKind, log_id: str, place: str, asked: Sequence[object] = ()) -> str:
    """The cursor of `place`, safe in a URL; it leads on in the question that says the same of all that is
    `asked`, by default in any.
    """
    place = f"{_fingerprint(asked)} {place}" if asked else place
    body = f"{_VERSION}.{kind}.{log_id}.{place}".encode()
    return urlsafe_b64encode(crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")


def decode(
    cursor: str, kind: CursorKind, log_id: str, asked: Sequence[object] = (), *, parameter: str = "after"
) -> str:
    """The place in `cursor`, given as `parameter`.

    Raises BadCursor when it was never handed out for this, or for another question than what is `asked`;
    ForeignCursor when another log handed it out.
    """
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        _, _, said_log, place = raw[4:].decode().split(".", 3)
    except ValueError as error:
        raise never_handed_out(cursor, parameter) from error
    # One comparison for version, kind, checksum and spelling: base64 overlooks stray characters, spare bits.
    if encode(kind, said_log, place) != cursor:
        raise never_handed_out(cursor, parameter)
    if said_log != log_id:
        raise ForeignCursor(
            "This cursor belongs to another log: the store was restored or replaced since it was handed out.",
            parameter=parameter,
            expected=f"a request without {parameter}=, which starts again",
        )
    return _of_question(place, cursor, asked) if asked else place


_EXPECTED = {
    "after": "the value of `next`, or of `cursor` where there is one, in an earlier answer, unchanged",
    "before": "the one in the address of the page after an earlier answer, unchanged",
}


def _of_question(place: str, cursor: str, asked: Sequence[object]) -> str:
    fingerprint, _, rest = place.partition(" ")
    if fingerprint != _fingerprint(asked):
        raise other_question(cursor)
    return rest


def _fingerprint(asked: Sequence[object]) -> str:
    return f"{crc32(' '.join(map(str, asked)).encode()):08x}"


def never_handed_out(cursor: str, parameter: str = "after") -> BadCursor:
    """The refusal of a cursor that no answer ever had, or whose place is none."""
    return BadCursor(
        f"{cursor[:60]!r} is no cursor of this answer.",
        parameter=parameter,
        expected=_EXPECTED[parameter],
    )


def other_question(cursor: str) -> BadCursor:
    """The refusal of a cursor that leads on in the answers to another question."""
    return BadCursor(
        f"{cursor[:60]!r} is of another question.",
        parameter="after",
        expected="the value of `next` in an earlier answer to this question, of which only `since`, `until`"
        " and `limit` may change",
    )


def parse_day(text: str) -> date:
    """A day in a place, of the years that can be asked about; raises ValueError."""
    if not re.fullmatch(r"[1-8][0-9]{3}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{text[:40]!r} is no day")
    return date.fromisoformat(text)


def parse_instant(text: str) -> datetime:
    """An instant in a place, of the years that can be asked about; raises ValueError."""
    if not re.fullmatch(r"[1-8][0-9T:.+-]{18,40}", text):
        raise ValueError(f"{text[:40]!r} is no instant")
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return found


def parse_number(text: str) -> int:
    """A number in a place, such as that of a tick; raises ValueError."""
    if not re.fullmatch("[0-9]{1,18}", text):
        raise ValueError(f"{text[:40]!r} is no number")
    return int(text)
