"""Cursors that were never handed out."""

from __future__ import annotations

from base64 import urlsafe_b64decode

from app.domain.cursors import CursorKind, encode


def moved(cursor: str, place: str) -> str:
    """`cursor` with another place, of the same log and question."""
    raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    _, said, log_id, before = raw[4:].decode().split(".", 3)
    kind: CursorKind = "h" if said == "h" else "c"
    return encode(kind, log_id, f"{before.partition(' ')[0]} {place}")
