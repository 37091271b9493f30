"""Fetch against real HTTP: the simulator's faults, and a host of canned bytes for what it does not do."""

import asyncio
import gzip
import logging
import socket
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from app.clock import Clock
from app.domain.errors import BadBody, BadStatus, SourceError, Unreachable
from app.ingest.fetch import Busy, Fetcher, Limits, mirrored, shown, user_agent
from app.sources.base import Reply, Request
from tests.fakes import NOON, FakeClock, HastyClock
from tests.simulator import Fault, Simulator
from tests.simulator.faults import ANSWER_FAULTS, PUBLICATION_FAULTS, WIRE_FAULTS, gzip_bomb

pytestmark = pytest.mark.anyio

URL = "https://www.nbkr.kg/XML/daily.xml"
SELF_SIGNED = Path(__file__).with_name("self_signed.pem")
"""Key and certificate of `localhost`, signed by nobody else, for this test alone; until 2120."""

ONCE = Limits(exchange=timedelta(seconds=5), attempts=1)
HURRIED = replace(ONCE, exchange=timedelta(seconds=1))

NO_ANSWER = (Fault.TRUNCATED, Fault.RESET, Fault.REFUSE, Fault.SLOW_HEADERS, Fault.SLOW_DRIP)
REFUSED = {
    Fault.STATUS_403: "answered 403 Forbidden",
    Fault.STATUS_404: "answered 404 Not Found",
    Fault.STATUS_429: "answered 429 Too Many Requests, not to be asked before 2026-03-03T12:02:00Z",
    Fault.STATUS_500: "answered 500 Internal Server Error",
    Fault.STATUS_503: "answered 503 Service Unavailable, not to be asked before 2026-03-03T12:02:00Z",
    Fault.REDIRECT: "answered 302 Found, a redirect to",
}
OVERSIZED = {
    Fault.HUGE: "sends more than 5,000,000 bytes",
    Fault.GZIP_BOMB: "sends more than 5,000,000 bytes when unpacked",
    Fault.ENDLESS: "sends more than 5,000,000 bytes",
}
FOR_THE_PARSER = {*PUBLICATION_FAULTS, *ANSWER_FAULTS, *WIRE_FAULTS} - {*NO_ANSWER, *REFUSED, *OVERSIZED}


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """NBKR has published a file."""
    with Simulator() as simulator:
        simulator.set_clock(NOON)
        simulator.nbkr.publish(date(2026, 3, 3), {"USD": "87,4500"})
        yield simulator


@asynccontextmanager
async def fetching(
    at: Simulator, limits: Limits = ONCE, clock: Clock | None = None
) -> AsyncIterator[Callable[..., asyncio.Task[Reply | None]]]:
    """What fetches the daily file from the simulator, as a task."""
    async with Fetcher(clock or HastyClock(), mirror=at.url, limits=limits, random=Random(1)) as fetcher:
        yield lambda url=URL: asyncio.create_task(fetcher.fetch("nbkr", Request(url)))


async def failure(sim: Simulator, limits: Limits = ONCE, clock: Clock | None = None) -> SourceError:
    """The error of one fetch."""
    async with fetching(sim, limits, clock) as fetch:
        with pytest.raises(SourceError) as caught:
            await asyncio.wait_for(fetch(), 10)
    return caught.value


