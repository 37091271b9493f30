"""What every response carries, whatever became of the request."""

from __future__ import annotations

import pytest

from app.web.assets import PATHS
from app.web.envelope import HEADERS
from app.web.pages.docs import TRY_POLICY
from app.web.pages.site import POLICY as PAGE_POLICY
from tests.web.conftest import Client

POLICY = "Content-Security-Policy"

EVERYTHING = [
    "/v1/latest",
    "/v1/ticker.txt",
    "/livez",
    "/",
    "/docs",
    "/docs/try",
    "/openapi.json",
    "/nothing",
    "/v1/latest?x=1",
]


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_anyone_may_read_and_no_browser_guesses(full: Client, method: str, path: str) -> None:
    headers = full.request(method, path).headers
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    assert headers["access-control-expose-headers"] == (
        "ETag, Link, Memento-Datetime, Retry-After, X-Request-Id, Silkrate-Simulated"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers


CLASSES = {
    "/v1/latest": "default-src 'none'; frame-ancestors 'none'",
    "/v1/ticker.txt": "default-src 'none'; frame-ancestors 'none'",
    "/openapi.json": "default-src 'none'; frame-ancestors 'none'",
    f"/{PATHS['site.css']}": "default-src 'none'; frame-ancestors 'none'",
    "/docs": PAGE_POLICY,
    "/docs/try": TRY_POLICY,
}
"""What a page of each class may load, by a path that can be 304."""


@pytest.mark.parametrize("path", CLASSES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_what_a_browser_must_know_stands_on_200_and_304_alike(
    full: Client, path: str, method: str, coding: str
) -> None:
    whole = full.request(method, path, accept_encoding=coding)
    unchanged = full.request(method, path, accept_encoding=coding, if_none_match=whole.headers["etag"])
    assert (whole.status_code, unchanged.status_code) == (200, 304)
    for headers in (whole.headers, unchanged.headers):
        assert {name: headers[name] for name in HEADERS if name != POLICY} == {
            name: value for name, value in HEADERS.items() if name != POLICY
        }
        assert headers[POLICY] == CLASSES[path]
        assert headers["etag"] == whole.headers["etag"]


def test_a_page_loads_nothing_of_others(full: Client) -> None:
    for path in ("/", "/docs", "/docs/try"):
        policy = dict(each.strip().split(" ", 1) for each in full.get(path).headers[POLICY].split(";"))
        assert (policy["default-src"], policy["frame-ancestors"], policy["base-uri"]) == ("'none'",) * 3
        assert policy["script-src"] == "'self'"
        assert not any("*" in value or "unsafe" in value or "http" in value for value in policy.values())


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_preflight_is_answered_on_every_path(full: Client, path: str) -> None:
    response = full.request(
        "OPTIONS",
        path,
        origin="https://news.example",
        access_control_request_method="GET",
        access_control_request_headers="if-none-match",
    )
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert response.headers["access-control-allow-headers"] == "*"
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v1/latest", "/v1/history/KGS-USD", "/", "/livez"])
def test_another_method_is_refused_with_those_that_are_understood(
    full: Client, method: str, path: str
) -> None:
    response = full.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert response.json()["type"].endswith("/method-not-allowed")


@pytest.mark.parametrize("path", EVERYTHING)
def test_simulated_rates_are_marked_in_the_headers_of_everything(simulated: Client, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        assert simulated.request(method, path).headers["silkrate-simulated"] == "1"


JSON = [
    "/v1/latest",
    "/v1/latest/KGS-USD",
    "/v1/history/KGS-USD",
    "/v1/ticker",
    "/v1/ticks",
    "/v1/ticks/1",
    "/v1/pairs",
    "/v1/sources",
    "/v1/sources/nbkr",
    "/livez",
    "/readyz",
    "/health",
    "/v1/latest/KGS-EUR",
    "/v1/latest?x=1",
    "/nothing",
]


@pytest.mark.parametrize("path", JSON)
def test_simulated_rates_are_marked_first_in_every_body(simulated: Client, path: str) -> None:
    assert simulated.get(path).content.startswith(b'{"simulated":true,')


def test_simulated_rates_are_marked_where_people_look(simulated: Client) -> None:
    assert "made up" in simulated.get("/").text
    assert "made up" in simulated.get("/docs").text
    assert "made up" in simulated.get("/docs/try").text


@pytest.mark.parametrize("path", sorted({*EVERYTHING, *JSON}))
def test_real_rates_have_no_such_mark(full: Client, path: str) -> None:
    response = full.get(path)
    assert "silkrate-simulated" not in response.headers
    if response.headers["content-type"].endswith("json") and path != "/openapi.json":
        assert "simulated" not in response.json()
