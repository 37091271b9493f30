"""What machines look for that visit a site."""

from __future__ import annotations

from urllib.parse import urlsplit

from defusedxml.ElementTree import fromstring

from app.web.assets import ASSETS
from app.web.pages.words import NAMES
from tests.web.conftest import Client
from tests.web.pages.conftest import PAIRS

NAMES_OF = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def test_the_sitemap_lists_every_page_in_every_language_and_each_is_there(rich: Client) -> None:
    response = rich.get("/sitemap.xml")
    assert response.headers["content-type"] == "application/xml"
    root = fromstring(response.content)
    places = [each.text or "" for each in root.findall("s:url/s:loc", NAMES_OF)]
    assert places[:5] == [f"http://rates.test/{path}" for path in ("", "sources", "convert", "embed", "docs")]
    assert {f"http://rates.test/pairs/{pair.dashed}" for pair in PAIRS} <= set(places)
    for place in places:
        assert rich.get(urlsplit(place).path).status_code == 200, place
    for each in root.findall("s:url", NAMES_OF):
        assert [link.get("hreflang") for link in each.findall("x:link", NAMES_OF)] == [*NAMES, "x-default"]


def test_robots_may_read_pages_and_find_the_sitemap_and_leave_the_api_alone(rich: Client) -> None:
    lines = rich.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    assert "Disallow: /v1/" in lines
    assert "Disallow: /" not in lines
    assert lines[-1] == "Sitemap: http://rates.test/sitemap.xml"


def test_pictures_of_the_site_are_of_the_size_that_they_say(rich: Client) -> None:
    for name, size in (("card.png", (1200, 630)), ("touch.png", (180, 180))):
        content = rich.get("/" + ASSETS[name].path).content
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) == size
        assert len(content) < 40_000
