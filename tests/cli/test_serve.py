"""`silkrate serve` as a process: up whatever happens around it, gone when it is told to."""

from __future__ import annotations

import json
import resource
import signal
import socket
import sqlite3
import subprocess
import time

import httpx

from tests.cli.conftest import EMBEDDED, Terminal, asked, day
from tests.cli.processes import Home, soon
from tests.simulator import Fault, Simulator


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, int]:
    """Exit code, stderr and seconds, rounded down, after a signal."""
    began = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=10)
    return process.returncode, err, int(time.monotonic() - began)


def test_it_polls_and_answers_and_logs_json_without_its_readers(home: Home, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(0), {"USD": "87,4500"})
    simulator.fault(Fault.STATUS_404, times=1, path=simulator.nbkr.path)
    home.settings["SILKRATE_POLL_INTERVAL"] = "0.1"
    with home.serving() as service:
        soon(lambda: service.get("/v1/latest/KGS-USD.txt").text == "0.0114351057747\n")
        _, err, _ = stopped(service.process, signal.SIGTERM)
    events = {json.loads(line)["event"] for line in err.splitlines()}
    # Before a working day's window has closed, nothing is missed.
    assert events - {"publication missed", "filled in"} == {"source broke", "source recovered", "tick"}
    assert "/v1/latest" not in err


def test_each_request_of_the_router_is_a_line_for_who_wants_to_see_them(home: Home) -> None:
    home.settings["SILKRATE_LOG_LEVEL"] = "debug"
    with home.serving("--no-poll") as service:
        for path in ("/livez", "/nothing?who=me"):
            service.get(path)
        _, err, _ = stopped(service.process, signal.SIGTERM)
    entries = [entry for line in err.splitlines() if (entry := json.loads(line))["event"] == "answered"]
    told = [(entry["level"], entry["path"], entry["status"]) for entry in entries]
    assert {("debug", "/livez", 200), ("debug", "/nothing", 404)} <= set(told)
    assert len({entry["request"] for entry in entries}) == len(entries)
    assert "127.0.0.1" not in err


def test_it_answers_with_every_upstream_dead(home: Home, simulator: Simulator) -> None:
    simulator.stop()
    with home.serving() as service:
        assert service.get("/livez").status_code == 200
        soon(lambda: service.get("/v1/sources/nbkr").json()["last_error"])
        assert [service.get(path).status_code for path in ("/livez", "/", "/v1/latest")] == [200] * 3
        assert service.get("/readyz").status_code == 503


def test_without_polling_it_answers_and_asks_nobody(
    silkrate: Terminal, home: Home, simulator: Simulator
) -> None:
    simulator.nbkr.publish(day(0))
    with home.serving("--no-poll") as service:
        assert service.get("/v1/latest").json()["rates"] == []
        assert silkrate("poll", "--once").code == 0
        soon(lambda: service.get("/v1/latest").json()["rates"], 1)  # that of another process, in a second
        assert [row["pair"] for row in service.get("/v1/latest").json()["rates"]] == ["KGS/USD", "TMT/USD"]
    assert len(asked(simulator)) == 1


def test_ctrl_c_ends_it_at_once_with_a_reader_connected(home: Home) -> None:
    with home.serving("--no-poll") as service, httpx.Client(trust_env=False) as reader:
        assert reader.get(f"{service.url}/livez").status_code == 200
        assert stopped(service.process, signal.SIGINT) == (0, "", 0)


def test_sigterm_ends_it_at_once_with_an_upstream_that_does_not_answer(
    home: Home, simulator: Simulator
) -> None:
    home.settings["SILKRATE_SOURCES"] = "nbkr"
    simulator.nbkr.publish(day(0))
    simulator.fault(Fault.SLOW_HEADERS)
    with home.serving() as service:
        soon(lambda: simulator.log)
        assert stopped(service.process, signal.SIGTERM) == (0, "", 0)


def test_a_signal_waits_only_so_long_for_what_cannot_be_called_off(home: Home, simulator: Simulator) -> None:
    home.settings.update(SILKRATE_POLL_INTERVAL="0.1", SILKRATE_DATABASE_URL=EMBEDDED)
    simulator.nbkr.publish(day(0))
    with home.serving() as service:
        soon(lambda: service.get("/v1/latest/KGS-USD").status_code == 200)
        other = sqlite3.connect(home.folder / "data/silkrate.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(0.5)  # by now a poll waits to write, for longer than anybody waits for a service to stop
        code, _, seconds = stopped(service.process, signal.SIGTERM)
        other.close()
    assert (code, seconds) == (0, 2)


def test_a_busy_port_is_one_line_that_says_how_to_choose_another(silkrate: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        silkrate.set("SILKRATE_PORT", port)
        typed = silkrate("serve")
    assert (typed.code, typed.out) == (2, "")
    (line,) = typed.err.splitlines()
    assert all(word in line for word in (f"Port {port}", "127.0.0.1", "--port", "SILKRATE_PORT"))


def test_an_address_that_is_not_ours_is_one_line(silkrate: Terminal) -> None:
    for host in ("192.0.2.1", "x" * 64):
        typed = silkrate("serve", "--host", host, "--port", "0")
        assert typed.code == 2
        (line,) = typed.err.splitlines()
        assert all(word in line for word in (host, "--host", "SILKRATE_HOST"))


def test_a_store_that_can_no_longer_grow_ends_no_answer(home: Home, simulator: Simulator) -> None:
    simulator.nbkr.publish(day(-1), {"USD": "87,4314"})
    home.settings.update(SILKRATE_POLL_INTERVAL="0.1", SILKRATE_DATABASE_URL=EMBEDDED)
    with home.serving() as service:
        soon(lambda: service.get("/v1/latest/KGS-USD").status_code == 200)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        simulator.nbkr.publish(day(0), {"USD": "87,4500"})
        before = len(asked(simulator))
        soon(lambda: len(asked(simulator)) > before)
        answers = [service.get(path) for path in ("/livez", "/health", "/v1/latest/KGS-USD")]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert answers[-1].json()["published"]["value"] == "87.4314"
        code, err, _ = stopped(service.process, signal.SIGTERM)
    assert code == 0
    assert "step failed" in err
    assert "Traceback" not in err
