"""`silkrate db`: the store itself."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import EMBEDDED, Terminal, day
from tests.postgres import shared
from tests.simulator import Simulator


@pytest.fixture
def database() -> dict[str, str]:
    return {"SILKRATE_DATABASE_URL": EMBEDDED}


def filled(silkrate: Terminal, simulator: Simulator) -> None:
    """Let there be a store with rates."""
    simulator.nbkr.publish(day(0))
    assert silkrate("poll", "--once").code == 0


def test_upgrade_makes_the_store_and_may_be_repeated(silkrate: Terminal, tmp_path: Path) -> None:
    for _ in range(2):
        typed = silkrate("db", "upgrade")
        assert (typed.code, typed.err) == (0, "")
        assert "data/silkrate.db" in typed.out
    assert (tmp_path / "data/silkrate.db").exists()


def test_verify_says_in_one_line_that_all_is_sound_and_what_to_note(
    silkrate: Terminal, simulator: Simulator
) -> None:
    filled(silkrate, simulator)
    typed = silkrate("db", "verify")
    assert (typed.code, typed.err) == (0, "")
    assert re.fullmatch(r"sound: \d+ versions, \d+ rows, head [0-9a-f]{64}\n", typed.out)


def test_verify_fails_with_a_line_for_each_damage(
    silkrate: Terminal, simulator: Simulator, tmp_path: Path
) -> None:
    filled(silkrate, simulator)
    with closing(sqlite3.connect(tmp_path / "data/silkrate.db")) as connection, connection:
        connection.execute("UPDATE observations SET published_value = '1' WHERE id = 1")
        connection.execute("UPDATE ticks SET rate = '1' WHERE seq = 1")
    typed = silkrate("db", "verify")
    assert (typed.code, typed.err) == (1, "")
    assert [line.split(" (")[0] for line in typed.out.splitlines()] == ["observations 1", "ticks 1"]


def test_a_backup_is_restored_over_another_store_only_by_force(
    silkrate: Terminal, simulator: Simulator
) -> None:
    filled(silkrate, simulator)
    before = silkrate("db", "verify").out
    assert silkrate("db", "backup", "copy.db").code == 0
    again = silkrate("db", "backup", "copy.db")
    assert (again.code, again.out, len(again.err.splitlines())) == (1, "", 1)
    assert "--force" in again.err
    assert silkrate("db", "backup", "copy.db", "--force").code == 0
    refused = silkrate("db", "restore", "copy.db")
    assert (refused.code, refused.out) == (1, "")
    assert "data/silkrate.db is there already: --force replaces it" in refused.err
    typed = silkrate("db", "restore", "copy.db", "--force")
    assert (typed.code, typed.err) == (0, "")
    assert "with a log of its own" in typed.out
    assert silkrate("db", "verify").out == before


def test_what_is_said_of_a_server_is_without_its_password(silkrate: Terminal) -> None:
    parts = urlsplit(shared().database())
    url = parts._replace(netloc=f"postgres:s3cret@127.0.0.1:{parts.port}").geturl()
    silkrate.set("SILKRATE_DATABASE_URL", url)
    commands = (("upgrade",), ("backup", "copy.db"), ("restore", "copy.db"))
    said = "".join(silkrate("db", *command).out for command in commands)
    assert said.count(f"postgresql://127.0.0.1:{parts.port}{parts.path} ") == 2
    assert f"holds postgresql://127.0.0.1:{parts.port}{parts.path}, version 0\n" in said
    assert "s3cret" not in said


def test_a_backup_that_is_none_is_refused_in_one_line(silkrate: Terminal, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("KGS/USD = 0.01149 0%\n" * 100)
    typed = silkrate("db", "restore", "notes.txt")
    assert (typed.code, typed.out, len(typed.err.splitlines())) == (1, "", 1)
    assert not (tmp_path / "data/silkrate.db").exists()


@pytest.mark.parametrize("command", [("db", "verify"), ("db", "backup", "copy.db", "--force")])
def test_a_store_that_is_not_there_is_neither_sound_nor_backed_up(
    silkrate: Terminal, tmp_path: Path, command: tuple[str, ...]
) -> None:
    silkrate.set("SILKRATE_DATABASE_URL", f"sqlite:///{tmp_path}/typo.db")
    typed = silkrate(*command)
    assert (typed.code, typed.out) == (1, "")
    assert "typo.db lacks what this program expects" in typed.err
