"""What sources answered is kept as evidence: once, whole, as long as it is wanted, and never with a key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import count, takewhile

import pytest

from app.domain.observations import Recorded
from app.domain.pairs import Pair
from app.ingest.backfill import Backfill
from app.ingest.fetch import Fetcher
from app.ingest.poller import Poller
from app.ingest.reading import bodies, digest
from app.ingest.record import record
from app.sources.base import Reply, Request
from app.store.base import Store
from tests.fakes import FakeClock, HastyClock
from tests.ingest.world import ASKED, EVERYTHING, poll, with_poller
from tests.said import at, nbkr_file
from tests.simulator import Simulator, years
from tests.simulator.openexchangerates import APP_ID

NOON = at("2026-05-20 12:00")
KGS = Pair("KGS", "USD")
NBKR = EVERYTHING["nbkr"]


def every_row(store: Store) -> list[Recorded]:
    with store.read() as reader:
        return [found for found in takewhile(bool, map(reader.recorded, count(1))) if found]


def body_of(store: Store, recorded: Recorded) -> bytes | None:
    assert recorded.said.origin
    assert recorded.said.origin.body
    with store.read() as reader:
        return reader.body(recorded.said.origin.body)


def kept(store: Store) -> set[str]:
    """The digests of all that is kept of what was recorded."""
    rows = every_row(store)
    return {digest(body) for each in rows if each.said.origin and (body := body_of(store, each)) is not None}


def test_each_row_of_each_source_leads_to_the_body_that_it_was_read_from(store: Store) -> None:
    clock = FakeClock(NOON)
    with Simulator(now=clock.now) as simulator:
        years.publish(simulator, date(2026, 5, 10), date(2026, 5, 22))
        for source in ASKED:
            poll(store, clock, simulator, source)
        rows = every_row(store)
        asked = {f"https://{request.host}{request.path}" for request in simulator.log}
    assert {each.said.source for each in rows} == {source.key for source in ASKED}
    for each in rows:
        assert each.said.origin
        assert each.said.origin.url
        assert each.said.origin.url.partition("?")[0] in asked
        body = body_of(store, each)
        assert body is not None
        assert sha256(body).hexdigest() == each.said.origin.body
        assert each.said.published.value.rstrip("0").rstrip(".") in body.decode("latin-1").replace(",", ".")
        assert APP_ID.encode() not in body
        assert APP_ID not in each.said.origin.url
    assert len(kept(store)) < len(rows) / 2


def test_a_backfill_keeps_what_it_reads_too(store: Store) -> None:
    clock = HastyClock(NOON)
    with Simulator(now=clock.now) as simulator:
        years.publish(simulator, date(2026, 4, 20), date(2026, 5, 20))

        async def fill() -> None:
            async with Fetcher(clock, mirror=simulator.url) as fetcher:
                backfill = Backfill(store, EVERYTHING, fetcher, clock)
                await backfill.run([EVERYTHING["nbk"], NBKR], date(2026, 5, 11), date(2026, 5, 19))

        asyncio.run(fill())
    rows = every_row(store)
    assert {each.said.source for each in rows} == {"nbk", "nbkr"}
    assert all(body_of(store, each) is not None for each in rows)


def test_an_alternative_host_is_named_where_it_answered() -> None:
    reply = Reply(Request("https://one.test/a"), b"", NOON, alternative="https://two.test/a")
    assert (reply.url, replace(reply, alternative=None).url) == ("https://two.test/a", "https://one.test/a")


def test_a_body_from_which_nothing_was_recorded_is_not_kept(store: Store) -> None:
    said, again = nbkr_file("2026-05-20"), nbkr_file("2026-05-20")
    record(store, EVERYTHING, said, NOON, bodies={digest(b"of another"): b"of another"})
    record(store, EVERYTHING, again, NOON, bodies={digest(b"the same"): b"the same"})
    with store.read() as reader:
        assert [reader.body(digest(each)) for each in (b"of another", b"the same")] == [None, None]


@pytest.mark.parametrize("value", ["98,4500", "8745,00"])
def test_the_body_of_a_doubt_is_evidence_as_well(store: Store, value: str) -> None:
    clock = FakeClock(at("2026-05-19 12:00"))
    with Simulator(now=clock.now) as simulator:
        simulator.nbkr.publish(date(2026, 5, 19), {"USD": "87,4500"})
        poll(store, clock, simulator, NBKR)
        clock.move_to(NOON)
        simulator.nbkr.publish(date(2026, 5, 20), {"USD": value})
        poll(store, clock, simulator, NBKR)
    with store.read() as reader:
        (doubt,) = [*reader.doubts("held", pair=KGS), *reader.doubts("rejected", pair=KGS)]
    body = body_of(store, doubt)
    assert body is not None
    assert value in body.decode("latin-1")


def test_a_body_that_repeats_a_short_key_is_not_kept() -> None:
    request = Request("https://rates.test/latest.json", secret="app_id=s3cret")
    told, quiet = Reply(request, b'{"app_id": "s3cret"}', NOON), Reply(request, b"{}", NOON)
    assert bodies([told, quiet]) == {digest(b"{}"): b"{}"}


def test_what_was_answered_too_long_ago_is_dropped_once_a_day_and_its_rows_stay(store: Store) -> None:
    clock = FakeClock(NOON)
    with Simulator(now=clock.now) as simulator:
        years.publish(simulator, date(2026, 5, 10), date(2026, 5, 25))

        async def live(poller: Poller) -> None:
            running = asyncio.create_task(poller.run([NBKR]))
            while clock.now() < NOON + timedelta(days=4):
                await clock.asleep(3)
                clock.move_to(await clock.next_wake())
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        with_poller(store, clock, simulator, live, keep_bodies=timedelta(hours=60), look=timedelta(days=1))
    rows = every_row(store)
    days = {
        each.said.effective_date: body_of(store, each) is not None for each in rows if each.said.pair == KGS
    }
    assert (days[min(days)], days[max(days)]) == (False, True)
