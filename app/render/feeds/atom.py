"""Atom (RFC 4287), in pages (RFC 5005)."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from app.render.feeds.markup import ATOM, add, written
from app.render.feeds.news import Item, News
from app.render.json import instant

MEDIA_TYPE = "application/atom+xml"


def as_atom(news: News) -> bytes:
    """The bytes of the feed."""
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": news.language})
    add(feed, "id", news.id)
    add(feed, "title", news.title)
    add(feed, "subtitle", news.about)
    add(feed, "updated", instant(news.updated))
    add(feed, "link", rel="self", type=MEDIA_TYPE, href=news.url)
    add(feed, "link", rel="alternate", type="text/html", href=news.home)
    if news.older:
        add(feed, "link", rel="next", type=MEDIA_TYPE, href=news.older)
    for each in news.items:
        _entry(feed, each)
    return written(feed)


def _entry(feed: Element, item: Item) -> None:
    entry = add(feed, "entry")
    add(entry, "id", item.id)
    add(entry, "title", item.title)
    add(entry, "published", instant(item.at))
    add(entry, "updated", instant(item.at))
    add(entry, "link", rel="alternate", type="text/html", href=item.url)
    if item.corrects:
        add(entry, "link", rel="related", type="text/html", href=item.corrects)
    author = add(entry, "author")
    add(author, "name", item.publisher.name)
    if item.publisher.homepage:
        add(author, "uri", item.publisher.homepage)
    for tag in item.tags:
        add(entry, "category", term=tag)
    add(entry, "rights", item.publisher.attribution)
    add(entry, "content", item.text, type="text")
