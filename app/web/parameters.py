"""The parameters of every path: one vocabulary, read strictly. A parameter that nobody would heed is refused,
never ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, get_args

from fastapi import Header, Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.answers.feed import MOST_ENTRIES
from app.answers.history import Layout
from app.context import AsOf
from app.domain.candles import Interval
from app.domain.change import Measure
from app.domain.errors import BadParameter, UnknownPair
from app.domain.fill import Fill
from app.domain.pairs import TICKER, Pair, canonical, parse_currency, parse_pair
from app.domain.ticks import Wanted
from app.render.locale import LANGUAGES
from app.render.svg.canvas import Theme
from app.render.ticker import Nominal
from app.web.problems import UnknownPath

MOST = 10_000
"""The highest `limit` of an answer in JSON."""

DEFAULT_LIMIT = 1_000

DEFAULT_DAYS = 30
"""How many days are drawn unless other ones are asked for."""


DAY = "[1-8][0-9]{3}-[0-9]{2}-[0-9]{2}"
"""A day as it is written, of the years that can be asked about: reckoning around the first and last of a
calendar leads out of it.
"""

INSTANT = (
    DAY + r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
"""An instant as it is written (RFC 3339)."""

NUMBER = r"[0-9]{1,18}"
PLAIN = r"[0-9]{1,15}(\.[0-9]{1,15})?"
CODE = "[A-Za-z]{3}"
PAIR = f"{CODE}[-/]?{CODE}"
KEY = "[a-z0-9]+"
ADDRESS = r"https?://[^\s\x00-\x20\x7f\"'<>`\\]{1,1000}"
"""An address of the web without what markup is made of, which is escaped in one (RFC 3986)."""


def _text(pattern: str, **more: str) -> dict[str, Any]:
    """Text that is written like this: what OpenAPI says of a parameter."""
    return {"type": "string", "pattern": f"^{pattern}$", **more}


def _written(pattern: str, **more: str) -> WithJsonSchema:
    return WithJsonSchema(_text(pattern, **more))


def _day(text: Any) -> Any:
    """Only `2026-05-21`: not the seconds since 1970, and no time of day, which would be dropped."""
    try:
        if re.fullmatch(DAY, str(text)):
            return date.fromisoformat(str(text))
    except ValueError:
        pass
    raise PydanticCustomError("day", "not a day", {"expected": "a day of the calendar such as 2026-05-21"})


def _whole(text: Any) -> Any:
    """Only digits: not `1e3`, `1_000` or `5.0`."""
    if isinstance(text, int) or re.fullmatch(NUMBER, str(text)):
        return text
    raise PydanticCustomError("whole", "not a whole number", {"expected": "a whole number such as 100"})


def _plain(text: Any) -> Any:
    """Only digits with a point among them: no sign, exponent or grouping. Exact, however it is written."""
    if re.fullmatch(PLAIN, str(text), re.ASCII):
        return Decimal(str(text))
    raise PydanticCustomError(
        "plain",
        "not a plain number",
        {"expected": "a number such as 100 or 0.5, with at most 15 digits before the point and 15 after it"},
    )


def _form(text: Any) -> Any:
    """An ending is part of a path: one that there is not is no parameter at fault."""
    if text in get_args(Ending):
        return text
    endings = " or ".join(f".{each}" for each in get_args(Ending))
    raise UnknownPath(f"There is no table with the ending {f'.{text}'[:40]!r}.", expected=endings)


def _address(text: Any) -> Any:
    """Only an address of the web: not `javascript:`."""
    if re.fullmatch(ADDRESS, str(text)):
        return text
    raise PydanticCustomError(
        "address", "not an address", {"expected": "an address that begins with https:// or http://"}
    )


def _flag(text: Any) -> Any:
    if isinstance(text, bool) or text in ("true", "false"):
        return text
    raise PydanticCustomError("flag", "not a flag", {"expected": "true or false"})


Ending: TypeAlias = Literal["csv", "ndjson", "parquet"]
Given = TypeVar("Given")
Unset: TypeAlias = Given | SkipJsonSchema[None]
Day = Annotated[date, BeforeValidator(_day), _written(DAY, format="date")]
WHOLE = BeforeValidator(_whole)
Limit = Annotated[int, Field(ge=1, le=MOST), WHOLE]
AnyLimit = Annotated[int, Field(ge=1, le=10**18 - 1), WHOLE]
Word = Annotated[str, Field(min_length=1)]
Key = Annotated[Word, _written(KEY)]
KeyOrAll = Annotated[Word, _written(rf"({KEY}|\*)")]
Cursor = Annotated[Word, _written("[A-Za-z0-9_-]+")]
Flag = Annotated[bool, BeforeValidator(_flag)]
Address = Annotated[Word, BeforeValidator(_address), _written(ADDRESS)]
Plain = Annotated[Decimal, BeforeValidator(_plain), _written(PLAIN)]
"""A number without a sign: text, since not every double is what was written."""

InPath = Annotated[
    str,
    Path(
        json_schema_extra=_text(PAIR),
        description=(
            "Base and quote: a rate is units of quote per 1 unit of base. Also `KGSUSD`, `kgs-usd` and"
            " `KGS%2FUSD`; and, where rates are shown, a cross of two local currencies such as `KGS-KZT`."
        ),
        examples=["KGS-USD"],
    ),
]
FormInPath = Annotated[
    Ending, BeforeValidator(_form), Path(description="The form of the table.", examples=["csv"])
]
SeqInPath = Annotated[
    int,
    Field(ge=1, le=10**18 - 1),
    WHOLE,
    Path(description="The number of the tick.", examples=[41]),
]
LastEventId = Annotated[
    str,
    Header(
        description="The id of the last event, as `EventSource` sends it: it counts before `after`.",
        examples=["mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE"],
    ),
]
SourceInPath = Annotated[
    str,
    Path(
        json_schema_extra=_text(KEY),
        description="The key of the source.",
        examples=["nbkr"],
    ),
]


class Parameters(BaseModel):
    """The query parameters of a path, by themselves those of a path that has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_only(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Raise BadParameter for the first parameter that there is not, naming the nearest that there is."""
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for name in given:
            if name not in known:
                raise BadParameter(
                    f"{name[:40]!r} is no parameter of this path.",
                    parameter=name,
                    expected=_nearest(name, known),
                )
        return given


def _nearest(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return close[0] if close else "one of " + ", ".join(known) if known else "no parameter"


def _instant(text: Any) -> Any:
    """Only with a zone: `2026-05-21T10:30:00Z`. A plus sign that was not escaped reads as a space."""
    written = str(text).replace(" ", "+")
    try:
        if re.fullmatch(INSTANT, written):
            return datetime.fromisoformat(written).astimezone(UTC)
    except ValueError:
        pass
    raise PydanticCustomError(
        "instant", "not an instant", {"expected": "an instant such as 2026-05-21T10:30:00Z"}
    )


def _known(text: Any) -> Any:
    if match := re.fullmatch(f"v:({NUMBER})", str(text)):
        return int(match[1])
    try:
        return _instant(text)
    except PydanticCustomError as error:
        expected = "v: and the number of a version, such as v:412, or an instant such as 2026-05-21T10:30:00Z"
        raise PydanticCustomError("known", "not a version", {"expected": expected}) from error


Instant = Annotated[datetime, BeforeValidator(_instant), _written(INSTANT, format="date-time")]
Known = Annotated[
    int | datetime,
    BeforeValidator(_known),
    WithJsonSchema({"anyOf": [_text(f"v:{NUMBER}"), _text(INSTANT, format="date-time")]}),
]
Pairs = Annotated[str, _written(f"{PAIR}(,{PAIR})*")]


class OfAnswer(Parameters):
    """Of every answer that a cache may keep: it can be asked as it was."""

    as_known_at: Unset[Known] = Field(
        default=None,
        description=(
            "Answer with what was known at a version (`v:3`) or at an instant, and no more. A version is for"
            " ever; what was being recorded at an instant counts to it once it is there. The `Link` with"
            " `rel=memento` of an answer gives it again by its version and `at`, byte for byte."
        ),
        examples=["v:3"],
    )
    at: Unset[Instant] = Field(
        default=None,
        description="The instant of the answer. Default: that of `as_known_at`, or now.",
        examples=["2026-05-20T10:30:00Z"],
    )

    @property
    def as_of(self) -> AsOf:
        """What is to be taken for known, and when it is."""
        return AsOf(self.as_known_at, self.at)


class Choosing(Parameters):
    """Of whatever is about several pairs."""

    pairs: Unset[Pairs] = Field(
        default=None,
        description="The pairs wanted, comma-separated, in this order. Default: all five of the ticker.",
        examples=["KGS-USD,TJS-USD"],
    )

    def chosen(self, default: Sequence[Pair] = TICKER, *, crosses: bool = True) -> Sequence[Pair]:
        """The pairs asked for, without repeats; raises UnknownPair."""
        if self.pairs is None:
            return default
        try:
            return list(dict.fromkeys(parse_pair(each, crosses=crosses) for each in self.pairs.split(",")))
        except UnknownPair as error:
            raise UnknownPair(str(error), parameter="pairs", expected=error.expected) from error


class OfPairs(Choosing, OfAnswer):
    """Of an answer about several pairs."""


class OfRates(OfAnswer):
    """Of an answer about rates of one day."""

    source: Unset[Key] = Field(
        default=None,
        description="The key of the source to hear, instead of the headline. `/v1/sources` lists the keys.",
        examples=["nbkr"],
    )
    on: Unset[Day] = Field(
        default=None,
        alias="date",
        description=(
            "The effective date: what was in force on that day, in the source's zone. Default: what is in"
            " force now."
        ),
        examples=["2026-05-21"],
    )


class OfRows(OfRates):
    """Of an answer that shows rates with all their digits, unless they are too old."""

    precision: Unset[Annotated[int, Field(ge=3, le=15), WHOLE]] = Field(
        default=None,
        description=(
            "Significant digits of `rate` and `inverse`. Numbers that were divided, and those of crosses,"
            " have 12 at most."
        ),
        examples=[6],
    )
    max_age_days: Unset[Annotated[int, Field(ge=0, le=100_000), WHOLE]] = Field(
        default=None,
        description=(
            "Calendar days since its effective date after which a rate is not wanted any more. A peg does not"
            " age."
        ),
        examples=[7],
    )


class OfRow(OfRows):
    """Of `/v1/latest/{pair}`."""

    explain: Flag = Field(
        default=False,
        description=(
            "Whether to say where the rate comes from: `explanation`. Such an answer tells of this moment,"
            " and is not cached. A cross is explained by its legs, each by itself."
        ),
        examples=[True],
    )


class OfLatest(OfPairs, OfRows):
    """Of `/v1/latest`."""


class OfConversion(OfRates):
    """Of `/v1/convert`."""

    from_: Word = Field(
        alias="from",
        json_schema_extra=_text(CODE),
        description="The currency to convert.",
        examples=["KGS"],
    )
    to: Word = Field(
        json_schema_extra=_text(CODE),
        description="The currency to convert it to.",
        examples=["USD"],
    )
    amount: Unset[Plain] = Field(
        default=None,
        description="How much of it: at most 15 digits before the point and 15 after it. Default: 1.",
        examples=["100"],
    )

    @property
    def pair(self) -> Pair:
        """The pair whose rate is asked for; raises UnknownPair."""
        base, quote = parse_currency(self.from_, "from"), parse_currency(self.to, "to")
        if base == quote:
            raise UnknownPair(
                f"{base} is converted to itself.", parameter="to", expected="another currency than in from"
            )
        return Pair(base, quote)


class OfTicker(OfPairs, OfRates):
    """Of `/v1/ticker.txt`."""

    decimals: Unset[Annotated[int, Field(ge=0, le=12), WHOLE]] = Field(
        default=None,
        description=(
            "Decimals of the shown rates. Default: at least four significant digits. Never more digits than"
            " were published."
        ),
        examples=[5],
    )
    lang: str = Field(
        default="en",
        json_schema_extra={"enum": [*LANGUAGES]},
        description="The language of names, labels and marks. Ticker lines are the same in every language.",
        examples=["en"],
    )
    inverse: Flag = Field(
        default=False,
        description="Each pair turned round: units of the local currency per 1 US dollar.",
        examples=[True],
    )
    change: Measure = Field(
        default="previous_publication",
        description=(
            "What the change is measured against: the same source's publication before, or its last one at or"
            " before the beginning of a window that ends with the rate, as in `/v1/change/{pair}`. `none`: no"
            " change is shown."
        ),
        examples=["7d"],
    )


class OfStrip(OfTicker):
    """Of `/v1/ticker`."""

    nominal: Nominal = Field(
        default="1",
        description=(
            "The units of the base that an item is shown of: 1, or with `auto` 1,000 where the rate of 1 is"
            " below 0.001. Lines, rates and changes are always of 1."
        ),
        examples=["auto"],
    )


class OfEmbedded(OfStrip):
    """Of what the widget asks for, which shows of 1,000 what is too small to read of 1."""

    nominal: Nominal = Field(
        default="auto",
        description=(
            "The units of the base that an item is shown of: `auto` is 1,000 where the rate of 1 is below"
            " 0.001, and 1 otherwise."
        ),
        examples=["1"],
    )


class OfFragment(OfEmbedded):
    """Of a rendered widget: what it asks for, and its own attributes."""

    mode: Literal["marquee", "static", "grid", "single"] = Field(
        default="marquee",
        description=(
            "A line that moves where it is too long, lines that do not, cards, or the first pair alone."
        ),
        examples=["static"],
    )
    theme: Literal["auto", "light", "dark", "inherit"] = Field(
        default="auto",
        description="The colours: as the reader likes them, or these, or those of the page around it.",
        examples=["dark"],
    )
    speed: Annotated[int, Field(ge=10, le=80), WHOLE] = Field(
        default=40, description="How fast it moves, in CSS pixels a second.", examples=[30]
    )
    href: Unset[Address] = Field(
        default=None,
        description=(
            "Where each item leads to: an address of the web, with `{pair}` for the pair, such as `KGS-USD`."
        ),
        examples=["https://news.example/rates/{pair}"],
    )

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of the element, by their names; those that are left out have their defaults."""
        named = ("pairs", "source", "decimals", "inverse", "change", "mode", "theme", "speed", "href")
        given = {name: str(getattr(self, name)) for name in named if name in self.model_fields_set}
        return given | ({"inverse": given["inverse"].lower()} if "inverse" in given else {})

    @property
    def is_live(self) -> bool:
        """Whether it is about the rates in force, so that it can be kept up to date."""
        return self.on is None


class OfPast(OfAnswer):
    """Of an answer about a range of days."""

    since: Unset[Day] = Field(
        default=None, description="The first effective date wanted, itself included.", examples=["2026-05-01"]
    )
    until: Unset[Day] = Field(
        default=None, description="The last effective date wanted, itself included.", examples=["2026-05-21"]
    )
    source: Unset[Key] = Field(
        default=None,
        description="The key of the source to hear. Default: the headline as it was in force day by day.",
        examples=["nbkr"],
    )


class OfStats(OfPast):
    """Of `/v1/stats/{pair}`."""


class OfPicture(OfAnswer):
    """Of whatever is drawn."""

    lang: str = Field(
        default="en",
        json_schema_extra={"enum": [*LANGUAGES]},
        description="The language of the title, which is read out, and of the marks in numbers.",
        examples=["en"],
    )
    theme: Theme = Field(
        default="auto",
        description="The page that it suits: a `light` one, a `dark` one, or whichever its reader likes.",
        examples=["dark"],
    )
    inverse: Flag = Field(
        default=False,
        description="The pair turned round: units of its base per 1 unit of its quote.",
        examples=[True],
    )


class OfBadge(OfPicture, OfRates):
    """Of `/badge/{pair}.svg`."""

    decimals: Unset[Annotated[int, Field(ge=0, le=12), WHOLE]] = Field(
        default=None,
        description=(
            "Decimals of the shown rate. Default: at least four significant digits. Never more digits than"
            " were published."
        ),
        examples=[5],
    )
    change: Measure = Field(
        default="previous_publication",
        description=(
            "What the change is measured against, as in `/v1/ticker`; the title says since when. `none`:"
            " no change is shown."
        ),
        examples=["7d"],
    )
    nominal: Nominal = Field(
        default="auto",
        description=(
            "The units of the base that the rate is shown of: with `auto` 1,000 where that of 1 is below"
            " 0.001, or always 1."
        ),
        examples=["1"],
    )


class OfChart(OfPicture, OfPast, OfRates):
    """Of `/chart/{pair}.svg`."""

    days: Unset[Annotated[int, Field(ge=2, le=3660), WHOLE]] = Field(
        default=None,
        description=(
            "How many days to draw, up to that of the newest rate in force. Not with `since` or `until`."
            f" Default: {DEFAULT_DAYS}."
        ),
        examples=[90],
    )
    on: Unset[Day] = Field(
        default=None,
        alias="date",
        description=(
            "The day on which the newest rate is in force. Not with `since` or `until`. Default: today."
        ),
        examples=["2026-05-21"],
    )
    width: Annotated[int, Field(ge=60, le=1200), WHOLE] = Field(
        default=120, description="How wide the picture is, in pixels.", examples=[240]
    )
    height: Annotated[int, Field(ge=20, le=400), WHOLE] = Field(
        default=32, description="How high the picture is, in pixels.", examples=[48]
    )

    @property
    def stretch(self) -> dict[str, Any]:
        """Which days to draw; raises BadParameter for two ways to say it at once."""
        by_range = self.since is not None or self.until is not None
        if not by_range:
            return {"days": self.days or DEFAULT_DAYS, "until": self.on}
        for name, given in (("days", self.days), ("date", self.on)):
            if given is not None:
                raise BadParameter(
                    f"{name} cannot be beside since or until: both say which days to draw.",
                    parameter=name,
                    expected=f"{name}, or since and until",
                )
        return {"since": self.since, "until": self.until}


class OfPages(OfPast):
    """Of an answer about a range of days that comes in pages."""

    fill: Fill = Field(
        default="none",
        description=(
            "Which gaps get a row that shows the last one before them, with `carried_from`: none, all"
            " (`previous`), or those that begin on a Monday to a Friday (`business`)."
        ),
        examples=["previous"],
    )

    limit: Unset[Limit] = Field(
        default=None,
        description=f"Points in one answer. Default: {DEFAULT_LIMIT} in JSON, all in other forms.",
        examples=[100],
    )
    after: Unset[Cursor] = Field(
        default=None,
        description="The `next` of the answer before this one, unchanged.",
        examples=[
            "Xa-0cjEuaC5iMTk0NmFjOTI0OTIuN2M5NTY3OWEgMjAyNi0wNS0yMSAwIDIwMjYtMDUtMjBUMTg6MDA6MDArMDA6MDAgS0dTL1VTRA"
        ],
    )


class OfHistory(OfPages):
    """Of `/v1/history/{pair}`."""

    source: Unset[KeyOrAll] = Field(
        default=None,
        description=(
            "The key of the source to hear, or `*` for every source that publishes the pair, side by side."
            " Default: the headline as it was in force day by day."
        ),
        examples=["nbkr"],
    )
    revisions: Flag = Field(
        default=False,
        description=(
            "Whether each publication comes after those that it superseded: what its source said first, and"
            " then instead. Not with `fill`, not wide, and of no cross."
        ),
        examples=[True],
    )
    layout: Layout = Field(
        default="long",
        description=(
            "`long`: a row a publication. `wide`: a row a day, with a column for each pair, and for each"
            " source of it with `source=*`: its last rate of that day."
        ),
        examples=["wide"],
    )


class OfHistories(OfPairs, OfHistory):
    """Of `/v1/history`."""


class OfHistoryTable(OfHistory):
    """Of `/v1/history/{pair}` with an ending."""

    limit: Unset[AnyLimit] = Field(
        default=None,
        description=(
            f"Rows in the table. Default: all. With up to {MOST} it is a page, and the `Link` with `rel=next`"
            " leads on; with more it has none."
        ),
        examples=[100],
    )


class OfHistoriesTable(OfPairs, OfHistoryTable):
    """Of `/v1/history` with an ending."""


class OfCandles(OfPages):
    """Of `/v1/candles/{pair}`."""

    interval: Interval = Field(
        default="1d",
        description=(
            "How long each candle is: a day, an ISO week, a month, a quarter or a year by effective dates; or"
            " an hour in UTC, of a `source` that speaks all day. A candle is never cut by `since` or `until`."
        ),
        examples=["1w"],
    )
    limit: Limit = Field(default=DEFAULT_LIMIT, description="Candles in one answer.", examples=[100])
    after: Unset[Cursor] = Field(
        default=None,
        description="The `next` of the answer before this one, unchanged.",
        examples=["kJb5hjEuYy5iMTk0NmFjOTI0OTIuNGI5OTkyNWMgMjAyNi0wNS0yNQ"],
    )


class OfChange(OfRates):
    """Of `/v1/change/{pair}`."""

    since: Unset[Day] = Field(
        default=None,
        description="The day to measure from: its last rate or the one before. Default: every basis.",
        examples=["2026-05-20"],
    )


class Filtering(Choosing):
    """Of whatever renders the tick log."""

    only: Unset[Literal["changes"]] = Field(
        default=None,
        description="`changes` leaves out the ticks whose rate is that of the tick before: the `unchanged`.",
        examples=["changes"],
    )
    min_change_pct: Unset[Plain] = Field(
        default=None,
        description=(
            "Only ticks whose rate moved, up or down, by at least so many percent of that of the tick before"
            " of their pair. The first of a pair counts as moved."
        ),
        examples=["0.5"],
    )

    @property
    def wanted(self) -> Wanted:
        """Which ticks are asked for; raises UnknownPair, also for a cross, which has none."""
        pairs = frozenset(map(canonical, self.chosen(default=(), crosses=False)))
        return Wanted(pairs, self.only == "changes", self.min_change_pct)


class OfStream(Filtering):
    """Of `/v1/stream`."""

    after: Unset[Cursor] = Field(
        default=None,
        description=(
            "The id of an event, or a cursor of `/v1/ticks`: what came after it is told first. A place in the"
            " log, whatever the filters. The header `Last-Event-ID` counts before it. Default: from now on."
        ),
        examples=["mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE"],
    )


class OfTicks(Filtering, OfAnswer):
    """Of `/v1/ticks`."""

    limit: Limit = Field(default=DEFAULT_LIMIT, description="Ticks in one answer.", examples=[100])
    after: Unset[Cursor] = Field(
        default=None,
        description=(
            "The `next` or the `cursor` of the answer before this one, unchanged; or the id of an event of"
            " `/v1/stream`. A place in the log, whatever the filters."
        ),
        examples=["mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE"],
    )


class OfFeed(Filtering, OfAnswer):
    """Of `/v1/feed` with an ending."""

    lang: str = Field(
        default="en",
        json_schema_extra={"enum": [*LANGUAGES]},
        description="The language of titles and texts, and of the marks in numbers.",
        examples=["en"],
    )
    limit: Annotated[int, Field(ge=1, le=500), WHOLE] = Field(
        default=MOST_ENTRIES, description="Entries in one answer.", examples=[20]
    )
    before: Unset[Cursor] = Field(
        default=None,
        description=(
            "The place in the log up to which entries are wanted, as the address of the next page has it:"
            " what is older than the answer before this one, whatever the filters."
        ),
        examples=["mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE"],
    )
