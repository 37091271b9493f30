"""DataFrames of pandas, which is loaded by the first of them.

The index is a DatetimeIndex of days without a zone, for a day is one where its source is; or, for candles of
an hour, of instants in UTC. Instants are UTC. What was printed is text, every digit.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING

from app.client.errors import BadAnswer
from app.client.parameters import Numbers
from app.domain.table import CARRIED, COLUMNS
from app.web.models.rates import Candles

if TYPE_CHECKING:
    from pandas import DataFrame, Series

PRICES = ("open", "high", "low", "close", "mean")
CANDLE = ("start", "end", *PRICES, "count", "complete", "sources")


def history(table: bytes, numbers: Numbers, address: str) -> DataFrame:
    """A history from its CSV: the columns of the table, indexed by `effective_date`, in the order in which
    they came. Raises BadAnswer for what is not the whole table.
    """
    import pandas

    frame = pandas.DataFrame(_columns(table, address), dtype=str)
    frame["effective_date"] = _days(frame["effective_date"])
    for name in ("observed_at", "recorded_at"):
        frame[name] = _instants(frame[name])
    for name in ("nominal", "revision"):
        frame[name] = frame[name].astype("int64")
    frame["rate"] = _numbers(frame["rate"], numbers)
    if CARRIED in frame:
        frame[CARRIED] = _days(frame[CARRIED])
    return frame.set_index("effective_date")


def _columns(table: bytes, address: str) -> Mapping[str, Sequence[str]]:
    """The cells of each column by its name. What is cut has a line without an end, or with too few cells."""
    text = table.decode("utf-8", errors="replace")
    try:
        header, *rows = csv.reader(StringIO(text, newline="")) if text.endswith("\n") else [[]]
        columns = zip(*rows, strict=True) if rows else ((),) * len(header)
        found = dict(zip(header, columns, strict=True))
    except (ValueError, csv.Error) as error:
        raise BadAnswer(f"{address} answered a table with a broken line: {error}.") from error
    if tuple(found) not in (COLUMNS, (*COLUMNS, CARRIED)):
        raise BadAnswer(f"{address} answered something that is no whole table of rates.")
    return found


def candles(pages: Sequence[Candles], numbers: Numbers, *, filled: bool) -> DataFrame:
    """The candles of all pages, of which there is one at least, indexed by `start`; `filled` ones say from
    where.
    """
    import pandas

    found = [candle.model_dump() for page in pages for candle in page.candles]
    carried = [CARRIED] if filled else []
    frame = pandas.DataFrame(found, columns=[*CANDLE, *carried])
    edge = _instants if pages[0].interval == "1h" else _days
    for name in ("start", "end", *carried):
        frame[name] = edge(frame[name])
    for name in PRICES:
        frame[name] = _numbers(frame[name], numbers)
    frame = frame.astype({"count": "int64", "complete": "bool"})
    frame["sources"] = frame["sources"].map(tuple).astype(object)
    return frame.set_index("start")


def _numbers(column: Series[str], numbers: Numbers) -> Series:
    """Text or decimals as decimals, or as the nearest floats."""
    return column.astype("float64") if numbers == "float" else column.map(Decimal).astype(object)


def _days(column: Series[str]) -> Series:
    import pandas

    return pandas.to_datetime(column, format="ISO8601").astype("datetime64[us]")


def _instants(column: Series[str]) -> Series:
    import pandas

    return pandas.to_datetime(column, format="ISO8601", utc=True).astype("datetime64[us, UTC]")
