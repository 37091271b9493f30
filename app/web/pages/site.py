"""What all pages have in common: a language, a policy, the frame around them, and problems that are pages,
too.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from app.context import NOW, Question
from app.domain.answers import Answer
from app.domain.errors import NoRateYet, OnlyUpcoming, SilkrateError, StoreDamaged
from app.render.locale import Language, language, looked_up
from app.web.cache import NO_STORE
from app.web.pages.templates import HTML, TEMPLATES
from app.web.pages.words import preferred
from app.web.parameters import Unset
from app.web.problems import RETRY_AFTER, UnknownPath, framework, refused, told
from app.web.queries import QueryRoute, read
from app.web.requests import context_of, limits_of, origin_of, path_of
from app.web.requests import preferred as liked
from app.web.responses import Form, answer

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
"""What a page may load: its own files. Nothing that it is given can become a script."""

Asked = TypeVar("Asked", bound="OfPage")
Body = TypeVar("Body")


EARLY = (NoRateYet, OnlyUpcoming)
"""Problems that end by themselves when a source has spoken."""


class OfPage(BaseModel):
    """The query of a page. What it does not know it passes over: readers, mailers and other sites add to
    addresses what they like.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    lang: Unset[str] = None

    @property
    def understood(self) -> tuple[tuple[str, str], ...]:
        """What is heeded of it, but for the language, in one order."""
        given = self.model_dump(by_alias=True, exclude_unset=True, exclude={"lang"})
        return tuple(sorted((name, str(value)) for name, value in given.items()))


def asked_of(request: Request, model: type[Asked]) -> Asked:
    """The query of a page as `model`: of a form the fields that were left empty are not given, and those of
    one name are a list with commas. Raises BadParameter.
    """
    given: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if value.strip():
            given.setdefault(name, []).append(value.strip())
    return read(model, {name: ",".join(values) for name, values in given.items()})


NOTHING = OfPage()


