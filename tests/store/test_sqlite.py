"""What SQLite adds to the contract: its settings, other processes on the same file, and its plans."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import Select, make_url
from sqlalchemy.dialects import sqlite as dialect

from app.domain.observations import ACCEPTED
from app.store import open_store, sqlite, statements
from app.store.base import Store
from tests.store.given import HELD, KZT, NOW, REJECTED, add, day, poll, said, tick
from tests.store.others import another, look


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "silkrate.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{file}")
    opened.upgrade()
    yield opened
    opened.close()


def ask(file: Path, question: str) -> list[tuple[object, ...]]:
    """Ask the file itself, past the store."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(question).fetchall()


def test_a_missing_folder_is_made(store: Store, file: Path) -> None:
    assert file.is_file()


def test_a_relative_path_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    opened = open_store("sqlite:///below/here.db")
    opened.upgrade()
    opened.close()
    assert (tmp_path / "below/here.db").is_file()


def test_every_connection_waits_is_durable_and_checks_its_references(file: Path) -> None:
    database = sqlite.database(make_url(f"sqlite:///{file}?timeout=7"))
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with ExitStack() as stack:
        connections = [stack.enter_context(database.snapshots.connect()) for _ in range(3)]
        for connection in connections:
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
            assert found == ["wal", 2, 1, 7000]
    database.close()


def test_a_reading_process_sees_what_was_committed_and_waits_for_nobody(store: Store, file: Path) -> None:
    poll(store, said(on=0), said(on=0, pair=KZT))
    with another(look, f"sqlite:///{file}") as (_, line), store.write(NOW) as writer:

        def seen() -> object:
            line.send(True)
            assert line.poll(20)
            return line.recv()

        assert seen() == (1, 2, 2, 2)
        writer.append(tick(writer, writer.add(said(on=1), 0, ACCEPTED).said))
        assert seen() == (1, 2, 2, 2)


def test_a_reading_process_never_sees_half_a_transaction(store: Store, file: Path) -> None:
    with another(look, f"sqlite:///{file}") as (_, line):
        seen = set()
        for number in range(150):
            line.send(True)
            poll(store, said(on=number), said(on=number, pair=KZT))
            assert line.poll(20)
            version, *counts = line.recv()
            assert counts == [2 * version] * 3
            seen.add(version)
    assert len(seen) > 20


def test_the_view_for_people_has_numbers_and_one_row_a_publication(store: Store, file: Path) -> None:
    add(store, said("87.4500", 0), said("480", 1, pair=KZT))
    add(store, said("87.5000", 0), revision=1)
    add(store, said("99", 2), judgement=HELD)
    add(store, said("0", 3), judgement=REJECTED)
    (withdrawn,) = add(store, said("90", 4))
    with store.write(NOW) as writer:
        writer.judge(withdrawn, REJECTED)
    found = ask(file, "SELECT pair, effective_date, typeof(rate), 1 / rate FROM rates_numeric ORDER BY rate")
    assert [row[:3] for row in found] == [
        ("KZT/USD", str(day(1)), "real"),
        ("KGS/USD", str(day(0)), "real"),
    ]
    assert [row[3] for row in found] == pytest.approx([480, 87.5])


def test_a_rate_is_kept_beside_its_literal_for_people_and_not_for_what_is_none(
    store: Store, file: Path
) -> None:
    add(store, said("87,4500", 0))
    add(store, said("0", 1), said("n/a", 2), said("-5", 3), said("5", 4, nominal=0), judgement=REJECTED)
    found = ask(file, "SELECT published_value, rate FROM observations ORDER BY id")
    rates = [("87,4500", "0.0114351057747"), ("0", None), ("n/a", None), ("-5", None), ("5", None)]
    assert found == rates


SEEKS = {
    name: statement
    for name, statement in {
        **vars(statements),
        "DOUBTS_OF_A_PAIR": statements.DOUBTS[frozenset(("source", "pair"))],
    }.items()
    if isinstance(statement, Select)
    and not name.startswith("_")
    and name not in ("EXTENTS", "CLOSURES", "DOUBT_COUNTS", "NEWEST_BEFORE")
}
"""Every question but those that say of themselves that they read everything, or all of the last days."""


def test_the_questions_of_every_poll_and_page_are_among_the_seeks() -> None:
    assert {
        "NEWEST",
        "PUBLICATIONS",
        "MEANT",
        "QUESTIONED",
        "LAST_TICK",
        "REVISIONS",
        "RECORDED",
    } <= SEEKS.keys()


@pytest.mark.parametrize("name", SEEKS)
def test_no_table_is_read_through_or_sorted_for(store: Store, file: Path, name: str) -> None:
    compiled = SEEKS[name].compile(dialect=dialect.dialect(paramstyle="named"))
    with closing(sqlite3.connect(file)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {compiled}", dict.fromkeys(compiled.params, 1))
        steps = [step for *_, step in plan]
    assert steps
    for step in steps:
        assert not step.startswith("USE TEMP B-TREE"), steps
        assert not step.startswith("SCAN") or step in ("SCAN counter", "SCAN lease"), steps
