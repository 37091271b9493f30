"""Questions that somebody waits for: once nobody does any more, what is read for them ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from app.domain.errors import TooSlow
from app.store.base import Reader

Done = TypeVar("Done")
Row = TypeVar("Row")


class Patience:
    """That of who waits for an answer. `over` may be set from any thread: who still reads for him learns of
    it with the next row.
    """

    def __init__(self) -> None:
        self.over = False

    def during(self, work: Callable[[], Done]) -> Done:
        """What `work` returns, which is done for him."""
        before = _PATIENCE.set(self)
        try:
            return work()
        finally:
            _PATIENCE.reset(before)

    def heeded(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The same rows; raises TooSlow instead of the next one, once nobody waits for it."""
        for row in rows:
            if self.over:
                raise TooSlow("Nobody waits for this any more.")
            yield row


_PATIENCE: ContextVar[Patience | None] = ContextVar("patience", default=None)


def heeding(reader: Reader) -> Reader:
    """The same view, whose rows without a limit heed the patience of who waits; of a command, the view."""
    patience = _PATIENCE.get()
    return cast(Reader, _Heeding(reader, patience)) if patience else reader


class _Heeding:
    def __init__(self, reader: Reader, patience: Patience) -> None:
        self._reader, self._patience = reader, patience

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def printed(self, *asked: Any, **named: Any) -> Iterator[Any]:
        return self._patience.heeded(self._reader.printed(*asked, **named))

    def publications(self, *asked: Any, **named: Any) -> Iterator[Any]:
        return self._patience.heeded(self._reader.publications(*asked, **named))

    def days(self, *asked: Any, **named: Any) -> Iterator[Any]:
        return self._patience.heeded(self._reader.days(*asked, **named))
