from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.domain.answers import Row
from app.domain.change import UNCHANGED_BY_DECREE, Change
from app.domain.errors import BadParameter
from app.domain.pairs import CURRENCIES, Pair
from app.domain.ticks import Wanted
from app.render.locale import LANGUAGES, language
from tests.render.rows import SOM, TICK, moved
from tests.said import at

ENGLISH = language("en")


@pytest.mark.parametrize(
    ("plain", "written"),
    [
        ("12345.01149", "12,345.01149"),
        ("0.00008208", "0.00008208"),
        ("-0.22", "-0.22"),
        ("-1234567", "-1,234,567"),
        ("3.500", "3.500"),
    ],
)
def test_english_groups_thousands_and_keeps_every_digit(plain: str, written: str) -> None:
    assert ENGLISH.number(plain) == written


def test_a_percent_is_a_number_with_its_sign() -> None:
    assert [ENGLISH.percent(each) for each in ("-0.22%", "0%", "1234.5%")] == ["-0.22%", "0%", "1,234.5%"]


def test_every_currency_has_a_name_in_every_language() -> None:
    assert all(each.currency(code) for each in LANGUAGES.values() for code in CURRENCIES)


def test_a_day_and_a_moment_are_written_out() -> None:
    assert ENGLISH.day(date(2026, 5, 21)) == "21 May 2026"
    assert ENGLISH.moment(at("2026-05-21 09:05:12.442")) == "21 May 2026, 09:05 UTC"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (SOM, "Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May"),
        (moved("1.5"), "Kyrgyz som, 0.01144 US dollars, up 1.5 percent since 20 May"),
        (moved("0"), "Kyrgyz som, 0.01144 US dollars, unchanged since 20 May"),
        (moved("0.001"), "Kyrgyz som, 0.01144 US dollars, up by less than 0.01 percent since 20 May"),
        (moved("-0.00343"), "Kyrgyz som, 0.01144 US dollars, down by less than 0.01 percent since 20 May"),
        (moved("-0.0051"), "Kyrgyz som, 0.01144 US dollars, down 0.01 percent since 20 May"),
        (
            moved("1", date(2025, 12, 30)),
            "Kyrgyz som, 0.01144 US dollars, up 1 percent since 30 December 2025",
        ),
        (moved("-0.22", None), "Kyrgyz som, 0.01144 US dollars, down 0.22 percent"),
        (moved(None), "Kyrgyz som, 0.01144 US dollars"),
        (replace(SOM, change=UNCHANGED_BY_DECREE), "Kyrgyz som, 0.01144 US dollars, fixed by decree"),
    ],
)
def test_a_row_is_spoken_as_one_sentence(row: Row, sentence: str) -> None:
    assert ENGLISH.spoken(row, "0.01144") == sentence


def test_an_inverse_row_is_spoken_of_the_dollar() -> None:
    inverse = replace(
        SOM,
        pair=Pair("USD", "KGS"),
        base="USD",
        quote="KGS",
        change=Change("previous_publication", Decimal("0.02")),
    )
    assert ENGLISH.spoken(inverse, "87.45") == "US dollar, 87.45 Kyrgyz soms, up 0.02 percent"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("KGS", "1,000 Kyrgyz soms, 0.08208 US dollars, down 0.02 percent since 20 May"),
        ("KZT", "1,000 Kazakhstani tenge, 0.08208 US dollars, down 0.02 percent since 20 May"),
        ("TJS", "1,000 Tajikistani somonis, 0.08208 US dollars, down 0.02 percent since 20 May"),
        ("UZS", "1,000 Uzbekistani sums, 0.08208 US dollars, down 0.02 percent since 20 May"),
        ("TMT", "1,000 Turkmenistani manats, 0.08208 US dollars, down 0.02 percent since 20 May"),
    ],
)
def test_a_thousand_are_spoken_of_in_the_plural(code: str, sentence: str) -> None:
    row = replace(SOM, pair=Pair(code, "USD"), base=code)
    assert ENGLISH.spoken(row, "0.08208", 1000) == sentence


def test_a_tick_is_titled_as_people_would_say_it() -> None:
    assert ENGLISH.title(TICK, "0.01144") == "KGS/USD 0.01144, down 0.02% since 20 May"
    barely = replace(TICK, change=moved("-0.00343").change)
    assert ENGLISH.title(barely, "0.01144") == "KGS/USD 0.01144, down by less than 0.01% since 20 May"
    decreed = replace(TICK, change=UNCHANGED_BY_DECREE)
    assert ENGLISH.title(decreed, "0.01144") == "KGS/USD 0.01144, fixed by decree"
    first = replace(TICK, change=moved(None).change)
    assert ENGLISH.title(first, "0.01144") == "KGS/USD 0.01144"


def test_a_correction_says_so_first_and_then_what_it_corrects() -> None:
    correction = replace(TICK, cause="revision", corrects=36)
    assert ENGLISH.title(correction, "0.01144").startswith("Correction: KGS/USD 0.01144, ")
    assert ENGLISH.story(correction, "0.01144", "0.01145", "the bank") == (
        "1 KGS = 0.01144 USD for 21 May 2026, by the bank. It corrects the rate told before, 0.01145."
    )


def test_a_plain_story_ends_with_who_says_so() -> None:
    assert ENGLISH.story(TICK, "0.01144", "0.01144", "the bank") == (
        "1 KGS = 0.01144 USD for 21 May 2026, by the bank."
    )


SOM_ALONE = frozenset([Pair("KGS", "USD")])

ALL = "Exchange rates of Central Asia"


@pytest.mark.parametrize(
    ("wanted", "name", "promise"),
    [
        (Wanted(), ALL, "Every change of the rates in force, once: "),
        (Wanted(SOM_ALONE), "Exchange rates: KGS/USD", "Every change of the rates in force, once: "),
        (Wanted(frozenset(), True), f"{ALL} (only changes of the rate)", "Only changes of the rate, once: "),
        (
            Wanted(SOM_ALONE, False, Decimal("0.50")),
            "Exchange rates: KGS/USD (changes of 0.5% or more)",
            "Changes of 0.5% or more, once: ",
        ),
        (Wanted(frozenset(), True, Decimal(1)), f"{ALL} (changes of 1% or more)", "Changes of 1% or more, "),
        (Wanted(frozenset(), True, Decimal(0)), f"{ALL} (only changes of the rate)", "Only changes of the "),
        (Wanted(frozenset(), False, Decimal(0)), ALL, "Every change of the rates in force, once: "),
    ],
)
def test_a_feed_is_named_after_its_pairs_and_what_it_has_of_them(
    wanted: Wanted, name: str, promise: str
) -> None:
    assert ENGLISH.about(wanted)[0] == name
    assert ENGLISH.about(wanted)[1].startswith(promise)


def test_a_language_is_found_in_whatever_case() -> None:
    assert language("uz-cyrl").tag == "uz-Cyrl"
    assert [language(tag.upper()) for tag in LANGUAGES] == [*LANGUAGES.values()]


def test_a_language_that_is_not_offered_is_refused_by_name() -> None:
    with pytest.raises(BadParameter, match="'fr' is no language") as refused:
        language("fr")
    assert refused.value.parameter == "lang"
    assert refused.value.expected == "ky or kk or tg or uz or uz-Cyrl or tk or ru or en"
