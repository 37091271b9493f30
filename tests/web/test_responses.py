"""What caches and clients rely on: validators, lifetimes, forms, pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.context import Context
from tests.fakes import FakeClock
from tests.said import at, nbkr
from tests.web.conftest import Client, fill, lasting, say

CACHED = [
    "/v1/latest",
    "/v1/latest/KGS-USD",
    "/v1/latest/KGS-USD.txt",
    "/v1/history/KGS-USD",
    "/v1/history/KGS-USD.csv",
    "/v1/ticker",
    "/v1/ticker.txt",
    "/v1/ticks",
    "/v1/ticks/1",
    "/v1/pairs",
    "/badge/KGS-USD.svg",
    "/chart/KGS-USD.svg",
    "/openapi.json",
    "/docs",
    "/docs/try",
    "/favicon.ico",
]
NEVER_CACHED = ["/v1/sources", "/v1/sources/nbkr", "/health", "/metrics", "/livez", "/readyz", "/sources"]


@pytest.mark.parametrize("path", CACHED)
def test_the_same_answer_is_sent_once(full: Client, path: str) -> None:
    first = full.get(path)
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[\w-]+"', tag)
    again = full.get(path, if_none_match=f'W/"older", {tag}')
    assert (again.status_code, again.content) == (304, b"")
    kept = {name: value for name, value in lasting(first).items() if not name.startswith("content-")}
    assert {name: again.headers[name] for name in kept} == kept


@pytest.mark.parametrize("path", NEVER_CACHED)
def test_what_tells_the_time_is_never_kept_and_has_no_validator(full: Client, path: str) -> None:
    response = full.get(path, if_none_match="*")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


@pytest.mark.parametrize("path", [path for path in (*CACHED, *NEVER_CACHED) if path != "/metrics"])
def test_head_gives_the_headers_of_get_without_its_body(full: Client, path: str) -> None:
    get, head = full.get(path), full.request("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert lasting(head) == lasting(get)
    assert int(head.headers["content-length"]) == len(get.content) > 0


@pytest.mark.parametrize("path", [*CACHED, *NEVER_CACHED])
def test_no_answer_claims_a_moment_of_change_that_it_does_not_know(full: Client, path: str) -> None:
    assert "last-modified" not in full.get(path).headers


@pytest.mark.parametrize("path", ["/v1/latest", "/v1/ticker", "/v1/ticker.txt", "/v1/history/KGS-USD"])
def test_a_new_publication_has_another_validator(client: Client, context: Context, path: str) -> None:
    fill(context)
    tag = client.get(path).headers["etag"]
    say(context, nbkr("2026-05-21", "87.4600"), when="2026-05-21 06:00")
    changed = client.get(path, if_none_match=tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_poll_that_brings_nothing_new_changes_no_byte(client: Client, context: Context) -> None:
    fill(context)
    before = client.get("/v1/latest")
    say(context, nbkr("2026-05-21", "87.4500"), when="2026-05-21 06:00")
    after = client.get("/v1/latest")
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])


def test_no_body_depends_on_the_moment_of_asking(client: Client, context: Context, clock: FakeClock) -> None:
    fill(context)
    bodies = {path: client.get(path).content for path in CACHED}
    clock.advance(timedelta(minutes=30))
    assert {path: client.get(path).content for path in CACHED} == bodies


def test_a_copy_of_today_is_good_for_half_a_minute(full: Client) -> None:
    assert full.get("/v1/latest").headers["cache-control"] == (
        "public, max-age=30, stale-while-revalidate=300, stale-if-error=86400"
    )


def test_a_copy_of_a_day_that_is_over_is_good_for_an_hour(full: Client) -> None:
    for path in ("/v1/latest?date=2026-05-20", "/v1/history/KGS-USD?until=2026-05-20", "/v1/ticks/1"):
        assert full.get(path).headers["cache-control"].startswith("public, max-age=3600,"), path


def test_a_copy_never_outlives_the_next_turn(client: Client, context: Context, clock: FakeClock) -> None:
    fill(context)
    late_at = at("2026-05-21 11:30")
    clock.move_to(late_at - timedelta(seconds=10))
    before = client.get("/v1/latest/KGS-USD")
    assert before.headers["cache-control"].startswith("public, max-age=10, stale-while-revalidate=0,")
    clock.move_to(late_at)
    after = client.get("/v1/latest/KGS-USD", if_none_match=before.headers["etag"])
    assert (after.status_code, after.json()["status"]) == (200, "late")


VARYING = {
    "/v1/history/KGS-USD": "Accept, Accept-Encoding",
    "/docs": "Accept-Language, Accept-Encoding",
    "/docs/try": "Accept-Language, Accept-Encoding",
}


@pytest.mark.parametrize("path", CACHED)
def test_what_can_be_coded_varies_with_the_codings_that_are_taken(full: Client, path: str) -> None:
    varying = VARYING.get(path, "Accept-Encoding")
    first = full.get(path)
    unchanged = full.get(path, if_none_match=first.headers["etag"])
    coded = full.get(path, accept_encoding="br")
    assert [each.headers["vary"] for each in (first, unchanged, coded)] == [varying] * 3


@pytest.mark.parametrize("path", NEVER_CACHED)
def test_what_is_never_kept_is_never_coded(full: Client, path: str) -> None:
    response = full.get(path, accept_encoding="br")
    assert not {"vary", "content-encoding"} & response.headers.keys()


def test_a_history_is_csv_for_whoever_asks_for_csv(full: Client) -> None:
    by_accept = full.get("/v1/history/KGS-USD", accept="text/csv")
    by_suffix = full.get("/v1/history/KGS-USD.csv", accept="application/json")
    assert by_accept.content == by_suffix.content
    assert by_accept.headers["content-type"] == by_suffix.headers["content-type"] == "text/csv; charset=utf-8"
    assert full.get("/v1/history/KGS-USD").headers["etag"] != by_accept.headers["etag"]


def test_a_form_that_there_is_not_is_refused_with_those_that_there_are(full: Client) -> None:
    response = full.get("/v1/history/KGS-USD", accept="application/xml")
    problem = response.json()
    assert (response.status_code, problem["parameter"]) == (406, "Accept")
    assert problem["expected"] == (
        "application/json or text/csv or application/x-ndjson or application/vnd.apache.parquet"
    )


def test_a_validator_of_one_form_does_not_fit_another(full: Client) -> None:
    tag = full.get("/v1/history/KGS-USD").headers["etag"]
    assert full.get("/v1/history/KGS-USD", accept="text/csv", if_none_match=tag).status_code == 200


def links(client: Client, path: str) -> list[str]:
    """The whole URL of each page from `path` on, as the Link headers give them."""
    found = []
    while link := re.match(
        r'<(http://rates\.test(/[^>]*))>; rel="next"', (response := client.get(path)).headers["link"]
    ):
        assert response.json()["next"] in link[1]
        found.append(link[1])
        path = link[2]
    assert response.json()["next"] is None
    return found


def test_following_the_links_gives_everything_once(full: Client) -> None:
    whole = full.get("/v1/ticks").json()["ticks"]
    pages = [
        "/v1/ticks?limit=1",
        *(url.removeprefix("http://rates.test") for url in links(full, "/v1/ticks?limit=1")),
    ]
    assert [tick for page in pages for tick in full.get(page).json()["ticks"]] == whole
    assert len(pages) == len(whole) > 2


def test_a_link_keeps_what_was_asked(full: Client) -> None:
    (url,) = links(full, "/v1/history/KGS%2FUSD?source=nbkr&since=2026-05-01&limit=1")
    assert url.startswith(
        "http://rates.test/v1/history/KGS%2FUSD?source=nbkr&since=2026-05-01&limit=1&after="
    )


def test_csv_comes_whole_unless_a_limit_is_asked(full: Client) -> None:
    assert len(full.get("/v1/history/KGS-USD.csv").text.splitlines()) == 3
    limited = full.get("/v1/history/KGS-USD.csv?limit=1")
    assert len(limited.text.splitlines()) == 2
    assert 'rel="next"' in limited.headers["link"]
