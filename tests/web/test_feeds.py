"""The feeds over HTTP: what a feed reader subscribes to, asks again for, and follows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest

from app.answers import ticks
from app.context import Context
from app.domain.ticks import Wanted
from app.ingest.record import confirm
from app.render.feeds.atom import as_atom
from app.render.feeds.news import Address, news
from app.render.feeds.rss import as_rss
from app.render.locale import LANGUAGES, language
from app.web import models
from app.web.app import create_app
from app.web.feeds import ATOM_EXAMPLE, RSS_EXAMPLE, authority_of
from tests.feeds import RULES
from tests.render.rows import TICK, feed
from tests.said import at, nbkr
from tests.web.conftest import Client, fill, made, say
from tests.web.html import Page
from tests.web.test_kept import followed
from tests.web.test_models import differing
from tests.web.test_ready import listened

MEDIA_TYPES = {
    "json": "application/feed+json",
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
}


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service with a public name, whose log has several pages and a correction."""
    with made(tmp_path_factory.mktemp("rich"), public_url="https://rates.example") as context:
        fill(context)
        correct(context)
        yield Client(create_app(context))


def correct(context: Context) -> None:
    """Let the bank say something else for today."""
    say(context, nbkr("2026-05-21", "87.4600"), when="2026-05-21 06:00:01")


def entries(form: str, content: bytes) -> list[tuple[str, str]]:
    """The id and the title of each entry."""
    if form == "json":
        return [(item["id"], item["title"]) for item in json.loads(content)["items"]]
    found = feedparser.parse(content)
    assert not found.bozo
    return [(entry.id, entry.title) for entry in found.entries]


def log_id(client: Client) -> str:
    """The id of the log that a service has."""
    return str(client.get("/health").json()["log_id"])


def older(response: httpx.Response) -> str | None:
    """The path of the next page, by the header."""
    found = re.search(r'<https?://[^/>]+([^>]*)>; rel="next"', response.headers.get("link", ""))
    return found[1] if found else None


def pages(client: Client, path: str) -> list[httpx.Response]:
    """Every page from a path on."""
    found: list[httpx.Response] = []
    following: str | None = path
    while following:
        found.append(client.get(following))
        assert found[-1].status_code == 200
        following = older(found[-1])
    return found


@pytest.mark.parametrize("form", MEDIA_TYPES)
@pytest.mark.parametrize("query", ["", "?limit=2", "?pairs=USD-KGS&only=changes", "?pairs=UZS-USD"])
def test_a_feed_keeps_the_rules_of_its_format(rich: Client, full: Client, form: str, query: str) -> None:
    for client in (rich, full):
        response = client.get(f"/v1/feed.{form}{query}")
        assert response.headers["content-type"] == MEDIA_TYPES[form]
        assert RULES[form](response.content) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_feed_speaks_each_language_under_the_same_ids(rich: Client, lang: str) -> None:
    for form in MEDIA_TYPES:
        content = rich.get(f"/v1/feed.{form}?lang={lang}").content
        assert RULES[form](content) == []
        english = entries(form, rich.get(f"/v1/feed.{form}").content)
        told = entries(form, content)
        assert [each for each, _ in told] == [each for each, _ in english]
        assert (told == english) == (lang == "en")
    found = rich.get(f"/v1/feed.json?lang={lang}").json()
    assert found["language"] == LANGUAGES[lang].tag
    assert found["feed_url"].endswith("" if lang == "en" else f"?lang={lang}")


@pytest.mark.parametrize("form", MEDIA_TYPES)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_give_each_tick_once_newest_first(rich: Client, form: str, limit: int) -> None:
    ticks = rich.get("/v1/ticks").json()["ticks"]
    found = pages(rich, f"/v1/feed.{form}?limit={limit}")
    ids = [each for page in found for each, _ in entries(form, page.content)]
    assert [int(each.rpartition("/")[2]) for each in ids] == [tick["seq"] for tick in reversed(ticks)]
    assert all(each.startswith("tag:rates.example,2026:") for each in ids)
    for page in found:
        assert RULES[form](page.content) == []
        inside = re.findall(r'"next_url":"([^"]+)"|rel="next" type="[^"]+" href="([^"]+)"', page.text)
        addresses = ["".join(each).replace("&amp;", "&") for each in inside]
        assert [each.removeprefix("https://rates.example") for each in addresses] == [
            each for each in [older(page)] if each
        ]


