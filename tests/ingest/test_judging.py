"""Verdicts follow from what was said, in whatever order it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import permutations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.observations import Observation, Recorded
from app.domain.pairs import CURRENCIES, Pair, canonical
from app.ingest.record import record
from app.sources.catalog import catalog
from app.sources.peg import decreed
from app.store.base import Store
from tests.said import DOLLARS, LOCALS, at, banks_file, banks_row, nbkr, nbkr_file
from tests.stores import fresh_store

ALL = catalog()
BANKS = ("nbkr", "nbk", "nbt", "cbu")
DAYS = tuple(date(2026, 5, 18) + timedelta(days=place) for place in range(5))
KGS = Pair("KGS", "USD")

File = tuple[str, date]
"""The bank whose it is, and its day."""

Wrong = tuple[str, date, str, Fraction]
"""In which bank's file of which day which currency costs how many times too much."""


def costs(day: date, fallen: str, since: date, share: Fraction) -> dict[str, Fraction]:
    """What every currency costs in dollars: each moves a little a day, each otherwise, and
    one falls once."""
    drift = Fraction(1001 + (day - DAYS[0]).days, 1000)
    found = {
        code: cost * drift**place  # the dollar stands first
        for place, (code, cost) in enumerate(DOLLARS.items())
    }
    return {**found, fallen: found[fallen] / share} if day >= since else found


def verdicts(arrivals: Iterable[Sequence[Observation]]) -> dict[tuple[str, str, date], tuple[str, str]]:
    """What is thought at last of everything said, by whom, of what and for which day: verdict and rule."""
    with fresh_store() as store:
        for place, said in enumerate(arrivals):
            record(store, ALL, said, at("2026-05-23 06:00") + timedelta(seconds=place))
        with store.read() as reader:
            pairs = [
                (source, canonical(Pair(code, LOCALS[source])))
                for source in BANKS
                for code in CURRENCIES
                if code != LOCALS[source]
            ]
            known: list[Recorded] = [
                each
                for source, pair in pairs
                for each in reader.meant(pair, source, since=date.min, until=date.max)
            ]
    return {
        (each.said.source, str(each.said.pair), each.said.effective_date): (
            each.judgement.verdict,
            each.judgement.rule,
        )
        for each in known
    }


def misprinted(
    files: Mapping[File, Mapping[str, Fraction]], wrong: Sequence[Wrong]
) -> list[list[Observation]]:
    """The files as they are printed, misprints and all."""
    return [
        banks_file(
            source,
            day,
            dollars,
            {code: share for bank, on, code, share in wrong if (bank, on) == (source, day)},
        )
        for (source, day), dollars in files.items()
    ]


CODES = st.sampled_from(sorted(DOLLARS))
SHARES = st.sampled_from([Fraction(share) for share in ("0.5", "0.86", "0.93", "1.09", "1.12", "1.3", "2")])
MISPRINTS = st.lists(st.tuples(st.sampled_from(BANKS), st.sampled_from(DAYS), CODES, SHARES), max_size=6)


# Four stores an example.
@settings(max_examples=8)
@given(
    wrong=MISPRINTS,
    fallen=st.sampled_from(sorted(LOCALS.values())),
    since=st.sampled_from(DAYS),
    share=st.sampled_from([Fraction(9, 8), Fraction(2)]),
    banks=st.sets(st.sampled_from(BANKS), min_size=1, max_size=3),
    lot=st.randoms(use_true_random=False),
)
def test_verdicts_do_not_depend_on_the_order_of_arrival(
    wrong: list[Wrong], fallen: str, since: date, share: Fraction, banks: set[str], lot: Random
) -> None:
    files = {(bank, day): costs(day, fallen, since, share) for day in DAYS for bank in sorted(banks)}
    printed = misprinted(files, wrong)
    rows = [[row] for file in printed for row in file]

    published = verdicts(printed)

    assert verdicts(reversed(printed)) == published
    assert verdicts(lot.sample(printed, len(printed))) == published
    assert verdicts(lot.sample(rows, len(rows))) == published


def test_what_stands_behind_a_held_one_is_measured_against_what_came_before_that() -> None:
    said = {
        each: nbkr(each, value) for each, value in zip(DAYS, ("100", "109", "170", "98.05"), strict=False)
    }
    monday, tuesday, wednesday, thursday = ([row] for row in said.values())
    assert verdicts([monday, wednesday, thursday, tuesday]) == verdicts(
        [monday, tuesday, wednesday, thursday]
    )


