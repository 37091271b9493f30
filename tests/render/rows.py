"""Rows made by hand, as the design of the service shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain.answers import Feed, FeedEntry, Publisher, Row, Ticker, TickerItem
from app.domain.change import Change, Reference
from app.domain.observations import Published
from app.domain.pairs import Pair
from app.domain.ticks import EVERY_TICK, Previous, Tick
from tests.said import at

SOM = Row(
    pair=Pair("KGS", "USD"),
    base="KGS",
    quote="USD",
    rate=Decimal("0.0114351057747"),
    inverse=Decimal("87.4500"),
    source="nbkr",
    kind="official",
    fallback=False,
    effective_date=date(2026, 5, 21),
    observed_at=at("2026-05-20 18:00"),
    fetched_at=at("2026-05-20 10:31:03.907"),
    recorded_at=at("2026-05-20 10:31:04.218"),
    revision=0,
    version=412,
    seq=41,
    published=Published(Pair("USD", "KGS"), "87.4500"),
    change=Change(
        "previous_publication",
        Decimal("-0.021269"),
        Decimal("-0.00000243268399465"),
        Reference(Decimal("0.0114375384587"), date(2026, 5, 20)),
        1,
    ),
    status="fresh",
    late_at=at("2026-05-21 11:30"),
    stale_at=at("2026-05-22 11:00"),
    expected_next_at=at("2026-05-21 09:00"),
    held=None,
)
"""The som of 21 May 2026: six digits published, a change of one day."""

TICK = Tick(
    seq=41,
    version=412,
    pair=SOM.pair,
    cause="turn",
    at=at("2026-05-20 18:00"),
    recorded_at=at("2026-05-20 18:00:00.118"),
    rate=SOM.rate,
    source="nbkr",
    kind="official",
    effective_date=SOM.effective_date,
    revision=0,
    unchanged=False,
    change=SOM.change,
    previous=Previous(36, Decimal("0.0114375384587")),
    corrects=None,
    observation_id=17,
)
"""The tick by which that som came into force."""


def moved(pct: str | None, since: date | None = date(2026, 5, 20), **differing: Any) -> Row:
    """SOM with a change of `pct` percent since a day; None: it is not known."""
    if pct is None:
        change = Change("previous_publication", None, reason="no-earlier-publication")
    else:
        reference = Reference(Decimal("0.0114375384587"), since) if since else None
        change = Change("previous_publication", Decimal(pct), None, reference, 1)
    return replace(SOM, change=change, **differing)


def ticker(*rows: Row, digits: int | None = 6) -> Ticker:
    """A ticker of these rows."""
    items = tuple(TickerItem(row, digits) for row in rows)
    return Ticker(SOM.recorded_at, 412, 41, 60, items)


BANK = Publisher(
    "National Bank of the Kyrgyz Republic",
    "https://www.nbkr.kg",
    "National Bank of the Kyrgyz Republic, www.nbkr.kg",
)

CORRECTION = replace(
    TICK,
    seq=42,
    version=413,
    cause="revision",
    at=at("2026-05-21 05:00:07"),
    recorded_at=at("2026-05-21 05:00:07"),
    rate=Decimal("0.0114337983078"),
    revision=1,
    previous=Previous(41, TICK.rate),
    corrects=41,
)
"""The tick by which that som was corrected."""


def feed(*ticks: Tick, publisher: Publisher = BANK, older: str | None = None) -> Feed:
    """A feed of these ticks, newest first."""
    entries = tuple(FeedEntry(tick, 6, 6, publisher) for tick in ticks)
    return Feed("b1946ac92492", EVERY_TICK, entries, older)
