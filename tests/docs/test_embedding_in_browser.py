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
from tests.docs.test_embedding import TEXT
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
HTML = blocks("html", text=TEXT)
STRIPS = [block for block in HTML if "<img" not in block.code]
(PICTURES,) = (block for block in HTML if "<img" in block.code)
RESERVED, THEME = blocks("css", text=TEXT)

Opener = Callable[..., AbstractContextManager[tuple[Page, list[str]]]]
"""What opens HTML as a page, perhaps under a policy or with `scripts` off."""


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
        html: str, policy: str | None = None, *, scripts: bool = True
    ) -> Iterator[tuple[Page, list[str]]]:
        head = '<link rel="stylesheet" href="/site.css">' if policy else ""
        site.html = f"{HEAD}{head}{html}{BELOW}".replace(HOST, address)
        site.headers = {"Content-Security-Policy": policy.replace(HOST, address)} if policy else {}
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
    assert name == "Content-Security-Policy"
    return value


def rates(address: str, lang: str) -> list[str]:
    """What is to be shown of the five."""
    body = httpx.get(f"{address}/embed/v1/ticker.json?lang={lang}", trust_env=False).json()
    return [item["display"] for item in body["items"]]


@pytest.mark.parametrize("block", STRIPS, ids=language)
def test_every_snippet_shows_the_rates_moves_nothing_and_logs_nothing(
    block: Block, open_page: Opener, address: str
) -> None:
    with open_page(block.code, policy() if block.told == "strict" else None) as (page, noise):
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
    with open_page(block.code, less) as (page, noise):
        page.wait_for_timeout(500)
        assert noise


def test_what_moves_without_a_place_reserved_is_noticed(open_page: Opener) -> None:
    with open_page(re.sub(r' style="[^"]*"', "", STRIPS[0].code)) as (page, _):
        expect(page.locator("silkrate-ticker")).to_have_attribute("state", "live")
        assert page.evaluate(SHIFT) > 0


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_what_a_server_puts_into_its_page_is_shown_with_and_without_scripts(
    scripts: bool, open_page: Opener, address: str
) -> None:
    (url,) = {
        url for each in blocks("php", "nginx", text=TEXT) for url in re.findall(rf"{HOST}[^';]*", each.code)
    }
    html = httpx.get(url.replace(HOST, address), trust_env=False).text
    with open_page(html, scripts=scripts) as (page, noise):
        strip = page.locator("silkrate-ticker")
        if scripts:
            expect(strip).to_have_attribute("state", "live")
        shown = strip.locator("[part=list]").first.locator("[part=rate]")
        assert shown.all_text_contents() == rates(address, "ru")
        assert noise == []


def test_a_page_that_is_a_program_prints_what_is_shown(open_page: Opener, address: str) -> None:
    (script,) = blocks("js", text=TEXT)
    with open_page("") as (page, printed):
        page.evaluate(f"async () => {{ {script.code.replace(HOST, address)} }}")
        expect(page.locator("silkrate-ticker")).to_have_attribute("state", "live")
        assert printed == script.printed


def test_the_colours_of_the_example_are_those_of_the_strip(open_page: Opener) -> None:
    html = STRIPS[0].code.replace("<silkrate-ticker", "<silkrate-ticker inverse")
    with open_page(f"<style>{THEME.code}</style>{html}") as (page, _):
        expect(page.locator("[part=bar]")).to_have_css("color", "rgb(255, 255, 255)")
        expect(page.locator("[part~=up]").first).to_have_css("color", "rgb(74, 222, 128)")
        expect(page.locator("[part=bar]")).to_have_css("background-color", "rgb(20, 33, 61)")
        expect(page.locator("[part=bar]")).to_have_css("font-size", "15px")
        expect(page.locator("[part=symbol]").first).to_have_css("font-weight", "400")
        page.evaluate("document.querySelector('silkrate-ticker').setAttribute('state', 'stale')")
        expect(page.locator("[part=asof]")).to_have_css("color", "rgb(252, 211, 77)")
