"""The form that is hashed: the same for ever and on every engine, and different for whatever is different."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pairs import Pair
from app.store import chain

BISHKEK = timezone(timedelta(hours=6))


def test_a_row_is_hashed_in_the_form_that_is_written_down() -> None:
    row = {"seq": 7, "pair": Pair("KGS", "USD"), "unchanged": True, "corrects": None, "hash": "any"}
    form = "ticks\npair t7:KGS/USD\nseq i1:7\nunchanged i1:1"
    assert chain.row_hash("ticks", row) == sha256(form.encode()).hexdigest()


def test_a_version_is_hashed_with_the_one_before_and_its_rows_in_their_order() -> None:
    form = "versions\nrecorded_at t32:2026-05-21 06:00:00.000000+00:00\nversion i1:3\nA\nB"
    written = chain.contents(3, datetime(2026, 5, 21, 6, tzinfo=UTC), ["A", "B"])
    assert written == sha256(form.encode()).hexdigest()
    assert chain.link("before", written) == sha256(f"before\n{written}".encode()).hexdigest()


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (datetime(2026, 5, 21, 12, tzinfo=BISHKEK), datetime(2026, 5, 21, 6, tzinfo=UTC)),
        (datetime(2026, 5, 21, 6, tzinfo=UTC), "2026-05-21 06:00:00.000000+00:00"),
        (date(2026, 5, 21), "2026-05-21"),
        (True, 1),
        (Decimal("8.1E-7"), "0.00000081"),
        (Pair("KGS", "USD"), "KGS/USD"),
        (b"\x00\xff", memoryview(b"\x00\xff")),
    ],
)
def test_a_value_is_hashed_alike_as_it_is_written_and_as_any_engine_gives_it_back(
    written: Any, found: Any
) -> None:
    assert chain.row_hash("ticks", {"x": written}) == chain.row_hash("ticks", {"x": found})


DIFFERENT: list[dict[str, Any]] = [
    {"a": None, "b": None},
    {"a": "", "b": None},
    {"a": None, "b": ""},
    {"a": "1", "b": None},
    {"a": 1, "b": None},
    {"a": 1.0, "b": None},
    {"a": b"1", "b": None},
    {"a": b"", "b": None},
    {"a": "1.0", "b": None},
    {"a": "1\nb t1:2", "b": None},
    {"a": "1", "b": "2"},
    {"a": "12", "b": ""},
    {"a": "2026-05-21T06:00:00.000000+00:00"},
    {"a": "2026-05-21 06:00:00.000000+00:00"},
    {"a": "\udcff"},
]


def test_what_differs_in_any_way_has_another_hash() -> None:
    hashes = {chain.row_hash(table, row) for row in DIFFERENT for table in ("ticks", "closures")}
    assert len(hashes) == 2 * len(DIFFERENT)


def test_a_column_that_is_added_later_and_empty_changes_no_hash() -> None:
    assert chain.row_hash("ticks", {"a": "1"}) == chain.row_hash("ticks", {"a": "1", "later": None})


VALUES = st.one_of(
    *(
        st.none(),
        st.text(),
        st.integers(),
        st.booleans(),
        st.binary(),
        st.dates(),
        st.floats(allow_nan=False),
    ),
    *(st.datetimes(timezones=st.timezones()), st.decimals(allow_nan=False, allow_infinity=False, places=3)),
    st.sampled_from([Pair("KGS", "USD"), Pair("USD", "KGS")]),
)
COLUMNS = st.one_of(
    st.lists(VALUES, min_size=3, max_size=3), st.lists(st.text(max_size=3), min_size=3, max_size=3)
)


@given(columns=st.dictionaries(st.text(min_size=1), COLUMNS, min_size=1))
def test_many_rows_have_the_hashes_that_each_has(columns: dict[str, list[Any]]) -> None:
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    if columns.keys() - {"hash"}:
        assert chain.row_hashes("ticks", columns) == [chain.row_hash("ticks", row) for row in rows]


def test_values_that_are_equal_and_have_other_texts_keep_them() -> None:
    columns: dict[str, list[Any]] = {"a": [1, True, Decimal("1.0"), Decimal("1.00"), 1.0], "b": ["x"] * 5}
    assert len(set(chain.row_hashes("ticks", columns))) == 4
