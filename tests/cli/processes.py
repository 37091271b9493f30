"""Commands as processes of their own."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
BYTECODE = ROOT / ".pytest_cache/bytecode"
"""Where the processes keep compiled modules: without, each spends most of its time compiling them."""


@dataclass(frozen=True)
class Service:
    """A running `silkrate serve`."""

    process: subprocess.Popen[str]
    url: str

    def get(self, path: str) -> httpx.Response:
        """The response to GET."""
        return httpx.get(self.url + path, timeout=10, trust_env=False)


@dataclass(frozen=True)
class Home:
    """A folder with a store, and the settings of whoever works in it."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of its processes: nothing of the service's from outside."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith("SILKRATE_")}
        return outside | {
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(BYTECODE),
            **self.settings,
        }

    def start(self, *module: str) -> subprocess.Popen[str]:
        """Start a module of this Python."""
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=hear_ctrl_c,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `silkrate ARGUMENTS` to its end."""
        process = self.start("app", *arguments)
        out, err = process.communicate(timeout=30)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a line of shell in which `silkrate` is the command."""
        script = f'silkrate() {{ {shlex.quote(sys.executable)} -m app "$@"; }}; {command}'
        return subprocess.run(
            ["sh", "-c", script],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[Service]:
        """`silkrate serve` on a free port, from its first answer on; killed at the end if it still runs."""
        process = self.start("app", "serve", "--port", "0", *arguments)
        try:
            assert process.stdout
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, (line, *process.communicate(timeout=10))
            yield Service(process, found[0])
        finally:
            end(process)


def hear_ctrl_c() -> None:
    """Undo that a shell has its background jobs, and all that they start, ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process that still runs, with all that it has started, and close its pipes."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)


def soon(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something is true, and fail if it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
