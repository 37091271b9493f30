"""The ticker line, written and read."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.lines import PART, Item, items, line, shown, shown_change
from app.domain.numbers import parse_decimal, significant, significant_digits
from app.domain.pairs import CURRENCIES, SERVED, Pair

KGS, UZS = Pair("KGS", "USD"), Pair("UZS", "USD")

pairs = st.sampled_from(sorted(SERVED)) | st.builds(Pair, *[st.sampled_from(sorted(CURRENCIES))] * 2)
rates = st.fractions(min_value=Fraction(1, 10**9), max_value=10**9)
changes = st.decimals(min_value=-99, max_value=10**6, places=6)
digits = st.none() | st.integers(1, 15)
decimals = st.none() | st.integers(0, 12)
between = st.sampled_from([" ", "\n", "  • ", " | ", "\u00a0", "; ", ". ", f"{PART}\n", " 07 January 2025 "])


def read(text: str) -> list[tuple[str, str, str | None]]:
    return [(str(item.pair), item.rate, item.pct) for item in items(text)]


@given(pairs, rates, digits, decimals, st.none() | changes)
def test_a_line_is_read_back_as_it_was_written(
    pair: Pair, rate: Fraction, most: int | None, places: int | None, pct: Decimal | None
) -> None:
    figure = shown(rate, digits=most, decimals=places)
    change = shown_change(pct).removesuffix("%") if pct is not None else None
    assert list(items(line(pair, figure, pct))) == [Item(pair, figure, change)]


@given(
    st.lists(st.tuples(pairs, rates, changes), min_size=1, max_size=8),
    st.lists(between, min_size=8, max_size=8),
)
def test_a_strip_is_read_back_item_for_item_whatever_parts_them(
    strip: list[tuple[Pair, Fraction, Decimal]], gaps: list[str]
) -> None:
    written = [(pair, shown(rate, digits=None), pct) for pair, rate, pct in strip]
    text = "".join(line(*each) + gap for each, gap in zip(written, gaps, strict=False))
    assert [(item.pair, item.rate, item.pct) for item in items(text)] == [
        (pair, rate, shown_change(pct).removesuffix("%")) for pair, rate, pct in written
    ]


@given(pairs, rates, changes)
def test_an_item_is_written_as_the_line_it_was_read_from(pair: Pair, rate: Fraction, pct: Decimal) -> None:
    written = line(pair, shown(rate, digits=None), pct)
    assert [str(item) for item in items(written)] == [written]


@given(rates, st.integers(4, 15))
def test_a_shown_rate_has_four_digits_and_is_right_to_half_of_the_last(rate: Fraction, most: int) -> None:
    figure = shown(rate, digits=most)
    assert significant_digits(figure) >= 4
    assert abs(Fraction(figure) - rate) <= rate / 2000


@given(rates, st.integers(1, 15), decimals)
def test_a_shown_rate_never_has_more_digits_than_its_source_gives(
    rate: Fraction, most: int, places: int | None
) -> None:
    figure = shown(rate, digits=most, decimals=places)
    whole, _, broken = figure.partition(".")
    given_digits = significant_digits(figure) if broken else significant_digits(whole.rstrip("0"))
    assert given_digits <= most
    assert "E" not in figure


@given(rates, st.integers(0, 12))
def test_decimals_are_kept_to_the_last_zero_for_an_exact_rate(rate: Fraction, places: int) -> None:
    assert len(shown(rate, digits=None, decimals=places).partition(".")[2]) == places


@given(rates, st.integers(1, 15))
def test_a_rate_of_few_digits_is_shown_unrounded_when_they_fit(rate: Fraction, most: int) -> None:
    few = Fraction(significant(rate, min(most, 4)))
    assert Fraction(shown(few, digits=most)) == few


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=9))
def test_a_shown_change_has_two_decimals_at_most_and_no_minus_zero(pct: Decimal) -> None:
    figure = shown_change(pct).removesuffix("%")
    assert len(figure.partition(".")[2]) <= 2
    assert not figure.endswith((".", ".0"))
    assert figure != "-0"
    assert abs(parse_decimal(figure) - pct) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("rate", "most", "places", "figure"),
    [
        (1 / Fraction("87.45"), 6, None, "0.01144"),
        (1 / Fraction("12183.5"), 6, None, "0.00008208"),
        (1 / Fraction("3.5"), None, None, "0.2857"),
        (Fraction("87.45"), 6, None, "87.45"),
        (Fraction("12183.5"), 6, None, "12183.5"),
        (Fraction("12183.5"), None, None, "12183.50"),
        (Fraction("0.00008"), 1, None, "0.00008"),
        (Fraction("0.00008"), 1, 5, "0.00008"),
        (1 / Fraction("87.45"), 6, 5, "0.01144"),
        (1 / Fraction("12183.5"), 6, 5, "0.00008"),
        (1 / Fraction("0.00008"), 1, None, "10000"),
        (Fraction("0.0000996"), 2, None, "0.00010"),
        (Fraction(480), 5, None, "480.00"),
        (Fraction(0), None, 5, "0.00000"),
    ],
)
def test_rates_are_shown_as(rate: Fraction, most: int | None, places: int | None, figure: str) -> None:
    assert shown(rate, digits=most, decimals=places) == figure


@pytest.mark.parametrize(
    ("pct", "figure"),
    [
        ("-0.021269", "-0.02%"),
        ("-0.10", "-0.1%"),
        ("0.004", "0%"),
        ("-0.004", "0%"),
        ("100", "100%"),
        ("2.5", "2.5%"),
    ],
)
def test_changes_are_shown_as(pct: str, figure: str) -> None:
    assert shown_change(Decimal(pct)) == figure


def test_a_line_without_a_known_change_ends_after_the_rate() -> None:
    assert line(KGS, "0.01144", None) == "KGS/USD = 0.01144"
    assert line(KGS, "0.01144", Decimal("-0.021269")) == "KGS/USD = 0.01144 -0.02%"


@pytest.mark.parametrize(
    "text",
    [
        "KGS/USD=0.01149-0.22%",
        "KGS/USD = 0.01149 \u22120.22 %",
        "KGS/USD\u00a0=\u00a00.01149\u00a0\u2212\u00a00.22\u00a0%",
        "KGS\u202f/\u2009USD = 0.01149 (-0.22%)",
        "KGS/USD =\n 0.01149\n -0.22%",
        f"KGS{PART}/{PART}USD{PART}={PART}0.01149{PART}-{PART}0.22{PART}%",
    ],
)
def test_an_item_is_read_however_it_is_spaced_and_signed(text: str) -> None:
    ((pair, rate, pct),) = read(text)
    assert (pair, parse_decimal(rate), parse_decimal(pct or "")) == (
        "KGS/USD",
        Decimal("0.01149"),
        Decimal("-0.22"),
    )


def test_a_decimal_comma_is_kept_for_the_reader() -> None:
    assert read("USD/KGS = 87,4500 +0,10%") == [("USD/KGS", "87,4500", "+0,10")]


def test_an_item_may_end_with_its_rate() -> None:
    assert read("KGS/USD = 0.01149, KZT/USD = 0.00189. 07 January 2025") == [
        ("KGS/USD", "0.01149", None),
        ("KZT/USD", "0.00189", None),
    ]
    assert read("KGS/USD=0.01149;KZT/USD=0.00189") == read("KGS/USD = 0.01149; KZT/USD = 0.00189")


@pytest.mark.parametrize(
    "text",
    [
        "XKGS/USD = 0.01149",
        "KGS/USDT = 0.01149",
        "kgs/usd = 0.01149",
        "BTC/KGS/USD = 0.01149",
        "KGS/USD 0.01149",
        "KGS/USD = n/a",
        "KGS/USD = 5%",
        "KGS/USD = .01149",
        "KGS/USD = A0.01149",
    ],
)
def test_what_is_no_item_is_passed_over(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "USD/UZS = 12 183.50 0.1%",
        "USD/UZS = 12,183.50",
        "USD/UZS = 12'183",
        "KGS/USD = 0.01 149 0%",
        "KGS/USD = 0.01|149",
        "KGS/USD = 0.01<b149",
        f"KGS/USD = 0.01{PART}149",
        f"KGS/USD = 0.{PART}01149 0%",
        "KGS/USD = 1.149e-2",
        "KGS/USD = 0.011\u00b2",
        "KGS/USD = 0.01149KGS",
        "KGS/USD = 07.01.2025",
        "KGS/USD = 0.01149 -0.2 2%",
        "KGS/USD = 0.01149 - -0.22%",
    ],
)
def test_a_number_in_pieces_is_never_read_as_its_first_piece(text: str) -> None:
    (item,) = items(text)
    with pytest.raises(ValueError, match="not a plain decimal number"):
        parse_decimal(item.rate)


@given(
    rates,
    st.text(
        alphabet=st.characters(exclude_categories=["Nd", "Zs", "Zl", "Zp", "Cc"]), min_size=1, max_size=3
    ),
)
def test_a_character_amid_a_rate_never_makes_another_rate_of_it(rate: Fraction, foreign: str) -> None:
    figure = shown(rate, digits=None, decimals=9)
    assume(foreign not in {".", ","})
    broken = figure[:-4] + foreign + figure[-4:]
    for item in items(line(UZS, broken, Decimal("-0.22"))):
        with pytest.raises(ValueError, match="not a plain decimal number"):
            parse_decimal(item.rate)
