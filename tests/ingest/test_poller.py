"""The poller against real HTTP: what is recorded, what is noticed, and when it asks again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.domain.errors import StoreUnavailable
from app.domain.pairs import Pair
from app.ingest.fetch import Fetcher, Limits
from app.ingest.poller import Polled, Poller
from app.sources import nbk, nbkr, peg
from app.sources.catalog import catalog
from app.store.base import Store
from tests.fakes import FakeClock, HastyClock
from tests.said import at
from tests.simulator import Fault, Request, Simulator, possible

KGS = Pair("KGS", "USD")
ALL = catalog(["nbkr", "peg"])
TASKS = len(ALL.polled) + 1
"""What a running poller runs: a task a source, and the turns."""

WEDNESDAY = date(2026, 5, 20)
QUICK = Limits(
    connect=timedelta(seconds=1),
    exchange=timedelta(seconds=1),
    attempts=1,
    received=500_000,
    unpacked=500_000,
)


@pytest.fixture
def clock() -> FakeClock:
    """Wednesday noon in Bishkek."""
    return FakeClock(at("2026-05-20 06:00"))


@pytest.fixture
def bank(clock: FakeClock) -> Iterator[Simulator]:
    """The Kyrgyz bank, with Wednesday's rate."""
    with Simulator(now=clock.now) as simulator:
        simulator.nbkr.publish(WEDNESDAY, {"USD": "87,4500"})
        yield simulator


def asked(bank: Simulator) -> list[Request]:
    """The requests for the file that counts."""
    return [request for request in bank.log if request.path == bank.nbkr.path]


Polling = Callable[[Poller], Coroutine[Any, Any, Any]]


def with_poller(store: Store, clock: FakeClock, bank: Simulator, polling: Polling, **how: Any) -> Any:
    """Run `polling` with a poller that asks `bank`."""

    async def run() -> Any:
        async with Fetcher(clock, mirror=bank.url, limits=QUICK, random=Random(1)) as fetcher:
            return await polling(Poller(store, ALL, fetcher, clock, random=Random(1), **how))

    return asyncio.run(run())


def poll(store: Store, clock: FakeClock, bank: Simulator, times: int = 1) -> list[Polled]:
    """Poll the bank so often, through one fetcher."""

    async def polling(poller: Poller) -> list[Polled]:
        return [await poller.poll(nbkr.SOURCE) for _ in range(times)]

    found: list[Polled] = with_poller(store, clock, bank, polling)
    return found


def in_force(store: Store) -> list[tuple[str, str]]:
    """The dollar's publications in force: date and literal."""
    with store.read() as reader:
        return [
            (str(each.said.effective_date), each.said.published.value)
            for each in reader.publications(KGS, "nbkr")
        ]


def test_what_the_bank_publishes_is_recorded(store: Store, clock: FakeClock, bank: Simulator) -> None:
    (polled,) = poll(store, clock, bank)
    assert polled.recording is not None
    assert (len(polled.recording.recorded), len(polled.recording.ticks)) == (5, 1)
    assert in_force(store) == [("2026-05-20", "87.4500")]


def test_an_unchanged_file_is_not_sent_again(store: Store, clock: FakeClock, bank: Simulator) -> None:
    _, again = poll(store, clock, bank, times=2)
    assert (again.recording, again.error) == (None, None)
    assert [request.status for request in asked(bank)] == [200, 304]


@pytest.mark.parametrize("fault", possible(Simulator().nbkr))
def test_no_fault_of_the_bank_leaves_a_wrong_row_and_each_is_visible_until_it_recovers(
    store: Store, clock: FakeClock, bank: Simulator, fault: Fault
) -> None:
    poll(store, clock, bank)
    bank.nbkr.publish(date(2026, 5, 21), {"USD": "87,5500"})
    with bank.failing(fault):
        (failed,) = poll(store, clock, bank)
    assert in_force(store) == [("2026-05-20", "87.4500")]
    with store.read() as reader:
        health, doubts = reader.health("nbkr"), [*reader.doubts("rejected"), *reader.doubts("held")]
    assert (failed.error is not None and health.failing_since == clock.now()) or doubts
    assert health.last_error is None or health.last_error.message.startswith("nbkr: ")
    clock.advance(timedelta(minutes=5))
    poll(store, clock, bank)
    assert in_force(store) == [("2026-05-20", "87.4500"), ("2026-05-21", "87.5500")]
    with store.read() as reader:
        assert reader.health("nbkr").failing_since is None


