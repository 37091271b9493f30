"""The badge and the sparkline, asked for as pages do."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.context import Context
from app.ingest.record import advance
from app.render.locale import LANGUAGES
from app.web.app import create_app
from app.web.parameters import OfBadge, OfChart
from tests.fakes import FakeClock
from tests.render.svg.pictures import parsed, part, texts, title
from tests.said import at, banks_row, nbkr
from tests.web.conftest import Client, fill, lasting, made, say
from tests.web.test_kept import followed

BADGE, CHART = "/badge/KGS-USD.svg", "/chart/KGS-USD.svg"
PICTURES = [BADGE, CHART]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service that has the tenge and the sum beside what the others have."""
    with made(tmp_path_factory.mktemp("both")) as context:
        fill(context)
        for day, tenge, sum_ in (("20", "471.2000", "11935.1700"), ("21", "471.4800", "11940.2200")):
            say(context, banks_row("nbk", f"2026-05-{day}", "USD", tenge), when=f"2026-05-{day} 00:00")
            say(context, banks_row("cbu", f"2026-05-{day}", "USD", sum_), when=f"2026-05-{day} 00:00")
        advance(context.store, context.catalog, at("2026-05-21 06:00"))
        yield Client(create_app(context))


@pytest.mark.parametrize("path", PICTURES)
def test_a_picture_may_be_shown_by_any_page_and_does_nothing_there(full: Client, path: str) -> None:
    headers = full.get(path).headers
    assert headers["content-type"] == "image/svg+xml"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PICTURES)
def test_a_picture_says_the_same_past_the_router_and_when_it_did_not_change(
    context: Context, path: str
) -> None:
    fill(context)
    with followed(context):
        client = Client(create_app(context))
        for coding in ("", "gzip", "br"):
            first = client.get(path, accept_encoding=coding)
            again = client.get(path, accept_encoding=coding)
            head = client.request("HEAD", path, accept_encoding=coding)
            same = client.get(path, accept_encoding=coding, if_none_match=first.headers["etag"])
            assert (again.content, head.content, same.content) == (first.content, b"", b"")
            assert (again.status_code, head.status_code, same.status_code) == (200, 200, 304)
            assert lasting(again) == lasting(head) == lasting(first)
            policy = {name: same.headers[name] for name in same.headers if "policy" in name}
            assert policy == {name: first.headers[name] for name in first.headers if "policy" in name}
            assert len(policy) == 3


@pytest.mark.parametrize("path", [*PICTURES, f"{BADGE}?date=2026-05-20", f"{CHART}?days=2&lang=ky"])
def test_a_picture_can_be_had_again_as_it_was(context: Context, clock: FakeClock, path: str) -> None:
    fill(context)
    client = Client(create_app(context))
    before = client.get(path)
    memento = before.links["memento"]["url"].removeprefix("http://rates.test")
    clock.move_to(at("2026-05-25 09:00"))
    say(context, nbkr("2026-05-22", "88.0000"), when="2026-05-22 10:00")
    advance(context.store, context.catalog, clock.now())
    assert client.get(memento).content == before.content


def test_a_badge_shows_what_the_strip_does(both: Client) -> None:
    for query in ("", "lang=ky", "decimals=3", "source=nbkr", "date=2026-05-20", "change=7d", "nominal=1"):
        for pair in ("KGS-USD", "UZS-USD", "KGS-KZT"):
            if pair != "KGS-USD" and "source" in query:
                continue
            strip = f"/v1/ticker?pairs={pair}&{query}" + ("" if "nominal" in query else "&nominal=auto")
            (item,) = both.get(strip).json()["items"]
            content = both.get(f"/badge/{pair}.svg?{query}").content
            symbol, said = texts(parsed(content))
            assert symbol == item["symbol"]
            assert said.split(" ")[0] == item["display"].split(" ")[0]
            assert (item["change_display"] or "") in said
            assert title(content).startswith(item["label"])


@pytest.mark.parametrize("path", ["/badge/{}.svg", "/chart/{}.svg"], ids=lambda path: path.split("/")[1])
def test_a_pair_can_be_turned_round_and_written_as_everywhere(both: Client, path: str) -> None:
    turned = both.get(path.format("USD-KGS")).content
    for written in ("usd-kgs", "USDKGS", "USD%2FKGS", "KGS-USD"):
        query = "?inverse=true" if written == "KGS-USD" else ""
        assert both.get(path.format(written) + query).content == turned


