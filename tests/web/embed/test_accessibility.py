"""The widget for readers who see little, hear, use the keyboard or large letters, in every mode."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.render.locale import LANGUAGES
from tests.said import at
from tests.web.embed.conftest import Newsroom, Service, becomes, part, ticker
from tests.web.test_pages_in_browser import CONTRAST

pytestmark = pytest.mark.browser

EYES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "calm": {"reduced_motion": "reduce"},
    "forced": {"forced_colors": "active"},
}
MODES = ("marquee", "static", "grid", "single")
NARROW: dict[str, Any] = {"viewport": {"width": 390, "height": 800}}
LATE = at("2026-05-22 18:00")
"""When the rates that come are stale."""

SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important;"
    + " word-spacing: .16em !important }");
  const {shadowRoot} = document.querySelector("silkrate-ticker");
  shadowRoot.adoptedStyleSheets = [...shadowRoot.adoptedStyleSheets, sheet];
}"""
CUT = """host => {
  const bar = host.shadowRoot.querySelector("section").getBoundingClientRect();
  const scrolls = host.matches("[mode=marquee]");
  const cut = ({left, right, top, bottom}, aside) =>
    top < bar.top - 1 || bottom > bar.bottom + 1 || !aside && (left < bar.left - 1 || right > bar.right + 1);
  return [...host.shadowRoot.querySelectorAll("section > *, li span")]
    .filter((each) => each.checkVisibility() && each.localName !== "i")
    .filter((each) => cut(each.getBoundingClientRect(), scrolls && each.closest("ul")))
    .map((each) => each.outerHTML);
}"""
"""What of a widget stands out of it; what scrolls may do so at its sides."""


def faults(page: Page) -> list[str]:
    """What axe finds fault with, or cannot judge."""
    response = Axe().run(page).response
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for kind in ("violations", "incomplete")
        for each in response[kind]
        for node in each["nodes"]
    ]


def page_of(news: Newsroom, attributes: str, **options: Any) -> Page:
    """A page without a fault but for what the widget does."""
    body = f"<main><h1>News</h1>{news.widget(attributes)}<p>More</p></main>"
    page = news.read(news.write(body + news.module), **options)
    expect(part(page, "item").first).to_be_visible()
    return page


def width(mode: str) -> dict[str, Any]:
    """That of a phone; a line that moves is judged where all of it is seen: what is cut by an edge has no
    background that could be measured.
    """
    return {"viewport": {"width": 2400 if mode == "marquee" else 390, "height": 1200}}


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_no_fault_and_nothing_that_it_cannot_judge(news: Newsroom, mode: str, eyes: str) -> None:
    page = page_of(news, f"mode={mode} href=/rates/{{pair}}", **width(mode), **EYES[eyes])
    assert faults(page) == []
    part(page, "asof").click()
    assert faults(page) == [], "with its sources told"


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_none_in_stale_rates(news: Newsroom, mode: str, eyes: str) -> None:
    page = page_of(news, f"mode={mode} lang=ru", clock=LATE, **width(mode), **EYES[eyes])
    becomes(page, "stale")
    assert faults(page) == []


def test_axe_finds_none_in_a_line_that_moves_but_what_the_edge_cuts(news: Newsroom) -> None:
    page = page_of(news, "href=/rates/{pair}", **NARROW)
    page.wait_for_function(
        "() => document.querySelector('silkrate-ticker').shadowRoot.querySelector('[inert]')"
    )
    assert [fault for fault in faults(page) if not fault.startswith("color-contrast")] == []


@pytest.mark.parametrize("state", ["loading", "error"])
def test_axe_finds_none_where_there_are_no_rates(news: Newsroom, service: Service, state: str) -> None:
    service.fail()
    hanging = "globalThis.fetch = () => new Promise(() => {});" if state == "loading" else ""
    body = f"<main><h1>News</h1>{news.widget()}</main>{news.module}"
    page = news.read(news.write(body), init=hanging, **NARROW)
    becomes(page, state)
    assert faults(page) == []


@pytest.mark.parametrize("mode", MODES)
def test_each_rate_is_heard_once(news: Newsroom, mode: str) -> None:
    page = page_of(news, f"mode={mode}", **NARROW)
    page.wait_for_timeout(100)
    tree = page.locator("main").aria_snapshot()
    heard = [line.partition("listitem: ")[2] for line in tree.splitlines() if "listitem" in line]
    assert heard == [item["label"] for item in ticker(page).evaluate("host => host.data.items")][: len(heard)]
    assert len(heard) == (1 if mode == "single" else 5)
    assert tree.count("US dollars") == len(heard)
    assert all(tree.count(item) == 1 for item in heard)


def test_the_keyboard_meets_the_button_the_view_the_items_and_the_day(news: Newsroom) -> None:
    page = page_of(news, "pairs=KGS-USD,TJS-USD href=/rates/{pair}")
    focused = "() => document.activeElement.shadowRoot?.activeElement?.outerHTML ?? ''"
    met = []
    for _ in range(6):
        page.keyboard.press("Tab")
        met.append(page.evaluate(focused)[:24])
    assert [each.partition('"')[2].partition('"')[0] for each in met] == [
        "button",
        "view",
        "/rates/KGS-USD",
        "/rates/TJS-USD",
        "asof",
        "",
    ]


