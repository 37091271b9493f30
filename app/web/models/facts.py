"""The bodies of /v1/pairs and /v1/sources."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from app.web.models.base import (
    Body,
    EffectiveDate,
    KindText,
    LateAt,
    Number,
    PairText,
    Published,
    RecordedAt,
    SourceKey,
    StaleAt,
    StatusText,
)

Since = Annotated[
    date, Field(description="The effective date of the first publication.", examples=["1993-05-10"])
]
Until = Annotated[
    date, Field(description="The effective date of the last publication.", examples=["2026-05-21"])
]
Publications = Annotated[int, Field(ge=0, description="How many publications are in force.", examples=[8051])]
Moment = AwareDatetime | None


class Coverage(BaseModel):
    """What one source has of a pair."""

    source: SourceKey
    since: Since
    until: Until
    publications: Publications


class PegFact(BaseModel):
    """A decree."""

    pair: PairText = Field(description="The direction in which it was decreed.", examples=["USD/TMT"])
    value: str = Field(description="Units of the quote per 1 unit of the base, as decreed.", examples=["3.5"])
    since: date = Field(description="The first day on which it holds.", examples=["2015-01-01"])
    authority: str = Field(description="Who decreed it.", examples=["Central Bank of Turkmenistan"])


class PairFacts(BaseModel):
    """What there is of one pair."""

    pair: PairText
    base: str = Field(description="The currency (ISO 4217) that a rate is for 1 unit of.", examples=["KGS"])
    quote: str = Field(description="The currency (ISO 4217) that a rate is in.", examples=["USD"])
    name: str = Field(description="The English name of the base currency.", examples=["Kyrgyz som"])
    minor_units: int = Field(ge=0, description="Decimals of an amount in the base currency.", examples=[2])
    first_day: date = Field(description="The base currency's first day.", examples=["1993-05-10"])
    authority: list[str] = Field(
        description=(
            "The sources in the order in which they are believed: the first that is not stale makes the"
            " headline."
        ),
        examples=[["nbkr", "page"]],
    )
    sources: list[Coverage] = Field(description="What each source has of the pair.")
    pegs: list[PegFact] = Field(description="The decrees that fixed it, oldest first.")


class Pairs(Body):
    """The pairs of the ticker, in its order. Each can be asked for the other way round too."""

    pairs: list[PairFacts] = Field(description="The pairs.")


class EraFacts(BaseModel):
    """How a source published from a day on."""

    since: date = Field(description="The first effective date of the era.", examples=["2006-01-01"])
    publication_days: list[str] = Field(
        description="The weekdays of its effective dates.", examples=[["Saturday"]]
    )


class CalendarFacts(BaseModel):
    """When a source speaks."""

    zone: str = Field(
        description="The zone (IANA) in which its days begin and end.", examples=["Asia/Bishkek"]
    )
    publication_days: list[str] = Field(
        description=(
            "The weekdays of the effective dates that it publishes rates for; empty without a schedule."
        ),
        examples=[["Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]],
    )
    eras: list[EraFacts] = Field(description="The same for each era, oldest first; the last is today's.")
    window: str | None = Field(
        description="The local time of day in which it publishes; null without a schedule.",
        examples=["15:00-16:30"],
    )
    expected_next_at: Moment = Field(
        description="When the next publication is due, in UTC; null: none is promised.",
        examples=["2026-05-21T09:00:00Z"],
    )
    late_at: LateAt
    stale_at: StaleAt


class PairCoverage(BaseModel):
    """What a source has of one pair."""

    pair: PairText
    since: Since
    until: Until
    publications: Publications


class LastError(BaseModel):
    """The newest failure of a source. It stays here when the source has recovered."""

    at: AwareDatetime = Field(description="When, in UTC.", examples=["2026-05-21T09:05:12.442Z"])
    kind: str = Field(
        description=(
            "`unreachable`, `bad-status` or `bad-body`: no answer, a wrong status, or not what the source"
            " prints."
        ),
        examples=["bad-status"],
    )
    message: str = Field(
        description="What was wrong.", examples=["nbkr: https://www.nbkr.kg/XML/daily.xml answered 502"]
    )


class Doubt(BaseModel):
    """Something that a source said and that is not in force."""

    id: int = Field(ge=1, description="The number under which it is accepted or rejected.", examples=[1207])
    verdict: Literal["held", "rejected"] = Field(
        description="`held`: it waits for evidence. `rejected`: it is refused for good.", examples=["held"]
    )
    pair: PairText
    effective_date: EffectiveDate
    rate: Number | None = Field(
        description="Quote per 1 unit of the base; null where what was printed is no positive number.",
        examples=[0.0101574403251],
    )
    published: Published = Field(description="What the source printed.")
    rule: str = Field(description="The rule that objects.", examples=["jump"])
    reason: str = Field(
        description="What the rule saw, with its numbers.",
        examples=["KGS/USD moved +12.50 % since 2026-05-20"],
    )
    recorded_at: RecordedAt


class SourceFields(BaseModel):
    """One source: what it is, what it covers, and how it is doing at the moment of asking."""

    key: str = Field(description="Its key, for `source=`.", examples=["nbkr"])
    name: str = Field(description="Its name.", examples=["National Bank of the Kyrgyz Republic"])
    kind: KindText
    enabled: bool = Field(description="Whether it is asked here and may make a headline.", examples=[True])
    homepage: str | None = Field(description="Its site; null: it has none.", examples=["https://www.nbkr.kg"])
    attribution: str = Field(
        description="How to name it beside its rates.", examples=["National Bank of the Kyrgyz Republic"]
    )
    terms: str = Field(
        description="On which terms its rates may be passed on.", examples=["Free with attribution."]
    )
    permission: str = Field(
        description="What makes it right to serve its rates on.", examples=["None is asked for."]
    )
    rounded: str | None = Field(
        description="How its values have lost digits; null: it prints them whole.", examples=[None]
    )
    needs: str | None = Field(
        description="The setting without which it cannot be asked; null: none.", examples=[None]
    )
    hosts: list[str] = Field(
        description="The hosts that are asked; `*.` stands for one label.", examples=[["www.nbkr.kg"]]
    )
    calendar: CalendarFacts = Field(description="When it speaks.")
    history_since: date | None = Field(
        description="The first effective date that it can be asked for; null: its past cannot be asked for.",
        examples=["1999-01-01"],
    )
    pairs: list[PairCoverage] = Field(description="What it covers.")
    status: StatusText | None = Field(
        description="How far its newest rate can be trusted to be today's; null: it has none.",
        examples=["fresh"],
    )
    publications_missed: int = Field(
        ge=0, description="How many publications that were due have not come.", examples=[0]
    )
    checked_at: Moment = Field(
        description="When an answer last confirmed what is recorded, in UTC; null: never.",
        examples=["2026-05-21T09:20:03.118Z"],
    )
    last_success_at: Moment = Field(
        description="When an answer could last be read, in UTC; null: never.",
        examples=["2026-05-21T09:20:03.118Z"],
    )
    failing_since: Moment = Field(
        description="The first failure since then, in UTC; null while it answers.",
        examples=[None],
    )
    last_error: LastError | None = Field(
        description="Its newest failure; null: none so far.", examples=[None]
    )
    held_count: int = Field(ge=0, description="How many values of it wait for evidence.", examples=[0])
    rejected_count: int = Field(ge=0, description="How many values of it were refused.", examples=[0])
    held: list[Doubt] | SkipJsonSchema[None] = Field(
        default=None, description="The newest values that wait; only where one source is asked for."
    )
    rejected: list[Doubt] | SkipJsonSchema[None] = Field(
        default=None, description="The newest values refused; only where one source is asked for."
    )


class SourceState(SourceFields, Body):
    """One source by itself."""


class Sources(Body):
    """Every source that there is, enabled or not."""

    sources: list[SourceFields] = Field(description="The sources.")
