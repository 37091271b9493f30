"""The pages over a store in which everything that they show has happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.context import Context
from app.domain.observations import Observation, Published
from app.domain.pairs import SIX, Pair
from app.ingest.record import advance
from app.web.app import create_app
from tests.said import at, banks_row, nbkr, nbkr_file
from tests.web.conftest import NOW, Client, fill, made, say
from tests.web.embed.conftest import browser, news, opened, running, service
from tests.web.html import Page

__all__ = ["browser", "news", "opened", "running", "service"]

BANKS = {"nbk": "480", "nbt": "9.3", "cbu": "12000"}
"""What 1 dollar costs by the other banks, about."""

DAYS = 420
"""More than a year, so that each range has another first day."""

LAST = date(2026, 5, 21)

PAIRS = [Pair(base, quote) for base in SIX for quote in SIX if base != quote]


def fill_richly(context: Context) -> None:
    """Record a year of five currencies, an aggregate beside the banks, a correction, a value that is held and
    one that was rejected, and what comes tomorrow.
    """
    long_ago = "2026-05-19 00:00"
    for key, value in BANKS.items():
        say(context, *_wobbling(key, Decimal(value)), when=long_ago)
    say(context, *(nbkr(day, f"{Decimal(87) + _wave(day)}") for day in _days()), when=long_ago)
    beside = (aggregated(day, str(Decimal("87.3") + _wave(day))) for day in _days())
    say(context, *beside, when=long_ago)
    fill(context)
    say(context, nbkr("2026-05-18", "87.9999"), when="2026-05-18 07:00")  # and not 87.something
    say(context, nbkr("2025-12-01", "8.7000"), when="2026-05-18 08:00")  # a misprint, outside the band
    say(context, *nbkr_file("2026-05-23", "99.5000"), when="2026-05-20 11:00")  # by itself a jump
    say(context, nbkr("2026-05-22", "87.4600"), when="2026-05-21 05:00")
    advance(context.store, context.catalog, NOW)


def _days() -> list[date]:
    """The days up to that before `fill` begins."""
    return [LAST - timedelta(days=gone) for gone in range(DAYS, 1, -1)]


def _wave(day: date) -> Decimal:
    return Decimal(day.toordinal() % 23 - 11) / 100


def _wobbling(key: str, value: Decimal) -> Iterator[Observation]:
    for day in [*_days(), LAST - timedelta(days=1), LAST]:
        yield banks_row(key, day, "USD", str(value * (1 + _wave(day) / 10)))


def aggregated(day: date, value: str) -> Observation:
    """What an aggregate says of the som: so many for 1 dollar."""
    begins = at(f"{day} 00:00")
    return Observation("fawazahmed0", Published(Pair("USD", "KGS"), value), day, begins, begins)


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of such a service. Shared: nothing is recorded after that, and its clock stands."""
    with made(tmp_path_factory.mktemp("rich")) as context:
        fill_richly(context)
        yield Client(create_app(context))


def page(client: Client, path: str = "/", status: int = 200, **headers: str) -> Page:
    """The page at `path`, read strictly."""
    response = client.get(path, **headers)
    assert response.status_code == status, response.text[:300]
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)
