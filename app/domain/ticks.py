"""Ticks: the deduplicated changes of the headline in force. Only `next_tick` decides what is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from app.domain.change import Change
from app.domain.headline import Headline
from app.domain.observations import Kind
from app.domain.pairs import Pair

UNSHOWN: dict[str, bool] = {"unshown": True}
"""Field metadata: for the inside alone."""

Cause = Literal["publication", "revision", "turn", "fallback", "recovery", "accepted"]
"""Why the headline changed: a new publication, a corrected one, the clock, a worse source taking over, a
better one coming back, a held observation released."""


@dataclass(frozen=True, slots=True)
class Previous:
    """The tick before it of the same pair."""

    seq: int
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Tick:
    """One change of one pair's headline, numbered without gaps by `seq` over all pairs.

    `at` is when the headline changed: the turn's instant where the clock alone changed it, `recorded_at`
    otherwise. `rate` is quote per 1 base. `unchanged` when the rate is that of the tick before. `corrects` is
    the seq of the tick that a revision corrects.
    `observation_id` is the row of the record that it put into the headline.
    """

    seq: int
    version: int
    pair: Pair
    cause: Cause
    at: datetime
    recorded_at: datetime
    rate: Decimal
    source: str
    kind: Kind
    effective_date: date
    revision: int
    unchanged: bool
    change: Change
    previous: Previous | None
    corrects: int | None
    observation_id: int | None = field(default=None, metadata=UNSHOWN)

    @property
    def is_correction(self) -> bool:
        """Whether it corrects the rate that was told, and not only what that is measured against, as when the
        days before come late.
        """
        return self.corrects is not None and not self.unchanged

    def moved(self, pct: Decimal) -> bool:
        """Whether the rate moved, up or down, by at least so many percent of that of the tick before; what
        has none before it did.
        """
        if self.previous is None:
            return True
        ratio = Fraction(self.rate) / Fraction(self.previous.rate)
        return abs(ratio - 1) * 100 >= Fraction(pct)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ticks somebody wants: those of `pairs`, in the ticker's direction (none: of all), with
    `only_changes` those whose rate is not that of the tick before, and those that moved by `min_change_pct`
    percent of it.
    """

    pairs: frozenset[Pair] = frozenset()
    only_changes: bool = False
    min_change_pct: Decimal | None = None

    def wants(self, tick: Tick) -> bool:
        """Whether it is one of them."""
        if self.pairs and tick.pair not in self.pairs:
            return False
        if self.only_changes and tick.unchanged:
            return False
        return self.min_change_pct is None or tick.moved(self.min_change_pct)


EVERY_TICK = Wanted()


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant `at` of a headline, when its tick is recorded, and whether the clock alone brought it."""

    at: datetime
    recorded_at: datetime
    turn: bool = False


def next_tick(
    previous: Tick | None, now: Headline | None, change: Change, moment: Moment, *, seq: int, version: int
) -> Tick | None:
    """The tick that leads from `previous` to the headline `now`; None when nothing of it changed.

    What counts is rate, effective date, source and change.
    """
    if now is None:
        return None
    said, recorded = now.standing.recorded.said, now.standing.recorded
    shown = (said.rate, said.effective_date, said.source, change)
    if previous and shown == (previous.rate, previous.effective_date, previous.source, previous.change):
        return None
    cause = _cause(previous, now, moment)
    return Tick(
        seq=seq,
        version=version,
        pair=said.pair,
        cause=cause,
        at=moment.at if moment.turn else moment.recorded_at,
        recorded_at=moment.recorded_at,
        rate=said.rate,
        source=said.source,
        kind=now.voice.kind,
        effective_date=said.effective_date,
        revision=recorded.revision,
        unchanged=previous is not None and previous.rate == said.rate,
        change=change,
        previous=Previous(previous.seq, previous.rate) if previous else None,
        corrects=previous.seq if previous and cause == "revision" else None,
        observation_id=recorded.id,
    )


def _cause(previous: Tick | None, now: Headline, moment: Moment) -> Cause:
    recorded = now.standing.recorded
    if previous is None:
        return "turn" if moment.turn else "publication"
    if now.source != previous.source:
        return "fallback" if now.rank(now.source) > now.rank(previous.source) else "recovery"
    if recorded.said.effective_date < previous.effective_date:
        return "revision"  # what was in the headline is no longer believed
    if recorded.said.effective_date == previous.effective_date and (
        # Its source corrected it; or it was known before, and its reference was corrected or came late.
        recorded.revision > 0 or recorded.version <= previous.version
    ):
        return "revision"
    if moment.turn:
        return "turn"
    return "accepted" if recorded.judged_in > recorded.version else "publication"
