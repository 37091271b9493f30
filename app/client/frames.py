"""DataFrames of pandas, which is loaded by the first of them.

The index is a DatetimeIndex of days without a zone, for a day is one where its source is; or, for candles of
an hour, of instants in UTC. Instants are UTC. What was printed is text, every digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

from app.client.errors import BadAnswer
from app.client.parameters import Numbers
from app.domain.table import CARRIED, COLUMNS
from app.web.models.rates import Candles

if TYPE_CHECKING:
    from pandas import DataFrame, Series

PRICES = ("open", "high", "low", "close", "mean")
CELLS: Mapping[str, Any] = dict.fromkeys((*COLUMNS, CARRIED), str) | {
    "rate": object,
    "nominal": "int64",
    "revision": "int64",
}
"""How the cells of a table are read: as text, until each column becomes what it is."""

CANDLE = ("start", "end", *PRICES, "count", "complete", "sources")


def history(table: bytes, numbers: Numbers, address: str) -> DataFrame:
    """A history from its CSV: the columns of the table, indexed by `effective_date`, in the order in which
    they came. Raises BadAnswer, in the name of the `address` it came from, for what is not a whole table.
    """
    try:
        return _history(table, numbers)
    except (ValueError, ArithmeticError) as error:
        raise BadAnswer(f"{address} answered what is no whole table of rates: {error}.") from error


def _history(table: bytes, numbers: Numbers) -> DataFrame:
    import pandas

    if not table.endswith(b"\n"):
        raise ValueError("its last line has no end")
    frame = pandas.read_csv(BytesIO(table), dtype=CELLS, na_filter=False)
    if tuple(frame.columns) not in (COLUMNS, (*COLUMNS, CARRIED)):
        raise ValueError("its columns are others")
    if (frame["recorded_at"] == "").any():
        raise ValueError("a line has too few cells")
    for name in ("observed_at", "recorded_at"):
        frame[name] = _instants(frame[name])
    for name in {"effective_date", CARRIED} & {*frame.columns}:
        frame[name] = _days(frame[name])
    frame["rate"] = _numbers(frame["rate"], numbers)
    return frame.set_index("effective_date")


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
