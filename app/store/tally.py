"""Counting what a transaction adds to the publications in force, so that nobody has to count them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.domain.pairs import Pair

Series = tuple[str, Pair]
"""The key of a source, and the pair that it is filed under."""


@dataclass(slots=True)
class Change:
    """`more` publications of one series than before (fewer: negative), those added dated within
    `since`..`until`; `taken` says that some are in force no more, which may have been the first or the last.
    """

    more: int = 0
    since: date = date.max
    until: date = date.min
    taken: bool = False


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
