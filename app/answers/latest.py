"""The headline of each pair: now, on a day, or what one source says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from app.answers.crosses import across
from app.answers.headlines import ONE_DAY, headline_on, heard
from app.answers.validity import Validity, closed_validity, open_validity
from app.domain.answers import Answer, HeldValue, Latest, LatestRow, Missing, Row
from app.domain.calendar import day_of, speaks_all_day, starts
from app.domain.change import change
from app.domain.errors import (
    NoRateAtDate,
    NoRateYet,
    NothingThere,
    NotPublished,
    OnlyUpcoming,
    StoreDamaged,
    TooOld,
)
from app.domain.headline import Headline, Standing, headline
from app.domain.observations import Recorded
from app.domain.pairs import TICKER, Pair, canonical, legs, made_of
from app.domain.ticks import Tick
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader, candidates

FAR_AHEAD, MOST_AHEAD = timedelta(days=7), 50
"""No publication is accepted that is dated further ahead, and there are no more of them."""


def latest(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pairs: Sequence[Pair] = TICKER,
    source: str | None = None,
    on: date | None = None,
    precision: int | None = None,
    max_age_days: int | None = None,
) -> Answer[Latest]:
    """One row for each of `pairs`, in their order: the headline in force, on the effective day `on`, or of
    one `source`.

    A pair without a row is under `missing`. `max_age_days` leaves out what is older, counted in days of the
    source's zone from its effective date. Raises UnknownSource.
    """
    asked = Question(reader, catalog, now, source, on, precision, max_age_days)
    rates: list[Row] = []
    missing: list[Missing] = []
    for pair in pairs:
        try:
            rates.append(asked.row(pair))
        except NothingThere as error:
            missing.append(Missing(pair, error.type))  # type: ignore[arg-type]  # NothingThere's own slugs are those of Missing
    upcoming = [row for pair in pairs if (row := asked.upcoming(pair))]
    counter = reader.counter()
    body = Latest(
        max((row.recorded_at for row in rates), default=None),
        counter.version,
        counter.seq,
        tuple(rates),
        tuple(missing),
        tuple(upcoming),
    )
    return asked.validity(pairs).answer(body)


def latest_row(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    source: str | None = None,
    on: date | None = None,
    precision: int | None = None,
    max_age_days: int | None = None,
) -> Answer[LatestRow]:
    """The row of one pair, as in `latest`; raises the NothingThere that says why there is none, and
    UnknownSource.
    """
    asked = Question(reader, catalog, now, source, on, precision, max_age_days)
    return asked.validity([pair]).answer(LatestRow(asked.row(pair), asked.upcoming(pair)))


def not_yet(pair: Pair, day: date) -> NoRateAtDate:
    """Why there is no rate for a day that is still to come."""
    return NoRateAtDate(f"No rate of {pair} for {day} has been published yet.", pair=str(pair))


class Question:
    """One question about rows: what was asked, and the reading that answers it."""

    def __init__(
        self,
        reader: Reader,
        catalog: Catalog,
        now: datetime,
        source: str | None,
        on: date | None,
        precision: int | None = None,
        max_age_days: int | None = None,
    ) -> None:
        self.reader, self.catalog, self.now = reader, catalog, now
        self.source, self.on = (catalog[source].key if source else None), on
        self.precision, self.max_age_days = precision, max_age_days

    def row(self, pair: Pair) -> Row:
        """The row of `pair`; raises NothingThere, of a cross that of the first leg without a row."""
        if legs(pair):
            one, other = (self._leg(pair, leg) for leg in legs(pair))
            return across(self.reader, self.catalog, pair, (one, other), self.precision)
        found = self.found(pair)
        row = self._fill(pair, found)
        self._refuse_if_old(row, found)
        return row

    def _leg(self, pair: Pair, leg: Pair) -> Row:
        """The row of a leg of `pair`."""
        try:
            return self.row(leg)
        except NotPublished:
            raise
        except NothingThere as error:
            raise type(error)(f"{pair} is made of {leg}. {error}", pair=str(pair)) from error

    def _decreed(self, leg: Pair) -> Row | None:
        """The row of a leg that is fixed by decree."""
        found = self._headline(canonical(leg))
        return self._fill(leg, found) if found and found.standing.status == "pegged" else None

    def found(self, pair: Pair) -> Headline:
        """The headline asked for, however old it is; raises NothingThere."""
        filed = canonical(pair)
        self._refuse_unpublished(pair, filed)
        if self.on is not None and self.on > self._today(filed):
            return self._to_come(pair, self.on)
        found = self._headline(filed)
        if found is None:
            raise self._nothing(pair)
        return found

    def _to_come(self, pair: Pair, day: date) -> Headline:
        """What is published for a day to come, or stands until the next publication after it; a decree stands
        on any day. Raises NothingThere.
        """
        coming = self._coming(canonical(pair), until=day)
        if coming:
            said = coming.standing.recorded.said
            if self.catalog[said.source].calendar.next_day(said.effective_date) > day:
                return coming
        now = self._headline(canonical(pair))
        if now and now.standing.status == "pegged":
            return now
        raise not_yet(pair, day)

    def _refuse_unpublished(self, pair: Pair, filed: Pair) -> None:
        """Raise NotPublished where the source that was asked for never says anything of the pair."""
        if self.source and filed not in self.catalog[self.source].pairs:
            keys = ", ".join(voice.key for voice in self.catalog.order(filed))
            raise NotPublished(
                f"{self.source} does not publish {pair}.", pair=str(pair), expected=f"one of {keys}"
            )

    def upcoming(self, pair: Pair) -> Row | None:
        """What is published of `pair` for the next day after its source's today; nothing when a day was
        asked for. A cross has it when both of its legs do, or one is fixed by decree.
        """
        if legs(pair):
            one, other = (self.upcoming(leg) or self._decreed(leg) for leg in legs(pair))
            if one is None or other is None:
                return None
            return across(self.reader, self.catalog, pair, (one, other), self.precision)
        coming = self._coming(canonical(pair)) if self.on is None else None
        return self._fill(pair, coming) if coming else None

    def validity(self, pairs: Sequence[Pair]) -> Validity:
        """Closed when a day was asked for that is over everywhere."""
        parts = list(chain.from_iterable(map(made_of, pairs)))
        if self.on is None:
            return open_validity(self.reader, self.catalog, parts, self.now, self.source)
        zones = {self._zone(canonical(pair)) for pair in parts}
        ends = [starts(self.on + ONE_DAY, zone) for zone in zones]
        if all(end <= self.now for end in ends):
            return closed_validity(self.reader, since=max(ends, default=None))
        return open_validity(self.reader, self.catalog, parts, self.now, self.source, zones)

    def _zone(self, filed: Pair) -> ZoneInfo:
        """That of the first source that speaks for the pair."""
        return heard(self.catalog, filed, self.source)[0].calendar.zone

    def _today(self, filed: Pair) -> date:
        """Today where the first source that speaks for the pair is."""
        return day_of(self.now, self._zone(filed))

    def _headline(self, filed: Pair) -> Headline | None:
        if self.on is not None and self.on < self._today(filed):
            return headline_on(self.reader, self.catalog, filed, self.on, self.source)
        order = heard(self.catalog, filed, self.source)
        if self.on is None and self._before_all_that_is_known():
            return headline(self._known_then(filed, order), order, self.now)
        if self.source is None and self.on is None:
            tick = self.reader.last_tick(filed)
            if tick:
                return self._in_force(filed, tick)
        days = {source.key: day_of(self.now, source.calendar.zone) for source in order}
        return headline(candidates(self.reader, filed, days), order, self.now)

    def _known_then(self, filed: Pair, order: Sequence[Source]) -> Iterator[Recorded]:
        """What each source had said at an instant that is over. What was to be published in advance counts
        as known by then, as on a day that is over.
        """
        for source in order:
            today = day_of(self.now, source.calendar.zone)
            said = [self.reader.newest(filed, source.key, until=today, at=self.now)]
            if not speaks_all_day(source.calendar):
                said.append(self.reader.newest(filed, source.key, until=source.calendar.next_day(today)))
            yield from filter(None, said)

    def _known_until(self, source: Source, today: date) -> date:
        """Up to which day what a source said was known, `today` being its own at the instant asked about."""
        if not self._before_all_that_is_known():
            return date.max
        return today if speaks_all_day(source.calendar) else source.calendar.next_day(today)

    def _before_all_that_is_known(self) -> bool:
        """Whether the instant is one at which the newest of what is known was not: no tick tells of it."""
        recorded_at = self.reader.counter().recorded_at
        return recorded_at is not None and self.now < recorded_at

    def _in_force(self, filed: Pair, tick: Tick) -> Headline | None:
        """What the newest tick says: readers do not choose the headline of now. But a day begins without a
        poller, too: then what its source published for that is in force. None when its source is off.
        """
        if tick.source not in self.catalog.enabled:
            return None
        recorded = self.reader.recorded(tick.observation_id) if tick.observation_id else None
        if recorded is not None and not recorded.accepted:
            return None  # a person took it back, and there is nothing else to show
        newest = self.reader.newest(filed, tick.source)
        if recorded is None or newest is None:
            raise StoreDamaged(
                f"Tick {tick.seq} names a rate of {filed} from {tick.source} that the record lacks."
            )
        calendar, begun = self.catalog[tick.source].calendar, self._begun(recorded, newest)
        return Headline(Standing.of(begun, newest, calendar, self.now), self.catalog.order(filed))

    def _begun(self, ticked: Recorded, newest: Recorded) -> Recorded:
        """The last of what the source of a tick published for days that have begun."""
        said = ticked.said
        if newest.said.effective_date <= said.effective_date:
            return ticked
        today = day_of(self.now, self.catalog[said.source].calendar.zone)
        *_, last = ticked, *(each for each in self._ahead(newest) if each.said.effective_date <= today)
        return max(ticked, last, key=lambda each: each.said.effective_date)

    def _ahead(self, newest: Recorded) -> Iterator[Recorded]:
        """What a source published last, as far ahead of its today as any may."""
        # By what is recorded, not by the clock: so it is known when a day begins without a store.
        pair, source = newest.said.pair, newest.said.source
        since = newest.said.effective_date - FAR_AHEAD
        return self.reader.publications(pair, source, since=since, limit=MOST_AHEAD)

    def _coming(self, filed: Pair, until: date | None = None) -> Headline | None:
        """What the first source that has published ahead says of its next day, or of the last day at or
        before `until`.
        """
        order = heard(self.catalog, filed, self.source)
        for source in order:
            today = day_of(self.now, source.calendar.zone)
            newest = self.reader.newest(filed, source.key, until=self._known_until(source, today))
            if newest is None or newest.said.effective_date <= today:
                continue
            end = until or date.max
            ahead = [each for each in self._ahead(newest) if today < each.said.effective_date <= end]
            if ahead:
                chosen = ahead[-1] if until else ahead[0]
                return Headline(Standing.of(chosen, newest, source.calendar, self.now), order)
        return None

    def _nothing(self, pair: Pair) -> NothingThere:
        """Why there is no row."""
        if self.on is not None:
            return NoRateAtDate(f"No rate of {pair} was in force on {self.on}.", pair=str(pair))
        coming = self._coming(canonical(pair))
        if coming:
            day = coming.standing.recorded.said.effective_date
            return OnlyUpcoming(f"The only rate of {pair} so far comes into force on {day}.", pair=str(pair))
        whose = f" from {self.source}" if self.source else ""
        return NoRateYet(f"No rate of {pair}{whose} has been recorded yet.", pair=str(pair))

    def _refuse_if_old(self, row: Row, found: Headline) -> None:
        """The age is that on the day asked for, or today, in days of the zone of the row's source."""
        if self.max_age_days is None or row.status == "pegged":
            return
        today = day_of(self.now, self.catalog[found.source].calendar.zone)
        age = (min(self.on or today, today) - row.effective_date).days
        if age > self.max_age_days:
            raise TooOld(
                f"The newest rate of {row.pair} is of {row.effective_date}, {age} days old;"
                f" no more than {self.max_age_days} were asked for.",
                pair=str(row.pair),
            )

    def _fill(self, pair: Pair, found: Headline) -> Row:
        """The row of what was found, in the direction asked for."""
        recorded, deadlines = found.standing.recorded, found.standing.deadlines
        said, source = recorded.said, self.catalog[recorded.said.source]
        earlier = self.reader.newest(said.pair, said.source, until=said.effective_date - ONE_DAY)
        return Row(
            pair=pair,
            base=pair.base,
            quote=pair.quote,
            rate=said.published.rate(pair, self.precision),
            inverse=said.published.rate(pair.inverse, self.precision),
            source=said.source,
            kind=source.kind,
            fallback=self.catalog.first(said.pair) != said.source,
            effective_date=said.effective_date,
            observed_at=said.observed_at,
            fetched_at=said.fetched_at,
            recorded_at=recorded.recorded_at,
            revision=recorded.revision,
            version=recorded.version,
            seq=self._seq(recorded),
            published=said.published,
            change=change(pair, said, earlier.said if earlier else None, source.kind),
            status=found.standing.status,
            late_at=deadlines.late_at,
            stale_at=deadlines.stale_at,
            expected_next_at=deadlines.expected_next_at,
            held=self._held(pair, recorded),
        )

    def _seq(self, recorded: Recorded) -> int | None:
        """The tick that put this rate into the headline, if it is there now."""
        tick = self.reader.last_tick(recorded.said.pair) if self.on is None else None
        shown = (recorded.said.source, recorded.said.effective_date, recorded.revision)
        return tick.seq if tick and (tick.source, tick.effective_date, tick.revision) == shown else None

    def _held(self, pair: Pair, recorded: Recorded) -> HeldValue | None:
        """What waits for evidence of the headline's source, or of one that is believed before it: newer than
        the last that is believed of that.
        """
        if self.on is not None:
            return None
        filed = recorded.said.pair
        for source in heard(self.catalog, filed, recorded.said.source if self.source else None):
            last = recorded if source.key == recorded.said.source else self.reader.newest(filed, source.key)
            for doubt in self.reader.doubts("held", source=source.key, pair=filed):
                if last is None or _place(doubt) > _place(last):
                    return _held_value(pair, doubt)
            if source.key == recorded.said.source:
                break
        return None


def _place(recorded: Recorded) -> tuple[date, int]:
    return recorded.said.effective_date, recorded.id


def _held_value(pair: Pair, doubt: Recorded) -> HeldValue:
    return HeldValue(
        id=doubt.id,
        source=doubt.said.source,
        effective_date=doubt.said.effective_date,
        rate=doubt.said.published.rate(pair),
        published=doubt.said.published,
        rule=doubt.judgement.rule,
        reason=doubt.judgement.reason,
    )
