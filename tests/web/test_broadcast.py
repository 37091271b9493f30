"""How the log is told: to connections that a test holds in its hands, when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from starlette.types import Message

from app.context import Context
from app.domain.cursors import encode
from app.domain.errors import StoreUnavailable
from app.domain.ticks import EVERY_TICK, Wanted
from app.render.events import COMMENT
from app.store import open_store, restore
from app.store.base import Store
from app.web import broadcast
from app.web.broadcast import Broadcast, Channel
from app.web.counting import Counts
from app.web.limits import Limits
from tests.said import nbkr
from tests.stores import fresh_url
from tests.web.conftest import fill, say


@dataclass
class Transport:
    """The server's end of a connection."""

    aborted: bool = False

    def abort(self) -> None:
        """End it at once."""
        self.aborted = True

    def is_closing(self) -> bool:
        """Whether it was."""
        return self.aborted


@dataclass
class Connection:
    """A connection as the server has it: `full` takes nothing, `broken` fails."""

    transport: Transport = field(default_factory=Transport)
    bodies: list[bytes] = field(default_factory=list)
    full: bool = False
    broken: bool = False
    ended: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    turns: list[str] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        """Take a message, as soon as there is room."""
        while self.full and not self.transport.aborted:
            await asyncio.sleep(0.001)
        if self.broken or self.transport.aborted:
            raise RuntimeError("the handler is closed")  # as uvloop has it
        self.bodies.append(message["body"])
        self.turns.append("told")
        if not message["more_body"]:
            self.ended = True
            self.gone.set()

    async def receive(self) -> Message:
        """Say that it was closed, once it is."""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    @property
    def seqs(self) -> list[int]:
        """The numbers of the ticks that it was told."""
        parts = b"".join(self.bodies).split(b'data: {"seq":')[1:]
        return [int(part.partition(b",")[0]) for part in parts]


@dataclass
class Told:
    """A broadcast that runs, and those who listen to it."""

    context: Context
    broadcast: Broadcast
    limits: Limits
    counts: Counts
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def listen(
        self, after: int | None = None, wanted: Wanted = EVERY_TICK, **differing: Any
    ) -> Connection:
        """A connection that listens after a place, and is current unless it is full."""
        connection = Connection(**differing)
        given = None if after is None else cursor(self.context, after)
        opened = await self.broadcast.open(wanted, given, "http://rates.test/v1/ticks")
        serving = self.broadcast.serve(opened, connection.receive, connection.send)
        self.tasks.append(asyncio.ensure_future(serving))
        for _ in range(20):
            await asyncio.sleep(0)
        return connection

    async def ring(self, until: Callable[[], bool]) -> None:
        """Ring, and wait until something has come of it."""
        self.broadcast.ring()
        await soon(until)


async def soon(true: Callable[[], bool]) -> None:
    """Wait until it is true."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


@asynccontextmanager
async def telling(context: Context, **settings: Any) -> AsyncIterator[Told]:
    """A broadcast of the log of `context`, which looks when it is told to."""
    limits, counts = Limits(), Counts()
    told = Told(context, Broadcast(context, limits, counts, **({"beat": 60} | settings)), limits, counts)
    running = asyncio.ensure_future(told.broadcast.run())
    await asyncio.sleep(0)
    told.broadcast.ring()
    try:
        yield told
    finally:
        for task in [running, *told.tasks]:
            task.cancel()
        await asyncio.gather(running, *told.tasks, return_exceptions=True)


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test that is a coroutine."""

    async def limited() -> None:
        await asyncio.wait_for(test(), 30)

    asyncio.run(limited())


def newest(context: Context) -> int:
    with context.store.read() as reader:
        return reader.counter().seq


def cursor(context: Context, seq: int) -> str:
    with context.store.read() as reader:
        return encode("t", reader.counter().log_id, str(seq))


def news(context: Context, number: int) -> int:
    """Record one tick; returns its number."""
    say(context, nbkr("2026-05-21", f"87.{number:02}50"), when=f"2026-05-21 07:{number:02}")
    return newest(context)


