"""What all pages promise: their own files and nothing else, no markup from outside, problems that are
pages.
"""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.context import Context
from app.domain.errors import StoreUnavailable
from app.web.pages.words import NAMES
from tests.web.conftest import Client, broken
from tests.web.html import Page
from tests.web.pages.conftest import page

PATHS = (
    "/",
    "/pairs/KGS-USD",
    "/pairs/UZS-TJS",
    "/pairs/KGS-USD/explain",
    "/convert",
    "/sources",
    "/embed",
    "/docs",
    "/ticks/3",
)

PARAMETERS = {
    "/": ("lang", "utm_source"),
    "/pairs/KGS-USD": ("range", "since", "until", "source", "lang", "fbclid"),
    "/pairs/KGS-USD/explain": ("date", "source", "lang", "ref"),
    "/convert": ("from", "to", "amount", "date", "lang", "q"),
    "/sources": ("lang", "x"),
    "/embed": (
        "pairs",
        "mode",
        "theme",
        "lang",
        "href",
        "change",
        "nominal",
        "decimals",
        "source",
        "speed",
        "form",
        "x",
    ),
    "/docs": ("lang", "x"),
    "/ticks/3": ("log", "lang", "x"),
}

HOSTILE = (
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    'https://x.example/"><svg onload=alert(1)>',
    "{{ 7 * 7 }}%(day)s&lt;b&gt;\\u003cb\\u003e",
    "KGS-USD<b>",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_loads_only_files_of_this_service_which_are_all_there(rich: Client, path: str) -> None:
    found = page(rich, path)
    asked = [
        each["href"] for each in found.links if each.get("rel") in ("stylesheet", "icon", "apple-touch-icon")
    ]
    for address in [*asked, *(each for each in found.addresses if "/static/" in each)]:
        local = (address or "").removeprefix("http://rates.test/")
        assert "//" not in local
        assert rich.get("/" + local.replace("../", "").removeprefix("./")).status_code == 200, address


@pytest.mark.parametrize("path", PATHS)
def test_every_link_of_a_page_within_the_service_leads_somewhere(rich: Client, path: str) -> None:
    found = page(rich, path)
    base = urlsplit(f"http://rates.test{path}")
    for address in {each for each in found.addresses if each and not each.startswith(("#", "https://"))}:
        if "{" in address:
            continue  # a template that a script fills in
        response = rich.get(_resolved(base.geturl(), address))
        assert response.status_code in (200, 503), address


def _resolved(base: str, address: str) -> str:
    found = urlsplit(urljoin(base, address))
    return found.path + (f"?{found.query}" if found.query else "")


@pytest.mark.parametrize("path", PATHS)
def test_the_policy_of_a_page_allows_its_own_files_and_nothing_else(rich: Client, path: str) -> None:
    headers = rich.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_a_title_a_description_and_its_one_address(rich: Client, path: str) -> None:
    found = page(rich, path)
    assert found.metas["description"]
    assert found.metas["og:title"]
    assert found.metas["og:url"] == f"http://rates.test{path}"
    assert found.metas["og:image"].startswith("http://rates.test/static/")
    spoken = [each for each in found.links if each.get("hreflang") and each.get("rel") == "alternate"]
    assert {each["hreflang"] for each in spoken} == {*NAMES, "x-default"}
    assert {each["type"] for each in found.links if each.get("type")} >= {
        "application/atom+xml",
        "application/rss+xml",
        "application/feed+json",
    }


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, names in PARAMETERS.items() for name in names]
)
def test_nothing_that_is_asked_becomes_markup(rich: Client, path: str, name: str, hostile: str) -> None:
    harmless(rich, path, name, hostile)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_path_becomes_markup(rich: Client, hostile: str) -> None:
    response = rich.get(f"/pairs/{quote(hostile, safe='')}")
    assert response.status_code == 404
    assert_plain(Page(response.text))
    assert rich.get(f"/ticks/{quote(hostile, safe='')}").status_code in (404, 422)


@pytest.mark.fuzz
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(PARAMETERS)), st.data(), st.text(alphabet="<>\"'&;{}%=/ aA\\`\n\x00é", max_size=12)
)
def test_whatever_is_asked_becomes_no_markup(rich: Client, path: str, data: st.DataObject, text: str) -> None:
    harmless(rich, path, data.draw(st.sampled_from(PARAMETERS[path])), text)


def harmless(client: Client, path: str, name: str, hostile: str) -> None:
    """Assert that a page is well-formed and has no element, handler or script of what was asked."""
    response = client.get(f"{path}?{name}={quote(hostile, safe='')}")
    assert response.status_code in (200, 404, 410, 422), response.status_code
    assert_plain(Page(response.text))


def assert_plain(found: Page) -> None:
    """Assert that a page has only elements that its templates have."""
    assert "b" not in found.tags or all("alert" not in each for each in found.words)
    assert not any((each or "").lower().startswith("javascript:") for each in found.addresses)
    assert not {"svg", "iframe", "object"} & {tag for tag in found.tags if tag not in ("svg",)}
    for script in found.scripts:
        assert "<" not in script


def test_a_problem_is_a_page_in_the_language_of_the_reader_that_nobody_keeps(rich: Client) -> None:
    response = rich.get("/pairs/XXX", accept_language="ru")
    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-language"] == "ru"
    assert page(rich, "/pairs/XXX", 404).metas["robots"] == "noindex"


def test_an_address_that_nothing_is_at_is_a_page_for_a_browser_and_a_problem_for_a_program(
    rich: Client,
) -> None:
    browser = rich.get("/nothing/here", accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert browser.status_code == 404
    assert browser.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is nothing at this path" in Page(browser.text).text
    for accept in ("*/*", "application/json", ""):
        assert rich.get("/nothing/here", accept=accept).headers["content-type"] == "application/problem+json"
    api = rich.get("/v1/nothing", accept="text/html")
    assert api.headers["content-type"] == "application/problem+json"


def test_without_its_store_a_page_says_so(context: Context) -> None:
    client = broken(context, StoreUnavailable("the disk is gone"))
    text = page(client, "/", 503).text
    assert "cannot be used at the moment" in text
    assert "disk" not in text


def test_simulated_rates_are_said_to_be_on_every_page(simulated: Client) -> None:
    for path in ("/", "/pairs/KGS-USD", "/convert", "/sources", "/embed", "/docs", "/pairs/KGS-USD/explain"):
        assert "Simulated rates." in page(simulated, path).text
