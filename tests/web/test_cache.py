from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.answers import Answer
from app.web.cache import cache_control, etag, is_known
from tests.said import at

NOW = at("2026-05-21 06:00")
TAG = '"wjnIXjEudC5sb2cu"'


def directives(header: str) -> dict[str, int]:
    """The numbers of a Cache-Control header that begins with `public`."""
    first, *others = header.split(", ")
    assert first == "public"
    return {name: int(seconds) for name, _, seconds in (each.partition("=") for each in others)}


def held_for(left: timedelta | None, *, closed: bool = False) -> dict[str, int]:
    """The directives of an answer that holds for another `left`."""
    until = None if left is None else NOW + left
    return directives(cache_control(Answer(None, 1, None, until, closed), NOW))


@pytest.mark.parametrize(
    ("left", "closed", "fresh", "again"),
    [
        (None, False, 30, 300),
        (None, True, 3600, 300),
        (timedelta(hours=5), False, 30, 300),
        (timedelta(hours=5), True, 3600, 300),
        (timedelta(seconds=100), False, 30, 70),
        (timedelta(seconds=100), True, 100, 0),
        (timedelta(seconds=12, milliseconds=900), False, 12, 0),
        (timedelta(0), False, 0, 0),
        (-timedelta(seconds=5), False, 0, 0),
    ],
)
def test_a_copy_is_good_for_a_while_but_never_beyond_the_next_turn(
    left: timedelta | None, closed: bool, fresh: int, again: int
) -> None:
    assert held_for(left, closed=closed) == {
        "max-age": fresh,
        "stale-while-revalidate": again,
        "stale-if-error": 86400,
    }


@given(st.timedeltas(timedelta(0), timedelta(days=3)), st.booleans())
def test_a_cache_that_revalidates_late_still_does_not_pass_the_turn(left: timedelta, closed: bool) -> None:
    found = held_for(left, closed=closed)
    assert timedelta(seconds=found["max-age"] + found["stale-while-revalidate"]) <= left


def test_a_validator_is_strong_and_differs_with_any_byte() -> None:
    assert etag(b"a").startswith('"')
    assert etag(b"a").endswith('"')
    assert etag(b"a") == etag(b"a") != etag(b"b")


@pytest.mark.parametrize(
    "lines",
    [
        [TAG],
        [f"W/{TAG}"],
        ["*"],
        [f'"x,y", {TAG}'],
        [f'W/"a",W/{TAG},"b"'],
        ['"other"', TAG],
    ],
)
def test_a_copy_is_known_however_the_header_is_written(lines: list[str]) -> None:
    assert is_known(TAG, lines)


@pytest.mark.parametrize("lines", [[], [""], ['"other"'], ["wjnIXjEudC5sb2cu"], [f'"{TAG[1:-1]}x"'], ['"*"']])
def test_another_copy_is_not_taken_for_it(lines: list[str]) -> None:
    assert not is_known(TAG, lines)
