"""Every source, every fault that its document can have, before, within and after its window.

python -m tests.ingest.fault_matrix      prints the table: make faults
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import structlog

from app.answers.sources import standing_of
from app.domain.calendar import Schedule
from app.domain.observations import Verdict
from app.ingest.poller import Polled, Poller
from app.sources.base import Source
from app.store.base import Store
from tests.fakes import FakeClock
from tests.ingest.world import ASKED, in_force, with_poller
from tests.simulator import Fault, Simulator, Upstream, possible, years
from tests.stores import fresh_store

WEDNESDAY = date(2026, 5, 20)
MOMENTS = ("before", "within", "after")
"""Of the window of the publication on Wednesday."""


@dataclass(frozen=True)
class Cell:
    """One square of the matrix."""

    source: Source
    fault: Fault
    moment: str

    def __str__(self) -> str:
        return f"{self.source.key}-{self.fault}-{self.moment}"


@dataclass(frozen=True)
class Outcome:
    """What happened in a cell. `wrong` are rows in force that were never published, `seen` how the fault
    showed, `recovered` whether the next sound poll had all that was due.
    """

    wrong: list[str]
    seen: str
    right_status: bool
    recovered: bool

    @property
    def sound(self) -> bool:
        """Whether all was as it should be."""
        return not self.wrong and self.right_status and self.recovered


def cells() -> Iterator[Cell]:
    """The whole matrix."""
    with Simulator() as simulator:
        upstreams = {each.key: possible(each) for each in simulator.upstreams}
    return (
        Cell(source, fault, moment)
        for source in ASKED
        for fault in upstreams[source.key]
        for moment in MOMENTS
    )


def instants(source: Source) -> tuple[datetime, dict[str, datetime]]:
    """When all was well for the last time, and when each moment is."""
    if not isinstance(source.calendar, Schedule):
        spoke = datetime(2026, 5, 20, 12, tzinfo=UTC)
        minutes = {"before": 20, "within": 90, "after": 150}
        return spoke, {moment: spoke + timedelta(minutes=each) for moment, each in minutes.items()}
    windows = map(source.calendar.window, source.calendar.publication_days(WEDNESDAY - timedelta(days=1)))
    opens, closes = next(window for window in windows if window[0].date() >= WEDNESDAY)
    within = closes - timedelta(minutes=1)
    moments = {
        "before": opens - timedelta(minutes=20),
        "within": within,
        "after": closes + timedelta(hours=1),
    }
    return moments["before"] - timedelta(minutes=5), moments


def run(cell: Cell, store: Store) -> Outcome:
    """Poll soundly before its window, then with the fault at its moment, then soundly again: one poller."""
    source, (spoke, moments) = cell.source, instants(cell.source)
    clock = FakeClock(spoke)
    with Simulator(now=clock.now) as simulator:
        upstream = next(each for each in simulator.upstreams if each.key == source.key)
        years.publish(simulator, date(2026, 4, 27), date(2026, 5, 22), only={source.key, "nbkr_weekly"})
        at = moments[cell.moment]

        async def polling(poller: Poller) -> Outcome:
            await poller.poll(source)
            clock.move_to(at)
            with simulator.failing(cell.fault, path=upstream.path if source.key == "nbkr" else None):
                failed = await poller.poll(source)
            wrong, knows = _wrong(store, source, upstream, at), _knows(store, source, upstream, at)
            with store.read() as reader:
                standing = standing_of(reader, source, at)
            clock.advance(timedelta(hours=1, minutes=5))
            again = await poller.poll(source)
            return Outcome(
                wrong + _wrong(store, source, upstream, clock.now()),
                _seen(failed, store),
                standing.status == ("late" if cell.moment == "after" and not knows else "fresh"),
                again.error is None and _knows(store, source, upstream, clock.now()),
            )

        found: Outcome = with_poller(store, clock, simulator, polling)
        return found


def _seen(failed: Polled, store: Store) -> str:
    if failed.not_before:
        return "not asked"
    return failed.error.type if failed.error else _doubts(store, failed.source)


def _doubts(store: Store, source: Source) -> str:
    with store.read() as reader:
        verdicts: tuple[Verdict, ...] = ("rejected", "held")
        for verdict in verdicts:
            if reader.doubts(verdict, source=source.key):
                return verdict
    return "harmless"


def _printed(upstream: Upstream, now: datetime) -> set[str]:
    """Every literal that was truly published so far, in the service's spelling."""
    return {
        (row.value or "").replace(",", ".")
        for publication in upstream.publications
        if publication.at <= now
        for row in publication.rows
    }


def _wrong(store: Store, source: Source, upstream: Upstream, now: datetime) -> list[str]:
    """What is in force and was not published so."""
    true = _printed(upstream, now)
    return [
        f"{pair} {day} {said.published.value}"
        for (pair, day), said in in_force(store, source).items()
        if said.published.value not in true or said.published.nominal != 1
    ]


def _knows(store: Store, source: Source, upstream: Upstream, now: datetime) -> bool:
    """Whether the newest that is online is in force, or will be on its day."""
    newest = upstream.newest(now)
    assert newest
    return any(
        day == newest.date if isinstance(source.calendar, Schedule) else said.observed_at >= newest.at
        for (_, day), said in in_force(store, source).items()
    )


SHORT = {"unreachable": "no answer", "bad-status": "status", "bad-body": "body", "no-rates": "no rates"}
"""How an error stands in the table."""


def main() -> int:
    """Print the matrix: how each fault showed, or FAILED and why."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(f"{'source':<18}{'fault':<24}" + "".join(f"{moment:<12}" for moment in MOMENTS))
    count, failures, row = 0, 0, list[str]()
    for cell in cells():
        with fresh_store() as store:
            outcome = run(cell, store)
        count, failures = count + 1, failures + (not outcome.sound)
        row.append(SHORT.get(outcome.seen, outcome.seen) if outcome.sound else f"FAILED: {outcome}")
        if len(row) == len(MOMENTS):
            line = f"{cell.source.key:<18}{cell.fault:<24}" + "".join(f"{each:<12}" for each in row)
            print(line.rstrip(), flush=True)
            row = []
    sound = "nothing wrong in force, the right status, recovery by the next poll"
    print(f"\n{count} cells, {failures} FAILED: {sound}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
