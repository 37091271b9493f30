"""The description of the API: what each operation answers, in OpenAPI 3.1, and an example of every body made
from those of its fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.domain.errors import BadCursor, BadParameter, ForeignCursor, NoRateYet, StoreDamaged, UnknownPair
from app.domain.numbers import trimmed
from app.render.json import encode
from app.web import models
from app.web.problems import MEDIA_TYPE, NotAcceptable, Problem, told

SCHEMAS = "#/components/schemas/"
RESPONSES = "#/components/responses/"

PAIRS = (
    "one of KGS-USD, KZT-USD, TJS-USD, UZS-USD, TMT-USD, or its inverse such as USD-KGS, or a cross such as"
    " KGS-KZT"
)

ERRORS: Mapping[int, tuple[str, Problem]] = {
    400: (
        "The cursor was never handed out here (`bad-cursor`), or is of a tick that there is not"
        " (`cursor-ahead`).",
        told(
            BadCursor(
                "'41' is no cursor of this answer.",
                parameter="after",
                expected=(
                    "the value of `next`, or of `cursor` where there is one, in an earlier answer, unchanged"
                ),
            ),
            "/v1/ticks?after=41",
        ),
    ),
    404: (
        "No such pair, currency, source or tick, or no rate for what was asked (`unknown-pair`,"
        " `unknown-source`, `unknown-tick`, `no-rate-at-date`, `too-old`, `not-published`).",
        told(
            UnknownPair("'KGS-EUR' is not a pair served here.", parameter="pair", expected=PAIRS),
            "/v1/latest/KGS-EUR",
        ),
    ),
    406: (
        "No form of this answer that the Accept header takes (`not-acceptable`).",
        told(
            NotAcceptable(
                "'application/xml' takes no form of this answer.",
                parameter="Accept",
                expected=(
                    "application/json or text/csv or application/x-ndjson or application/vnd.apache.parquet"
                ),
            ),
            "/v1/history/KGS-USD",
        ),
    ),
    410: (
        "The cursor is of a log that is gone (`foreign-cursor`); `restart` says where to start again.",
        told(
            ForeignCursor(
                "This cursor belongs to another log: the store was restored or replaced since it was handed"
                " out.",
                parameter="after",
                expected="a request without after=, which starts again",
            ),
            "/v1/ticks?after=mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE",
            "https://rates.example/v1/ticks",
        ),
    ),
    422: (
        "A parameter that is unknown, malformed, repeated or at odds with another (`bad-parameter`).",
        told(
            BadParameter("'sorce' is no parameter of this path.", parameter="sorce", expected="source"),
            "/v1/latest?sorce=nbkr",
        ),
    ),
    500: (
        "A fault of the service, or a store that is damaged (`internal-error`, `store-damaged`). Its log says"
        " which; nothing that was asked is wrong.",
        told(StoreDamaged("The store is damaged."), "/v1/latest"),
    ),
    503: (
        "Nothing is recorded yet (`no-rate-yet`, `only-upcoming`, `not-ready`), the store cannot be read"
        " (`store-unavailable`), or too much is asked at once (`overloaded`, `too-slow`). Ask again after"
        " `Retry-After` seconds.",
        told(NoRateYet("No rate of KGS/USD has been recorded yet.", pair="KGS/USD"), "/v1/latest/KGS-USD"),
    ),
}
"""What each error status of an operation means, and one such problem."""

HEADERS = {
    "ETag": "Strong: it changes exactly when the bytes do. Send it back as If-None-Match.",
    "Cache-Control": (
        "How long a copy is good; never past the moment at which the clock alone may change the answer."
        " `no-store`: not at all."
    ),
    "Link": (
        "Where to go from here: `rel=next` to what follows, `rel=memento` to these bytes for ever,"
        " `rel=start` to begin again."
    ),
    "Retry-After": "Seconds after which it is worth asking again.",
    "Last-Modified": (
        "When the newest entry was recorded, for people: it stays as it is until there is one entry more."
        " What is asked again is asked by the ETag."
    ),
    "X-Accel-Buffering": "`no`: nothing on the way may keep back what comes.",
}

LINKS: Mapping[str, tuple[str, str, str]] = {
    "get_ticks": ("get_tick", "seq", "/ticks/0/seq"),
    "get_sources": ("get_source", "key", "/sources/0/key"),
}
"""Where in the answer of an operation stands what another one asks for, and as which parameter."""

INTRODUCTION = """\
Official exchange rates of Central Asia: KGS, KZT, TJS, UZS and TMT against USD, with where each comes from,
which day it is for and what its change is measured against.

**Direction.** A rate of `KGS/USD` is US dollars per 1 som; `inverse` is som per 1 US dollar. **Numbers**
are exact decimals in plain notation. **Days** are effective dates in the source's own zone, **instants**
are in UTC. Every path understands HEAD and, but for what tells of this very moment, If-None-Match, and may
be read from any page: there are no credentials.

**Errors** are `application/problem+json` (RFC 9457): compare their `type`, show their `detail`.

