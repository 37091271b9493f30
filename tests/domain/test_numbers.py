import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.numbers import (
    MAX_LITERAL,
    bare,
    fixed,
    inverses,
    magnitude,
    parse_decimal,
    plain,
    quotient,
    significant,
    significant_digits,
    trimmed,
)

EVERYTHING = Context(prec=1000, rounding=ROUND_HALF_EVEN)
"""Digits enough that no division below is rounded anywhere near a tie."""

numbers = st.fractions(min_value=-(10**40), max_value=10**40, max_denominator=10**20) | st.builds(
    # just on the middle between two neighbours, at every size
    lambda odd, power: (2 * odd + 1) * Fraction(5) * Fraction(10) ** power,
    st.integers(-(10**16), 10**16),
    st.integers(-40, 20),
)
decimals = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**25), 10**25),
    st.integers(-60, 60),
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("87,4500", "87.4500"),
        ("12194.21", "12194.21"),
        ("  0,0073\n", "0.0073"),
        ("+2.44", "2.44"),
        ("-16.5", "-16.5"),
        ("\u22120.22", "-0.22"),
        ("\u20130.22", "-0.22"),
        ("\ufe630.22", "-0.22"),
        ("\uff0d0.22", "-0.22"),
        ("480", "480"),
        ("0,0000", "0.0000"),
        ("007", "7"),
    ],
)
def test_a_printed_number_is_read_with_either_decimal_mark_and_any_minus(text: str, number: str) -> None:
    assert str(parse_decimal(text)) == number


def test_a_literal_of_twenty_digits_comes_back_whole() -> None:
    assert trimmed(parse_decimal("12345678901.2345678901")) == "12345678901.2345678901"


@pytest.mark.fuzz
@given(
    st.sampled_from(["", "+", "-"]),
    st.integers(0, 10**20),
    st.text("0123456789", max_size=40),
    st.sampled_from(".,"),
)
def test_every_printed_digit_is_kept(sign: str, whole: int, decimal_places: str, mark: str) -> None:
    literal = f"{sign}{whole}{mark}{decimal_places}" if decimal_places else f"{sign}{whole}"
    parsed = parse_decimal(literal)
    assert plain(parsed.copy_abs()) == literal.lstrip("+-").replace(",", ".")
    assert parsed.is_signed() == (sign == "-")


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", "+", ".", ",", ".5", "5.", "--5", "+-5", "- 5", "5-"),
        *("NaN", "nan", "Infinity", "-inf", "1e5", "1E-5", "0x10", "1_000", "1/87", "50%", "$5"),
        *("1 000", "1\u00a0000,5", "1,234.5", "1.234,5", "1,234,567", "1'000"),
        *("\u0661\u0662\u0663", "\uff11\uff12", "\u00bd", "\u00b2", "8\u0667.45", "87,45\x00", "87.45\u200b"),
        "9" * (MAX_LITERAL + 1),
    ],
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a plain decimal number such as"):
        parse_decimal(text)


@pytest.mark.parametrize(
    "text", ["9" * 1_000_000, "0." + "0" * 1_000_000, " " * 1_000_000 + "e", "x" * 1_000_000]
)
def test_a_megabyte_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not a plain decimal number") as refused:
        parse_decimal(text)
    assert len(str(refused.value)) < 200


@pytest.mark.fuzz
@given(st.text() | st.text("0123456789.,-+eE_ \u2212\u0660", max_size=12))
def test_any_text_is_either_a_number_of_its_own_digits_or_a_value_error(text: str) -> None:
    try:
        parsed = parse_decimal(text)
    except ValueError:
        return
    assert parsed.is_finite()
    assert re.sub(r"\D", "", plain(parsed)).lstrip("0") == re.sub(r"\D", "", text).lstrip("0")


@pytest.mark.fuzz
@given(numbers, st.integers(1, 40))
def test_significant_is_the_correctly_rounded_quotient(value: Fraction, digits: int) -> None:
    once = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    assert significant(value, digits) == once.divide(Decimal(value.numerator), Decimal(value.denominator))


@pytest.mark.fuzz
@given(numbers, st.integers(-15, 60))
def test_fixed_is_the_correctly_rounded_quotient_with_exactly_its_places(
    value: Fraction, places: int
) -> None:
    exact = EVERYTHING.divide(Decimal(value.numerator), Decimal(value.denominator))
    rounded = fixed(value, places)
    assert rounded == exact.quantize(Decimal(1).scaleb(-places), context=EVERYTHING)
    assert rounded.as_tuple().exponent == -places


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        ("0.5", 0, "0"),
        ("1.5", 0, "2"),
        ("2.5", 0, "2"),
        ("-2.5", 0, "-2"),
        ("0.125", 2, "0.12"),
        ("0.375", 2, "0.38"),
        ("2.5000000000000000000000000000000000001", 0, "3"),
        ("250", -2, "200"),
        ("350", -2, "400"),
        ("7", 3, "7.000"),
    ],
)
def test_a_tie_goes_to_the_even_neighbour(value: str, places: int, rounded: str) -> None:
    assert plain(fixed(Decimal(value), places)) == rounded


