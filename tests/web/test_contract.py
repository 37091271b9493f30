"""The API held against its description by requests that are made from it: of every operation, those that it
allows and those that it does not, and from one answer to the next by its links.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from schemathesis.engine import events, from_schema
from starlette.types import ASGIApp

from app.web.app import create_app
from tests.web.conftest import Client, made
from tests.web.test_models import fill_everything
from tests.web.test_openapi import PATHS

SEEDED = 1_000
"""Cases at least of a run without FUZZ_CASES."""

FUZZ_CASES = int(os.environ.get("FUZZ_CASES", "0"))

UNSAYABLE = re.compile(
    r"There is no version \d+ yet|is still to come|since=\S+ is after|revisions=true cannot be"
    r"|Hours are those of one source|is a cross, which nobody publishes: each of its legs"
)
"""What is wrong with requests that fit the description: no schema can say it, since it is between two of
their parameters, or between one of them and what is recorded.
"""

DICTIONARIES = {
    "pairs": ["KGS-USD", "USD-KZT", "TMT/USD", "uzsusd", "KGS-KZT", "TJS-USD"],
    "lists": ["KGS-USD,KZT-USD", "KGS-KZT", "USD-TMT,UZS-USD,KGS-USD"],
    "sources": ["nbkr", "nbk", "cbu", "peg", "page", "openexchangerates", "none"],
    "days": ["2026-05-19", "2026-05-20", "2026-05-21", "2026-05-22", "2025-01-07", "1993-05-10"],
    "moments": ["2026-05-21T06:00:00Z", "2026-05-21T05:15:00Z", "2026-05-20T18:00:00+06:00"],
    "versions": ["v:0", "v:1", "v:3", "v:7", "2026-05-21T05:15:00Z"],
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
}


@dataclass
class Found:
    """What came of a run."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, scenario: events.ScenarioFinished) -> None:
        """Count the cases of a scenario, and keep the first failure of each kind."""
        recorder = scenario.recorder
        self.cases[scenario.phase.name] += len(recorder.cases)
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


def described(app: ASGIApp, seed: int, examples: int) -> schemathesis.BaseSchema:
    """The closed description of an application, ready to be tried."""
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
    document = closed(Client(app).get("/openapi.json").json())
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = app

    @schema.hook
    def filter_failure(context: Any, failure: Exception, case: Any, response: schemathesis.Response) -> bool:
        return not (type(failure).__name__ == "RejectedPositiveData" and refused_for_good(response))

    return schema


def refused_for_good(response: schemathesis.Response) -> bool:
    """Whether a request that fits the description was refused for what no schema can say."""
    problem = response.json()
    if response.status_code in (400, 410):
        return bool(problem["parameter"] == "after")
    return response.status_code == 422 and bool(UNSAYABLE.search(problem["detail"]))


def tried(app: ASGIApp, seed: int, examples: int) -> Found:
    """What comes of so many examples of each operation, besides those that the description has and those at
    its borders.
    """
    found = Found()
    for event in from_schema(described(app, seed, examples)).execute():
        if isinstance(event, events.ScenarioFinished):
            found.add(event)
        assert not isinstance(event, events.NonFatalError | events.FatalError), event
    return found


@pytest.mark.fuzz
@pytest.mark.slow
def test_whatever_is_asked_the_answer_is_a_described_one(app: ASGIApp) -> None:
    wanted, seed, count = 2 * FUZZ_CASES or SEEDED, 0, 0
    while count < wanted:
        found = tried(app, seed, max(5, FUZZ_CASES // 16))
        assert not found.failures, json.dumps({" ".join(k): v for k, v in found.failures.items()}, indent=1)
        assert all(found.cases[phase] for phase in ("EXAMPLES", "COVERAGE", "FUZZING", "STATEFUL_TESTING"))
        assert {path for path, status in found.statuses if status == 200} == set(PATHS)
        seed, count = seed + 1, count + found.cases.total()
