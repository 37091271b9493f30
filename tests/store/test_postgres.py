"""What PostgreSQL alone can show: servers that stop, are killed, fall behind and are promoted, and what each
of its refusals is called.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from app.domain.errors import SettingsError, StoreError, StoreMismatch, StoreUnavailable
from app.domain.observations import ACCEPTED
from app.store import open_store, opened, restore, transfer
from app.store.base import Store
from tests.postgres import QUICK, PostgreSQL, running, stopped
from tests.store.given import KGS, NOW, add, day, poll, said
from tests.store.test_contract_following import following, newest, seen_within

DURABLE = {**QUICK, "synchronous_commit": "on"}
BELL = timedelta(milliseconds=100)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """A server of this module's own, which its tests may stop."""
    with running(settings=DURABLE) as server:
        yield server


@pytest.fixture
def url(server: PostgreSQL) -> str:
    return server.database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with ready(url) as found:
        yield found


@contextmanager
def ready(url: str) -> Iterator[Store]:
    """The store at `url`, of the current schema."""
    with closing(open_store(url)) as found:
        found.upgrade()
        yield found


def refusal(work: Callable[[], object]) -> StoreError:
    with pytest.raises(StoreError) as refused:
        work()
    return refused.value


def until(true: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something is true; what cannot be asked yet is not true."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except StoreError:
            pass
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def test_the_bell_is_heard_within_a_tenth_of_a_second(store: Store, url: str) -> None:
    with ready(url) as other, following(store):
        poll(other, said(on=0))
        seen_within(store, 1, timedelta(seconds=2))
        time.sleep(0.1)  # now it listens for sure
        waits = []
        for number in range(1, 11):
            poll(other, said(on=number))
            waits.append(seen_within(store, number + 1, timedelta(seconds=2)))
    assert sorted(waits)[-2] < BELL.total_seconds(), waits


@pytest.mark.parametrize("payload", ["", "soon", "7", "-1"])
def test_whoever_rings_the_bell_with_whatever_word_the_record_is_followed(
    server: PostgreSQL, store: Store, url: str, payload: str
) -> None:
    with ready(url) as other, following(store):
        time.sleep(0.1)
        server.execute(f"NOTIFY silkrate, '{payload}'", url.rpartition("/")[2])
        time.sleep(0.1)
        poll(other, said())
        seen_within(store, 1, timedelta(seconds=2))


def test_without_a_server_what_was_read_is_still_there_and_all_else_is_refused_at_once(
    server: PostgreSQL, store: Store
) -> None:
    poll(store, said("87.1000"))
    with following(store):
        assert newest(store) == (1, "87.1000")
        server.stop()
        until(lambda: refused_at_once(store))
        assert newest(store) == (1, "87.1000")
        with store.read() as reader:
            assert not reader.reachable()
        server.start()
        until(lambda: not refused_at_once(store))
        poll(store, said("87.2000", on=1))
        assert newest(store) == (2, "87.2000")


def refused_at_once(store: Store) -> bool:
    began = time.monotonic()
    try:
        with store.read() as reader:
            reader.tick(time.monotonic_ns())
    except StoreUnavailable:
        return time.monotonic() - began < 0.05
    return False


def test_a_server_that_was_restarted_is_used_again_without_an_error(server: PostgreSQL, store: Store) -> None:
    add(store, said(on=0))
    server.stop()
    server.start()
    add(store, said(on=1))
    with store.read() as reader:
        assert reader.counter().version == 2


@pytest.mark.parametrize("end", [PostgreSQL.stop, PostgreSQL.kill])
def test_a_server_that_ends_in_mid_transaction_leaves_nothing_of_it(
    server: PostgreSQL, store: Store, end: Callable[[PostgreSQL], None]
) -> None:
    add(store, said(on=0))

    def cut_off() -> None:
        with store.write(NOW) as writer:
            writer.add(said(on=1), 0, ACCEPTED)
            end(server)

    assert isinstance(refusal(cut_off), StoreUnavailable)
    server.start()
    add(store, said(on=2))
    with store.read() as reader:
        days = [each.said.effective_date for each in reader.publications(KGS, "nbkr")]
        assert (days, reader.counter().version) == ([day(0), day(2)], 2)
    assert store.verify().damages == ()


def test_a_connection_that_is_cut_in_mid_transaction_leaves_nothing_of_it(
    server: PostgreSQL, store: Store
) -> None:
    def cut_off() -> None:
        with store.write(NOW) as writer:
            writer.add(said(on=1), 0, ACCEPTED)
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            )
            writer.add(said(on=2), 0, ACCEPTED)

    assert isinstance(refusal(cut_off), StoreUnavailable)
    with store.read() as reader:
        assert reader.counter().version == 0


