"""What is kept of answers: the same bytes while they hold, new ones as soon as they do not, and the last ones
when the record is out of reach.
"""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import httpx
import pytest

from app.context import Context, Place
from app.domain.answers import Answer, History
from app.web.app import create_app
from app.web.kept import EACH, LARGEST, Kept, Key, Written, canonical
from tests.fakes import FakeClock
from tests.postgres import PostgreSQL, running
from tests.said import nbkr
from tests.store.test_contract_following import counting
from tests.web.conftest import NOW, Client, fill, made, say, served

HERE = Place("log", 1, 1, NOW, False, "hash")
KEY = Key("/v1/latest", b"", "application/json")
CLOCK = FakeClock(NOW)


def written(content: bytes = b"{}", seconds: int | None = None) -> Written:
    until = NOW + timedelta(seconds=seconds) if seconds else None
    return Written(Answer(None, 1, NOW, until), content, '"tag"')


def asked(query: str) -> Key:
    return Key("/v1/latest", query.encode(), "application/json")


def test_what_was_kept_holds_for_its_version_of_its_history_alone() -> None:
    kept = Kept(CLOCK)
    kept.keep(KEY, HERE, written())
    assert kept.current(KEY, HERE) == written()
    assert kept.current(asked("another"), HERE) is None
    for elsewhere in (
        replace(HERE, version=2),
        replace(HERE, log_id="restored"),
        replace(HERE, hash="other"),
        None,
    ):
        assert kept.current(KEY, elsewhere) is None
    assert kept.last(KEY) == written()


def test_what_the_clock_changes_holds_until_it_does() -> None:
    clock = FakeClock(NOW)
    kept = Kept(clock)
    kept.keep(KEY, HERE, written(seconds=10))
    clock.advance(timedelta(seconds=9))
    assert kept.current(KEY, HERE)
    clock.advance(timedelta(seconds=1))
    assert kept.current(KEY, HERE) is None


def test_what_came_with_a_turn_is_not_answered_before_it_when_the_clock_is_set_back() -> None:
    clock = FakeClock(NOW + timedelta(hours=6))
    kept, turned = Kept(clock), replace(written().answer, valid_since=clock.now())
    kept.keep(KEY, HERE, replace(written(), answer=turned))
    assert kept.current(KEY, HERE)
    clock.move_to(NOW + timedelta(hours=1))
    assert kept.current(KEY, HERE) is None
    kept.keep(KEY, HERE, written())  # by the record alone, before which no clock leads
    clock.move_to(NOW - timedelta(hours=1))
    assert kept.current(KEY, HERE)


def test_the_coding_of_an_older_answer_is_not_that_of_now() -> None:
    """An older answer goes out while the record is out of reach."""
    kept, now = Kept(CLOCK), replace(HERE, version=2)
    plain, coded = written(b"x" * 1000), KEY._replace(coding="gzip")
    kept.keep(KEY, HERE, plain)
    assert asyncio.run(kept.coded(coded, now, plain)).coding == "gzip"
    assert kept.current(coded, now) is None
    assert kept.current(coded, HERE)


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    kept = Kept(CLOCK, most=3 * EACH)
    for name in ("first", "second"):
        kept.keep(asked(name), HERE, written())
    kept.current(asked("first"), HERE)
    kept.keep(asked("third"), HERE, written())
    assert [kept.last(asked(name)) is not None for name in ("first", "second", "third")] == [
        True,
        False,
        True,
    ]


def test_who_is_asked_for_again_and_again_stays_and_who_was_once_goes_in_turn() -> None:
    kept = Kept(CLOCK, most=3 * EACH)
    kept.keep(KEY, HERE, written())
    for number in range(20):
        kept.current(KEY, HERE)
        kept.keep(asked(str(number)), HERE, written())
    assert (kept.last(KEY), len(kept), kept.evictions) == (written(), 2, 19)
    kept.keep(asked("more"), HERE, written())
    kept.keep(asked("and more"), HERE, written())
    assert kept.last(KEY) is None


def test_an_entry_that_is_dropped_or_taken_the_place_of_answers_nothing() -> None:
    kept = Kept(CLOCK)
    kept.keep(KEY, HERE, first := written(b"first"))
    entry = kept.holding(KEY, first)
    assert entry
    assert entry.current(HERE, NOW) is first
    kept.keep(KEY, HERE, written(b"second"))
    assert entry.current(HERE, NOW) is None
    assert kept.holding(KEY, first) is None


