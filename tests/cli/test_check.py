"""`silkrate check`: what sources say now, recorded nowhere."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Terminal, day
from tests.simulator import Fault, Simulator


def test_what_a_source_says_is_shown_as_it_was_printed(silkrate: Terminal, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(0), {"USD": "87,4500"})
    typed = silkrate("check")
    assert (typed.code, typed.err) == (0, "")
    dollar = ["nbkr", "plausible", "KGS/USD", "0.0114351057747", str(day(0)), "USD/KGS", "87.4500"]
    assert dollar in typed.rows
    assert {row[0] for row in typed.rows[1:]} == {"nbkr", "peg"}


def test_nothing_is_stored_anywhere(silkrate: Terminal, simulator: Simulator, tmp_path: Path) -> None:
    simulator.nbkr.publish(day(0))
    assert silkrate("check").code == 0
    assert list(tmp_path.iterdir()) == []


def test_only_the_sources_named_are_asked(silkrate: Terminal, simulator: Simulator) -> None:
    assert {row[0] for row in silkrate("check", "peg").rows[1:]} == {"peg"}
    assert simulator.log == []


def test_a_source_without_its_key_is_refused_in_whole_sentences(silkrate: Terminal) -> None:
    typed = silkrate("check", "openexchangerates")
    assert typed.code == 2
    assert typed.err.endswith("as a data feed.\n")
    assert ".." not in typed.err


def test_what_the_rules_would_refuse_is_said(silkrate: Terminal, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(0), {"USD": "0,8745"})
    typed = silkrate("check", "nbkr")
    assert typed.code == 0
    assert typed.rows[1][:3] == ["nbkr", "rejected", "KGS/USD"]
    assert "USD/KGS 0.8745 is outside 20 to 450" in typed.out


def test_a_source_that_fails_is_named_and_is_a_failure(silkrate: Terminal, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(0))
    simulator.fault(Fault.HTML_WITH_200)
    typed = silkrate("check", "nbkr", "peg")
    assert typed.code == 1
    assert typed.rows[1][:2] == ["nbkr", "error"]
    assert "CurrencyRates" in typed.out
    assert typed.rows[2][:2] == ["peg", "plausible"]
