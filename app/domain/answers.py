"""The answers: frozen shapes, field for field what JSON shows, in its order.

`app/answers` fills them from the store, `app/render` turns them into bytes. No field depends on the moment of
asking: an answer is fixed by its version and by the last turn before it, and stays true until `valid_until`.
Only SourceState and Health tell the time, and are never cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from app.domain.arithmetic import Arithmetic
from app.domain.calendar import Status
from app.domain.candles import Candle, Interval
from app.domain.change import Change
from app.domain.days import Values
from app.domain.observations import Kind, Published, Verdict
from app.domain.pairs import Pair
from app.domain.stats import Period, Summary
from app.domain.ticks import Tick, Wanted

Body = TypeVar("Body")
OPTIONAL: dict[str, Any] = {"optional": True}
"""Field metadata: left out of JSON when it is None."""
FLAT: dict[str, Any] = {"flat": True}
"""Field metadata: its own fields stand in its place in JSON."""
POINTS: dict[str, Any] = {"points": True}
"""Field metadata: it is written all at once, for there are thousands."""


def named(name: str) -> dict[str, Any]:
    """Field metadata: what it is called in JSON, where that is a word of the language."""
    return {"name": name}


@dataclass(frozen=True, slots=True)
class Answer(Generic[Body]):
    """A body and how long it holds.

    The same question gives this body from `valid_since` (its version's commit, or a later turn) until
    `valid_until` (the next turn; None: until the next version). `closed` when the question was about days
    that are over. `next` is the cursor of what follows, as in the body. `head` is the hash over the record up
    to the version. `modified` is when the newest of what it tells was recorded, `onward` the parameter
    that takes `next`.
    """

    body: Body
    version: int
    valid_since: datetime | None
    valid_until: datetime | None
    closed: bool = False
    next: str | None = None
    head: str = ""
    modified: datetime | None = None
    onward: Literal["after", "before"] = "after"


@dataclass(frozen=True, slots=True)
class HeldValue:
    """An observation that looks wrong and waits for evidence: shown beside a rate, never as the rate.
    `rate` is quote per 1 base.
    """

    id: int
    source: str
    effective_date: date
    rate: Decimal
    published: Published
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One rate with everything that is known of it. `rate` is quote per 1 base, `inverse` base per 1
    quote.

    A cross is `derived` from its `legs`, such as KGS/USD and USD/KZT, which tell what it leaves open:
    `revision`, `seq`, `published` and `held`, and the `source` or its `kind` where theirs differ.
    """

    pair: Pair
    base: str
    quote: str
    rate: Decimal
    inverse: Decimal
    source: str | None
    kind: Kind | None
    fallback: bool
    effective_date: date
    observed_at: datetime
    fetched_at: datetime
    recorded_at: datetime
    revision: int | None
    version: int
    seq: int | None
    published: Published | None
    change: Change
    status: Status
    late_at: datetime | None
    stale_at: datetime | None
    expected_next_at: datetime | None
    held: HeldValue | None
    derived: Literal[True] | None = field(default=None, metadata=OPTIONAL)
    legs: tuple[Row, Row] | None = field(default=None, metadata=OPTIONAL)

    @property
    def parts(self) -> tuple[Row, ...]:
        """The rows that it is made of: the legs of a cross, or itself."""
        return self.legs or (self,)

    @property
    def exact(self) -> Fraction:
        """The exact rate, from what was printed."""
        if self.legs:
            one, other = self.legs
            return one.exact * other.exact
        assert self.published
        return self.published.exact(self.pair)


@dataclass(frozen=True, slots=True)
class Missing:
    """A pair that was asked for and has no row, with the slug of the reason."""

    pair: Pair
    reason: Literal["no-rate-yet", "only-upcoming", "no-rate-at-date", "too-old", "not-published"]


@dataclass(frozen=True, slots=True)
class Latest:
    """The headline of each pair asked for. `updated_at` is the newest `recorded_at` of `rates`; None
    without any.
    """

    updated_at: datetime | None
    version: int
    seq: int
    rates: tuple[Row, ...]
    missing: tuple[Missing, ...]
    upcoming: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source in the order of authority: its rate in force on the day, or the slug of why it has none."""

    source: str
    kind: Kind
    chosen: bool
    rate: Decimal | None
    effective_date: date | None
    status: Status | None
    missing: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The body that a rate was read from, by its SHA-256. `size` in bytes is None when it is not kept."""

    digest: str
    kept: bool
    size: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule asks of an observation, and its yes in a sentence; None: no."""

    rule: str
    question: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Implied:
    """What another source implies of the same currency: `dollars` per 1 unit, `off_pct` percent from it."""

    source: str
    effective_date: date
    dollars: Decimal
    off_pct: Decimal


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict on an observation, and since when."""

    version: int
    recorded_at: datetime
    verdict: Verdict
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """One revision of what a source said for a day. `rate` is None where it is no positive number, `url`
    where it was handed in.
    """

    id: int
    revision: int
    shown: bool
    rate: Decimal | None
    published: Published
    url: str | None
    body: Evidence | None
    fetched_at: datetime
    recorded_at: datetime
    version: int
    rulings: tuple[Ruling, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a row comes from: why this source, from which body, by which rules, and how it was computed.

    `date` is the day asked about, None for now. `rules` are as they find now, up to the one that decides.
    `revisions` are all that the source said for the row's day, the oldest first.
    """

    date: date | None
    choice: str
    authority: tuple[Candidate, ...]
    rules: tuple[Found, ...]
    witnesses: tuple[Implied, ...]
    revisions: tuple[Told, ...]
    arithmetic: Arithmetic


@dataclass(frozen=True, slots=True)
class LatestRow:
    """One pair's row, and what its source has published for a later day; explained only where asked."""

    row: Row = field(metadata=FLAT)
    upcoming: Row | None
    explanation: Explanation | None = field(default=None, metadata=OPTIONAL)


class Point(NamedTuple):
    """One publication in a history: `rate` is quote per 1 base of `pair`, and `printed` is the pair whose
    `value` for `nominal` units was printed. On a day without one, the last before it, of the day
    `carried_from`.

    Of a cross nothing was printed or recorded, and `source` is None where its legs have two.
    """

    pair: Pair
    effective_date: date
    observed_at: datetime
    rate: Decimal
    source: str | None
    kind: Kind | None
    printed: Pair | None
    value: str | None
    nominal: int | None
    revision: int | None
    version: int | None
    recorded_at: datetime | None
    carried_from: date | None = None

    @property
    def published(self) -> Published | None:
        """What was printed."""
        if self.printed is None or self.value is None or self.nominal is None:
            return None
        return Published(self.printed, self.value, self.nominal)


@dataclass(frozen=True, slots=True)
class History:
    """Publications of one pair, oldest first, both ends included. `source` is None for the headline as it was
    in force day by day, `*` for all sources side by side; `derived` when the pair is a cross.
    """

    pair: Pair
    source: str | None
    derived: bool
    since: date | None
    until: date | None
    points: tuple[Point, ...] = field(metadata=POINTS)
    next: str | None


@dataclass(frozen=True, slots=True)
class Histories:
    """The same of several pairs, day by day, and of each day in the order of `pairs`."""

    pairs: tuple[Pair, ...]
    source: str | None
    since: date | None
    until: date | None
    points: tuple[Point, ...] = field(metadata=POINTS)
    next: str | None


@dataclass(frozen=True, slots=True)
class WideHistory:
    """A row a day that has any rate, by `effective_date`, and in it one rate for each of `columns`, quote per
    1 base: the last of that day, None without.
    """

    pairs: tuple[Pair, ...]
    source: str | None
    since: date | None
    until: date | None
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, date | Decimal | None], ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Candles:
    """The candles of one pair, oldest first. `source` is None for the headline as it was in force day by day;
    `derived` when the pair is a cross, which nobody publishes.
    """

    pair: Pair
    interval: Interval
    source: str | None
    derived: bool
    candles: tuple[Candle, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """How far a pair moved, one change a basis. `source` is None for a cross of two sources; `derived` for
    any cross.
    """

    pair: Pair
    rate: Decimal
    source: str | None
    derived: bool
    effective_date: date
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class PeriodStats:
    """What the day values of a month or year come to, by themselves; `end` is the first day after it."""

    start: date
    end: date
    whole: Summary = field(metadata=FLAT)


@dataclass(frozen=True, slots=True)
class Stats:
    """What the day values of a pair come to, and those of each month (`1mo`) or year (`1y`). `source` is None
    for the headline as it was in force day by day.
    """

    pair: Pair
    source: str | None
    derived: bool
    since: date | None
    until: date | None
    method: str
    whole: Summary = field(metadata=FLAT)
    period: Period
    periods: tuple[PeriodStats, ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """What `amount` of one currency is worth in another: `result` to the minor unit of that, half even.

    `unrounded` has 12 significant digits and four decimals beyond the minor unit at least, and as many more
    as it takes for `result` to be what it rounds to. `rate` is `to` per 1 `from`, `date` its effective date.
    `legs` are the rows that it is made of: one, or the two of a cross.
    """

    from_: str = field(metadata=named("from"))
    to: str
    amount: Decimal
    result: Decimal
    unrounded: Decimal
    rate: Decimal
    derived: bool
    date: date
    legs: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class TickerItem:
    """One item of the strip. `digits` is how many significant digits its source's format gives, of a cross
    the fewest of its legs, so none more is shown; None: exact.
    """

    row: Row
    digits: int | None


@dataclass(frozen=True, slots=True)
class Ticker:
    """The strip: one item a pair. `poll_after` is how many seconds a page should wait before it asks
    again.
    """

    updated_at: datetime | None
    version: int
    seq: int
    poll_after: int
    items: tuple[TickerItem, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """The day values of a pair, oldest first, at least one. `ends` are the first and the last of them as they
    are shown, or the only one; `change` is that from the first to the last.
    """

    pair: Pair
    values: tuple[Values, ...]
    ends: tuple[TickerItem, ...]
    change: Change


@dataclass(frozen=True, slots=True)
class Ticks:
    """A stretch of the tick log, oldest first. `next` is the cursor after its last tick, None when the log
    ends here; `cursor` the place up to which the log was read, from which it goes on whenever it does.
    """

    ticks: tuple[Tick, ...]
    next: str | None
    cursor: str
    version: int
    seq: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Ticks of the log `log_id` that somebody wants, oldest first: all of them up to the tick numbered
    `until`. `seq` is the newest tick there is, at `version`.
    """

    log_id: str
    ticks: tuple[Tick, ...]
    until: int
    seq: int
    version: int


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who said a rate, as readers are told: its name, the page about it, and the credit that it asks for."""

    name: str
    homepage: str | None
    attribution: str


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One tick as news. `digits` is how many significant digits the format of its source gives, `before` the
    same of the rate before; None: exact, or no rate before.
    """

    tick: Tick
    digits: int | None
    before: int | None
    publisher: Publisher


@dataclass(frozen=True, slots=True)
class Feed:
    """A stretch of the log `log_id` that is wanted, newest first; `next` is the cursor of what is older, None
    at the beginning of the log.
    """

    log_id: str
    wanted: Wanted
    entries: tuple[FeedEntry, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one source has of one pair: the effective dates of its first and last publication in force, and
    their number.
    """

    source: str
    since: date
    until: date
    publications: int


@dataclass(frozen=True, slots=True)
class PegFact:
    """A decree: from `since` on, 1 unit of the base of `pair` costs `value` of its quote."""

    pair: Pair
    value: str
    since: date
    authority: str


@dataclass(frozen=True, slots=True)
class PairFacts:
    """What there is of one pair. `authority` is the order in which its headline is chosen; `first_day` the
    base currency's first.
    """

    pair: Pair
    base: str
    quote: str
    name: str
    minor_units: int
    first_day: date
    authority: tuple[str, ...]
    sources: tuple[Coverage, ...]
    pegs: tuple[PegFact, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of the ticker, in its order."""

    pairs: tuple[PairFacts, ...]


@dataclass(frozen=True, slots=True)
class EraFacts:
    """From `since` on, the weekdays of a source's effective dates."""

    since: date
    publication_days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalendarFacts:
    """When a source speaks: weekdays are those of effective dates, the window is local time in `zone`.
    `publication_days` are those of the newest of `eras`.
    """

    zone: str
    publication_days: tuple[str, ...]
    eras: tuple[EraFacts, ...]
    window: str | None
    expected_next_at: datetime | None
    late_at: datetime | None
    stale_at: datetime | None


@dataclass(frozen=True, slots=True)
class PairCoverage:
    """The days that a source covers of one pair."""

    pair: Pair
    since: date
    until: date
    publications: int


@dataclass(frozen=True, slots=True)
class LastError:
    """The newest failure of a source: when, the slug of its kind, and what was wrong."""

    at: datetime
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """An observation that is held or was rejected, with the rule and its reason. `rate` is None where the
    value is no positive number.
    """

    id: int
    verdict: Literal["held", "rejected"]
    pair: Pair
    effective_date: date
    rate: Decimal | None
    published: Published
    rule: str
    reason: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source: what it is, what it covers, and how it is doing at the moment of asking. `status` is that
    of its newest rate, None without.

    `held` and `rejected` list the newest, and only for a source asked for alone; `held_count` and
    `rejected_count` count all.
    """

    key: str
    name: str
    kind: Kind
    enabled: bool
    homepage: str | None
    attribution: str
    terms: str
    permission: str
    rounded: str | None
    needs: str | None
    hosts: tuple[str, ...]
    calendar: CalendarFacts
    history_since: date | None
    pairs: tuple[PairCoverage, ...]
    status: Status | None
    publications_missed: int
    checked_at: datetime | None
    last_success_at: datetime | None
    failing_since: datetime | None
    last_error: LastError | None
    held_count: int
    rejected_count: int
    held: tuple[Doubt, ...] | None = field(default=None, metadata=OPTIONAL)
    rejected: tuple[Doubt, ...] | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Sources:
    """Every source of the catalog, enabled or not, in its order."""

    sources: tuple[SourceState, ...]


@dataclass(frozen=True, slots=True)
class PairHealth:
    """Whether a pair can be shown at the moment of asking, from which source and how good."""

    pair: Pair
    source: str | None
    effective_date: date | None
    status: Status | None


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source is doing at the moment of asking."""

    key: str
    status: Status | None
    newest: date | None
    publications_missed: int
    checked_at: datetime | None
    failing_since: datetime | None
    last_error: LastError | None


@dataclass(frozen=True, slots=True)
class Head:
    """The newest version and the hash over everything up to it: to be noted, and compared later."""

    version: int
    hash: str


@dataclass(frozen=True, slots=True)
class Polling:
    """The process that asks the sources: it may until `expires_at`, unless it says again that it lives."""

    holder: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """The service at the moment of asking: `ok`, `degraded` (a source fails or missed a publication, or a
    pair is stale, missing or on a fallback, or the store is out of reach), or `empty`.

    Out of reach, everything is as it was known last. `polling` is None when nobody ever polled.
    """

    status: Literal["ok", "degraded", "empty"]
    at: datetime
    version: int
    seq: int
    log_id: str
    head: Head
    reachable: bool
    polling: Polling | None
    pairs: tuple[PairHealth, ...]
    sources: tuple[SourceHealth, ...]
