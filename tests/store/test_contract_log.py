"""What every engine keeps of the tick log, and of the health of the sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.domain.answers import LastError
from app.domain.pairs import Pair
from app.domain.ticks import Previous
from app.store.base import SourceHealth, Store
from tests.store.given import KGS, KZT, NOW, poll, said, tick

LATER = NOW + timedelta(hours=1)


def test_a_tick_comes_back_as_it_was_appended(store: Store) -> None:
    first, second = poll(store, said(on=0), said("87.4314", 1))
    assert second.previous == Previous(1, first.rate)
    with store.read() as reader:
        assert [reader.tick(seq) for seq in (0, 1, 2, 3)] == [None, first, second, None]
        assert reader.last_tick(KGS) == second
        assert reader.last_tick(KZT) is None
        assert reader.counter().seq == 2


def test_a_change_keeps_every_digit(store: Store) -> None:
    with store.write(NOW) as writer:
        first = tick(writer, said("12345678901234567890"))
        writer.append(first)
        writer.append(tick(writer, said(on=1), Previous(1, Decimal("8.10000072900007E-20"))))
    with store.read() as reader:
        found = reader.tick(2)
    assert found
    assert found.previous == Previous(1, Decimal("0.0000000000000000000810000072900007"))
    assert found.change.abs == Decimal("-0.00000243268399465")


@pytest.mark.parametrize(("seq", "version"), [(2, 1), (0, 1), (1, 2), (1, 0)])
def test_a_tick_out_of_turn_is_refused(store: Store, seq: int, version: int) -> None:
    with pytest.raises(ValueError, match="expected tick 1 of version 1"), store.write(NOW) as writer:
        writer.append(replace(tick(writer, said()), seq=seq, version=version))
    with store.read() as reader:
        assert (reader.counter().version, reader.counter().seq) == (0, 0)


def test_the_log_is_read_from_a_place_on_by_pair_and_in_portions(store: Store) -> None:
    for number in range(3):
        poll(store, said(on=number), said("500", number, pair=KZT))

    with store.read() as reader:

        def seqs(after: int = 0, pairs: tuple[Pair, ...] = (), limit: int = 1000) -> list[int]:
            return [each.seq for each in reader.ticks(after=after, pairs=pairs, limit=limit)]

        assert seqs() == [1, 2, 3, 4, 5, 6]
        assert seqs(after=4) == [5, 6]
        assert seqs(limit=2) == [1, 2]
        assert seqs(pairs=(KZT,)) == [2, 4, 6]
        assert seqs(pairs=(KZT,), after=2, limit=1) == [4]
        assert seqs(pairs=(KZT, KGS, KZT), after=1, limit=3) == [2, 3, 4]
        assert seqs(pairs=(Pair("TJS", "USD"),)) == []
        assert seqs(after=6) == []


def test_the_log_is_read_back_from_a_place_by_pair_and_in_portions(store: Store) -> None:
    for number in range(3):
        poll(store, said(on=number), said("500", number, pair=KZT))

    def seqs(known: int | None = None, **asked: Any) -> list[int]:
        with store.read(known) as reader:
            return [each.seq for each in reader.ticks_back(**asked)]

    assert seqs() == [6, 5, 4, 3, 2, 1]
    assert seqs(until=2) == [2, 1]
    assert seqs(until=100) == [6, 5, 4, 3, 2, 1]
    assert seqs(until=0) == seqs(until=0, pairs=(KZT,)) == []
    assert seqs(limit=2) == [6, 5]
    assert seqs(pairs=(KZT,)) == [6, 4, 2]
    assert seqs(pairs=(KZT,), until=5, limit=1) == [4]
    assert seqs(pairs=(KZT,), until=4, limit=1) == [4]
    assert seqs(pairs=(KZT, KGS, KZT), until=5, limit=3) == [5, 4, 3]
    assert seqs(pairs=(Pair("TJS", "USD"),)) == []
    assert seqs(known=2) == seqs(known=2, pairs=(KZT, KGS), until=6) == [4, 3, 2, 1]
    with store.read() as reader:
        assert reader.ticks_back() == reader.ticks()[::-1]


def test_health_tells_since_when_a_source_fails_and_forgets_no_error(store: Store) -> None:
    def error(minute: int) -> LastError:
        return LastError(NOW + timedelta(minutes=minute), "bad-body", f"nbkr: no rows ({minute})")

    with store.read() as reader:
        assert reader.health("nbkr") == SourceHealth("nbkr")
    with store.write(NOW) as writer:
        writer.fail("nbkr", error(0))
    with store.write(NOW) as writer:
        writer.fail("nbkr", error(1))
        assert writer.health("nbkr") == SourceHealth("nbkr", None, None, NOW, error(1))
    with store.write(LATER) as writer:
        writer.confirm("nbkr", LATER)
    with store.read() as reader:
        assert reader.health("nbkr") == SourceHealth("nbkr", LATER, LATER, None, error(1))
        assert reader.health("page") == SourceHealth("page")
    with store.write(LATER) as writer:
        writer.fail("nbkr", error(2))
    with store.read() as reader:
        assert reader.health("nbkr") == SourceHealth("nbkr", LATER, LATER, error(2).at, error(2))
