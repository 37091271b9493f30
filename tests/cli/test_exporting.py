"""`silkrate export`, and `silkrate import` of what it wrote: the record leaves and comes back."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from app.domain.observations import Observation
from app.domain.table import COLUMNS
from app.ingest.record import record
from app.settings import load_settings
from app.sources.catalog import catalog
from app.store import open_store
from tests.cli.conftest import Terminal
from tests.cli.processes import Home
from tests.said import at, banks_file, nbkr, nbkr_file

DAYS = ("2024-05-21", "2024-05-22", "2024-05-23", "2024-05-24")
FORMATS = ("csv", "ndjson", "parquet")
READ_BACK = ("csv", "parquet")


def said() -> list[Observation]:
    """Four days of one bank with a correction, one of another, a file that prints per 100."""
    files = [nbkr_file(day, f"87.45{place}0") for place, day in enumerate(DAYS)]
    return [*(row for file in files for row in file), nbkr(DAYS[2], "87.4990"), *banks_file("nbk", DAYS[0])]


@pytest.fixture
def filled(silkrate: Terminal) -> Terminal:
    """The command, with a store that holds `said`."""
    fill(load_settings().database_url, said())
    return silkrate


def fill(url: str, observations: list[Observation]) -> None:
    """Record observations in a store."""
    with closing(open_store(url)) as store:
        store.upgrade()
        record(store, catalog(), observations, at("2024-05-24 10:00"), covers=())


def into(silkrate: Terminal, name: str) -> None:
    """From now on the store is another one."""
    silkrate.set("SILKRATE_DATABASE_URL", f"sqlite:///{name}.db")


def cells(text: str) -> list[dict[str, str]]:
    """The rows of CSV, without when they were recorded."""
    return [{**row, "recorded_at": ""} for row in csv.DictReader(StringIO(text, newline=""))]


def exported(silkrate: Terminal, *options: str) -> list[dict[str, str]]:
    """What is exported as CSV."""
    typed = silkrate("export", "-o", "-", *options)
    assert typed.code == 0, typed.err
    return cells(typed.out)


def test_every_publication_in_force_is_written_oldest_first_within_pair_and_source(filled: Terminal) -> None:
    typed = filled("export", "-o", "-")
    assert typed.out.splitlines()[0] == ",".join(COLUMNS)
    rows = exported(filled)
    order = list(dict.fromkeys((row["pair"], row["source"]) for row in rows))
    assert order[:2] == [("KGS/USD", "nbkr"), ("KZT/USD", "nbk")]
    assert {("CNY/KGS", "nbkr"), ("EUR/KZT", "nbk")} <= set(order)
    som = [row for row in rows if (row["pair"], row["source"]) == ("KGS/USD", "nbkr")]
    assert [(row["effective_date"], row["published_value"], row["revision"]) for row in som] == [
        (DAYS[0], "87.4500", "0"),
        (DAYS[1], "87.4510", "0"),
        (DAYS[2], "87.4990", "1"),
        (DAYS[3], "87.4530", "0"),
    ]
    assert typed.err == f"silkrate: {len(rows)} rows written to standard output\n"


def test_what_was_superseded_is_written_before_what_superseded_it(filled: Terminal) -> None:
    rows = exported(filled, "--revisions", "--pair", "KGS-USD", "--since", DAYS[2], "--until", DAYS[2])
    assert [(row["revision"], row["published_value"]) for row in rows] == [("0", "87.4520"), ("1", "87.4990")]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--pair", "usd-kgs"], {("KGS/USD", "nbkr")}),
        (["--pair", "EUR/KGS", "--pair", "KZT-USD"], {("EUR/KGS", "nbkr"), ("KZT/USD", "nbk")}),
        (["--source", "nbk", "--pair", "KZT-USD"], {("KZT/USD", "nbk")}),
        (["--until", "2024-05-20"], set()),
    ],
)
def test_a_part_can_be_asked_for(filled: Terminal, options: list[str], found: set[tuple[str, str]]) -> None:
    assert {(row["pair"], row["source"]) for row in exported(filled, *options)} == found


def test_each_format_says_the_same(filled: Terminal) -> None:
    for form in FORMATS:
        assert filled("export", "-o", f"all.{form}").code == 0
    lines = cells(Path("all.csv").read_text(encoding="utf-8"))
    objects = [
        json.loads(line, parse_float=str, parse_int=str)
        for line in Path("all.ndjson").read_text(encoding="utf-8").splitlines()
    ]
    assert [{**each, "recorded_at": ""} for each in objects] == lines
    assert [list(each) for each in objects] == [list(COLUMNS)] * len(lines)
    table = parquet(Path("all.parquet").read_bytes())
    assert [texts(row) for row in table.to_pylist()] == lines


def parquet(content: bytes) -> Any:
    """A Parquet file's table."""
    from pyarrow import parquet as reading

    return reading.read_table(BytesIO(content))


