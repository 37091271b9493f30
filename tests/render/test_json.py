from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.answers import FLAT, OPTIONAL, LatestRow, named
from app.domain.pairs import Pair
from app.render.json import encode, instant
from tests.render.rows import SOM, moved
from tests.said import at

decimals = st.decimals(allow_nan=False, allow_infinity=False, places=None)


def test_a_row_is_written_field_for_field_as_the_design_shows_it() -> None:
    assert encode(SOM).decode() == (
        '{"pair":"KGS/USD","base":"KGS","quote":"USD","rate":0.0114351057747,"inverse":87.45,"source":"nbkr",'
        '"kind":"official","fallback":false,"effective_date":"2026-05-21","observed_at":"2026-05-20T18:00:00Z",'
        '"fetched_at":"2026-05-20T10:31:03.907Z","recorded_at":"2026-05-20T10:31:04.218Z","revision":0,'
        '"version":412,"seq":41,"published":{"pair":"USD/KGS","value":"87.4500","nominal":1},'
        '"change":{"basis":"previous_publication","pct":-0.021269,"abs":-0.00000243268399465,'
        '"reference":{"rate":0.0114375384587,"effective_date":"2026-05-20"},"span_days":1},"status":"fresh",'
        '"late_at":"2026-05-21T11:30:00Z","stale_at":"2026-05-22T11:00:00Z",'
        '"expected_next_at":"2026-05-21T09:00:00Z","held":null}'
    )


def test_a_number_has_no_exponent_and_no_idle_zero() -> None:
    numbers = {"small": Decimal("1.2300E-7"), "large": Decimal("12E3"), "whole": Decimal("3.000")}
    assert encode(numbers) == b'{"small":0.000000123,"large":12000,"whole":3}'


def test_zero_has_no_sign() -> None:
    assert encode({"pct": Decimal("-0.000")}) == b'{"pct":0}'


@given(decimals)
def test_every_digit_of_a_number_comes_back(number: Decimal) -> None:
    written = encode({"rate": number})
    assert b"e" not in written.removeprefix(b'{"rate":').lower()
    assert json.loads(written, parse_float=Decimal, parse_int=Decimal)["rate"] == number


def test_twenty_digits_come_back_whole() -> None:
    assert encode([Decimal("12345678901234567890.12345678901234567891")]) == (
        b"[12345678901234567890.12345678901234567891]"
    )


def test_a_rate_of_fifteen_digits_reads_back_exactly_as_a_double() -> None:
    written = encode({"rate": Decimal("0.0114351057747123")})
    assert repr(json.loads(written)["rate"]) == "0.0114351057747123"


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (at("2026-05-20 18:00"), "2026-05-20T18:00:00Z"),
        (at("2026-05-20 18:00:00.200"), "2026-05-20T18:00:00.200Z"),
        (datetime(2026, 5, 21, tzinfo=timezone(timedelta(hours=6))), "2026-05-20T18:00:00Z"),
    ],
)
def test_an_instant_is_in_utc_with_milliseconds_only_where_it_has_some(
    moment: datetime, written: str
) -> None:
    assert instant(moment) == written
    assert encode([moment]) == f'["{written}"]'.encode()


def test_a_day_and_a_pair_are_text() -> None:
    assert encode({"pair": Pair("KGS", "USD"), "date": date(2026, 5, 21)}) == (
        b'{"pair":"KGS/USD","date":"2026-05-21"}'
    )


def test_an_optional_field_without_a_value_is_left_out() -> None:
    assert b'"reason"' not in encode(SOM.change)
    assert b'"reason":"no-earlier-publication"' in encode(moved(None).change)


def test_a_flat_field_gives_its_own_fields_in_its_place() -> None:
    row = json.loads(encode(SOM))
    assert list(json.loads(encode(LatestRow(SOM, None)))) == [*row, "upcoming"]


def test_a_field_named_after_a_word_of_the_language_has_that_name() -> None:
    @dataclass(frozen=True)
    class Span:
        from_: int = field(metadata=named("from"))
        to: int

    assert encode(Span(1, 2)) == b'{"from":1,"to":2}'


def test_only_the_metadata_decides_what_is_optional_or_flat() -> None:
    @dataclass(frozen=True)
    class Inner:
        a: int | None = field(metadata=OPTIONAL)
        b: int | None

    @dataclass(frozen=True)
    class Outer:
        inner: Inner = field(metadata=FLAT)
        kept: Inner

    assert encode(Outer(Inner(None, None), Inner(1, 2))) == b'{"b":null,"kept":{"a":1,"b":2}}'


def test_a_simulated_body_says_so_first() -> None:
    assert encode(SOM, simulated=True).startswith(b'{"simulated":true,"pair":"KGS/USD",')
    assert encode({"status": "alive"}, simulated=True) == b'{"simulated":true,"status":"alive"}'


def test_the_same_answer_gives_the_same_bytes() -> None:
    assert encode(SOM) == encode(replace(SOM))


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError):
        encode({"rates": {1, 2}})
