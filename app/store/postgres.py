"""The engine for more than one machine: PostgreSQL, or whatever speaks its protocol.

Readers see one snapshot (REPEATABLE READ, read only); a writer locks the counter row, and reads what is
committed then (READ COMMITTED), so that of two writers one waits. A commit is on the disk of the server, and
of its synchronous standbys, before it is acknowledged. Of several hosts in the URL the one that takes writes
is found anew whenever a connection is made. Nothing here needs a sequence, an extension or an advisory lock;
NOTIFY is a bell that wakes readers early, and may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, Connection, Engine, create_engine, event, func
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.domain.errors import (
    SettingsError,
    StoreContended,
    StoreDamaged,
    StoreError,
    StoreMismatch,
    StoreUnavailable,
)
from app.store.database import PATIENCE, Database
from app.store.transfer import to_file

CHANNEL = "silkrate"
"""Where the bell rings."""

CONNECT_TIMEOUT = 3
"""Seconds to wait for each host of the URL, where it does not say otherwise."""

PLACES = ("standby", "prefer-standby", "primary", "any")
"""What `reads=` may say: which of the hosts of the URL answer readers."""

OPTIONS = "-c timezone=UTC -c client_encoding=UTF8"
WRITING = "-c idle_in_transaction_session_timeout=8s"
"""A writer that says nothing for so long has been stopped, or its machine has gone: the others must go on."""

KEEPALIVE = {
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""Notice within seconds that a host is gone without a word."""

DURABLE = ("on", "remote_apply")
"""What a commit waits for: the disk of this server and of its synchronous standbys, at least."""

NO_URL = (
    "SILKRATE_DATABASE_URL is no URL of a PostgreSQL database: expected"
    " postgresql://user:password@host:5432/silkrate, with more hosts after commas. In a user or a password,"
    " write %25 for %, %2F for /, %3F for ? and %40 for @."
)
"""Said without a word of the URL: it may be the password that is in the wrong place."""

MEANINGS: dict[str, tuple[type[StoreError], str]] = {
    "40001": (StoreContended, "{name}: another transaction came first ({detail})."),
    "40P01": (StoreContended, "{name}: another transaction came first ({detail})."),
    "25006": (
        StoreUnavailable,
        "{name} takes no writes, it is a standby: name the primary too, as in postgresql://first,second/db.",
    ),
    "55P03": (
        StoreUnavailable,
        "{name} is locked by another program, and was for {patience} s: end that program or try again.",
    ),
    "53100": (StoreUnavailable, "{name} cannot grow, the disk of the server is full: free some space."),
    "53300": (StoreUnavailable, "{name} has no connection left: raise max_connections, or use a pooler."),
    "42501": (StoreUnavailable, "{name}: this user is not allowed to ({detail})."),
    "42": (
        StoreMismatch,
        "{name} lacks what this program expects ({detail}): `silkrate db upgrade` brings it up to date.",
    ),
    "XX001": (StoreDamaged, "{name} is damaged ({detail}): restore it from a backup."),
    "XX002": (StoreDamaged, "{name} is damaged ({detail}): restore it from a backup."),
    "23": (StoreDamaged, "{name} contradicts itself ({detail}): restore it from a backup."),
}
"""What the server's error codes mean for whoever can act on them, by the whole code or by its class."""

UNREACHABLE = StoreUnavailable, "{name} cannot be reached or has cut us off ({detail})."
REFUSED = (
    StoreUnavailable,
    "{name} does not let us in ({detail}): check the URL, and that the database and its user are there.",
)
"""What has no code: a connection that could not be made, or was refused by the server in words."""


def database(url: URL | str) -> Database:
    """The database that a libpq URL names, with `reads=` of PLACES beside libpq's own parameters. Raises
    SettingsError.
    """
    given = _given(str(url))
    reads = given.pop("reads", "primary")
    if reads not in PLACES:
        raise SettingsError(f"SILKRATE_DATABASE_URL: reads={reads[:20]!r} is none of {', '.join(PLACES)}.")
    name = "/".join(("postgresql://" + _hosts(given), given.get("dbname", given.get("user", ""))))
    primary = {**given, "target_session_attrs": "read-write"}
    writing = _engine({**primary, "options": f"{given['options']} {WRITING}"})
    snapshots = _snapshots(_engine(primary))
    return Database(
        name,
        snapshots,
        writing,
        PATIENCE,
        explain=partial(_explain, name),
        broken=_broken,
        tolerant=_as_it_is,
        clock=func.clock_timestamp(),
        copy=partial(to_file, snapshots),
        bell=Notify(writing, primary),
        replicas=_snapshots(_engine({**given, "target_session_attrs": reads}))
        if reads != "primary"
        else None,
    )


