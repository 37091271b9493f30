"""The pages in a real Chromium: calm, whole and legible, by mouse, by keyboard, by ear, on paper and without
scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.web.app import create_app
from app.web.pages.words import NAMES
from tests.fakes import FakeClock
from tests.said import nbkr
from tests.web.conftest import NOW, break_nbkr, decree, fill, made, say, served
from tests.web.html import Page as Read
from tests.web.pages.conftest import fill_richly
from tests.web.test_pages_in_browser import SCHEMES, WIDTHS, faint, fits, opened

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]

PAGES = (
    "/",
    "/pairs/KGS-USD",
    "/pairs/UZS-TJS?range=all",
    "/pairs/KGS-USD/explain",
    "/convert",
    "/sources",
    "/embed",
    "/ticks/4",
)
"""All but the documentation, which has tests of its own."""

PROBLEM = "/pairs/NO-NO"
"""A page of what there is not, which a browser logs."""

MOST = 60_000
"""Bytes that a page may bring, with all that it loads."""

READ = "a[href], button:not(:disabled), input:not([type=hidden]), select, summary, [tabindex='0']"
"""What a keyboard should reach."""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Real servers: one where everything has happened, one whose source fails, and one that is made up."""
    with ExitStack() as stack:
        contexts = {
            name: stack.enter_context(made(tmp_path_factory.mktemp(name), simulated=name == "demo"))
            for name in ("rich", "failing", "demo")
        }
        fill_richly(contexts["rich"])
        fill(contexts["demo"])
        say(contexts["failing"], *decree(contexts["failing"]), when="2026-05-21 04:00")
        break_nbkr(contexts["failing"])
        yield {name: stack.enter_context(served(create_app(each))) for name, each in contexts.items()}


@pytest.fixture(scope="module")
def site(sites: dict[str, str]) -> str:
    """The address of the one where everything has happened."""
    return sites["rich"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_calm_legible_and_fits(
    browser: Browser, site: str, path: str, width: int, scheme: Scheme
) -> None:
    with opened(browser, site + path, width, scheme) as page:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert fits(page)
        assert (
            faint(page.locator("h1, h2, h3, p, dt, dd, th, td, li, small, label, .status, a, summary")) == []
        )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["failing", "demo"])
def test_a_page_without_rates_or_with_made_up_ones_is_too(
    browser: Browser, sites: dict[str, str], name: str, width: int, scheme: Scheme
) -> None:
    with opened(browser, sites[name] + "/", width, scheme) as page:
        assert fits(page)
        assert faint(page.locator("h1, h2, p, dt, dd, code, .status, a")) == []


@pytest.mark.parametrize("tag", NAMES)
@pytest.mark.parametrize("path", ["/", "/pairs/KGS-USD", "/sources", "/convert"])
def test_a_page_fits_a_phone_in_every_language(browser: Browser, site: str, path: str, tag: str) -> None:
    with opened(browser, f"{site}{path}?lang={tag}", 320) as page:
        assert fits(page)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", [*PAGES, PROBLEM])
def test_axe_finds_no_fault_and_nothing_that_it_cannot_judge(
    browser: Browser, site: str, path: str, width: int, scheme: Scheme
) -> None:
    with judged(browser, site + path, width, scheme) as page:
        page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
        found = Axe().run(page).response
    faults = [(each["id"], node["html"]) for each in found["violations"] for node in each["nodes"]]
    doubts = [(each["id"], node["html"]) for each in found["incomplete"] for node in each["nodes"]]
    assert faults == []
    assert width < WIDTHS[-1] or doubts == [], "on a phone it cannot judge what a table has out of sight"


