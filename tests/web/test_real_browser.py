"""What a page of another origin can do in a real Chromium: read answers and their headers, from its own cache
where they are unchanged; and what it cannot: frame the pages, or run what is no script.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.context import Context
from app.web.app import create_app
from tests.web.conftest import fill, made, served
from tests.web.test_pages_in_browser import launch
from tests.web.test_real_clients import BreakingStore

pytestmark = pytest.mark.browser

VIOLATIONS = """
  globalThis.violations = [];
  addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


@dataclass
class Overheard:
    """An application, and the requests for its paths under /v1: what each named as known, and its status."""

    app: ASGIApp
    heard: list[tuple[bool, int]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        heard = scope["type"] == "http" and scope["path"].startswith("/v1/")

        async def hear(message: Message) -> None:
            if heard and message["type"] == "http.response.start":
                self.heard.append((b"if-none-match" in dict(scope["headers"]), message["status"]))
            await send(message)

        await self.app(scope, receive, hear)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A context with what `fill` records."""
    with made(tmp_path_factory.mktemp("real")) as context:
        fill(context)
        yield context


@pytest.fixture(scope="module")
def service(context: Context) -> Overheard:
    """The application over it."""
    return Overheard(create_app(context))


@pytest.fixture(scope="module")
def address(service: Overheard) -> Iterator[str]:
    """Where a real server answers for it."""
    with served(service) as url:
        yield url


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """Where somebody else's pages are, with whatever body is asked for, and a number in a text."""

    async def news(request: Request) -> HTMLResponse:
        body = request.query_params.get("body", "")
        return HTMLResponse(f'<!doctype html><link rel="icon" href="data:,"><title>News</title>{body}')

    number = PlainTextResponse("0.0114351057747\n")
    routes = [Route("/", news), Route("/number.txt", lambda request: number)]
    with served(Starlette(routes=routes)) as url:
        yield url


@contextmanager
def visited(browser: Browser, url: str) -> Iterator[tuple[Page, list[str]]]:
    """A page of a reader who was never here, and what its console says."""
    reader = browser.new_context()
    reader.add_init_script(VIOLATIONS)
    said: list[str] = []
    page = reader.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.goto(url)
    yield page, said
    reader.close()


def fetched(page: Page, url: str, **options: Any) -> Any:
    """What a script of the page gets for a URL."""
    return page.evaluate(
        """async ([url, options]) => {
          const reply = await fetch(url, options);
          const headers = Object.fromEntries(reply.headers);
          return {status: reply.status, type: reply.type, headers, body: await reply.json()};
        }""",
        [url, options],
    )


def test_a_page_elsewhere_reads_an_answer_with_its_headers(
    browser: Browser, address: str, elsewhere: str
) -> None:
    with visited(browser, elsewhere) as (page, said):
        reply = fetched(page, f"{address}/v1/history/KGS-USD?limit=1")
    assert (reply["status"], reply["type"]) == (200, "cors")
    assert reply["headers"]["etag"].startswith('"')
    assert 'rel="next"' in reply["headers"]["link"]
    assert 'rel="memento"' in reply["headers"]["link"]
    assert reply["body"]["points"][0]["rate"] == 0.0114375384587
    assert said == []


def test_a_page_elsewhere_reads_when_a_memento_is_of(browser: Browser, address: str, elsewhere: str) -> None:
    with visited(browser, elsewhere) as (page, _):
        reply = fetched(page, f"{address}/v1/latest?as_known_at=v:4")
    assert reply["headers"]["memento-datetime"] == "Wed, 20 May 2026 10:30:00 GMT"


def test_a_browser_asks_again_only_for_what_is_new(
    browser: Browser, service: Overheard, address: str, elsewhere: str
) -> None:
    service.heard.clear()
    with visited(browser, elsewhere) as (page, _):
        url = f"{address}/v1/latest?precision=7"
        replies = [fetched(page, url, cache=mode) for mode in ("default", "default", "no-cache")]
    assert [reply["status"] for reply in replies] == [200, 200, 200]
    assert replies[0]["body"] == replies[1]["body"] == replies[2]["body"]
    assert service.heard == [(False, 200), (True, 304)], "the second came from its cache, unasked"


def test_a_page_elsewhere_may_name_what_it_knows(browser: Browser, address: str, elsewhere: str) -> None:
    with visited(browser, elsewhere) as (page, _):
        url = f"{address}/v1/latest?precision=8"
        tag = fetched(page, url)["headers"]["etag"]
        status = page.evaluate(
            "async ([url, tag]) =>"
            " (await fetch(url, {cache: 'no-store', headers: {'If-None-Match': tag}})).status",
            [url, tag],
        )
    assert status == 304


def test_a_page_elsewhere_reads_what_was_wrong(browser: Browser, address: str, elsewhere: str) -> None:
    with visited(browser, elsewhere) as (page, _):
        reply = fetched(page, f"{address}/v1/latest/KGS-EUR")
    assert reply["status"] == reply["body"]["status"] == 404
    assert reply["headers"]["content-type"] == "application/problem+json"
    assert reply["body"]["parameter"] == "pair"


def test_a_page_notices_a_table_that_breaks_off(browser: Browser, context: Context, elsewhere: str) -> None:
    broken = create_app(replace(context, store=BreakingStore(context.store)))
    with served(broken) as url, visited(browser, elsewhere) as (page, _):
        outcome = page.evaluate(
            """async url => {
              const reply = await fetch(url);
              return [reply.status, await reply.text().then(() => "whole", error => error.name)];
            }""",
            f"{url}/v1/history/KGS-USD.csv?source=nbkr",
        )
    assert outcome == [200, "TypeError"]


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/try"])
def test_no_page_elsewhere_can_frame_ours(browser: Browser, address: str, elsewhere: str, path: str) -> None:
    with visited(browser, f"{elsewhere}/?body=<iframe src={address}{path}></iframe>") as (page, said):
        page.wait_for_load_state("networkidle")
        framed = page.frames[1]
        assert framed.url.startswith("chrome-error:")
        assert "KGS" not in framed.content()
    assert any("frame-ancestors" in line for line in said), said


def test_what_is_no_script_is_run_by_no_page(browser: Browser, address: str, elsewhere: str) -> None:
    """The bare number is a script without a fault: the same text without nosniff is run."""
    script = """url => new Promise(done => {
      const script = document.createElement("script");
      script.onload = () => done("run");
      script.onerror = () => done("refused");
      script.src = url;
      document.head.append(script);
    })"""
    with visited(browser, elsewhere) as (page, _):
        assert page.evaluate(script, f"{address}/v1/latest/KGS-USD.txt") == "refused"
        assert page.evaluate(script, f"{elsewhere}/number.txt") == "run"


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/try"])
def test_a_page_of_ours_keeps_its_own_policy(browser: Browser, address: str, path: str) -> None:
    with visited(browser, address + path) as (page, said):
        page.wait_for_load_state("networkidle")
        for each in page.locator(".opblock-summary-control").all()[:3]:
            each.click()
        assert page.evaluate("violations") == []
        assert said == []


def test_what_a_page_of_ours_may_not_do_is_seen(browser: Browser, address: str) -> None:
    with visited(browser, f"{address}/docs/try") as (page, said):
        page.evaluate("document.head.append(Object.assign(document.createElement('script'), {text: '1'}))")
        page.wait_for_function("violations.length > 0")
        assert page.evaluate("violations") == ["script-src-elem"]
    assert any("Content Security Policy" in line for line in said), said
