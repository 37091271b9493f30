"""A long table is sent while it is read: a part at a time, checked before it begins, told as broken when it
breaks, and whatever becomes of its reader the record is let go.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import brotli
import httpx
import pyarrow.parquet
import pytest
import zstandard
from pyarrow import BufferReader
from starlette.types import ASGIApp

from app.cli.serve import is_news
from app.context import Context
from app.domain.answers import Answer
from app.domain.table import Column, Table
from app.ingest.record import record
from app.render import tables as rendered
from app.render.tables import as_csv
from app.web import limits as limits_module
from app.web import sending, tables
from app.web.app import create_app
from app.web.limits import Limits
from app.web.sending import Reading, Streamed
from tests.fakes import FakeClock
from tests.said import at, nbkr
from tests.web.conftest import NOW, Client, fill, lasting, made, say, served
from tests.web.test_counting import of, samples
from tests.web.test_kept import followed
from tests.web.watching import Watching, soon

DAYS = 300
LONG = "/v1/history/KGS-USD.csv?source=nbkr"

DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": lambda content: zstandard.ZstdDecompressor().decompressobj().decompress(content),
    "gzip": gzip.decompress,
}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is long begins at 4 KB instead of 256, in parts of 20 rows instead of 1,000."""
    monkeypatch.setattr(tables, "WHOLE", 4_000)
    monkeypatch.setattr(rendered, "AT_ONCE", 20)
    monkeypatch.setattr(rendered, "ROW_GROUP", 50)


def lengthen(context: Context) -> Context:
    first = date(2026, 5, 21) - timedelta(days=DAYS - 1)
    said = [nbkr(first + timedelta(days=each), f"87.{4000 + each}") for each in range(DAYS)]
    record(context.store, context.catalog, said, NOW - timedelta(hours=1))
    return context


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    with made(tmp_path_factory.mktemp("long")) as context:
        yield lengthen(context)


@pytest.fixture
def long(shared: Context, clock: FakeClock) -> Context:
    """A context whose record has many days, and stays as it is."""
    return replace(shared, clock=clock)


@pytest.fixture
def growing(context: Context) -> Client:
    """A client of a service whose record has many days, and to which a test adds."""
    return Client(create_app(lengthen(context)))


@pytest.fixture
def watching(long: Context) -> Watching:
    """Its store, watched."""
    return Watching(long.store)


def app_of(long: Context, watching: Watching) -> ASGIApp:
    return create_app(watching.context(long))


def broken(app: ASGIApp) -> dict[str, float | None]:
    """How many tables were not sent to their end, by the causes of which there were any."""
    found = samples(Client(app))
    told = {cause: of(found, "tables_broken_total", cause=cause) for cause in ("failed", "gone", "slow")}
    return {cause: times for cause, times in told.items() if times}


def tables_open(app: ASGIApp) -> float | None:
    return of(samples(Client(app)), "tables_sending")


def rows_of(table: bytes) -> int:
    return table.count(b"\n")


# What is sent, and when.


def test_a_long_table_has_all_its_rows_and_no_length(long: Context, watching: Watching) -> None:
    response = Client(app_of(long, watching)).get(LONG)
    lines = response.content.decode().split("\r\n")
    assert response.status_code == 200
    assert "content-length" not in response.headers
    assert [line.split(",")[2] for line in lines[1:-1]] == [
        str(date(2026, 5, 21) - timedelta(days=DAYS - 1 - each)) for each in range(DAYS)
    ]
    short = Client(app_of(long, watching)).get(LONG + "&limit=20")
    assert short.headers["content-length"] == str(len(short.content))
    assert response.content.startswith(short.content)
    assert watching.views == 0


class Counted:
    """A table whose rows are counted as they are read, in a view that is counted, too."""

    def __init__(self, rows: int) -> None:
        self.most, self.read, self.views = rows, 0, 0

    def rows(self) -> Iterator[tuple[int]]:
        for number in range(self.most):
            self.read += 1
            yield (number,)

    @contextmanager
    def answering(self) -> Iterator[Answer[Table]]:
        self.views += 1
        try:
            yield Answer(Table([Column("number", "whole")], self.rows()), 1, NOW, None)
        finally:
            self.views -= 1

    def reading(self) -> Reading:
        return Reading(self.answering(), as_csv)


