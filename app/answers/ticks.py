"""The tick log, in stretches and one by one."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from app.answers.validity import closed_validity
from app.domain.answers import Answer, Stretch, Ticks
from app.domain.cursors import decode, encode, never_handed_out, parse_number
from app.domain.errors import CursorAhead, UnknownTick
from app.domain.ticks import EVERY_TICK, Tick, Wanted
from app.sources.catalog import Catalog
from app.store.base import Reader

MOST_TICKS = 1_000

MOST_READ = 10_000
"""About how many ticks one request reads on for those that pass a filter."""


def ticks(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    wanted: Wanted = EVERY_TICK,
    after: str | None = None,
    limit: int = MOST_TICKS,
) -> Answer[Ticks]:
    """At most `limit` ticks that are wanted after the cursor `after`, oldest first.

    Where few are, an answer may end before `limit`, and its cursor leads on from where reading ended. Raises
    BadCursor and ForeignCursor.
    """
    counter = reader.counter()
    place = place_of(after, counter.log_id, counter.seq, "after") if after else 0
    page, end = read(reader, place, wanted, limit)
    more = encode("t", counter.log_id, str(end)) if end is not None else None
    cursor = more or encode("t", counter.log_id, str(counter.seq))
    found = Ticks(page, more, cursor, counter.version, counter.seq)
    return closed_validity(reader, closed=False).answer(found, more)


def stretch(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    wanted: Wanted = EVERY_TICK,
    after: int = 0,
    limit: int = MOST_TICKS,
) -> Stretch:
    """The same for whoever counts by `seq` himself; of a log that ends before `after` nothing."""
    counter = reader.counter()
    page, end = read(reader, after, wanted, limit)
    return Stretch(counter.log_id, page, counter.seq if end is None else end, counter.seq, counter.version)


def newest(reader: Reader, catalog: Catalog, now: datetime, *, most: int) -> Stretch:
    """The newest ticks of the log, at most so many."""
    return stretch(reader, catalog, now, after=max(reader.counter().seq - most, 0), limit=most)


def place_of(cursor: str, log_id: str, seq: int, parameter: str) -> int:
    """The seq of the tick at which a cursor points in a log that ends with `seq`; raises BadCursor,
    CursorAhead among them, and ForeignCursor.
    """
    try:
        place = parse_number(decode(cursor, "t", log_id, parameter=parameter))
    except ValueError as error:
        raise never_handed_out(cursor, parameter) from error
    if place > seq:
        raise CursorAhead(
            f"This cursor is of tick {place}, but the log ends at {seq}.",
            parameter=parameter,
            expected="a cursor of an earlier answer, unchanged",
        )
    return place


def read(
    reader: Reader, place: int, wanted: Wanted, limit: int, *, back: bool = False
) -> tuple[tuple[Tick, ...], int | None]:
    """At most `limit` ticks that are wanted on from `place`, itself left out: oldest first, or `back` from it
    newest first; and the place from which there may be more, None at the end.
    """
    page: list[Tick] = []
    count, looked, pairs = limit + 1, 0, tuple(wanted.pairs)
    while looked < MOST_READ:
        if back:
            found = reader.ticks_back(until=place - 1, pairs=pairs, limit=count)
        else:
            found = reader.ticks(after=place, pairs=pairs, limit=count)
        page += islice(filter(wanted.wants, found), limit + 1 - len(page))
        if len(page) > limit:
            return tuple(page[:limit]), page[limit - 1].seq
        if len(found) < count:
            return tuple(page), None
        place, looked, count = found[-1].seq, looked + count, 2 * count
    return tuple(page), place


def tick(reader: Reader, catalog: Catalog, now: datetime, *, seq: int) -> Answer[Tick]:
    """The tick numbered `seq`; raises UnknownTick."""
    found = reader.tick(seq)
    if found is None:
        newest = reader.counter().seq
        raise UnknownTick(
            f"There is no tick {seq}.", parameter="seq", expected=f"a number from 1 to {newest}"
        )
    return closed_validity(reader).answer(found)
