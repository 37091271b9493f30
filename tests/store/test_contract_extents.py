"""What every engine promises of extents: what there is of each pair from each source, now and as it was known
at any version, without counting it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

import pytest
from sqlalchemy import create_engine, text

from app.domain.observations import ACCEPTED, Observation, Recorded
from app.domain.pairs import Pair, canonical
from app.ingest.retention import drop, too_old
from app.store.base import Extent, Store, Writer
from app.store.tally import Series
from tests.answers import ledger
from tests.store.given import HELD, KGS, KZT, NOW, REJECTED, RELEASED, add, day, said
from tests.store.test_contract_days import KEY, hourly, keep

Extents = dict[Series, Extent]


def known(store: Store, version: int | None = None) -> Extents:
    """The extents of a view, by source and pair."""
    with store.read(version) as reader:
        return {(each.source, each.pair): each for each in reader.extents()}


def count_rows(url: str, table: str) -> int:
    """The rows of a table."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one()
    engine.dispose()
    return int(found)


def refuse(store: Store, on: int, source: str = "nbkr") -> None:
    """Reject the newest publication of a day."""
    with store.write(NOW) as writer:
        newest = writer.newest(KGS, source, until=day(on))
        assert newest
        writer.judge(newest, REJECTED)


def test_what_was_withdrawn_altogether_was_there_until_then(store: Store) -> None:
    add(store, said(on=3))
    refuse(store, 3)
    before = {("nbkr", KGS): Extent("nbkr", KGS, day(3), day(3), 1)}
    assert [known(store, version) for version in (0, 1, 2, None)] == [{}, before, {}, {}]
    assert store.verify().damages == ()
    add(store, said(on=1))
    after = {("nbkr", KGS): Extent("nbkr", KGS, day(1), day(1), 1)}
    assert [known(store, version) for version in (1, 2, 3)] == [before, {}, after]
    assert store.verify().damages == ()


def test_a_day_that_grows_takes_one_row_however_often_it_does(url: str, store: Store) -> None:
    for on in (1, 2):
        for each in hourly(on, *map(str, range(80, 90))):
            add(store, each)
    assert count_rows(url, "earlier_extents") == 1
    found = [known(store, version)[KEY, KGS] for version in range(1, 21)]
    assert [each.publications for each in found] == list(range(1, 21))
    assert [each.last for each in found] == [day(1)] * 10 + [day(2)] * 10


@pytest.mark.parametrize(
    "change",
    [
        lambda store: add(store, said(on=9)),
        lambda store: add(store, said(on=0)),
        lambda store: add(store, said(on=2, hour=7)),
        lambda store: refuse(store, 2),
        lambda store: refuse(store, 5),
    ],
    ids=["a later day", "an earlier day", "a late row", "a day less", "the last day less"],
)
def test_whatever_else_happens_leaves_what_was_known_before(
    url: str, store: Store, change: Callable[[Store], object]
) -> None:
    add(store, said(on=1), said(on=2), said(on=5))
    before = known(store)
    change(store)
    assert count_rows(url, "earlier_extents") == 1
    assert known(store, 1) == before != known(store, 2) == known(store)
    assert store.verify().damages == ()


def test_many_rows_at_once_are_one_change(url: str, store: Store) -> None:
    add(store, said(on=5))
    with store.write(NOW) as writer:
        writer.add_all([plain(each) for on in (7, 3, 6) for each in hourly(on, "87", "88")], NOW)
        writer.add_all([plain(each) for each in hourly(7, "89", "90", "91")[2:]], NOW)
    assert known(store)[KEY, KGS] == Extent(KEY, KGS, day(3), day(7), 7)
    assert known(store, 1).keys() == {("nbkr", KGS)}
    assert count_rows(url, "earlier_extents") == 0


def plain(said: Observation) -> tuple[str, str, str, str, int, str, str, int, str]:
    """The texts of an observation."""
    at, printed = said.observed_at.isoformat(" ", "microseconds"), said.published
    datum = said.source, str(said.pair), str(said.effective_date), at, 0
    return *datum, str(printed.pair), printed.value, printed.nominal, str(said.rate)


def test_a_view_of_the_past_is_bounded_by_what_was_known_then_and_has_all_of_it(store: Store) -> None:
    add(store, said("1", 5), said("2", 7), said("3", 6, pair=KZT))
    add(store, said("4", 4), said("5", 6), said("6", 8), said("7", 9, source="page"))
    with store.read(1) as reader:
        assert [each.said.published.value for each in reader.publications(KGS, "nbkr")] == ["1", "2"]
        assert [each.said.published.value for each in reader.publications(KGS, "nbkr", since=day(6))] == ["2"]
        assert list(reader.publications(KGS, "page")) == list(reader.publications(KZT, "page")) == []
        newest = reader.newest(KGS, "nbkr"), reader.newest(KGS, "nbkr", at=said(on=6).observed_at)
        assert [each and each.said.published.value for each in newest] == ["2", "1"]
        assert reader.newest(KGS, "nbkr", until=day(4)) is reader.newest(KGS, "page") is None


