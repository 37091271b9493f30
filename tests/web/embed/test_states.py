"""What a widget says of itself, and what it does, when all is well and when it is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.web.embed.conftest import Newsroom, Service, becomes, eventually, jump, part, ticker, told, walk

pytestmark = pytest.mark.browser

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
TODAY = "21 May 2026"
DELAYED = f"Delayed, as of {TODAY}"
OFFLINE = f"Offline, as of {TODAY}"


def test_until_there_are_rates_it_shows_what_the_page_has_in_it(news: Newsroom, service: Service) -> None:
    service.fail()
    page = news.read(news.write(news.widget()))
    before = ticker(page).bounding_box()
    page.evaluate("url => import(url)", f"{service.url}/embed/v1/ticker.js")
    eventually(page, lambda: service.polls)
    assert told(page, "state")[0] == {"from": None, "to": "loading", "asOf": ""}
    expect(page.get_by_text("KGS/USD 0.01149")).to_be_visible()
    after = ticker(page).bounding_box()
    assert before
    assert after
    assert (after["y"], after["width"]) == (before["y"], before["width"])


def test_with_rates_it_is_live_and_tells_so(news: Newsroom) -> None:
    page = news.show()
    becomes(page, "live")
    expect(part(page, "item")).to_have_count(5)
    expect(part(page, "asof")).to_have_text(TODAY)
    expect(part(page, "bar").get_by_role("status")).to_be_empty()
    expect(page.get_by_text("KGS/USD 0.01149")).to_be_hidden()
    assert [(each["from"], each["to"]) for each in told(page, "state")] == [
        (None, "loading"),
        ("loading", "live"),
    ]
    (update,) = told(page, "update")
    assert [item["pair"][:3] for item in update["items"]] == ["KGS", "KZT", "TJS", "UZS", "TMT"]
    assert page.evaluate(
        "() => { const {data} = document.querySelector('silkrate-ticker');"
        " return Object.isFrozen(data) && Object.isFrozen(data.items[0]) }"
    )


def test_with_the_server_dead_it_says_by_itself_when_its_rates_are_stale(
    news: Newsroom, service: Service
) -> None:
    page = news.show()
    becomes(page, "live")
    page.evaluate(
        """() => {
          globalThis.announced = [];
          const status = document.querySelector("silkrate-ticker").shadowRoot.querySelector("[role=status]");
          const note = () => announced.push(status.textContent);
          new MutationObserver(note).observe(status, {childList: true, characterData: true, subtree: true});
        }"""
    )
    service.kill()
    page.evaluate(
        "() => { globalThis.fetch = () => new Promise(() => {}) }"
    )  # a host that is gone refuses nothing
    jump(page, timedelta(hours=28, minutes=59))
    becomes(page, "live")
    jump(page, 3 * MINUTE)
    becomes(page, "stale")
    expect(part(page, "asof")).to_have_text(DELAYED)
    expect(part(page, "stale")).to_have_count(2)
    expect(part(page, "stale").first).to_contain_text("KGS/USD")
    jump(page, DAY)
    expect(part(page, "stale")).to_have_count(4)
    assert page.evaluate("announced") == [DELAYED]
    assert told(page, "state")[-1] == {"from": "live", "to": "stale", "asOf": TODAY}


def test_one_lost_poll_says_nothing_of_the_rates_and_a_second_does(news: Newsroom, service: Service) -> None:
    page = news.show()
    becomes(page, "live")
    service.fail()
    for state, wait in (("live", MINUTE), ("stale", 30 * SECOND)):
        asked = len(service.polls)
        walk(page, wait + SECOND)
        eventually(page, lambda: len(service.polls) > asked and len(told(page, "error")) == asked)  # noqa: B023
        becomes(page, state)
    expect(part(page, "asof")).to_contain_text(DELAYED)
    expect(part(page, "bar").get_by_role("status")).to_have_text(DELAYED)
    expect(part(page, "stale")).to_have_count(0)
    assert told(page, "error") == ["503", "503"]
    service.outage = None
    walk(page, MINUTE + SECOND)
    becomes(page, "live")
    expect(part(page, "asof")).not_to_contain_text("Delayed")
    expect(part(page, "bar").get_by_role("status")).to_be_empty()


def test_offline_it_says_so_and_online_it_asks_at_once(news: Newsroom, service: Service) -> None:
    page = news.show()
    becomes(page, "live")
    page.context.set_offline(True)
    becomes(page, "offline")
    expect(part(page, "asof")).to_contain_text(OFFLINE)
    expect(part(page, "bar").get_by_role("status")).to_have_text(OFFLINE)
    walk(page, timedelta(minutes=10))
    assert len(service.polls) == 1
    rate = service.publish()
    page.context.set_offline(False)
    becomes(page, "live")
    expect(part(page, "rate").first).to_have_text(rate)


def test_without_any_rate_it_keeps_what_the_page_has(news: Newsroom, service: Service) -> None:
    service.fail()
    page = news.show()
    becomes(page, "error")
    expect(page.get_by_text("KGS/USD 0.01149")).to_be_visible()
    expect(page.get_by_role("link", name="Rates")).to_be_visible()
    assert told(page, "error") == ["503"]
    assert told(page, "state")[-1]["to"] == "error"
    service.outage = None
    walk(page, 31 * SECOND)
    becomes(page, "live")
    expect(page.get_by_text("KGS/USD 0.01149")).to_be_hidden()


def test_without_anything_inside_it_leads_to_the_service(news: Newsroom, service: Service) -> None:
    service.fail()
    page = news.read(news.write("<silkrate-ticker></silkrate-ticker>" + news.module))
    becomes(page, "error")
    expect(page.get_by_role("link", name="Silkrate")).to_have_attribute("href", f"{service.url}/")


def test_what_there_is_not_is_never_shown_as_live(news: Newsroom) -> None:
    """Also not by the rates that were asked for before."""
    page = news.show("pairs=KGS-USD")
    becomes(page, "live")
    ticker(page).evaluate("ticker => ticker.setAttribute('pairs', 'TJS-XXX')")
    becomes(page, "error")
    expect(page.get_by_text("KGS/USD 0.01149")).to_be_visible()
    ticker(page).evaluate("ticker => ticker.setAttribute('pairs', 'TJS-USD')")
    becomes(page, "live")
    expect(part(page, "symbol")).to_have_text("TJS/USD")


def test_paused_it_takes_what_it_is_asked_for_anew(news: Newsroom) -> None:
    page = news.show("paused")
    becomes(page, "live")
    ticker(page).evaluate("ticker => { ticker.lang = 'ru'; ticker.setAttribute('pairs', 'TJS-USD') }")
    expect(part(page, "item")).to_have_count(1)
    expect(part(page, "bar")).to_have_attribute("lang", "ru")
    expect(part(page, "rate")).to_have_text("0,1078")


@pytest.mark.parametrize("retry_after", [None, "Wed, 21 May 2026 07:28:00 GMT", "-1", "soon"])
def test_a_service_that_is_gone_is_not_asked_without_pause(
    news: Newsroom, service: Service, retry_after: str | None
) -> None:
    page = news.show()
    becomes(page, "live")
    if retry_after is None:
        service.kill()
    else:
        service.fail(retry_after=retry_after)
    news.asked.clear()
    walk(page, timedelta(minutes=10))
    page.wait_for_timeout(300)
    asked = [url for url in news.asked if "ticker.json" in url]
    assert 2 <= len(asked) <= 6, asked


def test_an_answer_that_names_no_pace_is_asked_once_a_minute(news: Newsroom) -> None:
    bare = """
      globalThis.asked = 0;
      globalThis.fetch = async () => {
        asked += 1;
        return new Response(JSON.stringify({as_of_display: "today", items: []}));
      };
    """
    page = news.show(init=bare)
    becomes(page, "live")
    walk(page, timedelta(minutes=3, seconds=10))
    assert page.evaluate("() => asked") == 4


def test_when_it_fits_again_it_goes_on_asking(news: Newsroom, service: Service) -> None:
    page = news.show("pairs=KGS-USD,TJS-USD", viewport={"width": 400, "height": 300})
    becomes(page, "live")
    page.set_viewport_size({"width": 1200, "height": 300})
    page.wait_for_timeout(100)
    rate = service.publish()
    walk(page, MINUTE + SECOND)
    expect(part(page, "rate").first).to_have_text(rate)
    asked = len(service.polls)
    walk(page, MINUTE + SECOND)
    eventually(page, lambda: len(service.polls) > asked)
    assert news.said == []


def test_it_comes_back_when_the_service_says_and_not_before(news: Newsroom, service: Service) -> None:
    service.fail(retry_after="300")
    page = news.show()
    becomes(page, "error")
    walk(page, 298 * SECOND)
    page.wait_for_timeout(50)
    assert len(service.polls) == 1
    service.outage = None
    walk(page, 3 * SECOND)
    becomes(page, "live")


def test_while_there_is_no_answer_it_waits_twice_as_long_each_time(news: Newsroom, service: Service) -> None:
    service.fail()
    page = news.show()
    for failures, wait in enumerate((30, 60, 120, 240, 480, 900, 900), start=1):
        eventually(page, lambda: len(told(page, "error")) == failures)  # noqa: B023
        walk(page, (wait - 2) * SECOND)
        page.wait_for_timeout(30)
        assert len(service.polls) == failures
        walk(page, 3 * SECOND)
    eventually(page, lambda: len(service.polls) == 8)


def test_it_asks_once_a_minute_as_it_is_told(news: Newsroom, service: Service) -> None:
    page = news.show()
    becomes(page, "live")
    for minute in range(1, 4):
        walk(page, 58 * SECOND)
        page.wait_for_timeout(30)
        assert len(service.polls) == minute
        walk(page, 3 * SECOND)
        eventually(page, lambda: len(service.polls) == minute + 1)  # noqa: B023
        page.wait_for_timeout(30)


@pytest.mark.parametrize(("drawn", "earliest", "latest"), [("0", 47, 49), ("0.999999", 71, 73)])
def test_chance_moves_a_poll_by_a_fifth_at_most(
    news: Newsroom, service: Service, drawn: str, earliest: int, latest: int
) -> None:
    page = news.show(init=f"Math.random = () => {drawn};")
    becomes(page, "live")
    walk(page, earliest * SECOND)
    page.wait_for_timeout(30)
    assert len(service.polls) == 1
    walk(page, (latest - earliest) * SECOND)
    eventually(page, lambda: len(service.polls) == 2)


def test_it_gives_up_waiting_for_an_answer(news: Newsroom, service: Service) -> None:
    hasty = "const wait = AbortSignal.timeout; AbortSignal.timeout = ms => wait.call(AbortSignal, ms / 40);"
    page = news.show(
        init=hasty + "globalThis.fetch = (url, {signal}) => new Promise((_, refuse) =>"
        " signal.addEventListener('abort', () => refuse(signal.reason)));"
    )
    becomes(page, "error")
    assert len(told(page, "error")) == 1


def test_it_is_refreshed_on_request(news: Newsroom, service: Service) -> None:
    page = news.show()
    becomes(page, "live")
    rate = service.publish()
    ticker(page).evaluate("ticker => ticker.refresh()")
    expect(part(page, "rate").first).to_have_text(rate)
    ticker(page).evaluate("ticker => { ticker.remove(); ticker.refresh(); }")
    assert news.said == []
