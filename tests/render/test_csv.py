from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO

from app.domain.answers import History, Point
from app.domain.observations import Published
from app.domain.pairs import Pair
from app.domain.table import COLUMNS
from app.render.csv import history
from tests.said import at

POINT = Point(
    effective_date=date(2026, 5, 21),
    observed_at=at("2026-05-20 18:00"),
    rate=Decimal("0.0114351057747"),
    source="nbkr",
    kind="official",
    published=Published(Pair("USD", "KGS"), "87.4500"),
    revision=0,
    version=412,
    recorded_at=at("2026-05-20 10:31:04.218"),
)


def written(*points: Point) -> str:
    """The CSV of a history of the som."""
    return history(History(Pair("KGS", "USD"), None, None, None, points, None)).decode()


def test_a_point_is_one_line_under_the_header_each_ended_by_crlf() -> None:
    assert written(POINT) == (
        "pair,source,effective_date,observed_at,rate,published_pair,published_value,nominal,revision,recorded_at\r\n"
        "KGS/USD,nbkr,2026-05-21,2026-05-20T18:00:00Z,0.0114351057747,USD/KGS,87.4500,1,0,"
        "2026-05-20T10:31:04.218Z\r\n"
    )


def test_a_history_without_points_is_its_header() -> None:
    assert written() == ",".join(COLUMNS) + "\r\n"


def test_a_reader_of_the_format_gets_every_literal_back() -> None:
    (row,) = csv.DictReader(StringIO(written(POINT)))
    assert (row["published_value"], row["rate"]) == ("87.4500", "0.0114351057747")
    assert list(row) == list(COLUMNS)


def test_a_literal_with_a_comma_is_quoted() -> None:
    awkward = Point(
        **{name: getattr(POINT, name) for name in Point.__slots__}
        | {"published": Published(Pair("USD", "KGS"), "87,4500")}
    )
    assert ',"87,4500",' in written(awkward)


def test_a_filled_history_says_in_a_column_more_which_rows_are_none_of_publications() -> None:
    filled = replace(POINT, effective_date=date(2026, 5, 22), carried_from=date(2026, 5, 21))
    answer = History(Pair("KGS", "USD"), None, None, None, (POINT, filled), None, "previous")
    first, second = csv.DictReader(StringIO(history(answer).decode()))
    assert list(first) == [*COLUMNS, "carried_from"]
    assert [each["carried_from"] for each in (first, second)] == ["", "2026-05-21"]
