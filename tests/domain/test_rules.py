from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.numbers import fixed, plain
from app.domain.observations import ACCEPTED, Judgement, Observation, Published
from app.domain.pairs import CURRENCIES, LOCAL, Pair
from app.domain.rules import (
    NOMINALS,
    REFUSALS,
    REFUSED,
    RELEASES,
    Evidence,
    dollar_crosses,
    judge,
    move,
    name_of,
    percent,
    trail,
    two_witnesses_contradict,
)
from tests.said import CROSSES, nbkr, nbkr_file, paged

USD_KGS = Pair("USD", "KGS")
TODAY = date(2026, 5, 20)
DAY = timedelta(days=1)


def said(pair: Pair, value: str, day: str = "2026-05-20", nominal: int = 1) -> Observation:
    """What some bank printed for `day`."""
    return replace(nbkr(day), published=Published(pair, value, nominal))


def refusal(observation: Observation, today: date = TODAY) -> tuple[str, str] | None:
    """The rule that refuses an observation, and its reason; None when none does."""
    judgement = judge(observation, Evidence(today))
    assert (judgement.verdict == "rejected") == (judgement != ACCEPTED), (
        "nothing jumps without an earlier one"
    )
    return (judgement.rule, judgement.reason) if judgement != ACCEPTED else None


def against(
    before: list[Observation], after: list[Observation], later: Observation | None = None
) -> Judgement:
    """The verdict on the dollar of the file `after`, the file `before` being in force."""
    evidence = Evidence(TODAY, None, before[0], later, dollar_crosses(after), dollar_crosses(before))
    return judge(after[0], evidence)


def som(amount: Fraction) -> str:
    """An amount as the Kyrgyz bank prints it."""
    return plain(fixed(amount, 4))


def devalued(share: Fraction, crosses: Mapping[str, str] = CROSSES) -> dict[str, str]:
    """Every cross's price when the local currency fell, so that a dollar costs `share` times as much."""
    return {code: som(Fraction(price) * share) for code, price in crosses.items()}


# Refusals


def test_what_no_rule_objects_to_is_accepted() -> None:
    assert judge(nbkr("2026-05-21"), Evidence(TODAY)) == ACCEPTED
    assert judge(nbkr("2026-05-21"), Evidence(TODAY, None, nbkr("2026-05-20", "87.4314"))) == ACCEPTED


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (Pair("XXX", "KGS"), "XXX in XXX/KGS is no currency known here"),
        (Pair("JPY", "BYR"), "BYR and JPY in JPY/BYR is no currency known here"),
        (Pair("usd", "KGS"), "usd in usd/KGS is no currency known here"),
        (Pair("KGS", "KGS"), "KGS/KGS has one currency on both sides"),
    ],
)
def test_an_unknown_or_doubled_currency_is_refused(pair: Pair, reason: str) -> None:
    assert refusal(said(pair, "1")) == ("unknown-currency", reason)


@pytest.mark.parametrize("code", ["USD", "EUR", "CNY", "RUB"])
def test_every_known_currency_may_be_named(code: str) -> None:
    assert refusal(nbkr("2026-05-20", CROSSES.get(code, "87.45"), base=code)) is None


@pytest.mark.parametrize("nominal", [0, -1, 2, 7, 50, 100_000])
def test_a_nominal_that_no_bank_uses_is_refused(nominal: int) -> None:
    reason = f"nominal {nominal} is none of [1, 10, 100, 1000, 10000]"
    assert refusal(said(USD_KGS, "87.45", nominal=nominal)) == ("unknown-nominal", reason)


@pytest.mark.parametrize("nominal", sorted(NOMINALS))
def test_the_nominals_of_banks_are_accepted_and_divided_by(nominal: int) -> None:
    assert refusal(said(USD_KGS, som(Fraction("87.45") * nominal), nominal=nominal)) is None


@pytest.mark.parametrize(
    "value", ["0", "0,0000", "-87.45", "\u221287.45", "", "n/a", "NaN", "Infinity", "1e5", "9" * 65]
)
def test_what_is_no_positive_number_is_refused(value: str) -> None:
    assert refusal(said(USD_KGS, value)) == ("not-positive", f"{value!r} is no positive number")


@pytest.mark.parametrize("code", LOCAL)
def test_no_currency_has_a_rate_before_its_first_day(code: str) -> None:
    since = CURRENCIES[code].since
    early = replace(said(Pair("USD", code), "5"), effective_date=since - DAY)
    assert refusal(early) == ("before-the-currency", f"dated {since - DAY}, but {code} exists since {since}")
    assert refusal(replace(early, effective_date=since)) is None


