"""The tick log, in stretches and one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.answers.ticks import tick, ticks
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
KGS = frozenset({Pair("KGS", "USD")})


@pytest.fixture(autouse=True)
def five_ticks(store: Store) -> None:
    """Four of KGS, and one of UZS between them."""
    for place, day in enumerate((19, 20, 21, 22)):
        record(store, ALL, [nbkr(f"2026-05-{day}", f"87.{day}00")], at(f"2026-05-{day} 06:00"))
        if place == 1:
            record(store, ALL, [paged("2026-05-20", "UZS/USD", "0.00008")], at("2026-05-20 07:00"))


def test_a_cursor_walks_the_log_without_gap_or_repeat(store: Store) -> None:
    seen, after = [], None
    with store.read() as reader:
        while True:
            body = ticks(reader, ALL, NOW, after=after, limit=2).body
            seen += [each.seq for each in body.ticks]
            after = body.next
            if after is None:
                break
    assert seen == [1, 2, 3, 4, 5]


def test_a_filter_leaves_the_numbers_as_they_are(store: Store) -> None:
    with store.read() as reader:
        body = ticks(reader, ALL, NOW, wanted=Wanted(KGS)).body
    assert [each.seq for each in body.ticks] == [1, 2, 4, 5]
    assert [each.previous.seq for each in body.ticks[1:] if each.previous] == [1, 2, 4]
    assert (body.next, body.seq, body.version) == (None, 5, 5)


def test_cursors_from_elsewhere_are_refused(store: Store) -> None:
    with store.read() as reader:
        log_id = reader.counter().log_id
        with pytest.raises(BadCursor, match="tick 6"):
            ticks(reader, ALL, NOW, after=encode("t", log_id, "6"))
        with pytest.raises(ForeignCursor):
            ticks(reader, ALL, NOW, after=encode("t", "another", "1"))
        with pytest.raises(BadCursor):
            ticks(reader, ALL, NOW, after=encode("h", log_id, "2026-05-21"))
        for place in ("", "-1", "1 ", "1.0", "\u0663", "\u00b2", "9" * 18, "9" * 40, "9" * 5_000):
            with pytest.raises(BadCursor):
                ticks(reader, ALL, NOW, after=encode("t", log_id, place))


def walk(store: Store, **asked: Any) -> list[list[int]]:
    """The pages of the log, each with its ticks by number."""
    pages, after = [], None
    with store.read() as reader:
        while True:
            body = ticks(reader, ALL, NOW, after=after, **asked).body
            pages.append([each.seq for each in body.ticks])
            after = body.next
            if after is None:
                return pages


def still(store: Store) -> None:
    """Say the newest rate again, for days on which that is a publication."""
    for day in (23, 26, 27):
        record(store, ALL, [nbkr(f"2026-05-{day}", "87.2200")], at(f"2026-05-{day} 06:00"))


def test_ticks_that_changed_nothing_can_be_left_out(store: Store) -> None:
    still(store)
    assert walk(store) == [[1, 2, 3, 4, 5, 6, 7, 8]]
    assert walk(store, wanted=Wanted(only_changes=True)) == [[1, 2, 3, 4, 5]]
    assert walk(store, wanted=Wanted(KGS, only_changes=True)) == [[1, 2, 4, 5]]


def test_ticks_that_moved_by_too_little_can_be_left_out_to_the_last_digit(store: Store) -> None:
    record(store, ALL, [paged("2026-05-21", "KZT/USD", "0.002000")], at("2026-05-21 07:00"))
    record(store, ALL, [paged("2026-05-22", "KZT/USD", "0.002010")], at("2026-05-22 07:00"))
    assert walk(store, wanted=Wanted(min_change_pct=Decimal("0.5"))) == [[1, 3, 6, 7]]
    assert walk(store, wanted=Wanted(min_change_pct=Decimal("0.500000001"))) == [[1, 3, 6]]
    record(store, ALL, [paged("2026-05-23", "KZT/USD", "0.001989900")], at("2026-05-23 07:00"))
    assert walk(store, wanted=Wanted(min_change_pct=Decimal("1"))) == [[1, 3, 6, 8]], "down as well as up"


@pytest.mark.parametrize("most", [1, 3, 10_000])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_stretch_in_which_nothing_passes_is_read_on_and_ends_no_walk(
    store: Store, monkeypatch: pytest.MonkeyPatch, most: int, limit: int
) -> None:
    monkeypatch.setattr("app.answers.ticks.MOST_READ", most)
    still(store)
    record(store, ALL, [nbkr("2026-05-28", "88.1000")], at("2026-05-28 06:00"))
    pages = walk(store, limit=limit, wanted=Wanted(only_changes=True))
    assert [seq for page in pages for seq in page] == [1, 2, 3, 4, 5, 9]
    assert all(len(page) <= limit for page in pages)
    if most == 10_000:
        assert all(len(page) == limit for page in pages[:-1])


def test_one_tick_never_changes(store: Store) -> None:
    with store.read() as reader:
        answer = tick(reader, ALL, NOW, seq=3)
        assert (str(answer.body.pair), answer.closed) == ("UZS/USD", True)
        with pytest.raises(UnknownTick, match="tick 6"):
            tick(reader, ALL, NOW, seq=6)
