"""An explanation holds when it is done again: by its own arithmetic, from the bodies that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction
from hashlib import sha256

import pytest

from app.answers.explain import explain
from app.domain.answers import Explanation, LatestRow, Told
from app.domain.errors import NoRateAtDate
from app.domain.observations import Published
from app.domain.pairs import Pair, canonical
from app.ingest.files import read_page
from app.ingest.reading import digest
from app.ingest.record import record
from app.sources import page
from app.sources.catalog import catalog
from app.store.base import Store
from tests.fakes import FakeClock
from tests.ingest.world import ASKED, EVERYTHING, poll
from tests.said import at, nbkr, nbkr_file
from tests.simulator import Simulator, years
from tests.stores import fresh_store

KGS = Pair("KGS", "USD")
ALL = catalog()
DAYS = years.span(date(2026, 5, 11), date(2026, 5, 27))
END = at("2026-05-28 00:00")

PAGE = "<p>29.05.2026</p><p>KGS/USD = 0.01149 -0.22% \u2022 UZS/USD = 0.00008 +0.4%</p>"


@dataclass(frozen=True)
class Case:
    """One stored day of one source, in one direction, with its explanation."""

    found: LatestRow
    before: Published | None

    @property
    def explanation(self) -> Explanation:
        assert self.found.explanation
        return self.found.explanation

    @property
    def told(self) -> Told:
        (told,) = [each for each in self.explanation.revisions if each.shown]
        return told


@pytest.fixture(scope="module")
def stretch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Seventeen days of all sources, polled at midnight, each with a page on the last one."""
    clock = FakeClock(at("2026-05-11 00:00"))
    with (
        fresh_store(tmp_path_factory.mktemp("stretch")) as store,
        Simulator(now=clock.now) as simulator,
    ):
        years.publish(simulator, date(2026, 5, 1), DAYS[-1])
        for day in DAYS:
            clock.move_to(at(f"{day} 23:00"))
            for source in ASKED:
                poll(store, clock, simulator, source)
        peg = EVERYTHING["peg"].decreed
        assert peg
        record(store, EVERYTHING, peg(clock.now()), clock.now())
        body = PAGE.replace("29.05", "27.05").encode()
        said = read_page(body, given=None, zone=page.SOURCE.calendar.zone, now=clock.now())
        record(store, EVERYTHING, said, clock.now(), bodies={digest(body): body})
        yield store


@pytest.fixture(scope="module")
def cases(stretch: Store) -> list[Case]:
    """Every stored day of every source, both ways."""
    return list(every_case(stretch))


def every_case(store: Store) -> Iterator[Case]:
    with store.read() as reader:
        for source in EVERYTHING.sources:
            for pair in {canonical(each) for each in source.pairs}:
                before = None
                for each in list(reader.publications(pair, source.key, until=DAYS[-1])):
                    for way in (pair, pair.inverse):
                        asked = {"pair": way, "source": source.key, "on": each.said.effective_date}
                        yield Case(explain(reader, EVERYTHING, END, **asked).body, before)  # type: ignore[arg-type]  # as asked
                    before = each.said.published


def by_hand(published: Published, pair: Pair) -> Fraction:
    """What the literal says of `pair`, as schools teach it."""
    value = Fraction(published.value.replace(",", "."))
    upright = (pair.base, pair.quote) == (published.pair.base, published.pair.quote)
    return value / published.nominal if upright else published.nominal / value


def rounded(exact: Fraction, digits: int) -> Decimal:
    """At so many significant digits, by Python's own division and its own rounding."""
    if not exact:
        return Decimal(0)
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    return context.divide(Decimal(exact.numerator), Decimal(exact.denominator)).normalize()


def percent(now: Fraction, before: Fraction) -> Decimal:
    """A change at six decimals, from two hundred digits."""
    moved = (now - before) / before * 100
    with localcontext(Context(prec=200, rounding=ROUND_HALF_EVEN)):
        exact = Decimal(moved.numerator) / Decimal(moved.denominator)
        return exact.quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


def test_the_stretch_has_every_source_and_most_of_its_days(cases: list[Case]) -> None:
    days: dict[str, set[date]] = {}
    for case in cases:
        days.setdefault(str(case.found.row.source), set()).add(case.found.row.effective_date)
    assert days.keys() == {source.key for source in ASKED} | {"peg", "page"}
    assert all(len(found) >= 9 for key, found in days.items() if key not in ("peg", "page"))
    assert len(cases) > 300


