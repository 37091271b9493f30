"""The feeds as forms of an answer: which addresses and ids stand in them for who asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import JSONResponse

from app.domain.numbers import trimmed
from app.domain.pairs import TICKER
from app.domain.ticks import Wanted
from app.render.feeds.atom import MEDIA_TYPE as ATOM
from app.render.feeds.atom import as_atom
from app.render.feeds.json_feed import MEDIA_TYPE as JSON
from app.render.feeds.json_feed import as_json
from app.render.feeds.news import NOBODY, Address, News, news
from app.render.feeds.rss import MEDIA_TYPE as RSS
from app.render.feeds.rss import as_rss
from app.render.locale import language
from app.web.parameters import OfFeed
from app.web.requests import context_of, origin_of
from app.web.responses import Form

_DNS_NAME = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class FeedForm:
    """A format of feeds: `write` makes the bytes of what is told."""

    media_type: str
    write: Callable[[News], bytes]

    def at(self, request: Request, asked: OfFeed) -> Form:
        """The form of an answer that is sent to who asks. Raises BadParameter for an unknown language."""
        words, address = language(asked.lang), address_of(request, asked)
        return Form(
            self.media_type,
            lambda body, simulated: self.write(news(body, words, address, simulated=simulated)),
            origin=address.origin,
        )


JSON_FEED = FeedForm(JSON, as_json)
ATOM_FEED = FeedForm(f"{ATOM}; charset=utf-8", as_atom)
RSS_FEED = FeedForm(f"{RSS}; charset=utf-8", as_rss)


class JsonFeedResponse(JSONResponse):
    """Tells OpenAPI what the JSON of a feed is called."""

    media_type = JSON


def address_of(request: Request, asked: OfFeed) -> Address:
    """Where the feed stands that is asked for, by what it is and not by how that was written. As it was known
    is not part of it: a memento has the bytes of what it is one of. Raises BadParameter for an unknown
    language.
    """
    page = {} if asked.limit == _default("limit") else {"limit": str(asked.limit)}
    if asked.before:
        page["before"] = asked.before
    filters = filters_of(asked.wanted)
    if (tag := language(asked.lang).tag) != _default("lang"):
        filters["lang"] = tag
    authority = authority_of(context_of(request).settings.public_url)
    return Address(origin_of(request), request.scope["path"], authority, filters, page)


def filters_of(wanted: Wanted) -> dict[str, str]:
    """The parameters that ask for these ticks, in one way of the many that there are."""
    some = wanted.pairs and wanted.pairs != frozenset(TICKER)
    pairs = ",".join(pair.dashed for pair in TICKER if pair in wanted.pairs) if some else ""
    least = trimmed(wanted.min_change_pct) if wanted.min_change_pct is not None else ""
    named = {"pairs": pairs, "only": "changes" if wanted.only_changes else "", "min_change_pct": least}
    return {name: value for name, value in named.items() if value}


def authority_of(public_url: str | None) -> str:
    """Who mints the ids of a service at this address (RFC 4151): its host where that is a DNS name, which an
    IP address and what has a `_` are not.
    """
    host = (urlsplit(public_url).hostname or "").removesuffix(".") if public_url else ""
    return host if _DNS_NAME.fullmatch(host) else NOBODY


def _default(parameter: str) -> object:
    return OfFeed.model_fields[parameter].default


ATOM_EXAMPLE = (
    "<?xml version='1.0' encoding='utf-8'?>\n"
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
    "<id>tag:rates.example,2026:b1946ac92492/feed</id><title>Exchange rates of Central Asia</title>"
    "<subtitle>Every change of the rates in force, once: who published it, and for which day.</subtitle>"
    "<updated>2026-05-20T18:00:00.118Z</updated>"
    '<link rel="self" type="application/atom+xml" href="https://rates.example/v1/feed.atom" />'
    '<link rel="alternate" type="text/html" href="https://rates.example/" /><entry>'
    "<id>tag:rates.example,2026:b1946ac92492/41</id>"
    "<title>KGS/USD 0.01144, down 0.02% since 20 May</title>"
    "<published>2026-05-20T18:00:00.118Z</published><updated>2026-05-20T18:00:00.118Z</updated>"
    '<link rel="alternate" type="text/html" href="https://rates.example/ticks/41?log=b1946ac92492" /><author>'
    "<name>National Bank of the Kyrgyz Republic</name><uri>https://www.nbkr.kg</uri></author>"
    '<category term="KGS/USD" /><category term="turn" />'
    "<rights>National Bank of the Kyrgyz Republic, www.nbkr.kg</rights>"
    '<content type="text">1 KGS = 0.01144 USD for 21 May 2026,'
    " by National Bank of the Kyrgyz Republic. 1 USD = 87.45 KGS.</content>"
    "</entry></feed>"
)

RSS_EXAMPLE = (
    "<?xml version='1.0' encoding='utf-8'?>\n"
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<channel><title>Exchange rates of Central Asia</title><link>https://rates.example/</link>"
    "<description>Every change of the rates in force, once: who published it, and for which day."
    "</description><language>en</language><lastBuildDate>Wed, 20 May 2026 18:00:00 GMT</lastBuildDate>"
    '<atom:link rel="self" type="application/rss+xml" href="https://rates.example/v1/feed.rss" /><item>'
    "<title>KGS/USD 0.01144, down 0.02% since 20 May</title><link>https://rates.example/ticks/41?log=b1946ac92492</link>"
    '<guid isPermaLink="false">tag:rates.example,2026:b1946ac92492/41</guid>'
    "<pubDate>Wed, 20 May 2026 18:00:00 GMT</pubDate>"
    "<dc:creator>National Bank of the Kyrgyz Republic</dc:creator><category>KGS/USD</category>"
    "<category>turn</category><dc:rights>National Bank of the Kyrgyz Republic, www.nbkr.kg</dc:rights>"
    "<description>1 KGS = 0.01144 USD for 21 May 2026, by National Bank of the Kyrgyz Republic."
    " 1 USD = 87.45 KGS.</description>"
    "</item></channel></rss>"
)