@contextmanager
def closed_port() -> Iterator[str]:
    """The address of a port on which nobody listens, held so that nobody will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def wanted(reply: Reply | None) -> Reply:
    """The reply, for there must be one."""
    assert reply is not None
    return reply


# A sound answer


async def test_a_reply_has_the_body_and_the_instant_of_its_arrival(sim: Simulator) -> None:
    async with fetching(sim) as fetch:
        reply = wanted(await fetch())
    publication = sim.nbkr.online(NOON)
    assert publication is not None
    assert reply.body == sim.nbkr.render(publication)
    assert (reply.fetched_at, reply.request) == (NOON, Request(URL))


async def test_an_upstream_is_told_who_asks_and_for_what(sim: Simulator) -> None:
    async with Fetcher(HastyClock(), mirror=sim.url, about="https://rates.example.org") as fetcher:
        await fetcher.fetch("nbkr", Request(URL))
        await fetcher.fetch("nbkr", Request(URL, {"Accept": "application/xml", "X-Key": "k"}))
    plain, special = (request.headers for request in sim.log)
    assert plain["user-agent"] == user_agent("https://rates.example.org")
    assert (plain["accept"], plain["accept-encoding"]) == ("*/*", "gzip")
    assert (special["accept"], special["x-key"]) == ("application/xml", "k")
    assert special["user-agent"] == plain["user-agent"]


def test_the_user_agent_begins_like_a_browser_and_says_what_it_is() -> None:
    assert user_agent("https://x.org") == "Mozilla/5.0 (compatible; Silkrate/0.1.0; +https://x.org)"
    assert user_agent(None) == "Mozilla/5.0 (compatible; Silkrate/0.1.0)"


async def test_one_connection_serves_many_requests(sim: Simulator) -> None:
    async with fetching(sim) as fetch:
        for _ in range(3):
            await fetch()
    assert len({request.connection for request in sim.log}) == 1


# The mirror


def test_a_mirror_is_asked_for_host_path_and_query() -> None:
    url = "https://www.nbt.tj/files/kurs.php?date=2026-03-03&cn=840"
    assert (
        mirrored(url, "http://m:81/up/") == "http://m:81/up/www.nbt.tj/files/kurs.php?date=2026-03-03&cn=840"
    )
    assert mirrored("http://h:8080/", "https://m") == "https://m/h:8080/"
    assert mirrored(url, None) == url


async def test_the_mirror_gets_the_request_as_the_upstream_would(sim: Simulator) -> None:
    async with fetching(sim) as fetch:
        await fetch(f"{URL}?day=3.3&x=%D1%81")
    (request,) = sim.log
    assert (request.method, request.host, request.path) == ("GET", "www.nbkr.kg", "/XML/daily.xml")
    assert request.query == "day=3.3&x=%D1%81"


async def test_a_mirror_on_this_machine_is_asked_without_the_proxy(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed_port() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        async with fetching(sim) as fetch:
            assert await fetch()
        async with Fetcher(HastyClock(), limits=ONCE) as fetcher:
            with pytest.raises(Unreachable, match="connection refused"):
                await fetcher.fetch("nbkr", Request("https://upstream.invalid/"))


# Every fault of the simulator


def test_every_fault_is_sorted() -> None:
    assert {*NO_ANSWER, *REFUSED, *OVERSIZED, *FOR_THE_PARSER} == set(Fault)


@pytest.mark.parametrize("fault", NO_ANSWER)
async def test_no_complete_answer_is_unreachable(sim: Simulator, fault: Fault) -> None:
    with sim.failing(fault):
        error = await failure(sim, HURRIED)
    assert type(error) is Unreachable
    assert error.source == "nbkr"
    assert str(error).startswith("nbkr: www.nbkr.kg/XML/daily.xml (asked at 127.0.0.1")


@pytest.mark.parametrize(("fault", "why"), REFUSED.items())
async def test_a_status_other_than_200_is_refused(sim: Simulator, fault: Fault, why: str) -> None:
    with sim.failing(fault):
        error = await failure(sim)
    assert isinstance(error, BadStatus)
    assert (error.source, error.type) == ("nbkr", "bad-status")
    assert f"www.nbkr.kg/XML/daily.xml (asked at 127.0.0.1:{sim.port}) {why}" in str(error)


@pytest.mark.parametrize(("fault", "why"), OVERSIZED.items())
async def test_a_body_without_measure_is_refused(sim: Simulator, fault: Fault, why: str) -> None:
    with sim.failing(fault):
        error = await failure(sim)
    assert type(error) is BadBody
    assert str(error).endswith(why)


@pytest.mark.parametrize("fault", sorted(FOR_THE_PARSER))
async def test_a_spoilt_document_arrives_as_it_is(sim: Simulator, fault: Fault) -> None:
    async with fetching(sim) as fetch:
        sound = wanted(await fetch())
        with sim.failing(fault):
            spoilt = wanted(await fetch())
    assert spoilt.body != sound.body


@pytest.mark.parametrize("fault", [*NO_ANSWER, *REFUSED, *OVERSIZED])
async def test_after_a_failure_the_same_fetcher_recovers(sim: Simulator, fault: Fault) -> None:
    clock = HastyClock()
    async with fetching(sim, HURRIED, clock) as fetch:
        with sim.failing(fault), pytest.raises(SourceError):
            await fetch()
        clock.advance(timedelta(minutes=2))  # what a 429 and a 503 of the simulator ask for
        assert await fetch()


async def test_a_redirect_is_not_followed_and_its_target_named(sim: Simulator) -> None:
    with sim.failing(Fault.REDIRECT):
        error = await failure(sim, Limits())
    target = f"127.0.0.1:{sim.port}/www.nbkr.kg/elsewhere/XML/daily.xml"
    assert f"302 Found, a redirect to {target}, which is not followed" in str(error)
    assert len(sim.log) == 1


async def test_an_upstream_that_is_down_is_unreachable_and_then_back(sim: Simulator) -> None:
    async with fetching(sim) as fetch:
        await fetch()
        sim.stop()
        with pytest.raises(Unreachable, match="connection refused"):
            await fetch()
        sim.start()
        assert await fetch()


# Other ways in which no answer comes


async def test_an_unknown_host_is_named() -> None:
    async with Fetcher(HastyClock(), limits=Limits(attempts=1)) as fetcher:
        with pytest.raises(Unreachable, match=r"^nbkr: upstream\.invalid/x: the host name does not resolve$"):
            await fetcher.fetch("nbkr", Request("https://upstream.invalid/x"))


async def test_what_speaks_no_tls_is_unreachable(sim: Simulator) -> None:
    async with Fetcher(HastyClock(), limits=ONCE) as fetcher:
        with pytest.raises(Unreachable, match=r"daily\.xml: the TLS handshake failed: "):
            await fetcher.fetch("nbkr", Request(f"https://127.0.0.1:{sim.port}/daily.xml"))


async def test_a_certificate_is_always_verified_against_the_bundle_that_the_operator_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(SELF_SIGNED)
    async with canned(head(length=0), tls=context) as host:
        async with Fetcher(HastyClock(), limits=ONCE) as fetcher:
            with pytest.raises(
                Unreachable, match="certificate is not to be trusted: self-signed certificate"
            ):
                await fetcher.fetch("nbkr", Request(host.url))
        monkeypatch.setenv("SSL_CERT_FILE", str(SELF_SIGNED))
        async with Fetcher(HastyClock(), limits=ONCE) as fetcher:
            assert await fetcher.fetch("nbkr", Request(host.url))


async def test_the_deadline_is_that_of_the_whole_body_and_not_of_each_part(sim: Simulator) -> None:
    started = asyncio.get_running_loop().time()
    with sim.failing(Fault.SLOW_DRIP):  # a byte each 100 ms never lets a read time out
        error = await failure(sim, replace(ONCE, exchange=timedelta(milliseconds=500)))
    assert str(error).endswith(": no complete answer within 0.5 s")
    assert 0.5 <= asyncio.get_running_loop().time() - started < 2


# Bytes, one host of canned answers


@dataclass
class Canned:
    """A host that answers every request with the same bytes, and closes; `sent` counts them."""

    parts: list[bytes]
    endless: bool = False
    sent: int = 0
    requests: list[bytes] = field(default_factory=list)
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a request, send the parts, the last one for ever if it is endless."""
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        try:
            for part in self.parts:
                await self.send(writer, part)
            while self.endless:
                await self.send(writer, self.parts[-1])
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def send(self, writer: asyncio.StreamWriter, part: bytes) -> None:
        """Send a part, no faster than it is taken."""
        writer.write(part)
        await writer.drain()
        self.sent += len(part)


