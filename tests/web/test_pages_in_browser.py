"""The pages in a real Chromium: nothing is logged, asked of another host, cut off or too faint."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Playwright, Request, sync_playwright

from app.web.app import create_app
from tests.web.conftest import break_nbkr, decree, fill, made, say, served

pytestmark = pytest.mark.browser

QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SYSTEM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
WIDTHS = (360, 1440)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def launch(playwright: Playwright) -> Browser:
    """The Chromium that BROWSER_EXE names, Playwright's own, or the system's.

    Without any, a failure in continuous integration, where a skip would go unseen, and a skip elsewhere.
    """
    named = os.environ.get("BROWSER_EXE")
    if named:
        return playwright.chromium.launch(executable_path=named, args=QUIET)
    try:
        return playwright.chromium.launch(args=QUIET)
    except Error:
        found = next(filter(None, map(shutil.which, SYSTEM)), None)
    if found:
        return playwright.chromium.launch(executable_path=found, args=QUIET)
    if os.environ.get("CI"):
        pytest.fail("no Chromium here, and CI is set")
    pytest.skip("no Chromium here")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[dict[str, str]]:
    """Real servers: with rates, without any while its source fails, and with simulated rates."""
    with ExitStack() as stack:
        contexts = {
            name: stack.enter_context(made(tmp_path_factory.mktemp(name), simulated=name == "demo"))
            for name in ("full", "failing", "demo")
        }
        fill(contexts["full"])
        fill(contexts["demo"])
        say(contexts["failing"], *decree(contexts["failing"]), when="2026-05-21 04:00")
        break_nbkr(contexts["failing"])
        yield {name: stack.enter_context(served(create_app(each))) for name, each in contexts.items()}


@contextmanager
def opened(
    browser: Browser,
    url: str,
    width: int,
    scheme: Literal["light", "dark"] = "light",
    *,
    scripts: bool = True,
) -> Iterator[Page]:
    """The page at `url`; nothing may have been logged by its end, and nothing asked of another host."""
    noise: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=scripts
    )
    page = context.new_page()
    page.on("console", lambda message: noise.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: noise.append(f"error: {error}"))
    page.on(
        "requestfailed", lambda request: noise.append(f"failed: {request.url}") if _failed(request) else None
    )
    page.on("request", lambda request: noise.append(request.url) if is_foreign(request.url, url) else None)
    page.goto(url, wait_until="load")
    yield page
    context.close()
    assert noise == []


def _failed(request: Request) -> bool:
    """Whether a request failed by itself: one that is under way when a page is left is given up."""
    return request.failure != "net::ERR_ABORTED"


def is_foreign(asked: str, url: str) -> bool:
    """Whether a request goes anywhere but to the host of `url`."""
    host = "/".join(url.split("/")[:3]) + "/"
    return not asked.startswith((host, "data:", "blob:"))


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    fitting: bool = page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    return fitting


def faint(texts: Locator) -> list[str]:
    """Those of `texts` that are too faint to read; there is at least one text."""
    assert texts.count() > 0
    found: list[str] = texts.evaluate_all(CONTRAST)
    return found


def test_a_page_of_another_origin_may_read_the_rates_and_their_headers(
    browser: Browser, addresses: dict[str, str]
) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(addresses["failing"] + "/livez")
    status, tag, link, seq = page.evaluate(
        """async url => {
          const reply = await fetch(url, {cache: "no-cache", headers: {"If-None-Match": '"older"'}});
          const {seq} = await reply.json();
          return [reply.status, reply.headers.get("etag"), reply.headers.get("link"), seq];
        }""",
        addresses["full"] + "/v1/ticks?limit=1",
    )
    context.close()
    assert status == 200
    assert tag.startswith('"')
    assert 'rel="next"' in link
    assert seq > 1