@pytest.fixture
def filled(context: Context) -> Context:
    """A context with a few ticks."""
    fill(context)
    return context


def test_a_tick_is_written_once_for_all_who_want_it(filled: Context) -> None:
    async def test() -> None:
        async with telling(filled) as told:
            som = Wanted(frozenset({nbkr("2026-05-21").pair}))
            all_of_them = [await told.listen() for _ in range(3)]
            some = [await told.listen(wanted=som) for _ in range(3)]
            seq = news(filled, 1)
            await told.ring(lambda: some[-1].seqs == [seq])
            assert [each.seqs for each in (*all_of_them, *some)] == [[seq]] * 6
            assert len({id(each.bodies[-1]) for each in all_of_them}) == 1
            assert len({id(each.bodies[-1]) for each in some}) == 1

    run(test)


def test_who_was_told_more_elsewhere_is_told_nothing_twice(filled: Context) -> None:
    async def test() -> None:
        async with telling(filled) as told:
            here = await told.listen()
            first = news(filled, 1)
            ahead = await told.listen(after=first)  # which this process has not seen
            assert b"reset" not in b"".join(ahead.bodies)
            second, third = news(filled, 2), news(filled, 3)
            further = await told.listen(after=second)
            await told.ring(lambda: here.seqs == [first, second, third])
            assert (ahead.seqs, further.seqs) == ([second, third], [third])
            fourth = news(filled, 4)
            await told.ring(lambda: here.seqs[-1] == fourth)
            assert (ahead.seqs[-1], further.seqs) == (fourth, [third, fourth])

    run(test)


def test_who_takes_nothing_is_let_go_and_the_others_are_told_meanwhile(filled: Context) -> None:
    async def test() -> None:
        async with telling(filled) as told:
            before, stuck, after = await told.listen(), await told.listen(), await told.listen()
            stuck.full = True
            began = list(stuck.bodies)
            seq = news(filled, 1)
            await told.ring(lambda: after.seqs == [seq])
            assert before.seqs == [seq]
            assert (stuck.transport.aborted, stuck.bodies, told.counts.dropped) == (True, began, 1)
            stuck.gone.set()  # as the server tells of a connection that was aborted
            await soon(lambda: told.limits.streams.inside == 2)

    run(test)


def test_a_connection_that_fails_takes_no_other_with_it(filled: Context) -> None:
    async def test() -> None:
        async with telling(filled) as told:
            before, broken, after = await told.listen(), await told.listen(), await told.listen()
            broken.broken = True
            seq = news(filled, 1)
            await told.ring(lambda: after.seqs == [seq])
            assert (before.seqs, broken.transport.aborted) == ([seq], True)

    run(test)


def test_who_catches_up_slowly_holds_up_nobody_and_misses_nothing(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "PART", 100)

    async def test() -> None:
        async with telling(filled) as told:
            quick, slow = await told.listen(after=0), await told.listen(after=0, full=True)
            first = news(filled, 1)
            await told.ring(lambda: quick.seqs == list(range(1, first + 1)))
            slow.full = False
            await soon(lambda: slow.seqs == quick.seqs)
            second = news(filled, 2)
            await told.ring(lambda: slow.seqs[-1] == second)
            assert slow.seqs == quick.seqs == list(range(1, second + 1))
            assert told.counts.dropped == 0

    run(test)


def test_who_never_catches_up_is_let_go(filled: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "STALLED", 0.05)

    async def test() -> None:
        async with telling(filled) as told:
            stuck = await told.listen(after=0, full=True)
            await soon(lambda: told.limits.streams.inside == 0)
            assert stuck.transport.aborted

    run(test)


def test_thousands_of_listeners_leave_others_their_turn(filled: Context) -> None:
    async def test() -> None:
        turns: list[str] = []

        async def other() -> None:
            while turns.count("told") < 3 * broadcast.SLICE:
                if turns[-1:] != ["other"]:
                    turns.append("other")
                await asyncio.sleep(0)

        async with telling(filled) as told:
            listening = [await told.listen() for _ in range(3 * broadcast.SLICE)]
            for each in listening:
                each.turns = turns
            news(filled, 1)
            told.broadcast.ring()
            await other()
            assert "other" in turns[turns.index("told") :]

    run(test)


