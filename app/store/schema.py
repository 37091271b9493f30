"""Which schema a database has, and whose rates are in it."""

from __future__ import annotations

from sqlalchemy import Connection, Text, column, inspect, select, table

from app.domain.errors import StoreMismatch
from app.store.migrations import HEAD
from app.store.tables import counter

STEP = table("alembic_version", column("version_num", Text))
"""Where Alembic notes the newest step that was run."""


def step(connection: Connection) -> str | None:
    """The newest step that was run on this database; None before the first."""
    if not inspect(connection).has_table(STEP.name):
        return None
    return connection.execute(select(STEP.c.version_num)).scalar()


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one that this program speaks."""
    return step(connection) == HEAD


def refuse_other_kind(connection: Connection, name: str, simulated: bool) -> None:
    """Raise StoreMismatch when the rates in here are simulated and real ones are wanted, or the reverse."""
    if step(connection) is None:
        return
    found = connection.execute(select(counter.c.simulated)).scalar()
    if found is False and simulated:
        raise StoreMismatch(f"{name} holds real rates; a demo needs a store of its own.")
    if found is True and not simulated:
        raise StoreMismatch(
            f"{name} holds the simulated rates of a demo; real ones need a store of their own."
        )
