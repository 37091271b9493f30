"""`silkrate backfill`: the past of the sources, what came of it, and what could not be had."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from datetime import date, timedelta

import pytest

from tests.cli.conftest import Terminal, day
from tests.cli.processes import Home, soon
from tests.simulator import Fault, Simulator
from tests.simulator.openexchangerates import APP_ID


def working_days(count: int) -> list[date]:
    """So many working days, oldest first, the last of them over in the zone of every bank."""
    found = [each for each in (day(-n) for n in range(2, 4 * count)) if each.weekday() < 5]
    return found[:count][::-1]


@pytest.fixture
def days(simulator: Simulator) -> list[date]:
    """Six working days that the Kazakh bank has published."""
    found = working_days(6)
    for number, each in enumerate(found):
        simulator.nbk.publish(each, {"USD": f"471.{10 + number}"})
    return found


def fill(silkrate: Terminal, days: list[date], *more: str) -> tuple[int, list[list[str]], str]:
    """Fill in the past of the Kazakh bank since the first of `days`: exit code, rows, standard error."""
    typed = silkrate("backfill", "--source", "nbk", "--since", str(days[0]), "--until", str(days[-1]), *more)
    return typed.code, typed.rows, typed.err


def test_the_past_is_recorded_and_counted(silkrate: Terminal, days: list[date]) -> None:
    code, rows, _ = fill(silkrate, days)
    asked_for = (days[-1] - days[0]).days + 1
    assert (code, rows[0]) == (
        0,
        ["SOURCE", "DAYS", "ROWS", "REPEATED", "HELD", "REJECTED", "ABSENT", "FAILED"],
    )
    assert rows[1][:2] == ["nbk", str(asked_for)]
    assert rows[1][4:] == ["0"] * 4
    shown = silkrate("history", "KZT-USD", "--source", "nbk")
    assert all(str(each) in shown.out for each in days)


def test_without_a_terminal_each_tenth_of_a_source_is_a_line(silkrate: Terminal, days: list[date]) -> None:
    _, _, err = fill(silkrate, days)
    lines = err.splitlines()
    asked_for = (days[-1] - days[0]).days + 1
    assert 2 <= len(lines) <= 11
    assert all(re.fullmatch(r"silkrate: nbk: \d+ of \d+ days, \d+ rows", line) for line in lines)
    assert lines[-1].startswith(f"silkrate: nbk: {asked_for} of {asked_for} days")


def test_a_second_run_asks_for_nothing_again(
    silkrate: Terminal, simulator: Simulator, days: list[date]
) -> None:
    fill(silkrate, days)
    simulator.log.clear()
    code, rows, err = fill(silkrate, days)
    assert (code, rows[1][1], simulator.log) == (0, "0", [])
    assert err == f"silkrate: nbk: nothing to ask for: all of {days[0]} to {days[-1]} is in the record\n"


def test_a_day_that_cannot_be_had_is_named_and_had_by_the_next_run(
    silkrate: Terminal, simulator: Simulator, days: list[date]
) -> None:
    lost = days[4]
    simulator.fault(Fault.HTML_WITH_200, path=f"{simulator.nbk.path}?fdate={lost:%d.%m.%Y}")
    code, rows, err = fill(silkrate, days)
    assert (code, rows[1][7]) == (1, "1")
    assert f"failed: {lost}" in err
    assert err.endswith("silkrate: what failed is asked for again by the next run\n")
    simulator.clear()
    simulator.log.clear()
    code, rows, _ = fill(silkrate, days)
    assert (code, rows[1][7]) == (0, "0")
    assert {request.query for request in simulator.log} == {f"fdate={lost:%d.%m.%Y}"}


def test_what_fails_is_told_as_it_happens_once_for_a_reason_and_moves_the_progress(
    silkrate: Terminal, simulator: Simulator, days: list[date]
) -> None:
    simulator.fault(Fault.HTML_WITH_200, host=simulator.nbk.host)
    code, rows, err = fill(silkrate, days[:3])
    asked_for = (days[2] - days[0]).days + 1
    (told,) = [number for number, line in enumerate(err.splitlines()) if line.endswith("; going on")]
    lines = err.splitlines()
    assert lines[told].startswith("silkrate: nbk: ")
    assert f"silkrate: nbk: 0 of {asked_for} days, 0 rows, {asked_for} failed" in lines[told:]
    assert (code, rows[1][1], rows[1][7]) == (1, "0", str(asked_for))
    assert sum(line.startswith(f"silkrate: failed: {days[0]} to {days[2]}: nbk: ") for line in lines) == 1


def test_days_of_which_a_source_has_nothing_are_counted_and_joined(
    silkrate: Terminal, days: list[date]
) -> None:
    before = days[0] - timedelta(days=7)
    _, rows, err = fill(silkrate, [before, days[-1]])
    assert rows[1][6] == "7"
    last = days[0] - timedelta(days=1)
    assert f"absent: nbk says that it has nothing of {before} to {last}\n" in err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--since", str(day(9))), "its last day is today, "),
        (("--until", "1999-12-31"), "its past begins with 2000-01-01"),
    ],
    ids=["a day to come", "before its past"],
)
def test_a_source_without_anything_to_ask_for_says_why_in_a_line(
    silkrate: Terminal, simulator: Simulator, options: tuple[str, str], why: str
) -> None:
    typed = silkrate("backfill", "--source", "nbk", *options)
    assert (typed.code, simulator.log) == (0, [])
    (line,) = typed.err.splitlines()
    assert line.startswith(f"silkrate: nbk: nothing to ask for: {why}")


def test_a_backfill_that_is_interrupted_shows_what_it_has_done(home: Home, simulator: Simulator) -> None:
    for number, each in enumerate(working_days(60)):
        simulator.nbk.publish(each, {"USD": f"471.{10 + number}"})
    process = home.start("app", "backfill", "--source", "nbk", "--since", str(day(-80)))
    assert process.stderr
    process.stderr.readline()
    soon(lambda: len(simulator.log) > 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert re.match(r"SOURCE .*\nnbk +[1-9]", out)
    assert err.endswith("silkrate: stopped; the same command goes on from here\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--since", "2026-05-02", "--until", "2026-05-01"),
            "--since 2026-05-02 is after --until 2026-05-01",
        ),
        (("--since", "02.05.2026"), "02.05.2026"),
        (("--source", "ecb"), "'ecb' is no source"),
        (("--source", "page"), "page cannot be asked. Expected a page"),
        (("--source", "openexchangerates"), "openexchangerates cannot be asked without a key"),
    ],
)
def test_what_cannot_be_filled_in_is_refused_by_its_name_before_anybody_is_asked(
    silkrate: Terminal, simulator: Simulator, arguments: tuple[str, ...], said: str
) -> None:
    typed = silkrate("backfill", *arguments)
    assert typed.code == 2
    assert said in typed.err
    assert simulator.log == []


def test_a_source_whose_past_costs_its_quota_has_none_to_ask_for(
    silkrate: Terminal, simulator: Simulator
) -> None:
    silkrate.set("SILKRATE_OPENEXCHANGERATES_APP_ID", APP_ID)
    typed = silkrate("backfill", "--source", "openexchangerates")
    assert (typed.code, simulator.log) == (2, [])
    assert "the past of openexchangerates cannot be asked for" in typed.err
    assert APP_ID not in typed.err


def test_a_terminal_shows_a_bar_with_days_rows_and_the_time_left(
    home: Home, simulator: Simulator, days: list[date]
) -> None:
    here, there = pty.openpty()
    command = ["backfill", "--source", "nbk", "--since", str(days[0]), "--until", str(days[-1])]
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *command],
        cwd=home.folder,
        env=home.environ | {"TERM": "xterm", "COLUMNS": "110"},
        stdin=there,
        stdout=there,
        stderr=there,
    )
    os.close(there)
    screen = b""
    while chunk := _read(here):
        screen += chunk
    assert process.wait(10) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.decode())
    asked_for = (days[-1] - days[0]).days + 1
    assert "━" in text
    assert re.search(rf"100% {asked_for} of {asked_for} days, \d+ rows +0:00:00", text)


def _read(line: int) -> bytes:
    try:
        return os.read(line, 65536)
    except OSError:  # the other end is closed
        return b""


def test_a_service_that_starts_empty_fills_in_its_last_weeks_while_it_answers(
    home: Home, simulator: Simulator
) -> None:
    home.settings["SILKRATE_SOURCES"] = "nbk"
    past = working_days(6)
    for number, each in enumerate([*past, day(0)]):
        simulator.nbk.publish(each, {"USD": f"471.{10 + number}"})
    with home.serving() as service:
        assert service.get("/livez").status_code == 200

        def history() -> list[str]:
            points = service.get("/v1/history/KZT-USD?source=nbk").json().get("points", [])
            return [point["effective_date"] for point in points]

        soon(lambda: set(map(str, past)) <= set(history()))
