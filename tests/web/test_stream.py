"""The stream over a real server and real connections."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import pytest

from app.context import Context, opened
from app.domain.cursors import encode
from app.settings import Settings
from app.web.app import create_app
from app.web.broadcast import BEATS, Broadcast
from tests.cli.processes import soon
from tests.said import at, nbkr, paged
from tests.web.conftest import Client, decree, fill, made, say, served
from tests.web.listening import Stream, listening
from tests.web.test_counting import Samples, of, told


@pytest.fixture
def filled(context: Context) -> Context:
    """A context with a few ticks."""
    fill(context)
    return context


@pytest.fixture
def url(filled: Context) -> Iterator[str]:
    """Where it is served."""
    with served(create_app(filled)) as address:
        yield address


def news(context: Context, value: str = "87.5000", when: str = "2026-05-21 07:00") -> None:
    """Let the Kyrgyz bank correct itself: one tick."""
    say(context, nbkr("2026-05-21", value, fetched_at=at(when)), when=when)


def newest(context: Context) -> int:
    with context.store.read() as reader:
        return reader.counter().seq


def cursor(context: Context, seq: int) -> str:
    with context.store.read() as reader:
        return encode("t", reader.counter().log_id, str(seq))


def test_who_listens_is_told_what_comes_and_each_tick_is_that_of_the_log(filled: Context, url: str) -> None:
    before = newest(filled)
    with listening(url) as stream:
        assert stream.begin() == cursor(filled, before)
        news(filled)
        (event,) = stream.next()
    assert (event.name, event.id) == ("tick", cursor(filled, before + 1))
    assert "\n" not in event.text
    assert event.data == httpx.get(f"{url}/v1/ticks/{before + 1}").json()
    assert event.data["cause"] == "revision"


def test_a_stream_says_that_nothing_may_keep_it_back(filled: Context, url: str) -> None:
    with listening(url) as stream:
        headers = stream.response.headers
        stream.begin()
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
    assert headers["access-control-allow-origin"] == "*"
    assert "content-encoding" not in headers
    assert stream.retry
    assert 1_000 <= stream.retry <= 4_000


def test_those_who_come_back_do_not_all_come_at_once(url: str) -> None:
    delays = set()
    for _ in range(5):
        with listening(url) as stream:
            stream.begin()
            delays.add(stream.retry)
    assert len(delays) > 1


def test_what_was_missed_is_told_first_and_then_what_comes_without_gap_or_repeat(
    filled: Context, url: str
) -> None:
    end = newest(filled)
    for place in range(end + 1):
        with listening(url, f"/v1/stream?after={cursor(filled, place)}") as stream:
            assert stream.seqs(end - place) == list(range(place + 1, end + 1))
    with ExitStack() as open_now:
        streams = [
            open_now.enter_context(listening(url, "/v1/stream?after=" + cursor(filled, place)))
            for place in range(end)
        ]
        for number in range(3):
            news(filled, f"87.{number}100", f"2026-05-21 07:0{number}")
        assert [stream.seqs(end + 3 - place) for place, stream in enumerate(streams)] == [
            list(range(place + 1, end + 4)) for place in range(end)
        ]


def test_the_last_id_that_was_got_counts_before_the_address_which_stays_as_it_was(
    filled: Context, url: str
) -> None:
    path, got = f"/v1/stream?after={cursor(filled, 0)}", cursor(filled, 2)
    with listening(url, path, last_event_id=got) as stream:
        assert stream.seqs(1) == [3]
    with listening(url, path, last_event_id="") as stream:
        assert stream.seqs(1) == [1]


@pytest.mark.parametrize(
    "query",
    [
        "pairs=KGS-USD",
        "pairs=USD-KZT,TMT-USD",
        "only=changes",
        "min_change_pct=0.03",
        "pairs=KGS-USD&only=changes",
    ],
)
def test_who_wants_some_ticks_is_told_the_same_as_the_log_has_for_the_question(
    filled: Context, url: str, query: str
) -> None:
    with listening(url, f"/v1/stream?{query}&after={cursor(filled, 0)}") as stream:
        stream.begin()
        news(filled, "87.4500", "2026-05-21 07:00")
        news(filled, "87.9000", "2026-05-21 07:01")
        say(filled, paged("2026-05-21", "KZT/USD", "0.00199", "0"), when="2026-05-21 07:02")
        wanted = httpx.get(f"{url}/v1/ticks?{query}").json()["ticks"]
        assert wanted
        assert [each.data for each in stream.next(len(wanted))] == wanted


@pytest.mark.parametrize("how", ["header", "parameter"])
@pytest.mark.parametrize("kind", ["bad-cursor", "foreign-cursor", "cursor-ahead"])
def test_a_cursor_of_no_use_is_answered_by_a_reset_and_then_by_what_comes(
    filled: Context, url: str, kind: str, how: str
) -> None:
    end = newest(filled)
    given = {
        "bad-cursor": "abc",
        "foreign-cursor": encode("t", "another", "1"),
        "cursor-ahead": cursor(filled, end + 1),
    }[kind]
    path = "/v1/stream?pairs=KGS-USD" + (f"&after={given}" if how == "parameter" else "")
    with listening(url, path, **({"last_event_id": given} if how == "header" else {})) as stream:
        stream.begin()
        assert (stream.last_id, stream.retry is None) == ("", False)  # it comes back with what it had
        (reset,) = stream.next()
        assert (reset.name, reset.data["reason"]) == ("reset", kind)
        assert reset.data["restart"] == f"{url}/v1/ticks?pairs=KGS-USD"
        assert httpx.get(reset.data["restart"]).json()["ticks"]
        assert reset.id == reset.data["cursor"] == cursor(filled, end)
        news(filled)
        assert stream.seqs(1) == [end + 1]


def test_a_question_that_is_wrong_is_refused_as_everywhere(url: str) -> None:
    unknown, pair = httpx.get(f"{url}/v1/stream?x=1"), httpx.get(f"{url}/v1/stream?pairs=KGS-KZT")
    assert (unknown.status_code, pair.status_code) == (422, 404)
    assert unknown.headers["content-type"] == "application/problem+json"


def test_head_tells_of_a_stream_and_opens_none(url: str) -> None:
    head = httpx.head(f"{url}/v1/stream")
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert of(parsed(url), "streams") == 0


def parsed(url: str) -> Samples:
    return told(httpx.get(f"{url}/metrics").text)


def test_what_the_newest_ticks_do_not_reach_is_read_from_the_log(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.broadcast.REMEMBERED", 2)
    monkeypatch.setattr("app.web.broadcast.PAGE", 3)
    for number in range(9):
        news(filled, f"87.{number}100", f"2026-05-21 07:0{number}")
    end = newest(filled)
    with served(create_app(filled)) as url:
        for query in ("", "pairs=KGS-USD&", "pairs=TMT-USD&"):
            asked = httpx.get(f"{url}/v1/ticks?{query}").json()["ticks"]
            wanted = [each["seq"] for each in asked]
            with listening(url, f"/v1/stream?{query}after={cursor(filled, 0)}") as stream:
                assert stream.seqs(len(wanted)) == wanted
        with listening(url, f"/v1/stream?after={cursor(filled, 0)}") as stream:
            news(filled, "87.9999", "2026-05-21 08:00")
            assert stream.seqs(end + 1) == list(range(1, end + 2))


def test_what_another_process_records_is_told_within_a_second(filled: Context, url: str) -> None:
    with opened(Settings(database_url=filled.settings.database_url), filled.clock) as other:
        end = newest(other)
        with listening(url) as stream:
            stream.begin()
            for number in range(3):
                news(other, f"87.{number}100", f"2026-05-21 07:0{number}")
                begun = time.monotonic()
                assert stream.seqs(1) == [end + 1 + number]
                assert time.monotonic() - begun < 1


def test_a_quiet_stream_is_kept_alive_by_comments(filled: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.app.Broadcast", partial(Broadcast, beat=0.5 / BEATS))
    with served(create_app(filled)) as url, listening(url) as stream:
        stream.begin()
        time.sleep(2)
        news(filled)
        stream.next()
        assert 3 <= stream.comments <= 6


def test_a_stream_ends_whole_when_its_life_is_over_and_goes_on_where_it_was(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.app.Broadcast", partial(Broadcast, beat=0.01, life=0.2))
    with served(create_app(filled)) as url:
        with listening(url) as stream:
            last = stream.begin()
            assert list(stream) == []  # httpx would raise, had it not ended as it should
        news(filled)
        with listening(url, last_event_id=last) as stream:
            assert [each.name for each in stream] == ["tick"]


def test_there_are_as_many_streams_as_there_may_be_and_the_next_is_told_to_come_again(
    tmp_path: Path,
) -> None:
    with made(tmp_path, max_streams=2) as context:
        say(context, *decree(context), when="2026-05-19 10:00")
        with served(create_app(context)) as url:
            with listening(url) as first, listening(url) as second:
                first.begin(), second.begin()
                refused = httpx.get(f"{url}/v1/stream")
                assert (refused.status_code, refused.json()["type"]) == (
                    503,
                    "tag:silkrate,2026:problem/overloaded",
                )
                assert int(refused.headers["retry-after"]) > 0
                found = parsed(url)
                assert (of(found, "streams"), of(found, "refused_total", gate="streams")) == (2, 1)
            soon(lambda: of(parsed(url), "streams") == 0)
            with listening(url) as third:
                assert third.begin()


def test_a_server_that_stops_ends_its_streams_and_the_next_goes_on_where_they_were(filled: Context) -> None:
    def last_of(stream: Stream) -> str:
        for _ in stream:
            pass
        return stream.last_id

    with ExitStack() as open_now:
        with served(create_app(filled)) as url:
            streams = [open_now.enter_context(listening(url)) for _ in range(5)]
            for stream in streams:
                stream.begin()
            news(filled)
            end = newest(filled)
            assert [stream.seqs(1) for stream in streams] == [[end]] * 5
        ids = [last_of(stream) for stream in streams]
    news(filled, "87.6000", "2026-05-21 07:30")
    with served(create_app(filled), int(url.rpartition(":")[2])) as again:
        for each in ids:
            with listening(again, last_event_id=each) as stream:
                assert stream.seqs(1) == [end + 1]


def test_simulated_rates_say_so_in_each_event(tmp_path: Path) -> None:
    with made(tmp_path, simulated=True) as context:
        say(context, *decree(context), when="2026-05-19 10:00")
        with (
            served(create_app(context)) as url,
            listening(url, f"/v1/stream?after={cursor(context, 0)}") as stream,
        ):
            assert stream.response.headers["silkrate-simulated"] == "1"
            assert stream.next()[0].data["simulated"] is True


def test_while_the_record_cannot_be_read_a_reader_is_told_to_come_back_and_not_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.broadcast.STARTING", 0.01)
    told = client.get("/v1/stream")
    assert told.status_code == 200, "a browser never comes back after an error"
    comment, retry, end = told.text.split("\n", 2)
    assert (comment, retry[:7], end) == (": the record cannot be read at this moment", "retry: ", "\n")


@pytest.mark.parametrize("reset", [False, True])
def test_one_who_sent_his_next_request_already_gives_his_place_back_when_he_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reset: bool
) -> None:
    monkeypatch.setattr("app.web.app.Broadcast", partial(Broadcast, beat=0.01))
    with made(tmp_path, max_streams=2) as context:
        say(context, *decree(context), when="2026-05-19 10:00")
        with served(create_app(context)) as url:
            host, _, port = url.removeprefix("http://").partition(":")
            for _ in range(2):
                with socket.create_connection((host, int(port))) as connection:
                    connection.sendall(b"GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
                    while b"retry" not in connection.recv(4096):
                        pass
                    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                    time.sleep(0.1)
                    if reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            soon(lambda: of(parsed(url), "streams") == 0)
            with listening(url) as stream:
                assert stream.begin()


def test_who_wants_few_ticks_need_not_read_the_log_again_when_he_comes_back(
    filled: Context, url: str
) -> None:
    path = f"/v1/stream?pairs=TMT-USD&after={cursor(filled, 0)}"
    with listening(url, path) as stream:
        stream.begin(), stream.next(), stream.begin()
        assert stream.last_id == cursor(filled, newest(filled))