class judged:
    """A page into which axe may be put, against its policy."""

    def __init__(self, browser: Browser, url: str, width: int, scheme: Scheme) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            bypass_csp=True,
            reduced_motion="reduce",  # what moves cannot be judged
        )
        self.url = url

    def __enter__(self) -> Page:
        page = self.context.new_page()
        page.goto(self.url, wait_until="load")
        return page

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_brings_at_most_60_kb_with_all_that_it_loads(browser: Browser, site: str, path: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 3000})
    page = context.new_page()
    session, sizes = context.new_cdp_session(page), []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda each: sizes.append(each["encodedDataLength"]))
    page.goto(site + path, wait_until="networkidle")
    context.close()
    assert len(sizes) >= 3
    assert sum(sizes) <= MOST, sizes


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_has_nothing_to_repair(browser: Browser, site: str, path: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    response = page.goto(site + path)
    assert response
    source = Read(response.text())
    there = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(each => !each.closest("noscript"))
          .map(each => each.localName)"""
    )
    context.close()
    inside = _outside_of_templates(source)
    assert there == inside


def _outside_of_templates(source: Read) -> list[str]:
    """The elements of a page as written, but for those of shadow trees, which a browser takes out."""
    found, depth = [], 0
    for tag, is_end in source.elements:
        if tag in ("template", "noscript"):
            depth += -1 if is_end else 1
        elif not is_end and not depth:
            found.append(tag)
    return found


def reached(page: Page) -> list[str]:
    """Everything on which the focus comes to rest from the beginning of a page to its end, by Tab."""
    there: list[str] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => {
              let at = document.activeElement;
              if (!at || at === document.body) return "";
              while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
              at.dataset.reached = "yes";
              return at.localName;
            }"""
        )
        if not here:
            break
        there.append(here)
    return there


@pytest.mark.parametrize("path", PAGES)
def test_the_keyboard_alone_reaches_everything_and_the_focus_is_seen(
    browser: Browser, site: str, path: str
) -> None:
    with opened(browser, site + path, 1440) as page:
        page.wait_for_timeout(300)
        there = reached(page)
        left = page.locator(READ).evaluate_all(
            """all => all.filter(each => each.checkVisibility() && !each.dataset.reached
              && !each.closest("[inert]") && !(each.type === "radio" && !each.checked))
              .map(each => each.outerHTML)"""
        )
        assert left == []
        assert there[0] == "a", "the way past the head of the page"
        page.keyboard.press("Home")
        page.locator(".skip").focus()
        expect(page.locator(".skip")).to_be_in_viewport()
        page.keyboard.press("Enter")
        assert page.url.endswith("#main")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/", "/pairs/KGS-USD", "/sources", "/pairs/KGS-USD/explain"])
def test_a_page_needs_no_script(browser: Browser, site: str, path: str, width: int) -> None:
    with opened(browser, site + path, width, scripts=False) as page:
        expect(page.locator("main table").first).to_be_visible()
        assert fits(page)
    with opened(browser, site + "/", width, scripts=False) as page:
        expect(page.locator("silkrate-ticker [part=rate]").first).to_be_visible()
        expect(page.locator(".card")).to_have_count(5)


def test_ranges_the_converter_and_an_explanation_work_without_scripts(browser: Browser, site: str) -> None:
    with opened(browser, site + "/pairs/KGS-USD", 360, scripts=False) as page:
        page.get_by_role("link", name="30 days").click()
        assert "range=30d" in page.url
        page.get_by_label("Amount").fill("12.5")
        page.get_by_role("button", name="Convert").click()
        expect(page.locator(".result")).to_have_text("12.5 USD = 1,093.12 KGS")
        page.goto(site + "/pairs/KGS-USD/explain")
        page.get_by_label("Date").fill("2026-05-18")
        page.get_by_role("button", name="Explain").click()
        expect(page.locator(".now")).to_contain_text("18 May 2026")


def test_a_range_is_shown_without_loading_the_page_anew_and_back_leads_back(
    browser: Browser, site: str
) -> None:
    with opened(browser, site + "/pairs/KGS-USD", 1440) as page:
        page.evaluate("() => { globalThis.same = true; }")
        page.get_by_role("link", name="30 days").click()
        expect(page.get_by_role("link", name="30 days")).to_have_attribute("aria-current", "true")
        assert page.url.endswith("?range=30d")
        assert page.evaluate("() => globalThis.same") is True
        expect(page.get_by_role("link", name="30 days")).to_be_focused()
        page.go_back()
        expect(page.get_by_role("link", name="1 year")).to_have_attribute("aria-current", "true")


def test_a_place_on_the_same_page_is_gone_to_without_loading_it_anew(browser: Browser, site: str) -> None:
    with opened(browser, site + "/pairs/KGS-USD", 1440) as page:
        page.evaluate("() => { globalThis.same = true; location.hash = 'why'; }")
        page.go_back()
        page.wait_for_timeout(300)
        assert page.evaluate("() => globalThis.same") is True


