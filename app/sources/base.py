"""What a source is, and the pieces that several of them share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from defusedxml import DTDForbidden
from defusedxml.ElementTree import ParseError, fromstring

from app.domain.calendar import Calendar, Schedule
from app.domain.errors import BadBody, NoRates
from app.domain.numbers import parse_decimal, plain
from app.domain.observations import Kind, Observation, Published, Reported
from app.domain.pairs import TICKER, Pair

_DOTTED_DAY = re.compile(r"([0-9]{2})\.([0-9]{2})\.((?:19|20)[0-9]{2})")
_ISO_DAY = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"[0-9]{1,9}")

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Request:
    """One GET that a source needs. `url` is the upstream's own, whatever mirror is asked instead.

    `alternatives` are URLs of the same document at other hosts, tried in their order when the one before has
    no answer. `day` is the effective date asked for, where one is. `absent` are the statuses by which this
    upstream says that it has nothing for that day. `secret` is the part of the query that holds a key: it is
    added when the request is sent, and never shown. To miss an `optional` one is no failure: a witness, or
    a guess. `otherwise` is asked when there is nothing of `day`.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    alternatives: tuple[str, ...] = ()
    day: date | None = None
    absent: frozenset[int] = frozenset()
    secret: str = field(default="", repr=False)
    optional: bool = False
    otherwise: Request | None = None

    @property
    def host(self) -> str:
        """The upstream's host name."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Reply:
    """The complete body that answered `request` with status 200, decompressed, and when (UTC) it had
    arrived.

    `validators` are the request headers that ask for it again only if it has changed: If-None-Match,
    If-Modified-Since. `alternative` is the one of the request's that answered, if it was one.
    """

    request: Request
    body: bytes
    fetched_at: datetime
    validators: Mapping[str, str] = field(default_factory=dict)
    alternative: str | None = None

    @property
    def url(self) -> str:
        """The upstream's own URL at which it was found, without any key."""
        return self.alternative or self.request.url


@dataclass(frozen=True, slots=True)
class Span:
    """The effective dates `since`..`until`, both included, and the requests whose answers hold all that a
    source has of them.
    """

    since: date
    until: date
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class History:
    """How far back a source can be asked, and how to ask it with the fewest requests that its format allows.

    `since` is the first effective date that it has. `spans` cuts a range of dates, both included, into spans
    without gap or overlap, oldest first. `pause` is kept between two requests.
    """

    since: date
    spans: Callable[[date, date], Iterator[Span]]
    pause: timedelta = timedelta(milliseconds=500)


def no_requests(now: datetime) -> Sequence[Request]:
    """What a source asks that has nobody to ask."""
    return ()


@dataclass(frozen=True, slots=True)
class Source:
    """One upstream: facts as data, and pure functions.

    `requests` are the GETs for what it says at an instant, `parse` reads one reply into observations, at
    least one, or raises NoRates where the body says that there is none for the day asked for, and BadBody
    naming what is missing otherwise: never an empty success. `decreed` gives what a source without requests
    says, at any `fetched_at`. `history` is None where the past cannot be asked for.

    `pairs` are those of the ticker that it may be the headline of: what it says of any other is a witness.
    `hosts` are all that it is ever asked at. `terms` are the conditions in a sentence, `permission` what
    makes it right to serve its rates on, with where that was read. `rounded` says how its values have lost
    digits.
    `together` says that its documents have all its pairs: then one that stays behind is missed.
    `places` is the number of decimals its format has even when it drops trailing zeros (None: the literal
    tells). `least` is the shortest time between two polls whatever the settings, for a quota. `needs` names
    the setting without which it cannot be asked.
    """

    key: str
    name: str
    kind: Kind
    calendar: Calendar
    attribution: str
    terms: str
    permission: str
    homepage: str | None = None
    hosts: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = TICKER
    requests: Callable[[datetime], Sequence[Request]] = no_requests
    parse: Callable[[Reply], list[Observation]] | None = None
    decreed: Callable[[datetime], list[Observation]] | None = None
    history: History | None = None
    rounded: str | None = None
    together: bool = True
    places: int | None = None
    exact: bool = False
    default: bool = True
    least: timedelta | None = None
    needs: str | None = None


def by_day(calendar: Schedule, request: Callable[[date], Request]) -> Callable[[date, date], Iterator[Span]]:
    """The spans of an upstream that is asked for one day at a time: one for each day of its eras.

    A span reaches to the day before the next, so that weekends need no request. Holidays do get one: only
    the upstream knows them for certain.
    """

    def spans(since: date, until: date) -> Iterator[Span]:
        days = [day for day in each_day(since, until) if calendar.scheduled(day)]
        begins = [since, *days[1:]]
        for begin, day, end in zip(begins, days, [*days[1:], until + ONE_DAY], strict=False):
            yield Span(begin, end - ONE_DAY, (request(day),))

    return spans