def test_each_rate_shown_comes_out_of_its_literal_again_digit_by_digit(cases: list[Case]) -> None:
    for case in cases:
        row, published = case.found.row, case.told.published
        digits = 15 if row.pair == published.pair else 12
        assert row.rate == rounded(by_hand(published, row.pair), digits), row
        assert case.told.rate == row.rate


def test_each_change_shown_comes_out_of_two_literals_again_digit_by_digit(cases: list[Case]) -> None:
    measured = [
        case for case in cases if case.found.row.change.basis == "previous_publication" and case.before
    ]
    assert len(measured) > 250
    for case in measured:
        row, moved, before = case.found.row, case.found.row.change, case.before
        assert before
        now, then = by_hand(case.told.published, row.pair), by_hand(before, row.pair)
        assert moved.pct == percent(now, then), row
        assert moved.abs == rounded(now - then, 12), row
        assert moved.reference
        assert moved.reference.rate == rounded(then, 15 if row.pair == before.pair else 12)


NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def redone(expression: str) -> Fraction:
    """An expression of literals, computed in fractions: every number in it is read as it stands there."""
    exact = re.sub(r"[0-9]+(?:\.[0-9]+)?", lambda number: f"F('{number[0]}')", expression)
    found: Fraction = eval(exact, {"__builtins__": {}, "F": Fraction})
    return found


def result(line: str) -> Decimal | None:
    """What a line comes to."""
    found = NUMBER.match(line.partition(" -> ")[2])
    return Decimal(found[0]) if found else None


def test_each_line_of_arithmetic_is_right_to_whoever_does_it_again(cases: list[Case]) -> None:
    lines = {
        line
        for case in cases
        for part in ("rate", "change")
        for line in getattr(case.explanation.arithmetic, part)
    }
    computed = [line for line in lines if " -> " in line]
    assert len(computed) > 600
    for line in computed:
        expression, *shares, digits = line.partition(" -> ")[0].split(" = ")
        exact, shown = redone(expression), result(line)
        assert all(redone(share) == exact for share in shares), line
        spelt = Fraction(digits.removesuffix("..."))
        last = Fraction(1, 10 ** len(digits.removesuffix("...").partition(".")[2]))
        assert (spelt == exact) != digits.endswith("..."), line
        assert abs(exact) - last < abs(spelt) <= abs(exact), line
        if digits_asked := re.search(r"([0-9]+) significant", line):
            assert shown == rounded(exact, int(digits_asked[1])), line
        else:
            assert shown == percent(exact / 100 + 1, Fraction(1)), line


def test_the_lines_end_with_what_is_shown(cases: list[Case]) -> None:
    for case in cases:
        row, lines = case.found.row, case.explanation.arithmetic
        assert result(lines.rate[-1]) == row.rate
        shown = [found for line in lines.change if (found := result(line)) is not None]
        if row.change.abs is not None and row.change.basis != "peg":
            assert shown[-2:] == [row.change.pct, row.change.abs]
        elif row.change.basis == "reported":
            assert shown == [row.change.pct]
        else:
            assert shown == []


def test_each_body_is_kept_whole_and_contains_the_literal(stretch: Store, cases: list[Case]) -> None:
    read = [case.told for case in cases if case.found.row.source != "peg"]
    with stretch.read() as reader:
        bodies = {told.body.digest: reader.body(told.body.digest) for told in read if told.body}
    for told in read:
        assert told.body
        assert told.body.kept
        body = bodies[told.body.digest]
        assert body is not None
        assert (sha256(body).hexdigest(), len(body)) == (told.body.digest, told.body.size)
        assert told.published.value in body.decode("latin-1").replace(",", ".")


def test_a_decree_was_read_from_nothing_and_does_not_change(cases: list[Case]) -> None:
    case = [case for case in cases if case.found.row.source == "peg"][-1]
    assert (case.told.url, case.told.body) == (None, None)
    assert case.explanation.arithmetic.change == ("a decree: it does not change",)


def test_a_page_was_handed_in(cases: list[Case]) -> None:
    case = next(case for case in cases if case.found.row.source == "page" and case.found.row.pair == KGS)
    assert case.told.url is None
    assert case.told.body
    assert case.explanation.arithmetic.change[0] == "printed beside it: -0.22 %"


