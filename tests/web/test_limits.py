"""How much is done at once: so many, so many more wait a moment, and who comes then is told so at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Event
from typing import TypeAlias

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp

from app.answers import candles, health, history, latest, line, sources, stats, ticker
from app.context import Context
from app.domain.errors import TooSlow
from app.web import tables
from app.web.app import create_app
from app.web.limits import Gate, Limits, Overloaded
from tests.web.conftest import Client, fill
from tests.web.test_counting import of, samples
from tests.web.test_kept import followed
from tests.web.watching import Watching, soon

Entering: TypeAlias = "asyncio.Task[None]"


async def settle() -> None:
    """Let everything happen that is about to."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_so_many_are_inside_and_who_comes_out_lets_the_next_in_in_turn() -> None:
    async def life() -> None:
        gate, order = Gate(2, 3, 10), list[int]()

        async def come(number: int) -> None:
            await gate.enter()
            order.append(number)

        for number in range(5):
            asyncio.ensure_future(come(number))  # noqa: RUF006  # the gate holds them
            await settle()
        assert (order, gate.inside) == ([0, 1], 2)
        for left in range(1, 6):
            gate.leave()
            await settle()
            assert order == list(range(min(2 + left, 5)))
            assert gate.inside == min(2, 5 - left)

    asyncio.run(life())


def test_beyond_those_who_may_wait_one_is_refused_at_once_and_counted() -> None:
    async def life() -> None:
        gate = Gate(1, 1, 10)
        await gate.enter()
        waiting = asyncio.ensure_future(gate.enter())
        await settle()
        begun = time.monotonic()
        for _ in range(3):
            with pytest.raises(Overloaded, match="ask again soon"):
                await gate.enter()
        assert time.monotonic() - begun < 1
        assert (gate.refused, gate.inside, waiting.done()) == (3, 1, False)
        gate.leave()
        await waiting

    asyncio.run(life())


def test_who_waits_is_refused_when_his_patience_ends_and_takes_no_place_after_that() -> None:
    async def life() -> None:
        gate = Gate(1, 5, 0.05)
        await gate.enter()
        with pytest.raises(Overloaded):
            await gate.enter()
        gate.leave()
        assert (gate.inside, gate.refused) == (0, 1)
        await gate.enter()

    asyncio.run(life())


def test_a_turn_that_comes_as_its_waiter_goes_is_the_next_ones() -> None:
    async def life() -> None:
        gate = Gate(1, 5, 10)
        await gate.enter()
        first, second = (asyncio.ensure_future(gate.enter()) for _ in range(2))
        await settle()
        gate.leave()
        first.cancel()  # in the moment in which his turn came
        await settle()
        assert (first.cancelled(), second.done(), gate.inside) == (True, True, 1)
        gate.leave()
        assert gate.inside == 0

    asyncio.run(life())


def test_what_takes_too_long_is_given_up_and_keeps_its_place_until_it_is_done() -> None:
    async def life() -> None:
        gate, go_on = Gate(1), Event()
        with pytest.raises(TooSlow, match=r"0\.01 seconds: ask for fewer days"):
            await gate.run(lambda: go_on.wait(30), 0.01)
        assert gate.inside == 1
        with pytest.raises(Overloaded):
            await gate.run(lambda: None)
        go_on.set()
        while gate.inside:
            await asyncio.sleep(0.001)
        assert await gate.run(lambda: 7) == 7

    asyncio.run(life())