def test_every_format_tells_the_same(rich: Client) -> None:
    (one, *others) = [entries(form, rich.get(f"/v1/feed.{form}").content) for form in MEDIA_TYPES]
    assert one[0][1] == "Correction: KGS/USD 0.01143, down 0.03% since 20 May"
    assert all(other == one for other in others)


def test_an_item_carries_the_tick_as_the_log_shows_it(rich: Client) -> None:
    ticks = rich.get("/v1/ticks").json()["ticks"]
    for item in rich.get("/v1/feed.json").json()["items"]:
        own = item["_silkrate"]
        assert own.pop("about") == "https://rates.example/docs"
        assert own.pop("attribution")
        assert own == ticks[own["seq"] - 1]


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ("pairs=KGS-USD", [5, 4, 3]),
        ("pairs=USD-KGS", [5, 4, 3]),
        ("pairs=kzt-usd,TMT-USD", [2, 1]),
        ("pairs=TJS-USD", []),
        ("min_change_pct=0.02", [4, 3, 2, 1]),
        ("limit=2", [5, 4]),
    ],
)
def test_filters_are_those_of_the_log(rich: Client, query: str, seqs: list[int]) -> None:
    items = rich.get(f"/v1/feed.json?{query}").json()["items"]
    assert [item["_silkrate"]["seq"] for item in items] == seqs


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("pairs=KGS-KZT", 404, "pairs"),
        ("limit=501", 422, "limit"),
        ("limit=0", 422, "limit"),
        ("lang=xx", 422, "lang"),
        ("after=x", 422, "after"),
        ("before=x", 400, "before"),
        ("before=mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE", 410, "before"),
    ],
)
def test_what_cannot_be_is_refused(rich: Client, query: str, status: int, parameter: str) -> None:
    for form in MEDIA_TYPES:
        problem = rich.get(f"/v1/feed.{form}?{query}")
        assert (problem.status_code, problem.json()["parameter"]) == (status, parameter)
        if status == 410:
            assert problem.json()["restart"] == f"https://rates.example/v1/feed.{form}"


def test_one_feed_has_one_address_and_one_id_however_it_is_asked_for(rich: Client) -> None:
    def named(query: str) -> tuple[str, str]:
        text = rich.get(f"/v1/feed.atom?{query}").text
        (own,) = re.findall(r'rel="self" type="[^"]+" href="([^"]+)"', text)
        (feed_id,) = re.findall(r"^.*?<id>([^<]+)</id>", text, re.DOTALL)
        return own.replace("&amp;", "&"), feed_id.partition("/")[2].replace("&amp;", "&")

    base = "https://rates.example/v1/feed.atom"
    assert named("") == named("limit=50&lang=en") == (base, "feed")
    assert named("pairs=KGS-USD,TMT-USD") == named("limit=50&pairs=USDTMT,kgs-usd")
    assert named("pairs=KGS-USD,TMT-USD") == (
        f"{base}?pairs=KGS-USD,TMT-USD",
        "feed?pairs=KGS-USD,TMT-USD",
    )
    assert named("min_change_pct=0.50&only=changes&limit=3") == (
        f"{base}?only=changes&min_change_pct=0.5&limit=3",
        "feed?only=changes&min_change_pct=0.5",
    )
    assert named("lang=UZ-cyrl") == named("lang=uz-Cyrl") == (f"{base}?lang=uz-Cyrl", "feed?lang=uz-Cyrl")
    assert named("pairs=TMT-USD,UZS-USD,TJS-USD,KZT-USD,KGS-USD") == named("")
    assert named("as_known_at=v:5") == named("")


@pytest.mark.parametrize(
    ("public_url", "authority"),
    [
        (None, "silkrate"),
        ("https://Rates.Example", "rates.example"),
        ("http://rates.example:8443/fx", "rates.example"),
        ("https://rates.example.", "rates.example"),
        ("https://xn--j1amdg.xn--p1ai", "xn--j1amdg.xn--p1ai"),
        ("https://3.rates-1.example", "3.rates-1.example"),
        ("http://localhost:8000", "localhost"),
        ("http://192.0.2.1", "silkrate"),
        ("http://192.0.2.1.", "silkrate"),
        ("http://[2001:db8::1]:80", "silkrate"),
        ("http://rates_1.example", "silkrate"),
        ("http://-x..y", "silkrate"),
        ("http://rates-.example", "silkrate"),
        ("http://rates..example", "silkrate"),
    ],
)
def test_ids_are_minted_by_the_host_of_the_public_url(public_url: str | None, authority: str) -> None:
    assert authority_of(public_url) == authority


