"""The statements, made once: portable SQL that seeks along an index and computes nothing.

Parameters are named as in the contract. `known` is a version, FOREVER for "as known now".
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from app.store import rows
from app.store.tables import (
    DOUBTED,
    closures,
    counter,
    coverage,
    judgements,
    observations,
    source_health,
    ticks,
    versions,
)

FOREVER = 2**62
"""A version after every other, and more rows than there are: no bound, in a form that every engine takes."""

KNOWN = bindparam("known", type_=BigInteger)
LIMIT = bindparam("limit", type_=BigInteger)
PAIR = observations.c.pair == bindparam("pair")
SOURCE = observations.c.source == bindparam("source")
UNTIL = observations.c.effective_date <= bindparam("until")
SINCE = observations.c.effective_date >= bindparam("since")


def in_force(said: FromClause) -> ColumnElement[bool]:
    """Accepted, and not withdrawn again, as known at `known`."""
    return and_(said.c.accepted_in <= KNOWN, or_(said.c.withdrawn_in.is_(None), said.c.withdrawn_in > KNOWN))


def plausible(said: FromClause) -> ColumnElement[bool]:
    """Accepted or held."""
    return said.c.verdict != literal_column("'rejected'")


def superseded(by: Callable[[FromClause], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether the same datum has a later revision, among those that `by` accepts."""
    newer = observations.alias("newer")
    datum = ("pair", "source", "effective_date", "observed_at")
    return exists().where(
        *(newer.c[name] == observations.c[name] for name in datum),
        newer.c.revision > observations.c.revision,
        by(newer),
    )


def judged() -> FromClause:
    """Each observation beside its newest judgement as known at `known`, if it has one."""
    other = judgements.alias("other")
    newest = (
        select(func.max(other.c.number))
        .where(other.c.observation_id == observations.c.id, other.c.version <= KNOWN)
        .scalar_subquery()
    )
    mine = and_(judgements.c.observation_id == observations.c.id, judgements.c.number == newest)
    return observations.outerjoin(judgements, mine)


COUNTER = select(*rows.COUNTER).select_from(
    counter.outerjoin(versions, versions.c.version == counter.c.version)
)
COUNTER_LOCKED = COUNTER.with_for_update(of=counter)

VERSION_AT = (
    select(versions.c.version)
    .where(versions.c.recorded_at <= bindparam("instant"))
    .order_by(versions.c.recorded_at.desc(), versions.c.version.desc())
    .limit(1)
)
RECORDED_AT = select(versions.c.recorded_at).where(versions.c.version == bindparam("version"))

NEWEST = (
    select(*rows.IN_FORCE)
    .select_from(judged())
    .where(PAIR, SOURCE, UNTIL, in_force(observations))
    .order_by(
        observations.c.effective_date.desc(),
        observations.c.observed_at.desc(),
        observations.c.revision.desc(),
    )
    .limit(1)
)
PUBLICATIONS = (
    select(*rows.IN_FORCE)
    .select_from(judged())
    .where(PAIR, SOURCE, SINCE, UNTIL, in_force(observations), ~superseded(by=in_force))
    .order_by(observations.c.effective_date, observations.c.observed_at)
    .limit(LIMIT)
    .execution_options(yield_per=1000)
)
REVISIONS = (
    select(*rows.WHATEVER)
    .select_from(judged())
    .where(
        *(PAIR, SOURCE),
        observations.c.effective_date == bindparam("effective_date"),
        observations.c.observed_at == bindparam("observed_at"),
    )
    .order_by(observations.c.revision)
)
FOLLOWING = (
    select(*rows.WHATEVER)
    .select_from(judged())
    .where(
        *(PAIR, SOURCE),
        observations.c.effective_date > bindparam("after"),
        plausible(observations),
        # Sorted by day alone, which the index is: asking for the newest revision first would be a sort.
        ~superseded(by=plausible),
    )
    .order_by(observations.c.effective_date, observations.c.observed_at)
    .limit(1)
)
RECORDED = (
    select(*rows.WHATEVER)
    .select_from(judged())
    .where(
        *(PAIR, SOURCE),
        observations.c.effective_date == bindparam("effective_date"),
        observations.c.revision == bindparam("revision"),
        observations.c.accepted_in.is_not(None),
    )
    .order_by(observations.c.observed_at.desc())
    .limit(1)
)

_DOUBTS = (
    select(*rows.WHATEVER)
    .select_from(judged())
    .where(DOUBTED, observations.c.verdict == bindparam("verdict"))
    .order_by(observations.c.id.desc())
    .limit(LIMIT)
)
DOUBTS = {
    frozenset[str](): _DOUBTS,
    frozenset({"source"}): _DOUBTS.where(SOURCE),
    frozenset({"pair"}): _DOUBTS.where(PAIR),
    frozenset({"source", "pair"}): _DOUBTS.where(SOURCE, PAIR),
}
"""By what they are narrowed down to."""

DOUBT_COUNTS = (
    select(observations.c.source, observations.c.verdict, func.count())
    .where(DOUBTED)
    .group_by(observations.c.source, observations.c.verdict)
)
EXTENTS = (
    select(
        observations.c.source,
        observations.c.pair,
        func.min(observations.c.effective_date),
        func.max(observations.c.effective_date),
        func.count(),
    )
    .where(in_force(observations), ~superseded(by=in_force))
    .group_by(observations.c.pair, observations.c.source)
)

TICK = select(ticks).where(ticks.c.seq == bindparam("seq"))
LAST_TICK = select(ticks).where(ticks.c.pair == bindparam("pair")).order_by(ticks.c.seq.desc()).limit(1)
TICKS = select(ticks).where(ticks.c.seq > bindparam("after")).order_by(ticks.c.seq).limit(LIMIT)

TICKS_OF = (
    select(ticks)
    .where(ticks.c.pair == bindparam("pair"), ticks.c.seq > bindparam("after"))
    .order_by(ticks.c.seq)
    .limit(LIMIT)
)

HEALTH = select(*rows.HEALTH).where(source_health.c.source == bindparam("source"))

NEWEST_ID = select(func.coalesce(func.max(observations.c.id), 0))
STANDING = select(
    observations.c.accepted_in,
    observations.c.withdrawn_in,
    select(func.count()).where(judgements.c.observation_id == observations.c.id).scalar_subquery(),
).where(observations.c.id == bindparam("observation_id"))

ADD_VERSION = insert(versions)
ADD_OBSERVATION = insert(observations)
ADD_JUDGEMENT = insert(judgements)
ADD_TICK = insert(ticks)
ADD_HEALTH = insert(source_health)
SET_COUNTER = update(counter)
SET_VERDICT = update(observations).where(observations.c.id == bindparam("observation_id"))
SET_HEALTH = update(source_health).where(source_health.c.source == bindparam("key"))

CLOSURES = select(closures.c.source, closures.c.day)
ADD_CLOSURE = insert(closures)

COVERED = (
    select(coverage.c.since, coverage.c.until)
    .where(coverage.c.source == bindparam("source"))
    .order_by(coverage.c.since)
)

ADD_COVERAGE = insert(coverage)

DROP_COVERAGE = delete(coverage).where(
    coverage.c.source == bindparam("source"), coverage.c.since == bindparam("since")
)
