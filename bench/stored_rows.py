"""The latest rates over 40,000 observations take at most 1.5 times as long as over 80.

Each day of both stores has a bank's file of five currencies, a page of five pairs and five ticks; both end on
the same day. They are filed without being judged, which would take minutes. Exits with 1 when the claim does
not hold.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from app.answers.latest import latest, latest_row
from app.domain.observations import ACCEPTED
from app.domain.pairs import Pair
from app.ingest.record import advance
from app.sources.catalog import catalog
from app.store.base import Reader, Store
from bench.measuring import Contender, Row, compared, in_turn, show
from bench.measuring.days import bank, page
from tests.said import at
from tests.stores import fresh_store

REPEATS = 100
AT_MOST = 1.5
FEW, MANY = 8, 4_000
"""Days."""

NOW = at("2026-05-21 06:00")
TODAY = NOW.date()
SOM = Pair("KGS", "USD")
CATALOG = catalog(["nbkr"])
"""The bank and the page: the som has two sources to choose from, the others one."""

Question = Callable[[Reader], object]
QUESTIONS: dict[str, Question] = {
    "latest, five pairs": lambda reader: latest(reader, CATALOG, NOW),
    "latest, one pair": lambda reader: latest_row(reader, CATALOG, NOW, pair=SOM),
    "one pair, three days ago": lambda reader: latest_row(
        reader, CATALOG, NOW, pair=SOM, on=TODAY - timedelta(days=3)
    ),
}


def main(repeats: int = REPEATS, days: int = MANY) -> int:
    with filled(FEW) as few, filled(days) as many:
        rows = [compare(name, asks, few, many, repeats) for name, asks in QUESTIONS.items()]
    show(__doc__, "ms", rows)
    return int(any(ratio > AT_MOST for _, _, ratio in rows))


def compare(name: str, question: Question, few: Store, many: Store, repeats: int) -> Row:
    """What a question takes over many rows, beside what it takes over few."""
    _, row = compared(in_turn({"few": asked(few, question), name: asked(many, question)}, repeats))
    return row


def asked(store: Store, question: Question) -> Contender:
    """The question in a view of its own, as each request has it."""

    def ask() -> object:
        with store.read() as reader:
            return question(reader)

    return lambda number: ask


@contextmanager
def filled(days: int) -> Iterator[Store]:
    """A store with as many days, the last of them TODAY."""
    with fresh_store() as store:
        with store.write(NOW) as writer:
            for ago in reversed(range(days)):
                day = TODAY - timedelta(days=ago)
                for said in (*bank(day), *page(day)):
                    writer.add(said, 0, ACCEPTED)
        ticks = advance(store, CATALOG, NOW)
        with store.write(NOW) as writer:
            for tick in ticks * (days - 1):
                writer.append(replace(tick, seq=writer.seq + 1, version=writer.version))
        yield store


if __name__ == "__main__":
    sys.exit(main())
