"""Rows in and out, no meaning: the append-only record, the tick log and its counters, on an engine chosen by
URL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.domain.errors import SettingsError
from app.store import sqlite
from app.store.base import Probe, Store
from app.store.database import Database, SqlStore

ENGINES: Mapping[str, Callable[[URL], Database]] = {"sqlite": sqlite.database}
"""The engines, by the scheme of their URLs."""


def unwatched(point: str) -> None:
    """Pass the point of a write, as always outside tests."""


def open_store(url: str, *, simulated: bool = False, probe: Probe = unwatched) -> Store:
    """The store at `url`, whose schema is still to be upgraded. `probe` is called at each of WRITE_POINTS.

    Raises SettingsError for a URL that names none, StoreUnavailable or StoreDamaged when it cannot be opened,
    and StoreMismatch when it holds real rates and is opened for `simulated` ones, or the reverse.
    """
    try:
        parsed = make_url(url)
        engine = ENGINES[parsed.drivername]
    except (ArgumentError, ValueError, KeyError) as error:
        schemes = " or ".join(f"{scheme}://" for scheme in ENGINES)
        # No more of the URL than its scheme: it may hold a password.
        raise SettingsError(
            f"SILKRATE_DATABASE_URL begins with {url.partition(':')[0][:20]!r}, and no engine of that name is"
            f" offered: expected {schemes}, such as sqlite:///data/silkrate.db."
        ) from error
    return SqlStore(engine(parsed), simulated=simulated, probe=probe)