@asynccontextmanager
async def canned(
    *parts: bytes, endless: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Canned]:
    """A host on loopback that answers with `parts`."""
    host = Canned(list(parts), endless)
    async with await asyncio.start_server(host.answer, "127.0.0.1", 0, ssl=tls) as server:
        host.url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/daily.xml"
        yield host


def head(*lines: str, length: int | None = None) -> bytes:
    """The head of a 200 with these header lines."""
    sized = [f"Content-Length: {length}"] if length is not None else []
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, *sized, "", ""]).encode()


def packed(body: bytes, encoding: str = "gzip") -> bytes:
    """A whole answer with `body` marked as `encoding`."""
    return head(f"Content-Encoding: {encoding}", length=len(body)) + body


async def body_of(answer: bytes, limits: Limits = ONCE) -> bytes:
    """The body of a fetch from a host with that answer."""
    async with canned(answer) as host, Fetcher(HastyClock(), limits=limits) as fetcher:
        return wanted(await fetcher.fetch("nbkr", Request(host.url))).body


async def test_gzip_is_unpacked() -> None:
    assert await body_of(packed(gzip.compress(b"87,4500" * 999, mtime=0))) == b"87,4500" * 999
    assert await body_of(packed(gzip.compress(b"87,4500", mtime=0), "X-GZip")) == b"87,4500"
    assert await body_of(packed(b"87,4500", "identity")) == b"87,4500"


