"""The lease: which one of several pollers writes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("id", NUMBER, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("token", NUMBER, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
    )
