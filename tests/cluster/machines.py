"""The processes of a cluster: what each is, and how it is killed, stopped and started again."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from tests.cli.processes import Home, hear_ctrl_c
from tests.postgres import PostgreSQL, free_port

DATABASE = "silkrate"
SOURCES = "nbkr,nbt,peg"
PERIOD = "1"
"""Seconds between two moves of each bank's rate."""

INTERVAL = "0.5"
"""Seconds between two polls of each."""

PATIENCE = 30
SERVER = {"max_wal_senders": "10", "hot_standby": "on"}
"""Beside these a server is as it comes: each commit is on its disk."""


class Program:
    """A module of this Python as a process. What it says is in `log`, as long as `folder` is."""

    def __init__(self, home: Home, name: str, *module: str) -> None:
        self.name, self.log = name, home.folder / f"{name}.log"
        self._home, self._module = home, module
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, not waiting until it is of use."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._module],
                cwd=self._home.folder,
                env=self._home.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=hear_ctrl_c,
            )

    @property
    def id(self) -> int:
        """Of the process that runs."""
        assert self._process
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._process:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, if it runs, be it stopped or not."""
        if self._process:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def stop(self) -> tuple[int, float]:
        """End it by SIGTERM; gives its exit code, and how many seconds it took."""
        assert self._process
        began = monotonic()
        self._process.terminate()
        code, self._process = self._process.wait(PATIENCE), None
        return code, monotonic() - began

    @property
    def said(self) -> list[dict[str, object]]:
        """The lines of its log that are JSON."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def wait_for(self, words: str) -> str:
        """The first line of its log with these words, once it is there; RuntimeError when it ends before."""
        deadline = monotonic() + PATIENCE
        while True:
            text = self.log.read_text() if self.log.exists() else ""
            if found := re.search(f".*(?:{words}).*\n", text):
                return found[0]
            if monotonic() > deadline or not self._process or self._process.poll() is not None:
                raise RuntimeError(f"{self.name} did not say {words!r}, but:\n{text[-2000:]}")
            sleep(0.05)


class Cluster:
    """All machines. `primary` is the server that takes writes, `standby` the one that follows it, or does not
    run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.primary = PostgreSQL(folder / "one", settings=SERVER)
        self.standby = PostgreSQL(folder / "two", settings=SERVER)
        places = ",".join(f"127.0.0.1:{server.port}" for server in (self.primary, self.standby))
        self.url = f"postgresql://postgres@{places}/{DATABASE}"
        here = {"SILKRATE_DATABASE_URL": self.url, "SILKRATE_SOURCES": SOURCES, "SILKRATE_SIMULATED": "true"}
        self.simulator = Program(
            Home(folder, here), "simulator", "tests.simulator", "--demo", "--period", PERIOD
        )
        self._settings = here
        self.pollers: list[Program] = []
        self.webs: dict[str, Program] = {}

    def start(self) -> None:
        """Start everything, until the first rates are there to be read."""
        self.primary.create()
        self.primary.start()
        self.primary.execute(f"CREATE DATABASE {DATABASE}")
        self.follow()
        self.simulator.start()
        mirror = json.loads(self.simulator.wait_for('"url"'))["url"]
        polling = {**self._settings, "SILKRATE_UPSTREAM_MIRROR": mirror, "SILKRATE_POLL_INTERVAL": INTERVAL}
        for number in (1, 2):
            poller = Program(Home(self.folder, polling), f"poller {number}", "app", "poll")
            self.pollers.append(poller)
            poller.start()
        self.pollers[0].wait_for('"tick"|"standing by"')
        serving = {**self._settings, "SILKRATE_DATABASE_URL": f"{self.url}?reads=prefer-standby"}
        for number in (1, 2, 3):
            port = free_port()
            web = Program(
                Home(self.folder, serving), f"web {number}", "app", "serve", "--no-poll", "--port", str(port)
            )
            self.webs[f"http://127.0.0.1:{port}"] = web
            web.start()

    def follow(self) -> None:
        """Make the server that is not the primary its standby, from nothing, and have commits wait for it."""
        self.standby.kill()
        shutil.rmtree(self.standby.data, ignore_errors=True)
        self.standby.copy_of(self.primary, "standby")
        self.standby.start()
        self.await_standby()
        self.have_commits_wait("standby")

    def await_standby(self) -> None:
        """Wait until the standby follows."""
        deadline = monotonic() + PATIENCE
        while ("streaming",) not in self.primary.execute("SELECT state FROM pg_stat_replication"):
            assert monotonic() < deadline, "the standby does not follow"
            sleep(0.05)

    def have_commits_wait(self, names: str) -> None:
        """Which standbys a commit waits for: their names, or none."""
        self.primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.primary.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Make the standby the primary, which no commit waits for a standby of."""
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def active(self) -> Program:
        """The poller that has the lease."""
        ((holder,),) = self.primary.execute("SELECT holder FROM lease", DATABASE)
        return next(each for each in self.pollers if str(each.id) == str(holder).split(":")[1])

    def verified(self) -> subprocess.CompletedProcess[str]:
        """`silkrate db verify`, as whoever runs the service does."""
        return Home(self.folder, self._settings).run("db", "verify")

    def transactions(self) -> int:
        """How many both servers have ended for the service's database so far."""
        counted = "SELECT xact_commit FROM pg_stat_database WHERE datname = 'silkrate'"
        servers = (self.primary, self.standby)
        return sum(int(str(count)) for server in servers for (count,) in server.execute(counted))

    def end(self) -> None:
        """End every process that was started, by its own id, whatever becomes of the others."""
        with ExitStack() as ending:
            for server in (self.primary, self.standby):
                ending.callback(server.kill)
            for program in (self.simulator, *self.pollers, *self.webs.values()):
                ending.callback(program.kill)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster that runs, ended with the block, however it ends; nothing is left of it."""
    with TemporaryDirectory(prefix="silkrate-cluster-") as folder, ExitStack() as ending:
        Path(folder).chmod(0o711)  # a server that does not run as root goes through it
        made = Cluster(Path(folder))
        ending.callback(made.end)
        made.start()
        yield made
