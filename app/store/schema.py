"""Which schema a database has, whose rates are in it, and which log it is."""

from __future__ import annotations

from secrets import token_hex

from sqlalchemy import Connection, Text, column, inspect, select, table, update

from app.domain.errors import StoreMismatch
from app.store import chain
from app.store.migrations import HEAD
from app.store.sql import Words
from app.store.tables import counter, versions

STEP = table("alembic_version", column("version_num", Text))
"""Where Alembic notes the newest step that was run."""

STEPS = select(STEP.c.version_num)


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
            f"{name} holds the simulated rates of a demo; real ones need a store of their own. To look at"
            " these, set SILKRATE_SIMULATED=true."
        )


def refuse_other_step(connection: Connection, words: Words) -> None:
    """Raise StoreMismatch when the schema is not this program's by now: who writes as before an upgrade
    leaves out what came with it.
    """
    found = words.prepare(STEPS, ()).rows(connection, {})
    if found != [(HEAD,)]:
        raise other_step(words.name, found[0][0] if found else None)


def other_step(name: str, found: str | None) -> StoreMismatch:
    """What to raise where the schema is not this program's."""
    return StoreMismatch(
        f"{name} has schema {found or 'none'}, and this program knows {HEAD}: `silkrate db upgrade` brings an"
        " older one up to date; a newer one needs the program that it was upgraded by."
    )


def renew(connection: Connection) -> None:
    """Draw a new id for the log, and seal the counter anew."""
    row = dict(connection.execute(select(counter)).mappings().one()) | {"log_id": token_hex(8)}
    head = connection.execute(select(versions.c.hash).where(versions.c.version == row["version"])).scalar()
    sealed = {"log_id": row["log_id"], "seal": chain.seal(head or chain.ORIGIN, row)}
    connection.execute(update(counter).values(sealed))
