"""How PostgreSQL finds what is asked for: along an index, whether it knows the tables' sizes or not, with a
plan for these values or for any, among hundreds of thousands of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Select, make_url

from app.store import open_store
from app.store.statements import FOREVER
from tests.postgres import shared
from tests.store.test_sqlite import SEEKS

DIALECT = make_url("postgresql+psycopg://").get_dialect()()
ROWS, FIRST_DAY = 200_000, date(2000, 1, 1)
BLOCKS = 60
"""Pages that one question may touch of the tens of thousands that there are."""

GROWING = {"observations", "judgements", "versions", "ticks", "bodies", "earlier_extents"}
"""The tables that are never read through."""

FILLED = """
SET session_replication_role = replica;
INSERT INTO versions (version, recorded_at)
    SELECT n, timestamptz '2000-01-01 00:00Z' + n * interval '1 minute' FROM generate_series(1, {rows}) n;
INSERT INTO observations (id, source, pair, effective_date, observed_at, revision, published_pair,
    published_value, nominal, rate, fetched_at, recorded_at, version)
    SELECT n, (ARRAY['nbkr', 'cbu', 'nbt', 'nbk'])[n % 4 + 1],
        (ARRAY['KGS', 'KZT', 'TJS', 'UZS', 'TMT'])[n % 5 + 1] || '/USD', date '2000-01-01' + n / 20,
        timestamptz '2000-01-01 00:00Z' + n / 20 * interval '1 day', 0, 'USD/KGS', '87.4500', 1,
        '0.0114351057747', now(), now(), n
    FROM generate_series(1, {rows}) n;
INSERT INTO judgements (observation_id, number, version, recorded_at, effective_date, verdict, rule, reason)
    SELECT n, 0, n, now(), date '2000-01-01' + n / 20,
        (ARRAY['held', 'rejected', 'accepted'])[n % 3 + 1], 'jump', 'it moved'
    FROM generate_series(1, {rows}, 97) n;
INSERT INTO ticks (seq, version, pair, cause, at, recorded_at, rate, source, kind, effective_date, revision,
    unchanged, change_basis)
    SELECT n, n, (ARRAY['KGS', 'KZT', 'TJS', 'UZS', 'TMT'])[n % 5 + 1] || '/USD', 'publication',
        now(), now(), '0.01', 'nbkr', 'official', date '2000-01-01' + n / 20, 0, false, 'previous_publication'
    FROM generate_series(1, {rows}) n;
INSERT INTO earlier_extents (source, pair, begun, number, since, until, publications, version)
    SELECT (ARRAY['nbkr', 'cbu', 'nbt', 'nbk'])[n % 4 + 1],
        (ARRAY['KGS', 'KZT', 'TJS', 'UZS', 'TMT'])[n % 5 + 1] || '/USD', n, n / 20, date '2000-01-01',
        date '2000-01-01' + n / 20, n / 20 + 1, n
    FROM generate_series(1, {rows}) n;
INSERT INTO bodies (digest, content, size) SELECT n::text, '', 0 FROM generate_series(1, {rows}) n;
UPDATE counter SET version = {rows}, seq = {rows};
"""
"""A record of so many rows, straight into the tables."""


@pytest.fixture(scope="module", params=["sizes unknown", "sizes known"])
def connection(request: pytest.FixtureRequest, record: str) -> Iterator[psycopg.Connection[Any]]:
    """To the record, before and after the server has looked how large its tables are."""
    with psycopg.connect(record, autocommit=True, prepare_threshold=None) as connection:
        if request.param == "sizes known":
            connection.execute("ANALYZE")
        yield connection


@pytest.fixture(scope="module")
def record() -> str:
    """The URL of a database with so many rows of everything."""
    url = shared().database()
    with closing(open_store(url)) as store:
        store.upgrade()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in filter(str.strip, FILLED.split(";\n")):
            connection.execute(statement.format(rows=ROWS).encode())
    return url


def values(pair: str, source: str, place: int) -> dict[str, object]:
    """What is asked for: of this pair and source, around the row `place`."""
    since = FIRST_DAY + timedelta(days=place // 20)
    return {
        "pair": pair,
        "source": source,
        "since": since,
        "until": since + timedelta(days=3),
        "effective_date": since,
        "observed_at": datetime.combine(since, time(), UTC),
        "instant": datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=place),
        "known": FOREVER,
        "limit": 10,
        "digest": str(place),
        **dict.fromkeys(("after", "place", "seq", "version", "observation_id"), place),
    }


ASKED = [
    values("KGS/USD", "nbkr", ROWS // 2),
    values("KGS/USD", "nbkr", ROWS),
    values("KGS/USD", "nbkr", 1),
    values("TMT/USD", "nobody", ROWS // 2),
    values("RUB/USD", "nbkr", ROWS // 2),
]
"""Of the middle, the newest, the oldest, and what there is none of."""


def explained(
    connection: psycopg.Connection[Any], statement: Select[Any], asked: dict[str, object]
) -> dict[str, Any]:
    """Run it, and tell how it was run."""
    compiled = statement.compile(dialect=DIALECT)
    places = {name: f"${number}" for number, name in enumerate(compiled.params, 1)}
    connection.execute("DEALLOCATE ALL")
    connection.execute(f"PREPARE question AS {compiled.string % places}".encode())
    given = sql.SQL(", ").join(sql.Literal(asked.get(name, said)) for name, said in compiled.params.items())
    words = sql.SQL("({})").format(given) if places else sql.SQL("")
    question = sql.SQL("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE question") + words
    (((found,),),) = connection.execute(question).fetchall()
    plan: dict[str, Any] = found["Plan"]
    return plan


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All steps of a plan."""
    yield plan
    for each in plan.get("Plans", ()):
        yield from steps(each)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", sorted(SEEKS.keys() - {"DOUBTS_OF_A_PAIR"}))
def test_no_question_reads_a_table_through(
    connection: psycopg.Connection[Any], name: str, mode: LiteralString
) -> None:
    connection.execute(f"SET plan_cache_mode = {mode}")
    for asked in ASKED:
        explained(connection, SEEKS[name], asked)  # the first touch of a new row leaves a hint there
        plan = explained(connection, SEEKS[name], asked)
        through = {each["Relation Name"] for each in steps(plan) if each["Node Type"] == "Seq Scan"}
        assert not through & GROWING, plan
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= BLOCKS, plan