Words = Iterable[tuple[int, int, str]]
"""What a source that speaks all day says of the som: day, counted from the first, hour and value."""


def spoken(words: Words) -> list[Observation]:
    """These words in the order of time; of an hour the first."""
    said = {(day, hour): value for day, hour, value in reversed(list(words))}
    return [
        replace(
            nbkr(DAYS[0] + timedelta(days=day), value),
            source="openexchangerates",
            observed_at=datetime(2026, 5, 18, hour, tzinfo=UTC) + timedelta(days=day),
        )
        for (day, hour), value in sorted(said.items())
    ]


def thought_at_last(arrivals: Iterable[Sequence[Observation]]) -> dict[datetime, tuple[str, str]]:
    """What is thought at last of what a source that speaks all day said: verdict and rule."""
    with fresh_store() as store:
        for place, said in enumerate(arrivals):
            record(store, ALL, said, at("2026-06-10 06:00") + timedelta(seconds=place))
        with store.read() as reader:
            known = reader.meant(KGS, "openexchangerates", since=date.min, until=date.max)
    return {each.said.observed_at: (each.judgement.verdict, each.judgement.rule) for each in known}


# Near each other, a jump apart, or either by which day's last word it is measured against.
LEVELS = st.sampled_from(["84", "88", "90", "93.5", "100"])


@settings(max_examples=settings().max_examples // 4)
@given(
    words=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), LEVELS), min_size=4, max_size=14),
    lot=st.randoms(use_true_random=False),
)
def test_verdicts_on_many_words_a_day_do_not_depend_on_the_order_of_arrival(
    words: Words, lot: Random
) -> None:
    said = spoken(words)
    in_time = thought_at_last([said])

    assert thought_at_last([each] for each in said) == in_time
    assert thought_at_last([each] for each in reversed(said)) == in_time
    assert thought_at_last([each] for each in lot.sample(said, len(said))) == in_time


def test_a_late_word_puts_every_word_of_the_next_day_in_question() -> None:
    before, late, near, far = spoken([(0, 4, "88"), (0, 23, "84"), (1, 13, "90"), (1, 17, "93.5")])
    found = thought_at_last([[before], [near, far], [late]])
    assert found == thought_at_last([[before, late, near, far]])
    assert found[far.observed_at] == ("held", "jump")


# Examples

WEDNESDAY, THURSDAY = "2026-05-20", "2026-05-21"
NEWS = at("2026-05-21 06:00")
FALLEN = nbkr(THURSDAY, "98.0000")
"""A dollar that is 12 % dearer than the day before, alone in its file."""


def later(minutes: int) -> datetime:
    """So long after the news."""
    return NEWS + timedelta(minutes=minutes)


def thought_of(store: Store, said: Observation) -> tuple[str, str]:
    """The verdict in force on what was said for a day, and its rule."""
    with store.read() as reader:
        (found,) = reader.meant(said.pair, said.source, since=said.effective_date, until=said.effective_date)
    return found.judgement.verdict, found.judgement.rule


def row_of(file: Sequence[Observation], code: str) -> Observation:
    """The row of one currency."""
    (found,) = (each for each in file if each.published.pair.base == code)
    return found


def test_a_typo_that_came_first_is_held_once_its_neighbour_comes_and_the_headline_goes_back(
    store: Store,
) -> None:
    first = record(store, ALL, nbkr_file(THURSDAY, "78.4500"), NEWS)
    assert [tick.cause for tick in first.ticks] == ["publication"]
    done = record(store, ALL, nbkr_file(WEDNESDAY), later(1))
    assert [(each.said.pair, each.judgement.rule) for each in done.withdrawn] == [(KGS, "jump")]
    assert [(tick.cause, str(tick.effective_date)) for tick in done.ticks] == [("revision", WEDNESDAY)]


def tenge(som: str, day: str = THURSDAY) -> list[Observation]:
    """The Kazakh bank's dollar and som, which together imply what a som costs in dollars."""
    return [banks_row("nbk", day, "USD", "471.00"), banks_row("nbk", day, "KGS", som)]


def test_a_witness_releases_and_when_it_corrects_itself_no_longer_does(store: Store) -> None:
    record(store, ALL, [nbkr(WEDNESDAY)], NEWS)
    assert record(store, ALL, [FALLEN], later(1)).of("held")
    done = record(store, ALL, tenge("4.8060"), later(2))
    assert [each.judgement.rule for each in done.released] == ["a-witness-agrees"]
    assert [tick.cause for tick in done.ticks if tick.pair == KGS] == ["accepted"]
    back = record(store, ALL, tenge("5.3860"), later(3))
    assert [(each.said.pair, each.judgement.verdict) for each in back.withdrawn] == [(KGS, "held")]
    assert [(tick.cause, str(tick.effective_date)) for tick in back.ticks if tick.pair == KGS] == [
        ("revision", WEDNESDAY)
    ]


