"""Cells: what the columns of a table say, checked against each other, as rows in the order of recording.

What is said in one way is read, what could mean two things is refused; each reader below raises ValueError,
with a sentence on what is wrong with a cell and what would be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache, partial
from itertools import repeat
from typing import NamedTuple, TypeAlias, TypeVar

from app.domain.calendar import starts
from app.domain.errors import ImportRefused, UnknownSource
from app.domain.numbers import (
    DERIVED_DIGITS,
    DIRECT_DIGITS,
    bare,
    parse_decimal,
    plain,
    quotient,
    significant,
    trimmed,
)
from app.domain.pairs import CURRENCIES, Pair, canonical
from app.domain.table import CARRIED, COLUMNS, NEEDED
from app.sources.base import dotted_day, iso_day, whole_units
from app.sources.catalog import Catalog

Row: TypeAlias = tuple[str, str, bool, str, int, str, str, str, int, int, str, bool]
"""Effective date, source, whether it is a cross, observed at, place in the file, the pair that it is filed
under, published pair, published value, nominal, revision, rate, and whether the revision is told. So rows
sort as they are recorded: by day, of each source the dollar first. The texts are those of Plain in
app/store/base.py; a rate that is not positive is empty.
"""

Cells: TypeAlias = Mapping[str, Sequence[str]]
"""The texts of some rows, by column; an empty one says nothing."""

T = TypeVar("T")

EXAMPLES = {"source": "nbkr", "published_pair": "USD/KGS", "effective_date": "2026-05-21"}

_PAIR = re.compile(r"([A-Z]{3})[/-]([A-Z]{3})")
_PLAIN = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]((?!24)[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?Z"
)
_GROUPED = re.compile(r"[0-9]{1,3},[0-9]{3}")


class Direction(NamedTuple):
    """How a pair was printed: as a pair, that and the one that it is filed under as texts, whether the one is
    `turned` into the other, and whether it is a cross.
    """

    published: Pair
    printed: str
    filed: str
    turned: bool
    crossed: bool


class Reading:
    """Reads the cells of one file called `file`, whose rows are counted as `unit`s: lines, or rows."""

    def __init__(self, catalog: Catalog, file: str, unit: str) -> None:
        self._catalog, self._file, self._unit = catalog, file, unit

    def check_header(self, names: Sequence[str]) -> None:
        """Raise ImportRefused for a column that there is not, that stands there twice or that is missing."""
        for name in names:
            if name not in (*COLUMNS, CARRIED.name):
                raise self.refused(None, f"there is no column {name[:40]!r}", nearest(name, COLUMNS))
            if names.count(name) > 1:
                raise self.refused(None, f"the column {name} stands there twice", "it once")
        for name in NEEDED:
            if name not in names:
                raise self.refused(None, f"the column {name} is missing", f"one such as {', '.join(NEEDED)}")

    def refused(self, place: int | None, wrong: str, expected: str) -> ImportRefused:
        """The error about a place in the file."""
        where = f"{self._file}, {self._unit} {place}" if place else self._file
        return ImportRefused(f"{where}: {wrong}; expected {expected.rstrip('.')}. Nothing was recorded.")

    def rows(self, cells: Cells, places: Sequence[int]) -> list[Row]:
        """The rows of these cells, which stand at `places` in the file; raises ImportRefused."""
        if not places:
            return []
        column = partial(self._column, cells, places)
        column(CARRIED.name, publication)
        sources = column("source", self._source)
        printed = column("published_pair", direction)
        days = column("effective_date", day)
        values, amounts = cells["published_value"], column("published_value", amount)
        nominals = column("nominal", nominal)
        numbers = column("revision", revision)
        observed = self._observed(cells, places, sources, days)
        # Rates repeat, from minute to minute above all; to divide is dear.
        printings = list(zip(cells["published_pair"], values, nominals, strict=True))
        first = dict(zip(printings, zip(printed, amounts, nominals, strict=True), strict=True))
        known = {printing: rate(*said) for printing, said in first.items()}
        rates = [known[printing] for printing in printings]
        self._check(cells, places, printed, values, nominals, rates)
        _, said, filed, _, crossed = zip(*printed, strict=True)
        revisions, told = zip(*numbers, strict=True)
        told_of = (
            days,
            sources,
            crossed,
            observed,
            places,
            filed,
            said,
            values,
            nominals,
            revisions,
            rates,
            told,
        )
        return list(zip(*told_of, strict=True))

    def _column(self, cells: Cells, places: Sequence[int], name: str, read: Callable[[str], T]) -> list[T]:
        """What the cells of a column say, each text read once; of a column that is not there, nothing."""
        texts = cells.get(name) or [""] * len(places)
        known: dict[str, T] = {}
        for text in dict.fromkeys(texts):
            try:
                known[text] = read(text)
            except ValueError as error:
                raise self._wrong(places[texts.index(text)], name, error) from error
        return [known[text] for text in texts]

    def _wrong(self, place: int, name: str, error: Exception) -> ImportRefused:
        wrong, _, expected = str(error).partition(", expected ")
        return self.refused(place, f"{name}: {wrong}", expected or "another value")

    def _source(self, text: str) -> str:
        try:
            return self._catalog[text].key
        except UnknownSource as error:
            known = [source.key for source in self._catalog.sources]
            raise ValueError(f"{text[:40]!r} is no source, expected {nearest(text, known)}") from error

    def _observed(
        self, cells: Cells, places: Sequence[int], sources: Sequence[str], days: Sequence[str]
    ) -> list[str]:
        """The instants of the rows: what is not said is the start of the day where the source is."""
        told = self._column(cells, places, "observed_at", instant)
        if all(told):
            return told
        return [at or self._starts(*of) for at, *of in zip(told, sources, days, strict=True)]

    @lru_cache(maxsize=10_000)  # noqa: B019  it lives as long as the reading of a file
    def _starts(self, source: str, day: str) -> str:
        return _written(starts(date.fromisoformat(day), self._catalog[source].calendar.zone))

    def _check(
        self,
        cells: Cells,
        places: Sequence[int],
        printed: Sequence[Direction],
        values: Sequence[str],
        nominals: Sequence[int],
        rates: Sequence[str],
    ) -> None:
        """Refuse a pair or a rate that is not that of the published value, and a value that is two."""
        pairs, told = (cells.get(name) or repeat("") for name in ("pair", "rate"))
        rows = zip(places, pairs, printed, told, values, nominals, rates, strict=False)
        for place, pair, said, text, value, nominal, rate in rows:
            if text in ("", rate) and pair in ("", said.filed) and "," not in value:
                continue
            try:
                _agree(direction(pair or said.filed), said, text, value, nominal)
            except ValueError as error:
                raise self._wrong(place, "rate" if text else "published_value", error) from error


def _agree(filed: Direction, said: Direction, text: str, value: str, nominal: int) -> None:
    pair = filed.published
    if pair not in (said.published, said.published.inverse):
        raise ValueError(f"pair is {pair}, but published_pair is {said.printed}, expected the same pair")
    if not text:
        if _GROUPED.fullmatch(value):
            either = f"{value.replace(',', '.')} or {value.replace(',', '')}"
            raise ValueError(
                f"{value!r} is {either}, expected a point as decimal mark, or the rate beside it"
            )
        return
    number = parse_decimal(value)
    exact = Fraction(number) / nominal
    if pair != said.published and exact:
        exact = 1 / exact
    given = bare(_decimal(text))
    if significant(exact, len(given.as_tuple().digits)) != given:
        right = trimmed(significant(exact, DIRECT_DIGITS if pair == said.published else DERIVED_DIGITS))
        raise ValueError(f"{text[:40]!r} is not the rate of {value} per {nominal}, expected {right}")


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not (number.is_finite() and text.isascii()):
        raise ValueError(f"{text[:40]!r} is no number, expected one such as 0.01143")
    return number


@lru_cache(maxsize=100)
def direction(text: str) -> Direction:
    """A pair of two currencies known here, written `USD/KGS` or `USD-KGS`."""
    match = _PAIR.fullmatch(text)
    codes = match.groups() if match else ()
    for code in codes:
        if code not in CURRENCIES:
            raise ValueError(f"{code!r} in {text!r} is no currency, expected {nearest(code, CURRENCIES)}")
    if not match or codes[0] == codes[1]:
        raise ValueError(f"{text[:40]!r} is no pair, expected two currencies such as USD/KGS")
    pair = Pair(*codes)
    filed = canonical(pair)
    return Direction(pair, str(pair), str(filed), pair != filed, "USD" not in codes)


def day(text: str) -> str:
    """A day written `2026-05-21` or `21.05.2026`. With slashes it could be two days."""
    try:
        return (dotted_day(text) if "." in text else iso_day(text)).isoformat()
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no day, expected one such as 2026-05-21") from error


def instant(text: str) -> str:
    """An instant with its zone, in UTC; empty for none."""
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError("no zone")
        match = _INSTANT.fullmatch(text)
        if match is None:
            return _written(found)
        # As export writes it: to write it out anew takes Python longer than all else that is read of a row.
        day, time, fraction = match.groups("")
        return f"{day} {time}.{fraction:0<6}+00:00"
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{text[:40]!r} is no instant with a zone, expected one such as 2026-05-20T18:00:00Z"
        ) from error


def _written(found: datetime) -> str:
    return found.astimezone(UTC).isoformat(" ", "microseconds")


def amount(text: str) -> Decimal:
    """The number that a literal is, as its source printed it, in plain decimal notation."""
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    try:
        if text != text.strip():
            raise ValueError("spaces around it")
        return parse_decimal(text)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no plain number, expected one such as 87.4500") from error


def publication(text: str) -> None:
    """What fills no gap: nothing is said of the day that it would repeat."""
    if text:
        raise ValueError(
            f"the row repeats {text[:40]} for a day without publication, expected publications alone: a"
            " history without fill"
        )


def nominal(text: str) -> int:
    """The units of the published base that the value is for; 1 where nothing is said."""
    return whole_units(text) if text else 1


def revision(text: str) -> tuple[int, bool]:
    """How often it was said otherwise before, and whether that is told."""
    if text in ("", "0"):
        return 0, text == "0"
    try:
        return whole_units(text), True
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no revision, expected a whole number such as 0") from error


def rate(said: Direction, amount: Decimal, nominal: int) -> str:
    """The rate of the filed pair in plain notation; empty for what is not positive."""
    if amount <= 0:
        return ""
    units = Decimal(nominal)
    top, bottom, digits = (units, amount, DERIVED_DIGITS) if said.turned else (amount, units, DIRECT_DIGITS)
    return plain(quotient(top, bottom, digits))


def nearest(text: str, known: Iterable[str]) -> str:
    """What comes nearest to what there is not, or all that there is."""
    names = list(known)
    close = get_close_matches(text, names, n=1)
    return close[0] if close else f"one of {', '.join(names)}"
