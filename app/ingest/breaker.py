"""The circuit breaker of a host: who fails again and again, or does not want to be asked, is left alone for a
while, then tried once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from app.domain.errors import Unreachable

log = structlog.get_logger("silkrate.fetch")

TRIPS_AFTER = 5
"""Failures in a row, of the kind that may pass, after which a host is left alone."""

REST = timedelta(seconds=10)
"""How long at first; doubled with each trial that fails, up to MOST_REST: who is back is heard soon."""

MOST_REST = timedelta(minutes=5)

MOST_UNWELCOME = timedelta(days=1)
"""The longest wish not to be asked that is heeded: a bank's misprint must not end its ticker."""

ISO = "%Y-%m-%dT%H:%M:%SZ"
"""How an instant is written, as in the timestamps of the log."""


class Resting(Unreachable):
    """A host that is not asked, because it failed so often or wants to be left alone. `again_at` is when it
    will be tried.
    """

    def __init__(self, source: str, host: str, why: str, again_at: datetime) -> None:
        """Say why it rests, and until when."""
        super().__init__(source, f"{host} {why} and is not asked before {again_at:{ISO}}")
        self.again_at = again_at


class Breaker:
    """Counts the failures of one host, and remembers its wish. The clock is its caller's."""

    def __init__(self, host: str) -> None:
        """Closed: the host may be asked."""
        self.host = host
        self._failures = 0
        self._rests_until: datetime | None = None
        self._why = ""

    def rests(self, now: datetime) -> bool:
        """Whether the host is left alone at `now`."""
        return self._rests_until is not None and now < self._rests_until

    def check(self, source: str, now: datetime) -> None:
        """Raise Resting while the host rests. What is asked after that is a trial."""
        if self._rests_until and now < self._rests_until:
            raise Resting(source, self.host, self._why, self._rests_until)

    def failed(self, now: datetime, wish: datetime | None = None) -> None:
        """Count a failure that may pass. `wish` is the instant before which the host does not want to be
        asked.
        """
        self._failures += 1
        trials = self._failures - TRIPS_AFTER
        if trials >= 0:
            rest = min(REST * (1 << min(trials, 10)), MOST_REST)
            self._rest(now + rest, f"failed {self._failures} times in a row")
        if wish and wish > now:
            self._rest(min(wish, now + MOST_UNWELCOME), "wants to be left alone")

    def answered(self) -> None:
        """Forget the failures: whatever it said, it said something."""
        if self._rests_until:
            log.info("host answers again", host=self.host, failures=self._failures)
        self._failures, self._rests_until = 0, None

    def _rest(self, until: datetime, why: str) -> None:
        """Leave the host alone until then, or until later if it rests for longer anyway."""
        if self._rests_until is None:
            log.warning("host rests", host=self.host, failures=self._failures, until=f"{until:{ISO}}")
        if self._rests_until is None or until > self._rests_until:
            self._rests_until, self._why = until, why
