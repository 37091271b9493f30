"""What every engine promises of several processes that come at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from app.domain.observations import Judgement
from app.ingest.record import reject
from app.sources.catalog import catalog
from app.store.base import Store
from tests.store.crash_child import FIRST_DAY, Acknowledged, poll_until_killed
from tests.store.given import KGS, NOW
from tests.store.others import another, create
from tests.store.test_crash import RUNS, words

DAYS = 20


@pytest.mark.crash
def test_processes_that_create_a_store_at_once_end_up_with_one(new_url: Callable[[], str]) -> None:
    for _ in range(RUNS // 20):
        url = new_url()
        with ExitStack() as stack:
            lines = [stack.enter_context(another(create, url))[1] for _ in range(4)]
            assert [line.recv() for line in lines] == ["ready"] * 4
            for line in lines:
                line.send("go")
            told = {line.recv() for line in lines}
        assert len(told) == 1
        assert len(told.pop()) == 16


def test_a_person_decides_while_a_poller_writes(store: Store, url: str) -> None:
    decided = []
    with another(poll_until_killed, url, FIRST_DAY, "committed", 3 * DAYS) as (_, line):
        for heard in words(line):
            if isinstance(heard, Acknowledged):
                with store.read() as reader:
                    newest = reader.newest(KGS, "nbkr")
                decided.append(reject(store, catalog(), newest.id, NOW, "typed wrongly") if newest else None)
    assert len(decided) >= DAYS - 1
    with store.read() as reader:
        for each in filter(None, decided):
            found = reader.recorded(each.after.id)
            assert found
            assert found.judgement == Judgement("rejected", "operator", "typed wrongly")
        assert reader.counter().seq == len(reader.ticks())
    assert store.verify().damages == ()