def test_five_days_ahead_are_believed_and_six_are_not() -> None:
    assert refusal(nbkr("2026-05-25")) is None
    assert refusal(nbkr("2026-05-26")) == (
        "too-far-ahead",
        "dated 2026-05-26, more than 5 days after 2026-05-20",
    )
    assert refusal(nbkr("2126-05-20")) is not None
    assert refusal(nbkr("1999-05-20", "42")) is None, "however long ago"


@pytest.mark.parametrize(
    ("observation", "reason"),
    [
        (nbkr("2026-05-20", "0.0114"), "USD/KGS 0.0114 is outside 20 to 450, plausible since 2000-01-01"),
        (nbkr("2026-05-20", "8745"), "USD/KGS 8745 is outside 20 to 450, plausible since 2000-01-01"),
        (nbkr("1994-05-20", "120"), "USD/KGS 120 is outside 3 to 100, plausible since 1993-05-10"),
        (
            paged("2026-05-20", "KGS/USD", "87.45"),
            "USD/KGS 0.0114351057747 is outside 20 to 450, plausible since 2000-01-01",
        ),
        (
            paged("2026-05-20", "UZS/USD", "0.008"),
            "USD/UZS 125 is outside 500 to 65000, plausible since 2003-01-01",
        ),
        (
            said(Pair("USD", "TMT"), "19500"),
            "USD/TMT 19500 is outside 1.5 to 40, plausible since 2009-01-01",
        ),
    ],
)
def test_a_wrong_nominal_or_direction_is_outside_the_band(observation: Observation, reason: str) -> None:
    assert refusal(observation) == ("outside-the-band", reason)


@pytest.mark.parametrize(
    ("code", "day", "value"),
    [
        ("KZT", "2015-08-20", "188.38"),
        ("KZT", "2015-08-21", "255.26"),
        ("UZS", "2017-09-04", "4210.35"),
        ("UZS", "2017-09-05", "8100.00"),
        ("TMT", "2015-01-01", "3.5"),
        ("TMT", "2026-04-01", "3.02"),
        ("KGS", "2000-01-01", "20"),
        ("KGS", "2000-01-01", "450"),
    ],
)
def test_great_devaluations_and_the_bounds_themselves_are_within_the_bands(
    code: str, day: str, value: str
) -> None:
    assert refusal(said(Pair("USD", code), value, day)) is None


def test_a_cross_has_no_band() -> None:
    assert refusal(nbkr("2026-05-20", "0.0001", base="EUR")) is None


def test_the_first_objection_is_the_reason() -> None:
    everything_wrong = replace(
        said(Pair("XXX", "KGS"), "0", nominal=7), effective_date=TODAY + timedelta(days=400)
    )
    order = []
    for mended in (
        everything_wrong,
        replace(everything_wrong, published=Published(USD_KGS, "0", 7)),
        replace(everything_wrong, published=Published(USD_KGS, "0", 10)),
        replace(everything_wrong, published=Published(USD_KGS, "1", 10)),
        replace(everything_wrong, published=Published(USD_KGS, "1", 10), effective_date=TODAY),
    ):
        refused = refusal(mended)
        assert refused
        order.append(refused[0])
    assert order == [
        "unknown-currency",
        "unknown-nominal",
        "not-positive",
        "too-far-ahead",
        "outside-the-band",
    ]


def test_every_rule_has_a_slug_of_its_own() -> None:
    names = [name_of(rule) for rule in (*REFUSALS, *RELEASES, two_witnesses_contradict)]
    assert len(set(names)) == len(names) == 10
    assert set(names) > REFUSED


@pytest.mark.fuzz
@given(
    st.sampled_from(["USD", "EUR", "KGS", "XXX", ""]),
    st.sampled_from(["USD", "KGS", "TMT", "us"]),
    st.text(max_size=8) | st.sampled_from(["87.45", "0", "87,4500", "0.0114"]),
    st.sampled_from([0, 1, 3, 100]),
    st.dates(),
)
def test_any_observation_gets_a_verdict_with_a_reason(
    base: str, quote: str, value: str, nominal: int, day: date
) -> None:
    strange = replace(
        nbkr("2026-05-20"), published=Published(Pair(base, quote), value, nominal), effective_date=day
    )
    judgement = judge(strange, Evidence(TODAY, crosses=dollar_crosses([strange, nbkr("2026-05-20", "0")])))
    assert judgement.verdict in ("accepted", "rejected")
    assert judgement.reason


