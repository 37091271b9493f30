"""The chart of a pair in a real Chromium: by mouse, finger and keyboard, under a strict policy, and without a
script.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from itertools import accumulate
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.domain.answers import Line
from app.render.locale import LANGUAGES, language
from app.render.svg.plot import Mark, Plot, plot
from app.web.assets import ASSETS
from app.web.pages.templates import TEMPLATES
from tests.render.svg.pictures import line
from tests.web.conftest import served
from tests.web.embed.test_accessibility import faults
from tests.web.test_pages_in_browser import SCHEMES, WIDTHS, fits, launch, opened

pytestmark = pytest.mark.browser

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; require-trusted-types-for 'script'"
)

ZOOM = '<a data-zoom hidden href="?since={since}&amp;until={until}&amp;lang=kk">kk</a>'

PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>KGS/USD</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/static/favicon.svg">
<link rel="stylesheet" href="/static/site.css"><link rel="stylesheet" href="/static/chart.css">
<script type="module" src="/static/chart.js"></script>
<body><header class="top"><p>Silkrate</p></header>
<main><h1>KGS/USD</h1>{charts}<p>Below it.</p></main></body></html>"""


def moving(days: int, apart: int = 1, since: date = date(2026, 2, 21)) -> Line:
    """A rate that moves at random, on so many days that lie so far apart."""
    chance = random.Random(7)
    moves = (chance.randint(-4_000, 4_000) for _ in range(days))
    rates = [str(Fraction(10_000, each)) for each in accumulate(moves, initial=874_500)][1:]
    return line(*rates, days=[number * apart for number in range(days)], since=since)


LINES = {
    "month": moving(30),
    "quarter": moving(90),
    "year": moving(365, since=date(2025, 5, 22)),
    "years": moving(3_750, 3, since=date(1996, 1, 2)),
    "peg": line("0.285714285714", "0.285714285714", days=(0, 4_000), since=date(2015, 1, 1), pct="0"),
    "one": line("0.01144"),
    "thousands": line("12142.1", "12390.44", "12201.7", days=(0, 40, 100)),
    "tiny": line("0.00008205", "0.00008208", "0.0000820", days=(0, 40, 100)),
}


def drawn(name: str = "quarter", lang: str = "en") -> Plot:
    """What is drawn of a line."""
    return plot(LINES[name], language(lang))


def page_of(request: Request) -> Response:
    """A page with the chart that is asked for, and with the way that a page has to its days."""
    asked = request.query_params
    lang = asked.get("lang", "en")
    macro = TEMPLATES.from_string(
        '{% from "plot.html" import plot as chart %}'
        "{% call chart(plot, words, id) %}{{ zoom | safe }}{% endcall %}"
    )
    names = asked.get("line", "quarter").split()
    charts = [
        macro.render(plot=drawn(name, lang), words=language(lang), id=name, zoom=ZOOM) for name in names
    ]
    html = PAGE.format(lang=lang, charts="".join(charts))
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})


