"""Of the fault matrix every source with every fault, and every source at every moment.

The whole of it: make faults.
"""

import pytest

from app.store.base import Store
from tests.ingest.fault_matrix import MOMENTS, Cell, cells, run
from tests.ingest.world import ASKED

WHOLE = list(cells())
ROWS = [WHOLE[place : place + len(MOMENTS)] for place in range(0, len(WHOLE), len(MOMENTS))]
COVERING = [row[place % len(MOMENTS)] for place, row in enumerate(ROWS)]


@pytest.mark.parametrize("cell", COVERING, ids=str)
def test_no_fault_puts_a_wrong_rate_in_force_or_a_wrong_status_on_it_nor_outlasts_itself(
    cell: Cell, store: Store
) -> None:
    outcome = run(cell, store)

    assert not outcome.wrong
    assert outcome.right_status
    assert outcome.recovered


def test_every_source_meets_every_fault_and_every_moment() -> None:
    assert {(cell.source.key, cell.fault) for cell in COVERING} == {
        (cell.source.key, cell.fault) for cell in WHOLE
    }
    assert {(cell.source.key, cell.moment) for cell in COVERING} == {
        (source.key, moment) for source in ASKED for moment in MOMENTS
    }