# Jumps


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("90.909", "held"),
        ("90.910", "accepted"),
        ("111.11", "accepted"),
        ("111.12", "held"),
        ("90.90", "held"),
    ],
)
def test_a_move_of_more_than_a_tenth_in_the_tickers_direction_is_held(value: str, verdict: str) -> None:
    before = nbkr("2026-05-19", "100")
    assert judge(nbkr("2026-05-20", value), Evidence(TODAY, None, before)).verdict == verdict


@pytest.mark.parametrize("before", ["90", "110"])
def test_a_move_of_exactly_a_tenth_is_no_jump(before: str) -> None:
    assert judge(nbkr("2026-05-20", "100"), Evidence(TODAY, None, nbkr("2026-05-19", before))) == ACCEPTED


def test_the_reason_of_a_jump_names_the_move_and_since_when() -> None:
    judgement = judge(nbkr("2026-05-20", "8.745"), Evidence(TODAY, None, nbkr("2026-05-19", "87.45")))
    assert judgement.verdict == "rejected", "ten times less is not even plausible"
    judgement = judge(nbkr("2026-05-20", "78.54"), Evidence(TODAY, None, nbkr("2026-05-19", "87.45")))
    assert judgement == Judgement("held", "jump", "KGS/USD moved +11.34 % since 2026-05-19")


def test_a_jump_is_not_seen_over_more_than_ten_days() -> None:
    assert judge(nbkr("2026-05-20", "120"), Evidence(TODAY, None, nbkr("2026-05-10"))).verdict == "held"
    assert judge(nbkr("2026-05-20", "120"), Evidence(TODAY, None, nbkr("2026-05-09"))) == ACCEPTED
    assert judge(nbkr("2026-05-20", "120"), Evidence(TODAY)) == ACCEPTED


@pytest.mark.parametrize(("before", "after"), [("188.38", "255.26"), ("4210.35", "8100.00")])
def test_a_devaluation_is_accepted_on_its_day_because_it_moves_every_row(before: str, after: str) -> None:
    share = Fraction(after) / Fraction(before)
    old = nbkr_file("2026-05-19", "87.45")
    new = nbkr_file("2026-05-20", som(Fraction("87.45") * share), devalued(share))
    judgement = against(old, new)
    assert judgement.verdict == "accepted"
    assert judgement.rule == "the-files-crosses-stood-still"
    assert "since 2026-05-19; in the same file CNY/USD moved 0.00 %, EUR/USD moved" in judgement.reason


@pytest.mark.parametrize("typo", ["78.5400", "97.4500", "120.0000", "57.4500"])
def test_a_typo_in_the_dollar_moves_the_implied_crosses_and_is_held(typo: str) -> None:
    assert against(nbkr_file("2026-05-19"), nbkr_file("2026-05-20", typo)).verdict == "held"


def test_a_typo_in_a_cross_is_held_and_not_the_dollar() -> None:
    old, new = nbkr_file("2026-05-19"), nbkr_file("2026-05-20", "87.50", {**CROSSES, "EUR": "151.5000"})
    assert against(old, new) == ACCEPTED
    euro, before = new[1], old[1]
    evidence = Evidence(TODAY, None, before, None, dollar_crosses(new), dollar_crosses(old))
    assert judge(euro, evidence) == Judgement("held", "jump", "EUR/KGS moved +49.26 % since 2026-05-19")


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ({"EUR": "100", "CNY": "10"}, {"EUR": "120", "CNY": "12"}, "accepted"),
        ({"EUR": "100", "CNY": "10"}, {"EUR": "123.59", "CNY": "12"}, "accepted"),
        ({"EUR": "100", "CNY": "10"}, {"EUR": "123.60", "CNY": "12"}, "held"),
        ({"EUR": "100"}, {"EUR": "120"}, "held"),
        ({"EUR": "100", "CNY": "10"}, {"EUR": "120"}, "held"),
        ({"EUR": "100", "CNY": "10"}, {"EUR": "120", "RUB": "1.2"}, "held"),
        ({"EUR": "100", "KZT": "0.1"}, {"EUR": "120", "KZT": "0.12"}, "held"),
    ],
)
def test_two_crosses_at_least_must_have_moved_by_less_than_three_percent(
    old: dict[str, str], new: dict[str, str], verdict: str
) -> None:
    before, after = nbkr_file("2026-05-19", "80", old), nbkr_file("2026-05-20", "96", new)
    assert against(before, after).verdict == verdict


