"""The service over a real store, asked as a client would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from app.context import Context, opened
from app.domain.errors import BadStatus
from app.domain.observations import Observation
from app.ingest.record import advance, fail, record
from app.settings import Settings
from app.web.app import create_app
from tests.fakes import FakeClock
from tests.said import at, nbkr, paged

NOW = at("2026-05-21 06:00")
"""Thursday noon in Bishkek: today's rate came yesterday, tomorrow's is not due before the afternoon."""

PUBLISHED = (("2026-05-19 10:30", "2026-05-20", "87.4314"), ("2026-05-20 10:30", "2026-05-21", "87.4500"))
"""When it was fetched, the day it is for, and som per dollar."""


@dataclass(frozen=True)
class Client:
    """Asks the application in this process, a request at a time, and never raises what it fails with."""

    app: ASGIApp
    base_url: str = "http://rates.test"

    def request(self, method: str, path: str, **headers: str) -> httpx.Response:
        """The response; `if_none_match='"x"'` is the header If-None-Match."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self._send(httpx.Request(method, self.base_url + path, headers=named)))

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The response to GET."""
        return self.request("GET", path, **headers)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.send(request)


@pytest.fixture
def clock() -> FakeClock:
    """Stands at NOW."""
    return FakeClock(NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a service on a store of its own."""
    return Settings(database_url=f"sqlite:///{tmp_path}/silkrate.db")


@pytest.fixture
def context(settings: Settings, clock: FakeClock) -> Iterator[Context]:
    """A context over an empty store."""
    with opened(settings, clock) as context:
        yield context


@pytest.fixture
def client(context: Context) -> Client:
    """A client of a service that has recorded nothing."""
    return Client(create_app(context))


@pytest.fixture
def full(context: Context) -> Client:
    """A client of a service that has recorded what PUBLISHED, the decree and an imported page say."""
    fill(context)
    return Client(create_app(context))


def say(context: Context, *observations: Observation, when: str) -> None:
    """Record observations as if it were `when`."""
    record(context.store, context.catalog, observations, at(when))


def fill(context: Context) -> None:
    """Record the days that most tests ask about."""
    say(
        context,
        *(context.catalog["peg"].decreed or (lambda now: []))(at("2026-05-19 10:00")),
        when="2026-05-19 10:00",
    )
    say(context, paged("2025-01-07", "KZT/USD", "0.00189", "-0.22"), when="2026-05-19 10:01")
    for fetched, day, value in PUBLISHED:
        say(context, nbkr(day, value, fetched_at=at(fetched)), when=fetched)
    advance(context.store, context.catalog, NOW)


def break_nbkr(context: Context, when: str = "2026-05-21 05:00") -> None:
    """Let a poll of the Kyrgyz bank fail."""
    fail(context.store, BadStatus("nbkr", "https://www.nbkr.kg/XML/daily.xml answered 502"), at(when))
