"""The words and marks of each language: how a rate, a change, a day and a currency are written for its
readers.

Numbers come in as plain decimal text, rounded already: a language only puts its marks into it, and no digit
changes on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from app.domain.answers import Row
from app.domain.change import Change
from app.domain.errors import BadParameter
from app.domain.pairs import Pair
from app.domain.ticks import Tick, Wanted
from app.render.locale.phrases import PHRASES, Around, Facts
from app.render.locale.tongue import Tongue


class Language(Protocol):
    """What an answer asks of a language. `tag` is its name by BCP 47."""

    tag: str

    @property
    def facts(self) -> Facts:
        """What the facts about a tick are called."""

    @property
    def around(self) -> Around:
        """What stands around the items of a strip."""

    def number(self, plain: str) -> str:
        """A plain decimal with this language's marks: `12345.6` is `12,345.6` in English."""

    @property
    def pattern(self) -> str:
        """How an amount is written that `read` understands: a regular expression for browsers."""

    def read(self, written: str) -> str:
        """A number as people write it in this language as a plain decimal; what is no number stays what it
        is.
        """

    def percent(self, plain: str) -> str:
        """A plain percent such as `-0.22%` with this language's marks."""

    def currency(self, code: str) -> str:
        """The name of one unit of a currency."""

    def day(self, day: date, beside: date | None = None) -> str:
        """A calendar day, without its year where that is the year of the day it stands `beside`."""

    def moment(self, instant: datetime, beside: date | None = None) -> str:
        """An instant, to the minute, in UTC; without its year where that is the year of the day that it
        stands `beside`.
        """

    def spoken(self, row: Row, rate: str, nominal: int = 1) -> str:
        """A whole row as one sentence, for readers who hear it. `rate` is the number as it is shown, of
        `nominal` units of the base.
        """

    def title(self, tick: Tick, rate: str) -> str:
        """A tick as one line: pair, rate, how far it moved and since when. `rate` is the number as it is
        shown.
        """

    def story(self, tick: Tick, rate: str, before: str | None, publisher: str) -> str:
        """A tick in sentences: what 1 unit of the base costs, for which day, who says so, and why it is news
        where that is not plain. `rate` and the one `before` it are numbers as they are shown.
        """

    def course(self, pair: Pair, ends: Sequence[tuple[str, date]], change: Change) -> str:
        """How a pair moved, for readers who hear it: the first rate and the last, or the only one, as numbers
        as they are shown, each with its day, and the change between them.
        """

    def about(self, wanted: Wanted) -> tuple[str, str]:
        """The name and the description of a feed of the ticks that are wanted."""


LANGUAGES: Mapping[str, Language] = {tag: Tongue(tag, phrases) for tag, phrases in PHRASES.items()}
"""The languages offered, by the value of `lang=`."""

_BY_LOWER_CASE = {tag.lower(): each for tag, each in LANGUAGES.items()}


def language(key: str) -> Language:
    """The language asked for as `lang=`, in whatever case, also with its region: `ru-KZ` is Russian. Raises
    BadParameter naming what is offered.
    """
    if found := looked_up(key):
        return found
    raise BadParameter(
        f"{key[:40]!r} is no language offered here.", parameter="lang", expected=" or ".join(LANGUAGES)
    )


def looked_up(tag: str) -> Language | None:
    """The language of the longest beginning of a tag that is one (RFC 4647, 3.4)."""
    subtags = tag.lower().split("-")
    beginnings = ("-".join(subtags[:length]) for length in range(len(subtags), 0, -1))
    return next(filter(None, map(_BY_LOWER_CASE.get, beginnings)), None)
