from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from app.domain.pairs import Pair
from app.render.text import number, strip
from tests.render.rows import SOM, moved, ticker

SUM = moved("-0.1", pair=Pair("UZS", "USD"), rate=Decimal("0.0000820817"))


def test_the_bare_number_has_every_digit_and_ends_its_line() -> None:
    assert number(SOM) == b"0.0114351057747\n"
    assert number(replace(SOM, rate=Decimal("8E-5"))) == b"0.00008\n"


def test_a_strip_is_one_ticker_line_an_item() -> None:
    assert strip(ticker(SOM, SUM)) == b"KGS/USD = 0.01144 -0.02%\nUZS/USD = 0.00008208 -0.1%\n"


def test_decimals_give_the_look_of_a_news_sites_strip() -> None:
    assert strip(ticker(SOM, moved("0"), SUM), decimals=5) == (
        b"KGS/USD = 0.01144 -0.02%\nKGS/USD = 0.01144 0%\nUZS/USD = 0.00008 -0.1%\n"
    )


def test_digits_that_were_not_published_are_not_shown() -> None:
    page = moved("0", pair=Pair("UZS", "USD"), rate=Decimal("0.00008"))
    assert strip(ticker(page, digits=1), decimals=7) == b"UZS/USD = 0.00008 0%\n"


def test_a_change_that_is_not_known_is_not_shown() -> None:
    assert strip(ticker(moved(None))) == b"KGS/USD = 0.01144\n"


def test_a_strip_without_items_is_empty() -> None:
    assert strip(ticker()) == b""
