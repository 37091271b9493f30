"""The lease: which one of several pollers writes, and until when. One row, by the clock of the database, read
and written under the lock that every writer takes.

Its token grows with each holder. A poller that was stopped, and wakes when another has taken over, finds a
token that is not its own before it writes anything: that is what fencing means.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, type_coerce, update

from app.domain.errors import LeaseLost
from app.store import statements
from app.store.base import Lease
from app.store.tables import Instant, lease

NOBODY = ""
"""The holder of a lease that was given back: its token is spent all the same."""


def take(connection: Connection, clock: ColumnElement[Any], holder: str, span: timedelta) -> Lease | None:
    """The lease for `holder`, from now for `span`: a new one, or the one it has, longer. None while another
    has it.
    """
    connection.execute(statements.LOCK_COUNTER)
    now, found = _now(connection, clock), held(connection)
    if found and found.holder != holder and found.expires_at > now:
        return None
    token = (found.token + (found.holder != holder or found.expires_at <= now)) if found else 1
    taken = Lease(holder, token, now + span)
    row = {"holder": holder, "token": token, "expires_at": taken.expires_at}
    connection.execute(update(lease).values(row) if found else insert(lease).values(id=1, **row))
    return taken


def release(connection: Connection, clock: ColumnElement[Any], mine: Lease) -> None:
    """Nobody has it from now on; nothing, when another has it already."""
    connection.execute(statements.LOCK_COUNTER)
    nobody = {"holder": NOBODY, "expires_at": _now(connection, clock)}
    connection.execute(update(lease).where(lease.c.token == mine.token).values(nobody))


def held(connection: Connection) -> Lease | None:
    """Who has it, or let it expire; the holder is NOBODY once it was released. None before the first."""
    row = connection.execute(statements.LEASE).first()
    return Lease(*row) if row else None


def check(connection: Connection, token: int) -> None:
    """Raises LeaseLost unless `token` is that of the newest holder."""
    found = held(connection)
    if found is None or found.token != token:
        raise LeaseLost(
            f"{(found and found.holder) or 'Nobody'} polls now: this process was away for too long, and must"
            " not write what it learned before."
        )


def _now(connection: Connection, clock: ColumnElement[Any]) -> datetime:
    found: datetime = connection.execute(select(type_coerce(clock, Instant))).scalar_one()
    return found