def test_a_writer_that_hangs_in_mid_transaction_does_not_keep_the_others_out_for_ever(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang() -> None:
        with store.write(NOW) as writer:
            writer.add(said(on=1), 0, ACCEPTED)
            time.sleep(9)  # longer than a server waits for a writer that says nothing
            with ready(url) as other:
                add(other, said(on=2))

    assert isinstance(refusal(hang), StoreUnavailable)
    with store.read() as reader:
        assert [each.said.effective_date for each in reader.publications(KGS, "nbkr")] == [day(2)]


@pytest.mark.parametrize(
    ("told", "done"),
    [
        ("off", "on"),
        ("local", "on"),
        ("remote_write", "on"),
        ("on", "on"),
        ("remote_apply", "remote_apply"),
    ],
)
def test_a_commit_is_on_every_disk_even_where_the_server_is_told_not_to_wait(
    server: PostgreSQL, url: str, told: str, done: str
) -> None:
    server.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = {told}")
    with ready(url) as store:
        add(store, said())
        with psycopg.connect(url) as plain:
            assert plain.execute("SHOW synchronous_commit").fetchone() == (told,)
        assert setting(store, "synchronous_commit") == done


def setting(store: Store, name: str) -> object:
    with store._writing() as connection:  # type: ignore[attr-defined]  # no promise of a store
        return connection.exec_driver_sql(f"SHOW {name}").scalar()


def test_a_database_that_is_not_there_is_named_without_the_password(server: PostgreSQL) -> None:
    url = f"postgresql://postgres:secret@127.0.0.1:{server.port}/nowhere"
    said = str(refusal(lambda: open_store(url)))
    assert f"postgresql://127.0.0.1:{server.port}/nowhere does not let us in" in said
    assert 'database "nowhere" does not exist' in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "login",
    [
        "silkrate:sec%ret",
        "silkrate:sec ret",
        "silkrate:sec/ret",
        "silkrate:17/ret",
        "silkrate:sec@ret",
        "silkrate:17/ret@x",
        "silkrate:sec?ret@x",
    ],
)
def test_a_password_that_is_not_written_as_in_a_url_is_not_repeated(login: str) -> None:
    with pytest.raises(SettingsError) as refused:
        open_store(f"postgresql://{login}@127.0.0.1:1/silkrate?reads=any")
    assert "ret" not in str(refused.value)
    assert "write %25 for %" in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_password_among_the_parameters_is_not_repeated() -> None:
    said = str(refusal(lambda: open_store("postgresql://127.0.0.1:1/silkrate?user=a&password=secret")))
    assert said.startswith("postgresql://127.0.0.1:1/silkrate cannot be reached")
    assert "secret" not in said


def test_a_server_that_is_not_there_is_said(server: PostgreSQL) -> None:
    said = str(refusal(lambda: open_store("postgresql://postgres@127.0.0.1:1/silkrate")))
    assert said.startswith("postgresql://127.0.0.1:1/silkrate cannot be reached")


def test_the_tables_of_another_program_are_refused(server: PostgreSQL, url: str) -> None:
    server.execute("CREATE TABLE orders (id int)", url.rpartition("/")[2])
    store = open_store(url)
    assert isinstance(refusal(store.upgrade), StoreMismatch)
    store.close()


def test_a_user_without_rights_is_told_so(server: PostgreSQL, store: Store, url: str) -> None:
    add(store, said())
    server.execute("CREATE ROLE reader LOGIN")
    theirs = url.replace("postgres@", "reader@")
    assert "not allowed to" in str(refusal(lambda: open_store(theirs)))


def test_a_lock_of_another_program_is_waited_for_and_then_said(store: Store, url: str) -> None:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE counter IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        error = refusal(lambda: add(store, said()))
        assert isinstance(error, StoreUnavailable)
        assert "is locked by another program, and was for 10 s" in str(error)
        assert 9 < time.monotonic() - began < 15
    add(store, said())


