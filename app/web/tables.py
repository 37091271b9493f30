"""Tables as responses: a short one whole, a long one sent while it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec

from fastapi import Request, Response

from app import __version__
from app.context import AsOf, Question
from app.domain.answers import Answer
from app.domain.table import Table
from app.render.tables import as_csv, as_ndjson, as_parquet
from app.web.cache import etag, is_known
from app.web.coding import varies
from app.web.envelope import HEAD
from app.web.kept import Key
from app.web.requests import coding_of, context_of, counts_of, kept_of, limits_of
from app.web.responses import headers_of, keep, key_of, respond, write
from app.web.streams import Reading, Streamed, given_back

Asked = ParamSpec("Asked")

WHOLE = 256 * 1024
"""Bytes of a table up to which it is kept and has a length; what is longer is sent as it is read."""


@dataclass(frozen=True, slots=True)
class TableForm:
    """A form that is written in parts."""

    media_type: str
    suffix: str
    parts: Callable[[Table], Iterator[bytes]]
    negotiated: bool = False


TABLE_FORMS = (
    TableForm("text/csv; charset=utf-8", ".csv", as_csv),
    TableForm("application/x-ndjson", ".ndjson", as_ndjson),
    TableForm("application/vnd.apache.parquet", ".parquet", as_parquet),
)

SUFFIXES = {form.suffix.removeprefix("."): form for form in TABLE_FORMS}


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
    its beginning was: what is wrong with the question is told before. Raises Overloaded and TooSlow.
    """
    context, key = context_of(request), key_of(request, form)
    place = context.place
    if found := kept_of(request).current(key, place):
        counts_of(request).kept += 1
        return await respond(request, form, as_of, key, place, found)
    if parameters.get("limit") is None:
        limits_of(request).streams.look()  # as long as it may be, before anything is read for nothing
    reading = Reading(context.answering(as_of, question, *args, **parameters), form.parts)
    counts_of(request).asked += 1
    try:
        beginning = await limits_of(request).of(question).run(partial(reading.begin, WHOLE))
        if not reading.ended:
            return await _long(request, form, as_of, key, reading, beginning)
    except BaseException:
        given_back(reading)  # not waited for: it may be what was too slow
        raise
    written = write(reading.answer, as_of, beginning, etag(beginning))
    keep(request, key, place, written, as_of)
    return await respond(request, form, as_of, key, place, written)


async def _long(
    request: Request, form: TableForm, as_of: AsOf, key: Key, reading: Reading, beginning: bytes
) -> Response:
    """The response that sends the rest while it is read, and then gives back its place among the streams.
    Raises Overloaded when they are too many.
    """
    coding = coding_of(request) if varies(form.media_type) else None
    written = write(reading.answer, as_of, b"", _tag_unseen(request, key._replace(coding=coding), reading))
    headers = {**headers_of(request, form, as_of, written), "ETag": written.etag}
    known = is_known(written.etag, request.headers.getlist("if-none-match"))
    if coding and not known:
        headers["Content-Encoding"] = coding
    limits = limits_of(request)
    if known or request.scope.get(HEAD):
        if not known:
            limits.streams.look()
        await given_back(reading)
        response = Response(status_code=304 if known else 200, headers=headers, media_type=form.media_type)
        del response.headers["content-length"]
        return response
    await limits.streams.enter()
    return Streamed(reading, beginning, limits, headers, form.media_type, coding)


def _tag_unseen(request: Request, key: Key, reading: Reading) -> str:
    """The validator of bytes that are not known yet: by all that decides them."""
    found, fingerprint = reading.answer, context_of(request).fingerprint
    return etag(repr((__version__, fingerprint, found.head, found.valid_since, key)).encode())
