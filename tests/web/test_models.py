"""Real bodies held against what the documentation says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from app.context import Context
from app.domain.observations import Observation, Origin, Published
from app.domain.pairs import Pair
from app.ingest.reading import digest
from app.ingest.record import record
from app.web import models
from app.web.app import create_app
from tests.said import at, nbkr
from tests.web.conftest import Client, break_nbkr, fill, made, say

BODIES: Mapping[str, type[BaseModel]] = {
    "/v1/latest": models.Latest,
    "/v1/latest?date=2026-05-20": models.Latest,
    "/v1/latest/KGS-USD": models.LatestRow,
    "/v1/latest/USD-KZT": models.LatestRow,
    "/v1/latest/TMT-USD": models.LatestRow,
    "/v1/latest/KGS-USD?explain=true": models.LatestRow,
    "/v1/latest/USD-KGS?explain=true&date=2026-05-21": models.LatestRow,
    "/v1/latest/TMT-USD?explain=true&date=2026-05-20": models.LatestRow,
    "/v1/latest/UZS-USD?explain=true&date=2026-05-21": models.LatestRow,
    "/v1/latest?pairs=KGS-KZT,TMT-KGS,KGS-USD": models.Latest,
    "/v1/latest/KGS-KZT": models.LatestRow,
    "/v1/latest/TMT-KGS?precision=5": models.LatestRow,
    "/v1/convert?from=KGS&to=USD&amount=100": models.Conversion,
    "/v1/convert?from=UZS&to=TMT": models.Conversion,
    "/v1/history/KGS-USD": models.History,
    "/v1/history/KGS-USD?source=nbkr&limit=1": models.History,
    "/v1/history/UZS-USD": models.History,
    "/v1/history/KZT-USD?fill=business&source=page&limit=5": models.History,
    "/v1/history/KGS-KZT": models.History,
    "/v1/history/KGS-USD?source=*": models.History,
    "/v1/history/KGS-USD?revisions=true": models.History,
    "/v1/history/KGS-USD?source=*&layout=wide": models.WideHistory,
    "/v1/history": models.Histories,
    "/v1/history?pairs=KGS-USD,KGS-KZT&fill=previous": models.Histories,
    "/v1/history?layout=wide": models.WideHistory,
    "/v1/candles/KGS-USD": models.Candles,
    "/v1/candles/KGS-KZT?interval=1w": models.Candles,
    "/v1/candles/USD-KGS?source=nbkr&limit=1": models.Candles,
    "/v1/candles/KZT-USD?fill=previous&source=page&interval=1mo": models.Candles,
    "/v1/change/KGS-USD": models.Changes,
    "/v1/change/KGS-KZT": models.Changes,
    "/v1/change/USD-TMT": models.Changes,
    "/v1/change/KGS-USD?since=2026-05-20": models.Changes,
    "/v1/stats/KGS-USD": models.Stats,
    "/v1/stats/TJS-KZT": models.Stats,
    "/v1/stats/USD-KGS?since=2026-05-20&until=2026-05-21&source=nbkr": models.Stats,
    "/v1/ticker": models.Strip,
    "/v1/ticker?inverse=true": models.Strip,
    "/v1/ticker?change=7d&nominal=auto": models.Strip,
    "/v1/ticker?change=none": models.Strip,
    "/v1/ticker?pairs=KGS-KZT,KGS-USD": models.Strip,
    "/v1/ticks": models.Ticks,
    "/v1/ticks?limit=1": models.Ticks,
    "/v1/ticks?only=changes&min_change_pct=0.01": models.Ticks,
    "/v1/ticks/1": models.Tick,
    "/v1/pairs": models.Pairs,
    "/v1/sources": models.Sources,
    "/v1/sources/nbkr": models.SourceState,
    "/v1/sources/peg": models.SourceState,
    "/v1/sources/page": models.SourceState,
    "/livez": models.Alive,
    "/readyz": models.Ready,
    "/health": models.Health,
    "/v1/latest/KGS-EUR": models.Problem,
    "/v1/latest?sorce=nbkr": models.Problem,
    "/v1/latest/TJS-USD": models.Problem,
    "/nothing": models.Problem,
}


def fill_everything(context: Context) -> None:
    """Record something for every field that may be null."""
    fill(context)
    say(context, nbkr("2026-05-19", "87.4200"), when="2026-05-21 04:00")
    say(context, nbkr("2026-05-21", "87.4600"), when="2026-05-21 05:00")
    say(context, nbkr("2026-05-21", "98.4500"), when="2026-05-21 05:10")
    say(context, nbkr("2026-05-21", "8745.00"), when="2026-05-21 05:20")
    say(context, nbkr("2026-05-21", "none"), when="2026-05-21 05:25")
    say(context, nbkr("2026-05-22", "87.5000"), when="2026-05-21 05:30")
    say(context, *kazakh("2026-05-21"), when="2026-05-21 05:35")
    devalue(context)
    break_nbkr(context, "2026-05-21 05:40")
    context.store.lease("db1:71:0af3c2", timedelta(seconds=6))


def kazakh(day: str) -> list[Observation]:
    """Tenge per dollar and per som, as the Kazakh bank prints them."""
    printed = (Published(Pair("USD", "KZT"), "471.46"), Published(Pair("KGS", "KZT"), "5.39"))
    return [replace(nbkr(day), source="nbk", published=each) for each in printed]


def devalue(context: Context) -> None:
    """Record files, and keep them, by the second of which the sum has lost a third of its worth."""
    for day, prices in (("2026-05-20", ("8000", "9000", "100")), ("2026-05-21", ("12000", "13500", "150"))):
        body = f"{day}: {prices}".encode()
        origin = Origin("https://cbu.uz/en/arkhiv-kursov-valyut/json/", digest(body))
        printed = zip(("USD", "EUR", "RUB"), prices, strict=True)
        said = (Published(Pair(base, "UZS"), value) for base, value in printed)
        file = [replace(nbkr(day), source="cbu", published=each, origin=origin) for each in said]
        record(context.store, context.catalog, file, at("2026-05-21 05:37"), bodies={digest(body): body})


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service that has recorded something for every field."""
    with made(tmp_path_factory.mktemp("rich")) as context:
        fill_everything(context)
        yield Client(create_app(context))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The same with simulated rates."""
    with made(tmp_path_factory.mktemp("demo"), simulated=True) as context:
        fill_everything(context)
        yield Client(create_app(context))


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """The part of a schema that speaks of `value`."""
    if "$ref" in schema:
        return resolved(root["$defs"][schema["$ref"].rpartition("/")[2]], root, value)
    if "anyOf" in schema:
        wanted = [each for each in schema["anyOf"] if (each.get("type") == "null") == (value is None)]
        return resolved(wanted[0], root, value)
    return schema


def differing(
    schema: Mapping[str, Any], root: Mapping[str, Any], value: Any, place: str = ""
) -> Iterator[str]:
    """Where the fields of `value` are not those of its schema, in its order."""
    found = resolved(schema, root, value)
    if isinstance(value, list):
        for each in value:
            yield from differing(found["items"], root, each, f"{place}[]")
    elif isinstance(value, dict):
        if isinstance(found.get("additionalProperties"), dict):  # the columns of a wide table
            value = {name: member for name, member in value.items() if name in found["properties"]}
        known = [name for name in found["properties"] if name in value]
        if known != list(value):
            yield f"{place}: {list(value)} against {list(found['properties'])}"
        for name in known:
            yield from differing(found["properties"][name], root, value[name], f"{place}.{name}")


@pytest.mark.parametrize(("path", "model"), BODIES.items(), ids=BODIES)
def test_a_real_body_has_exactly_the_fields_that_are_documented(
    rich: Client, path: str, model: type[BaseModel]
) -> None:
    content = rich.get(path).content
    model.model_validate_json(content, strict=True)
    schema = model.model_json_schema()
    assert list(differing(schema, schema, json.loads(content))) == []


@pytest.mark.parametrize(("path", "model"), BODIES.items(), ids=BODIES)
def test_a_simulated_body_has_one_more(demo: Client, path: str, model: type[BaseModel]) -> None:
    content = demo.get(path).content
    model.model_validate_json(content, strict=True)
    schema = model.model_json_schema()
    assert next(iter(json.loads(content))) == "simulated"
    assert list(differing(schema, schema, json.loads(content))) == []


def test_no_field_is_documented_by_guess(rich: Client) -> None:
    seen = {name for path in BODIES for name in given(rich.get(path).json())}
    documented = {name for model in set(BODIES.values()) for name in every_field(model)}
    assert documented - seen == {"simulated", "restart"}  # each has a test of its own
    assert seen <= documented


def given(value: Any) -> Iterator[str]:
    """The names of the members of a body that have a value."""
    if isinstance(value, list):
        for each in value:
            yield from given(each)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from [name] if member is not None and "/" not in name else []  # a column is no field
            yield from given(member)


def every_field(model: type[BaseModel]) -> Iterator[str]:
    """The names of the fields of a model and of those within it."""
    schema = model.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", ())


def test_a_rate_sent_as_text_would_be_noticed(rich: Client) -> None:
    content = rich.get("/v1/latest/KGS-USD").content
    row = json.loads(content)
    with pytest.raises(ValidationError, match="not a number"):
        models.LatestRow.model_validate_json(json.dumps({**row, "rate": str(row["rate"])}))


def test_every_field_has_a_description_and_every_value_an_example() -> None:
    for model in set(BODIES.values()):
        schema = model.model_json_schema()
        for part in (schema, *schema.get("$defs", {}).values()):
            for name, member in part["properties"].items():
                inner = resolved(member, schema, ...)
                assert member.get("description") or inner.get("description"), f"{part['title']}.{name}"
                nested = inner.get("type") in ("object", "array") or "const" in inner
                assert nested or member.get("examples") or inner.get("examples"), f"{part['title']}.{name}"