def test_readers_and_a_writer_at_once_need_one_connection_each(server: PostgreSQL) -> None:
    server.execute("CREATE ROLE few LOGIN CONNECTION LIMIT 9")
    server.execute("CREATE DATABASE few OWNER few")
    with ready(f"postgresql://few@127.0.0.1:{server.port}/few") as store:
        written = threading.Event()

        def read() -> int:
            views = 0
            while not written.is_set():
                with store.read() as reader:
                    assert reader.counter().seq == len(reader.ticks())
                views += 1
            return views

        with ThreadPoolExecutor(8) as readers:
            reading = [readers.submit(read) for _ in range(8)]
            for number in range(40):
                poll(store, said(on=number))
            written.set()
            assert min(each.result(30) for each in reading) > 1


def test_a_backup_is_one_file_that_either_engine_restores(
    server: PostgreSQL, store: Store, tmp_path: Path
) -> None:
    for number in range(3):
        poll(store, said(f"87.{number}000", on=number))
    store.backup(tmp_path / "backup.db")
    with store.read() as reader:
        head = reader.counter()
    for url in (f"sqlite:///{tmp_path}/embedded.db", server.database()):
        verified = restore(url, tmp_path / "backup.db")
        assert verified.damages == ()
        with ready(url) as restored:
            with restored.read() as reader:
                found = reader.counter()
                assert (found.version, found.seq, found.hash) == (head.version, head.seq, head.hash)
                assert found.log_id != head.log_id
                assert len(list(reader.publications(KGS, "nbkr"))) == 3
            poll(restored, said("87.3000", on=3))
            assert restored.verify().damages == ()


def test_what_was_recorded_is_not_replaced_unless_forced_nor_under_a_poller(
    server: PostgreSQL, store: Store, url: str, tmp_path: Path
) -> None:
    poll(store, said())
    store.backup(tmp_path / "backup.db")
    poll(store, said(on=1))
    assert "holds a store already" in str(refusal(lambda: restore(url, tmp_path / "backup.db")))
    lease = store.lease("poller", timedelta(seconds=60))
    assert lease
    assert "stop its pollers" in str(refusal(lambda: restore(url, tmp_path / "backup.db", force=True)))
    store.release(lease)
    restore(url, tmp_path / "backup.db", force=True)
    with store.read() as reader:
        assert reader.counter().version == 1


def test_whoever_waits_to_write_while_a_backup_is_restored_writes_after_it(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll(store, said(on=0))
    store.backup(tmp_path / "backup.db")
    poll(store, said(on=1))

    def slowly(source: Connection, target: Connection) -> None:
        waiting.append(others.submit(poll, store, said(on=2)))
        waiting.append(others.submit(store.lease, "poller", timedelta(seconds=60)))
        time.sleep(0.5)
        transfer.carry(source, target)

    monkeypatch.setattr(opened, "carry", slowly)
    waiting: list[Future[Any]] = []
    with ThreadPoolExecutor(2) as others:
        restore(url, tmp_path / "backup.db", force=True)
    for each in waiting:
        assert each.result()
    with store.read() as reader:
        assert [each.said.effective_date for each in reader.publications(KGS, "nbkr")] == [day(0), day(2)]
    assert store.verify().damages == ()


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[PostgreSQL, PostgreSQL]]:
    """A primary, and a standby that follows it synchronously."""
    names = {"synchronous_standby_names": "second", **DURABLE}
    with running(settings=DURABLE) as primary, stopped(settings=DURABLE) as standby:
        standby.copy_of(primary, "second")
        standby.start()
        for name, value in names.items():
            primary.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        primary.execute("SELECT pg_reload_conf()")
        yield primary, standby


def hosts(servers: tuple[PostgreSQL, ...], database: str, words: str = "") -> str:
    places = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql://postgres@{places}/{database}{words}"


def database(pair: tuple[PostgreSQL, PostgreSQL]) -> str:
    """The name of a new, empty database that both have."""
    primary, standby = pair
    name = primary.database().rpartition("/")[2]
    until(lambda: (name,) in standby.execute("SELECT datname FROM pg_database"))
    return name


