"""The pages say what is true now: tables are the code's, code runs, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.sources.base import Reply
from app.sources.catalog import SOURCES
from tests.house.tables import TABLES, pages, written
from tests.house.tree import ROOT, files
from tests.simulator import Simulator
from tests.simulator.wire import Received

PAGES = [path for path in files("docs", "README.md") if path.suffix == ".md"]
ADDING = (ROOT / "docs" / "adding-a-source.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", ADDING, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_table_and_module_is_the_one_of_the_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == written(text), "make docs writes it"


def test_every_table_has_a_place() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in pages())
    assert set(re.findall(r"<!-- table: ([a-z-]+) -->", text)) == TABLES.keys()


def test_every_source_is_told_of_in_words() -> None:
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\* \*\*(\w+)\*\*", text, re.MULTILINE))
    assert told == {source.key for source in SOURCES if source.parse or source.key == "page"}


def test_the_source_that_the_page_builds_does_what_the_page_says() -> None:
    assert len(BLOCKS) == 7
    example: dict[str, Any] = {"__name__": "example"}
    exec(compile("\n".join(BLOCKS), "adding-a-source.md", "exec"), example)
    day = date(2026, 7, 16)
    simulator = Simulator()
    simulator.upstreams = (*simulator.upstreams, upstream := example["Example"](simulator.now))
    upstream.publish(day, {"USD": "87,4500"}, at=datetime(2026, 7, 15, 8, tzinfo=UTC))
    request = example["request"](day)
    host, _, rest = request.url.removeprefix("https://").partition("/")
    body = simulator.respond(Received("GET", f"/{host}/{rest}", {}, b"", 1)).answer.body
    said = example["parse"](Reply(request, body, simulator.now()))
    assert [each.published.value for each in said] == ["87.4500", "18.5400"]


def test_the_code_of_the_page_passes_the_checks_but_for_where_its_imports_stand(tmp_path: Path) -> None:
    example = tmp_path / "example.py"
    example.write_text("\n\n".join(BLOCKS), encoding="utf-8")
    checks = (
        ["ruff", "check", "--config", "pyproject.toml", "--ignore", "D100,E402,F811,I001"],
        ["mypy", "--strict", "--cache-dir", ".mypy_cache", "--no-error-summary"],
    )
    for check in checks:
        found = subprocess.run(
            [sys.executable, "-m", *check, str(example)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stdout + found.stderr


def test_the_arithmetic_of_the_method_is_right() -> None:
    text = (ROOT / "docs" / "methodology.md").read_text(encoding="utf-8")
    ((printed, shown, rate),) = re.findall(r"1 / ([0-9.]+) = ([0-9.]+?)\.\.\. +rate ([0-9.]+)", text)
    quotient = 1 / Fraction(printed)
    assert 0 <= quotient - Fraction(shown) < Fraction(1, 10 ** (len(shown) - 2))
    assert abs(quotient - Fraction(rate)) <= Fraction(1, 2 * 10 ** (len(rate) - 2))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_another_page_leads_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8")))
    assert named <= targets
