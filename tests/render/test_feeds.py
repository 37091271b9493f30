"""The three formats of feeds: by its rules each, with the same news all, and nothing lost on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element

import feedparser
import pytest
from defusedxml.ElementTree import fromstring

from app.domain.answers import Feed, Publisher
from app.domain.pairs import TICKER, Pair
from app.domain.ticks import Previous, Wanted
from app.render.feeds.atom import as_atom
from app.render.feeds.json_feed import as_json
from app.render.feeds.news import NEVER, Address, News, news
from app.render.feeds.rss import as_rss
from app.render.json import encode
from app.render.locale import language
from tests.feeds import ATOM, RULES
from tests.render.rows import BANK, CORRECTION, TICK, feed

WRITE: Mapping[str, Callable[[News], bytes]] = {"json": as_json, "atom": as_atom, "rss": as_rss}

HERE = Address(
    "https://rates.example", "/v1/feed.x", "rates.example", {"pairs": "KGS-USD,TJS-USD", "only": "changes"}
)

PAGE = "https://rates.example/ticks/42?log=b1946ac92492"

BOTH = feed(CORRECTION, TICK, older="Y3Vyc29y")


def told(found: Feed = BOTH, address: Address = HERE, *, simulated: bool = False) -> News:
    """The news of a feed in English."""
    return news(found, language("en"), address, simulated=simulated)


def entries(content: bytes) -> list[Element]:
    """The entries of Atom."""
    found: list[Element] = fromstring(content).findall(ATOM + "entry")
    return found


@pytest.mark.parametrize("form", WRITE)
@pytest.mark.parametrize("found", [BOTH, feed(TICK), feed()], ids=["two", "one", "none"])
@pytest.mark.parametrize("simulated", [False, True])
def test_a_feed_keeps_the_rules_of_its_format(form: str, found: Feed, simulated: bool) -> None:
    content = WRITE[form](told(found, simulated=simulated))
    assert RULES[form](content) == []


BREAKS = {
    "atom": [
        ("<updated>2026", "<updated>today "),
        ("</updated>", "</updated><updated>2026-05-21T05:00:07Z</updated>"),
        ("<id>tag:rates.example,2026:b1946ac92492/42</id>", ""),
        ("b1946ac92492/42</id>", "b1946ac92492/41</id>"),
        ("<id>tag:rates.example,2026:b1946ac92492/42</id>", "<id>42</id>"),
        ('rel="self"', 'rel="via"'),
        (f'href="{PAGE}"', 'href="/ticks/42"'),
        ("<author>", "<author><name>Another</name>"),
        ("author>", "contributor>"),
        ('<category term="KGS/USD" />', "<category />"),
        (f'<link rel="alternate" type="text/html" href="{PAGE}" />', ""),
        ('rel="related"', 'rel="alternate"'),
        ("<title>Correction", "<headline /><title>Correction"),
        ("<published>2026-05-21T", "<published>2026-05-21 "),
        ('type="text">', 'type="image/png">'),
        ('xml:lang="en"', ""),
        ("<updated>2026-05-21T05:00:07Z", "<updated>2026-05-20T05:00:07Z"),
    ],
    "rss": [
        ('version="2.0"', 'version="0.91"'),
        ("Thu, 21 May 2026", "2026-05-21"),
        ("<pubDate>Thu", "<pubDate>Thursday"),
        ('isPermaLink="false"', 'isPermaLink="true"'),
        ("b1946ac92492/42</guid>", "b1946ac92492/41</guid>"),
        (f"<link>{PAGE}", "<link>ticks/42"),
        ("<language>en</language>", ""),
        ("<description>1 KGS", "<description>&amp;nbsp 1 KGS"),
        ('rel="self"', 'rel="via"'),
        ("<title>Correction", "<headline /><title>Correction"),
        ("<channel><title>", "<channel><link>https://rates.example/</link><title>"),
    ],
    "json": [
        ("version/1.1", "version/1"),
        ('"title":"Ex', '"name":"Ex'),
        ('"id":"tag:rates.example,2026:b1946ac92492/42"', '"id":42'),
        ("b1946ac92492/42", "b1946ac92492/41"),
        ('"content_text"', '"content"'),
        (PAGE, "ticks/42"),
        ('"date_published":"2026-05-21T', '"date_published":"2026-05-21 '),
        ('"tags":["KGS/USD"', '"tags":[1'),
        ('"about":', '"of":'),
        ('"authors":[{"name"', '"authors":[{"mail"'),
        ('"feed_url":"https:', '"feed_url":"'),
    ],
}
"""What breaks a rule, by what stands in its place."""


@pytest.mark.parametrize(
    ("form", "right", "wrong"), [(form, *each) for form, all_ in BREAKS.items() for each in all_]
)
def test_a_document_that_breaks_a_rule_is_refused(form: str, right: str, wrong: str) -> None:
    content = WRITE[form](told()).decode()
    assert right in content
    assert RULES[form](content.replace(right, wrong, 1 if right != "author>" else -1).encode())


def parsed(form: str, content: bytes) -> Any:
    """What feedparser makes of it."""
    found = feedparser.parse(content)
    assert not found.bozo, (form, found.bozo_exception)
    return found


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_a_feed_reader_finds_in_each_format_what_json_says(form: str) -> None:
    items = json.loads(as_json(told()))["items"]
    found = parsed(form, WRITE[form](told()))
    assert found.feed.title == "Exchange rates of Central Asia"
    assert len(found.entries) == len(items) == 2
    for entry, item in zip(found.entries, items, strict=True):
        assert (entry.id, entry.link, entry.title) == (item["id"], item["url"], item["title"])
        assert unescape(entry.summary) == item["content_text"]
        assert [tag.term for tag in entry.tags] == item["tags"]
        assert entry.author == item["authors"][0]["name"]
        published = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*entry.published_parsed[:6])
        assert item["date_published"].startswith(published)
    assert [link.href for link in found.feed.links if link.rel == "next"] == [
        "https://rates.example/v1/feed.x?pairs=KGS-USD,TJS-USD&only=changes&before=Y3Vyc29y"
    ]


@pytest.mark.parametrize("form", WRITE)
@pytest.mark.parametrize(
    "name", ["A & B", "<b>Bank</b>", "AT&amp;T", '"O\'Neill" ]]>', "Қазақстан Ұлттық Банкі"]
)
def test_no_mark_in_a_name_becomes_markup(form: str, name: str) -> None:
    publisher = Publisher(name, "https://bank.example/?a=1&b=2", name)
    content = WRITE[form](told(feed(TICK, publisher=publisher)))
    assert RULES[form](content) == []
    if form == "json":
        (item,) = json.loads(content)["items"]
        assert (item["authors"][0]["name"], name in item["content_text"]) == (name, True)
        return
    root = fromstring(content)
    author = "author/name" if form == "atom" else "{http://purl.org/dc/elements/1.1/}creator"
    (text,) = [each.text or "" for each in root.iter() if each.tag in (ATOM + "name", author)]
    assert text == name
    (told_of,) = [each.text or "" for each in root.iter() if each.tag in (ATOM + "content", "description")][
        -1:
    ]
    assert name in (unescape(told_of) if form == "rss" else told_of)


def test_a_correction_names_what_it_corrects_in_every_format() -> None:
    correction, corrected = entries(as_atom(told()))
    related = [link.get("href") for link in correction.findall(ATOM + "link") if link.get("rel") == "related"]
    assert related == ["https://rates.example/ticks/41?log=b1946ac92492"]
    assert (correction.findtext(ATOM + "title") or "").startswith("Correction: KGS/USD 0.01143")
    assert "0.01144" in (correction.findtext(ATOM + "content") or "")
    assert not [link for link in corrected.findall(ATOM + "link") if link.get("rel") == "related"]
    assert (
        'rel="related" type="text/html" href="https://rates.example/ticks/41?log=b1946ac92492"'
        in as_rss(told()).decode()
    )
    assert json.loads(as_json(told()))["items"][0]["_silkrate"]["corrects"] == 41


def test_json_carries_the_whole_tick_as_the_log_shows_it() -> None:
    item = json.loads(as_json(told(feed(TICK))))["items"][0]["_silkrate"]
    assert (item.pop("about"), item.pop("attribution")) == ("https://rates.example/docs", BANK.attribution)
    assert item == json.loads(encode(TICK))
    assert b'"rate":0.0114351057747,' in as_json(told())


def test_an_entry_has_the_same_id_in_every_feed_and_each_feed_one_of_its_own() -> None:
    other = replace(HERE, path="/v1/feed.y", filters={"lang": "en-x"}, page={"limit": "2"})
    assert [item.id for item in told().items] == [item.id for item in told(address=other).items]
    assert told().items[1].id == "tag:rates.example,2026:b1946ac92492/41"
    assert told().id == "tag:rates.example,2026:b1946ac92492/feed?pairs=KGS-USD,TJS-USD&only=changes"
    assert told(address=other).id == "tag:rates.example,2026:b1946ac92492/feed?lang=en-x"
    assert told(address=replace(HERE, page={"limit": "2"})).id == told().id, "a page is of the same feed"


def test_an_entry_leads_to_the_page_in_the_language_of_its_feed() -> None:
    kyrgyz = news(BOTH, language("ky"), replace(HERE, filters={**HERE.filters, "lang": "ky"}))
    assert [item.url for item in kyrgyz.items] == [
        f"https://rates.example/ticks/{seq}?log=b1946ac92492&lang=ky" for seq in (42, 41)
    ]
    assert kyrgyz.items[0].corrects == "https://rates.example/ticks/41?log=b1946ac92492&lang=ky"
    assert [item.url for item in told().items] == [
        f"https://rates.example/ticks/{seq}?log=b1946ac92492" for seq in (42, 41)
    ]


def test_a_feed_is_as_old_as_its_newest_entry_and_an_empty_one_as_a_fixed_day() -> None:
    assert told().updated == CORRECTION.recorded_at
    assert told(feed()).updated == NEVER
    assert b"<updated>2026-01-01T00:00:00Z</updated>" in as_atom(told(feed()))


def test_simulated_rates_are_told_as_that() -> None:
    marked = told(simulated=True)
    assert marked.title == "Exchange rates of Central Asia (simulated)"
    assert json.loads(as_json(marked))["_silkrate"]["simulated"] is True
    assert "_silkrate" not in json.loads(as_json(told()))


def test_a_feed_of_some_pairs_names_them_in_the_order_of_the_ticker() -> None:
    some = replace(BOTH, wanted=Wanted(frozenset([Pair("TJS", "USD"), Pair("KGS", "USD")])))
    assert told(some).title == "Exchange rates: KGS/USD, TJS/USD"
    assert told(replace(BOTH, wanted=Wanted(frozenset(TICKER)))).title == told().title


def test_no_more_digits_are_told_than_were_printed() -> None:
    page = replace(BOTH.entries[1], digits=1, before=1)
    (item,) = told(replace(BOTH, entries=(page,))).items
    assert item.title == "KGS/USD 0.01, down 0.02% since 20 May"


def test_a_correction_too_small_to_be_seen_is_told_with_every_digit_that_was_published() -> None:
    nearly = replace(CORRECTION, rate=Decimal("0.0114351057747"), previous=Previous(41, Decimal("0.0114357")))
    (item,) = told(feed(nearly)).items
    assert item.title.startswith("Correction: KGS/USD 0.0114351, ")
    assert item.text.startswith("1 KGS = 0.0114351 USD ")
    assert item.text.endswith("It corrects the rate told before, 0.0114357. 1 USD = 87.45 KGS.")
