"""Bringing a database to the schema of this program, by Alembic's steps in migrations/versions."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, inspect, select

from app.domain.errors import StoreMismatch
from app.store import chain, migrations, schema
from app.store.statements import LOCK_COUNTER
from app.store.tables import counter


def upgrade(connection: Connection, name: str, *, simulated: bool) -> None:
    """Run the missing steps, and start the counter of a new store, all in the transaction of `connection`.

    Raises StoreMismatch when a newer program, or another one altogether, made what is there.
    """
    config = steps()
    config.attributes["connection"] = connection
    _refuse_unknown(connection, name, config)
    if schema.step(connection):
        connection.execute(LOCK_COUNTER)  # whoever writes ends before, or finds the new schema
    command.upgrade(config, "head")
    if connection.execute(select(counter.c.id)).first() is None:
        start = {"log_id": token_hex(8), "version": 0, "seq": 0, "simulated": simulated}
        start |= {"created_at": _now(connection)}
        connection.execute(insert(counter), {"id": 1, **start, "seal": chain.seal(chain.ORIGIN, start)})


def _now(connection: Connection) -> datetime:
    """The database's time: nobody hands one to an upgrade."""
    found = connection.execute(select(func.current_timestamp())).scalar_one()
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def steps() -> Config:
    """Where the steps are, in Alembic's words."""
    config = Config()
    # a percent sign in the path would be read as the start of a variable
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _refuse_unknown(connection: Connection, name: str, config: Config) -> None:
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    found, tables = schema.step(connection), inspect(connection).get_table_names()
    if tables and (found is None or counter.name not in tables):
        raise StoreMismatch(
            f"{name} holds the tables of another program ({', '.join(tables[:3])}): name another file."
        )
    if found is not None and found not in known:
        raise StoreMismatch(
            f"{name} has schema {found}, which is newer than this program's {migrations.HEAD}: install a"
            " newer Silkrate, or name another file."
        )
