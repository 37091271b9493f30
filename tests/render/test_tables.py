"""The record as a table: exact in every format, and in parts of a bounded size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from app.domain.numbers import plain, trimmed
from app.domain.observations import ACCEPTED, Observation, Published, Recorded
from app.domain.pairs import BANDS, Pair
from app.domain.table import COLUMNS
from app.render.tables import FORMATS, PLACES, ROW_GROUP, as_csv, as_ndjson, as_parquet, moment
from tests.said import at

OBSERVED = at("2026-05-20 18:00")


def row(value: str = "87.4500", pair: str = "USD/KGS", nominal: int = 1, place: int = 0) -> Recorded:
    """A publication."""
    published = Published(Pair(*pair.split("/")), value, nominal)
    day = date(2026, 5, 21) + timedelta(days=place)
    said = Observation("nbkr", published, day, OBSERVED, OBSERVED)
    return Recorded(place + 1, said, 0, 1, at("2026-05-20 10:31:04.218345"), 1, ACCEPTED)


def table(*rows: Recorded) -> Any:
    """The rows by way of a Parquet file."""
    return parquet.read_table(BytesIO(b"".join(as_parquet(rows))))


def test_csv_is_that_of_a_history() -> None:
    assert b"".join(as_csv([row()])).decode() == (
        ",".join(COLUMNS) + "\r\n"
        "KGS/USD,nbkr,2026-05-21,2026-05-20T18:00:00Z,0.0114351057747,USD/KGS,87.4500,1,0,"
        "2026-05-20T10:31:04.218Z\r\n"
    )


def test_a_line_of_ndjson_has_its_numbers_in_plain_notation() -> None:
    (line,) = b"".join(as_ndjson([row("0.0072", "UZS/KGS", 1000)])).splitlines()
    assert b'"rate":0.0000072,' in line
    assert json.loads(line)["published_value"] == "0.0072"


def test_no_row_is_a_header_or_nothing() -> None:
    assert {form: b"".join(write([])) for form, write in FORMATS.items() if form != "parquet"} == {
        "csv": ",".join(COLUMNS).encode() + b"\r\n",
        "ndjson": b"",
    }
    assert table().num_rows == 0
    assert table().column_names == list(COLUMNS)


@given(value=st.decimals("0.000001", 10**9, places=6), nominal=st.sampled_from([1, 10, 100, 1000, 10_000]))
@pytest.mark.parametrize("pair", ["USD/UZS", "UZS/KZT", "EUR/TMT"])
def test_parquet_loses_no_digit_of_a_rate(pair: str, value: Decimal, nominal: int) -> None:
    recorded = row(plain(value), pair, nominal)
    (found,) = table(recorded).to_pylist()
    expected = recorded.said.rate
    fits = -int(expected.as_tuple().exponent) <= PLACES
    assert found["rate"] == (expected if fits else None)
    assert found["published_value"] == plain(value)
    assert fits or expected < Decimal("1E-9")


@pytest.mark.parametrize("limits", BANDS, ids=lambda each: f"{each.pair} {each.since}")
def test_what_is_believed_of_the_ticker_fits_into_parquet(limits: Any) -> None:
    for edge in (limits.low, limits.high, limits.high - Decimal("0.0001")):
        recorded = row(plain(edge), str(limits.pair))
        (found,) = table(recorded).to_pylist()
        assert trimmed(found["rate"]) == trimmed(recorded.said.rate)


def test_what_does_not_fit_is_empty_and_its_published_value_tells_it() -> None:
    for value, nominal in (("1" + "0" * 14, 1), ("0.00000000000000123456789012", 1)):
        (found,) = table(row(value, "EUR/KGS", nominal)).to_pylist()
        assert (found["rate"], found["published_value"]) == (None, value)


@pytest.mark.parametrize("form", FORMATS)
def test_rows_are_written_as_they_come(form: str) -> None:
    taken = 0

    def rows() -> Iterator[Recorded]:
        nonlocal taken
        for place in range(3 * ROW_GROUP):
            taken += 1
            yield row(f"87.{place % 10_000:04}", place=place % 5_000)

    sizes = []
    for part in FORMATS[form](rows()):
        sizes.append(len(part))
        assert taken <= len(sizes) * ROW_GROUP
    assert len(sizes) > 3
    assert max(sizes) < 500_000


def test_an_instant_has_the_digits_that_it_needs() -> None:
    written = [moment(at(f"2026-05-20 18:00:00{part}")) for part in ("", ".218", ".218345")]
    assert written == ["2026-05-20T18:00:00Z", "2026-05-20T18:00:00.218Z", "2026-05-20T18:00:00.218345Z"]
