"""The description of the API as a reference that people read: what the page `/docs` shows, without markup.
Every operation, shape, header and error is described in one place; wherever else one is named, the name leads
there.
"""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, urlencode

import orjson

from app.domain.numbers import trimmed

Schema: TypeAlias = Mapping[str, Any]

MARKED = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")
"""The little Markdown that descriptions have."""

KINDS = {"string": "text", "boolean": "true or false", "integer": "whole number"}
FORMATS = {"date": "day", "date-time": "instant"}


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that is set alike, and the anchor that it leads to, if any."""

    text: str
    style: Literal["plain", "code", "strong"] = "plain"
    to: str = ""


Words: TypeAlias = Sequence[Run]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a shape. `kind` is what its values are, `place` where a parameter stands;
    `default` and `example` are empty where there is none.
    """

    name: str
    kind: Words
    text: Words
    required: bool
    place: str = ""
    default: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """An object of JSON."""

    name: str
    text: Words
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Form:
    """An answer in one media type, with an example of its body; empty for one that is no text."""

    media_type: str
    example: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What an operation may answer: the names of its headers, and the shape of its JSON in words. An error is
    the same in all operations; `anchor` is where it is described.
    """

    status: str
    text: Words
    headers: Sequence[str]
    forms: Sequence[Form]
    body: Words
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to ask. `name` is its anchor, `example` its path with whatever it cannot do without, `shapes`
    those that no other operation answers with.
    """

    name: str
    tag: str
    method: str
    path: str
    summary: str
    text: Sequence[Words]
    example: str
    parameters: Sequence[Field]
    replies: Sequence[Reply]
    shapes: Sequence[Shape]

    def curl(self, origin: str) -> str:
        """The line for a shell that asks the service at `origin`."""
        streams = any(
            form.media_type == "text/event-stream" for reply in self.replies for form in reply.forms
        )
        return f"curl {'-N ' * streams}{shlex.quote(origin + self.example)}"


