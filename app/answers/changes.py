"""How far a pair moved: against the publication before, and over windows that end with its rate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from app.answers.crosses import by_a_page, moved
from app.answers.daily import Daily, is_dropped_since
from app.answers.latest import Question, not_yet
from app.domain.answers import Answer, Changes, Row
from app.domain.calendar import day_of, speaks_all_day
from app.domain.change import (
    UNCHANGED_BY_DECREE,
    WINDOWS,
    Basis,
    Change,
    Stand,
    Window,
    change,
    change_between,
    opens,
)
from app.domain.days import Quoted
from app.domain.errors import BadParameter, NoRateAtDate
from app.domain.numbers import DERIVED_DIGITS
from app.domain.observations import Observation
from app.domain.pairs import Pair
from app.evidence import before
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader

ROUND_THE_CLOCK = frozenset[Window]({"24h", "7d", "30d", "1y"})
"""The windows that begin at an instant, where a source speaks all day."""


def changes(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    source: str | None = None,
    on: date | None = None,
    since: date | None = None,
) -> Answer[Changes]:
    """The change of the headline in force, on the effective day `on`, or of one `source`: by every basis, or
    against its last publication dated at or before `since`.

    Raises BadParameter for a `since` after that day, UnknownSource, and the NothingThere that says why there
    is no rate.
    """
    asked = Question(reader, catalog, now, source, on)
    daily = Daily.of(reader, catalog, pair, source)
    day = on or daily.today(now)
    if since and since > day:
        raise BadParameter(
            f"since={since} is after {day}.", parameter="since", expected=f"a date at or before {day}"
        )
    body = _across(daily, now, day, since) if daily.derived else _direct(asked, pair, since)
    return asked.validity(daily.pairs).answer(body)


def over(asked: Question, row: Row, window: Window) -> Change:
    """The change over a window that ends with `row`, one of those that answer the question; of a cross by the
    sources of its legs.
    """
    if row.legs:
        same = Daily.by(asked.reader, asked.catalog, row.pair, [leg.source for leg in row.legs])
        stand = Stand(Quoted(row.exact, DERIVED_DIGITS), row.effective_date)
        return moved(same, stand, window, opens(window, stand.day))
    return _Ladder(asked, row.pair, asked.found(row.pair).standing.recorded.said).over(window)


def _direct(asked: Question, pair: Pair, since: date | None) -> Changes:
    said = asked.found(pair).standing.recorded.said
    ladder = _Ladder(asked, pair, said)
    found = [ladder.since(since)] if since else ladder.rungs()
    # A decree that did not change is said once.
    return Changes(
        pair=pair,
        rate=said.published.rate(pair),
        source=said.source,
        derived=False,
        effective_date=said.effective_date,
        changes=tuple(dict.fromkeys(found)),
    )


class _Ladder:
    """The changes of one observation, each found by one seek."""

    def __init__(self, asked: Question, pair: Pair, said: Observation) -> None:
        self.reader, self.pair, self.said = asked.reader, pair, said
        self.source: Source = asked.catalog[said.source]
        self.day = said.effective_date
        if self.source.kind == "peg":  # in force on every day since
            self.day = asked.on or day_of(asked.now, self.source.calendar.zone)

    def rungs(self) -> Iterator[Change]:
        """By every basis."""
        earlier = self._newest(before(self.said.effective_date))
        yield change(self.pair, self.said, earlier, self.source.kind)
        yield from map(self.over, WINDOWS)

    def over(self, window: Window) -> Change:
        """Over a window that ends with the observation."""
        until = opens(window, self.day)
        return self._against(window, until, self._instant(window, until))

    def since(self, day: date) -> Change:
        """Against what was in force on a day."""
        return self._against("since", day)

    def _instant(self, window: Window, until: date) -> datetime | None:
        """When a window begins whose reference is dated at or before `until`; None: with that day."""
        if window in ROUND_THE_CLOCK and speaks_all_day(self.source.calendar):
            return self.said.observed_at - (self.day - until)
        return None

    def _against(self, basis: Basis, until: date, at: datetime | None = None) -> Change:
        if self.source.kind == "page":
            return by_a_page(basis)
        then = self._newest(until, at)
        if at and is_dropped_since(self.reader, self.said.pair, self.said.source, then, until, at):
            return Change(basis, None, reason="no-longer-kept")
        if self.source.kind == "peg" and then == self.said:
            return UNCHANGED_BY_DECREE
        stood = Stand.of(then, self.pair) if then else None
        return change_between(basis, Stand.of(self.said, self.pair), stood)

    def _newest(self, until: date, at: datetime | None = None) -> Observation | None:
        found = self.reader.newest(self.said.pair, self.said.source, until=until, at=at)
        return found.said if found else None


def _across(daily: Daily, now: datetime, day: date, since: date | None) -> Changes:
    """Those of a cross, between days on which both legs had a value, by the sources that they have on `day`:
    one that is still to come has those that were published ahead.
    """
    current = daily.last(day)
    today = daily.today(now)
    if day > today and (current is None or current.effective_date <= today):
        raise not_yet(daily.pair, day)
    if current is None:
        one, other = daily.pairs
        raise NoRateAtDate(
            f"No day up to {day} has a rate of both {one} and {other}, so {daily.pair} has no series.",
            pair=str(daily.pair),
        )
    stands, same = Stand(current.close, current.effective_date), daily.by_the_same(current.effective_date)
    return Changes(
        pair=daily.pair,
        rate=current.close.shown,
        source=current.sources[0] if len(current.sources) == 1 else None,
        derived=True,
        effective_date=stands.day,
        changes=tuple(moved(same, stands, basis, until) for basis, until in _rungs(stands.day, since)),
    )


def _rungs(day: date, since: date | None) -> list[tuple[Basis, date]]:
    """Each basis, with the day at or before which its reference is dated."""
    if since:
        return [("since", since)]
    return [("previous_publication", before(day)), *((window, opens(window, day)) for window in WINDOWS)]
