"""What a store promises of closures: the days on which a source is known not to publish."""

from datetime import UTC, date, datetime

from app.store.base import Store

NOW = datetime(2026, 5, 20, 6, tzinfo=UTC)
DAY, ANOTHER = date(2026, 5, 27), date(2026, 9, 9)


def test_each_source_has_its_own_days(store: Store) -> None:
    with store.write(NOW) as writer:
        writer.close_day("nbk", DAY)
        writer.close_day("nbk", ANOTHER)
        writer.close_day("cbu", DAY)
        within = writer.closures()
    with store.read() as reader:
        assert reader.closures() == within == {"nbk": {DAY, ANOTHER}, "cbu": {DAY}}


def test_a_new_day_takes_a_version_since_it_changes_answers(store: Store) -> None:
    with store.write(NOW) as writer:
        writer.close_day("nbk", DAY)
    with store.read() as reader:
        assert reader.counter().version == 1


def test_a_known_day_is_nothing_new(store: Store) -> None:
    for _ in range(2):
        with store.write(NOW) as writer:
            writer.close_day("nbk", DAY)
    with store.read() as reader:
        assert reader.counter().version == 1
        assert reader.closures() == {"nbk": {DAY}}
