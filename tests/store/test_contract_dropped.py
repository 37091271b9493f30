"""What every engine promises of rows that are dropped for their age: their days stay as they were, and the
proof that each row was there.
"""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from app.answers.candles import candles
from app.answers.changes import ROUND_THE_CLOCK, changes
from app.answers.latest import latest
from app.answers.sources import sources
from app.answers.stats import stats
from app.answers.ticks import ticks
from app.domain.answers import Changes
from app.domain.candles import Interval
from app.domain.errors import StoreDamaged
from app.domain.fill import Fill
from app.domain.observations import ACCEPTED, Judgement
from app.domain.pairs import Pair
from app.ingest.record import record
from app.ingest.retention import drop, too_old
from app.store import open_store
from app.store.base import Reader, Store
from tests.answers import ledger
from tests.ingest.test_days import spoken
from tests.ingest.test_retention import LATER
from tests.store.given import HELD, KGS, KZT, NOW, REJECTED, RELEASED, add, day, said, tick
from tests.store.others import another
from tests.store.test_contract_days import KEY, hourly, keep, kept


def thin(store: Store, on: int = 1) -> int:
    """Drop the rows of a day."""
    with store.write(NOW) as writer:
        return writer.drop_rows(KGS, KEY, day(on))


def left(store: Store, on: int = 1) -> list[str]:
    """The literals of the rows that are in force on a day."""
    with store.read() as reader:
        found = reader.publications(KGS, KEY, since=day(on), until=day(on))
        return [each.said.published.value for each in found]


def sound(store: Store) -> bool:
    """Whether all is as it was written, and each day there."""
    return store.verify([KEY]).damages == ()


def test_the_last_row_of_a_day_stays_and_so_does_the_day(store: Store) -> None:
    before = keep(store, 1, *hourly(1, "87.4", "87,6", "87.5", "87.45")) + keep(
        store, 2, *hourly(2, "88", "89")
    )
    assert (thin(store), left(store), left(store, 2)) == (3, ["87.45"], ["88", "89"])
    assert kept(store) == before
    assert sound(store)


def test_dropping_takes_no_version_and_moves_no_hash(store: Store) -> None:
    keep(store, 1, *hourly(1, "87.4", "87.6"))
    with store.read() as reader:
        before = reader.counter()
    assert (thin(store), thin(store, 2), thin(store)) == (1, 0, 0)
    with store.read() as reader:
        assert reader.counter() == before


def test_what_was_judged_or_said_otherwise_or_put_into_a_tick_stays(store: Store) -> None:
    plain, held, cleared, revised, shown, last = hourly(1, "87.4", "99", "87.5", "87.6", "87.7", "87.8")
    with store.write(NOW) as writer:
        for each, judgement in ((plain, ACCEPTED), (held, HELD), (cleared, RELEASED), (revised, ACCEPTED)):
            writer.add(each, 0, judgement)
        added = writer.add(shown, 0, ACCEPTED)
        writer.append(replace(tick(writer, shown), observation_id=added.id))
        writer.add(replace(revised, published=said("87.65").published), 1, ACCEPTED)
        writer.add(last, 0, ACCEPTED)
        writer.keep_day(KGS, KEY, day(1), writer.recounted(KGS, KEY, day(1)))
    assert thin(store) == 1
    assert left(store) == ["87.5", "87.65", "87.7", "87.8"]
    assert sound(store)


def test_numbers_of_rows_go_on_behind_those_that_were_dropped(store: Store) -> None:
    last, first = said("87.8", 1, source=KEY, hour=9), hourly(1, "87.4", "87.6")
    keep(store, 1, last, *first)
    assert thin(store) == 2
    assert [each.id for each in add(store, said())] == [4]
    assert sound(store)


def test_days_are_whole_until_rows_of_them_were_dropped(store: Store) -> None:
    for on in (1, 2, 3):
        keep(store, on, *hourly(on, "87.4", "87.6"))
    keep(store, 4, *hourly(4, "87.4"))
    thin(store, 2)
    with store.read() as reader:
        assert reader.whole_days(KGS, KEY, until=day(4)) == [day(1), day(3)]
        assert reader.whole_days(KGS, KEY, until=day(2)) == [day(1)]
        assert reader.whole_days(KGS, "nbkr", until=day(4)) == reader.whole_days(KZT, KEY, until=day(4)) == []


