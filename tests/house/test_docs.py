"""The pages say what is true now: tables are the code's, code runs, links lead somewhere."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from app.sources.catalog import SOURCES
from tests.house.tables import TABLES, pages, written
from tests.house.tree import ROOT, files

PAGES = [path for path in files("docs", "README.md") if path.suffix == ".md"]
ADDING = (ROOT / "docs" / "adding-a-source.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_table_is_the_one_of_the_code(page: Path) -> None:
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
    blocks = re.findall(r"^```python\n(.*?)^```", ADDING, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 6
    exec(compile("\n".join(blocks), "adding-a-source.md", "exec"), {"__name__": "example"})


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
