"""What a table says is read where it says one thing, and refused where it is with its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from app.domain.errors import ImportRefused
from app.domain.numbers import plain
from app.domain.observations import Published
from app.domain.pairs import CURRENCIES, Pair, canonical
from app.ingest.bulk import plain_of
from app.ingest.cells import Row, direction, rate
from app.ingest.tables import is_csv, read_csv, read_parquet
from app.sources.catalog import catalog

ALL = catalog()
HEADER = "source,effective_date,published_pair,published_value"
LINE = "nbkr,2026-05-21,USD/KGS,87.4500"
PLAIN = (
    *("nbkr", "KGS/USD", "2026-05-21", "2026-05-20 18:00:00.000000+00:00", 0),
    *("USD/KGS", "87.4500", 1, "0.0114351057747"),
)


def read(text: str | bytes) -> list[Row]:
    """The rows of a CSV file."""
    content = text if isinstance(text, bytes) else text.encode()
    return [row for rows in read_csv(BytesIO(content), ALL, "some.csv") for row in rows]


def columns(**more: str) -> str:
    """A table of one row with more columns, or other cells."""
    told = dict(zip(HEADER.split(","), LINE.split(","), strict=True)) | more
    return f"{','.join(told)}\r\n{','.join(told.values())}\r\n"


def parquet_of(table: Mapping[str, Any]) -> BytesIO:
    """A Parquet file with these columns."""
    file = BytesIO()
    parquet.write_table(pyarrow.table(dict(table)), file)
    return BytesIO(file.getvalue())


def refusal(text: str | bytes) -> str:
    """Why a table is refused."""
    with pytest.raises(ImportRefused) as refused:
        read(text)
    return str(refused.value)


def test_a_row_is_read_as_it_is_stored() -> None:
    (row,) = read(f"{HEADER}\n{LINE}\n")
    assert plain_of(row) == PLAIN
    assert row[11] is False


@pytest.mark.parametrize(
    "written",
    [
        f"{HEADER}\r\n{LINE}\r\n\r\n",
        f"\ufeff{HEADER}\n{LINE}",
        f"{HEADER}\n{LINE}\n".replace(",", ";"),
        f"{HEADER}\n{LINE}\n".replace(",", "\t"),
        f"{HEADER}\n{LINE}\n".encode("utf-16"),
        f"{HEADER}\n{LINE}\n".replace("2026-05-21", "21.05.2026"),
        columns(observed_at="2026-05-20T18:00:00Z", nominal="1", revision="", pair="", recorded_at="?"),
        columns(observed_at="2026-05-21 00:00:00+06:00", rate="0.011435"),
        columns(pair="USD/KGS", rate="87.45"),
        columns(rate="1.14351057747E-02"),
    ],
    ids=["blank end", "mark", "semicolons", "tabs", "utf-16", "dotted", "full", "zone", "turned", "exponent"],
)
def test_what_spreadsheets_make_of_it_says_the_same(written: str | bytes) -> None:
    content = written if isinstance(written, bytes) else written.encode()
    assert is_csv(content)
    assert [plain_of(row) for row in read(content)] == [PLAIN]


def test_a_decimal_comma_is_kept_as_it_stands() -> None:
    (row,) = read(f"{HEADER}\n{LINE}".replace(",", ";").replace("87.4500", "87,4500"))
    assert plain_of(row) == (*PLAIN[:6], "87,4500", 1, "0.0114351057747")
    (row,) = read(columns(published_value='"87,450"', rate="0.0114351057747"))
    assert plain_of(row)[6] == "87,450"


def test_a_revision_is_told_or_it_is_not() -> None:
    told = [read(columns(revision=text))[0] for text in ("", "0", "3")]
    assert [(row[9], row[11]) for row in told] == [(0, False), (0, True), (3, True)]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"source": "nbkrr"}, ["source", "'nbkrr'", "expected nbkr"]),
        ({"published_pair": "USD/KGZ"}, ["published_pair", "'KGZ'", "USD/KGZ"]),
        ({"published_pair": "USD/USD"}, ["published_pair", "USD/KGS"]),
        ({"published_pair": "dollar"}, ["published_pair", "'dollar'", "USD/KGS"]),
        ({"effective_date": "05/06/2026"}, ["effective_date", "2026-05-21"]),
        ({"effective_date": "46163"}, ["effective_date", "'46163'"]),
        ({"effective_date": "31.06.2026"}, ["effective_date", "'31.06.2026'"]),
        ({"effective_date": ""}, ["effective_date", "''"]),
        ({"observed_at": "2026-05-20 18:00"}, ["observed_at", "zone", "2026-05-20T18:00:00Z"]),
        ({"observed_at": "0001-01-01T00:00:00+10:00"}, ["observed_at"]),
        ({"published_value": "12 142.10"}, ["published_value", "87.4500"]),
        ({"published_value": "1.2E+04"}, ["published_value", "'1.2E+04'"]),
        ({"published_value": '"12,142"'}, ["12.142", "12142", "point"]),
        ({"published_value": '"12,142"', "rate": "0.0000823587547356"}, ["rate", "0.0823587547356"]),
        ({"published_value": "n/a"}, ["published_value", "'n/a'"]),
        ({"published_value": " 87.45"}, ["published_value", "' 87.45'"]),
        ({"nominal": "0"}, ["nominal", "positive whole number"]),
        ({"revision": "-1"}, ["revision", "'-1'"]),
        ({"pair": "KZT/USD"}, ["KZT/USD", "USD/KGS"]),
        ({"rate": "0.0114"}, []),
        ({"rate": "0.0115"}, ["rate", "'0.0115'", "0.0114351057747"]),
        ({"rate": "87.45"}, ["rate", "0.0114351057747"]),
        ({"rate": "dear"}, ["rate", "'dear'", "no number"]),
        ({"valuta": "x"}, ["valuta"]),
        ({"nominl": "1"}, ["'nominl'", "nominal"]),
    ],
)
def test_what_could_mean_two_things_or_none_is_refused_with_its_line(
    cells: dict[str, str], words: list[str]
) -> None:
    if not words:
        assert len(read(columns(**cells))) == 1
        return
    told = refusal(columns(**cells))
    assert told.startswith("some.csv")
    assert all(word in told for word in (*words, "expected", "Nothing was recorded"))
    assert "line 2" in told or "column" in told


def test_the_line_is_the_one_of_the_file() -> None:
    lines = [HEADER, *[LINE] * 25_000, "", "nbkr,2026-05-21,USD/KGS,x", *[LINE] * 10]
    assert "line 25003: published_value" in refusal("\n".join(lines))
    assert "line 3: 3 cells; expected 4" in refusal(f"{HEADER}\n{LINE}\nnbkr,2026-05-21,USD/KGS\n{LINE}")
    assert "line 3: " in refusal(f"{HEADER}\n{LINE}\nnbkr,".encode() + b"\xff\xff,USD/KGS,1\n")
    assert "the column published_pair is missing" in refusal("source,effective_date,published_value\n")
    assert "the column source stands there twice" in refusal(f"{HEADER},source\n")


def test_a_cell_with_the_end_of_a_line_in_it_moves_no_line_behind_it() -> None:
    """The line is that on which a record ends, as editors and csv count them."""
    header, broken = f"{HEADER},recorded_at", f'{LINE},"some\nday"'
    wrong = "nbkr,2026-05-21,USD/KGS,x,"
    assert "line 6: published_value" in refusal("\n".join([header, f"{LINE},", broken, f"{LINE},", wrong]))
    assert "line 4: 1 cells" in refusal("\n".join([header, broken, "nbkr"]))


def test_a_page_is_no_table() -> None:
    assert not is_csv(b"KGS/USD = 0.01149 0%, source, effective_date")
    assert not is_csv(b"")
    assert not is_csv(b"\xff\xfe\x00")


def test_parquet_is_read_in_whatever_types_say_it_exactly() -> None:
    cells = dict(zip(HEADER.split(","), LINE.split(","), strict=True))
    strange: dict[str, Any] = {name: [text] for name, text in cells.items()}
    day, instant = datetime(2026, 5, 21), datetime.fromisoformat("2026-05-20T18:00:00+00:00")  # noqa: DTZ001
    typed = {
        **strange,
        "effective_date": pyarrow.array([day.date()]),
        "published_value": pyarrow.array([Decimal("87.4500")]),
        "observed_at": pyarrow.array([instant], pyarrow.timestamp("ns", "Asia/Bishkek")),
        "nominal": pyarrow.array([1], pyarrow.int8()),
        "rate": pyarrow.array([Decimal("0.0114351057747")], pyarrow.decimal128(38, 24)),
        "revision": pyarrow.array([None], pyarrow.int64()),
    }
    for table in (strange, typed):
        (rows,) = read_parquet(parquet_of(table), ALL, "some.parquet")
        assert [plain_of(row) for row in rows] == [PLAIN]


@pytest.mark.parametrize(
    ("column", "cells", "words"),
    [
        ("rate", [0.01143], ["rate", "double", "decimal128"]),
        ("published_value", [87.45], ["published_value", "double"]),
        ("published_value", [None], ["row 1", "published_value", "''"]),
        ("source", ["nbkrr"], ["row 1", "source", "expected nbkr"]),
    ],
)
def test_parquet_that_has_lost_digits_or_says_nothing_is_refused(
    column: str, cells: list[Any], words: list[str]
) -> None:
    told = dict(zip(HEADER.split(","), [[text] for text in LINE.split(",")], strict=True)) | {column: cells}
    with pytest.raises(ImportRefused) as refused:
        list(read_parquet(parquet_of(told), ALL, "some.parquet"))
    assert all(word in str(refused.value) for word in ("some.parquet", *words))


def test_what_only_begins_like_parquet_is_refused() -> None:
    with pytest.raises(ImportRefused, match=r"some\.parquet is no Parquet file"):
        list(read_parquet(BytesIO(b"PAR1 or not"), ALL, "some.parquet"))


@given(
    codes=st.permutations(sorted(CURRENCIES)),
    value=st.decimals(0, 10**9, places=6).map(plain)
    | st.from_regex(r"[0-9]{1,20}[.,][0-9]{1,20}", fullmatch=True),
    nominal=st.sampled_from([1, 10, 100, 7]),
)
def test_the_rate_of_a_row_is_that_of_an_observation(codes: list[str], value: str, nominal: int) -> None:
    published = Published(Pair(*codes[:2]), value, nominal)
    said = direction(str(published.pair))
    number = Decimal(value.replace(",", "."))
    found = rate(said, number, nominal)
    assert found == (plain(published.rate(canonical(published.pair))) if number else "")
