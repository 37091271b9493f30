"""The body that the widget asks for."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from app.web.models.base import Body, PairText, SourceOrNone, StaleAt


class Shown(BaseModel):
    """One item, ready to be shown."""

    pair: PairText
    name: str = Field(
        description="The name of the base currency in the language, as it begins a line.",
        examples=["Kyrgyz som"],
    )
    display: str = Field(description="The rate as people of the language read it.", examples=["0.01144"])
    change_display: str | None = Field(
        description="The change with its sign; null when it is not known, or not asked for.",
        examples=["-0.02%"],
    )
    moved: Literal["up", "down", "flat"] = Field(
        description="Which way the change points, as it is shown.", examples=["down"]
    )
    label: str = Field(
        description="The whole item as one sentence, for screen readers.",
        examples=["Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May"],
    )
    source: SourceOrNone
    stale_at: StaleAt
    symbol: str | SkipJsonSchema[None] = Field(
        default=None,
        description="What `display` is of, where that is more than 1 unit. Absent otherwise.",
        examples=["1,000 UZS/USD"],
    )
    as_of_display: str | SkipJsonSchema[None] = Field(
        default=None,
        description="The effective date, where it is not that of the strip. Absent otherwise.",
        examples=["21 May 2026"],
    )


class Embedded(Body):
    """The strip as the widget shows it."""

    poll_after: int = Field(ge=1, description="Seconds to wait before asking again.", examples=[60])
    as_of_display: str = Field(
        description="The newest effective date of its rates in the language, decrees aside.",
        examples=["21 May 2026"],
    )
    items: list[Shown] = Field(description="The items, in the order asked for.")
