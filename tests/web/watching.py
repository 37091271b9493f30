"""A store that is watched: how many views of it are open and how many rows were read, of which there may be
no end, or which may fail or wait after so many.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, cycle
from threading import Event
from typing import Any

from app.context import Context
from app.domain.errors import StoreUnavailable
from app.store.base import Store


@dataclass
class Watching:
    """Stands in front of `store`: what is printed fails after so many rows (None: never), or waits for
    `go_on`, and goes round and round where it is `endless`.
    """

    store: Store
    endless: bool = False
    fails_after: int | None = None
    waits_after: int | None = None
    gone: bool = False
    views: int = 0
    rows: int = 0
    go_on: Event = field(default_factory=Event)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def read(self, known: int | None = None) -> Iterator[Any]:
        """A view like any other, but for what is printed; none when the store is `gone`."""
        if self.gone:
            raise StoreUnavailable("the store is gone")
        with self.store.read(known) as reader:
            self.views += 1
            try:
                yield Watched(reader, self)
            finally:
                self.views -= 1

    def context(self, context: Context) -> Context:
        """The context over this instead of its own store."""
        return replace(context, store=self)

    def printed(self, rows: Iterator[Any]) -> Iterator[Any]:
        """The same rows, watched."""
        found = list(rows)
        for number, row in enumerate(chain(found, cycle(found)) if self.endless else found):
            if number == self.fails_after:
                raise RuntimeError("the disk is gone")
            if number == self.waits_after:
                self.go_on.wait(30)
            self.rows += 1
            yield row


@dataclass(frozen=True)
class Watched:
    """A view of a store that is watched."""

    reader: Any
    by: Watching

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reader, name)

    def printed(self, *args: Any, **asked: Any) -> Iterator[Any]:
        """What a source printed."""
        return self.by.printed(self.reader.printed(*args, **asked))


def soon(true: Callable[[], object], seconds: float = 5) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
