"""Queries of requests, read strictly: each parameter once, and none that the path does not have.

The framework's own way takes more time for this than for all else that it does for a request, and passes over
a parameter that is repeated. What it tells OpenAPI of a query is told here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from app.domain.errors import BadParameter

Model = TypeVar("Model", bound=BaseModel)


def query(model: type[BaseModel]) -> Any:
    """What a route says of a parameter that is its whole query, as `model`."""
    return Depends(Reads(model))


class Reads:
    """Makes a model of the query of a request."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> BaseModel:
        """The query; raises BadParameter for the first parameter at fault."""
        given = request.query_params.multi_items()
        named = dict(given)
        if len(named) < len(given):
            raise _repeated(Counter(name for name, _ in given))
        return read(self.model, named)

    def parameters(self) -> Iterator[dict[str, Any]]:
        """Each parameter as OpenAPI has it."""
        schema = self.model.model_json_schema()
        for name, told in schema["properties"].items():
            required = name in schema.get("required", ())
            found = {"name": name, "in": "query", "required": required, "schema": told}
            yield found | ({"description": told["description"]} if "description" in told else {})


class QueryRoute(APIRoute):
    """A route that tells OpenAPI of the queries that it reads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        read = [each.call for each in self.dependant.dependencies if isinstance(each.call, Reads)]
        told = [parameter for reads in read for parameter in reads.parameters()]
        if told:
            self.openapi_extra = {**(self.openapi_extra or {}), "parameters": told}


def read(model: type[Model], named: Mapping[str, Any]) -> Model:
    """Parameters as a model; raises BadParameter for the first at fault."""
    try:
        return model.model_validate(named)
    except ValidationError as error:
        raise malformed(error.errors(include_url=False)[0]) from error


def malformed(fault: Mapping[str, Any], place: Sequence[str | int] | None = None) -> BadParameter:
    """The refusal of what pydantic finds wrong with the parameter at `place`, by default where it says."""
    name, said = str((place or fault["loc"])[0]), fault.get("input")  # what follows is pydantic's own path
    expected = fault.get("ctx", {}).get("expected") or fault["msg"].removeprefix("Input should be ")
    if fault["type"] == "missing":
        return BadParameter(f"{name} is not given.", parameter=name, expected=f"a value for {name}")
    return BadParameter(f"{name} is {str(said)[:60]!r}.", parameter=name, expected=expected)


def _repeated(given: Counter[str]) -> BadParameter:
    """Which of the two was meant?"""
    name, times = next((name, times) for name, times in given.items() if times > 1)
    return BadParameter(f"{name[:40]!r} is given {times} times.", parameter=name, expected=f"one {name[:40]}")
