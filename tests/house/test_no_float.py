"""A binary float never touches a rate: no float in the four rooms a rate passes on its way into the store.

Spans of time are timedeltas or whole numbers there too, so the rule needs no exception. Ratios of integers
with `/` cannot be seen in the source; the property tests of the domain see their results.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import tree

ROOMS = ("domain", "sources", "ingest", "store")
NAMES = {"float", "Float", "FLOAT", "REAL", "Double", "DOUBLE", "DOUBLE_PRECISION", "Numeric", "asdecimal"}
MODULES = {"math", "cmath", "statistics", "numpy", "orjson"}


def floats(source: str) -> Iterator[tuple[int, str]]:
    """The line and kind of everything in this source that makes, names or lets in a float."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float()):
                yield node.lineno, f"the literal {node.value!r}"
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in NAMES:
                yield node.lineno, name
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in MODULES:
                yield node.lineno, f"the module {module}"
            case ast.ImportFrom(names=names) | ast.Import(names=names):
                yield from ((node.lineno, f"importing {a.name}") for a in names if a.name in NAMES | MODULES)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="json"), attr="load" | "loads"), keywords=given
            ):
                if "parse_float" not in {keyword.arg for keyword in given}:
                    yield node.lineno, "JSON read without parse_float=Decimal"


@pytest.mark.parametrize("path", tree.modules(*ROOMS), ids=lambda path: str(path.relative_to(tree.ROOT)))
def test_no_float_in(path: Path) -> None:
    found = list(floats(path.read_text(encoding="utf-8")))
    assert not found, "; ".join(f"line {line}: {kind}" for line, kind in found)


@pytest.mark.parametrize(
    "source",
    [
        "rate = 87.45",
        "def rate(text: str) -> float: ...",
        "rate = float('87.45')",
        "rates = map(float, texts)",
        "import math",
        "from math import fsum",
        "from statistics import mean",
        "rate = json.loads(body)['rate']",
        "from sqlalchemy import Float",
        "column = sqlalchemy.REAL",
    ],
)
def test_a_float_is_found_in(source: str) -> None:
    assert list(floats(source))


def test_what_is_exact_is_let_through() -> None:
    exact = ["json.loads(body, parse_float=Decimal)", "timedelta(milliseconds=500)", "Fraction(1, 2)"]
    assert not list(floats("\n".join(exact)))
