"""Crosses in force: two dollar rates multiplied, whatever their days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers.changes import changes
from app.answers.convert import convert
from app.answers.explain import explain
from app.answers.latest import latest, latest_row
from app.answers.ticker import ticker
from app.domain.answers import Answer, Latest, LatestRow, Row
from app.domain.calendar import starts
from app.domain.change import Change
from app.domain.errors import BadParameter, NoRateAtDate, NoRateYet, NothingThere, TooOld
from app.domain.numbers import significant
from app.domain.observations import Observation, Published
from app.domain.pairs import CROSSES, LOCAL, Pair
from app.ingest.record import record
from app.sources.catalog import catalog
from app.store.base import Store
from tests.answers import oracle
from tests.answers.ledger import Fact
from tests.answers.oracle import Value
from tests.said import LOCALS, at, banks_row, nbkr, paged
from tests.stores import fresh_store

CROSS, DOLLAR_IN_TENGE = Pair("KGS", "KZT"), Pair("USD", "KZT")
KGS = Pair("KGS", "USD")
MANAT = Pair("TMT", "KGS")
KEY = "openexchangerates"
ALL = catalog(["nbkr", "nbk", "nbt", "cbu", "peg", KEY], app_id="key")
NOW = "2026-05-21 08:00"
"""Thursday noon: what is for today came yesterday, what is for tomorrow is due in the afternoon."""


def say(store: Store, *said: Observation, when: str = NOW) -> None:
    record(store, ALL, said, at(when))


def tenge(day: str, value: str) -> Observation:
    return banks_row("nbk", day, "USD", value)


def decree(store: Store) -> None:
    decreed = ALL["peg"].decreed
    assert decreed
    say(store, *decreed(at(NOW)))


def ask(store: Store, now: str = NOW, pair: Pair = CROSS, **asked: Any) -> Answer[LatestRow]:
    with store.read() as reader:
        return latest_row(reader, ALL, at(now), pair=pair, **asked)


def row(store: Store, now: str = NOW, pair: Pair = CROSS, **asked: Any) -> Row:
    return ask(store, now, pair, **asked).body.row


def several(store: Store, *pairs: Pair, now: str = NOW, **asked: Any) -> Latest:
    with store.read() as reader:
        return latest(reader, ALL, at(now), pairs=pairs, **asked).body


def test_a_cross_is_the_product_of_the_rates_in_force_whatever_their_days(store: Store) -> None:
    say(store, nbkr("2026-05-19", "80"), nbkr("2026-05-20", "78"), nbkr("2026-05-21", "84"))
    say(store, tenge("2026-05-19", "400"), tenge("2026-05-20", "420"))
    found = row(store)
    assert (found.rate, found.inverse) == (Decimal(5), Decimal("0.2"))
    assert found.effective_date == date(2026, 5, 20)
    assert found.legs == (row(store, pair=KGS), row(store, pair=DOLLAR_IN_TENGE))
    assert (found.derived, found.source, found.kind, found.fallback) == (True, None, "official", False)
    assert (found.revision, found.seq, found.published, found.held) == (None, None, None, None)
    assert found.change.reference
    assert (found.change.pct, found.change.reference.effective_date) == (Decimal(0), date(2026, 5, 19))


def test_an_inverse_is_made_of_the_fractions_and_not_of_rounded_numbers(store: Store) -> None:
    say(store, nbkr("2026-05-21", "87.4500"), banks_row("nbt", "2026-05-21", "USD", "9.2871"))
    found = row(store, pair=Pair("KGS", "TJS"))
    assert (found.rate, found.inverse) == (Decimal("0.10619897084"), Decimal("9.41628710792"))
    assert significant(1 / Fraction(found.rate), 12) != found.inverse


def test_a_cross_has_the_worst_of_its_legs_and_the_newest_and_the_first_that_is_due(store: Store) -> None:
    say(store, nbkr("2026-05-21", fetched_at=at("2026-05-21 07:00")), when="2026-05-21 07:01")
    say(store, tenge("2026-05-15", "470"), when="2026-05-21 07:02")
    found = row(store)
    assert found.legs
    som, dollar = found.legs
    assert (som.status, dollar.status, found.status) == ("fresh", "stale", "stale")
    assert (found.observed_at, found.fetched_at) == (som.observed_at, som.fetched_at)
    assert (found.recorded_at, found.version) == (dollar.recorded_at, dollar.version)
    assert (found.late_at, found.stale_at) == (dollar.late_at, dollar.stale_at)
    assert found.expected_next_at == dollar.expected_next_at
    assert dollar.expected_next_at
    assert som.expected_next_at
    assert dollar.expected_next_at < som.expected_next_at


def test_a_leg_from_a_fallback_makes_the_cross_one(store: Store) -> None:
    hour = Observation(
        KEY, Published(Pair("USD", "KGS"), "80"), date(2026, 5, 21), at("2026-05-21 07:00"), at(NOW)
    )
    say(store, hour, tenge("2026-05-21", "400"))
    found = row(store)
    assert (found.fallback, found.source, found.kind) == (True, None, None)
    assert found.rate == 5


def test_a_decree_makes_a_cross_no_older_and_no_better(store: Store) -> None:
    decree(store)
    say(store, nbkr("2026-05-20", "70"), nbkr("2026-05-21", "77"))
    found = row(store, pair=MANAT)
    assert (found.effective_date, found.status) == (date(2026, 5, 21), "fresh")
    assert found.change.reference
    assert [found.rate, found.change.pct, found.change.reference.rate] == [22, 10, 20]
    assert row(store, "2026-05-21 12:00", pair=MANAT).status == "late"


def test_a_page_is_never_a_reference_of_a_cross_either(store: Store) -> None:
    say(store, *(paged(f"2026-05-{day}", "KGS/USD", "0.0114") for day in (20, 21)))
    say(store, *(paged(f"2026-05-{day}", "KZT/USD", "0.0021") for day in (20, 21)))
    found = row(store, source="page")
    assert (found.source, found.kind) == ("page", "page")
    assert found.change == Change("previous_publication", None, reason="a-page-has-too-few-digits")


def test_a_cross_is_missing_for_the_reason_of_the_first_leg_that_is(store: Store) -> None:
    say(store, nbkr("2026-05-20"))
    (missing,) = several(store, CROSS).missing
    assert (missing.pair, missing.reason) == (CROSS, "no-rate-yet")
    (old,) = several(store, CROSS, max_age_days=0).missing
    assert old.reason == "too-old"
    with pytest.raises(NoRateYet, match=r"KGS/KZT is made of USD/KZT\. No rate of USD/KZT") as refused:
        ask(store)
    assert refused.value.pair == "KGS/KZT"
    with pytest.raises(NoRateAtDate):
        ask(store, on=date(2026, 5, 1))


def test_the_age_that_is_borne_is_that_of_each_leg(store: Store) -> None:
    decree(store)
    say(store, nbkr("2026-05-21"), tenge("2026-05-19", "470"))
    assert row(store, max_age_days=2).rate
    with pytest.raises(TooOld, match="USD/KZT is of 2026-05-19"):
        ask(store, max_age_days=1)
    assert row(store, pair=MANAT, max_age_days=0).rate


def test_digits_are_asked_for_up_to_twelve(store: Store) -> None:
    say(store, nbkr("2026-05-21"), tenge("2026-05-21", "470.12"))
    assert row(store, precision=3).rate == Decimal("5.38")
    assert row(store, precision=15).rate == row(store).rate == Decimal("5.37587192682")


def test_a_cross_is_upcoming_when_both_legs_are_or_one_is_a_decree(store: Store) -> None:
    decree(store)
    say(store, nbkr("2026-05-21", "80"), tenge("2026-05-21", "400"), nbkr("2026-05-22", "84"))
    assert ask(store).body.upcoming is None
    coming = ask(store, pair=MANAT).body.upcoming
    assert coming
    assert coming.rate == 24
    assert (coming.status, coming.effective_date) == ("upcoming", date(2026, 5, 22))
    say(store, tenge("2026-05-22", "441"))
    coming = ask(store).body.upcoming
    assert coming
    assert (coming.rate, coming.status, coming.effective_date) == (
        Decimal("5.25"),
        "upcoming",
        date(2026, 5, 22),
    )
    assert coming.change.pct == 5
    assert several(store, CROSS, MANAT).upcoming == (coming, ask(store, pair=MANAT).body.upcoming)
    assert ask(store, on=date(2026, 5, 21)).body.upcoming is None


def test_a_day_to_come_has_a_cross_when_both_legs_have_it_or_one_is_a_decree(store: Store) -> None:
    decree(store)
    say(store, nbkr("2026-05-21", "80"), tenge("2026-05-21", "400"), nbkr("2026-05-22", "84"))
    tomorrow = date(2026, 5, 22)
    assert row(store, pair=MANAT, on=tomorrow).rate == 24
    with pytest.raises(NoRateAtDate, match="has been published yet"):
        ask(store, on=tomorrow)
    say(store, tenge("2026-05-22", "441"))
    assert row(store, on=tomorrow).rate == Decimal("5.25")


def test_an_answer_about_a_cross_turns_with_both_legs(store: Store) -> None:
    decree(store)
    say(store, nbkr("2026-05-21"), tenge("2026-05-21", "470"), when="2026-05-21 06:00")
    for pair, leg in ((CROSS, KGS), (CROSS, DOLLAR_IN_TENGE), (MANAT, KGS)):
        whole, part = ask(store, pair=pair), ask(store, pair=leg)
        assert whole.valid_until
        assert part.valid_until
        assert whole.valid_until <= part.valid_until
    assert ask(store, "2026-05-21 18:30").valid_since == at("2026-05-21 18:00")
    assert ask(store, "2026-05-21 18:30").valid_until == at("2026-05-21 19:00"), "midnight in Almaty"
    assert not ask(store, "2026-05-21 18:30", on=date(2026, 5, 21)).closed
    assert ask(store, "2026-05-21 19:00", on=date(2026, 5, 21)).closed


@pytest.mark.parametrize("pair", [CROSS, CROSS.inverse, MANAT])
def test_the_clock_changes_a_cross_only_where_its_answer_ends(store: Store, pair: Pair) -> None:
    decree(store)
    for day, som, dollar in (("2026-05-21", "80", "400"), ("2026-05-22", "84", "420")):
        say(store, nbkr(day, som), tenge(day, dollar), when="2026-05-21 05:00")
    bodies: list[LatestRow] = []
    now, end = at(NOW), at("2026-05-26 00:00")
    held: Answer[LatestRow] | None = None
    with store.read() as reader:
        while now < end:
            found = latest_row(reader, ALL, now, pair=pair)
            if held and held.valid_until and now < held.valid_until:
                assert found == held
            elif not bodies or found.body != bodies[-1]:
                bodies.append(found.body)
            held, now = found, now + timedelta(minutes=30)
    assert [body.row.status for body in bodies][:2] == ["fresh", "fresh"]
    assert bodies[-1].row.status == "stale"


def test_the_strip_shows_no_more_digits_of_a_cross_than_of_its_poorer_leg(store: Store) -> None:
    decree(store)
    say(store, nbkr("2026-05-21", "87.4500"), paged("2026-05-21", "UZS/USD", "0.000081"))
    with store.read() as reader:
        pairs = [Pair("KGS", "UZS"), MANAT, Pair("TMT", "USD")]
        items = ticker(reader, ALL, at(NOW), pairs=pairs).body.items
    assert [item.digits for item in items] == [2, 6, None]


def test_the_explanation_of_a_cross_is_asked_for_by_its_legs(store: Store) -> None:
    with store.read() as reader, pytest.raises(BadParameter, match="KGS/KZT is a cross") as refused:
        explain(reader, ALL, at(NOW), pair=CROSS)
    assert refused.value.parameter == "explain"
    assert refused.value.expected == "the explanation of KGS-USD or USD-KZT"


# The oracle: records made up, and what follows from them in plain fractions.

TODAY, DAYS = date(2026, 5, 21), 12
NORMAL = {"KGS": 87_4500, "KZT": 470_1200, "TJS": 9_2870, "UZS": 12142_1000}
"""Ten-thousandths of the local unit that a dollar costs, more or less: no move of a few percent is held."""

BANKS = {code: source for source, code in LOCALS.items() if code in NORMAL}


@dataclass(frozen=True)
class Said:
    """What a bank prints for the day so many days before tomorrow."""

    code: str
    back: int
    off: int
    form: int

    @property
    def day(self) -> date:
        return TODAY + timedelta(days=1 - self.back)

    @property
    def published(self) -> Published:
        price = NORMAL[self.code] * (10_000 + self.off) // 10_000
        direct, text = Pair("USD", self.code), f"{price // 10_000}.{price % 10_000:04}"
        match self.form:
            case 1:
                return Published(direct, f"{price}.0", 10_000)
            case 2:
                return Published(direct.inverse, f"0.{10**14 // price:010}")
        return Published(direct, text)

    @property
    def observation(self) -> Observation:
        source = BANKS[self.code]
        begins = starts(self.day, ALL[source].calendar.zone)
        return Observation(source, self.published, self.day, begins, begins)

    @property
    def fact(self) -> Fact:
        said, printed = self.observation, self.published
        return Fact(
            *(said.source, printed.pair.base, printed.pair.quote, self.day, said.observed_at),
            *(printed.value, printed.nominal),
        )


records = st.lists(
    st.builds(
        Said,
        code=st.sampled_from(sorted(NORMAL)),
        back=st.integers(0, DAYS),
        off=st.integers(-400, 400),
        form=st.integers(0, 3),
    ),
    min_size=4,
    max_size=40,
    # A day once; and a value once, since a repeat on a day without a publication is none.
    unique_by=(lambda said: (said.code, said.back), lambda said: (said.code, said.off)),
)
amounts = st.decimals(0, 10**15 - 1, places=6).map(lambda number: f"{number:f}") | st.just("0")
DECREES = [
    Fact("peg", "USD", "TMT", day, datetime.combine(day, at(NOW).time(), at(NOW).tzinfo), value, 1)
    for day, value in ((date(2009, 1, 1), "2.85"), (date(2015, 1, 1), "3.5"))
]


class Oracle:
    """Every rate in force on a day, its change and what an amount is worth, from what was printed."""

    def __init__(self, said: Sequence[Said], day: date) -> None:
        facts = [*DECREES, *sorted((each.fact for each in said), key=lambda fact: fact.day)]
        self.day, self.facts = day, facts

    def values(self, base: str, quote: str) -> list[Value]:
        """Of a pair with the dollar."""
        return oracle.valued(self.facts, base, quote)

    def now(self, pair: Pair) -> Value | None:
        """What is in force, of a cross with the older day of the two, a decree's aside."""
        if "USD" in (pair.base, pair.quote):
            return oracle.on(self.values(pair.base, pair.quote), self.day)
        one, other = (oracle.on(values, self.day) for values in self.legs(pair))
        if one is None or other is None:
            return None
        if ("peg",) in (one.sources, other.sources):
            one, other = (replace(value, day=max(one.day, other.day)) for value in (one, other))
        return oracle.product(one, other)

    def legs(self, pair: Pair) -> tuple[list[Value], list[Value]]:
        return self.values(pair.base, "USD"), self.values("USD", pair.quote)

    def then(self, pair: Pair, day: date) -> Value | None:
        """What it was on the last day before `day` that it has a value of."""
        if "USD" in (pair.base, pair.quote):
            return oracle.on(self.values(pair.base, pair.quote), day - timedelta(days=1))
        one, other = self.legs(pair)
        if "TMT" in (pair.base, pair.quote):
            decreed, free = (one, other) if pair.base == "TMT" else (other, one)
            one, other = free, [Value(each.day, each.at, decreed[-1].rate, ("peg",)) for each in free]
        return oracle.on(oracle.crossed(one, other), day - timedelta(days=1))


