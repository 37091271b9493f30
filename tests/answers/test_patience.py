"""Whoever gives up waiting is not read for any longer, whatever is read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, cast

import pytest

from app.answers.patience import Patience, heeding
from app.domain.errors import TooSlow
from app.store.base import Reader


class Endless:
    """A view whose rows have no end, and which counts them."""

    def __init__(self) -> None:
        self.read = 0

    def rows(self, *asked: Any, **named: Any) -> Iterator[int]:
        for number in count():
            self.read += 1
            yield number

    printed = publications = days = rows

    def version_at(self, instant: int) -> int:
        """Something that is no row."""
        return instant


@pytest.mark.parametrize("rows", ["printed", "publications", "days"])
def test_the_rows_end_once_nobody_waits(rows: str) -> None:
    view, patience = Endless(), Patience()
    found = patience.during(lambda: getattr(heeding(cast(Reader, view)), rows)("KGS/USD", since=1))
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    patience.over = True
    with pytest.raises(TooSlow):
        list(found)
    assert view.read == 4


def test_all_else_is_the_views_own() -> None:
    view: Any = Endless()
    assert Patience().during(lambda: heeding(view)).version_at(view) is view


def test_what_nobody_may_give_up_is_read_from_the_view_itself() -> None:
    view = cast(Reader, Endless())
    Patience().during(lambda: heeding(view))
    assert heeding(view) is view
