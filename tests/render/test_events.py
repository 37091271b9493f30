from __future__ import annotations

from app.domain.cursors import decode
from app.render.events import event, opening, tick_event
from app.render.json import encode
from tests.render.rows import TICK


def test_a_tick_is_an_event_of_one_line_of_json_whose_id_is_its_place_in_the_log() -> None:
    head, name, data, end = tick_event(TICK, "b1946ac92492", simulated=False).split(b"\n", 3)
    assert decode(head.decode().removeprefix("id: "), "t", "b1946ac92492") == "41"
    assert (name, data, end) == (b"event: tick", b"data: " + encode(TICK), b"\n")


def test_simulated_rates_say_so() -> None:
    assert b'data: {"simulated":true,"seq":41' in tick_event(TICK, "b1946ac92492", simulated=True)


def test_a_stream_begins_with_when_to_come_back_and_from_where() -> None:
    assert opening(2719, "cursor") == b"retry: 2719\nid: cursor\n\n"
    assert opening(2719, None) == b"retry: 2719\n\n"


def test_an_event_of_another_name_has_its_own_data() -> None:
    assert event("reset", {"reason": "why"}, "cursor", simulated=False) == (
        b'id: cursor\nevent: reset\ndata: {"reason":"why"}\n\n'
    )
