from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from app.domain.answers import Row
from app.domain.change import UNMEASURED
from app.domain.pairs import Pair
from app.render.locale import language
from app.render.ticker import Nominal, StripItem, strip
from tests.render.rows import SOM, moved, ticker

ENGLISH = language("en")


def item(
    row: Row = SOM, digits: int | None = 6, decimals: int | None = None, nominal: Nominal = "1"
) -> StripItem:
    """The one item of a strip of one row."""
    (only,) = strip(ticker(row, digits=digits), ENGLISH, decimals, nominal=nominal).items
    return only


def of_the_sum(rate: str) -> Row:
    """A row of UZS/USD that fell by 0.1 percent."""
    return replace(moved("-0.1"), pair=Pair("UZS", "USD"), base="UZS", rate=Decimal(rate))


def test_an_item_carries_its_texts_ready_to_be_shown() -> None:
    found = item()
    assert found.line == "KGS/USD = 0.01144 -0.02%"
    assert (found.display, found.change_display) == ("0.01144", "-0.02%")
    assert found.name == "Kyrgyz som"
    assert found.label == "Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May"
    assert found.as_of_display == "21 May 2026"


def test_every_other_field_is_the_rows_own() -> None:
    found = item()
    texts = {"line", "nominal", "symbol", "display", "change_display", "name", "label", "as_of_display"}
    for each in fields(StripItem):
        if each.name not in texts:
            assert getattr(found, each.name) == getattr(SOM, each.name), each.name


def test_marks_are_in_the_shown_rate_and_never_in_the_line() -> None:
    found = item(replace(SOM, pair=Pair("USD", "UZS"), base="USD", quote="UZS", rate=Decimal("12142.1")))
    assert (found.display, found.line) == ("12,142.1", "USD/UZS = 12142.1 -0.02%")


def test_decimals_reach_the_line_and_the_shown_rate_but_not_the_rate() -> None:
    found = item(decimals=3)
    assert (found.display, found.line, found.rate) == ("0.011", "KGS/USD = 0.011 -0.02%", SOM.rate)


def test_a_change_that_is_not_known_has_no_text() -> None:
    assert item(moved(None)).change_display is None


def test_a_change_too_small_to_show_is_zero_without_a_sign() -> None:
    assert item(moved("-0.004")).change_display == "0%"


def test_a_strip_keeps_the_order_and_the_place_in_the_log() -> None:
    other = replace(SOM, pair=Pair("TJS", "USD"), base="TJS")
    found = strip(ticker(other, SOM), ENGLISH)
    assert [each.pair.base for each in found.items] == ["TJS", "KGS"]
    assert (found.version, found.seq, found.poll_after, found.updated_at) == (412, 41, 60, SOM.recorded_at)


def test_where_no_change_is_asked_for_none_is_in_any_text() -> None:
    found = item(replace(SOM, change=UNMEASURED))
    assert (found.line, found.change_display) == ("KGS/USD = 0.01144", None)
    assert found.label == "Kyrgyz som, 0.01144 US dollars"


def test_a_rate_too_small_to_be_read_is_shown_of_a_thousand() -> None:
    found = item(of_the_sum("0.0000820831"), nominal="auto")
    assert (found.nominal, found.symbol, found.display) == (1000, "1,000 UZS/USD", "0.08208")
    assert found.label == "1,000 Uzbekistani sums, 0.08208 US dollars, down 0.1 percent since 20 May"


def test_line_rate_name_and_change_are_of_one_unit_whatever_is_shown() -> None:
    row = of_the_sum("0.0000820831")
    one, many = item(row), item(row, nominal="auto")
    assert one.display == "0.00008208"
    shown = {"nominal", "symbol", "display", "label"}
    differing = {
        each.name for each in fields(StripItem) if getattr(one, each.name) != getattr(many, each.name)
    }
    assert differing == shown
    assert many.line == "UZS/USD = 0.00008208 -0.1%"


@pytest.mark.parametrize(
    ("rate", "nominal"),
    [("0.000999999999", 1000), ("0.001", 1), ("0.00212", 1), ("12142.1", 1), ("0.0000000821", 1000)],
)
def test_a_thousand_are_shown_where_one_is_less_than_a_thousandth(rate: str, nominal: int) -> None:
    row = of_the_sum(rate)
    assert (item(row, nominal="auto").nominal, item(row).nominal) == (nominal, 1)
    assert item(row, nominal="auto").symbol.startswith("1,000 ") == (nominal == 1000)
    assert item(row).symbol == "UZS/USD"


@pytest.mark.parametrize(
    ("rate", "digits", "decimals", "display"),
    [
        ("0.00008", 1, None, "0.08"),
        ("0.00008", 1, 5, "0.08"),
        ("0.0000820831", 6, 5, "0.08208"),
        ("0.0000820831", 6, 8, "0.0820831"),
        ("0.0000820831", 2, None, "0.082"),
        ("0.0000000820831", 6, None, "0.00008208"),
        ("0.0005", None, None, "0.5000"),
    ],
)
def test_a_thousand_have_no_more_digits_than_one_was_published_with(
    rate: str, digits: int | None, decimals: int | None, display: str
) -> None:
    assert item(of_the_sum(rate), digits, decimals, "auto").display == display
