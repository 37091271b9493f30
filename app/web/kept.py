"""What was answered, kept for the next who asks the same: a question is asked of the record once a version,
however many ask it, and can be answered from here while the record is out of reach.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Any, NamedTuple, TypeVar, cast, final

from starlette.concurrency import run_in_threadpool

from app.clock import Clock
from app.context import Place
from app.domain.answers import Answer
from app.web.cache import MEMENTO, cache_control, etag
from app.web.coding import Coding, encode

MOST_BYTES = 32 * 1024 * 1024
"""Of all that is kept by one process: what was not asked for since its turn came last makes room."""

LARGEST = MOST_BYTES // 8
"""What needs more bytes than this is not kept: the longest page of a history needs less."""

EACH = 1024
"""Bytes that an answer takes beside its own and those of its key."""


class Key(NamedTuple):
    """What was asked, and the form of the answer. `query` is canonical; `origin` is what the addresses in the
    answer begin with, and `language` that of a page, empty where it has none.
    """

    path: str
    query: bytes
    media_type: str
    coding: Coding | None = None
    origin: str = ""
    language: str = ""


def canonical(query: bytes) -> bytes:
    """The same query with its parameters in one order, in which nobody has to ask them."""
    return b"&".join(sorted(filter(None, query.split(b"&"))))


Given = TypeVar("Given", bound="Written | None")


@dataclass(frozen=True, slots=True)
class Written:
    """The bytes of an answer in one form, with their validator; of the answer itself only how long it holds:
    its body may weigh many times as much. `coded_from` is the validator of the bytes before their `coding`.
    """

    answer: Answer[None]
    content: bytes
    etag: str
    forever: bool = False
    coding: Coding | None = None
    coded_from: str | None = None

    def lifetime(self, now: datetime) -> str:
        """How long a copy may be used at `now`: of a version for good."""
        return MEMENTO if self.forever else cache_control(self.answer, now)


@final
class Entry:
    """An answer as it is kept, given with the record at `place`; `written` is None when it no longer is."""

    __slots__ = ("asked", "place", "since", "until", "written")

    def __init__(self, place: Place, written: Written) -> None:
        since, until = written.answer.valid_since, written.answer.valid_until
        self.place, self.until, self.asked = place, until and until.astimezone(UTC), False
        # A clock that is set back shows what was before; but never what was before the record.
        recorded = place.recorded_at
        self.since = since.astimezone(UTC) if since and (recorded is None or since > recorded) else None
        self.written: Written | None = written

    def current(self, place: Place | None, now: datetime) -> Written | None:
        """What would be answered at `now` with the record at `place`; None when that must be asked.

        It takes no lock. One place is one object as long as the record stands there.
        """
        if (
            (place is not self.place and place != self.place)
            or (self.until is not None and now >= self.until)
            or (self.since is not None and now < self.since)
        ):
            return None
        self.asked = True
        return self.written


class Kept:
    """Answers by what was asked, from several threads. `bytes` is what they take, `evictions` how many made
    room.
    """

    def __init__(self, clock: Clock, most: int = MOST_BYTES, largest: int = LARGEST) -> None:
        self._clock, self._most, self._largest = clock, most, largest
        self.bytes, self.evictions = 0, 0
        self._kept: OrderedDict[Key, Entry] = OrderedDict()
        self._lock = Lock()
        self._asking: dict[tuple[Key, Place], asyncio.Future[Any]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def current(self, key: Key, place: Place | None) -> Written | None:
        """What would be answered now, with the record at `place`; None when that must be asked."""
        found = self._kept.get(key)
        return found.current(place, self._clock.now()) if found and place else None

    def holding(self, key: Key, written: Written) -> Entry | None:
        """The entry that keeps exactly this; None when there is none."""
        found = self._kept.get(key)
        return found if found and found.written is written else None

    async def once(
        self, key: Key, place: Place | None, ask: Callable[[], Coroutine[None, None, Given]]
    ) -> Given:
        """What `ask` gives, or None where that is nothing to share; who comes while the same is being asked
        with the record at the same `place` waits for that, as long as it holds. A new version makes all ask
        at the same moment.
        """
        if place is None:
            return await ask()
        asked = key, place
        while waited := self._asking.get(asked):
            found = await asyncio.shield(waited)
            if found is None or self._holds(found):
                return cast(Given, found)
        self._asking[asked] = asking = asyncio.ensure_future(ask())
        asking.add_done_callback(partial(self._asked, asked))
        return await asyncio.shield(asking)

    def _asked(self, asked: tuple[Key, Place], done: asyncio.Future[Any]) -> None:
        del self._asking[asked]
        if not done.cancelled():
            done.exception()  # looked at, though all who waited may have gone

    async def coded(self, key: Key, place: Place | None, plain: Written) -> Written:
        """`plain` in the coding of `key`: coded once, and kept beside it as long as it is kept."""

        async def code() -> Written:
            content = await run_in_threadpool(self._coded, key, plain)
            written = replace(
                plain, content=content, etag=etag(content), coding=key.coding, coded_from=plain.etag
            )
            if held := self.holding(key._replace(coding=None), plain):
                self.keep(key, held.place, written)  # not the place of now: it may be an older answer's
            return written

        found = self.current(key, place)
        return found if found and found.coded_from == plain.etag else await self.once(key, place, code)

    def _coded(self, key: Key, plain: Written) -> bytes:
        """The bytes of another version may be the same."""
        last = self.last(key)
        if last and last.coded_from == plain.etag:
            return last.content
        return encode(plain.content, key.coding) if key.coding else plain.content

    def last(self, key: Key) -> Written | None:
        """What was answered last, whether it still holds or not."""
        found = self._kept.get(key)
        return found.written if found else None

    def keep(self, key: Key, place: Place, written: Written) -> None:
        """Keep an answer given with the record at `place`."""
        if _weight(key, written) > self._largest:
            return
        with self._lock:
            self._drop(key)
            self._kept[key] = Entry(place, written)
            self.bytes += _weight(key, written)
            while self.bytes > self._most:
                self._make_room()

    def _make_room(self) -> None:
        """Drop the one whose turn it is, or give it another turn if it was asked for since."""
        key, entry = next(iter(self._kept.items()))
        if entry.asked:
            entry.asked = False
            self._kept.move_to_end(key)
        else:
            self._drop(key)
            self.evictions += 1

    def _drop(self, key: Key) -> None:
        found = self._kept.pop(key, None)
        if found and found.written:
            self.bytes -= _weight(key, found.written)
            found.written = None  # whoever remembers how it was asked for holds no bytes

    def _holds(self, written: Written) -> bool:
        """Whether the clock alone has not changed the answer."""
        until = written.answer.valid_until
        return until is None or self._clock.now() < until


def _weight(key: Key, written: Written) -> int:
    return EACH + len(key.path) + len(key.query) + len(key.origin) + len(written.content)
