"""What the day values of a pair come to, from what was recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.answers.stats import stats
from app.domain.answers import Answer, Stats
from app.domain.errors import BadParameter, UnknownSource
from app.domain.observations import Observation
from app.domain.pairs import Pair
from app.ingest.record import record
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import at, banks_row, nbkr

KGS = Pair("KGS", "USD")
SOM = KGS.inverse
KEY = "openexchangerates"
ALL = catalog(["nbkr", "nbk", KEY], app_id="key")
NOW = "2026-05-29 08:00"


def ask(store: Store, now: str = NOW, pair: Pair = SOM, **asked: Any) -> Answer[Stats]:
    with store.read() as reader:
        return stats(reader, ALL, at(now), pair=pair, **asked)


def say(store: Store, *said: Observation, when: str = NOW) -> None:
    record(store, ALL, said, at(when))


def test_the_days_of_a_bank(store: Store) -> None:
    say(store, *(nbkr(f"2026-05-{day}", f"{day + 60}") for day in (20, 21, 22, 23)))
    body = ask(store, since=date(2026, 5, 21)).body
    assert (body.since, body.until, body.source, body.derived, body.period) == (
        date(2026, 5, 21),
        None,
        None,
        False,
        "1mo",
    )
    assert (body.whole.count, body.whole.mean) == (3, Decimal(82))
    assert "sample standard deviation" in body.method
    (may,) = body.periods
    assert (may.start, may.end, may.whole) == (date(2026, 5, 1), date(2026, 6, 1), body.whole)


def test_a_period_is_what_is_told_of_its_days_alone(store: Store) -> None:
    say(store, *(nbkr(date(2026, 3, 30) + timedelta(days=n), f"8{n % 7}.5") for n in range(40)))
    for period in ask(store, pair=KGS).body.periods:
        alone = ask(store, pair=KGS, since=period.start, until=period.end - timedelta(days=1)).body
        assert alone.whole == period.whole


def test_of_a_source_that_speaks_all_day_the_last_rate_of_each_day_counts(store: Store) -> None:
    for instant, value in (("20 09:00", "80"), ("20 10:00", "82"), ("21 09:00", "90"), ("21 23:00", "84")):
        said = replace(nbkr(f"2026-05-{instant[:2]}", value), source=KEY)
        say(store, replace(said, observed_at=at(f"2026-05-{instant}")))
    whole = ask(store, source=KEY).body.whole
    assert (whole.count, whole.mean) == (2, Decimal(83))
    assert whole.max
    assert whole.max.rate == 84


def test_a_cross_has_stats_of_its_common_days(store: Store) -> None:
    say(store, *(nbkr(f"2026-05-{day}", "80") for day in (20, 21, 22)))
    say(store, *(banks_row("nbk", f"2026-05-{day}", "USD", "480") for day in (20, 22)))
    body = ask(store, pair=Pair("KGS", "KZT")).body
    assert (body.derived, body.whole.count, body.whole.mean) == (True, 2, Decimal(6))


def test_long_ranges_are_told_by_year(store: Store) -> None:
    say(store, nbkr("2023-05-20", "80"), nbkr("2024-05-20", "82"), nbkr("2026-05-20", "84"))
    body = ask(store).body
    assert body.period == "1y"
    assert [each.start.year for each in body.periods] == [2023, 2024, 2026]


def test_nothing_is_an_answer_of_none(store: Store) -> None:
    body = ask(store).body
    assert (body.whole.count, body.whole.mean, body.whole.first, body.periods) == (0, None, None, ())


def test_days_to_come_do_not_count_yet(store: Store) -> None:
    say(store, nbkr("2026-05-29", "80"), nbkr("2026-05-30", "82"))
    assert ask(store).body.whole.count == 1
    assert ask(store, "2026-05-29 18:00").body.whole.count == 2


def test_a_range_that_is_over_is_closed(store: Store) -> None:
    say(store, nbkr("2026-05-20"))
    assert ask(store, until=date(2026, 5, 28)).closed
    assert not ask(store, until=date(2026, 5, 29)).closed
    assert not ask(store).closed


def test_what_cannot_be_asked_is_refused_by_name(store: Store) -> None:
    with pytest.raises(BadParameter, match="since=2026-05-22 is after until=2026-05-20"):
        ask(store, since=date(2026, 5, 22), until=date(2026, 5, 20))
    with pytest.raises(UnknownSource):
        ask(store, source="nobody")
