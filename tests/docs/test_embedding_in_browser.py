"""The HTML of docs/embedding.md in real Chromium, on pages of another origin: each shows the rates, moves
nothing and logs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.render.locale import LANGUAGES
from app.web.embed.modules import CURRENT
from tests.docs.blocks import HOST, Block, blocks
from tests.docs.test_embedding import TEXT, rows
from tests.web.conftest import NOW, served
from tests.web.test_pages_in_browser import launch

pytestmark = pytest.mark.browser

HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>News</title>'
BELOW = "<p>What would move if something above it grew."
SHIFT = """() => new Promise((told) => {
    let sum = 0;
    const add = (list) => list.getEntries().forEach((entry) => (sum += entry.value));
    new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => told(sum), 200);
})"""
LINE = 40
"""The pixels of a line of the strip, by which fonts of other systems may differ."""

POLICY = "Content-Security-Policy"
STYLED = '<link rel="stylesheet" href="/site.css">'
HTML = blocks("html", text=TEXT)
STRIPS = [block for block in HTML if "<img" not in block.code]
(PICTURES,) = (block for block in HTML if "<img" in block.code)
RESERVED, THEME = blocks("css", text=TEXT)

Opener = Callable[..., AbstractContextManager[tuple[Page, list[str]]]]
"""What opens HTML as a page, perhaps with `scripts` off or with headers."""


def language(block: Block) -> str:
    """The language that HTML asks for: each block of the page has another one."""
    (tag,) = re.findall(r'\blang="?([A-Za-z-]+)', block.code)
    return str(tag)


@dataclass
class Site:
    """Somebody else's pages: `html` is the one that is served, with `headers`."""

    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = ""

    def page(self, request: Request) -> Response:
        """The page of this moment."""
        return HTMLResponse(self.html, headers=dict(self.headers))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Where somebody else's pages are, with a style sheet and a copy of the module."""
    site = Site()
    files = {
        "/site.css": (RESERVED.code.encode(), "text/css"),
        "/files/ticker.js": (CURRENT.script, "text/javascript"),
        "/favicon.ico": (b"", "image/x-icon"),
    }

    def file(request: Request) -> Response:
        content, media_type = files[request.url.path]
        return Response(content, media_type=media_type)

    with served(Starlette(routes=[Route("/", site.page), *(Route(path, file) for path in files)])) as url:
        site.address = url
        yield site


@pytest.fixture
def open_page(browser: Browser, site: Site, address: str) -> Opener:
    """Opens a page of the site on the day of its rates: the page, and what it logs."""

    @contextmanager
    def opened(
        html: str, headers: Mapping[str, str] | None = None, *, scripts: bool = True
    ) -> Iterator[tuple[Page, list[str]]]:
        site.html = f"{HEAD}{html}{BELOW}".replace(HOST, address)
        site.headers = {name: value.replace(HOST, address) for name, value in (headers or {}).items()}
        context = browser.new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 720})
        page, noise = context.new_page(), []
        page.on("console", lambda message: noise.append(message.text))
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("requestfailed", lambda request: noise.append(request.url))
        page.clock.set_fixed_time(NOW)
        page.goto(site.address)
        yield page, noise
        context.close()

    return opened


def policy() -> str:
    """The policy that the page gives for a strict site."""
    (block,) = blocks("http", text=TEXT)
    name, _, value = block.code.strip().partition(": ")
    assert name == POLICY
    return value


def rates(address: str, lang: str) -> list[str]:
    """What is to be shown of the five."""
    body = httpx.get(f"{address}/embed/v1/ticker.json?lang={lang}", trust_env=False).json()
    return [item["display"] for item in body["items"]]


@pytest.mark.parametrize("block", STRIPS, ids=language)
def test_every_snippet_shows_the_rates_moves_nothing_and_logs_nothing(
    block: Block, open_page: Opener, address: str
) -> None:
    headers = {POLICY: policy()} if block.told == "strict" else {}
    with open_page(STYLED * bool(headers) + block.code, headers) as (page, noise):
        place = page.frame_locator("iframe") if "<iframe" in block.code else page
        strip = place.locator("silkrate-ticker")
        expect(strip).to_have_attribute("state", "live")
        shown = strip.locator("[part=list]").first.locator("[part=rate]")
        assert shown.all_text_contents() == rates(address, language(block))
        assert page.evaluate(SHIFT) == 0
        assert noise == []


