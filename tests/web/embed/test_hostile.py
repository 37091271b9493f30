"""A widget in pages whose style would break anything else: it stays as it is, and so does the page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.embed.conftest import Newsroom, becomes, part, ticker

pytestmark = pytest.mark.browser

HOSTILE = {
    "everything unset": "* { all: unset }",
    "resets of its own": (
        "*, *::before, *::after { box-sizing: border-box; margin: 0; padding: 0; border: 0; line-height: 1 }"
        " ul, li { list-style: square inside; display: inline; float: left } i { all: unset }"
        " button { width: 100%; height: 9px; background: red } a { pointer-events: none }"
        " section { position: fixed; width: 9px } span { display: none } [part] { visibility: hidden }"
    ),
    "huge letters": "html { font-size: 62px } body, * { font: italic 900 40px/3 serif; letter-spacing: 9px }",
    "shouting": (
        "* { text-transform: uppercase; word-spacing: 2em; text-indent: 4em; text-align: right;"
        " color: red; white-space: pre; font-variant: small-caps; text-shadow: 0 0 9px; cursor: none }"
    ),
    "right to left": "html { direction: rtl; writing-mode: horizontal-tb } * { unicode-bidi: bidi-override }",
    "its own properties": "* { --m: red; --mute: red; color-scheme: dark only; accent-color: red }",
    "motion": "* { transition: all 9s; animation: none !important; scroll-behavior: smooth }",
}

INNER = """host => [...host.shadowRoot.querySelectorAll("section, section *")].map((each) => {
  const {x, y, width, height} = each.getBoundingClientRect();
  const from = host.shadowRoot.querySelector("section").getBoundingClientRect();
  const place = width ? [x - from.x, y - from.y, width, height] : [];
  const style = getComputedStyle(each);
  const names = ["color", "backgroundColor", "fontSize", "fontFamily", "fontWeight", "fontStyle"];
  names.push("letterSpacing", "wordSpacing", "lineHeight", "textTransform", "textAlign", "textIndent");
  names.push("textShadow", "fontVariant");
  names.push("direction", "display", "visibility", "listStyleType", "cursor", "padding", "margin", "opacity");
  names.push("whiteSpace", "textDecoration");
  return [each.tagName, place.map(Math.round).join(" "), ...names.map((name) => style[name])];
})"""

OUTER = """() => {
  const outside = document.querySelectorAll("body *:not(silkrate-ticker, silkrate-ticker *, script)");
  return [...outside].map((each) => {
    const {x, y, width, height} = each.getBoundingClientRect(), style = getComputedStyle(each);
    return [each.tagName, x, y, width, height, ...[...style].map((name) => style.getPropertyValue(name))];
  });
}"""

ARTICLE = """
  <header><h1>News</h1><button>Menu</button></header>
  <p>Before <b>bold</b> <i>italic</i> <a href="#x">a link</a></p>
  <div style="height:44px;width:900px">{}</div>
  <ul><li>One</li><li>Two</li></ul><section part="bar"><span part="rate">ours</span></section>
