"""The strip."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.answers.latest import latest
from app.answers.ticker import ticker
from app.domain.observations import Published
from app.domain.pairs import TICKER, Pair
from app.ingest.record import record
from app.sources import nbkr as bank
from app.sources import peg
from app.sources.catalog import Catalog, catalog
from app.store.base import Store
from tests.said import at, nbkr, paged

ALL = catalog()
NOW = at("2026-05-21 08:00")


def test_there_is_one_item_a_pair_in_the_order_asked_for(store: Store) -> None:
    record(store, ALL, [nbkr("2026-05-21")], NOW)
    record(store, ALL, peg.SOURCE.decreed(NOW), NOW)  # type: ignore[misc]  # a peg decrees
    with store.read() as reader:
        items = ticker(reader, ALL, NOW).body.items
        turned = ticker(reader, ALL, NOW, pairs=TICKER[::-1], inverse=True).body.items
    assert [str(item.row.pair) for item in items] == ["KGS/USD", "TMT/USD"]
    assert [str(item.row.pair) for item in turned] == ["USD/TMT", "USD/KGS"]


def test_the_strip_holds_as_long_as_its_rows_and_names_the_same_record(store: Store) -> None:
    record(store, ALL, [nbkr("2026-05-21")], NOW)
    with store.read() as reader:
        rows, strip = latest(reader, ALL, NOW), ticker(reader, ALL, NOW)
    assert rows.head
    assert replace(strip, body=None) == replace(rows, body=None)  # type: ignore[arg-type]  # of another body


@pytest.mark.parametrize(
    ("value", "places", "digits"),
    [("87.4500", None, 6), ("480", 2, 5), ("5.4", 2, 3), ("12142.1", 2, 7), ("0.00008", None, 1)],
)
def test_an_item_knows_how_many_digits_its_source_gives(
    store: Store, value: str, places: int | None, digits: int
) -> None:
    source = replace(bank.SOURCE, places=places, pairs=TICKER)
    only = Catalog((source,), frozenset({"nbkr"}), {})
    # Whichever currency makes the value plausible: the digits are the format's, not the pair's.
    pairs = {"480": "KZT", "5.4": "TJS", "12142.1": "UZS", "87.4500": "KGS"}
    base, quote = ("USD", pairs[value]) if value in pairs else ("UZS", "USD")
    said = replace(nbkr("2026-05-21"), published=Published(Pair(base, quote), value))
    record(store, only, [said], NOW)
    with store.read() as reader:
        (item,) = ticker(reader, only, NOW).body.items
    assert item.digits == digits


def test_a_pegs_digits_are_exact(store: Store) -> None:
    record(store, ALL, peg.SOURCE.decreed(NOW), NOW)  # type: ignore[misc]  # a peg decrees
    with store.read() as reader:
        assert [item.digits for item in ticker(reader, ALL, NOW).body.items] == [None]


def test_a_stale_page_is_shown_where_nobody_else_speaks(store: Store) -> None:
    record(store, ALL, [paged("2025-01-07", "UZS/USD", "0.00008")], NOW)
    with store.read() as reader:
        (item,) = ticker(reader, ALL, NOW).body.items
    assert (item.row.status, item.row.source) == ("stale", "page")