def response_of(reading: Reading, limits: Limits, most: int = 100) -> Streamed:
    return Streamed(reading, reading.begin(most), limits, {}, "text/csv", None)


async def listen() -> dict[str, Any]:
    """What a server says of a reader who stays."""
    await asyncio.sleep(3600)
    raise AssertionError


def test_no_more_rows_are_in_memory_than_two_parts_have() -> None:
    counted, sent, in_flight = Counted(5_000), 0, list[int]()

    async def send(message: Any) -> None:
        nonlocal sent
        in_flight.append(counted.read - sent)
        sent += rows_of(message.get("body", b""))

    async def life() -> None:
        limits = Limits()
        await limits.tables.enter()
        await response_of(counted.reading(), limits)({"type": "http", "path": "/"}, listen, send)
        assert (limits.tables.inside, limits.parts.inside) == (0, 0)
        assert set(limits.broken.values()) == {0}

    asyncio.run(life())
    assert (counted.read, sent, counted.views) == (5_000, 5_001, 0)
    assert len(in_flight) > 200
    assert max(in_flight) <= 40


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson", "application/vnd.apache.parquet"])
def test_the_parts_of_each_form_make_one_table(long: Context, watching: Watching, accept: str) -> None:
    app = app_of(long, watching)
    content = Client(app).get("/v1/history/KGS-USD?source=nbkr", accept=accept).content
    if accept.endswith("parquet"):
        file = pyarrow.parquet.ParquetFile(BufferReader(content))
        assert (file.metadata.num_rows, file.metadata.num_row_groups) == (DAYS, DAYS / 50)
    else:
        assert rows_of(content) == DAYS + (accept == "text/csv")


@pytest.mark.parametrize("coding", DECODERS)
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_each_coding_of_a_stream_decodes_to_the_same_bytes(
    long: Context, watching: Watching, coding: str, form: str
) -> None:
    client, path = Client(app_of(long, watching)), LONG.replace("csv", form)
    plain = client.get(path)
    with served(client.app) as address:
        lines = httpx.Headers({"accept-encoding": coding})
        with httpx.stream("GET", address + path, headers=lines) as response:
            coded = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == coding
    assert len(coded) < len(plain.content) / 3
    assert DECODERS[coding](coded) == plain.content
    assert response.headers["vary"] == plain.headers["vary"]


def test_what_is_compressed_by_its_form_is_sent_as_it_is(long: Context, watching: Watching) -> None:
    response = Client(app_of(long, watching)).get(LONG.replace("csv", "parquet"), accept_encoding="gzip")
    assert "content-encoding" not in response.headers
    assert "Accept-Encoding" not in response.headers.get("vary", "")


# What is checked before.


@pytest.mark.parametrize(
    ("query", "status", "problem"),
    [
        ("&since=2026-05-21&until=2026-05-01", 422, "bad-parameter"),
        ("&after=nonsense", 400, "bad-cursor"),
        ("&fill=previous&revisions=true", 422, "bad-parameter"),
    ],
)
def test_what_is_wrong_with_the_question_is_a_problem(
    long: Context, watching: Watching, query: str, status: int, problem: str
) -> None:
    app = app_of(long, watching)
    response = Client(app).get(LONG + query)
    assert (response.status_code, response.json()["type"].rpartition("/")[2]) == (status, problem)
    assert (watching.views, tables_open(app)) == (0, 0)


@pytest.mark.parametrize("rows", [0, 1, 19])
def test_what_fails_before_anything_was_sent_is_a_problem(
    long: Context, watching: Watching, rows: int
) -> None:
    watching.fails_after = rows
    app = app_of(long, watching)
    response = Client(app).get(LONG)
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert "etag" not in response.headers
    assert (watching.views, tables_open(app)) == (0, 0)


# What goes wrong.


def take(response: httpx.Response, got: bytearray) -> None:
    """Take all there is, also of what breaks off."""
    for part in response.iter_raw():
        got.extend(part)


def test_a_failure_in_mid_stream_ends_the_transfer_without_its_last_chunk(
    long: Context, watching: Watching
) -> None:
    watching.fails_after = 200
    app = app_of(long, watching)
    got = bytearray()
    with served(app) as address:
        headers = {"accept-encoding": "identity"}
        with (
            httpx.stream("GET", address + LONG, headers=headers) as response,
            pytest.raises(httpx.RemoteProtocolError),
        ):
            take(response, got)
        assert soon(lambda: watching.views == 0)
        assert (tables_open(app), broken(app)) == (0, {"failed": 1})
    assert response.status_code == 200
    assert 20 < rows_of(bytes(got)) <= 1 + 200


