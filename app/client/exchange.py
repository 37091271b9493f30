"""From an address to the bytes of its answer: what is known already, what is asked again, what is an error.

No I/O: each step is handed out and its outcome handed in, so one description serves both clients.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import count
from math import inf
from random import Random
from threading import Lock
from typing import TypeAlias, TypeVar

import httpx

from app import __version__
from app.client.documents import read
from app.client.errors import BadAnswer, NoAnswer, ProblemError
from app.client.parameters import query
from app.settings import http_url
from app.web import models

Result = TypeVar("Result")

AGENT = f"silkrate-client/{__version__}"

ATTEMPTS = 4
"""How often one thing is asked for in all, while it fails in ways that may pass."""

PATIENCE = 20.0
"""Seconds that are waited at most between all attempts; a service that asks for more is not waited for."""

BACKOFF = 0.5
"""Seconds of the first wait, doubled each time; up to as much again by chance, so that clients spread."""

DOUBLED = 5
"""How often a wait is doubled at most: for a service that is away for days it is one or two minutes."""

PASSING: frozenset[int] = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})

RESTARTING = PASSING | frozenset(range(500, 600))
"""The same while a service is restarted: what stands before it then answers in its name."""

EVENTS = "text/event-stream"

REMEMBERED = 16_000_000
"""Bytes of the answers that are remembered."""


@dataclass(frozen=True, slots=True)
class Get:
    """Ask for `url`; the outcome is the whole response, or how it failed."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Open:
    """Ask for `url`, and be told its answer piece by piece; the outcome is the response as soon as it begins,
    one that refuses whole, or how it failed.
    """

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Read:
    """Read on in what was opened last; the outcome is what came, nothing at its end, or how it failed."""


@dataclass(frozen=True, slots=True)
class Close:
    """Let go of what was opened last, if there is anything."""


Step: TypeAlias = Get | Open | Read | Close | Wait
Outcome: TypeAlias = httpx.Response | httpx.RequestError | bytes | None
Steps: TypeAlias = Generator[Step, Outcome, Result]
"""What is to be done, a step at a time, and what comes of it in the end."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The bytes of an answer, their strong validator, and whether its rates are simulated."""

    content: bytes
    etag: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Insistence:
    """How one thing is asked for again while that may help: how often in all, with waits of how many seconds
    in all, the first of `backoff` seconds, and after which statuses.
    """

    attempts: float
    patience: float
    backoff: float
    passing: frozenset[int]

    def wait(self, outcome: Outcome, attempt: int, chance: float) -> float | None:
        """The seconds after which the same again may succeed; None: never."""
        backoff = self.backoff * 2 ** min(attempt, DOUBLED) * chance
        if isinstance(outcome, httpx.Response):
            return max(backoff, retry_after(outcome)) if outcome.status_code in self.passing else None
        return backoff if isinstance(outcome, httpx.TransportError) else None


class Remembered:
    """The newest answers by their address, at most `most` bytes of them. Threads may share it."""

    def __init__(self, most: int = REMEMBERED) -> None:
        """Nothing is remembered yet."""
        self._most, self._size, self._lock = most, 0, Lock()
        self._answers: OrderedDict[str, Answered] = OrderedDict()

    def get(self, url: str) -> Answered | None:
        """What this address answered last, if that is remembered."""
        with self._lock:
            if url in self._answers:
                self._answers.move_to_end(url)
            return self._answers.get(url)

    def keep(self, url: str, answered: Answered) -> None:
        """Remember an answer, and forget those that were not needed for longest."""
        with self._lock:
            if before := self._answers.pop(url, None):
                self._size -= len(before.content)
            self._answers[url] = answered
            self._size += len(answered.content)
            while self._size > self._most:
                _, oldest = self._answers.popitem(last=False)
                self._size -= len(oldest.content)


