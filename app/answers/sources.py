"""The sources: what each is, what it covers, and how it is doing at the moment of asking."""

from __future__ import annotations

from calendar import day_name
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from app.answers.validity import closed_validity
from app.domain.answers import Answer, CalendarFacts, Doubt, EraFacts, PairCoverage, Sources, SourceState
from app.domain.calendar import NEVER, Calendar, Deadlines, Schedule, Status, day_of, status
from app.domain.observations import Observation, Recorded, Verdict
from app.domain.pairs import Pair
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Extent, Reader, newest_said

MOST_DOUBTS = 100


def sources(reader: Reader, catalog: Catalog, now: datetime) -> Answer[Sources]:
    """Every source of the catalog, enabled or not."""
    extents, counts = reader.extents(), reader.doubt_counts()
    body = Sources(tuple(_state(reader, catalog, source, now, extents, counts) for source in catalog.sources))
    return closed_validity(reader, closed=False).answer(body)


def source(reader: Reader, catalog: Catalog, now: datetime, *, key: str) -> Answer[SourceState]:
    """One source, with the newest observations of it that are held or were rejected; raises UnknownSource."""
    found = catalog[key]
    state = _state(reader, catalog, found, now, reader.extents(), reader.doubt_counts(), alone=True)
    return closed_validity(reader, closed=False).answer(state)


@dataclass(frozen=True, slots=True)
class Roll:
    """The sources that are heard, those with values that wait for evidence with these; and those that are
    off.
    """

    heard: Sequence[SourceState]
    off: Sequence[SourceState]


def is_asked(source: SourceState) -> bool:
    """Whether a source is worth a reader's time: a ticker page that nobody ever imported is not."""
    return source.enabled and bool(source.pairs or source.kind != "page")


def roll(reader: Reader, catalog: Catalog, now: datetime) -> Roll:
    """The sources as `/v1/sources` has them, those that are heard as `/v1/sources/{key}` has."""
    states = sources(reader, catalog, now).body.sources
    heard = [each.key for each in states if is_asked(each)]
    return Roll(
        heard=[source(reader, catalog, now, key=key).body for key in heard],
        off=[each for each in states if each.key not in heard],
    )


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """How a source stands: the date of its newest publication, which may be tomorrow's, the status of the
    newest that its days have reached (`upcoming`: none), how many that were due did not come, and what is
    expected by when. Without any publication the first two are None.
    """

    newest: date | None
    status: Status | None
    missed: int
    deadlines: Deadlines


def standing_of(reader: Reader, source: Source, now: datetime) -> SourceStanding:
    """How `source` stands at `now`."""
    today, calendar = day_of(now, source.calendar.zone), source.calendar
    newest, reached = _newest(reader, source), _newest(reader, source, today)
    if newest is None:
        return SourceStanding(None, None, 0, NEVER)
    day, observed_at = newest.effective_date, newest.observed_at
    effective = (reached or newest).effective_date
    return SourceStanding(
        day,
        status(calendar, effective, day, now, observed_at),
        calendar.missed(day, now, observed_at),
        calendar.deadlines(day, observed_at),
    )


def _newest(reader: Reader, source: Source, until: date = date.max) -> Observation | None:
    return newest_said(reader, source.key, source.pairs, together=source.together, until=until)


def _state(
    reader: Reader,
    catalog: Catalog,
    source: Source,
    now: datetime,
    extents: Sequence[Extent],
    counts: Mapping[tuple[str, Verdict], int],
    *,
    alone: bool = False,
) -> SourceState:
    health = reader.health(source.key)
    standing = standing_of(reader, source, now)
    return SourceState(
        key=source.key,
        name=source.name,
        kind=source.kind,
        enabled=source.key in catalog.enabled,
        homepage=source.homepage,
        attribution=source.attribution,
        terms=source.terms,
        hosts=source.hosts,
        permission=source.permission,
        rounded=source.rounded,
        history_since=source.history.since if source.history else None,
        needs=source.needs,
        calendar=_calendar(source.calendar, standing),
        pairs=tuple(
            PairCoverage(each.pair, each.first, each.last, each.publications)
            for each in extents
            if each.source == source.key
        ),
        status=standing.status,
        publications_missed=standing.missed,
        checked_at=health.checked_at,
        last_success_at=health.last_success_at,
        failing_since=health.failing_since,
        last_error=health.last_error,
        held_count=counts.get((source.key, "held"), 0),
        rejected_count=counts.get((source.key, "rejected"), 0),
        held=doubts(reader, source.key, "held") if alone else None,
        rejected=doubts(reader, source.key, "rejected") if alone else None,
    )


def _calendar(calendar: Calendar, standing: SourceStanding) -> CalendarFacts:
    deadlines, eras = standing.deadlines, calendar.eras if isinstance(calendar, Schedule) else ()
    days = calendar.eras[-1].weekdays if isinstance(calendar, Schedule) else frozenset()
    window = f"{calendar.opens:%H:%M}-{calendar.closes:%H:%M}" if isinstance(calendar, Schedule) else None
    return CalendarFacts(
        zone=calendar.zone.key,
        publication_days=tuple(day_name[day] for day in sorted(days)),
        eras=tuple(EraFacts(era.since, tuple(day_name[day] for day in sorted(era.weekdays))) for era in eras),
        window=window,
        expected_next_at=deadlines.expected_next_at,
        late_at=deadlines.late_at,
        stale_at=deadlines.stale_at,
    )


def doubts(
    reader: Reader, key: str, verdict: Literal["held", "rejected"], pair: Pair | None = None
) -> tuple[Doubt, ...]:
    """What a source said that is held or was rejected, of one pair or of all, the newest first."""
    found = reader.doubts(verdict, source=key, pair=pair, limit=MOST_DOUBTS)
    return tuple(_doubt(recorded, verdict) for recorded in found)


def _doubt(recorded: Recorded, verdict: Literal["held", "rejected"]) -> Doubt:
    said = recorded.said
    return Doubt(
        id=recorded.id,
        verdict=verdict,
        pair=said.pair,
        effective_date=said.effective_date,
        rate=said.rate if said.published.positive else None,
        published=said.published,
        rule=recorded.judgement.rule,
        reason=recorded.judgement.reason,
        recorded_at=recorded.recorded_at,
    )
