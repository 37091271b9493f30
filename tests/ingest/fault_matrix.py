"""Every document of every source, every fault that it can have: now and in the past.

python -m tests.ingest.fault_matrix      prints both tables: make faults
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random

import structlog

from app.answers.latest import latest
from app.answers.sources import standing_of
from app.domain.answers import Row
from app.domain.calendar import Schedule, day_of
from app.domain.observations import Observation, Published, Verdict
from app.domain.pairs import CURRENCIES, Pair, canonical
from app.ingest.backfill import Backfill, Progress, uncovered
from app.ingest.fetch import Fetcher
from app.ingest.poller import Polled, Poller
from app.sources.base import Source, each_day
from app.store.base import Store
from tests.fakes import FakeClock, HastyClock
from tests.ingest.world import ASKED, EVERYTHING, QUICK, with_poller
from tests.simulator import Fault, Simulator, Upstream, possible, years
from tests.simulator import Row as Printed
from tests.simulator.demo import like
from tests.stores import fresh_store

WEDNESDAY, FRIDAY = date(2026, 5, 20), date(2026, 5, 22)
MOMENTS = ("before", "within", "after")
"""Of the window of the publication on Wednesday; or on Friday, when a weekly document is published."""

FILLED_AT = datetime(2026, 5, 20, 6, tzinfo=UTC)
WEEKS = {
    "yesterday": (date(2026, 5, 13), date(2026, 5, 19)),
    "today": (date(2026, 5, 14), date(2026, 5, 20)),
}
"""The weeks that are asked for on Wednesday, by how they end: of today nothing is final."""


@dataclass(frozen=True)
class Document:
    """What a source is asked for, by the simulator's key of it; its faults are those of `host` and `path`.

    A host in which a {day} stands is that of the last day asked for. `instead_of` is a host that has
    refused everything before it is asked. A failure of a `witness` is none of its source.
    """

    source: Source
    key: str
    path: str | None = None
    host: str | None = None
    instead_of: str | None = None
    witness: bool = False

    def __str__(self) -> str:
        return f"{self.key}_second" if self.instead_of else self.key

    @property
    def day(self) -> date:
        """On which it is published."""
        return FRIDAY if self.witness else WEDNESDAY


NBKR = EVERYTHING["nbkr"]

PRESENT = (
    *(Document(source, source.key, path="/XML/daily.xml" if source is NBKR else None) for source in ASKED),
    Document(NBKR, "nbkr_weekly", path="/XML/weekly.xml", witness=True),
)
"""Those that a poll asks for."""

PAST = (
    Document(NBKR, "nbkr_history", path="/index1.jsp"),
    Document(EVERYTHING["nbt"], "nbt_range", path="/en/kurs/export_xml_dynamic.php"),
    Document(
        EVERYTHING["fawazahmed0"],
        "fawazahmed0",
        host="{day}.currency-api.pages.dev",
        instead_of="cdn.jsdelivr.net",
    ),
)
"""Those that a backfill alone asks for; and a second host, which a backfill asks day by day."""


@dataclass(frozen=True)
class Cell:
    """One square of the matrix: `moment` is one of MOMENTS, or of the past one of WEEKS."""

    document: Document
    fault: Fault
    moment: str

    def __str__(self) -> str:
        return f"{self.document}-{self.fault}-{self.moment}"


@dataclass(frozen=True)
class Outcome:
    """What happened in a cell. `wrong` is what was in force or served and never published so, `seen` how the
    fault showed, `told` whether the status or the record of the past said so, `recovered` whether the next
    sound poll or backfill had all that was due.
    """

    wrong: list[str]
    seen: str
    told: bool
    recovered: bool

    @property
    def sound(self) -> bool:
        """Whether all was as it should be."""
        return not self.wrong and self.told and self.recovered


def cells(documents: Sequence[Document] = (*PRESENT, *PAST)) -> Iterator[Cell]:
    """The whole matrix, or that of some documents."""
    upstreams = {each.key: possible(each) for each in Simulator().upstreams}
    return (
        Cell(document, fault, moment)
        for document in documents
        for fault in upstreams[document.key]
        for moment in (WEEKS if document in PAST else MOMENTS)
    )


def run(cell: Cell, store: Store) -> Outcome:
    """What happens in a cell."""
    return _fill(cell, store) if cell.document in PAST else _poll(cell, store)


def instants(source: Source, day: date) -> tuple[datetime, dict[str, datetime]]:
    """When all was well for the last time, and when each moment of `day` is."""
    if not isinstance(source.calendar, Schedule):
        spoke = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        minutes = {"before": 20, "within": 90, "after": 150}
        return spoke, {moment: spoke + timedelta(minutes=each) for moment, each in minutes.items()}
    windows = map(source.calendar.window, source.calendar.publication_days(day - timedelta(days=1)))
    opens, closes = next(window for window in windows if window[0].date() >= day)
    within = closes - timedelta(minutes=1)
    moments = {
        "before": opens - timedelta(minutes=20),
        "within": within,
        "after": closes + timedelta(hours=1),
    }
    return moments["before"] - timedelta(minutes=5), moments


def _poll(cell: Cell, store: Store) -> Outcome:
    """Poll soundly a week before and just before its window, then with the fault at its moment, then soundly
    again: one poller.
    """
    document, source = cell.document, cell.document.source
    spoke, moments = instants(source, document.day)
    clock, at = FakeClock(spoke), moments[cell.moment]
    with Simulator(now=clock.now) as simulator:
        _publish(simulator, source)

        async def polling(poller: Poller) -> Outcome:
            for well in (spoke - timedelta(days=7), spoke):
                clock.move_to(well)
                await poller.once([source])
            clock.move_to(at)
            with simulator.failing(cell.fault, path=document.path):
                (failed,) = await poller.once([source])
            wrong, knows = _wrong(store, source, simulator, at), _knows(store, source, simulator, source.key)
            with store.read() as reader:
                standing = standing_of(reader, source, at)
            clock.advance(timedelta(hours=1, minutes=5))
            (again,) = await poller.once([source])
            return Outcome(
                wrong + _wrong(store, source, simulator, clock.now()),
                _seen(failed, store),
                standing.status == ("late" if cell.moment == "after" and not knows else "fresh")
                and not (document.witness and failed.error),
                again.error is None and _knows(store, source, simulator, document.key),
            )

        found: Outcome = with_poller(store, clock, simulator, polling)
        return found


def _fill(cell: Cell, store: Store) -> Outcome:
    """Fill in a week with the fault at its end, then soundly again."""
    document, source, clock = cell.document, cell.document.source, HastyClock(FILLED_AT)
    since, until = WEEKS[cell.moment]

    async def filling(simulator: Simulator) -> Outcome:
        async with Fetcher(
            clock, mirror=simulator.url, limits=QUICK, hosts=EVERYTHING.hosts, random=Random(1)
        ) as fetcher:
            backfill = Backfill(store, EVERYTHING, fetcher, clock)
            host = document.host and document.host.format(day=until)
            with simulator.failing(cell.fault, host=host, path=document.path):
                (failed,) = await backfill.run([source], since, until)
            wrong, lacking = _wrong(store, source, simulator, clock.now()), _lacking(store, cell, simulator)
            known = [*failed.failures, *failed.absent, *_open(store, source, since, until)]
            clock.advance(timedelta(hours=1))
            (again,) = await backfill.run([source], since, until)
            return Outcome(
                wrong + _wrong(store, source, simulator, clock.now()),
                _showed(failed, lacking),
                all(any(begin <= day <= end for begin, end in known) for day in lacking),
                not again.failures and not _lacking(store, cell, simulator),
            )

    with Simulator(now=clock.now) as simulator:
        _publish(simulator, source)
        if document.instead_of:
            simulator.fault(Fault.STATUS_403, host=document.instead_of)
        return asyncio.run(filling(simulator))


def _publish(simulator: Simulator, source: Source) -> None:
    """A month of what a source passes on. Every row moves, so that none stands under another day unseen."""
    upstreams = _upstreams(simulator, source)
    years.publish(simulator, date(2026, 4, 27), FRIDAY, only={each.key for each in upstreams})
    for upstream in upstreams:
        told, moves = [None, *upstream.publications], 0
        for before, each in pairwise(told):
            assert each
            assert each.date
            moves += before is None or each.rows != before.rows
            rows = (row for row in upstream.rows if row.code != upstream.subject)
            upstream.publish(
                each.date, {row.code: _moved(row.value or "", moves % 3) for row in rows}, at=each.at
            )


def _moved(literal: str, by: int) -> str:
    """A literal with so much more in its last digit."""
    return like(literal, int("".join(filter(str.isdigit, literal))) + by)


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


def _showed(failed: Progress, lacking: Sequence[date]) -> str:
    seen = {
        "failed": failed.failures,
        "absent": failed.absent,
        "rejected": failed.rejected,
        "held": failed.held,
        "left out": lacking,
    }
    return next((word for word, there in seen.items() if there), "harmless")


def _open(store: Store, source: Source, since: date, until: date) -> list[tuple[date, date]]:
    """The spans of a week that a later backfill will ask for."""
    with store.read() as reader:
        return list(uncovered(since, until, reader.covered(source.key)))


Rates = dict[tuple[Pair, date], Published]
"""By pair and day; by the instant for a source that speaks several times a day."""


def _when(source: Source, said: Observation | Row) -> date:
    return said.effective_date if isinstance(source.calendar, Schedule) else said.observed_at


def _upstreams(simulator: Simulator, source: Source) -> list[Upstream]:
    """Those whose publications a source passes on."""
    return [each for each in simulator.upstreams if each.host in source.hosts and not each.told_by]


LOCAL = {"nbkr": "KGS", "nbk": "KZT", "nbt": "TJS", "cbu": "UZS", "cbt": "TMT"}
"""In what each bank prints its rows; all others print units for a dollar."""


def printed(source: Source, row: Printed) -> Published:
    """What a row of the simulator says, in the service's words."""
    pair = Pair(row.code, LOCAL[source.key]) if source.key in LOCAL else Pair("USD", row.code)
    return Published(pair, (row.value or "").replace(",", "."), int(row.nominal or 1))


