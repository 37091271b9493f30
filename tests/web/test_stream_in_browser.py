"""EventSource in a real Chromium: it is what most pages listen with, and comes back by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, sync_playwright
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.context import Context
from app.web.app import create_app
from tests.web.conftest import fill, served
from tests.web.test_pages_in_browser import launch
from tests.web.test_stream import newest, news

pytestmark = pytest.mark.browser

LISTEN = """url => {
  globalThis.told = [];
  globalThis.source = new EventSource(url);
  for (const kind of ["tick", "reset"])
    source.addEventListener(kind, ({data, lastEventId}) =>
      told.push([kind, JSON.parse(data).seq ?? null, lastEventId]));
  return new Promise((resolve) => source.addEventListener("open", () => resolve(null), {once: true}));
}"""


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of another origin, of somebody who was never here."""
    news = HTMLResponse('<!doctype html><link rel="icon" href="data:,"><title>News</title>')
    elsewhere = Starlette(routes=[Route("/", lambda request: news)])
    with served(elsewhere) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.goto(address)
        yield page
        browser.close()


def told(page: Page, count: int) -> list[int]:
    """The numbers of the ticks that the page got, once they are so many."""
    page.wait_for_function("count => told.length >= count", arg=count, timeout=15_000)
    got = page.evaluate("told")
    assert [kind for kind, _, _ in got] == ["tick"] * len(got)
    assert len({last for _, _, last in got}) == len(got)
    return [seq for _, seq, _ in got]


@pytest.mark.slow
def test_it_receives_survives_restarts_of_the_server_and_misses_nothing(context: Context, page: Page) -> None:
    fill(context)
    begins = newest(context)
    with ExitStack() as first:
        url = first.enter_context(served(create_app(context)))
        page.evaluate(LISTEN, f"{url}/v1/stream")
        news(context, "87.1000", "2026-05-21 07:00")
        assert told(page, 1) == [begins + 1]
    port = int(url.rpartition(":")[2])
    for restart in range(2):
        for number in range(3):
            news(context, f"87.{restart}{number}11", f"2026-05-21 08:{restart}{number}")
        with served(create_app(context), port):
            told(page, 1 + 4 * restart + 3)
            news(context, f"87.{restart}999", f"2026-05-21 09:{restart}0")
            end = newest(context)
            assert told(page, 1 + 4 * restart + 4) == list(range(begins + 1, end + 1))


@pytest.mark.slow
def test_who_was_told_nothing_before_the_restart_misses_nothing_either(context: Context, page: Page) -> None:
    fill(context)
    begins = newest(context)
    with ExitStack() as first:
        url = first.enter_context(served(create_app(context)))
        page.evaluate(LISTEN, f"{url}/v1/stream")
    news(context, "87.1000", "2026-05-21 07:00")
    with served(create_app(context), int(url.rpartition(":")[2])):
        assert told(page, 1) == [begins + 1]


def test_a_page_whose_cursor_is_of_no_use_is_told_so_and_goes_on(context: Context, page: Page) -> None:
    fill(context)
    with served(create_app(context)) as url:
        page.evaluate(LISTEN, f"{url}/v1/stream?after=abc")
        page.wait_for_function("told.length == 1")
        news(context, "87.1000", "2026-05-21 07:00")
        page.wait_for_function("told.length == 2")
        got = page.evaluate("told")
        assert [each[:2] for each in got] == [["reset", None], ["tick", newest(context)]]
        assert page.evaluate("source.readyState") == 1
