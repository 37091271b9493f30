"""The tick log as it goes on, told to all who listen in this process: one loop reads it, and each tick is
written once for all who want it.

A listener is a connection and a place in the log. He is handed what comes after his place, in order, and
then his place moves: so nothing is told twice, and nothing left out. Who comes back, or from another process,
names the place up to which he has it.

A listener is sent to in one step: what his connection takes at once, or not at all. One who does not read
fills the buffers of his connection, and the step would wait for him: he is let go instead, and nobody else
has waited. He comes back with his place. There is no second task and no queue for each, which would be most
of what a listener costs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, cycle, islice
from random import Random
from typing import Any, NamedTuple, cast
from weakref import WeakValueDictionary

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Send

from app.answers.ticks import newest, place_of, stretch, ticks
from app.context import Context, Place
from app.domain.answers import Stretch
from app.domain.cursors import encode as cursor_of
from app.domain.errors import BadCursor, CursorAhead, ForeignCursor, SilkrateError
from app.domain.ticks import Tick, Wanted
from app.render.events import COMMENT, event, moved, opening, tick_event
from app.web.counting import Counts
from app.web.limits import STALLED, Limits, Overloaded

log = structlog.get_logger("silkrate.web")

REMEMBERED = 2_000
"""The newest ticks, which are kept as they were told, a megabyte and a half: who was away for a moment, or
for months, needs no database. Five banks make about five a working day.
"""

PAGE = 100
"""Ticks that are read of the log and told at once."""

FEW = 50
"""Ticks that are read at once for one who is far behind: about as many as are sent at once."""

PART = 32 * 1024
"""Bytes that are sent at once to one who catches up: half of what a connection buffers."""

SLICE = 250
"""Listeners who are told before others in this process get their turn: about three milliseconds."""

BEATS, BEAT = 13, 1.0
"""Each listener gets a comment every BEATS times BEAT seconds, in each beat another part of them."""

LIFE = 3600
"""Seconds of a stream, more or less: then it ends and is opened again, perhaps by another process, which may
be a new one or have less to do.
"""

RETRY = (1_000, 4_000)
"""Milliseconds after which a listener comes back, differing by chance: all of them lose a process at once."""

LAST_WORDS = 0.3
"""Seconds in which a connection takes the end of its stream when the process stops."""

STARTING = 5.0
"""Seconds for which one who comes while the record is read for the first time waits."""

LATER = b": the record cannot be read at this moment\n"
"""What one is told who is to come back. Not by an error status: no browser ever comes back after one."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Why a stream does not go on from the place that was named. It goes on from `cursor`; what there is can
    be read again at `restart`.
    """

    reason: str
    detail: str
    restart: str
    cursor: str


class Told(NamedTuple):
    """A tick and its event."""

    tick: Tick
    event: bytes


@dataclass(slots=True)
class Tail:
    """Of the log `log_id`, the newest ticks as they were told, up to `place`, as read at `version`."""

    log_id: str
    place: int
    version: int
    told: deque[Told] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    @property
    def cursor(self) -> str:
        """The cursor of its end."""
        return self.cursor_at(self.place)

    def cursor_at(self, place: int) -> str:
        """The cursor of a place in the same log."""
        return cursor_of("t", self.log_id, str(place))

    def reaches(self, place: int) -> bool:
        """Whether all that came after a place is remembered."""
        return place >= self.place - len(self.told)

    def after(self, place: int) -> Iterator[Told]:
        """What is remembered after a place that it reaches."""
        return islice(self.told, place - (self.place - len(self.told)), None)


class Channel:
    """All who want the same ticks, and can start again at the same address."""

    __slots__ = ("__weakref__", "restart", "wanted")

    def __init__(self, wanted: Wanted, restart: str) -> None:
        self.wanted, self.restart = wanted, restart

    def message(self, told: Iterable[Told]) -> Message | None:
        """What of `told` is wanted here, None for nothing."""
        chunk = b"".join(written for tick, written in told if self.wanted.wants(tick))
        return _body(chunk) if chunk else None

    def part(self, told: Iterable[Told], most: int = PART) -> tuple[bytes, int | None]:
        """The beginning of the same, until it is more than `most` bytes, and the place up to which it goes;
        None: all of it.
        """
        part = bytearray()
        for tick, written in told:
            if self.wanted.wants(tick):
                part += written
                if len(part) > most:
                    return bytes(part), tick.seq
        return bytes(part), None


class Listener:
    """One connection, served by this task: the place in the log up to which it was told, and when its life
    ends, by the loop. It hears comments with the beat of this number.
    """

    __slots__ = ("beat", "channel", "ends", "over", "place", "send", "tail", "task", "transport")

    def __init__(self, opened: Opened, tail: Tail, send: Send, ends: float, beat: int) -> None:
        self.beat = beat
        self.channel, self.tail, self.place, self.ends = opened.channel, tail, opened.place, ends
        self.send, self.over, self.task = send, False, asyncio.current_task()
        # ASGI has no word for it: the server's own alone ends a connection that takes nothing any more.
        self.transport: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]

    def take(self, message: Message) -> bool:
        """Hand it a message in one step; False when the connection is full or closed, and has no part of it.
        Raises nothing: one of thousands.
        """
        sending: Any = self.send(message)
        try:
            sending.send(None)
        except StopIteration:
            return True
        except Exception as error:
            if not self.transport.is_closing():
                log.warning("a stream failed", error=repr(error))
            return False
        sending.close()
        return False

    def end(self) -> None:
        """End the response, whole; or the connection, if that cannot take even so much."""
        if not self.over and self.take(LAST):
            self._leave()
        else:
            self.drop()

    def drop(self) -> None:
        """End the connection, and what it has not taken is gone."""
        self.transport.abort()
        self._leave()

    def _leave(self) -> None:
        """End the task: the server does not tell of every connection that it was closed, as of one by which
        the next request had come already.
        """
        if not self.over and self.task and self.task is not asyncio.current_task():
            self.task.cancel()
        self.over = True

    @property
    def gone(self) -> bool:
        """Whether nobody is there any more, or is to be."""
        return self.over or self.transport.is_closing()


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream that is to begin: with what, and after which place of the log; None where it only ends."""

    channel: Channel
    tail: Tail | None
    place: int
    begins: bytes


