"""Errors as problem documents (RFC 9457): what was wrong, with which parameter, and what would be right.
Never a trace.

This table is the only place that knows which HTTP status an error of the domain has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.domain import errors
from app.domain.answers import OPTIONAL
from app.domain.ticks import UNSHOWN
from app.render.json import encode
from app.web.cache import NO_STORE
from app.web.envelope import METHODS
from app.web.limits import Overloaded
from app.web.queries import malformed
from app.web.requests import context_of, here

log = structlog.get_logger("silkrate.web")

MEDIA_TYPE = "application/problem+json"

TYPES = "tag:silkrate,2026:problem/"
"""In front of an error's slug it makes the `type`: the same URI on every host, so that programs can compare
it.
"""

MOST_TOLD = 200
"""Characters that are told again of what was asked; what is longer is the asker's to know."""

RETRY_AFTER = 30
"""Seconds after which it is worth asking again what failed for now."""


class NotAcceptable(errors.QuestionError):
    """No form of the answer that the Accept header allows."""

    type = "not-acceptable"


class UnknownPath(errors.QuestionError):
    """A path that nothing is at, of a kind that there is."""

    type = "unknown-path"


class NotReady(errors.SilkrateError):
    """The service runs, but no traffic should come here yet."""

    type = "not-ready"


STATUS: Mapping[type[errors.SilkrateError], HTTPStatus] = {
    errors.QuestionError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownPair: HTTPStatus.NOT_FOUND,
    errors.UnknownSource: HTTPStatus.NOT_FOUND,
    errors.UnknownTick: HTTPStatus.NOT_FOUND,
    errors.BadCursor: HTTPStatus.BAD_REQUEST,
    errors.ForeignCursor: HTTPStatus.GONE,
    UnknownPath: HTTPStatus.NOT_FOUND,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    errors.NothingThere: HTTPStatus.NOT_FOUND,
    errors.NoRateYet: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.OnlyUpcoming: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreDamaged: HTTPStatus.INTERNAL_SERVER_ERROR,
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooSlow: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SilkrateError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The nearest class in an error's own line of descent decides."""

UNSAID: Mapping[type[errors.SilkrateError], str] = {
    errors.StoreDamaged: "The store of this service is damaged. Its log says how.",
    errors.StoreError: "The store of this service cannot be used at the moment. Its log says why.",
}
"""What readers are told of the store, which is not theirs: no address, no path, no name of a user."""

_SLUGS = {HTTPStatus.NOT_FOUND: UnknownPath.type, HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed"}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document. `type` is a stable URI, `instance` the path and query that was asked, where it is
    long its beginning; `restart` where to start again; `retry_after` is for the header, in seconds.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    parameter: str | None = field(default=None, metadata=OPTIONAL)
    expected: str | None = field(default=None, metadata=OPTIONAL)
    restart: str | None = field(default=None, metadata=OPTIONAL)
    retry_after: int | None = field(default=None, metadata=UNSHOWN)


def install(app: FastAPI) -> None:
    """Have every error of `app` answered by a problem document."""
    app.add_exception_handler(errors.SilkrateError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(Exception, _unexpected)


def told(error: errors.SilkrateError, instance: str, restart: str | None = None) -> Problem:
    """The problem document of one of our own errors."""
    status = next(STATUS[each] for each in type(error).__mro__ if each in STATUS)
    parameter, expected = getattr(error, "parameter", None) or "", getattr(error, "expected", None)
    detail = next((said for kind, said in UNSAID.items() if isinstance(error, kind)), str(error))
    return replace(
        _problem(error.type, status, detail, instance),
        parameter=parameter[:MOST_TOLD] or None,
        expected=expected,
        restart=restart,
        retry_after=getattr(error, "retry_after", None),
    )


def _problem(slug: str, status: HTTPStatus, detail: str, instance: str) -> Problem:
    """A problem whose type and title are its slug's."""
    begun = instance if len(instance) <= MOST_TOLD else instance[: MOST_TOLD - 3] + "..."
    return Problem(TYPES + slug, slug.replace("-", " ").capitalize(), status.value, detail, begun)


def _respond(request: Request, problem: Problem) -> Response:
    """The response that tells of one problem. Nobody stores it, and it has no validator."""
    headers = {"Cache-Control": NO_STORE}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(problem.retry_after or RETRY_AFTER)
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = METHODS
    if problem.restart:
        headers["Link"] = f'<{problem.restart}>; rel="start"'
    content = encode(problem, simulated=context_of(request).settings.simulated)
    return Response(content, problem.status, headers, MEDIA_TYPE)


async def _ours(request: Request, error: Any) -> Response:
    if isinstance(error, errors.StoreError) and not isinstance(error, errors.StoreUnavailable):
        log.error("store failed", error=str(error))  # that it is out of reach was said once
    gone = isinstance(error, errors.ForeignCursor)
    restart = here(request, without=error.parameter or "") if gone else None
    return _respond(request, told(error, here(request, absolute=False), restart))


async def _malformed(request: Request, error: Any) -> Response:
    return await _ours(request, refused(error))


def refused(error: RequestValidationError) -> errors.BadParameter:
    """The first of the errors that reading the path gave."""
    first = error.errors()[0]
    return malformed(first, first["loc"][1:])


async def framework(request: Request, error: Any) -> Response:
    """The problem document of what the framework refuses: a path or a method that there is not."""
    status = HTTPStatus(error.status_code)
    detail = {
        HTTPStatus.NOT_FOUND: "There is nothing at this path; /openapi.json lists the paths that there are.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not understood here; {METHODS} are.",
    }.get(status, str(error.detail))
    slug = _SLUGS.get(status, "bad-request")
    return _respond(request, _problem(slug, status, detail, here(request, absolute=False)))


async def _unexpected(request: Request, error: Exception) -> Response:
    """A fault of ours. The server logs it with its trace; the asker gets none."""
    detail = "Something went wrong here that should not have. It was logged."
    problem = _problem(
        "internal-error", HTTPStatus.INTERNAL_SERVER_ERROR, detail, here(request, absolute=False)
    )
    return _respond(request, problem)
