"""What comes past the router is what the router would answer, and no more is remembered than may be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import permutations
from threading import Thread

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.context import Context
from app.web.app import create_app
from app.web.kept import EACH, Kept
from app.web.ready import Ready
from app.web.stream import Streaming
from tests.fakes import FakeClock
from tests.said import at, nbkr
from tests.store.test_contract_following import counting
from tests.web.conftest import Client, fill, lasting, say
from tests.web.test_kept import HERE, asked, followed, written

PATHS = [
    "/v1/latest",
    "/v1/latest/KGS-USD.txt",
    "/v1/ticker?decimals=5",
    "/v1/history/KGS-USD",
    "/v1/history/KGS-USD?limit=1",
    "/v1/latest?as_known_at=v:1",
    "/v1/latest?date=2026-05-20",
    "/v1/feed.atom",
    "/badge/KGS-USD.svg",
    "/chart/KGS-USD.svg?days=2",
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


def ready_of(app: ASGIApp) -> Ready:
    """The layer of ready answers in an application."""
    assert isinstance(app, Streaming)
    assert isinstance(app._app, Ready)
    return app._app


def listened(context: Context, most: int = 100) -> tuple[Client, Router]:
    """A client of an application, and its router as it is woken."""
    app = create_app(context)
    ready = ready_of(app)
    ready._app = router = Router(ready._app)
    ready._most = most
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


@pytest.mark.parametrize("header", ["accept", "host"])
def test_who_asks_at_length_is_answered_and_not_remembered(filled: Context, header: str) -> None:
    client, router = listened(filled)
    for times in (1, 2):
        assert client.get("/v1/history/KGS-USD?limit=1", **{header: "*/*" + "," * 3000}).status_code == 200
        assert router.times == times
    assert len(ready_of(client.app)._ways) == 0


def test_links_have_the_scheme_that_was_asked(filled: Context) -> None:
    client, _ = listened(filled)
    safe = replace(client, base_url="https://rates.test")
    for reader, scheme in ((safe, "https"), (client, "http"), (safe, "https")):
        assert reader.get("/v1/latest").headers["link"].startswith(f"<{scheme}://rates.test/")


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


def test_who_writes_a_question_in_another_order_is_given_the_same_answer(filled: Context) -> None:
    client, router = listened(filled)
    query = ("decimals=5", "lang=en", "pairs=KGS-USD,KZT-USD")
    with counting() as begun:
        answers = [client.get(f"/v1/ticker?{'&'.join(order)}") for order in permutations(query)]
        answers.append(client.get(f"/v1/ticker?&{'&&'.join(query)}&"))
    assert len({(answer.content, answer.headers["etag"]) for answer in answers}) == 1
    assert (router.times, len(begun) < 4) == (7, True)  # asked once; the follower looks now and then
    assert client.get("/v1/ticker?decimals=5&pairs=KZT-USD,KGS-USD&lang=en").content != answers[0].content


def test_a_way_of_asking_is_another_by_the_coding_that_it_takes_and_not_by_its_words(filled: Context) -> None:
    client, router = listened(filled)
    for header in ("br", "gzip, br", "br;q=0.9, zstd;q=0.8", "*"):
        assert client.get("/v1/latest", accept_encoding=header).headers["content-encoding"] == "br"
    assert router.times == 1
    assert client.get("/v1/latest", accept_encoding="zstd").headers["content-encoding"] == "zstd"
    assert "content-encoding" not in client.get("/v1/latest").headers
    assert router.times == 3
    tag = client.get("/v1/latest", accept_encoding="zstd").headers["etag"]
    assert client.get("/v1/latest", accept_encoding="br", if_none_match=tag).status_code == 200
    unchanged = client.get("/v1/latest", accept_encoding="zstd", if_none_match=tag)
    assert (unchanged.status_code, router.times) == (304, 3)
    assert not {"content-encoding", "content-type", "content-length"} & unchanged.headers.keys()


def test_headers_in_several_lines_are_one(filled: Context) -> None:
    client, router = listened(filled)
    first = client.get("/v1/latest", accept_encoding="gzip, br")
    lines: list[tuple[bytes, bytes]] = [
        (b"host", b"rates.test"),
        (b"accept-encoding", b"gzip"),
        (b"if-none-match", b'"other"'),
        (b"accept-encoding", b"br"),
        (b"if-none-match", first.headers["etag"].encode()),
    ]
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("the body was looked at")

    scope = {"type": "http", "method": "GET", "path": "/v1/latest", "query_string": b"", "headers": lines}

    async def ask() -> None:
        await client.app(scope, receive, send)

    asyncio.run(ask())
    assert (sent[0]["status"], router.times) == (304, 1)


def test_an_answer_that_made_room_is_held_by_nobody_who_remembers_how_it_was_asked(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.app.Kept", partial(Kept, most=10_000))
    app = create_app(filled)
    client = Client(app)
    for number in range(50):
        client.get(f"/v1/latest?max_age_days={number}")
    held = [way.entry.written for way in ready_of(app)._ways.values()]
    assert len(held) == 50
    assert 0 < sum(len(each.content) for each in held if each) < 10_000


def test_what_goes_out_ready_keeps_its_place(filled: Context) -> None:
    kept = Kept(filled.clock, most=3 * EACH)
    for name in ("first", "second"):
        kept.keep(asked(name), HERE, written())
    first = kept.holding(asked("first"), kept.last(asked("first")) or written())
    assert first
    assert first.current(HERE, filled.clock.now())
    kept.keep(asked("third"), HERE, written())
    assert [kept.last(asked(name)) is not None for name in ("first", "second")] == [True, False]
    assert first.written


def test_while_others_write_no_answer_is_older_than_what_is_acknowledged(filled: Context) -> None:
    client, router = listened(filled)
    values = ["87.4500", *(f"88.{number:04}" for number in range(1, 41))]
    acknowledged = values[:1]

    def write() -> None:
        for minute, value in enumerate(values[1:]):
            say(filled, nbkr("2026-05-21", value), when=f"2026-05-21 05:{minute:02}")
            acknowledged.append(value)

    writing, times, unchanged = Thread(target=write), 0, 0
    by_tag, tag = dict[str, str](), '"none"'
    writing.start()
    while len(acknowledged) < len(values) or not unchanged:
        least = len(acknowledged)
        answer = client.get("/v1/latest/KGS-USD", if_none_match=tag)
        times += 1
        unchanged += answer.status_code == 304
        tag = answer.headers["etag"]
        if answer.status_code == 200:
            value = answer.json()["published"]["value"]
            assert by_tag.setdefault(tag, value) == value
        assert by_tag[tag] in values[least - 1 :]
    writing.join()
    assert unchanged < times
    assert router.times < times


def test_only_so_many_ways_of_asking_are_remembered_the_newest(filled: Context) -> None:
    client, router = listened(filled, most=2)
    for path, woken in (
        ("/v1/latest", 1),
        ("/v1/pairs", 2),
        ("/v1/latest", 2),
        ("/v1/ticks", 3),
        ("/v1/pairs", 3),
        ("/v1/ticks", 3),
        ("/v1/latest", 4),
    ):
        client.get(path)
        assert router.times == woken, path


def test_other_methods_and_other_kinds_of_connection_are_the_routers(context: Context) -> None:
    client, router = listened(context)
    client.request("POST", "/v1/latest")
    client.request("OPTIONS", "/v1/latest")
    assert router.times == 2
