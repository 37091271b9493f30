"""The steps of the schema lead to the tables that the program speaks of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Date, DateTime, LargeBinary, MetaData, Table, create_engine, insert, text

from app.answers.explain import explain
from app.answers.history import history
from app.answers.latest import latest
from app.answers.ticks import ticks
from app.domain.errors import StoreDamaged
from app.ingest.record import record
from app.sources.catalog import catalog
from app.store import open_store
from app.store.base import Store
from app.store.migrations import HEAD
from app.store.tables import metadata
from app.store.upgrade import steps
from tests.answers import ledger
from tests.said import nbkr
from tests.store.given import KGS, NOW, add, day, said
from tests.store.test_contract_days import KEY, hourly, keep
from tests.store.test_contract_extents import known


def test_the_steps_make_exactly_the_tables_of_the_program(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/silkrate.db"
    store = open_store(url)
    store.upgrade()
    store.close()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_comparison_sees_a_column_that_no_step_makes(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/empty.db")
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    assert {each[1].name for each in found if each[0] == "add_table"} == set(metadata.tables)
    engine.dispose()


def test_the_steps_are_one_line_that_ends_at_the_programs_schema() -> None:
    script = ScriptDirectory.from_config(steps())
    assert script.get_heads() == [HEAD]
    assert len(script.get_bases()) == 1


@pytest.mark.parametrize("table", metadata.tables.values(), ids=str)
def test_every_table_and_column_says_what_it_holds(table: Table) -> None:
    assert table.comment
    assert [column.name for column in table.columns if not column.comment] == []


PAST: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("past.json").read_text("utf-8"))
"""A store with rows in every table, and in each row what any schema has of it: an accepted rate, one that was
held until the next one confirmed it, a revision, one that is held, one that is rejected, and their ticks.
"""

SCHEMAS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
BODY = "e4f8a274b4651c3df2b7cac6d932bae0a956233f4fdfce4c750578aa322f8cc4"
HEADS = {"0004": "11223d10db568982181c8f64b430b31c0b3e37481a5cd84891b9f84713324320"}
"""The hash of the newest version, by the schema that first had all that it covers."""


def written_by(schema: str, url: str, more: Sequence[dict[str, Any]] = ()) -> None:
    """A store as the program of that schema left it, with `more` observations: of each row what it had a
    column for.
    """
    engine = create_engine(url)
    with engine.begin() as connection:
        config = steps()
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
        there = MetaData()
        there.reflect(connection)
        for name, rows in {**PAST, "observations": [*PAST["observations"], *more]}.items():
            if name in there.tables:
                for row in rows:
                    connection.execute(insert(there.tables[name]), _typed(there.tables[name], row))
    engine.dispose()


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """The values for the columns that the table has; what JSON has no word for is a text there."""
    read: dict[type, Callable[[str], object]] = {
        Date: date.fromisoformat,
        DateTime: datetime.fromisoformat,
        LargeBinary: bytes.fromhex,
    }
    columns = {column.name: type(column.type).__mro__ for column in table.columns if column.name in row}
    return {
        name: next((read[each](row[name]) for each in kinds if each in read), row[name])
        for name, kinds in columns.items()
    }


@pytest.fixture(params=SCHEMAS)
def schema(request: pytest.FixtureRequest) -> str:
    """Each schema that a program ever had."""
    found: str = request.param
    return found


@pytest.fixture
def store(url: str, schema: str) -> Iterator[Store]:
    """A store of an earlier schema, brought to the program's."""
    written_by(schema, url)
    with closing(open_store(url)) as opened:
        opened.upgrade()
        yield opened


def at(hour: int, day: int = 21) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=UTC)


def test_every_schema_is_tried() -> None:
    script = ScriptDirectory.from_config(steps())
    assert {each.revision for each in script.walk_revisions()} - {HEAD} <= set(SCHEMAS)


def test_a_store_of_any_schema_answers_as_before(store: Store) -> None:
    banks = catalog()
    with store.read() as reader:
        (row,) = latest(reader, banks, at(8), pairs=[KGS]).body.rates
        points = history(reader, banks, at(8), pair=KGS).body.points
        told = explain(reader, banks, at(8), pair=KGS).body.explanation
        log = ticks(reader, banks, at(8)).body.ticks
        assert [each.id for each in reader.doubts("rejected")] == [5]
        assert [each.id for each in reader.questioned(date(2026, 5, 20), date(2026, 5, 20))] == [2]
        assert reader.health("nbk").failing_since == at(7)
    assert (str(row.rate), row.revision, row.version, row.seq) == ("0.0101936799185", 1, 4, 3)
    assert (str(row.change.pct), row.change.span_days) == ("-0.203874", 1)
    assert row.held
    assert row.held.published.value == "150"
    assert [each.value for each in points] == ["87.4314", "97.9000", "98.1000"]
    assert told
    assert [(each.id, each.shown) for each in told.revisions] == [(3, False), (4, True)]
    assert [each.rule for each in told.revisions[0].rulings] == ["jump", "plausible"]
    assert [(each.cause, each.observation_id, each.corrects) for each in log] == [
        ("turn", 1, None),
        ("publication", 3, None),
        ("revision", 4, 2),
    ]


