"""The paths of the widget: its modules for ever, what it asks for in a few bytes, and the same strip as HTML,
in which nothing that was asked becomes markup.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha384
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.context import Context
from app.domain.errors import StoreUnavailable
from app.ingest.record import advance
from app.render.locale import LANGUAGES
from app.web.app import create_app
from app.web.cache import IMMUTABLE
from app.web.embed.modules import CURRENT, FLOATING, MODULES
from tests.fakes import FakeClock
from tests.said import at, banks_row
from tests.web.conftest import NOW, Client, broken, fill, made, say
from tests.web.html import Page

FIVE = (("nbk", "471.48", "470.11"), ("nbt", "9.2756", "9.2801"), ("cbu", "11940.12", "11952.5"))
"""The other banks, with a dollar of 20 and of 21 May in their currencies."""

MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</template><b>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<b>",
    "https://news.example/\"onclick='alert(1)'",
    "x\r\nSet-Cookie: a=b",
    "&quot;&lt;",
    "{{ 7 * 7 }}",
    "\x00",
    "\u202e",
)

PARAMETERS = (
    "pairs source decimals inverse change nominal lang mode theme speed href date at as_known_at style onload"
)


def fill_all(context: Context) -> None:
    """Record all five currencies."""
    fill(context)
    for source, before, now in FIVE:
        say(context, banks_row(source, "2026-05-20", "USD", before), when="2026-05-19 12:00")
        say(context, banks_row(source, "2026-05-21", "USD", now), when="2026-05-20 12:00")
    advance(context.store, context.catalog, NOW)


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A service that has all five."""
    with made(tmp_path_factory.mktemp("five")) as context:
        fill_all(context)
        yield Client(create_app(context))


def page(body: str) -> Page:
    """A fragment as a page, read strictly."""
    return Page(f"<!doctype html>\n{body}" if not body.startswith("<!doctype") else body)


def test_a_version_of_the_module_is_served_for_ever_to_anybody(full: Client) -> None:
    for version, module in MODULES.items():
        response = full.get(f"/embed/v{version}/ticker.js")
        assert response.content == module.script
        assert response.headers["cache-control"] == IMMUTABLE
        assert response.headers["content-type"] == "text/javascript; charset=utf-8"
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert full.get(f"/embed/v{version}/ticker.css").content == module.style


def test_the_floating_module_is_the_newest_and_asked_for_again_within_the_hour(full: Client) -> None:
    response = full.get("/embed/v1/ticker.js")
    assert response.content == FLOATING["1"].script
    assert "max-age=3600" in response.headers["cache-control"]
    assert "immutable" not in response.headers["cache-control"]


def test_a_module_has_its_digest_as_pages_name_it() -> None:
    assert CURRENT.integrity == f"sha384-{b64encode(sha384(CURRENT.script).digest()).decode()}"


@pytest.mark.parametrize("version", ["2", "1.0", "9.9.9", "..", "1.0.0%2f..", "<b>"])
def test_a_version_that_there_is_not_is_told_with_those_that_there_are(full: Client, version: str) -> None:
    response = full.get(f"/embed/v{version}/ticker.js")
    assert response.status_code == 404
    assert response.json()["type"].endswith("unknown-path")


def test_a_module_is_sent_small(full: Client) -> None:
    response = full.get("/embed/v1/ticker.js", accept_encoding="gzip")
    assert response.headers["content-encoding"] == "gzip"
    assert response.content == CURRENT.script
    assert int(response.headers["content-length"]) <= 4_500


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("more", ["", "&change=7d", "&inverse=true", "&change=ytd&decimals=8"])
def test_what_the_widget_asks_for_is_six_hundred_bytes_at_most(five: Client, lang: str, more: str) -> None:
    response = five.get(f"/embed/v1/ticker.json?lang={lang}{more}")
    assert len(response.json()["items"]) == 5
    assert len(gzip.compress(response.content)) <= 600