def test_a_badge_of_a_rate_that_is_late_says_its_day_as_soon_as_it_is(
    context: Context, client: Client, clock: FakeClock
) -> None:
    fill(context)
    assert "2026" not in client.get(BADGE).text
    for now in ("2026-05-21 11:30", "2026-05-25 09:00"):
        clock.move_to(at(now))
        advance(context.store, context.catalog, clock.now())
        assert texts(parsed(client.get(BADGE).content))[1].endswith(" · 21 May 2026")


def test_a_badge_of_a_day_says_which_one(full: Client) -> None:
    content = full.get(f"{BADGE}?date=2026-05-20&lang=ru").content
    assert texts(parsed(content))[1].endswith(" · 20 мая 2026\N{NARROW NO-BREAK SPACE}г.")


def test_without_a_change_there_is_none(full: Client) -> None:
    assert texts(parsed(full.get(f"{BADGE}?change=none").content))[1] == "0.01144"


def test_a_chart_is_of_the_days_that_are_asked_for(full: Client) -> None:
    assert title(full.get(CHART).content) == (
        "KGS/USD: 0.01144 (20 May), 0.01144 (21 May 2026), down 0.02 percent"
    )
    for query in ("date=2026-05-20", "until=2026-05-20", "since=2026-05-20&until=2026-05-20"):
        assert title(full.get(f"{CHART}?{query}").content) == "KGS/USD: 0.01144 (20 May 2026)"
    wide = parsed(full.get(f"{CHART}?width=300&height=60").content)
    assert (wide.get("width"), wide.get("height")) == ("300", "60")


def test_a_chart_of_a_cross_is_one_of_both(both: Client) -> None:
    assert title(both.get("/chart/KGS-KZT.svg").content).startswith("KGS/KZT: 5.389 (20 May), 5.391 (21 May")


@pytest.mark.parametrize("path", PICTURES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_picture_speaks_the_language_that_is_asked_for_in_whatever_case(
    full: Client, path: str, lang: str
) -> None:
    root = parsed(full.get(f"{path}?lang={lang.upper()}").content)
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == lang


@pytest.mark.parametrize("path", PICTURES)
def test_a_theme_is_that_of_the_page_or_of_its_reader(full: Client, path: str) -> None:
    styles = [
        part(parsed(full.get(f"{path}?theme={each}").content), "style").text or ""
        for each in ("light", "dark")
    ]
    assert not any("@media" in style for style in styles)
    assert full.get(path).content == full.get(f"{path}?theme=auto").content
    assert "prefers-color-scheme" in full.get(path).text


PROBLEMS = {
    "/badge/TJS-USD.svg": (503, "no-rate-yet"),
    "/chart/TJS-USD.svg": (503, "no-rate-yet"),
    "/badge/KGS-EUR.svg": (404, "unknown-pair"),
    "/chart/KGS-EUR.svg": (404, "unknown-pair"),
    "/badge/KGS-KGS.svg": (404, "unknown-pair"),
    "/badge/KGS-USD.svg?source=cbu": (404, "not-published"),
    "/badge/KGS-USD.svg?source=none": (404, "unknown-source"),
    "/badge/KGS-USD.svg?date=2026-05-19": (404, "no-rate-at-date"),
    "/chart/KGS-USD.svg?date=2026-05-19": (404, "no-rate-at-date"),
    "/chart/KGS-USD.svg?as_known_at=v:0": (404, "no-rate-at-date"),
    "/chart/KGS-USD.svg?since=2026-05-22": (404, "no-rate-at-date"),
    "/chart/KGS-USD.svg?since=2026-05-21&until=2026-05-20": (422, "bad-parameter"),
    "/badge/KGS-USD.png": (404, "unknown-path"),
    "/badge/KGS-USD": (404, "unknown-path"),
}


@pytest.mark.parametrize(("path", "said"), PROBLEMS.items(), ids=PROBLEMS)
def test_what_there_is_no_picture_of_is_a_problem_and_never_an_old_picture(
    full: Client, path: str, said: tuple[int, str]
) -> None:
    response = full.get(path)
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["type"].rpartition("/")[2]) == said
    assert response.headers["cache-control"] == "no-store"


