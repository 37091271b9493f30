"""What leaves and what comes takes no more memory when there is more of it: the peak of a process each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from app.ingest.files import record_table
from app.sources.catalog import catalog
from app.store import open_store
from tests.said import at
from tests.stores import fresh_url

FEW, MANY = 60_000, 120_000
"""Rows, of which so many more would take a hundred MiB as what they are, and forty as their texts."""

ROOM = 24
"""MiB by which one peak may be above another of the same work."""

FIRST = datetime(2021, 1, 1, tzinfo=UTC)


def lines(rows: int) -> Iterator[str]:
    """What an aggregate says of one currency, minute by minute, as CSV."""
    yield "source,effective_date,observed_at,published_pair,published_value\n"
    for minute in range(rows):
        instant = FIRST + timedelta(minutes=minute)
        value = f"84.{minute * 37 % 100:02}{minute % 7}"
        yield f"openexchangerates,{instant.date()},{instant:%Y-%m-%dT%H:%M:%SZ},USD/KGS,{value}\n"


def made(folder: Path, rows: int, form: str) -> Path:
    """A table: as Parquet all in one group, as those write it who have it in memory."""
    file, content = folder / f"{rows}.{form}", "".join(lines(rows)).encode()
    if form == "csv":
        file.write_bytes(content)
        return file
    texts = dict.fromkeys(content.decode().partition("\n")[0].split(","), pyarrow.string())
    asked = pyarrow.csv.ConvertOptions(column_types=texts)
    pyarrow.parquet.write_table(
        pyarrow.csv.read_csv(BytesIO(content), convert_options=asked), file, row_group_size=rows
    )
    return file


def peak(url: str, what: str) -> float:
    """The most that a process takes, in MiB."""
    command = [sys.executable, "-m", "bench.measuring.peak", url, what]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024


def new(folder: Path) -> str:
    """The URL of an empty store."""
    folder.mkdir()
    url = fresh_url(folder)
    store = open_store(url)
    store.upgrade()
    store.close()
    return url


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The URLs of two stores, of which one holds much more."""
    folder = tmp_path_factory.mktemp("filled")
    urls = new(folder / "few"), new(folder / "many")
    for url, rows in zip(urls, (FEW // 2, MANY // 2), strict=True):
        store = open_store(url)
        record_table(store, catalog(), BytesIO("".join(lines(rows)).encode()), "some.csv", at("2026-05-21"))
        store.close()
    return urls


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_import_takes_as_much_for_few_rows_as_for_many(tmp_path: Path, form: str) -> None:
    few, many = (peak(new(tmp_path / str(rows)), str(made(tmp_path, rows, form))) for rows in (FEW, MANY))
    assert many < few + ROOM


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_an_export_takes_as_much_for_few_rows_as_for_many(filled: tuple[str, str], form: str) -> None:
    few, many = (peak(url, form) for url in filled)
    assert many < few + ROOM
