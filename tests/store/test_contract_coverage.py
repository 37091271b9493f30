"""What a store promises of coverage: which days a source was asked for."""

from datetime import UTC, date, datetime

import pytest

from app.store.base import Store

NOW = datetime(2026, 5, 20, 6, tzinfo=UTC)


def may(number: int) -> date:
    """A day of May."""
    return date(2026, 5, number)


def cover(store: Store, *spans: tuple[int, int], source: str = "nbk") -> list[tuple[int, int]]:
    """Cover spans of May, one transaction each; returns what is covered then."""
    for since, until in spans:
        with store.write(NOW) as writer:
            writer.cover(source, may(since), may(until))
    with store.read() as reader:
        return [(since.day, until.day) for since, until in reader.covered(source)]


@pytest.mark.parametrize(
    ("spans", "covered"),
    [
        ([(4, 6)], [(4, 6)]),
        ([(8, 9), (4, 6)], [(4, 6), (8, 9)]),
        ([(4, 6), (7, 9)], [(4, 9)]),
        ([(7, 9), (4, 6)], [(4, 9)]),
        ([(4, 6), (8, 9), (7, 7)], [(4, 9)]),
        ([(4, 20), (8, 9)], [(4, 20)]),
        ([(8, 9), (12, 14), (4, 20)], [(4, 20)]),
        ([(4, 6), (4, 6)], [(4, 6)]),
    ],
)
def test_spans_that_touch_or_overlap_are_one(
    store: Store, spans: list[tuple[int, int]], covered: list[tuple[int, int]]
) -> None:
    assert cover(store, *spans) == covered


def test_each_source_has_its_own(store: Store) -> None:
    cover(store, (4, 6))
    assert cover(store, (7, 9), source="cbu") == [(7, 9)]


def test_it_moves_without_a_version(store: Store) -> None:
    cover(store, (4, 6))
    with store.read() as reader:
        assert reader.counter().version == 0
