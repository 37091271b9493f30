"""The strip: one item a pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from app.answers.changes import over
from app.answers.latest import Question, latest
from app.domain.answers import Answer, Row, Ticker, TickerItem
from app.domain.change import UNMEASURED, Measure
from app.domain.numbers import significant_digits
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
    change: Measure = "previous_publication",
) -> Answer[Ticker]:
    """The items of `pairs`, in their order, as in `latest`; turned round with `inverse`. The `change` of each
    row is as asked for. A pair without a rate has no item. Raises UnknownSource.
    """
    asked = [pair.inverse for pair in pairs] if inverse else pairs
    found = latest(reader, catalog, now, pairs=asked, source=source, on=on)
    question = Question(reader, catalog, now, source, on)
    rows = (_measured(question, row, change) for row in found.body.rates)
    items = tuple(TickerItem(row, digits(catalog, row)) for row in rows)
    body = Ticker(found.body.updated_at, found.body.version, found.body.seq, POLL_AFTER, items)
    return replace(found, body=body)  # type: ignore[arg-type,return-value]  # of another body


def item(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    source: str | None = None,
    on: date | None = None,
    change: Measure = "previous_publication",
) -> Answer[Ticker]:
    """The strip of one pair; raises the NothingThere that says why it has no rate, and UnknownSource."""
    found = ticker(reader, catalog, now, pairs=[pair], source=source, on=on, change=change)
    if not found.body.items:
        Question(reader, catalog, now, source, on).row(pair)
    return found


def _measured(question: Question, row: Row, measure: Measure) -> Row:
    """The same with its change by another measure than that which a row has by itself."""
    if measure == "previous_publication":
        return row
    return replace(row, change=UNMEASURED if measure == "none" else over(question, row, measure))


def digits(catalog: Catalog, row: Row) -> int | None:
    """The significant digits that the format of a row's source gives, of a cross the fewest of its legs.
    None: exact.
    """
    given = [_given(catalog, part) for part in row.parts]
    return min((each for each in given if each is not None), default=None)


def _given(catalog: Catalog, part: Row) -> int | None:
    """What the format gives of a row that is no cross."""
    assert part.source
    assert part.published
    return printed_digits(catalog[part.source], part.published.value)


def printed_digits(source: Source, value: str) -> int | None:
    """The significant digits of what a source printed, with those that its format drops: NBK's `480` stands
    for 480.00. None: exact.
    """
    if source.exact:
        return None
    _, _, decimals = value.partition(".")
    dropped = max((source.places or 0) - len(decimals), 0)
    return significant_digits(value) + dropped
