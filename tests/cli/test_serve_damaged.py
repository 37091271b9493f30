"""A running service whose store cannot be written, or is damaged: what it can still read it answers, what it
cannot it says; and when the cause is gone it goes on by itself.
"""

from __future__ import annotations

import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import asked, day
from tests.cli.processes import Home, Service, soon
from tests.simulator import Simulator

Harm = Callable[[Path, Service], AbstractContextManager[None]]


@contextmanager
def locked(file: Path, service: Service) -> Iterator[None]:
    """Another program writes, and does not end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def without_space(file: Path, service: Service) -> Iterator[None]:
    """No file of the service may grow."""
    pid, unlimited = service.process.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, unlimited))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))


@contextmanager
def moved(file: Path, service: Service) -> Iterator[None]:
    """The file has another name."""
    aside = file.rename(file.with_name("aside"))
    yield
    aside.rename(file)


@contextmanager
def folder_moved(file: Path, service: Service) -> Iterator[None]:
    """Its folder has, as when a disk is not mounted."""
    aside = file.parent.rename(file.parent.with_name("aside"))
    yield
    aside.rename(file.parent)


def shown(service: Service) -> str | int:
    """The dollar that the Kyrgyz bank printed, as the service has it; or the status that it answers with."""
    answer = service.get("/v1/latest/KGS-USD")
    return str(answer.json()["published"]["value"]) if answer.status_code == 200 else answer.status_code


def file_of(home: Home) -> Path:
    """The store of a service that asks every moment, and waits for one second."""
    home.settings["SILKRATE_POLL_INTERVAL"] = "0.1"
    home.settings["SILKRATE_DATABASE_URL"] = "sqlite:///data/silkrate.db?timeout=1"
    return home.folder / "data/silkrate.db"


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (locked, "data/silkrate.db is locked by another program, and was for 1 s"),
        (without_space, "data/silkrate.db: the disk refused to read or write"),
        (moved, "silkrate.db was moved, deleted or replaced while it was open"),
        (folder_moved, "silkrate.db was moved, deleted or replaced while it was open"),
    ],
)
def test_what_cannot_be_written_is_read_on_and_written_when_the_cause_is_gone(
    home: Home, simulator: Simulator, harm: Harm, sentence: str
) -> None:
    simulator.nbkr.publish(day(-1), {"USD": "87,4314"})
    file = file_of(home)
    with home.serving() as service:
        soon(lambda: shown(service) == "87.4314")
        with harm(file, service):
            before = len(asked(simulator))
            simulator.nbkr.publish(day(0), {"USD": "87,4500"})
            soon(lambda: len(asked(simulator)) > before + 2)
            assert shown(service) == "87.4314"
            assert [service.get(path).status_code for path in ("/readyz", "/health", "/v1/ticks")] == [
                200
            ] * 3
        soon(lambda: shown(service) == "87.4500")
        service.process.send_signal(signal.SIGTERM)
        _, err = service.process.communicate(timeout=10)
    assert sentence in err
    assert "Traceback" not in err
    assert home.run("db", "verify").returncode == 0


def test_a_damaged_store_is_said_and_not_served_and_a_backup_puts_it_right(
    home: Home, simulator: Simulator
) -> None:
    simulator.nbkr.publish(day(0), {"USD": "87,4500"})
    file = file_of(home)
    with home.serving() as service:
        soon(lambda: shown(service) == "87.4500")
        assert home.run("db", "backup", "backup.db").returncode == 0
        ruin(file)
        unheard = "/v1/ticks?limit=7"  # nobody asked that before, so it must be read
        soon(lambda: service.get(unheard).status_code == 500)
        problem = service.get(unheard).json()
        assert problem["type"].endswith("/store-damaged")
        assert problem["detail"] == "The store of this service is damaged. Its log says how."
        # What was read before the damage is still true, and it is all that the load balancer asks for.
        paths = ("/livez", "/readyz", "/v1/latest", "/health")
        assert [service.get(path).status_code for path in paths] == [200, 200, 200, 500]
    assert home.run("db", "verify").returncode == 1
    assert home.run("db", "restore", "backup.db", "--force").returncode == 0
    with home.serving("--no-poll") as service:
        assert shown(service) == "87.4500"


def ruin(file: Path) -> None:
    """Bring everything into the file, and spoil each page but the first."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xa5" * (file.stat().st_size - 4096))