def test_a_file_that_goes_back_in_time_is_refused_unless_all_of_it_is_known(
    store: Store, clock: FakeClock, bank: Simulator
) -> None:
    poll(store, clock, bank)
    bank.nbkr.publish(date(2026, 5, 21), {"USD": "87,5500"})
    poll(store, clock, bank)
    bank.nbkr.publish(WEDNESDAY, {"USD": "87,4500"})
    (left_behind,) = poll(store, clock, bank)
    assert left_behind.error is None
    clock.move_to(at("2026-05-20 18:00"))
    bank.nbkr.publish(WEDNESDAY, {"USD": "87,9900"})
    (wrong,) = poll(store, clock, bank)
    assert str(wrong.error) == "nbkr: dated 2026-05-20, after it had spoken of 2026-05-21"
    assert in_force(store) == [("2026-05-20", "87.4500"), ("2026-05-21", "87.5500")]


def test_a_date_too_far_ahead_does_not_silence_the_days_before_it(
    store: Store, clock: FakeClock, bank: Simulator
) -> None:
    bank.nbkr.publish(date(2026, 5, 23), {"USD": "87,4600"})
    poll(store, clock, bank)
    bank.nbkr.publish(date(2026, 5, 21), {"USD": "87,5500"})
    (right,) = poll(store, clock, bank)
    assert right.error is None
    assert ("2026-05-21", "87.5500") in in_force(store)


def test_a_file_refused_as_too_far_ahead_is_sent_again_and_taken_on_its_day(
    store: Store, clock: FakeClock, bank: Simulator
) -> None:
    poll(store, clock, bank)
    bank.nbkr.publish(date(2026, 5, 27), {"USD": "87,5000"})

    async def polling(poller: Poller) -> None:
        for instant in ("2026-05-20 11:00", "2026-05-21 11:00", "2026-05-22 11:00"):
            clock.move_to(at(instant))
            await poller.poll(nbkr.SOURCE)

    with_poller(store, clock, bank, polling)
    assert in_force(store) == [("2026-05-20", "87.4500"), ("2026-05-27", "87.5000")]


def test_what_was_said_before_a_failure_is_recorded(store: Store, clock: FakeClock, bank: Simulator) -> None:
    """The Kazakh bank has Wednesday's rates, and something else than an answer for Thursday."""
    bank.nbk.publish(WEDNESDAY, {"USD": "471.11"})
    clock.move_to(at("2026-05-20 13:00"))
    bank.fault(Fault.HTML_WITH_200, path=f"{bank.nbk.path}?fdate=21.05.2026")

    async def polling(poller: Poller) -> Polled:
        return await poller.poll(nbk.SOURCE)

    polled: Polled = with_poller(store, clock, bank, polling)
    assert polled.error
    with store.read() as reader:
        newest = reader.newest(Pair("KZT", "USD"), "nbk")
        assert newest
        assert newest.said.published.value == "471.11"
        assert reader.health("nbk").failing_since == clock.now()


def test_a_day_that_may_yet_come_is_a_guess_and_no_failure(
    store: Store, clock: FakeClock, bank: Simulator
) -> None:
    bank.nbk.publish(WEDNESDAY, {"USD": "471.11"})
    clock.move_to(at("2026-05-20 11:00"))
    bank.fault(Fault.HTML_WITH_200, path=f"{bank.nbk.path}?fdate=21.05.2026")

    async def polling(poller: Poller) -> Polled:
        return await poller.poll(nbk.SOURCE)

    assert with_poller(store, clock, bank, polling).error is None


