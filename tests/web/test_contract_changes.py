"""A change of the API is seen, and one that breaks its readers is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web import openapi
from tests.web.openapi import ACCEPTED, broken, current, resolved

Change = Callable[[Any], Any]


@pytest.fixture(scope="module")
def text() -> str:
    """The description that the code gives."""
    return current()


def test_the_description_is_the_one_that_was_accepted(text: str) -> None:
    accepted = ACCEPTED.read_text(encoding="utf-8")
    assert list(broken(json.loads(accepted), json.loads(text))) == []
    assert text == accepted, "make openapi accepts it"


def parameter(document: Any, path: str, name: str) -> Any:
    """A parameter of the GET of a path."""
    parameters = document["paths"][path]["get"]["parameters"]
    return next(each for each in parameters if each["name"] == name)


def schema(document: Any, name: str) -> Any:
    """A schema by its name."""
    return document["components"]["schemas"][name]


def field(document: Any, name: str, member: str) -> Any:
    """A member of a schema."""
    return schema(document, name)["properties"][member]


def responses(document: Any, path: str) -> Any:
    """The responses of the GET of a path."""
    return document["paths"][path]["get"]["responses"]


def anew(name: str, *, required: bool) -> dict[str, Any]:
    """A parameter that there was not."""
    return {"name": name, "in": "query", "required": required, "schema": {"type": "string"}}


BREAKING: dict[str, tuple[Change, str]] = {
    "a path is gone": (lambda d: d["paths"].pop("/v1/pairs"), "/v1/pairs: gone"),
    "a parameter is gone": (
        lambda d: d["paths"]["/v1/pairs"]["get"]["parameters"].pop(0),
        "/v1/pairs?as_known_at: gone",
    ),
    "a parameter is required now": (
        lambda d: parameter(d, "/v1/pairs", "at").update(required=True),
        "/v1/pairs?at: required",
    ),
    "a new parameter is required": (
        lambda d: d["paths"]["/v1/pairs"]["get"]["parameters"].append(anew("key", required=True)),
        "/v1/pairs?key: required",
    ),
    "a parameter takes less": (
        lambda d: parameter(d, "/v1/ticks", "limit")["schema"].update(maximum=100),
        "/v1/ticks?limit: maximum 100 is not met",
    ),
    "a parameter takes fewer words": (
        lambda d: parameter(d, "/v1/history", "fill")["schema"]["enum"].remove("business"),
        "/v1/history?fill: ['business'] was not among ['none', 'previous']",
    ),
    "a parameter is written otherwise": (
        lambda d: parameter(d, "/v1/latest", "source")["schema"].update(pattern="^[a-z]+$"),
        "/v1/latest?source: pattern ^[a-z]+$ is not met",
    ),
    "a parameter takes another type": (
        lambda d: parameter(d, "/v1/latest", "precision")["schema"].update(type="boolean"),
        "/v1/latest?precision: integer is not boolean",
    ),
    "a parameter means another thing when it is left out": (
        lambda d: parameter(d, "/v1/history", "fill")["schema"].update(default="previous"),
        "/v1/history?fill: another default",
    ),
    "a field is gone": (
        lambda d: schema(d, "Previous")["properties"].pop("seq"),
        "/v1/ticks 200 application/json.ticks[].previous.seq: gone",
    ),
    "a field may be absent": (
        lambda d: schema(d, "Alive")["required"].remove("status"),
        "/livez 200 application/json.status: may be absent",
    ),
    "a field has another type": (
        lambda d: field(d, "Strip", "poll_after").update(type="string"),
        "/v1/ticker 200 application/json.poll_after: string is not integer",
    ),
    "a field is a number with decimals now": (
        lambda d: field(d, "Strip", "poll_after").update(type="number"),
        "/v1/ticker 200 application/json.poll_after: number is not integer",
    ),
    "a field may be null": (
        lambda d: schema(d, "Alive")["properties"].update(
            status={"anyOf": [field(d, "Alive", "status"), {"type": "null"}]}
        ),
        "/livez 200 application/json.status: null is not string",
    ),
    "a field has another word": (
        lambda d: field(d, "Health", "status")["enum"].append("unwell"),
        "/health 200 application/json.status: ['unwell'] was not among ['degraded', 'empty', 'ok']",
    ),
    "a field of an error is gone": (
        lambda d: schema(d, "Problem")["properties"].pop("parameter"),
        "/livez 422 application/problem+json.parameter: gone",
    ),
    "a column may hold text": (
        lambda d: schema(d, "WideRow").update(additionalProperties={"type": "string"}),
        "/v1/history 200 application/json.rows[].*: string is not number",
    ),
    "a form is gone": (
        lambda d: responses(d, "/v1/history")["200"]["content"].pop("text/csv"),
        "/v1/history 200 text/csv: gone",
    ),
    "a validator is gone": (
        lambda d: responses(d, "/v1/pairs")["200"]["headers"]["ETag"].update(required=False),
        "/v1/pairs 200 ETag: may be absent",
    ),
    "nothing is unchanged any more": (
        lambda d: responses(d, "/v1/pairs").pop("304"),
        "/v1/pairs 304: gone",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_it_is_refused_that(text: str, name: str) -> None:
    change, line = BREAKING[name]
    changed = json.loads(text)
    change(changed)
    assert line in list(broken(json.loads(text), changed))


ADDING: dict[str, Change] = {
    "a path": lambda d: d["paths"].update({"/v1/new": d["paths"]["/v1/pairs"]}),
    "a parameter": lambda d: d["paths"]["/v1/pairs"]["get"]["parameters"].append(anew("key", required=False)),
    "a field": lambda d: schema(d, "Alive")["properties"].update(since={"type": "string"}),
    "a required field": lambda d: (
        schema(d, "Alive")["properties"].update(since={"type": "string"}),
        schema(d, "Alive")["required"].append("since"),
    ),
    "a form": lambda d: responses(d, "/livez")["200"]["content"].update({"text/plain": {}}),
    "an error": lambda d: responses(d, "/livez").update({"429": {"$ref": "#/components/responses/Error503"}}),
    "a word of a parameter": lambda d: parameter(d, "/v1/history", "fill")["schema"]["enum"].append("next"),
    "a higher limit": lambda d: parameter(d, "/v1/ticks", "limit")["schema"].update(maximum=20_000),
    "a promise that a field is there": lambda d: schema(d, "Problem")["required"].append("parameter"),
    "a description": lambda d: d["info"].update(description="Better words."),
}


@pytest.mark.parametrize("name", ADDING)
def test_it_is_no_breach_to_add(text: str, name: str) -> None:
    changed = json.loads(text)
    ADDING[name](changed)
    assert changed != json.loads(text)
    assert list(broken(json.loads(text), changed)) == []


def test_make_openapi_accepts_what_adds_and_refuses_what_breaks(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = tmp_path / "openapi.json"
    monkeypatch.setattr(openapi, "ACCEPTED", accepted)
    before = json.loads(text)
    before["paths"]["/v1/gone"] = before["paths"]["/v1/pairs"]
    accepted.write_text(json.dumps(before))
    assert "/v1/gone: gone" in str(openapi.main())
    assert json.loads(accepted.read_text()) == before
    assert openapi.main("--breaking") is None
    assert accepted.read_text() == text
    del before["paths"]["/v1/gone"], before["paths"]["/v1/pairs"]
    accepted.write_text(json.dumps(before))
    assert openapi.main() is None
    assert accepted.read_text() == text


def test_every_reference_leads_somewhere(text: str) -> None:
    document = json.loads(text)

    def check(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                assert resolved(part, document)
            for each in part.values():
                check(each)
        elif isinstance(part, list):
            for each in part:
                check(each)

    check(document)
