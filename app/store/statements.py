"""The statements, made once: portable SQL that seeks along an index and computes nothing.

Parameters are named as in the contract. `known` is a version, FOREVER for "as known now".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from app.domain.observations import Verdict
from app.domain.rules import OPERATOR, UNMEANT
from app.store import rows
from app.store.tables import (
    bodies,
    closures,
    counter,
    coverage,
    days,
    dropped,
    dropped_days,
    earlier_extents,
    extents,
    judgements,
    lease,
    observations,
    source_health,
    ticks,
    versions,
)

FOREVER = 2**62
"""A version after every other, and more rows than there are: no bound, in a form that every engine takes."""

VERDICTS: list[ColumnElement[str]] = [literal_column(f"'{each}'") for each in get_args(Verdict)]

KNOWN = bindparam("known", type_=BigInteger)
LIMIT = bindparam("limit", type_=BigInteger)
PAIR = observations.c.pair == bindparam("pair")
SOURCE = observations.c.source == bindparam("source")
DATUM = ("pair", "source", "effective_date", "observed_at")
UNTIL = observations.c.effective_date <= bindparam("until")
SINCE = observations.c.effective_date >= bindparam("since")


def said_of(said: FromClause, column: str) -> ColumnElement[Any]:
    """A column of the newest judgement on a row, as known at `known`; null where none was ever needed."""
    judged = judgements.alias()
    found = (
        select(judged.c[column])
        .where(judged.c.observation_id == said.c.id, judged.c.version <= KNOWN)
        .order_by(judged.c.number.desc())
        .limit(1)
    )
    return found.scalar_subquery()


def verdict_of(said: FromClause) -> ColumnElement[str]:
    """The verdict on a row: without a judgement no rule objected."""
    return func.coalesce(said_of(said, "verdict"), literal_column("'accepted'"))


def in_force(said: FromClause) -> ColumnElement[bool]:
    """Accepted, as known at `known`."""
    return and_(said.c.version <= KNOWN, verdict_of(said) == literal_column("'accepted'"))


def meant(said: FromClause) -> ColumnElement[bool]:
    """Said, and neither refused for what it is in itself, nor by a person, nor taken back, whatever else is
    thought of it.
    """
    rule = func.coalesce(said_of(said, "rule"), literal_column("''"))
    return and_(
        said.c.version <= KNOWN,
        rule.not_in([literal_column(f"'{each}'") for each in sorted(UNMEANT)]),
        or_(rule != literal_column(f"'{OPERATOR}'"), verdict_of(said) == literal_column("'accepted'")),
    )


def superseded(by: Callable[[FromClause], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether the same datum has a later revision, among those that `by` accepts."""
    newer = observations.alias("newer")
    # Asked whether one exists, a planner may look for it among all rows of the pair.
    newest = (
        select(newer.c.revision)
        .where(
            *(newer.c[name] == observations.c[name] for name in DATUM),
            newer.c.revision > observations.c.revision,
            by(newer),
        )
        .order_by(newer.c.revision.desc())
        .limit(1)
    )
    return newest.scalar_subquery().is_not(None)


def newest_judgement(of: ColumnElement[int]) -> ColumnElement[bool]:
    """The newest judgement as known at `known` on the observation with the id `of`, joined to it."""
    other = judgements.alias("other")
    newest = (
        select(func.max(other.c.number))
        .where(other.c.observation_id == of, other.c.version <= KNOWN)
        .scalar_subquery()
    )
    return and_(judgements.c.observation_id == observations.c.id, judgements.c.number == newest)


def judged() -> FromClause:
    """Each observation beside its newest judgement as known at `known`, if it has one."""
    return observations.outerjoin(judgements, newest_judgement(observations.c.id))


def questioned() -> FromClause:
    """Each observation that has judgements beside the newest as known at `known`. The judgements lead: there
    are few.
    """
    return judgements.join(observations, newest_judgement(judgements.c.observation_id))


COUNTER = select(*rows.COUNTER).select_from(
    counter.outerjoin(versions, versions.c.version == counter.c.version)
)
LOCK_COUNTER = select(counter.c.id).with_for_update()
"""Waits for other writers. What follows it sees what they wrote: what it finds itself may be older."""

COUNTER_SEALED = select(*rows.SEALED).select_from(
    counter.outerjoin(versions, versions.c.version == counter.c.version)
)
SEQ_AT = (
    select(ticks.c.seq)
    .where(ticks.c.version <= KNOWN)
    .order_by(ticks.c.version.desc(), ticks.c.seq.desc())
    .limit(1)
)

