"""What the tests of the store put into it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from app.domain.change import Change, Reference
from app.domain.observations import ACCEPTED, Judgement, Observation, Published, Recorded, Reported
from app.domain.pairs import Pair
from app.domain.ticks import Previous, Tick
from app.store.base import Store, Writer

KGS, KZT = Pair("KGS", "USD"), Pair("KZT", "USD")
NOW = datetime(2026, 5, 21, 6, 0, tzinfo=UTC)
FIRST_DAY = date(2026, 5, 1)

HELD = Judgement("held", "jump", "KGS/USD moved +20.00 % since 2026-05-20")
REJECTED = Judgement("rejected", "not-positive", "'0' is no positive number")
RELEASED = Judgement(
    "accepted", "the-next-publication-agrees", "the publication of 2026-05-22 is 0.1 % from it"
)


def day(number: int) -> date:
    """The day with this number, 0 for the first."""
    return FIRST_DAY + timedelta(days=number)


def said(
    value: str = "87.4500",
    on: int = 0,
    *,
    pair: Pair = KGS,
    source: str = "nbkr",
    hour: int = 0,
    nominal: int = 1,
    reported: Reported | None = None,
) -> Observation:
    """What `source` said of `pair` for day number `on`: printed the other way round, as banks do."""
    observed_at = datetime.combine(day(on), time(hour), UTC)
    published = Published(pair.inverse, value, nominal)
    return Observation(source, published, day(on), observed_at, NOW, reported)


def add(
    store: Store, *observations: Observation, revision: int = 0, judgement: Judgement = ACCEPTED
) -> list[Recorded]:
    """Record observations in one transaction."""
    with store.write(NOW) as writer:
        return [writer.add(each, revision, judgement) for each in observations]


def tick(writer: Writer, observation: Observation, previous: Previous | None = None) -> Tick:
    """The next tick, of this observation."""
    moved = Change(
        "previous_publication",
        Decimal("-0.021269"),
        Decimal("-0.00000243268399465"),
        Reference(Decimal("0.0114375384587"), FIRST_DAY - timedelta(days=1)),
        1,
    )
    return Tick(
        seq=writer.seq + 1,
        version=writer.version,
        pair=observation.pair,
        cause="publication",
        at=writer.instant,
        recorded_at=writer.instant,
        rate=observation.rate,
        source=observation.source,
        kind="official",
        effective_date=observation.effective_date,
        revision=0,
        unchanged=False,
        change=moved if previous else Change("previous_publication", None, reason="no-earlier-publication"),
        previous=previous,
        corrects=None,
    )


def poll(store: Store, *observations: Observation, now: datetime = NOW) -> list[Tick]:
    """Record observations with a tick each, in one transaction, and confirm the source."""
    with store.write(now) as writer:
        ticks = []
        for each in observations:
            writer.add(each, 0, ACCEPTED)
            last = writer.last_tick(each.pair)
            ticks.append(tick(writer, each, Previous(last.seq, last.rate) if last else None))
            writer.append(ticks[-1])
        writer.confirm("nbkr", now)
        return ticks