def test_the_widget_is_answered_as_everybody_is(five: Client) -> None:
    response = five.get("/embed/v1/ticker.json")
    assert response.headers["cache-control"].startswith("public, max-age=30")
    assert five.get("/embed/v1/ticker.json", if_none_match=response.headers["etag"]).status_code == 304
    memento = re.search(r'<http://rates.test([^>]+)>; rel="memento"', response.headers["link"])
    assert memento
    assert five.get(memento[1]).content == response.content


def test_what_the_widget_shows_is_what_the_strip_has(five: Client) -> None:
    strip = {item["pair"]: item for item in five.get("/v1/ticker?nominal=auto&lang=tk").json()["items"]}
    for item in five.get("/embed/v1/ticker.json?lang=tk").json()["items"]:
        told = strip[item["pair"]]
        assert item["display"] == told["display"]
        assert item["label"] == told["label"]
        assert item["stale_at"] == told["stale_at"]
        assert item.get("symbol", item["pair"]) == told["symbol"]


@pytest.mark.parametrize("mode", ["marquee", "static", "grid", "single"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_fragment_shows_every_rate_and_is_small(five: Client, lang: str, mode: str) -> None:
    response = five.get(f"/embed/fragment?lang={lang}&mode={mode}")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert len(gzip.compress(response.content)) <= 1_500
    read = page(response.text)
    for item in five.get(f"/embed/v1/ticker.json?lang={lang}").json()["items"]:
        assert " ".join(item["label"].split()) in read.text
        assert item["display"] in read.text


def test_a_fragment_has_the_module_with_its_digest_and_addresses_for_any_page(five: Client) -> None:
    body = five.get("/embed/fragment?theme=dark&pairs=kgs-usd,TJS-USD&inverse=true").text
    assert '<silkrate-ticker lang="en" pairs="kgs-usd,TJS-USD" inverse="true" theme="dark" held=' in body
    assert f'src="http://rates.test/embed/v{CURRENT.version}/ticker.js"' in body
    assert f'integrity="{CURRENT.integrity}" crossorigin' in body
    assert f'href="http://rates.test/embed/v{CURRENT.version}/ticker.css"' in body


@pytest.mark.parametrize("past", ["date=2026-05-20", "at=2026-05-20T06:00:00Z", "as_known_at=v:6"])
def test_a_fragment_of_the_past_stays_that(five: Client, past: str) -> None:
    body = five.get(f"/embed/fragment?{past}").text
    assert "20 May 2026" in body
    assert "<script" not in body
    assert " held=" not in body


def test_a_page_that_lives_on_is_no_memento(five: Client) -> None:
    assert "link" not in five.get("/embed/fragment").headers
    assert "link" not in five.get("/embed/frame").headers


def test_a_fragment_holds_what_the_widget_would_have_asked_for(five: Client) -> None:
    body = five.get("/embed/fragment?lang=kk&nominal=1").text
    held = re.search(r' held="([^"]+)"', body)
    assert held
    assert json.loads(unescape(held[1])) == five.get("/embed/v1/ticker.json?lang=kk&nominal=1").json()
    assert ' nominal="1"' in body


def test_a_fragment_says_by_itself_that_a_rate_is_old(tmp_path: Path) -> None:
    with made(tmp_path, FakeClock(at("2026-05-29 06:00"))) as context:
        fill_all(context)
        advance(context.store, context.catalog, at("2026-05-29 06:00"))
        body = Client(create_app(context)).get("/embed/fragment?pairs=KGS-USD").text
    assert 'part="item stale"' in body
    assert ' state="stale"' in body
    assert ">Delayed, as of 21 May 2026</span>" in body


def test_links_lead_where_they_were_said_to(five: Client) -> None:
    body = five.get("/embed/fragment?href=https://news.example/%7Bpair%7D?a=1%26b=2").text
    assert 'href="https://news.example/KGS-USD?a=1&amp;b=2"' in body


def test_a_frame_may_stand_in_any_page_and_loads_from_here_alone(five: Client) -> None:
    response = five.get("/embed/frame?lang=kk")
    policy = response.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "unsafe" not in policy
    read = page(response.text)
    assert all(each.startswith(("../", "/")) for each in read.addresses), read.addresses
    assert '<html lang="kk">' in response.text


def test_nothing_else_may_stand_in_a_frame(five: Client) -> None:
    for path in ("/", "/docs", "/docs/try", "/embed/fragment", "/embed/v1/ticker.json"):
        assert "frame-ancestors 'none'" in five.get(path).headers["content-security-policy"]


def test_a_frame_keeps_its_headers_when_it_is_ready_and_when_it_is_unchanged(five: Client) -> None:
    first = five.get("/embed/frame?lang=tg")
    for again in (
        five.get("/embed/frame?lang=tg"),
        five.get("/embed/frame?lang=tg", if_none_match=first.headers["etag"]),
    ):
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
        assert again.headers["cross-origin-resource-policy"] == "cross-origin"


def test_a_frame_without_rates_says_so_in_its_language_and_looks_again(client: Client) -> None:
    response = client.get("/embed/frame?lang=ky")
    assert response.status_code == 503
    assert response.headers["cache-control"] == "no-store"
    assert int(response.headers["retry-after"]) > 0
    assert "Курстар азыр жок" in page(response.text).text
    assert 'http-equiv="refresh"' in response.text
    assert "frame-ancestors *" in response.headers["content-security-policy"]


def test_a_frame_says_so_too_while_the_record_is_out_of_reach(context: Context) -> None:
    response = broken(context, StoreUnavailable("gone")).get("/embed/frame")
    assert response.status_code == 503
    assert "No rates at the moment" in response.text


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("pairs=XXX-USD", 404, "'XXX-USD' is not a pair"),
        ("date=1990-01-01", 404, "No rate of"),
        ("lang=zz", 422, "'zz' is no language offered here."),
        ("mode=round&lang=ru", 422, "mode is 'round'. Expected: 'marquee', 'static', 'grid' or 'single'."),
        ("tehme=dark", 422, "'tehme' is no parameter of this path. Expected: theme."),
    ],
)
def test_a_frame_that_was_asked_for_wrongly_says_what_was_wrong(
    five: Client, query: str, status: int, told: str
) -> None:
    response = five.get(f"/embed/frame?{query}")
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors *" in response.headers["content-security-policy"]
    read = page(response.text)
    assert told in read.text
    assert 'http-equiv="refresh"' not in response.text


