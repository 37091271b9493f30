"""The code that docs/importing-and-exporting.md shows runs, and reads every format back exactly."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.answers.publications import publications
from app.domain.table import COLUMNS
from app.ingest.record import record
from app.render.tables import FORMATS
from app.sources.catalog import catalog
from tests.house.tree import ROOT
from tests.said import at, banks_file, nbkr_file
from tests.stores import fresh_store

PAGE = (ROOT / "docs/importing-and-exporting.md").read_text(encoding="utf-8")
CODE = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page's code leaves behind, run beside the files that it reads."""
    monkeypatch.chdir(tmp_path)
    said = [*nbkr_file("2024-05-21"), *nbkr_file("2024-05-22", "87.4510"), *banks_file("cbu", "2024-05-21")]
    with fresh_store() as store:
        record(store, catalog(), said, at("2024-05-22 10:00"))
        with store.read() as reader:
            for form, write in FORMATS.items():
                Path(f"rates.{form}").write_bytes(b"".join(write(publications(reader))))
    found: dict[str, Any] = {}
    exec(compile(CODE, "importing-and-exporting.md", "exec"), found)
    return found


def test_pandas_reads_each_format_back(read: dict[str, Any]) -> None:
    rates = set()
    for name in ("frame", "exact", "floats", "parquet"):
        frame = read[name]
        assert list(frame.columns) == list(COLUMNS)
        assert list(frame["published_value"][:2]) == ["87.4500", "87.4510"]
        assert str(frame["effective_date"][0])[:10] == "2024-05-21"
        rates.add(tuple(Decimal(str(rate)).normalize() for rate in frame["rate"]))
    (told,) = rates
    assert told[:1] == (Decimal("0.0114351057747"),)


def test_pandas_keeps_decimals_days_and_zones_of_parquet(read: dict[str, Any]) -> None:
    first = read["parquet"].iloc[0]
    assert isinstance(first["rate"], Decimal)
    assert first["effective_date"] == date(2024, 5, 21)
    assert str(first["observed_at"]) == "2024-05-20 18:00:00+00:00"
    assert list(read["by_day"].index) == [date(2024, 5, 21), date(2024, 5, 22)]


def test_the_page_names_every_column_in_its_order() -> None:
    table = PAGE.partition("| column |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(COLUMNS)
