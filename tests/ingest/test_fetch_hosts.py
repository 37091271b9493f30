"""Fetch and its hosts: who may be asked, over how many connections, who is left alone, and who is asked
instead.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.domain.errors import BadBody, BadStatus, NoRates, SourceError, Unreachable
from app.ingest.breaker import REST, TRIPS_AFTER, Resting
from app.ingest.fetch import Busy, Fetcher, Limits
from app.sources.base import Reply, Request, Source
from app.sources.catalog import catalog
from tests.fakes import NOON, FakeClock, HastyClock
from tests.ingest.test_fetch import ONCE, URL, Canned, canned, closed_port, head, wanted
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.anyio

FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
TOO_MUCH = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
HUNG_UP = b""
UNTIL_ONE = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"
NOT_GZIP = head("Content-Encoding: gzip", length=6) + b"<html>"
SOUND = head('ETag: "1"', length=7) + b"87,4500"
TWICE = replace(ONCE, attempts=2)
KNOWN = catalog(app_id="key")
PAGES = "*.currency-api.pages.dev"
DAYS = [date(2026, 2, 1 + n) for n in range(10)]

PAGES_SIGNED = Path(__file__).with_name("pages_signed.pem")
"""Key and certificate of `*.pages.example`, signed by nobody else, for this test alone; until 2120."""


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """NBKR and NBK have published."""
    with Simulator() as simulator:
        simulator.set_clock(NOON)
        simulator.nbkr.publish(date(2026, 3, 3))
        simulator.nbk.publish(date(2026, 3, 3))
        yield simulator


def asks(url: str, *alternatives: str) -> Request:
    """A request with these alternatives."""
    return Request(url, alternatives=alternatives)


def asks_a_day(url: str, *alternatives: str) -> Request:
    """A request for a day that a 404 says is not there."""
    return Request(url, alternatives=alternatives, day=date(2026, 3, 3), absent=frozenset({404}))


def page(day: date) -> Request:
    """A request for a day's file, at the host that is named after the day."""
    return Request(f"https://{day}.currency-api.pages.dev/v1/currencies/usd.min.json")


# Who may be asked


@pytest.mark.parametrize(
    "url",
    [
        "https://bank.example/daily.xml",
        "http://www.nbkr.kg/XML/daily.xml",
        "HTTPS://www.nbkr.kg/XML/daily.xml",
        "https://nbkr.kg/XML/daily.xml",
        "https://www.nbkr.kg.bank.example/XML/daily.xml",
        "https://www.nbkr.kg:8443/XML/daily.xml",
        "https://someone@www.nbkr.kg/XML/daily.xml",
        "https://pages.example/x.json",
        "https://.pages.example/x.json",
        "https://a.b.pages.example/x.json",
        "https://someone@a.pages.example/x.json",
        "file:///etc/passwd",
        "www.nbkr.kg/XML/daily.xml",
    ],
)
async def test_nobody_but_the_hosts_of_the_sources_is_asked_and_the_stranger_is_named(
    sim: Simulator, url: str
) -> None:
    hosts = ["www.nbkr.kg", "*.pages.example"]
    async with Fetcher(HastyClock(), mirror=sim.url, hosts=hosts) as fetcher:
        for request in (Request(url), asks(URL, url)):
            with pytest.raises(Unreachable, match="is not at one of this service's hosts") as caught:
                await fetcher.fetch("nbkr", request)
    assert url.partition("://")[2].rpartition("@")[2] in str(caught.value)
    assert sim.log == []


async def test_a_star_stands_for_one_label(sim: Simulator) -> None:
    hosts = ["www.nbkr.kg", "*.pages.example"]
    async with Fetcher(HastyClock(), mirror=sim.url, hosts=hosts) as fetcher:
        await fetcher.fetch("nbkr", Request(URL))
        with pytest.raises(BadStatus, match="404"):
            await fetcher.fetch("nbkr", Request("https://2026-03-03.pages.example/x.json"))
    assert [request.host for request in sim.log] == ["www.nbkr.kg", "2026-03-03.pages.example"]


