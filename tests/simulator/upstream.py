"""What every simulated upstream has in common: its publications, who asked, and what is answered."""

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from email.utils import format_datetime, parsedate_to_datetime
from fractions import Fraction
from typing import ClassVar
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a bank's file, as literal text: `value` domestic units per `nominal` units of `code`.

    `None` leaves the field out of the file; text is printed as it stands, however absurd.
    """

    code: str
    nominal: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Publication:
    """The rows in force on `date` (None: a file that forgot its date), put online at the UTC instant `at`."""

    date: date | None
    at: datetime
    rows: tuple[Row, ...]

    def with_row(self, code: str, *rows: Row) -> "Publication":
        """The same publication with the row of `code` replaced by `rows`: none, one or several."""
        kept = (rows if row.code == code else (row,) for row in self.rows)
        return replace(self, rows=tuple(row for group in kept for row in group))

    def row(self, code: str) -> Row:
        """The row of `code`. Raises KeyError when the publication has none."""
        for row in self.rows:
            if row.code == code:
                return row
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the upstream saw it; the simulator's log is a list of these.

    `headers` have lower-case names; `at` is the simulator's UTC instant; `connection` numbers the TCP
    connections from 1, so that reuse shows. `status` is what was answered, None when nothing was.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    at: datetime
    connection: int = 0
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer, before the wire does anything to it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def html(status: int, text: str, **headers: str) -> Answer:
    """A small HTML page that says `text`: what web servers and firewalls answer instead of data."""
    page = f"<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n"
    return Answer(status, {"Content-Type": "text/html", **headers}, page.encode())


OF_NOMINALS = frozenset({"missing_nominal", "nominal_wrong", "nominal_zero"})
"""The faults that a document without nominals cannot have."""


class Upstream(ABC):
    """One document of one upstream host, with the history of what was published there.

    A new upstream is a module with a subclass: the facts below, a `render` that is its template, and
    `publication` where the answer depends on the query (a bank that is asked by date).
    """

    key: ClassVar[str]
    """The name under which the simulator offers it, `sim.<key>`."""
    host: ClassVar[str]
    path: ClassVar[str]
    content_type: ClassVar[str]
    encoding: ClassVar[str]
    """In which `render` encodes, and which the document declares."""
    zone: ClassVar[tzinfo]
    """In which the bank's calendar day begins."""
    root: ClassVar[str]
    """The word that marks the document's layout: an XML root element, a JSON key."""
    subject: ClassVar[str]
    """The code of the row that faults hit."""
    conditional: ClassVar[bool]
    """Whether it sends ETag and Last-Modified and honours them."""
    rows: ClassVar[tuple[Row, ...]]
    """The rows of a publication that says nothing else, in the order of the file."""
    impossible: ClassVar[frozenset[str]] = frozenset()
    """The faults that this document cannot have: no nominal is missing where none is printed."""
    told_by: ClassVar[str | None] = None
    """The key of the upstream whose publications this document shows, where it has none of its own."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.publications: list[Publication] = []
        """Everything published, by instant; of two at one instant the later call counts."""
        self._by_date: list[Publication] = []

    def publish(
        self,
        on: date,
        values: Mapping[str, str] | None = None,
        *,
        at: datetime | None = None,
        without: Collection[str] = (),
    ) -> Publication:
        """Put a file online at the instant `at` (default: now) with the rates in force on the day `on`.

        `values` are literals by code, as printed (`{"USD": "87,4500"}`); a row not named repeats the
        publication before, and the rows of `without` are left out. Raises ValueError for a code without a
        row and for an `at` without a time zone.
        """
        at = at or self.now()
        if at.tzinfo is None:
            raise ValueError(
                f"{self.key}: publication time {at.isoformat()} has no time zone; give a UTC instant"
            )
        before = self.online(at)
        last = {row.code: row for row in before.rows} if before else {}
        rows = tuple(last.get(row.code, row) for row in self.rows)
        publication = Publication(on, at.astimezone(UTC), rows)
        for code, value in (values or {}).items():
            if code not in (row.code for row in self.rows):
                known = " ".join(row.code for row in self.rows)
                raise ValueError(f"{self.key} has no row {code!r}; it has {known}")
            publication = publication.with_row(code, replace(publication.row(code), value=value))
        for code in without:
            publication = publication.with_row(code)
        insort(self.publications, publication, key=lambda each: each.at)
        insort(self._by_date, publication, key=lambda each: (each.date, each.at))
        return publication

    def revalue(self, since: datetime, factor: Fraction) -> None:
        """Multiply every value that is published from the instant `since` on, as a devaluation does."""

        def revalued(publication: Publication) -> Publication:
            if publication.at < since:
                return publication
            return replace(publication, rows=tuple(_times(row, factor) for row in publication.rows))

        self.publications = [revalued(each) for each in self.publications]
        self._by_date = [revalued(each) for each in self._by_date]

    def in_force(self, day: date, now: datetime) -> Publication | None:
        """What is in force on `day` as far as it is online at `now`, or None before the first."""
        place = bisect_right(self._by_date, day, key=lambda each: each.date or date.min)
        while place and self._by_date[place - 1].at > now:
            place -= 1
        return self._by_date[place - 1] if place else None

    def newest(self, now: datetime) -> Publication | None:
        """The publication with the latest date of those online at `now`."""
        return self.in_force(date.max, now)

    def between(self, since: date, until: date, now: datetime) -> list[Publication]:
        """What is online at `now` of a range of dates, both ends included: one for each, oldest first."""
        begin = bisect_left(self._by_date, since, key=lambda each: each.date or date.min)
        end = bisect_right(self._by_date, until, key=lambda each: each.date or date.min)
        online = {each.date: each for each in self._by_date[begin:end] if each.at <= now}
        return list(online.values())

    def at_home(self, host: str) -> bool:
        """Whether it is served at `host`."""
        return host == self.host

    def online(self, now: datetime) -> Publication | None:
        """The newest publication at the instant `now`, or None before the first."""
        place = bisect_right(self.publications, now, key=lambda each: each.at)
        return self.publications[place - 1] if place else None

    def serves(self, request: Request) -> bool:
        """Whether `request` is for this document."""
        return self.at_home(request.host) and request.path == self.path

    def publication(self, request: Request) -> Publication | None:
        """The publication that answers `request`; None is a 404."""
        return self.online(request.at)

    @abstractmethod
    def render(self, publication: Publication) -> bytes:
        """The document's bytes."""

    def answer(self, request: Request, publication: Publication | None) -> Answer:
        """A sound answer: the document, 304 when the request's validators match, 404 without one."""
        if publication is None:
            return html(404, "Not Found")
        body = self.render(publication)
        headers = {"Content-Type": self.content_type}
        if self.conditional:
            headers |= _validators(body, publication.at)
            if _unmodified(request, headers["ETag"], publication.at):
                return Answer(304, {name: headers[name] for name in ("ETag", "Last-Modified")}, b"")
        return Answer(200, headers, body)