"""


def inside(page: Page) -> Any:
    """How everything in the widget looks, and where it stands in it."""
    becomes(page, "live")
    return ticker(page).evaluate(INNER)


@pytest.mark.parametrize("mode", ["static", "grid"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_style_of_a_page_reaches_into_it(news: Newsroom, name: str, mode: str) -> None:
    box = '<div style="all:initial;display:block;width:900px">{}</div>'
    body = box.format(news.widget(f"mode={mode} theme=light")) + news.module
    plain = inside(news.read(news.write(body)))
    hostile = inside(news.read(news.write(body, head=f"<style>{HOSTILE[name]}</style>")))
    assert len(plain) > 30
    assert hostile == plain


@pytest.mark.parametrize("name", HOSTILE)
def test_in_a_hostile_page_it_can_be_seen_and_used(news: Newsroom, name: str) -> None:
    page = news.show("theme=light", before=f"<style>{HOSTILE[name]}</style>")
    becomes(page, "live")
    expect(part(page, "rate").first).to_be_visible()
    part(page, "button").click()
    expect(ticker(page)).to_have_attribute("paused", "")


def test_a_page_that_is_read_from_right_to_left_has_its_numbers_whole(news: Newsroom) -> None:
    page = news.show("lang=en", before='<script>document.documentElement.dir = "rtl"</script>')
    becomes(page, "live")
    symbol, rate = part(page, "symbol").first.bounding_box(), part(page, "rate").first.bounding_box()
    assert symbol
    assert rate
    assert symbol["x"] < rate["x"]


def test_nothing_outside_it_is_changed(news: Newsroom) -> None:
    page = news.read(
        news.write(ARTICLE.format(news.widget("style='display:block;height:44px;overflow:hidden'")))
    )
    names = "() => [Object.getOwnPropertyNames(globalThis).sort(), document.cookie, history.length]"
    before, known = page.evaluate(OUTER), page.evaluate(names)
    page.evaluate("url => import(url)", f"{news.service.url}/embed/v1/ticker.js")
    becomes(page, "live")
    assert page.evaluate(OUTER) == before
    assert page.evaluate(names) == known
    assert page.evaluate("() => [localStorage.length, sessionStorage.length]") == [0, 0]


def test_two_strips_hold_nothing_of_each_other(news: Newsroom) -> None:
    page = news.show("theme=light mode=grid lang=kk", "theme=dark")
    becomes(page, "live", 0)
    becomes(page, "live", 1)
    colours = [
        ticker(page, place).evaluate(
            "host => getComputedStyle(host.shadowRoot.querySelector('section')).color"
        )
        for place in (0, 1)
    ]
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_a_page_dresses_it_by_properties_and_parts(news: Newsroom) -> None:
    style = """<style>
      silkrate-ticker { --silkrate-ticker-bg: rgb(1, 2, 3); --silkrate-ticker-fg: rgb(250, 251, 252);
        --silkrate-ticker-font: 20px/1 monospace; --silkrate-ticker-height: 60px;
        --silkrate-ticker-up: rgb(9, 8, 7); --silkrate-ticker-down: rgb(7, 8, 9) }
      silkrate-ticker::part(symbol) { letter-spacing: 3px }
    </style>"""
    page = news.show("mode=static", before=style)
    becomes(page, "live")
    bar = part(page, "bar")
    expect(bar).to_have_css("background-color", "rgb(1, 2, 3)")
    expect(bar).to_have_css("color", "rgb(250, 251, 252)")
    expect(bar).to_have_css("font-family", "monospace")
    expect(bar).to_have_css("min-height", "60px")
    expect(part(page, "symbol").first).to_have_css("letter-spacing", "3px")
    expect(part(page, "up").first).to_have_css("color", "rgb(9, 8, 7)")
    expect(part(page, "down").first).to_have_css("color", "rgb(7, 8, 9)")


@pytest.mark.parametrize(
    ("scheme", "expected"), [("light", "rgb(22, 101, 52)"), ("dark", "rgb(74, 222, 128)")]
)
def test_with_the_colours_of_the_page_it_is_light_or_dark_as_the_page_is(
    news: Newsroom, scheme: str, expected: str
) -> None:
    """And not as the reader's device is: that a page is dark is known to the page alone."""
    page = news.show(
        "theme=inherit mode=static",
        before=f"<style>html {{ color-scheme: {scheme}; }} body {{ color: rgb(3, 3, 3) }}</style>",
        color_scheme="dark" if scheme == "light" else "light",
    )
    becomes(page, "live")
    expect(part(page, "bar")).to_have_css("color", "rgb(3, 3, 3)")
    expect(part(page, "bar")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    expect(part(page, "up").first).to_have_css("color", expected)
