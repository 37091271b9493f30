"""A service over a random life of a store, and a reader of it who sees every digit as it was written."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from random import Random
from typing import Any

import httpx
import pyarrow.parquet
from pyarrow import BufferReader
from starlette.types import ASGIApp

from app.context import Context
from app.domain.numbers import trimmed
from app.ingest.record import advance
from app.settings import Settings
from app.store import open_store
from app.store.base import Store
from app.web.app import create_app
from tests.answers.ledger import CATALOG, NOW, live
from tests.fakes import FakeClock
from tests.stores import fresh_store

LATER = NOW + timedelta(hours=1)
"""After the life."""


class Reader:
    """Asks an application in this process, one request after the other in one event loop."""

    def __init__(self, app: ASGIApp) -> None:
        self._runner = asyncio.Runner()
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """The response, whatever it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._runner.run(
            self._answered(httpx.Request(method, f"http://rates.test{path}", headers=named))
        )

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        await response.aread()
        return response

    def get(self, path: str, **asked: object) -> httpx.Response:
        """The response to GET with these parameters, which must be 200."""
        response = self.ask(address(path, **asked))
        assert response.status_code == 200, (path, asked, response.text)
        return response

    def json(self, path: str, **asked: object) -> Any:
        """The body, every number in it as the text that it is."""
        return json.loads(self.get(path, **asked).content, parse_float=str, parse_int=str)

    def table(self, path: str, form: str, **asked: object) -> list[dict[str, Any]]:
        """The rows of a table, all they hold as text, None where nothing is."""
        return READ[form](self.get(f"{path}.{form}", **asked).content)

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()


def address(path: str, **asked: object) -> str:
    """The path with its parameters, without those that are None."""
    query = "&".join(f"{name.strip('_')}={value}" for name, value in asked.items() if value is not None)
    return f"{path}?{query}" if query else path


def _csv(content: bytes) -> list[dict[str, Any]]:
    rows = csv.DictReader(StringIO(content.decode(), newline=""))
    return [{name: value or None for name, value in row.items()} for row in rows]


def _ndjson(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line, parse_float=str, parse_int=str) for line in content.splitlines()]


def _parquet(content: bytes) -> list[dict[str, Any]]:
    rows = pyarrow.parquet.read_table(BufferReader(content)).to_pylist()
    return [{name: _text(value) for name, value in row.items()} for row in rows]


def _text(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return trimmed(value) if hasattr(value, "as_tuple") else str(value)


READ = {"csv": _csv, "ndjson": _ndjson, "parquet": _parquet}


def context_over(store: Store, clock: FakeClock | None = None) -> Context:
    """A context of the sources of such a life."""
    return Context(Settings(), clock or FakeClock(LATER), CATALOG, store)


@contextmanager
def reading(store: Store, clock: FakeClock | None = None) -> Iterator[Reader]:
    """A reader of a service over a store that nobody follows: it keeps nothing."""
    reader = Reader(create_app(context_over(store, clock)))
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def lived(seed: int) -> Iterator[Store]:
    """A store after a random life."""
    with fresh_store() as store:
        live(store, Random(seed))
        advance(store, CATALOG, LATER)
        yield store


def told(url: str, paths: Sequence[str]) -> list[tuple[str, bytes]]:
    """The validators and bodies that a service over the store at `url` gives: to be asked in any process."""
    store = open_store(url)
    try:
        with reading(store) as reader:
            answers = [reader.get(path) for path in paths]
            return [(each.headers["etag"], each.content) for each in answers]
    finally:
        store.close()
