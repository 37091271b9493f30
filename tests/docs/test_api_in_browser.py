"""The JavaScript of docs/api.md, run in Chromium by a page of another origin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.docs.blocks import HOST, Block, blocks
from tests.web.conftest import served
from tests.web.test_pages_in_browser import launch

pytestmark = pytest.mark.browser

START, *QUESTIONS = blocks("js")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """Where somebody else's page is."""
    page = HTMLResponse("<!doctype html><title>News</title>")
    with served(Starlette(routes=[Route("/", lambda request: page)])) as address:
        yield address


@pytest.mark.parametrize("block", QUESTIONS, ids=lambda block: block.task.lower().replace(" ", "-"))
def test_what_a_page_of_another_origin_prints_is_what_is_shown(
    block: Block, browser: Browser, elsewhere: str, address: str
) -> None:
    printed: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: printed.append(message.text) if message.type == "log" else None)
    page.goto(elsewhere)
    code = (START.code + block.code).replace(HOST, address)
    page.evaluate(f"async () => {{ {code} }}")
    page.close()
    assert block.printed, "a block that prints nothing shows nothing"
    assert printed == block.printed
