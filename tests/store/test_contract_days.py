"""What every engine promises of the days of sources that speak all day."""

from __future__ import annotations

from datetime import date, timedelta

from app.domain.days import Day, counted
from app.domain.observations import ACCEPTED, Observation
from app.store.base import Store
from tests.store.given import KGS, KZT, NOW, REJECTED, add, day, said

KEY = "blend"


def hourly(on: int, *values: str, nominal: int = 1) -> list[Observation]:
    """What the source said on a day, hour by hour."""
    return [said(value, on, source=KEY, hour=hour, nominal=nominal) for hour, value in enumerate(values)]


def keep(store: Store, on: int, *observations: Observation) -> list[Day]:
    """Record observations of one day, and keep that day as all that is in force makes it."""
    with store.write(NOW) as writer:
        for each in observations:
            writer.add(each, 0, ACCEPTED)
        known = writer.publications(KGS, KEY, since=day(on), until=day(on))
        forms = counted(each.said for each in known)
        writer.keep_day(KGS, KEY, day(on), forms)
        return forms


def kept(store: Store, known: int | None = None, **span: date) -> list[Day]:
    with store.read(known) as reader:
        return list(reader.days(KGS, KEY, **span))


def test_days_come_back_as_they_went_in_oldest_first(store: Store) -> None:
    second, first = keep(store, 2, *hourly(2, "88,1", "88.0")), keep(store, 1, *hourly(1, "87.4500", "87.46"))
    assert kept(store) == first + second
    assert kept(store, since=day(2)) == second
    assert kept(store, until=day(1)) == first
    assert kept(store, since=day(3)) == []


def test_the_forms_of_a_day_stand_beside_each_other(store: Store) -> None:
    late = said("8760", 1, source=KEY, hour=9, nominal=100)
    forms = keep(store, 1, *hourly(1, "87.4", "87.5"), late)
    assert [each.nominal for each in forms] == [1, 100]
    assert kept(store) == forms


def test_a_day_takes_the_place_of_what_was_kept_of_it_and_of_nothing_else(store: Store) -> None:
    other = keep(store, 2, *hourly(2, "88"))
    keep(store, 1, *hourly(1, "87.4"))
    now = keep(store, 1, said("87.9", 1, source=KEY, hour=7))
    assert kept(store) == now + other
    with store.write(NOW) as writer:
        writer.keep_day(KGS, KEY, day(1), [])
        assert list(writer.days(KGS, KEY)) == other
    with store.read() as reader:
        assert list(reader.days(KZT, KEY)) == list(reader.days(KGS, "nbkr")) == []


def test_a_view_of_before_counts_a_day_as_it_was_known(store: Store) -> None:
    first = keep(store, 1, *hourly(1, "87.4"))
    untouched = keep(store, 2, *hourly(2, "88"))
    then = keep(store, 1, said("87.9", 1, source=KEY, hour=7))
    assert kept(store, 0) == []
    assert kept(store, 1) == first
    assert kept(store, 2) == first + untouched
    assert kept(store, 3) == kept(store) == then + untouched


def test_a_view_of_before_has_a_day_of_which_nothing_is_left(store: Store) -> None:
    first = keep(store, 1, *hourly(1, "87.4"))
    with store.write(NOW) as writer:
        (only,) = writer.publications(KGS, KEY)
        writer.judge(only, REJECTED)
        writer.keep_day(KGS, KEY, day(1), [])
    assert (kept(store), kept(store, 2), kept(store, 1)) == ([], [], first)


def test_a_day_that_is_kept_takes_a_version_and_leaves_the_store_sound(store: Store) -> None:
    keep(store, 1, *hourly(1, "87.4"))
    with store.write(NOW) as writer:
        writer.keep_day(KGS, KEY, day(1), counted(hourly(1, "87.4")))
    with store.read() as reader:
        assert reader.counter().version == 2
    assert store.verify().damages == ()


def test_a_day_that_is_not_what_its_rows_come_to_is_damage(store: Store) -> None:
    keep(store, 1, *hourly(1, "87.4"))
    add(store, said("87.9", 1, source=KEY, hour=7))
    (found,) = store.verify().damages
    assert (found.table, found.key) == ("days", "KGS/USD/blend/2026-05-02/USD/KGS/1")
    assert not store.verify(["nbkr"]).damages[1:]


def test_a_source_that_speaks_all_day_must_have_its_days(store: Store) -> None:
    add(store, *hourly(1, "87.4", "87.5"))
    assert store.verify().damages == ()
    (found,) = store.verify([KEY]).damages
    assert str(found) == "days KGS/USD/blend/2026-05-02/USD/KGS/1: missing"


def test_the_newest_by_an_instant_is_what_was_observed_by_then(store: Store) -> None:
    add(store, *hourly(0, "86"), *hourly(1, "87.4", "87.5", "87.6"))
    nine = said(on=1, hour=1).observed_at
    with store.read() as reader:
        for at, value in ((nine, "87.5"), (nine - timedelta(seconds=1), "87.4"), (nine.replace(day=1), "86")):
            found = reader.newest(KGS, KEY, until=day(1), at=at)
            assert found
            assert found.said.published.value == value
        assert reader.newest(KGS, KEY, at=nine - timedelta(days=9)) is None
