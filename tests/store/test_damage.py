"""What goes wrong with a file is one clear sentence, which names the file and says what to do."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest

from app.domain.errors import SettingsError, StoreDamaged, StoreError, StoreMismatch, StoreUnavailable
from app.store import open_store, sqlite
from tests.store.given import KGS, NOW, add, said
from tests.store.others import another, write_as_nobody, write_without_space


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with a thousand observations, closed."""
    path = tmp_path / "silkrate.db"
    store = open_store(f"sqlite:///{path}")
    store.upgrade()
    add(store, *(said(on=number) for number in range(1000)))
    store.close()
    return path


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter: those of pytest are private."""
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def refusal(path: Path, *, write: bool = False) -> StoreError:
    """The error of opening a store and reading everything, or writing."""
    with pytest.raises(StoreError) as refused:
        use(path, write=write)
    assert str(path) in str(refused.value)
    assert str(refused.value).endswith(".")
    assert "sqlalche" not in str(refused.value)
    return refused.value


def use(path: Path, *, write: bool, patience: int = 0) -> None:
    store = open_store(f"sqlite:///{path}?timeout={patience}")
    try:
        store.upgrade()
        if write:
            add(store, said(on=5000))
        else:
            with store.read() as reader:
                list(reader.publications(KGS, "nbkr"))
    finally:
        store.close()


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert isinstance(error, StoreUnavailable)
    assert "must be a file, not a folder" in str(error)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    error = refusal(tmp_path / "file/below/silkrate.db")
    assert isinstance(error, StoreUnavailable)
    assert "cannot be made" in str(error)


def test_a_file_of_something_else_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("KGS/USD = 0.01149 0%\n" * 100)
    error = refusal(tmp_path / "notes.txt")
    assert isinstance(error, StoreDamaged)
    assert "no SQLite database" in str(error)
    assert (tmp_path / "notes.txt").read_text() == "KGS/USD = 0.01149 0%\n" * 100


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cookies.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE cookies (name TEXT)")
    error = refusal(path)
    assert isinstance(error, StoreMismatch)
    assert "tables of another program (cookies)" in str(error)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("cookies",)]


def test_a_schema_from_the_future_is_left_alone(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    error = refusal(file)
    assert isinstance(error, StoreMismatch)
    assert "schema 9999, which is newer" in str(error)


def test_a_store_that_was_never_upgraded_says_how(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/silkrate.db")
    with pytest.raises(StoreMismatch, match="silkrate db upgrade"), store.read() as reader:
        reader.counter()
    store.close()


def test_a_malformed_page_is_said_and_not_served(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(size // 4096 // 2 * 4096)
        raw.write(b"\xa5" * (size // 4))
    error = refusal(file)
    assert isinstance(error, StoreDamaged)
    assert "restore it from a backup" in str(error)


def test_a_truncated_file_is_said_and_not_served(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)
    assert isinstance(refusal(file), StoreDamaged)


def test_a_counter_that_is_gone_is_damage(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM counter")
    store = open_store(f"sqlite:///{file}")
    with (
        pytest.raises(StoreDamaged, match=r"silkrate\.db has lost the row that counts"),
        store.read() as reader,
    ):
        reader.counter()
    store.close()


def test_a_counter_that_fell_behind_is_damage(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE counter SET version = 0")
    error = refusal(file, write=True)
    assert isinstance(error, StoreDamaged)
    assert "contradicts itself" in str(error)


def test_a_lock_held_too_long_by_another_program_is_said(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        use(file, write=False)
        error = refusal(file, write=True)
    assert isinstance(error, StoreUnavailable)
    assert "locked by another program" in str(error)
    use(file, write=True)


def test_a_lock_that_is_given_back_in_time_is_waited_for(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = Thread(target=add, args=(store, said(on=5000)))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        other.execute("ROLLBACK")
        waiting.join()
    with store.read() as reader:
        assert reader.counter().version == 2
    store.close()


def test_a_lock_on_a_store_that_is_just_being_made_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "silkrate.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE anything (at_all TEXT)")
        waiting = Thread(target=use, args=(path,), kwargs={"write": True, "patience": 10})
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        other.execute("ROLLBACK")
        waiting.join()
    use(path, write=False)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM observations").fetchone() == (1,)


def test_a_write_that_takes_too_long_is_said_to_the_thread_that_waits(file: Path) -> None:
    store = open_store(f"sqlite:///{file}?timeout=0")
    begun, done = Event(), Event()

    def dawdle() -> None:
        with store.write(NOW):
            begun.set()
            done.wait(20)

    slow = Thread(target=dawdle)
    slow.start()
    assert begun.wait(20)
    with pytest.raises(StoreUnavailable, match="another thread of this program"):
        add(store, said(on=5000))
    done.set()
    slow.join()
    add(store, said(on=5000))
    store.close()


def test_a_disk_that_takes_no_more_is_said_and_the_record_stays_whole(file: Path) -> None:
    url, size = f"sqlite:///{file}", file.stat().st_size + 200_000
    with another(write_without_space, url, size) as (_, line):
        kind, sentence = line.recv()
    assert kind is StoreUnavailable
    assert f"{file}: the disk refused to read or write" in sentence
    store = open_store(url)
    with store.read() as reader:
        written = reader.counter().version - 1
        assert sum(1 for _ in reader.publications(KGS, "nbkr")) >= 1000
    store.close()
    assert written > 0
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_folder_that_may_not_be_written_is_said(open_folder: Path) -> None:
    path = open_folder / "silkrate.db"
    with another(write_as_nobody, f"sqlite:///{path}") as (_, line):
        os.chmod(open_folder, 0o555)
        kind, sentence = line.recv()
    assert kind is StoreUnavailable
    assert f"{path} cannot be opened" in sentence


def test_a_folder_that_may_not_be_made_is_said(open_folder: Path) -> None:
    path = open_folder / "data/silkrate.db"
    os.chmod(open_folder, 0o555)
    with another(write_as_nobody, f"sqlite:///{path}") as (_, line):
        kind, sentence = line.recv()
    assert kind is StoreUnavailable
    assert f"its folder {path.parent} cannot be made (Permission denied)" in sentence


def test_a_file_that_may_not_be_written_is_said(open_folder: Path) -> None:
    path = open_folder / "silkrate.db"
    store = open_store(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    os.chmod(path, 0o444)
    os.chmod(open_folder, 0o555)
    with another(write_as_nobody, f"sqlite:///{path}") as (_, line):
        kind, sentence = line.recv()
    assert kind is StoreUnavailable
    assert str(path) in sentence


@pytest.mark.parametrize("code", sqlite.MEANINGS)
def test_every_error_that_is_expected_has_a_sentence_of_its_own(code: int) -> None:
    kind, sentence = sqlite.MEANINGS[code]
    assert issubclass(kind, StoreError)
    said = sentence.format(name="data/x.db", patience=10, detail="why")
    assert said.startswith("data/x.db")
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql+pymysql://admin:secret@db/rates", "no engine of that name is offered"),
        ("data/silkrate.db", "expected sqlite:// or postgresql://"),
        ("", "expected sqlite:// or postgresql://"),
        ("postgresql://admin:secret@db:x y/rates", "is no URL of a PostgreSQL database"),
        ("postgresql://admin:secret@db/rates?mode=fast", "mode= is no parameter of libpq"),
        ("postgresql://admin:secret@db/rates?reads=all", "standby, prefer-standby, primary, any"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://data/silkrate.db", "four slashes for an absolute path"),
        ("sqlite:///x.db?mode=memory", "?timeout= with whole seconds"),
        ("sqlite:///x.db?timeout=soon", "?timeout= with whole seconds"),
        ("sqlite:///x.db?timeout=1&timeout=2", "?timeout= with whole seconds"),
    ],
)
def test_a_url_that_names_no_store_is_refused_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        open_store(url)
    assert sentence in str(refused.value)
    assert str(refused.value).startswith("SILKRATE_DATABASE_URL")
    assert "secret" not in str(refused.value)