def published(source: Source, simulator: Simulator, when: date, now: datetime) -> dict[Pair, Published]:
    """What was truly published for a day so far; of a source that speaks all day, by an instant."""
    online = (
        upstream.online(min(when, now))
        if isinstance(when, datetime)
        else next(iter(upstream.between(when, when, now)), None)
        for upstream in _upstreams(simulator, source)
    )
    rates = (printed(source, row) for publication in online if publication for row in publication.rows)
    return {canonical(rate.pair): rate for rate in rates}


def in_force(store: Store, source: Source) -> Rates:
    """All that is in force of a source, witnesses too."""
    with store.read() as reader:
        return {
            (extent.pair, _when(source, each.said)): each.said.published
            for extent in reader.extents()
            if extent.source == source.key
            for each in reader.publications(extent.pair, source.key)
        }


def _wrong(store: Store, source: Source, simulator: Simulator, now: datetime) -> list[str]:
    """What is in force, or served as the headline, and was not published so for its day: another value,
    nominal or direction; and a headline of a day to come.
    """
    today = day_of(now, source.calendar.zone)
    found = [
        f"{pair} {when} {rate.value} per {rate.nominal}"
        for (pair, when), rate in in_force(store, source).items()
        if published(source, simulator, when, now).get(pair) != rate
    ]
    with store.read() as reader:
        rows = latest(reader, EVERYTHING, now).body.rates
    for row in rows:
        rate = published(source, simulator, _when(source, row), now).get(row.pair)
        if not rate or row.rate != rate.rate(row.pair) or row.effective_date > today:
            found.append(f"served {row.pair} {row.effective_date} {row.rate} of {row.source}")
    return found