def test_a_fragment_without_rates_is_a_problem_that_its_server_can_tell(client: Client) -> None:
    response = client.get("/embed/fragment")
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")


@pytest.mark.parametrize("parameter", PARAMETERS.split())
@pytest.mark.parametrize("markup", MARKUP)
@pytest.mark.parametrize("path", ["/embed/fragment", "/embed/frame", "/embed/v1/ticker.json"])
def test_no_parameter_becomes_markup_or_a_header(
    five: Client, path: str, parameter: str, markup: str
) -> None:
    holds(five, path, parameter, markup)


@pytest.mark.fuzz
@given(
    path=st.sampled_from(["/embed/fragment", "/embed/frame", "/embed/v1/ticker.json"]),
    parameter=st.sampled_from(PARAMETERS.split()),
    given=st.lists(
        st.sampled_from([*MARKUP, "KGS-USD", "https://", "a", ",", "<", '"', "&"]), max_size=4
    ).map("".join)
    | st.text(max_size=30),
)
def test_whatever_is_asked_becomes_no_markup(five: Client, path: str, parameter: str, given: str) -> None:
    holds(five, path, parameter, given)


def holds(client: Client, path: str, parameter: str, given: str) -> None:
    """What is asked is refused, or stands escaped in a page that has the elements of any other."""
    response = client.get(f"{path}?{quote(parameter)}={quote(given, errors='replace')}")
    assert response.status_code < 500
    assert "set-cookie" not in response.headers
    if response.headers["content-type"].startswith("application/"):
        json.loads(response.content)
        return
    read = page(response.text)
    known = {
        "html",
        "head",
        "meta",
        "base",
        "title",
        "link",
        "body",
        "p",
        "silkrate-ticker",
        "template",
        "section",
    }
    assert set(read.tags) <= known | {"button", "div", "ul", "li", "a", "i", "bdi", "span", "script"}
    assert read.tags.count("script") <= 1
    assert all(re.match(r"https?://|\.\./|/", address) for address in read.addresses)
