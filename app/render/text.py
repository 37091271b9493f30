"""Plain text, for a terminal, a sheet or a shell script: UTF-8, one thing a line, the last line ended too."""

from __future__ import annotations

from app.domain.answers import Row, Ticker
from app.domain.numbers import trimmed
from app.render.ticker import item_line


def number(row: Row) -> bytes:
    """The bare rate, quote per 1 base, with every digit that JSON has: `0.0114351057747`."""
    return f"{trimmed(row.rate)}\n".encode()


def strip(ticker: Ticker, decimals: int | None = None) -> bytes:
    """The ticker lines, `KGS/USD = 0.01144 -0.02%`, in the order of the answer; `decimals` as in
    `domain.lines.shown`.
    """
    return "".join(f"{item_line(item, decimals)}\n" for item in ticker.items).encode()
