"""`make demo`: the service beside simulated sources whose rates move while one watches.

It has a store of its own, data/demo.db, and every answer says that it is simulated. A store that holds
anything else is refused. SILKRATE_ variables that are set already stay as they are; PORT is a shorter name
for SILKRATE_PORT.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

DEFAULTS = {"SILKRATE_DATABASE_URL": "sqlite:///data/demo.db", "SILKRATE_POLL_INTERVAL": "5"}

LAST_WORDS = 5
"""Seconds that a process gets to end by itself."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--period", default="5", help="seconds between two moves of a rate")
    return parser.parse_args()


@contextmanager
def running(*command: str, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A module of this Python as a process, with its output in a pipe; terminated at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def demo(period: str, environ: Mapping[str, str]) -> int:
    """Run both until the service ends; returns its exit code."""
    with running("tests.simulator", "--demo", "--period", period, environ=environ) as simulator:
        mirror = json.loads(_first_line(simulator))["url"]
        settings = {"SILKRATE_UPSTREAM_MIRROR": mirror, "SILKRATE_SIMULATED": "true"}
        if port := environ.get("PORT"):
            settings["SILKRATE_PORT"] = port
        with running("app", "serve", environ={**DEFAULTS, **environ, **settings}) as service:
            if line := _first_line(service):
                print(line + _where_to_look(line), flush=True)
            return service.wait()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def _where_to_look(line: str) -> str:
    """What to open, at the address in the service's own `line`."""
    address = re.findall(r"http://\S+", line)[0]
    return f"""
These rates are simulated, and move every few seconds. Where to look:

    {address}/                the ticker page
    {address}/v1/ticker.txt   the strip as text
    {address}/v1/ticks        every change, numbered
    {address}/docs            the whole API

Ctrl-C ends the demonstration."""


def main() -> int:
    """Run the demonstration until it is interrupted or terminated."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        return demo(arguments().period, os.environ)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
