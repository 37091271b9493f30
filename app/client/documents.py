"""JSON into the models, each number by its digits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from app.client.errors import BadAnswer

Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], content: bytes, address: str) -> Model:
    """What a document says; raises BadAnswer, in the name of the `address` it came from, for anything else.

    No number is a binary float on the way.
    """
    try:
        document = json.loads(content, parse_float=Decimal, parse_constant=_no_number)
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BadAnswer(f"{address} answered something else: {place or 'it'}: {first['msg']}.") from error
    except ValueError as error:
        raise BadAnswer(f"{address} answered something that is no JSON: {error}.") from error


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
