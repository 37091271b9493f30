"""When a source speaks: its days and windows, and by which instants its silence means something.

Days are calendar days in the source's own zone; every instant is aware and in UTC. A calendar does not know
what time it is: it is asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

Status = Literal["fresh", "carried", "late", "stale", "pegged", "upcoming"]
"""How far a rate can be trusted to be today's.

`fresh`: of the newest publication that was due. `carried`: still in force, on a day on which its source
does not publish. `late`: a publication is overdue. `stale`: two are. `pegged`: fixed by decree, it does
not age. `upcoming`: published, in force from a later day on."""

GRACE = timedelta(minutes=30)
"""How long after the end of its window a publication is late."""

EVERY_DAY = frozenset(range(7))
WORKING_DAYS = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What the newest publication promises: when the next is due, and from when on it is late and stale.

    None: never.
    """

    expected_next_at: datetime | None
    late_at: datetime | None
    stale_at: datetime | None


NEVER = Deadlines(None, None, None)


class Calendar(Protocol):
    """The days of one source. Implemented by Schedule, Continuous, Decree and SingleDay."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the source's days begin and end."""

    def publishes(self, day: date) -> bool:
        """Whether a rate dated `day` is a publication even when it repeats the one before."""

    def next_day(self, day: date) -> date:
        """The publication day after `day`; `day` itself where no other is promised."""

    def deadlines(self, newest: date, observed_at: datetime | None = None) -> Deadlines:
        """The deadlines after a newest publication dated `newest`; for a source that speaks several times a
        day they count from its `observed_at`.
        """

    def missed(self, newest: date, now: datetime, observed_at: datetime | None = None) -> int:
        """How many publications that were due are overdue at `now`, when the newest is dated `newest`, and
        was `observed_at` where a source speaks several times a day.
        """

    def next_poll(self, newest: date | None, now: datetime) -> datetime:
        """When to ask the source next, having just asked at `now`."""


