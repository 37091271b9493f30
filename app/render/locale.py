"""The words and marks of each language: how a rate, a change, a day and a currency are written for its
readers.

Numbers come in as plain decimal text, rounded already: a language only puts its marks into it, and no digit
changes on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Protocol

from app.domain.answers import Row
from app.domain.change import Change
from app.domain.errors import BadParameter
from app.domain.lines import shown_change
from app.domain.pairs import CURRENCIES


class Language(Protocol):
    """What an answer asks of a language."""

    def number(self, plain: str) -> str:
        """A plain decimal with this language's marks: `12345.6` is `12,345.6` in English."""

    def percent(self, plain: str) -> str:
        """A plain percent such as `-0.22%` with this language's marks."""

    def currency(self, code: str) -> str:
        """The name of one unit of a currency."""

    def day(self, day: date, beside: date | None = None) -> str:
        """A calendar day, without its year where that is the year of the day it stands `beside`."""

    def moment(self, instant: datetime) -> str:
        """An instant, to the minute, in UTC."""

    def spoken(self, row: Row, rate: str) -> str:
        """A whole row as one sentence, for readers who hear it. `rate` is the number as it is shown."""


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

PLURALS = {"USD": "US dollars"}
"""English plurals; the other currencies are the same in the plural."""


class English:
    """English: a comma between thousands, a point before decimals, days before months."""

    def number(self, plain: str) -> str:
        """`12,345.6` for `12345.6`."""
        whole, point, decimals = plain.removeprefix("-").partition(".")
        return f"{plain[: plain.startswith('-')]}{int(whole):,}{point}{decimals}"

    def percent(self, plain: str) -> str:
        """`-1,000.5%` for `-1000.5%`."""
        return self.number(plain.removesuffix("%")) + "%"

    def currency(self, code: str) -> str:
        """`Kyrgyz som` for `KGS`."""
        return CURRENCIES[code].name

    def day(self, day: date, beside: date | None = None) -> str:
        """`21 May 2026`, or `21 May`."""
        year = "" if beside and beside.year == day.year else f" {day.year}"
        return f"{day.day} {MONTHS[day.month - 1]}{year}"

    def moment(self, instant: datetime) -> str:
        """`21 May 2026, 10:30 UTC`."""
        utc = instant.astimezone(UTC)
        return f"{self.day(utc.date())}, {utc:%H:%M} UTC"

    def spoken(self, row: Row, rate: str) -> str:
        """`Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May`."""
        quote = PLURALS.get(row.quote, self.currency(row.quote))
        movement = self._movement(row.change, row.effective_date)
        return f"{self.currency(row.base)}, {rate} {quote}" + (f", {movement}" if movement else "")

    def _movement(self, change: Change, day: date) -> str | None:
        if change.basis == "peg":
            return "fixed by decree"
        if change.pct is None:
            return None
        percent = self.percent(shown_change(change.pct)).removesuffix("%")
        if percent == "0":
            moved = "unchanged"
        else:
            moved = f"down {percent[1:]} percent" if percent.startswith("-") else f"up {percent} percent"
        return moved + self._since(change, day)

    def _since(self, change: Change, day: date) -> str:
        reference = change.reference.effective_date if change.reference else None
        return f" since {self.day(reference, day)}" if reference else ""


LANGUAGES: Mapping[str, Language] = {"en": English()}
"""The languages offered, by the value of `lang=`."""


def language(key: str) -> Language:
    """The language asked for as `lang=`; raises BadParameter naming what is offered."""
    if key not in LANGUAGES:
        raise BadParameter(
            f"{key[:40]!r} is no language offered here.", parameter="lang", expected=" or ".join(LANGUAGES)
        )
    return LANGUAGES[key]
