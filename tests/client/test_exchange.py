"""What a client does with a service that is slow, busy, broken, or somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app import __version__
from app.client import BadAnswer, NoAnswer, ProblemError, Silkrate
from app.client.exchange import ATTEMPTS, PATIENCE, Answered, Remembered
from app.client.taking import TIMEOUT
from app.domain.errors import SilkrateError
from app.domain.table import COLUMNS
from tests.client.conftest import URL, Asks, Bed, Service, hanging_up, table

PAIRS = '{"pairs":[]}'
ROW = [
    "KGS/USD",
    "nbkr",
    "2026-05-21",
    "2026-05-20T18:00:00Z",
    "0.0114351057747",
    "USD/KGS",
    "87.4500",
    "1",
    "0",
]
TABLE = table([*ROW, "2026-05-20T10:31:04.218Z"], header=COLUMNS)
PROBLEM = {
    "type": "tag:silkrate,2026:problem/foreign-cursor",
    "title": "Foreign cursor",
    "status": 410,
    "detail": "This cursor is of another log.",
    "instance": "/v1/ticks?after=x",
    "parameter": "after",
    "expected": "a cursor of this log",
    "restart": "http://rates.test/v1/ticks",
}


def test_what_did_not_change_is_not_sent_again(asks: Asks, service: Service) -> None:
    service.tell(PAIRS, etag='"1"')
    service.tell("", 304, etag='"1"')
    service.tell('{"pairs":[],"simulated":true}', etag='"2"')
    service.tell("", 304, etag='"2"')
    answers = [asks("pairs") for _ in range(4)]
    assert [request.headers.get("If-None-Match") for request in service.asked] == [None, '"1"', '"1"', '"2"']
    assert answers[0] == answers[1] != answers[2] == answers[3]
    assert answers[0] is not answers[1]


def test_one_address_is_not_taken_for_another(asks: Asks, service: Service) -> None:
    service.tell(PAIRS, etag='"1"')
    asks("pairs")
    service.tell(TABLE, etag='"2"')
    service.replies.pop(0)
    asks("history", "KGS/USD", since="2026-05-01")
    asks("history", "KGS/USD", since="2026-05-02")
    assert [request.headers.get("If-None-Match") for request in service.asked] == [None] * 3


def test_the_answers_used_longest_ago_are_forgotten() -> None:
    remembered = Remembered(most=10)
    for url in "abc":
        remembered.keep(url, Answered(b"12345", '"1"', False))
        remembered.get("a")
    assert [bool(remembered.get(url)) for url in "abc"] == [True, False, True]
    remembered.keep("c", Answered(b"1", '"2"', False))
    remembered.keep("d", Answered(b"1234", '"1"', False))
    assert [bool(remembered.get(url)) for url in "acd"] == [True, True, True]
    remembered.keep("e", Answered(b"12345678901", '"1"', False))
    assert not remembered.get("e")


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_when_it_says(
    asks: Asks, service: Service, bed: Bed, status: int
) -> None:
    service.tell("", status, retry_after="7")
    service.tell(PAIRS)
    asks("pairs")
    assert bed.slept == [7]


def test_an_instant_to_come_back_at_is_measured_by_the_clock_of_the_service(
    asks: Asks, service: Service, bed: Bed
) -> None:
    date, later = "Thu, 21 May 2026 06:00:00 GMT", "Thu, 21 May 2026 06:00:09 GMT"
    service.tell("", 503, date=date, retry_after=later)
    service.tell("", 503, date=later, retry_after=date)
    service.tell("", 503, retry_after=later)
    service.tell(PAIRS)
    asks("pairs")
    assert bed.slept[0] == 9
    assert 1 <= bed.slept[1] <= 2 <= bed.slept[2] <= 4


def test_what_wants_more_patience_than_there_is_is_told_at_once(
    asks: Asks, service: Service, bed: Bed
) -> None:
    service.tell(json.dumps(PROBLEM), 503, retry_after="21", content_type="application/problem+json")
    with pytest.raises(ProblemError, match="another log"):
        asks("pairs")
    assert not bed.slept
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadTimeout(""), httpx.RemoteProtocolError("cut")]
)
def test_a_failure_that_may_pass_is_tried_again_and_not_for_ever(
    asks: Asks, service: Service, bed: Bed, error: httpx.RequestError
) -> None:
    service.fail(error)
    service.fail(error)
    service.tell(PAIRS)
    asks("pairs")
    service.fail(error)
    service.replies.pop(0)
    with pytest.raises(NoAnswer, match=f"{URL}/v1/pairs .*{str(error) or type(error).__name__}"):
        asks("pairs")
    assert len(service.asked) == 3 + ATTEMPTS
    assert len(bed.slept) == 2 + ATTEMPTS - 1
    assert sum(bed.slept[2:]) <= PATIENCE


def test_waits_together_stay_within_the_patience(asks: Asks, service: Service, bed: Bed) -> None:
    service.tell("", 503, retry_after="9")
    with pytest.raises(ProblemError):
        asks("pairs")
    assert bed.slept == [9, 9]


@pytest.mark.parametrize("status", [404, 500, 502])
def test_other_errors_are_not_asked_for_again(asks: Asks, service: Service, bed: Bed, status: int) -> None:
    service.tell("<html>", status)
    with pytest.raises(ProblemError):
        asks("pairs")
    assert not bed.slept


def test_a_problem_tells_all_that_the_service_said(asks: Asks, service: Service) -> None:
    service.tell(json.dumps(PROBLEM), 410, content_type="application/problem+json")
    with pytest.raises(SilkrateError) as raised:
        next(asks("ticks", "x"))
    told = raised.value
    assert isinstance(told, ProblemError)
    assert (told.type, told.status, told.detail) == ("foreign-cursor", 410, PROBLEM["detail"])
    assert (told.parameter, told.expected, told.restart) == (
        "after",
        "a cursor of this log",
        "http://rates.test/v1/ticks",
    )
    assert str(told) == "This cursor is of another log. Expected a cursor of this log."
    assert ProblemError.type == "problem"


def test_a_bare_error_is_told_by_its_status(asks: Asks, service: Service) -> None:
    service.tell("<html>no</html>", 502)
    with pytest.raises(ProblemError, match=f"{URL}/v1/pairs answered 502 Bad Gateway") as raised:
        asks("pairs")
    assert (raised.value.type, raised.value.status, raised.value.parameter) == ("bad-gateway", 502, None)


@pytest.mark.parametrize(
    ("content", "status", "why"),
    [
        ("<html>Please log in</html>", 200, "no JSON"),
        ("", 200, "no JSON"),
        ('{"pairs":NaN}', 200, "NaN is no number"),
        ("[]", 200, "something else"),
        ('{"pairs":[{"pair":"KGS/USD"}]}', 200, r"pairs\.0\.base"),
        ("", 204, "204 No Content"),
        ("", 304, "304 Not Modified"),
        (b"\xff\xfe", 200, "no JSON"),
    ],
)
def test_what_is_no_answer_of_a_service_is_never_taken_for_one(
    asks: Asks, service: Service, content: str, status: int, why: str
) -> None:
    service.tell(content, status)
    with pytest.raises(BadAnswer, match=why):
        asks("pairs")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<html>\r\n",
        TABLE[:-2],
        TABLE[:-30] + "\r\n",
        TABLE + "KGS/USD,nbkr\r\n",
        TABLE.replace("rate", "price"),
        TABLE + '"KGS/USD\r\n',
        "<html>" + "x" * 200_000 + "\n",
    ],
)
def test_half_a_table_is_no_table(asks: Asks, service: Service, content: str) -> None:
    service.tell(content)
    with pytest.raises(BadAnswer, match=r"^/v1/history/KGS-USD\.csv answered"):
        asks("history", "KGS/USD")


@pytest.mark.parametrize(
    "head",
    [
        f"Content-Length: {len(TABLE) + 1}\r\n\r\n{TABLE}",
        f"Transfer-Encoding: chunked\r\n\r\n{len(TABLE):x}\r\n{TABLE}\r\n",
        f"Transfer-Encoding: chunked\r\n\r\n{len(TABLE) + 1:x}\r\n{TABLE}",
        "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n1234",
    ],
    ids=["length", "between chunks", "in a chunk", "coded"],
)
def test_a_body_that_breaks_off_is_no_answer(client: Callable[..., Any], bed: Bed, head: str) -> None:
    written = f"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n{head}".encode()
    with hanging_up(written) as url, client(url, bed) as asks, pytest.raises(NoAnswer):
        asks("history", "KGS/USD")


def test_nobody_there_is_no_answer(client: Callable[..., Any], bed: Bed) -> None:
    with hanging_up(b"") as url:
        pass
    with client(url, bed) as asks, pytest.raises(NoAnswer, match=f"{url}/health gave no whole answer"):
        asks("health")
    assert len(bed.slept) == ATTEMPTS - 1


def test_a_message_has_no_password_and_no_query(client: Callable[..., Any], service: Service) -> None:
    service.fail(httpx.DecodingError("broken"))
    with (
        client("http://me:secret@rates.test/api/", Bed(), service) as asks,
        pytest.raises(NoAnswer) as raised,
    ):
        asks("latest", source="nbkr")
    assert str(raised.value) == "http://rates.test/api/v1/latest gave no whole answer: broken."
    (asked,) = service.asked
    assert (asked.url.path, asked.url.query) == ("/api/v1/latest", b"source=nbkr")
    assert asked.headers["Authorization"].startswith("Basic ")


def test_a_service_that_moved_is_followed(asks: Asks, service: Service) -> None:
    service.tell("", 308, location="https://rates.test/v1/pairs")
    service.tell(PAIRS)
    asks("pairs")
    assert [str(request.url) for request in service.asked] == [
        f"{URL}/v1/pairs",
        "https://rates.test/v1/pairs",
    ]


def test_a_client_says_what_it_is(asks: Asks, service: Service) -> None:
    service.tell(PAIRS)
    asks("pairs")
    assert service.asked[0].headers["User-Agent"] == f"silkrate-client/{__version__}"


def test_no_digit_of_a_number_is_lost(asks: Asks, service: Service) -> None:
    digits = "0.1234567890123456789012345678901234567890"
    day = '"effective_date":"2026-05-21"'
    service.tell(f'{{"pair":"KGS/USD","rate":{digits},"source":null,"derived":true,{day},"changes":[]}}')
    assert asks("change", "KGS/USD").rate == Decimal(digits)


def test_every_part_of_an_exchange_has_a_deadline() -> None:
    assert None not in TIMEOUT.as_dict().values()


@pytest.mark.parametrize("url", ["rates.example.org", "ftp://rates.example.org", "http://rates.test/?a=b"])
def test_an_address_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="it should"):
        Silkrate(url)


def test_a_client_closes_what_it_opened_and_no_more(service: Service) -> None:
    service.tell(PAIRS)
    with httpx.Client(transport=service) as http:
        with Silkrate(URL, client=http) as rates:
            rates.pairs()
        assert not http.is_closed
    with Silkrate(URL) as own:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        own.pairs()
