"""The tick log, in stretches and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.answers.validity import closed_validity
from app.domain.answers import Answer, Ticks
from app.domain.cursors import decode, encode, never_handed_out
from app.domain.errors import BadCursor, UnknownTick
from app.domain.pairs import Pair
from app.domain.ticks import Tick
from app.sources.catalog import Catalog
from app.store.base import Reader

MOST_TICKS = 1_000


def ticks(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pairs: Sequence[Pair] = (),
    after: str | None = None,
    limit: int = MOST_TICKS,
) -> Answer[Ticks]:
    """At most `limit` ticks after the cursor `after`, oldest first, of `pairs` or of all. Raises BadCursor
    and ForeignCursor.
    """
    counter = reader.counter()
    place = _seq(decode(after, "t", counter.log_id), after) if after else 0
    if place > counter.seq:
        raise BadCursor(
            f"This cursor is of tick {place}, but the log ends at {counter.seq}.",
            parameter="after",
            expected="the value of `next` in an earlier answer, unchanged",
        )
    found = reader.ticks(after=place, pairs=pairs, limit=limit + 1)
    page = tuple(found[:limit])
    more = encode("t", counter.log_id, str(page[-1].seq)) if len(found) > limit else None
    return closed_validity(reader, closed=False).answer(Ticks(page, more, counter.version, counter.seq), more)


def _seq(place: str, cursor: str) -> int:
    if not place.isdecimal():
        raise never_handed_out(cursor)
    return int(place)


def tick(reader: Reader, catalog: Catalog, now: datetime, *, seq: int) -> Answer[Tick]:
    """The tick numbered `seq`; raises UnknownTick."""
    found = reader.tick(seq)
    if found is None:
        newest = reader.counter().seq
        raise UnknownTick(
            f"There is no tick {seq}.", parameter="seq", expected=f"a number from 1 to {newest}"
        )
    return closed_validity(reader).answer(found)
