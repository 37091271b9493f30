"""How every benchmark measures: each contender in turn, against the first of them, in one run.

What else the machine does meanwhile strikes neighbours alike. So a ratio is the median of the ratios of
neighbours, and means something on any machine; a time tells of this one, at this hour.
"""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter

Contender = Callable[[int], Callable[[], object]]
"""Makes ready, untimed, for the repeat of this number, from 0; gives what is timed."""

Row = tuple[str, float, float]
"""A contender's name, its median, and its ratio to the first contender."""

WARM_UP = 3
"""Repeats before those that count: statements are compiled and files grow."""


def in_turn(contenders: Mapping[str, Contender], repeats: int) -> dict[str, list[float]]:
    """The milliseconds of each contender, each time."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(WARM_UP + repeats):
        for name, ready in contenders.items():
            taken[name].append(milliseconds(ready(number)))
    return {name: times[WARM_UP:] for name, times in taken.items()}


def milliseconds(timed: Callable[[], object]) -> float:
    """How long it takes, once."""
    started = perf_counter()
    timed()
    return (perf_counter() - started) * 1000


def compared(measured: Mapping[str, Sequence[float]]) -> list[Row]:
    """The median of each, and the median of its ratios to its neighbours in the first."""
    first = next(iter(measured.values()))
    return [
        (name, median(mine), median(each / other for each, other in zip(mine, first, strict=True)))
        for name, mine in measured.items()
    ]


def table(unit: str, rows: Sequence[Row]) -> str:
    """The rows under a line of headings; `unit` is that of the medians."""
    wide = max(len(name) for name, _, _ in rows)
    lines = [("", unit, "ratio"), *((name, _digits(middle), _digits(ratio)) for name, middle, ratio in rows)]
    return "\n".join(f"{name:{wide}}  {middle:>10}  {ratio:>6}" for name, middle, ratio in lines)


def show(about: str | None, unit: str, rows: Sequence[Row]) -> None:
    """Print a benchmark's claim, which is the first line of what it is `about`, the machine and the table."""
    print((about or "").partition("\n")[0], machine(), table(unit, rows), sep="\n", end="\n\n", flush=True)


def machine() -> str:
    """What a time depends on, in one line."""
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}),"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def _digits(number: float) -> str:
    """Three significant digits, or all before the point."""
    return f"{number:,.0f}" if number >= 100 else f"{number:#.3g}"
