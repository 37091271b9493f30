"""The widget on pages of a newsroom, which is another origin than the service, in a real Chromium.

The clock of a page stands where that of the service does, and chance always draws the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.context import Context
from app.domain.lines import shown
from app.ingest.record import advance
from app.web.app import create_app
from tests.fakes import FakeClock
from tests.said import banks_row
from tests.web.conftest import NOW, decree, made, say, served
from tests.web.test_pages_in_browser import launch

VALUES = {
    "nbkr": ("87.4314", "87.4500"),
    "nbk": ("471.52", "470.90"),
    "nbt": ("9.2500", "9.2764"),
    "cbu": ("12012.38", "12000.00"),
}
"""Local units per dollar by bank, yesterday and today."""

DAYS = (("2026-05-20", "2026-05-19 14:00"), ("2026-05-21", "2026-05-20 14:00"))

EVENTS = """
  globalThis.told = [];
  for (const kind of ["update", "state", "error", "select"])
    addEventListener(`silkrate-ticker-${kind}`, ({detail}) => told.push([kind, detail]));
"""
FAIR = "Math.random = () => 0.5;"


class Asked(NamedTuple):
    """A request that the service got."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass
class Service:
    """The service with today's rates of all five currencies: what it is asked is heard, and it can fail, be
    slow, die and come back.
    """

    context: Context
    clock: FakeClock
    heard: list[Asked] = field(default_factory=list)
    outage: PlainTextResponse | None = None
    url: str = ""
    _running: ExitStack = field(default_factory=ExitStack)
    _moves: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] == "http":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.heard.append(Asked(scope["method"], scope["path"], scope["query_string"].decode(), headers))
            if self.outage and scope["path"].endswith(".json"):
                await self.outage(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def start(self) -> None:
        """Answer, at the same address as before."""
        self._app: ASGIApp = create_app(self.context)
        port = int(self.url.rpartition(":")[2] or 0)
        self.url = self._running.enter_context(served(self, port))
        self._alive = True

    def kill(self) -> None:
        """Answer nothing any more, not even that."""
        self._running.close()
        self._alive = False

    def fail(self, **headers: str) -> None:
        """Answer 503 to whoever asks for rates."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        common = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
        self.outage = PlainTextResponse("", 503, common | {"Cache-Control": "no-store"} | named)

    def publish(self) -> str:
        """Let the Kyrgyz bank correct itself; the rate as it is shown from now on."""
        self.clock.advance(timedelta(seconds=1))
        value = f"86.{next(self._moves) % 50 * 2:02d}"
        say(self.context, banks_row("nbkr", "2026-05-21", "USD", value), when=f"{self.clock.now():%F %T}")
        return shown(1 / Fraction(value), digits=None)

    @property
    def polls(self) -> list[Asked]:
        """The requests for rates."""
        return [each for each in self.heard if each.path.endswith("ticker.json")]

    def reset(self) -> None:
        """Be as at the beginning, but for the rates."""
        self.outage = None
        self.heard.clear()
        if not self._alive:
            self.start()


@dataclass
class Newsroom:
    """Pages of somebody else, with whatever HTML and headers, and the readers who look at them."""

    browser: Browser
    service: Service
    url: str = ""
    pages: dict[str, HTMLResponse] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _readers: ExitStack = field(default_factory=ExitStack)

    async def serve(self, request: Request) -> HTMLResponse:
        """The page that was written for a path."""
        return self.pages[request.url.path]

    def write(self, body: str, *, head: str = "", lang: str = "en", **headers: str) -> str:
        """The address of a new page: valid, with a title, and without an icon that would be asked for."""
        path = f"/{len(self.pages)}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        html = f"""<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>News</title>
            <link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">{head}</head>
            <body>{body}</body></html>"""
        self.pages[path] = HTMLResponse(html, headers=named)
        return self.url + path

    def read(self, address: str, *, init: str = "", clock: datetime = NOW, **reader: Any) -> Page:
        """The page at an address, for a reader who was never here, from `clock` on."""
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | reader)
        self._readers.callback(context.close)
        context.on("console", lambda message: self.said.append(message.text))
        context.on("request", lambda request: self.asked.append(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.clock.install(time=clock)
        page.add_init_script(FAIR + EVENTS + init)
        page.goto(address)
        return page

    def show(self, *attributes: str, before: str = "", **options: Any) -> Page:
        """A page with the floating module and one widget for each of `attributes`, by itself one widget."""
        body = before + "".join(map(self.widget, attributes or ("",)))
        return self.read(self.write(body + self.module), **options)

    def widget(self, attributes: str = "") -> str:
        """A widget with what is shown without it."""
        inside = f'<ul><li>KGS/USD 0.01149</li></ul><a href="{self.service.url}/">Rates</a>'
        return f"<silkrate-ticker {attributes}>{inside}</silkrate-ticker>"

    @property
    def module(self) -> str:
        """The script element that loads the floating module."""
        return f'<script type="module" src="{self.service.url}/embed/v1/ticker.js"></script>'

    def part_as_friends(self) -> None:
        """Close the pages: nobody but the newsroom and the service was asked anything."""
        self._readers.close()
        ours = (self.url, self.service.url, "data:", "about:", "blob:")
        assert [url for url in self.asked if not url.startswith(ours)] == []
        self.asked.clear()
        self.said.clear()
        self.pages.clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a module."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests of a module."""
    with made(tmp_path_factory.mktemp("widget"), clock := FakeClock(NOW)) as context:
        say(context, *decree(context), when="2026-05-19 10:00")
        for place, (day, fetched) in enumerate(DAYS):
            said = [banks_row(bank, day, "USD", value[place]) for bank, value in VALUES.items()]
            say(context, *said, when=fetched)
        advance(context.store, context.catalog, NOW)
        service = Service(context, clock)
        yield service
        service.kill()


@pytest.fixture(scope="module")
def opened(browser: Browser, running: Service) -> Iterator[Newsroom]:
    """One newsroom for all tests of a module."""
    newsroom = Newsroom(browser, running)
    with served(Starlette(routes=[Route("/{path:path}", newsroom.serve)])) as newsroom.url:
        yield newsroom


@pytest.fixture
def service(running: Service) -> Service:
    """The service, as it was at the beginning but for the rates."""
    running.reset()
    return running


@pytest.fixture
def news(opened: Newsroom, service: Service) -> Iterator[Newsroom]:
    """The newsroom, without a page yet."""
    yield opened
    opened.part_as_friends()


def ticker(page: Page, place: int = 0) -> Locator:
    """A widget of a page, the first by itself."""
    return page.locator("silkrate-ticker").nth(place)


def part(page: Page, name: str, place: int = 0) -> Locator:
    """The parts of a widget that have a name; not those of the copy that is there for eyes alone."""
    return ticker(page, place).locator(f"[part~='{name}']:not([inert] *)")


def becomes(page: Page, state: str, place: int = 0) -> None:
    """Wait until a widget is in a state."""
    expect(ticker(page, place)).to_have_attribute("state", state)


def walk(page: Page, span: timedelta) -> None:
    """Let so much time pass on a page, with all that is due in it."""
    page.clock.run_for(int(span.total_seconds() * 1000))


def jump(page: Page, span: timedelta) -> None:
    """The same as if the computer had slept: what is due is done once."""
    page.clock.fast_forward(int(span.total_seconds() * 1000))


def told(page: Page, kind: str) -> list[Any]:
    """What the widgets of a page told it, of one kind."""
    got: list[Any] = page.evaluate(
        "kind => told.filter(([each]) => each === kind).map(([, detail]) => detail)", kind
    )
    return got


def eventually(page: Page, holds: Callable[[], object]) -> None:
    """Wait until something holds that is not seen in the page."""
    for _ in range(300):
        if holds():
            return
        page.evaluate("() => new Promise(done => new MessageChannel().port1.postMessage(done()))")
        page.wait_for_timeout(10)
    assert holds()
