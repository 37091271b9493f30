"""The DataFrames, as whoever works with them sees them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas
import pytest

from app.domain.table import CARRIED, COLUMNS
from tests.client.conftest import Asks, Service, table

CELLS = list(COLUMNS[:2]) + list(COLUMNS[3:])
ROW = (
    *("KGS/USD", "nbkr", "2026-05-20", "2026-05-19T18:00:00Z", "0.0114375384587"),
    *("USD/KGS", "87.4314", "1", "0", "2026-05-20T10:31:04.218Z"),
)
CANDLES = """{"pair":"KGS/USD","interval":"1h","source":"fawazahmed0","derived":false,"candles":[
{"start":"2026-05-21T00:00:00Z","end":"2026-05-21T01:00:00Z","open":87,"high":87.5,"low":86.12345678901,"close":87,
 "mean":87,"count":3,"complete":true,"sources":["fawazahmed0"]},
{"start":"2026-05-21T23:00:00Z","end":"2026-05-22T00:00:00Z","open":87,"high":87,"low":87,"close":87,
 "mean":87,"count":0,"complete":false,"sources":[],"carried_from":"2026-05-21T00:00:00Z"}],"next":null}"""


def test_a_history_has_the_columns_of_the_table_by_effective_date(rates: Asks) -> None:
    frame = rates("history", "KGS/USD")
    assert frame.index.name == "effective_date"
    assert list(frame.columns) == CELLS
    assert list(frame.reset_index()[list(COLUMNS)].columns) == list(COLUMNS)
    assert frame.index.tz is None
    assert frame.loc["2026-05-21", "rate"] == Decimal("0.0114351057747")
    assert isinstance(frame["rate"].iloc[0], Decimal)
    assert str(frame["observed_at"].iloc[0]) == "2026-05-19 18:00:00+00:00"
    assert frame["published_value"].iloc[1] == "87.4500"


def test_floats_are_the_nearest_of_every_rate(rates: Asks) -> None:
    exact, floats = rates("history", "USD/KGS"), rates("history", "USD/KGS", numbers="float")
    assert floats["rate"].dtype == "float64"
    assert [Decimal(str(rate)) for rate in floats["rate"]] == list(exact["rate"])
    assert floats["rate"].resample("MS").mean().iloc[0] == pytest.approx(87.4407)


def test_a_frame_without_rows_has_the_types_of_one_with(rates: Asks) -> None:
    for numbers in ("decimal", "float"):
        some = rates("history", "KGS/USD", numbers=numbers, fill="previous")
        none = rates("history", "TJS/USD", numbers=numbers, fill="previous")
        assert (len(none), len(some)) == (0, 2)
        assert dict(none.dtypes) == dict(some.dtypes)
        assert none.index.dtype == some.index.dtype
        some, none = (rates("candles", pair, numbers=numbers) for pair in ("KGS/USD", "TJS/USD"))
        assert (len(none), len(some)) == (0, 2)
        assert dict(none.dtypes) == dict(some.dtypes)
        assert none.index.dtype == some.index.dtype


def test_a_row_that_fills_a_gap_says_where_it_is_from(rates: Asks) -> None:
    frame = rates(
        "history", "KZT/USD", source="page", since="2025-01-06", until="2025-01-09", fill="previous"
    )
    assert list(frame.columns) == [*CELLS, CARRIED.name]
    assert frame[CARRIED.name].isna().tolist() == [True, False, False]
    assert frame[CARRIED.name].iloc[1] == frame.index[0] == pandas.Timestamp("2025-01-07")


def test_a_history_goes_on_where_the_last_one_ended(rates: Asks) -> None:
    whole = rates("history", "KGS/USD")
    rest = rates("history", "KGS/USD", since=whole.index[-1])
    pandas.testing.assert_frame_equal(rest, whole.iloc[-1:])


def test_several_pairs_stand_below_each_other_day_by_day(rates: Asks) -> None:
    frame = rates("history", ["KGS/USD", "USD/KGS", "TJS/USD"], since=date(2026, 5, 20), numbers="float")
    assert list(frame.columns) == CELLS
    assert list(frame["pair"]) == ["KGS/USD", "USD/KGS"] * 2
    turned = frame.pivot(columns="pair", values="rate")
    assert turned.loc["2026-05-21"].to_dict() == {"KGS/USD": 0.0114351057747, "USD/KGS": 87.45}


def test_a_wide_history_has_a_column_for_each_pair_or_source(rates: Asks) -> None:
    frame = rates("history", ["USD/KGS", "KZT/USD"], layout="wide")
    assert list(frame.columns) == ["USD/KGS", "KZT/USD"]
    assert list(frame.index) == [pandas.Timestamp(day) for day in ("2025-01-07", "2026-05-20", "2026-05-21")]
    assert frame["USD/KGS"].iloc[1:].tolist() == [Decimal("87.4314"), Decimal("87.45")]
    assert frame.isna().to_numpy().tolist() == [[True, False], [False, True], [False, True]]
    floats = rates("history", "USD/KGS", layout="wide", source="*", numbers="float")
    assert floats.to_dict("list") == {"USD/KGS nbkr": [87.4314, 87.45]}
    assert list(floats.dtypes) == ["float64"]


def test_a_cross_that_nobody_printed_leaves_open_what_only_a_print_has(asks: Asks, service: Service) -> None:
    cells = ["KGS/KZT", "", "2026-05-21", "2026-05-20T18:00:00Z", "5.48885077187", "", "", "", "", ""]
    service.tell(table(cells, header=COLUMNS))
    row = asks("history", "KGS/KZT").iloc[0]
    assert (row["pair"], row["rate"]) == ("KGS/KZT", Decimal("5.48885077187"))
    assert all(pandas.isna(row[name]) for name in ("source", "published_value", "nominal", "recorded_at"))


def test_candles_of_an_hour_begin_at_instants_at_midnight_too(asks: Asks, service: Service) -> None:
    service.tell(CANDLES)
    frame = asks("candles", "KGS/USD", interval="1h", fill="previous")
    assert [str(start) for start in frame.index] == ["2026-05-21 00:00:00+00:00", "2026-05-21 23:00:00+00:00"]
    assert str(frame["end"].iloc[1]) == "2026-05-22 00:00:00+00:00"
    assert frame[CARRIED.name].isna().tolist() == [True, False]
    assert frame["low"].iloc[0] == Decimal("86.12345678901")
    assert all(isinstance(each, Decimal) for each in frame["open"])
    assert frame["sources"].tolist() == [("fawazahmed0",), ()]


def test_candles_of_days_begin_on_days(rates: Asks) -> None:
    frame = rates("candles", "KGS/USD", interval="1mo", numbers="float")
    assert list(frame.index) == [pandas.Timestamp("2026-05-01")]
    assert frame.index.tz is None
    assert list(frame.columns) == [
        "end",
        "open",
        "high",
        "low",
        "close",
        "mean",
        "count",
        "complete",
        "sources",
    ]
    assert frame["close"].tolist() == [0.0114351057747]


def test_simulated_rates_are_marked_as_that(asks: Asks, service: Service) -> None:
    service.tell(table(ROW, header=COLUMNS), silkrate_simulated="1")
    assert asks("history", "KGS/USD").attrs == {"simulated": True}
    service.tell(CANDLES.replace("{", '{"simulated":true,', 1))
    service.replies.pop(0)
    assert asks("candles", "KGS/USD", interval="1h").attrs == {"simulated": True}


def test_real_rates_are_not(rates: Asks) -> None:
    assert rates("history", "KGS/USD").attrs == rates("candles", "KGS/USD").attrs == {}
