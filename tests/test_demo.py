"""`make demo`: rates that move, marked as simulated, in a store that holds nothing else."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
from pathlib import Path

import httpx

from tests.cli.processes import Home, end, soon

QUICK = {"SILKRATE_PORT": "0", "SILKRATE_POLL_INTERVAL": "0.3"}


def address(process: subprocess.Popen[str]) -> str:
    """Where a demonstration that just started says that it is."""
    assert process.stdout
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found, process.communicate(timeout=10)
    return found[0]


def children(process: subprocess.Popen[str]) -> list[int]:
    """The ids of the processes that it started."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    """Whether a process runs or waits to be reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_its_rates_move_and_are_marked_and_ctrl_c_ends_all_of_it(tmp_path: Path) -> None:
    process = Home(tmp_path, QUICK).start("tests.demo", "--period", "1")
    try:
        url = address(process)
        started = children(process)
        with httpx.Client(base_url=url, trust_env=False) as client:
            soon(lambda: client.get("/v1/latest/KGS-USD").json().get("change", {}).get("pct"), 15)
            ticks = client.get("/v1/ticks")
            strip = client.get("/v1/ticker.txt")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert len(started) == 2
        assert not any(map(alive, started))
    finally:
        end(process)
    assert ticks.json()["simulated"] is True
    assert strip.headers["Silkrate-Simulated"] == "1"
    assert any(tick["change"]["pct"] for tick in ticks.json()["ticks"])
    assert (tmp_path / "data/demo.db").exists()


def test_a_store_that_holds_anything_else_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    assert Home(tmp_path).run("poll", "--once", "--source", "peg").returncode == 0
    store = tmp_path / "data/silkrate.db"
    before = list(sqlite3.connect(store).iterdump())
    home = Home(tmp_path, {**QUICK, "SILKRATE_DATABASE_URL": "sqlite:///data/silkrate.db"})
    process = home.start("tests.demo")
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert "data/silkrate.db holds real rates" in err
    assert list(sqlite3.connect(store).iterdump()) == before
