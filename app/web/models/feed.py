"""The body of /v1/feed.json, as JSON Feed 1.1 names its members."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from app.web.models.ticker import TickFields

About = Field(
    description="The address of what tells of these members.", examples=["https://rates.example/docs"]
)


class Author(BaseModel):
    """Who said it."""

    name: str = Field(
        description="The name of the source.", examples=["National Bank of the Kyrgyz Republic"]
    )
    url: str | SkipJsonSchema[None] = Field(
        default=None, description="Its page, where it has one.", examples=["https://www.nbkr.kg/"]
    )


class ItemTick(TickFields):
    """The tick that an item tells of, as `/v1/ticks` shows it."""

    about: str = About
    attribution: str = Field(
        description="The credit that the source asks for.",
        examples=["Source: National Bank of the Kyrgyz Republic"],
    )


class FeedItem(BaseModel):
    """One tick as news."""

    id: str = Field(
        description="Its URI: the same in every feed and format, for ever.",
        examples=["tag:rates.example,2026:b1946ac92492/41"],
    )
    url: str = Field(
        description="The page about it.", examples=["https://rates.example/ticks/41?log=b1946ac92492"]
    )
    title: str = Field(
        description="What happened, in a line.", examples=["KGS/USD 0.01144, down 0.02% since 20 May"]
    )
    content_text: str = Field(
        description="What happened, in sentences.",
        examples=[
            "1 KGS = 0.01144 USD for 21 May 2026, by National Bank of the Kyrgyz Republic. 1 USD = 87.45 KGS."
        ],
    )
    date_published: AwareDatetime = Field(
        description="When it could first be had, in UTC.", examples=["2026-05-20T18:00:00.118Z"]
    )
    date_modified: AwareDatetime = Field(
        description="The same: it never changes.", examples=["2026-05-20T18:00:00.118Z"]
    )
    authors: list[Author] = Field(description="Who said it: one.")
    tags: list[str] = Field(
        description="The pair, and why the headline changed.", examples=[["KGS/USD", "turn"]]
    )
    silkrate: ItemTick = Field(alias="_silkrate", description="The tick.")


class FeedMark(BaseModel):
    """What JSON Feed has no word for."""

    about: str = About
    simulated: Literal[True] = Field(description="The rates are made up.", examples=[True])


class JsonFeed(BaseModel):
    """The log as news, newest first."""

    version: Literal["https://jsonfeed.org/version/1.1"] = Field(
        description="The format.", examples=["https://jsonfeed.org/version/1.1"]
    )
    title: str = Field(description="The name of the feed.", examples=["Exchange rates of Central Asia"])
    home_page_url: str = Field(description="The page that it is about.", examples=["https://rates.example/"])
    feed_url: str = Field(
        description="Its own address, in one way of the many that it may be asked in.",
        examples=["https://rates.example/v1/feed.json"],
    )
    description: str = Field(
        description="What it tells.",
        examples=["Every change of the rates in force, once: who published it, and for which day."],
    )
    language: str = Field(description="Its language (BCP 47).", examples=["en"])
    next_url: str | SkipJsonSchema[None] = Field(
        default=None,
        description="The address of what is older; absent at the beginning of the log.",
        examples=["https://rates.example/v1/feed.json?before=mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE"],
    )
    silkrate: FeedMark | SkipJsonSchema[None] = Field(
        default=None,
        alias="_silkrate",
        description="Present only where the rates are made up: in a demonstration.",
    )
    items: list[FeedItem] = Field(description="The items, newest first.")
