"""The one rate of a pair that the ticker shows: the first usable source in the pair's order of authority."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from app.domain.calendar import Calendar, Deadlines, Status, day_of, starts, status
from app.domain.observations import Kind, Recorded


class Voice(Protocol):
    """What the headline needs to know of a source."""

    @property
    def key(self) -> str:
        """The source's key."""

    @property
    def kind(self) -> Kind:
        """What the source is."""

    @property
    def calendar(self) -> Calendar:
        """The source's days."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A publication in force, with its status at the instant asked for and the deadlines of its source."""

    recorded: Recorded
    status: Status
    deadlines: Deadlines

    @classmethod
    def of(cls, recorded: Recorded, newest: Recorded, calendar: Calendar, at: datetime) -> Standing:
        """How `recorded` stands at `at`, when `newest` is the newest publication of its source."""
        last = newest.said.effective_date, newest.said.observed_at
        return cls(
            recorded,
            status(calendar, recorded.said.effective_date, last[0], at, last[1]),
            calendar.deadlines(*last),
        )


@dataclass(frozen=True, slots=True)
class Headline:
    """The standing chosen, and the order of authority out of which its source was chosen."""

    standing: Standing
    order: tuple[Voice, ...]

    @property
    def source(self) -> str:
        """The key of the source chosen."""
        return self.standing.recorded.said.source

    @property
    def voice(self) -> Voice:
        """The source chosen."""
        return self.order[self.rank(self.source)]

    @property
    def fallback(self) -> bool:
        """Whether it is anything but the first source in the order."""
        return self.rank(self.source) > 0

    def rank(self, source: str) -> int:
        """The place of `source` in the order, from 0; a source that is not in it comes after all that are."""
        return next((place for place, voice in enumerate(self.order) if voice.key == source), len(self.order))


def headline(publications: Iterable[Recorded], order: Sequence[Voice], at: datetime) -> Headline | None:
    """The headline at `at` among the accepted publications of one pair.

    It is that of the first voice in `order` that is not stale, else of the first with a rate; None when no
    voice has a rate in force. Publications dated after their source's today only tell that the source is not
    late.
    """
    spoken: dict[str, list[Recorded]] = {}
    for recorded in publications:
        spoken.setdefault(recorded.said.source, []).append(recorded)
    found = [
        Headline(chosen, tuple(order))
        for voice in order
        if (chosen := standing(spoken.get(voice.key, ()), voice.calendar, at))
    ]
    return next((each for each in found if each.standing.status != "stale"), found[0] if found else None)


def standing(publications: Iterable[Recorded], calendar: Calendar, at: datetime) -> Standing | None:
    """The publication of one source in force at `at`: the newest up to its today, in its newest revision."""
    today, ranked = day_of(at, calendar.zone), sorted(publications, key=_newness)
    due = [each for each in ranked if each.said.effective_date <= today]
    if not due:
        return None
    return Standing.of(due[-1], ranked[-1], calendar, at)


Heard = tuple[Calendar, date] | tuple[Calendar, date, datetime]
"""A source's calendar and the date of its newest publication, with its instant if it speaks all day."""


def turns(
    newest: Iterable[Heard], since: datetime, until: datetime, zones: Iterable[ZoneInfo] = ()
) -> list[datetime]:
    """The instants in `(since, until]` at which the clock alone may change a headline or its status.

    Midnights in the zones of the sources that were heard, and in `zones`, because a day's rate comes into
    force then and a carried day begins; `late_at` and `stale_at`, because they change the status.
    """
    found: set[datetime] = set()
    heard = list(newest)
    for each in heard:
        deadlines = each[0].deadlines(*each[1:])
        found.update(instant for instant in (deadlines.late_at, deadlines.stale_at) if instant)
    for zone in {*zones, *(each[0].zone for each in heard)}:
        midnight = day_of(since, zone) + timedelta(days=1)
        while (instant := starts(midnight, zone)) <= until:
            found.add(instant)
            midnight += timedelta(days=1)
    return sorted(instant for instant in found if since < instant <= until)


def _newness(recorded: Recorded) -> tuple[date, datetime, int]:
    return recorded.said.effective_date, recorded.said.observed_at, recorded.revision
