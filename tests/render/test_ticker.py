from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

from app.domain.answers import Row
from app.domain.pairs import Pair
from app.render.locale import language
from app.render.ticker import StripItem, strip
from tests.render.rows import SOM, moved, ticker

ENGLISH = language("en")


def item(row: Row = SOM, digits: int | None = 6, decimals: int | None = None) -> StripItem:
    """The one item of a strip of one row."""
    (only,) = strip(ticker(row, digits=digits), ENGLISH, decimals).items
    return only


def test_an_item_carries_its_texts_ready_to_be_shown() -> None:
    found = item()
    assert found.line == "KGS/USD = 0.01144 -0.02%"
    assert (found.display, found.change_display) == ("0.01144", "-0.02%")
    assert found.name == "Kyrgyz som"
    assert found.label == "Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May"
    assert found.as_of_display == "21 May 2026"


def test_every_other_field_is_the_rows_own() -> None:
    found = item()
    texts = {"line", "display", "change_display", "name", "label", "as_of_display"}
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
