"""A ticker page: any text or HTML with items such as `KGS/USD = 0.01149 -0.22%`, saved and imported.

It is read as its readers see it, and taken whole or not at all: a page that shows two dates, gives one pair
two values or breaks a number in two has said nothing that could be recorded.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from unicodedata import category
from zoneinfo import ZoneInfo

from app.domain.calendar import SingleDay, starts
from app.domain.errors import ImportRefused
from app.domain.lines import PART, Item, items
from app.domain.numbers import parse_decimal, plain
from app.domain.observations import Observation, Published, Reported
from app.domain.pairs import TICKER, Pair, canonical
from app.sources.base import Source

KEY = "page"
EXAMPLE = "KGS/USD = 0.01149 -0.22%"

_BOMS = {BOM_UTF8: "utf-8-sig", BOM_UTF16_LE: "utf-16", BOM_UTF16_BE: "utf-16"}
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9_.:-]+)""", re.I)
_HEAD = 4096
"""Bytes in which a page declares its encoding; the HTML standard asks for the first 1,024."""

_UNSEEN = frozenset({"script", "style", "template"})
_INLINE = frozenset(
    {"a", "abbr", "b", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"}
)

# A line ends a date: the 6 of a page's number and the heading May 2025 below it are none.
_GAP = r"[^\S\n]"
_DAY = r"(?P<day>[0-9]{1,2})"
_ORDINAL = rf"(?:{_GAP}*(?:st|nd|rd|th))?"
_MONTH = r"(?P<month>[^\W\d_]{3,9})"
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})(?![0-9])"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![0-9.,]){_DAY}{_ORDINAL}{_GAP}+{_MONTH}\.?,?{_GAP}+{_YEAR}",
        rf"(?<![^\W\d_]){_MONTH}\.?{_GAP}+{_DAY}{_ORDINAL},?{_GAP}+{_YEAR}",
        rf"(?<![0-9.,]){_DAY}\.(?P<month>[0-9]{{1,2}})\.{_YEAR}",
        r"(?<![0-9.,-])(?P<year>(?:19|20)[0-9]{2})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?![0-9])",
    )
)
_MONTHS = (
    ("january", "января"),
    ("february", "февраля"),
    ("march", "марта"),
    ("april", "апреля"),
    ("may", "мая"),
    ("june", "июня"),
    ("july", "июля"),
    ("august", "августа"),
    ("september", "сентября"),
    ("october", "октября"),
    ("november", "ноября"),
    ("december", "декабря"),
)


def decode(body: bytes) -> str:
    """The text of a saved page, whatever it is encoded in; never fails.

    A byte order mark decides. Without one, what is valid UTF-8 is UTF-8: text in another encoding never is
    by chance, while a browser that saves a page leaves a declaration in it that is no longer true. Then comes
    what the page declares, and at last windows-1251, the encoding of the region's older sites.
    """
    for bom, encoding in _BOMS.items():
        if body.startswith(bom):
            return body.decode(encoding, "replace")
    declared = _CHARSET.search(body[:_HEAD])
    for encoding in ("utf-8", *([declared[1].decode("ascii")] if declared else [])):
        try:
            return body.decode(encoding)
        except (LookupError, ValueError):
            continue
    return body.decode("windows-1251", "replace")


def read(text: str, *, given: date | None, zone: ZoneInfo, fetched_at: datetime) -> list[Observation]:
    """The strip in `text`: an observation a pair of the ticker, in the order of first appearance.

    Rates keep the direction and the digits of the page. They hold for its own date, or for `given` when it
    shows none, from the start of that day in `zone`. Raises ImportRefused.
    """
    seen = visible(text)
    strip, day = _strip(seen), _day(seen, given)
    try:
        begins = starts(day, zone)
    except OverflowError as error:
        raise ImportRefused(f"{day} is beyond the calendar; expected the day of the page") from error
    return [_observation(item, day, begins, fetched_at) for item in strip]


