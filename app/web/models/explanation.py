"""The explanation of a row of /v1/latest/{pair}."""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from app.domain.calendar import Status
from app.web.models.base import (
    EffectiveDate,
    KindText,
    Number,
    Published,
    RecordedAt,
    Revision,
    SourceKey,
    Version,
)


class Candidate(BaseModel):
    """A source that speaks for the pair, and how it stood on the day."""

    source: SourceKey
    kind: KindText
    chosen: bool = Field(description="Whether the row is of this source.", examples=[True])
    rate: Number | None = Field(
        description="Its rate, in the direction of the row; null: it has none.", examples=[0.0114351057747]
    )
    effective_date: datetime.date | None = Field(
        description="The day from which that rate is in force.", examples=["2026-05-21"]
    )
    status: Status | None = Field(description="How that rate stands, as in a row.", examples=["fresh"])
    missing: str | None = Field(
        description="Why it has no rate, as the slug of that problem; null: it has one.",
        examples=["no-rate-yet"],
    )


class Evidence(BaseModel):
    """The body that it was read from."""

    digest: str = Field(
        description="SHA-256 of the body as it came, decompressed, in hexadecimal digits.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    kept: bool = Field(description="Whether the body is still kept here.", examples=[True])
    size: int | None = Field(description="Its bytes; null when it is not kept.", examples=[1894])


class Found(BaseModel):
    """What a rule asked of the observation, and what it found."""

    rule: str = Field(description="The name of the rule.", examples=["outside-the-band"])
    question: str = Field(
        description="What it asks.",
        examples=["Is the rate outside what was ever plausible in that period?"],
    )
    reason: str | None = Field(
        description="Its yes, with the numbers; null: no.",
        examples=["KGS/USD moved +12.50 % since 2026-05-20"],
    )


class Implied(BaseModel):
    """What another source implies of the same currency."""

    source: SourceKey
    effective_date: EffectiveDate
    dollars: Number = Field(description="US dollars per 1 unit of the currency.", examples=[0.0114367])
    off_pct: Number = Field(description="Percent by which that is off the row's.", examples=[0.013941])


class Ruling(BaseModel):
    """A verdict on what was said."""

    version: Version = Field(description="The version that gave it.", examples=[412])
    recorded_at: RecordedAt
    verdict: Literal["accepted", "held", "rejected"] = Field(
        description="What was decided.", examples=["accepted"]
    )
    rule: str = Field(description="The rule that led to it.", examples=["plausible"])
    reason: str = Field(description="Why, with the numbers.", examples=["no rule objects"])


class Told(BaseModel):
    """One revision of what the source said for the row's day."""

    id: int = Field(ge=1, description="Its number in the record.", examples=[1207])
    revision: Revision
    shown: bool = Field(description="Whether the row shows this one.", examples=[True])
    rate: Number | None = Field(
        description="Its rate, in the direction of the row; null: it is no positive number.",
        examples=[0.0114351057747],
    )
    published: Published = Field(description="What the source printed.")
    url: str | None = Field(
        description="Where it was fetched, without any key; null: it was handed in.",
        examples=["https://www.nbkr.kg/XML/daily.xml"],
    )
    body: Evidence | None = Field(description="What it was read from; null: it was read from nothing.")
    fetched_at: AwareDatetime = Field(
        description="When it was fetched, in UTC.", examples=["2026-05-20T10:31:03.907Z"]
    )
    recorded_at: RecordedAt
    version: Version = Field(description="The version that recorded it.", examples=[412])
    rulings: list[Ruling] = Field(description="The verdicts on it, the oldest first.")


class Arithmetic(BaseModel):
    """How the numbers follow from what was printed. A line is an expression, its digits, and how these were
    rounded.
    """

    rate: list[str] = Field(
        description="The lines that lead to `rate`.",
        examples=[
            [
                "printed: 87.4500 KGS for 1 USD",
                "1 / 87.4500 = 0.0114351057747284162... -> 0.0114351057747"
                " (12 significant digits, half even)",
            ]
        ],
    )
    change: list[str] = Field(
        description="The lines that lead to `change`.",
        examples=[
            [
                "((1 / 87.4500) / (1 / 87.4314) - 1) * 100 = -62 / 2915 = -0.0212692967409948542..."
                " -> -0.021269 % (6 decimals, half even)"
            ]
        ],
    )


class Explanation(BaseModel):
    """Where a row comes from."""

    date: datetime.date | None = Field(
        description="The effective date asked about; null: now.", examples=["2026-05-21"]
    )
    choice: str = Field(description="Why this source.", examples=["nbkr is believed first"])
    authority: list[Candidate] = Field(
        description="The sources that speak for the pair, in the order in which they are believed."
    )
    rules: list[Found] = Field(
        description="What each rule finds in the row's observation, in their order, up to the last one asked."
    )
    witnesses: list[Implied] = Field(
        description="What other banks and decrees imply of the same currency at the time.", examples=[[]]
    )
    revisions: list[Told] = Field(description="All that the source said for the row's day, the oldest first.")
    arithmetic: Arithmetic = Field(description="The rate and its change, to be done again with a pencil.")
