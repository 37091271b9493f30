"""What was answered, kept for the next who asks the same: a question is asked of the record once a version,
however many ask it, and can be answered from here while the record is out of reach.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from typing import TypeAlias

from app.clock import Clock
from app.context import Place
from app.domain.answers import Answer
from app.web.cache import MEMENTO, cache_control

MOST_BYTES = 32 * 1024 * 1024
"""Of all that is kept by one process: what was asked for longest ago makes room."""

LARGEST = MOST_BYTES // 16
"""What needs more bytes than this is not kept."""

EACH = 1024
"""Bytes that an answer takes beside its own and those of its key."""

Key: TypeAlias = tuple[str, bytes, str]
"""What was asked: the path and the query, and the media type of the form."""


@dataclass(frozen=True, slots=True)
class Written:
    """The bytes of an answer in one form, with their validator; of the answer itself only how long it holds:
    its body may weigh many times as much.
    """

    answer: Answer[None]
    content: bytes
    etag: str
    forever: bool = False

    def lifetime(self, now: datetime) -> str:
        """How long a copy may be used at `now`: of a version for good."""
        return MEMENTO if self.forever else cache_control(self.answer, now)


class Kept:
    """Answers by what was asked, from several threads."""

    def __init__(self, clock: Clock, most: int = MOST_BYTES, largest: int = LARGEST) -> None:
        self._clock, self._most, self._largest, self._bytes = clock, most, largest, 0
        self._kept: OrderedDict[Key, tuple[Place, Written]] = OrderedDict()
        self._lock = Lock()
        self._asking: dict[tuple[Key, Place], asyncio.Future[Written]] = {}

    def current(self, key: Key, place: Place | None, now: datetime | None = None) -> Written | None:
        """What would be answered at `now` (None: the clock's), with the record at `place`; None when that
        must be asked.
        """
        with self._lock:
            found = self._kept.get(key)
            if place is None or found is None or found[0] != place or not self._holds(found[1], now):
                return None
            self._kept.move_to_end(key)
            return found[1]

    async def once(
        self, key: Key, place: Place | None, ask: Callable[[], Coroutine[None, None, Written]]
    ) -> Written:
        """What `ask` gives; who comes while the same is being asked with the record at the same `place` waits
        for that, as long as it holds. A new version makes all ask at the same moment.
        """
        if place is None:
            return await ask()
        asked = key, place
        while waited := self._asking.get(asked):
            found = await asyncio.shield(waited)
            if self._holds(found):
                return found
        self._asking[asked] = asking = asyncio.ensure_future(ask())
        asking.add_done_callback(partial(self._asked, asked))
        return await asyncio.shield(asking)

    def _asked(self, asked: tuple[Key, Place], done: asyncio.Future[Written]) -> None:
        del self._asking[asked]
        if not done.cancelled():
            done.exception()  # looked at, though all who waited may have gone

    def last(self, key: Key) -> Written | None:
        """What was answered last, whether it still holds or not."""
        with self._lock:
            found = self._kept.get(key)
            return found[1] if found else None

    def keep(self, key: Key, place: Place, written: Written) -> None:
        """Keep an answer given with the record at `place`."""
        if _weight(key, written) > self._largest:
            return
        with self._lock:
            self._drop(key)
            self._kept[key] = place, written
            self._bytes += _weight(key, written)
            while self._bytes > self._most:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        found = self._kept.pop(key, None)
        self._bytes -= _weight(key, found[1]) if found else 0

    def _holds(self, written: Written, now: datetime | None = None) -> bool:
        """Whether the clock alone has not changed the answer."""
        until = written.answer.valid_until
        return until is None or (now or self._clock.now()) < until


def _weight(key: Key, written: Written) -> int:
    return EACH + sum(map(len, key)) + len(written.content)
