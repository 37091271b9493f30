"""Three hundred misprints of the corpus, by lot, in every order of arrival; and all of the devaluations.

The whole of it: make corpus.
"""

from __future__ import annotations

import re

import pytest

from app.domain.rules import JUMP
from tests.house.tree import ROOT
from tests.ingest.corpus import (
    MISPRINTS,
    ORDERS,
    SHOCKS,
    Outcome,
    Shock,
    misprints_table,
    outcomes,
    polls_until_shown,
    shocks_table,
    stretches,
)


@pytest.fixture(scope="module")
def found() -> list[Outcome]:
    """What became of each."""
    return outcomes(stretches(300, 51, 1), processes=1)


def test_no_misprint_is_shown_that_is_more_than_a_tenth_off(found: list[Outcome]) -> None:
    shown = [each for each in found if each.injected.off > JUMP and each.shown and not each.unseen]
    assert not shown


def test_only_what_a_backfill_has_nothing_to_compare_with_is_shown_at_all(found: list[Outcome]) -> None:
    for each in found:
        if each.injected.off > JUMP and each.shown:
            assert each.order == "by lot" or each.injected.kind == "wrong date"


def test_every_kind_is_met_in_every_order(found: list[Outcome]) -> None:
    kinds = {each.__name__.replace("_", " ") for each in MISPRINTS}
    assert {(each.injected.kind, each.order) for each in found} == {
        (kind, order) for kind in kinds for order in ORDERS
    }


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shock", SHOCKS, ids=str)
def test_a_devaluation_of_a_whole_file_is_shown_with_the_first_poll(shock: Shock, order: str) -> None:
    assert polls_until_shown(shock, order, crosses=True) == 1


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shock", SHOCKS, ids=str)
def test_of_the_dollar_alone_it_is_shown_when_the_next_publication_confirms_it(
    shock: Shock, order: str
) -> None:
    assert polls_until_shown(shock, order, crosses=False) in (1, 2)


def test_the_tables_in_the_document_are_those_that_it_prints(found: list[Outcome]) -> None:
    document = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^\$ make corpus\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    misprints, shocks = (part.splitlines() for part in shown.strip().split("\n\n"))
    assert shocks == shocks_table()
    assert [labels(line) for line in misprints] == [labels(line) for line in misprints_table(found)]


def labels(line: str) -> str:
    """A line without its numbers."""
    return " ".join(re.sub(r"(?<=  )[0-9,]+", "", line).split())
