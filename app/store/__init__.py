"""Rows in and out, no meaning: the append-only record, the tick log and its counters, on an engine chosen by
URL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.domain.errors import SettingsError, StoreDamaged, StoreMismatch
from app.store import sqlite
from app.store.base import Probe, Store, Verification
from app.store.database import Database
from app.store.files import retire, taking_the_place_of
from app.store.opened import SqlStore


def _postgres(url: str) -> Database:
    from app.store import postgres  # its driver takes time that an embedded store has no use for

    return postgres.database(url)


ENGINES: Mapping[str, Callable[[str], Database]] = {
    "sqlite": lambda url: sqlite.database(make_url(url)),
    "postgresql": _postgres,
    "postgres": _postgres,
}
"""The engines, by the scheme of their URLs."""


def unwatched(point: str) -> None:
    """Pass the point of a write, as always outside tests."""


def open_store(url: str, *, simulated: bool = False, probe: Probe = unwatched) -> Store:
    """The store at `url`, whose schema is still to be upgraded. `probe` is called at each of WRITE_POINTS.

    Raises SettingsError for a URL that names none, StoreUnavailable or StoreDamaged when it cannot be opened,
    and StoreMismatch when it holds real rates and is opened for `simulated` ones, or the reverse.
    """
    return SqlStore(_database(url), simulated=simulated, probe=probe)


def restore(
    url: str,
    file: Path,
    *,
    simulated: bool = False,
    force: bool = False,
    all_day: Collection[str] = (),
) -> Verification:
    """Make the backup in `file` the store at `url`, as a log of its own. Tells what was verified, the days of
    the sources `all_day` among it.

    Raises as open_store does; StoreMismatch when there is a store already, unless `force`, StoreUnavailable
    when somebody has it open, and StoreDamaged when the backup is not as it was written. What was there then
    stays.
    """
    database = _database(url)
    if database.writing.dialect.name != "sqlite":
        store = SqlStore(database, simulated=simulated, probe=unwatched)
        return _carried(store, file, simulated, force=force, all_day=all_day)
    target = Path(database.name)
    if file.resolve() == target.resolve():
        raise StoreMismatch(f"{file} is the store itself: name a backup.")
    with taking_the_place_of(target, force=force) as made:
        verified = _made_ready(file, made, simulated, all_day)
        retire(target)
    return verified


def _carried(
    store: SqlStore, file: Path, simulated: bool, *, force: bool, all_day: Collection[str]
) -> Verification:
    """Make the backup in `file` what `store` holds."""
    with TemporaryDirectory() as folder:
        made = Path(folder, "ready.db")
        verified = _made_ready(file, made, simulated, all_day)
        source = sqlite.database(URL.create("sqlite", database=str(made)))
        try:
            store.upgrade()
            with source.snapshots.begin() as connection:
                store.replace(connection, force=force)
        finally:
            source.close()
            store.close()
    return verified


def _made_ready(file: Path, made: Path, simulated: bool, all_day: Collection[str]) -> Verification:
    """Copy a backup, bring the copy to the current schema, verify it, and draw a new id for its log."""
    sqlite.copied(file, made)
    copy = sqlite.database(URL.create("sqlite", database=str(made)), name=str(file))
    store = SqlStore(copy, simulated=simulated, probe=unwatched)
    try:
        store.upgrade()
        verified = store.verify(all_day)
        if verified.damages:
            raise StoreDamaged(f"{file} is damaged ({verified.damages[0]}): name another backup.")
        store.renew()
    finally:
        store.close()
    return verified


def _database(url: str) -> Database:
    try:
        return ENGINES[url.partition(":")[0]](url)
    except (ArgumentError, ValueError, KeyError) as error:
        schemes = "sqlite:// or postgresql://"
        # No more of the URL than its scheme: it may hold a password.
        raise SettingsError(
            f"SILKRATE_DATABASE_URL begins with {url.partition(':')[0][:20]!r}, and no engine of that name is"
            f" offered: expected {schemes}, such as sqlite:///data/silkrate.db."
        ) from error
