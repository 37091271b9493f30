"""Ticks told as news: what every format says, in the words of a language and with whole addresses.

All of it follows from the log and the question, nothing from the moment of asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from urllib.parse import urlencode

from app.domain.answers import Feed, FeedEntry, Publisher
from app.domain.lines import shown
from app.domain.ticks import Tick
from app.render.locale import Language

NEVER = datetime(2026, 1, 1, tzinfo=UTC)
"""When a feed without news was last updated: a fixed instant, for there is no other."""

MOST_DECIMALS = 15
"""More than any rate has that was published."""

NOBODY = "silkrate"
"""Who mints the ids of a service that was not told its name."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a feed stands. `origin` is what the addresses of the service begin with, `authority` who mints
    its ids (RFC 4151). `filters` are the parameters that make it another feed, `page` those that choose a
    part of it; neither has one that is as by default.
    """

    origin: str
    path: str
    authority: str = NOBODY
    filters: Mapping[str, str] = field(default_factory=dict)
    page: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The whole address."""
        return _with(f"{self.origin}{self.path}", {**self.filters, **self.page})

    def older(self, cursor: str) -> str:
        """The whole address of the page that `cursor` leads on to."""
        return _with(f"{self.origin}{self.path}", {**self.filters, **self.page, "before": cursor})

    def id(self, log_id: str, what: str) -> str:
        """The URI of something in a log, the same in every format and at every address."""
        return f"tag:{self.authority},2026:{log_id}/{what}"

    def tick(self, log_id: str, seq: int) -> str:
        """The whole address of the page about a tick of a log, in the language of the feed."""
        spoken = {name: value for name, value in self.filters.items() if name == "lang"}
        return _with(f"{self.origin}/ticks/{seq}", {"log": log_id, **spoken})


@dataclass(frozen=True, slots=True)
class Item:
    """One tick as news. `at` is when it could first be had; `corrects` the address of the one that it
    corrects.
    """

    id: str
    url: str
    title: str
    text: str
    at: datetime
    publisher: Publisher
    tags: tuple[str, str]
    corrects: str | None
    tick: Tick


@dataclass(frozen=True, slots=True)
class News:
    """A feed, newest first. `home` is the page that it is about, `url` its own address, `older` that of what
    came before.
    """

    id: str
    title: str
    about: str
    language: str
    home: str
    docs: str
    url: str
    older: str | None
    updated: datetime
    items: tuple[Item, ...]
    simulated: bool


def news(feed: Feed, language: Language, address: Address, *, simulated: bool = False) -> News:
    """The feed in a language, for readers at an address."""
    title, about = language.about(feed.wanted)
    items = tuple(_item(each, feed.log_id, language, address) for each in feed.entries)
    return News(
        id=address.id(feed.log_id, _with("feed", address.filters)),
        title=f"{title} (simulated)" if simulated else title,
        about=about,
        language=language.tag,
        home=f"{address.origin}/",
        docs=f"{address.origin}/docs",
        url=address.url,
        older=address.older(feed.next) if feed.next else None,
        updated=items[0].at if items else NEVER,
        items=items,
        simulated=simulated,
    )


def title_and_text(entry: FeedEntry, language: Language) -> tuple[str, str]:
    """What is said of a tick: in a line, and in sentences."""
    tick, name = entry.tick, entry.publisher.name
    rate, before = shown(tick.rate, digits=entry.digits), None
    if tick.previous:
        before = shown(tick.previous.rate, digits=entry.before)
        if tick.is_correction and before == rate and entry.digits and entry.before:
            # Nobody would see what was corrected: with every digit that was published it shows.
            rate = shown(tick.rate, digits=entry.digits, decimals=MOST_DECIMALS)
            before = shown(tick.previous.rate, digits=entry.before, decimals=MOST_DECIMALS)
        before = language.number(before)
    title = language.title(tick, language.number(rate))
    story = language.story(tick, language.number(rate), before, name)
    base, quote = tick.pair
    inverse = language.number(shown(1 / Fraction(tick.rate), digits=entry.digits))
    return title, f"{story} 1 {quote} = {inverse} {base}."


def _item(entry: FeedEntry, log_id: str, language: Language, address: Address) -> Item:
    tick, (title, text) = entry.tick, title_and_text(entry, language)
    return Item(
        id=address.id(log_id, str(tick.seq)),
        url=address.tick(log_id, tick.seq),
        title=title,
        text=text,
        at=tick.recorded_at,
        publisher=entry.publisher,
        tags=(str(tick.pair), tick.cause),
        corrects=address.tick(log_id, tick.corrects) if tick.corrects and tick.is_correction else None,
        tick=tick,
    )


def _with(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters, safe=',')}" if parameters else path