class Exchange:
    """What one service is asked. Raises ValueError for a `url` that is none of http or https."""

    def __init__(self, url: str, patience: float = PATIENCE, random: Random | None = None) -> None:
        """`patience` is in seconds: see PATIENCE."""
        self._url, self._random = http_url(url), random or Random()
        self._once = Insistence(ATTEMPTS, patience, BACKOFF, PASSING)
        self._remembered = Remembered()

    def get(self, path: str, asked: Mapping[str, object]) -> Steps[Answered]:
        """The answer at a path; the one remembered, where the service says that it still is the answer.
        Raises ServiceError.
        """
        url = self._address(path, asked)
        known = self._remembered.get(url)
        headers = {"User-Agent": AGENT} | ({"If-None-Match": known.etag} if known else {})
        response = yield from self._insist(Get(url, headers), self._once)
        if known and response.status_code == HTTPStatus.NOT_MODIFIED:
            return known
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response)
        answered = Answered(response.content, response.headers.get("ETag", ""), simulated(response))
        if answered.etag:
            self._remembered.keep(url, answered)
        return answered

    def open(self, path: str, asked: Mapping[str, object], *, again: float | None) -> Steps[httpx.Response]:
        """The stream of events at a path, which has begun. One that broke off is opened `again`, by an
        insistence without end whose first wait is of so many seconds. Raises ServiceError.
        """
        headers = {"User-Agent": AGENT, "Accept": EVENTS, "Cache-Control": "no-store"}
        insistence = self._once if again is None else Insistence(inf, inf, again, RESTARTING)
        response = yield from self._insist(Open(self._address(path, asked), headers), insistence)
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response)
        if not response.headers.get("Content-Type", "").startswith(EVENTS):
            raise BadAnswer(f"{where(str(response.url))} answered something that is no stream of events.")
        return response

    def _address(self, path: str, asked: Mapping[str, object]) -> str:
        parameters = query(asked)
        return f"{self._url}{path}" + (f"?{parameters}" if parameters else "")

    def _insist(self, ask: Get | Open, insistence: Insistence) -> Steps[httpx.Response]:
        """Ask until an answer comes, attempts are used up, or the next wait would be too long."""
        left = insistence.patience
        for attempt in count():
            outcome = yield ask
            wait = insistence.wait(outcome, attempt, self._random.uniform(1, 2))
            if wait is None or wait > left or attempt + 1 == insistence.attempts:
                break
            left -= wait
            yield Wait(wait)
        if isinstance(outcome, httpx.Response):
            return outcome
        error = outcome if isinstance(outcome, httpx.RequestError) else None
        raise NoAnswer(f"{where(ask.url)} gave no whole answer: {_told(error)}.") from error


def simulated(response: httpx.Response) -> bool:
    """Whether the rates of an answer are made up."""
    return "Silkrate-Simulated" in response.headers


def where(url: str) -> str:
    """An address as messages show it: without user, password and query."""
    return str(httpx.URL(url).copy_with(username=None, password=None, query=None))


def retry_after(response: httpx.Response) -> float:
    """The seconds that a response asks to wait, in either form of Retry-After; 0 when it asks for none.

    An instant is measured from the response's own Date, so neither clock has to be right.
    """
    said = response.headers.get("Retry-After", "")
    if said.isdecimal():
        return float(said)
    try:
        span = parsedate_to_datetime(said) - parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError):  # what is no date, and a date with a zone beside one without
        return 0.0
    return max(span.total_seconds(), 0.0)


def _told(error: httpx.RequestError | None) -> str:
    return str(error).rstrip(".") or type(error).__name__


def _refusal(response: httpx.Response) -> ProblemError | BadAnswer:
    """What a response other than 200 says."""
    status, address = response.status_code, where(str(response.url))
    if response.headers.get("Content-Type", "").startswith("application/problem+json"):
        told = read(models.Problem, response.content, address)
        slug = told.type.rpartition("/")[2]
        parameter, expected, restart = told.parameter, told.expected, told.restart
        return ProblemError(
            slug, status, told.detail, parameter=parameter, expected=expected, restart=restart
        )
    phrase = response.reason_phrase or "an unknown status"
    detail = f"{address} answered {status} {phrase}, without a reason"
    if status < HTTPStatus.BAD_REQUEST:
        return BadAnswer(f"{detail}.")
    return ProblemError(phrase.lower().replace(" ", "-"), status, detail)
