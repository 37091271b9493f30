"""Statements compiled once and run on the driver itself.

SQLAlchemy's own way from a statement to a row takes several times as long as SQLite takes to find it. Its
compiler and its types say everything that is needed to go the short way: the text, and how each value goes in
and comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ClauseElement, Connection, Dialect, Select
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

AnyRow: TypeAlias = tuple[Any, ...]
"""A row of the columns that were asked for, in their order."""

Row = TypeVar("Row")

Convert: TypeAlias = Callable[[Any], Any] | None


class Unreadable(Exception):
    """A value in the database that is none of its column's."""


def readable(found: Iterable[Row]) -> Iterator[Row]:
    """The rows as they are converted; raises Unreadable for one that cannot be."""
    try:
        yield from found
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise Unreadable(str(error)) from error


class Prepared:
    """One statement in the words of one dialect, for parameters with these `names`."""

    def __init__(self, dialect: Dialect, statement: ClauseElement, names: tuple[str, ...]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        assert isinstance(compiled, SQLCompiler)
        self._text = compiled.string
        self._positional = compiled.positiontup
        self._fixed = {name: value for name, value in compiled.params.items() if name not in names}
        self._into = {name: _into(dialect, compiled.binds[name].type) for name in names}
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        out_of = [_out_of(dialect, column.type) for column in columns]
        self._out_of = [(place, convert) for place, convert in enumerate(out_of) if convert]

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> DBAPICursor:
        """Run it in the transaction of `connection`, which has begun; raises the driver's own errors."""
        values = dict(self._fixed)
        for name, convert in self._into.items():
            value = parameters[name]
            values[name] = value if convert is None else convert(value)
        cursor = connection.connection.cursor()
        cursor.execute(
            self._text, values if self._positional is None else [values[name] for name in self._positional]
        )
        return cursor

    def run_all(self, connection: Connection, columns: Mapping[str, Iterable[Any]]) -> None:
        """Run it for many rows, of whose parameters each column has one a row, as texts and whole numbers,
        which every engine takes; raises the driver's own errors.
        """
        names = list(self._into) if self._positional is None else self._positional
        rows = list(zip(*(columns[name] for name in names), strict=True))
        named = self._positional is None
        connection.connection.cursor().executemany(
            self._text, [dict(zip(names, row, strict=True)) for row in rows] if named else rows
        )

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[AnyRow]:
        """All rows that it finds. Raises Unreadable."""
        found = self.run(connection, parameters).fetchall()
        return list(readable(map(self._converted, found))) if self._out_of else list(found)

    def _converted(self, row: Sequence[Any]) -> AnyRow:
        values = list(row)
        for place, convert in self._out_of:
            values[place] = convert(values[place])
        return tuple(values)


def _into(dialect: Dialect, kind: TypeEngine[Any]) -> Convert:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _out_of(dialect: Dialect, kind: TypeEngine[Any]) -> Convert:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
