"""From a question to a response. The store is synchronous, so a question is asked, and its answer written, in
a worker thread: a slow disk delays those who ask it, never `/livez` or a client that is just being served.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from app.context import Question
from app.domain.answers import Answer
from app.render.json import encode
from app.web.cache import NO_STORE, cache_control, etag, is_known
from app.web.problems import NotAcceptable
from app.web.requests import context_of, here, preferred

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


JSON = Form("application/json", lambda body, simulated: encode(body, simulated=simulated))


def negotiated(request: Request, forms: Sequence[Form]) -> Form:
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
    question: Question[Asked, Answer[Any]],
    /,
    *args: Asked.args,
    **parameters: Asked.kwargs,
) -> Response:
    """The answer to a question in this form, with what caches need to know; 304 when the asker has these
    bytes.
    """
    context = context_of(request)
    found, content = await run_in_threadpool(_ask, request, form, question, *args, **parameters)
    headers = {"Cache-Control": cache_control(found, context.clock.now())}
    if found.next:
        headers["Link"] = f'<{here(request, after=found.next)}>; rel="next"'
    if form.negotiated:
        headers["Vary"] = "Accept"
    return validated(request, content, form.media_type, headers)


async def uncached(
    request: Request,
    form: Form,
    question: Question[Asked, Answer[Any]],
    /,
    *args: Asked.args,
    **parameters: Asked.kwargs,
) -> Response:
    """The answer to a question about this very moment: nobody keeps it."""
    _, content = await run_in_threadpool(_ask, request, form, question, *args, **parameters)
    return Response(content, headers={"Cache-Control": NO_STORE}, media_type=form.media_type)


def validated(request: Request, content: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """A response with a strong validator over its bytes, or 304 without them."""
    tag = etag(content)
    dressed = {**headers, "ETag": tag}
    if is_known(tag, request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers=dressed)
    return Response(content, headers=dressed, media_type=media_type)


def _ask(
    request: Request,
    form: Form,
    question: Question[Asked, Answer[Any]],
    /,
    *args: Asked.args,
    **parameters: Asked.kwargs,
) -> tuple[Answer[Any], bytes]:
    context = context_of(request)
    found = context.ask(question, *args, **parameters)
    return found, form.write(found.body, context.settings.simulated)
