"""The bodies of /livez, /readyz and /health, and of every error."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from app.web.models.base import Body, PairText, Seq, StatusText, Version
from app.web.models.facts import LastError


class Alive(Body):
    """The process runs."""

    status: Literal["alive"] = Field(description="Always this.", examples=["alive"])


class Ready(Body):
    """Traffic may come here."""

    status: Literal["ready"] = Field(
        description="Always this; otherwise the answer is a problem that says why not.", examples=["ready"]
    )


class PairHealth(BaseModel):
    """Whether a pair can be shown, from whom and how good."""

    pair: PairText
    source: str | None = Field(description="The source of its headline; null without one.", examples=["nbkr"])
    effective_date: date | None = Field(description="The day its headline is for.", examples=["2026-05-21"])
    status: StatusText | None = Field(
        description="How far its rate can be trusted to be today's; null: it has none.", examples=["fresh"]
    )


class SourceHealth(BaseModel):
    """How a source is doing."""

    key: str = Field(description="Its key.", examples=["nbkr"])
    status: StatusText | None = Field(
        description="How far its rate can be trusted to be today's; null: it has none.", examples=["fresh"]
    )
    newest: date | None = Field(
        description="The effective date of its newest publication; null: it has none.",
        examples=["2026-05-22"],
    )
    publications_missed: int = Field(
        ge=0, description="How many publications that were due have not come.", examples=[0]
    )
    checked_at: AwareDatetime | None = Field(
        description="When an answer last confirmed what is recorded, in UTC; null: never.",
        examples=["2026-05-21T09:20:03.118Z"],
    )
    failing_since: AwareDatetime | None = Field(
        description="Since when it fails, in UTC; null while it answers.",
        examples=[None],
    )
    last_error: LastError | None = Field(
        description="Its newest failure; null: none so far.", examples=[None]
    )


class Head(BaseModel):
    """The newest version and its hash."""

    version: Version
    hash: str = Field(
        description=(
            "SHA-256 over everything recorded up to this version, in hexadecimal digits. Whoever notes it can"
            " prove later that nothing of that was changed."
        ),
        pattern="^[0-9a-f]{64}$",
        examples=["b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"],
    )


class Polling(Body):
    """The process that asks the sources."""

    holder: str = Field(
        description="Its machine, its process and a word of its own.", examples=["db1:71:0af3c2"]
    )
    expires_at: AwareDatetime = Field(
        description="When another may take its place, unless it says again that it lives.",
        examples=["2026-05-21T09:21:06Z"],
    )


class Health(Body):
    """The service at the moment of asking."""

    status: Literal["ok", "degraded", "empty"] = Field(
        description=(
            "`degraded`: a source fails or missed a publication, a pair is overdue, missing or on a"
            " fallback, the store is out of reach, or its poller has died. `empty`: no rate is recorded."
        ),
        examples=["ok"],
    )
    at: AwareDatetime = Field(description="The moment of asking, in UTC.", examples=["2026-05-21T09:21:00Z"])
    version: Version
    seq: Seq
    log_id: str = Field(
        description=(
            "The id of the tick log. Another one: the store was restored or replaced, and cursors start"
            " again."
        ),
        examples=["b1946ac92492"],
    )
    head: Head = Field(description="What the record comes to: to be noted, and compared later.")
    reachable: bool = Field(
        description="Whether the store answers; if not, all is as it was known last.", examples=[True]
    )
    polling: Polling | None = Field(description="Who asks the sources, or has died; null: nobody.")
    pairs: list[PairHealth] = Field(description="The pairs of the ticker.")
    sources: list[SourceHealth] = Field(description="The sources that are asked.")


class Problem(Body):
    """An error (RFC 9457). Never cached."""

    type: str = Field(
        description="A stable URI; its last part names the kind of error.",
        examples=["tag:silkrate,2026:problem/unknown-pair"],
    )
    title: str = Field(description="The kind of error in words.", examples=["Unknown pair"])
    status: int = Field(ge=400, le=599, description="The HTTP status.", examples=[404])
    detail: str = Field(
        description="What was wrong this time.", examples=["'KGS-EUR' is not a pair served here."]
    )
    instance: str = Field(description="The path and query that were asked.", examples=["/v1/latest/KGS-EUR"])
    parameter: str | SkipJsonSchema[None] = Field(
        default=None, description="The parameter at fault, where it is one.", examples=["pair"]
    )
    expected: str | SkipJsonSchema[None] = Field(
        default=None,
        description="What would be right.",
        examples=["one of KGS-USD, KZT-USD, TJS-USD, UZS-USD, TMT-USD"],
    )
    restart: str | SkipJsonSchema[None] = Field(
        default=None,
        description="Where to start again, when the cursor is of a log that is gone.",
        examples=["https://rates.example/v1/ticks"],
    )
