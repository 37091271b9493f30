"""Everything that an upstream can do wrong, by name.

A fault acts at one or two of three places: on the publication before the template (`PUBLICATION_FAULTS`), on
the finished answer (`ANSWER_FAULTS`), on the wire while it is sent (`WIRE_FAULTS`). Most were seen at real
banks and aggregators; the others are what a hostile or dying host would do.
"""

import re
import socket
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache, reduce
from threading import Event

from tests.simulator.upstream import Answer, Publication, Request, Row, Upstream, html
from tests.simulator.wire import Send


class Fault(StrEnum):
    """The names. Comments say what the client gets; the subject is the upstream's chosen row (USD)."""

    STATUS_403 = "status_403"
    STATUS_404 = "status_404"
    STATUS_429 = "status_429"  # with Retry-After
    STATUS_500 = "status_500"
    STATUS_503 = "status_503"  # with Retry-After
    REDIRECT = "redirect"  # 302 to a place that answers soundly, to catch who follows
    HTML_WITH_200 = "html_with_200"  # a firewall's page
    EMPTY = "empty"  # 200, no body
    TRUNCATED_VALID_LENGTH = "truncated_valid_length"  # half of the document, Content-Length of the half
    INVALID_BYTE = "invalid_byte"  # amid the subject's value, a byte that its declared encoding has not
    UTF_16 = "utf_16"  # not the declared encoding at all
    CHANGED_LAYOUT = "changed_layout"  # the root has another name
    WRONG_DATE = "wrong_date"  # last year's
    FUTURE_DATE = "future_date"  # 30 days ahead
    MISSING_DATE = "missing_date"
    MISSING_CURRENCY = "missing_currency"  # no row of the subject
    MISSING_VALUE = "missing_value"
    MISSING_NOMINAL = "missing_nominal"
    ZERO_VALUE = "zero_value"
    BLANK_VALUE = "blank_value"
    NEGATIVE_VALUE = "negative_value"
    GARBAGE_VALUE = "garbage_value"
    NOMINAL_WRONG = "nominal_wrong"  # 100 where 1 is right, 1 where 100 is
    NOMINAL_ZERO = "nominal_zero"
    DUPLICATE_ROWS = "duplicate_rows"  # the subject twice, with values that differ in the last digit
    XML_BOMB = "xml_bomb"  # nested entities that expand to 10^9 words in the subject's value
    EXTERNAL_ENTITY = "external_entity"  # the subject's value is at another URL; fetching it shows in the log
    HUGE = "huge"  # the right document, then 32 MiB of spaces
    GZIP_BOMB = "gzip_bomb"  # the right document, then 64 MiB of spaces, in 64 KiB of gzip
    ENDLESS = "endless"  # the right document, then chunks of spaces until the client hangs up
    TRUNCATED = "truncated"  # closed in mid-body, short of Content-Length
    RESET = "reset"  # a TCP reset in mid-body
    REFUSE = "refuse"  # hangs up on the request without a byte
    SLOW_HEADERS = "slow_headers"  # takes the request, answers nothing, stays connected
    SLOW_DRIP = "slow_drip"  # the body at one byte every 100 ms


XML_ONLY = frozenset({Fault.XML_BOMB, Fault.EXTERNAL_ENTITY})
"""The faults that make no sense in another format."""
UNANSWERED = frozenset({Fault.REFUSE, Fault.SLOW_HEADERS})
"""The faults whose client never gets a status."""

MIB = 1 << 20
GZIP_HEAD = bytes.fromhex("1f8b08000000000000ff")
ELSEWHERE = "/elsewhere"
"""Prefix of the paths to which REDIRECT leads."""
LEAK = "/leaked.invalid/value"
"""Whence EXTERNAL_ENTITY takes its value."""


@dataclass(slots=True)
class Injection:
    """A fault in force: for which requests, how many more of them (None: until cleared), since when.

    `host` None is every host; `path` None is every path, else the path alone or with its query (`/a?b=c`).
    """

    fault: Fault
    host: str | None
    path: str | None
    left: int | None
    retry_after: str
    since: datetime

    def hits(self, request: Request) -> bool:
        """Whether `request` is among those that this fault is for."""
        paths = (None, request.path, f"{request.path}?{request.query}")
        return self.left != 0 and self.host in (None, request.host) and self.path in paths


def possible(upstream: Upstream) -> list[Fault]:
    """Every fault that `upstream` can have: what a test of all faults loops over."""
    absurd = upstream.impossible | (frozenset() if "xml" in upstream.content_type else XML_ONLY)
    return [fault for fault in Fault if fault not in absurd]


