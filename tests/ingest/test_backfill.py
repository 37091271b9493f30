"""The past is asked for newest first, once, and what cannot be had is said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest

from app.domain.pairs import Pair
from app.ingest.backfill import Backfill, Progress, uncovered
from app.ingest.fetch import Fetcher, Limits
from app.ingest.poller import Poller
from app.sources.catalog import catalog
from app.store.base import Store
from tests.fakes import HastyClock
from tests.said import at
from tests.simulator import Fault, Simulator

ALL = catalog()
QUICK = Limits(connect=timedelta(seconds=1), exchange=timedelta(seconds=2), attempts=1)
FIRST, TODAY = date(2026, 4, 27), date(2026, 5, 20)
"""A Monday, and the Wednesday of the clock."""


def days() -> Iterator[date]:
    """Every day from the first to today."""
    return (FIRST + timedelta(days=n) for n in range((TODAY - FIRST).days + 1))


@pytest.fixture
def clock() -> HastyClock:
    return HastyClock(at("2026-05-20 06:00"))


@pytest.fixture
def banks(clock: HastyClock) -> Iterator[Simulator]:
    """Three weeks of rates, each a little above the one before, on the days of each bank."""
    with Simulator(now=clock.now) as simulator:
        for number, day in enumerate(days()):
            online = at(f"{day - timedelta(days=1)} 10:30")
            if day.weekday() in (1, 2, 3, 4, 5):
                simulator.nbkr.publish(day, {"USD": f"87,{1000 + number}"}, at=online)
            if day.weekday() < 5:
                simulator.nbk.publish(day, {"USD": f"471.{10 + number}"}, at=online)
                simulator.nbt.publish(day, {"USD": f"9.{2000 + number}"}, at=online)
                simulator.cbu.publish(day, {"USD": f"12011.{10 + number}"}, at=online)
                simulator.frankfurter.publish(day, {"KZT": f"471.{10 + number}"}, at=at(f"{day} 01:00"))
            simulator.fawazahmed0.publish(day, {"KZT": f"471.{1000 + number}"}, at=at(f"{day} 02:00"))
        yield simulator


def fill(
    store: Store,
    clock: HastyClock,
    banks: Simulator,
    *keys: str,
    since: date = FIRST,
    until: date | None = None,
) -> dict[str, Progress]:
    """Fill in the past of the sources with these keys."""

    async def run() -> list[Progress]:
        async with Fetcher(clock, mirror=banks.url, limits=QUICK, hosts=ALL.hosts) as fetcher:
            return await Backfill(store, ALL, fetcher, clock).run([ALL[key] for key in keys], since, until)

    return {progress.source: progress for progress in asyncio.run(run())}


def in_force(store: Store, pair: str, source: str) -> list[date]:
    """The days of a source's publications in force."""
    base, quote = pair.split("/")
    with store.read() as reader:
        return [each.said.effective_date for each in reader.publications(Pair(base, quote), source)]


def working(*weekdays: int) -> list[date]:
    return [day for day in days() if day.weekday() in weekdays]


@pytest.mark.parametrize(
    ("key", "pair", "weekdays"),
    [
        ("nbkr", "KGS/USD", (1, 2, 3, 4, 5)),
        ("nbk", "KZT/USD", (0, 1, 2, 3, 4)),
        ("nbt", "TJS/USD", (0, 1, 2, 3, 4)),
        ("cbu", "UZS/USD", (0, 1, 2, 3, 4)),
        ("frankfurter", "KZT/USD", (0, 1, 2, 3, 4)),
        ("fawazahmed0", "TMT/USD", (0, 1, 2, 3, 4, 5, 6)),
    ],
)
def test_each_source_gives_every_publication_of_its_past(
    store: Store, clock: HastyClock, banks: Simulator, key: str, pair: str, weekdays: tuple[int, ...]
) -> None:
    filled = fill(store, clock, banks, key)[key]
    assert in_force(store, pair, key) == working(*weekdays)
    assert (filled.failures, filled.absent, filled.held, filled.rejected) == ({}, [], 0, 0)
    assert filled.done == filled.days == len(list(days()))


def test_what_is_in_the_record_is_not_asked_for_again_but_today_is(
    store: Store, clock: HastyClock, banks: Simulator
) -> None:
    fill(store, clock, banks, "nbk", "nbt", "nbkr", "cbu")
    banks.log.clear()
    again = fill(store, clock, banks, "nbk", "nbt", "nbkr", "cbu")
    assert {key: progress.days for key, progress in again.items()} == dict.fromkeys(again, 1)
    assert len(banks.log) == 4


