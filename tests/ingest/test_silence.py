"""A source falls silent: the log, the health and the metrics say so until it speaks again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from app.answers.health import health
from app.ingest.fetch import Fetcher
from app.ingest.poller import Poller
from app.render.metrics import metrics
from app.sources.catalog import catalog
from app.store.base import Store
from tests.fakes import FakeClock
from tests.ingest.year import Here
from tests.said import at
from tests.simulator import Simulator, years

ALL = catalog()
TASKS = len(ALL.polled) + 1
"""What a running poller runs: a task a source, and the turns."""

SILENT = date(2026, 5, 20)
"""A Wednesday on which the source publishes nothing; on Thursday it speaks as ever."""

MISSED = {
    "nbkr": at("2026-05-20 11:30"),  # half an hour after its window, which ends at 17:00 in Bishkek,
    "nbk": at("2026-05-20 12:30"),  # at 17:00 in Almaty,
    "nbt": at("2026-05-20 13:30"),  # at 18:00 in Dushanbe,
    "cbu": at("2026-05-20 11:30"),  # at 16:00 in Tashkent,
    "fawazahmed0": at("2026-05-20 06:30"),  # and at 06:00 UTC.
}
IN_FORCE = at("2026-05-21 20:00")
"""When Friday has begun for every bank, so that what was published on Thursday is in force."""


@dataclass(frozen=True)
class Said:
    """What was said at an instant: the alarms of the log so far, the word of the health, how many
    publications of which source are missed, and the metrics.
    """

    alarms: list[tuple[str, str, str, int]]
    status: str
    missed: dict[str, int]
    metrics: str


def listen(store: Store, now: datetime, logs: Sequence[EventDict]) -> Said:
    """What the service says at `now`."""
    with store.read() as reader:
        body = health(reader, ALL, now).body
    return Said(
        [
            (each["log_level"], each["event"], each["source"], each["missed"])
            for each in logs
            if each["event"].startswith("publication ")
        ],
        body.status,
        {source.key: source.publications_missed for source in body.sources if source.publications_missed},
        metrics(body).decode(),
    )


def live(store: Store, silent: str, instants: Sequence[datetime]) -> list[Said]:
    """Run the service from Tuesday on, and listen to it at each of `instants`."""
    clock = FakeClock(at("2026-05-19 20:00"))

    async def run(upstreams: Simulator, logs: Sequence[EventDict]) -> list[Said]:
        asyncio.get_running_loop().set_default_executor(Here())
        async with Fetcher(clock, mirror=upstreams.url, hosts=ALL.hosts) as fetcher:
            poller = Poller(store, ALL, fetcher, clock, look=timedelta(days=1), random=Random(1))
            running = asyncio.create_task(poller.run())
            said = []
            for instant in instants:
                await clock.asleep(TASKS)
                while clock.now() < instant:
                    clock.move_to(min(await clock.next_wake(), instant))
                    await clock.asleep(TASKS)
                said.append(listen(store, clock.now(), logs))
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            return said

    with Simulator(now=clock.now) as upstreams, capture_logs() as logs:
        years.publish(upstreams, date(2026, 5, 11), date(2026, 5, 21), silent={silent: [SILENT]})
        return asyncio.run(run(upstreams, logs))


@pytest.mark.parametrize("key", MISSED)
def test_one_missed_window_is_warned_of_once_and_told_by_health_and_metrics_until_the_source_speaks(
    store: Store, key: str
) -> None:
    missed = MISSED[key]
    before, silent, again = live(store, key, [missed - timedelta(minutes=1), missed, IN_FORCE])
    line = f'silkrate_source_publications_missed{{source="{key}"}} '
    warning, relief = ("warning", "publication missed", key, 1), ("info", "publication came", key, 0)

    assert (before.alarms, before.status, before.missed) == ([], "ok", {})
    assert (silent.alarms, silent.status, silent.missed) == ([warning], "degraded", {key: 1})
    assert (again.alarms, again.status, again.missed) == ([warning, relief], "ok", {})
    for said, number in ((before, "0.0"), (silent, "1.0"), (again, "0.0")):
        assert f"{line}{number}\n" in said.metrics
