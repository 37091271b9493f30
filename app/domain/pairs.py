"""Currencies and pairs, with the facts about them as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.domain.errors import UnknownPair


@dataclass(frozen=True, slots=True)
class Currency:
    """One currency (ISO 4217).

    `since` is its first day: no rate of it is older. `minor_units` is the number of decimals of an amount.
    """

    code: str
    name: str
    minor_units: int
    since: date


class Pair(NamedTuple):
    """Two currencies: a rate of `base/quote` is what 1 unit of base costs in units of quote."""

    base: str
    quote: str

    @property
    def inverse(self) -> Pair:
        """The same two currencies asked the other way round."""
        return Pair(self.quote, self.base)

    @property
    def dashed(self) -> str:
        """The pair as it stands in a path: `KGS-USD`."""
        return f"{self.base}-{self.quote}"

    def __str__(self) -> str:
        """The pair as people and JSON write it: `KGS/USD`."""
        return f"{self.base}/{self.quote}"


@dataclass(frozen=True, slots=True)
class Band:
    """From `since` on, a rate of `pair` outside `low`..`high` (quote per 1 base) is a misprint."""

    pair: Pair
    since: date
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Peg:
    """A rate fixed by decree: from `since` on, 1 base costs `value` quote. `authority` is who decreed it."""

    pair: Pair
    value: str
    since: date
    authority: str


CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("KGS", "Kyrgyz som", 2, date(1993, 5, 10)),
        Currency("KZT", "Kazakhstani tenge", 2, date(1993, 11, 15)),
        Currency("TJS", "Tajikistani somoni", 2, date(2000, 10, 30)),
        Currency("UZS", "Uzbekistani sum", 2, date(1994, 7, 1)),
        Currency("TMT", "Turkmenistani manat", 2, date(2009, 1, 1)),
        Currency("USD", "US dollar", 2, date(1792, 4, 2)),
        Currency("EUR", "Euro", 2, date(1999, 1, 1)),
        Currency("CNY", "Chinese yuan", 2, date(1955, 3, 1)),
        Currency("RUB", "Russian rouble", 2, date(1998, 1, 1)),
    )
}
"""Every currency that an observation may name: the five of the ticker, the dollar, and three whose crosses
tell a typo from a devaluation."""

LOCAL = ("KGS", "KZT", "TJS", "UZS", "TMT")
"""The five currencies of the ticker, in its order."""

SIX = (*LOCAL, "USD")
"""The currencies that a pair can be asked for of."""

TICKER = tuple(Pair(code, "USD") for code in LOCAL)
"""The pairs of the ticker, in its order: US dollars per 1 unit of the local currency."""

SERVED = frozenset(pair for ticker in TICKER for pair in (ticker, ticker.inverse))
"""The pairs that can be asked for: those of the ticker and their inverses."""

CROSSES = frozenset(Pair(base, quote) for base in LOCAL for quote in LOCAL if base != quote)
"""The pairs of two local currencies, which nobody publishes: they are derived from both dollar rates."""

_USD = {code: Pair("USD", code) for code in LOCAL}

BANDS = tuple(
    Band(_USD[code], since, Decimal(low), Decimal(high))
    for code, since, low, high in (
        # Wide on purpose: a band catches a wrong nominal or direction; what is merely a large move is held.
        ("KGS", date(1993, 5, 10), "3", "100"),
        ("KGS", date(2000, 1, 1), "20", "450"),
        ("KZT", date(1993, 11, 15), "3", "160"),
        ("KZT", date(2000, 1, 1), "70", "2500"),
        ("TJS", date(2000, 10, 30), "1.2", "60"),
        ("UZS", date(1994, 7, 1), "4", "150"),
        ("UZS", date(1998, 1, 1), "50", "1500"),
        ("UZS", date(2003, 1, 1), "500", "65000"),
        ("TMT", date(2009, 1, 1), "1.5", "40"),
    )
)
"""The plausible local units per 1 USD, by period, oldest first within a pair."""

PEGS = (
    Peg(_USD["TMT"], "2.85", date(2009, 1, 1), "Central Bank of Turkmenistan"),
    Peg(_USD["TMT"], "3.5", date(2015, 1, 1), "Central Bank of Turkmenistan"),
)
"""The decrees, oldest first. 2.85 came with the redenomination of 2009 (5,000 old manat = 1 new), 3.5 with
the devaluation of 2015-01-01."""

_SEPARATED = re.compile(r"([A-Za-z]{3})[-/]?([A-Za-z]{3})")


def parse_pair(text: str, *, crosses: bool = True) -> Pair:
    """The pair asked for as `KGS-USD`, `KGS/USD`, `KGSUSD` or in small letters; also a cross such as
    `KGS-KZT`, unless the question is about what was published. Raises UnknownPair.
    """
    match = _SEPARATED.fullmatch(text.strip())
    pair = Pair(match[1].upper(), match[2].upper()) if match else None
    if pair in SERVED or (crosses and pair in CROSSES):
        return pair
    known = f"one of {', '.join(each.dashed for each in TICKER)}, or its inverse such as USD-KGS"
    what = "is a cross, which nobody publishes" if pair in CROSSES else "is not a pair served here"
    raise UnknownPair(
        f"{text[:40]!r} {what}.",
        parameter="pair",
        expected=f"{known}, or a cross such as KGS-KZT" if crosses else known,
    )


def parse_currency(text: str, parameter: str) -> str:
    """The code of one of the six currencies that pairs are made of, also in small letters; raises UnknownPair
    that names the `parameter`.
    """
    code = text.strip().upper() if text.isascii() else ""
    if code not in SIX:
        raise UnknownPair(
            f"{text[:40]!r} is not a currency served here.",
            parameter=parameter,
            expected=f"one of {', '.join(SIX)}",
        )
    return code


def legs(pair: Pair) -> tuple[Pair, ...]:
    """The two pairs whose rates multiplied are that of a cross: KGS/USD and USD/KZT for KGS/KZT. None of any
    other pair.
    """
    return (Pair(pair.base, "USD"), Pair("USD", pair.quote)) if pair in CROSSES else ()


def made_of(pair: Pair) -> tuple[Pair, ...]:
    """The pairs that the rate of a pair is made of: the legs of a cross, or the pair itself."""
    return legs(pair) or (pair,)


def parse_any_pair(text: str) -> Pair:
    """A pair of two currencies known here, the crosses of banks among them, written as any pair; raises
    UnknownPair.
    """
    match = _SEPARATED.fullmatch(text.strip())
    codes = [code.upper() for code in match.groups()] if match else []
    if len(set(codes) & CURRENCIES.keys()) < 2:
        raise UnknownPair(
            f"{text[:40]!r} is no pair of currencies known here.",
            parameter="pair",
            expected=f"two of {', '.join(CURRENCIES)}, such as KGS-USD",
        )
    return Pair(*codes)


_FILED = {pair.inverse: pair for pair in TICKER}


def canonical(pair: Pair) -> Pair:
    """The direction under which a pair is filed: the ticker's for its five, as published for any other."""
    return _FILED.get(pair, pair)


def in_ticker_order(pairs: Iterable[Pair]) -> list[Pair]:
    """`pairs` without repeats, in the order of the ticker; others follow by name."""
    rank = {pair: place for place, pair in enumerate(TICKER)}
    return sorted(set(pairs), key=lambda pair: (rank.get(canonical(pair), len(rank)), pair))


_NEWEST_BANDS = {pair: [each for each in reversed(BANDS) if each.pair == pair] for pair in _USD.values()}


def band(pair: Pair, day: date) -> Band | None:
    """The band that holds for `pair`, in this direction, on `day`; None where no plausible range is known."""
    return next((each for each in _NEWEST_BANDS.get(pair, ()) if each.since <= day), None)