@pytest.mark.parametrize(
    ("answer", "error", "why"),
    [
        (packed(zlib.compress(b"1")), BadBody, "sends as gzip what is none"),
        (packed(b"<html>"), BadBody, "sends as gzip what is none"),
        (packed(gzip.compress(b"1", mtime=0) + b"2"), BadBody, "goes on after the end of its gzip"),
        (packed(zlib.compress(b"1"), "deflate"), BadBody, "encoding 'deflate', which was not asked for"),
        (
            packed(gzip.compress(b"1", mtime=0), "gzip, br"),
            BadBody,
            "encoding 'gzip, br', which was not asked for",
        ),
        (packed(gzip.compress(b"1" * 99, mtime=0)[:-9]), Unreachable, "the body ends before its gzip does"),
        (packed(b""), Unreachable, "the body ends before its gzip does"),
        (head("Transfer-Encoding: chunked") + b"5\r\n87,45\r\n", Unreachable, "incomplete chunked read"),
        (head("Transfer-Encoding: chunked") + b"no size\r\n", Unreachable, "illegal chunk header"),
        (head("Content-Length: seven"), Unreachable, "bad Content-Length"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Unreachable, "illegal status line"),
        (b"", Unreachable, "disconnected without sending a response"),
    ],
)
async def test_a_body_that_is_not_what_it_claims_is_refused(
    answer: bytes, error: type[SourceError], why: str
) -> None:
    with pytest.raises(error, match=why):
        await body_of(answer)


@pytest.mark.parametrize(
    ("limits", "body"),
    [
        (replace(ONCE, received=1000), b"x" * 1000),
        (replace(ONCE, unpacked=1000), b"x" * 1000),
    ],
)
async def test_a_limit_is_the_last_size_that_is_taken(limits: Limits, body: bytes) -> None:
    assert await body_of(packed(body, "identity"), limits) == body
    with pytest.raises(BadBody, match="more than 1,000 bytes"):
        await body_of(packed(body + b"x", "identity"), limits)


async def test_a_bomb_is_stopped_before_memory_grows(sim: Simulator) -> None:
    publication = sim.nbkr.online(NOON)
    assert publication is not None
    gzip_bomb(sim.nbkr.render(publication))  # made beforehand: its making is not to be measured
    with sim.failing(Fault.GZIP_BOMB):
        tracemalloc.start()
        try:
            error = await failure(sim, replace(ONCE, unpacked=500_000))
            grown = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert type(error) is BadBody
    assert grown < 8_000_000  # of 64 MiB


async def test_an_endless_body_is_hung_up_on() -> None:
    parts = (head(), b" " * 65536)
    async with canned(*parts, endless=True) as host, Fetcher(HastyClock(), limits=ONCE) as fetcher:
        with pytest.raises(BadBody, match="sends more than 5,000,000 bytes"):
            await fetcher.fetch("nbkr", Request(host.url))
        await asyncio.sleep(0)
        assert 5_000_000 <= host.sent < 20_000_000  # what the sockets on the way hold comes on top


