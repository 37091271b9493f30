"""When a widget asks, what it sends, and what changes on the screen by it: as little as can be."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs

import httpx
import pytest
from playwright.sync_api import Page, expect
from starlette.responses import HTMLResponse

from app.web.embed.modules import CURRENT
from tests.web.embed.conftest import Newsroom, Service, becomes, eventually, part, ticker, told, walk

pytestmark = pytest.mark.browser

MINUTE = timedelta(seconds=61)
TALL = "<div style='height: 3000px'></div>"
AWAY = "Object.defineProperty(document, 'hidden', {get: () => globalThis.away ?? false});"
STREAMS = """
  globalThis.streams = [];
  globalThis.EventSource = class extends EventSource {
    constructor(...given) { super(...given); streams.push(this); }
  };
"""
OPEN = "() => streams.filter(({readyState}) => readyState < 2).length"


def leave(page: Page, away: bool) -> None:
    """Turn to another tab, or come back."""
    page.evaluate(
        "away => { globalThis.away = away; document.dispatchEvent(new Event('visibilitychange')) }", away
    )


def put(page: Page, name: str, value: str | None, place: int = 0) -> None:
    """Give a widget another attribute, or take it away."""
    script = """(host, [name, value]) =>
      value === null ? host.removeAttribute(name) : host.setAttribute(name, value)"""
    ticker(page, place).evaluate(script, [name, value])


def asked(service: Service) -> dict[str, list[str]]:
    """What the last request for rates named."""
    return parse_qs(service.polls[-1].query)


def quiet(page: Page, service: Service, polls: int) -> None:
    """However long one waits, nothing more is asked."""
    walk(page, 10 * MINUTE)
    page.wait_for_timeout(50)
    assert len(service.polls) == polls


def test_widgets_that_show_the_same_ask_once(news: Newsroom, service: Service) -> None:
    page = news.show("", "mode=grid", "theme=dark")
    for place in range(3):
        becomes(page, "live", place)
    walk(page, MINUTE)
    eventually(page, lambda: len(service.polls) == 2)


def test_widgets_that_show_something_else_ask_for_it(news: Newsroom, service: Service) -> None:
    page = news.show("", "lang=ru", "pairs=TJS-USD")
    for place in range(3):
        becomes(page, "live", place)
    assert {each.query for each in service.polls} == {"lang=en", "lang=ru", "pairs=TJS-USD&lang=en"}
    expect(part(page, "item", 2)).to_have_count(1)


def test_it_asks_for_nothing_before_it_is_near_the_window(news: Newsroom, service: Service) -> None:
    page = news.show(before=TALL)
    becomes(page, "loading")
    quiet(page, service, 0)
    ticker(page).scroll_into_view_if_needed()
    becomes(page, "live")
    assert len(service.polls) == 1
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(100)
    quiet(page, service, 1)


def test_in_a_tab_that_nobody_sees_it_asks_nothing_and_once_on_return(
    news: Newsroom, service: Service
) -> None:
    page = news.show(init=AWAY)
    becomes(page, "live")
    leave(page, True)
    rate = service.publish()
    quiet(page, service, 1)
    leave(page, False)
    expect(part(page, "rate").first).to_have_text(rate)
    page.wait_for_timeout(50)
    assert len(service.polls) == 2


def test_who_comes_back_at_once_asks_nothing_anew(news: Newsroom, service: Service) -> None:
    page = news.show(init=AWAY)
    becomes(page, "live")
    leave(page, True)
    leave(page, False)
    page.wait_for_timeout(100)
    assert len(service.polls) == 1


def test_paused_its_numbers_stand_and_on_play_the_newest_come(news: Newsroom, service: Service) -> None:
    page = news.show("", "mode=static")
    becomes(page, "live", 1)
    becomes(page, "live")
    before = part(page, "rate").all_inner_texts()
    part(page, "button").click()
    rate = service.publish()
    walk(page, MINUTE)
    expect(part(page, "rate", 1).first).to_have_text(rate)
    assert part(page, "rate").all_inner_texts() == before
    assert ticker(page).evaluate("host => host.data.items[0].display") == before[0]
    part(page, "button").click()
    expect(part(page, "rate").first).to_have_text(rate)


def test_paused_alone_it_asks_nothing(news: Newsroom, service: Service) -> None:
    page = news.show()
    becomes(page, "live")
    put(page, "paused", "")
    quiet(page, service, 1)


def test_only_the_text_that_changed_is_changed(news: Newsroom, service: Service) -> None:
    page = news.show("href=/rates/{pair}")
    becomes(page, "live")
    ticker(page).evaluate(
        """host => {
          const find = (name) => host.shadowRoot.querySelector(`[part~=${name}]`);
          globalThis.rows = [...host.shadowRoot.querySelectorAll("[part=list] > li")].slice(0, 5);
          globalThis.rate = find("rate");
          globalThis.touched = [];
          new MutationObserver((all) => touched.push(...all.map(({target}) => target.textContent)))
            .observe(find("list"), {childList: true, characterData: true, subtree: true});
          rows[1].querySelector("a").focus();
          getSelection().selectAllChildren(rows[1].querySelector("[part=name]"));
        }"""
    )
    rate = service.publish()
    ticker(page).evaluate("host => host.refresh()")
    expect(part(page, "rate").first).to_have_text(rate)
    assert page.evaluate("() => rate.isConnected && rows.every(({isConnected}) => isConnected)")
    assert page.evaluate("() => rows[0].contains(rate) && rate.textContent") == rate
    assert page.evaluate("() => rows[1].getRootNode().activeElement === rows[1].querySelector('a')")
    assert len(page.evaluate("() => touched")) <= 3, "the rate, its change and the sentence for the ear"


def test_no_poll_costs_a_preflight_and_what_is_unchanged_comes_from_the_cache(
    news: Newsroom, service: Service
) -> None:
    page = news.show()
    becomes(page, "live")
    for polls in range(2, 5):
        walk(page, MINUTE)
        eventually(page, lambda: len(service.polls) == polls)  # noqa: B023
        page.wait_for_timeout(50)
    assert {each.method for each in service.heard} == {"GET"}
    first, *others = service.polls
    assert "if-none-match" not in first.headers
    for each in others:
        named = {
            "If-None-Match": each.headers["if-none-match"],
            "Accept-Encoding": each.headers["accept-encoding"],
        }
        again = httpx.get(f"{service.url}{each.path}?{each.query}", headers=named)
        assert again.status_code == 304
    becomes(page, "live")


def test_it_sends_no_cookie_and_does_not_tell_where_the_reader_is(news: Newsroom, service: Service) -> None:
    address = news.write(news.widget() + news.module, Set_Cookie="reader=42; Path=/")
    page = news.read(address)
    becomes(page, "live")
    assert page.evaluate("document.cookie") == "reader=42", "of a host, whatever the port"
    (poll,) = service.polls
    assert not {"cookie", "referer", "authorization"} & set(poll.headers)


def test_what_is_asked_follows_the_attributes(news: Newsroom, service: Service) -> None:
    page = news.show()
    becomes(page, "live")
    for name, value in (
        ("pairs", "TJS-USD,KGS-USD"),
        ("source", "nbkr"),
        ("inverse", "true"),
        ("decimals", "1"),
        ("change", "none"),
        ("lang", "ru"),
    ):
        polls = len(service.polls)
        put(page, name, value)
        eventually(page, lambda: len(service.polls) == polls + 1)  # noqa: B023
        assert asked(service)[name] == [value]
    expect(part(page, "symbol")).to_have_text(["USD/KGS"])
    expect(part(page, "rate")).to_have_text(re.compile(r"^8[67],\d$"))
    expect(part(page, "change")).to_have_text([""])
    expect(part(page, "bar")).to_have_attribute("lang", "ru")
    put(page, "pairs", None)
    put(page, "source", None)
    expect(part(page, "item")).to_have_count(5)


def test_inverse_needs_no_value(news: Newsroom, service: Service) -> None:
    page = news.show("inverse")
    becomes(page, "live")
    assert asked(service)["inverse"] == ["true"]


def test_how_it_looks_follows_the_attributes(news: Newsroom, service: Service) -> None:
    page = news.show("pairs=KGS-USD,TJS-USD")
    becomes(page, "live")
    node = part(page, "rate").first.element_handle()
    bar = part(page, "bar")
    put(page, "theme", "dark")
    dark = bar.evaluate("bar => getComputedStyle(bar).backgroundColor")
    put(page, "theme", "light")
    assert bar.evaluate("bar => getComputedStyle(bar).backgroundColor") != dark
    put(page, "mode", "single")
    expect(part(page, "item").nth(1)).to_be_hidden()
    put(page, "mode", "grid")
    expect(part(page, "item").nth(1)).to_be_visible()
    expect(part(page, "name").first).to_be_visible()
    put(page, "href", "https://news.example/{pair}?x=1")
    expect(part(page, "item").nth(1).locator("a")).to_have_attribute(
        "href", "https://news.example/TJS-USD?x=1"
    )
    assert node.evaluate("node => node.isConnected")
    assert len(service.polls) == 1


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:text/html,x", "ftp://x", "http://["]
)
def test_an_item_leads_nowhere_but_into_the_web(news: Newsroom, address: str) -> None:
    page = news.show(f"href='{address}' src='{address}'")
    becomes(page, "live")
    assert ticker(page).evaluate(
        "host => [...host.shadowRoot.querySelectorAll('a[href]')].map(a => a.protocol)"
    ) == ["http:"], "the credit alone"


def test_an_item_that_is_chosen_is_told_and_the_page_may_do_better_than_follow(news: Newsroom) -> None:
    page = news.show("href=/rates/{pair}")
    becomes(page, "live")
    page.evaluate("addEventListener('silkrate-ticker-select', (event) => event.preventDefault())")
    part(page, "view").hover()
    part(page, "item").first.click()
    assert [item["pair"] for item in told(page, "select")] == ["KGS/USD"]
    assert not page.url.endswith("KGS-USD")


def test_it_asks_the_service_that_it_is_told(news: Newsroom, service: Service) -> None:
    body = httpx.get(f"{service.url}/embed/v1/ticker.json?pairs=TJS-USD").text
    service.heard.clear()
    page = news.show()
    becomes(page, "live")
    news.pages["/mirror/embed/v1/ticker.json"] = HTMLResponse(
        body, headers={"Access-Control-Allow-Origin": "*"}
    )
    put(page, "src", f"{news.url}/mirror/")
    expect(part(page, "symbol")).to_have_text(["TJS/USD"])
    assert len(service.polls) == 1


def test_live_ones_open_one_stream_and_show_what_it_tells(news: Newsroom, service: Service) -> None:
    page = news.show("live", "live mode=grid", "", init=STREAMS)
    becomes(page, "live", 2)
    page.wait_for_function("() => streams.length === 1 && streams[0].readyState === 1")
    rate = service.publish()
    for place in range(3):
        expect(part(page, "rate", place).first).to_have_text(rate)
    assert page.evaluate("() => streams.length") == 1


def test_live_ones_that_nobody_sees_open_none(news: Newsroom) -> None:
    page = news.show("live", init=STREAMS + AWAY)
    page.wait_for_function(f"() => ({OPEN})() === 1")
    leave(page, True)
    assert page.evaluate(OPEN) == 0
    leave(page, False)
    assert page.evaluate(OPEN) == 1
    becomes(page, "live")
    put(page, "paused", "")
    assert page.evaluate(OPEN) == 0
    put(page, "paused", None)
    assert page.evaluate(OPEN) == 1
    put(page, "live", None)
    assert page.evaluate(OPEN) == 0


def test_removed_it_does_nothing_and_added_again_it_lives(news: Newsroom, service: Service) -> None:
    page = news.show("live", init=STREAMS)
    becomes(page, "live")
    page.evaluate("() => (globalThis.taken = document.querySelector('silkrate-ticker')).remove()")
    assert page.evaluate(OPEN) == 0
    quiet(page, service, 1)
    rate = service.publish()
    page.evaluate("() => document.body.append(taken)")
    expect(part(page, "rate").first).to_have_text(rate)
    assert page.evaluate(OPEN) == 1
    assert ticker(page).evaluate("host => host.shadowRoot.querySelectorAll('section').length") == 1


def test_the_floating_module_and_that_of_a_version_get_along(news: Newsroom, service: Service) -> None:
    pinned = news.module.replace("/v1/", f"/v{CURRENT.version}/")
    page = news.read(news.write(news.widget() + news.module + pinned + news.widget("lang=ky")))
    becomes(page, "live")
    becomes(page, "live", 1)
    assert len(service.polls) == 2
    assert news.said == []


def test_one_that_a_script_made_before_the_module_came_lives(news: Newsroom, service: Service) -> None:
    page = news.read(news.write(""))
    page.evaluate(
        """() => {
          const made = document.createElement("silkrate-ticker");
          made.setAttribute("pairs", "KGS-USD");
          document.body.append(made);
        }"""
    )
    page.evaluate("url => import(url)", f"{service.url}/embed/v1/ticker.js")
    becomes(page, "live")
    page.evaluate("() => document.body.append(document.createElement('silkrate-ticker'))")
    becomes(page, "live", 1)


def test_each_document_has_its_own(news: Newsroom, service: Service) -> None:
    inner = news.write(news.widget("lang=ky") + news.module)
    page = news.show(before=f"<iframe src='{inner}' title=inner></iframe>")
    becomes(page, "live")
    expect(page.frame_locator("iframe").locator("silkrate-ticker")).to_have_attribute("state", "live")
    assert len(service.polls) == 2
