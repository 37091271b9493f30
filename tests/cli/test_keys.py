"""A source that wants a key: named when it lacks one, and its key and quota kept when it has one."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from app.cli.terminal import log_to_stderr
from tests.cli.conftest import Terminal, day
from tests.simulator import Fault, Simulator
from tests.simulator.openexchangerates import APP_ID

NAME = "SILKRATE_OPENEXCHANGERATES_APP_ID"
QUICK = [fault for fault in Fault if fault not in (Fault.SLOW_HEADERS, Fault.SLOW_DRIP)]
"""The faults that a command notices at once; the others take as long as its patience."""

NAMED = "silkrate: openexchangerates cannot be asked without a key. Expected the key in " + NAME


@pytest.mark.parametrize(
    "typed", [("check", "openexchangerates"), ("poll", "--once", "--source", "openexchangerates")]
)
def test_without_a_key_the_setting_is_named_in_one_line_and_nobody_is_asked(
    silkrate: Terminal, simulator: Simulator, typed: tuple[str, ...]
) -> None:
    refused = silkrate(*typed)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(NAMED)
    assert refused.err.count("\n") == 1
    assert simulator.log == []


def test_a_source_that_is_on_without_its_key_stops_the_start(silkrate: Terminal, tmp_path: Path) -> None:
    silkrate.set("SILKRATE_SOURCES", "nbkr,openexchangerates")
    refused = silkrate("poll", "--once")
    assert refused.code == 2
    assert refused.err.startswith("silkrate: SILKRATE_SOURCES or SILKRATE_AUTHORITY: openexchangerates ")
    assert NAME in refused.err
    assert list(tmp_path.iterdir()) == []


def test_a_key_alone_asks_nobody_with_it(silkrate: Terminal, simulator: Simulator) -> None:
    silkrate.set(NAME, APP_ID)
    silkrate("poll", "--once")
    assert not any(request.host == "openexchangerates.org" for request in simulator.log)


def test_with_its_key_it_is_asked_and_then_skipped_for_its_quota(
    silkrate: Terminal, simulator: Simulator
) -> None:
    silkrate.set("SILKRATE_SOURCES", "openexchangerates")
    silkrate.set(NAME, APP_ID)
    simulator.openexchangerates.publish(day(0))
    first, second = silkrate("poll", "--once"), silkrate("poll", "--once")
    assert (first.code, first.rows[1][:2]) == (0, ["openexchangerates", "recorded"])
    assert (second.code, second.err) == (0, "")
    assert second.rows[1][:2] == ["openexchangerates", "skipped"]
    assert "its quota allows the next poll at" in second.out
    assert [request.query for request in simulator.log] == [f"prettyprint=0&app_id={APP_ID}"]


def test_a_source_that_is_skipped_makes_no_success_of_the_others_failure(
    silkrate: Terminal, simulator: Simulator
) -> None:
    silkrate.set("SILKRATE_SOURCES", "nbkr,openexchangerates")
    silkrate.set(NAME, APP_ID)
    simulator.nbkr.publish(day(0))
    simulator.openexchangerates.publish(day(0))
    assert silkrate("poll", "--once").code == 0
    simulator.fault(Fault.STATUS_403, host="www.nbkr.kg")
    typed = silkrate("poll", "--once")
    assert (typed.code, typed.err) == (1, "silkrate: nbkr failed\n")


@pytest.mark.parametrize("fault", QUICK)
def test_a_key_is_nowhere_in_what_a_command_says_or_keeps(
    silkrate: Terminal,
    simulator: Simulator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    silkrate.set("SILKRATE_SOURCES", "openexchangerates")
    silkrate.set(NAME, APP_ID)
    simulator.openexchangerates.publish(day(0))
    simulator.fault(fault)
    with capture_logs() as logs:
        caplog.set_level(logging.DEBUG)
        typed = silkrate("poll", "--once")
    assert simulator.log
    assert APP_ID not in typed.out + typed.err + caplog.text + json.dumps(logs, default=repr)
    assert silkrate("db", "backup", "backup.db").code == 0  # a store on a server is in no file
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(APP_ID.encode() in content for content in kept)


def test_a_key_that_cannot_be_one_is_not_told(silkrate: Terminal) -> None:
    silkrate.set(NAME, f"{APP_ID} and more")
    refused = silkrate("check", "peg")
    assert refused.code == 2
    assert refused.err.startswith(f"silkrate: {NAME} is '***': it should be the key as it was given")
    assert APP_ID not in refused.err


def test_a_traceback_in_a_terminal_shows_no_values(
    silkrate: Terminal, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    log_to_stderr()
    key = APP_ID
    try:
        raise ValueError("odd")
    except ValueError:
        structlog.get_logger("silkrate.poller").exception("step failed")
    said = capfd.readouterr().err
    assert "ValueError" in said
    assert "test_keys.py" in said
    assert key not in said
