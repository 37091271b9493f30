"""Whether the service can be relied on at the moment of asking."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.answers.latest import latest
from app.answers.sources import standing_of
from app.answers.validity import closed_validity
from app.domain.answers import Answer, Head, Health, PairHealth, Polling, SourceHealth
from app.domain.pairs import TICKER
from app.sources.catalog import Catalog
from app.store.base import Reader

TAKES_OVER = timedelta(seconds=4)
"""How long after a lease has expired another poller should have it, by clocks that are not quite the same."""


def health(reader: Reader, catalog: Catalog, now: datetime) -> Answer[Health]:
    """How each pair stands and how each polled source answers. `empty` without any rate; `degraded` when a
    source fails, a rate is overdue, the store is out of reach or its poller has died.
    """
    rows = {row.pair: row for row in latest(reader, catalog, now).body.rates}
    pairs = tuple(
        PairHealth(pair, row.source, row.effective_date, row.status)
        if (row := rows.get(pair))
        else PairHealth(pair, None, None, None)
        for pair in TICKER
    )
    sources = tuple(
        SourceHealth(
            key=source.key,
            status=standing.status,
            newest=standing.newest,
            publications_missed=standing.missed,
            checked_at=state.checked_at,
            failing_since=state.failing_since,
            last_error=state.last_error,
        )
        for source in catalog.polled
        for state, standing in ((reader.health(source.key), standing_of(reader, source, now)),)
    )
    sound = all(row.status in ("fresh", "carried", "pegged") and not row.fallback for row in rows.values())
    failing = any(each.failing_since or each.status in ("late", "stale") for each in sources)
    counter, lease, reachable = reader.counter(), reader.lease(), reader.reachable()
    died = lease is not None and lease.expires_at + TAKES_OVER < now
    return closed_validity(reader, closed=False).answer(
        Health(
            status="empty"
            if not rows
            else "ok"
            if sound and len(rows) == len(TICKER) and not failing and reachable and not died
            else "degraded",
            at=now,
            version=counter.version,
            seq=counter.seq,
            log_id=counter.log_id,
            head=Head(counter.version, counter.hash),
            reachable=reachable,
            polling=Polling(lease.holder, lease.expires_at) if lease else None,
            pairs=pairs,
            sources=sources,
        )
    )


def unready(reader: Reader, catalog: Catalog, now: datetime) -> str | None:
    """Why no traffic should come here yet, or None. A peg alone makes nobody ready: it needs no service to
    know it.
    """
    ticks = [tick for pair in TICKER if (tick := reader.last_tick(pair))]
    return (
        None if any(tick.kind != "peg" for tick in ticks) else "no pair has a rate yet, other than by decree"
    )
