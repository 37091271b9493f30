"""Candles, rates of a day, changes and stats of random lives equal what two oracles make of what was printed:
one in plain Python, one in pandas; now, and as known at any version before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers.candles import candles
from app.answers.changes import changes
from app.answers.history import history
from app.answers.latest import latest_row
from app.answers.stats import stats
from app.domain.candles import Candle
from app.domain.change import Change
from app.domain.errors import NothingThere
from app.domain.pairs import Pair
from app.domain.stats import Summary
from app.store import open_store
from app.store.base import Reader, Store
from tests.answers import frames, oracle
from tests.answers.ledger import ALL_DAY, BANKS, CATALOG, DAYS, FIRST_DAY, NOW, Fact, Ledger, live
from tests.answers.oracle import Row, Value
from tests.store.conftest import ENGINES
from tests.stores import fresh_store

INTERVALS = ("1h", "1d", "1w", "1mo", "1q", "1y")
DIRECT = [Pair(code, "USD") for code in BANKS.values()]
CROSS = Pair("KGS", "KZT")
AN_HOUR = timedelta(hours=1)
"""After the life: what was recorded is known, and the days that it is about are long over."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("engine", ENGINES)
def test_the_answers_about_a_random_life_are_those_of_both_oracles(
    engine: str, seed: int, tmp_path: Path
) -> None:
    store = open_store(ENGINES[engine](tmp_path))
    try:
        store.upgrade()
        compare(store, Random(seed))
    finally:
        store.close()