def test_of_equal_numbers_the_literal_stays_that_was_printed_first(store: Store) -> None:
    (shown, *others) = hourly(1, "87.9", "87,90", "87.1", "87.100", "87.5")
    with store.write(NOW) as writer:
        added = writer.add(shown, 0, ACCEPTED)
        writer.append(replace(tick(writer, shown), observation_id=added.id))
    before = keep(store, 1, *others)
    assert thin(store) == 3
    assert kept(store) == before
    assert [(each.high, each.low) for each in before] == [("87.9", "87.1")]
    assert sound(store)


def test_a_day_that_its_rows_do_not_come_to_loses_none_of_them(store: Store) -> None:
    keep(store, 1, *hourly(1, "87.4", "87.6"))
    add(store, said("87.9", 1, source=KEY, hour=7))
    with pytest.raises(StoreDamaged, match="the day 2026-05-02 of KGS/USD from blend is not what its rows"):
        thin(store)
    assert left(store) == ["87.4", "87.6", "87.9"]


def test_a_view_of_before_the_day_was_over_knows_less_and_any_later_one_as_much(store: Store) -> None:
    keep(store, 1, *hourly(1, "87.4"))
    keep(store, 1, said("87.6", 1, source=KEY, hour=5))
    whole = keep(store, 1, said("87.5", 1, source=KEY, hour=7))
    later = keep(store, 2, *hourly(2, "88"))
    thin(store)
    revised = keep(store, 1, said("87.3", 1, source=KEY, hour=9))
    assert [kept(store, version) for version in (1, 3, 4, 5)] == [[], whole, whole + later, revised + later]


@pytest.mark.parametrize("judgement", [REJECTED, HELD])
def test_a_day_goes_on_without_a_row_that_was_left_and_is_refused(store: Store, judgement: Judgement) -> None:
    keep(store, 1, *hourly(1, "87.4", "87.6", "87.9"))
    thin(store)
    with store.write(NOW) as writer:
        (last,) = writer.publications(KGS, KEY, since=day(1), until=day(1))
        writer.judge(last, judgement)
        writer.keep_day(KGS, KEY, day(1), writer.recounted(KGS, KEY, day(1)))
    (found,) = kept(store)
    assert (found.open, found.high, found.close, found.count) == ("87.4", "87.6", "87.6", 2)
    assert sound(store)


EDITS = {
    "DELETE FROM dropped WHERE id = 2": {"observations 2: missing"},
    "DELETE FROM dropped": {"observations 1 to 2: missing"},
    "UPDATE dropped SET hash = 'x' WHERE id = 1": {"versions 1 (version 1): altered, or a row of it"},
    "UPDATE dropped SET version = 2 WHERE id = 1": {
        "dropped 1 (version 2): stands among the rows of version 1"
    },
    "UPDATE dropped SET id = 9 WHERE id = 1": {"observations 1: missing", "observations 5 to 8: missing"},
    "INSERT INTO dropped SELECT 5, 2, hash FROM dropped WHERE id = 1": {
        "versions 2 (version 2): altered, or"
    },
    "INSERT INTO dropped SELECT id, version, hash FROM observations WHERE id = 3": {
        "versions 1 (version 1): alt"
    },
    "UPDATE dropped_days SET high = '99'": {
        "dropped_days KGS/USD/blend/2026-05-02/USD/KGS/1: altered",
        "days",
    },
    "DELETE FROM dropped_days": {
        "days KGS/USD/blend/2026-05-02/USD/KGS/1 (version 1): not what",
        "dropped *: 2 rows, of",
    },
    "DELETE FROM days": {"days KGS/USD/blend/2026-05-02/USD/KGS/1: missing"},
}
"""What is done to what is left of dropped rows, and what is told of it."""


@pytest.mark.parametrize("edit", EDITS)
def test_what_is_left_of_dropped_rows_cannot_be_edited_unseen(url: str, store: Store, edit: str) -> None:
    keep(store, 1, *hourly(1, "87.4", "87.6", "87.5"))
    add(store, said())
    thin(store)
    run(url, edit)
    told = [str(each) for each in store.verify([KEY]).damages]
    assert all(any(line.startswith(start) for line in told) for start in EDITS[edit]), told


def test_rows_that_nobody_may_drop_are_missed_in_spite_of_their_hash(url: str, store: Store) -> None:
    add(store, said(), said(on=1))
    run(url, "INSERT INTO dropped SELECT id, version, hash FROM observations WHERE id = 1")
    run(url, "DELETE FROM observations WHERE id = 1")
    assert [str(each).partition(":")[0] for each in store.verify().damages] == [
        "dropped *",
        "extents nbkr/KGS/USD",
    ]


