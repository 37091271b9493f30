"""The application as a process runs it: started, served over real HTTP, stopped."""

from __future__ import annotations

import asyncio
import http.client
from threading import Event
from urllib.parse import urlsplit

import httpx
from structlog.testing import capture_logs

from app.context import Context
from app.domain.errors import StoreUnavailable
from app.web.app import create_app
from tests.web.conftest import Client, fill, served


def test_over_real_http_an_answer_is_what_it_is_in_the_process(context: Context, client: Client) -> None:
    fill(context)
    with served(create_app(context)) as address, httpx.Client(base_url=address) as real:
        for path in ("/v1/latest", "/v1/ticker.txt", "/v1/history/KGS%2FUSD", "/openapi.json"):
            assert real.get(path).content == client.get(path).content
        first = real.get("/v1/latest")
        assert real.get("/v1/latest", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        head = real.head("/v1/latest")
        assert (head.content, head.headers["etag"]) == (b"", first.headers["etag"])
        assert head.headers["content-length"] == first.headers["content-length"]
        assert real.options("/v1/latest").status_code == 204
        assert real.post("/v1/latest", content=b"x" * 100_000).status_code == 405


def test_a_connection_serves_on_after_head_and_304(context: Context) -> None:
    with served(create_app(context)) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
        for method, headers, length in (
            ("HEAD", {}, 0),
            ("GET", {"If-None-Match": "*"}, 0),
            ("OPTIONS", {}, 0),
            ("GET", {}, 1),
        ):
            connection.request(method, "/v1/pairs", headers=headers)
            assert min(len(connection.getresponse().read()), 1) == length
        connection.close()


def test_the_address_asked_is_the_one_that_links_begin_with(context: Context) -> None:
    fill(context)
    with served(create_app(context)) as address:
        link = httpx.get(f"{address}/v1/ticks?limit=1").headers["link"]
        assert link.startswith(f"<{address}/v1/ticks?limit=1&after=")


def test_a_public_url_is_what_links_begin_with(context: Context) -> None:
    fill(context)
    settings = context.settings.model_copy(update={"public_url": "https://rates.example/fx"})
    app = create_app(Context(settings, context.clock, context.catalog, context.store))
    link = Client(app).get("/v1/ticks?limit=1").headers["link"]
    assert link.startswith("<https://rates.example/fx/v1/ticks?limit=1&after=")


def test_the_background_runs_from_the_start_to_the_stop(context: Context) -> None:
    events: list[str] = []

    async def background() -> None:
        events.append("started")
        try:
            await asyncio.Event().wait()
        finally:
            events.append("stopped")

    with served(create_app(context, background=background)) as address:
        assert httpx.get(f"{address}/livez").status_code == 200
        assert events == ["started"]
    assert events == ["started", "stopped"]


def test_answers_go_on_when_the_background_fails_and_the_log_tells(context: Context) -> None:
    async def background() -> None:
        raise RuntimeError("out of order")

    with capture_logs() as logs, served(create_app(context, background=background)) as address:
        assert httpx.get(f"{address}/livez").status_code == 200
    assert [entry["log_level"] for entry in logs if entry["event"] != "answered"] == ["critical"]


def test_a_slow_store_delays_nobody_but_those_who_ask_it(context: Context) -> None:
    answered = Event()

    class SlowStore:
        seen = None

        def read(self, known: int | None = None) -> None:
            assert answered.wait(30), "the event loop stood still while the store was asked"
            raise StoreUnavailable("too slow")

    app = create_app(Context(context.settings, context.clock, context.catalog, SlowStore()))  # type: ignore[arg-type]

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://rates.test") as client:
            slow = asyncio.create_task(client.get("/v1/latest"))
            quick = await client.get("/livez")
            answered.set()
            return [quick.status_code, (await slow).status_code]

    assert asyncio.run(ask()) == [200, 503]


def test_many_readers_at_once_get_the_same_bytes(context: Context) -> None:
    fill(context)
    app = create_app(context)

    async def ask() -> set[bytes]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://rates.test"
        ) as client:
            replies = await asyncio.gather(*(client.get("/v1/latest") for _ in range(20)))
            return {reply.content for reply in replies}

    assert len(asyncio.run(ask())) == 1
