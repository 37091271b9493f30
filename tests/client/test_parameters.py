"""Parameters as they stand in an address."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas
import pytest

from app.client.parameters import dashed, query


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ({"since": date(2026, 5, 1), "until": "2026-05-21"}, "since=2026-05-01&until=2026-05-21"),
        ({"since": pandas.Timestamp("2026-05-01")}, "since=2026-05-01"),
        ({"date": datetime(2026, 5, 1, 6, tzinfo=UTC)}, "date=2026-05-01T06:00:00%2B00:00"),
        ({"at": datetime(2026, 5, 1, tzinfo=UTC)}, "at=2026-05-01T00:00:00%2B00:00"),
        ({"as_known_at": 412}, "as_known_at=v:412"),
        ({"as_known_at": "v:412"}, "as_known_at=v:412"),
        ({"as_known_at": datetime(2026, 5, 1, tzinfo=UTC)}, "as_known_at=2026-05-01T00:00:00%2B00:00"),
        ({"pairs": ["KGS/USD", "usdkzt"]}, "pairs=KGS-USD,usdkzt"),
        ({"pairs": "KGS/USD"}, "pairs=KGS-USD"),
        ({"pairs": None, "inverse": True, "precision": 5}, "inverse=true&precision=5"),
        ({"source": "a&b=c"}, "source=a%26b%3Dc"),
    ],
)
def test_a_parameter_is_written_as_the_service_reads_it(asked: dict[str, object], written: str) -> None:
    assert query(asked) == written


def test_a_pair_stays_one_part_of_the_path() -> None:
    assert [dashed(pair) for pair in ("KGS/USD", "kgsusd", "../x?y")] == ["KGS-USD", "kgsusd", "..-x%3Fy"]