@dataclass(frozen=True, slots=True)
class Section:
    """The operations of a tag."""

    name: str
    text: Words
    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole API. `shapes` are those with more than one place that names them."""

    title: str
    version: str
    introduction: Sequence[Words]
    sections: Sequence[Section]
    shapes: Sequence[Shape]
    headers: Mapping[str, Words]
    errors: Sequence[Reply]
    problem: Shape


def reference(document: Schema) -> Reference:
    """What the OpenAPI document says, in the order in which it says it; shapes by name."""
    return _Reader(document).reference()


class _Reader:
    def __init__(self, document: Schema) -> None:
        self._document = document
        self._anchors = {path: each["operationId"] for path, _, each in self._operations()}
        named = Counter(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document, default=str)))
        bodies = {name for *_, each in self._operations() for name in self._bodies(each)}
        self._alone = {name for name in bodies if named[name] == 1}

    def reference(self) -> Reference:
        document, parts = self._document, self._document["components"]
        operations = [self._operation(*each) for each in self._operations()]
        errors = parts["responses"]
        shared = sorted(parts["schemas"].keys() - self._alone - {"Problem"})
        return Reference(
            title=document["info"]["title"],
            version=document["info"].get("version", ""),
            introduction=self._paragraphs(document["info"]["description"]),
            sections=[
                Section(
                    tag["name"],
                    self._words(tag["description"]),
                    [each for each in operations if each.tag == tag["name"]],
                )
                for tag in document["tags"]
            ],
            shapes=[self._shape(name) for name in shared],
            headers=dict(self._headers()),
            errors=[self._reply(name.removeprefix("Error"), errors[name], name) for name in errors],
            problem=self._shape("Problem"),
        )

    def _operations(self) -> Iterator[tuple[str, str, Schema]]:
        for path, methods in self._document["paths"].items():
            for method, operation in methods.items():
                yield path, method, operation

    def _bodies(self, operation: Schema) -> list[str]:
        """The names of the shapes that an operation answers with."""
        schemas = [
            content.get("schema", {})
            for response in operation["responses"].values()
            for content in response.get("content", {}).values()
        ]
        alternatives = [each for schema in schemas for each in schema.get("anyOf", [schema])]
        return [_last(each["$ref"]) for each in alternatives if "$ref" in each]

    def _operation(self, path: str, method: str, operation: Schema) -> Operation:
        responses = operation["responses"].items()
        return Operation(
            name=operation["operationId"],
            tag=operation["tags"][0],
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            text=self._paragraphs(operation["description"]),
            example=_example(path, operation.get("parameters", ())),
            parameters=[self._parameter(each) for each in operation.get("parameters", ())],
            replies=[self._reply(status, response) for status, response in responses],
            shapes=[self._shape(name) for name in self._bodies(operation) if name in self._alone],
        )

    def _reply(self, status: str, response: Schema, anchor: str = "") -> Reply:
        if "$ref" in response:
            anchor = _last(response["$ref"])
            response = self._document["components"]["responses"][anchor]
        content = response.get("content", {})
        objects = [
            each["schema"] for each in content.values() if {"$ref", "anyOf"} & each.get("schema", {}).keys()
        ]
        return Reply(
            status=status,
            text=self._words(response["description"]),
            headers=list(response.get("headers", ())),
            forms=[Form(media_type, _text(each.get("example", ""))) for media_type, each in content.items()],
            body=self._kind(objects[0]) if objects else (),
            anchor=anchor,
        )

    def _headers(self) -> Iterator[tuple[str, Words]]:
        """The headers of all answers, with what each means."""
        responses = [each for *_, operation in self._operations() for each in operation["responses"].values()]
        for response in [*self._document["components"]["responses"].values(), *responses]:
            for name, header in response.get("headers", {}).items():
                yield name, self._words(header["description"])

    def _parameter(self, parameter: Schema) -> Field:
        schema = parameter["schema"]
        return Field(
            name=parameter["name"],
            kind=self._kind(schema),
            text=self._words(parameter["description"]),
            required=parameter["required"],
            place=parameter["in"],
            default=_text(schema.get("default", "")),
            example=_text(parameter.get("example", schema["examples"][0])),
        )

    def _shape(self, name: str) -> Shape:
        schema = self._document["components"]["schemas"][name]
        required = schema.get("required", ())
        fields = [
            Field(each, self._kind(member), self._words(member.get("description", "")), each in required)
            for each, member in schema.get("properties", {}).items()
        ]
        if others := schema.get("additionalProperties"):
            fields.append(Field("…", self._kind(others), self._words("Any other name."), False))
        return Shape(name, self._words(schema.get("description", "")), fields)

    def _kind(self, schema: Schema) -> Words:
        """What the values of a schema are."""
        if "$ref" in schema:
            name = _last(schema["$ref"])
            return [Run(name, to=f"shape-{name}")]
        if "anyOf" in schema:
            return _joined([self._kind(each) for each in schema["anyOf"]])
        if schema.get("type") == "array":
            count = f"{schema['maxItems']} " if "maxItems" in schema else ""
            return [Run(f"list of {count}"), *self._kind(schema["items"])]
        if "const" in schema:
            return [Run(_text(schema["const"]), "code")]
        if "enum" in schema:
            values = [[Run(_text(each), "code")] for each in schema["enum"]]
            return [Run("one of "), *_joined(values, ", ")]
        return [Run(_plain(schema))]

    def _paragraphs(self, text: str) -> Sequence[Words]:
        return [self._words(each) for each in text.strip().split("\n\n")]

    def _words(self, text: str) -> Words:
        runs: list[Run] = []
        end = 0
        for found in MARKED.finditer(text):
            runs.append(Run(text[end : found.start()]))
            code, strong = found.groups()
            runs.append(Run(strong, "strong") if strong else Run(code, "code", self._anchors.get(code, "")))
            end = found.end()
        return [run for run in (*runs, Run(text[end:])) if run.text]


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]


def _joined(parts: Sequence[Words], between: str = " or ") -> Words:
    return [run for part in parts for run in (Run(between), *part)][1:]


def _plain(schema: Schema) -> str:
    """What the values of a schema without parts are, and between which bounds."""
    kind: str = schema.get("type", "anything")
    name = FORMATS.get(schema.get("format", ""), KINDS.get(kind, kind))
    low, high = (_grouped(schema.get(bound)) for bound in ("minimum", "maximum"))
    if low and high:
        return f"{name} {low} to {high}"
    return f"{name} from {low}" if low else name


def _grouped(number: int | None) -> str:
    """A bound as people write it; empty where there is none."""
    return "" if number is None else f"{number:,}"


def _example(path: str, parameters: Sequence[Schema]) -> str:
    """The path, and the query if need be, with the examples of what it cannot do without."""
    needed = {(each["in"], each["name"]): _text(each["example"]) for each in parameters if each["required"]}
    for (place, name), value in needed.items():
        if place == "path":
            path = path.replace(f"{{{name}}}", quote(value))
    query = urlencode({name: value for (place, name), value in needed.items() if place == "query"})
    return f"{path}?{query}" if query else path


def _text(value: Any) -> str:
    """A value to read: a text by itself, anything else as JSON, with a line a member."""
    if isinstance(value, str):
        return value.strip()
    return orjson.dumps(value, default=_number, option=orjson.OPT_INDENT_2).decode()


def _number(number: Decimal) -> orjson.Fragment:
    return orjson.Fragment(trimmed(number))
