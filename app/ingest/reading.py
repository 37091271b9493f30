"""Reading: from replies to observations that say where they came from, and to the bodies that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256

from app.domain.observations import Observation, Origin
from app.ingest.fetch import tells
from app.sources.base import Reply, Source


def parsed(source: Source, reply: Reply) -> list[Observation]:
    """What a reply says, as its source reads it, with its origin; raises BadBody and NoRates."""
    assert source.parse is not None
    return stamped(source.parse(reply), Origin(reply.url, digest(reply.body)))


def stamped(said: Iterable[Observation], origin: Origin) -> list[Observation]:
    """The same observations, with their origin."""
    return [replace(each, origin=origin) for each in said]


def bodies(replies: Iterable[Reply]) -> Mapping[str, bytes]:
    """What may be kept of replies, by its digest: everything but what repeats a key."""
    return {digest(each.body): each.body for each in replies if not tells(each)}


def digest(body: bytes) -> str:
    """The name under which a body is kept: its SHA-256, in hexadecimal digits."""
    return sha256(body).hexdigest()
