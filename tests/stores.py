"""Stores for tests: the real engine on a real file, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.store import open_store
from app.store.base import Store


@contextmanager
def fresh_store(folder: Path | None = None) -> Iterator[Store]:
    """An empty store of the current schema, in `folder` or one of its own."""
    with TemporaryDirectory(dir=folder) as place:
        store = open_store(f"sqlite:///{place}/silkrate.db")
        try:
            store.upgrade()
            yield store
        finally:
            store.close()
