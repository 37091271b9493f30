"""The snippet builder as HTML: for whatever is chosen, the snippet says that and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, get_args
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from app.domain.pairs import TICKER
from app.render.locale import LANGUAGES
from app.web.embed.modules import integrity
from app.web.pages.builder import OF_STRIP, Kind
from tests.web.conftest import Client
from tests.web.html import Page

HOST = "http://rates.test"
ALL = [pair.dashed for pair in TICKER]
MARKUP = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}&lt;b&gt;"

DEFAULTS = {
    "inverse": "false",
    "theme": "auto",
    "mode": "marquee",
    "change": "previous_publication",
    "decimals": "",
    "nominal": "auto",
    "speed": "40",
    "source": "",
}
"""What the form begins with where the strip has a default, by its fields."""

ELSEWHERE = {"inverse", "theme", "change", "decimals", "nominal", "source"}
"""The fields that pictures know, too."""


@dataclass
class Tag:
    """An element of HTML: its name, attributes and text."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""


@dataclass
class Tags(HTMLParser):
    """All elements of some HTML, in their order."""

    html: str
    found: list[Tag] = field(default_factory=list)
    inside: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.inside = True
        self.found.append(Tag(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Text after this is not that of the element that began last."""
        self.inside = False

    def handle_data(self, data: str) -> None:
        """Note the text of the element that began last."""
        if self.inside:
            self.found[-1].text += data

    def of(self, name: str, /, **attributes: str) -> list[Tag]:
        """The elements with a name and these attributes."""
        wanted = attributes.items()
        return [each for each in self.found if each.name == name and wanted <= each.attributes.items()]


def built(client: Client, query: str = "") -> str:
    """The page of a query."""
    response = client.get(f"/embed{query}")
    assert response.status_code == 200, query
    return response.text


def pasted(html: str, place: str = "html") -> str:
    """What the copy button of a place on the page puts on the clipboard."""
    (code,) = Tags(html).of("code", id=place)
    return code.text


def asked(**fields: Any) -> str:
    """The query of a form that was filled in."""
    return f"?{urlencode(fields, doseq=True)}"


def queried(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))


@pytest.fixture(scope="module")
def choices(full: Client) -> dict[str, list[str]]:
    """All that can be chosen in each field of the form that is a list."""
    found: dict[str, list[str]] = {}
    for each in Tags(built(full)).found:
        if each.name in ("select", "input") and "name" in each.attributes:
            name = each.attributes["name"]
            found.setdefault(name, [])
        if "value" in each.attributes and each.name in ("option", "input"):
            found[name].append(each.attributes["value"])
    return found


def test_the_form_offers_all_that_the_strip_can_be_asked_for(choices: dict[str, list[str]]) -> None:
    assert {*OF_STRIP, "kind", "language", "width", "days", "strict"} == {*choices}
    assert {*choices["kind"]} == {*get_args(Kind)}
    assert choices["pairs"] == ALL
    assert {*choices["language"]} == {*LANGUAGES}
    assert choices["decimals"] == ["", *map(str, range(13))]
    assert "nbkr" in choices["source"]


def test_what_is_default_is_left_out(full: Client) -> None:
    (element,) = Tags(pasted(built(full, asked(pairs=ALL, **DEFAULTS, href="")))).of("silkrate-ticker")
    assert element.attributes == {"lang": "en", "style": "display: block; min-height: 44px"}
    assert pasted(built(full)) == pasted(built(full, asked(pairs=ALL, **DEFAULTS, href="")))


@pytest.mark.parametrize("name", [*DEFAULTS, "language"])
def test_every_choice_is_what_the_element_says(
    full: Client, choices: dict[str, list[str]], name: str
) -> None:
    for choice in choices[name]:
        (element,) = Tags(pasted(built(full, asked(**{name: choice})))).of("silkrate-ticker")
        said = {key: value for key, value in element.attributes.items() if key != "style"}
        chosen = {"lang": choice} if name == "language" else {"lang": "en", name: choice}
        assert said == (chosen if DEFAULTS.get(name) != choice else {"lang": "en"})


@pytest.mark.parametrize("name", [*DEFAULTS, "language"])
def test_every_choice_is_what_fragment_and_frame_are_asked_for(
    full: Client, choices: dict[str, list[str]], name: str
) -> None:
    for choice in choices[name]:
        (frame,) = Tags(pasted(built(full, asked(kind="frame", **{name: choice})))).of("iframe")
        php = pasted(built(full, asked(kind="fragment", **{name: choice})))
        (fragment,) = re.findall(rf"'({HOST}/embed/fragment.*)'", php)
        chosen = {"lang" if name == "language" else name: choice}
        expected = {} if choice in (DEFAULTS.get(name), "en") else chosen
        assert queried(frame.attributes["src"]) == queried(fragment) == expected
        assert full.get(fragment.removeprefix(HOST)).status_code in (200, 503)
        assert full.get(frame.attributes["src"].removeprefix(HOST)).status_code in (200, 503)


@pytest.mark.parametrize("kind", ["badge", "chart"])
@pytest.mark.parametrize("name", [*sorted(ELSEWHERE), "language", "days"])
def test_every_choice_is_what_a_picture_is_asked_for(
    full: Client, choices: dict[str, list[str]], name: str, kind: str
) -> None:
    known = {"badge": {*ELSEWHERE, "language"}, "chart": {"inverse", "theme", "source", "language", "days"}}
    for choice in choices[name]:
        page = built(full, asked(kind=kind, pairs="KGS-USD", **{name: choice}))
        (picture,) = Tags(pasted(page)).of("img")
        pair = "USD-KGS" if choice == "true" else "KGS-USD"
        assert picture.attributes["src"].startswith(f"{HOST}/{kind}/{pair}.svg")
        usual = (DEFAULTS.get(name), "true", "en", "30", "inherit")
        expected = {"lang" if name == "language" else name: choice}
        if choice in usual or name not in known[kind]:
            expected = {}
        assert queried(picture.attributes["src"]) == expected


@pytest.mark.parametrize("kind", ["element", "frame"])
def test_pairs_come_in_the_order_of_the_ticker_however_they_are_asked_for(full: Client, kind: str) -> None:
    for query in ("pairs=TJS-USD&pairs=KGS-USD&pairs=KGS-KZT", "pairs=kgskzt,TJS%2FUSD,kgs-usd"):
        snippet = pasted(built(full, f"?kind={kind}&{query}"))
        assert "KGS-USD,TJS-USD,KGS-KZT" in snippet
    boxes = Tags(built(full, "?pairs=KGS-KZT")).of("input", name="pairs")
    assert [each.attributes["value"] for each in boxes if "checked" in each.attributes] == ["KGS-KZT"]


def test_a_place_to_lead_to_is_where_items_pictures_and_links_lead(full: Client) -> None:
    href = "https://news.example/{pair}?a=1&lt;b&copy=%22"
    (element,) = Tags(pasted(built(full, asked(href=href)))).of("silkrate-ticker")
    assert element.attributes["href"] == href
    for kind in ("badge", "chart", "links"):
        links = Tags(pasted(built(full, asked(kind=kind, href=href)))).of("a")
        assert [each.attributes["href"] for each in links] == [href.replace("{pair}", each) for each in ALL]
    (frame,) = Tags(pasted(built(full, asked(kind="frame", href=href)))).of("iframe")
    assert queried(frame.attributes["src"]) == {"href": href}


def test_by_themselves_pictures_and_links_lead_to_the_pages_of_their_pairs(full: Client) -> None:
    for kind in ("badge", "chart", "links"):
        page = built(full, asked(kind=kind, inverse="true", language="ky", pairs="KGS-USD"))
        (link,) = Tags(pasted(page)).of("a")
        assert link.attributes["href"] == f"{HOST}/pairs/USD-KGS?lang=ky"
        assert full.get("/pairs/USD-KGS?lang=ky").status_code == 200


def test_addresses_give_the_same_strip(full: Client) -> None:
    json, text = pasted(
        built(full, asked(kind="addresses", pairs="KGS-USD", inverse="true", language="ru"))
    ).splitlines()
    assert "USD/KGS = 87.45" in full.get(text.removeprefix(HOST)).text
    (item,) = full.get(json.removeprefix(HOST)).json()["items"]
    assert item["display"] == "87,45"
    assert queried(json)["nominal"] == "auto"


def test_the_digest_is_that_of_the_bytes_that_are_served(full: Client) -> None:
    (script,) = Tags(pasted(built(full))).of("script")
    assert script.attributes["src"].startswith(f"{HOST}/embed/v")
    content = full.get(script.attributes["src"].removeprefix(HOST)).content
    assert script.attributes["integrity"] == integrity(content)
    assert {"crossorigin", "type", "src", "integrity"} == {*script.attributes}


def test_without_scripts_the_snippet_has_the_rates_as_they_are_now(full: Client) -> None:
    snippet = pasted(built(full, asked(language="ru", pairs="KGS-USD")))
    inside = Tags(snippet).of("noscript")[0].text.split()
    item = full.get("/v1/ticker?lang=ru&pairs=KGS-USD").json()["items"][0]
    said = f"{item['as_of_display']}: {item['symbol']} {item['display']} {item['change_display']}"
    assert inside == said.split()


def test_with_a_strict_policy_the_place_is_kept_by_the_style_sheet(full: Client) -> None:
    page = built(full, asked(strict="true", mode="grid", width="480"))
    assert "style=" not in pasted(page)
    assert pasted(page, "css") == "silkrate-ticker { display: block; min-height: 366px; }"
    assert pasted(page, "allowed") == f"script-src {HOST}; connect-src {HOST}"
    assert "style=" not in pasted(built(full, asked(strict="true", kind="frame")))


def test_it_says_how_high_the_strip_is_and_keeps_the_place_for_it(full: Client) -> None:
    page = built(full, asked(mode="static", width="320", pairs="KGS-USD,TJS-USD"))
    assert "It is about 113 pixels high." in Page(page).text
    assert "min-height: 113px" in pasted(page)
    (frame,) = Tags(pasted(built(full, asked(kind="frame", mode="single")))).of("iframe")
    assert frame.attributes["height"] == "108"


def test_the_preview_is_what_the_fragment_gives(full: Client) -> None:
    query = {"mode": "grid", "theme": "dark", "pairs": "KGS-USD", "href": "https://news.example/{pair}"}
    shown, given = (Tags(full.get(f"{path}{asked(**query)}").text) for path in ("/embed", "/embed/fragment"))
    assert shown.of("silkrate-ticker") == given.of("silkrate-ticker")
    for name in ("span", "li", "section"):
        wanted = [each for each in given.of(name) if "part" in each.attributes]
        assert [each for each in shown.of(name) if "part" in each.attributes] == wanted != []


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_is_valid_in_every_language(full: Client, kind: str, lang: str) -> None:
    html = built(full, asked(kind=kind, lang=lang, strict="true", inverse="true", mode="static"))
    page = Page(html)
    assert f'<html lang="{lang}">' in html
    snippet = pasted(html).replace(" crossorigin", "")
    if kind not in ("fragment", "addresses"):
        Page(f"<!doctype html><html><head><title>x</title></head><body>{snippet}</body></html>")
        assert f'lang="{lang}"' in snippet or f"lang={lang}" in snippet or lang == "en"
    assert page.text


def test_before_there_are_rates_there_is_a_snippet_already(client: Client) -> None:
    for kind in get_args(Kind):
        html = built(client, asked(kind=kind))
        assert pasted(html)
        assert "noscript" not in pasted(html)
        assert Tags(html).of("img", alt="KGS/USD") == []


@pytest.mark.parametrize(
    "query",
    [
        "kind=applet",
        "pairs=EUR-USD",
        "mode=fast",
        "decimals=13",
        "speed=81",
        "href=javascript:alert(1)",
        "href=https://x.example/%22onclick=1",
        "source=nobody",
        "language=xx",
        "lang=xx",
        "days=1",
        "width=99",
        "strict=yes",
        "mode=grid&mode=static",
    ],
)
def test_what_there_is_not_is_a_problem_in_the_dress_of_a_page(full: Client, query: str) -> None:
    response = full.get(f"/embed?{query}")
    assert response.status_code in (404, 422)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert Page(response.text).text


def test_what_it_does_not_know_it_passes_over(full: Client) -> None:
    assert pasted(built(full, "?utm_source=mail&model_fields=1&as_known_at=v:1")) == pasted(built(full))


def hostile() -> Iterator[str]:
    """Queries with markup in them, wherever it could be put."""
    for name in (*OF_STRIP, "kind", "language", "width", "days", "strict", "lang", "other"):
        yield f"{name}={quote(MARKUP)}"
    yield f"{quote(MARKUP)}=1"
    for escaped in ("&", "{{7*7}}", "&lt;script&gt;", "?a=%22%3E%3Cscript%3E", "{pair}{pair}"):
        yield f"href={quote('https://x.example/' + escaped)}"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_markup_in_a_parameter_stays_text(full: Client, kind: str) -> None:
    usual = len(Tags(built(full, f"?kind={kind}")).of("script"))
    for query in hostile():
        response = full.get(f"/embed?kind={kind}&{query}" if "kind=" not in query else f"/embed?{query}")
        assert response.status_code in (200, 404, 422), query
        Page(response.text)
        found = Tags(response.text)
        assert len(found.of("script")) <= usual
        assert [each for each in found.found if "onerror" in each.attributes] == []
        if response.status_code == 200 and kind not in ("fragment", "addresses"):
            inner = Tags(pasted(response.text))
            assert [each for each in inner.found if "onerror" in each.attributes] == []
            assert len(inner.of("script")) == (kind == "element")


def test_the_page_may_be_kept_and_is_listed(full: Client) -> None:
    response = full.get("/embed")
    assert "max-age" in response.headers["cache-control"]
    again = full.get("/embed", if_none_match=response.headers["etag"])
    assert again.status_code == 304
    assert f'<link rel="canonical" href="{HOST}/embed">' in response.text