class Replaceable:
    """A store in whose place another one can be put, as a restore does under a server that runs on."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_when_the_log_is_replaced_all_are_told_and_go_on_with_the_new_one(
    filled: Context, tmp_path: Path
) -> None:
    (tmp_path / "restored").mkdir()
    filled.store.backup(tmp_path / "copy")
    url = fresh_url(tmp_path / "restored")
    restore(url, tmp_path / "copy")
    replaceable = Replaceable(filled.store)
    context = replace(filled, store=replaceable)

    async def test() -> None:
        async with telling(context) as told:
            current, catching = await told.listen(), await told.listen(after=0, full=True)
            last = newest(context)
            with closing(open_store(url)) as replaceable.store:
                await told.ring(lambda: b"event: reset" in b"".join(current.bodies))
                assert f"id: {cursor(context, last)}\nevent: reset".encode() in b"".join(current.bodies)
                catching.full = False
                await soon(lambda: b"event: reset" in b"".join(catching.bodies))
                seq = news(context, 1)
                await told.ring(lambda: current.seqs[-1:] == catching.seqs[-1:] == [seq])
                assert (current.seqs, catching.seqs) == ([seq], [seq])

    run(test)


def test_while_the_record_is_out_of_reach_streams_stay_and_then_miss_nothing(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with telling(filled) as told:
            listener = await told.listen()
            first = news(filled, 1)
            asked = 0

            def refuse(*args: object, **kwargs: object) -> None:
                nonlocal asked
                asked += 1
                raise StoreUnavailable("gone") if asked == 1 else ZeroDivisionError

            with monkeypatch.context() as broken:
                broken.setattr(Context, "ask", refuse)
                for times in (1, 2):
                    await told.ring(lambda times=times: asked >= times)  # type: ignore[misc]
            second = news(filled, 2)
            await told.ring(lambda: listener.seqs == [first, second])
            assert not listener.transport.aborted

    run(test)


def test_closing_ends_each_stream_whole_and_what_cannot_take_an_end_at_once(filled: Context) -> None:
    async def test() -> None:
        async with telling(filled) as told:
            current, stuck, catching = (
                await told.listen(),
                await told.listen(),
                await told.listen(after=0, full=True),
            )
            stuck.full = True
            told.broadcast.close()
            assert (current.ended, current.transport.aborted) == (True, False)
            assert stuck.transport.aborted
            assert catching.transport.aborted
            late = await told.broadcast.open(EVERY_TICK, None, "")
            assert (late.tail, late.begins[:2]) == (None, b": ")
            stuck.gone.set()
            await soon(lambda: told.limits.streams.inside == 0)

    run(test)


def test_who_does_not_take_the_end_of_a_stream_keeps_the_process_for_a_moment_only(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "LAST_WORDS", 0.05)

    async def test() -> None:
        async with telling(filled) as told:
            slow = await told.listen()
            told.broadcast.close()
            assert (slow.ended, slow.transport.aborted) == (True, False)
            await soon(lambda: slow.transport.aborted)

    run(test)


def test_closing_waits_for_nothing_that_is_read_of_the_log(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "REMEMBERED", 1)
    reading, go_on, asked = Event(), Event(), Context.ask

    def slowly(context: Context, question: Any, *given: Any, **named: Any) -> Any:
        if "wanted" in named:
            reading.set()
            go_on.wait(10)
        return asked(context, question, *given, **named)

    async def test() -> None:
        async with telling(filled) as told:
            monkeypatch.setattr(Context, "ask", slowly)
            await told.listen(after=0)
            await soon(reading.is_set)
            told.broadcast.close()
            await soon(told.tasks[0].done)
            assert told.tasks[0].exception() is None
            go_on.set()

    try:
        run(test)
    finally:
        go_on.set()


def test_those_far_behind_wait_in_a_line_of_their_own(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "REMEMBERED", 1)

    async def test() -> None:
        async with telling(filled) as told:
            end = newest(filled)
            told.limits.light.most = told.limits.light.waiting = 0
            listeners = [await told.listen(after=0) for _ in range(5)]
            await soon(lambda: all(each.seqs == list(range(1, end + 1)) for each in listeners))
            assert not any(each.transport.aborted for each in listeners)

    run(test)


@pytest.mark.parametrize("how", ["broken", "aborted"])
def test_one_that_fails_at_its_end_ends_nothing_else(filled: Context, how: str) -> None:
    async def test() -> None:
        async with telling(filled, life=0.05, beat=0.01) as told:
            broken = await told.listen()
            broken.broken = how == "broken"
            broken.transport.aborted = how == "aborted"
            await soon(lambda: told.limits.streams.inside == 0)
            assert broken.transport.aborted
            told.broadcast._life = 60
            listener = await told.listen()
            assert told.limits.streams.inside == 1
            seq = news(filled, 1)
            await told.ring(lambda: listener.seqs == [seq])

    run(test)


def test_closing_ends_the_others_too_when_one_fails(filled: Context) -> None:
    async def test() -> None:
        async with telling(filled) as told:
            listening = [await told.listen() for _ in range(20)]
            for each in listening[::3]:
                each.broken = True
            told.broadcast.close()
            assert [each.ended or each.transport.aborted for each in listening] == [True] * 20
            assert sum(each.ended for each in listening) == 13
            await soon(lambda: told.limits.streams.inside == 0)

    run(test)


def test_one_of_whose_end_the_server_says_nothing_gives_its_place_back(filled: Context) -> None:
    async def test() -> None:
        async with telling(filled) as told:
            silent, other = await told.listen(), await told.listen()
            silent.transport.aborted = True  # and `gone` is never set
            seq = news(filled, 1)
            await told.ring(lambda: other.seqs == [seq])
            await soon(lambda: told.limits.streams.inside == 1)
            assert told.counts.dropped == 0, "it did not fall behind: it went"

    run(test)


def test_who_is_left_behind_by_a_fault_is_let_go_to_come_back_where_he_was(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with telling(filled) as told:
            som = Wanted(frozenset({nbkr("2026-05-21").pair}))
            every, some = await told.listen(), await told.listen(wanted=som)
            with monkeypatch.context() as broken:
                broken.setattr(Channel, "message", lambda self, told: 1 / 0)
                first = news(filled, 1)
                told.broadcast.ring()
                await asyncio.sleep(0.1)
            second = news(filled, 2)
            told.broadcast.ring()
            await soon(lambda: every.transport.aborted and some.transport.aborted)
            assert every.seqs == some.seqs == []
            again = await told.listen(after=first - 1)
            assert again.seqs == [first, second]

    run(test)


def test_who_waits_to_read_the_log_is_kept_alive(filled: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "REMEMBERED", 1)

    async def test() -> None:
        async with telling(filled, beat=0.01 / broadcast.BEATS) as told:
            for _ in range(told.limits.behind.most):
                await told.limits.behind.enter()
            waiting = await told.listen(after=0)
            await soon(lambda: waiting.bodies.count(COMMENT) > 2)
            assert waiting.seqs == []
            told.limits.behind.leave()
            await soon(lambda: waiting.seqs == list(range(1, newest(filled) + 1)))

    run(test)


def test_what_is_far_behind_is_read_a_few_ticks_at_once(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "REMEMBERED", 1)
    monkeypatch.setattr(broadcast, "FEW", 2)
    for number in range(6):
        news(filled, number)

    async def test() -> None:
        async with telling(filled) as told:
            listener = await told.listen(after=0)
            await soon(lambda: listener.seqs == list(range(1, newest(filled) + 1)))
            assert max(body.count(b"event: tick") for body in listener.bodies) == 2

    run(test)


def test_when_nobody_tells_any_more_no_stream_stays(filled: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with telling(filled, beat=0.01) as told:
            listener = await told.listen()
            monkeypatch.setattr(Broadcast, "_hand", lambda *args: 1 / 0)
            await soon(lambda: listener.ended)

    run(test)
