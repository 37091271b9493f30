"""`silkrate latest`: one line a pair, to be looked at or to be grepped."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from app.domain.errors import StoreUnavailable
from app.render.json import encode
from app.web.problems import MEDIA_TYPE, told
from tests.cli.conftest import Terminal, day
from tests.cli.processes import Home
from tests.cli.test_importing import PAGE, PAIRS
from tests.client.conftest import hanging_up
from tests.simulator import Simulator


def line(typed_out: str, pair: str) -> list[str]:
    """The cells of a pair's line."""
    (found,) = [each for each in typed_out.splitlines() if each.startswith(pair)]
    return re.split(r" {2,}", found.rstrip())


def test_a_rate_stands_with_its_change_since_when_and_its_source(
    silkrate: Terminal, simulator: Simulator
) -> None:
    for offset, value in ((-1, "87,4314"), (0, "87,4500")):
        simulator.nbkr.publish(day(offset), {"USD": value})
        silkrate("poll", "--once")
    cells = line(silkrate("latest").out, "KGS/USD")
    assert cells[:-1] == ["KGS/USD", "0.01144", "-0.02%", str(day(-1)), "87.45", "nbkr", str(day(0))]
    assert cells[-1] in ("fresh", "late")


def test_a_peg_and_a_page_say_what_their_change_is_measured_against(silkrate: Terminal) -> None:
    silkrate("import", str(PAGE))
    silkrate("poll", "--once", "--source", "peg")
    out = silkrate("latest").out
    assert line(out, "TMT/USD") == [
        "TMT/USD",
        "0.2857",
        "0%",
        "decree",
        "3.500",
        "peg",
        "2015-01-01",
        "pegged",
    ]
    tjs = ["TJS/USD", "0.09153", "-0.22%", "reported", "10.93", "page", "2025-01-07", "stale*"]
    assert line(out, "TJS/USD") == tjs
    assert "* a fallback" in out


def test_pairs_without_a_rate_are_named_with_the_reason(silkrate: Terminal) -> None:
    typed = silkrate("latest")
    assert typed.code == 0
    assert [(row[0], row[-1]) for row in typed.rows[1:6]] == [(pair, "no-rate-yet") for pair in PAIRS]
    assert "silkrate poll --once" in typed.out


def test_tomorrows_rate_is_shown_below_and_not_as_the_rate(silkrate: Terminal, simulator: Simulator) -> None:
    for offset, value in ((0, "87,4314"), (1, "87,4500")):
        simulator.nbkr.publish(day(offset), {"USD": value})
        silkrate("poll", "--once")
    out = silkrate("latest").out
    assert line(out, "KGS/USD")[6] == str(day(0))
    assert f"upcoming: KGS/USD 0.01144 from {day(1)}, nbkr\n" in out


def test_a_held_rate_is_shown_below_with_the_reason(silkrate: Terminal, simulator: Simulator) -> None:
    for offset, value in ((-1, "87,4500"), (0, "107,4500")):
        simulator.nbkr.publish(day(offset), {"USD": value})
        silkrate("poll", "--once")
    out = silkrate("latest").out
    assert line(out, "KGS/USD")[1] == "0.01144"
    assert re.search(
        rf"held: KGS/USD 0.00930665425779 of {day(0)}, nbkr, id \d+: KGS/USD moved -18.61 %", out
    )


def test_simulated_rates_are_called_so(silkrate: Terminal) -> None:
    silkrate.set("SILKRATE_SIMULATED", "true")
    assert silkrate("latest").err == "silkrate: these rates are simulated\n"


