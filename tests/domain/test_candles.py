from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.candles import Candle, Interval, span
from app.domain.candles import candles as folded
from app.domain.days import Day, counted, towards
from app.domain.numbers import significant
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from tests.said import at, nbkr

KGS_USD, USD_KGS = Pair("KGS", "USD"), Pair("USD", "KGS")
INTERVALS: tuple[Interval, ...] = ("1h", "1d", "1w", "1mo", "1q", "1y")


def hourly(instant: datetime, value: str, source: str = "blend") -> Observation:
    """What a source without a fixing says at an instant."""
    return replace(nbkr(instant.date(), value), source=source, observed_at=instant)


def candles(said: Iterable[Observation], pair: Pair, interval: Interval) -> list[Candle]:
    """Those of observations, each a day of its own."""
    values = (towards([Day.of(each)], pair) for each in said)
    return list(folded(values, interval, lambda end, sources: True))


@st.composite
def publications(draw: st.DrawFn) -> list[Observation]:
    """Up to four years of them, oldest first, some printed the other way round."""
    days = sorted(draw(st.sets(st.dates(date(2023, 12, 1), date(2027, 2, 1)), max_size=40)))
    prices = st.integers(8000, 9999)
    return [
        replace(nbkr(day), published=published, source=draw(st.sampled_from(["nbkr", "blend"])))
        for day in days
        for published in [
            draw(
                st.builds(lambda price: Published(USD_KGS, f"{price // 100}.{price % 100:02}"), prices)
                | st.builds(lambda price: Published(KGS_USD, f"0.0{price}"), prices)
            )
        ]
    ]