def starts(day: date, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which `day` begins in `zone`."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day in `zone` at `instant`."""
    return instant.astimezone(zone).date()


def speaks_all_day(calendar: Calendar) -> bool:
    """Whether its source says several things a day, each for its instant."""
    return isinstance(calendar, Continuous)


def settled_at(calendar: Calendar, end: date | datetime) -> datetime:
    """The instant from which on nothing more is due of what a source says of the time before `end`, a day in
    its zone or an instant. No window ends after the day that it is for; but what a source that speaks all
    day said last before `end` may come as late as its next word is due.
    """
    over = end if isinstance(end, datetime) else starts(end, calendar.zone)
    return over + calendar.every if isinstance(calendar, Continuous) else over


def status(
    calendar: Calendar, effective: date, newest: date, at: datetime, observed_at: datetime | None = None
) -> Status:
    """The status at `at` of a rate dated `effective`, of a source whose newest publication is dated `newest`
    and `observed_at`.

    Lateness counts from the newest, which may be tomorrow's; but it does not excuse the days that were
    skipped: after a long silence a rate of last month is stale until the new one comes into force.
    """
    today = day_of(at, calendar.zone)
    if effective > today:
        return "upcoming"
    if isinstance(calendar, Decree):
        return "pegged"
    deadlines, due = calendar.deadlines(newest, observed_at), calendar.next_day(effective)
    ahead = effective < today <= newest
    if (deadlines.stale_at and at >= deadlines.stale_at) or (ahead and calendar.next_day(due) <= today):
        return "stale"
    if (deadlines.late_at and at >= deadlines.late_at) or (ahead and due <= today):
        return "late"
    return "fresh" if effective == today or calendar.publishes(today) else "carried"


@dataclass(frozen=True, slots=True)
class Era:
    """From `since` on (an effective date), rates are dated on `weekdays` (Monday is 0)."""

    since: date
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A bank that publishes on known days, within a window of local time.

    The rate of an effective day is published on the last working day before it, or, where `fixing_days` is
    None, on the day itself, between `opens` and `closes`. `holidays` are effective days without a
    publication. Those of a bank that publishes for its next working day are days on which it does not work;
    one that publishes `for_next_day`, working or not, has them on the day after. `eras` are oldest first.

    A source is asked `eager`ly, so often, while a publication may come, else at `idle` times.
    """

    zone: ZoneInfo
    eras: tuple[Era, ...]
    opens: time
    closes: time
    fixing_days: frozenset[int] | None = WORKING_DAYS
    for_next_day: bool = False
    holidays: frozenset[date] = field(default=frozenset())
    eager: timedelta = timedelta(minutes=5)
    idle: timedelta = timedelta(hours=1)

    def scheduled(self, day: date) -> bool:
        """Whether `day` is a publication day by the era that holds then; before the first one, by that."""
        era = next((era for era in reversed(self.eras) if era.since <= day), self.eras[0])
        return day.weekday() in era.weekdays

    def publishes(self, day: date) -> bool:
        """Whether `day` is a publication day: scheduled, and no holiday."""
        return day not in self.holidays and self.scheduled(day)

    @lru_cache(maxsize=64)  # noqa: B019  a schedule is a value, and there is one for each source
    def closing(self, days: frozenset[date]) -> Schedule:
        """The schedule with these days as holidays, too."""
        return replace(self, holidays=self.holidays | days)

    def open_on(self, day: date) -> Schedule:
        """The schedule by which `day`, for which a rate was published, is no holiday: whatever was listed."""
        return replace(self, holidays=self.holidays - {day}) if day in self.holidays else self

    @lru_cache(maxsize=64)  # noqa: B019  as above
    def _without_holidays(self) -> Schedule:
        return replace(self, holidays=frozenset())

    def listed(self, after: date, before: date) -> list[date]:
        """The days between two that would be publication days, were they no holidays."""
        days = (after + timedelta(days=n) for n in range(1, (before - after).days))
        return [day for day in days if day in self.holidays and self.scheduled(day)]

    def due_days(self, now: datetime) -> list[date]:
        """The effective dates to ask for at `now`: the newest reached whose window has closed, which is there
        unless the source failed, and those after it whose window has opened.
        """
        today = day_of(now, self.zone)
        newest = today
        while not self.publishes(newest) or self.window(newest)[1] > now:
            newest -= timedelta(days=1)
        opened = [newest]
        for day in self.publication_days(newest):
            if self.window(day)[0] > now:
                return opened
            opened.append(day)
        raise AssertionError("publication days have no end")

    def publication_days(self, after: date) -> Iterator[date]:
        """The publication days after `after`, without end."""
        day = after
        while True:
            day += timedelta(days=1)
            if self.publishes(day):
                yield day

    def next_day(self, day: date) -> date:
        """The first publication day after `day`."""
        return next(self.publication_days(day))

    def window(self, day: date) -> tuple[datetime, datetime]:
        """When the rate of effective day `day` is published: first and last instant."""
        fixed_on = day
        if self.fixing_days is not None:
            fixed_on -= timedelta(days=1)
            while fixed_on.weekday() not in self.fixing_days or self._shut(fixed_on):
                fixed_on -= timedelta(days=1)
        opens, closes = (datetime.combine(fixed_on, clock, self.zone) for clock in (self.opens, self.closes))
        return opens.astimezone(UTC), closes.astimezone(UTC)

    def _shut(self, day: date) -> bool:
        return not self.for_next_day and day in self.holidays

    def deadlines(self, newest: date, observed_at: datetime | None = None) -> Deadlines:
        """Due in the window of the next publication day, late half an hour after, stale after another one."""
        return self._due_after(newest)

    @lru_cache(maxsize=4096)  # noqa: B019  asked for in every answer and at every turn
    def _due_after(self, newest: date) -> Deadlines:
        windows = self._windows_after(newest)
        opens, closes = next(windows)
        # One window may bring the rates of several days, as a Friday's does: to miss it is to miss one.
        return Deadlines(opens, closes + GRACE, next(ends for _, ends in windows if ends > closes))

    def _windows_after(self, newest: date) -> Iterator[tuple[datetime, datetime]]:
        """Those of the publications after one that is there, without end."""
        known = self.open_on(newest)
        return map(known.window, known.publication_days(newest))

    def missed(self, newest: date, now: datetime, observed_at: datetime | None = None) -> int:
        """The publication days after `newest` that are late at `now`."""
        return sum(1 for _ in takewhile(lambda window: window[1] + GRACE <= now, self._windows_after(newest)))

    def next_poll(self, newest: date | None, now: datetime) -> datetime:
        """Eagerly while a publication that is due may come, on listed holidays too, for no list is sure; else
        now and then, for a bank may correct itself at any time, and one that has fallen silent is not to be
        pressed all day.
        """
        if newest is None:
            return now + self.eager
        for opens, closes in self._without_holidays()._windows_after(newest):
            if opens > now:
                return min(opens, now + self.idle)
            if now < closes + GRACE:
                return now + self.eager
        raise AssertionError("publication days have no end")


def skipped(calendar: Calendar, before: date, day: date, fetched_at: datetime) -> list[date]:
    """The publication days between two publications that follow each other, `before` and `day`, over which
    their bank passed on purpose: `day` was there at `fetched_at`, before the first of them could be late.
    """
    if not isinstance(calendar, Schedule) or calendar.fixing_days is None:
        return []
    late_at = calendar.deadlines(before).late_at
    if late_at is None or fetched_at >= late_at:
        return []
    return list(takewhile(lambda each: each < day, calendar.publication_days(before)))


SO_OFTEN = 3
"""In how many years in a row a source must have been silent on a day that it is taken to be silent on."""

AROUND = timedelta(days=7)
"""How near the publications before and after a silent day must be: else the silence may be ours."""


def recurring(calendar: Calendar, published: Sequence[date], days: Iterable[date]) -> list[date]:
    """Those of `days` that are publication days, but on whose month and day the source, which published on
    the days `published`, oldest first, was silent in the last years in which it was to publish then.
    """
    if not isinstance(calendar, Schedule) or not published:
        return []
    known = frozenset(published)

    def told(year: int, day: date) -> bool | None:
        """Whether it was silent in a year; None where that year does not tell."""
        try:
            then = day.replace(year=year)
        except ValueError:  # the 29th of February
            return None
        if then in known:
            return False
        place = bisect_left(published, then)
        if not calendar.scheduled(then) or place in (0, len(published)):
            return None
        near = then - published[place - 1] <= AROUND and published[place] - then <= AROUND
        return True if near else None

    def silent(day: date) -> bool:
        years = (told(year, day) for year in range(day.year - 1, published[0].year - 1, -1))
        heard = list(islice((each for each in years if each is not None), SO_OFTEN))
        return len(heard) == SO_OFTEN and all(heard)

    return [day for day in days if calendar.publishes(day) and silent(day)]


@dataclass(frozen=True, slots=True)
class Decree:
    """A peg: it holds until another decree, is never late, and has nobody to ask."""

    zone: ZoneInfo

    def publishes(self, day: date) -> bool:
        """A decree repeated is no news."""
        return False

    def next_day(self, day: date) -> date:
        """None is promised."""
        return day

    def deadlines(self, newest: date, observed_at: datetime | None = None) -> Deadlines:
        """None: a decree promises no next one."""
        return NEVER

    def missed(self, newest: date, now: datetime, observed_at: datetime | None = None) -> int:
        """None: nothing was due."""
        return 0

    def next_poll(self, newest: date | None, now: datetime) -> datetime:
        """A day on: a release of Silkrate may bring a new decree, a running process does not."""
        return now + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SingleDay:
    """An imported page: it speaks for its own day and promises no other."""

    zone: ZoneInfo

    def publishes(self, day: date) -> bool:
        """Every page is a publication of its day."""
        return True

    def next_day(self, day: date) -> date:
        """None is promised."""
        return day

    def deadlines(self, newest: date, observed_at: datetime | None = None) -> Deadlines:
        """Stale when its day has ended, without being late first."""
        return Deadlines(None, None, starts(newest + timedelta(days=1), self.zone))

    def missed(self, newest: date, now: datetime, observed_at: datetime | None = None) -> int:
        """None: no page is promised."""
        return 0

    def next_poll(self, newest: date | None, now: datetime) -> datetime:
        """A day on: pages are imported, not asked for."""
        return now + timedelta(days=1)


LATE_AFTER, STALE_AFTER = 2, 6
"""After how many intervals without news a source without a schedule is late, and stale."""


@dataclass(frozen=True, slots=True)
class Continuous:
    """A source that speaks `every` so often, day and night, and whose day is that of `zone`."""

    zone: ZoneInfo
    every: timedelta

    def publishes(self, day: date) -> bool:
        """Every day is one."""
        return True

    def next_day(self, day: date) -> date:
        """The day after."""
        return day + timedelta(days=1)

    def deadlines(self, newest: date, observed_at: datetime | None = None) -> Deadlines:
        """Counted in intervals from `observed_at`, or else from the start of the day."""
        last = observed_at or starts(newest, self.zone)
        return Deadlines(last + self.every, last + LATE_AFTER * self.every, last + STALE_AFTER * self.every)

    def missed(self, newest: date, now: datetime, observed_at: datetime | None = None) -> int:
        """The intervals without a word, from the one on after which it is late."""
        last = observed_at or starts(newest, self.zone)
        return max(0, (now - last) // self.every - (LATE_AFTER - 1))

    def next_poll(self, newest: date | None, now: datetime) -> datetime:
        """An interval on."""
        return now + self.every
