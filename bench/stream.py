"""Ten thousand who listen to the stream cost one process little more than a bare loop over them would.

The loop is ten lines of ASGI on the same server that send the same bytes to each connection in turn, and hang
on the first that does not read. Both have as many listeners, all in one other process, and tell them by
turns. What a listener costs is the time that the process was on a CPU, which counts all that it does besides,
divided by the listeners and the ticks; and by how much it grew when they came. Then what those cost when
nothing happens, how long it is from a commit until the last listener of two web processes has it, and how
long a process with open streams takes to end. Exits with 1 when a listener costs more than twice as much as
in the loop or more than 12 KiB, when one heard nothing for more than 15 seconds, or when the end was not in
order.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from app.context import Context, opened
from app.ingest.record import record
from app.render.events import tick_event
from app.settings import PREFIX, Settings
from bench.measuring import Row, compared, show, table
from bench.measuring.days import page
from tests.demo import running
from tests.postgres import running as postgres

MANY, SOME = 10_000, 1_000
"""Listeners of one process, and those of two, or of one that ends."""

ROUNDS, BURST = 5, 4
"""Turns that each of both has, and ticks in each."""

COMMITS, PAUSE = 100, 0.13
"""Ticks whose way is measured, and the seconds between two: no multiple of those between two looks."""

IDLE = 30
"""Seconds in which nothing happens."""

AT_MOST, MOST_KIB, SILENT = 2, 12, 15
FIRST = datetime(2016, 1, 1, 12, tzinfo=UTC)
_days = count()


def main(many: int = MANY, some: int = SOME, commits: int = COMMITS, idle: int = IDLE) -> int:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/silkrate.db"
        with opened(Settings(database_url=url)) as context:
            tick(context)
            found = holding(context, url, Path(folder), many, idle)
            code, seconds = ended(url, some)
            ways = {"SQLite": ways_of(context, url, some, commits)}
    with postgres() as server:
        url = server.database()
        with opened(Settings(database_url=url)) as context:
            tick(context)
            ways["PostgreSQL"] = ways_of(context, url, some, commits)
    show(__doc__, "us", found.cost)
    print(table("KiB", found.grown), table("ms", found.spread), sep="\n\n", end="\n\n")
    for engine, way in ways.items():
        for label, hundredths in (("p50", 50), ("p99", 99)):
            told(f"{engine}: commit to last, {label}, ms", f"{way[len(way) * hundredths // 100] * 1000:.0f}")
    told("at rest, percent of a core", f"{found.at_rest:.1f}")
    told("longest silence, s", f"{found.silent:.1f}")
    told("SIGTERM to the end, s", f"{seconds:.2f}")
    told("exit code", str(code))
    dear = found.cost[1][2] > AT_MOST or found.grown[1][1] > MOST_KIB
    return int(dear or found.silent > SILENT or code != 0)


def told(name: str, value: str) -> None:
    """Print a line that has nothing to be compared with."""
    print(f"{name:40}  {value:>8}")


def tick(context: Context) -> float:
    """Let one rate move; gives when that was committed, by the machine's monotonic clock."""
    now = FIRST + timedelta(days=next(_days))
    record(context.store, context.catalog, page(now.date())[:1], now)
    return time.monotonic()


@contextmanager
def on_core(number: int, *command: str, url: str = "") -> Iterator[subprocess.Popen[str]]:
    """A program over the store at `url` that stays on this core, by its number, where there are several."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as started:
        os.sched_setaffinity(0, {cores[number % len(cores)]})  # who is started inherits it
        try:
            process = started.enter_context(
                running(*command, environ={**clean, f"{PREFIX}DATABASE_URL": url})
            )
        finally:
            os.sched_setaffinity(0, cores)
        yield process


@contextmanager
def serving(*command: str, url: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, and where it answers."""
    with on_core(0, *command, url=url) as process:
        assert process.stdout
        with process.stdout as said:
            yield process, re.findall(r"http://\S+", said.readline())[0]