@pytest.mark.parametrize(
    ("query", "same"),
    [(b"", b"&&"), (b"a=1&b=2", b"b=2&a=1"), (b"a=1&b=2", b"&b=2&&a=1&"), (b"a=1", b"a=1")],
)
def test_a_query_is_the_same_in_any_order(query: bytes, same: bytes) -> None:
    assert canonical(query) == canonical(same)


@pytest.mark.parametrize(("query", "other"), [(b"a=1&b=2", b"a=2&b=1"), (b"a=1", b"a=1&b="), (b"a", b"a=1")])
def test_another_query_is_another_in_any_order(query: bytes, other: bytes) -> None:
    assert canonical(query) != canonical(other)


@pytest.mark.parametrize(("content", "query"), [(b"x" * EACH, ""), (b"{}", "x" * EACH)])
def test_what_is_too_large_by_its_bytes_or_by_its_question_is_not_kept(content: bytes, query: str) -> None:
    kept = Kept(CLOCK, largest=2 * EACH)
    kept.keep(asked(query), HERE, written(content))
    assert kept.last(asked(query)) is None


@pytest.mark.parametrize("content", [0, 10_000])
@pytest.mark.parametrize("query", [0, 2_000])
def test_what_is_kept_takes_no_more_memory_than_it_may(content: int, query: int) -> None:
    kept = Kept(CLOCK, most=2**21)
    tracemalloc.start()
    for number in range(4_000):
        kept.keep(asked(f"{number:0{query}}"), replace(HERE), written(bytes(content), seconds=number))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 2**19 < taken < 2**21


def test_of_an_answer_its_bytes_alone_are_kept(context: Context) -> None:
    fill(context)
    client = Client(create_app(context))
    with followed(context):
        client.get("/v1/history/KGS-USD?limit=7")
        gc.collect()
        assert not [each for each in gc.get_objects() if isinstance(each, History)]
        with counting() as begun:
            client.get("/v1/history/KGS-USD?limit=7")
        assert len(begun) < 2  # it was kept, and the follower looks now and then


class Slow:
    """A question that is asked until it is let go, and how often it was."""

    def __init__(self, *answers: Written) -> None:
        self.answers, self.times, self.let_go = answers, 0, asyncio.Event()

    async def ask(self) -> Written:
        self.times += 1
        number = self.times
        await self.let_go.wait()
        return self.answers[number - 1]


def ask_twice(clock: FakeClock, place: Place | None, *answers: Written) -> tuple[list[Written], int]:
    """What two get who ask the same, and are answered 10 seconds later; and how often it was asked."""

    async def both() -> tuple[list[Written], int]:
        kept, slow = Kept(clock), Slow(*answers)
        asking = [asyncio.ensure_future(kept.once(KEY, place, slow.ask)) for _ in range(2)]
        await asyncio.sleep(0)
        clock.advance(timedelta(seconds=10))
        slow.let_go.set()
        return await asyncio.gather(*asking), slow.times

    return asyncio.run(both())


def test_who_asks_what_is_being_asked_waits_for_it() -> None:
    assert ask_twice(FakeClock(NOW), HERE, written()) == ([written()] * 2, 1)


def test_who_waited_beyond_a_turn_asks_again() -> None:
    before, after = written(b"before", seconds=9), written(b"after")
    assert ask_twice(FakeClock(NOW), HERE, before, after) == ([before, after], 2)


def test_where_nobody_follows_the_record_each_asks_it_for_it_may_have_moved() -> None:
    before, after = written(b"before"), written(b"after")
    assert ask_twice(FakeClock(NOW), None, before, after) == ([before, after], 2)


@contextmanager
def followed(context: Context) -> Iterator[None]:
    """Inside, the context follows its store, and has looked."""
    stop = Event()
    thread = Thread(target=context.follow, args=(stop,))
    thread.start()
    try:
        while context.place is None:
            time.sleep(0.001)
        yield
    finally:
        stop.set()
        thread.join()


def test_the_same_question_is_asked_of_the_record_once(context: Context) -> None:
    fill(context)
    client = Client(create_app(context))
    paths = ("/v1/latest", "/v1/ticker", "/v1/history/KGS-USD", "/v1/ticks", "/v1/pairs")
    with followed(context):
        first = [client.get(path).content for path in paths]
        with counting() as begun:
            for _ in range(50):
                assert [client.get(path).content for path in paths] == first
        assert len(begun) < 10  # the follower's own