VERSION_AT = (
    select(versions.c.version)
    .where(versions.c.recorded_at <= bindparam("instant"))
    .order_by(versions.c.recorded_at.desc(), versions.c.version.desc())
    .limit(1)
)
AT_VERSION = select(versions.c.recorded_at, versions.c.hash).where(versions.c.version == bindparam("version"))


def newest(*bounds: ColumnElement[bool]) -> Select[Any]:
    """The newest in force within `bounds`: one seek, backwards from there."""
    order = (observations.c.effective_date, observations.c.observed_at, observations.c.revision)
    return (
        select(*rows.RECORDED)
        .select_from(judged())
        .where(PAIR, SOURCE, *bounds, in_force(observations))
        .order_by(*(column.desc() for column in order))
        .limit(1)
    )


NEWEST = newest(SINCE, UNTIL)
NEWEST_AT = newest(
    SINCE,
    # As one bound, not two: a day of minutes has many rows after the instant, which would be walked through.
    tuple_(observations.c.effective_date, observations.c.observed_at)
    <= tuple_(
        bindparam("until", type_=observations.c.effective_date.type),
        bindparam("at", type_=observations.c.observed_at.type),
    ),
    observations.c.observed_at <= bindparam("at"),
)
ACCEPTED = (
    select(*rows.RECORDED)
    .select_from(judged())
    .where(PAIR, SOURCE, SINCE, UNTIL, in_force(observations))
    .order_by(observations.c.effective_date, observations.c.observed_at, observations.c.revision)
    .limit(LIMIT)
    .execution_options(yield_per=1000)
)
PUBLICATIONS = ACCEPTED.where(~superseded(by=in_force))
PRINTED_EVER = (
    select(*rows.PRINTED)
    .where(PAIR, SOURCE, SINCE, UNTIL, in_force(observations))
    .order_by(observations.c.effective_date, observations.c.observed_at, observations.c.revision)
    .execution_options(yield_per=1000)
)
PRINTED = PRINTED_EVER.where(~superseded(by=in_force))
PLAIN = (
    select(*rows.PLAIN)
    .where(PAIR, SOURCE, SINCE, observations.c.version <= KNOWN)
    .where(~superseded(by=lambda newer: newer.c.version <= KNOWN), observations.c.revision == 0)
    # PostgreSQL takes a missing verdict for rare, and would sort all rows of a series to find some.
    .where(func.coalesce(said_of(observations, "verdict"), literal_column("''")).not_in(VERDICTS))
    .order_by(observations.c.effective_date, observations.c.observed_at)
    .limit(LIMIT)
)
REVISIONS = (
    select(*rows.RECORDED)
    .select_from(judged())
    .where(
        *(PAIR, SOURCE, observations.c.version <= KNOWN),
        observations.c.effective_date == bindparam("effective_date"),
        observations.c.observed_at == bindparam("observed_at"),
    )
    .order_by(observations.c.revision)
)
MEANT = (
    select(*rows.RECORDED)
    .select_from(judged())
    .where(PAIR, SOURCE, SINCE, UNTIL, meant(observations), ~superseded(by=meant))
    .order_by(observations.c.effective_date, observations.c.observed_at)
    .limit(LIMIT)
)
RECORDED = (
    select(*rows.RECORDED).select_from(judged()).where(observations.c.id == bindparam("observation_id"))
)

_DOUBTS = (
    select(*rows.RECORDED)
    .select_from(questioned())
    .where(judgements.c.verdict == bindparam("verdict"))
    .order_by(judgements.c.observation_id.desc())
    .limit(LIMIT)
)
DOUBTS = {
    frozenset[str](): _DOUBTS,
    frozenset({"source"}): _DOUBTS.where(SOURCE),
    frozenset({"pair"}): _DOUBTS.where(PAIR),
    frozenset({"source", "pair"}): _DOUBTS.where(SOURCE, PAIR),
}
"""By what they are narrowed down to."""

QUESTIONED = (
    select(*rows.RECORDED)
    .select_from(questioned())
    .where(
        judgements.c.effective_date >= bindparam("since"),
        judgements.c.effective_date <= bindparam("until"),
    )
)