async def test_no_cookie_is_kept() -> None:
    answer = head("Set-Cookie: visitor=1; Path=/", length=0)
    async with canned(answer) as host, Fetcher(HastyClock()) as fetcher:
        for _ in range(2):
            await fetcher.fetch("nbkr", Request(host.url))
    assert len(host.requests) == 2
    assert not any(b"ookie" in request for request in host.requests)


# Trying again


@pytest.mark.parametrize("fault", [Fault.STATUS_500, Fault.REFUSE, Fault.TRUNCATED, Fault.RESET])
async def test_what_may_pass_is_tried_again(sim: Simulator, fault: Fault) -> None:
    sim.fault(fault, times=2)
    async with fetching(sim, Limits()) as fetch:
        assert await fetch()
    assert len(sim.log) == 3


@pytest.mark.parametrize("fault", [Fault.STATUS_500, Fault.REFUSE])
async def test_it_is_not_tried_for_ever(sim: Simulator, fault: Fault) -> None:
    with sim.failing(fault):
        await failure(sim, Limits(attempts=4))
    assert len(sim.log) == 4


@pytest.mark.parametrize(
    "fault", [Fault.STATUS_403, Fault.STATUS_404, Fault.REDIRECT, Fault.HUGE, Fault.GZIP_BOMB]
)
async def test_what_will_not_pass_is_not_tried_again(sim: Simulator, fault: Fault) -> None:
    with sim.failing(fault):
        await failure(sim, Limits())
    assert len(sim.log) == 1


async def test_waits_double_and_are_jittered(sim: Simulator) -> None:
    seconds = set()
    for seed in range(5):
        clock, sim.log[:] = FakeClock(), []
        async with Fetcher(clock, mirror=sim.url, random=Random(seed)) as fetcher:
            with sim.failing(Fault.STATUS_500):
                task = asyncio.create_task(fetcher.fetch("nbkr", Request(URL)))
                for attempt, (least, most) in enumerate([(1, 2), (2, 3)], 1):
                    wait = await asyncio.wait_for(clock.next_wake(), 5) - clock.now()
                    assert timedelta(seconds=least) <= wait < timedelta(seconds=most)
                    assert len(sim.log) == attempt
                    seconds.add(wait)
                    clock.advance(wait)
                with pytest.raises(BadStatus):
                    await asyncio.wait_for(task, 5)
    assert len(seconds) > 5


@pytest.mark.parametrize(
    ("retry_after", "until"),
    [
        ("20", NOON + timedelta(seconds=20)),
        ("Tue, 03 Mar 2026 12:00:45 GMT", NOON + timedelta(seconds=45)),
        ("Tue, 03 Mar 2026 12:00:45 -0000", NOON + timedelta(seconds=45)),
        ("Tuesday, 03-Mar-26 12:00:45 GMT", NOON + timedelta(seconds=45)),
    ],
)
@pytest.mark.parametrize("fault", [Fault.STATUS_429, Fault.STATUS_503])
async def test_an_upstream_is_left_alone_until_it_wants_to_be_asked(
    sim: Simulator, fault: Fault, retry_after: str, until: datetime
) -> None:
    clock = FakeClock()
    sim.fault(fault, times=1, retry_after=retry_after)
    async with fetching(sim, Limits(), clock) as fetch:
        task = fetch()
        assert await asyncio.wait_for(clock.next_wake(), 5) == until
        clock.move_to(until)
        assert await asyncio.wait_for(task, 5)
    assert len(sim.log) == 2


@pytest.mark.parametrize(
    "retry_after", ["0", "soon", "-5", "", "9" * 30 + "x", "Tue, 03 Mar 2020 12:00:00 GMT"]
)
async def test_without_a_sound_wish_the_backoff_holds(sim: Simulator, retry_after: str) -> None:
    clock = FakeClock()
    sim.fault(Fault.STATUS_429, times=1, retry_after=retry_after)
    async with fetching(sim, Limits(), clock) as fetch:
        task = fetch()
        wait = await asyncio.wait_for(clock.next_wake(), 5) - NOON
        assert timedelta(seconds=1) <= wait < timedelta(seconds=2)
        task.cancel()