def texts(row: dict[str, Any]) -> dict[str, str]:
    """A row of Parquet as the cells of CSV."""
    rate = format(row["rate"].normalize(), "f")
    instant = row["observed_at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {name: str(value) for name, value in (row | {"rate": rate, "observed_at": instant}).items()} | {
        "recorded_at": ""
    }


def test_parquet_has_exact_numbers_and_real_days_and_instants(filled: Terminal) -> None:
    filled("export", "-o", "all.parquet")
    table = parquet(Path("all.parquet").read_bytes())
    kinds = {field.name: str(field.type) for field in table.schema}
    assert list(kinds) == list(COLUMNS)
    assert kinds["rate"] == "decimal128(38, 24)"
    assert (kinds["effective_date"], kinds["observed_at"]) == ("date32[day]", "timestamp[us, tz=UTC]")
    assert kinds["published_value"] == "string"
    assert {kinds[name] for name in ("pair", "source", "published_pair")} == {
        "dictionary<values=string, indices=int32, ordered=0>"
    }
    row = table.to_pylist()[0]
    assert (row["rate"], row["published_value"]) == (Decimal("0.0114351057747"), "87.4500")
    assert row["effective_date"] == date(2024, 5, 21)
    assert row["observed_at"] == datetime(2024, 5, 20, 18, tzinfo=UTC)


def test_a_file_appears_whole_or_not_at_all(filled: Terminal, tmp_path: Path) -> None:
    Path("all.csv").write_text("mine", encoding="utf-8")
    typed = filled("export", "-o", "all.csv")
    assert (typed.code, typed.err.count("\n")) == (1, 1)
    assert "--force" in typed.err
    assert Path("all.csv").read_text(encoding="utf-8") == "mine"
    assert filled("export", "-o", "all.csv", "--source", "nbx").code == 2
    assert filled("export", "-o", "missing/all.csv").code == 1
    assert filled("export", "-o", "all.csv", "--force").code == 0
    assert len(cells(Path("all.csv").read_text(encoding="utf-8"))) > 20
    assert {path.name for path in tmp_path.iterdir()} - {"data"} == {"all.csv"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "all.xlsx"], ["all.xlsx", "csv, ndjson, parquet"]),
        (["-o", "-", "--format", "xml"], ["'xml'", "csv, ndjson, parquet"]),
        (["-o", "-", "--pair", "KGS-XAU"], ["KGS-XAU", "KGS-USD"]),
        (["-o", "-", "--source", "nbx"], ["nbx", "nbkr"]),
    ],
)
def test_what_cannot_be_exported_is_told_with_what_can(
    filled: Terminal, arguments: list[str], words: list[str]
) -> None:
    typed = filled("export", *arguments)
    assert (typed.code, typed.out) == (2, "")
    assert all(word in typed.err for word in words)


@pytest.mark.parametrize("form", READ_BACK)
def test_what_was_exported_comes_back_and_goes_out_as_the_same_bytes(filled: Terminal, form: str) -> None:
    filled("export", "-o", f"all.{form}", "--revisions")
    before = exported(filled, "--revisions")
    into(filled, "other")
    typed = filled("import", f"all.{form}")
    assert (typed.code, typed.err) == (0, "")
    assert typed.out == f"{len(before)} rows: {len(before)} recorded\n"
    assert exported(filled, "--revisions") == before
    assert filled("db", "verify").code == 0


@pytest.mark.parametrize("form", READ_BACK)
def test_a_correction_keeps_its_number_without_what_it_corrected(filled: Terminal, form: str) -> None:
    filled("export", "-o", f"all.{form}")
    before = exported(filled)
    into(filled, "other")
    filled("import", f"all.{form}")
    assert exported(filled) == before


