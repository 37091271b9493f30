"""Fetch and keys: sent with the request, and told to nobody else, whatever the upstream makes of them."""

import asyncio
import logging
import re
import ssl
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from structlog.testing import capture_logs

from app.domain.errors import SourceError
from app.ingest.fetch import Fetcher, Limits, redacted, secretly
from app.sources import openexchangerates
from app.sources.base import Request
from tests.fakes import NOON, HastyClock
from tests.ingest.test_fetch import SELF_SIGNED, closed_port, wanted
from tests.simulator import Fault, Simulator
from tests.simulator.openexchangerates import APP_ID

pytestmark = pytest.mark.anyio

KEY = "s3cret/K"
SECRET = "app_id=s3cret%2FK"
HURRIED = Limits(exchange=timedelta(seconds=1), attempts=2)


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """The service that wants a key has rates."""
    with Simulator() as simulator:
        simulator.set_clock(NOON)
        simulator.openexchangerates.publish(date(2026, 3, 3))
        yield simulator


@asynccontextmanager
async def echoing(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The URL of a host that answers so, with what it was asked for in place of `ECHO`."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        writer.write(answer.replace(b"ECHO", target))
        writer.close()

    async with await asyncio.start_server(respond, "127.0.0.1", 0, ssl=tls) as server:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/latest.json"


def told(error: SourceError) -> str:
    """All that anybody could print of an error, with those behind it."""
    return "".join([str(error), repr(error), repr(error.args), *traceback.format_exception(error)])


async def failure(url: str, caplog: pytest.LogCaptureFixture) -> str:
    """What is told and logged of a fetch that fails, at the most talkative."""
    caplog.set_level(logging.DEBUG)
    async with Fetcher(HastyClock(), limits=HURRIED) as fetcher:
        with capture_logs() as logs, pytest.raises(SourceError) as caught:
            await fetcher.fetch("openexchangerates", Request(url, secret=SECRET, alternatives=(url,)))
    return told(caught.value) + caplog.text + repr(logs)


def secretive(text: str) -> bool:
    """Whether the key is nowhere in `text`, however it is spelt."""
    return not any(spelt in text.lower() for spelt in ("s3cret", "%2fk"))


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://h/a", "https://h/a?app_id=k"),
        ("https://h/a?b=c", "https://h/a?b=c&app_id=k"),
    ],
)
def test_the_key_is_the_last_part_of_the_query(url: str, sent: str) -> None:
    assert secretly(Request(url, secret="app_id=k")) == sent
    assert secretly(Request(url)) == url


