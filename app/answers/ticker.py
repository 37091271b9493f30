"""The strip: one item a pair."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from app.answers.latest import latest
from app.domain.answers import Answer, Ticker, TickerItem
from app.domain.numbers import significant_digits
from app.domain.observations import Published
from app.domain.pairs import TICKER, Pair
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader

POLL_AFTER = 60
"""Seconds between two requests of a page: official rates move daily, a fallback hourly, so a minute is
soon enough.
"""


def ticker(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pairs: Sequence[Pair] = TICKER,
    source: str | None = None,
    on: date | None = None,
    inverse: bool = False,
) -> Answer[Ticker]:
    """The items of `pairs`, in their order, as in `latest`; turned round with `inverse`. A pair without a
    rate has no item. Raises UnknownSource.
    """
    asked = [pair.inverse for pair in pairs] if inverse else pairs
    found = latest(reader, catalog, now, pairs=asked, source=source, on=on)
    items = tuple(TickerItem(row, _digits(catalog[row.source], row.published)) for row in found.body.rates)
    body = Ticker(found.body.updated_at, found.body.version, found.body.seq, POLL_AFTER, items)
    return Answer(body, found.version, found.valid_since, found.valid_until, found.closed)


def _digits(source: Source, published: Published) -> int | None:
    """The significant digits that the source's format gives this value; NBK's `480` stands for 480.00."""
    if source.exact:
        return None
    _, _, decimals = published.value.partition(".")
    dropped = max((source.places or 0) - len(decimals), 0)
    return significant_digits(published.value) + dropped
