"""The strip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.answers.changes import changes
from app.answers.latest import latest
from app.answers.ticker import ticker
from app.domain.change import UNCHANGED_BY_DECREE, WINDOWS, Change, Measure
from app.domain.observations import Published
from app.domain.pairs import TICKER, Pair
from app.ingest.record import record
from app.sources import nbkr as bank
from app.sources import peg
from app.sources.catalog import Catalog, catalog
from app.store.base import Reader, Store
from tests.said import at, banks_row, nbkr, paged

ALL = catalog()
NOW = at("2026-05-21 08:00")
KGS, TMT, KGS_KZT = Pair("KGS", "USD"), Pair("TMT", "USD"), Pair("KGS", "KZT")


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


def say_years(store: Store) -> None:
    """Record som and tenge of the same days, one in each window, and the decrees."""
    days = ("2025-05-20", "2025-12-30", "2026-04-20", "2026-04-30", "2026-05-14", "2026-05-20", "2026-05-21")
    for place, day in enumerate(days):
        record(store, ALL, [nbkr(day, f"{81 + place}")], NOW)
        record(store, ALL, [banks_row("nbk", day, "USD", f"{470 + place}")], NOW)
    record(store, ALL, peg.SOURCE.decreed(NOW), NOW)  # type: ignore[misc]  # a peg decrees


def shown(store: Store, pair: Pair, measure: Measure, **asked: Any) -> Change:
    with store.read() as reader:
        (item,) = ticker(reader, ALL, NOW, pairs=[pair], change=measure, **asked).body.items
    return item.row.change


@pytest.mark.parametrize("asked", [{}, {"on": date(2026, 5, 16)}], ids=["now", "then"])
@pytest.mark.parametrize("pair", [KGS, KGS.inverse, KGS_KZT, Pair("KZT", "TMT")], ids=str)
def test_a_change_over_a_window_is_that_of_the_ladder(
    store: Store, pair: Pair, asked: dict[str, Any]
) -> None:
    say_years(store)
    with store.read() as reader:
        first, *windows = changes(reader, ALL, NOW, pair=pair, **asked).body.changes
    assert [each.basis for each in windows] == [*WINDOWS]
    assert len({each.pct for each in windows}) > 2
    assert [shown(store, pair, window, **asked) for window in WINDOWS] == windows
    assert shown(store, pair, "previous_publication", **asked) == first


def test_a_change_of_one_source_is_measured_by_that_source(store: Store) -> None:
    record(store, ALL, [nbkr("2026-05-13", "80"), nbkr("2026-05-21", "88")], NOW)
    cents = [
        paged(day, "KGS/USD", value) for day, value in (("2026-05-13", "0.012"), ("2026-05-21", "0.011"))
    ]
    record(store, ALL, cents, NOW)
    assert shown(store, KGS.inverse, "7d", source="nbkr").pct == 10
    assert shown(store, KGS, "7d", source="page") == Change("7d", None, reason="a-page-has-too-few-digits")


def test_a_cross_of_two_days_is_measured_from_the_rate_that_is_shown(store: Store) -> None:
    for day, som, tenge in (("2026-05-13", "80", "400"), ("2026-05-20", "80", "420")):
        record(store, ALL, [nbkr(day, som), banks_row("nbk", day, "USD", tenge)], NOW)
    record(store, ALL, [banks_row("nbk", "2026-05-21", "USD", "440")], NOW)
    found = shown(store, KGS_KZT, "7d")
    assert found.reference
    assert [found.reference.effective_date, found.pct] == [date(2026, 5, 13), 10]


def test_a_change_that_is_not_known_is_null_with_its_reason_and_never_zero(store: Store) -> None:
    record(store, ALL, [nbkr("2026-05-21"), banks_row("nbk", "2026-05-21", "USD", "470")], NOW)
    unknown = Change("1y", None, reason="no-publication-then")
    assert [shown(store, pair, "1y") for pair in (KGS, KGS_KZT)] == [unknown, unknown]


def test_a_decree_that_did_not_change_is_told_as_that_over_any_window(store: Store) -> None:
    say_years(store)
    assert {shown(store, TMT, window) for window in WINDOWS} == {UNCHANGED_BY_DECREE}
    assert shown(store, TMT, "ytd", on=date(2015, 2, 10)).basis == "ytd"


def test_no_pair_has_a_change_where_none_is_asked_for(store: Store) -> None:
    say_years(store)
    for pair in (KGS, KGS_KZT, TMT):
        found = shown(store, pair, "none")
        assert (found.basis, found.pct, found.reference, found.reason) == (
            "none",
            None,
            None,
            "not-asked-for",
        )


class Counting:
    """A reader that counts what it is asked."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.asked = reader, Counter[str]()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        self.asked[name] += 1
        return getattr(self.reader, name)  # type: ignore[no-any-return]  # whatever a reader has


def test_the_record_is_asked_no_more_than_for_the_rates_and_what_is_measured(store: Store) -> None:
    say_years(store)
    with store.read() as reader:
        rates, strip, bare, week = (Counting(reader) for _ in range(4))
        latest(rates, ALL, NOW, pairs=[KGS])
        ticker(strip, ALL, NOW, pairs=[KGS])
        ticker(bare, ALL, NOW, pairs=[KGS], change="none")
        ticker(week, ALL, NOW, pairs=[KGS], change="7d")
    assert strip.asked == bare.asked == rates.asked
    assert (week.asked - rates.asked)["newest"] == 2, "what is in force, and the reference"