def test_space_pauses_and_plays_and_it_is_heard_which(news: Newsroom) -> None:
    page = page_of(news, "")
    button = part(page, "button")
    button.focus()
    for pressed in ("false", "true", "false"):
        expect(button).to_have_accessible_name("Pause")
        expect(button).to_have_attribute("aria-pressed", pressed)
        page.keyboard.press("Space")
    expect(ticker(page)).to_have_attribute("paused", "")


def test_the_day_tells_the_sources_on_demand(news: Newsroom) -> None:
    page = page_of(news, "mode=static")
    asof = part(page, "asof")
    expect(part(page, "source").first).to_be_hidden()
    asof.focus()
    page.keyboard.press("Enter")
    expect(asof).to_have_attribute("aria-pressed", "true")
    expect(part(page, "source").first).to_have_text("nbkr, 21 May 2026")
    expect(part(page, "source").last).to_have_text("peg, 1 January 2015")
    expect(part(page, "credit")).to_have_attribute("href", f"{news.service.url}/")
    page.keyboard.press("Enter")
    expect(part(page, "source").first).to_be_hidden()


@pytest.mark.parametrize("tag", LANGUAGES)
def test_its_names_are_in_the_language_of_its_readers(news: Newsroom, tag: str) -> None:
    page = page_of(news, f"lang={tag}")
    around = LANGUAGES[tag].around
    region = page.get_by_role("region", name=around.name, exact=True)
    expect(region).to_have_attribute("lang", tag.lower())
    expect(region.get_by_role("button", name=around.pause, exact=True)).to_be_visible()
    expect(region.get_by_role("button", name=f"{around.sources}: ")).to_be_visible()


@pytest.mark.parametrize("mode", MODES)
def test_what_is_to_be_touched_is_large_enough(news: Newsroom, mode: str) -> None:
    page = page_of(news, f"mode={mode}", has_touch=True, **NARROW)
    for name in ("button", "asof"):
        box = part(page, name).bounding_box()
        assert box
        assert (box["width"] >= 44, box["height"] >= 44) == (True, True), name


def test_what_has_the_focus_is_seen(news: Newsroom) -> None:
    page = page_of(news, "href=/rates/{pair}", **width("marquee"))
    for _ in range(8):
        page.keyboard.press("Tab")
        style, line = page.evaluate(
            """() => {
              const {activeElement} = document.activeElement.shadowRoot;
              const {outlineStyle, outlineWidth} = getComputedStyle(activeElement);
              return [outlineStyle, parseFloat(outlineWidth)];
            }"""
        )
        assert (style, line) == ("solid", 2)


@pytest.mark.parametrize("lang", ["en", "ru", "uz-Cyrl"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("large", ["letters", "spaces"])
def test_large_letters_and_wide_spaces_cut_nothing_off(
    news: Newsroom, mode: str, lang: str, large: str
) -> None:
    """200 percent of the text, and the spacing that readers may set (WCAG 1.4.4 and 1.4.12)."""
    styled = 'style="--silkrate-ticker-font: 32px/1.4 sans-serif"' if large == "letters" else ""
    page = page_of(news, f"mode={mode} lang={lang} {styled}", clock=LATE, **NARROW)
    if large == "spaces":
        page.evaluate(SPACING)
    assert ticker(page).evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_colour_is_not_all_that_tells_a_rise_from_a_fall(news: Newsroom) -> None:
    page = page_of(news, "")
    mark = "node => getComputedStyle(node, '::before').content.replace('\"', '')[0]"
    moves = [(each.inner_text()[0], each.evaluate(mark)) for each in part(page, "change").all()]
    assert set(moves) <= {("-", "▼"), ("+", "▲"), ("0", "n")}
    assert len(set(moves)) == 3
    labels = " ".join(part(page, "item").locator("i").all_inner_texts())
    assert "down" in labels
    assert "up" in labels


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_strong_enough(news: Newsroom, scheme: str) -> None:
    page = page_of(news, "mode=grid", clock=LATE, color_scheme=scheme)
    part(page, "asof").click()
    for name in ("symbol", "name", "rate", "change", "source", "asof", "credit"):
        assert part(page, name).count()
        assert part(page, name).evaluate_all(CONTRAST) == []


def test_forced_colours_are_those_of_the_system(news: Newsroom) -> None:
    page = page_of(news, "theme=dark mode=static", forced_colors="active")
    colours = part(page, "change").evaluate_all("all => all.map((each) => getComputedStyle(each).color)")
    expected = page.evaluate("() => getComputedStyle(document.body).color")
    assert set(colours) == {expected}
    bars = part(page, "button").evaluate("node => getComputedStyle(node, '::before').borderLeftColor")
    assert bars not in (
        "",
        "rgba(0, 0, 0, 0)",
        part(page, "bar").evaluate("node => getComputedStyle(node).backgroundColor"),
    )
