"""The code that docs/client.md and the README show runs, and gives what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from inspect import isfunction
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pandas
import pytest

from app.answers.ticks import MOST_TICKS
from app.client import Silkrate, errors
from app.client.exchange import ATTEMPTS, BACKOFF, DOUBLED, PATIENCE, REMEMBERED
from app.client.taking import TIMEOUT
from app.web.app import create_app
from app.web.broadcast import BEAT, BEATS
from app.web.problems import RETRY_AFTER
from tests.house.tree import ROOT
from tests.said import banks_row
from tests.web.conftest import fill, made, say, served

HOST = "https://rates.example.org"
PAGE, README = ROOT / "docs/client.md", ROOT / "README.md"


def left_behind(page: Path, address: str) -> Mapping[str, Any]:
    """What the page's code leaves behind, run against the server at `address`."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    found: dict[str, Any] = {}
    exec(compile("\n".join(blocks).replace(HOST, address), page.name, "exec"), found)
    return found


@contextmanager
def telling(folder: Path) -> Iterator[str]:
    """Where a service answers whose tenge moves again and again."""
    with made(folder) as context, served(create_app(context)) as url:
        fill(context)
        over = Event()

        def live() -> None:
            for number in count():
                say(
                    context,
                    banks_row("nbk", "2026-05-21", "USD", f"471.{number:04}"),
                    when="2026-05-21 05:00",
                )
                if over.wait(0.1):
                    return

        bank = Thread(target=live)
        bank.start()
        yield url
        over.set()
        bank.join()


def test_the_code_of_the_page_gives_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with telling(tmp_path) as url:
        found = left_behind(PAGE, url)
    assert "0.0114351057747 2026-05-21 -0.021269" in capsys.readouterr().out.splitlines()
    assert found["latest"].rates[0].rate == found["som"].rate == found["exact"]["rate"].iloc[-1]
    assert found["lines"] == ["KGS/USD = 0.01144 -0.02%", "TMT/USD = 0.2857 0%"]
    assert found["monthly"].index[0] == found["weeks"].index[0].replace(day=1)
    assert len(found["exact"]["2026-05":]) == 2
    assert found["refused"] == ("unknown-pair", 404, "pair")
    assert found["past"][0] == Decimal("0.285714285714")
    assert found["heard"] == ("KZT/USD", "revision")
    assert found["then"] == "KZT/USD"


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
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"{PATIENCE:g} seconds" in text
    assert f"{REMEMBERED // 1_000_000} MB" in text
    assert f"asks for {RETRY_AFTER}." in text
    assert (ATTEMPTS, BACKOFF, DOUBLED) == (4, 0.5, 5)  # of 1 to 4 seconds: one or two minutes
    assert f"come for {TIMEOUT.read:g} seconds" in text
    assert MOST_TICKS == 1_000
    assert f"one every {BEATS * BEAT:g}." in text
