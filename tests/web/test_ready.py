"""What comes past the router is what the router would answer, and no more is remembered than may be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.context import Context
from app.web.app import create_app
from app.web.ready import Ready
from tests.fakes import FakeClock
from tests.said import at, nbkr
from tests.web.conftest import Client, fill, lasting, say
from tests.web.test_kept import followed

PATHS = [
    "/v1/latest",
    "/v1/latest/KGS-USD.txt",
    "/v1/ticker?decimals=5",
    "/v1/history/KGS-USD",
    "/v1/history/KGS-USD?limit=1",
    "/v1/latest?as_known_at=v:1",
    "/v1/latest?date=2026-05-20",
]


class Router:
    """The application, and how often it was woken."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.times = app, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.times += 1
        await self.app(scope, receive, send)


@pytest.fixture
def filled(context: Context) -> Iterator[Context]:
    """A context with rates that is followed."""
    fill(context)
    with followed(context):
        yield context


def listened(context: Context, most: int = 100) -> tuple[Client, Router]:
    """A client of an application, and its router as it is woken."""
    app = create_app(context)
    assert isinstance(app, Ready)
    app._app = router = Router(app._app)
    app._most = most
    return Client(app), router


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_second_who_asks_is_answered_as_the_first_without_the_router(
    filled: Context, path: str, method: str
) -> None:
    client, router = listened(filled)
    first, second, third = client.get(path), client.request(method, path), client.request(method, path)
    assert router.times == 1
    for again in (second, third):
        assert (again.status_code, dict(again.headers)) == (200, lasting(first))
        assert again.content == (first.content if method == "GET" else b"")
    unchanged = client.request(method, path, if_none_match=first.headers["etag"])
    assert (unchanged.status_code, unchanged.content, router.times) == (304, b"", 1)
    assert "content-length" not in unchanged.headers
    assert client.get(path, if_none_match='"another"').content == first.content


def test_a_copy_is_good_for_no_longer_than_the_router_would_say(filled: Context, clock: FakeClock) -> None:
    client, router = listened(filled)
    client.get("/v1/latest/KGS-USD")
    late_at = at("2026-05-21 11:30")
    for left, said in ((3600, 30), (329, 30), (29, 29), (10, 10)):
        clock.move_to(late_at - timedelta(seconds=left))
        answered = client.get("/v1/latest/KGS-USD")
        assert answered.headers["cache-control"].startswith(f"public, max-age={said}, "), left
        assert answered.headers["cache-control"] == client.get("/v1/latest/KGS-USD?").headers["cache-control"]
    times = router.times
    clock.move_to(late_at)
    assert client.get("/v1/latest/KGS-USD").json()["status"] == "late"
    assert router.times == times + 1


def test_what_is_new_is_in_the_next_answer_and_its_validator_is_another(filled: Context) -> None:
    client, router = listened(filled)
    before = client.get("/v1/latest")
    say(filled, nbkr("2026-05-21", "87.9900"), when="2026-05-21 05:30")
    after = client.get("/v1/latest", if_none_match=before.headers["etag"])
    assert (after.status_code, router.times) == (200, 2)
    assert after.headers["etag"] != before.headers["etag"]


def test_who_asks_another_host_or_takes_another_form_gets_its_links_and_its_form(filled: Context) -> None:
    client, _ = listened(filled)
    path = "/v1/history/KGS-USD?limit=1"
    for _again in range(2):
        assert "<http://rates.test/v1/history" in client.get(path).headers["link"]
        assert "<http://mirror.test/v1/history" in client.get(path, host="mirror.test").headers["link"]
        assert client.get(path, accept="text/csv").headers["content-type"].startswith("text/csv")
        assert client.get(path, accept="application/json").headers["content-type"] == "application/json"
        assert client.get(path, accept="application/xml").status_code == 406


@pytest.mark.parametrize("path", ["/health", "/v1/sources", "/", "/livez", "/v1/latest?x=1", "/nothing"])
def test_what_nobody_keeps_wakes_the_router_each_time(filled: Context, path: str) -> None:
    client, router = listened(filled)
    for times in (1, 2):
        client.get(path)
        assert router.times == times


def test_only_so_many_ways_of_asking_are_remembered_the_newest(filled: Context) -> None:
    client, router = listened(filled, most=2)
    for path in ("/v1/latest", "/v1/pairs", "/v1/latest", "/v1/ticks", "/v1/latest", "/v1/ticks"):
        client.get(path)
    assert router.times == 3
    client.get("/v1/pairs")
    assert router.times == 4


def test_other_methods_and_other_kinds_of_connection_are_the_routers(context: Context) -> None:
    client, router = listened(context)
    client.request("POST", "/v1/latest")
    client.request("OPTIONS", "/v1/latest")
    assert router.times == 2