@pytest.mark.fuzz
@given(numbers.filter(bool), st.integers(1, 20))
def test_significant_leaves_no_trailing_zero_and_at_most_its_digits(value: Fraction, digits: int) -> None:
    shown = significant(value, digits).as_tuple().digits
    assert len(shown) <= digits
    assert len(shown) == 1 or shown[-1] != 0


@pytest.mark.fuzz
@given(numbers)
def test_a_double_reads_fifteen_digits_back_exactly(value: Fraction) -> None:
    shown = significant(value, 15)
    assert significant(Fraction(float(trimmed(shown))), 15) == shown


@pytest.mark.fuzz
@given(numbers.filter(bool))
def test_magnitude_is_the_power_of_ten_just_at_or_below(value: Fraction) -> None:
    power = magnitude(value)
    assert Fraction(10) ** power <= abs(value) < Fraction(10) ** (power + 1)


def test_the_mean_of_ten_years_of_inverses_is_no_number_too_long() -> None:
    rates = [Fraction(10_000, 873_001 + 2 * step) for step in range(2_500)]
    mean = sum(rates, Fraction()) / len(rates)
    assert mean.denominator > 10**4300, "as many digits as Python refuses to spell out"
    assert significant(mean, 4) == Decimal("0.01142")


@given(top=decimals, bottom=decimals.filter(bool), digits=st.integers(1, 40))
def test_a_quotient_is_that_of_fractions_digit_for_digit(top: Decimal, bottom: Decimal, digits: int) -> None:
    assert str(quotient(top, bottom, digits)) == str(significant(Fraction(top) / Fraction(bottom), digits))


def test_nothing_is_divided_by_zero() -> None:
    for top in (Decimal(1), Decimal(0)):
        with pytest.raises(ZeroDivisionError):
            quotient(top, Decimal("0.00"), 12)


def test_zero_has_no_significant_digit_and_no_sign() -> None:
    assert str(significant(Decimal("-0.000"), 12)) == "0"
    assert str(fixed(Fraction(-1, 3), 0)) == "0"
    assert str(bare(Decimal("-0.00"))) == "0"


@pytest.mark.fuzz
@given(decimals)
def test_plain_and_trimmed_never_use_an_exponent_nor_a_minus_zero(number: Decimal) -> None:
    for text in (plain(number), trimmed(number)):
        assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)
        assert Decimal(text) == number
        assert not (text.startswith("-") and Decimal(text) == 0)


@pytest.mark.fuzz
@given(decimals)
def test_trimmed_ends_neither_in_a_decimal_zero_nor_in_a_point(number: Decimal) -> None:
    assert not re.search(r"\.(\d*0)?$", trimmed(number))


@pytest.mark.parametrize(
    ("number", "kept", "dropped"),
    [
        ("87.4500", "87.4500", "87.45"),
        ("1.214E+4", "12140", "12140"),
        ("8E-5", "0.00008", "0.00008"),
        ("100", "100", "100"),
        ("-0.00", "0.00", "0"),
        ("0E+3", "0", "0"),
    ],
)
def test_plain_keeps_trailing_zeros_and_trimmed_drops_them(number: str, kept: str, dropped: str) -> None:
    assert (plain(Decimal(number)), trimmed(Decimal(number))) == (kept, dropped)


@pytest.mark.fuzz
@given(decimals)
def test_bare_is_the_same_number_in_its_shortest_form(number: Decimal) -> None:
    short = bare(number)
    assert short == number
    assert short.as_tuple().digits[-1] != 0 or str(short) == "0"


@pytest.mark.fuzz
@given(numbers, decimals)
def test_the_ambient_decimal_context_changes_no_digit(value: Fraction, number: Decimal) -> None:
    calm = significant(value, 15), fixed(value, 50), bare(number), plain(number)
    with localcontext(Context(prec=3, Emax=9, Emin=-9)):
        assert (significant(value, 15), fixed(value, 50), bare(number), plain(number)) == calm


@pytest.mark.parametrize(
    ("literal", "digits"),
    [
        ("87,4500", 6),
        ("0.00008", 1),
        ("0.01149", 4),
        ("12194.21", 7),
        ("480", 3),
        ("-0.50", 2),
        ("0,0000", 1),
    ],
)
def test_trailing_zeros_of_a_literal_are_significant_and_leading_ones_are_not(
    literal: str, digits: int
) -> None:
    assert significant_digits(literal) == digits


@given(st.lists(decimals.map(abs).filter(bool), max_size=5), st.integers(0, 45))
def test_each_inverse_of_a_sum_is_rounded_once(numbers: list[Decimal], places: int) -> None:
    each = [fixed(1 / Fraction(number), places) for number in numbers]
    assert inverses(numbers, places) == sum(map(Fraction, each))