@pytest.mark.parametrize("form", READ_BACK)
@pytest.mark.parametrize("options", [[], ["--revisions"]])
def test_importing_what_is_recorded_changes_nothing_and_says_so(
    filled: Terminal, form: str, options: list[str]
) -> None:
    filled("export", "-o", f"all.{form}", *options)
    head = filled("db", "verify").out
    typed = filled("import", f"all.{form}")
    count = len(exported(filled, *options))
    assert (typed.code, typed.out, typed.err) == (0, f"{count} rows: {count} unchanged\n", "")
    assert filled("db", "verify").out == head


def test_columns_in_another_order_or_left_out_are_read(filled: Terminal) -> None:
    before = exported(filled)
    needed = ("published_value", "source", "published_pair", "effective_date")
    with Path("some.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, needed, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(before)
    into(filled, "other")
    assert filled("import", "some.csv").code == 0
    assert [{**row, "revision": ""} for row in exported(filled)] == [
        {**row, "revision": ""} for row in before
    ]


def test_a_history_comes_in_but_not_what_fills_its_gaps(filled: Terminal, home: Home) -> None:
    with home.serving("--no-poll") as service:
        whole, gapless = (
            service.get(
                f"/v1/history/KGS-USD.csv?since={DAYS[0]}&until=2024-05-27&source=nbkr&fill={fill}"
            ).text
            for fill in ("none", "previous")
        )
    into(filled, "other")
    Path("gapless.csv").write_text(gapless, encoding="utf-8", newline="")
    typed = filled("import", "gapless.csv")
    assert (typed.code, typed.out) == (1, "")
    assert "gapless.csv, line 6: carried_from: the row repeats 2024-05-24 for a day without" in typed.err
    kept = gapless.splitlines(keepends=True)[:5]
    for told in (whole, "".join(kept)):
        Path("whole.csv").write_text(told, encoding="utf-8", newline="")
        assert filled("import", "whole.csv").out.startswith("4 rows: 4 ")


def test_a_pipe_from_one_store_to_another_is_enough(filled: Terminal, home: Home) -> None:
    for form in READ_BACK:
        other = f"SILKRATE_DATABASE_URL=sqlite:///{form}.db"
        done = home.shell(f"silkrate export -o - --format {form} | {{ export {other}; silkrate import -; }}")
        assert done.returncode == 0, done.stderr
        into(filled, form)
        assert len(exported(filled)) == len(said()) - 1


def test_what_is_held_or_rejected_is_told_row_by_row(silkrate: Terminal) -> None:
    rows = ["source,effective_date,published_pair,published_value"]
    rows += ["nbkr,2024-05-21,USD/KGS,87.45", "nbkr,2024-05-22,USD/KGS,97.45", "nbkr,2024-05-23,USD/KGS,0"]
    Path("some.csv").write_text("\n".join(rows), encoding="utf-8")
    for outcome in ("1 recorded, 1 held, 1 rejected", "1 held, 1 rejected, 1 unchanged"):
        typed = silkrate("import", "some.csv")
        assert (typed.code, typed.out) == (0, f"3 rows: {outcome}\n")
        held, rejected = typed.err.splitlines()
        assert "held KGS/USD" in held
        assert "rejected" in rejected
        assert "no positive number" in rejected


@pytest.mark.parametrize(
    "option", [["--date", "2024-05-21"], ["--zone", "Asia/Bishkek"], ["--source", "nbkr"]]
)
def test_what_is_asked_of_a_page_is_refused_of_a_table(filled: Terminal, option: list[str]) -> None:
    filled("export", "-o", "all.csv")
    typed = filled("import", "all.csv", *option)
    assert (typed.code, typed.out) == (2, "")
    assert "all.csv is a table" in typed.err


def test_what_reads_and_writes_parquet_is_not_loaded_at_start() -> None:
    asks = "import sys, app.cli.commands; print(*sorted({'pandas', 'pyarrow', 'numpy'} & sys.modules.keys()))"
    found = subprocess.run(
        [sys.executable, "-c", asks], capture_output=True, text=True, timeout=30, check=True
    )
    assert found.stdout == "\n"


def test_a_reader_that_goes_away_is_no_error_to_tell_of(filled: Terminal, home: Home) -> None:
    assert filled("latest").code == 0
    done = home.shell("{ silkrate export -o -; echo $? >&2; } | true")
    assert done.stderr == "1\n"


def test_a_store_that_is_new_has_nothing_to_export(silkrate: Terminal) -> None:
    typed = silkrate("export", "-o", "-")
    assert (typed.code, typed.out) == (0, ",".join(COLUMNS) + "\r\n")
