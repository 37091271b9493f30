"""The tables, once for every engine: what each column holds is its comment.

Rates, and every other number of a source, are text. SQL selects and orders them by day, never by size, and
computes nothing; who wants numbers in SQL reads the view `rates_numeric`, which the migrations make.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.domain.numbers import plain
from app.domain.pairs import Pair


class Instant(TypeDecorator[datetime]):
    """An aware instant, in UTC both ways. `timestamptz` on PostgreSQL; on SQLite, which has no such type,
    text of one length that sorts by time: `2026-05-20 18:00:00.000000+00:00`.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The engine's own type, or text."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Into UTC; raises ValueError for an instant without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: an instant must be aware")
        utc = value.astimezone(UTC)
        return utc.isoformat(" ", "microseconds") if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Aware, in UTC, whatever zone the session has."""
        # Not process_result_value: what SQLAlchemy puts around that takes longer than all that is done here.
        return _instant_of_text if dialect.name == "sqlite" else _instant_of_session


class PairText(TypeDecorator[Pair]):
    """A pair as `KGS/USD`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Pair | None, dialect: Dialect) -> str | None:
        """As people write it."""
        return None if value is None else str(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Pair | None]:
        """As it was given."""
        return to_pair


class Exact(TypeDecorator[Decimal]):
    """A decimal number as text in plain notation: every digit, never an exponent."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Plain digits."""
        return None if value is None else plain(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None]:
        """The same number."""
        return _decimal


