"""How a widget moves: only where it must, never against the reader, and at no cost to the page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.embed.conftest import Newsroom, becomes, part, ticker

pytestmark = pytest.mark.browser

NARROW: dict[str, Any] = {"viewport": {"width": 390, "height": 800}}
WIDE: dict[str, Any] = {"viewport": {"width": 2400, "height": 800}}
MOTIONS = "host => host.shadowRoot.getAnimations().filter(({playState}) => playState === 'running')"
COPIES = "host => host.shadowRoot.querySelectorAll('[inert]').length"
SCROLLED = "host => host.shadowRoot.querySelector('[part=view]').scrollLeft"
PLACE = "host => host.shadowRoot.querySelector('[part~=item]').getBoundingClientRect().x"


def pace(page: Page) -> Any:
    """The pixels a second at which a widget moves; None: it stands."""
    return ticker(page).evaluate(
        f"""host => {{
          const [motion] = ({MOTIONS})(host);
          if (!motion) return null;
          const way = parseFloat(motion.effect.getKeyframes().at(-1).translate);
          return Math.round(-way / motion.effect.getTiming().duration * motion.playbackRate * 1000);
        }}"""
    )


def stands(page: Page) -> None:
    """Wait until a widget does not move."""
    page.wait_for_function(f"() => ({MOTIONS})(document.querySelector('silkrate-ticker')).length === 0")


def moves(page: Page) -> None:
    """Wait until a widget moves."""
    page.wait_for_function(f"() => ({MOTIONS})(document.querySelector('silkrate-ticker')).length === 1")


def test_what_fits_stands_still_and_is_there_once(news: Newsroom) -> None:
    page = news.show(**WIDE)
    becomes(page, "live")
    page.wait_for_timeout(200)
    stands(page)
    assert ticker(page).evaluate(COPIES) == 0


def test_what_is_too_wide_moves_with_one_copy_that_only_eyes_meet(news: Newsroom) -> None:
    page = news.show(**NARROW)
    moves(page)
    begins = ticker(page).evaluate(PLACE)
    page.wait_for_timeout(500)
    assert -60 < ticker(page).evaluate(PLACE) - begins < -5
    assert ticker(page).evaluate(COPIES) == 1
    copy = ticker(page).locator("[inert]")
    expect(copy).to_have_attribute("aria-hidden", "true")
    assert copy.evaluate("copy => copy.textContent === copy.previousSibling.textContent")
    assert copy.evaluate("copy => copy.offsetLeft - copy.previousSibling.offsetLeft === copy.offsetWidth"), (
        "no seam"
    )


@pytest.mark.parametrize("mode", ["static", "grid", "single"])
def test_in_no_other_mode_it_moves(news: Newsroom, mode: str) -> None:
    page = news.show(f"mode={mode}", **NARROW)
    becomes(page, "live")
    page.wait_for_timeout(200)
    stands(page)
    assert ticker(page).evaluate(COPIES) == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("speed", "expected"), [("", 40), ("25", 25), ("999", 80), ("1", 10), ("-5", 10), ("fast", 40)]
)
def test_its_speed_is_one_that_can_be_read(news: Newsroom, speed: str, expected: int) -> None:
    page = news.show(f"speed='{speed}'", **NARROW)
    moves(page)
    assert pace(page) == expected


def test_its_speed_changes_where_it_is(news: Newsroom) -> None:
    page = news.show(**NARROW)
    moves(page)
    page.wait_for_timeout(400)
    jumped = ticker(page).evaluate(
        f"host => {{ const x = ({PLACE})(host); host.setAttribute('speed', 80); return ({PLACE})(host) - x }}"
    )
    assert abs(jumped) < 2
    assert pace(page) == 80


def test_the_mode_changes_where_it_is(news: Newsroom) -> None:
    page = news.show(**NARROW)
    moves(page)
    ticker(page).evaluate("host => host.setAttribute('mode', 'static')")
    stands(page)
    assert ticker(page).evaluate(COPIES) == 0
    ticker(page).evaluate("host => host.removeAttribute('mode')")
    moves(page)


def test_the_pointer_holds_it(news: Newsroom) -> None:
    page = news.show(**NARROW)
    moves(page)
    part(page, "view").hover()
    stands(page)
    page.mouse.move(5, 600)
    moves(page)


def test_focus_holds_it_wherever_the_pointer_goes(news: Newsroom) -> None:
    page = news.show("href=/rates/{pair}", **NARROW)
    moves(page)
    part(page, "view").focus()
    stands(page)
    part(page, "view").hover()
    page.mouse.move(5, 600)
    page.wait_for_timeout(100)
    stands(page)
    part(page, "view").blur()
    moves(page)


def test_paused_it_keeps_its_place_and_goes_on_from_there(news: Newsroom) -> None:
    page = news.show(**NARROW)
    moves(page)
    page.wait_for_timeout(700)
    step = f"""host => {{
      const before = ({PLACE})(host);
      host.toggleAttribute("paused");
      return ({PLACE})(host) - before;
    }}"""
    assert abs(ticker(page).evaluate(step)) < 2
    stands(page)
    assert ticker(page).evaluate(SCROLLED) > 10
    assert abs(ticker(page).evaluate(step)) < 2
    moves(page)


def test_a_reader_who_wants_no_motion_has_none_and_scrolls(news: Newsroom) -> None:
    page = news.show(reduced_motion="reduce", **NARROW)
    becomes(page, "live")
    page.wait_for_timeout(100)
    stands(page)
    assert ticker(page).evaluate(COPIES) == 0
    view = part(page, "view")
    view.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => ({SCROLLED})(document.querySelector('silkrate-ticker')) > 20")
    page.emulate_media(reduced_motion="no-preference")
    view.blur()
    moves(page)
    page.emulate_media(reduced_motion="reduce")
    stands(page)


def test_the_width_of_the_window_starts_and_stops_it(news: Newsroom) -> None:
    page = news.show(**WIDE)
    becomes(page, "live")
    stands(page)
    page.set_viewport_size(NARROW["viewport"])
    moves(page)
    page.set_viewport_size(WIDE["viewport"])
    stands(page)
    assert ticker(page).evaluate(COPIES) == 0
    assert ticker(page).evaluate(SCROLLED) == 0


def test_far_from_the_window_it_stands(news: Newsroom) -> None:
    page = news.show(before="", **NARROW)
    moves(page)
    page.evaluate(
        "() => { document.body.insertAdjacentHTML('beforeend', '<div style=\"height: 3000px\">');"
        " scrollTo(0, 2900) }"
    )
    stands(page)
    page.evaluate("scrollTo(0, 0)")
    moves(page)


def test_new_rates_do_not_set_it_back(news: Newsroom) -> None:
    page = news.show(**NARROW)
    moves(page)
    page.wait_for_timeout(700)
    before = ticker(page).evaluate(PLACE)
    rate = news.service.publish()
    ticker(page).evaluate("host => host.refresh()")
    expect(part(page, "rate").first).to_have_text(rate)
    assert ticker(page).evaluate(PLACE) <= before
    assert ticker(page).locator("[inert] [part=rate]").first.inner_text() == rate
    moves(page)


def test_five_seconds_of_motion_cost_no_layout_and_no_style(news: Newsroom) -> None:
    page = news.show(**NARROW)
    moves(page)
    page.wait_for_timeout(500)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def metrics() -> dict[str, Any]:
        return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}

    before = metrics()
    page.wait_for_timeout(5_000)
    after = metrics()
    spent = {name: after[name] - before[name] for name in ("LayoutCount", "RecalcStyleCount")}
    print(f"task time: {(after['TaskDuration'] - before['TaskDuration']) * 1000:.0f} ms")
    assert spent == {"LayoutCount": 0, "RecalcStyleCount": 0}
    moves(page)