def _knows(store: Store, source: Source, simulator: Simulator, key: str) -> bool:
    """Whether the newest that is online of a document is in force, or will be on its day."""
    upstream = next(each for each in simulator.upstreams if each.key == key)
    newest = upstream.newest(simulator.now())
    assert newest
    assert newest.date
    day = newest.date if isinstance(source.calendar, Schedule) else newest.at
    pairs = source.pairs if key == source.key else [printed(source, row).pair for row in newest.rows]
    known = in_force(store, source)
    heard = [(canonical(pair), day) in known for pair in pairs if pair.base in CURRENCIES]
    return all(heard) if source.together else any(heard)


def _lacking(store: Store, cell: Cell, simulator: Simulator) -> list[date]:
    """The days of the cell's week whose rates are not all in force; a rewritten file is no publication."""
    source, (since, until) = cell.document.source, WEEKS[cell.moment]
    upstream = next(each for each in simulator.upstreams if each.key == source.key)
    known, told = in_force(store, source), upstream.between(date.min, until, simulator.now())
    news = [each.date for before, each in pairwise(told) if each.rows != before.rows]
    return [
        day
        for day in each_day(since, until)
        if day in news and not all((canonical(pair), day) in known for pair in source.pairs)
    ]


HEADING = f"""\
How each fault shows, of every document that a source is asked for. The polls are on {WEDNESDAY:%A},
{WEDNESDAY}, those of a weekly document on {FRIDAY:%A}, {FRIDAY}: 20 minutes before the window in which it is
published, a minute before its end, and an hour after that, by a clock that jumps and stands in UTC.

  no answer  none came, or not to its end     held       it waits for evidence, and is not served
  status     the answer is none but 200       rejected   it is refused by a rule
  body       it is not what the source prints absent     the source says that it has nothing
  no rates   the source says it has none      left out   it is not in the answer, and is asked for again
  not asked  the source's quota forbids it    failed     it could not be had, and is asked for again
  harmless   everything was had all the same  FAILED     not as it should be, and how
"""

