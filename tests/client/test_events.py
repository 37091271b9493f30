"""Events come out of a stream as the standard says, however its bytes are cut."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.client.events import Event, Parser

WORDS = [
    *("data", "event", "id", "retry", "tick", "reset", "12", "-1", "x" * 20, "1" * 5000),
    *(":", ": ", "::", " ", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\n\r", "\0", "\ufeff", "•", "сом", "𐐷"),
]
BYTES = st.lists(st.sampled_from(WORDS).map(str.encode) | st.binary(max_size=3), max_size=40).map(b"".join)


def read(parts: Iterable[bytes]) -> tuple[list[Event], str, int | None]:
    """The events of all parts, and what is known at their end."""
    parser = Parser()
    return [event for part in parts for event in parser.feed(part)], parser.last_id, parser.retry


def events(content: bytes) -> list[Event]:
    return read([content])[0]


def by_the_standard(content: bytes) -> tuple[list[Event], str, int | None]:
    """The same, written as the standard's text goes: the whole stream at once, with its buffers."""
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    found, last, retry = [], "", None
    data, name, last_buffer = "", "", ""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        if line == "":
            last = last_buffer
            if data != "":
                found.append(Event(name or "message", data[:-1], last))
            data, name = "", ""
            continue
        field, value = re.findall("^([^:]*):? ?(.*)$", line, re.DOTALL)[0]
        match field:
            case "event":
                name = value
            case "data":
                data += value + "\n"
            case "id" if "\0" not in value:
                last_buffer = value
            case "retry" if re.fullmatch("[0-9]{1,9}", value):
                retry = int(value)
    return found, last, retry


@given(content=BYTES, cuts=st.lists(st.integers(0, 400), max_size=12))
@example(content=b"data: a\r\ndata: b\r\n\r\n", cuts=[8, 9, 18, 19])
@example(content=b"\xef\xbb\xbfid: 1\r\r\xe2", cuts=[1, 2, 3, 9, 10])
def test_however_a_stream_is_cut_its_events_are_the_same_and_those_of_the_standard(
    content: bytes, cuts: list[int]
) -> None:
    ends = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    parts = [content[start:end] for start, end in pairwise(ends)]
    assert read(parts) == read(content[at : at + 1] for at in range(len(content))) == read([content])
    assert read([content]) == by_the_standard(content)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_an_event_is_told_with_its_last_byte(end: str) -> None:
    parser = Parser()
    assert parser.feed(f"id: 1{end}event: tick{end}data: a{end}data:b{end}".encode()) == []
    assert parser.feed(end[:1].encode()) == [Event("tick", "a\nb", "1")]
    assert parser.feed(f"{end[1:]}data{end}{end}".encode()) == [Event("message", "", "1")]


def test_an_id_without_data_is_no_event_and_is_known() -> None:
    assert read([b"retry: 1500\nid: a\n\n"]) == ([], "a", 1500)


def test_what_breaks_off_leaves_the_id_that_was_before_it() -> None:
    assert read([b"id: a\ndata: 1\n\nid: b\ndata: 2\n"]) == ([Event("message", "1", "a")], "a", None)


def test_comments_and_unknown_fields_are_nothing() -> None:
    assert events(b":\n: data: 1\nnews: 2\n\ndata: 3\n:\n\n") == [Event("message", "3", "")]


def test_a_name_holds_for_one_event_and_an_id_until_the_next() -> None:
    assert events(b"id: a\nevent: tick\ndata: 1\n\ndata: 2\n\nid\ndata: 3\n\n") == [
        Event("tick", "1", "a"),
        Event("message", "2", "a"),
        Event("message", "3", ""),
    ]


@pytest.mark.parametrize("delay", ["", "-1", "1.5", " 1", "1s", "٣", "9" * 5000])
def test_what_is_no_delay_changes_none(delay: str) -> None:
    assert read([f"retry: 7\nretry: {delay}\n".encode()])[2] == 7
