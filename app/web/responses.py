"""From a question to a response. The store is synchronous, so a question is asked, and its answer written, in
a worker thread: a slow disk delays those who ask it, never `/livez` or a client that is just being served.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

from fastapi import Request, Response

from app.context import NOW, AsOf, Place, Question
from app.domain.answers import Answer
from app.domain.errors import NoRateAtDate, NoRateYet, OnlyUpcoming, StoreUnavailable
from app.render.json import encode, instant
from app.web.cache import NO_STORE, etag, is_known
from app.web.coding import WORTH, Coding, varies
from app.web.kept import Key, Written, canonical
from app.web.problems import NotAcceptable
from app.web.ready import TOLD
from app.web.requests import coding_of, context_of, counts_of, here, kept_of, limits_of, preferred

Asked = ParamSpec("Asked")


class AnyForm(Protocol):
    """One way to write an answer, whole or in parts. `negotiated` when another Accept header would have
    brought another form; `suffix` makes a path one of this form alone.
    """

    @property
    def media_type(self) -> str:
        """What Content-Type says."""

    @property
    def suffix(self) -> str:
        """Such as `.csv`; empty for the form that a path has by itself."""

    @property
    def negotiated(self) -> bool:
        """Whether Accept was looked at."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that is written whole: `write` makes its bytes from the body, and from whether the rates are
    simulated. `origin` is what the addresses in it begin with, where it has some, `language` that of a page;
    `heeded` is what is heeded of the query, where that may be less than was asked.
    """

    media_type: str
    write: Callable[[Any, bool], bytes]
    negotiated: bool = False
    suffix: str = ""
    origin: str = ""
    language: str = ""
    heeded: bytes | None = None


JSON = Form("application/json", lambda body, simulated: encode(body, simulated=simulated))

Chosen = TypeVar("Chosen", bound=AnyForm)


def negotiated(request: Request, forms: Sequence[Chosen]) -> Chosen:
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
    return replace(offered[chosen], negotiated=True)  # type: ignore[type-var]  # every form is a dataclass


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
    key = key_of(request, form)._replace(origin=form.origin, language=form.language)
    if form.heeded is not None:
        key = key._replace(query=form.heeded)
    place = context_of(request).place
    try:
        written = await _plain(request, key, place, form, as_of, question, *args, **parameters)
    except (NoRateYet, OnlyUpcoming) as error:
        if as_of == NOW:
            raise
        raise NoRateAtDate(f"{error} So it was then.", pair=error.pair) from error
    return await respond(request, form, as_of, key, place, written)


def key_of(request: Request, form: AnyForm) -> Key:
    """What a request asks, in this form."""
    return Key(request.scope["path"], canonical(request.scope["query_string"]), form.media_type)


async def respond(
    request: Request, form: AnyForm, as_of: AsOf, key: Key, place: Place | None, written: Written
) -> Response:
    """The response that gives `written` in the coding that the request takes; what is kept of it is told to
    who listens.
    """
    kept, coding = kept_of(request), coding_of(request) if varies(form.media_type) else None
    if coding and len(written.content) >= WORTH:
        key = key._replace(coding=coding)
        written = await kept.coded(key, place, written)
    if entry := kept.holding(key, written):
        request.scope.get(TOLD, []).append(entry)
    headers = headers_of(request, form, as_of, written)
    return validated(request, written.content, form.media_type, headers, written.etag, written.coding)


def headers_of(request: Request, form: AnyForm, as_of: AsOf, written: Written) -> dict[str, str]:
    """What caches need to know, but for the validator."""
    found = written.answer
    fixed_at = as_of.at or (as_of.known if isinstance(as_of.known, datetime) else found.valid_since)
    headers = {"Cache-Control": written.lifetime(context_of(request).clock.now())}
    if written.forever and fixed_at:
        headers["Memento-Datetime"] = _http_date(fixed_at)
    if found.modified:
        headers["Last-Modified"] = _http_date(found.modified)
    if links := _links(request, form, found, fixed_at):
        headers["Link"] = links
    vary = ["Accept"] * form.negotiated + ["Accept-Encoding"] * varies(form.media_type)
    if vary:
        headers["Vary"] = ", ".join(vary)
    return headers


async def _plain(
    request: Request,
    key: Key,
    place: Place | None,
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
    kept = kept_of(request)
    if found := kept.current(key, place):
        counts_of(request).kept += 1
        return found

    async def ask() -> Written:
        counts_of(request).asked += 1
        work = partial(_ask, request, form, as_of, question, *args, **parameters)
        answered, content = await limits_of(request).of(question).run(work)
        written = write(answered, as_of, content, etag(content))
        keep(request, key, place, written, as_of)
        return written

    try:
        return await kept.once(key, place, ask)
    except StoreUnavailable:
        if found := kept.last(key):
            return found
        raise


def write(answered: Answer[Any], as_of: AsOf, content: bytes, tag: str) -> Written:
    """An answer as it is kept: one of an instant that is over holds until something new is known of it, by
    what began before it and ended after, too.
    """
    found = replace(answered, body=None)
    if as_of != NOW:
        found = replace(found, valid_until=None, closed=True)
    return Written(found, content, tag, isinstance(as_of.known, int))


def keep(request: Request, key: Key, place: Place | None, written: Written, as_of: AsOf) -> None:
    """Keep an answer, unless another version came while it was asked."""
    if place and (place.version == written.answer.version or as_of != NOW):
        kept_of(request).keep(key, place, written)


def _http_date(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def _links(request: Request, form: AnyForm, found: Answer[None], fixed_at: datetime | None) -> str:
    addresses = {}
    if found.next:
        onward: dict[str, Any] = {found.onward: found.next}
        addresses["next"] = here(request, **onward)
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
    request: Request,
    content: bytes,
    media_type: str,
    headers: dict[str, str],
    tag: str | None = None,
    coding: Coding | None = None,
) -> Response:
    """A response with a strong validator over its bytes, `tag` where it is known, or 304 without them to who
    names it. A date is not asked for: it cannot tell two logs from each other. `content` is in `coding`
    already.
    """
    tag = tag or etag(content)
    dressed = {**headers, "ETag": tag}
    if varies(media_type):
        dressed.setdefault("Vary", "Accept-Encoding")
    if is_known(tag, request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers=dressed)
    if coding:
        dressed["Content-Encoding"] = coding
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
