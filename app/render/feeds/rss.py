"""RSS 2.0, with the links of Atom and the authors of Dublin Core: its own have to be mail addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element

from app.render.feeds.markup import ATOM, add, written
from app.render.feeds.news import Item, News

MEDIA_TYPE = "application/rss+xml"

DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


def as_rss(news: News) -> bytes:
    """The bytes of the feed."""
    rss = Element("rss", {"version": "2.0", "xmlns:atom": ATOM, "xmlns:dc": DUBLIN_CORE})
    channel = add(rss, "channel")
    add(channel, "title", news.title)
    add(channel, "link", news.home)
    add(channel, "description", news.about)
    add(channel, "language", news.language)
    add(channel, "lastBuildDate", _date(news.updated))
    add(channel, "atom:link", rel="self", type=MEDIA_TYPE, href=news.url)
    if news.older:
        add(channel, "atom:link", rel="next", type=MEDIA_TYPE, href=news.older)
    for each in news.items:
        _item(channel, each)
    return written(rss)


def _item(channel: Element, item: Item) -> None:
    added = add(channel, "item")
    add(added, "title", item.title)
    add(added, "link", item.url)
    add(added, "guid", item.id, isPermaLink="false")
    add(added, "pubDate", _date(item.at))
    add(added, "dc:creator", item.publisher.name)
    for tag in item.tags:
        add(added, "category", tag)
    add(added, "dc:rights", item.publisher.attribution)
    add(added, "description", escape(item.text, quote=False))  # readers take it for HTML
    if item.corrects:
        add(added, "atom:link", rel="related", type="text/html", href=item.corrects)


def _date(instant: datetime) -> str:
    """As mail has it (RFC 822), with a year of four digits."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)