class Broadcast:
    """Follows the log for all listeners of one process. All but `ring` is for the event loop alone."""

    def __init__(
        self,
        context: Context,
        limits: Limits,
        counts: Counts,
        *,
        beat: float = BEAT,
        life: float = LIFE,
        random: Random | None = None,
    ) -> None:
        """`beat` and `life` are in seconds."""
        self._context, self._limits, self._counts = context, limits, counts
        self._beat, self._life, self._random = beat, life, random or Random()
        self._tail: Tail | None = None
        self._seen: Place | None = None
        self._channels: WeakValueDictionary[tuple[Wanted, str], Channel] = WeakValueDictionary()
        self._live: dict[Listener, None] = {}  # a set in order: they lie in memory as they came
        self._beats = cycle(range(BEATS))
        self._catching_up: set[Listener] = set()
        self._rung, self._read = asyncio.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def run(self) -> None:
        """Follow the log until cancelled; should it fail, no stream stays that would be told nothing."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow())
                tasks.create_task(self._keep_alive())
        finally:
            self.close()

    def ring(self) -> None:
        """Say, from whatever thread, that the record stands elsewhere."""
        if self._loop:
            with suppress(RuntimeError):  # the loop was closed in this moment
                self._loop.call_soon_threadsafe(self._rung.set)

    def close(self) -> None:
        """End every stream, and take no more."""
        self._closed = True
        ending = list(self._live)
        for listener in ending:
            listener.end()
        for listener in list(self._catching_up):
            listener.drop()
        # The server would wait for those who do not read, as long as it waits for anybody.
        asyncio.get_running_loop().call_later(LAST_WORDS, _abort, ending)

    async def open(self, wanted: Wanted, cursor: str | None, restart: str) -> Opened:
        """What a stream begins with: after `cursor`, or from now on where it is None or unusable; the latter
        is told. While the record cannot be read it begins with LATER, and ends. Raises Overloaded.
        """
        self._limits.streams.look()
        channel, retry = self._channel(wanted, restart), self._random.randint(*RETRY)
        try:
            tail = await self._ready()
            place = tail.place if cursor is None else await self._place(tail, cursor)
        except (BadCursor, ForeignCursor) as error:
            # Until he has the whole of it, he comes back with what he had, and is told of it again.
            tail = cast(Tail, self._tail)
            reset = self._reset(tail, error.type, str(error), restart)
            return Opened(channel, tail, tail.place, opening(retry, None) + reset)
        except SilkrateError as error:
            log.info("a stream was not begun", reason=str(error))
            return Opened(channel, None, 0, LATER + opening(retry, None))
        return Opened(channel, tail, place, opening(retry, tail.cursor_at(place)))

    async def serve(self, opened: Opened, receive: Receive, send: Send) -> None:
        """Tell one whose response was begun what he wants to hear, until he goes or is let go."""
        try:
            await self._limits.streams.enter()
        except Overloaded:  # there was room when it was opened
            opened = replace(opened, tail=None, begins=LATER + opening(self._random.randint(*RETRY), None))
            await self._brief(opened, send)
            return
        try:
            if opened.tail is None:
                await self._brief(opened, send)
            else:
                await self._serve(opened, opened.tail, receive, send)
        finally:
            self._limits.streams.leave()

    async def _brief(self, opened: Opened, send: Send) -> None:
        """Tell one to come back."""
        await send(_body(opened.begins))
        await send(LAST)

    async def _serve(self, opened: Opened, tail: Tail, receive: Receive, send: Send) -> None:
        ends = asyncio.get_running_loop().time() + self._life * self._random.uniform(0.9, 1.1)
        listener = Listener(opened, tail, send, ends, next(self._beats))
        self._catching_up.add(listener)
        try:
            if await self._is_caught_up(listener, opened.begins):
                self._catching_up.remove(listener)
                self._live[listener] = None  # in the same moment: nothing can be told between
                while (await receive())["type"] != "http.disconnect":
                    continue
        except asyncio.CancelledError:
            if not listener.over:
                raise
        finally:
            listener.over = True
            self._catching_up.discard(listener)
            self._live.pop(listener, None)

    async def _ready(self) -> Tail:
        """The tail of the log, as soon as it was read; raises Overloaded."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._read.wait(), STARTING)
        if self._closed or self._tail is None:
            raise Overloaded("There is no stream here at this moment: come back soon.")
        return self._tail

    async def _place(self, tail: Tail, cursor: str) -> int:
        """The place at which a cursor points; the tick may have been told by another process alone. Raises
        BadCursor and ForeignCursor.
        """
        try:
            return place_of(cursor, tail.log_id, tail.place, "after")
        except CursorAhead:
            asked = partial(self._context.ask, ticks, after=cursor, limit=1)
            found = await self._limits.light.run(asked)
            return place_of(cursor, tail.log_id, found.body.seq, "after")

    def _channel(self, wanted: Wanted, restart: str) -> Channel:
        return self._channels.setdefault((wanted, restart), Channel(wanted, restart))

    def _reset(self, tail: Tail, reason: str, detail: str, restart: str) -> bytes:
        reset = Reset(reason, detail, restart, tail.cursor)
        return event("reset", reset, tail.cursor, simulated=self._context.settings.simulated)

    async def _is_caught_up(self, listener: Listener, begins: bytes) -> bool:
        """Whether it has taken all that was told before, and can be told the rest with the others."""
        try:
            async with asyncio.timeout_at(listener.ends):
                await self._sent(listener, begins)
                begun = listener.place
                while not self._is_current(listener):
                    await self._catch_up(listener)
                    if self._is_current(listener) and listener.place > begun:
                        # The newest of it may not have been wanted; and this waits until there is room again.
                        await self._sent(listener, moved(listener.tail.cursor_at(listener.place)))
        except (TimeoutError, SilkrateError) as error:
            log.info("a stream did not catch up", reason=str(error) or "its reader takes nothing")
            self._counts.dropped += 1
            listener.drop()
        if self._closed:
            listener.end()
        return not listener.gone

    def _is_current(self, listener: Listener) -> bool:
        tail = cast(Tail, self._tail)
        return listener.gone or (listener.tail is tail and listener.place >= tail.place)

    async def _catch_up(self, listener: Listener) -> None:
        """Send the next part of what was told before."""
        tail, channel = cast(Tail, self._tail), listener.channel
        if listener.tail is not tail:
            part, until = self._renewed(tail, channel), tail.place
        elif tail.reaches(listener.place):
            part, end = channel.part(tail.after(listener.place))
            until = tail.place if end is None else end
        else:
            part, until = await self._read_for(listener, tail)
        if part:
            await self._sent(listener, part)
        listener.tail, listener.place = tail, until

    async def _read_for(self, listener: Listener, tail: Tail) -> tuple[bytes, int]:
        """What one wants of the part of the log that is not remembered, and up to which place. It waits for
        its turn, and is kept alive meanwhile.
        """
        reading = asyncio.ensure_future(self._limits.behind.run(partial(self._part, listener, tail)))
        try:
            while not (await asyncio.wait([reading], timeout=BEATS * self._beat))[0]:
                await self._sent(listener, COMMENT)
            return reading.result()
        finally:
            reading.cancel()

    def _part(self, listener: Listener, tail: Tail) -> tuple[bytes, int]:
        wanted = listener.channel.wanted
        found, told = self._written(stretch, wanted=wanted, after=listener.place, limit=FEW)
        if found.log_id != tail.log_id:
            raise Overloaded("The log was replaced while it was read.")
        until = min(found.until, tail.place)
        return b"".join(written for tick, written in told if tick.seq <= until), until

    async def _sent(self, listener: Listener, part: bytes) -> None:
        async with asyncio.timeout(STALLED):
            await listener.send(_body(part))

    async def _follow(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            try:
                await self._look()
            except SilkrateError as error:
                log.info("the stream waits for the record", reason=str(error))
            except Exception:
                log.exception("the log was not followed")  # and is again with the next beat

    async def _keep_alive(self) -> None:
        now = asyncio.get_running_loop().time
        for number, due in zip(cycle(range(BEATS)), count(now() + self._beat, self._beat), strict=False):
            await asyncio.sleep(due - now())
            if self._context.place is not self._seen:
                self._rung.set()
            async for listener in _in_turns(each for each in self._live if each.beat == number):
                if listener.transport.is_closing():
                    listener.drop()  # the server does not tell of each
                elif now() < listener.ends:
                    self._hand(listener, ALIVE)
                else:
                    listener.end()

    async def _look(self) -> None:
        """Tell all that is new."""
        here = self._context.place
        if self._tail is None:
            self._tail = await self._newest()
            self._read.set()
        while True:
            reading = partial(self._written, stretch, after=self._tail.place, limit=PAGE)
            found, told = await run_in_threadpool(reading)
            if _is_replaced(self._tail, found):
                self._tail = await self._newest()
                await self._renew(self._tail)
            elif told:
                await self._tell(self._tail, told, found)
            else:
                break
        self._seen = here

    async def _newest(self) -> Tail:
        found, told = await run_in_threadpool(partial(self._written, newest, most=REMEMBERED))
        tail = Tail(found.log_id, found.until, found.version)
        tail.told.extend(told)
        return tail

    def _written(self, question: Callable[..., Stretch], **asked: Any) -> tuple[Stretch, list[Told]]:
        """Ask for a stretch of the log, and write it down; both take time, in a worker thread."""
        found, simulated = self._context.ask(question, **asked), self._context.settings.simulated
        told = [Told(each, tick_event(each, found.log_id, simulated=simulated)) for each in found.ticks]
        return found, told

    async def _tell(self, tail: Tail, told: Sequence[Told], found: Stretch) -> None:
        """Hand what is new to all who are current. Who comes from now on has a later place."""
        start, until = tail.place, found.until
        tail.told.extend(told)
        tail.place, tail.version = until, found.version
        messages: dict[Channel, Message | None] = {}
        async for listener in _in_turns(self._live):
            if listener.tail is not tail or listener.place >= until:
                continue
            channel = listener.channel
            if channel not in messages:
                messages[channel] = channel.message(told)
            if listener.place == start:
                self._hand(listener, messages[channel])
            elif listener.place > start:  # it came from another process, that was ahead
                self._hand(listener, channel.message(each for each in told if each.tick.seq > listener.place))
            else:
                listener.drop()  # it was left behind by a fault: it comes back to where it was
            listener.place = until

    async def _renew(self, tail: Tail) -> None:
        """Tell all that the log they were told from is gone."""
        async for listener in _in_turns(self._live):
            if listener.tail is not tail:
                listener.tail, listener.place = tail, tail.place
                self._hand(listener, _body(self._renewed(tail, listener.channel)))

    def _renewed(self, tail: Tail, channel: Channel) -> bytes:
        gone = ForeignCursor("The log was replaced: the store was restored, or another one put in its place.")
        return self._reset(tail, gone.type, str(gone), channel.restart)

    def _hand(self, listener: Listener, message: Message | None) -> None:
        if message and not listener.over and not listener.take(message):
            self._counts.dropped += not listener.transport.is_closing()
            listener.drop()


def _is_replaced(tail: Tail, found: Stretch) -> bool:
    """Whether what was found is of another log, or of the same one without what was told of it. An older view
    of it is neither.
    """
    if found.log_id != tail.log_id:
        return True
    return found.seq < tail.place and found.version > tail.version


def _abort(listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        listener.transport.abort()


async def _in_turns(listeners: Iterable[Listener]) -> AsyncIterator[Listener]:
    """All of them as they are now, others in this process getting their turn now and then."""
    for number, listener in enumerate(list(listeners), 1):
        yield listener
        if not number % SLICE:
            await asyncio.sleep(0)


def _body(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": True}


LAST: Message = {"type": "http.response.body", "body": b"", "more_body": False}
ALIVE = _body(COMMENT)
