"""`make cluster`, in short: what readers were told is never lost, whichever machine dies."""

from __future__ import annotations

import re

import pytest

from tests.cluster.__main__ import COLUMNS, played, table
from tests.cluster.machines import cluster
from tests.cluster.readers import Seen, reading
from tests.cluster.steps import BRIEFLY, STEPS
from tests.house.tree import ROOT


@pytest.mark.slow
def test_a_cluster_survives_the_death_of_each_of_its_parts() -> None:
    with cluster() as made, reading(list(made.webs)) as readers:
        outcomes = played(made, readers, BRIEFLY)
        readers.stop()
        verified = made.verified()
    assert [fault for outcome in outcomes for fault in outcome.faults] == []
    assert [(outcome.failed, outcome.lost) for outcome in outcomes] == [(0, 0)] * 3, table(outcomes)
    assert outcomes[1].refused, "the balancer noticed that a web process was dead"
    assert verified.returncode == 0, verified.stdout


def test_the_document_shows_every_step_of_the_run() -> None:
    document = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    head, *rows = document.partition("$ make cluster\n")[2].splitlines()
    assert re.split(r" {2,}", head) == list(COLUMNS)
    assert [re.split(r" {2,}", row)[0] for row in rows[: len(STEPS)]] == [step.what for step in STEPS]


def test_a_reader_notices_a_gap_and_a_tick_that_changes() -> None:
    seen = Seen()
    seen.told([{"seq": 1, "rate": "1"}, {"seq": 2, "rate": "2"}], after=0)
    assert seen.contradictions == []
    seen.told([{"seq": 2, "rate": "3"}], after=1)
    seen.told([{"seq": 4, "rate": "4"}], after=2)
    assert seen.contradictions == ["tick 2 was two things", "after tick 2 came [4]"]
