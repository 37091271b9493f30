"""Rows come off the disk in their order, whatever order they came in."""

from __future__ import annotations

from tempfile import TemporaryFile

from hypothesis import given
from hypothesis import strategies as st

from app.ingest.spool import Spool

ROWS = st.lists(st.tuples(st.text(max_size=2), st.integers(), st.booleans()), unique=True, max_size=60)


@given(parts=st.lists(ROWS, max_size=5), run=st.integers(1, 50), block=st.integers(1, 9))
def test_any_rows_come_in_their_order_as_often_as_they_are_asked_for(
    parts: list[list[tuple[str, int, bool]]], run: int, block: int
) -> None:
    numbered = [
        [(*row, place, number) for number, row in enumerate(part)] for place, part in enumerate(parts)
    ]
    with TemporaryFile() as disk:
        spool: Spool[tuple[str | int | bool, ...]] = Spool(disk, run=run, block=block)
        for part in numbered:
            spool.add(list(part))
        for _ in range(2):
            next(spool.in_order(), None)
            assert list(spool.in_order()) == sorted(row for part in numbered for row in part)
