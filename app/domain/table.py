"""Tables: rows under named columns, as they leave in CSV, NDJSON or Parquet, and come back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["word", "day", "instant", "rate", "whole"]
"""What a column holds: a text or a pair, a date, an aware instant, a Decimal, or an int; any of them or
None.
"""


class Column(NamedTuple):
    """A column: its heading, and what it holds."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, each with a value a column, in their order. They may be gone through once, and be millions."""

    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]


LONG = (
    Column("pair", "word"),
    Column("source", "word"),
    Column("effective_date", "day"),
    Column("observed_at", "instant"),
    Column("rate", "rate"),
    Column("published_pair", "word"),
    Column("published_value", "word"),
    Column("nominal", "whole"),
    Column("revision", "whole"),
    Column("recorded_at", "instant"),
)
"""Of a table in which the record leaves and comes back, a row a publication."""

COLUMNS = tuple(column.name for column in LONG)

CARRIED = Column("carried_from", "day")
"""The column by which a filled table is none of publications: the day of the one that a row repeats, empty
where a row is one.
"""

DAY = Column("effective_date", "day")
"""The first column of a wide table, which has a row a day and a column a series."""

NEEDED = ("source", "effective_date", "published_pair", "published_value")
"""The columns without which a row says nothing; the others follow from them, or are made anew."""
