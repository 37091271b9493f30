"""DataFrames of pandas, which is loaded by the first of them.

The index is a DatetimeIndex of days without a zone, for a day is one where its source is; or, for candles of
an hour, of instants in UTC. Instants are UTC. What was printed is text, every digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

from app.client.errors import BadAnswer
from app.client.parameters import Numbers
from app.domain.table import CARRIED, COLUMNS, DAY, LONG, Kind
from app.web.models.rates import Candles

if TYPE_CHECKING:
    from pandas import DataFrame, Series

PRICES = ("open", "high", "low", "close", "mean")
KINDS: Mapping[str, Kind] = dict([*LONG, CARRIED])
"""What each column of a table holds; any other, of a wide one, rates."""

CELLS: Mapping[Kind, Any] = {"word": str, "day": str, "instant": str, "rate": object, "whole": "Int64"}
"""As what the cells of a kind are read, before their column becomes what it is."""

CANDLE = ("start", "end", *PRICES, "count", "complete", "sources")


def history(table: bytes, numbers: Numbers, address: str) -> DataFrame:
    """A history from its CSV, long or wide: the columns of the table, indexed by `effective_date`, in the
    order in which they came. Raises BadAnswer, in the name of the `address` it came from, for what is no
    whole table.
    """
    try:
        return _history(table, numbers)
    except (ValueError, ArithmeticError) as error:
        raise BadAnswer(f"{address} answered what is no whole table of rates: {error}.") from error


def _history(table: bytes, numbers: Numbers) -> DataFrame:
    import pandas

    if not table.endswith(b"\n"):
        raise ValueError("its last line has no end")
    cells = defaultdict(lambda: CELLS["rate"], {name: CELLS[kind] for name, kind in KINDS.items()})
    frame = pandas.read_csv(BytesIO(table), dtype=cells, keep_default_na=False, na_values=[""])
    names = tuple(frame.columns)
    if names not in (COLUMNS, (*COLUMNS, CARRIED.name)) and names[0] != DAY.name:
        raise ValueError("its columns are others")
    if table.count(b",") < (len(names) - 1) * (len(frame) + 1):
        raise ValueError("a line has too few cells")
    for name in names:
        frame[name] = _READ[KINDS.get(name, "rate")](frame[name], numbers)
    return frame.set_index(DAY.name)


def candles(pages: Sequence[Candles], numbers: Numbers, *, filled: bool) -> DataFrame:
    """The candles of all pages, of which there is one at least, indexed by `start`; `filled` ones say from
    where.
    """
    import pandas

    found = [candle.model_dump() for page in pages for candle in page.candles]
    carried = [CARRIED.name] if filled else []
    frame = pandas.DataFrame(found, columns=[*CANDLE, *carried])
    edge = _instants if pages[0].interval == "1h" else _days
    for name in ("start", "end", *carried):
        frame[name] = edge(frame[name])
    for name in PRICES:
        frame[name] = _numbers(frame[name], numbers)
    frame = frame.astype({"count": "int64", "complete": "bool"})
    frame["sources"] = frame["sources"].map(tuple).astype(object)
    return frame.set_index("start")


def _numbers(column: Series, numbers: Numbers) -> Series:
    """Text or decimals as decimals, or as the nearest floats; nothing is NaN in both."""
    if numbers == "float":
        return column.astype("float64")
    return column.map(Decimal, na_action="ignore").astype(object)


def _days(column: Series, numbers: Numbers = "decimal") -> Series:
    import pandas

    return pandas.to_datetime(column, format="ISO8601").astype("datetime64[us]")


def _instants(column: Series, numbers: Numbers = "decimal") -> Series:
    import pandas

    return pandas.to_datetime(column, format="ISO8601", utc=True).astype("datetime64[us, UTC]")


def _as_read(column: Series, numbers: Numbers) -> Series:
    return column


_READ: Mapping[Kind, Callable[[Series, Numbers], Series]] = {
    "word": _as_read,
    "day": _days,
    "instant": _instants,
    "rate": _numbers,
    "whole": _as_read,
}