@pytest.mark.parametrize("source", KNOWN.sources, ids=lambda source: source.key)
async def test_every_source_may_be_asked_what_it_wants_to_be_asked(sim: Simulator, source: Source) -> None:
    requests = [*source.requests(NOON)]
    if source.history:
        requests += next(source.history.spans(date(2026, 2, 2), date(2026, 3, 3))).requests
    urls = [url for request in requests for url in (request.url, *request.alternatives)]
    async with Fetcher(HastyClock(), mirror=sim.url, hosts=KNOWN.hosts, limits=ONCE) as fetcher:
        for url in urls:
            with suppress(BadStatus):
                await fetcher.fetch(source.key, Request(url))
    assert [request.host for request in sim.log] == [Request(url).host for url in urls]


# Connections


async def test_a_host_is_asked_over_one_connection_however_often(sim: Simulator) -> None:
    async with Fetcher(HastyClock(), mirror=sim.url) as fetcher:
        for _ in range(15):
            await fetcher.fetch("nbkr", Request(URL))
        await asyncio.gather(*(fetcher.fetch("nbkr", Request(URL)) for _ in range(15)))
    assert len(sim.log) == 30
    assert len({request.connection for request in sim.log}) == 1


async def test_each_host_has_a_connection_of_its_own(sim: Simulator) -> None:
    other = "https://nationalbank.kz/rss/get_rates.cfm?fdate=03.03.2026"
    async with Fetcher(HastyClock(), mirror=sim.url) as fetcher:
        for _ in range(3):
            await fetcher.fetch("nbkr", Request(URL))
            await fetcher.fetch("nbk", Request(other))
    assert {request.host: request.connection for request in sim.log}.keys() == {
        "www.nbkr.kg",
        "nationalbank.kz",
    }
    assert len({(request.host, request.connection) for request in sim.log}) == 2
    assert len({request.connection for request in sim.log}) == 2


async def test_a_connection_that_broke_is_replaced_once(sim: Simulator) -> None:
    sim.fault(Fault.RESET, times=1)
    async with Fetcher(HastyClock(), mirror=sim.url) as fetcher:
        for _ in range(5):
            assert await fetcher.fetch("nbkr", Request(URL))
    assert len({request.connection for request in sim.log}) == 2


async def test_all_names_of_a_pattern_are_one_host_with_one_connection(sim: Simulator) -> None:
    async with Fetcher(HastyClock(), mirror=sim.url, hosts=[PAGES]) as fetcher:
        for day in DAYS:
            sim.fawazahmed0.publish(day)
            assert await fetcher.fetch("fawazahmed0", page(day))
    assert len({request.host for request in sim.log}) == len(DAYS)
    assert len({request.connection for request in sim.log}) == 1


