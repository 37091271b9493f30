"""The bodies of /v1/ticker and /v1/ticks."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from app.web.models.base import (
    Body,
    Change,
    EffectiveDate,
    KindOrNone,
    KindText,
    LateAt,
    Next,
    PairText,
    Rate,
    RecordedAt,
    Revision,
    Seq,
    SourceKey,
    SourceOrNone,
    StaleAt,
    StatusText,
    StripChange,
    Version,
)


class StripItem(BaseModel):
    """One item of the strip, with its texts ready to be shown."""

    pair: PairText
    line: str = Field(
        description=(
            "The ticker line, the same in every language: pair, rate, percent change where it is known."
        ),
        examples=["KGS/USD = 0.01144 -0.02%"],
    )
    nominal: int = Field(
        ge=1,
        description=(
            "The units of the base that `symbol`, `display` and `label` are of; `rate`, `line` and `change`"
            " are of 1. 1000 with `nominal=auto` where the rate of 1 is below 0.001, else 1."
        ),
        examples=[1],
    )
    symbol: str = Field(
        description=(
            "The pair, after the number of units where that is not 1, written as in the language:"
            " `1,000 UZS/USD`."
        ),
        examples=["KGS/USD"],
    )
    display: str = Field(description="The rate as people of the language read it.", examples=["0.01144"])
    change_display: str | None = Field(
        description=(
            "The change as people of the language read it; null when it is not known, or not asked for."
        ),
        examples=["-0.02%"],
    )
    name: str = Field(description="The name of the base currency in the language.", examples=["Kyrgyz som"])
    label: str = Field(
        description="The whole item as one sentence, for screen readers.",
        examples=["Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May"],
    )
    as_of_display: str = Field(description="The effective date in the language.", examples=["21 May 2026"])
    rate: Rate
    change: StripChange = Field(description="How far it moved, and since when.")
    source: SourceOrNone
    kind: KindOrNone
    fallback: bool = Field(
        description="Whether this is not the source that is believed first for the pair.", examples=[False]
    )
    effective_date: EffectiveDate
    status: StatusText
    late_at: LateAt
    stale_at: StaleAt
    seq: int | None = Field(
        description=(
            "The number of the tick that brought it into the headline. Null when it is not there now, and of"
            " a cross."
        ),
        examples=[41],
    )
    derived: Literal[True] | SkipJsonSchema[None] = Field(
        default=None,
        description="The pair is a cross, which nobody publishes. Absent otherwise.",
        examples=[True],
    )


class Strip(Body):
    """The strip: one item a pair. Pairs without a rate have none."""

    updated_at: AwareDatetime | None = Field(
        description="When the newest of the rates was recorded, in UTC.",
        examples=["2026-05-20T10:31:04.218Z"],
    )
    version: Version
    seq: Seq
    poll_after: int = Field(
        ge=1, description="Seconds that a page should wait before it asks again.", examples=[60]
    )
    items: list[StripItem] = Field(description="The items, in the order asked for.")


class Previous(BaseModel):
    """The tick before of the same pair."""

    seq: int = Field(ge=1, description="Its number.", examples=[36])
    rate: Rate = Field(
        description="Its rate: units of the quote per 1 unit of the base.", examples=[0.0114375384587]
    )


class TickFields(BaseModel):
    """One change of one pair's headline."""

    seq: int = Field(
        ge=1, description="Its number: no gaps, over all pairs, in the order of events.", examples=[41]
    )
    version: Version = Field(description="The version that wrote it.", examples=[412])
    pair: PairText
    cause: Literal["publication", "revision", "turn", "fallback", "recovery", "accepted"] = Field(
        description=(
            "Why the headline changed: a new publication, a corrected one, the clock, a worse source taking"
            " over, a better one coming back, or a held value released."
        ),
        examples=["turn"],
    )
    at: AwareDatetime = Field(
        description="When it changed, in UTC: the turn's own instant for `turn`, else `recorded_at`.",
        examples=["2026-05-20T18:00:00Z"],
    )
    recorded_at: RecordedAt
    rate: Rate
    source: SourceKey
    kind: KindText
    effective_date: EffectiveDate
    revision: Revision
    unchanged: bool = Field(
        description="Whether the rate is that of the tick before of this pair.", examples=[False]
    )
    change: Change = Field(description="How far it moved, and since when.")
    previous: Previous | None = Field(description="The tick before of this pair; null for the first.")
    corrects: int | None = Field(
        description="The number of the tick that a revision corrects; null otherwise.", examples=[36]
    )


class Tick(TickFields, Body):
    """One tick by itself."""


class Reset(BaseModel):
    """The data of the event `reset`: why a stream does not go on from the place that was named."""

    reason: str = Field(
        description="The type of the problem, in short: `bad-cursor`, `cursor-ahead` or `foreign-cursor`.",
        examples=["foreign-cursor"],
    )
    detail: str = Field(
        description="The same in a sentence.",
        examples=["This cursor belongs to another log: the store was restored or replaced since then."],
    )
    restart: str = Field(
        description="Where the log can be read again.", examples=["https://rates.example/v1/ticks"]
    )
    cursor: str = Field(
        description="The place from which the stream goes on.",
        examples=["ZBBeyzEudC5iMTk0NmFjOTI0OTIuNDI"],
    )


class Ticks(Body):
    """A stretch of the tick log, oldest first."""

    ticks: list[TickFields] = Field(description="The ticks, oldest first.")
    next: Next
    cursor: str = Field(
        description=(
            "The place up to which the log was read, for `after=` whenever there is more; never null, and the"
            " same as `next` where that leads on."
        ),
        examples=["mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE"],
    )
    version: Version
    seq: Seq
