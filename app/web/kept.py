"""What was answered, kept for the next who asks the same: a question is asked of the record once a version,
however many ask it, and can be answered from here while the record is out of reach.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from app.context import AsOf, Place
from app.domain.answers import Answer

MOST_BYTES = 32 * 1024 * 1024
"""Of all bodies kept by one process: those asked for longest ago make room."""

LARGEST = MOST_BYTES // 16
"""A body larger than this is not kept."""


@dataclass(frozen=True, slots=True)
class Written:
    """An answer and its bytes in one form, with their validator."""

    answer: Answer[Any]
    content: bytes
    etag: str


class Kept:
    """Answers by what was asked, from several threads."""

    def __init__(self, most: int = MOST_BYTES, largest: int = LARGEST) -> None:
        self._most, self._largest, self._bytes = most, largest, 0
        self._kept: OrderedDict[Hashable, tuple[Place | None, Written]] = OrderedDict()
        self._lock = Lock()
        self._asking: dict[Hashable, asyncio.Future[Written]] = {}

    def current(self, key: Hashable, as_of: AsOf, place: Place | None, now: datetime) -> Written | None:
        """What would be answered at `now`, with the record at `place`; None when that must be asked."""
        with self._lock:
            found = self._kept.get(key)
            if place is None or found is None or found[0] != place or not _holds(found[1], as_of, now):
                return None
            self._kept.move_to_end(key)
            return found[1]

    async def once(self, key: Hashable, ask: Callable[[], Coroutine[None, None, Written]]) -> Written:
        """What `ask` gives; who comes while the same is being asked waits for that. A new version makes all
        ask at the same moment.
        """
        asking = self._asking.get(key)
        if asking is None:
            self._asking[key] = asking = asyncio.ensure_future(ask())
            asking.add_done_callback(lambda done: self._asking.pop(key))
        return await asyncio.shield(asking)

    def last(self, key: Hashable) -> Written | None:
        """What was answered last, whether it still holds or not."""
        with self._lock:
            found = self._kept.get(key)
            return found[1] if found else None

    def keep(self, key: Hashable, place: Place | None, written: Written) -> None:
        """Keep an answer given with the record at `place`."""
        if len(written.content) > self._largest:
            return
        with self._lock:
            self._drop(key)
            self._kept[key] = place, written
            self._bytes += len(written.content)
            while self._bytes > self._most:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        self._bytes -= len(found[1].content) if found else 0


def _holds(written: Written, as_of: AsOf, now: datetime) -> bool:
    """Whether the clock alone has not changed the answer: of what is over, it never does."""
    until = written.answer.valid_until
    return as_of.known is not None or as_of.at is not None or until is None or now < until