def told(store: Store, on: str = "2026-05-21", now: str = "2026-05-25 06:00", **asked: object) -> Explanation:
    with store.read() as reader:
        day = date.fromisoformat(on)
        found = explain(reader, ALL, at(now), pair=KGS, on=day, **asked).body.explanation  # type: ignore[arg-type]  # as asked
    assert found
    return found


@pytest.fixture
def three_days(store: Store) -> Store:
    """Wednesday's and Thursday's rates of the Kyrgyz bank; and Friday's, which is a typo, put right later."""
    record(store, ALL, nbkr_file("2026-05-20", "87.4314"), at("2026-05-19 10:20"))
    record(store, ALL, nbkr_file("2026-05-21"), at("2026-05-20 10:20"))
    record(store, ALL, nbkr_file("2026-05-22", "98.4500"), at("2026-05-21 10:20"))
    return store


def test_the_first_in_authority_is_said_to_be_that(three_days: Store) -> None:
    found = told(three_days)
    assert found.choice == "nbkr is believed first"
    assert (found.authority[0].source, found.authority[0].chosen) == ("nbkr", True)
    others = {each.missing for each in found.authority if not each.chosen}
    assert others == {"no-rate-at-date"}


def test_a_fallback_is_explained_by_those_before_it(three_days: Store) -> None:
    words = page.read(
        "20.06.2026 KGS/USD = 0.0115 0%",
        given=None,
        zone=page.SOURCE.calendar.zone,
        fetched_at=at("2026-06-20 06:00"),
    )
    record(three_days, ALL, words, at("2026-06-20 06:00"))
    found = told(three_days, on="2026-06-20", now="2026-06-25 06:00")
    assert found.choice.startswith("page is the first that is not stale; nbkr: stale")


def test_a_source_that_was_asked_for_needs_no_other_reason(three_days: Store) -> None:
    assert told(three_days, source="nbkr").choice == "nbkr was asked for"


def test_what_is_held_is_not_in_force_and_every_rule_tells_what_it_found(three_days: Store) -> None:
    found = told(three_days, on="2026-05-22")
    assert found.revisions[0].published.value == "87.4500"
    assert [(each.rule, each.reason) for each in found.rules] == [
        ("unknown-currency", None),
        ("unknown-nominal", None),
        ("not-positive", None),
        ("before-the-currency", None),
        ("too-far-ahead", None),
        ("outside-the-band", None),
        ("jump", None),
    ]
    assert found.rules[1].question == "Is the nominal none that banks use?"


def test_revisions_stand_beside_each_other_with_every_verdict(three_days: Store) -> None:
    record(three_days, ALL, [nbkr("2026-05-22", "87.5000")], at("2026-05-21 11:00"))
    found = told(three_days, on="2026-05-22")
    typo, right = found.revisions
    assert [(each.verdict, each.rule) for each in typo.rulings] == [
        ("held", "jump"),
        ("rejected", "corrected"),
    ]
    assert (typo.shown, right.shown, right.revision) == (False, True, 1)
    assert [each.verdict for each in right.rulings] == ["accepted"]


def test_a_released_jump_shows_by_which_rule(store: Store) -> None:
    record(store, ALL, nbkr_file("2026-05-20"), at("2026-05-19 10:20"))
    crosses = {"EUR": "121.8000", "CNY": "15.3600", "RUB": "1.4640"}
    record(store, ALL, nbkr_file("2026-05-21", "104.9400", crosses), at("2026-05-20 10:20"))
    found = told(store)
    *_, jumped, cleared = found.rules
    assert (jumped.rule, cleared.rule) == ("jump", "the-files-crosses-stood-still")
    assert jumped.reason == "KGS/USD moved -16.67 % since 2026-05-20"
    ruling = found.revisions[0].rulings[-1]
    assert (ruling.verdict, ruling.reason) == ("accepted", f"{jumped.reason}; {cleared.reason}")


def test_what_was_never_in_force_is_not_explained(store: Store) -> None:
    with pytest.raises(NoRateAtDate):
        told(store)


def test_a_version_is_explained_by_what_was_known_then(three_days: Store) -> None:
    record(three_days, ALL, [nbkr("2026-05-21", "87.5000")], at("2026-05-22 11:00"))
    assert [each.published.value for each in told(three_days).revisions] == ["87.4500", "87.5000"]
    with three_days.read(known=3) as reader:
        then = explain(reader, ALL, at("2026-05-25 06:00"), pair=KGS, on=date(2026, 5, 21)).body.explanation
    assert then
    assert [each.published.value for each in then.revisions] == ["87.4500"]
