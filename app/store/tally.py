"""Counting what a transaction adds to the publications in force, so that nobody has to count them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from app.domain.pairs import Pair

Series = tuple[str, Pair]
"""The key of a source, and the pair that it is filed under."""


class Count(NamedTuple):
    """What there is of a series from version `begun` on: publications dated `since` to `until`, None where
    there are none; so many `publications` at `version`, and before it fewer of the day `until`. `number` such
    counts were before it.
    """

    source: str
    pair: Pair
    begun: int
    number: int
    since: date | None
    until: date | None
    publications: int
    version: int


@dataclass(slots=True)
class Change:
    """`more` publications of one series than before (fewer: negative), those added dated within
    `since`..`until`; `taken` says that some are in force no more, which may have been the first or the last.
    """

    more: int = 0
    since: date = date.max
    until: date = date.min
    taken: bool = False

    def grows(self, before: Count) -> bool:
        """Whether there is only more of the last day than before."""
        return not self.taken and self.since == self.until == before.until

    def span(self, before: Count | None) -> tuple[date, date]:
        """From when to when there are publications, if none was taken that was the first or the last."""
        if before is None or before.since is None or before.until is None:
            return self.since, self.until
        return min(before.since, self.since), max(before.until, self.until)


class Tally:
    """The changes of one transaction, by series."""

    def __init__(self) -> None:
        """Nothing has changed so far."""
        self.changes: dict[Series, Change] = {}

    def add(self, series: Series, days: list[date]) -> None:
        """Publications of these days are in force now."""
        if not days:
            return
        change = self.changes.setdefault(series, Change())
        change.more += len(days)
        change.since, change.until = min(change.since, *days), max(change.until, *days)

    def take(self, series: Series) -> None:
        """A publication is in force no more."""
        change = self.changes.setdefault(series, Change())
        change.more -= 1
        change.taken = True