DOUBT_COUNTS = (
    select(observations.c.source, judgements.c.verdict, func.count())
    .select_from(questioned())
    .where(judgements.c.verdict != literal_column("'accepted'"))
    .group_by(observations.c.source, judgements.c.verdict)
)
EXTENTS = select(*rows.EXTENT)
EARLIER_EXTENT = (
    select(*rows.EARLIER_EXTENT)
    .where(
        earlier_extents.c.source == bindparam("source"),
        earlier_extents.c.pair == bindparam("pair"),
        earlier_extents.c.begun <= KNOWN,
    )
    .order_by(earlier_extents.c.begun.desc())
    .limit(1)
)
ADD_EXTENT = insert(extents)
ADD_EARLIER_EXTENT = insert(earlier_extents)
DROP_EXTENT = delete(extents).where(
    extents.c.source == bindparam("source"), extents.c.pair == bindparam("pair")
)
COUNTED = select(func.count()).where(
    PAIR, SOURCE, SINCE, UNTIL, in_force(observations), ~superseded(by=in_force)
)
_COUNTED = union_all(
    select(
        observations.c.source,
        observations.c.pair,
        func.min(observations.c.effective_date).label("since"),
        func.max(observations.c.effective_date).label("until"),
        func.count().label("publications"),
    )
    .where(in_force(observations), ~superseded(by=in_force))
    .group_by(observations.c.pair, observations.c.source),
    select(
        dropped_days.c.source,
        dropped_days.c.pair,
        dropped_days.c.effective_date,
        dropped_days.c.effective_date,
        dropped_days.c["count"],
    ).where(dropped_days.c.version <= KNOWN),
).subquery()
EXTENTS_COUNTED = select(
    _COUNTED.c.source,
    _COUNTED.c.pair,
    func.min(_COUNTED.c.since),
    func.max(_COUNTED.c.until),
    cast(func.sum(_COUNTED.c.publications), BigInteger),
).group_by(_COUNTED.c.pair, _COUNTED.c.source)
"""What is there, and what was dropped of it."""

TICK = select(*rows.TICK).where(ticks.c.seq == bindparam("seq"), ticks.c.version <= KNOWN)


def of_pair(since: ColumnElement[int], known: ColumnElement[int] = KNOWN) -> ColumnElement[bool]:
    """The ticks of a pair from version `since` on, as known at `known`."""
    # A pair as a range, and in the order: a planner that may also go through all ticks by seq will, and not
    # find its way out where a pair has few. Versions instead of seqs, as SQLite has no ranges of row values
    # that its own number of a row is part of.
    place, pair = tuple_(ticks.c.pair, ticks.c.version), bindparam("pair", type_=ticks.c.pair.type)
    return and_(place >= tuple_(pair, since), place <= tuple_(pair, known))


_BEFORE = ticks.alias("before")
_SINCE = select(_BEFORE.c.version).where(_BEFORE.c.seq == bindparam("after")).scalar_subquery()
LAST_TICK = (
    select(*rows.TICK)
    .where(of_pair(since=literal_column("0")))
    .order_by(ticks.c.pair.desc(), ticks.c.version.desc(), ticks.c.seq.desc())
    .limit(1)
)
TICKS = (
    select(*rows.TICK)
    .where(ticks.c.seq > bindparam("after"), ticks.c.seq <= bindparam("last", type_=BigInteger))
    .order_by(ticks.c.seq)
    .limit(LIMIT)
)
TICKS_OF = (
    select(*rows.TICK)
    .where(of_pair(since=func.coalesce(_SINCE, literal_column("0"))), ticks.c.seq > bindparam("after"))
    .order_by(ticks.c.pair, ticks.c.version, ticks.c.seq)
    .limit(LIMIT)
)
TICKS_BACK = (
    select(*rows.TICK).where(ticks.c.seq <= bindparam("place")).order_by(ticks.c.seq.desc()).limit(LIMIT)
)
_THERE = select(_BEFORE.c.version).where(_BEFORE.c.seq == bindparam("place")).scalar_subquery()
TICKS_BACK_OF = (
    select(*rows.TICK)
    .where(of_pair(since=literal_column("0"), known=_THERE), ticks.c.seq <= bindparam("place"))
    .order_by(ticks.c.pair.desc(), ticks.c.version.desc(), ticks.c.seq.desc())
    .limit(LIMIT)
)

LEASE = select(lease.c.holder, lease.c.token, lease.c.expires_at)
HEALTH = select(*rows.HEALTH).where(source_health.c.source == bindparam("source"))

_NUMBERED = union_all(
    select(func.max(observations.c.id).label("id")), select(func.max(dropped.c.id))
).subquery()
NEWEST_ID = select(func.coalesce(func.max(_NUMBERED.c.id), 0))
HASHES = (
    select(observations.c.id, observations.c.hash)
    .where(observations.c.id > bindparam("after"))
    .order_by(observations.c.id)
    .limit(LIMIT)
)
JUDGED_TIMES = select(func.count()).where(judgements.c.observation_id == bindparam("observation_id"))

