"""The steps of the schema lead to the tables that the program speaks of."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Table, create_engine

from app.store import open_store
from app.store.migrations import HEAD
from app.store.tables import metadata
from app.store.upgrade import steps
from tests.store.given import KGS, NOW, add, said


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


def test_a_store_of_the_first_schema_is_brought_to_the_programs_with_all_that_is_in_it(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/silkrate.db"
    store = open_store(url)
    store.upgrade()
    add(store, said())
    store.close()
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in ("closures", "coverage"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    engine.dispose()

    again = open_store(url)
    again.upgrade()
    with again.write(NOW) as writer:
        assert [each.said for each in writer.publications(KGS, "nbkr")] == [said()]
        assert writer.covered("nbkr") == []
        writer.cover("nbkr", date(2026, 5, 1), date(2026, 5, 19))
        writer.close_day("nbkr", date(2026, 5, 2))
    again.close()
