"""The reference: all that the description of the API says, once, as HTML that loads nothing and leads nowhere
else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI

from app.context import Context
from app.render.locale import language
from app.web.app import create_app
from app.web.coding import CODINGS, encode
from app.web.pages import docs
from app.web.pages.site import POLICY, Dress
from app.web.reference import Operation, Reference, Run, Words, reference
from tests.web.conftest import Client, made
from tests.web.html import Page

HOST = "https://rates.example"


@pytest.fixture(scope="module")
def document(full: Client) -> dict[str, Any]:
    """The description of the API."""
    read: dict[str, Any] = json.loads(full.get("/openapi.json").content, parse_float=Decimal)
    return read


@pytest.fixture(scope="module")
def api(document: dict[str, Any]) -> Reference:
    """The reference to it."""
    return reference(document)


@pytest.fixture(scope="module")
def shown(full: Client) -> Page:
    """The page."""
    response = full.get("/docs")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)


def said(words: Words) -> str:
    """What is read of words."""
    return "".join(run.text for run in words)


def operations(api: Reference) -> dict[str, Operation]:
    """All operations, by path."""
    return {each.path: each for section in api.sections for each in section.operations}


def letters(text: str) -> str:
    """A description without marks and spaces."""
    return "".join(text.replace("`", "").replace("**", "").split())


def test_every_operation_is_there_with_each_parameter_and_status(
    document: dict[str, Any], api: Reference
) -> None:
    found = operations(api)
    assert found.keys() == document["paths"].keys()
    for path, methods in document["paths"].items():
        (operation,) = methods.values()
        assert [(each.place, each.name) for each in found[path].parameters] == [
            (each["in"], each["name"]) for each in operation.get("parameters", ())
        ]
        assert [each.status for each in found[path].replies] == list(operation["responses"])


def test_the_page_tells_all_that_the_description_does(document: dict[str, Any], shown: Page) -> None:
    told = letters(shown.text)
    missing = [text for text in descriptions(document) if letters(text) not in told]
    assert missing == []


def descriptions(part: Any) -> set[str]:
    """Every summary and description in the document."""
    if isinstance(part, list):
        return {text for each in part for text in descriptions(each)}
    if not isinstance(part, dict):
        return set()
    own = {part[name] for name in ("summary", "description") if isinstance(part.get(name), str)}
    return own.union(*(descriptions(each) for name, each in part.items() if name not in UNTOLD))


UNTOLD = {"example", "examples", "links"}
"""Values, which may have such names; and what a program follows and people see by themselves."""


def test_every_operation_shape_header_and_error_has_its_anchor_and_links_lead_to_one(
    document: dict[str, Any], shown: Page
) -> None:
    parts = document["components"]
    anchors = {
        *(each["get"]["operationId"] for each in document["paths"].values()),
        *(f"shape-{name}" for name in parts["schemas"]),
        *parts["responses"],
        "header-ETag",
    }
    assert anchors <= set(shown.ids)
    inner = {each[1:] for each in shown.addresses if each.startswith("#")}
    assert inner <= set(shown.ids)
    assert {each["get"]["operationId"] for each in document["paths"].values()} <= inner


def test_a_shape_is_described_where_it_is_answered_or_once_for_all(
    document: dict[str, Any], api: Reference
) -> None:
    shared = [each.name for each in api.shapes]
    own = [shape.name for each in operations(api).values() for shape in each.shapes]
    assert sorted([*shared, *own, "Problem"]) == sorted(document["components"]["schemas"])
    assert [each.name for each in operations(api)["/v1/latest"].shapes] == ["Latest"]
    assert "Row" in shared
    assert "WideHistory" in shared, "two operations answer with it"


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("/v1/latest", "date", "day"),
        ("/v1/latest", "at", "instant"),
        ("/v1/latest", "as_known_at", "text or instant"),
        ("/v1/latest/{pair}", "explain", "true or false"),
        ("/v1/history/{pair}", "limit", "whole number 1 to 10,000"),
        ("/v1/history/{pair}", "fill", "one of none, previous, business"),
        ("/v1/ticks", "only", "changes"),
    ],
)
def test_what_a_parameter_takes_is_said_in_words(api: Reference, path: str, name: str, kind: str) -> None:
    found = {each.name: each for each in operations(api)[path].parameters}
    assert said(found[name].kind) == kind


@pytest.mark.parametrize(
    ("shape", "name", "kind", "required"),
    [
        ("Row", "rate", "number", True),
        ("Row", "held", "HeldValue or null", True),
        ("Row", "legs", "list of 2 Row", False),
        ("Row", "revision", "whole number from 0 or null", True),
        ("Row", "effective_date", "day", True),
        ("WideRow", "…", "number or null", False),
    ],
)
def test_what_a_field_holds_is_said_in_words_that_lead_to_its_shape(
    api: Reference, shape: str, name: str, kind: str, required: bool
) -> None:
    (found,) = (each for each in api.shapes if each.name == shape)
    (field,) = (each for each in found.fields if each.name == name)
    assert (said(field.kind), field.required) == (kind, required)
    for run in field.kind:
        assert run.to == (f"shape-{run.text}" if run.text in ("HeldValue", "Row") else "")


def test_the_line_for_a_shell_asks_with_whatever_cannot_be_left_out(full: Client, api: Reference) -> None:
    found = operations(api)
    assert found["/v1/latest"].curl(HOST) == "curl https://rates.example/v1/latest"
    assert found["/v1/convert"].curl(HOST) == "curl 'https://rates.example/v1/convert?from=KGS&to=USD'"
    assert found["/v1/stream"].curl(HOST) == "curl -N https://rates.example/v1/stream"
    for path, each in found.items():
        if path not in ("/v1/stream", "/v1/ticks/{seq}"):  # without an end; of a log that has so many
            assert full.get(each.example).status_code == 200, path


def test_the_page_asks_at_the_public_url_or_at_the_address_it_is_read_at(
    full: Client, context: Context
) -> None:
    assert "curl http://rates.test/v1/latest/KGS-USD" in Page(full.get("/docs").text).text
    elsewhere = full.get("/docs", host="other.test:8000").text
    assert "curl http://other.test:8000/v1/latest/KGS-USD" in Page(elsewhere).text


def test_behind_a_proxy_the_page_asks_at_the_public_url(tmp_path: Any) -> None:
    with made(tmp_path, public_url=HOST) as context:
        text = Page(Client(create_app(context)).get("/docs").text).text
    assert "curl https://rates.example/v1/latest/KGS-USD" in text
    assert "rates.test" not in text


def test_an_example_stands_with_every_digit_and_no_exponent(shown: Page) -> None:
    assert '"rate": 0.0114351057747,' in shown.text
    assert '"abs": -0.00000243268399465,' in shown.text


def test_the_name_of_a_path_leads_to_its_operation(api: Reference) -> None:
    (source,) = (each for each in operations(api)["/v1/latest"].parameters if each.name == "source")
    assert Run("/v1/sources", "code", "get_sources") in source.text


def test_each_operation_leads_to_where_it_can_be_tried(document: dict[str, Any], shown: Page) -> None:
    for methods in document["paths"].values():
        operation = methods["get"]
        assert f"docs/try#/{operation['tags'][0]}/{operation['operationId']}" in shown.addresses


def marked(part: Any, name: str = "") -> Any:
    """The same with markup in every text that is shown; names that parts of the document call each other by
    stay.
    """
    if isinstance(part, Mapping):
        return {key: marked(each, key) for key, each in part.items()}
    if isinstance(part, list):
        return [marked(each, name) for each in part]
    if (
        part
        and isinstance(part, str)
        and name not in ("$ref", "in", "type", "format", "operationId", "tags", "name")
    ):
        return f"{part}<script>alert('x')</script>\"&"
    return part


def test_nothing_of_a_description_becomes_markup(document: dict[str, Any]) -> None:
    html = written(reference(marked(document)), "https://h/'\"><script>")
    found = Page(html)
    assert found.tags.count("script") == 1, "that of every page"
    assert found.tags == Page(written(reference(document), HOST)).tags
    assert found.text.count("<script>alert('x')</script>\"&") > 500


def dress(origin: str) -> Dress:
    """What is around the page at an address."""
    return Dress(language("en"), False, "", origin, "docs", (), False)


def written(api: Reference, origin: str) -> str:
    """The page."""
    return dress(origin).written("docs.html", api=api, origin=origin).decode()


def test_the_page_is_made_once_for_each_address(document: dict[str, Any]) -> None:
    read = []

    def described() -> bytes:
        read.append("document")
        return json.dumps(document, default=str).encode()

    app = FastAPI()
    docs.install(app, described)
    one, other, again = (app.state.docs(dress(origin)) for origin in ("https://a", "https://b", "https://a"))
    assert b"curl https://b/v1/latest" in other
    assert again is one
    assert read == ["document"]


def test_the_page_has_no_script_of_its_own(full: Client, shown: Page) -> None:
    assert shown.tags.count("script") == 1, "that of every page"
    response = full.get("/docs")
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["cache-control"] == "no-cache"


def test_what_the_page_loads_is_at_most_60_kb(full: Client, shown: Page) -> None:
    loaded = {
        each for each in shown.addresses if each.startswith("static/") and not each.endswith("touch.png")
    }
    assert len(loaded) == 4, "the icon, two stylesheets and the script of every page"
    contents = [full.get(f"/{path}").content for path in ("docs", *loaded)]
    for each in CODINGS:
        sizes = [len(encode(content, each)) for content in contents]
        assert sizes[0] <= 35_000
        assert sum(sizes) <= 60_000


def test_the_page_to_try_the_api_has_its_scripts_and_names_the_description_for_those_without(
    full: Client,
) -> None:
    found = Page(full.get("/docs/try").text)
    assert found.tags.count("script") == 3
    assert "noscript" in found.tags
    assert {"../openapi.json", "../docs"} <= set(found.addresses)
