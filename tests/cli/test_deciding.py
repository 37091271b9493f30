"""`silkrate accept` and `silkrate reject`: what a person decides on."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Terminal, day
from tests.simulator import Simulator


@pytest.fixture
def held(silkrate: Terminal, simulator: Simulator) -> str:
    """The id of today's dollar, which jumped and is held; as the poll shows it."""
    simulator.nbkr.publish(day(-1), {"USD": "87,4500"})
    silkrate("poll", "--once", "--source", "nbkr")
    simulator.nbkr.publish(day(0), {"USD": "107,4500"})
    (number,) = re.findall(r"its id is (\d+)", silkrate("poll", "--once", "--source", "nbkr").out)
    return str(number)


def rate(silkrate: Terminal) -> str:
    """The newest rate of the som that is in force."""
    return silkrate("history", "USD-KGS").rows[-1][1]


def test_what_is_accepted_is_in_force_and_its_tick_is_told(silkrate: Terminal, held: str) -> None:
    typed = silkrate("accept", held)
    assert typed.code == 0
    assert "accepted  KGS/USD" in typed.out
    assert "cause accepted" in typed.out
    assert rate(silkrate) == "107.45"


def test_accepting_twice_says_so_and_is_no_failure(silkrate: Terminal, held: str) -> None:
    silkrate("accept", held, "--reason", "the bank confirmed it")
    again = silkrate("accept", held)
    assert (again.code, again.out) == (0, "")
    assert again.err == f"silkrate: {held} was accepted before, nothing changed: the bank confirmed it\n"


def test_what_is_held_can_be_rejected_once_and_then_not_accepted(silkrate: Terminal, held: str) -> None:
    typed = silkrate("reject", held, "--reason", "a misprint")
    assert (typed.code, "rejected  KGS/USD" in typed.out) == (0, True)
    assert "no headline changed" in typed.out
    again = silkrate("reject", held)
    assert (again.code, again.err) == (
        0,
        f"silkrate: {held} was rejected before, nothing changed: a misprint\n",
    )
    refused = silkrate("accept", held)
    assert refused.code == 2
    assert refused.err == f"silkrate: {held} is rejected: a misprint. Expected one that is held.\n"


def test_what_was_accepted_can_be_rejected_and_the_headline_goes_back(silkrate: Terminal, held: str) -> None:
    silkrate("accept", held)
    assert "cause revision" in silkrate("reject", held).out
    assert rate(silkrate) == "87.45"


@pytest.mark.parametrize("command", ["accept", "reject"])
def test_an_unknown_id_is_said_to_be_that(silkrate: Terminal, command: str) -> None:
    typed = silkrate(command, "7777")
    assert typed.code == 2
    assert typed.err == "silkrate: No observation has the id 7777. Expected that of one that is held.\n"


def test_a_reason_is_one_line_without_control_characters(silkrate: Terminal, held: str) -> None:
    typed = silkrate("accept", held, "--reason", "called the bank\n\x1b[31mred")
    assert typed.code == 0
    again = silkrate("accept", held)
    assert again.err == f"silkrate: {held} was accepted before, nothing changed: called the bank [31mred\n"
