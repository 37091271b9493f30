"""The tick log as news, newest first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.answers.feed import entry, feed
from app.answers.ticks import ticks
from app.domain.cursors import encode
from app.domain.errors import BadCursor, ForeignCursor, UnknownTick
from app.domain.pairs import Pair
from app.domain.ticks import Wanted
from app.ingest.record import record
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import at, nbkr, paged

ALL = catalog()
NOW = at("2026-05-23 08:00")
KGS, KZT = Pair("KGS", "USD"), Pair("KZT", "USD")


@pytest.fixture(autouse=True)
def five_ticks(store: Store) -> None:
    """Four of KGS, and one of UZS between them."""
    for place, day in enumerate((19, 20, 21, 22)):
        record(store, ALL, [nbkr(f"2026-05-{day}", f"87.{day}00")], at(f"2026-05-{day} 06:00"))
        if place == 1:
            record(store, ALL, [paged("2026-05-20", "UZS/USD", "0.00008")], at("2026-05-20 07:00"))


def walk(store: Store, **asked: Any) -> list[list[int]]:
    """The pages of the log from its end, each with its ticks by number."""
    pages, before = [], None
    with store.read() as reader:
        while True:
            body = feed(reader, ALL, NOW, before=before, **asked).body
            pages.append([each.tick.seq for each in body.entries])
            before = body.next
            if before is None:
                return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 50])
def test_pages_walk_the_log_backwards_without_gap_or_repeat(store: Store, limit: int) -> None:
    pages = walk(store, limit=limit)
    assert [seq for page in pages for seq in page] == [5, 4, 3, 2, 1]
    assert all(len(page) == limit for page in pages[:-1])


def still(store: Store) -> None:
    """Say the newest rate again, for days on which that is a publication."""
    for day in (23, 26, 27):
        record(store, ALL, [nbkr(f"2026-05-{day}", "87.2200")], at(f"2026-05-{day} 06:00"))


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(frozenset([KGS])),
        Wanted(frozenset([KZT])),
        Wanted(only_changes=True),
        Wanted(frozenset([KGS]), only_changes=True, min_change_pct=Decimal("0.005")),
        Wanted(min_change_pct=Decimal("0.011440")),
    ],
    ids=str,
)
@pytest.mark.parametrize("most", [1, 3, 10_000])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_filter_gives_what_it_gives_of_the_log_and_ends_no_walk(
    store: Store, monkeypatch: pytest.MonkeyPatch, wanted: Wanted, most: int, limit: int
) -> None:
    monkeypatch.setattr("app.answers.ticks.MOST_READ", most)
    still(store)
    pages = walk(store, limit=limit, wanted=wanted)
    with store.read() as reader:
        everything = reader.ticks()
    assert [seq for page in pages for seq in page] == [
        each.seq for each in reversed(everything) if wanted.wants(each)
    ]
    assert all(len(page) <= limit for page in pages)


def test_a_page_is_the_same_whatever_came_after_it(store: Store) -> None:
    with store.read() as reader:
        before = feed(reader, ALL, NOW, limit=2).body.next
        page = feed(reader, ALL, NOW, limit=2, before=before)
    still(store)
    with store.read() as reader:
        again = feed(reader, ALL, NOW, limit=2, before=before)
    assert (again.body, again.modified, again.closed) == (page.body, page.modified, True)
    assert [each.tick.seq for each in page.body.entries] == [3, 2]


def test_cursors_are_those_of_the_log_and_from_elsewhere_refused(store: Store) -> None:
    with store.read() as reader:
        log_id = reader.counter().log_id
        after = ticks(reader, ALL, NOW, limit=2).body.next
        assert [each.tick.seq for each in feed(reader, ALL, NOW, before=after).body.entries] == [2, 1]
        assert feed(reader, ALL, NOW, before=encode("t", log_id, "0")).body.entries == ()
        for cursor, error in (
            (encode("t", log_id, "6"), BadCursor),
            (encode("t", "another", "1"), ForeignCursor),
            (encode("h", log_id, "2026-05-21"), BadCursor),
            (encode("t", log_id, "-1"), BadCursor),
            ("x", BadCursor),
        ):
            with pytest.raises(error) as raised:
                feed(reader, ALL, NOW, before=cursor)
            assert getattr(raised.value, "parameter", None) == "before"


def test_an_entry_knows_its_publisher_and_how_many_digits_were_printed(store: Store) -> None:
    record(store, ALL, [nbkr("2026-05-23", "88")], at("2026-05-23 06:00"))
    with store.read() as reader:
        newest, before, *_ = feed(reader, ALL, NOW).body.entries
        page = entry(reader, ALL, NOW, seq=3)
    assert (newest.digits, newest.before, before.digits) == (2, 6, 6)
    assert newest.publisher.name == "National Bank of the Kyrgyz Republic"
    assert newest.publisher.homepage == "https://www.nbkr.kg"
    assert (page.digits, page.before, page.publisher.homepage) == (1, None, None)


def test_one_that_there_is_not_is_no_news(store: Store) -> None:
    with store.read() as reader, pytest.raises(UnknownTick, match="tick 6"):
        entry(reader, ALL, NOW, seq=6)


def modified(store: Store, **asked: Any) -> Any:
    """Of when the feed is."""
    with store.read() as reader:
        return feed(reader, ALL, NOW, **asked).modified


def test_a_feed_is_as_old_as_its_newest_tick(store: Store) -> None:
    assert modified(store) == at("2026-05-22 06:00")
    assert modified(store, wanted=Wanted(frozenset([Pair("UZS", "USD")]))) == at("2026-05-20 07:00")
    assert modified(store, wanted=Wanted(frozenset([KZT]))) is None
    record(store, ALL, [nbkr("2026-05-23", "87.2300")], at("2026-05-23 06:00:07.9"))
    assert modified(store) == at("2026-05-23 06:00:07.9")


def test_what_writes_no_tick_leaves_the_feed_as_it_was(store: Store) -> None:
    with store.read() as reader:
        before = feed(reader, ALL, NOW)
    record(store, ALL, [nbkr("2026-05-12", "87.1200")], at("2026-05-22 06:00:00.5"))
    with store.read() as reader:
        after = feed(reader, ALL, NOW)
    assert after.version == before.version + 1
    assert (after.body, after.modified) == (before.body, before.modified)
