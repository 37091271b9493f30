"""Who follows the log is handed each tick once and in order, whatever happens to his connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import islice

import httpx
import pytest

from app.client import BadAnswer, NoAnswer, ProblemError, Reset
from app.client.exchange import ATTEMPTS, BACKOFF, DOUBLED
from tests.client.conftest import URL, Asks, Bed, Service

CUT = httpx.RemoteProtocolError("peer closed connection")
DEAD = httpx.ReadTimeout("")
GONE = httpx.ConnectError("refused")

RESET = {
    "reason": "foreign-cursor",
    "detail": "The log was replaced.",
    "restart": f"{URL}/v1/ticks",
    "cursor": "z9",
}

Clients = Callable[..., AbstractContextManager[Asks]]


def begun(cursor: str = "c0", retry: int = 1500) -> bytes:
    return f"retry: {retry}\nid: {cursor}\n\n".encode()


def fields(seq: int) -> dict[str, object]:
    """A tick of the som."""
    return {
        "seq": seq,
        "version": seq,
        "pair": "KGS/USD",
        "cause": "publication",
        "rate": 0.01144,
        "revision": 0,
        "at": "2026-05-20T10:31:04Z",
        "recorded_at": "2026-05-20T10:31:04Z",
        "effective_date": "2026-05-21",
        "source": "nbkr",
        "kind": "official",
        "unchanged": False,
        "previous": None,
        "corrects": None,
        "change": {
            "basis": "previous_publication",
            "pct": None,
            "abs": None,
            "reference": None,
            "span_days": None,
            "reason": "no-reference",
        },
    }


def tick(seq: int) -> bytes:
    """The same as an event; its cursor is c and its number."""
    return event("tick", fields(seq), f"c{seq}")


def event(name: str, body: object, cursor: str) -> bytes:
    return f"id: {cursor}\nevent: {name}\ndata: {json.dumps(body)}\n\n".encode()


def afters(service: Service) -> list[str | None]:
    """The cursors that were asked for."""
    return [request.url.params.get("after") for request in service.asked]


@pytest.mark.parametrize("error", [None, CUT, DEAD])
def test_what_breaks_off_is_opened_again_where_it_was_and_when_the_service_says(
    asks: Asks, service: Service, bed: Bed, error: httpx.RequestError | None
) -> None:
    broken = service.stream(begun(), tick(1) + tick(2), tick(3)[:-1], then=error)
    service.stream(begun("c2", 2500), tick(3), then=error)
    service.stream(begun("c3"), tick(4))
    assert asks("follow").seqs(4) == [1, 2, 3, 4]
    assert afters(service) == [None, "c2", "c3"]
    assert bed.slept == [1.5, 2.5]
    assert broken.closed


def test_an_outage_is_waited_out_for_ever_and_less_and_less_often(
    asks: Asks, service: Service, bed: Bed
) -> None:
    service.stream(begun(retry=1000), tick(1))
    for _ in range(20):
        service.fail(GONE)
        service.tell("<html>", 502)
    service.stream(begun("c1"), tick(2))
    assert asks("follow").seqs(2) == [1, 2]
    assert len(bed.slept) == 41
    for attempt, slept in enumerate(bed.slept[1:]):
        longest = 2 ** min(attempt, DOUBLED)
        assert longest <= slept <= 2 * longest
    assert set(afters(service)[1:]) == {"c1"}


@pytest.mark.parametrize("status", [429, 503])
def test_a_full_service_is_asked_again_when_it_says(
    asks: Asks, service: Service, bed: Bed, status: int
) -> None:
    service.stream(begun(), tick(1))
    service.tell("", status, retry_after="120")
    service.stream(begun("c1"), tick(2))
    assert asks("follow").seqs(2) == [1, 2]
    assert bed.slept == [1.5, 120]


def test_a_service_that_was_never_reached_is_an_error_as_for_any_question(
    asks: Asks, service: Service, bed: Bed
) -> None:
    service.fail(GONE)
    with pytest.raises(NoAnswer, match=f"{URL}/v1/stream .*refused"):
        next(asks("follow"))
    assert len(service.asked) == ATTEMPTS
    assert BACKOFF <= bed.slept[0] <= 2 * BACKOFF


def test_a_reset_is_an_error_that_tells_how_to_go_on_and_is_never_passed_over(
    asks: Asks, service: Service
) -> None:
    reset = service.stream(begun("z9") + event("reset", RESET, "z9") + tick(7))
    service.stream(begun("z9") + tick(7))
    followed = asks("follow", "c5")
    with pytest.raises(Reset, match="replaced") as raised:
        next(followed)
    told = raised.value
    assert {
        "reason": told.reason,
        "detail": told.detail,
        "restart": told.restart,
        "cursor": told.cursor,
    } == RESET
    assert (told.type, followed.cursor, reset.closed) == ("reset", "c5", True)
    assert asks("follow", told.cursor).seqs(1) == [7]
    assert afters(service) == ["c5", "z9"]


def test_a_reset_in_the_midst_of_a_stream_comes_after_the_ticks_before_it(
    asks: Asks, service: Service
) -> None:
    service.stream(begun() + tick(1) + event("reset", RESET, "z9") + tick(2))
    followed = asks("follow")
    assert next(followed).seq == 1
    for _ in range(2):
        with pytest.raises(Reset):
            next(followed)
        assert followed.cursor == "c1"
        service.replies[0] = service.stream(event("reset", RESET, "z9"))


def test_a_stream_that_breaks_off_before_its_reset_is_told_keeps_it(asks: Asks, service: Service) -> None:
    service.stream(begun("z9"), event("reset", RESET, "z9")[:-1], then=CUT)
    service.stream(begun("z9"), event("reset", RESET, "z9"))
    followed = asks("follow", "c5")
    with pytest.raises(Reset):
        next(followed)
    assert (afters(service), followed.cursor) == (["c5", "c5"], "c5")


def test_there_is_a_cursor_with_each_tick_and_before_the_first(asks: Asks, service: Service) -> None:
    service.stream(begun("c3"), b":\n", then=DEAD)
    service.stream(begun("c3") + tick(5) + tick(8))
    followed = asks("follow", pairs=["KGS/USD"])
    places = [followed.cursor, *(followed.cursor for _ in islice(followed, 2))]
    assert places == [None, "c5", "c8"]
    assert afters(service) == [None, "c3"]


def test_events_of_another_name_are_passed_over(asks: Asks, service: Service) -> None:
    service.stream(begun() + event("weather", {"rain": True}, "c1"), then=CUT)
    service.stream(begun("c1") + b"data: 1\n\n" + tick(2))
    followed = asks("follow")
    assert (next(followed).seq, followed.cursor) == (2, "c2")
    assert afters(service) == [None, "c1"]


@pytest.mark.parametrize(
    ("wrong", "why"), [({"seq": 2}, "version"), ([], "something else"), ({"rate": 1e400}, "no number")]
)
def test_a_tick_that_cannot_be_read_is_an_error_and_is_not_skipped(
    asks: Asks, service: Service, wrong: object, why: str
) -> None:
    service.stream(begun() + tick(1) + event("tick", wrong, "c2") + tick(3))
    service.stream(begun("c1") + tick(2) + tick(3))
    followed = asks("follow")
    assert next(followed).seq == 1
    with pytest.raises(BadAnswer, match=f"/v1/stream .*{why}"):
        next(followed)
    assert (followed.cursor, followed.seqs(2)) == ("c1", [2, 3])


def test_what_is_no_stream_is_told_as_that(asks: Asks, service: Service) -> None:
    service.tell("<html>Please log in</html>", content_type="text/html")
    with pytest.raises(BadAnswer, match=f"{URL}/v1/stream .*no stream"):
        next(asks("follow"))


def test_a_refusal_ends_also_what_was_open_before(asks: Asks, service: Service) -> None:
    service.stream(begun(), tick(1))
    service.tell("", 404)
    followed = asks("follow")
    assert next(followed).seq == 1
    with pytest.raises(ProblemError, match="404"):
        next(followed)


def test_one_who_closes_lets_go_of_the_connection_and_of_nothing_else(asks: Asks, service: Service) -> None:
    stream = service.stream(begun() + tick(1) + tick(2))
    service.stream(begun("c1") + tick(2))
    followed = asks("follow")
    assert next(followed).seq == 1
    followed.close()
    followed.close()
    assert stream.closed
    assert next(followed).seq == 2
    assert afters(service) == [None, "c1"]


def test_pages_tell_where_to_go_on_also_when_no_tick_came(asks: Asks, service: Service) -> None:
    service.tell('{"ticks":[],"next":"b","cursor":"b","version":2,"seq":2}')
    service.tell('{"ticks":[],"next":null,"cursor":"d","version":2,"seq":2}')
    ticks = asks("ticks", "a")
    assert (ticks.cursor, list(ticks), ticks.cursor) == ("a", [], "d")
    assert list(ticks) == []
    assert len(service.asked) == 2


def test_the_place_in_pages_moves_with_the_last_tick_of_each(asks: Asks, service: Service) -> None:
    for seqs, cursor, more in (((1, 2), "b", "b"), ((3,), "c", None)):
        page = {
            "ticks": [fields(seq) for seq in seqs],
            "next": more,
            "cursor": cursor,
            "version": 3,
            "seq": 3,
        }
        service.tell(json.dumps(page))
    ticks = asks("ticks")
    assert [(tick.seq, ticks.cursor) for tick in ticks] == [(1, None), (2, "b"), (3, "c")]
    assert afters(service) == [None, "b"]