PROMISE = """\
In each of them nothing wrong came in force or was served, the status said what was the matter, and the next
sound poll or backfill had all that was due."""

SHORT = {"unreachable": "no answer", "bad-status": "status", "bad-body": "body", "no-rates": "no rates"}
"""How an error stands in the table."""


def table(documents: Sequence[Document], moments: Sequence[str]) -> list[Outcome]:
    """Print how each fault of these documents showed, or FAILED and why."""
    print(f"{'document':<20}{'fault':<24}" + "".join(f"{moment:<12}" for moment in moments).rstrip())
    outcomes, row = list[Outcome](), list[str]()
    for cell in cells(documents):
        with fresh_store() as store:
            outcome = run(cell, store)
        outcomes.append(outcome)
        row.append(SHORT.get(outcome.seen, outcome.seen) if outcome.sound else f"FAILED: {outcome}")
        if len(row) == len(moments):
            line = f"{cell.document!s:<20}{cell.fault:<24}" + "".join(f"{each:<12}" for each in row)
            print(line.rstrip(), flush=True)
            row = []
    return outcomes


def main() -> int:
    """Print the matrix: polls by their moment, then backfills by the week that they fill in."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(HEADING)
    outcomes = table(PRESENT, MOMENTS)
    week = " and ".join(f"{since} to {until}" for since, until in WEEKS.values())
    print(f"\nThe past, a week of it that ends yesterday or today ({week}):\n")
    outcomes += table(PAST, list(WEEKS))
    failures = sum(not outcome.sound for outcome in outcomes)
    print(f"\n{len(outcomes) - failures} of {len(outcomes)} cells are as they should be. {PROMISE}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