@contextmanager
def service(url: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A web process."""
    with serving("app", "serve", "--no-poll", "--port", "0", url=url) as found:
        yield found


class Listeners:
    """Those of one process, which has begun to hear."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self._process, self._said = process, process.stdout
        self._line()

    def heard(self) -> tuple[float, float]:
        """When the first and the last of them got the next tick, as soon as all have it."""
        first, last = map(float, self._line().split())
        return first, last

    def end(self) -> float:
        """End them; gives the longest silence that one of them heard, in seconds."""
        self._process.terminate()
        silence = float(self._line())
        self._process.wait()
        return silence

    def _line(self) -> str:
        line = self._said.readline()
        if not line:
            raise RuntimeError("the listeners ended before they had all")
        return line


@contextmanager
def listening(many: int, *urls: str) -> Iterator[Listeners]:
    """So many listeners at the URLs by turns."""
    with on_core(1, "bench.measuring.listeners", str(many), *urls) as process:
        assert process.stdout
        with process.stdout:
            try:
                yield Listeners(process)
            finally:
                process.terminate()
                process.wait()


@dataclass
class Contender:
    """A server whose listeners are told something by `tell`; it `grew` by so many KiB for each."""

    process: subprocess.Popen[str]
    listeners: Listeners
    many: int
    tell: Callable[[], object]
    grew: float

    def burst(self) -> tuple[float, list[float]]:
        """Tell them BURST times: the us that each cost each time, and the ms from the first to the last."""
        before, spread = busy(self.process), []
        for _ in range(BURST):
            self.tell()
            first, last = self.listeners.heard()
            spread.append((last - first) * 1000)
        return (busy(self.process) - before) / BURST / self.many * 1_000_000, spread


@contextmanager
def held(
    process: subprocess.Popen[str], address: str, many: int, tell: Callable[[], object]
) -> Iterator[Contender]:
    """A server that holds so many streams. One was there before, for what is made once."""
    with listening(1, address) as warming:
        warming.end()
    before = kib(process)
    with listening(many, address) as listeners:
        yield Contender(process, listeners, many, tell, max(kib(process) - before, 1) / many)


@dataclass
class Holding:
    """What many streams cost: a row for the loop and one for the service each; in us, KiB and ms. What they
    cost the service at rest, in percent of a core, and the longest silence in seconds.
    """

    cost: list[Row]
    grown: list[Row]
    spread: list[Row]
    at_rest: float
    silent: float


def holding(context: Context, url: str, folder: Path, many: int, idle: int) -> Holding:
    """Let both hold as many, and tell them by turns."""
    event = folder / "event"
    event.write_bytes(written(context))
    with ExitStack() as opening:
        loop, place = opening.enter_context(serving("bench.measuring.hub", str(event)))
        ask = opening.enter_context(httpx.Client(trust_env=False))
        both = {
            "bare loop": opening.enter_context(held(loop, place, many, lambda: ask.get(f"{place}/tell"))),
            "stream": opening.enter_context(
                held(*opening.enter_context(service(url)), many, lambda: tick(context))
            ),
        }
        costs: dict[str, list[float]] = {name: [] for name in both}
        spreads: dict[str, list[float]] = {name: [] for name in both}
        for _ in range(ROUNDS):
            for name, each in both.items():
                cost, spread = each.burst()
                costs[name].append(cost)
                spreads[name] += spread
        stream = both["stream"]
        before = busy(stream.process)
        time.sleep(idle)
        at_rest = (busy(stream.process) - before) / idle * 100
        grown = {name: [each.grew] for name, each in both.items()}
        return Holding(compared(costs), compared(grown), compared(spreads), at_rest, stream.listeners.end())


def busy(process: subprocess.Popen[str]) -> float:
    """Seconds that the threads of a process were on a CPU."""
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1_000_000_000


def written(context: Context) -> bytes:
    """The newest tick as an event."""
    with context.store.read() as reader:
        counter = reader.counter()
        (newest,) = reader.ticks(after=counter.seq - 1)
    return tick_event(newest, counter.log_id, simulated=False)


def kib(process: subprocess.Popen[str]) -> int:
    """The memory of a process."""
    said = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.findall(r"^VmRSS:\s+(\d+) kB$", said, re.MULTILINE)[0])


def ways_of(context: Context, url: str, some: int, commits: int) -> Sequence[float]:
    """Seconds from each commit until the last listener of two web processes has it, the shortest first."""
    with service(url) as (_, one), service(url) as (_, other), listening(some, one, other) as listeners:
        committed = []
        for _ in range(commits):
            committed.append(tick(context))
            time.sleep(PAUSE)
        return sorted(listeners.heard()[1] - moment for moment in committed)


def ended(url: str, some: int) -> tuple[int, float]:
    """The exit code of a process that is told to end while some listen, and the seconds it takes."""
    with service(url) as (process, address), listening(some, address):
        began = time.monotonic()
        process.terminate()
        return process.wait(), time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
