"""The description of the API, held against the API."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.context import Context
from app.domain.errors import StoreDamaged
from app.web import models, parameters
from app.web.app import create_app
from tests.house.tree import ROOT
from tests.said import at, nbkr
from tests.web.conftest import Client, broken, decree, fill, made, say

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
    "/v1/stream",
    "/v1/ticks/{seq}",
    "/v1/feed.json",
    "/v1/feed.atom",
    "/v1/feed.rss",
    "/v1/pairs",
    "/v1/sources",
    "/v1/sources/{key}",
    "/embed/v1/ticker.json",
    "/embed/fragment",
    "/badge/{pair}.svg",
    "/chart/{pair}.svg",
    "/livez",
    "/readyz",
    "/health",
    "/metrics",
]

ENDING = [path for path in PATHS if path != "/v1/stream"]
"""Those whose answers end, and can be waited for."""
CURSORS = {"after", "before"}
"""The parameters that take a place in an answer."""


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


@pytest.mark.parametrize("path", ENDING)
def test_an_operation_gives_what_it_promises(full: Client, api: dict[str, Any], path: str) -> None:
    response, promised = full.get(asked(api, path)), responses(api, path)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] in promised["200"]["content"]
    assert ("304" in promised) == ("etag" in response.headers)
    for header, described in promised["200"]["headers"].items():
        assert header in response.headers or not described["required"]


@pytest.mark.parametrize("path", ENDING)
def test_the_example_of_every_parameter_is_understood(full: Client, api: dict[str, Any], path: str) -> None:
    described = operation(api, path)
    for parameter in described.get("parameters", ()):
        optional = parameter["in"] == "query" and not parameter["required"]
        if optional and parameter["name"] not in CURSORS:
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
    "/v1/feed.json?before=x": "400",
    "/v1/feed.atom?pairs=KGS-EUR": "404",
    "/v1/feed.rss?limit=501": "422",
    "/v1/pairs?x=1": "422",
    "/v1/sources?x=1": "422",
    "/v1/sources/none": "404",
    "/badge/KGS-EUR.svg": "404",
    "/badge/TJS-USD.svg": "503",
    "/chart/KGS-EUR.svg": "404",
    "/chart/TJS-USD.svg": "503",
    "/chart/KGS-USD.svg?days=1": "422",
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


def test_limits_are_said_in_the_words_of_json_schema(api: dict[str, Any]) -> None:
    bounds = {
        (path, each["name"]): (each["schema"]["minimum"], each["schema"]["maximum"])
        for path in PATHS
        for each in operation(api, path).get("parameters", ())
        if each["schema"].get("type") == "integer"
    }
    assert bounds["/v1/latest", "precision"] == (3, 15)
    assert bounds["/v1/history", "limit"] == (1, 10_000)
    assert bounds["/v1/ticker", "decimals"] == (0, 12)
    for (path, name), (low, high) in bounds.items():
        assert low < high, f"{path} {name}"


@pytest.mark.parametrize(
    "instant",
    [
        "20260520T103000Z",
        "2026-W21-3T10:30:00Z",
        "2026-05-20 10:30:00Z",
        "2026-05-20T10:30Z",
        "0999-12-31T00:00:00Z",
    ],
)
def test_an_instant_is_taken_only_as_it_is_described(full: Client, api: dict[str, Any], instant: str) -> None:
    described = {each["name"]: each["schema"] for each in operation(api, "/v1/latest")["parameters"]}
    for name, schemas in (("at", [described["at"]]), ("as_known_at", described["as_known_at"]["anyOf"])):
        assert not any(re.search(schema["pattern"], instant) for schema in schemas)
        problem = full.get(f"/v1/latest?{name}={instant}").json()
        assert (problem["status"], problem["parameter"]) == (422, name)


@pytest.mark.parametrize(
    "instant", ["2026-05-20T10:30:00Z", "2026-05-20T16:30:00%2B06:00", "2026-05-20T16:30:00.5+06:00"]
)
def test_an_instant_of_any_zone_is_taken_though_its_plus_sign_was_not_escaped(
    full: Client, instant: str
) -> None:
    assert full.get(f"/v1/latest/KGS-USD?at={instant}").status_code == 200


@pytest.mark.parametrize("path", ENDING)
def test_the_example_of_a_cursor_is_one_of_a_log_that_is_gone(
    full: Client, api: dict[str, Any], path: str
) -> None:
    for parameter in operation(api, path).get("parameters", ()):
        if (name := parameter["name"]) in CURSORS:
            (example,) = parameter["schema"]["examples"]
            assert re.search(parameter["schema"]["pattern"], example)
            assert full.get(f"{asked(api, path)}{name}={example}").status_code == 410


INSTANCES = {400: "*/*", 404: "*/*", 406: "application/xml", 410: "*/*", 422: "*/*"}


@pytest.mark.parametrize("status", INSTANCES)
def test_the_example_of_an_error_is_what_is_answered(tmp_path: Path, status: int) -> None:
    with made(tmp_path, public_url="https://rates.example") as context:
        fill(context)
        client = Client(create_app(context))
        api = client.get("/openapi.json").json()
        content = api["components"]["responses"][f"Error{status}"]["content"]
        example = content["application/problem+json"]["example"]
        response = client.get(example["instance"], accept=INSTANCES[status])
    assert response.status_code == status
    assert response.json() == example


def test_the_example_of_an_empty_store_is_what_it_answers(tmp_path: Path, api: dict[str, Any]) -> None:
    example = api["components"]["responses"]["Error503"]["content"]["application/problem+json"]["example"]
    with made(tmp_path) as context:
        response = Client(create_app(context)).get(example["instance"])
    assert (response.status_code, response.json()) == (503, example)
    assert int(response.headers["retry-after"]) > 0


def test_the_example_of_a_damaged_store_is_what_is_answered(context: Context, api: dict[str, Any]) -> None:
    example = api["components"]["responses"]["Error500"]["content"]["application/problem+json"]["example"]
    response = broken(context, StoreDamaged("a page is torn")).get(example["instance"])
    assert (response.status_code, response.json()) == (500, example)


TEXTS = {
    "/v1/latest/KGS-USD.txt": ("/v1/latest/{pair}.txt", "text/plain"),
    "/v1/ticker.txt?pairs=KGS-USD,TMT-USD": ("/v1/ticker.txt", "text/plain"),
    "/v1/history/KGS-USD.csv?since=2026-05-21": ("/v1/history/{pair}.{form}", "text/csv"),
    "/v1/history/KGS-USD.ndjson?since=2026-05-21": ("/v1/history/{pair}.{form}", "application/x-ndjson"),
    "/v1/history.csv?pairs=KGS-USD&since=2026-05-21": ("/v1/history", "text/csv"),
    "/badge/KGS-USD.svg": ("/badge/{pair}.svg", "image/svg+xml"),
    "/chart/KGS-USD.svg": ("/chart/{pair}.svg", "image/svg+xml"),
    "/metrics": ("/metrics", "application/openmetrics-text"),
}


@pytest.mark.parametrize(("asked", "example"), TEXTS.items(), ids=TEXTS)
def test_the_example_of_a_text_is_what_is_answered(
    context: Context, client: Client, api: dict[str, Any], asked: str, example: tuple[str, str]
) -> None:
    path, media_type = example
    say(context, *decree(context), when="2026-05-19 10:00")
    for fetched, day, value in (
        ("2026-05-19 10:30", "2026-05-20", "87.4314"),
        ("2026-05-20 10:31:04.218", "2026-05-21", "87.4500"),
    ):
        say(context, nbkr(day, value, fetched_at=at(fetched)), when=fetched)
    text = responses(api, path)["200"]["content"][media_type]["example"]
    answered = client.get(asked).text
    assert text in answered if path == "/metrics" else text == answered


def test_what_may_change_is_said(api: dict[str, Any]) -> None:
    named = re.search(r"`(docs/[a-z-]+\.md)`", api["info"]["description"])
    assert named
    assert (ROOT / named[1]).exists()
    for path in PATHS:
        assert "deprecated" not in operation(api, path)  # nothing is, as the description says


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
        models.feed,
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
