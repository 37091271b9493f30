"""The engines that the contract is tested on, a store of each on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.store import open_store
from app.store.base import Store
from tests.postgres import shared


def sqlite_url(folder: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{folder}/silkrate.db"


def postgres_url(folder: Path) -> str:
    """A database of the server that this process's tests share."""
    return shared().database()


ENGINES: dict[str, Callable[[Path], str]] = {"sqlite": sqlite_url, "postgresql": postgres_url}
"""From a folder to the URL of an empty database, by engine."""


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    return ENGINES[request.param](tmp_path)


@pytest.fixture
def new_url(
    request: pytest.FixtureRequest, url: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Gives the URL of a further empty database of the same engine, whenever it is called."""
    make = ENGINES[request.node.callspec.params["url"]]
    return lambda: make(tmp_path_factory.mktemp("further"))


@pytest.fixture
def another_url(new_url: Callable[[], str]) -> str:
    """The URL of a second empty database of the same engine."""
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store of the current schema."""
    opened = open_store(url)
    opened.upgrade()
    yield opened
    opened.close()