@pytest.mark.fuzz
@settings(max_examples=max(1, settings().max_examples // 100))
@given(st.integers(0, 2**32))
def test_so_are_those_about_any_other(seed: int) -> None:
    with fresh_store() as store:
        compare(store, Random(seed))


def compare(store: Store, chance: Random) -> None:
    """Hold every answer about a random life against both oracles."""
    ledger = live(store, chance)
    verdicts = {each.judgement.verdict for page in ledger.pages.values() for each in page.values()}
    assert verdicts == {"accepted", "held", "rejected"}
    assert any(each.revision for each in ledger.rows.values())
    newest = max(ledger.pages)
    for version in (newest, *chance.sample(sorted(ledger.pages), 2)):
        with store.read(None if version == newest else version) as reader:
            Comparison(reader, ledger, version, chance, newest=version == newest).all()
    assert store.verify(CATALOG.all_day).damages == ()


class Comparison:
    """The answers in one view, beside those of the oracles from what was in force then. Of the newest pandas
    makes candles, too, which takes it longer than all the rest.
    """

    def __init__(self, reader: Reader, ledger: Ledger, version: int, chance: Random, *, newest: bool) -> None:
        self.facts, self.chance, self.newest = ledger.facts(version), chance, newest
        self.ask: dict[str, Any] = {"reader": reader, "catalog": CATALOG, "now": NOW + AN_HOUR}

    def all(self) -> None:
        """Every pair, direction, source, and the headline."""
        for pair in (*DIRECT, CROSS):
            for source in (None, *BANKS, ALL_DAY):
                for asked in (pair, pair.inverse):
                    values = self.values(asked, source)
                    self.candles(asked, source, values)
                    self.stats(asked, source, values)
                    self.changes(asked, source, values)
                    if pair == CROSS and source:
                        self.crossed_days(asked, source, values)
                    elif source:
                        self.days(asked, source, values)

    def values(self, pair: Pair, source: str | None) -> list[Value]:
        """What the oracles are given: of a headline that of the sources which its history shows."""
        if pair in (CROSS, CROSS.inverse):
            one, other = Pair(pair.base, "USD"), Pair("USD", pair.quote)
            return oracle.crossed(self.values(one, source), self.values(other, source))
        return oracle.valued(self.spoken(pair, source), pair.base, pair.quote)

    def spoken(self, pair: Pair, source: str | None) -> Iterator[Fact]:
        if source:
            return (fact for fact in self.facts if fact.source == source)
        points = history(**self.ask, pair=pair, limit=None).body.points
        shown = {(point.effective_date, point.source) for point in points}
        return (fact for fact in self.facts if (fact.day, fact.source) in shown)

    def candles(self, pair: Pair, source: str | None, values: Sequence[Value]) -> None:
        """Every interval, whole and in pages."""
        hours = source == ALL_DAY and "USD" in (pair.base, pair.quote)
        for interval in INTERVALS if hours else INTERVALS[1:]:
            found = list(self.paged(pair=pair, source=source, interval=interval))
            assert list(map(shown, found)) == oracle.candles(values, interval), (pair, source, interval)
            if values and self.newest:
                assert list(map(shown, found)) == frames.candles(values, interval), (pair, source, interval)

    def paged(self, **asked: Any) -> Iterator[Candle]:
        """All candles, a few at a time."""
        after: str | None = None
        while True:
            answer = candles(**self.ask, **asked, limit=self.chance.choice((9, 40, 1000)), after=after)
            yield from answer.body.candles
            after = answer.next
            if after is None:
                return

    def stats(self, pair: Pair, source: str | None, values: Sequence[Value]) -> None:
        """All days, and a stretch of them."""
        since = FIRST_DAY + timedelta(days=self.chance.randrange(DAYS))
        until = since + timedelta(days=self.chance.randrange(DAYS))
        whole = stats(**self.ask, pair=pair, source=source).body.whole
        part = stats(**self.ask, pair=pair, source=source, since=since, until=until).body.whole
        within = [value for value in values if since <= value.day <= until]
        for found, of in ((whole, values), (part, within)):
            assert told(found) == oracle.stats(of), (pair, source)
            assert told(found) == frames.stats(of), (pair, source)

    def changes(self, pair: Pair, source: str | None, values: Sequence[Value]) -> None:
        """Every basis: of a source what it says, of a cross its legs' closes."""
        if source is None:
            return  # measured against the same source alone, which is compared by itself
        derived = pair in (CROSS, CROSS.inverse)
        if not values:
            with pytest.raises(NothingThere):
                changes(**self.ask, pair=pair, source=source)
            return
        found = changes(**self.ask, pair=pair, source=source).body
        instants = source == ALL_DAY and not derived
        rungs = list(map(rung, found.changes))
        assert rungs == oracle.ladder(values, instants), (pair, source)
        assert rungs == frames.ladder(values, instants), (pair, source)
        since = values[-1].day - timedelta(days=self.chance.randrange(DAYS))
        (one,) = changes(**self.ask, pair=pair, source=source, since=since).body.changes
        assert rung(one) == oracle.moved("since", values[-1], oracle.on(values, since))

    def days(self, pair: Pair, source: str, values: Sequence[Value]) -> None:
        """What was in force on a few days."""
        for _ in range(5):
            day = FIRST_DAY + timedelta(days=self.chance.randrange(DAYS))
            then = oracle.on(values, day)
            ask = partial(latest_row, **self.ask, pair=pair, source=source, on=day)
            if then is None:
                with pytest.raises(NothingThere):
                    ask()
            else:
                row = ask().body.row
                assert (row.rate, row.effective_date) == (oracle.rounded(*then.rate), then.day)

    def crossed_days(self, pair: Pair, source: str, values: Sequence[Value]) -> None:
        """What was in force of a cross on a few days, and against what it is measured."""
        one, other = Pair(pair.base, "USD"), Pair("USD", pair.quote)
        for _ in range(5):
            day = FIRST_DAY + timedelta(days=self.chance.randrange(DAYS))
            legs = [oracle.on(self.values(leg, source), day) for leg in (one, other)]
            ask = partial(latest_row, **self.ask, pair=pair, source=source, on=day)
            if None in legs:
                with pytest.raises(NothingThere):
                    ask()
                continue
            now = oracle.product(*(leg for leg in legs if leg))
            row, then = ask().body.row, oracle.on(values, now.day - timedelta(days=1))
            assert (row.rate, row.effective_date) == (oracle.rounded(*now.rate), now.day)
            assert rung(row.change) == oracle.moved("previous_publication", now, then)


def shown(each: Candle) -> Row:
    """A candle as the oracles give it."""
    prices = (each.open, each.high, each.low, each.close, each.mean)
    return each.start, *prices, each.count, each.sources


def told(each: Summary) -> Row:
    """A summary as the oracles give it."""
    marks = (
        mark and (mark.rate, mark.effective_date) for mark in (each.min, each.max, each.first, each.last)
    )
    return each.count, each.mean, *marks, each.volatility


def rung(each: Change) -> Row:
    """A change as the oracles give it."""
    return each.basis, each.pct, each.abs, each.reference.effective_date if each.reference else None
