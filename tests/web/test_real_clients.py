"""Other people's programs read the answers of a real server: pandas, curl, sqlite3, a client made from the
OpenAPI document; and all of them notice a table that breaks off.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from http.client import IncompleteRead
from itertools import repeat
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pandas
import pytest
from pydantic import TypeAdapter, ValidationError

from app.context import Context
from app.domain.errors import StoreUnavailable
from app.domain.observations import Printed
from app.domain.table import COLUMNS
from app.store.base import Reader, Store
from app.web.app import create_app
from tests.programs import program
from tests.web.conftest import fill, made, served

HISTORY = "/v1/history/KGS-USD"
RATES = [0.0114375384587, 0.0114351057747]
LONG = 20_000
"""Rows: far more than are sent at once."""


@dataclass(frozen=True)
class BreakingReader:
    """Reads the same row over and over, and then fails."""

    reader: Reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reader, name)

    def printed(self, *args: Any, **asked: Any) -> Iterator[Printed]:
        """One row LONG times; then the disk is gone."""
        yield from repeat(next(iter(self.reader.printed(*args, **asked))), LONG)
        raise StoreUnavailable("the disk is gone")


@dataclass(frozen=True)
class BreakingStore:
    """A store that fails in the midst of a long history."""

    store: Store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def read(self, known: int | None = None) -> Iterator[Any]:
        """Read, at first."""
        with self.store.read(known) as reader:
            yield BreakingReader(reader)


@pytest.fixture(scope="module", autouse=True)
def direct() -> Iterator[None]:
    """Loopback is asked without a proxy, whatever the machine is told."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "127.0.0.1")
        yield


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A context with what `fill` records."""
    with made(tmp_path_factory.mktemp("real")) as context:
        fill(context)
        yield context


@pytest.fixture(scope="module")
def address(context: Context) -> Iterator[str]:
    """Where a real server answers from it."""
    with served(create_app(context)) as url:
        yield url


@pytest.fixture(scope="module")
def breaking(context: Context) -> Iterator[str]:
    """Where a server answers whose long tables break off."""
    with served(create_app(replace(context, store=BreakingStore(context.store)))) as url:
        yield f"{url}{HISTORY}.csv?source=nbkr"


def curl(*args: str, fails: bool = False) -> subprocess.CompletedProcess[bytes]:
    """What curl does, silently; it succeeds unless it is to fail."""
    done = subprocess.run([program("curl"), "-s", *args], capture_output=True, timeout=60, check=False)
    assert (done.returncode != 0) is fails, done.stderr
    return done


def test_pandas_reads_csv_with_its_days_and_instants(address: str) -> None:
    instants = ["observed_at", "recorded_at"]
    frame = pandas.read_csv(
        f"{address}{HISTORY}.csv", parse_dates=["effective_date", *instants], dtype={"published_value": str}
    )
    assert tuple(frame.columns) == COLUMNS
    assert list(frame["rate"]) == RATES
    assert list(frame["published_value"]) == ["87.4314", "87.4500"]
    assert str(frame["effective_date"].dtype).startswith("datetime64")
    assert [str(frame[name].dt.tz) for name in instants] == ["UTC", "UTC"]


def test_pandas_reads_lines_of_json(address: str) -> None:
    frame = pandas.read_json(
        f"{address}{HISTORY}.ndjson", lines=True, dtype={"published_value": str}, precise_float=True
    )
    assert tuple(frame.columns) == COLUMNS
    assert list(frame["rate"]) == RATES
    assert list(frame["published_value"]) == ["87.4314", "87.4500"]


def test_pandas_reads_parquet_with_decimals_and_days(address: str) -> None:
    frame = pandas.read_parquet(f"{address}{HISTORY}.parquet")
    assert tuple(frame.columns) == COLUMNS
    assert [Decimal(str(rate)) for rate in RATES] == list(frame["rate"])
    assert [str(day) for day in frame["effective_date"]] == ["2026-05-20", "2026-05-21"]


def test_pandas_makes_frames_of_json(address: str) -> None:
    points = httpx.get(f"{address}{HISTORY}").json()["points"]
    candles = httpx.get(f"{address}/v1/candles/KGS-USD").json()["candles"]
    assert list(pandas.json_normalize(points)["published.value"]) == ["87.4314", "87.4500"]
    assert list(pandas.DataFrame(points)["rate"]) == list(pandas.DataFrame(candles)["close"]) == RATES
    wide = httpx.get(f"{address}/v1/history?layout=wide&pairs=KGS-USD,TMT-USD").json()
    frame = pandas.DataFrame(wide["rows"]).set_index("effective_date")
    assert list(frame.columns) == wide["columns"]
    assert list(frame["KGS/USD"].dropna()) == RATES


def test_curl_decodes_whatever_it_can(address: str) -> None:
    url, features = f"{address}/v1/latest", curl("--version").stdout.decode()
    codings = [
        coding
        for coding, feature in {"gzip": "libz", "br": "brotli", "zstd": "zstd"}.items()
        if f" {feature}" in features.partition("Features:")[2]
    ]
    plain = curl(url).stdout
    assert codings
    assert json.loads(plain)["rates"]
    for coding in codings:
        head, _, body = curl("-i", "--compressed", "-H", f"Accept-Encoding: {coding}", url).stdout.partition(
            b"\r\n\r\n"
        )
        assert f"content-encoding: {coding}" in head.decode().lower().splitlines()
        assert body == plain
    assert curl("--compressed", url).stdout == plain


def test_curl_is_told_that_its_copy_is_still_good(address: str, tmp_path: Path) -> None:
    url, copy, tag = f"{address}/v1/latest", str(tmp_path / "copy"), str(tmp_path / "tag")
    asked = ["--etag-save", tag, "-o", copy, "-w", "%{http_code} %{size_download}", url]
    status, _, size = curl(*asked).stdout.decode().partition(" ")
    assert (status, size) == ("200", str((tmp_path / "copy").stat().st_size))
    assert curl("--etag-compare", tag, *asked).stdout == b"304 0"
    named = "If-None-Match: W/" + (tmp_path / "tag").read_text().strip()
    assert curl("-H", named, "-w", "%{http_code}", url).stdout == b"304"


def test_curl_that_goes_by_a_time_gets_everything(address: str, tmp_path: Path) -> None:
    """There is no Last-Modified to compare with, so what it names is not heeded."""
    answer = curl("-i", "-z", "2026-05-21 07:00", f"{address}/v1/latest").stdout.decode()
    assert answer.startswith("HTTP/1.1 200")
    assert "last-modified" not in answer.lower()


def imported(table: Path) -> list[tuple[str, ...]]:
    """The rows of a CSV file, by the strict reader of Python."""
    with table.open(encoding="utf-8", newline="") as text:
        return [tuple(row) for row in csv.reader(text, strict=True)]


@pytest.mark.parametrize("query", ["", "?fill=previous", "?layout=wide", "?pairs=KGS-USD,TMT-USD&source=*"])
def test_a_table_is_imported_by_the_letter_of_its_standard(address: str, query: str, tmp_path: Path) -> None:
    table = tmp_path / "rates.csv"
    table.write_bytes(httpx.get(f"{address}/v1/history.csv{query}").content)
    header, *rows = imported(table)
    assert table.read_bytes().count(b"\r\n") == table.read_bytes().count(b"\n") == len(rows) + 1
    assert rows
    assert {len(row) for row in rows} == {len(header)}
    if shell := shutil.which("sqlite3"):
        assert in_sqlite(shell, table, tmp_path) == rows


def in_sqlite(shell: str, table: Path, folder: Path) -> list[tuple[str, ...]]:
    """The same rows, imported by the shell of SQLite and written by it again."""
    command = [shell, ":memory:", f".import --csv {table} rates", ".mode csv", ".headers off"]
    done = subprocess.run([*command, "select * from rates"], capture_output=True, timeout=60, check=True)
    again = folder / "again.csv"
    again.write_bytes(done.stdout)
    return imported(again)


def test_httpx_notices_a_table_that_breaks_off(breaking: str) -> None:
    for coding in ("identity", "gzip"):
        with httpx.stream("GET", breaking, headers={"Accept-Encoding": coding}) as reply:
            assert reply.status_code == 200
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
                reply.read()


def test_curl_notices_a_table_that_breaks_off(breaking: str) -> None:
    for asked in ([], ["--compressed"]):
        done = curl(*asked, breaking, fails=True)
        assert done.returncode == 18, "a partial file"


def test_pandas_notices_a_table_that_breaks_off(breaking: str) -> None:
    with pytest.raises(IncompleteRead):
        pandas.read_csv(breaking)


@pytest.fixture(scope="module")
def document(address: str) -> Mapping[str, Any]:
    """The description of the API."""
    described: Mapping[str, Any] = httpx.get(f"{address}/openapi.json").json()
    return described


@pytest.fixture(scope="module")
def generated(document: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The models that a generator makes of it, which refuse what it does not tell of."""
    folder = tmp_path_factory.mktemp("generated")
    source, made_of_it = folder / "openapi.json", folder / "silkrate_models.py"
    source.write_text(json.dumps(document), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "datamodel_code_generator", "--input-file-type", "openapi"),
        *("--input", str(source), "--output", str(made_of_it), "--formatters", "builtin"),
        *("--output-model-type", "pydantic_v2.BaseModel", "--extra-fields", "forbid"),
        *("--target-python-version", "3.11"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    spec = importlib.util.spec_from_file_location("silkrate_models", made_of_it)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def asked(path: str, operation: Mapping[str, Any]) -> httpx.URL:
    """A path with the examples of the parameters that it cannot do without."""
    needed = {each["name"]: each for each in operation.get("parameters", ()) if each["required"]}
    query = {name: each["example"] for name, each in needed.items() if each["in"] == "query"}
    for name, each in needed.items():
        path = path.replace("{" + name + "}", "1" if name == "seq" else str(each["example"]))
    return httpx.URL(path, params=query)


def adapter(generated: ModuleType, schema: Mapping[str, Any]) -> TypeAdapter[Any]:
    """What reads an answer of a schema, which is one model or any of several."""
    kinds = [getattr(generated, each["$ref"].rpartition("/")[2]) for each in schema.get("anyOf", [schema])]
    union = kinds[0]
    for kind in kinds[1:]:
        union |= kind
    return TypeAdapter(union)


def test_a_generated_client_reads_every_answer(
    address: str, document: Mapping[str, Any], generated: ModuleType
) -> None:
    read = {}
    for path, operations in document["paths"].items():
        content = operations["get"]["responses"]["200"]["content"]
        if "application/json" not in content:
            continue
        reply = httpx.get(address + str(asked(path, operations["get"])))
        assert reply.status_code == 200, reply.text
        schema = content["application/json"]["schema"]
        read[path] = adapter(generated, schema).validate_json(reply.content)
    assert len(read) > 15
    row = read["/v1/latest/{pair}"]
    assert (row.rate, row.published.value, str(row.effective_date)) == (RATES[1], "87.4500", "2026-05-21")
    assert [point.rate for point in read["/v1/history/{pair}"].points] == RATES


def test_a_generated_client_reads_a_problem(address: str, generated: ModuleType) -> None:
    problem = generated.Problem.model_validate_json(httpx.get(f"{address}/v1/latest/KGS-EUR").content)
    assert (problem.type, problem.status) == ("tag:silkrate,2026:problem/unknown-pair", 404)


def test_a_generated_client_refuses_what_is_not_told_of(address: str, generated: ModuleType) -> None:
    row = httpx.get(f"{address}/v1/latest/KGS-USD").json()
    for wrong in ({"extra": 1}, {"rate": "much"}, {"status": "tired"}, {"effective_date": "yesterday"}):
        with pytest.raises(ValidationError):
            generated.LatestRow.model_validate(row | wrong)
