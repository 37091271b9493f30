"""The snippet builder in a real Chromium: what it shows, what it copies, and that what was copied lives on a
page of another origin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.render.locale import LANGUAGES
from tests.web.embed.conftest import Newsroom, becomes, eventually, part, ticker, walk
from tests.web.embed.test_policies import VIOLATIONS
from tests.web.pages.test_builder import pasted
from tests.web.test_pages_in_browser import SCHEMES, WIDTHS, fits

pytestmark = pytest.mark.browser

SHIFTS = """
  globalThis.shifted = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => {
    if (!each.hadRecentInput) shifted += each.value;
  })).observe({type: "layout-shift", buffered: true});
"""

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}

LOOKS = {
    "element": "?mode=grid&theme=dark",
    "frame": "?kind=frame",
    "fragment": "?kind=fragment&mode=static",
    "badge": "?kind=badge",
    "chart": "?kind=chart&days=90",
    "links": "?kind=links&language=ky",
    "addresses": "?kind=addresses",
    "strict": "?strict=true&decimals=5",
}


def build(news: Newsroom, query: str = "", **reader: Any) -> Page:
    """The builder, for a reader."""
    return news.read(f"{news.service.url}/embed{query}", **reader)


def snippet(news: Newsroom, query: str = "", place: str = "html") -> str:
    """What is copied from a place of the builder."""
    html = httpx.get(f"{news.service.url}/embed{query}", trust_env=False).raise_for_status().text
    return pasted(html, place)


def rates(news: Newsroom, query: str = "") -> list[str]:
    """What is to be shown."""
    address = f"{news.service.url}/embed/v1/ticker.json{query}"
    items = httpx.get(address, trust_env=False).json()["items"]
    return [item["display"] for item in items]


def copied(page: Page) -> str:
    """What the page shows as its snippet."""
    return page.locator("#html").text_content() or ""


def policy(news: Newsroom, query: str, more: str = "") -> Mapping[str, str]:
    """The headers of a site that allows what the builder says and, for itself, `more`."""
    allowed = snippet(news, query, "allowed")
    own = f"default-src 'none'; img-src data:; require-trusted-types-for 'script'{more}; "
    if "img-src" in allowed:  # a directive stands once, with all that it allows
        own, allowed = own.replace("img-src data:; ", ""), f"{allowed} data:"
    return {"Content-Security-Policy": own + allowed}


def styled(news: Newsroom, query: str) -> tuple[str, str]:
    """The style sheet of a strict site with what the builder says, and what its own policy allows for it."""
    return f"<style nonce=own>{snippet(news, query, 'css')}</style>", "; style-src 'nonce-own'"


def quiet(news: Newsroom) -> None:
    """Nothing was logged."""
    assert news.said == []


def test_the_snippet_lives_on_an_empty_page_of_another_origin(news: Newsroom) -> None:
    page = news.read(news.write(snippet(news, "?language=ky")), init=SHIFTS)
    becomes(page, "live")
    assert part(page, "rate").all_text_contents() == rates(news, "?lang=ky")
    assert part(page, "bar").get_attribute("lang") == "ky"
    assert page.evaluate("() => shifted") == 0
    quiet(news)


@pytest.mark.parametrize("strict", ["false", "true"])
def test_it_lives_under_a_policy_that_allows_what_the_builder_says_and_nothing_else(
    news: Newsroom, strict: str
) -> None:
    query = f"?strict={strict}&theme=dark"
    head, more = "", ""
    if strict == "true":
        head, more = styled(news, query)
    page = news.read(
        news.write(f"{snippet(news, query)}<p>After</p>", head=head, **policy(news, query, more)),
        init=VIOLATIONS + SHIFTS,
    )
    becomes(page, "live")
    expect(ticker(page)).to_have_css("min-height", "44px")
    assert part(page, "rate").all_text_contents() == rates(news)
    assert page.evaluate("() => violations") == []
    assert page.evaluate("() => shifted") == 0
    quiet(news)


def test_where_no_script_runs_it_shows_the_rates_as_they_were_and_a_link(news: Newsroom) -> None:
    page = news.read(news.write(snippet(news, "?pairs=KGS-USD")), java_script_enabled=False)
    assert f"21 May 2026: KGS/USD {rates(news)[0]} " in page.locator("body").inner_text()
    expect(page.get_by_role("link", name="Exchange rates")).to_be_visible()


@pytest.mark.parametrize("strict", ["false", "true"])
def test_the_frame_lives_where_the_builder_says_what_is_to_be_allowed(news: Newsroom, strict: str) -> None:
    query = f"?kind=frame&mode=grid&language=ru&strict={strict}"
    head, more = "", ""
    if strict == "true":
        head, more = styled(news, query)
    page = news.read(news.write(snippet(news, query), head=head, **policy(news, query, more)))
    inside = page.frame_locator("iframe").locator("silkrate-ticker")
    expect(inside).to_have_attribute("state", "live")
    shown = inside.locator("[part=rate]").all_text_contents()
    assert shown == rates(news, "?lang=ru")
    box = page.locator("iframe").bounding_box()
    assert box
    assert box["width"] > 1200
    quiet(news)


def test_what_the_address_of_the_fragment_gives_lives_where_the_builder_says(news: Newsroom) -> None:
    query = "?kind=fragment&mode=static&language=tg&pairs=KGS-USD&pairs=TJS-USD"
    address = snippet(news, query).split("'")[1]
    html = httpx.get(address, trust_env=False).raise_for_status().text
    page = news.read(news.write(html, **policy(news, query)))
    becomes(page, "live")
    assert part(page, "rate").all_text_contents() == rates(news, "?lang=tg&pairs=KGS-USD,TJS-USD")
    quiet(news)


@pytest.mark.parametrize("kind", ["badge", "chart"])
def test_pictures_show_where_the_builder_says_what_is_to_be_allowed(news: Newsroom, kind: str) -> None:
    query = f"?kind={kind}&inverse=true"
    page = news.read(news.write(snippet(news, query), **policy(news, query)))
    page.wait_for_load_state("networkidle")
    assert page.locator("img").evaluate_all("all => all.map(each => each.naturalWidth > 0)") == [True] * 5
    quiet(news)


@pytest.mark.parametrize("width", [320, 480, 1280])
@pytest.mark.parametrize("mode", ["marquee", "static", "grid", "single"])
def test_the_height_that_is_kept_is_that_of_the_strip(news: Newsroom, mode: str, width: int) -> None:
    for pairs in ("KGS-USD", "KGS-USD,KZT-USD,TJS-USD", ""):
        query = f"?mode={mode}&width={width}&pairs={pairs}"
        page = news.read(
            news.write(f"<style>body {{ margin: 0 }}</style>{snippet(news, query)}"),
            viewport={"width": width, "height": 800},
        )
        becomes(page, "live")
        kept = ticker(page).evaluate("host => parseInt(host.style.minHeight)")
        box = part(page, "bar").bounding_box()
        assert box
        assert abs(box["height"] - kept) < 2, query


def test_a_choice_changes_snippet_and_preview_without_loading_the_page(news: Newsroom) -> None:
    page = build(news, init=SHIFTS)
    becomes(page, "live")
    page.evaluate("() => { globalThis.here = true }")
    page.get_by_label("Language", exact=True).select_option("ru")
    walk(page, timedelta(seconds=1))
    expect(part(page, "rate").first).to_have_text(rates(news, "?lang=ru")[0])
    expect(ticker(page)).to_have_attribute("lang", "ru")
    page.get_by_label("KZT/USD").uncheck()
    page.get_by_label("Look").select_option("grid")
    walk(page, timedelta(seconds=1))
    expect(ticker(page)).to_have_attribute("mode", "grid")
    becomes(page, "live")
    expect(part(page, "item")).to_have_count(4)
    assert 'pairs="KGS-USD,TJS-USD,UZS-USD,TMT-USD"' in copied(page)
    assert page.evaluate("() => here")
    assert "mode=grid" in page.url
    expect(page.locator("#languages a").first).to_have_attribute("href", re.compile("mode=grid"))
    quiet(news)


def test_every_kind_can_be_chosen_one_after_the_other(news: Newsroom) -> None:
    """From one without a strip to one with it, too: the module is there."""
    page = build(news, "?kind=links")
    for name, marks in (
        ("Badges", "<img"),
        ("Part of your page", "<?php"),
        ("Charts", "/chart/"),
        ("Frame", "<iframe"),
        ("Addresses", "/v1/ticker"),
        ("Element", "<silkrate-ticker"),
    ):
        page.get_by_label(name).check()
        walk(page, timedelta(seconds=1))
        expect(page.locator("#html")).to_contain_text(marks)
    becomes(page, "live")
    assert part(page, "rate").all_text_contents() == rates(news)
    quiet(news)


def test_a_preview_that_is_replaced_shows_rates_at_once_and_the_old_one_asks_nothing_any_more(
    news: Newsroom,
) -> None:
    page = build(news)
    becomes(page, "live")
    page.evaluate("""() => {
      globalThis.seen = [];
      new MutationObserver((changes) => {
        const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
        const host = document.querySelector("silkrate-ticker");
        if (!host || !added.some((each) => each.contains(host))) return;
        seen.push([host.state, !!host.shadowRoot?.querySelector("[part=rate]")?.textContent]);
      }).observe(document, {childList: true, subtree: true});
    }""")
    for theme in ("light", "dark", "inherit", "auto") * 3:
        page.get_by_label("Colours").select_option(theme)
        walk(page, timedelta(seconds=1))
        page.wait_for_url(f"**theme={theme}**")
    assert page.evaluate("() => seen.every(([state, rate]) => state === 'live' && rate)")
    assert page.evaluate("() => seen.length") >= 12
    expect(page.locator("silkrate-ticker")).to_have_count(1)
    walk(page, timedelta(seconds=80))
    news.service.heard.clear()
    walk(page, timedelta(seconds=61))
    eventually(page, lambda: news.service.polls)
    page.wait_for_timeout(200)
    assert len(news.service.polls) == 1
    quiet(news)


def test_the_button_copies_the_snippet_and_says_so(news: Newsroom) -> None:
    page = build(news, "?kind=frame&theme=light", **CLIPBOARD)
    button = page.get_by_role("button", name="Copy").first
    button.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == snippet(news, "?kind=frame&theme=light")
    walk(page, timedelta(seconds=3))
    expect(page.get_by_role("button", name="Copied")).to_have_count(0)
    page.get_by_label("Colours").select_option("dark")
    walk(page, timedelta(seconds=1))
    expect(page.locator("#html")).to_contain_text("theme=dark")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "theme=dark" in page.evaluate("() => navigator.clipboard.readText()")
    quiet(news)


def test_the_form_works_without_scripts_and_offers_no_button_that_would_need_them(news: Newsroom) -> None:
    page = build(news, java_script_enabled=False)
    expect(page.get_by_role("button")).to_have_text(["Show the snippet"])
    page.get_by_label("Frame").check()
    page.get_by_label("Language", exact=True).select_option("kk")
    page.get_by_label("TMT/USD").uncheck()
    page.get_by_role("button", name="Show the snippet").click()
    page.wait_for_url("**kind=frame**")
    assert "pairs=KGS-USD,KZT-USD,TJS-USD,UZS-USD&amp;lang=kk" in copied(page)
    expect(page.get_by_label("Frame")).to_be_checked()
    expect(page.get_by_label("TMT/USD")).not_to_be_checked()
    expect(part(page, "rate").first).to_have_text(rates(news, "?lang=kk")[0])


def test_an_address_that_is_none_is_not_sent(news: Newsroom) -> None:
    for scripts in (True, False):
        page = build(news, java_script_enabled=scripts)
        page.get_by_label("Where a pair leads").fill("javascript:alert(1)")
        page.get_by_role("button", name="Show the snippet").click()
        assert "href" not in page.url
        page.get_by_label("Where a pair leads").fill("https://news.example/{pair}")
        page.get_by_role("button", name="Show the snippet").click()
        page.wait_for_url("**%7Bpair%7D**")
        expect(page.locator("#html")).to_contain_text('href="https://news.example/{pair}"')


def test_the_keyboard_alone_builds_and_copies(news: Newsroom) -> None:
    page = build(news, "?pairs=KGS-USD", **CLIPBOARD)
    becomes(page, "live")
    press(page, lambda: focused(page, "[name=kind]:checked"))
    page.keyboard.press("ArrowDown")
    press(page, lambda: focused(page, "#theme"))
    page.keyboard.type("da")
    press(page, lambda: focused(page, "summary"))
    page.keyboard.press("Enter")
    press(page, lambda: focused(page, "#speed"))
    walk(page, timedelta(seconds=1))
    expect(page.locator("#html")).to_contain_text("theme=dark")
    press(page, lambda: focused(page, "[data-copy=html]"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "<iframe" in page.evaluate("() => navigator.clipboard.readText()")


def focused(page: Page, selector: str) -> bool:
    """Whether the focus is on it."""
    found: bool = page.evaluate("css => document.activeElement.matches(css)", selector)
    return found


def press(page: Page, there: Any) -> None:
    """Go on with the key Tab until the focus is there."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if there():
            return
    raise AssertionError("the key Tab leads there never")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_fault_and_nothing_is_wider_than_the_window(
    news: Newsroom, look: str, width: int, scheme: str
) -> None:
    page = build(
        news,
        LOOKS[look],
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page.wait_for_load_state("networkidle")
    page.locator("details").evaluate("each => { each.open = true }")
    faults = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in faults] == []
    assert fits(page)
    quiet(news)


@pytest.mark.slow
def test_it_fits_in_every_language(news: Newsroom) -> None:
    for lang in LANGUAGES:
        page = build(news, f"?lang={lang}&kind=element&strict=true", viewport={"width": 360, "height": 800})
        becomes(page, "live")
        assert fits(page), lang
    quiet(news)


def test_it_takes_sixty_thousand_bytes_at_the_most_and_asks_nobody_else(news: Newsroom) -> None:
    page = build(news)
    becomes(page, "live")
    page.wait_for_load_state("networkidle")
    asked = {url for url in news.asked if url.startswith(news.service.url)}
    assert len(asked) >= 6
    sent = [httpx.get(url, trust_env=False).headers for url in asked]
    assert sum(int(headers["content-length"]) for headers in sent) <= 60_000
