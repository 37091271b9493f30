"""The engines that the contract is tested on, a store of each on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.store import open_store
from app.store.base import Store


def sqlite_url(folder: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{folder}/silkrate.db"


ENGINES: dict[str, Callable[[Path], str]] = {"sqlite": sqlite_url}
"""From a folder to the URL of an empty database, by engine."""


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    return ENGINES[request.param](tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store of the current schema."""
    opened = open_store(url)
    opened.upgrade()
    yield opened
    opened.close()
