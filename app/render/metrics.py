"""The health of the service as OpenMetrics, for whoever watches many services with one program.

Instants are whole seconds since 1970 UTC; a day is the instant at which it begins in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.openmetrics.exposition import generate_latest

from app.domain.answers import Health

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

STATUSES = ("fresh", "carried", "late", "stale", "pegged", "upcoming")
"""The statuses that a rate may have, each a state of its own."""


class Collected:
    """The metrics of one answer, in the form in which the library asks for them."""

    def __init__(self, health: Health, *, simulated: bool) -> None:
        """Of `health`, and of nothing else: there is no registry for the whole process."""
        self._health, self._simulated = health, simulated

    def collect(self) -> Iterator[Metric]:
        """Each family."""
        health = self._health
        store = {"log_id": health.log_id, "simulated": str(self._simulated).lower()}
        yield InfoMetricFamily("silkrate", "The store that is served.", store)
        yield StateSetMetricFamily(
            "silkrate_health_status",
            "The word of /health.",
            {status: health.status == status for status in ("ok", "degraded", "empty")},
        )
        yield GaugeMetricFamily(
            "silkrate_store_reachable", "1 while the store answers.", int(health.reachable)
        )
        yield CounterMetricFamily(
            "silkrate_versions", "Transactions that recorded something.", health.version
        )
        yield CounterMetricFamily("silkrate_ticks", "Changes of a headline, ever.", health.seq)
        yield from self._pairs()
        yield from self._sources()

    def _pairs(self) -> Iterator[Metric]:
        status = StateSetMetricFamily(
            "silkrate_pair_status", "How good the rate in force is.", labels=["pair"]
        )
        newest = GaugeMetricFamily(
            "silkrate_pair_effective_date_seconds", "The day of the rate in force.", labels=["pair", "source"]
        )
        for pair in self._health.pairs:
            status.add_metric([str(pair.pair)], {each: pair.status == each for each in STATUSES})
            if pair.source and pair.effective_date:
                newest.add_metric([str(pair.pair), pair.source], _begins(pair.effective_date))
        yield status
        yield newest

    def _sources(self) -> Iterator[Metric]:
        status = StateSetMetricFamily("silkrate_source_status", "How a source stands.", labels=["source"])
        families = {
            name: GaugeMetricFamily(f"silkrate_source_{name}", text, labels=["source"])
            for name, text in (
                ("failing", "1 while asking it fails."),
                ("publications_missed", "Publications that were due and have not come."),
                ("newest_seconds", "The day of its newest publication, which may be tomorrow."),
                ("checked_seconds", "When it last answered."),
            )
        }
        for source in self._health.sources:
            status.add_metric([source.key], {each: source.status == each for each in STATUSES})
            values = {
                "failing": int(source.failing_since is not None),
                "publications_missed": source.publications_missed,
                "newest_seconds": _begins(source.newest) if source.newest else None,
                "checked_seconds": _seconds(source.checked_at) if source.checked_at else None,
            }
            for name, value in values.items():
                if value is not None:
                    families[name].add_metric([source.key], value)
        yield status
        yield from families.values()


def metrics(health: Health, *, simulated: bool = False) -> bytes:
    """The whole text, `# EOF` at its end."""
    text: bytes = generate_latest(Collected(health, simulated=simulated))  # type: ignore[no-untyped-call]
    return text


def _seconds(instant: datetime) -> int:
    return (instant - EPOCH) // SECOND


def _begins(day: date) -> int:
    return _seconds(datetime.combine(day, time(), UTC))