@pytest.mark.parametrize(
    "path",
    [
        "/v1/latest",
        "/v1/ticker.txt",
        "/v1/history/KGS-USD",
        "/v1/ticks",
        "/v1/feed.json",
        "/v1/latest?at=2026-05-21T05:59:00Z",
        "/v1/latest?as_known_at=2026-05-21T06:00:00Z",
    ],
)
def test_a_new_version_is_in_the_next_answer(context: Context, path: str) -> None:
    fill(context)
    client = Client(create_app(context))
    with followed(context):
        before = client.get(path)
        say(context, nbkr("2026-05-21", "87.9900"), when="2026-05-21 05:30")
        after = client.get(path)
    assert after.content != before.content
    assert after.headers["etag"] != before.headers["etag"]


def test_a_turn_of_the_clock_is_in_the_next_answer(context: Context, clock: FakeClock) -> None:
    fill(context)
    client = Client(create_app(context))
    with followed(context):
        assert client.get("/v1/latest/KGS-USD").json()["status"] == "fresh"
        clock.advance(timedelta(days=4))
        assert client.get("/v1/latest/KGS-USD").json()["status"] == "stale"


def test_the_forms_of_an_answer_and_the_words_of_a_question_are_kept_apart(context: Context) -> None:
    fill(context)
    client = Client(create_app(context))
    paths = ("/v1/ticker.txt", "/v1/ticker.txt?decimals=5", "/v1/ticker.txt?inverse=true", "/v1/ticker")
    with followed(context):
        for _ in range(2):
            assert len({client.get(path).content for path in paths}) == len(paths)
        as_csv = client.get("/v1/history/KGS-USD", accept="text/csv")
        as_json = client.get("/v1/history/KGS-USD", accept="application/json")
        assert as_csv.headers["content-type"] != as_json.headers["content-type"]


def test_a_clock_that_is_set_back_shows_what_was_then(context: Context, clock: FakeClock) -> None:
    fill(context)
    client = Client(create_app(context))
    with followed(context):
        for hours, status in ((7, "late"), (0, "fresh"), (7, "late")):
            clock.move_to(NOW + timedelta(hours=hours))
            assert client.get("/v1/latest/KGS-USD").json()["status"] == status


def test_the_longest_page_of_a_history_is_kept() -> None:
    point = 270  # bytes of one in JSON, with the longest literals of a bank
    assert 10_000 * point < LARGEST


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with running() as server:
        yield server


def test_with_the_database_gone_answers_go_on_and_grow_stale_in_time(
    server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clock = FakeClock(NOW)
    with made(tmp_path_factory.mktemp("x"), clock, url=server.database()) as context:
        fill(context)
        with served(create_app(context)) as address, httpx.Client(base_url=address) as client:
            assert soon(client, lambda health: health["reachable"])
            history = client.get("/v1/history/KGS-USD").content
            client.get("/v1/pairs")
            server.stop()
            assert soon(client, lambda health: not health["reachable"])
            assert client.get("/health").json()["status"] == "degraded"
            assert client.get("/readyz").status_code == 200
            for path in ("/v1/latest", "/v1/ticker", "/v1/ticker.txt", "/v1/latest/KGS-USD", "/v1/pairs"):
                assert client.get(path).status_code == 200, path
            assert client.get("/v1/history/KGS-USD").content == history
            assert client.get("/v1/latest/KGS-USD").json()["status"] == "fresh"
            clock.advance(timedelta(days=4))
            aged = client.get("/v1/latest/KGS-USD")
            assert (aged.status_code, aged.json()["status"]) == (200, "stale")
            never_asked = client.get("/v1/history/KZT-USD")
            assert (never_asked.status_code, "retry-after" in never_asked.headers) == (503, True)
            server.start()
            assert soon(client, lambda health: health["reachable"])
            say(context, nbkr("2026-05-25", "88.0000"), when="2026-05-25 08:00")
            assert client.get("/v1/latest/KGS-USD").json()["published"]["value"] == "88.0000"


def soon(client: httpx.Client, true: object, seconds: float = 15) -> bool:
    """Whether something becomes true of /health in time."""
    assert callable(true)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        response = client.get("/health")
        if response.status_code == 200 and true(response.json()):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("path", ["/v1/ticks?limit=7", "/v1/history/KGS-USD.csv"])
def test_what_many_ask_at_once_is_asked_of_the_record_once(context: Context, path: str) -> None:
    fill(context)
    app = create_app(context)

    async def ask() -> set[bytes]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://rates.test") as client:
            answers = await asyncio.gather(*(client.get(path) for _ in range(50)))
            assert {answer.status_code for answer in answers} == {200}
            return {answer.content for answer in answers}

    with followed(context), counting() as begun:
        assert len(asyncio.run(ask())) == 1
    assert len(begun) < 10  # the follower's own among them
