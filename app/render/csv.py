"""A history as CSV (RFC 4180): one header, CRLF, every literal as its source printed it. What `export` writes
and `import` reads back.
"""

from __future__ import annotations

import csv
from io import StringIO

from app.domain.answers import History, Point
from app.domain.numbers import trimmed
from app.domain.pairs import Pair
from app.domain.table import COLUMNS
from app.render.json import instant


def history(answer: History) -> bytes:
    """The points of a history in UTF-8, oldest first: `rate` is quote per 1 base of `pair`, instants are in
    UTC.
    """
    text = StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    lines.writerows(_row(answer.pair, point) for point in answer.points)
    return text.getvalue().encode()


def _row(pair: Pair, point: Point) -> tuple[object, ...]:
    return (
        pair,
        point.source,
        point.effective_date,
        instant(point.observed_at),
        trimmed(point.rate),
        point.published.pair,
        point.published.value,
        point.published.nominal,
        point.revision,
        instant(point.recorded_at),
    )