@dataclass
class Tunnels:
    """A proxy on loopback that leads every name to `port`. `open` are the names that it is connected for."""

    port: int
    served: list[asyncio.Future[None]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    most: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect, and hand on what either side sends until the asker hangs up."""
        self.served.append(ended := asyncio.get_running_loop().create_future())
        name = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        inward, outward = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        self.names.append(name)
        self.open.append(name)
        self.most = max(self.most, len(self.open))
        back = asyncio.create_task(hand_on(inward, writer))
        await hand_on(reader, outward)
        self.open.remove(name)
        await back
        ended.set_result(None)


async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Write all that is read."""
    with suppress(ConnectionError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    await hang_up(writer)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and return when it is closed."""
    writer.close()
    with suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()


@dataclass
class Patient(Canned):
    """A host that keeps its connections open for the next request."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the asker hangs up."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(b"".join(self.parts))
        await hang_up(writer)


async def test_the_connection_to_one_name_is_closed_for_that_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(PAGES_SIGNED)
    monkeypatch.setenv("SSL_CERT_FILE", str(PAGES_SIGNED))
    host = Patient([SOUND])
    async with await asyncio.start_server(host.answer, "127.0.0.1", 0, ssl=context) as server:
        tunnels = Tunnels(server.sockets[0].getsockname()[1])
        async with await asyncio.start_server(tunnels.answer, "127.0.0.1", 0) as proxy:
            for name in ("https_proxy", "NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
            async with Fetcher(HastyClock(), hosts=["*.pages.example"], limits=ONCE) as fetcher:
                urls = [f"https://{name}.pages.example/x.json" for name in "abcab" for _ in range(2)]
                for url in urls:
                    assert await fetcher.fetch("fawazahmed0", Request(url))
                replies = await asyncio.gather(*(fetcher.fetch("fawazahmed0", Request(url)) for url in urls))
            await asyncio.wait_for(asyncio.gather(*tunnels.served), 5)
    assert all(replies)
    assert len(host.requests) == 2 * len(urls)
    assert tunnels.names == [f"{name}.pages.example:443" for name in "abcab" * 2]
    assert tunnels.most == 1


@dataclass
class Waiting(Canned):
    """A host that answers once `asked` by so many at the same time, or after so many in all."""

    barrier: asyncio.Barrier | None = None
    now: int = 0
    most: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Count who is asking at the same time."""
        self.now += 1
        self.most = max(self.most, self.now)
        if self.barrier:
            await self.barrier.wait()
        await asyncio.sleep(0)
        self.now -= 1
        await super().answer(reader, writer)


@asynccontextmanager
async def waiting(barrier: asyncio.Barrier | None = None) -> AsyncIterator[Waiting]:
    """A host on loopback that waits at `barrier` before each answer."""
    host = Waiting([SOUND], barrier=barrier)
    async with await asyncio.start_server(host.answer, "127.0.0.1", 0) as server:
        host.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/daily.xml"
        yield host


async def test_one_host_is_asked_one_question_after_the_other() -> None:
    async with waiting() as host, Fetcher(HastyClock(), limits=ONCE) as fetcher:
        await asyncio.gather(*(fetcher.fetch("nbkr", Request(host.url)) for _ in range(10)))
    assert (len(host.requests), host.most) == (10, 1)


async def test_two_hosts_are_asked_side_by_side() -> None:
    both = asyncio.Barrier(2)  # neither answers before the other is asked
    async with waiting(both) as one, waiting(both) as two, Fetcher(HastyClock(), limits=ONCE) as fetcher:
        replies = await asyncio.gather(
            fetcher.fetch("nbkr", Request(one.url)), fetcher.fetch("nbk", Request(two.url))
        )
    assert all(replies)


# Hosts that fail again and again


async def fail_often(fetcher: Fetcher, request: Request, times: int = TRIPS_AFTER) -> None:
    """Ask in vain so many times, of which none is refused for a rest."""
    for _ in range(times):
        with pytest.raises(SourceError) as caught:
            await fetcher.fetch("nbkr", request)
        assert not isinstance(caught.value, Resting)


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.RESET, Fault.TRUNCATED, Fault.STATUS_500])
async def test_a_host_that_failed_too_often_is_left_alone_for_a_while(sim: Simulator, fault: Fault) -> None:
    clock = FakeClock()
    async with Fetcher(clock, mirror=sim.url, limits=ONCE) as fetcher:
        with sim.failing(fault):
            await fail_often(fetcher, Request(URL))
        for _ in range(3):
            with pytest.raises(Resting, match=r"www\.nbkr\.kg failed 5 times in a row"):
                await fetcher.fetch("nbkr", Request(f"{URL}?another=document"))
        assert len(sim.log) == TRIPS_AFTER
        clock.advance(REST)
        assert await fetcher.fetch("nbkr", Request(URL))


async def test_after_its_rest_one_trial_decides_for_all_who_wait(sim: Simulator) -> None:
    clock = FakeClock()
    async with Fetcher(clock, mirror=sim.url, limits=ONCE) as fetcher:
        with sim.failing(Fault.STATUS_500):
            await fail_often(fetcher, Request(URL))
            clock.advance(REST)
            answers = await asyncio.gather(
                *(fetcher.fetch("nbkr", Request(URL)) for _ in range(4)), return_exceptions=True
            )
            assert [isinstance(answer, Resting) for answer in answers] == [False, True, True, True]
            assert len(sim.log) == TRIPS_AFTER + 1
        clock.advance(REST)
        with pytest.raises(Resting):
            await fetcher.fetch("nbkr", Request(URL))
        clock.advance(REST)
        assert all(await asyncio.gather(*(fetcher.fetch("nbkr", Request(URL)) for _ in range(4))))


async def test_a_rest_is_not_waited_for_in_the_fetch_in_which_it_begins(sim: Simulator) -> None:
    limits = Limits(attempts=50, backoff=timedelta(milliseconds=100))
    async with Fetcher(HastyClock(), mirror=sim.url, limits=limits) as fetcher:
        with sim.failing(Fault.STATUS_500), pytest.raises(BadStatus, match="500"):
            await fetcher.fetch("nbkr", Request(URL))
    assert len(sim.log) == TRIPS_AFTER


async def test_the_rest_of_one_host_is_not_that_of_another(sim: Simulator) -> None:
    other = "https://nationalbank.kz/rss/get_rates.cfm?fdate=03.03.2026"
    async with Fetcher(FakeClock(), mirror=sim.url, limits=ONCE) as fetcher:
        with sim.failing(Fault.STATUS_500, host="www.nbkr.kg"):
            await fail_often(fetcher, Request(URL))
        assert await fetcher.fetch("nbk", Request(other))


async def test_all_names_of_a_pattern_rest_together(sim: Simulator) -> None:
    for day in DAYS:
        sim.fawazahmed0.publish(day)
    async with Fetcher(FakeClock(), mirror=sim.url, hosts=[PAGES], limits=ONCE) as fetcher:
        with sim.failing(Fault.STATUS_500):
            for day in DAYS[:TRIPS_AFTER]:
                await fail_often(fetcher, page(day), 1)
            for day in DAYS[TRIPS_AFTER:]:
                with pytest.raises(Resting, match=r"\*\.currency-api\.pages\.dev failed 5 times in a row"):
                    await fetcher.fetch("fawazahmed0", page(day))
    assert len(sim.log) == TRIPS_AFTER


@pytest.mark.parametrize(
    "fault", [Fault.STATUS_403, Fault.STATUS_404, Fault.REDIRECT, Fault.HUGE, Fault.GZIP_BOMB]
)
async def test_a_host_that_answers_is_not_left_alone_whatever_it_says(sim: Simulator, fault: Fault) -> None:
    async with Fetcher(FakeClock(), mirror=sim.url, limits=ONCE) as fetcher:
        with sim.failing(Fault.STATUS_500):
            await fail_often(fetcher, Request(URL), TRIPS_AFTER - 1)
        with sim.failing(fault):
            await fail_often(fetcher, Request(URL), 2)
        with sim.failing(Fault.STATUS_500):
            await fail_often(fetcher, Request(URL), TRIPS_AFTER - 1)
        assert await fetcher.fetch("nbkr", Request(URL))


async def test_a_rest_is_logged_once_and_so_is_its_end(sim: Simulator) -> None:
    clock = FakeClock()
    with capture_logs() as logs:
        async with Fetcher(clock, mirror=sim.url, limits=ONCE) as fetcher:
            with sim.failing(Fault.STATUS_500):
                await fail_often(fetcher, Request(URL))
                with pytest.raises(Resting):
                    await fetcher.fetch("nbkr", Request(URL))
                clock.advance(REST)
                await fail_often(fetcher, Request(URL), 1)
            clock.advance(REST * 2)
            for _ in range(2):
                await fetcher.fetch("nbkr", Request(URL))
    assert [(entry["event"], entry["host"]) for entry in logs] == [
        ("host rests", "www.nbkr.kg"),
        ("host answers again", "www.nbkr.kg"),
    ]


# Hosts that do not want to be asked


@pytest.mark.parametrize("fault", [Fault.STATUS_429, Fault.STATUS_503])
async def test_the_wish_of_a_host_holds_for_everybody_who_asks_it_until_its_instant(
    sim: Simulator, fault: Fault
) -> None:
    clock, until = FakeClock(), NOON + timedelta(hours=1)
    sim.fault(fault, times=1, retry_after="3600")
    async with Fetcher(clock, mirror=sim.url, limits=ONCE) as fetcher:
        await fail_often(fetcher, Request(URL), 1)
        for now in (NOON, until - timedelta(seconds=1)):
            clock.move_to(now)
            with pytest.raises(Resting, match=r"www\.nbkr\.kg wants to be left alone") as caught:
                await fetcher.fetch("another", Request(f"{URL}?another=document"))
            assert caught.value.again_at == until
        assert len(sim.log) == 1
        clock.move_to(until)
        assert await fetcher.fetch("nbkr", Request(URL))


async def test_who_waits_for_a_turn_hears_of_the_wish_before_anything_is_sent(sim: Simulator) -> None:
    sim.fault(Fault.STATUS_429, retry_after="3600")
    async with Fetcher(FakeClock(), mirror=sim.url) as fetcher:
        answers = await asyncio.gather(
            *(fetcher.fetch("nbkr", Request(URL)) for _ in range(5)), return_exceptions=True
        )
    assert [type(answer) for answer in answers] == [Busy, *[Resting] * 4]
    assert len(sim.log) == 1


async def test_a_wish_is_heeded_for_no_longer_than_a_day(sim: Simulator) -> None:
    clock = FakeClock()
    sim.fault(Fault.STATUS_503, times=1, retry_after="9" * 10)
    async with Fetcher(clock, mirror=sim.url, limits=ONCE) as fetcher:
        await fail_often(fetcher, Request(URL), 1)
        clock.advance(timedelta(days=1, seconds=-1))
        with pytest.raises(Resting):
            await fetcher.fetch("nbkr", Request(URL))
        clock.advance(timedelta(seconds=1))
        assert await fetcher.fetch("nbkr", Request(URL))


async def test_a_host_that_does_not_want_to_be_asked_is_passed_over() -> None:
    async with canned(UNTIL_ONE) as one, canned(SOUND) as two, Fetcher(FakeClock()) as fetcher:
        for _ in range(3):
            assert await fetcher.fetch("nbkr", asks(one.url, two.url))
    assert (len(one.requests), len(two.requests)) == (1, 3)


# Who is asked instead


@pytest.mark.parametrize("failure", [HUNG_UP, TOO_MUCH, UNTIL_ONE, FORBIDDEN, NOT_FOUND, MOVED, NOT_GZIP])
async def test_where_a_host_does_not_give_the_document_the_next_is_asked_at_once(failure: bytes) -> None:
    clock = FakeClock()  # on which a second attempt would wait for ever
    async with (
        canned(failure) as one,
        canned(failure) as two,
        canned(SOUND) as three,
        Fetcher(clock) as asker,
    ):
        request = asks_a_day(one.url, two.url, three.url)
        reply = wanted(await asker.fetch("nbkr", request))
    assert (reply.body, reply.request) == (b"87,4500", request)
    assert [len(host.requests) for host in (one, two, three)] == [1, 1, 1]


async def test_where_the_own_host_answers_nobody_else_is_asked() -> None:
    async with canned(SOUND) as one, canned(SOUND) as two, Fetcher(HastyClock()) as fetcher:
        assert wanted(await fetcher.fetch("nbkr", asks(one.url, two.url))).validators
    assert (len(one.requests), len(two.requests)) == (1, 0)


@pytest.mark.parametrize(
    ("own", "other", "error"),
    [
        (NOT_FOUND, NOT_FOUND, NoRates),
        (NOT_FOUND, FORBIDDEN, BadStatus),
        (NOT_FOUND, TOO_MUCH, Busy),
        (NOT_FOUND, HUNG_UP, Unreachable),
        (FORBIDDEN, NOT_FOUND, BadStatus),
        (NOT_GZIP, NOT_FOUND, BadBody),
        (HUNG_UP, NOT_FOUND, Unreachable),
        (FORBIDDEN, HUNG_UP, BadStatus),
        (HUNG_UP, FORBIDDEN, Unreachable),
    ],
)
async def test_a_day_is_absent_only_where_all_say_so_and_else_the_first_failure_is_told(
    own: bytes, other: bytes, error: type[SourceError]
) -> None:
    async with canned(own) as one, canned(other) as two, Fetcher(HastyClock()) as fetcher:
        with pytest.raises(error) as caught:
            await fetcher.fetch("nbkr", asks_a_day(one.url, two.url))
    assert type(caught.value) is error


async def test_only_those_whose_failure_may_pass_are_tried_again() -> None:
    async with (
        canned(FORBIDDEN) as one,
        canned(TOO_MUCH) as two,
        canned(NOT_FOUND) as three,
        Fetcher(HastyClock(), limits=TWICE) as fetcher,
    ):
        with pytest.raises(BadStatus, match="403"):
            await fetcher.fetch("nbkr", asks_a_day(one.url, two.url, three.url))
    assert [len(host.requests) for host in (one, two, three)] == [1, 2, 1]


async def test_where_nobody_answers_all_are_tried_again_and_the_own_host_is_named() -> None:
    with closed_port() as closed:
        async with canned(TOO_MUCH) as other, Fetcher(HastyClock(), limits=TWICE) as fetcher:
            with pytest.raises(Unreachable, match=r"own\.xml: connection refused"):
                await fetcher.fetch("nbkr", asks(f"{closed}/own.xml", other.url))
    assert len(other.requests) == 2


async def test_all_are_asked_as_often_as_the_asker_says() -> None:
    async with canned(HUNG_UP) as one, canned(HUNG_UP) as two, Fetcher(HastyClock()) as fetcher:
        with pytest.raises(Unreachable):
            await fetcher.fetch("nbkr", asks(one.url, two.url), attempts=1)
    assert (len(one.requests), len(two.requests)) == (1, 1)


async def test_a_host_at_rest_is_passed_over() -> None:
    async with canned(HUNG_UP) as one, canned(SOUND) as two, Fetcher(FakeClock(), limits=ONCE) as fetcher:
        for _ in range(TRIPS_AFTER + 3):
            assert await fetcher.fetch("nbkr", asks(one.url, two.url))
    assert (len(one.requests), len(two.requests)) == (TRIPS_AFTER, TRIPS_AFTER + 3)


async def test_what_another_host_says_of_its_version_says_nothing_to_this_one() -> None:
    async with canned(HUNG_UP) as one, canned(SOUND) as two, Fetcher(HastyClock()) as fetcher:
        request = asks(one.url, two.url)
        fetcher.keep(Reply(request, b"older", NOON, {"If-None-Match": '"0"'}))
        fetcher.keep(wanted(await fetcher.fetch("nbkr", request)))
        await fetcher.fetch("nbkr", request)
    assert [b"If-None-Match" in asked for asked in one.requests] == [True, False]
    assert not any(b"If-None-Match" in asked for asked in two.requests)


async def test_all_attempts_at_all_hosts_end_within_the_series(sim: Simulator) -> None:
    limits = Limits(exchange=timedelta(seconds=5), series=timedelta(milliseconds=500))
    async with Fetcher(HastyClock(), mirror=sim.url, limits=limits) as fetcher:
        with sim.failing(Fault.SLOW_HEADERS), pytest.raises(Unreachable) as caught:
            await fetcher.fetch("nbkr", asks(URL, "https://nationalbank.kz/rss/get_rates.cfm"))
        assert str(caught.value).endswith("no complete answer within 0.5 s in all")
        assert await fetcher.fetch("nbkr", Request(URL))


# A day that is not there


async def test_a_status_that_means_nothing_of_that_day_is_a_sound_answer(sim: Simulator) -> None:
    url = "https://cbt.tm/kurs/2026/03032026.xml"
    request = Request(url, day=date(2026, 3, 3), absent=frozenset({404}))
    async with Fetcher(HastyClock(), mirror=sim.url) as fetcher:
        with pytest.raises(
            NoRates, match=r"cbt\.tm/kurs/2026/03032026\.xml .*answered 404: nothing of 2026-03-03$"
        ):
            await fetcher.fetch("cbt", request)
        with pytest.raises(BadStatus, match="answered 404 Not Found"):
            await fetcher.fetch("cbt", Request(url))
        with sim.failing(Fault.STATUS_403, host="cbt.tm"), pytest.raises(BadStatus):
            await fetcher.fetch("cbt", request)
    assert len(sim.log) == 3
