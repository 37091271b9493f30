"""A year in the life of a running service, by a clock that jumps from one wake to the next.

make year    prints how it went
make day     prints every request of one of its days
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import structlog

from app.domain.calendar import Schedule
from app.domain.errors import BadStatus, NoRates
from app.domain.pairs import canonical
from app.domain.ticks import Tick
from app.ingest.fetch import Fetcher, Fetches
from app.ingest.poller import JITTER, Poller
from app.sources.base import Reply, Request, Source
from app.sources.catalog import catalog
from app.store import open_store
from app.store.base import Store
from tests.fakes import FakeClock
from tests.simulator import Fault, Simulator, years
from tests.simulator import Request as Asked
from tests.simulator.wire import Received

ALL = catalog()
ASKED = tuple(source for source in ALL.polled if source.parse)
TASKS = 2 * len(ASKED) + 2
"""What a running poller runs: to poll and to fill in each source, the peg, and the turns."""


NEW_YEAR = date(2027, 1, 1)


def days_of_2026(text: str) -> frozenset[date]:
    """Days written mm-dd, and the one after the year."""
    return frozenset({NEW_YEAR, *(date.fromisoformat(f"2026-{each}") for each in text.split())})


SHUT = {
    "nbkr": days_of_2026("01-01 01-07 02-23 03-09 03-20 04-07 05-01 05-05 05-11 05-27 08-31 11-09"),
    "nbk": days_of_2026(
        "01-01 01-02 01-07 01-08 03-09 03-23 03-24 05-01 05-07 05-11 05-27 08-31 09-18 10-26 12-16"
    ),
    "nbt": days_of_2026("01-01 03-09 03-20 03-23 03-24 03-25 05-11 05-27 09-09 09-18 11-06"),
    "cbu": days_of_2026("01-01 03-09 03-20 03-23 05-27 05-28 09-01 09-18 12-08"),
}
"""The weekdays on which the banks are shut, as their governments have it and no file: some that are listed
are worked on, and some are free that no list has.
"""

DECREED = date(2026, 9, 18)
UNLISTED = {
    "nbk": {date(2026, 1, 8), DECREED},
    "nbt": {DECREED},
    "cbu": {date(2026, 5, 28), DECREED},
}
"""Those that no list has, two of them beside a holiday."""

FILL = timedelta(days=40)
ONE_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
"""After which a service that started empty has its past."""


@dataclass(frozen=True)
class Outage:
    """A source that cannot be had from `since` on, until `until`: it fails, or (None) its bank falls silent
    and its server goes on with what it had.
    """

    source: str
    since: datetime
    until: datetime
    fault: Fault | None


def utc(text: str) -> datetime:
    """The instant `2026-05-21 10:30`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OUTAGES = (
    Outage("cbu", utc("2026-02-10 05:00"), utc("2026-02-13 07:00"), Fault.STATUS_503),
    Outage("nbkr", utc("2026-04-14 03:00"), utc("2026-04-17 06:00"), None),
    Outage("nbk", utc("2026-06-08 04:00"), utc("2026-06-11 04:30"), Fault.HTML_WITH_200),
    Outage("nbt", utc("2026-08-03 05:00"), utc("2026-08-06 05:00"), Fault.EMPTY),
    Outage("fawazahmed0", utc("2026-10-20 00:10"), utc("2026-10-23 00:10"), Fault.STATUS_404),
)


class Here(ThreadPoolExecutor):
    """Does at once, in the one thread, what is handed to it: a year has no time to wait for threads."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **how: Any) -> Future[Any]:
        """Do it."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **how))
        except Exception as error:
            done.set_exception(error)
        return done


class Straight:
    """Asks the simulator without a wire between: for the many requests of a year."""

    def __init__(self, simulator: Simulator, clock: FakeClock) -> None:
        """Nothing was kept so far."""
        self._simulator, self._clock = simulator, clock
        self._kept: dict[str, dict[str, str]] = {}

    async def fetch(self, source: str, request: Request, *, attempts: int | None = None) -> Reply | None:
        """As the fetcher does, without its alternatives."""
        target = request.url.removeprefix("https:/")
        answer = self._simulator.respond(
            Received("GET", target, {**self._kept.get(request.url, {})}, b"", 1)
        ).answer
        if answer.status == 304:
            return None
        if answer.status in request.absent:
            raise NoRates(source, f"none of {request.day}: status {answer.status}")
        if answer.status != 200:
            raise BadStatus(source, f"status {answer.status}")
        names = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}
        validators = {names[name]: answer.headers[name] for name in names if name in answer.headers}
        return Reply(request, answer.body, self._clock.now(), validators)

    def keep(self, reply: Reply) -> None:
        """As the fetcher does."""
        self._kept[reply.request.url] = dict(reply.validators)


@dataclass(frozen=True)
class Alarm:
    """A line of the log that says that a publication was missed."""

    source: str
    at: datetime
    missed: int


