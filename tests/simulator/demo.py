"""Rates that move while one watches, for a demonstration."""

import random
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from tests.simulator.upstream import Upstream

PAST = 45
"""Days before the first question: more than a service fills in by itself."""

BOUND = 50
"""A walk stays within 1/50 of where it began: a day's move of 10 % would be held as suspicious."""


EACH = 12
"""Every so many steps it is the next day's rate that moves."""


class SlowMover:
    """Publishes the past days' rates and today's when first asked, which then takes a step every `period`.

    `ahead` is the day for which the bank publishes by a day, or that day itself. Its rate moves now and then.

    Days are the bank's own. The walk is random by `seed` alone, in units of the last printed digit; a step is
    0.02 to 0.08 %. Every step has its exact instant, so a late request finds the file as if it had been asked
    all along.
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        seed: int = 1,
        period: timedelta = timedelta(seconds=5),
        ahead: Callable[[date], date] = lambda day: day,
    ) -> None:
        self.upstream = upstream
        self.ahead = ahead
        self.steps = 0
        self.period = period
        self._random = random.Random(seed)
        self._literal = next(row.value or "" for row in upstream.rows if row.code == upstream.subject)
        self._start = self._units = int(re.sub(r"\D", "", self._literal))
        self._next: datetime | None = None

    def advance(self, now: datetime) -> None:
        """Publish what is due at the instant `now`."""
        if self._next is None:
            for days in range(PAST, -1, -1):
                self._publish(now, days)
                self._step()
            self._next = now + self.period
        while self._next <= now:
            self._step()
            self._publish(self._next, ahead=self.steps % EACH == 0)
            self.steps += 1
            self._next += self.period

    def _publish(self, at: datetime, days: int = 0, *, ahead: bool = False) -> None:
        """The rate of so many days before `at`, put online in time, or of the day `ahead`."""
        day, online = at.astimezone(self.upstream.zone).date() - timedelta(days), at - timedelta(days)
        day = self.ahead(day) if ahead else day
        self.upstream.publish(day, {self.upstream.subject: like(self._literal, self._units)}, at=online)

    def _step(self) -> None:
        size = self._random.randint(self._start // 5000, self._start // 1250)
        up = self._random.random() < 0.5
        if abs(self._units - self._start) > self._start // BOUND:
            up = self._units < self._start
        self._units += size if up else -size


def like(literal: str, units: int) -> str:
    """`units` of the last digit, written as `literal` is: like("87,1200", 875634) is "87,5634"."""
    decimals = re.sub(r"^\d*", "", literal)
    if not decimals:
        return str(units)
    places = len(decimals) - 1
    digits = str(units).zfill(places + 1)
    return f"{digits[:-places]}{decimals[0]}{digits[-places:]}"
