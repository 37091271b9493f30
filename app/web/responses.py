"""From a question to a response. The store is synchronous, so a question is asked, and its answer written, in
a worker thread: a slow disk delays those who ask it, never `/livez` or a client that is just being served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any, ParamSpec, TypeAlias

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from app import __version__
from app.context import NOW, AsOf, Place, Question
from app.domain.answers import Answer
from app.domain.errors import NoRateAtDate, NoRateYet, OnlyUpcoming, StoreUnavailable
from app.domain.table import Table
from app.render.json import encode, instant
from app.render.tables import as_csv, as_ndjson, as_parquet
from app.web.cache import NO_STORE, etag, is_known
from app.web.envelope import HEAD
from app.web.kept import Key, Written
from app.web.problems import NotAcceptable
from app.web.ready import TOLD
from app.web.requests import context_of, here, kept_of, limits_of, preferred
from app.web.streams import Reading, Streamed

Asked = ParamSpec("Asked")


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write an answer. `write` makes its bytes from the body, and from whether the rates are
    simulated.

    `negotiated` when another Accept header would have brought another form.
    """

    media_type: str
    write: Callable[[Any, bool], bytes]
    negotiated: bool = False

    @property
    def suffix(self) -> str:
        """What makes a path one of this form alone: nothing."""
        return ""


@dataclass(frozen=True, slots=True)
class TableForm:
    """One way to write a table, in parts; `suffix` makes a path one of this form alone."""

    media_type: str
    suffix: str
    parts: Callable[[Table], Iterator[bytes]]
    negotiated: bool = False


AnyForm: TypeAlias = Form | TableForm

JSON = Form("application/json", lambda body, simulated: encode(body, simulated=simulated))

TABLE_FORMS = (
    TableForm("text/csv; charset=utf-8", ".csv", as_csv),
    TableForm("application/x-ndjson", ".ndjson", as_ndjson),
    TableForm("application/vnd.apache.parquet", ".parquet", as_parquet),
)

SUFFIXES = {form.suffix.removeprefix("."): form for form in TABLE_FORMS}

WHOLE = 256 * 1024
"""Bytes of a table up to which it is kept and has a length; what is longer is sent as it is read."""


def negotiated(request: Request, forms: Sequence[AnyForm]) -> AnyForm:
    """The one of `forms` that the Accept header likes best, the first of equals; raises NotAcceptable when it
    takes none.
    """
    offered = {form.media_type.partition(";")[0]: form for form in forms}
    accept = ",".join(request.headers.getlist("accept"))
    chosen = preferred(accept, list(offered))
    if chosen is None:
        raise NotAcceptable(
            f"{accept[:80]!r} takes no form of this answer.",
            parameter="Accept",
            expected=" or ".join(offered),
        )
    return replace(offered[chosen], negotiated=True)


async def answer(
    request: Request,
    form: Form,
    as_of: AsOf,
    question: Question[Asked, Answer[Any]],
    /,
    *args: Asked.args,
    **parameters: Asked.kwargs,
) -> Response:
    """The answer to a question in this form, with what caches need to know; 304 when the asker has these
    bytes. Its memento (RFC 7089) is the address, by its version, that gives the same bytes for ever. Raises
    NoRateAtDate where there was no rate at the moment asked about.
    """
    try:
        written = await _written(request, form, as_of, question, *args, **parameters)
    except (NoRateYet, OnlyUpcoming) as error:
        if as_of == NOW:
            raise
        raise NoRateAtDate(f"{error} So it was then.", pair=error.pair) from error
    return _response(request, form, as_of, written)


def _response(request: Request, form: AnyForm, as_of: AsOf, written: Written) -> Response:
    headers = _headers(request, form, as_of, written)
    return validated(request, written.content, form.media_type, headers, written.etag)


def _headers(request: Request, form: AnyForm, as_of: AsOf, written: Written) -> dict[str, str]:
    """What caches need to know, but for the validator."""
    found = written.answer
    fixed_at = as_of.at or (as_of.known if isinstance(as_of.known, datetime) else found.valid_since)
    headers = {"Cache-Control": written.lifetime(context_of(request).clock.now())}
    if written.forever and fixed_at:
        headers["Memento-Datetime"] = format_datetime(fixed_at.astimezone(UTC), usegmt=True)
    if links := _links(request, form, found, fixed_at):
        headers["Link"] = links
    if form.negotiated:
        headers["Vary"] = "Accept"
    return headers


