from __future__ import annotations

from datetime import date
from string import ascii_uppercase

import pytest

from app.domain.pairs import CURRENCIES
from app.render.locale import LANGUAGES
from app.render.svg.text import SIZE, WIDEST, WIDTHS, width


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_width_of_every_letter_that_a_badge_can_have_is_known(lang: str) -> None:
    words = LANGUAGES[lang]
    days = "".join(words.day(date(2026, month, day)) for month in range(1, 13) for day in (1, 20))
    numbers = words.number("-1234567890.5") + words.percent("-12.34%")
    assert set(f"{days}{numbers}{''.join(CURRENCIES)}/·▲▼") <= WIDTHS.keys()


def test_a_text_is_as_wide_as_its_letters_together_rounded_up() -> None:
    assert width("") == 0
    assert width("0" * 50) == WIDTHS["0"] * SIZE
    assert width("0") == 8  # 7.04


def test_digits_are_all_of_one_width_so_that_numbers_do_not_jump() -> None:
    assert len({width(digit * 100) for digit in "0123456789"}) == 1


def test_a_letter_that_is_not_known_has_room_enough() -> None:
    assert "Ǆ" not in WIDTHS
    assert width("Ǆ" * 50) == WIDEST * SIZE == max(width(letter * 50) for letter in ascii_uppercase)