@pytest.mark.parametrize(
    "path", ["/v1/history/KGS-USD?source=nbkr&limit=10000", "/v1/history/KGS-USD.csv?source=nbkr"]
)
def test_what_is_given_up_is_not_read_any_further(
    context: Context, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    fill(context)
    monkeypatch.setattr(tables, "WHOLE", 1 << 40)
    watching = Watching(context.store, endless=True)
    app = create_app(watching.context(context))
    run = Gate.run

    async def impatient(gate: Gate, work: Callable[[], object], deadline: float = 0.01) -> object:
        return await run(gate, work, deadline)

    monkeypatch.setattr(Gate, "run", impatient)
    response = Client(app).get(path)
    assert (response.status_code, response.json()["type"].rpartition("/")[2]) == (503, "too-slow")
    assert soon(lambda: watching.views == 0)
    read = watching.rows
    assert not soon(lambda: watching.rows != read, 0.1)


def test_who_asked_may_go_and_what_he_asked_keeps_its_place_until_it_is_done() -> None:
    async def life() -> None:
        gate, go_on = Gate(1), Event()
        asking = asyncio.ensure_future(gate.run(lambda: go_on.wait(30)))
        await asyncio.sleep(0.01)
        asking.cancel()
        await settle()
        assert (asking.cancelled(), gate.inside) == (True, 1)
        go_on.set()
        while gate.inside:
            await asyncio.sleep(0.001)

    asyncio.run(life())


@pytest.mark.parametrize("error", [ValueError("wrong"), TimeoutError("of the work itself")])
def test_what_fails_says_so_itself_and_leaves(error: Exception) -> None:
    def fail() -> None:
        raise error

    async def life() -> None:
        gate = Gate(1)
        with pytest.raises(type(error), match=str(error)):
            await gate.run(fail)
        assert gate.inside == 0

    asyncio.run(life())


class Jumping(asyncio.SelectorEventLoop):
    """A loop whose time stands until it is moved."""

    now = 0.0

    def time(self) -> float:
        return self.now


class Crowd:
    """People at a gate, and what should be true of them whatever they do."""

    MOST, WAITING, PATIENCE = 2, 3, 2.0

    def __init__(self, loop: Jumping) -> None:
        self.gate, self.loop = Gate(self.MOST, self.WAITING, self.PATIENCE), loop
        self.came: list[Entering] = []
        self.left: set[Entering] = set()

    def do(self, what: str, whom: int) -> None:
        if what == "come":
            self.came.append(asyncio.ensure_future(self.gate.enter()))
        elif what == "leave" and (inside := self.inside()):
            self.left.add(inside[whom % len(inside)])
            self.gate.leave()
        elif what == "give up" and (waiting := self.outside()):
            waiting[whom % len(waiting)].cancel()
        elif what == "time":
            self.loop.now += 0.75

    def inside(self) -> list[Entering]:
        entered = [each for each in self.came if each.done() and not each.cancelled()]
        return [each for each in entered if each.exception() is None and each not in self.left]

    def outside(self) -> list[Entering]:
        return [each for each in self.came if not each.done()]

    def check(self) -> None:
        """After all that was about to happen."""
        inside, outside = self.inside(), self.outside()
        assert self.gate.inside == len(inside) <= self.MOST
        assert len(outside) <= self.WAITING
        assert not outside or len(inside) == self.MOST, "one waits though there is a place"
        refused = [each for each in self.came if each.done() and not each.cancelled() and each.exception()]
        assert {type(each.exception()) for each in refused} <= {Overloaded}
        assert self.gate.refused == len(refused)
        if outside:
            last_in, first_out = (
                max(map(self.came.index, inside)),
                min(map(self.came.index, outside)),
            )
            assert last_in < first_out, "one went in before another who came earlier"

    async def live(self, deeds: list[list[tuple[str, int]]]) -> None:
        for at_once in deeds:
            for what, whom in at_once:
                self.do(what, whom)
            await settle()
            self.check()
        while self.inside() or self.outside():
            self.do("leave", 0)
            await settle()
            self.check()
        assert self.gate.inside == 0


deed = st.tuples(st.sampled_from(["come", "come", "leave", "give up", "time"]), st.integers(0, 9))


@pytest.mark.fuzz
@given(st.lists(st.lists(deed, max_size=5), max_size=20))
def test_whatever_people_do_at_once_no_place_is_lost_and_nobody_waits_before_a_free_one(
    deeds: list[list[tuple[str, int]]],
) -> None:
    loop = Jumping()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(Crowd(loop).live(deeds))


def test_questions_about_any_range_of_days_have_a_gate_of_their_own() -> None:
    limits = Limits()
    for question in (history.history, history.histories, history.wide, history.table, candles.candles):
        assert limits.of(question) is limits.heavy
    assert limits.of(stats.stats) is limits.of(line.line) is limits.heavy
    for looked_at in (health.health, sources.sources, sources.source):
        assert limits.of(looked_at) is limits.service
    assert limits.of(latest.latest) is limits.of(ticker.ticker) is limits.light


async def fill_up(gate: Gate) -> None:
    """Let as many come as go in or may wait."""
    for _ in range(gate.most + gate.waiting):
        asyncio.ensure_future(gate.enter())  # noqa: RUF006  # the gate holds them
    await settle()


def test_how_it_is_can_be_asked_when_no_rates_can(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(context)
    limits = Limits()
    monkeypatch.setattr("app.web.app.Limits", lambda streams: limits)
    rates = ("/v1/latest", "/v1/history/KGS-USD", "/")
    watched = ("/livez", "/readyz", "/health", "/metrics", "/v1/sources", "/v1/sources/nbkr")

    async def life() -> dict[str, int]:
        async with asking(create_app(context)) as client:
            for gate in (limits.light, limits.heavy):
                await fill_up(gate)
            return {path: (await client.get(path)).status_code for path in (*rates, *watched)}

    assert asyncio.run(life()) == dict.fromkeys(rates, 503) | dict.fromkeys(watched, 200)


HEAVY = "/v1/history/KGS-USD?source=nbkr&limit={}"


@asynccontextmanager
async def asking(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rates.test") as client:
        yield client


def test_with_too_many_heavy_questions_they_are_refused_in_time_and_all_others_go_on(
    context: Context,
) -> None:
    fill(context)
    watching = Watching(context.store, waits_after=0)
    app = create_app(watching.context(context))

    async def crowd() -> tuple[list[httpx.Response], float]:
        async with asking(app) as client:
            ready = (await client.get("/v1/ticker")).content
            begun = time.monotonic()
            heavy = [asyncio.ensure_future(client.get(HEAVY.format(1 + each))) for each in range(60)]
            while sum(each.done() for each in heavy) < 60 - 22:
                await asyncio.sleep(0.01)
            assert time.monotonic() - begun < 1.5, "those beyond are told at once"
            for number in range(20):
                light = await client.get(f"/v1/latest?max_age_days={number + 100}")
                assert light.status_code == 200
                assert (await client.get("/v1/ticker")).content == ready
            assert (await client.get("/livez")).status_code == 200
            while sum(each.done() for each in heavy) < 60 - 2:
                await asyncio.sleep(0.01)
            took = time.monotonic() - begun
            watching.go_on.set()
            return [await each for each in heavy], took

    with followed(watching.context(context)):
        answers, took = asyncio.run(crowd())
    assert took < 3
    assert [each.status_code for each in answers].count(200) == 2
    refused = [each for each in answers if each.status_code == 503]
    assert len(refused) == 58
    for each in refused:
        assert each.json()["type"].endswith("/overloaded")
        assert (each.headers["retry-after"], each.headers["cache-control"]) == ("2", "no-store")
    assert of(samples(Client(app)), "refused_total", gate="heavy") == 58
    assert Client(app).get(HEAVY.format(7)).status_code == 200
