"""The health as OpenMetrics, read back by the parser of the format's own library."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.domain.answers import Head, Health, LastError, PairHealth, SourceHealth
from app.domain.pairs import Pair
from app.render.metrics import metrics

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
CHECKED = datetime(2026, 5, 20, 11, 59, tzinfo=UTC)
HEALTH = Health(
    status="degraded",
    at=NOW,
    version=412,
    seq=41,
    log_id="0123456789abcdef",
    head=Head(412, "5" * 64),
    reachable=True,
    polling=None,
    pairs=(
        PairHealth(Pair("KGS", "USD"), "nbkr", date(2026, 5, 20), "fresh"),
        PairHealth(Pair("KZT", "USD"), None, None, None),
    ),
    sources=(
        SourceHealth("nbkr", "fresh", date(2026, 5, 21), 0, CHECKED, None, None),
        SourceHealth("nbk", "late", date(2026, 5, 19), 1, None, NOW, LastError(NOW, "unreachable", "x")),
    ),
)

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(health: Health, *, simulated: bool = False) -> Samples:
    """Every sample by its name and labels."""
    text = metrics(health, simulated=simulated).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def test_it_ends_as_the_format_wants() -> None:
    assert metrics(HEALTH).endswith(b"# EOF\n")


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("silkrate_versions_total", {}, 412),
        ("silkrate_ticks_total", {}, 41),
        ("silkrate_health_status", {"silkrate_health_status": "degraded"}, 1),
        ("silkrate_health_status", {"silkrate_health_status": "ok"}, 0),
        ("silkrate_pair_status", {"pair": "KGS/USD", "silkrate_pair_status": "fresh"}, 1),
        ("silkrate_pair_status", {"pair": "KZT/USD", "silkrate_pair_status": "fresh"}, 0),
        ("silkrate_source_status", {"source": "nbk", "silkrate_source_status": "late"}, 1),
        ("silkrate_source_publications_missed", {"source": "nbk"}, 1),
        ("silkrate_source_publications_missed", {"source": "nbkr"}, 0),
        ("silkrate_source_failing", {"source": "nbk"}, 1),
        ("silkrate_source_failing", {"source": "nbkr"}, 0),
        ("silkrate_source_checked_seconds", {"source": "nbkr"}, CHECKED.timestamp()),
        ("silkrate_source_newest_seconds", {"source": "nbkr"}, datetime(2026, 5, 21, tzinfo=UTC).timestamp()),
        (
            "silkrate_pair_effective_date_seconds",
            {"pair": "KGS/USD", "source": "nbkr"},
            datetime(2026, 5, 20, tzinfo=UTC).timestamp(),
        ),
    ],
)
def test_it_has_what_health_has(name: str, labels: dict[str, str], value: float) -> None:
    assert samples(HEALTH)[name, tuple(sorted(labels.items()))] == value


def test_what_is_not_known_has_no_sample() -> None:
    found = samples(HEALTH)
    assert ("silkrate_source_checked_seconds", (("source", "nbk"),)) not in found
    assert not any(name == "silkrate_pair_effective_date_seconds" and "KZT" in str(of) for name, of in found)


@pytest.mark.parametrize("simulated", [True, False])
def test_it_names_the_store_and_says_whether_its_rates_are_made_up(simulated: bool) -> None:
    labels = (("log_id", "0123456789abcdef"), ("simulated", str(simulated).lower()))
    assert samples(HEALTH, simulated=simulated)["silkrate_info", labels] == 1