def _times(row: Row, factor: Fraction) -> Row:
    """The row with its value multiplied, in as many decimals as before."""
    if not row.value:
        return row
    mark = "," if "," in row.value else "."
    places = len(row.value.partition(mark)[2])
    units = round(Fraction(row.value.replace(mark, ".")) * factor * 10**places)
    digits = str(units).rjust(places + 1, "0")
    return replace(row, value=f"{digits[:-places]}{mark}{digits[-places:]}" if places else digits)


def asked(request: Request, name: str) -> str | None:
    """The value of a parameter in the query, None where it is not."""
    values = parse_qs(request.query).get(name)
    return values[0] if values else None


def day(text: str) -> date:
    """The day written yyyy-mm-dd. Raises ValueError."""
    return date.fromisoformat(text)


def asked_day(request: Request, name: str, form: str = "%Y-%m-%d") -> date | None:
    """The day under a parameter in the query; None where there is none in this form."""
    try:
        return datetime.strptime(asked(request, name) or "", form).replace(tzinfo=UTC).date()
    except ValueError:
        return None


def encoded(text: str, encoding: str) -> bytes:
    """The bytes of a document; a lone surrogate in a literal becomes the byte that it stands for."""
    return text.encode(encoding, errors="surrogateescape")


def _validators(body: bytes, modified: datetime) -> dict[str, str]:
    """Size and milliseconds in the ETag, as Java servlet containers write it for a static file."""
    milliseconds = (modified - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
    return {
        "Accept-Ranges": "bytes",
        "ETag": f'W/"{len(body)}-{milliseconds}"',
        "Last-Modified": format_datetime(modified, usegmt=True),
    }


def _unmodified(request: Request, etag: str, modified: datetime) -> bool:
    """If-None-Match, compared weakly, decides alone when there; else If-Modified-Since, in whole seconds."""
    if (tags := request.headers.get("if-none-match")) is not None:
        given = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in given or etag.removeprefix("W/") in given
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return modified.replace(microsecond=0) <= (since if since.tzinfo else since.replace(tzinfo=UTC))