def compare(store: Store, said: Sequence[Said], amount: str, on: date | None) -> None:
    """Every pair of two of the six currencies beside the oracle."""
    known = Oracle(said, on or TODAY)
    for pair in [*CROSSES, *(Pair(code, "USD") for code in LOCAL), *(Pair("USD", code) for code in LOCAL)]:
        asked: Mapping[str, Any] = {"catalog": ALL, "now": at(NOW), "pair": pair, "on": on}
        now = known.now(pair)
        with store.read() as reader:
            if now is None:
                with pytest.raises(NothingThere):
                    latest_row(reader, **asked)
                continue
            found = latest_row(reader, **asked).body.row
            conversion = convert(reader, **asked, amount=Decimal(amount)).body
            same_day = len({leg.effective_date for leg in found.legs or () if leg.kind != "peg"}) < 2
            ladder = changes(reader, **asked).body if same_day else None
        exact, digits = now.rate
        turned = 12 if found.legs or digits == 15 else 15
        assert (found.rate, found.inverse) == (
            oracle.rounded(exact, digits),
            oracle.rounded(1 / exact, turned),
        )
        if {pair.base, pair.quote} == {"TMT", "USD"}:
            continue  # a decree is in force since it was made, and does not change
        assert found.effective_date == now.day, pair
        moved = oracle.moved("previous_publication", now, known.then(pair, now.day))
        assert told(found.change) == moved, pair
        if ladder:  # when both legs are of one day
            assert (ladder.rate, ladder.changes[0]) == (found.rate, found.change)
        worth = Fraction(amount) * exact
        assert conversion.result == oracle.places(worth, 2)
        assert conversion.rate == found.rate
        assert oracle.places(Fraction(conversion.unrounded), 2) == conversion.result
        assert abs(Fraction(conversion.unrounded) - worth) <= Fraction(1, 2 * 10**6)


def told(change: Change) -> oracle.Row:
    return (
        *(change.basis, change.pct, change.abs),
        change.reference.effective_date if change.reference else None,
    )


@pytest.mark.fuzz
@settings(max_examples=max(5, settings().max_examples // 10))
@given(records, amounts, st.none() | st.integers(0, DAYS))
def test_every_cross_inverse_change_and_conversion_is_that_of_the_oracle_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, said: list[Said], amount: str, back: int | None
) -> None:
    folder: Path = tmp_path_factory.mktemp("made-up")
    with fresh_store(folder) as store:
        decree(store)
        for each in sorted(said, key=lambda each: each.day):
            say(store, each.observation)
        compare(store, said, amount, None if back is None else TODAY - timedelta(days=back))
