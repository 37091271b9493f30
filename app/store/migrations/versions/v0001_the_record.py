"""The record, the tick log, their counters, and the health of the sources."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

RATES_NUMERIC = """
CREATE VIEW rates_numeric AS
SELECT o.id, o.source, o.pair, o.effective_date, o.observed_at, o.revision, o.version, o.recorded_at,
       CAST(o.rate AS NUMERIC) AS rate, o.published_pair, o.published_value, o.nominal
  FROM observations o
 WHERE o.accepted_in IS NOT NULL AND o.withdrawn_in IS NULL
   AND NOT EXISTS (SELECT 1 FROM observations newer
                    WHERE newer.pair = o.pair AND newer.source = o.source
                      AND newer.effective_date = o.effective_date AND newer.observed_at = o.observed_at
                      AND newer.revision > o.revision
                      AND newer.accepted_in IS NOT NULL AND newer.withdrawn_in IS NULL)
"""
"""What is in force, one row a publication, with the rate as a number: for people with SQL, not for us."""


def upgrade() -> None:
    counters()
    record()
    log()
    op.execute(RATES_NUMERIC)


def counters() -> None:
    op.create_table(
        "counter",
        sa.Column("id", NUMBER, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("log_id", sa.Text, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "versions",
        sa.Column("version", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
    )
    op.create_index("versions_recorded_at", "versions", ["recorded_at"])


def record() -> None:
    op.create_table(
        "observations",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("pair", sa.Text, nullable=False),
        sa.Column("effective_date", sa.Date, nullable=False),
        sa.Column("observed_at", INSTANT, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("published_pair", sa.Text, nullable=False),
        sa.Column("published_value", sa.Text, nullable=False),
        sa.Column("nominal", NUMBER, nullable=False),
        sa.Column("rate", sa.Text),
        sa.Column("reported_pct", sa.Text),
        sa.Column("reported_difference", sa.Text),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("version", NUMBER, sa.ForeignKey("versions.version"), nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("accepted_in", NUMBER),
        sa.Column("withdrawn_in", NUMBER),
    )
    datum = ["pair", "source", "effective_date", "observed_at", "revision"]
    op.create_index("observations_datum", "observations", datum, unique=True)
    doubted = sa.text("verdict != 'accepted'")
    op.create_index(
        "observations_doubts",
        "observations",
        ["verdict", "source", "pair", "id"],
        sqlite_where=doubted,
        postgresql_where=doubted,
    )
    op.create_table(
        "judgements",
        sa.Column("observation_id", NUMBER, sa.ForeignKey("observations.id"), primary_key=True),
        sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("version", NUMBER, sa.ForeignKey("versions.version"), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )


def log() -> None:
    op.create_table(
        "ticks",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("version", NUMBER, sa.ForeignKey("versions.version"), nullable=False),
        sa.Column("pair", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("rate", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("effective_date", sa.Date, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("unchanged", sa.Boolean, nullable=False),
        sa.Column("change_basis", sa.Text, nullable=False),
        sa.Column("change_pct", sa.Text),
        sa.Column("change_abs", sa.Text),
        sa.Column("change_reference_rate", sa.Text),
        sa.Column("change_reference_date", sa.Date),
        sa.Column("change_span_days", NUMBER),
        sa.Column("change_reason", sa.Text),
        sa.Column("previous_seq", NUMBER, sa.ForeignKey("ticks.seq")),
        sa.Column("previous_rate", sa.Text),
        sa.Column("corrects", NUMBER, sa.ForeignKey("ticks.seq")),
    )
    op.create_index("ticks_pair", "ticks", ["pair", "seq"])
    op.create_table(
        "source_health",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("checked_at", INSTANT),
        sa.Column("last_success_at", INSTANT),
        sa.Column("failing_since", INSTANT),
        sa.Column("error_at", INSTANT),
        sa.Column("error_kind", sa.Text),
        sa.Column("error_message", sa.Text),
    )
