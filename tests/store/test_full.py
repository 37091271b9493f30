"""The disk is full, wherever in a write: nothing of it is there, reading goes on; with space, writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from app.domain.errors import StoreUnavailable
from app.domain.observations import Observation
from app.store import open_store, sqlite
from app.store.base import Store
from tests.store.given import KGS, poll, said
from tests.store.power import Layer, Unreachable, recorded

ROWS = 200


class Used(NamedTuple):
    store: Store
    layer: Layer


@pytest.fixture
def used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Used]:
    """A store in use, on a disk whose space can be taken away; what is written goes into the file soon."""
    monkeypatch.setitem(sqlite.PRAGMAS, "wal_autocheckpoint", "10")
    try:
        with recorded(tmp_path) as layer, closing(open_store(f"sqlite:///{tmp_path}/silkrate.db")) as store:
            store.upgrade()
            poll(store, *(said(on=number) for number in range(ROWS)))
            yield Used(store, layer)
    except Unreachable as error:
        pytest.skip(f"Python's SQLite shows none of its functions: {error}")


def stands(store: Store) -> tuple[int, int, int]:
    """Version, seq and rows."""
    with store.read() as reader:
        counter = reader.counter()
        return counter.version, counter.seq, len(list(reader.publications(KGS, "nbkr")))


def refusal(store: Store, *observations: Observation) -> str | None:
    """What is said when they are not recorded."""
    try:
        poll(store, *observations)
    except StoreUnavailable as error:
        return str(error)
    return None


def test_whichever_page_finds_no_space_nothing_of_the_write_is_there(used: Used) -> None:
    store, layer = used
    more, pages = [said(on=ROWS + number) for number in range(20)], 0
    layer.space = {"silkrate.db-wal": pages}
    while told := refusal(store, *more):
        assert "cannot grow, the disk is full: free some space" in told
        assert stands(store) == (1, ROWS, ROWS)
        pages += 1
        layer.space = {"silkrate.db-wal": pages}
    assert pages > 5
    assert stands(store) == (2, ROWS + 20, ROWS + 20)
    assert store.verify().damages == ()


def test_what_no_longer_goes_into_the_file_itself_is_acknowledged_in_its_log(
    used: Used, tmp_path: Path
) -> None:
    store, layer = used
    before = (tmp_path / "silkrate.db").read_bytes()
    layer.space = {"silkrate.db": 0}
    for number in range(20):
        poll(store, said(on=ROWS + number))
    assert (tmp_path / "silkrate.db").read_bytes() == before
    assert stands(store) == (21, ROWS + 20, ROWS + 20)
    layer.space = {}
    poll(store, said(on=ROWS + 20))
    assert (tmp_path / "silkrate.db").read_bytes() != before
    assert stands(store) == (22, ROWS + 21, ROWS + 21)
    assert store.verify().damages == ()
