"""Stores for tests: the real engine on a real file, gone afterwards. With ENGINE=postgresql the whole suite
runs on a real server instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.store import open_store
from app.store.base import Store
from tests.postgres import shared


def fresh_url(folder: Path) -> str:
    """The URL of an empty database: a file in `folder`, or a database of the shared server."""
    if os.environ.get("ENGINE", "sqlite") == "postgresql":
        return shared().database()
    return f"sqlite:///{folder}/silkrate.db"


def fresh_settings() -> dict[str, str]:
    """The variables that name an empty database to a command in an empty folder; none: the file there."""
    postgresql = os.environ.get("ENGINE") == "postgresql"
    return {"SILKRATE_DATABASE_URL": shared().database()} if postgresql else {}


@contextmanager
def fresh_store(folder: Path | None = None) -> Iterator[Store]:
    """An empty store of the current schema, in `folder` or one of its own."""
    with TemporaryDirectory(dir=folder) as place:
        store = open_store(fresh_url(Path(place)))
        try:
            store.upgrade()
            yield store
        finally:
            store.close()
