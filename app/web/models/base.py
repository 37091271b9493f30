"""The types that the bodies share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from app.domain.calendar import Status
from app.domain.change import Basis, Window
from app.domain.observations import Kind


def _number(value: Any) -> Any:
    """A JSON number as a decimal: the same digits as text are something else."""
    if isinstance(value, str):
        raise ValueError("text, not a number")
    return Decimal(str(value)) if isinstance(value, int | float) else value


Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]

Rate = Annotated[
    Number,
    Field(
        description=(
            "Units of `quote` per 1 unit of `base`. Exact: 15 significant digits as published, 12 when"
            " inverted or of a cross."
        ),
        examples=[0.0114351057747],
    ),
]
CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$")]
PairText = Annotated[
    str,
    Field(
        pattern="^[A-Z]{3}/[A-Z]{3}$",
        description="Base and quote: units of the quote per 1 unit of the base.",
        examples=["KGS/USD"],
    ),
]
SourceKey = Annotated[str, Field(description="The key of the source that said it.", examples=["nbkr"])]
KindText = Annotated[
    Kind,
    Field(
        description=(
            "What the source is: a central bank, a service that blends others, a decree, or an imported page."
        ),
        examples=["official"],
    ),
]
SourceOrNone = Annotated[
    str | None,
    Field(
        description="The key of the source that said it. Null: a cross whose legs are of two sources.",
        examples=["nbkr"],
    ),
]
KindOrNone = Annotated[
    Kind | None,
    Field(
        description=(
            "What the source is: a central bank, a service that blends others, a decree, or an imported page."
            " Null: a cross whose legs are of two kinds."
        ),
        examples=["official"],
    ),
]
StatusText = Annotated[
    Status,
    Field(
        description=(
            "How far the rate can be trusted to be today's. `fresh`: of the newest publication that was due."
            " `carried`: still in force, on a day on which its source does not publish. `late`: a publication"
            " is overdue. `stale`: two are. `pegged`: fixed by decree, it does not age. `upcoming`: in force"
            " from a later day on."
        ),
        examples=["fresh"],
    ),
]
EffectiveDate = Annotated[
    date,
    Field(
        description="The calendar day, in the source's own zone, for which the rate is in force.",
        examples=["2026-05-21"],
    ),
]
ObservedAt = Annotated[
    AwareDatetime,
    Field(
        description=(
            "The instant at which the source says the rate held, in UTC: for a daily rate the start of its"
            " effective date."
        ),
        examples=["2026-05-20T18:00:00Z"],
    ),
]
RecordedAt = Annotated[
    AwareDatetime,
    Field(description="When it was recorded here, in UTC.", examples=["2026-05-20T10:31:04.218Z"]),
]
Revision = Annotated[
    int,
    Field(
        ge=0,
        description="How often the source had corrected itself for this day: 0 is what it said first.",
        examples=[0],
    ),
]
Version = Annotated[
    int,
    Field(
        ge=0,
        description=(
            "Grows by one with everything that is recorded or judged: which state of the record this is."
        ),
        examples=[412],
    ),
]
Seq = Annotated[
    int,
    Field(
        ge=0,
        description="The number of the newest tick. Ticks are numbered without gaps, over all pairs.",
        examples=[41],
    ),
]
LateAt = Annotated[
    AwareDatetime | None,
    Field(
        description=(
            "From this instant on (UTC) a publication is overdue and a copy of this rate is late. Null:"
            " never."
        ),
        examples=["2026-05-21T11:00:00Z"],
    ),
]
StaleAt = Annotated[
    AwareDatetime | None,
    Field(
        description=(
            "From this instant on (UTC) two publications are overdue and a copy of this rate is stale. Null:"
            " never."
        ),
        examples=["2026-05-22T10:30:00Z"],
    ),
]
Derived = Annotated[
    bool,
    Field(
        description=(
            "Whether the pair is a cross, which nobody publishes: derived from the dollar rates of both"
            " currencies, on the days on which both have one."
        ),
        examples=[False],
    ),
]
Next = Annotated[
    str | None,
    Field(
        description=(
            "The cursor of what follows, for `after=`; null at the end. The whole URL is in the `Link`"
            " header."
        ),
        examples=["mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE"],
    ),
]


class Published(BaseModel):
    """What the source printed, as it printed it."""

    pair: PairText = Field(description="The direction in which it was printed.", examples=["USD/KGS"])
    value: str = Field(
        description=(
            "The literal text, every digit: units of the printed quote per `nominal` units of the printed"
            " base."
        ),
        examples=["87.4500"],
    )
    nominal: int = Field(
        ge=1, description="The units of the printed base that the value is for.", examples=[1]
    )


class Reference(BaseModel):
    """The rate that a change is measured against."""

    rate: Rate = Field(description="Units of `quote` per 1 unit of `base`, then.", examples=[0.0114375384587])
    effective_date: date | None = Field(
        description="The day it was in force for. Null where only the source knows.", examples=["2026-05-20"]
    )


class Moved(BaseModel):
    """How far a rate moved, in its own direction, whatever that is measured against."""

    basis: str
    pct: Number | None = Field(
        description=(
            "Percent, with up to six decimals. Null when there is nothing to compare with, never a made-up 0."
        ),
        examples=[-0.021269],
    )
    abs: Number | None = Field(
        description="The difference in units of `quote` per 1 unit of `base`.",
        examples=[-0.00000243268399465],
    )
    reference: Reference | None = Field(description="The rate it is measured against; null when not known.")
    span_days: int | None = Field(
        description="Calendar days between the two effective dates: three over a weekend.", examples=[1]
    )
    reason: str | SkipJsonSchema[None] = Field(
        default=None,
        description="Why `pct` is null; absent when it is not.",
        examples=["no-earlier-publication"],
    )


class WindowChange(Moved):
    """How far a rate moved, in its own direction, since the beginning of a window."""

    basis: Basis = Field(
        description=(
            "What it is measured against: the last publication at or before the beginning of a window that"
            " ends with the rate, or `since` a day; or as in `/v1/latest`."
        ),
        examples=["30d"],
    )


class Change(Moved):
    """How far the rate moved, in its own direction, and since when."""

    basis: Literal["previous_publication", "reported", "peg"] = Field(
        description=(
            "What it is measured against: the same source's last earlier publication, the source's own word,"
            " or nothing (a decree)."
        ),
        examples=["previous_publication"],
    )


class StripChange(Moved):
    """How far the rate moved, in its own direction, and since when, by what was asked for as `change=`."""

    basis: Literal["previous_publication", "reported", "peg", Window, "none"] = Field(
        description=(
            "What it is measured against: as in `/v1/latest`, or the last publication at or before the"
            " beginning of the window asked for, where a decree that did not change is `peg`, too. `none`: no"
            " change was asked for, and `pct` is null."
        ),
        examples=["previous_publication"],
    )


class Body(BaseModel):
    """A whole body."""

    simulated: Literal[True] | SkipJsonSchema[None] = Field(
        default=None,
        description=(
            "Present, and true, only where the rates are made up: in a demonstration. The header"
            " `Silkrate-Simulated` says so too."
        ),
    )