def test_there_is_a_snippet_in_every_language_but_one() -> None:
    assert {*map(language, STRIPS), "uz-Cyrl"} == set(LANGUAGES)


def test_the_pictures_are_drawn_move_nothing_and_log_nothing(open_page: Opener) -> None:
    with open_page(PICTURES.code) as (page, noise):
        sizes = page.evaluate(
            "[...document.images].map(each => each.complete && [each.naturalWidth, each.height])"
        )
        badge, chart = sizes
        assert badge[0] > 100
        assert badge[1] == 20
        assert chart == [240, 48]
        assert noise == []


@pytest.mark.parametrize("needed", ["script-src", "connect-src", "style-src"])
def test_nothing_in_the_policy_can_be_left_out(needed: str, open_page: Opener) -> None:
    (block,) = (each for each in STRIPS if each.told == "strict")
    less = "; ".join(each for each in policy().split("; ") if not each.startswith(needed))
    with open_page(STYLED + block.code, {POLICY: less}) as (page, noise):
        page.wait_for_timeout(500)
        assert noise


def rendered(address: str) -> str:
    """What the server of a page puts into it, as its recipes ask for it."""
    asked = blocks("php", "nginx", text=TEXT)
    (url,) = {url for each in asked for url in re.findall(rf"{HOST}[^';]*", each.code)}
    return httpx.get(url.replace(HOST, address), trust_env=False).text


def test_a_strict_site_needs_the_service_for_styles_to_have_a_rendered_strip(
    open_page: Opener, address: str
) -> None:
    more = policy().replace("style-src", f"style-src {HOST}")
    with open_page(rendered(address), {POLICY: more}) as (page, noise):
        expect(page.locator("silkrate-ticker")).to_have_attribute("state", "live")
        assert noise == []
    with open_page(rendered(address), {POLICY: policy()}) as (page, noise):
        page.wait_for_timeout(500)
        assert noise


def test_a_strict_site_needs_nothing_but_frames_to_have_a_frame(open_page: Opener) -> None:
    (block,) = (each for each in STRIPS if "sandbox" in each.code)
    with open_page(block.code, {POLICY: f"default-src 'none'; frame-src {HOST}"}) as (page, noise):
        strip = page.frame_locator("iframe").locator("silkrate-ticker")
        expect(strip).to_have_attribute("state", "live")
        assert noise == []


def test_an_isolated_site_can_have_all_of_it(open_page: Opener, address: str) -> None:
    isolated = {"Cross-Origin-Embedder-Policy": "require-corp"}
    for html in (STRIPS[0].code, rendered(address)):
        with open_page(html + PICTURES.code, isolated) as (page, noise):
            expect(page.locator("silkrate-ticker")).to_have_attribute("state", "live")
            assert page.evaluate("[...document.images].every((each) => each.naturalWidth)")
            assert noise == []
    for strip in STRIPS:
        if "<iframe" in strip.code:
            with open_page(strip.code, isolated) as (page, noise):
                framed = page.frame_locator("iframe").locator("silkrate-ticker")
                expect(framed).to_have_attribute("state", "live")
                assert noise == []


def test_a_browser_without_constructed_sheets_keeps_what_stands_inside(open_page: Opener) -> None:
    older = '<script>window.CSSStyleSheet = () => { throw TypeError("Illegal constructor"); };</script>'
    with open_page(older + STRIPS[0].code) as (page, _):
        page.wait_for_timeout(300)
        expect(page.locator("silkrate-ticker")).to_have_text("Валюта курстары")
        assert page.locator("silkrate-ticker").get_attribute("state") is None


def test_the_place_that_a_mode_takes_is_about_what_the_page_says(open_page: Opener) -> None:
    told = {mode.strip("`"): map(int, cells) for mode, *cells in rows("How much place it takes")}
    strips = "".join(
        f'<div style="width: {width}px"><silkrate-ticker lang="ru" mode="{mode}"></silkrate-ticker></div>'
        for mode in told
        for width in (320, 480, 1280)
    )
    module = STRIPS[1].code[STRIPS[1].code.index("<script") :]
    with open_page(f"{module}{strips}") as (page, _):
        for place in page.locator("silkrate-ticker").all():
            place.scroll_into_view_if_needed()
            expect(place).to_have_attribute("state", "live")
        taken = page.evaluate(
            "[...document.querySelectorAll('silkrate-ticker')].map(each => each.offsetHeight)"
        )
    said = [height for heights in told.values() for height in heights]
    assert taken == [pytest.approx(height, abs=LINE) for height in said]