# On the publication: (publication, subject's row) -> publication

PublicationFault = Callable[[Publication, Row], Publication]


def _subject(change: Callable[[Row], tuple[Row, ...]]) -> PublicationFault:
    return lambda publication, row: publication.with_row(row.code, *change(row))


def _value(change: Callable[[str], str | None]) -> PublicationFault:
    return _subject(lambda row: (replace(row, value=change(row.value or "")),))


def _nominal(change: Callable[[str | None], str | None]) -> PublicationFault:
    return _subject(lambda row: (replace(row, nominal=change(row.nominal)),))


def _days(days: int) -> PublicationFault:
    return lambda file, row: replace(file, date=file.date and file.date + timedelta(days=days))


def _zero(value: str) -> str:
    return re.sub(r"\d", "0", re.sub(r"^\d+", "0", value))


def _next_digit(value: str) -> str:
    return value[:-1] + str((int(value[-1]) + 1) % 10)


PUBLICATION_FAULTS: Mapping[Fault, PublicationFault] = {
    Fault.WRONG_DATE: _days(-365),
    Fault.FUTURE_DATE: _days(30),
    Fault.MISSING_DATE: lambda publication, row: replace(publication, date=None),
    Fault.MISSING_CURRENCY: _subject(lambda row: ()),
    Fault.MISSING_VALUE: _value(lambda value: None),
    Fault.MISSING_NOMINAL: _nominal(lambda nominal: None),
    Fault.ZERO_VALUE: _value(_zero),
    Fault.BLANK_VALUE: _value(lambda value: ""),
    Fault.NEGATIVE_VALUE: _value(lambda value: "-" + value),
    Fault.GARBAGE_VALUE: _value(lambda value: "n/a"),
    Fault.NOMINAL_WRONG: _nominal(lambda nominal: "1" if nominal == "100" else "100"),
    Fault.NOMINAL_ZERO: _nominal(lambda nominal: "0"),
    Fault.DUPLICATE_ROWS: _subject(lambda row: (row, replace(row, value=_next_digit(row.value or "0")))),
    # 0x98 has no meaning in windows-1251, and none in UTF-8 where no lead byte stands before it.
    Fault.INVALID_BYTE: _value(lambda value: value[:1] + "\udc98" + value[1:]),
    Fault.XML_BOMB: _value(lambda value: "&bomb9;"),
    Fault.EXTERNAL_ENTITY: _value(lambda value: "&value;"),
}


# On the answer: (answer, case) -> answer


@dataclass(frozen=True, slots=True)
class Case:
    """What was asked of which upstream, and the fault in force."""

    upstream: Upstream
    request: Request
    injection: Injection


AnswerFault = Callable[[Answer, Case], Answer]


def _status(status: int, text: str) -> AnswerFault:
    return lambda answer, case: html(status, text)


def _status_retry(status: int, text: str) -> AnswerFault:
    return lambda answer, case: html(status, text, **{"Retry-After": case.injection.retry_after})


def _body(change: Callable[[bytes], bytes]) -> AnswerFault:
    return lambda answer, case: replace(answer, body=change(answer.body))


def _redirect(answer: Answer, case: Case) -> Answer:
    return html(302, "Found", Location=f"/{case.request.host}{ELSEWHERE}{case.request.path}")


def _utf_16(answer: Answer, case: Case) -> Answer:
    return replace(answer, body=answer.body.decode(case.upstream.encoding).encode("utf-16"))


def _changed_layout(answer: Answer, case: Case) -> Answer:
    root = case.upstream.root.encode()
    return replace(answer, body=answer.body.replace(root, root + b"New"))


def _gzip_bomb(answer: Answer, case: Case) -> Answer:
    return replace(
        answer, headers={**answer.headers, "Content-Encoding": "gzip"}, body=gzip_bomb(answer.body)
    )


@lru_cache(maxsize=8)
def gzip_bomb(body: bytes) -> bytes:
    """`body` and 64 MiB of spaces as one gzip stream, in which one deflated MiB stands 64 times.

    Compressing it all would take so long that a client with a short deadline never saw the bomb.
    """
    spaces = b" " * MIB
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    start = deflate.compress(body) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(spaces) + deflate.flush(zlib.Z_FULL_FLUSH)
    check = reduce(lambda crc, _: zlib.crc32(spaces, crc), range(64), zlib.crc32(body))
    trailer = struct.pack("<II", check, len(body) + 64 * MIB)
    return GZIP_HEAD + start + block * 64 + deflate.flush() + trailer


