"""What every engine promises of versions, transactions and views."""

from __future__ import annotations

import re
import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import create_engine, text

from app.domain.answers import LastError
from app.domain.errors import StoreContended, StoreMismatch
from app.domain.observations import ACCEPTED
from app.store import open_store
from app.store.base import WRITE_POINTS, Counter, SourceHealth, Store, Writer
from tests.contention import contended
from tests.store.given import HELD, KGS, NOW, RELEASED, add, day, poll, said, tick

LATER = NOW + timedelta(hours=1)


def test_a_new_store_counts_from_nothing(store: Store) -> None:
    with store.read() as reader:
        counter = reader.counter()
    assert re.fullmatch("[0-9a-f]{16}", counter.log_id)
    assert counter == Counter(counter.log_id, 0, 0, None, simulated=False)


def test_upgrading_again_keeps_what_is_there(store: Store) -> None:
    add(store, said())
    with store.read() as reader:
        before = reader.counter()
    store.upgrade()
    with store.read() as reader:
        assert reader.counter() == before
        assert reader.newest(KGS, "nbkr")


def test_a_version_is_taken_by_what_records_or_judges_and_by_nothing_else(store: Store) -> None:
    with store.write(NOW) as writer:
        assert writer.version == 1
        writer.confirm("nbkr", NOW)
        writer.fail("nbkr", LastError(NOW, "unreachable", "nbkr: no answer"))
    with store.write(NOW) as writer:
        assert (writer.version, writer.counter().version) == (1, 0)
        writer.add(said(), 0, ACCEPTED)
        assert (writer.counter().version, writer.counter().recorded_at) == (1, NOW)
    with store.read() as reader:
        assert (reader.counter().version, reader.counter().seq) == (1, 0)


def test_all_that_one_transaction_writes_bears_its_version_and_instant(store: Store) -> None:
    (held,) = add(store, said(), judgement=HELD)
    with store.write(LATER) as writer:
        added = writer.add(said(on=1), 0, ACCEPTED)
        released = writer.judge(held, RELEASED)
        writer.append(tick(writer, said(on=1)))
    with store.read() as reader:
        written = reader.tick(1)
    assert written
    assert (added.version, released.judged_in, written.version) == (2, 2, 2)
    assert (added.recorded_at, written.recorded_at) == (LATER, LATER)
    assert (released.version, released.recorded_at) == (1, NOW)


def test_a_version_is_never_recorded_before_the_one_before_it(store: Store) -> None:
    add(store, said())
    with store.write(NOW - timedelta(minutes=5)) as writer:
        assert writer.instant == NOW
        writer.add(said(on=1), 0, ACCEPTED)
    with store.read() as reader:
        assert [reader.recorded_at(version) for version in (0, 1, 2, 3)] == [None, NOW, NOW, None]


def test_an_instant_finds_the_newest_version_recorded_by_then(store: Store) -> None:
    for number, now in enumerate((NOW, NOW, LATER)):
        with store.write(now) as writer:
            writer.add(said(on=number), 0, ACCEPTED)
            assert writer.version_at(now) == number + 1
    microsecond = timedelta(microseconds=1)
    instants = NOW - microsecond, NOW, LATER - microsecond, LATER, LATER + microsecond
    with store.read() as reader:
        assert [reader.version_at(instant) for instant in instants] == [0, 2, 2, 3, 3]


