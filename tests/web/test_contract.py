"""The API held against its description by requests that are made from it: of every operation, those that it
allows and those that it does not, and from one answer to the next by its links.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import schemathesis
from schemathesis.engine import events, from_schema
from starlette.types import ASGIApp

from app.web.app import create_app
from tests.web.conftest import Client, made
from tests.web.test_models import fill_everything
from tests.web.test_openapi import CURSORS, ENDING

SEEDED = 1_000
"""Cases at least of a run without FUZZ_CASES."""

FUZZ_CASES = int(os.environ.get("FUZZ_CASES", "0"))

UNSAYABLE = re.compile(
    r"There is no version \d+ yet|is still to come|since=\S+ is after|revisions=true cannot be"
    r"|Hours are those of one source|cannot be beside since or until"
    r"|is a cross, which nobody publishes: each of its legs"
)
"""What is wrong with requests that fit the description: no schema can say it, since it is between two of
their parameters, or between one of them and what is recorded.
"""

LINKS = {"next", "tick", "source"}
"""The links that a long run follows; a short one has too few steps for all."""

DICTIONARIES: dict[str, list[str] | list[int]] = {
    "pairs": ["KGS-USD", "USD-KZT", "TMT/USD", "uzsusd", "KGS-KZT", "TJS-USD"],
    "lists": ["KGS-USD,KZT-USD", "KGS-KZT", "USD-TMT,UZS-USD,KGS-USD"],
    "sources": ["nbkr", "nbk", "cbu", "peg", "page", "openexchangerates", "none"],
    "days": ["2026-05-19", "2026-05-20", "2026-05-21", "2026-05-22", "2025-01-07", "1993-05-10"],
    "moments": ["2026-05-21T06:00:00Z", "2026-05-21T05:15:00Z", "2026-05-20T18:00:00+06:00"],
    "versions": ["v:0", "v:1", "v:3", "v:7", "2026-05-21T05:15:00Z"],
    "counts": [1, 2, 3],
}
"""What the store has: a request about anything else is soon answered."""

NAMES = {
    "path.pair": "pairs",
    "query.pairs": "lists",
    "path.key": "sources",
    "query.source": "sources",
    "query.date": "days",
    "query.since": "days",
    "query.until": "days",
    "query.at": "moments",
    "query.as_known_at": "versions",
    "query.limit": "counts",
}


@dataclass
class Found:
    """What came of a run."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    followed: Counter[str] = field(default_factory=Counter)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, scenario: events.ScenarioFinished) -> None:
        """Count the cases of a scenario, and keep the first failure of each kind."""
        recorder = scenario.recorder
        self.cases[scenario.phase.name] += len(recorder.cases)
        self.followed.update(
            node.transition.id
            for node in recorder.cases.values()
            if node.is_transition_applied and node.transition
        )
        for case, interaction in recorder.interactions.items():
            if interaction.response is not None:
                operation = recorder.cases[case].value.operation.path
                self.statuses[operation, interaction.response.status_code] += 1
        for case, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info:
                    asked = recorder.interactions[case].request
                    said = f"{check.failure_info.failure.message}\n{asked.method} {asked.uri}"
                    self.failures.setdefault((check.name, recorder.cases[case].value.operation.path), said)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ASGIApp]:
    """An application over a store that has something for every field."""
    with made(tmp_path_factory.mktemp("contract")) as context:
        fill_everything(context)
        yield create_app(context)


def closed(value: Any) -> Any:
    """The same description without room for a field that it does not name. Readers are told to leave that
    room; here a field that is not described is a failure.
    """
    if isinstance(value, list):
        return [closed(each) for each in value]
    if not isinstance(value, dict):
        return value
    shut = {name: closed(member) for name, member in value.items()}
    if value.get("type") == "object" and "properties" in value:
        shut.setdefault("additionalProperties", False)
    return shut


def described(app: ASGIApp, document: Any, seed: int, examples: int) -> schemathesis.BaseSchema:
    """An application by this description of it, closed, ready to be tried."""
    config = schemathesis.Config.from_dict(
        {
            "seed": seed,
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
            "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]}},
            "dictionaries": {name: {"values": values} for name, values in DICTIONARIES.items()},
            "parameters": {name: {"dictionary": each, "probability": 0.5} for name, each in NAMES.items()},
        }
    )
    schema = schemathesis.openapi.from_dict(closed(document), config=config)
    schema.app = app

    @schema.hook
    def filter_failure(context: Any, failure: Exception, case: Any, response: schemathesis.Response) -> bool:
        return not (type(failure).__name__ == "RejectedPositiveData" and refused_for_good(response))

    return schema


def refused_for_good(response: schemathesis.Response) -> bool:
    """Whether a request that fits the description was refused for what no schema can say."""
    problem = response.json()
    if response.status_code in (400, 410):
        return problem["parameter"] in CURSORS
    return response.status_code == 422 and bool(UNSAYABLE.search(problem["detail"]))


def tried(schema: schemathesis.BaseSchema) -> Found:
    """What comes of requests by a description: the examples that it has, the borders of what it allows, what
    is drawn by chance, and ways along its links.
    """
    found = Found()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            found.add(event)
        assert not isinstance(event, events.NonFatalError | events.FatalError), event
    return found