def test_writes_go_to_the_primary_wherever_it_stands_in_the_url(pair: tuple[PostgreSQL, PostgreSQL]) -> None:
    name = database(pair)
    for number, servers in enumerate((pair, pair[::-1])):
        with ready(hosts(servers, name)) as store:
            add(store, said(on=number))


def test_a_standby_alone_answers_readers_and_says_that_it_takes_no_writes(
    pair: tuple[PostgreSQL, PostgreSQL],
) -> None:
    name = database(pair)
    with ready(hosts(pair, name)) as store:
        add(store, said())
    alone = open_store(hosts(pair[1:], name, "?reads=standby"))
    until(lambda: newest(alone) == (1, "87.4500"))
    assert isinstance(refusal(lambda: add(alone, said(on=1))), StoreUnavailable)
    alone.close()


def test_a_reader_waits_until_its_standby_has_the_version_it_needs(
    pair: tuple[PostgreSQL, PostgreSQL],
) -> None:
    name = database(pair)
    with ready(hosts(pair, name)) as writer, ready(hosts(pair, name, "?reads=standby")) as reader:
        add(writer, said("87.0000", on=0))
        until(lambda: newest(reader)[0] == 1)
        pair[1].execute("SELECT pg_wal_replay_pause()")
        add(writer, said("87.1000", on=1))
        assert newest(reader) == (1, "87.0000")
        threading.Timer(0.3, pair[1].execute, ["SELECT pg_wal_replay_resume()"]).start()
        assert reader.wait_for(2) == 2
        assert newest(reader) == (2, "87.1000")


def test_what_a_standby_does_not_get_in_time_the_primary_is_asked_for(
    pair: tuple[PostgreSQL, PostgreSQL],
) -> None:
    name = database(pair)
    with ready(hosts(pair, name)) as writer, ready(hosts(pair, name, "?reads=standby")) as reader:
        add(writer, said("87.0000", on=0))
        until(lambda: newest(reader)[0] == 1)
        pair[1].execute("SELECT pg_wal_replay_pause()")
        try:
            add(writer, said("87.1000", on=1))
            assert reader.wait_for(2) == 2
            with reader.read(2) as view:
                assert len(list(view.publications(KGS, "nbkr"))) == 2
        finally:
            pair[1].execute("SELECT pg_wal_replay_resume()")


def test_a_standby_that_stays_behind_is_not_asked_for_what_it_lacks(
    pair: tuple[PostgreSQL, PostgreSQL],
) -> None:
    name = database(pair)
    with ready(hosts(pair, name, "?reads=standby")) as both:
        add(both, said("87.0000", on=0))
        pair[1].execute("SELECT pg_wal_replay_pause()")
        try:
            add(both, said("87.1000", on=1))
            assert newest(both) == (2, "87.1000")  # who wrote it sees it
        finally:
            pair[1].execute("SELECT pg_wal_replay_resume()")


def test_when_the_primary_dies_and_the_standby_is_promoted_everything_comes_back_and_nothing_is_lost(
    pair: tuple[PostgreSQL, PostgreSQL],
) -> None:
    primary, standby = pair
    name = database(pair)
    with ready(hosts(pair, name)) as store, following(store):
        for number in range(20):
            poll(store, said(f"87.{number:02}00", on=number))
        assert newest(store) == (20, "87.1900")
        primary.kill()
        assert newest(store) == (20, "87.1900")
        assert isinstance(refusal(lambda: add(store, said(on=20))), StoreUnavailable)
        standby.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
        standby.promote()
        until(lambda: bool(poll(store, said("87.2000", on=20))))
        assert newest(store) == (21, "87.2000")
        with store.read() as reader:
            assert len(list(reader.publications(KGS, "nbkr"))) == 21
        assert store.verify().damages == ()


def test_a_store_of_a_newer_program_is_not_backed_up_in_part(
    server: PostgreSQL, store: Store, url: str, tmp_path: Path
) -> None:
    add(store, said())
    server.execute("UPDATE alembic_version SET version_num = '9999'", url.rpartition("/")[2])
    assert isinstance(refusal(lambda: store.backup(tmp_path / "backup.db")), StoreMismatch)
    assert not (tmp_path / "backup.db").exists()