@dataclass
class Year:
    """What was seen: when each publication was online and when it was recorded, and the alarms."""

    lags: dict[tuple[str, date], timedelta] = field(default_factory=dict)
    appeared: dict[tuple[str, date], datetime] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    learned: dict[str, frozenset[date]] = field(default_factory=dict)
    passed_on: list[Tick] = field(default_factory=list)
    """The ticks by which a headline went to another source, and came back."""

    def false_alarms(self) -> list[Alarm]:
        """Those outside of every outage: of a day on which the bank had published, or was not to."""
        return [alarm for alarm in self.alarms if not any(_during(alarm, outage) for outage in OUTAGES)]

    def first_alarm(self, outage: Outage) -> Alarm | None:
        """The first of an outage."""
        return next((alarm for alarm in self.alarms if _during(alarm, outage)), None)


def _during(alarm: Alarm, outage: Outage) -> bool:
    return alarm.source == outage.source and outage.since <= alarm.at <= outage.until + timedelta(hours=1)


def two_polls(source: Source) -> timedelta:
    """Two poll intervals of a source in its window."""
    assert isinstance(source.calendar, Schedule)
    return 2 * (source.calendar.eager + JITTER)


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is such, gone afterwards: that disks are durable is another test's."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


Watch = Callable[[Store, FakeClock], Awaitable[None]]
"""Awaited at each instant at which the service wakes."""


def live(
    since: datetime,
    until: datetime,
    folder: Path,
    *,
    wire: bool = False,
    spoil: Callable[[Simulator], None] = lambda simulator: None,
    watch: Watch | None = None,
) -> tuple[Year, list[Asked]]:
    """Run the service from `since` to `until` on a store in `folder`; with `wire` it asks over HTTP. Returns
    what was seen, and every request that the upstreams saw. `spoil` is let at the publications first.
    """
    clock, seen = FakeClock(since), Year()
    silent = {
        outage.source: years.span(outage.since.date(), outage.until.date() - timedelta(days=1))
        for outage in OUTAGES
        if outage.fault is None
    }
    before = (since - FILL).date() - timedelta(days=5)
    with ExitStack() as opened:
        simulator = Simulator(now=clock.now)
        years.publish(simulator, before, until.date(), closed=SHUT, silent=silent)
        spoil(simulator)
        if wire:
            opened.enter_context(simulator)
        store = open_store(f"sqlite:///{folder}/silkrate.db")
        opened.callback(store.close)
        store.upgrade()
        opened.enter_context(heard(clock, seen))
        fetcher = (
            Fetcher(clock, mirror=simulator.url, hosts=ALL.hosts) if wire else Straight(simulator, clock)
        )
        asyncio.run(_live(store, simulator, fetcher, clock, until, watch))
        _note(store, simulator, seen, since)
    return seen, simulator.log


async def _live(
    store: Store,
    simulator: Simulator,
    fetcher: Fetches,
    clock: FakeClock,
    until: datetime,
    watch: Watch | None,
) -> None:
    asyncio.get_running_loop().set_default_executor(Here())
    poller = Poller(store, ALL, fetcher, clock, fill=FILL, look=timedelta(days=1), random=Random(1))
    running = asyncio.ensure_future(poller.run())
    ends = sorted({end for outage in OUTAGES for end in (outage.since, outage.until)} | {until})
    while clock.now() < until:
        await clock.asleep(TASKS)
        if watch:
            await watch(store, clock)
        clock.move_to(min(await clock.next_wake(), next(end for end in ends if end > clock.now())))
        if clock.now() in ends:
            _break(simulator, clock.now())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    if isinstance(fetcher, Fetcher):
        await fetcher.__aexit__()


def _break(simulator: Simulator, now: datetime) -> None:
    """Set the faults of the outages that there are at `now`."""
    simulator.clear()
    for outage in OUTAGES:
        if outage.fault and outage.since <= now < outage.until:
            for host in ALL[outage.source].hosts:
                if not host.startswith("*"):
                    simulator.fault(outage.fault, host=host)


