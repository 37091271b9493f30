"""`make crowd`, in short; and that it would notice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.web.crowd import Outcome, play
from tests.web.unsteady import Chunks, Crowd, Event, Events, Reader, Tally

LOG = [
    Event(f"id{number}", "tick", f'{{"seq":{number},"pair":"{code}/USD"}}')
    for number, code in enumerate(("KGS", "KZT", "KGS", "TJS"), 1)
]


@pytest.mark.slow
def test_two_hundred_unsteady_readers_have_the_log_in_the_end_each_event_once(tmp_path: Path) -> None:
    outcome = play(tmp_path, seconds=15)
    assert outcome.faults == [], str(outcome)
    tally = outcome.tally
    assert min(tally.cut, tally.lagged, tally.broken, tally.ended, tally.unreached) > 0, str(outcome)


def reader(*told: Event, pairs: tuple[str, ...] = (), first: str = "id0", forgetful: bool = False) -> Reader:
    """One who was told this."""
    made = Reader(Crowd(port=0), number=0, seed=0, beginning="")
    made.pairs, made.first, made.forgetful, made.told = pairs, first, forgetful, list(told)
    return made


def outcome(*readers: Reader, code: int = 0, seconds: float = 0.1) -> Outcome:
    """One after which these readers are left."""
    return Outcome(LOG, readers, Tally(), dropped=0, code=code, seconds=seconds)


def test_what_is_left_out_told_again_or_in_disorder_is_a_fault() -> None:
    one, two, three, four = LOG
    other = three._replace(data='{"seq":3,"pair":"KGS/USD","rate":1}')
    for told in (
        (one, two, three),
        (one, three, four),
        (one, two, three, two, four, four),
        (two, one, three, four),
        (one, two, other, four),
    ):
        assert outcome(reader(*told)).faults, told
    assert outcome(reader(two, three, four, first="id1")).faults == []
    assert outcome(reader(one, three, pairs=("KGS-USD",))).faults == []
    assert outcome(reader(one, three, four, pairs=("KGS-USD",))).faults


def test_what_is_told_again_to_one_who_forgot_is_none() -> None:
    one, two, three, four = LOG
    again = outcome(reader(one, two, one, two, three, four, forgetful=True))
    assert (again.faults, again.told_again) == ([], 2)


def test_a_service_that_does_not_end_in_order_and_at_once_is_a_fault() -> None:
    assert outcome(code=-15).faults == ["SIGTERM: exit code -15 after 0.10 s"]
    assert outcome(seconds=1.5).faults == ["SIGTERM: exit code 0 after 1.50 s"]


def test_a_response_is_read_the_same_wherever_it_is_cut() -> None:
    said = b": c\nretry: 9\nid: a\n\n:\n" + b"id: b\nevent: tick\ndata: {}\n\n"
    sent = b"%x\r\n%b\r\n" % (len(said), said) + b"2\r\n:\n\r\n" + b"0\r\n\r\n"
    for first in range(len(sent)):
        for second in range(first, len(sent)):
            chunks, events = Chunks(), Events("")
            parts = (sent[:first], sent[first:second], sent[second:])
            assert [each for part in parts for each in events.feed(chunks.feed(part))] == [
                Event("b", "tick", "{}")
            ]
            assert (chunks.whole, events.last_id, events.retry, events.comments) == (True, "b", 9, 3)


def test_an_event_that_broke_off_has_no_id_yet() -> None:
    events = Events("a")
    assert list(events.feed(b"id: b\nevent: tick\ndata: {}\n")) == []
    assert events.last_id == "a"


def test_the_document_shows_every_line_of_the_run() -> None:
    document = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    shown = document.partition("$ make crowd\n")[2].partition("```")[0].splitlines()[1:]
    lines = str(outcome()).splitlines()
    assert [re.split(r" {2,}", row)[0] for row in shown] == [re.split(r" {2,}", row)[0] for row in lines]