def asset(request: Request) -> Response:
    """A static file by its name."""
    found = ASSETS[request.path_params["name"]]
    return Response(found.content, media_type=found.media_type)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where such pages are."""
    routes = [Route("/", page_of), Route("/static/{name}", asset)]
    with served(Starlette(routes=routes)) as url:
        yield url


@contextmanager
def charted(browser: Browser, address: str, query: str = "", width: int = 1440) -> Iterator[Page]:
    """The page of a chart, whose zoom is told and not followed."""
    with opened(browser, f"{address}/?{query}", width) as page:
        page.evaluate("""() => {
            window.asked = [];
            document.addEventListener("click", (event) => {
                if (!event.target.matches("[data-zoom]")) return;
                event.preventDefault();
                asked.push(event.target.getAttribute("href"));
            });
        }""")
        yield page


def asked(page: Page) -> list[tuple[str, str]]:
    """Since when and until when days were asked for, each time."""
    page.wait_for_function("() => asked.length")
    found: list[str] = page.evaluate("() => asked.splice(0)")
    queries = [parse_qs(urlsplit(each).query) for each in found]
    assert all(query["lang"] == ["kk"] for query in queries)
    return [(query["since"][0], query["until"][0]) for query in queries]


def said(page: Page) -> tuple[str, ...]:
    """What the cursor says: the rate and the day, as seen and as heard."""
    cursor = page.get_by_role("slider")
    rate, day = cursor.locator("p > *").all_inner_texts()
    assert cursor.get_attribute("aria-valuetext") == f"{day}, {rate}"
    return rate, day


def points_at(page: Page, mark: Mark) -> bool:
    """Whether the dot of the cursor lies on the mark in the picture, to a pixel."""
    where: list[float] = page.evaluate("""() => {
        const box = (name) => document.querySelector(name).getBoundingClientRect();
        const [dot, svg] = [box(".dot"), box("svg")];
        const inner = svg.height - 1; // its border
        return [(dot.x + dot.width / 2 - svg.x) / svg.width, (dot.y + dot.height / 2 - svg.y) / inner];
    }""")
    return all(abs(found * 1000 - meant) < 5 for found, meant in zip(where, (mark.x, mark.y), strict=True))


def box(page: Page) -> dict[str, float]:
    """Where the plot is on the page, in px."""
    found = page.get_by_role("slider").bounding_box()
    assert found
    return {"x": found["x"], "y": found["y"], "width": found["width"], "height": found["height"]}


def at(page: Page, share: float) -> tuple[float, float]:
    """The place in the middle of the plot, so far from its left."""
    plot = box(page)
    return plot["x"] + plot["width"] * share, plot["y"] + plot["height"] / 2


def test_the_mouse_shows_the_rate_of_the_day_that_it_points_to(browser: Browser, address: str) -> None:
    marks = drawn().marks
    with charted(browser, address) as page:
        readout = page.locator(".cursor p")
        expect(readout).to_be_hidden()
        for number in (0, 30, 44, 89):
            page.mouse.move(*at(page, marks[number].x / 1000 * 0.998 + 0.001))
            expect(readout).to_be_visible()
            assert said(page) == (marks[number].rate, marks[number].day)
            assert points_at(page, marks[number])
        page.mouse.move(2, 2)
        expect(readout).to_be_hidden()


KEYS = (
    ("ArrowLeft", 88),
    ("ArrowUp", 89),
    ("ArrowRight", 89),
    ("PageDown", 80),
    ("PageDown", 71),
    ("PageUp", 80),
    ("Home", 0),
    ("ArrowDown", 0),
    ("ArrowRight", 1),
    ("End", 89),
)
"""Keys pressed one after the other, and where each leads."""


def test_the_keyboard_reaches_every_mark_and_each_is_told(browser: Browser, address: str) -> None:
    marks = drawn().marks
    with charted(browser, address) as page:
        cursor = page.get_by_role("slider", name=drawn().title)
        page.keyboard.press("Tab")
        expect(cursor).to_be_focused()
        assert said(page) == (marks[-1].rate, marks[-1].day)
        for key, number in KEYS:
            page.keyboard.press(key)
            assert (cursor.get_attribute("aria-valuenow"), said(page)) == (
                str(number),
                (marks[number].rate, marks[number].day),
            )
        expect(page.locator(".cursor p")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".cursor p")).to_be_hidden()
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".cursor p")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.locator(".cursor p")).to_be_hidden()


def test_keys_that_are_the_browsers_stay_the_browsers(browser: Browser, address: str) -> None:
    with charted(browser, address) as page:
        page.get_by_role("slider").focus()
        left = page.get_by_role("slider").evaluate("""(cursor) => {
            const key = {key: "ArrowLeft", cancelable: true};
            const press = (held) => new KeyboardEvent("keydown", {...key, ...held});
            return [{altKey: true}, {ctrlKey: true}, {metaKey: true}, {}].map(
                (held) => cursor.dispatchEvent(press(held)));
        }""")
        assert left == [True, True, True, False]
        expect(page.get_by_role("slider")).to_have_attribute("aria-valuenow", "88")


def test_plus_and_minus_ask_for_half_and_for_twice_the_days_around_the_cursor(
    browser: Browser, address: str
) -> None:
    with charted(browser, address) as page:
        page.get_by_role("slider").focus()
        page.keyboard.press("+")
        assert asked(page) == [("2026-04-07", "2026-05-21")]
        page.keyboard.press("Escape")
        page.keyboard.press("Home")
        page.keyboard.press("-")
        assert asked(page) == [("2026-02-21", "2026-08-18")]


def test_dragging_marks_days_and_asks_for_them(browser: Browser, address: str) -> None:
    with charted(browser, address) as page:
        page.mouse.move(*at(page, 0.75))
        page.mouse.down()
        page.mouse.move(*at(page, 0.25), steps=4)
        part = page.locator(".part").bounding_box()
        assert part
        assert abs(part["width"] / box(page)["width"] - 0.5) < 0.01
        page.mouse.up()
        assert asked(page) == [("2026-03-15", "2026-04-29")]


def test_a_drag_can_be_given_up_and_a_click_asks_for_nothing(browser: Browser, address: str) -> None:
    with charted(browser, address) as page:
        page.mouse.move(*at(page, 0.25))
        page.mouse.down()
        page.mouse.move(*at(page, 0.75), steps=4)
        page.keyboard.press("Escape")
        page.mouse.up()
        page.mouse.click(*at(page, 0.5))
        assert page.evaluate("() => asked") == []


def test_days_between_which_nothing_was_published_are_not_asked_for(browser: Browser, address: str) -> None:
    with charted(browser, address, "line=thousands") as page:
        page.mouse.move(*at(page, 0.5))
        page.mouse.down()
        page.mouse.move(*at(page, 0.9), steps=4)
        page.mouse.up()
        page.get_by_role("slider").press("+")
        assert page.evaluate("() => asked") == []
        expect(page.locator("svg.line")).to_have_attribute("viewBox", "0 0 1000 1000")


def test_the_wheel_with_ctrl_sees_nearer_and_asks_when_it_rests(browser: Browser, address: str) -> None:
    with charted(browser, address) as page:
        page.mouse.move(*at(page, 0.5))
        page.mouse.wheel(0, 0)
        page.keyboard.down("Control")
        for _ in range(3):
            page.mouse.wheel(0, -60)
        expect(page.locator("silkrate-chart")).to_have_class("moving")
        page.keyboard.up("Control")
        assert asked(page) == [("2026-03-19", "2026-04-25")]


def test_without_ctrl_the_wheel_is_the_pages(browser: Browser, address: str) -> None:
    with charted(browser, address) as page:
        kept = page.get_by_role("slider").evaluate(
            "(cursor) => cursor.dispatchEvent(new WheelEvent('wheel', {deltaY: -60, cancelable: true}))"
        )
        assert kept
        expect(page.locator("svg.line")).to_have_attribute("viewBox", "0 0 1000 1000")


@contextmanager
def touching(page: Page) -> Iterator[Callable[..., None]]:
    """Fingers on the plot, each so far from its left; they leave at the end."""
    client = page.context.new_cdp_session(page)

    def send(kind: str, *shares: float) -> None:
        places = [at(page, share) for share in shares]
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        client.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    yield send
    send("End")
    client.detach()


def test_two_fingers_see_nearer_and_ask_when_they_leave(browser: Browser, address: str) -> None:
    with charted(browser, address, width=360) as page:
        with touching(page) as touch:
            touch("Start", 0.4)
            touch("Start", 0.4, 0.6)
            touch("Move", 0.35, 0.65)
            touch("Move", 0.3, 0.7)
            expect(page.locator("silkrate-chart")).to_have_class("moving")
            seen = re.compile(r"(249\.9\d*|250(\.0\d*)?) 0 (499\.9\d*|500(\.0\d*)?) 1000")
            expect(page.locator("svg.line")).to_have_attribute("viewBox", seen)
            assert page.evaluate("() => asked") == []
        assert asked(page) == [("2026-03-15", "2026-04-29")]


def test_a_finger_moves_the_cursor_sideways_and_it_stays(browser: Browser, address: str) -> None:
    marks = drawn().marks
    with charted(browser, address, width=360) as page:
        with touching(page) as touch:
            touch("Start", 0.2)
            for share in (0.3, 0.4, 0.5):
                touch("Move", share)
        expect(page.locator(".cursor p")).to_be_visible()
        assert said(page) in [(mark.rate, mark.day) for mark in marks[43:47]]
        assert page.evaluate("() => asked") == []
        assert page.get_by_role("slider").evaluate("(each) => getComputedStyle(each).touchAction") == "pan-y"


def test_a_chart_that_is_put_in_anothers_place_works_again(browser: Browser, address: str) -> None:
    with charted(browser, address) as page:
        page.get_by_role("slider").focus()
        page.evaluate("""() => {
            const old = document.querySelector("silkrate-chart");
            const copy = old.cloneNode(true);
            copy.querySelector(".cursor").remove(); // as the server sends it
            old.replaceWith(copy);
            window.old = old;
        }""")
        assert page.evaluate("() => old.querySelector('.cursor')") is None
        expect(page.get_by_role("slider")).to_have_count(1)
        page.keyboard.press("Tab")
        page.keyboard.press("Home")
        assert said(page) == (drawn().marks[0].rate, drawn().marks[0].day)
        page.keyboard.press("End")
        page.keyboard.press("+")
        assert len(asked(page)) == 1


def test_a_part_of_the_days_is_asked_for_again_after_the_first_time(browser: Browser, address: str) -> None:
    with charted(browser, address) as page:
        cursor = page.get_by_role("slider")
        for _ in range(2):
            cursor.press("+")
            cursor.press("Escape")
        assert asked(page) == [("2026-04-07", "2026-05-21")] * 2


def test_the_link_leads_to_the_days(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/", 1440) as page:
        page.get_by_role("slider").press("+")
        page.wait_for_url("**/?since=2026-04-07&until=2026-05-21&lang=kk")


@pytest.mark.parametrize("name", LINES)
def test_every_line_has_its_cursor(browser: Browser, address: str, name: str) -> None:
    marks = drawn(name).marks
    with charted(browser, address, f"line={name}") as page:
        page.get_by_role("slider").focus()
        for key, mark in (("Home", marks[0]), ("End", marks[-1])):
            page.keyboard.press(key)
            assert said(page) == (mark.rate, mark.day)
            assert points_at(page, mark)


TEXTS = """() => [...document.querySelectorAll("svg text")].filter((each) => each.checkVisibility()).map(
    (each) => {
        const {left, right, top, bottom} = each.getBoundingClientRect();
        const px = parseFloat(getComputedStyle(each).fontSize);
        return {left, right, top, bottom, px, said: each.textContent};
    }
)"""


def overlapping(texts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Texts of which one lies upon the other."""
    return [
        (one["said"], other["said"])
        for number, one in enumerate(texts)
        for other in texts[:number]
        if one["left"] < other["right"]
        and other["left"] < one["right"]
        and one["top"] < other["bottom"]
        and other["top"] < one["bottom"]
    ]


