"""The marks of each language: its signs in numbers, how it writes a day, and its names of currencies, as CLDR
has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from app.domain.pairs import CURRENCIES

if TYPE_CHECKING:
    from babel import Locale

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_EXAMPLES = (Decimal(1), Decimal(2), Decimal(5), Decimal("0.5"))
"""A number of each plural category that any of the languages has."""


class Name(NamedTuple):
    """A currency's name by itself, and after a number: by the number's plural category in CLDR, `one few many
    other`. After a category that is missing it is as by itself.
    """

    alone: str
    counted: Mapping[str, str]

    @classmethod
    def of(cls, alone: str, counted: str | None = None) -> Name:
        """A name that is the same after every number."""
        return cls(alone, dict.fromkeys(("one", "few", "many", "other"), counted or alone))


@dataclass(frozen=True, slots=True)
class Marks:
    """The signs before decimals, between thousands and after a percent; a day without and with its year; the
    plural category of a number; the names of currencies by code.
    """

    decimal: str
    group: str
    percent: str
    day: Callable[[date], str]
    dated: Callable[[date], str]
    plural: Callable[[Decimal], str]
    names: Mapping[str, Name]


@cache
def marks(tag: str) -> Marks:
    """The marks of a language by its BCP 47 tag. CLDR is read for them when they are first asked for, and for
    those of English, the default, not at all.
    """
    return _english() if tag == "en" else _of_cldr(tag)


def _english() -> Marks:
    return Marks(
        decimal=".",
        group=",",
        percent="%",
        day=lambda day: f"{day.day} {MONTHS[day.month - 1]}",
        dated=lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
        plural=lambda number: "other",
        names={code: Name.of(currency.name) for code, currency in CURRENCIES.items()},
    )


def _of_cldr(tag: str) -> Marks:
    # here, or whoever reads English alone would wait for it and keep it in memory
    from babel import Locale
    from babel.dates import format_date
    from babel.numbers import get_currency_name, get_decimal_symbol, get_group_symbol

    locale = Locale.parse(tag, sep="-")
    plural = locale.plural_form
    kept = lru_cache(maxsize=1024)  # babel takes 15 us for a day, and pages show the same ones
    return Marks(
        decimal=get_decimal_symbol(locale),
        group=get_group_symbol(locale),
        percent=locale.percent_formats[None].suffix[0],
        day=kept(partial(format_date, format=_day_and_month(locale), locale=locale)),
        dated=kept(partial(format_date, format="long", locale=locale)),
        plural=plural,
        names={
            code: Name(
                locale.currencies.get(code, code),
                {plural(number): get_currency_name(code, number, locale) for number in _EXAMPLES},
            )
            for code in CURRENCIES
        },
    )


def _day_and_month(locale: Locale) -> str:
    """The pattern of a day with its month in full. Where CLDR has only that of the short month, the long one
    stands in its place, as CLDR's own rules have it.
    """
    patterns = locale.datetime_skeletons
    short: str = patterns["MMMd"].pattern
    return str(patterns["MMMMd"].pattern) if "MMMMd" in patterns else short.replace("MMM", "MMMM")