class Elsewhere(Exception):
    """A page is at another address."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@dataclass(frozen=True, slots=True)
class Dress:
    """What is around the content of a page. `root` leads from its address to that of the service, `origin` is
    what absolute addresses begin with, `path` that of the page in its one form, below the root, and None of
    one that is not to be found again; `query` is what is heeded of its query besides its language, which is
    `chosen` when it is a part of its address.
    """

    words: Language
    chosen: bool
    root: str
    origin: str
    path: str | None
    query: tuple[tuple[str, str], ...]
    simulated: bool

    @classmethod
    def of(cls, request: Request, path: str, asked: OfPage = NOTHING) -> Dress:
        """That of a request for the page at `path`; raises BadParameter for a language that there is not, and
        Elsewhere for another way to write the path: what is kept of a page leads on from its one address.
        """
        if path_of(request) != f"/{path}":
            query = request.url.query
            raise Elsewhere(f"{origin_of(request)}/{path}" + (f"?{query}" if query else ""))
        tag = request.query_params.get("lang", "")
        words = language(tag) if tag else _liked(request)
        simulated = context_of(request).settings.simulated
        root = "../" * path.count("/")
        return cls(words, bool(tag), root, origin_of(request), path, asked.understood, simulated)

    @classmethod
    def of_problem(cls, request: Request) -> Dress:
        """That of what went wrong with a request, be it its language."""
        tag = request.query_params.get("lang", "")
        words = looked_up(tag) or _liked(request)
        simulated = context_of(request).settings.simulated
        root = "../" * (path_of(request).count("/") - 1)
        return cls(words, bool(looked_up(tag)), root, origin_of(request), None, (), simulated)

    @property
    def listed(self) -> bool:
        """Whether search engines may list it: not what is made up."""
        return self.path is not None and not self.simulated

    def spoken(self, tag: str) -> str:
        """The relative address of the same page in another language."""
        return f"?{urlencode([*self.query, ('lang', tag)], safe=':,')}"

    @property
    def heeded(self) -> bytes:
        """The query by which it is kept: others add to addresses what they like."""
        return urlencode([*self.query, *([("lang", self.words.tag)] if self.chosen else [])]).encode()

    def to(self, path: str, **query: Any) -> str:
        """The relative address of another page, in the language that was chosen."""
        asked = {name.rstrip("_"): value for name, value in query.items() if value not in (None, "")}
        if self.chosen:
            asked.setdefault("lang", self.words.tag)
        return (self.root + path or "./") + (f"?{urlencode(asked, safe=':,{}')}" if asked else "")

    def absolute(self, path: str, tag: str = "") -> str:
        """The address of a page in full, in a language."""
        return f"{self.origin}/{path}" + (f"?lang={tag}" if tag else "")

    def written(self, template: str, **content: Any) -> bytes:
        """The page of a template with its content."""
        html = TEMPLATES.get_template(template).render(
            dress=self,
            words=self.words,
            lang=self.words.tag,
            root=self.root,
            to=self.to,
            simulated=self.simulated,
            **content,
        )
        return html.encode()

    def headers(self) -> dict[str, str]:
        """Those of every page. No other page may hold it, and what it opens cannot reach it."""
        return {
            "Content-Language": self.words.tag,
            "Content-Security-Policy": POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    def kept_headers(self) -> dict[str, str]:
        """Those of a page that may be kept."""
        vary = "Accept-Encoding" if self.chosen else "Accept-Language, Accept-Encoding"
        return self.headers() | {"Vary": vary}


def _liked(request: Request) -> Language:
    return preferred(",".join(request.headers.getlist("accept-language")))


async def kept_page(
    request: Request,
    dress: Dress,
    template: str,
    question: Question[Any, Answer[Any]],
    seen: Callable[[Any, Dress], Mapping[str, Any]],
    /,
    **parameters: Any,
) -> Response:
    """A page about an answer, kept as long as that holds; `seen` says what its template needs of the body."""

    def write(body: Any, simulated: bool) -> bytes:
        return dress.written(template, **seen(body, dress))

    form = Form(HTML, write, origin=dress.origin, language=dress.words.tag, heeded=dress.heeded)
    response = await answer(request, form, NOW, question, **parameters)
    del response.headers["Link"]  # a page lives on: what was there at a version are the rates
    response.headers.update(dress.kept_headers())
    return response


async def momentary_page(
    request: Request,
    dress: Dress,
    template: str,
    question: Question[Any, Any],
    seen: Callable[[Any, Dress], Mapping[str, Any]],
    /,
    **parameters: Any,
) -> Response:
    """A page that tells of the moment of asking, which nobody keeps."""
    context = context_of(request)

    def make() -> bytes:
        return dress.written(template, **seen(context.ask(question, **parameters), dress))

    content = await limits_of(request).of(question).run(make)
    return Response(content, headers=dress.headers() | {"Cache-Control": NO_STORE}, media_type=HTML)


class PageRoute(QueryRoute):
    """A route whose problems are pages, for it is people who ask."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        handle = super().get_route_handler()

        async def paged(request: Request) -> Response:
            try:
                return await handle(request)
            except Elsewhere as error:
                return RedirectResponse(error.url, HTTPStatus.PERMANENT_REDIRECT)
            except StoreDamaged:
                raise  # it has to be logged
            except RequestValidationError as error:
                return regret(request, refused(error))
            except SilkrateError as error:
                return regret(request, error)

        return paged


def install(app: FastAPI) -> None:
    """Have a browser be shown a page, too, where nothing is: a program gets a problem document there."""
    app.add_exception_handler(HTTPException, _nothing_there)


async def _nothing_there(request: Request, error: Any) -> Response:
    accept = ",".join(request.headers.getlist("accept"))
    is_browser = liked(accept, ["application/problem+json", "text/html"]) == "text/html"
    if error.status_code == HTTPStatus.NOT_FOUND and is_browser and not request.url.path.startswith("/v1/"):
        return regret(request, UnknownPath("There is nothing at this path."))
    return await framework(request, error)


def regret(request: Request, error: SilkrateError) -> Response:
    """The page of a problem."""
    problem, dress = told(error, request.url.path), Dress.of_problem(request)
    headers = dress.headers() | {"Cache-Control": NO_STORE}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(problem.retry_after or RETRY_AFTER)
    return Response(
        dress.written("problem.html", problem=problem, is_early=isinstance(error, EARLY)),
        problem.status,
        headers,
        HTML,
    )
