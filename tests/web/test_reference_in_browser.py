"""The reference in a real Chromium: to read without a script, by the keyboard, by ear and on paper; and the
page to try the API.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.web.app import create_app
from tests.web.conftest import fill, made, served
from tests.web.test_openapi import PATHS
from tests.web.test_pages_in_browser import SCHEMES, WIDTHS, faint, fits, launch, opened

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]

SEEN = tuple(zip(WIDTHS, SCHEMES, strict=True))
"""Each width and each scheme for axe, which takes half a minute to look at so much."""

OF_SWAGGER_UI = {"nested-interactive", "aria-prohibited-attr"}
"""What axe finds in the vendored page itself, and no stylesheet can mend: a button around the path to
copy, and a name on what has no role.
"""

FOCUSED = """() => {
  globalThis.reached = {};
  addEventListener("focusin", ({target}) => {
    reached[target.getAttribute("href") ?? target.localName] = target.checkVisibility();
  });
}"""
"""Notes what the focus comes to, and whether it is seen."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a real server answers, with what `fill` records."""
    with made(tmp_path_factory.mktemp("reference")) as context:
        fill(context)
        with served(create_app(context)) as url:
            yield url


@contextmanager
def examined(browser: Browser, url: str, width: int, scheme: Scheme) -> Iterator[Page]:
    """The page at `url` with its policy put aside, as axe needs it."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def faults(page: Page) -> dict[str, str]:
    """What axe finds fault with, or cannot judge, by the rule: the first of each."""
    response = Axe().run(page).response
    found = [*response["violations"], *response["incomplete"]]
    return {each["id"]: each["nodes"][0]["html"][:200] for each in found}


def opened_wide(page: Page) -> None:
    """Unfold all that is folded."""
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true })")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_reference_is_calm_and_fits(browser: Browser, address: str, width: int, scheme: Scheme) -> None:
    with opened(browser, f"{address}/docs", width, scheme) as page:
        expect(page.locator("article .path")).to_have_count(len(PATHS))
        assert fits(page)
        opened_wide(page)
        assert fits(page), "unfolded"
        assert faint(page.locator("h1, h2, h3, h4, p, dt, dd, small, code, summary, nav a")) == []


@pytest.mark.parametrize(("width", "scheme"), SEEN)
def test_axe_finds_no_fault_in_the_reference_and_nothing_that_it_cannot_judge(
    browser: Browser, address: str, width: int, scheme: Scheme
) -> None:
    with examined(browser, f"{address}/docs", width, scheme) as page:
        opened_wide(page)
        assert faults(page) == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_without_scripts_the_contents_lead_to_each_operation(
    browser: Browser, address: str, width: int
) -> None:
    with opened(browser, f"{address}/docs", width, scripts=False) as page:
        contents = page.get_by_role("navigation", name="Contents")
        link = contents.get_by_role("link", name="/v1/stats/{pair}", exact=True)
        if width < 1024:
            expect(link).not_to_be_visible()
            contents.get_by_text("Contents", exact=True).click()
        link.click()
        expect(page).to_have_url(f"{address}/docs#get_stats")
        expect(page.get_by_role("link", name="Statistics", exact=True)).to_be_in_viewport()
        if width >= 1024:
            expect(link).to_be_in_viewport()


@pytest.mark.parametrize("width", WIDTHS)
def test_by_the_keyboard_alone_every_operation_is_reached(browser: Browser, address: str, width: int) -> None:
    with opened(browser, f"{address}/docs", width) as page:
        wanted = set(
            page.locator("article .self").evaluate_all("all => all.map(e => e.getAttribute('href'))")
        )
        page.evaluate(FOCUSED)
        stops = page.locator("a, summary").count()
        for _ in range(stops):
            page.keyboard.press("Tab")
        reached: dict[str, bool] = page.evaluate("() => reached")
        assert wanted <= reached.keys()
        assert all(reached.values()), [each for each, visible in reached.items() if not visible]


def test_the_contents_can_be_passed_by(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/docs", 1440) as page:
        page.get_by_role("link", name="To the reference").focus()
        expect(page.get_by_role("link", name="To the reference")).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("main :focus").first).to_be_visible()


def test_a_link_to_a_folded_shape_unfolds_it(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/docs", 1440) as page:
        fields = page.locator("#shape-Latest")
        expect(fields).not_to_be_visible()
        page.get_by_role("link", name="Latest", exact=True).click()
        expect(fields).to_be_in_viewport()


def test_on_paper_nothing_is_folded_and_nothing_leads_away(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/docs", 800) as page:
        page.emulate_media(media="print")
        expect(page.locator("#shape-Latest")).to_be_visible()
        expect(page.get_by_role("link", name="Try it")).to_have_count(0)
        expect(page.get_by_role("navigation")).to_have_count(0)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_to_try_the_api_lists_every_operation_and_fits(
    browser: Browser, address: str, width: int, scheme: Scheme
) -> None:
    with opened(browser, f"{address}/docs/try", width, scheme) as page:
        shown = page.locator(".opblock-summary-path")
        expect(shown).to_have_count(len(PATHS))
        assert {path.replace("\u200b", "") for path in shown.all_inner_texts()} == set(PATHS)
        page.locator(".opblock-summary-control").first.click()
        expect(page.get_by_text("Significant digits of").first).to_be_visible()
        assert fits(page)
        assert faint(page.locator(".opblock-summary-path, .opblock-summary-method, .opblock-tag, p")) == []


@pytest.mark.parametrize(("width", "scheme"), SEEN)
def test_axe_finds_nothing_in_the_page_to_try_but_what_swagger_ui_has_of_itself(
    browser: Browser, address: str, width: int, scheme: Scheme
) -> None:
    with examined(browser, f"{address}/docs/try#/Rates/get_latest_row", width, scheme) as page:
        operation = page.locator("#operations-Rates-get_latest_row")
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(".live-responses-table")).to_be_visible()
        assert faults(page).keys() == OF_SWAGGER_UI, faults(page)


def test_the_reference_leads_to_where_an_operation_is_tried(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/docs", 1440) as page:
        page.get_by_role("link", name="Try it: One rate in force").click()
        operation = page.locator("#operations-Rates-get_latest_row")
        expect(page.locator(".opblock.is-open")).to_have_count(1)
        expect(operation.locator(".opblock-summary")).to_be_in_viewport()
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(".live-responses-table")).to_contain_text("0.0114351057747")


@pytest.mark.slow
def test_every_operation_can_be_tried(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/docs/try", 1440) as page:
        operations = page.locator(".opblock")
        expect(operations).to_have_count(len(PATHS))
        for operation in operations.all():
            if "/v1/stream" in operation.locator(".opblock-summary-path").inner_text().replace("\u200b", ""):
                continue  # what is tried here is shown when it has ended
            operation.locator(".opblock-summary-control").click()
            expect(operation.get_by_role("button", name="Execute")).to_be_visible()
            number = operation.locator('tr[data-param-name="seq"] input')
            if number.count():
                number.fill("1")
            operation.get_by_role("button", name="Execute").click()
            expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text(
                "200"
            )
            operation.locator(".opblock-summary-control").click()


def test_without_scripts_the_page_to_try_leads_to_the_reference(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/docs/try", 360, scripts=False) as page:
        expect(page.get_by_role("link", name="openapi.json")).to_be_visible()
        page.get_by_role("link", name="The reference", exact=True).click()
        expect(page).to_have_url(f"{address}/docs")