def _instant_of_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _instant_of_session(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


@lru_cache(maxsize=256)
def to_pair(text: str) -> Pair:
    """A pair from its text, `KGS/USD`."""
    base, _, quote = text.partition("/")
    return Pair(base, quote)


Number = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits everywhere. SQLite's own word for it makes a primary key the row's address and saves an index."""

metadata = MetaData()


def hashed(comment: str) -> Column[str]:
    """A hash of app/store/chain.py. Empty until it is known, which is before the commit."""
    return Column("hash", Text, nullable=False, server_default="", comment=comment)


counter = Table(
    "counter",
    metadata,
    Column(
        "id", Number, CheckConstraint("id = 1"), primary_key=True, autoincrement=False, comment="always 1"
    ),
    Column("log_id", Text, nullable=False, comment="id of this log, drawn when the store was created"),
    Column("version", Number, nullable=False, comment="the newest version; 0 before the first"),
    Column("seq", Number, nullable=False, comment="seq of the newest tick; 0 before the first"),
    Column("simulated", Boolean, nullable=False, comment="true: every rate in here is a demo's"),
    Column("created_at", Instant, nullable=False, comment="when, by the database's clock"),
    Column(
        "seal", Text, nullable=False, server_default="", comment="hash of this row and of the newest version"
    ),
    comment="where the store stands: one row, updated in every transaction that takes a version",
)

versions = Table(
    "versions",
    metadata,
    Column("version", Number, primary_key=True, autoincrement=False, comment="1, 2, 3, ... without gaps"),
    Column("recorded_at", Instant, nullable=False, comment="when; never before the version before it"),
    hashed("hash of the version before, of this row and of the rows of this version"),
    Index("versions_recorded_at", "recorded_at"),
    comment="the transactions that recorded or judged something, or wrote a tick",
)

observations = Table(
    "observations",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False, comment="1, 2, 3, ... as recorded"),
    Column("source", Text, nullable=False, comment="key of the source that said it"),
    Column("pair", PairText, nullable=False, comment="direction it is filed under, the ticker's: KGS/USD"),
    Column(
        "effective_date", Date, nullable=False, comment="the day it is in force for, in the source's zone"
    ),
    Column("observed_at", Instant, nullable=False, comment="the instant at which the source says it held"),
    Column("revision", Number, nullable=False, comment="how often it was said otherwise before; 0: first"),
    Column("published_pair", PairText, nullable=False, comment="direction it was printed in: USD/KGS"),
    Column("published_value", Text, nullable=False, comment="what was printed, untouched: 87,4500"),
    Column("nominal", Number, nullable=False, comment="units of the printed base that the value is for"),
    Column("rate", Exact, comment="quote per 1 base of `pair`, rounded; null: no positive number"),
    Column("reported_pct", Text, comment="percent change that was printed beside it, untouched"),
    Column("reported_difference", Text, comment="difference that was printed beside it, untouched"),
    Column("fetched_at", Instant, nullable=False, comment="when it was fetched"),
    Column("recorded_at", Instant, nullable=False, comment="when its version was recorded"),
    Column("version", ForeignKey(versions.c.version), nullable=False, comment="version that recorded it"),
    Column("url", Text, comment="where it was fetched, without any key; null: nowhere"),
    Column("body", Text, comment="digest of the body that it was read from; null: none was kept"),
    hashed("hash of the row"),
    Index("observations_datum", "pair", "source", "effective_date", "observed_at", "revision", unique=True),
    comment="everything that was said, one row each, append-only",
)

judgements = Table(
    "judgements",
    metadata,
    Column("observation_id", ForeignKey(observations.c.id), primary_key=True, comment="what was judged"),
    Column("number", Number, primary_key=True, autoincrement=False, comment="0, 1, ... an observation"),
    Column("version", ForeignKey(versions.c.version), nullable=False, comment="version that judged it"),
    Column("recorded_at", Instant, nullable=False, comment="when that version was recorded"),
    Column("effective_date", Date, nullable=False, comment="that of the observation"),
    Column("verdict", Text, nullable=False, comment="accepted, held or rejected"),
    Column("rule", Text, nullable=False, comment="the rule that led to it"),
    Column("reason", Text, nullable=False, comment="why, with the numbers"),
    hashed("hash of the row"),
    Index("judgements_verdict", "verdict", "observation_id"),
    Index("judgements_day", "effective_date", "observation_id"),
    comment="every verdict, append-only; an observation without a row was accepted as no rule objected",
)

ticks = Table(
    "ticks",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False, comment="1, 2, 3, ... without gaps"),
    Column("version", ForeignKey(versions.c.version), nullable=False, comment="version that wrote it"),
    Column("pair", PairText, nullable=False, comment="direction of the rate, the ticker's"),
    Column(
        "cause", Text, nullable=False, comment="publication, revision, turn, fallback, recovery, accepted"
    ),
    Column("at", Instant, nullable=False, comment="when the headline changed"),
    Column("recorded_at", Instant, nullable=False, comment="when its version was recorded"),
    Column("rate", Exact, nullable=False, comment="quote per 1 base"),
    Column("source", Text, nullable=False, comment="whose rate"),
    Column("kind", Text, nullable=False, comment="official, aggregate, peg or page"),
    Column("effective_date", Date, nullable=False, comment="the rate's day, in the source's zone"),
    Column("revision", Number, nullable=False, comment="the rate's revision"),
    Column("unchanged", Boolean, nullable=False, comment="same rate as in the pair's tick before"),
    Column("change_basis", Text, nullable=False, comment="previous_publication, reported or peg"),
    Column("change_pct", Exact, comment="percent; null: not known, see change_reason"),
    Column("change_abs", Exact, comment="quote per 1 base"),
    Column("change_reference_rate", Exact, comment="quote per 1 base that the change is measured against"),
    Column("change_reference_date", Date, comment="the day of that rate"),
    Column("change_span_days", Number, comment="calendar days between both"),
    Column("change_reason", Text, comment="why there is no percentage"),
    Column("previous_seq", ForeignKey("ticks.seq"), comment="the pair's tick before"),
    Column("previous_rate", Exact, comment="its rate"),
    Column("corrects", ForeignKey("ticks.seq"), comment="the tick that a revision corrects"),
    Column("observation_id", Number, comment="the observation that it put into the headline"),
    hashed("hash of the row"),
    Index("ticks_pair", "pair", "version", "seq"),
    Index("ticks_version", "version", "seq"),
    Index("ticks_observation", "observation_id"),
    comment="the tick log, append-only: every change of a headline in force",
)

bodies = Table(
    "bodies",
    metadata,
    Column("digest", Text, primary_key=True, comment="SHA-256 of the body, in hexadecimal digits"),
    Column("content", LargeBinary, nullable=False, comment="the body, compressed with zlib"),
    Column("size", Number, nullable=False, comment="bytes of the body"),
    hashed("hash of the row"),
    comment="what sources answered, each body once; no part of the record: old ones may be dropped",
)

source_health = Table(
    "source_health",
    metadata,
    Column("source", Text, primary_key=True, comment="key of the source"),
    Column("checked_at", Instant, comment="when an answer last confirmed what is recorded"),
    Column("last_success_at", Instant, comment="when an answer could last be read"),
    Column("failing_since", Instant, comment="the first failure since then; null: none"),
    Column("error_at", Instant, comment="when it last failed, kept after the recovery"),
    Column("error_kind", Text, comment="slug of that failure"),
    Column("error_message", Text, comment="what was wrong"),
    comment="how asking each source went; no part of the record: it moves without a version",
)


def of_an_extent(*begun: Column[Any]) -> list[Column[Any]]:
    """The columns of what there is of a pair from a source since the version `begun`, whose column it is."""
    return [
        Column("source", Text, primary_key=True, comment="key of the source"),
        Column(
            "pair", PairText, primary_key=True, comment="direction it is filed under, the ticker's: KGS/USD"
        ),
        *begun,
        Column("number", Number, nullable=False, comment="how many such rows were before it; 0: first"),
        Column(
            "since", Date, comment="effective date of the first publication in force; null: there is none"
        ),
        Column("until", Date, comment="effective date of the last one"),
        Column("publications", Number, nullable=False, comment="how many are in force at `version`"),
        Column(
            "version",
            ForeignKey(versions.c.version),
            nullable=False,
            comment="version that counted it; since `begun` there was only more of the day `until`",
        ),
        hashed("hash of the row"),
    ]


extents = Table(
    "extents",
    metadata,
    *of_an_extent(
        Column("begun", ForeignKey(versions.c.version), nullable=False, comment="version that began it")
    ),
    comment="what there is of each pair from each source; no part of the record: it is counted from it",
)

earlier_extents = Table(
    "earlier_extents",
    metadata,
    *of_an_extent(
        Column("begun", ForeignKey(versions.c.version), primary_key=True, comment="version that began it")
    ),
    comment="what there was of each until the next row began: by it a view of the past knows its bounds",
)

lease = Table(
    "lease",
    metadata,
    Column(
        "id", Number, CheckConstraint("id = 1"), primary_key=True, autoincrement=False, comment="always 1"
    ),
    Column("holder", Text, nullable=False, comment="the poller that writes, or wrote last"),
    Column("token", Number, nullable=False, comment="1, 2, 3, ... a holder: no other token may write"),
    Column("expires_at", Instant, nullable=False, comment="when another may take it, by the clock here"),
    comment="which one of several pollers writes; no part of the record: it moves without a version",
)

coverage = Table(
    "coverage",
    metadata,
    Column("source", Text, primary_key=True, comment="key of the source"),
    Column("since", Date, primary_key=True, comment="first effective date of the span"),
    Column("until", Date, nullable=False, comment="last effective date of the span"),
    comment="what each source was asked for whose answer is in the record: spans of days that do not touch",
)

closures = Table(
    "closures",
    metadata,
    Column("source", Text, primary_key=True, comment="key of the source"),
    Column("day", Date, primary_key=True, comment="effective date"),
    Column("version", ForeignKey(versions.c.version), nullable=False, comment="version that learned it"),
    hashed("hash of the row"),
    comment="the days on which a source is known not to publish, append-only: holidays that were learned",
)

dropped = Table(
    "dropped",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False, comment="number of the observation"),
    Column("version", ForeignKey(versions.c.version), nullable=False, comment="version that recorded it"),
    Column("hash", Text, nullable=False, comment="hash that its row had, which that of its version covers"),
    comment="the observations that were dropped for their age: what proves that each was there",
)


def of_a_day(*, count: str, version: str) -> list[Column[Any]]:
    """The columns of a Day, and the two whose comments differ from table to table."""
    return [
        Column(
            "pair", PairText, primary_key=True, comment="direction it is filed under, the ticker's: KGS/USD"
        ),
        Column("source", Text, primary_key=True, comment="key of the source that said it"),
        Column("effective_date", Date, primary_key=True, comment="the day, in the source's zone"),
        Column("published_pair", PairText, primary_key=True, comment="direction it was printed in: USD/KGS"),
        Column(
            "nominal", Number, primary_key=True, autoincrement=False, comment="units that the values are for"
        ),
        Column("open", Text, nullable=False, comment="what was printed first, untouched"),
        Column("high", Text, nullable=False, comment="the highest number printed, untouched"),
        Column("low", Text, nullable=False, comment="the lowest number printed, untouched"),
        Column("close", Text, nullable=False, comment="what was printed last, untouched"),
        Column("open_at", Instant, nullable=False, comment="when the first was observed"),
        Column("close_at", Instant, nullable=False, comment="when the last was observed"),
        Column("count", Number, nullable=False, comment=count),
        Column("total", Exact, nullable=False, comment="exact sum of what was printed"),
        Column("inverse_total", Exact, nullable=False, comment="sum of the inverses, each with 40 decimals"),
        Column("version", ForeignKey(versions.c.version), nullable=False, comment=version),
        hashed("hash of the row"),
    ]


days = Table(
    "days",
    metadata,
    *of_a_day(count="how many are in force", version="version that changed it"),
    comment="the days of sources that speak all day; no part of the record: each is counted from it",
)

dropped_days = Table(
    "dropped_days",
    metadata,
    *of_a_day(count="how many were dropped", version="version that recorded the last of them"),
    comment="what the dropped observations of a day came to: with those that are left they make the day",
)
