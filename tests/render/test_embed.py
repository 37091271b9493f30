from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.domain.answers import Row
from app.domain.change import UNCHANGED_BY_DECREE, UNMEASURED
from app.domain.pairs import Pair
from app.render.embed import Embedded, Shown, embedded, moved
from app.render.json import encode
from app.render.locale import language
from app.render.ticker import strip
from tests.render.rows import SOM, ticker
from tests.render.rows import moved as changed

SUM = replace(changed("-0.1"), pair=Pair("UZS", "USD"), base="UZS", rate=Decimal("0.00008208"), source="cbu")
MANAT = replace(
    SOM,
    pair=Pair("TMT", "USD"),
    base="TMT",
    kind="peg",
    source="peg",
    change=UNCHANGED_BY_DECREE,
    effective_date=date(2015, 1, 1),
    stale_at=None,
)


def shown(*rows: Row, lang: str = "en", simulated: bool = False) -> Embedded:
    """What the widget shows of a strip of these rows."""
    return embedded(strip(ticker(*rows), language(lang), nominal="auto"), simulated=simulated)


def only(row: Row, lang: str = "en") -> Shown:
    """The one item of a strip of one row."""
    (item,) = shown(row, lang=lang).items
    return item


def test_an_item_has_what_people_see_and_hear_and_until_when_it_is_true() -> None:
    assert only(SOM) == Shown(
        pair="KGS/USD",
        name="Kyrgyz som",
        display="0.01144",
        change_display="-0.02%",
        moved="down",
        label="Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May",
        source="nbkr",
        stale_at=SOM.stale_at,
    )


@pytest.mark.parametrize(
    ("pct", "way", "display"),
    [("1.5", "up", "+1.5%"), ("-1.5", "down", "-1.5%"), ("0", "flat", "0%"), ("0.004", "flat", "0%")],
)
def test_a_change_points_where_it_is_shown_to_and_has_its_sign(pct: str, way: str, display: str) -> None:
    item = only(changed(pct))
    assert (item.moved, item.change_display) == (way, display)


@pytest.mark.parametrize("change", [changed(None).change, UNMEASURED])
def test_a_change_that_is_not_known_or_not_wanted_is_not_shown(change: object) -> None:
    item = only(replace(SOM, change=change))  # type: ignore[arg-type]  # a change
    assert (item.moved, item.change_display) == ("flat", None)


def test_what_is_too_small_to_read_is_shown_of_a_thousand_and_says_so() -> None:
    item = only(SUM)
    assert (item.pair, item.symbol, item.display) == ("UZS/USD", "1,000 UZS/USD", "0.08208")


def test_a_name_begins_a_line() -> None:
    assert only(SOM, "ru").name == "Кыргызский сом"


def test_the_day_of_a_strip_is_the_newest_of_its_rates_and_of_no_decree() -> None:
    late = replace(SOM, effective_date=date(2026, 5, 20))
    found = shown(MANAT, late, SUM)
    assert found.as_of_display == "21 May 2026"
    assert [item.as_of_display for item in found.items] == ["1 January 2015", "20 May 2026", None]


def test_the_day_of_a_strip_of_decrees_is_theirs() -> None:
    assert shown(MANAT).as_of_display == "1 January 2015"


def test_made_up_rates_are_said_to_be() -> None:
    assert shown(SOM, simulated=True).as_of_display == "simulated, 21 May 2026"


def test_what_is_as_usual_is_left_out_of_the_bytes() -> None:
    assert encode(shown(SOM)) == (
        b'{"poll_after":60,"as_of_display":"21 May 2026","items":[{"pair":"KGS/USD","name":"Kyrgyz som",'
        b'"display":"0.01144","change_display":"-0.02%","moved":"down",'
        b'"label":"Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May","source":"nbkr",'
        b'"stale_at":"2026-05-22T11:00:00Z"}]}'
    )


def test_a_way_is_that_of_an_item_of_the_strip() -> None:
    (item,) = strip(ticker(SOM), language("en")).items
    assert moved(item) == "down"