@pytest.mark.parametrize("width", [320, 360, 700, 760, 1440])
def test_every_text_can_be_read_in_every_language(browser: Browser, address: str, width: int) -> None:
    for lang in LANGUAGES:
        with opened(browser, f"{address}/?line={'+'.join(LINES)}&lang={lang}", width) as page:
            texts = page.evaluate(TEXTS)
            assert min(each["px"] for each in texts) >= 11
            assert overlapping(texts) == []
            assert [each for each in texts if each["left"] < 0 or each["right"] > width] == []
            assert fits(page)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_no_fault(
    browser: Browser, address: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for focused in (False, True):
        page.goto(f"{address}/?line=year")
        if focused:
            page.get_by_role("slider").focus()
        assert faults(page) == []
    context.close()


def test_without_a_script_the_picture_is_whole_and_named(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/?line=years", 360, scripts=False) as page:
        expect(page.get_by_role("img", name=drawn("years").title)).to_be_visible()
        expect(page.locator("svg text").first).to_be_visible()
        expect(page.get_by_text("since")).to_have_count(0)
        assert page.get_by_role("slider").count() == 0


def test_the_line_can_be_seen_where_colours_are_forced(browser: Browser, address: str) -> None:
    context = browser.new_context(forced_colors="active", color_scheme="dark")
    page = context.new_page()
    page.goto(f"{address}/?line=year")
    ground, *inks = page.evaluate("""() => {
        const style = (name) => getComputedStyle(document.querySelector(name));
        const line = style("svg.line path:last-child").stroke;
        return [style("body").backgroundColor, line, style("svg text").fill];
    }""")
    context.close()
    assert ground not in inks
    assert "none" not in inks
