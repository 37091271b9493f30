"""Tables as responses: a short one whole, a long one sent while it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec

from fastapi import Request, Response

from app import __version__
from app.context import AsOf, Place, Question
from app.domain.answers import Answer
from app.domain.errors import StoreUnavailable
from app.domain.table import Table
from app.render.tables import as_csv, as_ndjson, as_parquet
from app.web.cache import etag, is_known
from app.web.coding import varies
from app.web.envelope import HEAD
from app.web.kept import Kept, Key, Written
from app.web.limits import Gate
from app.web.requests import coding_of, context_of, counts_of, kept_of, limits_of
from app.web.responses import headers_of, keep, key_of, respond, write
from app.web.sending import Reading, Streamed, given_back

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
    context, kept, key = context_of(request), kept_of(request), key_of(request, form)
    place = context.place
    if found := kept.current(key, place):
        counts_of(request).kept += 1
        return await respond(request, form, as_of, key, place, found)
    gate, answering = limits_of(request).of(question), partial(context.answering, as_of, question)
    beginning = Beginning(
        gate, lambda: Reading(answering(*args, **parameters), form.parts), request, as_of, key, place
    )
    try:
        written = await _short(kept, key, place, beginning)
        if written is None:
            return await _long(request, form, as_of, key, *beginning.long)
    except BaseException:
        beginning.give_back()
        raise
    return await respond(request, form, as_of, key, place, written)


class Beginning:
    """The first parts of a table: of a short one all, which others may have, too; a `long` one is his who
    asks, to be read on.
    """

    def __init__(
        self,
        gate: Gate,
        read: Callable[[], Reading],
        request: Request,
        as_of: AsOf,
        key: Key,
        place: Place | None,
    ) -> None:
        self._gate, self._read, self._gone = gate, read, False
        self._request, self._as_of, self._key, self._place = request, as_of, key, place
        self._long: tuple[Reading, bytes] | None = None

    @property
    def long(self) -> tuple[Reading, bytes]:
        """The reading of a long table, and what was read of it."""
        assert self._long
        return self._long

    async def __call__(self) -> Written | None:
        """The whole of a short table; None of a long one."""
        counts_of(self._request).asked += 1
        reading = self._read()
        try:
            content = await self._gate.run(partial(reading.begin, WHOLE))
        except BaseException:
            given_back(reading)  # not waited for: it may be what was too slow
            raise
        if reading.ended:
            written = write(reading.answer, self._as_of, content, etag(content))
            keep(self._request, self._key, self._place, written, self._as_of)
            return written
        self._long = reading, content
        if self._gone:
            given_back(reading)
        return None

    def give_back(self) -> None:
        """Nobody waits for it any more."""
        self._gone = True
        if self._long:
            given_back(self._long[0])

    @property
    def is_long(self) -> bool:
        """Whether it was found to be long."""
        return self._long is not None


async def _short(kept: Kept, key: Key, place: Place | None, beginning: Beginning) -> Written | None:
    """The whole of a short table, asked once for all who ask it now, or what was kept of it while the record
    is out of reach. None of a long one, which each begins for himself.
    """
    try:
        written = await kept.once(key, place, beginning)
        return written if written or beginning.is_long else await beginning()
    except StoreUnavailable:
        if found := kept.last(key):
            return found
        raise


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
            limits.tables.look()
        await given_back(reading)
        response = Response(status_code=304 if known else 200, headers=headers, media_type=form.media_type)
        del response.headers["content-length"]
        return response
    await limits.tables.enter()
    return Streamed(reading, beginning, limits, headers, form.media_type, coding)


def _tag_unseen(request: Request, key: Key, reading: Reading) -> str:
    """The validator of bytes that are not known yet: by all that decides them."""
    found, fingerprint = reading.answer, context_of(request).fingerprint
    return etag(repr((__version__, fingerprint, found.head, found.valid_since, key)).encode())
