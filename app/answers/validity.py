"""How long an answer holds: from its version or the last turn before it, to the next turn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.domain.answers import Answer
from app.domain.headline import turns
from app.domain.pairs import Pair, canonical
from app.sources.catalog import Catalog
from app.store.base import Reader

Body = TypeVar("Body")

REACH = timedelta(days=2)
"""How far around now turns are looked for: every zone has a midnight in it."""


@dataclass(frozen=True, slots=True)
class Validity:
    """The version of an answer, and the instants between which the same question gives the same bytes."""

    version: int
    since: datetime | None
    until: datetime | None
    closed: bool = False
    head: str = ""

    def turning(self, instants: Iterable[datetime], now: datetime) -> Validity:
        """The same for an answer that also turns at `instants`, as far as they are known at `now`."""
        turns = list(instants)
        begun, coming = [each for each in turns if each <= now], [each for each in turns if each > now]
        since = max([*begun, *([self.since] if self.since else [])], default=None)
        until = min([*coming, *([self.until] if self.until else [])], default=None)
        return replace(self, since=since, until=until)

    def answer(self, body: Body, following: str | None = None) -> Answer[Body]:
        """`body` with this validity; `following` is the cursor of what comes after it."""
        return Answer(body, self.version, self.since, self.until, self.closed, following, self.head)


def together(parts: Sequence[Validity]) -> Validity:
    """Of an answer that is made of several, of the same version."""
    since = max((each.since for each in parts if each.since), default=None)
    until = min((each.until for each in parts if each.until), default=None)
    return Validity(parts[0].version, since, until, all(each.closed for each in parts), parts[0].head)


def combined(body: Body, *parts: Answer[Any]) -> Answer[Body]:
    """An answer that is made of several, of the same reading: it holds as long as all of them do."""
    stands = [
        Validity(each.version, each.valid_since, each.valid_until, each.closed, each.head) for each in parts
    ]
    return together(stands).answer(body)


def closed_validity(reader: Reader, *, closed: bool = True, since: datetime | None = None) -> Validity:
    """Of an answer that only a new version can change, `since` the days that it is about are over."""
    counter = reader.counter()
    begun = [instant for instant in (counter.recorded_at, since) if instant]
    return Validity(counter.version, max(begun, default=None), None, closed, counter.hash)


def open_validity(
    reader: Reader,
    catalog: Catalog,
    pairs: Iterable[Pair],
    now: datetime,
    asked: str | None = None,
    zones: Collection[ZoneInfo] = (),
) -> Validity:
    """Of an answer that shows how `pairs` stand today, by their order of authority or by the source asked;
    and that turns with the days of `zones` beside those of the sources heard.
    """
    newest = [
        (source.calendar, recorded.said.effective_date, recorded.said.observed_at)
        for pair in pairs
        for source in ((catalog[asked],) if asked else catalog.order(pair))
        if (recorded := reader.newest(canonical(pair), source.key))
    ]
    counter = reader.counter()
    known = [counter.recorded_at] if counter.recorded_at and counter.recorded_at <= now else []
    return Validity(
        counter.version,
        max([*turns(newest, now - REACH, now, zones), *known], default=None),
        min(turns(newest, now, now + REACH, zones), default=None),
        head=counter.hash,
    )
