"""Tables as bytes, a part at a time: CSV (RFC 4180), NDJSON or Parquet.

The parts of one table are made as they are asked for, so that a table of any length needs the memory of one.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import RawIOBase, StringIO
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from app.domain.numbers import trimmed
from app.domain.table import Kind, Table
from app.render.json import encode, instant

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Row = TypeVar("Row")

AT_ONCE = 1_000
"""Rows that are written at once as text."""

ROW_GROUP = 20_000
"""Rows of a part of a Parquet file: as many as are in memory."""

DIGITS, PLACES = 38, 24
"""The decimal128 of a rate in Parquet: 14 digits before the point and 24 behind it. A rate has at most 15
significant digits, so none between 1E-10 and 1E+14 loses any; the smallest that is believed of the ticker,
1/65000, ends at the 16th place. What is beyond is left empty, and its published value tells it.
"""


def as_csv(table: Table) -> Iterator[bytes]:
    """The rows below a header in UTF-8, each line ended by CRLF; nothing at all is an empty field."""
    text, write = StringIO(), _by_row(table, {"instant": moment, "rate": trimmed})
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(column.name for column in table.columns)
    for some in _parts(table.rows, AT_ONCE):
        lines.writerows(map(write, some))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def as_ndjson(table: Table) -> Iterator[bytes]:
    """A JSON object a line, with the columns as its members; numbers in plain notation."""
    names = [column.name for column in table.columns]
    write = _by_row(table, {"instant": moment})
    for some in _parts(table.rows, AT_ONCE):
        yield b"".join(encode(dict(zip(names, write(row), strict=True))) + b"\n" for row in some)


def as_parquet(table: Table) -> Iterator[bytes]:
    """A Parquet file, of which each row group is a part: rates as decimal128, days as date32, instants in UTC
    with microseconds, texts by dictionary where they repeat.
    """
    import pyarrow  # not at start: it takes longer to load than everything else here
    import pyarrow.parquet

    kinds = {
        "word": pyarrow.dictionary("int32", "string"),
        "day": pyarrow.date32(),
        "instant": pyarrow.timestamp("us", "UTC"),
        "rate": pyarrow.decimal128(DIGITS, PLACES),
        "whole": pyarrow.int64(),
    }
    # The digits that were printed hardly ever repeat.
    plain = {"published_value": pyarrow.string()}
    schema = pyarrow.schema([(name, plain.get(name, kinds[kind])) for name, kind in table.columns])
    drain, write = Drain(), _by_row(table, {"word": str, "rate": _fitting})
    with pyarrow.parquet.ParquetWriter(drain, schema, compression="zstd") as writer:
        for some in _parts(table.rows, ROW_GROUP):
            columns = zip(*map(write, some), strict=True)
            arrays = [
                pyarrow.array(values, field.type) for values, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), ROW_GROUP)
            yield drain.drained()
    yield drain.drained()


def _parts(rows: Iterable[Row], most: int) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while some := list(islice(remaining, most)):
        yield some


def _by_row(
    table: Table, forms: Mapping[Kind, Callable[[Any], object]]
) -> Callable[[Sequence[Any]], list[Any]]:
    """Gives the values of a row, those of the kinds that have one in their form."""
    odd = [(place, forms[kind]) for place, (_, kind) in enumerate(table.columns) if kind in forms]

    def write(row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, form in odd:
            if values[place] is not None:
                values[place] = form(values[place])
        return values

    return write


def _fitting(rate: Decimal) -> Decimal | None:
    exponent = rate.as_tuple().exponent
    fits = isinstance(exponent, int) and -exponent <= PLACES and rate.adjusted() < DIGITS - PLACES
    return rate if fits else None


def moment(at: datetime) -> str:
    """An instant to the microsecond, where it has any; else as JSON has it."""
    if at.microsecond % 1000 == 0:
        return instant(at)
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Drain(RawIOBase):
    """A file into which a part is written and from which it is taken: it grows, and is nowhere."""

    def __init__(self) -> None:
        self._written, self._place = bytearray(), 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, part: ReadableBuffer) -> int:
        """Take a part."""
        before = len(self._written)
        self._written += memoryview(part)
        self._place += len(self._written) - before
        return len(self._written) - before

    def tell(self) -> int:
        """The bytes that were written so far."""
        return self._place

    def drained(self) -> bytes:
        """What was written since this was asked last."""
        part = bytes(self._written)
        self._written.clear()
        return part


FORMATS: Mapping[str, Callable[[Table], Iterator[bytes]]] = {
    "csv": as_csv,
    "ndjson": as_ndjson,
    "parquet": as_parquet,
}
"""How a table may be written, by the ending of its file."""
