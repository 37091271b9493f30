"""The commands, typed in an empty folder beside upstreams of their own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
import structlog

from app.cli.commands import run
from app.clock import SystemClock
from tests.cli.processes import Home
from tests.said import BISHKEK
from tests.simulator import Request, Simulator
from tests.stores import fresh_settings

SOURCES = "nbkr,peg"
"""The sources that are on, unless a test says otherwise: its simulator has the Kyrgyz bank's file."""

EMBEDDED = "sqlite:///data/silkrate.db"
"""The store for tests of its file, on whatever engine the others run."""

TODAY = SystemClock().now().astimezone(BISHKEK).date()
"""Where the Kyrgyz bank is: the commands have no other clock than the machine's."""


def day(offset: int) -> date:
    """The day so many days after today."""
    return TODAY + timedelta(days=offset)


def asked(simulator: Simulator) -> list[Request]:
    """The requests for the Kyrgyz bank's file that counts."""
    return [request for request in simulator.log if request.path == simulator.nbkr.path]


@dataclass(frozen=True)
class Typed:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The words of each line on stdout."""
        return [line.split() for line in self.out.splitlines()]


class Terminal:
    """Types commands into this process, whose output goes to no terminal."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def set(self, name: str, value: object) -> None:
        """Set an environment variable."""
        self._patch.setenv(name, str(value))

    def __call__(self, *arguments: str) -> Typed:
        """Type `silkrate ARGUMENTS`."""
        self._capture.readouterr()
        code = run(list(arguments))
        out, err = self._capture.readouterr()
        return Typed(code, out, err)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        simulator.nbkr_weekly.publish(day(0))
        yield simulator


@pytest.fixture
def database() -> dict[str, str]:
    """The variables that say where the store is; tests of the embedded one's file say otherwise."""
    return fresh_settings()


@pytest.fixture
def silkrate(
    tmp_path: Path,
    simulator: Simulator,
    database: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Terminal]:
    """The command, with an empty store; the simulator is all the world it knows."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SILKRATE_")]:
        monkeypatch.delenv(name)
    terminal = Terminal(monkeypatch, capfd)
    terminal.set("SILKRATE_UPSTREAM_MIRROR", simulator.url)
    terminal.set("SILKRATE_SOURCES", SOURCES)
    for name, value in database.items():
        terminal.set(name, value)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield terminal
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("silkrate").setLevel(logging.NOTSET)


@pytest.fixture
def home(tmp_path: Path, simulator: Simulator, database: dict[str, str]) -> Home:
    """A folder in which commands run as processes of their own, in the same world."""
    world = {"SILKRATE_UPSTREAM_MIRROR": simulator.url, "SILKRATE_SOURCES": SOURCES}
    return Home(tmp_path, world | database)
