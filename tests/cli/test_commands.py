"""Whatever is wrong is one line on stderr, and an exit code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import app
from tests.cli.conftest import EMBEDDED, Terminal, Typed
from tests.cli.processes import Home
from tests.cli.test_importing import PAGE
from tests.simulator import Simulator

USING_THE_STORE = [
    ("serve", "--port", "0"),
    ("poll", "--once"),
    ("import", str(PAGE)),
    ("accept", "1"),
    ("reject", "1"),
    ("latest",),
    ("history", "KGS-USD"),
    ("db", "upgrade"),
]
FIRST_TO_RUN = ("__init__.py", "__main__.py", "cli/__init__.py")


def refused(typed: Typed, code: int, *words: str) -> bool:
    """Whether it ended with `code` and one line on stderr, which has all of `words`."""
    (line,) = typed.err.splitlines()
    return typed.code == code and line.startswith("silkrate: ") and all(word in line for word in words)


def test_without_arguments_it_shows_what_there_is(silkrate: Terminal) -> None:
    typed = silkrate()
    assert typed.code == 0
    for command in ("serve", "poll", "check", "import", "accept", "reject", "latest", "history", "db"):
        assert f" {command} " in typed.out


def test_the_version_is_printed(silkrate: Terminal) -> None:
    assert silkrate("--version") == Typed(0, f"silkrate {app.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lates"], ["lates", "latest"]),
        (["latest", "KGS-EUR"], ["KGS-EUR", "KGS-USD"]),
        (["history"], ["pair"]),
        (["history", "KGS-EUR"], ["KGS-EUR", "KGS-USD"]),
        (["history", "KGS-USD", "--since", "7.1.2025"], ["--since", "7.1.2025", "2026-05-21"]),
        (["history", "KGS-USD", "--source", "nbrk"], ["nbrk", "nbkr"]),
        (["history", "KGS-USD", "--limit", "0"], ["--limit", "1"]),
        (["serve", "--port", "65536"], ["--port", "65535"]),
        (["poll", "--once", "--source", "nbrk"], ["nbrk", "nbkr"]),
        (["poll", "--once", "--source", "page"], ["page", "import"]),
        (["check", "page"], ["page", "import"]),
        (["import", "-", "--zone", "Bishkek"], ["Bishkek", "Asia/Bishkek"]),
        (["import", "-", "--zone", "../etc/passwd"], ["../etc/passwd", "Asia/Bishkek"]),
        (["accept", "first"], ["ID", "integer"]),
        (["db"], ["command"]),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_one_line(
    silkrate: Terminal, arguments: list[str], words: list[str]
) -> None:
    assert refused(silkrate(*arguments), 2, *words)


@pytest.mark.parametrize("arguments", [*USING_THE_STORE, ("check",)], ids=lambda typed: typed[0])
def test_a_bad_setting_stops_every_command_with_one_line(
    silkrate: Terminal, arguments: tuple[str, ...]
) -> None:
    silkrate.set("SILKRATE_POLL_INTERVAL", "often")
    assert refused(silkrate(*arguments), 2, "SILKRATE_POLL_INTERVAL", "often", "seconds")


def test_an_unknown_setting_is_refused_with_the_nearest_one(silkrate: Terminal) -> None:
    silkrate.set("SILKRATE_PUBLIC_ULR", "https://rates.example.org")
    assert refused(silkrate("latest"), 2, "SILKRATE_PUBLIC_ULR", "SILKRATE_PUBLIC_URL")


def test_a_source_that_there_is_not_is_refused_with_those_that_there_are(silkrate: Terminal) -> None:
    silkrate.set("SILKRATE_SOURCES", "nbkr,nbu")
    assert refused(silkrate("latest"), 2, "SILKRATE_SOURCES", "nbu", "nbkr")


@pytest.mark.parametrize("arguments", USING_THE_STORE, ids=lambda typed: typed[0])
def test_a_store_that_cannot_be_written_is_one_line(
    silkrate: Terminal, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    silkrate.set("SILKRATE_DATABASE_URL", EMBEDDED)
    (tmp_path / "data").write_text("a file where the folder should be")
    assert refused(silkrate(*arguments), 1, "data/silkrate.db")


def test_a_store_that_is_no_database_is_one_line(silkrate: Terminal, tmp_path: Path) -> None:
    silkrate.set("SILKRATE_DATABASE_URL", EMBEDDED)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/silkrate.db").write_text("not a database, whatever its name says\n" * 100)
    assert refused(silkrate("latest"), 1, "data/silkrate.db")


def test_real_and_simulated_rates_never_share_a_store(silkrate: Terminal, simulator: Simulator) -> None:
    assert silkrate("poll", "--once", "--source", "peg").code == 0
    silkrate.set("SILKRATE_SIMULATED", "true")
    assert refused(silkrate("latest"), 1, "holds real rates")


@pytest.mark.parametrize("name", FIRST_TO_RUN)
def test_an_old_python_can_read_what_it_runs_first(name: str) -> None:
    source = (Path(app.__file__).parent / name).read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 7)).body


def test_an_old_python_is_told_so_in_one_line(home: Home) -> None:
    pretend = "import sys; sys.version_info = (3, 10, 4); from app.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", pretend], cwd=home.folder, env=home.environ, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("silkrate: Python 3.11 or newer is needed")
    assert ended.stderr.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_error(home: Home) -> None:
    assert home.shell("silkrate latest | true").stderr == ""
