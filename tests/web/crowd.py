"""`make crowd`: two hundred readers of the stream, all of them unsteady, while ticks flow and the web process
is killed once and stopped once. Prints what happened; the exit code is 1 unless each reader has in the end
what the log has, in its order: nothing left out, and nothing told again to who did not ask for it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as Flag
from threading import Thread
from typing import Any

import httpx

from app.context import Context, opened
from app.domain.cursors import encode
from app.ingest.record import record
from app.settings import Settings
from bench.measuring.days import page
from tests.cli.processes import Home
from tests.cluster.machines import Program
from tests.postgres import free_port
from tests.said import at
from tests.stores import fresh_url
from tests.web.unsteady import Crowd, Event, Reader, Tally

MANY, SECONDS = 200, 120
FIRST = at("2016-01-01 12:00")
"""When the first ticks are from. Each strip is one of the day after the last: five ticks."""

PAUSE = 0.05
"""Seconds between two strips."""

PATIENCE = 60
"""Seconds after the last tick in which all have it, once they are steady."""

AT_ONCE = 1.0
"""Seconds in which a service that is told to stop has ended."""


@dataclass(frozen=True)
class Outcome:
    """What happened."""

    log: Sequence[Event]
    readers: Sequence[Reader]
    tally: Tally
    dropped: int
    code: int
    seconds: float

    @property
    def faults(self) -> list[str]:
        """What should not have happened, a line each; none is good."""
        stopped = [] if self.code == 0 and self.seconds < AT_ONCE else [f"SIGTERM: {self._stopped}"]
        return [*stopped, *(fault for reader in self.readers for fault in faults(reader, self.log))]

    @property
    def told_again(self) -> int:
        """Events that a reader got who had them: those alone who said less than they had."""
        return sum(len(each.told) - len(set(each.told)) for each in self.readers)

    @property
    def _stopped(self) -> str:
        return f"exit code {self.code} after {self.seconds:.2f} s"

    def __str__(self) -> str:
        """All of it, a line each."""
        rows = {
            "ticks in the log": len(self.log),
            "told": sum(len(each.told) for each in self.readers),
            "told again, to who asked for it": self.told_again,
            "dropped by the service": self.dropped,
            **{MEANING[each.name]: getattr(self.tally, each.name) for each in fields(self.tally)},
            "readers who have not what the log has": sum(bool(faults(r, self.log)) for r in self.readers),
        }
        lines = [f"{name:40} {number:>10,}" for name, number in rows.items()]
        return "\n".join([*lines, f"{'SIGTERM under readers':40} {self._stopped}"])


MEANING = {
    "connections": "connections",
    "unreached": "attempts while nobody was there",
    "refused": "refused",
    "cut": "broken off by the reader",
    "lagged": "times that one read nothing for a while",
    "broken": "broken off by the service's death or drop",
    "ended": "ended whole by the service",
}
"""What each number of a tally tells."""


def faults(reader: Reader, log: Sequence[Event]) -> list[str]:
    """How what a reader was told differs from the log as far as he wants it, from where he began."""
    wanted = [each for each in log[begun(reader, log) :] if not reader.pairs or pair(each) in reader.pairs]
    had = list(dict.fromkeys(reader.told))
    found = []
    if had != wanted:
        lacks, more = len(set(wanted) - set(had)), len(set(had) - set(wanted))
        found.append(f"a reader of {len(wanted)} events lacks {lacks} and has {more} others, or in disorder")
    if len(had) < len(reader.told) and not reader.forgetful:
        found.append(f"a reader was told {len(reader.told) - len(had)} events again")
    return found


def begun(reader: Reader, log: Sequence[Event]) -> int:
    """How much of the log there was before he came."""
    return next((number for number, each in enumerate(log, 1) if each.id == reader.first), 0)


@cache
def pair(event: Event) -> str:
    """Of which pair it tells, as a path writes it."""
    base, quote = re.findall(r'"pair":"(\w+)/(\w+)"', event.data)[0]
    return f"{base}-{quote}"


def logged(url: str, log_id: str, readers: Iterable[Reader]) -> list[Event]:
    """The log, as events: what `/v1/ticks` says, in the words of the stream where they say the same."""
    words = {each.id: each.data for reader in readers for each in reader.told}
    log = []
    for tick in told_by_pages(url):
        place = encode("t", log_id, str(tick["seq"]))
        said = words.get(place, "{}")
        log.append(Event(place, "tick", said if json.loads(said) == tick else json.dumps(tick)))
    return log


def told_by_pages(url: str) -> Iterator[dict[str, Any]]:
    """Every tick, page after page."""
    after = ""
    while True:
        answer = httpx.get(f"{url}/v1/ticks?limit=1000{after}", timeout=30, trust_env=False).json()
        yield from answer["ticks"]
        if answer["next"] is None or not answer["ticks"]:
            return
        after = f"&after={answer['next']}"


@contextmanager
def written(context: Context) -> Iterator[None]:
    """Inside, a strip follows the other, five ticks each."""
    stop = Flag()

    def write() -> None:
        for number in count(1):
            if stop.wait(PAUSE):
                return
            strip(context, number)

    thread = Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def strip(context: Context, number: int) -> None:
    """Record the strip of a day, counted from 0."""
    now = FIRST + timedelta(days=number)
    record(context.store, context.catalog, page(now.date()), now)


async def unsteadily(
    context: Context, web: Program, port: int, seconds: float, many: int, seed: int
) -> Outcome:
    """All of it: three times a third of the time, with a death and a stop between."""
    with context.store.read() as reader:
        log_id = reader.counter().log_id
    crowd, url = Crowd(port), f"http://127.0.0.1:{port}"
    readers = [Reader(crowd, number, seed, encode("t", log_id, "0")) for number in range(many)]
    reading = [asyncio.ensure_future(each.read()) for each in readers]
    with written(context):
        await asyncio.sleep(seconds / 3)
        dropped = await asyncio.to_thread(drops, url)
        web.kill()
        web.start()
        await asyncio.sleep(seconds / 3)
        dropped += await asyncio.to_thread(drops, url)
        code, took = await asyncio.to_thread(web.stop)
        web.start()
        await asyncio.sleep(seconds / 3)
    crowd.peace.set()
    await settled(context, log_id, readers)
    log = await asyncio.to_thread(logged, url, log_id, readers)
    dropped += await asyncio.to_thread(drops, url)
    crowd.over.set()
    await asyncio.gather(*reading)
    return Outcome(log, readers, crowd.tally, dropped, code, took)


async def settled(context: Context, log_id: str, readers: Sequence[Reader]) -> None:
    """Wait until all have the last strip, as far as they want it, or for as long as they have PATIENCE."""
    with context.store.read() as reader:
        end = reader.counter().seq
    last = {encode("t", log_id, str(seq)) for seq in range(end - 4, end + 1)}
    for _ in range(PATIENCE * 10):
        tails = ({each.id for each in reader.told[-5:]} & last for reader in readers)
        if all(len(tail) >= (len(reader.pairs) or 5) for tail, reader in zip(tails, readers, strict=True)):
            return
        await asyncio.sleep(0.1)


def drops(url: str) -> int:
    """How many streams the process that answers there let go, since its start."""
    told = httpx.get(f"{url}/metrics", timeout=30, trust_env=False).text
    return int(re.findall(r"^silkrate_streams_dropped_total (\d+)", told, re.MULTILINE)[0])


def play(folder: Path, seconds: float = SECONDS, many: int = MANY, seed: int = 7) -> Outcome:
    """A store in `folder` and a service over it, and what became of its readers."""
    store, port = fresh_url(folder), free_port()
    home = Home(folder, {"SILKRATE_DATABASE_URL": store})
    web = Program(home, "web", "app", "serve", "--no-poll", "--port", str(port))
    with opened(Settings(database_url=store)) as context:
        strip(context, 0)
        web.start()
        try:
            web.wait_for("Silkrate answers")
            return asyncio.run(unsteadily(context, web, port, seconds, many, seed))
        finally:
            web.kill()


def main() -> int:
    """Play it, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.crowd", description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--seed", type=int, default=7, help="of what the readers do")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        outcome = play(Path(folder), given.seconds, seed=given.seed)
    engine = os.environ.get("ENGINE", "sqlite")
    print(f"{MANY} readers for {given.seconds} s, {engine}; killed after a third, stopped after another")
    print(outcome)
    for fault in outcome.faults:
        print(f"fault: {fault}")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
