"""JSON Feed 1.1, for programs and the readers that prefer it: each item with the tick that it tells of."""

from __future__ import annotations

from typing import Any

from app.domain.answers import Publisher
from app.render.feeds.news import Item, News
from app.render.json import encode, members

MEDIA_TYPE = "application/feed+json"

VERSION = "https://jsonfeed.org/version/1.1"


def as_json(news: News) -> bytes:
    """The bytes of the feed. Our own members stand under `_silkrate`, with an `about` that tells of them."""
    feed: dict[str, Any] = {
        "version": VERSION,
        "title": news.title,
        "home_page_url": news.home,
        "feed_url": news.url,
        "description": news.about,
        "language": news.language,
    }
    if news.older:
        feed["next_url"] = news.older
    if news.simulated:
        feed["_silkrate"] = {"about": news.docs, "simulated": True}
    return encode({**feed, "items": [_item(each, news.docs) for each in news.items]})


def _item(item: Item, about: str) -> dict[str, Any]:
    return {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "content_text": item.text,
        "date_published": item.at,
        "date_modified": item.at,
        "authors": [_author(item.publisher)],
        "tags": item.tags,
        "_silkrate": {**members(item.tick), "about": about, "attribution": item.publisher.attribution},
    }


def _author(publisher: Publisher) -> dict[str, str]:
    named = {"name": publisher.name}
    return {**named, "url": publisher.homepage} if publisher.homepage else named
