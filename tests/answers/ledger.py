"""A random life of a store, and a ledger of it kept beside: what was printed, with which verdict, at each
version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.domain.observations import Observation, Published, Recorded
from app.domain.pairs import Pair
from app.ingest.record import accept, record, reject
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import nbkr

ALL_DAY = "openexchangerates"
CATALOG = catalog(["nbkr", "nbk", ALL_DAY], app_id="key")
BANKS = {"nbkr": "KGS", "nbk": "KZT"}
PRICES = {"KGS": 87_0000, "KZT": 470_0000}
"""Ten-thousandths of the local unit that a dollar costs at first."""

ZONES = {"nbkr": ZoneInfo("Asia/Bishkek"), "nbk": ZoneInfo("Asia/Almaty"), ALL_DAY: ZoneInfo("UTC")}
FIRST_DAY = date(2023, 12, 11)
DAYS = 90
"""Over the end of a year and of a February with 29 days."""

NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    """What a source printed for a day, at an instant: `value` for `nominal` units of `base`, in `quote`."""

    source: str
    base: str
    quote: str
    day: date
    at: datetime
    value: str
    nominal: int


@dataclass
class Ledger:
    """What was in force at each version: an own account, from what recording said that it did."""

    rows: dict[int, Recorded] = field(default_factory=dict)
    pages: dict[int, Mapping[int, Recorded]] = field(default_factory=dict)

    def note(self, version: int, *changed: Recorded) -> None:
        """Note what a version recorded or judged."""
        self.rows.update({each.id: each for each in changed})
        self.pages[version] = dict(self.rows)

    def facts(self, version: int) -> list[Fact]:
        """What is in force at a version, oldest first: of each datum the last revision that is accepted."""
        newest: dict[tuple[object, ...], Recorded] = {}
        for each in self.pages[version].values():
            said = each.said
            datum = (said.source, frozenset((said.pair.base, said.pair.quote)), said.observed_at)
            before = newest.get(datum)
            if each.judgement.verdict == "accepted" and (before is None or each.revision > before.revision):
                newest[datum] = each
        said_of = (each.said for each in newest.values())
        found = [
            Fact(
                said.source,
                said.published.pair.base,
                said.published.pair.quote,
                said.effective_date,
                said.observed_at,
                said.published.value,
                said.published.nominal,
            )
            for said in said_of
        ]
        return sorted(found, key=lambda fact: (fact.day, fact.at))


def live(store: Store, chance: Random) -> Ledger:
    """Record a random life of two banks and of a source that speaks all day: with gaps, late and disordered
    rows, revisions, misprints that are held, and verdicts by a person.
    """
    ledger, waiting, now = Ledger(), list(_said(chance)), NOW
    while waiting:
        now += timedelta(seconds=1)
        count = chance.choice((1, 2, 8))
        batch, waiting = waiting[:count], waiting[count:]
        done = record(store, CATALOG, _told_once(batch), now)
        ledger.note(done.version, *done.corrected, *done.recorded, *done.released, *done.withdrawn)
        if chance.random() < 0.15:
            _decide(store, chance, now, ledger)
    return ledger


def _decide(store: Store, chance: Random, now: datetime, ledger: Ledger) -> None:
    """Let a person accept or reject something that is held, or reject something that is in force."""
    with store.read() as reader:
        held = reader.doubts("held")
    standing = [each for each in ledger.rows.values() if each.judgement.verdict == "accepted"]
    chosen, decide = (held, chance.choice((accept, reject))) if held else (standing, reject)
    if chosen:
        done = decide(store, CATALOG, chance.choice(chosen).id, now, "by hand")
        with store.read() as reader:
            ledger.note(reader.counter().version, done.after, *done.followed)


def _told_once(batch: list[Observation]) -> list[Observation]:
    """One poll says one thing of a pair at an instant."""
    return list({(each.source, each.pair, each.observed_at): each for each in batch}.values())


def _said(chance: Random) -> Iterator[Observation]:
    """What is said, in the order in which it comes in: mostly that of time."""
    said: list[tuple[float, Observation]] = []
    for number in range(DAYS):
        for each in _of_a_day(chance, FIRST_DAY + timedelta(days=number), number):
            delay = chance.choice((0, 0, 0, 0, 0.5, 3, 40))
            said.append((number + delay, each))
            if chance.random() < 0.1:
                said.append((number + delay + chance.choice((0, 1, 20)), _otherwise(chance, each)))
    return (each for _, each in sorted(said, key=lambda pair: pair[0]))


def _of_a_day(chance: Random, day: date, number: int) -> Iterator[Observation]:
    for source, code in BANKS.items():
        if chance.random() < 0.75:
            midnight = datetime.combine(day, time(), ZONES[source]).astimezone(UTC)
            yield _observation(chance, source, code, day, midnight, number)
    for code in BANKS.values():
        for hour in sorted(chance.sample(range(24), chance.choice((0, 0, 1, 3, 6)))):
            at = datetime.combine(day, time(hour, chance.randrange(60)), UTC)
            yield _observation(chance, ALL_DAY, code, day, at, number)


def _observation(chance: Random, source: str, code: str, day: date, at: datetime, number: int) -> Observation:
    price = PRICES[code] + number * 2000 + chance.randrange(-20_000, 20_000)
    price = price * chance.choice((1,) * 30 + (2,)) * chance.choice((10,) * 20 + (12,)) // 10
    return replace(
        nbkr(day), source=source, observed_at=at, fetched_at=NOW, published=_printed(chance, code, price)
    )


def _printed(chance: Random, code: str, price: int) -> Published:
    """A price in one of the forms in which it may be printed."""
    direct = Pair("USD", code)
    match chance.randrange(12):
        case 0:
            return Published(direct, f"{price}.0", 10_000)
        case 1:
            return Published(direct, f"{price // 100},{price % 100:02}", 100)
        case 2:
            return Published(direct.inverse, f"0.{10**14 // price:010}")
        case 3:
            return Published(direct, f"{price // 10_000}")
    return Published(direct, f"{price // 10_000}.{price % 10_000:04}")


def _otherwise(chance: Random, said: Observation) -> Observation:
    """The same datum with another value."""
    number, code = (said.effective_date - FIRST_DAY).days, said.pair.base
    return _observation(chance, said.source, code, said.effective_date, said.observed_at, number)
