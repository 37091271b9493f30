"""Only append: what becomes of an observation is in its judgements alone; beside it, where it came from."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

IN_FORCE = """
COALESCE((SELECT j.verdict FROM judgements j WHERE j.observation_id = {0}.id
          ORDER BY j.number DESC LIMIT 1), 'accepted') = 'accepted'
"""

RATES_NUMERIC = f"""
CREATE VIEW rates_numeric AS
SELECT o.id, o.source, o.pair, o.effective_date, o.observed_at, o.revision, o.version, o.recorded_at,
       CAST(o.rate AS NUMERIC) AS rate, o.published_pair, o.published_value, o.nominal
  FROM observations o
 WHERE {IN_FORCE.format("o")}
   AND NOT EXISTS (SELECT 1 FROM observations newer
                    WHERE newer.pair = o.pair AND newer.source = o.source
                      AND newer.effective_date = o.effective_date AND newer.observed_at = o.observed_at
                      AND newer.revision > o.revision
                      AND {IN_FORCE.format("newer")})
"""


def upgrade() -> None:
    op.execute("DROP VIEW rates_numeric")
    op.drop_index("observations_doubts", "observations")
    for column in ("verdict", "accepted_in", "withdrawn_in"):
        op.drop_column("observations", column)
    op.add_column("observations", sa.Column("url", sa.Text))
    op.add_column("observations", sa.Column("body", sa.Text))
    op.create_table(
        "judgements_after",
        sa.Column("observation_id", NUMBER, sa.ForeignKey("observations.id"), primary_key=True),
        sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("version", NUMBER, sa.ForeignKey("versions.version"), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("effective_date", sa.Date, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.execute(
        "INSERT INTO judgements_after SELECT j.observation_id, j.number, j.version, j.recorded_at,"
        " o.effective_date, j.verdict, j.rule, j.reason"
        " FROM judgements j JOIN observations o ON o.id = j.observation_id"
    )
    op.drop_table("judgements")
    op.rename_table("judgements_after", "judgements")
    op.create_index("judgements_verdict", "judgements", ["verdict", "observation_id"])
    op.create_index("judgements_day", "judgements", ["effective_date", "observation_id"])
    op.add_column("ticks", sa.Column("observation_id", NUMBER))
    op.execute(
        "UPDATE ticks SET observation_id = (SELECT MAX(o.id) FROM observations o"
        " WHERE o.pair = ticks.pair AND o.source = ticks.source"
        " AND o.effective_date = ticks.effective_date AND o.revision = ticks.revision"
        " AND o.version <= ticks.version)"
    )
    op.create_table(
        "bodies",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
    )
    op.execute(RATES_NUMERIC)
