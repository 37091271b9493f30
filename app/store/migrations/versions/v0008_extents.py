"""Extents: how many publications there are of each pair from each source, and from when to when."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

VERDICT = """
COALESCE((SELECT j.verdict FROM judgements j WHERE j.observation_id = {0}.id
          ORDER BY j.number DESC LIMIT 1), 'accepted')
"""

COUNTED = f"""
INSERT INTO extents (source, pair, since, until, publications, version)
SELECT o.source, o.pair, MIN(o.effective_date), MAX(o.effective_date), COUNT(*),
       (SELECT version FROM counter)
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
    )
    op.execute(COUNTED)