def visible(text: str) -> str:
    """What a reader sees of `text`: no tags, scripts, styles, comments or attributes, entities resolved.

    An inline tag leaves a PART, any other a line end. An attribute `datetime` is no date of the page: its
    readers do not see it, and in UTC it may be another day.
    """
    reader = _Reader()
    try:
        reader.feed(text)
        if not reader.rawdata.startswith(
            "<"
        ):  # else the page is cut short within a tag or comment: unseen too
            reader.close()
    except AssertionError as error:  # how html.parser says that a declaration such as <![x[ is beyond it
        raise ImportRefused(f"the markup cannot be read ({error}); expected text or HTML") from error
    return "".join(character for character in "".join(reader.seen) if category(character) != "Cf")


class _Reader(HTMLParser):
    """Collects in `seen` what is between the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        self.seen.append(PART if tag in _INLINE else "\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        self.seen.append(PART if tag in _INLINE else "\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.seen.append(data)


def _strip(text: str) -> list[Item]:
    """The items of the ticker's pairs, one a pair."""
    said: dict[Pair, list[Item]] = {}
    for item in items(text):
        if canonical(item.pair) in TICKER:
            said.setdefault(canonical(item.pair), []).append(item)
    if not said:
        raise ImportRefused(f"the page has no item of the ticker; expected some such as {EXAMPLE!r}")
    return [_agreed(repeats) for repeats in said.values()]


def _agreed(repeats: list[Item]) -> Item:
    """What all `repeats` of one pair's item say; one that leaves out the change contradicts nobody."""
    first: dict[tuple[Pair, Decimal, Decimal | None], Item] = {}
    for item in repeats:
        first.setdefault((item.pair, *_numbers(item)), item)
    told = {(pair, rate) for pair, rate, pct in first if pct is not None}
    said = [item for (pair, rate, pct), item in first.items() if pct is not None or (pair, rate) not in told]
    if len(said) > 1:
        raise ImportRefused(f"the page says both '{said[0]}' and '{said[1]}'; expected one, or repeats of it")
    return said[0]


def _numbers(item: Item) -> tuple[Decimal, Decimal | None]:
    """The rate and the change in percent."""
    try:
        rate, pct = parse_decimal(item.rate), parse_decimal(item.pct) if item.pct is not None else None
    except ValueError as error:
        raise ImportRefused(f"the rate of {item.pair} cannot be read: {error}") from error
    if pct is not None and pct <= -100:
        raise ImportRefused(f"'{item}': no rate falls by 100 % or more; expected a change such as -0.22%")
    return rate, pct


def _observation(item: Item, day: date, begins: datetime, fetched_at: datetime) -> Observation:
    rate, pct = _numbers(item)
    reported = Reported(pct=plain(pct)) if pct is not None else None
    return Observation(KEY, Published(item.pair, plain(rate)), day, begins, fetched_at, reported)


def _day(text: str, given: date | None) -> date:
    """The one date that the text shows, or the one that was given where it shows none."""
    shown = sorted(set(_dates(text)))
    if len(shown) > 1:
        raise ImportRefused(f"the page shows {len(shown)} dates, {shown[0]} and {shown[1]}; expected one")
    day = shown[0] if shown else given
    if day is None:
        raise ImportRefused(
            "the page shows no date and none was given; expected one, such as --date 2025-01-07"
        )
    if given not in (None, day):
        raise ImportRefused(f"the page is dated {day}, but {given} was given; expected the same or none")
    return day


def _dates(text: str) -> Iterator[date]:
    """Every date in the text, in each form read here. What no calendar has, such as 10.20.2025, is none."""
    for match in (match for pattern in _DATES for match in pattern.finditer(text)):
        try:
            yield date(int(match["year"]), _month(match["month"]), int(match["day"]))
        except ValueError:
            continue


def _month(text: str) -> int:
    """The number of a month written as number or as English or Russian name, also cut short; 0 for none."""
    if text.isdecimal():
        return int(text)
    word = text.lower()
    return next((n for n, names in enumerate(_MONTHS, 1) if any(name.startswith(word) for name in names)), 0)


SOURCE = Source(
    key=KEY,
    name="An imported page",
    kind="page",
    calendar=SingleDay(ZoneInfo("Asia/Bishkek")),
    attribution="The page that was imported.",
    terms="Those of the page.",
    permission="Whoever imports a page answers for it.",
    together=False,
)
