"""The description of the API, held against the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.web import models, parameters
from app.web.app import create_app
from tests.web.conftest import Client, made

PATHS = [
    "/v1/latest",
    "/v1/latest/{pair}.txt",
    "/v1/latest/{pair}",
    "/v1/convert",
    "/v1/history.{form}",
    "/v1/history",
    "/v1/history/{pair}.{form}",
    "/v1/history/{pair}",
    "/v1/candles/{pair}",
    "/v1/change/{pair}",
    "/v1/stats/{pair}",
    "/v1/ticker",
    "/v1/ticker.txt",
    "/v1/ticks",
    "/v1/ticks/{seq}",
    "/v1/pairs",
    "/v1/sources",
    "/v1/sources/{key}",
    "/livez",
    "/readyz",
    "/health",
    "/metrics",
]


@pytest.fixture(scope="module")
def api(full: Client) -> dict[str, Any]:
    """The document."""
    document: dict[str, Any] = full.get("/openapi.json").json()
    return document


def operation(api: dict[str, Any], path: str) -> dict[str, Any]:
    """The GET of a path."""
    (only,) = api["paths"][path].items()
    assert only[0] == "get"
    found: dict[str, Any] = only[1]
    return found


def responses(api: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
    """What the GET of a path may answer, by status."""
    found = operation(api, path)["responses"]
    shared = api["components"]["responses"]
    return {
        status: shared.get(each.get("$ref", "").rpartition("/")[2], each) for status, each in found.items()
    }


def asked(api: dict[str, Any], path: str) -> str:
    """The path with the examples of the parameters that it cannot do without put in, open for more."""
    query = "?"
    for parameter in operation(api, path).get("parameters", ()):
        if parameter["in"] == "path":
            example = "1" if parameter["name"] == "seq" else str(parameter["example"])
            path = path.replace(f"{{{parameter['name']}}}", example)
        elif parameter["required"]:
            query += f"{parameter['name']}={parameter['example']}&"
    return path + query


def test_it_describes_every_path_and_no_other(api: dict[str, Any]) -> None:
    assert api["openapi"].startswith("3.1.")
    assert list(api["paths"]) == PATHS


@pytest.mark.parametrize("path", PATHS)
def test_an_operation_says_what_it_is_for(api: dict[str, Any], path: str) -> None:
    described = operation(api, path)
    assert described["summary"]
    assert described["description"]
    assert described["tags"][0] in [tag["name"] for tag in api["tags"]]
    for parameter in described.get("parameters", ()):
        assert parameter["description"]
        assert parameter["schema"]["examples"]


def test_operations_have_short_names_of_their_own(api: dict[str, Any]) -> None:
    names = [operation(api, path)["operationId"] for path in PATHS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("get_") and "__" not in name for name in names)


@pytest.mark.parametrize("path", PATHS)
def test_an_operation_gives_what_it_promises(full: Client, api: dict[str, Any], path: str) -> None:
    response, promised = full.get(asked(api, path)), responses(api, path)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] in promised["200"]["content"]
    assert ("304" in promised) == ("etag" in response.headers)
    for header, described in promised["200"]["headers"].items():
        assert header in response.headers or not described["required"]


@pytest.mark.parametrize("path", PATHS)
def test_the_example_of_every_parameter_is_understood(full: Client, api: dict[str, Any], path: str) -> None:
    described = operation(api, path)
    for parameter in described.get("parameters", ()):
        optional = parameter["in"] == "query" and not parameter["required"]
        if optional and parameter["name"] != "after":
            (example,) = parameter["schema"]["examples"]
            status = full.get(
                f"{asked(api, path)}{parameter['name']}={json.dumps(example).strip(chr(34))}"
            ).status_code
            assert status == 200 or (status in (404, 503) and str(status) in responses(api, path)), parameter[
                "name"
            ]


ERRORS = {
    "/v1/latest?pairs=KGS-EUR": "404",
    "/v1/latest/KGS-EUR": "404",
    "/v1/latest/TJS-USD": "503",
    "/v1/latest/TJS-USD.txt": "503",
    "/v1/convert?from=KGS&to=EUR": "404",
    "/v1/convert?from=TJS&to=USD": "503",
    "/v1/convert?from=KGS&to=USD&amount=1e3": "422",
    "/v1/history/KGS-EUR": "404",
    "/v1/history/KGS-USD?after=x": "400",
    "/v1/history/KGS-EUR.csv": "404",
    "/v1/history/KGS-USD.csv?after=x": "400",
    "/v1/history?pairs=KGS-EUR": "404",
    "/v1/history?after=x": "400",
    "/v1/history.csv?pairs=KGS-EUR": "404",
    "/v1/history.csv?after=x": "400",
    "/v1/candles/KGS-EUR": "404",
    "/v1/candles/KGS-USD?after=x": "400",
    "/v1/candles/KGS-USD?source=none": "404",
    "/v1/change/KGS-EUR": "404",
    "/v1/change/TJS-USD": "503",
    "/v1/change/KGS-USD?date=2000-01-01": "404",
    "/v1/stats/KGS-EUR": "404",
    "/v1/ticker?source=none": "404",
    "/v1/ticker.txt?pairs=TJS-USD": "503",
    "/v1/ticks?pairs=KGS-EUR": "404",
    "/v1/ticks?after=x": "400",
    "/v1/ticks/999": "404",
    "/v1/pairs?x=1": "422",
    "/v1/sources?x=1": "422",
    "/v1/sources/none": "404",
}


@pytest.mark.parametrize(("path", "status"), ERRORS.items(), ids=ERRORS)
def test_an_error_that_happens_is_a_documented_one(
    full: Client, api: dict[str, Any], path: str, status: str
) -> None:
    response = full.get(path)
    assert str(response.status_code) == status
    bare = path.partition("?")[0]
    template = bare.replace("KGS-USD", "{pair}").replace("KGS-EUR", "{pair}").replace("TJS-USD", "{pair}")
    template = (
        template.replace(".csv", ".{form}").replace("999", "{seq}").replace("sources/none", "sources/{key}")
    )
    promised = responses(api, template)[status]
    assert "application/problem+json" in promised["content"]
    assert {header for header, each in promised["headers"].items() if each["required"]} <= {
        header.title() for header in response.headers
    }


@pytest.mark.parametrize("path", PATHS)
def test_every_example_of_a_body_is_one(api: dict[str, Any], path: str) -> None:
    for status, response in responses(api, path).items():
        for media_type, content in response.get("content", {}).items():
            if media_type.endswith("parquet"):
                assert not content  # bytes of no text
            elif not media_type.endswith("/json") and not media_type.endswith("+json"):
                assert isinstance(content["example"], str)
            else:
                (first, *_) = content["schema"].get("anyOf", [content["schema"]])
                model = getattr(models, first["$ref"].rpartition("/")[2])
                model.model_validate_json(json.dumps(content["example"]), strict=True)
                assert model is not models.Problem or content["example"]["status"] == int(status)


def test_every_example_of_a_field_is_one() -> None:
    def check(model: Any) -> None:
        for name, field in model.model_fields.items():
            adapter: TypeAdapter[Any] = TypeAdapter(
                field.annotation if not field.metadata else field.rebuild_annotation()
            )
            for example in field.examples or ():
                adapter.validate_json(json.dumps(example)), name

    for module in (
        models.rates,
        models.history,
        models.ticker,
        models.facts,
        models.service,
        models.base,
        parameters,
    ):
        for model in vars(module).values():
            if isinstance(model, type) and hasattr(model, "model_fields"):
                check(model)


def test_rates_are_numbers_in_plain_notation(full: Client, api: dict[str, Any]) -> None:
    row = api["components"]["schemas"]["Row"]["properties"]
    assert row["rate"]["type"] == row["inverse"]["type"] == "number"
    literals: list[str] = []
    json.loads(full.get("/openapi.json").content, parse_float=literals.append)
    assert "-0.00000243268399465" in literals
    assert not [literal for literal in literals if "e" in literal.lower()]


def test_nothing_of_the_framework_shows(api: dict[str, Any]) -> None:
    assert "ValidationError" not in json.dumps(api)


def test_optional_parameters_are_not_said_to_be_null(api: dict[str, Any]) -> None:
    for path in PATHS:
        for parameter in operation(api, path).get("parameters", ()):
            assert "null" not in json.dumps(parameter["schema"]), parameter["name"]


def test_it_names_the_public_url_first(tmp_path: Any) -> None:
    with made(tmp_path, public_url="https://rates.example") as context:
        servers = Client(create_app(context)).get("/openapi.json").json()["servers"]
    assert [server["url"] for server in servers] == ["https://rates.example", "/"]