def by_years(
    years: int, requests: Callable[[date, date], Sequence[Request]]
) -> Callable[[date, date], Iterator[Span]]:
    """The spans of an upstream that is asked for a range of at most so many calendar years.

    They end with a year that `years` divides, so that the same years are asked for again by the same URL.
    """

    def spans(since: date, until: date) -> Iterator[Span]:
        while since <= until:
            last = min(until, date(since.year + (-since.year) % years, 12, 31))
            yield Span(since, last, tuple(requests(since, last)))
            since = last + ONE_DAY

    return spans


AHEAD = 3
"""How many days beyond one that did not come are asked for: as long as a holiday is that nobody knew of."""


def due(calendar: Schedule, request: Callable[[date], Request], now: datetime) -> list[Request]:
    """The questions of an upstream that is asked for one day at a time: one for each day that is due.

    A day that may yet come is a guess: only the newest that must be there, and one whose window has closed,
    tell of a failure. When a day is not there, those before it are asked for that are listed as holidays,
    for no list of them is sure; and when its window has closed, those after it: on the eve of a holiday that
    the calendar does not know, a bank publishes for the day after.
    """
    known, *coming = calendar.due_days(now)
    asked = [request(known)]
    for before, day in pairwise([known, *coming]):
        closed = calendar.window(day)[1] <= now
        beyond = list(islice(calendar.publication_days(day), AHEAD)) if closed and day is coming[-1] else []
        instead = [*calendar.listed(before, day), *beyond]
        asked.append(replace(request(day), optional=not closed, otherwise=_chain(request, instead)))
    return asked


def _chain(request: Callable[[date], Request], days: Sequence[date]) -> Request | None:
    """The questions for `days`, each if the one before told nothing."""
    found = None
    for day in reversed(days):
        found = replace(request(day), optional=True, otherwise=found)
    return found


def within_span(source: str, span: tuple[date, date], days: Iterable[date], calendar: Schedule) -> None:
    """Refuse, as BadBody, an answer about another range than `span`, both ends included, and one that is
    empty; as NoRates an empty one where nothing was due in it.
    """
    since, until = span
    dated = sorted(days)
    if not dated:
        if not any(calendar.scheduled(day) for day in each_day(since, until)):
            raise NoRates(source, f"nothing of {since} to {until}, when nothing was due")
        raise BadBody(source, f"no rate of {since} to {until}, expected one for each publication")
    if dated[0] < since or dated[-1] > until:
        raise BadBody(source, f"dated {dated[0]} to {dated[-1]}, but {since} to {until} was asked for")


def each_day(since: date, until: date) -> Iterator[date]:
    """Every day of a range, both ends included."""
    return (since + timedelta(days=n) for n in range((until - since).days + 1))


@contextmanager
def reading(source: str) -> Iterator[None]:
    """Inside, a ValueError is a sentence on what is wrong with the body that `source` sent: it leaves as
    BadBody.
    """
    try:
        yield
    except ValueError as error:
        raise BadBody(source, str(error)) from error


