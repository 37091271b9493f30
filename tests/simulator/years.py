"""Years of publications: each bank on its own days and at its own hour, written down apart from the service.

Days are effective dates; a bank's next working day is published on the working day before it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from types import MappingProxyType

from tests.simulator.demo import like
from tests.simulator.server import Simulator
from tests.simulator.upstream import Upstream

ONE_DAY = timedelta(days=1)
Days = Callable[[date, Collection[date]], date | None]
"""The effective date that is published on a day, if any, given the days on which the bank is closed."""


def open_on(day: date, closed: Collection[date]) -> bool:
    """Whether a bank works."""
    return day.weekday() < 5 and day not in closed


def day_after(day: date, closed: Collection[date]) -> date | None:
    """What NBKR publishes: the next day's, on working days."""
    return day + ONE_DAY if open_on(day, closed) else None


def next_working_day(day: date, closed: Collection[date]) -> date | None:
    """What the other banks publish on a working day."""
    if not open_on(day, closed):
        return None
    found = day + ONE_DAY
    while not open_on(found, closed):
        found += ONE_DAY
    return found


def next_but_sunday(day: date, closed: Collection[date]) -> date | None:
    """What CBT publishes: tomorrow's, unless that is a Sunday's."""
    return day + ONE_DAY if (day + ONE_DAY).weekday() < 6 else None


def the_day(day: date, closed: Collection[date]) -> date | None:
    """What fawazahmed0 publishes: each day its own."""
    return day


def the_working_day(day: date, closed: Collection[date]) -> date | None:
    """What Frankfurter has: working days."""
    return day if day.weekday() < 5 else None


@dataclass(frozen=True)
class Habit:
    """When an upstream publishes: at an hour of UTC, or `every` so often from then on, for which day. One
    that `rewrites` puts its file online on days off, too: the same rates under the date of the next day.
    """

    at: time
    days: Days
    every: timedelta = ONE_DAY
    rewrites: bool = False


HABITS: dict[str, Habit] = {
    "nbkr": Habit(time(10, 21), day_after, rewrites=True),
    "nbkr_weekly": Habit(time(10, 22), lambda day, closed: day + ONE_DAY if day.weekday() == 4 else None),
    "nbk": Habit(time(11, 2), next_working_day),
    "nbt": Habit(time(9, 40), next_working_day),
    "cbu": Habit(time(9, 12), next_working_day),
    "cbt": Habit(time(10, 27), next_but_sunday),
    "fawazahmed0": Habit(time(3, 50), the_day),
    "frankfurter": Habit(time(12), the_working_day),
    "openexchangerates": Habit(time(), the_day, timedelta(hours=1)),
}


def ahead(key: str) -> Callable[[date], date]:
    """For which day an upstream has published last by a day, or that day itself."""

    def last(day: date) -> date:
        found = (HABITS[key].days(day - n * ONE_DAY, ()) for n in range(7))
        return max(day, next(each for each in found if each))

    return last


def publish(
    simulator: Simulator,
    since: date,
    until: date,
    *,
    seed: int = 1,
    closed: Mapping[str, Collection[date]] = MappingProxyType({}),
    silent: Mapping[str, Collection[date]] = MappingProxyType({}),
    only: Collection[str] = tuple(HABITS),
) -> None:
    """Publish all that the upstreams (`only` these) publish on the days `since`..`until`. By their keys,
    banks are shut on the days `closed`, and upstreams that work fall `silent` on others.
    """
    for upstream in (each for each in simulator.upstreams if each.key in only):
        if habit := HABITS.get(upstream.key):
            random, units = Random(f"{seed} {upstream.key}"), None
            for at in instants(habit, since, until):
                units = _step(upstream, random, units)
                effective = habit.days(at.date(), closed.get(upstream.key, ()))
                if at.date() in silent.get(upstream.key, ()):
                    continue
                if effective is not None:
                    upstream.publish(effective, {upstream.subject: like(_literal(upstream), units)}, at=at)
                elif habit.rewrites and upstream.online(at):
                    upstream.publish(at.date() + ONE_DAY, at=at)


def instants(habit: Habit, since: date, until: date) -> Iterator[datetime]:
    """When an upstream of that habit may publish, on the days `since`..`until`."""
    at, end = datetime.combine(since, habit.at, UTC), datetime.combine(until + ONE_DAY, time(), UTC)
    while at < end:
        yield at
        at += habit.every


def _literal(upstream: Upstream) -> str:
    return next(row.value or "" for row in upstream.rows if row.code == upstream.subject)


def _step(upstream: Upstream, random: Random, units: int | None) -> int:
    """The next value in units of the last digit: up to 0.6 % away, and never a fifth from the first one."""
    first = int("".join(filter(str.isdigit, _literal(upstream))))
    if units is None:
        return first
    up = random.random() < 0.5
    if abs(units - first) * 5 > first:
        up = units < first
    size = random.randint(1, max(units * 6 // 1000, 1))
    return units + size if up else units - size


def span(since: date, until: date) -> list[date]:
    """Each day of a range, both ends included."""
    return [since + n * ONE_DAY for n in range((until - since).days + 1)]
