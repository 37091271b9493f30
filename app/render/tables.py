"""The record as a table, a part at a time: CSV, NDJSON or Parquet, of app/domain/table.py's columns.

CSV is that of a history. A rate is that of the pair's own direction; what was printed stands beside it, every
digit.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from io import RawIOBase, StringIO
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from app.domain.numbers import trimmed
from app.domain.observations import Recorded
from app.domain.table import COLUMNS
from app.render.json import encode, instant

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

AT_ONCE = 1_000
"""Rows that are written at once as text."""

ROW_GROUP = 20_000
"""Rows of a part of a Parquet file: as many as are in memory."""

DIGITS, PLACES = 38, 24
"""The decimal128 of a rate in Parquet: 14 digits before the point and 24 behind it. A rate has at most 15
significant digits, so none between 1E-10 and 1E+14 loses any; the smallest that is believed of the ticker,
1/65000, ends at the 16th place. What is beyond is left empty, and its published value tells it.
"""

Rows: TypeAlias = Iterable[Recorded]


def as_csv(rows: Rows) -> Iterator[bytes]:
    """The rows below a header, each line ended by CRLF (RFC 4180)."""
    text = StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    remaining = iter(rows)
    while some := list(islice(remaining, AT_ONCE)):
        lines.writerows(map(_texts, some))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def _texts(recorded: Recorded) -> tuple[object, ...]:
    pair, source, day, observed_at, rate, *printed, recorded_at = _values(recorded)
    return pair, source, day, moment(observed_at), trimmed(rate), *printed, instant(recorded_at)


def as_ndjson(rows: Rows) -> Iterator[bytes]:
    """A JSON object a line, with the columns as its members; numbers in plain notation."""
    remaining = iter(rows)
    while some := list(islice(remaining, AT_ONCE)):
        yield b"".join(encode(_members(each)) + b"\n" for each in some)


def _members(recorded: Recorded) -> dict[str, object]:
    members = dict(zip(COLUMNS, _values(recorded), strict=True))
    return members | {"observed_at": moment(recorded.said.observed_at)}


def as_parquet(rows: Rows) -> Iterator[bytes]:
    """A Parquet file, of which each row group is a part: rates as decimal128, days as date32, instants in UTC
    with microseconds, texts that repeat by dictionary.
    """
    import pyarrow  # not at start: it takes longer to load than everything else here
    import pyarrow.parquet

    schema, drain, remaining = _schema(pyarrow), Drain(), iter(rows)
    with pyarrow.parquet.ParquetWriter(drain, schema, compression="zstd") as writer:
        while some := list(islice(map(_values, remaining), ROW_GROUP)):
            columns = dict(zip(COLUMNS, zip(*some, strict=True), strict=True))
            columns |= {"rate": tuple(map(_fitting, columns["rate"]))}
            columns |= {name: tuple(map(str, columns[name])) for name in ("pair", "published_pair")}
            arrays = [pyarrow.array(columns[field.name], field.type) for field in schema]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), ROW_GROUP)
            yield drain.drained()
    yield drain.drained()


def _schema(pyarrow: Any) -> Any:
    repeated, when = pyarrow.dictionary("int32", "string"), pyarrow.timestamp("us", "UTC")
    kinds = {
        "pair": repeated,
        "source": repeated,
        "effective_date": pyarrow.date32(),
        "observed_at": when,
        "rate": pyarrow.decimal128(DIGITS, PLACES),
        "published_pair": repeated,
        "published_value": pyarrow.string(),
        "nominal": pyarrow.int64(),
        "revision": pyarrow.int64(),
        "recorded_at": when,
    }
    return pyarrow.schema([(name, kinds[name]) for name in COLUMNS])


def _fitting(rate: Decimal) -> Decimal | None:
    exponent = rate.as_tuple().exponent
    fits = isinstance(exponent, int) and -exponent <= PLACES and rate.adjusted() < DIGITS - PLACES
    return rate if fits else None


def _values(recorded: Recorded) -> tuple[Any, ...]:
    """In the order of COLUMNS."""
    said, printed = recorded.said, recorded.said.published
    who = said.pair, said.source, said.effective_date, said.observed_at, said.rate
    return *who, printed.pair, printed.value, printed.nominal, recorded.revision, recorded.recorded_at


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


FORMATS: Mapping[str, Callable[[Rows], Iterator[bytes]]] = {
    "csv": as_csv,
    "ndjson": as_ndjson,
    "parquet": as_parquet,
}
"""How a table may be written, by the ending of its file."""