async def test_the_key_is_sent_and_the_reply_does_not_show_it(
    sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (request,) = openexchangerates.keyed(APP_ID).requests(NOON)
    async with Fetcher(HastyClock(), mirror=sim.url) as fetcher:
        with capture_logs() as logs:
            reply = wanted(await fetcher.fetch("openexchangerates", request))
            fetcher.keep(reply)
            assert await fetcher.fetch("openexchangerates", request) is None
        assert APP_ID not in repr(vars(fetcher))
    assert [asked.query for asked in sim.log] == [f"prettyprint=0&app_id={APP_ID}"] * 2
    assert reply.request is request
    assert APP_ID not in repr(reply) + repr(request) + caplog.text + repr(logs)


@pytest.mark.parametrize("fault", [*Fault])
async def test_no_fault_brings_the_key_to_light(
    sim: Simulator, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = openexchangerates.keyed(APP_ID)
    (request,) = source.requests(NOON)
    assert source.parse
    errors = ""
    async with Fetcher(HastyClock(), mirror=sim.url, limits=replace(HURRIED, attempts=1)) as fetcher:
        with capture_logs() as logs, sim.failing(fault):
            try:
                source.parse(wanted(await fetcher.fetch(source.key, request)))
            except SourceError as error:
                errors = told(error)
    assert [asked.query for asked in sim.log] == [f"prettyprint=0&app_id={APP_ID}"]
    assert APP_ID not in errors + caplog.text + repr(logs)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "disconnected without sending a response"),
        (b"HTTP/1.1 302 Found\r\nLocation: ECHO\r\n\r\n", "/latest.json, which is not followed"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: https://other.example/s3cret/K/x?ECHO\r\n\r\n",
            r"/\*\*\*/x, which",
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /" + b"a" * 170 + b"/S3CRET%2fK\r\n\r\n",
            r"/a+/\*\*\*, which",
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: https://s3cret%2FK@other.example/\r\n\r\n",
            "other.example/, which",
        ),
        (b"HTTP/1.1 401 ECHO\r\nContent-Length: 52\r\n\r\nECHO", "answered 401 Unauthorized"),
        (b"HTTP/1.1 503 ECHO\r\nRetry-After: ECHO\r\n\r\nECHO", "answered 503 Service Unavailable"),
        (b"you asked for ECHO\r\n\r\n", r"app_id=\*\*\*"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: ECHO\r\n\r\nECHO", "which was not asked for"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: ECHO\r\n\r\n", "bad Content-Length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nECHO\r\n", "illegal chunk header"),
    ],
)
async def test_an_upstream_that_repeats_the_key_does_not_spread_it(
    answer: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with echoing(answer) as url:
        found = await failure(url, caplog)
    assert secretive(found)
    assert re.search(why, found)


async def test_a_refusal_or_a_bad_certificate_does_not_tell_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with closed_port() as closed:
        found = await failure(f"{closed}/latest.json", caplog)
    assert "connection refused" in found
    assert secretive(found)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(SELF_SIGNED)
    async with echoing(b"", tls=context) as url:
        found = await failure(url, caplog)
    assert "certificate is not to be trusted" in found
    assert secretive(found)


async def test_a_body_that_repeats_the_key_reaches_no_parser_with_it() -> None:
    secret = "app_id=a-s3cret-of-16%2FK"
    answer = b'HTTP/1.1 200 OK\r\n\r\n{"error": true, "message": "no access: ECHO", "n": "\xe2\x82\xac\xff"}'
    async with echoing(answer) as url, Fetcher(HastyClock()) as fetcher:
        reply = wanted(await fetcher.fetch("openexchangerates", Request(url, secret=secret)))
        plain = wanted(await fetcher.fetch("openexchangerates", Request(url)))
    assert reply.body == (
        b'{"error": true, "message": "no access: /latest.json?app_id=***", "n": "\xe2\x82\xac\xff"}'
    )
    assert plain.body.endswith(b'/latest.json", "n": "\xe2\x82\xac\xff"}')


@pytest.mark.parametrize("key", ["87", "4500", "4" * 15])
async def test_a_key_that_is_too_short_to_be_one_alters_no_rate(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    sound = b'{"rates": {"KGS": 87.4500, "UZS": 1.' + b"4" * 20 + b"}}"
    async with echoing(b"HTTP/1.1 200 OK\r\n\r\n" + sound) as url, Fetcher(HastyClock()) as fetcher:
        reply = await fetcher.fetch("openexchangerates", Request(url, secret=f"app_id={key}"))
    assert wanted(reply).body == sound


async def test_a_short_key_is_in_no_error_either() -> None:
    async with echoing(b"you asked for ECHO\r\n\r\n") as url, Fetcher(HastyClock()) as fetcher:
        with pytest.raises(SourceError, match=r"app_id=\*\*\*"):
            await fetcher.fetch("openexchangerates", Request(url, secret="app_id=87x"), attempts=1)


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        (SECRET, "app_id=s3cret%2FK&x=1", "app_id=***&x=1"),
        (SECRET, "s3cret%2fk and s3cret/K", "*** and ***"),
        ("id=one&key=two+words", "one, two words, two+words", "***, ***, ***"),
        ("bare", "a bare key", "a *** key"),
        ("id=", "nothing to hide", "nothing to hide"),
        ("", "nothing to hide", "nothing to hide"),
    ],
)
def test_the_values_of_a_secret_are_starred_and_nothing_else(secret: str, text: str, shown: str) -> None:
    assert redacted(text, Request("https://h/", secret=secret)) == shown
