"""The converter as people use it; its numbers are held against the API's elsewhere."""

from __future__ import annotations

import pytest

from tests.web.conftest import Client
from tests.web.pages.conftest import page


@pytest.mark.parametrize(
    ("lang", "typed", "result"),
    [
        ("en", "1,000.50", "1,000.50 USD = 87,493.72 KGS"),
        ("en", "12.5", "12.5 USD = 1,093.12 KGS"),
        ("ru", "12,5", "12,5 USD = 1 093,12 KGS"),
        ("ru", "1 000,50", "1 000,50 USD = 87 493,72 KGS"),
        ("ru", "12.5", "12,5 USD = 1 093,12 KGS"),
    ],
)
def test_an_amount_is_read_as_people_of_the_language_write_it(
    rich: Client, lang: str, typed: str, result: str
) -> None:
    assert result in page(rich, f"/convert?lang={lang}&amount={typed.replace(' ', '%20')}").text


def test_an_amount_that_can_be_read_in_two_ways_is_refused_not_guessed(rich: Client) -> None:
    assert "amount is '12,5'." in page(rich, "/convert?lang=en&amount=12,5", 422).text


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("amount=-5", 422, "amount is '-5'."),
        ("amount=many", 422, "Expected: a number such as 100 or 0.5"),
        (
            "from=GBP",
            404,
            "'GBP' is not a currency served here. Expected: one of KGS, KZT, TJS, UZS, TMT, USD",
        ),
        ("from=KGS&to=KGS", 404, "KGS is converted to itself."),
    ],
)
def test_what_cannot_be_converted_is_told_on_a_page(rich: Client, asked: str, status: int, said: str) -> None:
    assert said in page(rich, f"/convert?{asked}", status).text


def test_an_empty_field_has_its_default_and_what_is_unknown_is_passed_over(rich: Client) -> None:
    assert (
        "100 USD = 8,745.00 KGS" in page(rich, "/convert?amount=&from=&to=KGS&date=&utm_source=letter").text
    )


def test_what_was_asked_stands_in_the_form(rich: Client) -> None:
    text = rich.get("/convert?from=UZS&to=KZT&amount=5000000").text
    assert 'value="5,000,000"' in text
    assert '<option value="UZS" selected>' in text
    assert '<option value="KZT" selected>' in text


def test_a_conversion_through_the_dollar_says_so(rich: Client) -> None:
    assert "(through the dollar)" in page(rich, "/convert?from=UZS&to=KZT").text


def test_a_day_can_be_asked_for(rich: Client) -> None:
    assert "20 May 2026" in page(rich, "/convert?date=2026-05-20").text
