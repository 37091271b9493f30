"""The health of the service and what it answered as OpenMetrics, for whoever watches many services with one
program.

Instants are whole seconds since 1970 UTC; a day is the instant at which it begins in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
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


BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper bounds, in seconds, by which requests are sorted; what takes longer is in one more bucket."""


@dataclass(slots=True)
class Latency:
    """How long requests took: in sum, and how many fell in each of the buckets."""

    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))


@dataclass(slots=True)
class Traffic:
    """What a process answered since its start: `ready` answers went out before the router, `kept` ones were
    found behind it, the others were `asked` of the record; `unchanged` ones went out ready as 304. `bytes`
    and `entries` are kept now, `evictions` made room. `in_flight` requests are in the router now,
    `tables` are being sent, others were `broken` off by the cause. `streams` of ticks are open, others were
    `dropped`, since their readers stayed behind. `refused` are by the gate that was full. `requests` of the
    router are by route and status, `latencies` by route.
    """

    ready: int = 0
    unchanged: int = 0
    kept: int = 0
    asked: int = 0
    bytes: int = 0
    entries: int = 0
    evictions: int = 0
    in_flight: int = 0
    tables: int = 0
    streams: int = 0
    dropped: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)
    requests: dict[tuple[str, int], int] = field(default_factory=dict)
    latencies: dict[str, Latency] = field(default_factory=dict)


class Collected:
    """The metrics of one answer, in the form in which the library asks for them."""

    def __init__(self, health: Health, traffic: Traffic | None, *, simulated: bool) -> None:
        """Of `health` and `traffic` alone: there is no registry for the whole process."""
        self._health, self._traffic, self._simulated = health, traffic, simulated

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
        if self._traffic:
            yield from _cache(self._traffic)
            yield from _requests(self._traffic)

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


def metrics(health: Health, traffic: Traffic | None = None, *, simulated: bool = False) -> bytes:
    """The whole text, `# EOF` at its end; without `traffic`, of the health alone."""
    text: bytes = generate_latest(Collected(health, traffic, simulated=simulated))  # type: ignore[no-untyped-call]
    return text


def _cache(traffic: Traffic) -> Iterator[Metric]:
    hits = CounterMetricFamily(
        "silkrate_cache_hits", "Answers from what was kept, by where.", labels=["layer"]
    )
    hits.add_metric(["ready"], traffic.ready)
    hits.add_metric(["router"], traffic.kept)
    yield hits
    yield CounterMetricFamily(
        "silkrate_cache_misses", "Answers that were asked of the record.", traffic.asked
    )
    yield CounterMetricFamily(
        "silkrate_cache_not_modified", "Ready answers that were 304.", traffic.unchanged
    )
    yield CounterMetricFamily("silkrate_cache_evictions", "Kept answers that made room.", traffic.evictions)
    yield GaugeMetricFamily("silkrate_cache_bytes", "What the kept answers take.", traffic.bytes)
    yield GaugeMetricFamily("silkrate_cache_entries", "Kept answers.", traffic.entries)


def _requests(traffic: Traffic) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "silkrate_http_requests", "Requests that the router answered.", labels=["route", "status"]
    )
    for (route, code), times in sorted(traffic.requests.items()):
        requests.add_metric([route, str(code)], times)
    yield requests
    seconds = HistogramMetricFamily(
        "silkrate_http_request_seconds",
        "From when the router had a request until its response was sent.",
        labels=["route"],
        unit="seconds",
    )
    for route, latency in sorted(traffic.latencies.items()):
        bounds = (*map(str, BUCKETS), "+Inf")
        within = zip(bounds, accumulate(latency.buckets), strict=True)
        seconds.add_metric([route], list(within), latency.seconds)
    yield seconds
    yield GaugeMetricFamily(
        "silkrate_http_requests_in_flight", "Requests in the router now.", traffic.in_flight
    )
    yield GaugeMetricFamily("silkrate_tables_sending", "Tables that are being sent now.", traffic.tables)
    yield GaugeMetricFamily("silkrate_streams", "Streams of ticks that are open now.", traffic.streams)
    yield CounterMetricFamily(
        "silkrate_streams_dropped",
        "Streams that were ended because their readers fell behind.",
        traffic.dropped,
    )
    refused = CounterMetricFamily(
        "silkrate_refused", "Requests that were refused because too many came at once.", labels=["gate"]
    )
    for gate, times in sorted(traffic.refused.items()):
        refused.add_metric([gate], times)
    yield refused
    broken = CounterMetricFamily(
        "silkrate_tables_broken", "Tables that were not sent to their end.", labels=["cause"]
    )
    for cause, times in sorted(traffic.broken.items()):
        broken.add_metric([cause], times)
    yield broken


def _seconds(instant: datetime) -> int:
    return (instant - EPOCH) // SECOND


def _begins(day: date) -> int:
    return _seconds(datetime.combine(day, time(), UTC))
