"""Chained: each row has the hash of its content, each version that of the one before and of its rows.

What is there already is hashed as it is found. The form is that of app/store/chain.py, which never changes.
"""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from app.store import chain

revision = "0005"
down_revision = "0004"

KEYS = {
    "bodies": ("digest",),
    "closures": ("source", "day"),
    "judgements": ("observation_id", "number"),
    "observations": ("id",),
    "ticks": ("seq",),
}
AT_ONCE = 1000


def upgrade() -> None:
    for table in (*KEYS, "versions"):
        op.add_column(table, sa.Column("hash", sa.Text, nullable=False, server_default=""))
    op.add_column("counter", sa.Column("seal", sa.Text, nullable=False, server_default=""))
    connection = op.get_bind()
    for table, key in KEYS.items():
        hash_rows(connection, table, key)
    seal_counter(connection, chain_versions(connection))


def hash_rows(connection: sa.Connection, table: str, key: tuple[str, ...]) -> None:
    found = connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY {', '.join(key)}")).mappings()
    where = " AND ".join(f"{name} = :{name}" for name in key)
    change = sa.text(f"UPDATE {table} SET hash = :hash WHERE {where}")
    while rows := found.fetchmany(AT_ONCE):
        connection.execute(
            change,
            [{"hash": chain.row_hash(table, dict(row)), **{name: row[name] for name in key}} for row in rows],
        )


def chain_versions(connection: sa.Connection) -> str:
    written = groupby(
        merge(
            *(hashes(connection, table, KEYS[table]) for table in KEYS if table != "bodies"),
            key=lambda row: row[0],
        ),
        key=lambda row: row[0],
    )
    group = next(written, None)
    head, change = chain.ORIGIN, sa.text("UPDATE versions SET hash = :hash WHERE version = :version")
    for version, recorded_at in connection.execute(
        sa.text("SELECT version, recorded_at FROM versions ORDER BY version")
    ):
        mine: list[str] = []
        while group and group[0] < version:  # rows of a version that is not there
            group = next(written, None)
        if group and group[0] == version:
            mine = [each for _, each in group[1]]
            group = next(written, None)
        head = chain.link(head, chain.contents(version, recorded_at, mine))
        connection.execute(change, {"hash": head, "version": version})
    return head


def hashes(connection: sa.Connection, table: str, key: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    order = ", ".join(("version", *key))
    for row in connection.execute(sa.text(f"SELECT version, hash FROM {table} ORDER BY {order}")):
        yield row.version, row.hash


def seal_counter(connection: sa.Connection, head: str) -> None:
    counter = connection.execute(sa.text("SELECT * FROM counter")).mappings().first()
    if counter:
        connection.execute(
            sa.text("UPDATE counter SET seal = :seal"), {"seal": chain.seal(head, dict(counter))}
        )