def _given(url: str) -> dict[str, str]:
    """The parameters of a URL, in libpq's words."""
    plain, reads = _without_reads(url.replace("postgresql+psycopg://", "postgresql://", 1))
    try:
        said = {name: str(value) for name, value in conninfo_to_dict(plain).items() if value is not None}
    except psycopg.ProgrammingError as error:
        unknown = re.search(r'query parameter: "([a-z_]+)"', str(error))
        if unknown and "@" not in plain.rpartition("?")[2]:
            raise SettingsError(
                f"SILKRATE_DATABASE_URL: {unknown[1]}= is no parameter of libpq, nor is it reads=."
            ) from None
        raise SettingsError(NO_URL) from None
    misread = "@" in said.get("host", "") + said.get("dbname", "")
    if misread or not all(port.isdecimal() for port in said.get("port", "5432").split(",") if port):
        raise SettingsError(NO_URL)
    options = " ".join(filter(None, (OPTIONS, f"-c lock_timeout={PATIENCE}s", said.get("options"))))
    return {"connect_timeout": str(CONNECT_TIMEOUT), **KEEPALIVE, **said, **reads, "options": options}


def _without_reads(url: str) -> tuple[str, dict[str, str]]:
    """A URL without the one parameter that is ours, and that."""
    head, mark, query = url.rpartition("?")  # a password may have one, too
    words = [word.partition("=") for word in query.split("&") if word]
    kept = "&".join("".join(word) for word in words if word[0] != "reads")
    return head + (mark + kept if kept else ""), {key: said for key, _, said in words if key == "reads"}


def _hosts(given: dict[str, str]) -> str:
    hosts, ports = given.get("host", "localhost").split(","), given.get("port", "5432").split(",")
    each = ports * len(hosts) if len(ports) == 1 else ports
    return ",".join(f"{host}:{port}" for host, port in zip(hosts, each, strict=False))


def _engine(given: dict[str, str]) -> Engine:
    engine = create_engine(
        "postgresql+psycopg://", connect_args=given, pool_size=8, max_overflow=-1, pool_pre_ping=True
    )
    event.listen(engine, "connect", _insist_on_durability)
    return engine


def _insist_on_durability(connection: psycopg.Connection[Any], record: Any) -> None:
    """A commit that is not on the disk is not acknowledged, whatever the server's habit is."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        found = cursor.fetchone()
        if found and found[0] not in DURABLE:
            cursor.execute("SET synchronous_commit = on")
    connection.commit()


class Notify:
    """The bell of PostgreSQL. After the commit and outside of it: whoever speaks the protocol without it
    loses nothing but time.
    """

    def __init__(self, writing: Engine, primary: Mapping[str, str]) -> None:
        self._ringing = writing.execution_options(isolation_level="AUTOCOMMIT")
        self._primary = primary

    def ring(self) -> None:
        """One statement of its own."""
        try:
            with self._ringing.connect() as connection:
                connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
        except SQLAlchemyError:
            return

    @contextmanager
    def listen(self) -> Iterator[Callable[[timedelta], bool]]:
        """A connection of its own. Whoever may connect may ring, and say what they like by it: the record is
        what tells.
        """
        with closing(psycopg.connect(autocommit=True, **self._primary)) as connection:  # type: ignore[arg-type]
            connection.execute(f"LISTEN {CHANNEL}")

            def wait(span: timedelta) -> bool:
                return any(True for _ in connection.notifies(timeout=span.total_seconds(), stop_after=1))

            yield wait


def _snapshots(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _broken(connection: Connection) -> Iterable[str]:
    """The server watches over its own pages; what it cannot read, it says when it is read."""
    return ()


@contextmanager
def _as_it_is(connection: Connection) -> Iterator[None]:
    """The server stores no text that is none."""
    yield


def _explain(name: str, error: Exception) -> Exception:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, Exception) and not isinstance(cause, SQLAlchemyError | psycopg.Error):
        # An error of ours from inside a statement, such as an instant without a zone, says it best itself.
        return cause
    code = (cause.sqlstate if isinstance(cause, psycopg.Error) else None) or ""
    kind, meaning = MEANINGS.get(code) or MEANINGS.get(code[:2]) or UNREACHABLE
    said = " ".join(str(cause).split())
    _, refused, reason = said.rpartition("FATAL: ")
    if refused and not code:
        kind, meaning, said = *REFUSED, reason
    return kind(meaning.format(name=name, patience=PATIENCE, detail=said.strip()[:300]))