def test_a_range_is_asked_for_by_the_fewest_requests_that_the_format_allows(
    store: Store, clock: HastyClock, banks: Simulator
) -> None:
    fill(store, clock, banks, "nbkr", "nbt", "frankfurter")
    assert sorted(request.host for request in banks.log) == [
        "api.frankfurter.dev",
        "www.nbkr.kg",
        "www.nbt.tj",
    ]
    banks.log.clear()
    fill(store, clock, banks, "nbk")
    assert len(banks.log) == len(working(0, 1, 2, 3, 4))


def test_a_pause_is_kept_between_two_requests_and_one_connection_is_used(
    store: Store, clock: HastyClock, banks: Simulator
) -> None:
    fill(store, clock, banks, "cbu")
    instants = [request.at for request in banks.log]
    gaps = [later - earlier for earlier, later in pairwise(instants)]
    assert min(gaps) >= timedelta(milliseconds=500)
    assert len({request.connection for request in banks.log}) == 1


def test_the_past_writes_no_ticks_but_that_of_todays_reference(
    store: Store, clock: HastyClock, banks: Simulator
) -> None:
    fill(store, clock, banks, "nbk")
    with store.read() as reader:
        ticks = reader.ticks()
        assert reader.health("nbk").checked_at is None
    assert len(ticks) <= 2
    assert {tick.effective_date for tick in ticks} == {TODAY}


def test_a_day_that_fails_is_tried_again_and_then_told_and_asked_for_by_the_next_run(
    store: Store, clock: HastyClock, banks: Simulator
) -> None:
    broken = "/rss/get_rates.cfm?fdate=06.05.2026"
    banks.fault(Fault.HTML_WITH_200, path=broken)
    filled = fill(store, clock, banks, "nbk")["nbk"]
    assert list(filled.failures) == [(date(2026, 5, 6), date(2026, 5, 6))]
    assert sum("06.05.2026" in request.query for request in banks.log) == 3
    assert date(2026, 5, 6) not in in_force(store, "KZT/USD", "nbk")
    banks.clear()
    filled = fill(store, clock, banks, "nbk", until=date(2026, 5, 19))["nbk"]
    assert (filled.days, filled.rows, filled.failures) == (1, 7, {})
    assert in_force(store, "KZT/USD", "nbk") == working(0, 1, 2, 3, 4)


def test_whoever_watches_is_told_of_a_failure_at_once_and_of_its_day_as_failed_until_it_is_had(
    store: Store, clock: HastyClock, banks: Simulator
) -> None:
    seen: list[tuple[int, int, bool]] = []

    def watch(progress: Progress) -> None:
        seen.append((progress.done, progress.failed, "no XML document <rates>" in progress.trouble))
        if progress.failed:
            banks.clear()

    async def run() -> None:
        async with Fetcher(clock, mirror=banks.url, limits=QUICK, hosts=ALL.hosts) as fetcher:
            backfill = Backfill(store, ALL, fetcher, clock, watch=watch)
            banks.fault(Fault.HTML_WITH_200)
            monday = date(2026, 5, 11)
            await backfill.run([ALL["nbk"]], monday, monday + timedelta(days=1))

    asyncio.run(run())
    assert seen == [(0, 0, False), (0, 1, True), (1, 1, True), (2, 0, True)]


def test_a_day_of_which_the_source_has_nothing_is_told_and_believed_after_a_week(
    store: Store, clock: HastyClock, banks: Simulator
) -> None:
    for day in (date(2026, 5, 5), date(2026, 5, 18)):
        document = "v1/currencies/usd.min.json"
        banks.fault(Fault.STATUS_404, path=f"/npm/@fawazahmed0/currency-api@{day}/{document}")
        banks.fault(Fault.STATUS_404, host=f"{day}.currency-api.pages.dev", path=f"/{document}")
    filled = fill(store, clock, banks, "fawazahmed0", until=date(2026, 5, 19))["fawazahmed0"]
    assert sorted(filled.absent) == [(day, day) for day in (date(2026, 5, 5), date(2026, 5, 18))]
    with store.read() as reader:
        assert reader.covered("fawazahmed0") == [
            (FIRST, date(2026, 5, 17)),
            (date(2026, 5, 19), date(2026, 5, 19)),
        ]


def test_the_table_of_another_day_is_no_answer_about_the_past(
    store: Store, clock: HastyClock, banks: Simulator
) -> None:
    banks.fault(Fault.WRONG_DATE, path="/rss/get_rates.cfm?fdate=06.05.2026")
    filled = fill(store, clock, banks, "nbk")["nbk"]
    assert [error for error in filled.failures.values() if "was asked for" in error]
    assert in_force(store, "KZT/USD", "nbk")[0] == FIRST