def in_a_terminal(home: Home, width: int, *arguments: str) -> str:
    """What `silkrate ARGUMENTS` writes to a terminal so many columns wide, escape sequences included."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    command = [sys.executable, "-m", "app", *arguments]
    environ = {**home.environ, "TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        environ.pop(name, None)
    process = subprocess.Popen(command, cwd=home.folder, env=environ, stdout=writer, stderr=writer)
    os.close(writer)
    written = b""
    try:
        while part := os.read(reader, 1 << 16):
            written += part
    except OSError:  # how Linux says that the last writer has closed a terminal
        pass
    os.close(reader)
    assert process.wait(timeout=20) == 0
    return written.decode().replace("\r\n", "\n")


def test_in_a_terminal_each_pair_has_one_line_that_fits(
    silkrate: Terminal, home: Home, simulator: Simulator
) -> None:
    silkrate("import", str(PAGE))
    for offset, value in ((-1, "87,4314"), (0, "87,4500")):
        simulator.nbkr.publish(day(offset), {"USD": value})
        silkrate("poll", "--once")
    for width in (60, 80, 120):
        written = in_a_terminal(home, width, "latest")
        assert "\x1b[" in written
        plain = re.sub(r"\x1b\[[0-9;]*m", "", written)
        assert max(map(len, plain.splitlines())) <= max(width, 80)
        assert [len(line(plain, pair)) for pair in PAIRS] == [8] * 5
        assert f" {day(-1).day} {day(-1):%b} " in plain


def publish_two_days(silkrate: Terminal, simulator: Simulator) -> None:
    """A page of last year, the decree, and two days of the Kyrgyz bank."""
    silkrate("import", str(PAGE))
    for offset, value in ((-1, "87,4314"), (0, "87,4500")):
        simulator.nbkr.publish(day(offset), {"USD": value})
        silkrate("poll", "--once")


def test_the_pairs_named_are_shown_and_no_other_in_their_order(
    silkrate: Terminal, simulator: Simulator
) -> None:
    publish_two_days(silkrate, simulator)
    rows = silkrate("latest", "TMT-USD", "usdkgs", "TMT/USD").rows
    assert [row[0] for row in rows] == ["PAIR", "TMT/USD", "USD/KGS", "updated"]
    inverse = silkrate("latest", "USD-KGS")
    assert line(inverse.out, "USD/KGS")[1:5] == ["87.45", "0.02%", str(day(-1)), "0.01144"]


def test_a_pair_without_a_rate_says_nothing_of_the_others(silkrate: Terminal) -> None:
    silkrate("poll", "--once", "--source", "peg")
    assert [row[0] for row in silkrate("latest", "KGS-USD").rows] == ["PAIR", "KGS/USD"]


@pytest.mark.parametrize(
    "pairs", [[], ["USD-KGS", "TJS-USD"], ["KGS-TMT", "TMT-KGS"]], ids=["all", "some", "crosses"]
)
def test_another_service_is_shown_in_the_same_table(
    silkrate: Terminal, simulator: Simulator, home: Home, pairs: list[str]
) -> None:
    publish_two_days(silkrate, simulator)
    simulator.nbkr.publish(day(1), {"USD": "88,0000"})
    silkrate("poll", "--once")
    here = silkrate("latest", *pairs)
    assert "upcoming" in here.out
    with home.serving("--no-poll") as service:
        silkrate.set("SILKRATE_DATABASE_URL", "sqlite:////nowhere/at/all.db")
        assert silkrate("latest", *pairs, "--url", service.url) == here


def test_a_service_without_a_rate_is_shown_as_that(silkrate: Terminal, home: Home) -> None:
    here = silkrate("latest")
    with home.serving("--no-poll") as service:
        assert silkrate("latest", "--url", f"{service.url}/") == here


def test_simulated_rates_of_another_service_are_called_so(
    silkrate: Terminal, home: Home, simulator: Simulator
) -> None:
    home.settings["SILKRATE_SIMULATED"] = "true"
    with home.serving("--no-poll") as service:
        assert silkrate("latest", "--url", service.url).err == "silkrate: these rates are simulated\n"


def test_what_no_service_is_behind_is_one_line(silkrate: Terminal, simulator: Simulator) -> None:
    typed = silkrate("latest", "--url", simulator.url)
    assert (typed.code, typed.out, typed.err.count("\n")) == (1, "", 1)
    assert f"{simulator.url}/v1/latest answered 404" in typed.err


def test_what_a_service_says_against_it_is_one_line(silkrate: Terminal) -> None:
    problem = told(StoreUnavailable("gone"), "/v1/latest")
    head = f"HTTP/1.1 503 \r\nContent-Type: {MEDIA_TYPE}\r\nRetry-After: 30\r\n\r\n"
    with hanging_up(head.encode() + encode(problem)) as url:
        typed = silkrate("latest", "--url", url)
    assert (typed.code, typed.out, typed.err) == (1, "", f"silkrate: {problem.detail}\n")


@pytest.mark.parametrize("url", ["rates.example.org", "ftp://rates.example.org", "http://h/?pairs=KGS-USD"])
def test_what_is_no_address_of_a_service_is_asked_wrongly(silkrate: Terminal, url: str) -> None:
    typed = silkrate("latest", "--url", url)
    assert (typed.code, typed.err.count("\n")) == (2, 1)
    assert "--url" in typed.err