@pytest.mark.parametrize(
    ("day", "interval", "start", "end"),
    [
        ("2026-05-21", "1d", "2026-05-21", "2026-05-22"),
        ("2025-12-31", "1d", "2025-12-31", "2026-01-01"),
        ("2024-02-28", "1d", "2024-02-28", "2024-02-29"),
        ("2026-05-18", "1w", "2026-05-18", "2026-05-25"),
        ("2026-05-24", "1w", "2026-05-18", "2026-05-25"),
        ("2026-01-01", "1w", "2025-12-29", "2026-01-05"),
        ("2027-01-03", "1w", "2026-12-28", "2027-01-04"),
        ("2026-02-28", "1mo", "2026-02-01", "2026-03-01"),
        ("2024-02-29", "1mo", "2024-02-01", "2024-03-01"),
        ("2025-12-31", "1mo", "2025-12-01", "2026-01-01"),
        ("2026-03-31", "1q", "2026-01-01", "2026-04-01"),
        ("2026-04-01", "1q", "2026-04-01", "2026-07-01"),
        ("2026-09-30", "1q", "2026-07-01", "2026-10-01"),
        ("2026-12-31", "1q", "2026-10-01", "2027-01-01"),
        ("2026-01-01", "1y", "2026-01-01", "2027-01-01"),
        ("2026-12-31", "1y", "2026-01-01", "2027-01-01"),
    ],
)
def test_an_interval_begins_on_its_first_day_and_ends_before_its_end(
    day: str, interval: Interval, start: str, end: str
) -> None:
    assert span(nbkr(day), interval) == (date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    ("instant", "start"),
    [
        (at("2026-05-21 10:00"), at("2026-05-21 10:00")),
        (at("2026-05-21 10:59") + timedelta(seconds=59, microseconds=999_999), at("2026-05-21 10:00")),
        (
            datetime(2026, 5, 21, 5, 15, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            at("2026-05-20 23:00"),
        ),
    ],
)
def test_an_hour_is_one_of_utc_by_the_instant_observed(instant: datetime, start: datetime) -> None:
    found = span(hourly(instant, "87.45"), "1h")
    assert found == (start, start + timedelta(hours=1))
    assert isinstance(found[0], datetime)
    assert found[0].tzinfo is UTC


def test_from_a_day_on_the_effective_date_counts_and_not_the_instant() -> None:
    said = nbkr("2026-05-01")
    assert said.observed_at == at("2026-04-30 18:00")
    assert span(said, "1mo") == (date(2026, 5, 1), date(2026, 6, 1))


@pytest.mark.fuzz
@given(st.dates(date(1993, 1, 1), date(2100, 1, 1)), st.sampled_from(INTERVALS[1:]))
def test_every_day_is_in_its_interval_and_intervals_meet(day: date, interval: Interval) -> None:
    start, end = span(nbkr(day), interval)
    assert start <= day < end
    assert span(nbkr(end), interval)[0] == end
    assert span(nbkr(end - timedelta(days=1)), interval) == (start, end)


@pytest.mark.fuzz
@given(st.dates(date(1993, 1, 1), date(2100, 1, 1)))
def test_a_week_is_that_of_the_iso_calendar(day: date) -> None:
    start, end = span(nbkr(day), "1w")
    assert start == date.fromisocalendar(*day.isocalendar()[:2], 1)
    assert end == date.fromordinal(start.toordinal() + 7)


def test_a_week_of_the_som_is_one_candle() -> None:
    week = [
        nbkr("2026-05-19", "87.40"),
        nbkr("2026-05-20", "88"),
        nbkr("2026-05-21", "87.1"),
        nbkr("2026-05-22", "87.50"),
    ]
    assert candles(week, USD_KGS, "1w") == [
        Candle(
            start=date(2026, 5, 18),
            end=date(2026, 5, 25),
            open=Decimal("87.4"),
            high=Decimal("88"),
            low=Decimal("87.1"),
            close=Decimal("87.5"),
            mean=Decimal("87.5"),
            count=4,
            complete=True,
            sources=("nbkr",),
        )
    ]


def test_turned_round_the_high_is_what_was_the_low_and_the_mean_is_that_of_the_converted_values() -> None:
    (found,) = candles([nbkr("2026-05-19", "80"), nbkr("2026-05-20", "100")], KGS_USD, "1w")
    assert (found.open, found.high, found.low, found.close) == tuple(
        map(Decimal, ("0.0125", "0.0125", "0.01", "0.01"))
    )
    assert found.mean == Decimal("0.01125")
    assert found.mean != significant(1 / Fraction(90), 12), "which is the inverse of the mean"


def test_each_price_has_the_digits_of_the_direction_that_it_was_published_in() -> None:
    turned = replace(nbkr("2026-05-19"), published=Published(KGS_USD, "0.0114"))
    high, low = nbkr("2026-05-20", "88.123456789012345"), nbkr("2026-05-21", "87.123456789012345")
    (found,) = candles([turned, high, low, turned], USD_KGS, "1w")
    assert found.open == found.close == Decimal("87.7192982456")
    assert (found.high, found.low) == (Decimal("88.1234567890123"), Decimal("87.1234567890123"))


def test_intervals_without_publications_have_no_candle() -> None:
    found = candles([nbkr("2026-01-31"), nbkr("2026-04-01")], USD_KGS, "1mo")
    assert [each.start for each in found] == [date(2026, 1, 1), date(2026, 4, 1)]
    assert candles([], USD_KGS, "1d") == []


def test_hours_are_folded_from_instants_of_any_source() -> None:
    said = [
        hourly(at("2026-05-21 09:05"), "87.4"),
        hourly(at("2026-05-21 09:55"), "87.6", source="another"),
        hourly(at("2026-05-21 10:00"), "87.5"),
    ]
    nine, ten = candles(said, USD_KGS, "1h")
    assert (nine.start, nine.end, nine.count) == (at("2026-05-21 09:00"), at("2026-05-21 10:00"), 2)
    assert nine.sources == ("another", "blend")
    assert (ten.start, ten.open, ten.mean, ten.count) == (
        at("2026-05-21 10:00"),
        Decimal("87.5"),
        Decimal("87.5"),
        1,
    )


@pytest.mark.fuzz
@given(publications(), st.sampled_from(INTERVALS), st.sampled_from([KGS_USD, USD_KGS]))
def test_candles_are_what_plain_arithmetic_makes_of_the_values(
    said: list[Observation], interval: Interval, pair: Pair
) -> None:
    expected: dict[date | datetime, list[Observation]] = {}
    for each in said:
        expected.setdefault(span(each, interval)[0], []).append(each)
    found = candles(said, pair, interval)
    assert [each.start for each in found] == list(expected)
    for candle, group in zip(found, expected.values(), strict=True):
        values = [Fraction(each.published.value) for each in group]
        rates = [
            value if each.published.pair == pair else 1 / value
            for each, value in zip(group, values, strict=True)
        ]
        shown = [each.published.rate(pair) for each in group]
        assert (candle.open, candle.close) == (shown[0], shown[-1])
        assert (candle.high, candle.low) == (shown[rates.index(max(rates))], shown[rates.index(min(rates))])
        assert candle.low <= candle.mean <= candle.high or len(set(rates)) == 1
        assert candle.mean == significant(Fraction(sum(rates), len(rates)), 12)
        assert (candle.count, candle.sources) == (len(group), tuple(sorted({each.source for each in group})))


def test_a_year_of_hours_turned_round_is_one_candle() -> None:
    start = at("2026-01-01 00:00")
    said = [hourly(start + timedelta(hours=step), f"87.{1001 + 2 * step:05}") for step in range(2000)]
    (found,) = candles(said, KGS_USD, "1y")
    assert found.count == 2000
    assert found.low < found.mean < found.high


def test_a_candle_is_complete_as_far_as_its_own_sources_go() -> None:
    asked: list[tuple[object, object]] = []

    def complete(end: object, sources: object) -> bool:
        asked.append((end, sources))
        return end == date(2026, 5, 22)

    values = (towards([Day.of(nbkr(day))], USD_KGS) for day in ("2026-05-21", "2026-05-22"))
    assert [each.complete for each in folded(values, "1d", complete)] == [True, False]
    assert asked == [(date(2026, 5, 22), ("nbkr",)), (date(2026, 5, 23), ("nbkr",))]


def test_a_day_of_several_rates_counts_as_many() -> None:
    hours = [hourly(at("2026-05-21 09:00"), "80"), hourly(at("2026-05-21 10:00"), "100")]
    values = [towards(counted(hours), USD_KGS), towards([Day.of(nbkr("2026-05-22", "60"))], USD_KGS)]
    (found,) = folded(values, "1w", lambda end, sources: True)
    assert [found.mean, found.open, found.high, found.low, found.close] == [80, 80, 100, 60, 60]
    assert (found.count, found.sources) == (3, ("blend", "nbkr"))
