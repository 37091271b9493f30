"""A history as CSV (RFC 4180): one header, CRLF, every literal as its source printed it. What `export` writes
and `import` reads back.
"""

from __future__ import annotations

import csv
from io import StringIO

from app.domain.answers import History, Point
from app.domain.numbers import trimmed
from app.domain.pairs import Pair
from app.domain.table import CARRIED, COLUMNS
from app.render.json import instant


def history(answer: History) -> bytes:
    """The points of a history in UTF-8, oldest first: `rate` is quote per 1 base of `pair`, instants are in
    UTC. One that is filled has a column more, empty where a point is a publication.
    """
    text = StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    if answer.fill == "none":
        lines.writerow(COLUMNS)
        lines.writerows(_row(answer.pair, point) for point in answer.points)
    else:
        lines.writerow((*COLUMNS, CARRIED))
        lines.writerows((*_row(answer.pair, point), point.carried_from) for point in answer.points)
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
