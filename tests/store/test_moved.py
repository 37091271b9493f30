"""Files of a store are moved, deleted or replaced while it is open: nothing is acknowledged that would be
gone with the process, and reading goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from app.domain.errors import StoreUnavailable
from app.store import open_store, restore
from app.store.base import Store
from tests.store.given import KGS, add, said


class Opened(NamedTuple):
    store: Store
    file: Path


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """A store that is in use, with one observation."""
    file = tmp_path / "data" / "silkrate.db"
    store = open_store(f"sqlite:///{file}")
    store.upgrade()
    add(store, said())
    yield Opened(store, file)
    store.close()


def count(store: Store) -> int:
    with store.read() as reader:
        return len(list(reader.publications(KGS, "nbkr")))


@pytest.mark.parametrize("ending", ["", "-wal", "-shm"])
@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_written_into_a_file_that_has_lost_its_name(
    opened: Opened, ending: str, replaced: bool
) -> None:
    store, file = opened
    path = file.with_name(file.name + ending)
    aside = path.rename(file.parent / "aside")
    if replaced:
        shutil.copy(aside, path)
    with pytest.raises(StoreUnavailable) as refused:
        add(store, said(on=1))
    said_so = (
        f"{file} cannot be used: {path.name} was moved, deleted or replaced while it was open. Put it back"
    )
    assert str(refused.value).startswith(said_so)
    assert count(store) == 1
    aside.replace(path)
    add(store, said(on=1))
    assert count(store) == 2
    assert store.verify().damages == ()


def test_a_log_that_was_deleted_is_saved_by_closing_in_order(opened: Opened) -> None:
    store, file = opened
    file.with_name("silkrate.db-wal").unlink()
    store.close()
    again = open_store(f"sqlite:///{file}")
    assert count(again) == 1
    assert again.verify().damages == ()
    again.close()


def test_a_reader_that_comes_later_does_not_read_another_file_in_its_place(opened: Opened) -> None:
    store, file = opened
    shutil.copytree(file.parent, file.parent.parent / "aside")
    with store.read() as reader:
        assert reader.counter().version == 1
        file.unlink()
        with pytest.raises(StoreUnavailable, match="while it was open"):
            count(store)
        assert not file.exists()
        assert reader.counter().version == 1


def test_a_store_that_was_lost_is_restored_over_what_was_left_of_it(opened: Opened, tmp_path: Path) -> None:
    store, file = opened
    store.backup(backup := tmp_path / "backup.db")
    add(store, said(on=1))
    log = file.with_name("silkrate.db-wal").read_bytes()
    store.close()
    file.unlink()
    file.with_name("silkrate.db-wal").write_bytes(log)
    restore(f"sqlite:///{file}", backup)
    again = open_store(f"sqlite:///{file}")
    assert count(again) == 1
    again.close()
