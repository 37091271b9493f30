"""What a widget costs a page, in bytes, requests and moved pixels; and what is served is what was built."""

from __future__ import annotations

import gzip

import pytest

from app.render.locale import LANGUAGES
from app.web.embed.modules import CURRENT
from tests.web.embed import build
from tests.web.embed.conftest import Newsroom, becomes, part, ticker

SHIFTS = """
  globalThis.shifted = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => { shifted += each.value }))
    .observe({type: "layout-shift", buffered: true});
"""

RESERVED = {
    "marquee": "display:block;height:44px;overflow:hidden",
    "static": "display:block;height:88px;overflow:hidden",
    "grid": "display:block;height:150px;overflow:hidden",
    "single": "display:block;height:110px;overflow:hidden",
}
"""The room that a page of 1,280 px keeps for each mode."""


def test_the_module_is_small() -> None:
    assert len(gzip.compress(CURRENT.script, 9)) <= 4_500


def test_the_module_speaks_every_language() -> None:
    assert {tag.lower() for tag in LANGUAGES} == set(build.words())
    script = CURRENT.script.decode()
    assert all(said in script for said in build.words().values())


@pytest.mark.browser
@pytest.mark.parametrize("mode", RESERVED)
def test_where_there_is_room_for_it_nothing_moves_when_it_comes(news: Newsroom, mode: str) -> None:
    widget = news.widget(f'mode={mode} style="{RESERVED[mode]}"')
    page = news.read(news.write(f"<p>Before</p>{widget}<p>After</p>{news.module}"), init=SHIFTS)
    becomes(page, "live")
    page.wait_for_timeout(300)
    assert page.evaluate("() => shifted") == 0
    room, bar = ticker(page).bounding_box(), part(page, "bar").bounding_box()
    assert room
    assert bar
    assert bar["height"] <= room["height"], "what is kept for it holds it whole"


@pytest.mark.browser
def test_without_room_the_measure_sees_what_moves(news: Newsroom) -> None:
    widget = news.widget("mode=grid").replace("<ul>", "<ul hidden>")
    page = news.read(news.write(f"{widget}<p>After</p>{news.module}"), init=SHIFTS)
    becomes(page, "live")
    page.wait_for_function("() => shifted > 0")


@pytest.mark.browser
def test_when_new_rates_come_only_their_neighbours_make_room(news: Newsroom) -> None:
    """A change of other digits may be a hair wider."""
    page = news.show('style="display:block;height:44px;overflow:hidden"', init=SHIFTS)
    becomes(page, "live")
    rate = news.service.publish()
    ticker(page).evaluate("host => host.refresh()")
    part(page, "rate").first.filter(has_text=rate).wait_for()
    page.wait_for_timeout(200)
    assert page.evaluate("() => shifted") < 0.001


@pytest.mark.browser
def test_two_requests_are_all_that_it_takes(news: Newsroom) -> None:
    page = news.show()
    becomes(page, "live")
    ours = [each.path for each in news.service.heard]
    assert ours == ["/embed/v1/ticker.js", "/embed/v1/ticker.json"]
