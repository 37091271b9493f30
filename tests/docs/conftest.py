"""The service that docs/api.md asks: a week and a half of all five currencies, with a correction in it, and
with a second source of the som.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from operator import itemgetter

import pytest

from app.context import Context
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.ingest.record import advance
from app.web.app import create_app
from tests.said import at, banks_row, nbkr
from tests.web.conftest import NOW, decree, made, say, served

SOM = {
    "2026-05-12": "87.3800",
    "2026-05-13": "87.3921",
    "2026-05-14": "87.4005",
    "2026-05-15": "87.3800",
    "2026-05-16": "87.3950",
    "2026-05-19": "87.4000",
    "2026-05-20": "87.4314",
    "2026-05-21": "87.4500",
}
"""Som per dollar as the bank first said, by the day that each is for; it says it the day before."""

CORRECTED = "2026-05-19", "87.4100", "2026-05-20 06:30"
"""The day that was corrected, how, and when."""

OTHERS = {
    ("nbk", "2026-05-20"): "471.2000",
    ("nbk", "2026-05-21"): "471.4800",
    ("nbt", "2026-05-20"): "9.2700",
    ("nbt", "2026-05-21"): "9.2755",
    ("cbu", "2026-05-20"): "11935.1700",
    ("cbu", "2026-05-21"): "11940.2200",
}
"""Units of each other bank's currency per dollar, said when its day begins."""

BLENDED = {"2026-05-19": "87.4203", "2026-05-20": "87.4389", "2026-05-21": "87.4466"}
"""Som per dollar, as a service that blends others has it, said in the night."""


def events() -> Iterator[tuple[str, Observation]]:
    """When each is said, and what."""
    for day, value in SOM.items():
        when = f"{date.fromisoformat(day) - timedelta(days=1)} 10:30"
        yield when, nbkr(day, value, fetched_at=at(when))
    day, value, when = CORRECTED
    yield when, nbkr(day, value, fetched_at=at(when))
    for (key, day), value in OTHERS.items():
        yield f"{day} 00:00", banks_row(key, day, "USD", value)
    for day, value in BLENDED.items():
        begins = at(f"{day} 00:00")
        said = Published(Pair("USD", "KGS"), value)
        yield f"{day} 01:00", Observation("fawazahmed0", said, date.fromisoformat(day), begins, begins)


def fill(context: Context) -> None:
    """Record it, in the order in which it is said."""
    say(context, *decree(context), when="2026-05-01 10:00")
    for when, said in sorted(events(), key=itemgetter(0)):
        say(context, said, when=when)
    advance(context.store, context.catalog, NOW)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A context with all of it. Shared: nothing is recorded after that."""
    with made(tmp_path_factory.mktemp("told")) as context:
        fill(context)
        yield context


@pytest.fixture(scope="session")
def address(told: Context) -> Iterator[str]:
    """Where a real server answers from it."""
    with served(create_app(told)) as url:
        yield url