@contextmanager
def heard(clock: FakeClock, seen: Year) -> Iterator[None]:
    """Note the alarms of the log, and write nothing of it."""

    def note(logger: object, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if event["event"] == "publication missed":
            seen.alarms.append(Alarm(event["source"], clock.now(), event["missed"]))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[note], wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    try:
        yield
    finally:
        structlog.configure(**before)


def _note(store: Store, simulator: Simulator, seen: Year, since: datetime) -> None:
    """Hold what was recorded against what was published since the first poll."""
    online = {
        (upstream.key, publication.date): publication.at
        for upstream in simulator.upstreams
        for before, publication in pairwise([None, *upstream.publications])
        if publication and publication.date and (before is None or publication.rows != before.rows)
    }
    with store.read() as reader:
        seen.learned = dict(reader.closures())
        ticks = reader.ticks(limit=100_000)
        seen.passed_on = [
            tick for tick in ticks if tick.cause in ("fallback", "recovery") and tick.at >= since + A_WEEK
        ]
        for source in ASKED:
            for pair in source.pairs:
                for each in reader.publications(canonical(pair), source.key):
                    key = (source.key, each.said.effective_date)
                    if (at := online.get(key)) and at >= since:
                        seen.lags[key] = min(each.recorded_at - at, seen.lags.get(key, timedelta.max))
    asked = {source.key for source in ASKED}
    seen.appeared = {key: at for key, at in online.items() if since <= at and key[0] in asked}


YEAR = (utc("2026-01-05 00:00"), utc("2027-01-04 00:00"))
DAY = date(2026, 5, 20)
"""A Wednesday on which every bank works."""


def day(folder: Path) -> list[Asked]:
    """Every request of one day, of a service that has been running for two, over HTTP."""
    begins = datetime.combine(DAY, time(), UTC)
    _, log = live(begins - timedelta(days=2), begins + timedelta(days=1), folder, wire=True)
    return [request for request in log if request.at >= begins]


def conditional(request: Asked) -> bool:
    """Whether it asks for what has changed alone."""
    return "if-none-match" in request.headers or "if-modified-since" in request.headers


HEADING_OF_DAY = f"""\
Every request that the sources get on {DAY:%A}, {DAY}, by simulated banks and a clock that jumps. Each
line: the time (UTC), the status of the answer, and what was asked for.

  200         a whole answer
  304         nothing has changed since the answer before
  404         the source has nothing of that day, so far
  if changed  the request asks for an answer only if it has changed
"""


def print_day(folder: Path) -> None:
    """Each request, then how many a host got."""
    print(HEADING_OF_DAY)
    log = day(folder)
    for request in log:
        asked = f"{request.host}{request.path}" + (f"?{request.query}" if request.query else "")
        mark = "if changed" if conditional(request) else ""
        print(f"{request.at:%H:%M:%S}  {request.status}  {mark:<10}  {asked}")
    print("\nIn all:\n")
    for host in sorted({request.host for request in log}):
        of_host = [request for request in log if request.host == host]
        unchanged = sum(request.status == 304 for request in of_host)
        print(f"{len(of_host):>4} to {host}, {unchanged} of them answered by 304")


HEADING_OF_YEAR = f"""\
A year of the service, {YEAR[0]:%Y-%m-%d} to {YEAR[1]:%Y-%m-%d}, by simulated banks and a clock that jumps.
All times are UTC.

  two polls   the time in which a publication should be known: two of the polls within the source's window
  outage      the source fails, or falls silent, until the second time
  day off     a bank is shut on a day that no list has, and publishes over it
  alarm       "publication missed" in the log, for what was due and did not come
  false       an alarm outside of the outages

It computes for about a minute.
"""


def in_an_outage(source: str, at: datetime) -> bool:
    """Whether a source could not be had at an instant, or had no time to be asked twice before."""
    return any(each.source == source and each.since <= at < each.until for each in OUTAGES)


def on_the_eve_of_an_unlisted_day(source: str, at: datetime) -> bool:
    """Whether a bank published over a day off that no calendar knew."""
    free = SHUT.get(source, frozenset())
    day = at.date() + ONE_DAY
    while day.weekday() > 4 or day in free:
        if day in UNLISTED.get(source, ()):
            return True
        day += ONE_DAY
    return False


def why_slow(source: str, at: datetime) -> str:
    """Why what appeared at an instant was not known within two polls."""
    if in_an_outage(source, at):
        return "in the outage"
    return "over a day off" if on_the_eve_of_an_unlisted_day(source, at) else "WITHOUT A REASON"


def known(year: Year, source: Source) -> str:
    """How many publications of a source were known in time, and what became of the others."""
    lags = {key: lag for key, lag in year.lags.items() if key[0] == source.key}
    slow: dict[str, list[timedelta]] = {}
    for key, lag in lags.items():
        if lag > two_polls(source):
            slow.setdefault(why_slow(source.key, year.appeared[key]), []).append(lag)
    within = len(lags) - sum(map(len, slow.values()))
    others = "".join(
        f"; {len(each)} {why}, known after at most {max(each).total_seconds() / 3600:.1f} h"
        for why, each in slow.items()
    )
    return f"{within} of {len(lags)} known within two polls ({two_polls(source)}){others}"


def print_year(folder: Path) -> None:
    """What was promised of a year, and what came."""
    print(HEADING_OF_YEAR, flush=True)
    began = perf_counter()
    year, log = live(*YEAR, folder)
    for source in ASKED:
        print(f"{source.key:<14}{known(year, source)}")
    print()
    for outage in OUTAGES:
        alarm = year.first_alarm(outage)
        said = f"alarm at {alarm.at:%Y-%m-%d %H:%M}, {alarm.missed} missed" if alarm else "NO ALARM"
        print(
            f"{outage.source:<14}outage {outage.since:%Y-%m-%d %H:%M} to {outage.until:%m-%d %H:%M}: {said}"
        )
    print(f"\n{len(year.false_alarms())} false alarms")
    print(f"{len(log)} requests, {len(year.lags)} publications, {perf_counter() - began:.0f} s of computing")


if __name__ == "__main__":
    with quick_folder() as place:
        (print_day if "day" in sys.argv else print_year)(place)
