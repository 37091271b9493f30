"""`silkrate explain`: a rate with its source, its file, its rules and its arithmetic."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.cli.conftest import Terminal, day
from tests.simulator import Simulator

VALUES = {-2: "87,4314", -1: "87,4500", 0: "98,6000"}


@pytest.fixture(autouse=True)
def published(silkrate: Terminal, simulator: Simulator) -> None:
    """Three days of the Kyrgyz bank, recorded; the last one jumps."""
    for offset, value in VALUES.items():
        simulator.nbkr.publish(day(offset), {"USD": value})
        assert silkrate("poll", "--once", "--source", "nbkr").code == 0


def test_the_arithmetic_is_written_out(silkrate: Terminal) -> None:
    typed = silkrate("explain", "KGS/USD", str(day(-1)))
    lines = [line.strip() for line in typed.out.splitlines()]
    assert typed.code == 0
    assert lines[0] == "KGS/USD = 0.0114351057747, -0.021269 %"
    assert lines[3:5] == [
        "printed: 87.4500 KGS for 1 USD",
        "1 / 87.4500 = 0.0114351057747284162... -> 0.0114351057747 (12 significant digits, half even)",
    ]
    assert "nbkr is believed first:" in lines
    assert f"* nbkr: 0.0114351057747 since {day(-1)}, " in typed.out
    assert "from https://www.nbkr.kg/XML/daily.xml" in lines
    assert "Is the value no positive number? no" in lines


def test_json_has_every_field_of_the_row_and_the_explanation(silkrate: Terminal) -> None:
    found = json.loads(silkrate("explain", "USD-KGS", str(day(-1)), "--json").out, parse_float=Decimal)
    assert found["rate"] == Decimal("87.45")
    assert found["explanation"]["choice"] == "nbkr is believed first"
    (told,) = found["explanation"]["revisions"]
    assert told["body"]["kept"] is True
    assert told["published"]["value"] == "87.4500"


def test_the_order_of_authority_is_shown_with_who_has_nothing(silkrate: Terminal) -> None:
    typed = silkrate("explain", "KGS/USD", str(day(-1)), "--source", "nbkr")
    assert "nbkr was asked for:" in typed.out
    assert "- page: no-rate-at-date" in typed.out


def test_a_day_without_a_rate_is_refused_with_one_line(silkrate: Terminal) -> None:
    typed = silkrate("explain", "KGS/USD", "2001-01-01")
    assert (typed.code, typed.out) == (1, "")
    assert typed.err == "silkrate: No rate of KGS/USD was in force on 2001-01-01.\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["KGS/EUR", "2026-05-21"], "not a pair"),
        (["KGS/USD", "yesterday"], "is no day; write it as 2026-05-21"),
        (["KGS/USD", "2026-05-21", "--source", "nkbr"], "is no source"),
    ],
)
def test_a_wrong_question_is_told_what_would_be_right(
    silkrate: Terminal, arguments: list[str], why: str
) -> None:
    typed = silkrate("explain", *arguments)
    assert typed.code == 2
    assert why in typed.err