@pytest.mark.parametrize(("key", "pair"), [("cbu", "UZS/USD"), ("nbt", "TJS/USD")])
def test_days_that_a_lagging_bank_answers_with_an_older_table_are_had_as_soon_as_it_has_them(
    store: Store, clock: HastyClock, key: str, pair: str
) -> None:
    working_days = working(0, 1, 2, 3, 4)
    with Simulator(now=clock.now) as banks:
        upstream = next(each for each in banks.upstreams if each.key == key)
        for number, day in enumerate(working_days):
            online = (
                at(f"{day - timedelta(days=1)} 10:30") if day < date(2026, 5, 18) else at("2026-05-20 08:00")
            )
            upstream.publish(
                day, {"USD": {"cbu": f"12011.{10 + number}", "nbt": f"9.{2000 + number}"}[key]}, at=online
            )
        filled = fill(store, clock, banks, key)[key]
        assert filled.failures == {}
        assert in_force(store, pair, key) == [day for day in working_days if day < date(2026, 5, 18)]
        clock.move_to(at("2026-05-21 06:00"))
        fill(store, clock, banks, key)
    assert in_force(store, pair, key) == working_days


def test_a_day_whose_file_is_as_it_was_polled_is_known(
    store: Store, clock: HastyClock, banks: Simulator
) -> None:
    source = ALL["fawazahmed0"]

    async def run() -> list[Progress]:
        async with Fetcher(clock, mirror=banks.url, limits=QUICK, hosts=ALL.hosts) as fetcher:
            clock.move_to(at("2026-05-19 20:00"))
            await Poller(store, ALL, fetcher, clock).poll(source)
            clock.move_to(at("2026-05-20 00:10"))
            day = date(2026, 5, 19)
            return await Backfill(store, ALL, fetcher, clock).run([source], day, day)

    (filled,) = asyncio.run(run())
    assert [request.status for request in banks.log][-1] == 304
    assert (filled.done, filled.absent, filled.failures) == (1, [], {})
    with store.read() as reader:
        assert reader.covered("fawazahmed0") == [(date(2026, 5, 19), date(2026, 5, 19))]


def test_what_a_server_leaves_out_of_a_long_range_is_asked_for_by_itself(
    store: Store, clock: HastyClock
) -> None:
    """It sends five rows at most, the newest."""
    first = date(2025, 3, 3)
    mondays = [first + timedelta(weeks=n) for n in range(30)]
    with Simulator(now=clock.now) as banks:
        for number, day in enumerate(mondays):
            banks.frankfurter.publish(day, {"KZT": f"471.{10 + number}"}, at=at(f"{day} 01:00"))
        banks.frankfurter.most = 5
        filled = fill(store, clock, banks, "frankfurter", since=first, until=mondays[-1])["frankfurter"]
        assert len(banks.log) == 6
    assert in_force(store, "KZT/USD", "frankfurter") == mondays
    assert (filled.done, filled.failures, filled.absent) == (filled.days, {}, [])


def test_a_pair_that_is_left_out_of_a_range_is_asked_for_by_itself_and_the_others_are_kept(
    store: Store, clock: HastyClock
) -> None:
    first = date(2026, 1, 5)
    days = [first + timedelta(days=n) for n in range(100)]
    with Simulator(now=clock.now) as banks:
        for number, day in enumerate(days):
            left_out = ["KGS"] if 20 <= number < 60 else []
            values = {"KZT": f"471.{100 + number}"}
            banks.frankfurter.publish(day, values, at=at(f"{day} 01:00"), without=left_out)
        filled = fill(store, clock, banks, "frankfurter", since=first, until=days[-1])["frankfurter"]
        asked = [request.query.partition("from=")[2] for request in banks.log]
    assert asked == [f"{first}&to={days[-1]}", f"{days[20]}&to={days[59]}"]
    assert (filled.done, filled.failures) == (filled.days, {})


@pytest.mark.parametrize(
    ("covered", "left"),
    [
        ([], [(1, 20)]),
        ([(1, 20)], []),
        ([(5, 10)], [(1, 4), (11, 20)]),
        ([(1, 3), (8, 9), (19, 25)], [(4, 7), (10, 18)]),
        ([(25, 28)], [(1, 20)]),
    ],
)
def test_what_is_covered_is_left_out(covered: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    def may(number: int) -> date:
        return date(2026, 5, number)

    found = uncovered(may(1), may(20), [(may(since), may(until)) for since, until in covered])
    assert list(found) == [(may(since), may(until)) for since, until in left]