def manat(per_dollar: str, day: str) -> list[Observation]:
    """The Uzbek bank's file, in which a dollar costs so many manat."""
    return banks_file("cbu", day, {**DOLLARS, "TMT": 1 / Fraction(per_dollar)})


def test_two_witnesses_condemn_what_the_uzbek_bank_said_of_the_manat_in_april_2026(store: Store) -> None:
    misprinted = manat("3.02", "2026-04-01")
    now = at("2026-04-01 06:00")
    files = [manat("3.5", "2026-03-31"), misprinted, banks_file("nbt", "2026-04-01"), decreed(now)]
    record(store, ALL, [*files[0], *files[1], *banks_file("nbkr", "2026-04-01"), *files[2], *files[3]], now)
    assert thought_of(store, row_of(misprinted, "TMT")) == ("rejected", "two-witnesses-contradict")
    with store.read() as reader:
        (told,) = reader.doubts("rejected")
    assert told.judgement.reason == (
        "TMT/UZS moved +15.89 % since 2026-03-31; it implies 0.331126 dollars, but nbkr implies 0.285714 and"
        " nbt implies 0.285714"
    )


def test_a_lone_witness_condemns_nothing_and_a_decree_is_one_however_long_ago(store: Store) -> None:
    misprinted, now = manat("3.02", "2026-04-01"), at("2026-04-01 06:00")
    record(store, ALL, [*manat("3.5", "2026-03-31"), *misprinted], now)
    record(store, ALL, banks_file("nbkr", "2026-04-01"), now)
    assert thought_of(store, row_of(misprinted, "TMT")) == ("held", "jump")
    record(store, ALL, decreed(now), now)
    assert thought_of(store, row_of(misprinted, "TMT")) == ("rejected", "two-witnesses-contradict")


def test_a_misprint_of_the_dollar_condemns_no_other_row_of_its_file(store: Store) -> None:
    before = [row for bank in BANKS for row in banks_file(bank, WEDNESDAY)]
    dearer = costs(date(2026, 5, 21), "KGS", date.max, Fraction(1))
    file = banks_file("nbkr", THURSDAY, dearer, {"USD": Fraction(115, 100)})
    others = [row for bank in BANKS[1:] for row in banks_file(bank, THURSDAY, dearer)]
    record(store, ALL, [*before, *file, *others], NEWS)
    found = {each.published.pair.base: thought_of(store, each) for each in file}
    assert found.pop("USD") == ("rejected", "two-witnesses-contradict")
    assert set(found.values()) == {("accepted", "plausible")}


def test_a_decree_is_refused_by_nobody(store: Store) -> None:
    cheaper = {**DOLLARS, "TMT": 1 / Fraction("3.9")}
    for bank in BANKS:
        record(store, ALL, banks_file(bank, "2015-01-01", cheaper), NEWS)
    done = record(store, ALL, decreed(NEWS), NEWS)
    assert [each.judgement.rule for each in done.recorded] == ["plausible"] * len(done.recorded)


def rows_in_force(arrivals: Iterable[Sequence[Observation]]) -> set[tuple[date, str]]:
    """What is believed of the Kyrgyz bank at last: day and verdict of each row that says something new."""
    return {
        (day, verdict)
        for (source, pair, day), (verdict, _) in verdicts(arrivals).items()
        if (source, pair) == ("nbkr", "KGS/USD")
    }


def test_a_confirmation_that_comes_later_than_a_jump_reaches_confirms_in_no_order() -> None:
    said = [nbkr("2026-05-01"), nbkr("2026-05-05", "120.0000"), nbkr("2026-05-20", "120.5000")]
    found = {frozenset(rows_in_force([each] for each in order)) for order in permutations(said)}
    assert len(found) == 1
    assert (date(2026, 5, 5), "held") in found.pop()


def test_a_typo_that_a_server_repeats_on_a_sunday_is_held_in_every_order() -> None:
    said = [nbkr("2026-05-21"), nbkr("2026-05-23", "120.0000"), nbkr("2026-05-24", "120.0000")]
    for order in permutations(said):
        assert (date(2026, 5, 23), "held") in rows_in_force([each] for each in order)
