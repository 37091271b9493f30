"""Power is lost at any moment: what was acknowledged is on the disk, and nothing else."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pytest

from app.domain.answers import LastError
from app.domain.errors import StoreError
from app.ingest.record import Coverage, record
from app.sources.catalog import catalog
from app.store import open_store, sqlite
from app.store.base import Store
from tests.store.crash_child import FIRST_DAY, file_of
from tests.store.given import add, said
from tests.store.power import Disk, Layer, Unreachable, recorded

CUTS = 6 * int(os.environ.get("CRASH_RUNS", "50"))
DAYS = 30
CHECKPOINT = 64
"""Pages in the log after which they go into the file itself: here, after every few writes."""

Content: TypeAlias = dict[str, list[tuple[object, ...]]]
"""Every row of every table."""


def content(path: Path) -> Content:
    """Read the file past the store; nothing where there is none."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables.fetchall()}


def writes(store: Store, days: range) -> Iterator[None]:
    """Everything that is written to a store, step by step: files of a bank, with misprints and jumps among
    them, what was asked, what failed, and what is kept.
    """
    if not days.start:
        store.upgrade()
        yield
    for number in days:
        day = FIRST_DAY + timedelta(days=number)
        now = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        record(store, catalog(), file_of(day), now, covers=[Coverage("nbkr", day, day)] * (number % 2))
        yield
        with store.write(now) as writer:
            writer.fail("nbk", LastError(now, "unreachable", "nbk: nobody answers"))
            body = Random(number).randbytes(5000)
            writer.keep_body(sha256(body).hexdigest(), body)
            if number % 3 == 0:
                writer.close_day("nbt", day)
        yield


def write_all(folder: Path, layer: Layer) -> list[Content]:
    """Write, closing the store halfway; what is in it before the first write, and after each."""
    path, states = folder / "silkrate.db", [Content()]
    for days in (range(DAYS // 2), range(DAYS // 2, DAYS)):
        with closing(open_store(f"sqlite:///{path}")) as store:
            for _ in writes(store, days):
                layer.acknowledge()
                states.append(content(path))
    return states


def outcome(folder: Path, acknowledged: int, states: list[Content]) -> str:
    """What became of the store in this folder after so many writes were acknowledged. All is well with the
    state after the last of them, or after the one that was under way; and the service goes on from there.
    """
    path = folder / "silkrate.db"
    try:
        found = content(path)
        if found in states[:acknowledged]:
            return "lost"
        store = open_store(f"sqlite:///{path}")
        store.upgrade()
        sound = store.verify().damages == () and found in states[acknowledged : acknowledged + 2]
        add(store, said())
        store.close()
    except (sqlite3.Error, StoreError):
        return "ruined"
    return "kept" if sound else "ruined"


def outcomes(folder: Path, cuts: int) -> Counter[str]:
    """Write, and look at the disk as it may be after so many cuts, each at any moment."""
    with recorded(folder) as layer:
        states = write_all(folder, layer)
    chance, disk, done, found = Random(cuts), Disk(), 0, Counter[str]()
    for moment in sorted(chance.choices(range(len(layer.steps) + 1), k=cuts)):
        for step in layer.steps[done:moment]:
            step(disk)
        done = moment
        with TemporaryDirectory(dir=folder) as place:
            for name, written in disk.after_a_cut(chance).items():
                Path(place, name).write_bytes(written)
            found[outcome(Path(place), disk.acknowledged, states)] += 1
    return found


@pytest.fixture(autouse=True)
def checkpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have the log go into the file every few writes; or skip where nothing can be put under SQLite."""
    monkeypatch.setitem(sqlite.PRAGMAS, "wal_autocheckpoint", str(CHECKPOINT))
    try:
        with recorded(tmp_path):
            pass
    except Unreachable as error:
        pytest.skip(f"Python's SQLite shows none of its functions: {error}")


@pytest.mark.crash
@pytest.mark.slow
def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(tmp_path: Path) -> None:
    assert outcomes(tmp_path, CUTS) == {"kept": CUTS}


def test_without_a_sync_in_every_commit_the_same_cuts_lose_what_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sqlite.PRAGMAS, "synchronous", "NORMAL")
    found = outcomes(tmp_path, 100)
    assert found["lost"] > 10
    assert found["ruined"] == 0


def test_without_any_sync_the_same_cuts_ruin_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sqlite.PRAGMAS, "synchronous", "OFF")
    assert outcomes(tmp_path, 100)["ruined"] > 10


def test_a_folder_that_is_made_is_on_the_disk_before_anything_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, fsync = list[tuple[int, set[str]]](), os.fsync

    def noted(handle: int) -> None:
        fsync(handle)
        synced.append((os.fstat(handle).st_ino, set(os.listdir(handle))))

    monkeypatch.setattr(os, "fsync", noted)
    open_store(f"sqlite:///{tmp_path}/below/data/silkrate.db").close()
    folders = (tmp_path, {"below"}), (tmp_path / "below", {"data"})
    assert sorted(synced) == sorted((folder.stat().st_ino, names) for folder, names in folders)
