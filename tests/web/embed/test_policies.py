"""A widget in pages that allow next to nothing: policies, digests, sandboxes, and no script at all."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.web.embed.modules import CURRENT
from tests.web.conftest import NOW
from tests.web.embed.conftest import Newsroom, becomes, part, ticker

pytestmark = pytest.mark.browser

STRICT = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'none'; img-src data:; "
    "script-src '{integrity}' {url}; connect-src {url}; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

VIOLATIONS = """
  globalThis.violations = [];
  addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


def pinned(news: Newsroom, integrity: str = CURRENT.integrity) -> str:
    """The script element of the module of a version, with its digest."""
    source = f"{news.service.url}/embed/v{CURRENT.version}/ticker.js"
    return f'<script type="module" src="{source}" integrity="{integrity}" crossorigin></script>'


def fragment(news: Newsroom, query: str = "") -> str:
    """What a server puts into its page."""
    return httpx.get(f"{news.service.url}/embed/fragment{query}").raise_for_status().text


def strict(news: Newsroom, **more: str) -> dict[str, str]:
    """The headers of a page that allows the module and nothing else."""
    policy = STRICT.format(integrity=CURRENT.integrity, url=news.service.url)
    return {"Content-Security-Policy": policy} | more


def test_it_lives_under_the_strictest_policy_and_nothing_is_said_of_it(news: Newsroom) -> None:
    address = news.write(news.widget("theme=dark mode=grid") + pinned(news), **strict(news))
    page = news.read(address, init=VIOLATIONS)
    becomes(page, "live")
    part(page, "asof").click()
    part(page, "button").click()
    expect(part(page, "bar")).to_have_css("display", "flex")
    assert page.evaluate("() => violations") == []
    assert news.said == []


def test_the_policy_is_strict(news: Newsroom) -> None:
    page = news.read(news.write(news.widget() + pinned(news), **strict(news)), init=VIOLATIONS)
    page.evaluate("() => { try { document.body.innerHTML = '<b style=color:red>' } catch {} }")
    page.wait_for_function("() => violations.length > 0")


def test_a_module_that_is_not_the_one_that_was_pasted_is_not_run(news: Newsroom) -> None:
    wrong = "sha384-" + "A" * 64
    page = news.read(news.write(news.widget() + pinned(news, wrong)))
    expect(page.get_by_text("KGS/USD 0.01149")).to_be_visible()
    expect(page.get_by_role("link", name="Rates")).to_be_visible()
    assert not page.evaluate("() => customElements.get('silkrate-ticker')")
    assert not page.evaluate("() => document.querySelector('silkrate-ticker').shadowRoot")


@pytest.mark.parametrize("sandbox", ["allow-scripts", "allow-scripts allow-same-origin"])
def test_the_frame_lives_in_a_sandbox(news: Newsroom, sandbox: str) -> None:
    source = f"{news.service.url}/embed/frame?lang=ky"
    page = news.read(
        news.write(f'<iframe sandbox="{sandbox}" title="Rates" width=700 height=60 src="{source}"></iframe>')
    )
    inside = page.frame_locator("iframe").locator("silkrate-ticker")
    expect(inside).to_have_attribute("state", "live")
    expect(inside.locator("[part=rate]").first).to_have_text("0,01144")
    polled = news.service.polls[0]
    assert "same-origin" in sandbox or polled.headers["origin"] == "null"
    assert news.said == []


def test_the_frame_is_all_of_ours_that_may_be_framed(news: Newsroom) -> None:
    page = news.read(news.write(f'<iframe src="{news.service.url}/"></iframe>'))
    page.wait_for_load_state("networkidle")
    assert page.frames[1].url.startswith("chrome-error:")


