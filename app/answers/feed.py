"""The tick log as news: newest first, each tick with what it takes to tell it in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from app.answers import ticks
from app.answers.ticker import printed_digits
from app.answers.ticks import place_of
from app.answers.validity import closed_validity
from app.domain.answers import Answer, Feed, FeedEntry, Publisher
from app.domain.cursors import encode
from app.domain.errors import ForeignCursor
from app.domain.numbers import trimmed
from app.domain.ticks import EVERY_TICK, Tick, Wanted
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader

MOST_ENTRIES = 50


def feed(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    wanted: Wanted = EVERY_TICK,
    before: str | None = None,
    limit: int = MOST_ENTRIES,
) -> Answer[Feed]:
    """At most `limit` ticks that are wanted up to the place of the cursor `before`, newest first.

    Where few are, an answer may end before `limit`, and its cursor leads on from where reading ended. Raises
    BadCursor and ForeignCursor.
    """
    counter = reader.counter()
    place = place_of(before, counter.log_id, counter.seq, "before") if before else counter.seq
    page, end = ticks.read(reader, place + 1, wanted, limit, back=True)
    older = encode("t", counter.log_id, str(end - 1)) if end else None
    found = Feed(counter.log_id, wanted, _entries(reader, catalog, page), older)
    answer = closed_validity(reader, closed=before is not None).answer(found, older)
    return replace(answer, modified=page[0].recorded_at if page else None, onward="before")


def entry(reader: Reader, catalog: Catalog, now: datetime, *, seq: int) -> FeedEntry:
    """The tick numbered `seq` as news; raises UnknownTick."""
    (only,) = _entries(reader, catalog, [ticks.tick(reader, catalog, now, seq=seq).body])
    return only


def entry_now(
    reader: Reader, catalog: Catalog, now: datetime, *, seq: int, log_id: str = ""
) -> tuple[FeedEntry, int | None]:
    """The same, and the number of the tick that corrected it since, if one did. Raises ForeignCursor, too,
    where it is asked for in another log than this one.
    """
    if log_id and log_id != reader.counter().log_id:
        raise ForeignCursor(
            "This address is of another log: the store was restored or replaced since it was handed out.",
            parameter="log",
            expected=f"an address without log=, which shows tick {seq} of this log: perhaps another one",
        )
    found = entry(reader, catalog, now, seq=seq)
    following = reader.ticks(after=seq, pairs=(found.tick.pair,), limit=1)
    return found, next((each.seq for each in following if each.is_correction and each.corrects == seq), None)


def _entries(reader: Reader, catalog: Catalog, page: Sequence[Tick]) -> tuple[FeedEntry, ...]:
    """Each tick with what it takes to tell it. Most that another one follows are on the same page."""
    read = {each.seq: each for each in page}

    @cache
    def digits(seq: int) -> int | None:
        tick = read.get(seq) or reader.tick(seq)
        return _digits(reader, catalog, tick) if tick else None

    return tuple(
        FeedEntry(
            each,
            digits(each.seq),
            digits(each.previous.seq) if each.previous else None,
            _publisher(catalog[each.source]),
        )
        for each in page
    )


def _publisher(source: Source) -> Publisher:
    return Publisher(source.name, source.homepage, source.attribution)


def _digits(reader: Reader, catalog: Catalog, tick: Tick) -> int | None:
    """Those of what was printed; where it is not known what that was, those of the rate."""
    recorded = reader.recorded(tick.observation_id) if tick.observation_id else None
    value = recorded.said.published.value if recorded else trimmed(tick.rate)
    return printed_digits(catalog[tick.source], value)
