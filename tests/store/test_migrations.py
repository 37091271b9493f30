"""The steps of the schema lead to the tables that the program speaks of."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Table, create_engine, text

from app.store import open_store
from app.store.migrations import HEAD
from app.store.tables import metadata
from app.store.upgrade import steps
from tests.store.given import KGS, NOW, RELEASED


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


FIRST: dict[str, list[dict[str, object]]] = {
    "counter": [{"id": 1, "log_id": "log", "version": 3, "seq": 1, "simulated": 0, "created_at": "X"}],
    "versions": [{"version": version, "recorded_at": "X"} for version in (1, 2, 3)],
    "observations": [
        {"id": 1, "effective_date": "2026-05-19", "published_value": "87.4500", "verdict": "accepted"},
        {"id": 2, "effective_date": "2026-05-20", "published_value": "97.9", "verdict": "held"},
        {"id": 3, "effective_date": "2026-05-21", "published_value": "88", "verdict": "rejected"},
        *(
            {
                "id": 4 + hour,
                "source": "openexchangerates",
                "effective_date": "2026-05-19",
                "observed_at": f"2026-05-19 0{hour}:00:00.000000+00:00",
                "published_value": value,
                "verdict": "accepted",
                "version": 3,
            }
            for hour, value in enumerate(("87.4", "87.9", "87.5"))
        ),
    ],
    "judgements": [
        {"observation_id": 2, "number": 0, "version": 2, "verdict": "held", "rule": "jump"},
        {"observation_id": 3, "number": 0, "version": 3, "verdict": "rejected", "rule": "corrected"},
    ],
    "ticks": [{"seq": 1, "version": 1, "effective_date": "2026-05-19", "rate": "0.0114351057747"}],
}
"""A store as the first schema has it; what the rows have in common is below."""

COMMON: dict[str, dict[str, object]] = {
    "observations": {
        "source": "nbkr",
        "pair": "KGS/USD",
        "observed_at": "X",
        "revision": 0,
        "published_pair": "USD/KGS",
        "nominal": 1,
        "fetched_at": "X",
        "recorded_at": "X",
        "version": 1,
    },
    "judgements": {"recorded_at": "X", "reason": "why"},
    "ticks": {
        "pair": "KGS/USD",
        "cause": "publication",
        "at": "X",
        "recorded_at": "X",
        "source": "nbkr",
        "kind": "official",
        "revision": 0,
        "unchanged": 0,
        "change_basis": "previous_publication",
        "change_reason": "no-earlier-publication",
    },
}


def of_the_first_schema(engine: Engine) -> None:
    """Make a store by the first step alone, and fill it by its own columns."""
    with engine.begin() as connection:
        config = steps()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table, given in FIRST.items():
            for row in given:
                values = {**COMMON.get(table, {}), **row}
                values = {
                    name: "2026-05-18 18:00:00.000000+00:00" if value == "X" else value
                    for name, value in values.items()
                }
                names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def test_a_store_of_the_first_schema_is_brought_to_the_programs_with_all_that_is_in_it(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/silkrate.db"
    engine = create_engine(url)
    of_the_first_schema(engine)
    engine.dispose()

    store = open_store(url)
    store.upgrade()
    with store.write(NOW) as writer:
        (first,) = writer.publications(KGS, "nbkr")
        assert (first.id, first.said.published.value) == (1, "87.4500")
        assert [(each.id, each.judgement.rule) for each in writer.doubts("held")] == [(2, "jump")]
        assert [(each.id, each.judgement.rule) for each in writer.doubts("rejected")] == [(3, "corrected")]
        assert [each.id for each in writer.questioned(date(2026, 5, 20), date(2026, 5, 20))] == [2]
        tick = writer.tick(1)
        assert tick
        assert tick.observation_id == 1
        assert writer.covered("nbkr") == []
        writer.cover("nbkr", date(2026, 5, 1), date(2026, 5, 19))
        writer.close_day("nbkr", date(2026, 5, 2))
        writer.judge(writer.doubts("held")[0], RELEASED)
    with store.read() as reader:
        assert len(list(reader.publications(KGS, "nbkr"))) == 2
        (day,) = reader.days(KGS, "openexchangerates")
        assert (day.open, day.high, day.close, day.count) == ("87.4", "87.9", "87.5", 3)
    assert store.verify(["openexchangerates"]).damages == ()
    store.close()
