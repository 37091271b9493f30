"""The words and marks of each language: how a rate, a change, a day and a currency are written for its
readers.

Numbers come in as plain decimal text, rounded already: a language only puts its marks into it, and no digit
changes on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Protocol

from app.domain.answers import Row
from app.domain.change import Change
from app.domain.errors import BadParameter
from app.domain.lines import shown_change
from app.domain.pairs import CURRENCIES, Pair
from app.domain.ticks import Tick


class Language(Protocol):
    """What an answer asks of a language. `tag` is its name by BCP 47."""

    tag: str

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

    def title(self, tick: Tick, rate: str) -> str:
        """A tick as one line: pair, rate, how far it moved and since when. `rate` is the number as it is
        shown.
        """

    def story(self, tick: Tick, rate: str, before: str | None, publisher: str) -> str:
        """A tick in sentences: what 1 unit of the base costs, for which day, who says so, and why it is news
        where that is not plain. `rate` and the one `before` it are numbers as they are shown.
        """

    def about(self, pairs: Sequence[Pair]) -> tuple[str, str]:
        """The name and the description of a feed of `pairs`, empty for all."""


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


CAUSES = {
    "revision": "It corrects the rate told before, {before}.",
    "fallback": "The usual source is late; another one stands in for it.",
    "recovery": "The usual source is back.",
    "accepted": "It had been held until there was evidence for it.",
}
"""Why a tick is news, in English, where that is not plain."""


class English:
    """English: a comma between thousands, a point before decimals, days before months."""

    tag = "en"

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

    def title(self, tick: Tick, rate: str) -> str:
        """`KGS/USD 0.01144, down 0.02% since 20 May`, of a revision `Correction: KGS/USD ...`."""
        movement = self._movement(tick.change, tick.effective_date, unit="%")
        correction = "Correction: " if tick.cause == "revision" else ""
        return f"{correction}{tick.pair} {rate}" + (f", {movement}" if movement else "")

    def story(self, tick: Tick, rate: str, before: str | None, publisher: str) -> str:
        """`1 KGS = 0.01144 USD for 21 May 2026, by the National Bank. ...`."""
        said = f"1 {tick.pair.base} = {rate} {tick.pair.quote} for {self.day(tick.effective_date)}"
        cause = CAUSES.get(tick.cause, "").format(before=before)
        return f"{said}, by {publisher}." + (f" {cause}" if cause else "")

    def about(self, pairs: Sequence[Pair]) -> tuple[str, str]:
        """`Exchange rates of Central Asia`, or `Exchange rates: KGS/USD, TJS/USD`."""
        name = "Exchange rates: " + ", ".join(map(str, pairs)) if pairs else "Exchange rates of Central Asia"
        return name, "Every change of the rates in force, once: who published it, and for which day."

    def _movement(self, change: Change, day: date, unit: str = " percent") -> str | None:
        if change.basis == "peg":
            return "fixed by decree"
        if change.pct is None:
            return None
        percent = self.percent(shown_change(change.pct)).removesuffix("%")
        if percent == "0":
            moved = "unchanged"
        else:
            moved = f"down {percent[1:]}{unit}" if percent.startswith("-") else f"up {percent}{unit}"
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
