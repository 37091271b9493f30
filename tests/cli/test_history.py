"""`silkrate history`: what was published of a pair, as a table or as CSV."""

from __future__ import annotations

import csv
import io

import pytest

from tests.cli.conftest import Terminal, day
from tests.simulator import Simulator

VALUES = {-2: "87,4314", -1: "87,4500", 0: "87,6000"}


@pytest.fixture(autouse=True)
def published(silkrate: Terminal, simulator: Simulator) -> None:
    """Three days of the Kyrgyz bank, recorded."""
    for offset, value in VALUES.items():
        simulator.nbkr.publish(day(offset), {"USD": value})
        assert silkrate("poll", "--once", "--source", "nbkr").code == 0


def test_publications_stand_in_a_table_the_newest_last(silkrate: Terminal) -> None:
    typed = silkrate("history", "kgsusd")
    assert [row[0] for row in typed.rows[1:]] == [str(day(-2)), str(day(-1)), str(day(0))]
    assert typed.rows[2][:5] == [str(day(-1)), "0.0114351057747", "USD/KGS", "87.4500", "nbkr"]


def test_a_range_includes_both_ends(silkrate: Terminal) -> None:
    typed = silkrate("history", "KGS-USD", "--since", str(day(-2)), "--until", str(day(-1)))
    assert [row[0] for row in typed.rows[1:]] == [str(day(-2)), str(day(-1))]


def test_a_limit_keeps_the_newest(silkrate: Terminal) -> None:
    assert [row[0] for row in silkrate("history", "KGS-USD", "--limit", "2").rows[1:]] == [
        str(day(-1)),
        str(day(0)),
    ]


def test_csv_has_every_field_of_the_pair_as_asked_for(silkrate: Terminal) -> None:
    out = silkrate("history", "USD-KGS", "--csv", "--source", "nbkr").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["pair"], row["rate"]) for row in rows] == [
        ("USD/KGS", "87.4314"),
        ("USD/KGS", "87.45"),
        ("USD/KGS", "87.6"),
    ]
    assert rows[1]["published_value"] == "87.4500"


def test_nothing_there_is_said_on_stderr_not_in_the_table(silkrate: Terminal) -> None:
    typed = silkrate("history", "KZT-USD")
    assert typed.code == 0
    assert len(typed.rows) == 1
    assert typed.err == "silkrate: nothing of KZT/USD is recorded for these days\n"
    csv_only = silkrate("history", "KZT-USD", "--csv")
    assert csv_only.out.count("\n") == 1
    assert csv_only.err == typed.err