@pytest.fixture(scope="module")
def document(app: ASGIApp) -> Any:
    """The description of the API, without the stream, whose answer does not end."""
    described = Client(app).get("/openapi.json").json()
    del described["paths"]["/v1/stream"]
    return described


@pytest.mark.fuzz
@pytest.mark.slow
def test_whatever_is_asked_the_answer_is_a_described_one(app: ASGIApp, document: Any) -> None:
    wanted, seed, count = 2 * FUZZ_CASES or SEEDED, 0, 0
    while count < wanted:
        found = tried(described(app, document, seed, max(5, FUZZ_CASES // 12)))
        assert not found.failures, json.dumps({" ".join(k): v for k, v in found.failures.items()}, indent=1)
        assert all(found.cases[phase] for phase in ("EXAMPLES", "COVERAGE", "FUZZING", "STATEFUL_TESTING"))
        assert {path for path, status in found.statuses if status == 200} == set(ENDING)
        followed = {link.split(" -> ")[1].partition(" ")[2] for link in found.followed}
        assert followed >= LINKS if FUZZ_CASES >= 10_000 else followed
        seed, count = seed + 1, count + found.cases.total()


def parameter(document: Any, path: str, name: str) -> Any:
    """The schema of a parameter."""
    parameters = document["paths"][path]["get"]["parameters"]
    return next(each["schema"] for each in parameters if each["name"] == name)


def responses(document: Any, path: str) -> Any:
    """The responses of the GET of a path."""
    return document["paths"][path]["get"]["responses"]


WRONG: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "response_schema_conformance": (
        "/livez",
        lambda d: d["components"]["schemas"]["Alive"].update(properties={}, required=[]),
    ),
    "status_code_conformance": ("/v1/sources/{key}", lambda d: responses(d, "/v1/sources/{key}").pop("404")),
    "content_type_conformance": (
        "/livez",
        lambda d: responses(d, "/livez")["200"].update(content={"text/plain": {}}),
    ),
    "response_headers_conformance": (
        "/livez",
        lambda d: responses(d, "/livez")["200"]["headers"].update(
            {"X-Absent": {"required": True, "schema": {"type": "string"}}}
        ),
    ),
    "negative_data_rejection": (
        "/v1/ticker.txt",
        lambda d: parameter(d, "/v1/ticker.txt", "decimals").update(maximum=5),
    ),
    "positive_data_acceptance": (
        "/v1/ticker.txt",
        lambda d: parameter(d, "/v1/ticker.txt", "decimals").update(maximum=20),
    ),
}


@pytest.mark.parametrize("check", WRONG)
def test_a_description_that_is_wrong_would_be_found_by(app: ASGIApp, document: Any, check: str) -> None:
    path, change = WRONG[check]
    wrong = deepcopy(document)
    change(wrong)
    found = tried(described(app, {**wrong, "paths": {path: wrong["paths"][path]}}, 0, 5))
    assert (check, path) in found.failures


def test_its_plugin_takes_part_in_no_test(pytestconfig: pytest.Config) -> None:
    # It turns whatever goes wrong while tests are collected into a warning about itself.
    assert not pytestconfig.pluginmanager.hasplugin("schemathesis")


PAGED = {
    "/v1/ticks?only=changes": "/v1/ticks",
    "/v1/history?layout=wide&since=2026-05-19": "/v1/history",
    "/v1/history/USD-KGS?revisions=true": "/v1/history/{pair}",
    "/v1/candles/KGS-USD?fill=previous": "/v1/candles/{pair}",
}


@pytest.mark.parametrize(("asked", "path"), PAGED.items(), ids=PAGED)
def test_the_link_of_the_description_leads_where_the_link_of_the_answer_does(
    app: ASGIApp, document: Any, asked: str, path: str
) -> None:
    client = Client(app)
    first = client.get(f"{asked}&limit=1")
    link = responses(document, path)["200"]["links"]["next"]
    assert link["operationId"] == document["paths"][path]["get"]["operationId"]
    values = {
        "$response.body#/next": first.json()["next"],
        "$request.query.limit": "1",
        **{f"$request.query.{name}": value for name, value in parse_qsl(asked.partition("?")[2])},
    }
    query = {name[6:]: values[each] for name, each in link["parameters"].items() if each in values}
    (leads,) = re.findall(r'<http://rates\.test([^>]+)>; rel="next"', first.headers["link"])
    second = client.get(f"{asked.partition('?')[0]}?{urlencode(query)}")
    assert second.status_code == 200
    assert second.content == client.get(leads).content != first.content


@pytest.mark.parametrize(
    ("asked", "link", "pointer", "alone"),
    [("/v1/ticks", "tick", "seq", "/v1/ticks/1"), ("/v1/sources", "source", "key", "/v1/sources/nbkr")],
)
def test_what_is_listed_leads_to_itself(
    app: ASGIApp, document: Any, asked: str, link: str, pointer: str, alone: str
) -> None:
    found = responses(document, asked)["200"]["links"][link]
    ((name, expression),) = found["parameters"].items()
    assert name == f"path.{pointer}"
    first = Client(app).get(asked).json()
    for step in expression.removeprefix("$response.body#/").split("/"):
        first = first[int(step) if step.isdigit() else step]
    assert str(first) == alone.rpartition("/")[2]
    assert Client(app).get(alone).json()[pointer] == first