@contextmanager
def within(part: str) -> Iterator[None]:
    """Inside, a ValueError is about `part` of a body, and says so when it leaves."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{part}: {error}") from error


def xml_root(body: bytes, name: str) -> Element:
    """The root of an XML document, in the encoding that it declares; ValueError unless that is `<name>`.

    Entities and document types are refused before anything is expanded or fetched: no rate needs them. So is
    UTF-16, which a bank that declares another encoding sends only by accident.
    """
    if not body.strip():
        raise ValueError(f"the body is empty, expected an XML document <{name}>")
    try:
        if b"\0" in body:
            raise ValueError("it has NUL bytes, as UTF-16 has")
        root: Element = fromstring(body, forbid_dtd=True)
        if root.tag != name:
            raise ValueError(f"its root is <{root.tag[:40]}>")
    except DTDForbidden as error:
        raise ValueError(_not_xml(body, name, "it declares a document type")) from error
    except (ParseError, LookupError, ValueError) as error:
        raise ValueError(_not_xml(body, name, str(error))) from error
    return root


def _not_xml(body: bytes, name: str, fault: str) -> str:
    return f"the body, which begins {_begins(body)!r}, is no XML document <{name}>: {fault}"


def _begins(body: bytes) -> str:
    text = body[:80].decode("ascii", "replace")
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def json_of(body: bytes) -> object:
    """What a JSON document in UTF-8 says, with every number as its literal text; ValueError otherwise.

    A key that stands twice in an object is refused: which of the two values was meant is not known.
    """
    if not body.strip():
        raise ValueError("the body is empty, expected a JSON document")
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_float=str,
            parse_int=str,
            parse_constant=_refuse,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise ValueError(
            f"the body, which begins {_begins(body)!r}, is no JSON document: {reason}"
        ) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    named = dict(members)
    if len(named) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:40]!r} stands there twice")
    return named


def object_in(document: object) -> Mapping[str, object]:
    """A JSON object; ValueError for anything else."""
    if not isinstance(document, dict):
        raise ValueError(f"{str(document)[:60]!r}, expected an object")
    return document


def rows_in(document: object) -> list[Mapping[str, object]]:
    """A JSON array of objects; ValueError for anything else, and for an empty one."""
    if not isinstance(document, list) or not document or not all(isinstance(row, dict) for row in document):
        raise ValueError(f"{str(document)[:60]!r}, expected an array of objects")
    return document


def member(row: Mapping[str, object], name: str) -> str:
    """The text, or the literal of the number, under `name` in a JSON object; ValueError unless it is one."""
    value = row.get(name)
    if not isinstance(value, str):
        raise ValueError(
            f"{name} {str(value)[:40]!r}, expected a text or number" if name in row else f"no {name}"
        )
    return value.strip()


def one_each(rows: Iterable[Published], needed: Pair | None) -> list[Published]:
    """The rows of a file, each pair once, in the order of the file.

    ValueError when one pair stands there with two values, and when `needed` is missing, the rate for which
    the file is read (None: any will do).
    """
    found: dict[Pair, Published] = {}
    for row in rows:
        first = found.setdefault(row.pair, row)
        if first is not row and not first.same_rate(row):
            said = f"{first.value} per {first.nominal} and {row.value} per {row.nominal}"
            raise ValueError(f"{row.pair.base} stands there twice, as {said}, expected one value")
    if not found or (needed and needed not in found):
        rest = ", ".join(pair.base for pair in found) or "none"
        raise ValueError(
            f"no row of {needed.base if needed else 'a known currency'} among {rest}, expected one every day"
        )
    return list(found.values())


def row_of(pair: Pair, value: str, nominal: str) -> Published | None:
    """A row of a bank's file; None for nothing, `-` or zero, which is how a bank says that it has no rate.

    The dollar always has one, so there nothing is an error, and zero is handed on for the rules to refuse.
    """
    units, witness = whole_units(nominal), pair.base != "USD"
    if witness and value in ("", "-"):
        return None
    row = Published(pair, literal(value), units)
    return None if witness and not parse_decimal(row.value) else row


def difference(text: str) -> Reported | None:
    """The change that a source printed beside its rate; None for what is no number: no rate is lost by it."""
    try:
        return Reported(difference=literal(text))
    except ValueError:
        return None


def text_of(parent: Element, name: str) -> str:
    """The text of the one child `<name>` of a flat row, stripped; ValueError unless there is one.

    A row in which anything is nested is none: a lost line would give one currency the value of the next.
    """
    nested = next((each.tag for each in parent if len(each)), None)
    text = only(parent, name)
    if nested is not None:
        raise ValueError(f"elements in <{nested}>, expected nothing but text")
    return text


def only(parent: Element, name: str) -> str:
    """The text of the one child `<name>`, stripped; ValueError unless there is one."""
    found = parent.findall(name)
    if len(found) != 1:
        raise ValueError(f"{len(found) or 'no'} elements <{name}>, expected one")
    return (found[0].text or "").strip()


def literal(text: str) -> str:
    """The number that a source printed, as it is stored: every digit, a point as decimal mark, `-` as minus.

    So NBKR's `87,4500` is the literal `87.4500`. ValueError when it is no plain decimal number.
    """
    with within("value"):
        return plain(parse_decimal(text))


def whole_units(text: str) -> int:
    """A nominal, the units that a value is printed for; ValueError unless it is a positive whole number."""
    units = int(text) if _WHOLE.fullmatch(text) else 0
    if not units:
        raise ValueError(f"nominal {text[:40]!r}, expected a positive whole number such as 1 or 100")
    return units


def iso_day(text: str | None) -> date:
    """The day written yyyy-mm-dd; ValueError for anything else."""
    try:
        if not _ISO_DAY.fullmatch(text or ""):
            raise ValueError("another form")
        return date.fromisoformat(text or "")
    except ValueError as error:
        raise ValueError(f"date {(text or '')[:40]!r}, expected yyyy-mm-dd such as 2026-05-24") from error


def dotted_day(text: str | None) -> date:
    """The day written dd.mm.yyyy; ValueError for anything else, the 31st of June included."""
    try:
        if not (match := _DOTTED_DAY.fullmatch(text or "")):
            raise ValueError("another form")
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError as error:
        raise ValueError(f"date {(text or '')[:40]!r}, expected dd.mm.yyyy such as 24.05.2026") from error
