"""What a source said, and what the store adds when it is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

from app.domain.numbers import DERIVED_DIGITS, DIRECT_DIGITS, parse_decimal, quotient
from app.domain.pairs import Pair, canonical

Kind = Literal["official", "aggregate", "peg", "page"]
"""What a source is: a central bank, a service that blends others, a decree, or an imported page."""

Verdict = Literal["accepted", "held", "rejected"]
"""What the rules say of an observation."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was printed: `value` (literal text) units of `pair.quote` for `nominal` units of `pair.base`."""

    pair: Pair
    value: str
    nominal: int = 1

    @property
    def positive(self) -> bool:
        """Whether it is a positive number: what is not has no rate."""
        try:
            return self.exact(self.pair) > 0
        except (ValueError, ZeroDivisionError):
            return False

    def exact(self, pair: Pair) -> Fraction:
        """The exact rate of `pair`, the published one or its inverse: units of quote per 1 unit of base.

        ValueError for any other pair and for a value that is no number, ZeroDivisionError where zero divides.
        """
        direct = Fraction(parse_decimal(self.value)) / self.nominal
        if pair == self.pair:
            return direct
        if pair == self.pair.inverse:
            return 1 / direct
        raise ValueError(f"a rate of {self.pair} is none of {pair}")

    def same_rate(self, other: Published) -> bool:
        """Whether both print the same rate, whatever zeros, nominal or direction they print it with.

        What is no positive number is the same only when it is printed the same.
        """
        if not (self.positive and other.positive):
            return self == other
        return self.exact(self.pair) == other.exact(self.pair)

    def rate(self, pair: Pair, precision: int | None = None) -> Decimal:
        """The rate of `pair` as it is shown; `precision` asks for fewer digits."""
        return rate_of(self.pair, self.value, self.nominal, pair, precision)

    def digits(self, pair: Pair) -> int:
        """How many significant digits a rate of `pair` from it has: 15 as published, 12 when inverted."""
        return DIRECT_DIGITS if pair == self.pair else DERIVED_DIGITS


def rate_of(printed: Pair, value: str, nominal: int, pair: Pair, precision: int | None = None) -> Decimal:
    """The rate of `pair`, the printed one or its inverse, as it is shown; ValueError for any other."""
    if pair == printed:
        return quotient(
            parse_decimal(value), Decimal(nominal), min(precision or DIRECT_DIGITS, DIRECT_DIGITS)
        )
    if pair == printed.inverse:
        return quotient(
            Decimal(nominal), parse_decimal(value), min(precision or DERIVED_DIGITS, DERIVED_DIGITS)
        )
    raise ValueError(f"a rate of {printed} is none of {pair}")


@dataclass(frozen=True, slots=True)
class Reported:
    """A change that the source printed beside its rate, as literal text.

    `pct` is in percent, `difference` in units of the published quote for the published nominal.
    """

    pct: str | None = None
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an observation was fetched: `url`, without any key (None: it was handed in), and `body`, the
    SHA-256 of what came, in hexadecimal digits.
    """

    url: str | None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that one source said of one pair.

    `effective_date` is the day, in the source's zone, for which the rate is in force; `observed_at` the
    instant at which the source says it held (for a daily fixing the start of that day), `fetched_at` when we
    got it; both in UTC.
    """

    source: str
    published: Published
    effective_date: date
    observed_at: datetime
    fetched_at: datetime
    reported: Reported | None = None
    origin: Origin | None = None

    @property
    def pair(self) -> Pair:
        """The direction under which it is filed: the ticker's, whichever way it was printed."""
        return canonical(self.published.pair)

    @property
    def rate(self) -> Decimal:
        """The rate of `pair`."""
        return self.published.rate(self.pair)

    def same_value(self, other: Observation) -> bool:
        """Whether both print the same rate."""
        return self.published.same_rate(other.published)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and the rule that led to it, with a sentence that carries the numbers it was made from."""

    verdict: Verdict
    rule: str
    reason: str


Printed: TypeAlias = tuple[date, datetime, Pair, str, int, Decimal, int, int, datetime]
"""A publication in force by what a table shows of it: the effective date and the instant observed; the pair,
the value and the nominal as printed; the rate of the pair under which it is filed; its revision, the version
and the instant that recorded it. There are millions of these, so they are bare.
"""


ACCEPTED = Judgement("accepted", "plausible", "no rule objects")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An observation as the store keeps it.

    `version` is that of the transaction that recorded it, `judged_in` that of the newest judgement, which is
    `judgement`. `revision` counts what the source said for the same instant before: 0 for the first.
    """

    id: int
    said: Observation
    revision: int
    version: int
    recorded_at: datetime
    judged_in: int
    judgement: Judgement

    @property
    def accepted(self) -> bool:
        """Whether it is in force for its day, unless a later revision is."""
        return self.judgement.verdict == "accepted"