def test_a_part_of_the_chart_that_is_marked_is_shown_with_its_own_numbers(
    browser: Browser, site: str
) -> None:
    with opened(browser, site + "/pairs/KGS-USD", 1440) as page:
        box = page.locator("silkrate-chart .cursor").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60, steps=5)
        page.mouse.up()
        expect(page.locator(".ranges [aria-current]")).to_have_count(0)
        assert "since=" in page.url
        assert "until=" in page.url
        chart = page.get_by_role("slider")
        chart.press("End")
        day = page.locator("#statistics + .scroll time").nth(1).inner_text()
        assert day in (chart.get_attribute("aria-valuetext") or "")


def test_an_amount_is_converted_as_it_is_typed_and_what_is_none_is_waited_for(
    browser: Browser, site: str
) -> None:
    url = site + "/?lang=ru"
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    page.locator("#amount").fill("12,5")
    expect(page.locator(".result")).to_contain_text("12,5 USD =")
    page.locator("#to").select_option("UZS")
    expect(page.locator(".result")).to_contain_text("UZS")
    page.locator("#amount").press_sequentially("x")
    page.wait_for_timeout(600)
    assert page.url == url
    expect(page.locator(".result")).to_contain_text("12,5 USD =")
    context.close()


def test_the_ticker_of_the_first_page_is_alive(browser: Browser, site: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.clock.install(time=NOW)  # that of the service
    page.goto(site + "/")
    expect(page.locator("silkrate-ticker")).to_have_attribute("state", "live")
    expect(page.get_by_role("button", name="Pause")).to_be_enabled()
    context.close()


def test_a_page_reads_well_without_eyes(browser: Browser, site: str) -> None:
    with opened(browser, site + "/pairs/KGS-USD?range=30d", 1440) as page:
        page.locator("details summary").first.click()
        tree = page.locator("body").aria_snapshot()
    for expected in (
        "banner",
        'navigation "Pages"',
        'heading "KGS/USD Kyrgyz som, US dollar" [level=1]',
        'slider "KGS/USD: 0.01151 (22 April), 0.01144 (21 May 2026)',
        "table",
        'columnheader "Rate"',
        'rowheader "21 May 2026"',
        'cell "0.01144"',
        "contentinfo",
    ):
        assert expected in tree, tree


def test_on_paper_a_page_is_what_it_says_without_what_is_clicked(browser: Browser, site: str) -> None:
    with opened(browser, site + "/pairs/KGS-USD", 1440) as page:
        page.emulate_media(media="print")
        expect(page.locator(".top nav")).to_be_hidden()
        expect(page.locator("form").first).to_be_hidden()
        expect(page.locator("silkrate-chart")).to_be_visible()
        assert fits(page)


def test_a_reader_changes_the_language_and_stays_where_he_is(browser: Browser, site: str) -> None:
    with opened(browser, site + "/pairs/KGS-USD?range=30d", 1440) as page:
        page.get_by_role("link", name="Қазақша").click()
        assert page.url.endswith("?range=30d&lang=kk")
        expect(page.locator("html")).to_have_attribute("lang", "kk")
        page.locator(".brand").click()
        expect(page.locator("html")).to_have_attribute("lang", "kk")


def test_a_copy_of_a_page_says_by_itself_that_its_rate_has_aged(browser: Browser, site: str) -> None:
    for hours, said in ((0, "fresh"), (8, "late"), (700, "stale")):
        context = browser.new_context()
        page = context.new_page()
        page.clock.install(time=NOW + timedelta(hours=hours))
        page.goto(site + "/pairs/KZT-USD")
        expect(page.locator("[data-stale-at]").first).to_have_text(said)
        context.close()


def test_what_the_ticker_tells_anew_the_rest_of_the_page_tells_too(browser: Browser, tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    with made(tmp_path, clock) as served_by, served(create_app(served_by)) as address:
        fill(served_by)
        context = browser.new_context()
        page = context.new_page()
        page.clock.install(time=NOW)
        page.goto(address + "/")
        expect(page.locator(".card .rate").first).to_contain_text("0.01144")
        page.locator("#amount").fill("7")
        clock.move_to(NOW + timedelta(minutes=1))
        say(served_by, nbkr("2026-05-21", "90.0000"), when="2026-05-21 06:01")
        for _ in range(80):  # step by step, or what is asked would be given up before it is answered
            page.clock.run_for(1_000)
            page.wait_for_timeout(25)
        expect(page.locator("silkrate-ticker [part=rate]").first).to_have_text("0.01111")
        expect(page.locator(".card .rate").first).to_contain_text("0.01111")
        expect(page.locator("#amount")).to_have_value("7")
        context.close()
