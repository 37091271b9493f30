"""The tick log, in stretches and one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice

from app.answers.validity import closed_validity
from app.domain.answers import Answer, Ticks
from app.domain.cursors import decode, encode, never_handed_out, parse_number
from app.domain.errors import BadCursor, UnknownTick
from app.domain.pairs import Pair
from app.domain.ticks import Tick
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
    pairs: Sequence[Pair] = (),
    after: str | None = None,
    limit: int = MOST_TICKS,
    only_changes: bool = False,
    min_change_pct: Decimal | None = None,
) -> Answer[Ticks]:
    """At most `limit` ticks after the cursor `after`, oldest first, of `pairs` or of all: with `only_changes`
    those whose rate is not that of the tick before, and those that moved by `min_change_pct` percent of it.

    Where few pass, an answer may end before `limit`, and its cursor leads on from where reading ended. Raises
    BadCursor and ForeignCursor.
    """
    counter = reader.counter()
    place = _seq(decode(after, "t", counter.log_id), after) if after else 0
    if place > counter.seq:
        raise BadCursor(
            f"This cursor is of tick {place}, but the log ends at {counter.seq}.",
            parameter="after",
            expected="the value of `next` in an earlier answer, unchanged",
        )

    def passes(each: Tick) -> bool:
        still = only_changes and each.unchanged
        return not still and (min_change_pct is None or each.moved(min_change_pct))

    page, end = _stretch(reader, place, pairs, limit, passes)
    more = encode("t", counter.log_id, str(end)) if end is not None else None
    return closed_validity(reader, closed=False).answer(Ticks(page, more, counter.version, counter.seq), more)


def _stretch(
    reader: Reader, place: int, pairs: Sequence[Pair], limit: int, passes: Callable[[Tick], bool]
) -> tuple[tuple[Tick, ...], int | None]:
    """At most `limit` ticks after `place` that pass, and the place after which more may; None at the end."""
    page: list[Tick] = []
    count, read = limit + 1, 0
    while read < MOST_READ:
        found = reader.ticks(after=place, pairs=pairs, limit=count)
        passed = list(islice(filter(passes, found), limit + 1 - len(page)))
        page += passed
        if len(page) > limit:
            return tuple(page[:limit]), page[limit - 1].seq
        if len(found) < count:
            return tuple(page), None
        place, read, count = found[-1].seq, read + count, 2 * count
    return tuple(page), place


def _seq(place: str, cursor: str) -> int:
    try:
        return parse_number(place)
    except ValueError as error:
        raise never_handed_out(cursor) from error


def tick(reader: Reader, catalog: Catalog, now: datetime, *, seq: int) -> Answer[Tick]:
    """The tick numbered `seq`; raises UnknownTick."""
    found = reader.tick(seq)
    if found is None:
        newest = reader.counter().seq
        raise UnknownTick(
            f"There is no tick {seq}.", parameter="seq", expected=f"a number from 1 to {newest}"
        )
    return closed_validity(reader).answer(found)
