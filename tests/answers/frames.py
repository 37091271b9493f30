"""The questions of the plain oracle put to pandas: series by day or instant, grouped by its own calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from tests.answers.oracle import Row, Value, moved, rooted, rounded

RULES: Mapping[str, dict[str, str]] = {
    "1h": {"rule": "h"},
    "1d": {"rule": "D"},
    "1w": {"rule": "W-MON", "closed": "left", "label": "left"},
    "1mo": {"rule": "MS"},
    "1q": {"rule": "QS"},
    "1y": {"rule": "YS"},
}


Exact = Any
"""A series of exact numbers: objects to pandas, whose stubs know floats alone."""


def series(values: Sequence[Value], by_instant: bool = False) -> Exact:
    """The values by day, or by instant."""
    index = pd.DatetimeIndex([value.at if by_instant else value.day for value in values])
    return pd.Series(list(values), index=index, dtype=object)


def candles(values: Sequence[Value], interval: str) -> list[Row]:
    """By resampling."""
    found = series(values, by_instant=interval == "1h")
    groups = found.resample(**RULES[interval])
    return [(_start(label, interval), *_folded(group)) for label, group in groups if len(group)]


def _folded(group: Exact) -> Row:
    exact = group.map(lambda value: value.rate[0])
    shown = group.map(lambda value: rounded(*value.rate))
    sources = pd.Series([source for value in group for source in value.sources])
    return (
        shown.iloc[0],
        shown[exact == exact.max()].iloc[0],
        shown[exact == exact.min()].iloc[0],
        shown.iloc[-1],
        rounded(exact.sum() / len(exact), 12),
        len(exact),
        tuple(sources.drop_duplicates().sort_values()),
    )


def _start(label: pd.Timestamp, interval: str) -> date:
    return label.to_pydatetime() if interval == "1h" else label.date()


OPENS: Mapping[str, Callable[[pd.Timestamp], pd.Timestamp]] = {
    "previous_publication": lambda now: now.normalize() - pd.Timedelta("1ns"),
    "24h": lambda now: now - pd.Timedelta(days=1),
    "7d": lambda now: now - pd.Timedelta(days=7),
    "30d": lambda now: now - pd.Timedelta(days=30),
    "mtd": lambda now: now.normalize().replace(day=1) - pd.Timedelta("1ns"),
    "ytd": lambda now: now.normalize().replace(day=1, month=1) - pd.Timedelta("1ns"),
    "1y": lambda now: now - pd.DateOffset(years=1),
}


def ladder(values: Sequence[Value], by_instant: bool) -> list[Row]:
    """By slicing up to where each window opens."""
    found = series(values, by_instant)
    now = found.index[-1]
    rows = []
    for basis, opens in OPENS.items():
        then = found.loc[: opens(now)]
        rows.append(moved(basis, found.iloc[-1], then.iloc[-1] if len(then) else None))
    return rows


def stats(values: Sequence[Value]) -> Row:
    """By the last of each day, and the lowest and highest place of those."""
    days = series(values).groupby(level=0).last()
    if days.empty:
        return 0, None, None, None, None, None, None
    exact = days.map(lambda value: value.rate[0])
    marks = days.map(lambda value: (rounded(*value.rate), value.day))
    order = exact.sort_values(kind="stable").index
    highest = exact[exact == exact[order[-1]]].index[0]
    mean = rounded(exact.sum() / len(exact), 12)
    return (
        len(days),
        mean,
        marks[order[0]],
        marks[highest],
        marks.iloc[0],
        marks.iloc[-1],
        _volatility(exact),
    )


def _volatility(exact: Exact) -> Decimal | None:
    moves = (exact.iloc[1:].reset_index(drop=True) / exact.iloc[:-1].reset_index(drop=True) - 1) * 100
    if len(moves) < 2:
        return None
    apart = moves - moves.sum() / len(moves)
    return rooted((apart * apart).sum() / (len(moves) - 1))
