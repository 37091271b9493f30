"""Days: what a source that speaks all day said, a row a day; counted from what is recorded already."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.domain.days import Day, counted
from app.domain.numbers import plain
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.store import chain

revision = "0006"
down_revision = "0005"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

ALL_DAY = "openexchangerates"
"""The only source that had several rates a day."""

IN_FORCE = """
COALESCE((SELECT j.verdict FROM judgements j WHERE j.observation_id = {0}.id
          ORDER BY j.number DESC LIMIT 1), 'accepted') = 'accepted'
"""

PUBLICATIONS = f"""
SELECT o.pair, o.effective_date, o.observed_at, o.published_pair, o.published_value, o.nominal
  FROM observations o
 WHERE o.source = :source AND {IN_FORCE.format("o")}
   AND NOT EXISTS (SELECT 1 FROM observations newer
                    WHERE newer.pair = o.pair AND newer.source = o.source
                      AND newer.effective_date = o.effective_date AND newer.observed_at = o.observed_at
                      AND newer.revision > o.revision
                      AND {IN_FORCE.format("newer")})
 ORDER BY o.pair, o.effective_date, o.observed_at
"""


def upgrade() -> None:
    days = op.create_table(
        "days",
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
    connection = op.get_bind()
    as_text = connection.dialect.name == "sqlite"
    version = connection.execute(sa.text("SELECT version FROM counter")).scalar() or 0
    for pair, form in forms(connection):
        row = {**row_of(pair, form, as_text=as_text), "version": version}
        connection.execute(days.insert(), {**row, "hash": chain.row_hash("days", row)})


def forms(connection: sa.Connection) -> Iterator[tuple[str, Day]]:
    """Those of all days, as of now: an earlier view counts them itself."""
    said = sa.text(PUBLICATIONS).execution_options(yield_per=1000)
    found = connection.execute(said, {"source": ALL_DAY})
    for (pair, _), day in groupby(found, key=lambda row: (row.pair, row.effective_date)):
        yield from ((pair, form) for form in counted(map(observation, day)))


def observation(row: Any) -> Observation:
    """What was said, of a row as either engine gives it."""
    base, _, quote = row.published_pair.partition("/")
    day, at = row.effective_date, row.observed_at
    if isinstance(day, str):
        day, at = date.fromisoformat(day), datetime.fromisoformat(at)
    published = Published(Pair(base, quote), row.published_value, row.nominal)
    return Observation(ALL_DAY, published, day, at.astimezone(UTC), at)


def row_of(pair: str, form: Day, *, as_text: bool) -> dict[str, Any]:
    """A row but for its version, with instants as the engine keeps them."""
    instants = {"open_at": form.open_at, "close_at": form.close_at}
    return {
        "pair": pair,
        "source": form.source,
        "effective_date": form.effective_date,
        "published_pair": str(form.published_pair),
        "nominal": form.nominal,
        "open": form.open,
        "high": form.high,
        "low": form.low,
        "close": form.close,
        **{name: at.isoformat(" ", "microseconds") if as_text else at for name, at in instants.items()},
        "count": form.count,
        "total": plain(form.total),
        "inverse_total": plain(form.inverse_total),
    }
