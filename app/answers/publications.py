"""The record as it leaves: every publication, of every source and pair."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from app.domain.pairs import Pair, canonical, in_ticker_order
from app.domain.table import LONG, Table
from app.store.base import Reader


def publications(
    reader: Reader,
    *,
    pairs: Collection[Pair] = (),
    sources: Collection[str] = (),
    since: date | None = None,
    until: date | None = None,
    revisions: bool = False,
) -> Table:
    """The publications in force dated within `since`..`until`, of all `pairs` and `sources` if none is named,
    crosses among them: pair by pair in the ticker's order, source by source, oldest first. With `revisions`
    each comes after those that it superseded. Its rows end with the reader's view.
    """
    asked = {"since": since or date.min, "until": until or date.max, "superseded": revisions}
    return Table(LONG, _rows(reader, {canonical(pair) for pair in pairs}, sources, asked))


def _rows(
    reader: Reader, filed: Collection[Pair], sources: Collection[str], asked: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    found = [each for each in reader.extents() if each.source in (sources or (each.source,))]
    for pair in in_ticker_order(each.pair for each in found):
        if not filed or pair in filed:
            for source in sorted({each.source for each in found if each.pair == pair}):
                for day, at, printed, value, nominal, rate, revision, _, recorded_at in reader.printed(
                    pair, source, **asked
                ):
                    yield pair, source, day, at, rate, printed, value, nominal, revision, recorded_at
