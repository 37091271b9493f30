"""`silkrate ticks`: the changes of the rates in force, those that there are, or as they come."""

from __future__ import annotations

import re
import signal
from subprocess import Popen
from threading import Thread

import pytest

from tests.cli.conftest import Terminal, Typed, day
from tests.cli.processes import Home, end, soon
from tests.simulator import Simulator

TICK = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ  (.+)  ([a-z]+)")


@pytest.fixture(autouse=True)
def recorded(silkrate: Terminal, simulator: Simulator) -> None:
    """Two ticks: one of the manat, one of the som."""
    simulator.nbkr.publish(day(0), {"USD": "87,4500"})
    assert silkrate("poll", "--once").code == 0


def shown(out: str) -> list[tuple[str, str]]:
    """The ticker line and the cause of each."""
    return [match.groups() for match in map(TICK.fullmatch, out.splitlines()) if match]  # type: ignore[misc]


def place(typed: Typed) -> str:
    """From where to go on."""
    (found,) = re.findall(r"\Asilkrate: to go on from here: --after (\S+)\n\Z", typed.err)
    return str(found)


def test_each_change_is_a_line_with_its_time_and_cause(silkrate: Terminal) -> None:
    typed = silkrate("ticks")
    assert (typed.code, len(typed.rows)) == (0, 2)
    assert sorted(shown(typed.out)) == [
        ("KGS/USD = 0.01144", "publication"),
        ("TMT/USD = 0.2857 0%", "publication"),
    ]


def test_it_goes_on_from_where_it_was(silkrate: Terminal, simulator: Simulator) -> None:
    cursor = place(silkrate("ticks"))
    again = silkrate("ticks", "--after", cursor)
    assert (again.out, place(again)) == ("", cursor)
    simulator.nbkr.publish(day(0), {"USD": "87,5000"})
    silkrate("poll", "--once")
    assert shown(silkrate("ticks", "--after", cursor).out) == [("KGS/USD = 0.01143", "revision")]


def test_of_some_pairs_only_theirs_are_shown(silkrate: Terminal) -> None:
    typed = silkrate("ticks", "--pair", "usdtmt", "--pair", "KZT-USD")
    assert [line for line, _ in shown(typed.out)] == ["TMT/USD = 0.2857 0%"]
    assert place(typed) == place(silkrate("ticks"))


@pytest.mark.parametrize("asked", [("--pair", "KGS-KZT"), ("--after", "abc")])
def test_what_is_asked_wrongly_is_one_line(silkrate: Terminal, asked: tuple[str, str]) -> None:
    typed = silkrate("ticks", *asked)
    assert (typed.code, typed.out, typed.err.count("\n")) == (2, "", 1)
    assert asked[1] in typed.err


class Read:
    """What a process prints, while it runs."""

    def __init__(self, process: Popen[str]) -> None:
        self.process, self.lines = process, list[str]()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def stop(self, number: signal.Signals) -> Typed:
        """End it by a signal, and see what it has left."""
        self.process.send_signal(number)
        self._reader.join(10)
        assert self.process.stderr
        return Typed(self.process.wait(10), "".join(self.lines), self.process.stderr.read())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_comes_is_shown_as_it_is_recorded_until_it_is_stopped(
    silkrate: Terminal, simulator: Simulator, home: Home, number: signal.Signals
) -> None:
    cursor = place(silkrate("ticks", "--pair", "KGS-USD"))
    simulator.nbkr.publish(day(0), {"USD": "87,5000"})
    silkrate("poll", "--once")
    read = Read(home.start("app", "ticks", "--follow", "--after", cursor))
    try:
        soon(lambda: len(read.lines) == 1)
        simulator.nbkr.publish(day(0), {"USD": "87,6000"})
        silkrate("poll", "--once")
        soon(lambda: len(read.lines) == 2)
        left = read.stop(number)
    finally:
        end(read.process)
    assert left.code == 0
    assert shown(left.out) == [("KGS/USD = 0.01143", "revision"), ("KGS/USD = 0.01142", "revision")]
    assert place(left) == place(silkrate("ticks"))


def test_without_a_place_only_what_comes_is_shown(
    silkrate: Terminal, simulator: Simulator, home: Home
) -> None:
    read = Read(home.start("app", "ticks", "--follow"))
    try:
        for number in range(10, 60):
            simulator.nbkr.publish(day(0), {"USD": f"87,{number}00"})
            silkrate("poll", "--once", "--source", "nbkr")
            if read.lines:
                break
        left = read.stop(signal.SIGINT)
    finally:
        end(read.process)
    assert {line.partition(" ")[0] for line, _ in shown(left.out)} == {"KGS/USD"}
    assert {cause for _, cause in shown(left.out)} == {"revision"}