def _doctype(entities: Callable[[Request], str]) -> AnswerFault:
    def declare(answer: Answer, case: Case) -> Answer:
        prolog, line_end, rest = answer.body.partition(b"\n")
        doctype = f"<!DOCTYPE {case.upstream.root} [{entities(case.request)}]>"
        return replace(answer, body=prolog + line_end + doctype.encode() + line_end + rest)

    return declare


def _laughs(request: Request) -> str:
    levels = "".join(f'<!ENTITY bomb{n} "{f"&bomb{n - 1};" * 10}">' for n in range(1, 10))
    return '<!ENTITY bomb0 "boom">' + levels


def _elsewhere(request: Request) -> str:
    return f'<!ENTITY value SYSTEM "http://{request.headers.get("host", "127.0.0.1")}{LEAK}">'


ANSWER_FAULTS: Mapping[Fault, AnswerFault] = {
    Fault.STATUS_403: _status(403, "Forbidden"),
    Fault.STATUS_404: _status(404, "Not Found"),
    Fault.STATUS_429: _status_retry(429, "Too Many Requests"),
    Fault.STATUS_500: _status(500, "Internal Server Error"),
    Fault.STATUS_503: _status_retry(503, "Service Unavailable"),
    Fault.REDIRECT: _redirect,
    Fault.HTML_WITH_200: _status(200, "Request Rejected"),
    Fault.EMPTY: _body(lambda body: b""),
    Fault.TRUNCATED_VALID_LENGTH: _body(lambda body: body[: len(body) // 2]),
    Fault.UTF_16: _utf_16,
    Fault.CHANGED_LAYOUT: _changed_layout,
    Fault.XML_BOMB: _doctype(_laughs),
    Fault.EXTERNAL_ENTITY: _doctype(_elsewhere),
    Fault.HUGE: _body(lambda body: body + b" " * (32 * MIB)),
    Fault.GZIP_BOMB: _gzip_bomb,
}


def mistreat(upstream: Upstream, request: Request, injection: Injection) -> Answer:
    """The answer with the fault in it. Never a 304: a fault that a validator hides would not be seen.

    A spoiled publication counts as rewritten when the fault began, so it has validators of its own. A
    document that is spoiled later has those of the sound one: whoever keeps them gets 304 for bytes that
    never came.
    """
    headers = {name: value for name, value in request.headers.items() if not name.startswith("if-")}
    publication = upstream.publication(request)
    if publication and publication.rows and (spoil := PUBLICATION_FAULTS.get(injection.fault)):
        rewritten = max(injection.since, publication.at + timedelta(milliseconds=1))
        publication = replace(spoil(publication, publication.row(upstream.subject)), at=rewritten)
    answer = upstream.answer(replace(request, headers=headers), publication)
    change = ANSWER_FAULTS.get(injection.fault)
    return change(answer, Case(upstream, request, injection)) if change else answer


# On the wire: (socket, head, body, stopping). The connection is closed when the function returns.

DRIP_SECONDS = 0.1


def _truncated(wire: socket.socket, head: bytes, body: bytes, stopping: Event) -> None:
    wire.sendall(head + body[: len(body) // 2])


def _reset(wire: socket.socket, head: bytes, body: bytes, stopping: Event) -> None:
    wire.sendall(head + body[: len(body) // 2])
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _refuse(wire: socket.socket, head: bytes, body: bytes, stopping: Event) -> None:
    """Nothing: all hosts share one port, so only the request says whom to refuse. See `Simulator.stop`."""


def _slow_headers(wire: socket.socket, head: bytes, body: bytes, stopping: Event) -> None:
    while wire.recv(1024):  # until either side closes
        pass


def _slow_drip(wire: socket.socket, head: bytes, body: bytes, stopping: Event) -> None:
    wire.sendall(head)
    for place in range(len(body)):
        wire.sendall(body[place : place + 1])
        if stopping.wait(DRIP_SECONDS):
            return


def _endless(wire: socket.socket, head: bytes, body: bytes, stopping: Event) -> None:
    """In chunks, so that no length warns the client."""
    wire.sendall(re.sub(rb"Content-Length: \d+", b"Transfer-Encoding: chunked", head))
    wire.sendall(b"%x\r\n%b\r\n" % (len(body), body))
    chunk = b"%x\r\n%b\r\n" % (MIB, b" " * MIB)
    while not stopping.is_set():
        wire.sendall(chunk)


WIRE_FAULTS: Mapping[Fault, Send] = {
    Fault.TRUNCATED: _truncated,
    Fault.RESET: _reset,
    Fault.REFUSE: _refuse,
    Fault.SLOW_HEADERS: _slow_headers,
    Fault.SLOW_DRIP: _slow_drip,
    Fault.ENDLESS: _endless,
}
