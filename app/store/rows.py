"""Rows to what the domain speaks of, and back. Each list of columns is read by the function below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain.answers import LastError
from app.domain.change import Basis, Change, Reference
from app.domain.days import Day
from app.domain.observations import ACCEPTED, Judgement, Observation, Origin, Published, Recorded, Reported
from app.domain.pairs import Pair
from app.domain.ticks import Previous, Tick
from app.store.base import Counter, Plain, SourceHealth
from app.store.chain import ORIGIN
from app.store.prepared import AnyRow
from app.store.tables import (
    counter,
    days,
    dropped_days,
    earlier_extents,
    extents,
    judgements,
    observations,
    source_health,
    ticks,
    versions,
)
from app.store.tally import Count

COUNTER = (
    counter.c.log_id,
    counter.c.version,
    counter.c.seq,
    versions.c.recorded_at,
    counter.c.simulated,
    versions.c.hash,
)

SEALED = (*COUNTER, counter.c.created_at, counter.c.seal)
"""With what else a writer needs of it."""

_SAID = (
    observations.c.id,
    observations.c.source,
    observations.c.published_pair,
    observations.c.published_value,
    observations.c.nominal,
    observations.c.effective_date,
    observations.c.observed_at,
    observations.c.fetched_at,
    observations.c.reported_pct,
    observations.c.reported_difference,
    observations.c.url,
    observations.c.body,
    observations.c.revision,
    observations.c.version,
    observations.c.recorded_at,
)

RECORDED = (*_SAID, judgements.c.version, judgements.c.verdict, judgements.c.rule, judgements.c.reason)
"""Of an observation, with the newest judgement on it at the version asked about."""

PRINTED = (
    observations.c.effective_date,
    observations.c.observed_at,
    observations.c.published_pair,
    observations.c.published_value,
    observations.c.nominal,
    observations.c.rate,
    observations.c.revision,
    observations.c.version,
    observations.c.recorded_at,
)
"""Of a publication, in the order of a Printed."""

PLAIN = (
    observations.c.effective_date,
    observations.c.observed_at,
    observations.c.published_pair,
    observations.c.published_value,
    observations.c.nominal,
)

DROPPABLE = (observations.c.id, observations.c.version, observations.c.hash, *PLAIN[1:])
"""Of a first revision of a day that is told: its number, version and hash, and what was printed when."""

HEALTH = tuple(source_health.c)
TICK = tuple(column for column in ticks.c if column.name != "hash")
DAY = tuple(days.c[each.name] for each in fields(Day))
DROPPED_DAY = tuple(dropped_days.c[each.name] for each in fields(Day))
"""Its own fields, in their order."""

EXTENT = tuple(extents.c[name] for name in Count._fields)
EARLIER_EXTENT = tuple(earlier_extents.c[name] for name in Count._fields)
"""Those of a Count."""


def to_counter(row: AnyRow) -> Counter:
    """From the columns COUNTER, or those that begin with them."""
    log_id, version, seq, recorded_at, simulated, head, *_ = row
    return Counter(log_id, version, seq, recorded_at, simulated, ORIGIN if head is None else head)


def to_recorded(row: AnyRow) -> Recorded:
    """From the columns RECORDED."""
    number, source, pair, value, nominal, day, observed_at, fetched_at, pct, difference, *rest = row
    url, body, revision, version, recorded_at, judged_in, verdict, rule, reason = rest
    reported = None if pct is None and difference is None else Reported(pct, difference)
    origin = None if url is None and body is None else Origin(url, body)
    said = Observation(
        source, Published(pair, value, nominal), day, observed_at, fetched_at, reported, origin
    )
    judgement = ACCEPTED if verdict is None else Judgement(verdict, rule, reason)
    return Recorded(number, said, revision, version, recorded_at, judged_in or version, judgement)


def to_plain(source: str, pair: Pair, row: AnyRow) -> Plain:
    """From the columns PLAIN, of a first revision."""
    day, observed_at, printed, value, nominal = row
    return (
        source,
        str(pair),
        day.isoformat(),
        observed_at.isoformat(" ", "microseconds"),
        0,
        str(printed),
        value,
        nominal,
        "",
    )


def from_recorded(recorded: Recorded) -> dict[str, Any]:
    """A row of `observations`."""
    said = recorded.said
    reported = said.reported or Reported()
    return {
        "id": recorded.id,
        "source": said.source,
        "pair": said.pair,
        "effective_date": said.effective_date,
        "observed_at": said.observed_at,
        "revision": recorded.revision,
        "published_pair": said.published.pair,
        "published_value": said.published.value,
        "nominal": said.published.nominal,
        "rate": _positive_rate(said),
        "reported_pct": reported.pct,
        "reported_difference": reported.difference,
        "fetched_at": said.fetched_at,
        "recorded_at": recorded.recorded_at,
        "version": recorded.version,
        "url": said.origin.url if said.origin else None,
        "body": said.origin.body if said.origin else None,
    }


def _positive_rate(said: Observation) -> Decimal | None:
    """The rate, or None of what was rejected for not being one."""
    try:
        rate = said.rate
    except (ValueError, ZeroDivisionError):
        return None
    return rate if rate > 0 else None


def to_tick(row: AnyRow) -> Tick:
    """From the columns TICK."""
    seq, rate, corrects, observation_id = row[19:]
    previous = None if seq is None else Previous(seq, rate)
    fields: AnyRow = (*row[:12], _to_change(*row[12:19]), previous, corrects, observation_id)
    return Tick(*fields)


def _to_change(
    basis: Basis,
    pct: Decimal | None,
    absolute: Decimal | None,
    rate: Decimal | None,
    day: date | None,
    span_days: int | None,
    reason: str | None,
) -> Change:
    reference = None if rate is None else Reference(rate, day)
    return Change(basis, pct, absolute, reference, span_days, reason)


def from_tick(tick: Tick) -> dict[str, Any]:
    """A row of `ticks`."""
    change, reference, previous = tick.change, tick.change.reference, tick.previous
    return {
        "seq": tick.seq,
        "version": tick.version,
        "pair": tick.pair,
        "cause": tick.cause,
        "at": tick.at,
        "recorded_at": tick.recorded_at,
        "rate": tick.rate,
        "source": tick.source,
        "kind": tick.kind,
        "effective_date": tick.effective_date,
        "revision": tick.revision,
        "unchanged": tick.unchanged,
        "change_basis": change.basis,
        "change_pct": change.pct,
        "change_abs": change.abs,
        "change_reference_rate": reference.rate if reference else None,
        "change_reference_date": reference.effective_date if reference else None,
        "change_span_days": change.span_days,
        "change_reason": change.reason,
        "previous_seq": previous.seq if previous else None,
        "previous_rate": previous.rate if previous else None,
        "corrects": tick.corrects,
        "observation_id": tick.observation_id,
    }


def to_health(row: AnyRow) -> SourceHealth:
    """From the columns HEALTH."""
    source, checked_at, last_success_at, failing_since, *error = row
    last_error = None if error[0] is None else LastError(*error)
    return SourceHealth(source, checked_at, last_success_at, failing_since, last_error)


def to_dropped_days(source: str, day: date, found: Iterable[AnyRow]) -> Iterator[tuple[int, Day]]:
    """From the columns DROPPABLE of one day, oldest first: each form, with the newest version in it."""
    forms: dict[tuple[Pair, int], list[AnyRow]] = {}
    for row in found:
        *_, printed, _, nominal = row
        forms.setdefault((printed, nominal), []).append(row)
    for (printed, nominal), of_form in forms.items():
        said = [(at, value) for *_, at, _, value, _ in of_form]
        yield max(version for _, version, *_ in of_form), Day.summed(source, day, printed, nominal, said)


def from_day(day: Day, version: int) -> dict[str, Any]:
    """A row of `days`, without its hash."""
    found = {each.name: getattr(day, each.name) for each in fields(Day)}
    return {"pair": day.pair, **found, "version": version}
