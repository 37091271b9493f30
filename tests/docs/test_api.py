"""What docs/api.md shows is what comes back: from curl, Python and spreadsheets, asking a real server."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.context import Context
from app.web.limits import DEADLINE, LONGEST
from app.web.parameters import DEFAULT_LIMIT, MOST
from tests.docs.blocks import HOST, SHEETS, TEXT, Block, blocks, tasks
from tests.docs.busy import busied
from tests.house.tree import ROOT
from tests.programs import program

CELL = 32_767
"""Characters that a cell of Excel holds, and what WEBSERVICE reads at most."""


def named(block: Block) -> str:
    return "-".join([*block.task.lower().split(), *block.told.split()])


@pytest.fixture(scope="session")
def busy(told: Context) -> Iterator[str]:
    """Where a server answers that has as much to do as it can."""
    with busied(told) as address:
        yield address


def test_every_task_is_shown_in_all_languages() -> None:
    ask, _, how = TEXT.partition("\n# How to ask\n")
    assert len(re.findall(r"^## ", ask, re.M)) >= 10
    for task, languages in tasks().items():
        if f"## {task}\n" in ask:
            assert {"sh", "python", "js"} <= languages, task
            assert languages & SHEETS, task
        elif f"## {task}\n" in how:
            assert {"sh", "python"} <= languages, task


def test_every_block_is_in_a_language_that_is_run() -> None:
    assert set().union(*tasks().values()) == {"sh", "python", "js", *SHEETS}


@pytest.mark.parametrize("block", blocks("sh"), ids=named)
def test_what_curl_gets_is_what_is_shown(
    block: Block, address: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = request.getfixturevalue("busy") if block.told == "busy" else address
    assert program("curl")
    command = block.code.replace(HOST, where)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert block.gives(done.stdout.decode().replace(where, HOST)), done.stdout.decode()


def test_what_python_prints_is_what_is_shown(address: str, tmp_path: Path) -> None:
    between = "\f"
    code = f"\nprint({between!r})\n".join(block.code for block in blocks("python")).replace(HOST, address)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(between)
    for block, lines in zip(blocks("python"), printed, strict=True):
        assert lines.strip().splitlines() == block.printed, block.task


def addresses(block: Block, function: str) -> list[str]:
    """What a block of a spreadsheet hands to one of its functions."""
    return re.findall(rf'{re.escape(function)}\("([^"]+)"', block.code)


def fetched(url: str, address: str) -> str:
    """The text at a URL of the page."""
    reply = httpx.get(url.replace(HOST, address), trust_env=False)
    assert reply.status_code == 200, reply.text
    return reply.text


@pytest.mark.parametrize("block", blocks("excel"), ids=named)
def test_what_a_formula_fetches_fills_its_cells(block: Block, address: str) -> None:
    imported, asked = addresses(block, "IMPORTDATA"), addresses(block, "WEBSERVICE")
    assert len(imported) + len(asked) == len(block.code.splitlines())
    for url in imported:
        header, *rows = csv.reader(StringIO(fetched(url, address)), strict=True)
        assert all(len(row) == len(header) for row in rows)
        assert Decimal(rows[-1][header.index("rate")]) if "rate" in header else number(header, rows)
    for url in asked:
        text = fetched(url, address)
        assert len(text) < CELL
        cleaned = "".join(each for each in text if each >= " ")  # CLEAN
        assert Decimal(cleaned.replace(" ", "")) > 0  # NUMBERVALUE


def number(header: list[str], rows: list[list[str]]) -> Decimal:
    """The only cell, or the newest of the first column of a wide table."""
    return Decimal(rows[-1][1] if rows else header[0])


TYPES: Mapping[str, Callable[[Any], Any]] = {
    "number": lambda cell: Decimal(str(cell)),
    "date": date.fromisoformat,
}


def power_query(code: str, address: str) -> Any:
    """What a query of these few steps gives: columns of typed cells, or one value."""
    (url,) = re.findall(r'Web\.Contents\("([^"]+)"\)', code)
    if "Csv.Document(" in code:
        assert "Table.PromoteHeaders(rows)" in code
        rows: list[dict[str, Any]] = list(csv.DictReader(StringIO(fetched(url, address)), strict=True))
    else:
        reply = httpx.get(url.replace(HOST, address), trust_env=False)
        (field,) = re.findall(r"answer\[(\w+)\]", code)
        answer = reply.json(parse_float=Decimal)[field]
        if "Table.FromRecords(" not in code:
            return answer
        (listed,) = re.findall(r"\{((?:\"\w+\"(?:, )?)+)\}\)", code)
        columns = re.findall(r'"(\w+)"', listed)
        rows = [{name: row[name] for name in columns} for row in answer]
    types = re.findall(r'\{"(\w+)", type (\w+)\}', code)
    return {name: [TYPES[kind](row[name]) for row in rows] for name, kind in types} or rows


@pytest.mark.parametrize("block", blocks("powerquery"), ids=named)
def test_what_power_query_loads_has_the_types_that_it_names(block: Block, address: str) -> None:
    assert power_query(block.code, address)


def test_every_formula_is_about_the_task_it_stands_under(address: str) -> None:
    queried = {block.task: power_query(block.code, address) for block in blocks("powerquery")}
    assert queried["An amount converted"] == Decimal("5391.42")
    assert queried["Candles"]["close"] == [Decimal("87.395"), Decimal("87.45")]
    assert queried["The latest rates"]["rate"][0] == Decimal("0.0114351057747")
    assert queried["A history"]["effective_date"][-1] == date(2026, 5, 21)
    cells = [fetched(url, address) for url in addresses(blocks("excel")[0], "WEBSERVICE")]
    assert cells == ["87.45\n", "87.38\n"]


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert f"A question has {DEADLINE} seconds, a table {LONGEST} to be sent" in TEXT
    assert f"pages of {DEFAULT_LIMIT:,} rows, or of a `limit` up to\n{MOST:,}" in TEXT


def test_an_answer_that_is_not_the_one_shown_is_noticed() -> None:
    block = Block("", "sh", "", "", '{"a":1,...,\n "b":[2]}\n', "json")
    assert block.gives('{"a":1,"x":0,"b":[2]}')
    assert not block.gives('{"a":1,"x":0,"b":[3]}')
    assert not block.gives('{"a":1,"b":[2]}')