@pytest.mark.parametrize("retry_after", ["91", "86400", "Wed, 04 Mar 2026 12:00:00 GMT", "9" * 10])
async def test_a_wish_beyond_the_series_ends_it_and_is_told(sim: Simulator, retry_after: str) -> None:
    with sim.failing(Fault.STATUS_503):
        sim.injections[-1].retry_after = retry_after
        error = await failure(sim, Limits())
    assert isinstance(error, Busy)
    assert error.again_at is not None
    assert error.again_at > NOON + timedelta(seconds=90)
    assert len(sim.log) == 1


async def test_no_attempt_begins_after_the_series(sim: Simulator) -> None:
    with sim.failing(Fault.STATUS_500):
        await failure(sim, Limits(attempts=50, series=timedelta(seconds=40)))
    assert 5 <= len(sim.log) <= 6  # waits of 1, 2, 4, 8, 16 and at most 5 s of jitter


# Politeness


async def test_what_was_kept_is_asked_for_only_if_it_has_changed(sim: Simulator) -> None:
    async with Fetcher(HastyClock(), mirror=sim.url) as fetcher:
        fetcher.keep(wanted(await fetcher.fetch("nbkr", Request(URL))))
        assert await fetcher.fetch("nbkr", Request(URL)) is None
        sim.nbkr.publish(date(2026, 3, 4), {"USD": "87,4600"}, at=NOON + timedelta(seconds=1))
        sim.set_clock(NOON + timedelta(seconds=1))
        assert b"87,4600" in wanted(await fetcher.fetch("nbkr", Request(URL))).body
    first, *later = (request.headers for request in sim.log)
    assert not {"if-none-match", "if-modified-since"} & first.keys()
    for headers in later:
        assert headers["if-none-match"].startswith('W/"')
        assert headers["if-modified-since"] == "Tue, 03 Mar 2026 12:00:00 GMT"


async def test_what_was_not_kept_is_asked_for_in_full(sim: Simulator) -> None:
    async with fetching(sim) as fetch:
        assert await fetch()
        assert await fetch()
    assert [request.status for request in sim.log] == [200, 200]


async def test_a_spoilt_body_is_not_hidden_by_its_validators(sim: Simulator) -> None:
    async with fetching(sim) as fetch:
        with sim.failing(Fault.EMPTY):  # with the validators of the sound one
            spoilt = wanted(await fetch())
        assert spoilt.body == b""
        assert spoilt.validators
        assert wanted(await fetch()).body


async def test_each_url_has_validators_of_its_own(sim: Simulator) -> None:
    async with Fetcher(HastyClock(), mirror=sim.url) as fetcher:
        fetcher.keep(wanted(await fetcher.fetch("nbkr", Request(URL))))
        assert await fetcher.fetch("nbkr", Request(f"{URL}?day=2"))
        assert await fetcher.fetch("nbkr", Request(URL)) is None


async def test_a_304_that_was_not_asked_for_is_refused() -> None:
    answer = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    async with canned(answer) as host, Fetcher(HastyClock()) as fetcher:
        with pytest.raises(BadStatus, match="answered 304 Not Modified"):
            await fetcher.fetch("nbkr", Request(host.url))
        fetcher.keep(Reply(Request(host.url), b"", NOON))
        with pytest.raises(BadStatus, match="answered 304 Not Modified"):
            await fetcher.fetch("nbkr", Request(host.url))


# Secrets


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown("https://user:secret@h.example:81/a/b?key=secret#secret") == "h.example:81/a/b"
    assert shown("/b?key=secret", "https://user:secret@h/a") == "h/b"
    assert shown("http://[broken", "http://h/") == "an address that cannot be read"
    assert len(shown("http://h/" + "a" * 9999)) == 200


@pytest.mark.parametrize(
    "fault", [Fault.STATUS_403, Fault.STATUS_503, Fault.REDIRECT, Fault.RESET, Fault.HUGE]
)
async def test_a_key_in_a_query_is_in_no_error_and_no_log(
    sim: Simulator, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with fetching(sim) as fetch:
        assert await fetch(f"{URL}?app_id=s3cret")
        with sim.failing(fault), pytest.raises(SourceError) as caught:
            await fetch(f"{URL}?app_id=s3cret")
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in caplog.text
    assert sim.log[-1].query == "app_id=s3cret"
