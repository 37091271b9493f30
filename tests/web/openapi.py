"""The description of the API that was accepted, and what of a change to it breaks readers.

`make openapi` accepts the description that the code gives now; not one that breaks who reads /v1, unless it
is told to.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from app.web.app import create_app
from tests.web.conftest import Client, made

ACCEPTED = Path(__file__).with_name("openapi.json")

Schema = Mapping[str, Any]

LOWEST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
HIGHEST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def pretty(content: bytes) -> str:
    """A description as it is kept: a line a member, every number as it was written, and no version of the
    service, which says nothing of the API.
    """
    document = json.loads(content, parse_float=lambda text: orjson.Fragment(text.encode()))
    del document["info"]["version"]
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def current() -> str:
    """The description that the code gives."""
    with tempfile.TemporaryDirectory() as folder, made(Path(folder)) as context:
        return pretty(Client(create_app(context)).get("/openapi.json").content)


def broken(old: Schema, new: Schema) -> Iterator[str]:
    """What of a change of the description breaks those who rely on the old one: a line each."""
    for path, operations in old["paths"].items():
        for method, operation in operations.items():
            changed = new["paths"].get(path, {}).get(method)
            if changed is None:
                yield f"{path}: gone"
            else:
                yield from _asked(operation, changed, Comparison(old, new), path)
                yield from _answered(operation, changed, Comparison(new, old), path)


class Comparison:
    """Whether the values of schemas of one document are values of schemas of another."""

    def __init__(self, inner: Schema, outer: Schema) -> None:
        self.inner, self.outer = inner, outer
        self._within: list[tuple[str, str]] = []

    def excess(self, inner: Schema, outer: Schema, place: str) -> Iterator[str]:
        """In what a value of `inner` may not be one of `outer`. Members that `outer` does not know are its
        reader's to leave alone.
        """
        names = (inner.get("$ref", ""), outer.get("$ref", ""))
        if all(names) and names in self._within:
            return
        self._within.append(names)
        yield from list(self._resolved(inner, outer, place))
        self._within.pop()

    def _resolved(self, inner: Schema, outer: Schema, place: str) -> Iterator[str]:
        name = inner.get("$ref")
        inner, outer = resolved(inner, self.inner), resolved(outer, self.outer)
        if "anyOf" in inner:
            for each in inner["anyOf"]:
                yield from self.excess(each, outer, place)
        elif "anyOf" in outer:
            same = [each for each in outer["anyOf"] if name and each.get("$ref") == name]
            reasons = [list(self.excess(inner, each, place)) for each in same or outer["anyOf"]]
            yield from min(reasons, key=len)
        else:
            yield from self._values(inner, outer, place)

    def _values(self, inner: Schema, outer: Schema, place: str) -> Iterator[str]:
        kinds = (inner.get("type"), outer.get("type"))
        if kinds[0] != kinds[1] and kinds not in {("integer", "number"), (kinds[0], None)}:
            yield f"{place}: {kinds[0]} is not {kinds[1]}"
            return
        yield from _limits(inner, outer, place)
        if "items" in outer:
            yield from self.excess(inner.get("items", {}), outer["items"], f"{place}[]")
        yield from self._members(inner, outer, place)

    def _members(self, inner: Schema, outer: Schema, place: str) -> Iterator[str]:
        for name, member in outer.get("properties", {}).items():
            if name not in inner.get("properties", {}):
                yield f"{place}.{name}: gone"
                continue
            if name in outer.get("required", ()) and name not in inner.get("required", ()):
                yield f"{place}.{name}: may be absent"
            yield from self.excess(inner["properties"][name], member, f"{place}.{name}")
        if isinstance(others := outer.get("additionalProperties"), dict):
            yield from self.excess(inner.get("additionalProperties", {}), others, f"{place}.*")


def resolved(part: Schema, document: Schema) -> Schema:
    """The part itself, or what it refers to."""
    while "$ref" in part:
        _, kind, name = part["$ref"].removeprefix("#/").split("/")
        part = document["components"][kind][name]
    return part


def _limits(inner: Schema, outer: Schema, place: str) -> Iterator[str]:
    allowed, used = _listed(outer), _listed(inner)
    if allowed is not None and (used is None or not used <= allowed):
        yield f"{place}: {sorted((used or {'anything'}) - allowed)} was not among {sorted(allowed)}"
    for name in ("pattern", "format"):
        if name in outer and inner.get(name) != outer[name]:
            yield f"{place}: {name} {outer[name]} is not met"
    for names, wider in ((LOWEST, 1), (HIGHEST, -1)):
        for name in names:
            if name in outer and (name not in inner or inner[name] * wider < outer[name] * wider):
                yield f"{place}: {name} {outer[name]} is not met"


def _listed(schema: Schema) -> set[str] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if values is None else set(map(str, values))


def _asked(old: Schema, new: Schema, comparison: Comparison, path: str) -> Iterator[str]:
    """What was asked rightly must be right to ask."""
    before, now = _parameters(old), _parameters(new)
    for key, parameter in before.items():
        place = f"{path}?{key[1]}"
        if key not in now:
            yield f"{place}: gone"
            continue
        if now[key]["required"] and not parameter["required"]:
            yield f"{place}: required"
        yield from comparison.excess(parameter["schema"], now[key]["schema"], place)
        if parameter["schema"].get("default") != now[key]["schema"].get("default"):
            yield f"{place}: another default"
    for key, parameter in now.items():
        if key not in before and parameter["required"]:
            yield f"{path}?{key[1]}: required"


def _parameters(operation: Schema) -> dict[tuple[str, str], Schema]:
    return {(each["in"], each["name"]): each for each in operation.get("parameters", ())}


def _answered(old: Schema, new: Schema, comparison: Comparison, path: str) -> Iterator[str]:
    """What is answered must be what was to be expected; an error may stop to happen, or begin to."""
    before, now = old["responses"], new["responses"]
    for status in before.keys() & now.keys():
        responses = resolved(now[status], comparison.inner), resolved(before[status], comparison.outer)
        yield from _dressed(*responses, f"{path} {status}")
        yield from _given(*responses, comparison, f"{path} {status}")
    for status in before.keys() ^ now.keys():
        if status < "400":
            yield f"{path} {status}: {'gone' if status in before else 'new'}"


def _dressed(inner: Schema, outer: Schema, place: str) -> Iterator[str]:
    headers = inner.get("headers", {})
    for name, header in outer.get("headers", {}).items():
        if header["required"] and not headers.get(name, {}).get("required"):
            yield f"{place} {name}: may be absent"


def _given(inner: Schema, outer: Schema, comparison: Comparison, place: str) -> Iterator[str]:
    given = inner.get("content", {})
    for media_type, content in outer.get("content", {}).items():
        if media_type not in given:
            yield f"{place} {media_type}: gone"
            continue
        schemas = given[media_type].get("schema", {}), content.get("schema", {})
        yield from comparison.excess(*schemas, f"{place} {media_type}")


def main(*arguments: str) -> str | None:
    """Accept the description that the code gives; why not, otherwise."""
    text = current()
    if ACCEPTED.exists() and "--breaking" not in arguments:
        lines = list(broken(json.loads(ACCEPTED.read_text(encoding="utf-8")), json.loads(text)))
        if lines:
            return "\n".join(("This breaks who reads /v1 (docs/api-policy.md):", *lines))
    ACCEPTED.write_text(text, encoding="utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