async def tabled(
    request: Request,
    form: TableForm,
    as_of: AsOf,
    question: Question[Asked, Answer[Table]],
    /,
    *args: Asked.args,
    **parameters: Asked.kwargs,
) -> Response:
    """A table in this form. A short one is an answer like any other; a long one is sent as it is read, once
    its beginning was: what is wrong with the question is told before. Raises Overloaded.
    """
    context, kept, limits = context_of(request), kept_of(request), limits_of(request)
    key, place = _key(request, form), context.place
    if found := kept.current(key, place):
        request.scope.get(TOLD, []).append((key, found))
        return _response(request, form, as_of, found)
    reading = Reading(context.answering(as_of, question, *args, **parameters), form.parts)
    await limits.streams.enter()
    try:
        beginning = await limits.of(question).run(partial(reading.begin, WHOLE))
    except BaseException:
        limits.streams.leave()
        raise
    written = Written(_lasting(reading.answer, as_of), beginning, "", isinstance(as_of.known, int))
    if reading.ended:
        limits.streams.leave()
        written = replace(written, etag=etag(beginning))
        _keep(request, key, place, written, as_of)
        return _response(request, form, as_of, written)
    headers = _headers(request, form, as_of, written)
    headers["ETag"] = tag = _tag_unseen(request, form, reading.answer)
    if is_known(tag, request.headers.getlist("if-none-match")) or request.scope.get(HEAD):
        await run_in_threadpool(reading.end)
        limits.streams.leave()
        status = 200 if request.scope.get(HEAD) else 304
        return Response(status_code=status, headers=headers, media_type=form.media_type)
    return Streamed(reading, beginning, limits.streams, headers, form.media_type)


def _tag_unseen(request: Request, form: TableForm, found: Answer[Table]) -> str:
    """The validator of bytes that are not known yet: by all that decides them."""
    context = context_of(request)
    asked = (request.scope["path"], sorted(request.query_params.multi_items()), form.media_type)
    return etag(repr((__version__, context.fingerprint, found.head, found.valid_since, asked)).encode())


async def _written(
    request: Request,
    form: Form,
    as_of: AsOf,
    question: Question[Asked, Answer[Any]],
    /,
    *args: Asked.args,
    **parameters: Asked.kwargs,
) -> Written:
    """The answer as it was kept, or asked for; as it was kept, too, while the record is out of reach: its
    body says how long it holds.
    """
    context, kept, told = context_of(request), kept_of(request), request.scope.get(TOLD, [])
    key, place = _key(request, form), context.place
    if found := kept.current(key, place):
        told.append((key, found))
        return found

    async def ask() -> Written:
        work = partial(_ask, request, form, as_of, question, *args, **parameters)
        answered, content = await limits_of(request).of(question).run(work)
        forever = isinstance(as_of.known, int)
        written = Written(_lasting(answered, as_of), content, etag(content), forever)
        _keep(request, key, place, written, as_of)
        return written

    try:
        return await kept.once(key, place, ask)
    except StoreUnavailable:
        if found := kept.last(key):
            return found
        raise


def _key(request: Request, form: AnyForm) -> Key:
    return request.scope["path"], request.scope["query_string"], form.media_type


def _keep(request: Request, key: Key, place: Place | None, written: Written, as_of: AsOf) -> None:
    """Keep an answer, unless another version came while it was asked, and tell of it."""
    if place and (place.version == written.answer.version or as_of != NOW):
        kept_of(request).keep(key, place, written)
        request.scope.get(TOLD, []).append((key, written))


def _lasting(answered: Answer[Any], as_of: AsOf) -> Answer[None]:
    """How long an answer holds: of an instant that is over, until something new is known of it, by what began
    before it and ended after, too.
    """
    found = replace(answered, body=None)
    return found if as_of == NOW else replace(found, valid_until=None, closed=True)


def _links(request: Request, form: AnyForm, found: Answer[None], fixed_at: datetime | None) -> str:
    addresses = {"next": here(request, after=found.next)} if found.next else {}
    if fixed_at:
        # Whoever follows it may accept another form: the one that was chosen has a path of its own.
        suffix = form.suffix if form.negotiated else ""
        version, at = f"v:{found.version}", instant(fixed_at)
        addresses["memento"] = here(request, suffix=suffix, as_known_at=version, at=at)
    return ", ".join(f'<{address}>; rel="{relation}"' for relation, address in addresses.items())


async def uncached(
    request: Request,
    form: Form,
    as_of: AsOf,
    question: Question[Asked, Answer[Any]],
    /,
    *args: Asked.args,
    **parameters: Asked.kwargs,
) -> Response:
    """The answer to a question that nobody keeps: what is behind it moves without a version."""
    work = partial(_ask, request, form, as_of, question, *args, **parameters)
    _, content = await limits_of(request).of(question).run(work)
    return Response(content, headers={"Cache-Control": NO_STORE}, media_type=form.media_type)


def validated(
    request: Request, content: bytes, media_type: str, headers: dict[str, str], tag: str | None = None
) -> Response:
    """A response with a strong validator over its bytes, `tag` where it is known, or 304 without them."""
    tag = tag or etag(content)
    dressed = {**headers, "ETag": tag}
    if is_known(tag, request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers=dressed)
    return Response(content, headers=dressed, media_type=media_type)


def _ask(
    request: Request,
    form: Form,
    as_of: AsOf,
    question: Question[Asked, Answer[Any]],
    /,
    *args: Asked.args,
    **parameters: Asked.kwargs,
) -> tuple[Answer[Any], bytes]:
    context = context_of(request)
    found = context.ask_as_of(as_of, question, *args, **parameters)
    return found, form.write(found.body, context.settings.simulated)
