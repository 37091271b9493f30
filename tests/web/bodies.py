"""A year of bodies: a service lives through it with corrections, misprints and a devaluation, and readers ask
it all the time. Then every body that was served is asked for again by its memento.

python -m tests.web.bodies      says how many came back: make mementos
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random

from app.context import Context
from app.domain.pairs import Pair
from app.settings import Settings
from app.store import open_store, restore
from app.store.base import Store
from app.web.app import create_app
from tests.fakes import FakeClock
from tests.ingest.year import ALL, YEAR, live, quick_folder, utc
from tests.simulator import Simulator
from tests.simulator.upstream import Upstream
from tests.web.conftest import Client

REVISIONS, GLITCHES = 20, 10
DEVALUATION = utc("2026-07-14 08:00")
"""From then on the Uzbek bank prints all its rates a third higher."""

EVERY = timedelta(hours=7)
"""How often a reader comes by: at all hours of the day in turn."""

QUESTIONS = (
    "/v1/latest",
    "/v1/latest?pairs=USD-UZS,TMT-USD&precision=5",
    "/v1/latest/UZS-USD",
    "/v1/latest/USD-KGS?source=fawazahmed0",
    "/v1/latest/KZT-USD.txt",
    "/v1/latest/KGS-UZS",
    "/v1/convert?from=UZS&to=TMT&amount=1000000",
    "/v1/history/UZS-USD?since=2026-06-20",
    "/v1/history/KGS-USD.csv?since=2026-06-01&until=2026-06-30",
    "/v1/ticker",
    "/v1/ticker.txt?inverse=true",
    "/v1/ticks/12",
    "/v1/pairs",
)
"""Answers without a cursor: those name their log, and a restored store has another."""


def spoil(simulator: Simulator) -> None:
    """Let the banks correct themselves, misprint, and one of them devalue."""
    chance = Random(5)
    banks: list[Upstream] = [simulator.nbkr, simulator.nbk, simulator.nbt, simulator.cbu]
    simulator.cbu.revalue(DEVALUATION, Fraction(4, 3))
    for number in range(REVISIONS + GLITCHES):
        bank = banks[number % len(banks)]
        original = chance.choice([each for each in bank.publications if each.at.hour < 12])
        value, soon = original.row("USD").value or "", timedelta(minutes=chance.randint(20, 50))
        if number < REVISIONS:
            assert original.date
            bank.publish(original.date, {"USD": slightly_more(value)}, at=original.at + soon)
        else:
            assert original.date
            bank.publish(original.date, {"USD": value[1:] + value[0]}, at=original.at + soon)
            bank.publish(original.date, {"USD": value}, at=original.at + 3 * soon)


def slightly_more(value: str) -> str:
    """The value with another digit at its end."""
    return value[:-1] + str((int(value[-1]) + 3) % 10)


def memento(link: str) -> str:
    """The path and query of the memento in a Link header."""
    found = re.search(r'<http://rates\.test([^>]*)>; rel="memento"', link)
    assert found, link
    return found[1]


@dataclass
class Readers:
    """Ask the service now and then, and keep what they were told by its memento."""

    chance: Random = field(default_factory=lambda: Random(11))
    served: dict[str, bytes] = field(default_factory=dict)
    next: datetime | None = None

    async def __call__(self, store: Store, clock: FakeClock) -> None:
        """Ask, if it is time."""
        if self.next and clock.now() < self.next:
            return
        self.next = clock.now() + EVERY
        client = client_of(store, clock)
        for question in self.chance.sample(QUESTIONS, 3):
            response = await client.ask(question)
            if response.status_code == 200:
                self.served[memento(response.headers["link"])] = response.content


def client_of(store: Store, clock: FakeClock) -> Client:
    """A reader of a service over this store."""
    return Client(create_app(Context(Settings(), clock, ALL, store)))


def changed(store: Store, clock: FakeClock, served: dict[str, bytes]) -> Iterator[str]:
    """The mementos that do not give what was served."""
    client = client_of(store, clock)
    return (link for link, content in served.items() if client.get(link).content != content)


def causes(store: Store, pair: Pair) -> list[str]:
    """Why the headline of a pair changed, each time."""
    with store.read() as reader:
        return [tick.cause for tick in reader.ticks(pairs=[pair], limit=100_000)]


def life(since: datetime, until: datetime, folder: Path) -> dict[str, bytes]:
    """What readers were told, by memento."""
    readers = Readers()
    live(since, until, folder, spoil=spoil, watch=readers)
    return readers.served


def lost(folder: Path, clock: FakeClock, served: dict[str, bytes]) -> tuple[list[str], list[str]]:
    """The mementos that give something else than what was served: of the store, and of one that was restored
    from its backup.
    """
    store = open_store(f"sqlite:///{folder}/silkrate.db")
    there = list(changed(store, clock, served))
    store.backup(folder / "backup.db")
    store.close()
    restore(f"sqlite:///{folder}/restored.db", folder / "backup.db")
    again = open_store(f"sqlite:///{folder}/restored.db")
    restored = list(changed(again, clock, served))
    again.close()
    return there, restored


def main() -> int:
    """Live a year, and ask for all of it again."""
    with quick_folder() as folder:
        served = life(*YEAR, folder)
        there, restored = lost(folder, FakeClock(YEAR[1]), served)
    print(f"{len(served)} bodies were served in the year; {len(there)} did not come back byte for byte,")
    print(f"and {len(restored)} did not after backup and restore")
    print(*there[:5], *restored[:5], sep="\n")
    return 1 if there or restored else 0


if __name__ == "__main__":
    sys.exit(main())
