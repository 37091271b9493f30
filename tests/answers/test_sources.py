"""How each source is doing, and whether the service can be relied on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.answers.facts import pairs
from app.answers.health import health, unready
from app.answers.sources import source, sources
from app.domain.errors import BadBody, UnknownSource
from app.domain.pairs import Pair
from app.ingest.record import fail, record
from app.sources import peg
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import at, nbkr, nbkr_file, paged

ALL = catalog()
NOW = at("2026-05-21 08:00")


def test_every_source_is_listed_enabled_or_not(store: Store) -> None:
    only = catalog(["peg"])
    with store.read() as reader:
        found = {each.key: each.enabled for each in sources(reader, only, NOW).body.sources}
    assert (found["nbkr"], found["peg"], found["page"]) == (False, True, True)


def test_a_source_tells_its_calendar_coverage_and_status(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-20") + nbkr_file("2026-05-21", "87.5"), NOW)
    with store.read() as reader:
        state = source(reader, ALL, NOW, key="nbkr").body
    kgs = next(each for each in state.pairs if each.pair == Pair("KGS", "USD"))
    assert (kgs.since, kgs.until, kgs.publications) == (date(2026, 5, 20), date(2026, 5, 21), 2)
    assert state.calendar.publication_days == ("Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
    assert (state.calendar.zone, state.calendar.window) == ("Asia/Bishkek", "15:00-17:00")
    assert (state.status, state.checked_at, state.last_error) == ("fresh", NOW, None)


def test_a_failure_is_visible_until_the_source_answers_and_remembered_after(store: Store) -> None:
    for minute in (0, 5):
        fail(store, BadBody("nbkr", "no USD row"), at(f"2026-05-21 07:0{minute}"))
    with store.read() as reader:
        state = source(reader, ALL, NOW, key="nbkr").body
    assert state.last_error is not None
    assert (state.failing_since, state.last_error.at) == (at("2026-05-21 07:00"), at("2026-05-21 07:05"))
    assert (state.last_error.kind, state.last_error.message) == ("bad-body", "nbkr: no USD row")
    record(store, ALL, [nbkr("2026-05-21")], NOW)
    with store.read() as reader:
        state = source(reader, ALL, NOW, key="nbkr").body
    assert (state.failing_since, state.last_success_at) == (None, NOW)
    assert state.last_error is not None


def test_held_and_rejected_observations_are_listed_with_their_reason(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-20"), at("2026-05-20 06:00"))
    record(store, ALL, [nbkr("2026-05-21", "120.0000"), nbkr("2026-05-22", "0.0000")], NOW)
    with store.read() as reader:
        state = source(reader, ALL, NOW, key="nbkr").body
    assert state.held is not None
    assert state.rejected is not None
    assert [(each.rule, each.published.value) for each in state.held] == [("jump", "120.0000")]
    assert [(each.rule, each.rate) for each in state.rejected] == [("not-positive", None)]
    assert (state.held_count, state.rejected_count) == (1, 1)


def test_an_unknown_source_is_refused_by_name(store: Store) -> None:
    with store.read() as reader, pytest.raises(UnknownSource, match="nobody"):
        source(reader, ALL, NOW, key="nobody")


def test_pairs_tell_who_publishes_them_and_since_when(store: Store) -> None:
    record(store, ALL, [nbkr("2026-05-21")], NOW)
    record(store, ALL, peg.SOURCE.decreed(NOW), NOW)  # type: ignore[misc]  # a peg decrees
    with store.read() as reader:
        facts = {str(each.pair): each for each in pairs(reader, ALL, NOW).body.pairs}
    assert list(facts) == ["KGS/USD", "KZT/USD", "TJS/USD", "UZS/USD", "TMT/USD"]
    assert [each.source for each in facts["KGS/USD"].sources] == ["nbkr"]
    pegs = facts["TMT/USD"].pegs
    assert [(each.value, each.since.year) for each in pegs] == [("2.85", 2009), ("3.5", 2015)]
    assert facts["TMT/USD"].authority[0] == "peg"


def test_health_is_empty_then_degraded_while_pairs_are_missing(store: Store) -> None:
    with store.read() as reader:
        assert health(reader, ALL, NOW).body.status == "empty"
    record(store, ALL, [nbkr("2026-05-21")], NOW)
    with store.read() as reader:
        assert health(reader, ALL, NOW).body.status == "degraded"


def test_health_is_ok_only_when_every_pair_stands_well(store: Store) -> None:
    believed = catalog(authority={f"{code}/USD": ("page",) for code in ("KGS", "KZT", "TJS", "UZS", "TMT")})
    values = {"KGS": "0.01149", "KZT": "0.00189", "TJS": "0.09153", "UZS": "0.00008", "TMT": "0.28571"}
    page = [paged("2026-05-21", f"{code}/USD", value) for code, value in values.items()]
    record(store, believed, page, NOW)
    with store.read() as reader:
        assert health(reader, believed, NOW).body.status == "ok"
        assert health(reader, believed, at("2026-05-22 08:00")).body.status == "degraded"


def test_health_is_degraded_once_the_poller_has_died_but_not_when_it_ended(store: Store) -> None:
    believed = catalog(authority={f"{code}/USD": ("page",) for code in ("KGS", "KZT", "TJS", "UZS", "TMT")})
    values = {"KGS": "0.01149", "KZT": "0.00189", "TJS": "0.09153", "UZS": "0.00008", "TMT": "0.28571"}
    record(store, believed, [paged("2026-05-21", f"{c}/USD", value) for c, value in values.items()], NOW)

    def said() -> tuple[str, str | None]:
        with store.read() as reader:
            found = health(reader, believed, NOW).body
        return found.status, found.polling.holder if found.polling else None

    assert said() == ("ok", None)
    assert store.lease("alive", timedelta(days=1))
    assert said() == ("ok", "alive")
    died = store.lease("alive", timedelta(days=-1000))
    assert died
    assert said() == ("degraded", "alive")
    store.release(died)
    assert said() == ("ok", None)


def test_a_peg_alone_makes_nobody_ready(store: Store) -> None:
    record(store, ALL, peg.SOURCE.decreed(NOW), NOW)  # type: ignore[misc]  # a peg decrees
    with store.read() as reader:
        assert unready(reader, ALL, NOW) is not None
    record(store, ALL, [nbkr("2026-05-21")], NOW)
    with store.read() as reader:
        assert unready(reader, ALL, NOW) is None