**Changes.** Within `/v1` paths, parameters, fields and types of errors may be added: leave alone what you do
not know. None goes away, and none changes its type or meaning. What is deprecated is marked here and says so
in its answers by `Deprecation` (RFC 9745) and, once its end is decided, by `Sunset` (RFC 8594), a year ahead
at least. Nothing is, now. The whole policy: `docs/api-policy.md` beside the code.
"""


def described(
    body: Any,
    *errors: int,
    texts: Mapping[str, str | None] | None = None,
    cached: bool = True,
    explained: bool = False,
    headers: Sequence[str] = (),
) -> dict[str, Any]:
    """What to tell a route of its responses: the model of its JSON, examples of its other forms by media
    type (None: bytes of no text), and its errors. An answer that is not `cached` has no validator, nor has
    one that is `explained` when it was asked to be. `headers` are what it may have besides.
    """
    content: dict[str, Any] = {
        media_type: {"schema": {"type": "string"}, "example": each} if each else {}
        for media_type, each in (texts or {}).items()
    }
    success: dict[str, Any] = {"description": "The answer.", "content": content}
    if body:
        success["model"] = body
    responses: dict[int | str, Any] = {200: success}
    if cached:
        unchanged = "The copy that If-None-Match names is still the answer."
        told = _headers(["Cache-Control", "ETag"], ["Link", *headers])
        responses[304] = {"description": unchanged, "headers": told}
    always = ["Cache-Control", "ETag"] if cached and not explained else ["Cache-Control"]
    success["headers"] = _headers(always, [*(["ETag", "Link"] if cached else []), *headers])
    for status in sorted({*errors, 422, 500, 503}):
        responses[status] = {"description": ERRORS[status][0], "$ref": f"{RESPONSES}Error{status}"}
    return {"responses": responses, "response_model": None}


def _headers(always: Iterable[str], sometimes: Iterable[str] = ()) -> dict[str, Any]:
    names = dict.fromkeys((*always, *sometimes))
    return {
        name: {"description": HEADERS[name], "required": name in always, "schema": {"type": "string"}}
        for name in names
    }


def _error(status: int) -> dict[str, Any]:
    """The response that an error status has wherever it may happen."""
    text, problem = ERRORS[status]
    illustrated = {"schema": {"$ref": f"{SCHEMAS}Problem"}, "example": orjson.loads(encode(problem))}
    always = ["Cache-Control", "Retry-After"] if status == 503 else ["Cache-Control"]
    headers = _headers(always, ["Link"] if status == 410 else [])
    return {"description": text, "headers": headers, "content": {MEDIA_TYPE: illustrated}}


def document(app: FastAPI, public_url: str | None) -> bytes:
    """The OpenAPI document of `app`, which answers at the public URL, or at the host that it is read from."""
    api: dict[str, Any] = get_openapi(
        title=app.title,
        version=app.version,
        description=INTRODUCTION,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=[{"url": public_url}, {"url": "/"}] if public_url else None,
    )
    schemas = api["components"]["schemas"]
    schemas["Problem"] = models.Problem.model_json_schema(ref_template=SCHEMAS + "{model}")
    api["components"]["responses"] = {f"Error{status}": _error(status) for status in ERRORS}
    for schema in schemas.values():
        for member in schema.get("properties", {}).values():
            member.pop("title", None)  # its name again
    for operations in api["paths"].values():
        _illustrate(operations["get"], schemas)
        _link(operations["get"])
    return orjson.dumps(_exact(api))


def _illustrate(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """Give an operation an example of its JSON body, and of the parameters that it cannot do without; and say
    of each parameter once what it is.
    """
    for media_type, content in operation["responses"]["200"]["content"].items():
        if media_type.endswith(("/json", "/feed+json")):
            content["example"] = example(content["schema"], schemas)
    for parameter in operation.get("parameters", ()):
        for said in ("title", "description"):
            parameter["schema"].pop(said)
        if parameter["required"]:
            parameter["example"] = parameter["schema"]["examples"][0]


def _link(operation: Mapping[str, Any]) -> None:
    """Tell where an answer leads: to its next page by the same question, or to one of what it lists."""
    name, success = operation["operationId"], operation["responses"]["200"]
    asked = [(each["in"], each["name"]) for each in operation.get("parameters", ())]
    if ("query", "after") in asked and "application/json" in success["content"]:
        same = {f"{place}.{each}": f"$request.{place}.{each}" for place, each in asked}
        success["links"] = {
            "next": {
                "operationId": name,
                "description": "What follows, while `next` is not null: the same question, `after` it.",
                "parameters": {**same, "query.after": "$response.body#/next"},
            }
        }
    if name in LINKS:
        other, parameter, pointer = LINKS[name]
        success.setdefault("links", {})[other.removeprefix("get_")] = {
            "operationId": other,
            "description": "One of those listed by itself; here the first.",
            "parameters": {f"path.{parameter}": f"$response.body#{pointer}"},
        }


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value of `schema`: the example that it or its parts give, optional members left out."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example(schemas[schema["$ref"].removeprefix(SCHEMAS)], schemas)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], schemas)
    if schema.get("type") == "array":
        return [example(schema["items"], schemas)]
    return {
        name: example(member, schemas)
        for name, member in schema["properties"].items()
        if name in schema.get("required", ())
    }


def _exact(value: Any) -> Any:
    """The same with every number in plain decimal notation."""
    match value:
        case dict():
            return {name: _exact(member) for name, member in value.items()}
        case list():
            return [_exact(member) for member in value]
        case float():
            return orjson.Fragment(trimmed(Decimal(repr(value))))
    return value
