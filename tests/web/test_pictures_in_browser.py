"""The badge and the sparkline in a real Chromium: in a page of another origin, and opened by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.render.locale import LANGUAGES
from app.web.app import create_app
from tests.web.conftest import fill, made, served
from tests.web.test_pages_in_browser import SCHEMES, launch

pytestmark = pytest.mark.browser

PICTURES = ("/badge/KGS-USD.svg", "/badge/USD-KGS.svg", "/chart/KGS-USD.svg")

ISOLATED = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; img-src * data:",
}
"""A page that lets nothing in that does not say that it may be."""

LAID_OUT = """() => [...document.querySelectorAll("text")].map(text => {
    const [box, all] = [text.getBBox(), document.documentElement];
    return {
        said: text.textContent,
        left: box.x, right: box.x + box.width, top: box.y, bottom: box.y + box.height,
        wide: +all.getAttribute("width"), high: +all.getAttribute("height"),
        given: +text.getAttribute("textLength"),
        taken: (text.removeAttribute("textLength"), text.getComputedTextLength()),
    };
})"""

CONTRAST = """() => {
    const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = rgb => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
    const ink = node => getComputedStyle(node).fill.match(/[0-9]+/g).slice(0, 3).map(Number);
    const box = ink(document.querySelector("rect")), over = document.querySelector("path");
    const share = +getComputedStyle(over).opacity;
    const shaded = ink(over).map((c, i) => c * share + box[i] * (1 - share));
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const [label, rate] = document.querySelectorAll("text"), moved = document.querySelector("tspan");
    const pairs = [[label, shaded], [rate, box], [moved, box]];
    return pairs.map(([node, on]) => ratio(light(ink(node)), light(on)));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a real server answers that has rates."""
    with made(tmp_path_factory.mktemp("pictures")) as context:
        fill(context)
        with served(create_app(context)) as url:
            yield url


@pytest.fixture(scope="module")
def elsewhere(address: str) -> Iterator[str]:
    """Where somebody else's page shows every picture in every language."""
    asked = [f"{address}{path}?lang={lang}" for path, lang in product(PICTURES, LANGUAGES)]
    shown = "".join(f'<p><img src="{each}" alt="a rate"></p>' for each in asked)
    missing = f'<p><img id="missing" src="{address}/badge/TJS-USD.svg" alt="no rate of TJS/USD"></p>'

    def page(request: Request) -> HTMLResponse:
        body = missing if "missing" in request.query_params else shown
        return HTMLResponse(
            f'<!doctype html><title>News</title><link rel="icon" href="data:,">{body}', headers=ISOLATED
        )

    with served(Starlette(routes=[Route("/", page)])) as url:
        yield url


def looked_at(browser: Browser, url: str, scheme: Literal["light", "dark"], script: str) -> Any:
    """What a script finds at `url`, where nothing may have been logged."""
    noise: list[str] = []
    page = browser.new_page(color_scheme=scheme)
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.goto(url, wait_until="load")
    found = page.evaluate(script)
    page.close()
    assert noise == []
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_strict_page_of_another_origin_shows_each_picture_in_its_size(
    browser: Browser, elsewhere: str, scheme: Literal["light", "dark"]
) -> None:
    sizes = looked_at(
        browser, elsewhere, scheme, "() => [...document.images].map(i => [i.naturalWidth, i.naturalHeight])"
    )
    assert len(sizes) == len(PICTURES) * len(LANGUAGES)
    assert {high for _, high in sizes} == {20, 32}
    assert all(wide > 100 for wide, _ in sizes)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", PICTURES)
def test_a_picture_that_is_opened_by_itself_logs_nothing_and_has_its_style(
    browser: Browser, address: str, path: str, scheme: Literal["light", "dark"]
) -> None:
    style = "node => [getComputedStyle(node).fill, getComputedStyle(node).stroke]"
    script = f"() => ({style})(document.querySelector('rect') ?? document.querySelector('path'))"
    found = looked_at(browser, address + path, scheme, script)
    lit = {
        ("rect", "light"): ["rgb(238, 238, 238)", "none"],
        ("rect", "dark"): ["rgb(34, 34, 34)", "none"],
        ("path", "light"): ["none", "rgb(17, 85, 221)"],
        ("path", "dark"): ["none", "rgb(68, 136, 255)"],
    }
    assert found == lit["path" if "chart" in path else "rect", scheme]


@pytest.mark.parametrize("path", PICTURES)
def test_a_theme_that_is_asked_for_is_that_of_every_reader(browser: Browser, address: str, path: str) -> None:
    script = (
        "() => ['fill', 'stroke'].map(each => getComputedStyle(document.querySelector('rect, path'))[each])"
    )
    for theme in SCHEMES:
        (one, other) = (
            looked_at(browser, f"{address}{path}?theme={theme}", each, script) for each in SCHEMES
        )
        assert one == other == looked_at(browser, address + path, theme, script)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_of_a_badge_is_cut_off_whatever_the_language(
    browser: Browser, address: str, lang: str
) -> None:
    for query in ("", "&date=2026-05-20", "&decimals=0", "&change=none"):
        for path in ("/badge/KGS-USD.svg", "/badge/USD-TMT.svg"):
            label, rate = looked_at(browser, f"{address}{path}?lang={lang}{query}", "light", LAID_OUT)
            for box in (label, rate):
                assert box["left"] >= 5
                assert box["right"] <= box["wide"] - 5
                assert 0 <= box["top"] < box["bottom"] <= box["high"]
                # as wide as its letters are by themselves: neither squeezed nor stretched
                assert abs(box["given"] - box["taken"]) <= 3, box
            assert label["right"] + 10 <= rate["left"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", ["/badge/KGS-USD.svg", "/badge/USD-KGS.svg"])
def test_every_letter_of_a_badge_is_easy_to_read(
    browser: Browser, address: str, path: str, scheme: Literal["light", "dark"]
) -> None:
    ratios = looked_at(browser, address + path, scheme, CONTRAST)
    assert len(ratios) == 3
    assert min(ratios) >= 4.5, ratios


def test_a_page_shows_the_text_in_place_of_a_picture_that_there_is_not(
    browser: Browser, elsewhere: str
) -> None:
    page = browser.new_page()
    page.goto(f"{elsewhere}/?missing", wait_until="load")
    assert page.evaluate("() => document.images[0].naturalWidth") == 0
    assert page.get_by_role("img", name="no rate of TJS/USD").is_visible()
    page.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_line_is_drawn_from_side_to_side_and_not_cut_off(
    browser: Browser, address: str, scheme: Literal["light", "dark"]
) -> None:
    script = """() => {
        const box = document.querySelector("path").getBBox(), view = document.documentElement.viewBox.baseVal;
        return [box.x, box.y, view.width - box.x - box.width, view.height - box.y - box.height];
    }"""
    for query in ("", "?date=2026-05-20", "?width=1200&height=400", "?width=60&height=20"):
        left, top, right, bottom = looked_at(browser, f"{address}/chart/KGS-USD.svg{query}", scheme, script)
        assert (left, right) == (4, 4)
        assert min(top, bottom) >= 4
