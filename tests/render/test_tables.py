"""The record as a table: exact in every format, and in parts of a bounded size."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from app.domain.numbers import plain, trimmed
from app.domain.observations import Published
from app.domain.pairs import BANDS, Pair, canonical
from app.domain.table import CARRIED, COLUMNS, DAY, LONG, Column, Table
from app.render.tables import FORMATS, PLACES, ROW_GROUP, as_csv, as_ndjson, as_parquet, moment
from tests.said import at

OBSERVED = at("2026-05-20 18:00")


Row = tuple[Any, ...]


def row(value: str = "87.4500", pair: str = "USD/KGS", nominal: int = 1, place: int = 0) -> Row:
    """A publication."""
    printed = Pair(*pair.split("/"))
    day, rate = date(2026, 5, 21) + timedelta(days=place), rate_of(value, pair, nominal)
    recorded_at = at("2026-05-20 10:31:04.218345")
    return canonical(printed), "nbkr", day, OBSERVED, rate, printed, value, nominal, 0, recorded_at


def rate_of(value: str, pair: str, nominal: int) -> Decimal:
    """That of the pair under which it is filed."""
    printed = Pair(*pair.split("/"))
    return Published(printed, value, nominal).rate(canonical(printed))


def long(*rows: Row) -> Table:
    """A row a publication."""
    return Table(LONG, rows)


def table(*rows: Row) -> Any:
    """The rows by way of a Parquet file."""
    return parquet.read_table(BytesIO(b"".join(as_parquet(long(*rows)))))


def test_a_row_is_one_line_under_the_header_each_ended_by_crlf() -> None:
    assert b"".join(as_csv(long(row()))).decode() == (
        ",".join(COLUMNS) + "\r\n"
        "KGS/USD,nbkr,2026-05-21,2026-05-20T18:00:00Z,0.0114351057747,USD/KGS,87.4500,1,0,"
        "2026-05-20T10:31:04.218345Z\r\n"
    )


def test_a_line_of_ndjson_has_its_numbers_in_plain_notation() -> None:
    (line,) = b"".join(as_ndjson(long(row("0.0072", "UZS/KGS", 1000)))).splitlines()
    assert b'"rate":0.0000072,' in line
    assert json.loads(line)["published_value"] == "0.0072"


def test_no_row_is_a_header_or_nothing() -> None:
    assert {form: b"".join(write(long())) for form, write in FORMATS.items() if form != "parquet"} == {
        "csv": ",".join(COLUMNS).encode() + b"\r\n",
        "ndjson": b"",
    }
    assert table().num_rows == 0
    assert table().column_names == list(COLUMNS)


@given(value=st.decimals("0.000001", 10**9, places=6), nominal=st.sampled_from([1, 10, 100, 1000, 10_000]))
@pytest.mark.parametrize("pair", ["USD/UZS", "UZS/KZT", "EUR/TMT"])
def test_parquet_loses_no_digit_of_a_rate(pair: str, value: Decimal, nominal: int) -> None:
    (found,) = table(row(plain(value), pair, nominal)).to_pylist()
    expected = rate_of(plain(value), pair, nominal)
    fits = -int(expected.as_tuple().exponent) <= PLACES
    assert found["rate"] == (expected if fits else None)
    assert found["published_value"] == plain(value)
    assert fits or expected < Decimal("1E-9")


@pytest.mark.parametrize("limits", BANDS, ids=lambda each: f"{each.pair} {each.since}")
def test_what_is_believed_of_the_ticker_fits_into_parquet(limits: Any) -> None:
    for edge in (limits.low, limits.high, limits.high - Decimal("0.0001")):
        (found,) = table(row(plain(edge), str(limits.pair))).to_pylist()
        assert trimmed(found["rate"]) == trimmed(rate_of(plain(edge), str(limits.pair), 1))


def test_what_does_not_fit_is_empty_and_its_published_value_tells_it() -> None:
    for value, nominal in (("1" + "0" * 14, 1), ("0.00000000000000123456789012", 1)):
        (found,) = table(row(value, "EUR/KGS", nominal)).to_pylist()
        assert (found["rate"], found["published_value"]) == (None, value)


@pytest.mark.parametrize("form", FORMATS)
def test_rows_are_written_as_they_come(form: str) -> None:
    taken = 0

    def rows() -> Iterator[Row]:
        nonlocal taken
        for place in range(3 * ROW_GROUP):
            taken += 1
            yield row(f"87.{place % 10_000:04}", place=place % 5_000)

    sizes = []
    for part in FORMATS[form](Table(LONG, rows())):
        sizes.append(len(part))
        assert taken <= len(sizes) * ROW_GROUP
    assert len(sizes) > 3
    assert max(sizes) < 500_000


def test_an_instant_has_the_digits_that_it_needs() -> None:
    written = [moment(at(f"2026-05-20 18:00:00{part}")) for part in ("", ".218", ".218345")]
    assert written == ["2026-05-20T18:00:00Z", "2026-05-20T18:00:00.218Z", "2026-05-20T18:00:00.218345Z"]


def test_a_literal_with_a_comma_is_quoted() -> None:
    assert b',"87,4500",' in b"".join(as_csv(long(row("87,4500"))))


def test_what_a_row_lacks_is_empty_in_csv_and_null_elsewhere() -> None:
    """Of a cross nobody published anything."""
    cross = (Pair("KGS", "KZT"), None, date(2026, 5, 21), OBSERVED, Decimal("5.39"), *[None] * 5)
    assert b"".join(as_csv(long(cross))).endswith(b"KGS/KZT,,2026-05-21,2026-05-20T18:00:00Z,5.39,,,,,\r\n")
    members = json.loads(b"".join(as_ndjson(long(cross))))
    assert [name for name in COLUMNS if members[name] is None] == ["source", *COLUMNS[5:]]
    (found,) = table(cross).to_pylist()
    assert [name for name in COLUMNS if found[name] is None] == ["source", *COLUMNS[5:]]


def test_a_filled_table_says_in_a_column_more_which_rows_are_none_of_publications() -> None:
    filled = Table((*LONG, CARRIED), [(*row(), None), (*row(place=1), date(2026, 5, 21))])
    first, second = csv.DictReader(StringIO(b"".join(as_csv(filled)).decode()))
    assert list(first) == [*COLUMNS, "carried_from"]
    assert [each["carried_from"] for each in (first, second)] == ["", "2026-05-21"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_wide_table_has_a_day_and_a_rate_a_column_in_every_form(form: str) -> None:
    columns = (DAY, Column("KGS/USD", "rate"), Column("KZT/USD", "rate"))
    rows = [(date(2026, 5, 20), Decimal("0.0114"), None), (date(2026, 5, 21), Decimal("8E-8"), Decimal("2"))]
    found = [list(map(told, each)) for each in READ[form](b"".join(FORMATS[form](Table(columns, rows))))]
    assert found == [list(map(told, each)) for each in rows]


READ: dict[str, Callable[[bytes], list[Iterable[Any]]]] = {
    "csv": lambda content: [each.values() for each in csv.DictReader(StringIO(content.decode()))],
    "ndjson": lambda content: [
        json.loads(line, parse_float=Decimal, parse_int=Decimal).values() for line in content.splitlines()
    ],
    "parquet": lambda content: [each.values() for each in parquet.read_table(BytesIO(content)).to_pylist()],
}
"""How each form is read: the values of each row."""


def told(value: object) -> str:
    """A value as text: a rate in plain notation, nothing as nothing."""
    return "" if value is None else trimmed(value) if isinstance(value, Decimal) else str(value)