@pytest.mark.parametrize("coding", DECODERS)
def test_so_it_does_in_a_coding_whose_own_end_is_missing_too(
    long: Context, watching: Watching, coding: str
) -> None:
    watching.fails_after = 200
    with (
        served(app_of(long, watching)) as address,
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream("GET", address + LONG, headers={"accept-encoding": coding}) as response,
    ):
        for _ in response.iter_raw():
            pass


@contextmanager
def reading(address: str, path: str) -> Iterator[socket.socket]:
    """A reader with little room for what he does not take."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect((host, int(port)))
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert reader.recv(12) == b"HTTP/1.1 200"
        yield reader


def test_a_reader_who_went_is_noticed(long: Context, watching: Watching) -> None:
    watching.endless = True
    app = app_of(long, watching)
    with served(app) as address:
        with reading(address, LONG):
            assert (watching.views, tables_open(app)) == (1, 1)
        assert soon(lambda: watching.views == 0)
        assert soon(lambda: tables_open(app) == 0)
        read = watching.rows
        assert not soon(lambda: watching.rows != read, 0.1)
        assert broken(app) == {"gone": 1}


def test_a_reader_who_takes_nothing_is_left(
    long: Context, watching: Watching, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sending, "STALLED", 0.3)
    watching.endless = True
    app = app_of(long, watching)
    with caplog.at_level(logging.INFO), served(app) as address, reading(address, LONG):
        assert soon(lambda: watching.views == 0)
        assert soon(lambda: tables_open(app) == 0)
    assert broken(app) == {"slow": 1}
    assert not [each for each in caplog.records if each.exc_info], "a trace of what is nobody's fault here"
    assert [each.name for each in caplog.records if not is_news(each)] == ["uvicorn.error"]
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR and is_news(each)]


class Sipping:
    """A reader who takes so many bytes a second, by a clock that stands otherwise."""

    def __init__(self, rate: float) -> None:
        self.rate, self.now, self.taken, self.ended = rate, 0.0, 0, False

    async def send(self, message: Any) -> None:
        """Take a part."""
        part = message.get("body", b"")
        self.now += len(part) / self.rate
        self.taken += len(part)
        self.ended = not message.get("more_body", True)


@pytest.mark.parametrize(("rate", "ended"), [(1.1, True), (0.9, False)])
def test_a_reader_who_takes_next_to_nothing_is_left_after_a_while(
    monkeypatch: pytest.MonkeyPatch, rate: float, ended: bool
) -> None:
    """A place is not held by one who takes a part in each half minute."""
    counted, limits = Counted(20_000), Limits()
    reader = Sipping(limits_module.LEAST * rate)
    monkeypatch.setattr(sending, "monotonic", lambda: reader.now)
    monkeypatch.setattr(sending, "STALLED", 0.5)

    async def life() -> None:
        await limits.tables.enter()
        await response_of(counted.reading(), limits)({"type": "http", "path": "/"}, listen, reader.send)

    asyncio.run(life())  # and raises nothing
    assert reader.ended is ended
    assert (counted.views, limits.tables.inside) == (0, 0)
    assert limits.broken == {"gone": 0, "slow": int(not ended), "failed": 0}
    if not ended:
        assert 0.5 < reader.now < 1
        assert reader.taken < counted.most


def test_of_all_tables_one_part_is_made_at_a_time_and_each_has_its_turn() -> None:
    limits, at_once, most, made = Limits(), 0, 0, list[int]()
    lock = threading.Lock()

    def writing(number: int) -> Callable[[Table], Iterator[bytes]]:
        def write(table: Table) -> Iterator[bytes]:
            nonlocal at_once, most
            for _ in table.rows:
                with lock:
                    at_once += 1
                    most = max(most, at_once)
                time.sleep(0.002)
                with lock:
                    at_once -= 1
                    made.append(number)
                yield b"x"

        return write

    async def send(message: Any) -> None:
        await asyncio.sleep(0)

    async def life() -> None:
        sent = []
        for number in range(4):
            reading = Reading(Counted(12).answering(), writing(number))
            await limits.tables.enter()
            response = response_of(reading, limits, most=0)
            sent.append(response({"type": "http", "path": "/"}, listen, send))
        await asyncio.gather(*sent)

    asyncio.run(life())
    assert (most, len(made)) == (1, 48)
    turns = made[4:]  # after the beginnings
    assert all(len(set(turns[place : place + 4])) >= 3 for place in range(0, 36, 4))
    assert limits.broken == {"gone": 0, "slow": 0, "failed": 0}


def test_a_table_that_takes_too_long_to_send_is_ended(
    long: Context, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LONGEST", 0.2)
    watching.endless = True
    app = app_of(long, watching)
    with (
        served(app) as address,
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream("GET", address + LONG) as response,
    ):
        for _ in response.iter_raw():
            pass
    assert (watching.views, tables_open(app)) == (0, 0)


def test_who_reads_a_part_is_waited_for_before_the_view_is_given_back() -> None:
    counted, begun, go_on = Counted(50), threading.Event(), threading.Event()

    def write(table: Table) -> Iterator[bytes]:
        for _ in table.rows:
            begun.set()
            go_on.wait(10)
            assert counted.views == 1
            yield b"x"

    reading = Reading(counted.answering(), write)
    first = threading.Thread(target=reading.begin, args=(1_000,))
    first.start()
    begun.wait(10)
    second = threading.Thread(target=reading.end)
    second.start()
    assert not soon(lambda: counted.views == 0, 0.05)
    go_on.set()
    first.join()
    second.join()
    assert (counted.views, counted.read, reading.next()) == (0, 1, b"")


def test_what_was_given_up_before_it_began_takes_no_view() -> None:
    counted = Counted(50)
    reading = counted.reading()
    reading.end()
    assert (reading.begin(10), counted.read, counted.views) == (b"", 0, 0)


@pytest.mark.parametrize("rows", [0, 200])
def test_when_a_request_is_called_off_the_view_is_given_back(
    long: Context, watching: Watching, rows: int
) -> None:
    """While its beginning is read, and later."""
    watching.waits_after = rows
    app = app_of(long, watching)

    async def life() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://rates.test"
        ) as client:
            asking = asyncio.ensure_future(client.get(LONG))
            while watching.rows < rows or not watching.views:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)
            asking.cancel()
            await asyncio.sleep(0.01)
            asking.cancel()  # and again
            watching.go_on.set()
            while watching.views:
                await asyncio.sleep(0.001)
            assert (await client.get(LONG)).status_code == 200

    asyncio.run(asyncio.wait_for(life(), 10))
    assert (watching.views, tables_open(app)) == (0, 0)


def test_so_many_are_sent_at_once_and_short_ones_go_on(long: Context, watching: Watching) -> None:
    watching.waits_after = 100
    app = app_of(long, watching)

    async def life() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://rates.test"
        ) as client:
            sent = [
                asyncio.ensure_future(client.get(f"{LONG}&since=2020-01-0{1 + each}")) for each in range(8)
            ]
            while "silkrate_tables_sending 8.0" not in (await client.get("/metrics")).text:
                await asyncio.sleep(0.001)
            refused = await client.get(LONG)
            assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (503, "overloaded")
            assert refused.headers["retry-after"] == "2"
            assert (await client.head(LONG)).status_code == 503
            assert (await client.get(f"{LONG}&limit=5")).status_code == 200
            for method in ("GET", "HEAD"):  # a page that turns out to be as long
                assert (await client.request(method, f"{LONG}&limit=90")).status_code == 503
            watching.go_on.set()
            assert {rows_of((await each).content) for each in sent} == {DAYS + 1}
            assert (await client.get(LONG)).status_code == 200

    asyncio.run(asyncio.wait_for(life(), 20))
    assert (watching.views, tables_open(app)) == (0, 0)
    assert of(samples(Client(app)), "refused_total", gate="tables") == 4


# What is known already.


def test_of_what_the_reader_has_or_asks_no_body_of_only_the_beginning_is_read(
    long: Context, watching: Watching
) -> None:
    client = Client(app_of(long, watching))
    whole = client.get(LONG)
    watching.rows = 0
    known = client.get(LONG, if_none_match=whole.headers["etag"])
    assert (known.status_code, known.content) == (304, b"")
    head = client.request("HEAD", LONG)
    assert (head.status_code, head.content, lasting(head)) == (200, b"", lasting(whole))
    assert watching.rows <= 2 * 60
    assert (watching.views, tables_open(client.app)) == (0, 0)


def test_the_tag_is_that_of_the_bytes_in_each_form_and_coding(long: Context, watching: Watching) -> None:
    client = Client(app_of(long, watching))
    bodies: dict[str, set[bytes]] = {}
    tags: dict[bytes, set[str]] = {}
    for path in (
        LONG,
        LONG.replace("csv", "ndjson"),
        LONG.replace("csv", "parquet"),
        LONG + "&until=2026-05-20",
    ):
        for coding in ("identity", *DECODERS):
            for _ in range(2):
                response = client.get(path, accept_encoding=coding)
                raw = response.content if coding == "identity" else coding.encode() + response.content
                raw = response.content if ".parquet" in path else raw
                bodies.setdefault(response.headers["etag"], set()).add(raw)
                tags.setdefault(raw, set()).add(response.headers["etag"])
    assert {len(each) for each in bodies.values()} == {len(each) for each in tags.values()} == {1}


def test_the_order_of_the_parameters_changes_no_tag(long: Context, watching: Watching) -> None:
    client = Client(app_of(long, watching))
    one = client.get("/v1/history/KGS-USD.csv?source=nbkr&since=2025-08-01")
    other = client.get("/v1/history/KGS-USD.csv?since=2025-08-01&source=nbkr")
    assert (one.headers["etag"], one.content) == (other.headers["etag"], other.content)


def test_the_tag_of_a_long_table_is_another_after_anything_was_recorded(
    growing: Client, context: Context, clock: FakeClock
) -> None:
    before = growing.get(LONG)
    say(context, nbkr("2026-03-10", "87.4999"), when="2026-05-21 05:00")  # in the same moment
    after = growing.get(LONG, if_none_match=before.headers["etag"])
    assert (after.status_code, after.headers["etag"] != before.headers["etag"]) == (200, True)
    assert after.content != before.content


def test_and_after_a_turn_of_the_clock_that_brings_a_row(
    growing: Client, context: Context, clock: FakeClock
) -> None:
    say(context, nbkr("2026-05-22", "87.6000"), when="2026-05-21 05:30")
    before = growing.get(LONG)
    clock.move_to(at("2026-05-21 17:59"))
    assert growing.get(LONG, if_none_match=before.headers["etag"]).status_code == 304
    clock.move_to(at("2026-05-21 18:00"))  # midnight in Bishkek
    after = growing.get(LONG, if_none_match=before.headers["etag"])
    assert (after.status_code, rows_of(after.content)) == (200, rows_of(before.content) + 1)
    assert after.headers["etag"] != before.headers["etag"]


def test_the_memento_of_a_long_table_gives_it_again(
    growing: Client, context: Context, clock: FakeClock
) -> None:
    before = growing.get(LONG)
    link = before.headers["link"].partition("<http://rates.test")[2].partition(">")[0]
    say(context, nbkr("2026-03-10", "87.4999"), when="2026-05-21 05:30")
    clock.advance(timedelta(days=3))
    assert growing.get(link).content == before.content


def test_a_short_table_is_kept_and_a_long_one_is_not(growing: Client, context: Context) -> None:
    with followed(context):
        for _ in range(2):
            growing.get(LONG)
            growing.get(LONG + "&limit=5")
        found = samples(growing)
    assert of(found, "cache_misses_total") == 3
    assert of(found, "cache_entries") == 1
    assert of(found, "cache_hits_total", layer="ready") == 1


def test_with_the_record_out_of_reach_a_short_table_is_the_last_that_was_kept(
    context: Context, clock: FakeClock
) -> None:
    fill(context)
    watching = Watching(context.store)
    client = Client(create_app(watching.context(context)))
    with followed(context):
        before = client.get("/v1/history/KGS-USD.csv")
        clock.advance(timedelta(days=1))  # a turn: it would be asked again
        watching.gone = True
        assert client.get("/v1/history/KGS-USD.csv").content == before.content
        assert client.get("/v1/history/KGS-USD.ndjson").status_code == 503
