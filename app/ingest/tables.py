"""Tables in: CSV, as it is exported and as spreadsheets save it, and Parquet; some rows at a time."""

from __future__ import annotations

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from typing import Any, BinaryIO

from app.domain.errors import ImportRefused
from app.domain.table import NEEDED
from app.ingest.cells import Reading, Row
from app.sources.catalog import Catalog

AT_ONCE = 5_000
"""Rows whose cells are in memory."""

BUFFER = 65_536
"""Bytes of each column of a Parquet file that are read at once: some have all their rows in one group."""

PARQUET = b"PAR1"
"""How a Parquet file begins."""

NDJSON = b'{"pair":'
"""How NDJSON begins that export wrote."""

DELIMITERS = ",;\t"
"""What may stand between two cells: semicolons where the comma is the decimal mark."""


def is_csv(begin: bytes) -> bool:
    """Whether a file that begins so has the header of a table."""
    line = begin.decode(_encoding(begin), "replace").partition("\n")[0]
    return set(NEEDED) <= set(_header(line))


def read_csv(file: BinaryIO, catalog: Catalog, name: str) -> Iterator[list[Row]]:
    """The rows of a CSV file called `name`, some at a time; raises ImportRefused, and naming the line."""
    reading = Reading(catalog, name, "line")
    begin = file.read(len(BOM_UTF16_LE))
    text = TextIOWrapper(file, _encoding(begin), "replace", newline="")  # no cell has the sign of that
    try:
        file.seek(0)
        header = text.readline()
        names = _header(header)
        reading.check_header(names)
        lines = csv.reader(text, delimiter=_delimiter(header), strict=True)
        yield from _csv_rows(reading, names, lines)
    finally:
        text.detach()


def _csv_rows(reading: Reading, names: list[str], lines: Any) -> Iterator[list[Row]]:
    while True:
        try:
            # The header is the first line. A cell may hold the end of one, so records are not counted.
            numbered = [(lines.line_num + 1, cells) for cells in islice(lines, AT_ONCE)]
        except csv.Error as error:
            place = lines.line_num + 1
            raise reading.refused(place, str(error), "CSV in UTF-8, such as export writes") from error
        if not numbered:
            return
        places, found = zip(*numbered, strict=True)
        if [] in found:
            places = tuple(place for place, cells in numbered if cells)
            found = tuple(cells for cells in found if cells)
        if set(map(len, found)) - {len(names)}:
            place, cells = next(
                each for each in zip(places, found, strict=True) if len(each[1]) != len(names)
            )
            raise reading.refused(place, f"{len(cells)} cells", f"{len(names)}, as in the header")
        yield reading.rows(dict(zip(names, zip(*found, strict=True), strict=False)), places)


def _encoding(begin: bytes) -> str:
    return "utf-16" if begin.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"


def _header(line: str) -> list[str]:
    return next(csv.reader([line.strip()], delimiter=_delimiter(line)), [])


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=line.count)


def read_parquet(file: BinaryIO, catalog: Catalog, name: str) -> Iterator[list[Row]]:
    """The rows of a Parquet file called `name`, some at a time; raises ImportRefused, and naming the row."""
    import pyarrow  # not at start: it takes longer to load than everything else here
    import pyarrow.parquet

    reading = Reading(catalog, name, "row")
    try:
        table = pyarrow.parquet.ParquetFile(file, pre_buffer=False, buffer_size=BUFFER)
        reading.check_header(table.schema_arrow.names)
        _refuse_floats(reading, table.schema_arrow)
        place, read = 1, [name for name in table.schema_arrow.names if name != "recorded_at"]
        for batch in table.iter_batches(AT_ONCE, columns=read, use_threads=False):
            cells = {name: _texts(name, batch.column(name)) for name in batch.schema.names}
            yield reading.rows(cells, range(place, place + batch.num_rows))
            place += batch.num_rows
    except pyarrow.ArrowException as error:
        raise ImportRefused(f"{name} is no Parquet file that can be read ({error}).") from error


def _refuse_floats(reading: Reading, schema: Any) -> None:
    from pyarrow import types

    for field in schema:
        if types.is_floating(field.type):
            wrong = f"the column {field.name} is {field.type}, a binary number that has lost digits"
            raise reading.refused(None, wrong, "decimal128 or text")


def _texts(name: str, column: Any) -> list[str]:
    """The texts of a column; empty where it has none. A rate is without the zeros of its scale."""
    import pyarrow.compute
    from pyarrow import types

    texts = column.cast("string")
    if name == "rate" and types.is_decimal(column.type) and column.type.scale > 0:
        trimmed = pyarrow.compute.utf8_rtrim(texts, characters="0")
        texts = pyarrow.compute.utf8_rtrim(trimmed, characters=".")
    # Not fill_null: the scalar that it takes would load all of pandas.
    return [text or "" for text in texts.to_pylist()]
