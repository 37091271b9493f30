"""The ids of requests, what is logged of each, and that nothing of who asks is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import httpx
import pytest
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from structlog.testing import LogCapture

from app.context import Context
from app.web.app import create_app
from app.web.counting import SECOND, Counts
from app.web.watched import Watched
from tests.web.conftest import Client, broken, fill
from tests.web.test_kept import followed

MADE = re.compile(r"[0-9a-f]{16}")


@pytest.fixture
def logged() -> Iterator[LogCapture]:
    """What is logged, with what is bound to its context."""
    capture, before = LogCapture(), structlog.get_config()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture
    structlog.configure(**before)


@pytest.mark.parametrize("given", ["a", "7f3c-9.A_b", "x" * 64])
def test_an_id_that_the_request_has_is_sent_back(full: Client, given: str) -> None:
    assert full.get("/livez", x_request_id=given).headers["x-request-id"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "two words", 'a"b', "a/b", "a;b", "a,b"])
def test_another_is_made_where_there_is_none_or_it_cannot_stand_in_a_log(
    full: Client, given: str | None
) -> None:
    headers = {} if given is None else {"x_request_id": given}
    first, second = (full.get("/livez", **headers).headers["x-request-id"] for _ in range(2))
    assert MADE.fullmatch(first)
    assert first != second


@pytest.mark.parametrize("path", ["/nothing", "/v1/latest?x=1", "/v1/latest/KGS-EUR", "/", "/health"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_problem_and_what_nobody_keeps_have_one_too(full: Client, path: str, method: str) -> None:
    assert full.request(method, path, x_request_id="mine").headers["x-request-id"] == "mine"


def test_what_was_ready_replays_nobodys_id(context: Context) -> None:
    fill(context)
    client = Client(create_app(context))
    with followed(context):
        assert client.get("/v1/latest", x_request_id="first").headers["x-request-id"] == "first"
        for headers in ({}, {"x_request_id": "second"}):
            again = client.get("/v1/latest", **headers)
            assert again.status_code == 200
            assert "x-request-id" not in again.headers


def test_all_that_is_logged_of_a_request_carries_its_id_in_other_threads_too(logged: LogCapture) -> None:
    log = structlog.get_logger("silkrate.test")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log.info("in the loop")
        await run_in_threadpool(log.info, "in a thread")
        await PlainTextResponse(Request(scope).url.path)(scope, receive, send)

    client = Client(Watched(app, Counts()))
    client.get("/one", x_request_id="one")
    client.get("/two", x_request_id="two")
    told = [(entry["event"], entry["request"]) for entry in logged.entries]
    assert told == [
        (event, request) for request in ("one", "two") for event in ("in the loop", "in a thread", "answered")
    ]


def test_a_request_is_logged_by_its_path_alone_and_quietly(full: Client, logged: LogCapture) -> None:
    full.get("/v1/ticks?limit=1&after=secret", x_request_id="mine", user_agent="somebody's")
    (entry,) = [entry for entry in logged.entries if entry["event"] == "answered"]
    assert entry.keys() == {"event", "log_level", "request", "method", "path", "status", "ms"}
    assert (entry["log_level"], entry["method"], entry["path"]) == ("debug", "GET", "/v1/ticks")
    assert (entry["request"], entry["status"]) == ("mine", 400)
    assert "secret" not in str(logged.entries)


def test_what_failed_is_logged_as_an_error(context: Context, logged: LogCapture) -> None:
    response = broken(context, RuntimeError("a fault")).get("/v1/latest", x_request_id="mine")
    assert (response.status_code, response.headers["x-request-id"]) == (500, "mine")
    (entry,) = [entry for entry in logged.entries if entry["event"] == "answered"]
    assert (entry["log_level"], entry["request"], entry["status"]) == ("error", "mine", 500)


def test_what_is_slow_is_told_where_the_rest_is_not(
    logged: LogCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter((0, SECOND, 0, SECOND - 1))
    monkeypatch.setattr("app.web.watched.perf_counter_ns", lambda: next(moments))
    client = Client(Watched(PlainTextResponse("slow"), Counts()))
    client.get("/slow")
    client.get("/quick")
    told = [(entry["log_level"], entry["path"], entry["ms"]) for entry in logged.entries]
    assert told == [("info", "/slow", 1000), ("debug", "/quick", 999)]


def test_who_breaks_off_is_in_flight_no_more() -> None:
    counts = Counts()

    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        assert counts.in_flight == 1
        raise ConnectionResetError

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(Watched(breaking, counts))) as client:
            await client.get("http://rates.test/")

    with pytest.raises(ConnectionResetError):
        asyncio.run(ask())
    assert counts.in_flight == 0
    assert counts.requests == {("none", 500): 1}