@pytest.mark.parametrize(
    ("later", "verdict"),
    [
        ("100", "accepted"),
        ("102.04", "accepted"),
        ("98.04", "accepted"),
        ("102.05", "held"),
        ("98.03", "held"),
    ],
)
def test_the_next_publication_confirms_a_held_one_within_two_percent(later: str, verdict: str) -> None:
    evidence = Evidence(TODAY, None, nbkr("2026-05-19", "80"), nbkr("2026-05-21", later))
    judgement = judge(nbkr("2026-05-20", "100"), evidence)
    assert judgement.verdict == verdict
    if verdict == "accepted":
        assert judgement.rule == "the-next-publication-agrees"
        assert judgement.reason.startswith(
            "KGS/USD moved -20.00 % since 2026-05-19; the publication of 2026-05-21 is "
        )


@pytest.mark.parametrize("said_first", ["98", "102"])
def test_exactly_two_percent_from_the_next_publication_still_agrees(said_first: str) -> None:
    evidence = Evidence(TODAY, None, nbkr("2026-05-19", "80"), nbkr("2026-05-21", "100"))
    assert judge(nbkr("2026-05-20", said_first), evidence).verdict == "accepted"


def test_evidence_never_clears_what_a_rule_refused() -> None:
    before, after = nbkr_file("2026-05-19"), nbkr_file("2026-05-20", "874.5", devalued(Fraction(10)))
    judgement = against(before, after, later=nbkr("2026-05-21", "874.5"))
    assert (judgement.verdict, judgement.rule) == ("rejected", "outside-the-band")


@pytest.mark.fuzz
@given(st.integers(2100, 44000), st.integers(2100, 44000))
def test_a_verdict_is_held_exactly_when_the_move_is_more_than_a_tenth(before: int, after: int) -> None:
    old, new = nbkr("2026-05-19", f"{before / 100:.2f}"), nbkr("2026-05-20", f"{after / 100:.2f}")
    moved = abs(Fraction(before, after) - 1)
    assert judge(new, Evidence(TODAY, None, old)).verdict == (
        "held" if moved > Fraction(1, 10) else "accepted"
    )


# What the rules are told


def test_a_files_crosses_are_dollars_per_one_unit() -> None:
    file = [
        *nbkr_file("2026-05-20", "80", {"EUR": "100", "CNY": "10", "KZT": "0.16"}),
        said(Pair("RUB", "KGS"), "10", nominal=10),
    ]
    assert dollar_crosses(file) == {"EUR": Fraction(5, 4), "CNY": Fraction(1, 8), "RUB": Fraction(1, 80)}


@pytest.mark.parametrize("dollar", ["0,0000", "n/a", ""])
def test_a_file_without_a_dollar_implies_no_crosses(dollar: str) -> None:
    assert dollar_crosses(nbkr_file("2026-05-20", dollar)) == {}
    assert dollar_crosses(nbkr_file("2026-05-20")[1:]) == {}
    assert dollar_crosses([]) == {}


def test_a_row_that_is_no_number_implies_no_cross() -> None:
    file = nbkr_file("2026-05-20", "80", {"EUR": "n/a", "CNY": "0", "RUB": "1"})
    assert dollar_crosses(file) == {"RUB": Fraction(1, 80)}


def test_a_move_is_in_the_direction_of_the_ticker() -> None:
    assert move(nbkr("2026-05-21", "100"), nbkr("2026-05-20", "80")) == Fraction(-1, 5)


@pytest.mark.parametrize(
    ("share", "shown"), [("1/8", "+12.50 %"), ("-1/5", "-20.00 %"), ("0", "0.00 %"), ("-1/100000", "0.00 %")]
)
def test_a_share_is_shown_as_signed_percent(share: str, shown: str) -> None:
    assert percent(Fraction(share)) == shown


def test_the_trail_has_every_rule_up_to_the_one_that_decides() -> None:
    plausible, jumped = nbkr("2026-05-20"), nbkr("2026-05-20", "98.4500")
    earlier = Evidence(TODAY, earlier=nbkr("2026-05-19"))
    refusals = [name_of(rule) for rule in REFUSALS]
    assert [name_of(each.rule) for each in trail(plausible, earlier)] == [*refusals, "jump"]
    assert [name_of(each.rule) for each in trail(jumped, earlier)] == [
        *refusals,
        "jump",
        *map(name_of, RELEASES),
        "two-witnesses-contradict",
    ]
    (*before, last) = trail(nbkr("2026-05-20", "none"), earlier)
    assert [each.reason for each in before] == [None, None]
    assert (name_of(last.rule), last.reason) == ("not-positive", "'none' is no positive number")


def test_every_rule_asks_one_question() -> None:
    jumped = nbkr("2026-05-20", "98.4500")
    for each in trail(jumped, Evidence(TODAY, earlier=nbkr("2026-05-19"))):
        assert each.question.count("?") == 1
        assert each.question.endswith("?")
        assert "\n" not in each.question
