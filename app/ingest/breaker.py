"""The circuit breaker of a host: who fails again and again is left alone for a while, then tried once."""

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


class Resting(Unreachable):
    """A host that is not asked, because it failed so often. `again_at` is when it will be tried."""

    def __init__(self, source: str, host: str, failures: int, again_at: datetime) -> None:
        """Say how often it failed, and until when it rests."""
        super().__init__(
            source, f"{host} failed {failures} times in a row and is not asked before {again_at:%H:%M:%S} UTC"
        )
        self.again_at = again_at


class Breaker:
    """Counts the failures of one host. The clock is its caller's."""

    def __init__(self, host: str) -> None:
        """Closed: the host may be asked."""
        self.host = host
        self._failures = 0
        self._rests_until: datetime | None = None

    def rests(self, now: datetime) -> bool:
        """Whether the host is left alone at `now`."""
        return self._rests_until is not None and now < self._rests_until

    def check(self, source: str, now: datetime) -> None:
        """Raise Resting while the host rests. What is asked after that is a trial."""
        if self._rests_until and now < self._rests_until:
            raise Resting(source, self.host, self._failures, self._rests_until)

    def failed(self, now: datetime) -> None:
        """Count a failure that may pass."""
        self._failures += 1
        trials = self._failures - TRIPS_AFTER
        if trials < 0:
            return
        self._rests_until = now + min(REST * (1 << min(trials, 10)), MOST_REST)
        if trials == 0:
            log.warning("host rests", host=self.host, failures=self._failures, until=str(self._rests_until))

    def answered(self) -> None:
        """Forget the failures: whatever it said, it said something."""
        if self._rests_until:
            log.info("host answers again", host=self.host, failures=self._failures)
        self._failures, self._rests_until = 0, None
