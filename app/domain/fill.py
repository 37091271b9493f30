"""Filling: rows for the days or hours on which nothing was published, for whoever needs one for each.

Nothing is invented: a filled row shows the last one before it, says from where, and none stands before the
first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from app.domain.candles import Edge

Fill = Literal["none", "previous", "business"]
"""Which gaps are filled: none, all, or those that begin on a Monday to a Friday."""

Row = TypeVar("Row")

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Filling(Generic[Row]):
    """How rows are filled: `place` is where one stands, `following` the place after one, `carried` the row
    that stands in a place for the one given, which is the last before it.
    """

    fill: Fill
    place: Callable[[Row], Edge]
    following: Callable[[Edge], Edge]
    carried: Callable[[Row, Edge], Row]

    def rows(self, rows: Iterable[Row], first: Edge, end: Edge, before: Row | None) -> Iterator[Row]:
        """`rows`, which come oldest first, and those between them, from `first` on and up to before `end`;
        `before` is the last one before `first`.
        """
        if self.fill == "none":
            yield from rows
            return
        newest, at = before, first
        for each in rows:
            place = self.place(each)
            yield from self._between(newest, at, place)
            yield each
            newest, at = each, self.following(place)
        yield from self._between(newest, at, end)

    def _between(self, newest: Row | None, at: Edge, end: Edge) -> Iterator[Row]:
        while newest is not None and at < end:
            if self.fill == "previous" or at.weekday() < SATURDAY:
                yield self.carried(newest, at)
            at = self.following(at)