def test_a_bank_that_is_down_is_logged_once_when_it_breaks_and_once_when_it_is_back(
    store: Store, clock: FakeClock, bank: Simulator
) -> None:
    async def polling(poller: Poller) -> None:
        bank.stop()
        for _ in range(3):
            await poller.poll(nbkr.SOURCE)
        bank.start()
        for _ in range(2):
            await poller.poll(nbkr.SOURCE)

    with capture_logs() as logs:
        with_poller(store, clock, bank, polling)
    edges = [entry["event"] for entry in logs if entry["event"].startswith("source ")]
    assert edges == ["source broke", "source recovered"]


def test_a_store_that_is_away_is_logged_once_however_often_it_is_tried(
    store: Store, bank: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    def away(*said: object) -> None:
        nonlocal tries
        tries += 1
        raise StoreUnavailable(f"away, for the {tries}. time")

    async def polling(poller: Poller) -> None:
        running = asyncio.create_task(poller.run([peg.SOURCE]))
        while tries < 5:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    monkeypatch.setattr(store, "transact", away)
    with capture_logs() as logs:
        with_poller(store, HastyClock(), bank, polling)
    steps = [entry["step"] for entry in logs if entry["event"] == "step failed"]
    assert sorted(steps) == ["poll peg", "turn"]


def test_asking_all_at_once_reports_each_source(store: Store, clock: FakeClock, bank: Simulator) -> None:
    with bank.failing(Fault.EMPTY):
        polled = with_poller(store, clock, bank, lambda poller: poller.once([nbkr.SOURCE, peg.SOURCE]))
    assert [(each.source.key, each.error is None) for each in polled] == [("nbkr", False), ("peg", True)]


def test_a_running_poller_asks_eagerly_in_the_window_and_turns_at_midnight(
    store: Store, clock: FakeClock, bank: Simulator
) -> None:
    bank.nbkr.publish(date(2026, 5, 21), {"USD": "87,5500"}, at=at("2026-05-20 10:20"))

    async def polling(poller: Poller) -> None:
        running = asyncio.create_task(poller.run())
        while clock.now() < at("2026-05-20 19:00"):
            await clock.asleep(TASKS)
            clock.move_to(max(await clock.next_wake(), clock.now()))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with_poller(store, clock, bank, polling)
    instants = [request.at for request in asked(bank)]
    assert sum(instant < at("2026-05-20 09:00") for instant in instants) <= 5
    seen = next(instant for instant in instants if instant >= at("2026-05-20 10:20"))
    assert seen <= at("2026-05-20 10:26")
    with store.read() as reader:
        turn = reader.last_tick(KGS)
    assert turn is not None
    assert (turn.cause, turn.at) == ("turn", at("2026-05-20 18:00"))
    assert turn.recorded_at <= at("2026-05-20 18:01")


def test_a_set_interval_replaces_every_sources_own_pace(
    store: Store, clock: FakeClock, bank: Simulator
) -> None:
    async def polling(poller: Poller) -> None:
        running = asyncio.create_task(poller.run())
        while len(asked(bank)) < 10:
            await clock.asleep(TASKS)
            clock.move_to(max(await clock.next_wake(), clock.now()))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with_poller(store, clock, bank, polling, interval=timedelta(seconds=30))
    gaps = [later - earlier for earlier, later in pairwise(request.at for request in asked(bank))]
    assert all(timedelta(seconds=27) <= gap <= timedelta(seconds=33) for gap in gaps)


def test_a_bank_that_does_not_want_to_be_asked_is_left_alone_as_long(
    store: Store, clock: FakeClock, bank: Simulator
) -> None:
    bank.fault(Fault.STATUS_429, times=1, retry_after="5400", path="/XML/daily.xml")

    async def polling(poller: Poller) -> None:
        running = asyncio.create_task(poller.run())
        while len(asked(bank)) < 2:
            await clock.asleep(TASKS)
            clock.move_to(max(await clock.next_wake(), clock.now()))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with_poller(store, clock, bank, polling)
    first, second = (request.at for request in asked(bank)[:2])
    assert second - first >= timedelta(seconds=5400)