def test_what_was_held_of_a_day_of_which_nothing_was_in_force_was_known_all_the_same(store: Store) -> None:
    add(store, said(on=1))
    (held,) = add(store, said("99", 5), judgement=HELD)
    add(store, said(on=5), revision=1)
    with store.read(2) as reader:
        assert [each.last for each in reader.extents()] == [day(1)]
        assert reader.meant(KGS, "nbkr", since=day(2), until=day(9)) == [held]
        assert reader.questioned(day(2), day(9)) == reader.doubts("held") == [held]
        assert reader.revisions(KGS, "nbkr", day(5), held.said.observed_at) == [held]


def test_dropped_rows_count_as_before_in_every_version_that_is_not_within_their_day(store: Store) -> None:
    for value, hour in (("87.4", 1), ("87.6", 2), ("87.5", 3)):
        keep(store, 1, said(value, 1, source=KEY, hour=hour))
    keep(store, 2, *hourly(2, "88", "89"))
    before = [known(store, version) for version in range(5)]
    with store.write(NOW) as writer:
        assert writer.drop_rows(KGS, KEY, day(1)) == 2
    after = [known(store, version) for version in range(5)]
    assert (after[0], after[3:]) == (before[0], before[3:])
    assert store.verify([KEY]).damages == ()


def test_a_random_life_counts_at_every_version_as_many_as_were_in_force(store: Store) -> None:
    lived = ledger.live(store, Random(5))
    for version in lived.pages:
        assert known(store, version) == plainly(lived, version)
    assert store.verify(ledger.CATALOG.all_day).damages == ()


def test_a_random_life_whose_rows_were_dropped_counts_as_before_but_within_their_days(store: Store) -> None:
    lived = ledger.live(store, Random(11))
    before = {version: known(store, version) for version in lived.pages}
    now = max(each.recorded_at for each in lived.rows.values())
    places = too_old(store, ledger.CATALOG, ledger.NOW, ledger.NOW - ledger.NOW.replace(month=2, day=15))
    assert sum(drop(store, place, now) for place in places) > 50
    dropped = {((source, pair), day) for pair, source, day in places}
    for version, extents in before.items():
        after = known(store, version)
        for series, extent in extents.items():
            if (series, extent.last) not in dropped:
                assert after.pop(series) == extent
            elif found := after.pop(series, None):
                assert (found.first, found.last) == (extent.first, extent.last)
        assert after == {}
    assert known(store) == before[max(before)]
    assert store.verify(ledger.CATALOG.all_day).damages == ()


@pytest.mark.parametrize("seed", range(4))
def test_a_random_life_is_sound_after_each_of_its_versions(store: Store, seed: int) -> None:
    chance, there = Random(seed), list[Recorded]()
    for _ in range(40):
        with store.write(NOW) as writer:
            for _ in range(chance.choice((1, 1, 3))):
                there.append(say_or_judge(writer, chance, there))
            keep_days(writer, {each.said.effective_date for each in there})
            if chance.random() < 0.2:
                writer.drop_rows(KGS, KEY, chance.choice(there).said.effective_date)
                there = [each for each in there if writer.recorded(each.id)]
        assert store.verify([KEY]).damages == ()


def say_or_judge(writer: Writer, chance: Random, there: list[Recorded]) -> Recorded:
    """Record a datum, or say another time what was said, or change the verdict on it."""
    verdict = chance.choice((ACCEPTED, ACCEPTED, HELD, REJECTED))
    if there and chance.random() < 0.3:
        return writer.judge(chance.choice(there), chance.choice((RELEASED, REJECTED)))
    new = said(on=chance.randrange(7), hour=chance.randrange(24), source=chance.choice((KEY, KEY, "nbkr")))
    datum = KGS, new.source, new.effective_date, new.observed_at
    return writer.add(new, len(writer.revisions(*datum)), verdict)


def keep_days(writer: Writer, days: set[date]) -> None:
    """Keep these days as the record makes them."""
    for each in days:
        writer.keep_day(KGS, KEY, each, writer.recounted(KGS, KEY, each))


def plainly(lived: ledger.Ledger, version: int) -> Extents:
    """What a ledger comes to, counted."""
    found: dict[Series, list[date]] = {}
    for fact in lived.facts(version):
        found.setdefault((fact.source, canonical(Pair(fact.base, fact.quote))), []).append(fact.day)
    return {
        (source, pair): Extent(source, pair, days[0], days[-1], len(days))
        for (source, pair), days in found.items()
    }
