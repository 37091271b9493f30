"""A service that has as much to do as it can: its record hands out nothing until it is let."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event, Semaphore
from typing import Any

import httpx

from app.context import Context
from app.store.base import Reader, Store
from app.web.app import create_app
from app.web.limits import Limits
from tests.web.conftest import served


@dataclass
class SlowStore:
    """A store whose questions wait until they are `let`."""

    store: Store
    waiting: Semaphore = field(default_factory=lambda: Semaphore(0))
    let: Event = field(default_factory=Event)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def read(self, known: int | None = None) -> Iterator[Reader]:
        """Wait, and then read."""
        self.waiting.release()
        assert self.let.wait(60)
        with self.store.read(known) as reader:
            yield reader


@contextmanager
def busied(context: Context) -> Iterator[str]:
    """Where a server answers whose places for heavy questions are all taken, until the end of the block."""
    slow = SlowStore(context.store)
    slow.let.set()
    with served(create_app(replace(context, store=slow))) as address:
        with httpx.stream("GET", f"{address}/v1/stream", trust_env=False, timeout=60) as begun:
            next(begun.iter_lines())  # then all that is read by itself was
        slow.let.clear()
        places = Limits().heavy.most
        while slow.waiting.acquire(blocking=False):
            pass  # what was read while it started
        with ThreadPoolExecutor(places) as asking:
            for limit in range(1, places + 1):
                asking.submit(
                    httpx.get, f"{address}/v1/history/KGS-USD?limit={limit}", trust_env=False, timeout=60
                )
            for _ in range(places):
                slow.waiting.acquire(timeout=30)
            try:
                yield address
            finally:
                slow.let.set()
