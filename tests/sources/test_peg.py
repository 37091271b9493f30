"""The decrees on the manat."""

from datetime import UTC, date, datetime
from decimal import Decimal

from app.domain.calendar import NEVER
from app.domain.pairs import Pair
from app.domain.rules import Evidence, judge
from app.sources import peg

NOW = datetime(2026, 7, 15, 10, 25, tzinfo=UTC)


def test_both_decrees_are_said_as_decreed_oldest_first() -> None:
    assert [
        (str(said.published.pair), said.published.value, said.effective_date) for said in peg.decreed(NOW)
    ] == [
        ("USD/TMT", "2.85", date(2009, 1, 1)),
        ("USD/TMT", "3.5", date(2015, 1, 1)),
    ]


def test_a_decree_holds_from_midnight_in_ashgabat() -> None:
    old, new = peg.decreed(NOW)
    assert old.observed_at == datetime(2008, 12, 31, 19, tzinfo=UTC)
    assert new.observed_at == datetime(2014, 12, 31, 19, tzinfo=UTC)


def test_a_decree_is_filed_under_the_pair_of_the_ticker() -> None:
    *_, said = peg.decreed(NOW)
    assert said.pair == Pair("TMT", "USD")
    assert said.rate == Decimal("0.285714285714")
    assert (said.source, said.fetched_at, said.published.nominal) == ("peg", NOW, 1)


def test_the_rules_believe_every_decree() -> None:
    evidence = Evidence(today=date(2026, 7, 15))
    assert {judge(said, evidence).verdict for said in peg.decreed(NOW)} == {"accepted"}


def test_a_decree_asks_nobody_is_exact_and_never_late() -> None:
    assert peg.SOURCE.kind == "peg"
    assert peg.SOURCE.exact
    assert list(peg.SOURCE.requests(NOW)) == []
    assert peg.SOURCE.parse is None
    assert peg.SOURCE.calendar.deadlines(date(2015, 1, 1)) == NEVER
