"""Who reads or follows the ticks of a real service gets each of them once, and can go on where he was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count, islice
from pathlib import Path
from socket import create_server
from threading import Event, Thread

import httpx
import pytest

from app.answers import ticks as log
from app.client import AsyncSilkrate, ProblemError, Reset, Silkrate
from app.context import Context
from app.domain.cursors import encode
from app.domain.pairs import Pair
from app.domain.ticks import Wanted
from app.web.app import create_app
from tests.cli.processes import Home, end, soon
from tests.client.conftest import Asks, Bed
from tests.client.test_questions import given_out
from tests.client.test_questions import told as shown
from tests.said import nbkr
from tests.stores import fresh_url
from tests.web.conftest import fill, made, say, served
from tests.web.test_counting import of, told

TMT = Pair("TMT", "USD")

Clients = Callable[..., AbstractContextManager[Asks]]


class Impatient(Bed):
    """A bed in which nobody sleeps long."""

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        super().sleep(seconds)
        time.sleep(min(seconds, 0.05))

    async def sleep_async(self, seconds: float) -> None:
        """The same, awaited."""
        await super().sleep_async(seconds)
        await asyncio.sleep(min(seconds, 0.05))


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Context]:
    """A context with a few ticks, for a test to record more."""
    with made(tmp_path) as context:
        fill(context)
        yield context


def news(context: Context, number: int) -> None:
    """Let the Kyrgyz bank correct itself: one tick."""
    say(
        context,
        nbkr("2026-05-21", f"87.{number:04}"),
        when=f"2026-05-21 07:{number // 60:02}:{number % 60:02}",
    )


def newest(context: Context) -> int:
    return context.ask(log.ticks, limit=1).body.seq


def cursor(context: Context, seq: int) -> str:
    with context.store.read() as reader:
        return encode("t", reader.counter().log_id, str(seq))


def test_the_ticks_are_handed_out_as_they_were_given_however_they_are_read(
    client: Clients, filled: Context
) -> None:
    with served(create_app(filled)) as url, client(url, Bed()) as asks:
        start = cursor(filled, 0)
        for wanted, asked in (
            (Wanted(), {}),
            (Wanted(only_changes=True), {"only": "changes", "min_change_pct": None}),
            (Wanted(frozenset({TMT})), {"pairs": "TMT/USD"}),
        ):
            every = [shown(tick) for tick in filled.ask(log.ticks, wanted=wanted).body.ticks]
            assert every
            followed = asks("follow", start, **asked)
            assert [given_out(tick) for tick in islice(followed, len(every))] == every
            followed.close()
            assert [given_out(tick) for tick in asks("ticks", **asked)] == every


def test_pages_and_stream_go_on_from_each_other_without_gap_or_repeat(
    client: Clients, filled: Context
) -> None:
    end = newest(filled)
    with served(create_app(filled)) as url, client(url, Bed()) as asks:
        ticks = asks("ticks")
        assert [tick.seq for tick in ticks] == list(range(1, end + 1))
        news(filled, 1)
        followed = asks("follow", ticks.cursor)
        assert next(followed).seq == end + 1
        news(filled, 2)
        assert [tick.seq for tick in asks("ticks", followed.cursor)] == [end + 2]
        assert next(followed).seq == end + 2
        assert [tick.seq for tick in asks("ticks", followed.cursor)] == []
        followed.close()


def test_without_a_cursor_only_what_comes_is_told(filled: Context) -> None:
    with served(create_app(filled)) as url, Silkrate(url) as rates, rates.follow() as ticks:
        first: list[int] = []
        reader = Thread(target=lambda: first.append(next(ticks).seq))
        reader.start()
        soon(lambda: ticks.cursor)
        assert ticks.cursor == cursor(filled, newest(filled))
        news(filled, 1)
        reader.join()
    assert first == [newest(filled)]


def test_a_cursor_of_another_log_is_an_error_for_both(client: Clients, filled: Context) -> None:
    foreign = encode("t", "another", "1")
    with served(create_app(filled)) as url, client(url, Bed()) as asks:
        with pytest.raises(Reset) as raised:
            next(asks("follow", foreign, pairs=["KGS/USD"]))
        with pytest.raises(ProblemError) as refused:
            next(asks("ticks", foreign, pairs=["KGS/USD"]))
        assert raised.value.reason == refused.value.type == "foreign-cursor"
        assert raised.value.restart == refused.value.restart == f"{url}/v1/ticks?pairs=KGS-USD"
        assert raised.value.cursor == cursor(filled, newest(filled))


def test_what_is_asked_wrongly_is_told(client: Clients, filled: Context) -> None:
    with (
        served(create_app(filled)) as url,
        client(url, Bed()) as asks,
        pytest.raises(ProblemError, match="KGS-EUR"),
    ):
        next(asks("follow", pairs=["KGS/EUR"]))


def test_restarts_of_the_service_neither_lose_nor_repeat_a_tick(client: Clients, filled: Context) -> None:
    start, lives, each = newest(filled), 4, 12
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    serving, over = Event(), Event()

    def live() -> None:
        numbers = count()
        for _ in range(lives):
            with served(create_app(filled), port):
                serving.set()
                for number in islice(numbers, each):
                    news(filled, number)
                    time.sleep(0.005)
            news(filled, next(numbers))
        with served(create_app(filled), port):
            over.wait()

    service = Thread(target=live)
    service.start()
    try:
        serving.wait()
        with client(f"http://127.0.0.1:{port}", Impatient()) as asks:
            followed = asks("follow", cursor(filled, start))
            missed = lives * (each + 1)
            assert followed.seqs(missed) == list(range(start + 1, start + missed + 1))
            followed.close()
    finally:
        over.set()
        service.join()


def test_a_service_that_is_killed_and_comes_back_neither_loses_nor_repeats_a_tick(
    client: Clients, tmp_path: Path
) -> None:
    home = Home(tmp_path, {"SILKRATE_DATABASE_URL": fresh_url(tmp_path)})
    with made(tmp_path, url=home.settings["SILKRATE_DATABASE_URL"]) as context:
        fill(context)
        start = newest(context)
        with home.serving("--no-poll") as service, client(service.url, Impatient()) as asks:
            followed = asks("follow", cursor(context, start))
            news(context, 1)
            assert followed.seqs(1) == [start + 1]
            end(service.process)
            news(context, 2)
            with home.serving("--no-poll", "--port", service.url.rpartition(":")[2]):
                news(context, 3)
                assert followed.seqs(2) == [start + 2, start + 3]
                followed.close()


def test_one_who_gives_up_waiting_has_missed_nothing_and_keeps_his_connection(filled: Context) -> None:
    bed, start = Impatient(), newest(filled)

    async def glance(url: str) -> list[int]:
        async with (
            AsyncSilkrate(url, sleep=bed.sleep_async) as rates,
            rates.follow(cursor(filled, start)) as ticks,
        ):
            seen = []
            for number in range(3):
                for _ in range(3):
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(anext(ticks), 0.05)
                await asyncio.to_thread(news, filled, number)
                seen.append((await anext(ticks)).seq)
            return seen

    with served(create_app(filled)) as url:
        assert asyncio.run(glance(url)) == [start + 1, start + 2, start + 3]
    assert bed.slept == []


def test_one_who_reads_slowly_gets_all_of_it(client: Clients, filled: Context) -> None:
    start = newest(filled)
    with served(create_app(filled)) as url, client(url, Impatient()) as asks:
        followed = asks("follow", cursor(filled, start))
        for number in range(200):
            news(filled, number)
            if not number % 50:
                assert next(followed).seq == start + 1 + number // 50
        assert followed.seqs(196) == list(range(start + 5, start + 201))
        followed.close()


def test_one_who_leaves_is_no_listener_any_more(client: Clients, filled: Context) -> None:
    with served(create_app(filled)) as url, client(url, Bed()) as asks:

        def listeners() -> object:
            return of(told(httpx.get(f"{url}/metrics").text), "streams")

        followed = asks("follow", cursor(filled, 0))
        next(followed)
        assert listeners() == 1
        followed.close()
        soon(lambda: not listeners())


def test_the_ticks_of_simulated_rates_say_so(tmp_path: Path) -> None:
    for simulated in (False, True):
        with made(tmp_path / str(simulated), simulated=simulated) as context:
            fill(context)
            with served(create_app(context)) as url, Silkrate(url) as rates:
                for ticks in (rates.ticks(), rates.follow(cursor(context, 0))):
                    with ticks:
                        next(ticks)
                        assert ticks.simulated is simulated