def test_it_lives_in_a_page_that_asks_leave_of_all_that_it_loads(news: Newsroom) -> None:
    isolated = {
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    picture = f'<img id=badge alt="" src="{news.service.url}/badge/KGS-USD.svg">'
    frame = f'<iframe src="{news.service.url}/embed/frame"></iframe>'
    page = news.read(news.write(fragment(news) + picture + frame, **isolated))
    becomes(page, "live")
    expect(page.frame_locator("iframe").locator("silkrate-ticker")).to_have_attribute("state", "live")
    page.wait_for_function("() => document.getElementById('badge').naturalWidth > 0")
    assert news.said == []


@pytest.mark.parametrize("mode", ["marquee", "static", "grid", "single"])
def test_a_fragment_shows_the_rates_with_their_style_where_no_script_runs(news: Newsroom, mode: str) -> None:
    page = news.read(news.write(fragment(news, f"?lang=ru&mode={mode}")), java_script_enabled=False)
    expect(part(page, "rate").first).to_have_text("0,01144")
    expect(part(page, "rate").first).to_be_visible()
    expect(part(page, "bar")).to_have_css("display", "flex")
    expect(part(page, "symbol").first).to_have_css("font-weight", "600")
    expect(part(page, "button")).to_be_hidden()
    expect(part(page, "asof")).to_contain_text("21 мая 2026")
    tree = ticker(page).aria_snapshot()
    assert tree.count("Кыргызский сом, 0,01144 доллара США") == 1


def test_a_fragment_says_by_itself_that_it_is_old_though_the_service_is_gone(news: Newsroom) -> None:
    """It was kept by its server, and the module by the browser."""
    kept = fragment(news, "?pairs=KGS-USD")
    page = news.read(news.write(kept), init="globalThis.fetch = () => Promise.reject(new TypeError('gone'));")
    becomes(page, "live")
    later = news.read(
        news.write(kept),
        clock=NOW + timedelta(days=40),
        init="globalThis.fetch = () => Promise.reject(new TypeError('gone'));",
    )
    becomes(later, "stale")
    expect(part(later, "asof")).to_have_text("Delayed, as of 21 May 2026")
    expect(part(later, "item")).to_have_attribute("part", "item stale")


def test_a_fragment_needs_of_a_strict_policy_the_style_sheet_alone(news: Newsroom) -> None:
    policy = f"default-src 'none'; img-src data:; style-src {news.service.url}"
    page = news.read(news.write(fragment(news), Content_Security_Policy=policy), java_script_enabled=False)
    expect(part(page, "bar")).to_have_css("display", "flex")


def test_the_frame_shows_the_rates_where_no_script_runs(news: Newsroom) -> None:
    page = news.read(f"{news.service.url}/embed/frame?mode=grid&theme=dark", java_script_enabled=False)
    expect(part(page, "rate").first).to_be_visible()
    expect(part(page, "bar")).to_have_css("background-color", "rgb(18, 18, 18)")


def test_the_module_takes_over_what_the_server_rendered_and_nothing_moves(news: Newsroom) -> None:
    shifts = """
      globalThis.shifted = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((each) => { shifted += each.value }))
        .observe({type: "layout-shift", buffered: true});
    """
    still, module = fragment(news).split("<script")
    page = news.read(news.write(f"<p>Before</p>{still}<p>After</p>"), init=shifts)
    before = geometry(page)
    root = page.evaluate_handle("() => document.querySelector('silkrate-ticker').shadowRoot")
    (source,) = re.findall(r'src="([^"]+)"', module)
    page.evaluate("url => import(url)", source)
    becomes(page, "live")
    assert root.evaluate("root => root === document.querySelector('silkrate-ticker').shadowRoot")
    page.wait_for_timeout(200)
    assert geometry(page) == before
    assert page.evaluate("() => shifted") == 0


def geometry(page: Page) -> list[list[int]]:
    """Where the widget stands, its view and what comes after it."""
    shown = [ticker(page), part(page, "view"), page.get_by_text("After")]
    measure = (
        "each => { const {x, y, width, height} = each.getBoundingClientRect(); return [x, y, width, height] }"
    )
    return [[round(number) for number in each.evaluate(measure)] for each in shown]