def run(url: str, statement: str) -> None:
    """Do something past the store."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def thin_and_die(line: Connection, url: str, point: str) -> None:
    """Drop the rows of a day, and die at a point of it."""

    def probe(passed: str) -> None:
        if passed == point:
            line.send(point)
            os.kill(os.getpid(), signal.SIGKILL)

    thin(open_store(url, probe=probe))


@pytest.mark.parametrize(("point", "rows"), [("committing", 3), ("committed", 1)])
def test_whoever_is_killed_while_dropping_has_dropped_all_of_a_day_or_nothing(
    url: str, store: Store, point: str, rows: int
) -> None:
    before = keep(store, 1, *hourly(1, "87.4", "87.6", "87.5"))
    with another(thin_and_die, url, point) as (process, line):
        assert line.recv() == point
        process.join()
    assert (len(left(store)), kept(store), sound(store)) == (rows, before, True)
    assert thin(store) == rows - 1


INTERVALS: tuple[Interval, ...] = ("1d", "1w", "1mo", "1q", "1y")
ASKED = [Pair("KGS", "USD"), Pair("USD", "KGS"), Pair("KZT", "USD"), Pair("KZT", "KGS")]


def told(reader: Reader) -> dict[str, Any]:
    """What the answers say that hold for ever."""
    found: dict[str, Any] = {}
    where = reader, ledger.CATALOG, ledger.NOW
    for source in (None, ledger.ALL_DAY):
        for pair in ASKED:
            about = f"{pair} {source}"
            found |= {
                f"{each} {about}": candles(*where, pair=pair, source=source, interval=each)
                for each in INTERVALS
            }
            found[f"stats {about}"] = stats(*where, pair=pair, source=source)
            found[f"change {about}"] = changes(*where, pair=pair, source=source)
        found[f"latest {source}"] = latest(*where, source=source)
    found["ticks"] = ticks(*where, limit=1000)
    found["sources"] = sources(*where)
    return found


def test_hours_are_those_of_days_that_are_whole(store: Store) -> None:
    said_then = [spoken(f"87.{hour}", hour) for hour in (1, 2, 25, 26)]
    record(store, ledger.CATALOG, said_then, LATER)

    def hours(since: int, fill: Fill = "none") -> list[int]:
        first, last, source = date(2026, 5, since), date(2026, 5, 21), ledger.ALL_DAY
        with store.read() as reader:
            asked = partial(candles, reader, ledger.CATALOG, LATER, pair=KGS, source=source, interval="1h")
            found = asked(since=first, until=last, fill=fill).body.candles
        return [each.start.hour for each in found if isinstance(each.start, datetime)]

    assert hours(20) == [1, 2, 1, 2]
    with store.write(LATER) as writer:
        assert writer.drop_rows(KGS, ledger.ALL_DAY, date(2026, 5, 20)) == 1
    assert hours(20) == [1, 2]
    assert hours(21, "previous") == list(range(24))


def but_for_gone(answer: Any, after: Any) -> Any:
    """An answer without the changes whose reference may be among the rows that were dropped `after`."""
    if not isinstance(answer.body, Changes):
        return answer
    gone = {each.basis for each in after.body.changes if each.reason == "no-longer-kept"}
    assert gone <= ROUND_THE_CLOCK
    left = tuple(each for each in answer.body.changes if each.basis not in gone)
    return replace(answer, body=replace(answer.body, changes=left))


def rows_of(reader: Reader) -> int:
    """How many rows are in force of the source that speaks all day."""
    return sum(1 for pair in (KGS, KZT) for _ in reader.publications(pair, ledger.ALL_DAY))


def test_answers_are_what_they_were_before_rows_were_dropped_and_after_whatever_comes_then(
    store: Store,
) -> None:
    lived = ledger.live(store, Random(1))
    now = max(each.recorded_at for each in lived.rows.values())
    keep_for = ledger.NOW - ledger.NOW.replace(month=2, day=15)
    with store.read() as reader:
        before, count = told(reader), rows_of(reader)
    places = too_old(store, ledger.CATALOG, ledger.NOW, keep_for)
    dropped = sum(drop(store, place, now) for place in places)
    with store.read() as reader:
        after = told(reader)
        assert {name: but_for_gone(each, each) for name, each in after.items()} == {
            name: but_for_gone(each, after[name]) for name, each in before.items()
        }
        assert rows_of(reader) == count - dropped < count - 50
    assert store.verify(ledger.CATALOG.all_day).damages == ()
    assert not any(drop(store, place, now) for place in places)