def test_a_block_that_fails_leaves_nothing_and_its_numbers_are_used_again(store: Store) -> None:
    def fail_midway() -> None:
        with store.write(NOW) as writer:
            writer.add(said("87.1111"), 0, HELD)
            writer.append(tick(writer, said()))
            writer.confirm("nbkr", NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    with store.read() as reader:
        assert (reader.counter().version, reader.counter().seq) == (0, 0)
        assert (reader.doubts("held"), reader.ticks()) == ([], [])
        assert reader.health("nbkr") == SourceHealth("nbkr")
    assert poll(store, said("87.2222"))[0].seq == 1
    with store.read() as reader:
        newest = reader.newest(KGS, "nbkr")
    assert newest
    assert (newest.id, newest.version, newest.said.published.value) == (1, 1, "87.2222")


def test_nobody_sees_a_transaction_before_its_end(store: Store) -> None:
    with store.write(NOW) as writer:
        writer.add(said(), 0, ACCEPTED)
        writer.append(tick(writer, said()))
        assert writer.newest(KGS, "nbkr")
        with store.read() as reader:
            assert (reader.counter().version, reader.newest(KGS, "nbkr"), reader.ticks()) == (0, None, [])
    with store.read() as reader:
        assert (reader.counter().version, len(reader.ticks())) == (1, 1)


def test_a_view_stays_as_it_is_while_others_write(store: Store) -> None:
    poll(store, said())
    with store.read() as reader:
        before = reader.counter(), reader.newest(KGS, "nbkr"), reader.ticks()
        poll(store, said(on=1))
        assert (reader.counter(), reader.newest(KGS, "nbkr"), reader.ticks()) == before
    with store.read() as reader:
        assert reader.counter().version == 2


def test_a_stream_left_unfinished_keeps_no_old_view_alive(store: Store, url: str) -> None:
    add(store, *(said(on=number) for number in range(2500)))
    with store.read() as reader:
        stream = reader.publications(KGS, "nbkr")
        assert next(stream).said.effective_date == day(0)
    other = open_store(url)
    add(other, said(on=2500))
    other.close()
    with store.read() as reader:
        newest = reader.newest(KGS, "nbkr")
    assert newest
    assert newest.said.effective_date == day(2500)


def test_a_write_inside_a_write_is_refused_at_once_and_spoils_nothing(store: Store) -> None:
    with store.write(NOW) as writer:
        writer.add(said(), 0, ACCEPTED)
        with pytest.raises(RuntimeError, match="inside a write"), store.write(NOW):
            pass
    with store.read() as reader:
        assert reader.counter().version == 1


def test_threads_write_in_turn_and_leave_no_gap(store: Store) -> None:
    def write(source: str) -> None:
        for number in range(10):
            poll(store, said(on=number, source=source))

    threads = [threading.Thread(target=write, args=(source,)) for source in ("nbkr", "nbt", "cbu", "nbk")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as reader:
        assert (reader.counter().version, reader.counter().seq) == (40, 40)
        assert [(each.seq, each.version) for each in reader.ticks()] == [(n, n) for n in range(1, 41)]


def test_a_write_passes_its_points_in_their_order(url: str) -> None:
    passed: list[str] = []
    store = open_store(url, probe=passed.append)
    store.upgrade()
    (held,) = add(store, said(), judgement=HELD)
    passed.clear()
    with store.write(NOW) as writer:
        writer.add(said(on=1), 0, ACCEPTED)
        writer.judge(held, RELEASED)
        writer.append(tick(writer, said(on=1)))
        writer.close_day("nbkr", date(2026, 5, 2))
        writer.confirm("nbkr", NOW)
        writer.cover("nbkr", date(2026, 5, 1), date(2026, 5, 20))
    assert tuple(passed) == WRITE_POINTS
    passed.clear()
    with store.write(NOW) as writer:
        writer.fail("nbkr", LastError(NOW, "unreachable", "nbkr: no answer"))
    assert passed == ["begun", "confirmed", "committing", "committed"]
    store.close()


@pytest.mark.parametrize("point", WRITE_POINTS[:-1])
def test_an_error_at_any_point_before_the_commit_leaves_nothing(url: str, point: str) -> None:
    broken = True

    def probe(passed: str) -> None:
        if broken and passed == point:
            raise ZeroDivisionError

    store = open_store(url, probe=probe)
    store.upgrade()

    def write_everything() -> None:
        with store.write(NOW) as writer:
            writer.append(tick(writer, writer.add(said(), 0, HELD).said))
            writer.close_day("nbkr", date(2026, 5, 2))
            writer.confirm("nbkr", NOW)
            writer.cover("nbkr", date(2026, 5, 1), date(2026, 5, 20))

    with pytest.raises(ZeroDivisionError):
        write_everything()
    with store.read() as reader:
        assert (reader.counter().version, reader.doubts("held"), reader.ticks()) == (0, [], [])
        assert (reader.covered("nbkr"), reader.closures()) == ([], {})
    broken = False
    assert [each.seq for each in poll(store, said())] == [1]
    store.close()


def test_real_and_simulated_rates_never_share_a_store(url: str) -> None:
    real = open_store(url)
    demo = open_store(url, simulated=True)
    real.upgrade()
    with pytest.raises(StoreMismatch, match="holds real rates; a demo needs a store of its own"):
        demo.upgrade()
    with pytest.raises(StoreMismatch, match="holds real rates; a demo needs a store of its own"):
        open_store(url, simulated=True)
    real.close()
    demo.close()


def test_a_demos_store_says_so_and_takes_no_real_rates(url: str) -> None:
    demo = open_store(url, simulated=True)
    demo.upgrade()
    with demo.read() as reader:
        assert reader.counter().simulated
    demo.close()
    with pytest.raises(StoreMismatch, match="holds the simulated rates of a demo"):
        open_store(url)


def test_a_transaction_that_others_come_before_is_done_again_whole(store: Store) -> None:
    done: list[int] = []

    def work(writer: Writer) -> int:
        done.append(writer.version)
        writer.append(tick(writer, writer.add(said(on=len(done)), 0, ACCEPTED).said))
        return writer.version

    with contended(50, seed=3) as contention:
        versions = [store.transact(NOW, work) for _ in range(20)]
    assert contention.refused > 5
    assert versions == list(range(1, 21))
    assert len(done) == 20 + contention.refused
    with store.read() as reader:
        assert (reader.counter().version, reader.counter().seq) == (20, 20)
    assert store.verify().damages == ()


def test_a_transaction_that_others_always_come_before_is_given_up(store: Store) -> None:
    with contended(100), pytest.raises(StoreContended):
        store.transact(NOW, lambda writer: writer.add(said(), 0, ACCEPTED))
    with store.read() as reader:
        assert reader.counter().version == 0


def test_a_program_of_before_an_upgrade_writes_nothing_after_it(store: Store, url: str) -> None:
    add(store, said())
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreMismatch, match="has schema 9999, and this program knows"):
        add(store, said(on=1))
    with store.read() as reader:
        assert reader.counter().version == 1
    engine.dispose()
