"""The rules of the formats of feeds, held against real bytes: RFC 4287 and RFC 5005, RSS 2.0 and its best
practices, JSON Feed 1.1.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
RFC_822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} (GMT|[+-][0-9]{4})"
)

Broken = Iterator[str]


def broken_in_atom(content: bytes) -> list[str]:
    """What of a document breaks the rules of Atom, a line each."""
    return list(_atom(fromstring(content)))


def broken_in_rss(content: bytes) -> list[str]:
    """The same for RSS."""
    return list(_rss(fromstring(content)))


def broken_in_json(content: bytes) -> list[str]:
    """The same for JSON Feed."""
    return list(_json(json.loads(content)))


RULES: Mapping[str, Callable[[bytes], list[str]]] = {
    "json": broken_in_json,
    "atom": broken_in_atom,
    "rss": broken_in_rss,
}
"""By the ending of the path."""


def _once(parent: Element, *names: str) -> Broken:
    for name in names:
        found = parent.findall(name)
        if len(found) != 1:
            yield f"{parent.tag} has {len(found)} {name}"
        elif not (found[0].text or "").strip():
            yield f"{name} is empty"


def _at_most_once(parent: Element, *names: str) -> Broken:
    for name in names:
        if len(parent.findall(name)) > 1:
            yield f"{parent.tag} has more than one {name}"


def _known(parent: Element, names: Iterable[str]) -> Broken:
    for child in parent:
        if child.tag not in names and not child.tag.startswith("{http://purl.org/dc/"):
            yield f"{child.tag} is nothing that {parent.tag} has"


def _uri(text: str | None, schemes: str = "[a-z][a-z0-9+.-]*") -> Broken:
    if not re.fullmatch(schemes + r":[!-~]+", str(text)) or re.search(r'[<>"{}|\\^`]', str(text)):
        yield f"{text!r} is no URI"


def _url(text: str | None) -> Broken:
    """A whole address of the web."""
    yield from _uri(text, "https?")
    if not urlsplit(text or "").hostname:
        yield f"{text!r} has no host"


def _dated(text: str | None, form: re.Pattern[str], read: Callable[[str], datetime]) -> Broken:
    try:
        if not form.fullmatch(text or "") or read(text or "").tzinfo is None:
            yield f"{text!r} is no date"
    except ValueError:
        yield f"{text!r} is no date"


def _twice(what: str, values: Iterable[str | None]) -> Broken:
    yield from (f"{what} {value!r} twice" for value, count in Counter(values).items() if count > 1)


FEED_ELEMENTS = tuple(
    ATOM + name
    for name in [
        "author",
        "category",
        "contributor",
        "generator",
        "icon",
        "id",
        "link",
        "logo",
        "rights",
        "subtitle",
        "title",
        "updated",
        "entry",
    ]
)
ENTRY_ELEMENTS = tuple(
    ATOM + name
    for name in [
        "author",
        "category",
        "content",
        "contributor",
        "id",
        "link",
        "published",
        "rights",
        "source",
        "summary",
        "title",
        "updated",
    ]
)


def _atom(feed: Element) -> Broken:
    if feed.tag != ATOM + "feed":
        yield f"the root is {feed.tag}"
    if not feed.get(LANG):
        yield "no language"
    yield from _common_of_atom(feed, FEED_ELEMENTS)
    selves = [link for link in feed.findall(ATOM + "link") if link.get("rel") == "self"]
    if len(selves) != 1:
        yield f"{len(selves)} links to itself"
    entries = feed.findall(ATOM + "entry")
    yield from _twice("id", (entry.findtext(ATOM + "id") for entry in entries))
    for entry in entries:
        yield from _entry(entry, feed)


def _entry(entry: Element, feed: Element) -> Broken:
    yield from _common_of_atom(entry, ENTRY_ELEMENTS)
    yield from _at_most_once(entry, ATOM + "published", ATOM + "content", ATOM + "summary")
    for published in entry.findall(ATOM + "published"):
        yield from _dated(published.text, RFC_3339, datetime.fromisoformat)
    yield from _authors([*entry.findall(ATOM + "author"), *feed.findall(ATOM + "author")])
    for content in entry.findall(ATOM + "content"):
        if content.get("type", "text") not in ("text", "html") or len(content):
            yield "content of another kind than it says"
    rels = [link.get("rel", "alternate") for link in entry.findall(ATOM + "link")]
    if "alternate" not in rels:
        yield "no link to a page"
    if (entry.findtext(ATOM + "updated") or "") > (feed.findtext(ATOM + "updated") or ""):
        yield "an entry is newer than the feed"


def _authors(authors: list[Element]) -> Broken:
    if not authors:
        yield "nobody is the author"
    for author in authors:
        yield from _once(author, ATOM + "name")
        for uri in author.findall(ATOM + "uri"):
            yield from _url(uri.text)


def _common_of_atom(parent: Element, elements: Iterable[str]) -> Broken:
    yield from _known(parent, elements)
    yield from _once(parent, ATOM + "id", ATOM + "title", ATOM + "updated")
    yield from _at_most_once(parent, ATOM + "rights", ATOM + "subtitle", ATOM + "generator")
    yield from _uri(parent.findtext(ATOM + "id"))
    yield from _dated(parent.findtext(ATOM + "updated"), RFC_3339, datetime.fromisoformat)
    links = parent.findall(ATOM + "link")
    for link in links:
        yield from _url(link.get("href"))
    alternates = [link for link in links if link.get("rel", "alternate") == "alternate"]
    yield from _twice("alternate", (f"{each.get('type')} {each.get('hreflang')}" for each in alternates))
    for category in parent.findall(ATOM + "category"):
        if not category.get("term"):
            yield "a category without a term"


CHANNEL_ELEMENTS = (
    ATOM + "link",
    *[
        "title",
        "link",
        "description",
        "language",
        "copyright",
        "pubDate",
        "lastBuildDate",
        "category",
        "generator",
        "docs",
        "ttl",
        "item",
    ],
)
ITEM_ELEMENTS = (
    ATOM + "link",
    *["title", "link", "description", "author", "category", "guid", "pubDate", "source"],
)


def _rss(rss: Element) -> Broken:
    if (rss.tag, rss.get("version")) != ("rss", "2.0"):
        yield f"the root is {rss.tag} {rss.get('version')}"
    channels = rss.findall("channel")
    if len(channels) != 1:
        yield f"{len(channels)} channels"
    for channel in channels:
        yield from _channel(channel)


def _channel(channel: Element) -> Broken:
    yield from _known(channel, CHANNEL_ELEMENTS)
    yield from _once(channel, "title", "link", "description", "language", "lastBuildDate")
    yield from _url(channel.findtext("link"))
    yield from _dated(channel.findtext("lastBuildDate"), RFC_822, parsedate_to_datetime)
    links = channel.findall(ATOM + "link")
    if sum(link.get("rel") == "self" for link in links) != 1:
        yield "not one link to itself"
    for link in links:
        yield from _url(link.get("href"))
    items = channel.findall("item")
    yield from _twice("guid", (item.findtext("guid") for item in items))
    for item in items:
        yield from _rss_item(item)


def _rss_item(item: Element) -> Broken:
    yield from _known(item, ITEM_ELEMENTS)
    yield from _once(item, "title", "link", "guid", "pubDate", "description")
    yield from _url(item.findtext("link"))
    yield from _dated(item.findtext("pubDate"), RFC_822, parsedate_to_datetime)
    for guid in item.findall("guid"):
        yield from _uri(guid.text)
        if guid.get("isPermaLink") != "false" and not (guid.text or "").startswith("http"):
            yield "a guid that is said to be an address and is none"
    if re.search(r"&(?!amp;|lt;|gt;|#)|<(?![a-z/])", item.findtext("description") or ""):
        yield "a description that is no HTML"


TOP = {
    "version": str,
    "title": str,
    "home_page_url": str,
    "feed_url": str,
    "description": str,
    "language": str,
    "next_url": str,
    "items": list,
}
OF_ITEM = {
    "id": str,
    "url": str,
    "title": str,
    "content_text": str,
    "date_published": str,
    "date_modified": str,
    "authors": list,
    "tags": list,
    "language": str,
}


def _json(feed: dict[str, Any]) -> Broken:
    yield from _members(feed, TOP, {"version", "title", "feed_url", "items"})
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield f"version {feed.get('version')!r}"
    for name in ("home_page_url", "feed_url", "next_url"):
        if name in feed:
            yield from _url(feed[name])
    items = feed.get("items", [])
    yield from _twice("id", (item.get("id") for item in items))
    for item in items:
        yield from _json_item(item)


def _json_item(item: dict[str, Any]) -> Broken:
    yield from _members(item, OF_ITEM, {"id", "content_text"})
    yield from _uri(item.get("id"))
    yield from _url(item.get("url"))
    for name in ("date_published", "date_modified"):
        if name in item:
            yield from _dated(item[name], RFC_3339, datetime.fromisoformat)
    for author in item.get("authors", ()):
        yield from _members(author, {"name": str, "url": str, "avatar": str}, set())
        if not author:
            yield "an author of whom nothing is said"
    for tag in item.get("tags", ()):
        if not isinstance(tag, str):
            yield f"tag {tag!r}"


def _members(value: Mapping[str, Any], known: Mapping[str, type], required: set[str]) -> Broken:
    for name in sorted(required - value.keys()):
        yield f"no {name}"
    for name, member in value.items():
        if name.startswith("_"):
            if not isinstance(member, dict) or "about" not in member:
                yield f"{name} does not say what it is about"
        elif name not in known:
            yield f"{name} is nothing that there is"
        elif not isinstance(member, known[name]):
            yield f"{name} is {member!r}"
