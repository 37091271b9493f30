"""The code that docs/client.md and the README show runs, and gives what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from inspect import isfunction
from pathlib import Path
from typing import Any

import pandas
import pytest

from app.client import Silkrate, errors
from app.client.exchange import ATTEMPTS, BACKOFF, PATIENCE, REMEMBERED
from app.web.problems import RETRY_AFTER
from tests.house.tree import ROOT

HOST = "https://rates.example.org"
PAGE, README = ROOT / "docs/client.md", ROOT / "README.md"


def left_behind(page: Path, address: str) -> Mapping[str, Any]:
    """What the page's code leaves behind, run against the server at `address`."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    found: dict[str, Any] = {}
    exec(compile("\n".join(blocks).replace(HOST, address), page.name, "exec"), found)
    return found


def test_the_code_of_the_page_gives_what_it_says(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = left_behind(PAGE, address)
    assert "0.0114351057747 2026-05-21 -0.021269" in capsys.readouterr().out.splitlines()
    assert found["latest"].rates[0].rate == found["som"].rate == found["exact"]["rate"].iloc[-1]
    assert found["lines"] == ["KGS/USD = 0.01144 -0.02%", "TMT/USD = 0.2857 0%"]
    assert found["monthly"].index[0] == found["weeks"].index[0].replace(day=1)
    assert len(found["exact"]["2026-05":]) == 2
    assert found["refused"] == ("unknown-pair", 404, "pair")


def test_the_code_of_the_readme_gives_what_it_says(address: str) -> None:
    found = left_behind(README, address)
    assert found["som"].rate == Decimal("0.0114351057747")
    assert isinstance(found["frame"], pandas.DataFrame)
    assert list(found["frame"]["rate"]) == [87.4314, 87.45]


def test_the_page_names_every_method_and_error() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)\(", text.partition("| method |")[2].partition("\n\n")[0]))
    methods = {name for name, each in vars(Silkrate).items() if isfunction(each) and not name.startswith("_")}
    assert named == methods - {"close"}
    for name, each in vars(errors).items():
        if isinstance(each, type) and each.__module__ == errors.__name__:
            assert f"`{name}`" in text or f"`app.client.{name}`" in text


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"{PATIENCE:g} seconds" in text
    assert f"{REMEMBERED // 1_000_000} MB" in text
    assert f"asks for {RETRY_AFTER}." in text
    assert (ATTEMPTS, BACKOFF) == (4, 0.5)
