"""Dropped: what is left of what sources that speak all day said, once it is dropped for its age."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dropped",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("version", NUMBER, sa.ForeignKey("versions.version"), nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_table(
        "dropped_days",
        sa.Column("pair", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("effective_date", sa.Date, primary_key=True),
        sa.Column("published_pair", sa.Text, primary_key=True),
        sa.Column("nominal", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("open", sa.Text, nullable=False),
        sa.Column("high", sa.Text, nullable=False),
        sa.Column("low", sa.Text, nullable=False),
        sa.Column("close", sa.Text, nullable=False),
        sa.Column("open_at", INSTANT, nullable=False),
        sa.Column("close_at", INSTANT, nullable=False),
        sa.Column("count", NUMBER, nullable=False),
        sa.Column("total", sa.Text, nullable=False),
        sa.Column("inverse_total", sa.Text, nullable=False),
        sa.Column("version", NUMBER, sa.ForeignKey("versions.version"), nullable=False),
        sa.Column("hash", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("ticks_observation", "ticks", ["observation_id"])
