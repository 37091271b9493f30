"""What every engine keeps of what was said, and which of it is in force."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from app.domain.observations import ACCEPTED, Judgement, Reported
from app.domain.pairs import Pair
from app.store.base import Extent, SourceHealth, Store
from tests.store.given import HELD, KGS, KZT, NOW, REJECTED, RELEASED, add, day, said

LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "value",
    [
        "87,4500",
        "0.00008",
        "−0.22",
        " 480 ",
        "",
        "n/a",
        "12345678901234567890",
        "0.12345678901234567890",
        "123456789012345678901234567890.123456789012345678901234567890",
        "сом\u00a087",
    ],
)
def test_a_literal_comes_back_whole(store: Store, value: str) -> None:
    (added,) = add(store, said(value), judgement=REJECTED)
    with store.read() as reader:
        (found,) = reader.revisions(KGS, "nbkr", day(0), said().observed_at)
    assert found == added
    assert found.said.published.value == value


@pytest.mark.parametrize(
    "reported", [None, Reported("-0.22"), Reported(difference="+2,44"), Reported("0", "0")]
)
def test_an_observation_comes_back_as_it_was_said(store: Store, reported: Reported | None) -> None:
    observation = said(hour=23, nominal=1000, reported=reported)
    (added,) = add(store, observation)
    assert (added.id, added.revision, added.version, added.judged_in) == (1, 0, 1, 1)
    assert (added.recorded_at, added.judgement) == (NOW, ACCEPTED)
    with store.read() as reader:
        assert reader.newest(KGS, "nbkr") == added
    assert added.said == observation


def test_an_instant_comes_back_in_utc_to_the_microsecond(store: Store) -> None:
    bishkek = timezone(timedelta(hours=6))
    with store.write(datetime(2026, 5, 21, 12, 0, 0, 1, bishkek)) as writer:
        writer.add(said(), 0, ACCEPTED)
    with store.read() as reader:
        instant = reader.counter().recorded_at
    assert instant
    assert (instant, instant.tzinfo) == (datetime(2026, 5, 21, 6, 0, 0, 1, UTC), UTC)


def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="has no time zone"), store.write(NOW) as writer:
        writer.confirm("nbkr", NOW.replace(tzinfo=None))
    with store.read() as reader:
        assert reader.health("nbkr") == SourceHealth("nbkr")


def test_the_same_revision_is_not_recorded_twice(store: Store) -> None:
    add(store, said())
    with pytest.raises(ValueError, match="revision 0 of KGS/USD from nbkr for 2026-05-01"):
        add(store, said("88.0000"))
    with store.read() as reader:
        assert reader.counter().version == 1


def test_the_newest_is_the_last_day_at_or_before_the_one_asked_for(store: Store) -> None:
    add(store, said("87.1", 1), said("87.9", 9), said("87.5", 5))
    add(store, said("500", 3, pair=KZT), said("87.0", 7, source="page"))
    with store.read() as reader:
        found = {on: reader.newest(KGS, "nbkr", until=day(on)) for on in (0, 1, 4, 5, 8, 9, 30)}
        newest = reader.newest(KGS, "nbkr")
    values = [each and each.said.published.value for each in found.values()]
    assert values == [None, "87.1", "87.1", "87.5", "87.5", "87.9", "87.9"]
    assert newest == found[30]


def test_within_a_day_the_newest_is_of_the_latest_instant_and_then_of_the_latest_revision(
    store: Store,
) -> None:
    add(store, said("2", hour=9), said("1", hour=3))
    add(store, said("3", hour=9), revision=1)
    add(store, said("4", hour=3), revision=1)
    with store.read() as reader:
        newest = reader.newest(KGS, "nbkr")
        values = [each.said.published.value for each in reader.publications(KGS, "nbkr")]
    assert newest
    assert newest.said.published.value == "3"
    assert values == ["4", "3"]


def test_what_is_held_or_rejected_is_not_in_force(store: Store) -> None:
    add(store, said("87.0", 0))
    add(store, said("99.0", 1), judgement=HELD)
    add(store, said("0", 2), judgement=REJECTED)
    with store.read() as reader:
        newest = reader.newest(KGS, "nbkr")
        assert [each.said.effective_date for each in reader.publications(KGS, "nbkr")] == [day(0)]
    assert newest
    assert newest.said.effective_date == day(0)


def test_of_several_revisions_the_newest_accepted_one_is_in_force(store: Store) -> None:
    add(store, said("87.0"))
    add(store, said("87.1"), revision=1)
    add(store, said("8710"), revision=2, judgement=REJECTED)
    with store.read() as reader:
        (publication,) = reader.publications(KGS, "nbkr")
        assert reader.newest(KGS, "nbkr") == publication
        everything = reader.revisions(KGS, "nbkr", day(0), said().observed_at)
    assert (publication.revision, publication.said.published.value) == (1, "87.1")
    assert [(each.revision, each.judgement.verdict) for each in everything] == [
        (0, "accepted"),
        (1, "accepted"),
        (2, "rejected"),
    ]


def test_publications_come_oldest_first_with_both_ends_and_a_limit_that_counts_days(store: Store) -> None:
    add(store, *(said(on=number) for number in (4, 2, 3, 1, 5)))
    for revision in (1, 2):
        add(store, said("88", 1), said("88", 2), revision=revision)

    def days(**bounds: date | int) -> list[int]:
        with store.read() as reader:
            found = reader.publications(KGS, "nbkr", **bounds)  # type: ignore[arg-type]
            return [(each.said.effective_date - day(0)).days for each in found]

    assert days() == [1, 2, 3, 4, 5]
    assert days(since=day(2), until=day(4)) == [2, 3, 4]
    assert days(limit=3) == [1, 2, 3]
    assert days(since=day(2), limit=1) == [2]
    assert days(limit=0) == []
    assert days(since=day(6)) == []


def test_many_publications_are_streamed_whole(store: Store) -> None:
    add(store, *(said(str(80 + number), number) for number in range(2500)))
    with store.read() as reader:
        values = [each.said.published.value for each in reader.publications(KGS, "nbkr")]
    assert values == [str(80 + number) for number in range(2500)]


def test_a_release_puts_an_observation_in_force_from_its_own_version_on(store: Store) -> None:
    (held,) = add(store, said("99.0", 1), judgement=HELD)
    assert (held.accepted, held.judgement) == (False, HELD)
    add(store, said("99.1", 2))
    with store.write(LATER) as writer:
        released = writer.judge(held, RELEASED)
        assert writer.newest(KGS, "nbkr", until=day(1)) == released
    assert (released.version, released.judged_in, released.judgement) == (1, 3, RELEASED)
    with store.read() as reader:
        assert reader.newest(KGS, "nbkr", until=day(1)) == released
        assert reader.revisions(KGS, "nbkr", day(1), said(on=1).observed_at) == [released]
    with store.read(2) as reader:
        assert reader.newest(KGS, "nbkr", until=day(1)) is None
        assert list(reader.publications(KGS, "nbkr", until=day(1))) == []
        assert reader.doubts("held") == [held]


def test_a_withdrawn_observation_is_in_force_for_those_who_ask_what_was_known_before(store: Store) -> None:
    (accepted,) = add(store, said("99.0"))
    with store.write(NOW) as writer:
        withdrawn = writer.judge(accepted, HELD)
    assert (withdrawn.accepted, withdrawn.judgement) == (False, HELD)
    with store.read() as reader:
        assert reader.newest(KGS, "nbkr") is None
        assert list(reader.publications(KGS, "nbkr")) == []
        assert reader.doubts("held") == [withdrawn]
        assert reader.recorded(accepted.id) == withdrawn
    with store.read(1) as reader:
        assert reader.newest(KGS, "nbkr") == accepted
        assert list(reader.publications(KGS, "nbkr")) == [accepted]
        assert reader.doubts("held") == []
        assert reader.recorded(accepted.id) == accepted


def test_a_withdrawn_observation_may_come_back_and_each_version_tells_what_it_knew(store: Store) -> None:
    (accepted,) = add(store, said("99.0"))
    for judgement in (HELD, RELEASED):
        with store.write(NOW) as writer:
            writer.judge(accepted, judgement)
    known = []
    for version in range(1, 4):
        with store.read(version) as reader:
            newest = reader.newest(KGS, "nbkr")
            known.append(newest and newest.judgement)
    assert known == [ACCEPTED, None, RELEASED]


def test_a_revision_withdrawn_leaves_the_one_before_it_in_force(store: Store) -> None:
    (first,) = add(store, said("87.0"))
    (second,) = add(store, said("870"), revision=1)
    with store.write(NOW) as writer:
        writer.judge(second, REJECTED)
    with store.read() as reader:
        assert reader.newest(KGS, "nbkr") == first
        assert list(reader.publications(KGS, "nbkr")) == [first]
    with store.read(2) as reader:
        assert reader.newest(KGS, "nbkr") == second


def test_what_was_known_at_a_version_is_what_was_in_force_then(store: Store) -> None:
    add(store, said("87.0"))
    add(store, said("87.1"), revision=1)
    add(store, said("88.0", 1))

    def known(version: int) -> list[str]:
        with store.read(version) as reader:
            newest = reader.newest(KGS, "nbkr")
            values = [each.said.published.value for each in reader.publications(KGS, "nbkr")]
            assert (newest.said.published.value if newest else None) == (values[-1] if values else None)
            assert reader.counter().version == version
            return values

    assert [known(version) for version in range(4)] == [[], ["87.0"], ["87.1"], ["87.1", "88.0"]]


def test_a_verdict_is_told_as_it_was_known(store: Store) -> None:
    (accepted,) = add(store, said(), judgement=RELEASED)
    again = Judgement("accepted", "operator", "looked up in print")
    with store.write(NOW) as writer:
        assert writer.judge(accepted, again).judged_in == 2
    with store.read() as reader:
        newest = reader.newest(KGS, "nbkr")
    with store.read(1) as reader:
        before = reader.newest(KGS, "nbkr")
    assert newest
    assert before
    assert (newest.judgement, before.judgement) == (again, RELEASED)


def test_two_verdicts_in_one_transaction_are_kept_in_their_order(store: Store) -> None:
    with store.write(NOW) as writer:
        held = writer.add(said(), 0, HELD)
        released = writer.judge(held, RELEASED)
    with store.read() as reader:
        assert reader.newest(KGS, "nbkr") == released
        assert reader.doubts("held") == []


REFUSED = Judgement("rejected", "two-witnesses-contradict", "it implies 0.01 dollars")
"""A verdict that evidence led to: the value is meant all the same."""


@pytest.mark.parametrize("rule", ["operator", "corrected"])
def test_what_a_person_refused_or_its_source_took_back_is_not_meant(store: Store, rule: str) -> None:
    add(store, said("87.0", 0), said("98.0", 1))
    add(store, said("87.1", 0), revision=1, judgement=Judgement("rejected", rule, "not so"))
    add(store, said("98.1", 1), revision=1, judgement=Judgement("accepted", "operator", "it is so"))
    with store.read() as reader:
        meant = reader.meant(KGS, "nbkr", since=day(0), until=day(9))
    assert [each.said.published.value for each in meant] == ["87.0", "98.1"]


def test_what_is_meant_is_the_newest_of_each_day_but_for_what_is_no_rate_in_itself(store: Store) -> None:
    add(store, said("87.0", 0), said("87.9", 9))
    add(store, said("0", 3), judgement=REJECTED)
    add(store, said("99.0", 5), judgement=HELD)
    add(store, said("99.1", 5), revision=1, judgement=HELD)
    add(store, said("0", 5), revision=2, judgement=REJECTED)
    add(store, said("60.1", 7), judgement=REFUSED)
    with store.read() as reader:
        meant = reader.meant(KGS, "nbkr", since=day(0), until=day(9))
        first = reader.meant(KGS, "nbkr", since=day(1), until=day(9), limit=1)
    values = [(each.said.published.value, each.judgement.verdict) for each in meant]
    assert values == [("87.0", "accepted"), ("99.1", "held"), ("60.1", "rejected"), ("87.9", "accepted")]
    assert [each.said.published.value for each in first] == ["99.1"]


def test_what_was_questioned_is_found_by_its_days_whatever_came_of_it(store: Store) -> None:
    add(store, said(on=1))
    (held,) = add(store, said(on=2), judgement=HELD)
    (released,) = add(store, said(on=3, source="nbk"), judgement=RELEASED)
    add(store, said(on=4), judgement=HELD)
    with store.read() as reader:
        assert reader.questioned(day(0), day(3)) == [held, released]
    with store.read(2) as reader:
        assert reader.questioned(day(0), day(9)) == [held]


def test_an_observation_is_found_by_its_id(store: Store) -> None:
    first, second = add(store, said("87.0"), said("87.2", 1))
    with store.read() as reader:
        assert [reader.recorded(number) for number in (1, 2, 3)] == [first, second, None]


def test_doubts_come_newest_first_and_narrowed_down(store: Store) -> None:
    add(store, said(on=0), said(on=1), said(on=2, pair=KZT), said(on=3, source="page"), judgement=HELD)
    add(store, said("0", 4), judgement=REJECTED)
    add(store, said(on=5))
    with store.read() as reader:

        def days(**narrowed: str | Pair | int) -> list[int]:
            found = reader.doubts("held", **narrowed)  # type: ignore[arg-type]
            return [(each.said.effective_date - day(0)).days for each in found]

        assert days() == [3, 2, 1, 0]
        assert days(limit=2) == [3, 2]
        assert days(source="nbkr") == [2, 1, 0]
        assert days(pair=KGS) == [3, 1, 0]
        assert days(source="nbkr", pair=KGS) == [1, 0]
        assert days(source="nbkr", pair=KGS, limit=1) == [1]
        assert [each.judgement for each in reader.doubts("rejected")] == [REJECTED]
        assert reader.doubt_counts() == {("nbkr", "held"): 3, ("page", "held"): 1, ("nbkr", "rejected"): 1}


def test_a_doubt_that_was_settled_is_none_any_more(store: Store) -> None:
    released, refused = add(store, said(on=0), said(on=1), judgement=HELD)
    with store.write(NOW) as writer:
        writer.judge(released, RELEASED)
        writer.judge(refused, REJECTED)
    with store.read() as reader:
        assert reader.doubts("held") == []
        assert [each.id for each in reader.doubts("rejected")] == [refused.id]
        assert reader.doubt_counts() == {("nbkr", "rejected"): 1}


def test_extents_count_publications_in_force_and_not_rows(store: Store) -> None:
    add(store, said(on=2), said(on=5), said(on=9), said(on=3, pair=KZT), said(on=4, source="page"))
    add(store, said("88", 5), revision=1)
    add(store, said(on=20), judgement=HELD)
    add(store, said("0", 30, pair=Pair("TJS", "USD")), judgement=REJECTED)
    with store.read() as reader:
        extents = sorted(reader.extents(), key=str)
    assert extents == [
        Extent("nbkr", KGS, day(2), day(9), 3),
        Extent("nbkr", KZT, day(3), day(3), 1),
        Extent("page", KGS, day(4), day(4), 1),
    ]
