"""`silkrate poll`: what was asked, what became of it, and when that is a failure."""

from __future__ import annotations

import json
import signal

from tests.cli.conftest import Terminal, asked, day
from tests.cli.processes import Home, end, soon
from tests.simulator import Fault, Simulator


def test_every_source_is_asked_once_and_its_rates_are_shown(silkrate: Terminal, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(0), {"USD": "87,4500"})
    typed = silkrate("poll", "--once")
    assert (typed.code, typed.err) == (0, "")
    shown = ["nbkr", "recorded", "KGS/USD", "0.0114351057747", str(day(0)), "USD/KGS", "87.4500"]
    assert shown in typed.rows
    assert ["peg", "recorded", "TMT/USD", "0.285714285714", "2015-01-01", "USD/TMT", "3.5"] in typed.rows
    assert len(asked(simulator)) == 1


def test_a_second_poll_finds_nothing_new(silkrate: Terminal, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(0))
    silkrate("poll", "--once")
    typed = silkrate("poll", "--once")
    assert [row[:2] for row in typed.rows[1:]] == [["nbkr", "unchanged"], ["peg", "unchanged"]]


def test_a_held_rate_is_shown_with_the_reason(silkrate: Terminal, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(-1), {"USD": "87,4500"})
    silkrate("poll", "--once")
    simulator.nbkr.publish(day(0), {"USD": "107,4500"})
    typed = silkrate("poll", "--once", "--source", "nbkr")
    assert typed.code == 0
    (held,) = [line for line in typed.out.splitlines() if " held " in line]
    assert f"KGS/USD moved -18.61 % since {day(-1)}" in held


def test_a_source_of_which_all_is_rejected_has_answered(silkrate: Terminal, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(0))
    simulator.fault(Fault.FUTURE_DATE)
    typed = silkrate("poll", "--once", "--source", "nbkr")
    assert typed.code == 0
    assert {row[1] for row in typed.rows[1:]} == {"rejected"}
    assert typed.err == "silkrate: warning: nothing that nbkr said is accepted\n"


def test_it_fails_when_every_source_that_can_fail_did(silkrate: Terminal, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(0))
    simulator.fault(Fault.STATUS_404)
    typed = silkrate("poll", "--once")
    assert typed.code == 1
    assert ["nbkr", "error"] in [row[:2] for row in typed.rows]
    assert "www.nbkr.kg/XML/daily.xml" in typed.out
    assert typed.err == "silkrate: nbkr failed\n"


def test_a_peg_is_neither_a_success_nor_a_failure(silkrate: Terminal) -> None:
    assert silkrate("poll", "--once", "--source", "peg").code == 0
    assert silkrate("poll", "--once", "--source", "peg", "--source", "nbkr").code == 1


def test_a_source_that_is_off_can_be_named(silkrate: Terminal, simulator: Simulator) -> None:
    silkrate.set("SILKRATE_SOURCES", "peg")
    simulator.nbkr.publish(day(0))
    assert [row[0] for row in silkrate("poll", "--once").rows[1:]] == ["peg", "peg"]
    assert silkrate("poll", "--once", "--source", "nbkr").rows[1][:2] == ["nbkr", "recorded"]


def test_it_polls_until_stopped_and_logs_a_line_of_json_each(home: Home, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(0), {"USD": "87,4500"})
    home.settings["SILKRATE_POLL_INTERVAL"] = "0.1"
    process = home.start("app", "poll", "--source", "nbkr")
    try:
        soon(lambda: len(asked(simulator)) > 2)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=5)
    finally:
        end(process)
    assert (process.returncode, out) == (0, "")
    logged = map(json.loads, err.splitlines())
    (tick,) = (line for line in logged if line["event"] != "publication missed")  # as it is by the evening
    assert (tick["event"], tick["pair"], tick["rate"]) == ("tick", "KGS/USD", "0.0114351057747")
