from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.days import Day, Values, towards
from app.domain.numbers import root, significant
from app.domain.pairs import Pair
from app.domain.stats import Mark, Summary, period_of, periods, summary
from tests.said import nbkr

KGS_USD, USD_KGS = Pair("KGS", "USD"), Pair("USD", "KGS")


def values(pair: Pair = USD_KGS, **said: str) -> list[Values]:
    """Day values: `_0521="87"` is that of 21 May 2026."""
    days = ((f"2026-{day[1:3]}-{day[3:]}", value) for day, value in said.items())
    return [towards([Day.of(nbkr(day, value))], pair) for day, value in days]


def test_what_four_days_come_to() -> None:
    assert summary(values(_0518="80", _0519="88", _0520="66", _0521="88")) == Summary(
        count=4,
        mean=Decimal("80.5"),
        min=Mark(Decimal(66), date(2026, 5, 20)),
        max=Mark(Decimal(88), date(2026, 5, 19)),
        first=Mark(Decimal(80), date(2026, 5, 18)),
        last=Mark(Decimal(88), date(2026, 5, 21)),
        volatility=Decimal("29.360467"),
    ), "changes of +10, -25 and +33.333333 %, of which the mean is 6.111111"


def test_turned_round_all_is_computed_anew() -> None:
    found = summary(values(KGS_USD, _0520="80", _0521="100"))
    assert found.mean == Decimal("0.01125")
    assert found.max == Mark(Decimal("0.0125"), date(2026, 5, 20))


def test_nothing_comes_to_nothing_and_two_days_have_no_volatility() -> None:
    assert summary([]) == Summary(0, None, None, None, None, None, None)
    assert summary(values(_0520="80", _0521="81")).volatility is None
    assert summary(values(_0519="80", _0520="80", _0521="80")).volatility == 0


def test_a_period_is_what_its_days_come_to_by_themselves() -> None:
    april, may = values(_0429="80", _0430="81"), values(_0501="82", _0504="80", _0505="83")
    assert list(periods([*april, *may], "1mo")) == [
        (date(2026, 4, 1), date(2026, 5, 1), summary(april)),
        (date(2026, 5, 1), date(2026, 6, 1), summary(may)),
    ]
    assert list(periods([*april, *may], "1y")) == [
        (date(2026, 1, 1), date(2027, 1, 1), summary([*april, *may]))
    ]
    assert list(periods([], "1mo")) == []


def test_more_than_two_years_are_told_by_year() -> None:
    (first,) = values(_0521="87")
    for days, period in ((0, "1mo"), (731, "1mo"), (732, "1y")):
        last = replace(first, effective_date=first.effective_date + timedelta(days=days))
        assert period_of([first, last]) == period
    assert period_of([]) == "1mo"


@pytest.mark.fuzz
@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=40), st.sampled_from([KGS_USD, USD_KGS]))
def test_stats_are_what_plain_arithmetic_makes_of_the_values(said: list[int], pair: Pair) -> None:
    start = date(2026, 1, 1)
    days = [towards([Day.of(nbkr(start + timedelta(days=n), f"{v}.5"))], pair) for n, v in enumerate(said)]
    rates = [Fraction(2 * v + 1, 2) for v in said]
    rates = rates if pair == USD_KGS else [1 / rate for rate in rates]
    found = summary(days)
    assert found.mean == significant(sum(rates, Fraction()) / len(rates), 12)
    assert found.min
    assert found.max
    assert found.min.effective_date == start + timedelta(days=rates.index(min(rates)))
    assert found.max.effective_date == start + timedelta(days=rates.index(max(rates)))
    moves = [(now / then - 1) * 100 for then, now in pairwise(rates)]
    assert (found.volatility is None) == (len(moves) < 2)
    if found.volatility is not None:
        expected = Fraction(stdev(moves))
        assert abs(Fraction(found.volatility) - expected) <= Fraction(1, 10**6) + expected / 10**12


@pytest.mark.parametrize(
    ("value", "shown"),
    [(Fraction(0), "0"), (Fraction(4), "2"), (Fraction(2), "1.414214"), (Fraction(1, 9), "0.333333")],
)
def test_a_root_is_rounded_once(value: Fraction, shown: str) -> None:
    assert root(value, 6) == Decimal(shown)
