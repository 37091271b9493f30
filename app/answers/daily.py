"""What a pair was worth day by day: by one source, by the headline as it was in force, or as a cross."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeVar

from app.answers.headlines import ONE_DAY, headline_on
from app.answers.validity import Validity, closed_validity, open_validity
from app.domain.calendar import day_of, speaks_all_day, starts
from app.domain.days import Day, Values, by_day, crossed, towards
from app.domain.errors import BadParameter
from app.domain.observations import Observation
from app.domain.pairs import Pair, canonical, legs
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader

Spoken = TypeVar("Spoken")

STRETCHES = tuple(timedelta(days=days) for days in (10, 100, 1000))
"""How far back the last value before a day is looked for, one stretch after the other, and then all."""


def refuse_backwards(since: date | None, until: date | None) -> None:
    """Raise BadParameter for a range that ends before it begins."""
    if since and until and since > until:
        raise BadParameter(
            f"since={since} is after until={until}.", parameter="since", expected="a date at or before until"
        )


def in_force(
    reader: Reader,
    catalog: Catalog,
    filed: Pair,
    said_by: Callable[[Source], Iterator[Spoken]],
    day_of_it: Callable[[Spoken], date],
) -> Iterator[Spoken]:
    """Of each day on which anybody spoke, what the headline's source said for it, if it did. `said_by` gives
    what a source said, oldest first, and `day_of_it` the day that it is for.
    """
    order = catalog.order(filed)
    # The first in authority is the headline on any day that it speaks for; only others need a choice.
    highest = order[0].key
    spoken = {voice.key: begun for voice in order if (begun := _begun(said_by(voice)))}
    if spoken.keys() <= {highest}:
        yield from spoken.get(highest, ())
        return
    named = (_named(source, each, day_of_it) for source, each in spoken.items())
    for day, group in groupby(merge(*named, key=itemgetter(0)), key=itemgetter(0)):
        said = list(group)
        chosen = highest
        if all(source != chosen for _, source, _ in said):
            found = headline_on(reader, catalog, filed, day)
            chosen = found.source if found else chosen
        yield from (each for _, source, each in said if source == chosen)


def _begun(said: Iterator[Spoken]) -> Iterator[Spoken] | None:
    """The same, if there is anything."""
    for first in said:
        return chain([first], said)
    return None


def is_dropped_since(
    reader: Reader, filed: Pair, source: str, then: Observation | None, until: date, at: datetime
) -> bool:
    """Whether a source that speaks all day said something after `then` (None: ever), up to the day `until`
    and the instant `at`, of which the rows were dropped: what is left is older than what was said last.
    """
    gone = reader.dropped(filed, source, since=then.effective_date if then else date.min, until=until)
    return any(each.open_at <= at and (then is None or then.observed_at < each.close_at) for each in gone)


def _named(
    source: str, said: Iterator[Spoken], day_of_it: Callable[[Spoken], date]
) -> Iterator[tuple[date, str, Spoken]]:
    return ((day_of_it(each), source, each) for each in said)


class Held(NamedTuple):
    """The values from a first day to a last one, read already."""

    first: date
    last: date
    values: Sequence[Values]

    def between(self, first: date, last: date) -> Iterator[Values]:
        """Those of some of its days."""
        day = attrgetter("effective_date")
        start, end = bisect_left(self.values, first, key=day), bisect_right(self.values, last, key=day)
        return iter(self.values[start:end])


@dataclass(frozen=True, slots=True)
class Daily:
    """The values of `pair` day by day, of one `source` or of the headline as it was in force. Those that are
    `held` are not read again.

    A cross has a value on the days on which both of its `legs` have one; a leg that is fixed by decree has
    one on every day.
    """

    reader: Reader
    catalog: Catalog
    pair: Pair
    source: Source | None
    legs: tuple[Daily, ...] = ()
    held: Held | None = None

    @classmethod
    def of(cls, reader: Reader, catalog: Catalog, pair: Pair, source: str | None) -> Daily:
        """The values of any pair served; raises UnknownSource."""
        across = tuple(cls.of(reader, catalog, leg, source) for leg in legs(pair))
        return cls(reader, catalog, pair, catalog[source] if source else None, across)

    @classmethod
    def by(cls, reader: Reader, catalog: Catalog, pair: Pair, sources: Iterable[str | None]) -> Daily:
        """Those of a cross, each leg by the source named in its place."""
        across = zip(legs(pair), sources, strict=True)
        return cls(reader, catalog, pair, None, tuple(cls.of(reader, catalog, *leg) for leg in across))

    def by_the_same(self, day: date) -> Daily:
        """The same by those sources alone that it has its value of `day` from."""
        if self.legs:
            return replace(self, legs=tuple(leg.by_the_same(day) for leg in self.legs), held=None)
        heard = _last(self.between(day, day))
        source = self.catalog[heard.sources[0]] if heard else self.voices[0]
        return replace(self, source=source, held=None)

    def holding(self, first: date, last: date) -> Daily:
        """The same with the values of some days at hand, for whoever asks of them several times."""
        return replace(self, held=Held(first, last, list(self.between(first, last))))

    @property
    def derived(self) -> bool:
        """Whether it is a cross."""
        return bool(self.legs)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """What it is made of: the legs of a cross, or the pair itself."""
        return tuple(leg.pair for leg in self.legs) or (self.pair,)

    @property
    def voices(self) -> Sequence[Source]:
        """The source that is asked, or that has the first word; for each leg of a cross."""
        if self.legs:
            return [voice for leg in self.legs for voice in leg.voices]
        return [self.source or self.catalog.order(self.pair)[0]]

    def today(self, now: datetime) -> date:
        """The newest day that has begun for all voices."""
        return min(day_of(now, voice.calendar.zone) for voice in self.voices)

    def validity(self, now: datetime, until: date | None = None) -> Validity:
        """How long an answer about days up to `until` holds: closed when they are over for all voices."""
        zones = [voice.calendar.zone for voice in self.voices]
        if until is not None and until < self.today(now):
            return closed_validity(self.reader, since=max(starts(until + ONE_DAY, zone) for zone in zones))
        asked = self.source.key if self.source else None
        return open_validity(self.reader, self.catalog, self.pairs, now, asked, zones)

    def thinned(self) -> int:
        """Of how many days rows were dropped, which takes no version but leaves out points."""
        if self.legs:
            return sum(leg.thinned() for leg in self.legs)
        heard = [self.source] if self.source else self.catalog.order(canonical(self.pair))
        place = {"since": date.min, "until": date.max}
        return sum(
            len(self.reader.dropped(canonical(self.pair), voice.key, **place))
            for voice in heard
            if speaks_all_day(voice.calendar)
        )

    def between(self, first: date, last: date) -> Iterator[Values]:
        """The values of the days from `first` to `last`, oldest first."""
        if first > last:
            return iter(())
        if self.held and self.held.first <= first and last <= self.held.last:
            return self.held.between(first, last)
        if self.legs:
            return self._across(first, last)
        return by_day(self._days(first, last), self.pair)

    def last(self, until: date) -> Values | None:
        """The newest value at or before a day."""
        end = until
        for stretch in STRETCHES:
            if end - date.min <= stretch:
                break
            found = _last(self.between(end - stretch, end))
            if found is not None:
                return found
            end -= stretch + ONE_DAY
        return _last(self.between(date.min, end))

    def _days(self, first: date, last: date) -> Iterator[Day]:
        filed = canonical(self.pair)
        if self.source:
            return self._said_by(self.source, first, last)
        return in_force(
            self.reader,
            self.catalog,
            filed,
            lambda voice: self._said_by(voice, first, last),
            attrgetter("effective_date"),
        )

    def _said_by(self, voice: Source, first: date, last: date) -> Iterator[Day]:
        place = (canonical(self.pair), voice.key)
        if speaks_all_day(voice.calendar):
            return self.reader.days(*place, since=first, until=last)
        said = self.reader.publications(*place, since=first, until=last)
        return (Day.of(each.said) for each in said)

    def _across(self, first: date, last: date) -> Iterator[Values]:
        one, other = sorted(self.legs, key=lambda leg: leg.voices[0].kind == "peg")
        if other.voices[0].kind == "peg":
            return _by_decree(one.between(first, last), list(other._decrees(last)))
        return _on_common_days(one.between(first, last), other.between(first, last))

    def _decrees(self, until: date) -> Iterator[Values]:
        said = self.reader.publications(canonical(self.pair), self.voices[0].key, until=until)
        return (towards([Day.of(each.said)], self.pair) for each in said)


def _last(values: Iterable[Values]) -> Values | None:
    newest = deque(values, maxlen=1)
    return newest[0] if newest else None


def _on_common_days(one: Iterator[Values], other: Iterator[Values]) -> Iterator[Values]:
    both = merge(one, other, key=attrgetter("effective_date"))
    for _, group in groupby(both, key=attrgetter("effective_date")):
        values = list(group)
        if len(values) == 2:
            yield crossed(*values)


def _by_decree(values: Iterable[Values], decrees: Sequence[Values]) -> Iterator[Values]:
    for each in values:
        known = [decree for decree in decrees if decree.effective_date <= each.effective_date]
        if known:
            yield crossed(each, known[-1])
