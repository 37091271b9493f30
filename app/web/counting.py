"""What a process counts of what it answers, since its start, for whoever watches it.

Plain numbers that the event loop's thread alone changes: counting takes no lock.
"""

from __future__ import annotations

from bisect import bisect_left
from copy import deepcopy
from dataclasses import replace

from app.render.metrics import BUCKETS, Latency, Traffic
from app.web.kept import Kept
from app.web.limits import Limits

SECOND = 1_000_000_000
_BOUNDS = [int(bound * SECOND) for bound in BUCKETS]


class Counts(Traffic):
    """The traffic of this process, as its layers count it."""

    def answered(self, route: str, status: int, nanoseconds: int) -> None:
        """Count a request of the router: the path of its `route`, as it is declared, its status, and how long
        it took.
        """
        asked = (route, status)
        self.requests[asked] = self.requests.get(asked, 0) + 1
        latency = self.latencies.setdefault(route, Latency())
        latency.seconds += nanoseconds / SECOND
        latency.buckets[bisect_left(_BOUNDS, nanoseconds)] += 1

    def told(self, kept: Kept, limits: Limits) -> Traffic:
        """All of it at this moment, with what there is of `kept` and who is inside of `limits` or was
        refused, for another thread to write.
        """
        return replace(
            self,
            bytes=kept.bytes,
            entries=len(kept),
            evictions=kept.evictions,
            tables=limits.tables.inside,
            streams=limits.streams.inside,
            refused=limits.refused,
            broken=dict(limits.broken),
            requests=dict(self.requests),
            latencies=deepcopy(self.latencies),
        )