JUDGEMENTS = (
    select(
        judgements.c.version,
        judgements.c.recorded_at,
        judgements.c.verdict,
        judgements.c.rule,
        judgements.c.reason,
    )
    .where(judgements.c.observation_id == bindparam("observation_id"), judgements.c.version <= KNOWN)
    .order_by(judgements.c.number)
)

ADD_VERSION = insert(versions)
ADD_OBSERVATION = insert(observations)
ADD_JUDGEMENT = insert(judgements)
ADD_TICK = insert(ticks)
ADD_HEALTH = insert(source_health)
SET_COUNTER = update(counter)
SET_VERSION = update(versions).where(versions.c.version == bindparam("number"))
SET_HEALTH = update(source_health).where(source_health.c.source == bindparam("key"))

CLOSURES = select(closures.c.source, closures.c.day).where(closures.c.version <= KNOWN)
ADD_CLOSURE = insert(closures)

BODY = select(bodies.c.content).where(bodies.c.digest == bindparam("digest"))
ADD_BODY = insert(bodies)
NEWEST_BEFORE = (
    select(observations.c.id)
    .where(observations.c.recorded_at < bindparam("before"))
    .order_by(observations.c.id.desc())
    .limit(1)
)
DROP_BODIES = delete(bodies).where(
    bodies.c.digest.not_in(
        select(observations.c.body).where(
            observations.c.id > bindparam("newest"), observations.c.body.is_not(None)
        )
    )
)

COVERED = (
    select(coverage.c.since, coverage.c.until)
    .where(coverage.c.source == bindparam("source"))
    .order_by(coverage.c.since)
)

ADD_COVERAGE = insert(coverage)

DROP_COVERAGE = delete(coverage).where(
    coverage.c.source == bindparam("source"), coverage.c.since == bindparam("since")
)


def days_of(kept: FromClause) -> tuple[ColumnElement[bool], ...]:
    """The rows of days within `since`..`until` of one pair from one source."""
    return (
        kept.c.pair == bindparam("pair"),
        kept.c.source == bindparam("source"),
        kept.c.effective_date >= bindparam("since"),
        kept.c.effective_date <= bindparam("until"),
    )


DAYS = (
    select(days.c.version, *rows.DAY)
    .where(*days_of(days))
    .order_by(days.c.effective_date, days.c.published_pair, days.c.nominal)
    .execution_options(yield_per=1000)
)
JUDGED_SINCE = (
    select(judgements.c.effective_date, observations.c.pair, observations.c.source)
    .select_from(judgements.join(observations, observations.c.id == judgements.c.observation_id))
    .where(
        judgements.c.version > KNOWN,
        judgements.c.effective_date >= bindparam("since"),
        judgements.c.effective_date <= bindparam("until"),
    )
)
ADD_DAY = insert(days)
DROP_DAYS = delete(days).where(*days_of(days))

WHOLE_DAYS = (
    select(days.c.effective_date)
    .where(
        days.c.pair == bindparam("pair"),
        days.c.source == bindparam("source"),
        days.c.effective_date <= bindparam("until"),
        days.c["count"] > literal_column("1"),
        ~exists().where(
            *(dropped_days.c[name] == days.c[name] for name in ("pair", "source", "effective_date"))
        ),
    )
    .order_by(days.c.effective_date)
)
DROPPED_DAYS = (
    select(*rows.DROPPED_DAY)
    .where(*days_of(dropped_days), dropped_days.c.version <= KNOWN)
    .order_by(dropped_days.c.effective_date, dropped_days.c.published_pair, dropped_days.c.nominal)
)
DROPPED_SPAN = select(func.min(dropped_days.c.effective_date), func.max(dropped_days.c.effective_date)).where(
    dropped_days.c.pair == bindparam("pair"), dropped_days.c.source == bindparam("source")
)
_SAID_AGAIN = observations.alias("again")
DROPPABLE = (
    select(*rows.DROPPABLE)
    .where(
        *(PAIR, SOURCE, observations.c.effective_date == bindparam("effective_date")),
        *(observations.c.revision == 0, observations.c.id != bindparam("last")),
        ~exists().where(judgements.c.observation_id == observations.c.id),
        ~exists().where(ticks.c.observation_id == observations.c.id),
        ~exists().where(
            *(_SAID_AGAIN.c[name] == observations.c[name] for name in DATUM),
            _SAID_AGAIN.c.revision > 0,
        ),
    )
    .order_by(observations.c.observed_at)
)
ADD_DROPPED = insert(dropped)
ADD_DROPPED_DAY = insert(dropped_days)
DROP_OBSERVATION = delete(observations).where(observations.c.id == bindparam("number"))
