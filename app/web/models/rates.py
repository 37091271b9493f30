"""The bodies of /v1/latest, /v1/convert, /v1/candles, /v1/change and /v1/stats."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from app.domain.candles import Interval
from app.domain.stats import METHOD, Period
from app.web.models.base import (
    Body,
    Change,
    CurrencyCode,
    Derived,
    EffectiveDate,
    KindOrNone,
    LateAt,
    Next,
    Number,
    ObservedAt,
    PairText,
    Published,
    Rate,
    RecordedAt,
    Revision,
    Seq,
    SourceKey,
    SourceOrNone,
    StaleAt,
    StatusText,
    Version,
    WindowChange,
)
from app.web.models.explanation import Explanation


class HeldValue(BaseModel):
    """What the same source said since, but looks wrong and waits for evidence: never the rate."""

    id: int = Field(ge=1, description="The number under which it is accepted or rejected.", examples=[1207])
    source: SourceKey
    effective_date: EffectiveDate
    rate: Rate
    published: Published = Field(description="What the source printed.")
    rule: str = Field(description="The rule that holds it.", examples=["jump"])
    reason: str = Field(
        description="What the rule saw, with its numbers.",
        examples=["KGS/USD moved +12.50 % since 2026-05-20"],
    )


class Row(BaseModel):
    """One rate with everything that is known of it."""

    pair: PairText
    base: str = Field(description="The currency (ISO 4217) that the rate is for 1 unit of.", examples=["KGS"])
    quote: str = Field(description="The currency (ISO 4217) that the rate is in.", examples=["USD"])
    rate: Rate
    inverse: Number = Field(description="Units of `base` per 1 unit of `quote`.", examples=[87.45])
    source: SourceOrNone
    kind: KindOrNone
    fallback: bool = Field(
        description="Whether this is not the source that is believed first for the pair; of a cross, of any"
        " of its legs.",
        examples=[False],
    )
    effective_date: EffectiveDate = Field(
        description=(
            "The calendar day, in the source's own zone, for which the rate is in force. Of a cross the older"
            " of its legs' days, a decree aside."
        )
    )
    observed_at: ObservedAt
    fetched_at: AwareDatetime = Field(
        description="When we got it from the source, in UTC.", examples=["2026-05-20T10:31:03.907Z"]
    )
    recorded_at: RecordedAt
    revision: Revision | None = Field(
        description=(
            "How often the source had corrected itself for this day: 0 is what it said first. Null: a cross."
        ),
        examples=[0],
    )
    version: Version = Field(description="The version that recorded it.", examples=[412])
    seq: int | None = Field(
        description=(
            "The number of the tick that brought it into the headline. Null when it is not there now, and of"
            " a cross."
        ),
        examples=[41],
    )
    published: Published | None = Field(
        description="What the source printed: literal text, direction and nominal. Null: a cross."
    )
    change: Change = Field(description="How far it moved, and since when.")
    status: StatusText
    late_at: LateAt
    stale_at: StaleAt
    expected_next_at: AwareDatetime | None = Field(
        description="When the next publication is due, in UTC. Null: none is promised.",
        examples=["2026-05-21T09:00:00Z"],
    )
    held: HeldValue | None = Field(
        description=(
            "A newer value of the same source that waits for evidence; null: none, or a cross, whose legs"
            " tell."
        ),
        examples=[None],
    )
    derived: Literal[True] | SkipJsonSchema[None] = Field(
        default=None,
        description=(
            "The pair is a cross, which nobody publishes: its rate is that of its two legs, multiplied."
            " Absent otherwise."
        ),
        examples=[True],
    )
    legs: Annotated[list[Row], Field(min_length=2, max_length=2)] | SkipJsonSchema[None] = Field(
        default=None,
        description=(
            "The rows that a cross is made of, such as `KGS/USD` and `USD/KZT`, each for its own day. Absent"
            " otherwise."
        ),
    )


class LatestRow(Row, Body):
    """The rate of one pair that is in force."""

    upcoming: Row | None = Field(
        description="What is already published for a later day; null: nothing.", examples=[None]
    )
    explanation: Explanation | SkipJsonSchema[None] = Field(
        default=None, description="Where the rate comes from; only with `explain=true`."
    )


class Conversion(Body):
    """What an amount of one currency is worth in another."""

    from_: CurrencyCode = Field(alias="from", description="The currency of `amount`.", examples=["KGS"])
    to: CurrencyCode = Field(description="The currency of `result`.", examples=["USD"])
    amount: Number = Field(description="The amount asked about, in units of `from`.", examples=[100])
    result: Number = Field(
        description="Its worth in units of `to`: rounded once, half to even, to the minor unit.",
        examples=[1.14],
    )
    unrounded: Number = Field(
        description=(
            "The same with 12 significant digits, four decimals beyond the minor unit at least, and as many"
            " more as it takes for `result` to be what it rounds to. Of large amounts that is more than a"
            " double holds."
        ),
        examples=[1.14351057747],
    )
    rate: Rate = Field(description="Units of `to` per 1 unit of `from`, as in `/v1/latest`.")
    derived: bool = Field(
        description="Whether it goes through the dollar, by two rates: nobody publishes one.",
        examples=[False],
    )
    date: EffectiveDate = Field(
        description="The day of the rate, of two the older one, a decree aside: its `effective_date`."
    )
    legs: list[Row] = Field(description="The rows of the rates that it is made of: one, or two.")


class Missing(BaseModel):
    """A pair without a row, and why."""

    pair: PairText
    reason: Literal["no-rate-yet", "only-upcoming", "no-rate-at-date", "too-old", "not-published"] = Field(
        description=(
            "`no-rate-yet`: nothing recorded. `only-upcoming`: only for a later day. `no-rate-at-date`:"
            " nothing in force on that day. `too-old`: older than `max_age_days`. `not-published`: never by"
            " the source asked for."
        ),
        examples=["no-rate-yet"],
    )


class Latest(Body):
    """The rates that are in force, a row a pair."""

    updated_at: AwareDatetime | None = Field(
        description="The newest `recorded_at` of `rates`, in UTC; null without any.",
        examples=["2026-05-20T10:31:04.218Z"],
    )
    version: Version
    seq: Seq
    rates: list[Row] = Field(description="One row a pair, in the order asked for.")
    missing: list[Missing] = Field(description="The pairs that have no row.", examples=[[]])
    upcoming: list[Row] = Field(description="What is already published for a later day.", examples=[[]])


class Changes(Body):
    """How far a pair moved."""

    pair: PairText
    rate: Rate
    source: str | None = Field(
        description="The source of the rate, and of what it is measured against. Null: a cross of two.",
        examples=["nbkr"],
    )
    derived: Derived
    effective_date: EffectiveDate
    changes: list[WindowChange] = Field(
        description="One a basis. A decree that did not change is told once, as `peg`."
    )


class Mark(BaseModel):
    """A rate and its day."""

    rate: Rate
    effective_date: EffectiveDate


class Summary(BaseModel):
    """What day values come to; null where there is none."""

    count: int = Field(ge=0, description="How many days have a value: their last rate.", examples=[21])
    mean: Number | None = Field(
        description="Their arithmetic mean, each turned into this direction first.",
        examples=[0.0114363221262],
    )
    min: Mark | None = Field(description="The lowest, and the first day that had it.")
    max: Mark | None = Field(description="The highest, and the first day that had it.")
    first: Mark | None = Field(description="The first.")
    last: Mark | None = Field(description="The last.")
    volatility: Number | None = Field(
        description=(
            "Percent: the sample standard deviation of the percent changes from each to the next, not"
            " annualised. Null with fewer than two changes."
        ),
        examples=[0.213704],
    )


class MonthOrYear(BaseModel):
    """A month or a year."""

    start: date = Field(description="Its first day.", examples=["2026-05-01"])
    end: date = Field(description="The first day of the next.", examples=["2026-06-01"])


class PeriodStats(Summary, MonthOrYear):
    """What the day values of one month or year come to, by themselves."""


class Asked(BaseModel):
    """Which days of which pair were asked for."""

    pair: PairText
    source: str | None = Field(
        description="The source asked for. Null: the headline as it was in force day by day.",
        examples=["nbkr"],
    )
    derived: Derived
    since: date | None = Field(
        description="The first day asked for; null: from the beginning.", examples=["2026-05-01"]
    )
    until: date | None = Field(
        description="The last day asked for; null: until today.", examples=["2026-05-21"]
    )
    method: str = Field(description="How `mean` and `volatility` are made.", examples=[METHOD])


class Stats(Summary, Asked, Body):
    """What the day values of one pair come to."""

    period: Period = Field(
        description="What `periods` are: months, or years where the days are of more than two.",
        examples=["1mo"],
    )
    periods: list[PeriodStats] = Field(description="The months or years that have a value, oldest first.")


Edge = Annotated[
    date | AwareDatetime,
    Field(description="A day, or for `1h` an instant in UTC.", examples=["2026-05-18"]),
]


class Candle(BaseModel):
    """The rates of one interval."""

    start: Edge = Field(description="Its first day, or for `1h` its first instant, in UTC.")
    end: Edge = Field(
        description="The day, or instant, at which the next interval begins.", examples=["2026-05-25"]
    )
    open: Rate = Field(description="The first rate: units of the quote per 1 unit of the base.")
    high: Rate = Field(description="The highest rate.")
    low: Rate = Field(description="The lowest rate.")
    close: Rate = Field(description="The last rate.")
    mean: Rate = Field(description="The arithmetic mean of all rates, each turned into this direction first.")
    count: int = Field(ge=0, description="How many rates it is made of.", examples=[5])
    complete: bool = Field(
        description=(
            "Whether nothing more is due of it by the calendar: its end has passed where its sources are, and"
            " for a source that speaks all day an interval of its own beyond. A correction may still come."
        ),
        examples=[True],
    )
    sources: list[str] = Field(description="The keys of the sources of its rates.", examples=[["nbkr"]])
    carried_from: date | AwareDatetime | SkipJsonSchema[None] = Field(
        default=None,
        description="The `start` of the candle whose close stands for an interval without rates.",
        examples=["2026-05-18"],
    )


class Candles(Body):
    """The candles of one pair, oldest first."""

    pair: PairText
    interval: Interval = Field(description="How long each is.", examples=["1w"])
    source: str | None = Field(
        description="The source asked for. Null: the headline as it was in force day by day.",
        examples=["nbkr"],
    )
    derived: Derived
    candles: list[Candle] = Field(
        description="The candles, oldest first. An interval without rates has none."
    )
    next: Next
