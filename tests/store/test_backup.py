"""A store is written to a file while it is used, and put back: whole, or not at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from app.domain.errors import StoreDamaged, StoreError, StoreMismatch, StoreUnavailable
from app.store import open_store, restore
from app.store.base import Counter, Store
from tests.store.given import add, poll, said
from tests.store.test_contract_verify import fill


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "silkrate.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    """A store with everything in it."""
    opened = open_store(url(file))
    opened.upgrade()
    fill(opened)
    yield opened
    opened.close()


@pytest.fixture
def backup(store: Store, tmp_path: Path) -> Path:
    """A backup of it."""
    path = tmp_path / "backup.db"
    store.backup(path)
    return path


def url(file: Path) -> str:
    return f"sqlite:///{file}?timeout=1"


def counter(file: Path) -> Counter:
    """Where a sound store stands."""
    store = open_store(url(file))
    try:
        assert store.verify().damages == ()
        with store.read() as reader:
            return reader.counter()
    finally:
        store.close()


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder))


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the counter, past the store."""
    with closing(sqlite3.connect(file)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()
            for (name,) in tables
            if name != "counter"
        }


def test_a_backup_is_one_file_with_everything_that_is_in_the_store(
    store: Store, backup: Path, file: Path
) -> None:
    assert names(backup.parent) == {"backup.db", "silkrate.db", "silkrate.db-wal", "silkrate.db-shm"}
    assert rows(backup) == rows(file)
    with store.read() as reader:
        assert counter(backup) == reader.counter()


def test_a_file_that_is_there_is_replaced_only_by_force(store: Store, backup: Path) -> None:
    before = counter(backup)
    add(store, said(on=20))
    with pytest.raises(StoreMismatch, match=r"backup\.db is there already: --force replaces it"):
        store.backup(backup)
    assert counter(backup) == before
    store.backup(backup, force=True)
    assert counter(backup).version == before.version + 1


def test_a_folder_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"x\.db cannot be written: there is no folder .*nowhere\."):
        store.backup(tmp_path / "nowhere" / "x.db")


@pytest.mark.parametrize("force", [False, True])
def test_a_store_is_never_its_own_backup(store: Store, file: Path, backup: Path, force: bool) -> None:
    with pytest.raises(StoreMismatch, match="is the store itself"):
        store.backup(file.parent / "." / file.name, force=force)
    with pytest.raises(StoreMismatch, match="is the store itself"):
        restore(url(file), file, force=force)
    assert store.verify().damages == ()


def test_a_backup_that_cannot_be_written_leaves_nothing(store: Store, tmp_path: Path) -> None:
    before = names(tmp_path)
    with pytest.raises(StoreUnavailable, match="missing"):
        store.backup(tmp_path / "missing" / "backup.db")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreUnavailable, match="folder"):
        store.backup(tmp_path / "folder", force=True)
    assert names(tmp_path) == before | {"folder"}


def test_a_backup_taken_while_others_write_is_sound_and_of_one_version(store: Store, tmp_path: Path) -> None:
    ended = Event()

    def write() -> None:
        number = 20
        while not ended.is_set():
            poll(store, *(said(on=number + each) for each in range(5)))
            number += 5

    writing = Thread(target=write)
    writing.start()
    try:
        for number in range(10):
            store.backup(tmp_path / f"{number}.db")
    finally:
        ended.set()
        writing.join()
    versions = [counter(tmp_path / f"{number}.db").version for number in range(10)]
    assert versions == sorted(versions)
    assert versions[0] < versions[-1]


def test_a_restored_store_is_as_it_was_with_a_log_of_its_own(
    store: Store, file: Path, backup: Path, tmp_path: Path
) -> None:
    before, elsewhere = counter(backup), tmp_path / "below" / "other.db"
    restore(url(elsewhere), backup)
    assert names(elsewhere.parent) == {"other.db"}
    after = counter(elsewhere)
    assert after.log_id != before.log_id
    assert (after.version, after.seq, after.hash) == (before.version, before.seq, before.hash)
    assert rows(elsewhere) == rows(backup)
    assert counter(backup) == before
    opened = open_store(url(elsewhere))
    assert poll(opened, said(on=20))[0].seq == before.seq + 1
    opened.close()


def test_a_store_that_is_there_is_replaced_only_by_force(store: Store, file: Path, backup: Path) -> None:
    poll(store, said(on=20))
    store.close()
    with pytest.raises(StoreMismatch, match=r"silkrate\.db is there already: --force replaces it"):
        restore(url(file), backup)
    assert counter(file).version == 5
    restore(url(file), backup, force=True)
    assert counter(file).version == 4


def test_a_store_that_somebody_has_open_is_not_replaced(store: Store, file: Path, backup: Path) -> None:
    with pytest.raises(StoreUnavailable, match="in use: stop the service"):
        restore(url(file), backup, force=True)
    poll(store, said(on=20))
    assert store.verify().damages == ()
    assert names(file.parent) == {"backup.db", "silkrate.db", "silkrate.db-wal", "silkrate.db-shm"}


def test_a_store_that_is_ruined_is_replaced_with_all_that_stood_beside_it(
    store: Store, file: Path, backup: Path
) -> None:
    store.close()
    file.write_bytes(b"\xa5" * 100_000)
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).write_bytes(b"\xa5" * 5000)
    restore(url(file), backup, force=True)
    assert counter(file).version == 4


def test_what_no_file_of_ours_is_replaces_nothing(store: Store, file: Path, tmp_path: Path) -> None:
    store.close()
    for name, content in (("empty", b""), ("notes", b"KGS/USD = 0.01149 0%\n" * 100)):
        (tmp_path / name).write_bytes(content)
    with closing(sqlite3.connect(tmp_path / "cookies")) as connection:
        connection.execute("CREATE TABLE cookies (name TEXT)")
    before = names(tmp_path)
    for name in ("empty", "notes", "cookies", "missing"):
        with pytest.raises(StoreError, match=name):
            restore(url(file), tmp_path / name, force=True)
    assert names(tmp_path) == before
    assert counter(file).version == 4


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", StoreMismatch, "schema 9999, which is newer"),
        ("UPDATE ticks SET rate = '1' WHERE seq = 2", StoreDamaged, r"damaged \(ticks 2 \(version 2\): alt"),
        ("DELETE FROM observations WHERE id = 3", StoreDamaged, r"observations 3: missing"),
        ("DELETE FROM counter", StoreDamaged, "counter 1: missing"),
        ("UPDATE counter SET simulated = 1", StoreMismatch, "simulated rates of a demo"),
    ],
)
def test_a_backup_that_is_damaged_or_newer_or_a_demos_replaces_nothing(
    store: Store, file: Path, backup: Path, change: str, kind: type[StoreError], sentence: str
) -> None:
    poll(store, said(on=20))
    store.close()
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute(change)
    with pytest.raises(kind, match=sentence) as refused:
        restore(url(file), backup, force=True)
    assert str(backup) in str(refused.value)
    assert names(file.parent) == {"backup.db", "silkrate.db"}
    assert counter(file).version == 5


def test_a_backup_that_is_cut_short_replaces_nothing(store: Store, file: Path, backup: Path) -> None:
    store.close()
    os.truncate(backup, backup.stat().st_size // 2)
    with pytest.raises(StoreDamaged, match=r"backup\.db"):
        restore(url(file), backup, force=True)
    assert counter(file).version == 4