def test_a_store_of_any_schema_answers_as_it_was_known_before(store: Store) -> None:
    with store.read(known=2) as reader:
        assert [each.id for each in reader.doubts("held")] == [2]
        assert [each.id for each in reader.publications(KGS, "nbkr")] == [1]
        assert reader.counter().seq == 1
    with store.read(known=3) as reader:
        assert [each.id for each in reader.publications(KGS, "nbkr")] == [1, 2, 3]


def test_a_store_of_any_schema_keeps_what_else_that_schema_had(store: Store, schema: str) -> None:
    with store.read() as reader:
        covered = reader.covered("nbkr")
        closed, body, head = reader.closures(), reader.body(BODY), reader.counter().hash
    assert covered == ([(date(2026, 5, 19), date(2026, 5, 20))] if schema >= "0002" else [])
    assert closed == ({"nbk": {date(2026, 5, 9)}} if schema >= "0003" else {})
    assert body == (b"<CurrencyRates/>" if schema >= "0004" else None)
    assert (head == HEADS["0004"]) == (schema >= "0004")


def test_a_store_of_any_schema_is_sound_and_goes_on(store: Store) -> None:
    assert store.verify().damages == ()
    done = record(store, catalog(), [nbkr("2026-05-23", "98.2000")], at(5, 23))
    assert [each.id for each in done.recorded] == [7]
    assert (done.version, [tick.seq for tick in done.ticks]) == (7, [4])
    assert store.verify().damages == ()


def test_the_days_of_a_source_that_speaks_all_day_are_counted(url: str) -> None:
    said = PAST["observations"][0]
    hours = [
        {**said, "id": 100 + hour, "source": "openexchangerates", "published_value": value}
        | {"observed_at": f"2026-05-19 0{hour}:00:00.000000+00:00"}
        for hour, value in enumerate(("87.4", "87.9", "87.5"))
    ]
    written_by("0004", url, hours)
    with closing(open_store(url)) as store:
        store.upgrade()
        with store.read() as reader:
            (day,) = reader.days(KGS, "openexchangerates")
        assert (day.open, day.high, day.close, day.count) == ("87.4", "87.9", "87.5", 3)


SET_BACK = (
    "DROP INDEX ticks_version",
    "DROP TABLE earlier_extents",
    "DELETE FROM extents",
    "UPDATE alembic_version SET version_num = '0009'",
)
"""What makes the program's schema the one that knew nothing of earlier extents."""


def set_back(url: str, *more: str) -> None:
    """Make a store one of that schema, and do more to it."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for statement in (*SET_BACK, *more):
            connection.execute(text(statement))
    engine.dispose()


def test_what_there_was_at_every_version_is_counted_from_the_record(url: str) -> None:
    with closing(open_store(url)) as store:
        store.upgrade()
        lived = ledger.live(store, Random(7))
        before = {version: known(store, version) for version in lived.pages}
    set_back(url)
    with closing(open_store(url)) as store:
        store.upgrade()
        assert {version: known(store, version) for version in lived.pages} == before
        assert store.verify(ledger.CATALOG.all_day).damages == ()


def test_a_day_of_dropped_rows_is_counted_where_it_was_whole(url: str) -> None:
    with closing(open_store(url)) as store:
        store.upgrade()
        keep(store, 1, *hourly(1, "87.4", "87.6", "87.5"))
        add(store, said(on=3))
        keep(store, 2, *hourly(2, "88"))
        with store.write(NOW) as writer:
            writer.drop_rows(KGS, KEY, day(1))
        before = [known(store, version) for version in range(4)]
    set_back(url)
    with closing(open_store(url)) as store:
        store.upgrade()
        assert [known(store, version) for version in range(4)] == before
        assert store.verify([KEY]).damages == ()


def test_a_day_that_is_none_ends_the_step_with_the_store_and_the_series_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'silkrate.db'}"
    with closing(open_store(url)) as store:
        store.upgrade()
        add(store, said(on=1), said(on=2))
    set_back(url, "UPDATE observations SET effective_date = '2026-05-0x' WHERE id = 2")
    with closing(open_store(url)) as store, pytest.raises(StoreDamaged) as raised:
        store.upgrade()
    what = "holds what was never written ('2026-05-0x' as a day of KGS/USD from nbkr)"
    assert f"silkrate.db {what}" in str(raised.value)