def validators(client: Client, form: str) -> dict[str, str]:
    """What a feed reader keeps of an answer, and its bytes."""
    response = client.get(f"/v1/feed.{form}")
    return {
        "etag": response.headers["etag"],
        "last-modified": response.headers["last-modified"],
        "content": response.text,
    }


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_poll_that_found_nothing_and_a_version_without_a_tick_leave_a_feed_as_it_was(
    context: Context, form: str
) -> None:
    fill(context)
    client = Client(create_app(context))
    with followed(context):
        before = validators(client, form)
        assert before["last-modified"] == "Thu, 21 May 2026 06:00:00 GMT"
        confirm(context.store, "nbkr", at("2026-05-21 06:05"))
        say(context, nbkr("2026-05-21", "87.4500"), when="2026-05-21 06:06")
        assert validators(client, form) == before
        say(context, nbkr("2026-05-12", "87.1200"), when="2026-05-21 06:07")
        assert context.store.seen
        assert context.store.seen.version == 6
        assert validators(client, form) == before
        say(context, nbkr("2026-05-21", "87.4600"), when="2026-05-21 06:08")
        after = validators(client, form)
    assert all(after[name] != before[name] for name in before)


def test_who_names_the_bytes_is_told_that_they_are_good_with_or_without_the_router(context: Context) -> None:
    fill(context)
    with followed(context):
        client, router = listened(context)
        first = client.get("/v1/feed.rss")
        tag, modified = first.headers["etag"], first.headers["last-modified"]
        asked: list[tuple[Mapping[str, str], int]] = [
            ({"if_none_match": tag}, 304),
            ({"if_none_match": tag, "if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 304),
            ({"if_none_match": '"other"', "if_modified_since": modified}, 200),
            ({"if_modified_since": modified}, 200),
            ({"if_modified_since": "Fri, 31 Dec 2100 00:00:00 GMT"}, 200),
        ]
        for headers, status in asked:
            for method in ("GET", "HEAD"):
                # One that is ready, and one that kept nothing.
                for reader in (client, Client(create_app(context))):
                    answer = reader.request(method, "/v1/feed.rss", **headers)
                    assert (answer.status_code, headers) == (status, headers)
                    assert (answer.headers["etag"], answer.headers["last-modified"]) == (tag, modified)
                    whole = status == 200 and method == "GET"
                    assert answer.content == (first.content if whole else b"")
        assert router.times == 1


def test_no_answer_but_a_feed_has_a_date(full: Client) -> None:
    for path in ("/v1/latest", "/v1/ticks", "/v1/pairs", "/docs"):
        assert "last-modified" not in full.get(path).headers


def test_who_goes_by_the_date_misses_neither_the_same_second_nor_another_log_or_name(
    context: Context, tmp_path: Path
) -> None:
    def begun(context: Context) -> Client:
        fill(context)
        say(context, nbkr("2026-05-21", "87.4600"), when="2026-05-21 06:10:00.2")
        return Client(create_app(context))

    client = begun(context)
    before = client.get("/v1/feed.atom")
    date = {"if_modified_since": before.headers["last-modified"]}
    say(context, nbkr("2026-05-21", "87.4700"), when="2026-05-21 06:10:00.8")
    answers = [client.get("/v1/feed.atom", **date)]
    for name, public_url in (("copy", None), ("named", "https://rates.example")):
        with made(tmp_path / name, public_url=public_url) as other:
            answers.append(begun(other).get("/v1/feed.atom", **date))
    assert [each.status_code for each in answers] == [200, 200, 200]
    assert {each.headers["last-modified"] for each in answers} == {before.headers["last-modified"]}
    assert len({before.content, *(each.content for each in answers)}) == 4


def test_addresses_are_those_at_which_the_service_was_asked_and_never_mixed_up(context: Context) -> None:
    fill(context)
    with followed(context):
        client, _ = listened(context)
        for _again in range(3):
            for host in ("rates.test", "mirror.test"):
                for form in MEDIA_TYPES:
                    text = client.get(f"/v1/feed.{form}", host=host).text
                    assert set(re.findall(r"https?://[^/\"<]*\.test", text)) == {f"http://{host}"}
        safe = replace(client, base_url="https://rates.test").get("/v1/feed.json").json()
    assert safe["home_page_url"] == "https://rates.test/"


def test_a_coded_feed_is_the_same_feed(rich: Client) -> None:
    plain = rich.get("/v1/feed.atom")
    for coding in ("br", "gzip", "zstd"):
        coded = rich.get("/v1/feed.atom", accept_encoding=coding)
        assert coded.headers["content-encoding"] == coding
        assert coded.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
        assert coded.headers["last-modified"] == plain.headers["last-modified"]
        assert coded.content == plain.content
        assert coded.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_log_without_a_tick_has_a_feed_without_an_entry(client: Client, form: str) -> None:
    response = client.get(f"/v1/feed.{form}")
    assert RULES[form](response.content) == []
    assert entries(form, response.content) == []
    assert "last-modified" not in response.headers


def test_the_examples_of_the_description_are_feeds() -> None:
    def written(form: str, write: Any) -> str:
        address = Address("https://rates.example", f"/v1/feed.{form}", "rates.example")
        content: bytes = write(news(feed(TICK), language("en"), address))
        return content.decode()

    assert written("atom", as_atom) == ATOM_EXAMPLE
    assert written("rss", as_rss) == RSS_EXAMPLE


@pytest.mark.parametrize("path", ["/v1/feed.json", "/v1/feed.json?limit=2"])
def test_the_json_of_a_feed_has_exactly_the_fields_that_are_described(
    rich: Client, simulated: Client, path: str
) -> None:
    schema = models.JsonFeed.model_json_schema()
    for client in (rich, simulated):
        content = client.get(path).content
        models.JsonFeed.model_validate_json(content, strict=True)
        assert list(differing(schema, schema, json.loads(content))) == []


def test_simulated_feeds_say_so(simulated: Client) -> None:
    assert simulated.get("/v1/feed.json").json()["_silkrate"]["simulated"] is True
    for form in MEDIA_TYPES:
        response = simulated.get(f"/v1/feed.{form}")
        assert response.headers["silkrate-simulated"] == "1"
        assert "(simulated)" in response.text


def test_every_page_tells_a_browser_of_the_feeds(rich: Client) -> None:
    pages = (("/", ""), ("/docs", ""), ("/docs/try", "../"), ("/ticks/3", "../"), ("/pairs/KGS-USD", "../"))
    for path, root in pages:
        for form, media_type in MEDIA_TYPES.items():
            kind, address = re.escape(media_type.partition(";")[0]), f"{root}v1/feed.{form}"
            link = rf'<link rel="alternate" type="{kind}" title="[^"]+" href="{re.escape(address)}">'
            assert re.search(link, rich.get(path).text)
    assert {"v1/feed.atom", "v1/feed.rss", "v1/feed.json"} <= set(Page(rich.get("/").text).addresses)


def test_the_page_of_an_entry_tells_all_of_its_tick(rich: Client) -> None:
    item = rich.get("/v1/feed.json").json()["items"][0]
    response = rich.get(item["url"].removeprefix("https://rates.example"))
    page = Page(response.text)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert item["title"] in page.text
    assert item["content_text"] in page.text
    assert "Effective 21 May 2026" in page.text
    assert "Credit National Bank of the Kyrgyz Republic, www.nbkr.kg" in page.text
    assert "Corrects tick 4" in page.text
    replaced = f"../ticks/4?log={log_id(rich)}"
    assert {replaced, "../v1/ticks/5", "https://www.nbkr.kg"} <= set(page.addresses)
    assert "Replaces tick 3" in Page(rich.get("/ticks/4").text).text


def read(text: str) -> str:
    """The text as a page has it: every space is like another."""
    return " ".join(text.split())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_an_entry_speaks_the_language_of_its_feed(rich: Client, lang: str) -> None:
    words = language(lang)
    for item in rich.get(f"/v1/feed.json?lang={lang}").json()["items"]:
        response = rich.get(item["url"].removeprefix("https://rates.example"))
        page, tick = Page(response.text), rich.get(f"/v1/ticks/{item['_silkrate']['seq']}").json()
        assert f'<html lang="{words.tag}">' in response.text
        assert f"<title>{item['title']} · Silkrate</title>" in response.text
        assert read(item["content_text"]) in page.text
        effective = words.day(date.fromisoformat(tick["effective_date"]))
        assert read(f"{words.facts.effective} {effective} {words.facts.changed}") in page.text
        assert f"{words.facts.credit} {item['_silkrate']['attribution']}" in page.text
        if before := tick["previous"]:
            fact = words.facts.corrects if tick["corrects"] else words.facts.replaces
            assert read(f"{fact} {words.facts.tick.format(before['seq'])}") in page.text
            asked = f"log={log_id(rich)}" + ("" if lang == "en" else f"&lang={lang}")
            assert f"../ticks/{before['seq']}?{asked}" in page.addresses


def test_the_page_of_an_entry_is_in_english_but_where_another_language_is_asked_for(rich: Client) -> None:
    plain = rich.get("/ticks/4")
    assert '<html lang="en">' in plain.text
    assert Page(rich.get("/ticks/4?lang=en").text).text == Page(plain.text).text
    for asked in ("ky", "KY", "ky-KG"):
        assert '<html lang="ky">' in rich.get(f"/ticks/4?lang={asked}").text
    assert '<html lang="ky">' in rich.get("/ticks/4", accept_language="ky-KG").text
    assert rich.get("/ticks/4?lang=ky").headers["etag"] != plain.headers["etag"]
    assert Page(rich.get("/ticks/4?utm_source=reader").text).text == Page(plain.text).text, (
        "readers mark links"
    )


@pytest.mark.parametrize("lang", ["fr", "e"])
def test_the_page_of_an_entry_in_a_language_that_is_not_offered_is_a_problem(rich: Client, lang: str) -> None:
    response = rich.get(f"/ticks/4?lang={lang}")
    assert (response.status_code, response.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert f"{lang!r} is no language offered here. Expected: ky or kk" in Page(response.text).text


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_feeds_with_other_filters_have_other_names(rich: Client, form: str) -> None:
    def named(query: str) -> tuple[str, str]:
        content = rich.get(f"/v1/feed.{form}?{query}").content
        if form == "json":
            found = json.loads(content)
            return found["title"], found["description"]
        parsed = feedparser.parse(content).feed
        return parsed.title, parsed.subtitle

    queries = ("", "only=changes", "min_change_pct=0.5", "min_change_pct=1", "pairs=KGS-USD&only=changes")
    assert len({name for name, _ in map(named, queries)}) == len(queries)
    assert named("min_change_pct=0.50&lang=ru") == (
        "Курсы валют Центральной Азии (изменения не менее чем на 0,5\N{NO-BREAK SPACE}%)",
        "Изменения не менее чем на 0,5\N{NO-BREAK SPACE}%, один раз: кто опубликовал и на какой день.",
    )


def test_the_page_of_an_entry_stays_as_it_is(rich: Client) -> None:
    first = rich.get("/ticks/4")
    again = rich.get("/ticks/4", if_none_match=first.headers["etag"])
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert "default-src 'none'" in first.headers["content-security-policy"]


@pytest.mark.parametrize(("seq", "status"), [("6", 404), ("0", 422), ("x", 422)])
def test_a_page_that_there_is_not_says_so(rich: Client, seq: str, status: int) -> None:
    response = rich.get(f"/ticks/{seq}")
    assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert response.status_code == rich.get(f"/v1/ticks/{seq}").status_code


def test_the_address_of_an_entry_leads_to_no_tick_of_another_log(context: Context, client: Client) -> None:
    fill(context)
    for lang in ("en", "ky"):
        for item in client.get(f"/v1/feed.json?lang={lang}").json()["items"]:
            own = item["url"].removeprefix("http://rates.test")
            assert client.get(own).status_code == 200
            response = client.get(own.replace(f"log={log_id(client)}", "log=b1946ac92492"))
            assert (response.status_code, response.headers["cache-control"]) == (410, "no-store")
            assert "another log" in Page(response.text).text


def test_a_service_without_a_public_name_mints_ids_all_the_same(tmp_path: Path) -> None:
    with made(tmp_path) as context:
        fill(context)
        items = Client(create_app(context)).get("/v1/feed.json").json()["items"]
    assert all(re.fullmatch(r"tag:silkrate,2026:[0-9a-f]+/[0-9]+", item["id"]) for item in items)


def test_the_page_of_what_was_corrected_says_by_which_one(context: Context, client: Client) -> None:
    fill(context)
    wanted = Wanted(frozenset({nbkr("2026-05-21").pair}))
    corrected = context.ask(ticks.ticks, wanted=wanted).body.ticks[-1].seq
    assert "Corrected by" not in client.get(f"/ticks/{corrected}").text
    say(context, nbkr("2026-05-21", "87.6000"), when="2026-05-21 07:00")
    by = context.ask(ticks.ticks).body.seq
    page = client.get(f"/ticks/{corrected}?lang=ru").text
    assert f'<dt>Исправлено в</dt><dd><a href="../ticks/{by}?lang=ru">' in page
    assert "Corrected by" not in client.get(f"/ticks/{by}").text
