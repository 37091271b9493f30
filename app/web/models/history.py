"""The bodies of /v1/history and /v1/history/{pair}."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.domain.observations import Kind
from app.web.models.base import (
    Body,
    Derived,
    EffectiveDate,
    Next,
    Number,
    ObservedAt,
    PairText,
    Published,
    Rate,
)


class Point(BaseModel):
    """One publication; or of a cross one day, of which nobody published anything."""

    pair: PairText
    effective_date: EffectiveDate
    observed_at: ObservedAt
    rate: Rate
    source: str | None = Field(
        description="The key of the source that said it. Null: a cross of two sources.", examples=["nbkr"]
    )
    kind: Kind | None = Field(
        description=(
            "What the source is: a central bank, a service that blends others, a decree, or an imported page."
            " Null: a cross of two sources."
        ),
        examples=["official"],
    )
    published: Published | None = Field(description="What the source printed. Null: a cross.")
    revision: int | None = Field(
        ge=0,
        description=(
            "How often the source had corrected itself for this day: 0 is what it said first. Null: a cross."
        ),
        examples=[0],
    )
    version: int | None = Field(
        ge=0, description="The version that recorded it. Null: a cross.", examples=[412]
    )
    recorded_at: AwareDatetime | None = Field(
        description="When it was recorded here, in UTC. Null: a cross.", examples=["2026-05-20T10:31:04.218Z"]
    )
    carried_from: date | SkipJsonSchema[None] = Field(
        default=None,
        description="The day of the publication that stands for a day without one; absent in its own.",
        examples=["2026-05-21"],
    )


PAIRS = Field(description="The pairs asked for, in that order.", examples=[["KGS/USD"]])

Whose = Annotated[
    str | None,
    Field(
        description=(
            "The source asked for; `*`: all that publish the pair, each by itself. Null: the headline as it"
            " was in force day by day."
        ),
        examples=["nbkr"],
    ),
]
Since = Annotated[
    date | None,
    Field(description="The first day asked for; null: from the beginning.", examples=["2026-05-01"]),
]
Until = Annotated[
    date | None, Field(description="The last day asked for; null: until today.", examples=["2026-05-21"])
]
Points = Annotated[list[Point], Field(description="The publications, oldest first.")]


class History(Body):
    """The publications of one pair, oldest first. Other days have no point, unless `fill` adds one."""

    pair: PairText
    source: Whose
    derived: Derived
    since: Since
    until: Until
    points: Points
    next: Next


class Histories(Body):
    """The publications of several pairs, day by day, and of each day in the order of the pairs."""

    pairs: list[PairText] = PAIRS
    source: Whose
    since: Since
    until: Until
    points: Points
    next: Next


class WideRow(BaseModel):
    """One day: its date, and a rate for each column."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"effective_date": "2026-05-21", "KGS/USD": 0.0114351057747}]},
    )

    effective_date: EffectiveDate

    __pydantic_extra__: dict[str, Number | None] = Field(init=False)

    @property
    def rates(self) -> dict[str, Any]:
        """The rates by their columns."""
        return self.__pydantic_extra__


class WideHistory(Body):
    """A row a day that has any rate, oldest first, and in it a rate for each column: the last of that day in
    units of the quote per 1 unit of the base, null where there is none.
    """

    pairs: list[PairText] = PAIRS
    source: Whose
    since: Since
    until: Until
    columns: list[str] = Field(
        description="The pairs; with `source=*` each with the key of a source behind it: `KGS/USD nbkr`.",
        examples=[["KGS/USD"]],
    )
    rows: list[WideRow] = Field(description="The days, oldest first.")
    next: Next
