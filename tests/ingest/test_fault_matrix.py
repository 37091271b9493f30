"""Of the fault matrix a fifth, by lot, with every fault, every document and every moment in it.

The whole of it: make faults.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from app.domain.observations import Observation
from app.sources import nbt
from app.sources.base import Reply
from app.store.base import Store
from tests.ingest.fault_matrix import MOMENTS, PAST, PRESENT, WEEKS, Cell, Document, cells, run
from tests.simulator import Fault

SHARE, SEED = 5, 1
"""One cell of so many, as this seed draws them."""

WHOLE = list(cells())


def drawn() -> list[Cell]:
    """The share, and the next ones that have a fault, or a document at a moment, that is not in it."""
    lot = Random(SEED).sample(WHOLE, len(WHOLE))
    found, rest = lot[: len(lot) // SHARE], lot[len(lot) // SHARE :]
    traits: tuple[Callable[[Cell], object], ...] = (
        lambda cell: cell.fault,
        lambda cell: (cell.document, cell.moment),
    )
    for cell in rest:
        if any(trait(cell) not in map(trait, found) for trait in traits):
            found.append(cell)
    return sorted(found, key=WHOLE.index)


DRAWN = drawn()


@pytest.mark.parametrize("cell", DRAWN, ids=str)
def test_no_fault_puts_a_wrong_rate_in_force_or_goes_untold_nor_outlasts_itself(
    cell: Cell, store: Store
) -> None:
    outcome = run(cell, store)

    assert not outcome.wrong
    assert outcome.told
    assert outcome.recovered


def test_every_document_every_fault_and_every_moment_is_met() -> None:
    assert {cell.fault for cell in DRAWN} == {cell.fault for cell in WHOLE}
    assert {(cell.document, cell.moment) for cell in DRAWN} == {
        *((document, moment) for document in PRESENT for moment in MOMENTS),
        *((document, week) for document in PAST for week in WEEKS),
    }


def another_day(said: Observation) -> Observation:
    return replace(said, effective_date=said.effective_date - timedelta(days=1))


def another_row(said: Observation) -> Observation:
    return replace(said, published=replace(said.published, value="1.3402"))


def another_nominal(said: Observation) -> Observation:
    return replace(said, published=replace(said.published, nominal=10))


def another_direction(said: Observation) -> Observation:
    return replace(said, published=replace(said.published, pair=said.published.pair.inverse))


@pytest.mark.parametrize("wrong", [another_day, another_row, another_nominal, another_direction])
def test_the_matrix_sees_the_euro_under_another_day_value_nominal_or_direction(
    wrong: Callable[[Observation], Observation], store: Store
) -> None:
    def misread(reply: Reply) -> list[Observation]:
        return [wrong(said) if said.published.pair.base == "EUR" else said for said in nbt.parse(reply)]

    document = Document(replace(nbt.SOURCE, parse=misread), "nbt")
    assert run(Cell(document, Fault.EMPTY, "within"), store).wrong
