"""A file with a bit that is not as it was written, cut short, or beside the log of another one: it is said,
by whoever reads what is wrong or by verifying, and never another error.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from app.domain.errors import StoreError
from app.store import open_store
from app.store.base import Counter, Store
from tests.store.given import KGS, KZT, NOW, add, said
from tests.store.test_contract_verify import fill
from tests.store.test_edited import OUTSIDE
from tests.store.test_power import Content, content

PAGE = 4096
KINDS = {2: "index, inner", 5: "table, inner", 10: "index, leaf", 13: "table, leaf"}
"""The kinds of pages by their first byte; all others hold what is too long for one, or nothing."""

FLIPS = 40


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which every table has rows and every kind of page is found, closed."""
    path = tmp_path_factory.mktemp("sound") / "silkrate.db"
    store = open_store(f"sqlite:///{path}")
    store.upgrade()
    fill(store)
    add(store, *(said(on=number) for number in range(100, 400)))
    body = Random(1).randbytes(5 * PAGE)
    with store.write(NOW) as writer:
        writer.keep_body(sha256(body).hexdigest(), body)
    store.close()
    return path


@pytest.fixture
def file(sound: Path, tmp_path: Path) -> Path:
    """One to be damaged."""
    return Path(shutil.copy(sound, tmp_path / "silkrate.db"))


@pytest.fixture(scope="module")
def before(sound: Path) -> Content:
    return recorded(sound)


def recorded(file: Path) -> Content:
    """What is under the protection of the hashes."""
    return {table: rows for table, rows in content(file).items() if table not in OUTSIDE}


def written(raw: bytes) -> dict[str, list[int]]:
    """The places in a file that hold more than zeros, by the kind of their page."""
    found = dict[str, list[int]]()
    for begin in range(0, len(raw), PAGE):
        kind = KINDS.get(raw[begin], "other") if begin else "the first"
        found.setdefault(kind, []).extend(each for each in range(begin, begin + PAGE) if raw[each])
    return found


def read_all(store: Store) -> None:
    with store.read() as reader:
        for ask in (reader.counter, reader.extents, reader.closures, reader.ticks, reader.doubt_counts):
            ask()
        for pair in (KGS, KZT):
            list(reader.publications(pair, "nbkr"))


def said_of(file: Path) -> list[str]:
    """What is said when the store is opened and read, and by verifying."""
    store, told = None, list[str]()
    try:
        store = open_store(f"sqlite:///{file}")
        store.upgrade()
        with suppress(StoreError):
            told += [str(each) for each in store.verify().damages]
        read_all(store)
    except StoreError as error:
        told.append(str(error))
    finally:
        if store:
            store.close()
    return told


@pytest.mark.parametrize("kind", ["the first", *KINDS.values(), "other"])
def test_a_flipped_bit_in_any_kind_of_page_is_said_or_changes_nothing_that_is_recorded(
    sound: Path, file: Path, before: Content, kind: str
) -> None:
    chance, raw, told = Random(kind), sound.read_bytes(), 0
    places = written(raw)[kind]
    for _ in range(FLIPS):
        flip(file, raw, place := chance.choice(places), chance)
        found = said_of(file)
        told += bool(found)
        assert found or recorded(file) == before, f"byte {place}"
    assert told > FLIPS // 4


def flip(file: Path, raw: bytes, place: int, chance: Random) -> None:
    """Write the file with one bit that is not as in `raw`, and nothing beside it."""
    for each in file.parent.glob(f"{file.name}-*"):
        each.unlink()
    file.write_bytes(raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1 :])


@pytest.mark.parametrize("size", [100, PAGE - 1, PAGE, PAGE + 1, 10 * PAGE, 10 * PAGE + 1])
def test_a_file_that_is_cut_short_is_said(file: Path, size: int) -> None:
    os.truncate(file, size)
    (told,) = said_of(file)
    assert told.startswith(f"{file} is damaged")


def test_a_file_of_no_bytes_becomes_a_new_log_which_no_cursor_of_the_old_one_fits(file: Path) -> None:
    old = counter(file)
    os.truncate(file, 0)
    new = counter(file)
    assert (new.version, new.seq) == (0, 0)
    assert new.log_id != old.log_id


def counter(file: Path) -> Counter:
    store = open_store(f"sqlite:///{file}")
    store.upgrade()
    with store.read() as reader:
        found = reader.counter()
    store.close()
    return found


@pytest.fixture
def log(file: Path, tmp_path: Path) -> bytes:
    """What stands in the log after five more writes, whose pages did not reach the file."""
    store = open_store(f"sqlite:///{file}")
    for number in range(5):
        add(store, said(on=1000 + number))
    raw = beside(file, "wal").read_bytes()
    before = file.read_bytes()
    store.close()
    file.write_bytes(before)
    return raw


def beside(file: Path, ending: str) -> Path:
    return file.with_name(f"{file.name}-{ending}")


def test_a_flipped_bit_in_the_log_of_a_store_that_was_not_closed_ends_it_before_a_whole_write(
    file: Path, log: bytes
) -> None:
    raw, chance, versions = file.read_bytes(), Random(1), set[int]()
    for _ in range(FLIPS):
        file.write_bytes(raw)
        flip(beside(file, "wal"), log, chance.randrange(len(log)), chance)
        assert said_of(file) == []
        versions.add(counter(file).version)
    assert versions <= set(range(5, 11))
    assert len(versions) > 3


@pytest.mark.parametrize("gone", [False, True])
def test_nothing_but_the_log_of_a_file_that_was_lost_is_said(file: Path, log: bytes, gone: bool) -> None:
    file.unlink() if gone else os.truncate(file, 0)
    beside(file, "wal").write_bytes(log)
    (told,) = said_of(file)
    assert told.startswith(f"{file} is empty or gone, and its log silkrate.db-wal is not: put the file back")
    assert beside(file, "wal").read_bytes() == log


def test_the_log_of_another_file_is_found_by_verifying(tmp_path: Path, log: bytes) -> None:
    other = tmp_path / "other.db"
    store = open_store(f"sqlite:///{other}")
    store.upgrade()
    add(store, *(said(on=number) for number in range(400)))
    store.close()
    beside(other, "wal").write_bytes(log)
    assert said_of(other)


@pytest.mark.parametrize("ending", ["wal", "shm", "journal"])
def test_what_no_file_of_sqlite_left_beside_a_store_does_no_harm(
    file: Path, before: Content, ending: str
) -> None:
    beside(file, ending).write_bytes(Random(1).randbytes(5000))
    assert said_of(file) == []
    assert recorded(file) == before


def test_an_old_index_of_the_log_does_no_harm(file: Path, log: bytes) -> None:
    store = open_store(f"sqlite:///{file}")
    old = beside(file, "shm").read_bytes()
    store.close()
    beside(file, "shm").write_bytes(old)
    beside(file, "wal").write_bytes(log)
    assert said_of(file) == []
    assert counter(file).version == 10