REFUSED = {
    f"{BADGE}?theme=blue": ("theme", "'auto', 'light' or 'dark'"),
    f"{BADGE}?width=100": ("width", "one of"),
    f"{BADGE}?days=30": ("days", "one of"),
    f"{CHART}?decimals=2": ("decimals", "one of"),
    f"{CHART}?nominal=1": ("nominal", "one of"),
    f"{CHART}?days=1": ("days", "greater than or equal to 2"),
    f"{CHART}?days=3661": ("days", "less than or equal to 3660"),
    f"{CHART}?width=59": ("width", "greater than or equal to 60"),
    f"{CHART}?height=401": ("height", "less than or equal to 400"),
    f"{CHART}?days=30&since=2026-05-20": ("days", "days, or since and until"),
    f"{CHART}?date=2026-05-21&until=2026-05-20": ("date", "date, or since and until"),
    f"{CHART}?lang=fr": ("lang", "ky or kk"),
}


@pytest.mark.parametrize(("path", "named"), REFUSED.items(), ids=REFUSED)
def test_a_parameter_that_a_picture_would_not_heed_is_refused(
    full: Client, path: str, named: tuple[str, str]
) -> None:
    problem = full.get(path).json()
    assert (problem["status"], problem["parameter"]) == (422, named[0])
    assert named[1] in problem["expected"]


HOSTILE = [
    "<script>alert(1)</script>",
    "\"><svg onload='alert(1)'>",
    "'\"&<>]]>",
    "&amp;&lt;",
    "KGS\r\nSet-Cookie: a=b",
    "x\r\n\r\n<html>",
    "javascript:alert(1)",
    "data:image/svg+xml,<svg/>",
    "</style><script>",
    "}*{fill:url(//evil.test)}",
    "\x00\x1b\ufffe",
    "\N{RIGHT-TO-LEFT OVERRIDE}en",
]
NAMES = sorted(
    {field.alias or name for model in (OfBadge, OfChart) for name, field in model.model_fields.items()}
)


def harmless(client: Client, path: str) -> None:
    """Whatever is answered is a picture of what is known, or a problem; and no header is of the asker's."""
    response = client.get(path)
    kind = response.headers["content-type"]
    if response.status_code == 200:
        assert kind == "image/svg+xml"
        parsed(response.content)
    else:
        assert response.status_code in (404, 422, 503)
        assert kind == "application/problem+json"
    assert "set-cookie" not in response.headers
    assert not any(each in value for value in response.headers.values() for each in ("\r", "\n", "<script"))


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", NAMES)
def test_markup_in_a_parameter_goes_nowhere(full: Client, name: str, value: str) -> None:
    for path in PICTURES:
        harmless(full, f"{path}?{name}={quote(value)}")


@pytest.mark.parametrize("value", HOSTILE)
def test_markup_in_a_pair_goes_nowhere(full: Client, value: str) -> None:
    for folder in ("badge", "chart"):
        harmless(full, f"/{folder}/{quote(value, safe='')}.svg")
        harmless(full, f"/{folder}/KGS-USD{quote(value, safe='')}.svg")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    path=st.sampled_from(PICTURES),
    asked=st.dictionaries(
        st.sampled_from(NAMES),
        st.one_of(
            st.text(max_size=30),
            st.sampled_from(
                [*LANGUAGES, "dark", "true", "nbkr", "2026-05-20", "60", "v:3", "7d", "auto", "1"]
            ),
        ),
        max_size=4,
    ),
)
def test_whatever_is_asked_for_is_answered_with_a_picture_or_a_problem(
    full: Client, path: str, asked: dict[str, str]
) -> None:
    harmless(full, f"{path}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items()))


def test_pictures_of_simulated_rates_say_so(simulated: Client) -> None:
    for path in PICTURES:
        response = simulated.get(path)
        assert response.headers["silkrate-simulated"] == "1"
        assert title(response.content).endswith(" (simulated)")
