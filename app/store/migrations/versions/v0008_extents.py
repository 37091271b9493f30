"""Extents: how many publications there are of each pair from each source, and from when to when."""

import sqlalchemy as sa
from alembic import op

from app.store import chain

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

VERDICT = """
COALESCE((SELECT j.verdict FROM judgements j WHERE j.observation_id = {0}.id
          ORDER BY j.number DESC LIMIT 1), 'accepted')
"""

COUNTED = f"""
SELECT o.source, o.pair, MIN(o.effective_date) AS since, MAX(o.effective_date) AS until,
       COUNT(*) AS publications, (SELECT version FROM counter) AS version
  FROM observations o
 WHERE {VERDICT.format("o")} = 'accepted'
   AND NOT EXISTS (SELECT 1 FROM observations newer
                    WHERE newer.pair = o.pair AND newer.source = o.source
                      AND newer.effective_date = o.effective_date AND newer.observed_at = o.observed_at
                      AND newer.revision > o.revision AND {VERDICT.format("newer")} = 'accepted')
 GROUP BY o.source, o.pair
"""


def upgrade() -> None:
    op.create_table(
        "extents",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("pair", sa.Text, primary_key=True),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("publications", NUMBER, nullable=False),
        sa.Column("version", NUMBER, sa.ForeignKey("versions.version"), nullable=False),
        sa.Column("hash", sa.Text, nullable=False, server_default=""),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.text(COUNTED)).mappings().all():
        connection.execute(
            sa.text(
                "INSERT INTO extents VALUES (:source, :pair, :since, :until, :publications, :version, :hash)"
            ),
            {**row, "hash": chain.row_hash("extents", dict(row))},
        )
