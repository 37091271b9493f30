"""What is counted stands in /metrics, as the parser of the format's own library reads it."""

from __future__ import annotations

import asyncio

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.context import Context
from app.render.metrics import BUCKETS
from app.web.app import create_app
from app.web.counting import SECOND, Counts
from app.web.kept import Kept
from app.web.limits import Limits
from tests.fakes import FakeClock
from tests.web.conftest import NOW, Client, fill
from tests.web.test_kept import HERE, asked, followed, written

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

GATES = ("light", "heavy", "service", "tables", "streams")


def samples(client: Client) -> Samples:
    """What /metrics says now, by name and labels."""
    return told(client.get("/metrics").text)


def told(text: str) -> Samples:
    """What an answer of /metrics says, by name and labels."""
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def of(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"silkrate_{name}", frozenset(labels.items())))


def test_each_way_to_an_answer_is_counted(context: Context) -> None:
    fill(context)
    client = Client(create_app(context))
    with followed(context):
        tag = client.get("/v1/latest").headers["etag"]  # asked of the record
        client.get("/v1/latest", host="mirror.test")  # kept, behind the router
        client.get("/v1/latest")  # ready
        client.get("/v1/latest", if_none_match=tag)  # ready, 304
        client.get("/v1/latest?x=1")  # refused
        client.get("/nothing")
        found = samples(client)
    assert of(found, "cache_misses_total") == 1
    assert of(found, "cache_hits_total", layer="router") == 1
    assert of(found, "cache_hits_total", layer="ready") == 2
    assert of(found, "cache_not_modified_total") == 1
    assert of(found, "cache_evictions_total") == 0
    assert of(found, "cache_entries") == 1
    assert 1024 < (of(found, "cache_bytes") or 0) < 10_000
    assert of(found, "http_requests_total", route="/v1/latest", status="200") == 2
    assert of(found, "http_requests_total", route="/v1/latest", status="422") == 1
    assert of(found, "http_requests_total", route="none", status="404") == 1
    assert of(found, "http_requests_in_flight") == 1  # this one
    assert of(found, "tables_sending") == of(found, "streams") == 0
    assert [of(found, "refused_total", gate=gate) for gate in GATES] == [0, 0, 0, 0, 0]
    assert of(found, "http_request_seconds_count", route="/v1/latest") == 3
    assert of(found, "http_request_seconds_bucket", route="/v1/latest", le="+Inf") == 3
    assert (of(found, "http_request_seconds_sum", route="/v1/latest") or 0) > 0


def test_a_route_is_one_whatever_is_asked_of_it(full: Client) -> None:
    for pair in ("KGS-USD", "kgsusd", "KZT-USD", "XXX-USD"):
        full.get(f"/v1/latest/{pair}")
    routes = {dict(labels)["route"] for name, labels in samples(full) if name.endswith("requests_total")}
    assert "/v1/latest/{pair:path}" in routes
    assert not any("KGS" in route or "XXX" in route for route in routes)


def test_requests_are_sorted_by_how_long_they_took_bounds_included() -> None:
    counts = Counts()
    for nanoseconds in (1, SECOND // 1000, SECOND // 1000 + 1, SECOND, 11 * SECOND):
        counts.answered("/v1/latest", 200, nanoseconds)
    latency = counts.told(Kept(FakeClock(NOW)), Limits()).latencies["/v1/latest"]
    assert [(*BUCKETS, None)[place] for place, times in enumerate(latency.buckets) for _ in range(times)] == [
        0.001,
        0.001,
        0.0025,
        1.0,
        None,
    ]
    assert abs(latency.seconds - 12.002) < 1e-6


def test_what_was_told_stays_as_it_was() -> None:
    counts, kept, limits = Counts(), Kept(FakeClock(NOW), most=3_000), Limits()
    counts.answered("/v1/latest", 200, 1)
    asyncio.run(limits.tables.enter())
    told = counts.told(kept, limits)
    counts.answered("/v1/latest", 200, 1)
    limits.tables.leave()
    for number in range(4):
        kept.keep(asked(str(number)), HERE, written())
    assert (told.requests, told.tables, told.evictions) == ({("/v1/latest", 200): 1}, 1, 0)
    assert sum(told.latencies["/v1/latest"].buckets) == 1
    now = counts.told(kept, limits)
    assert (now.entries, now.evictions, now.tables) == (2, 2, 0)
    assert 2 * 1024 < now.bytes <= 3_000
