"""Whether to believe an observation: a list of rules, each of which asks one question.

An observation is rejected for good when a rule of REFUSALS objects; held when it jumps without evidence, or
rejected when two witnesses contradict it; and accepted otherwise. A verdict depends on what was said alone,
never on the order in which it came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations

from app.domain.numbers import fixed, plain, significant, significant_digits, trimmed
from app.domain.observations import ACCEPTED, Judgement, Observation, Verdict
from app.domain.pairs import CURRENCIES, Pair, band

NOMINALS = frozenset({1, 10, 100, 1_000, 10_000})
"""The units per which banks print: NBT 1 to 1000, CBT up to 10000."""

MOST_DAYS_AHEAD = 5
"""How far ahead of its source's today a rate may be dated: as far as a Friday's for after a long weekend. The
next publication day by the source's calendar may be further: in March, feasts close banks for a week.
"""

JUMP = Fraction(10, 100)
"""The move against the earlier publication above which an observation waits for evidence."""

JUMP_DIGITS = 2
"""Significant digits that both must have: one step of a page's 0.00008 is an eighth of it."""

JUMP_REACH = timedelta(days=10)
"""How far back the earlier publication may lie for a move to mean anything."""

THIRD_CURRENCIES = frozenset({"EUR", "RUB", "CNY"})
"""The currencies whose dollar rates tell a moved file from a moved row: no local devaluation touches them."""

CROSS_LIMIT = Fraction(3, 100)
"""How little the file's own crosses may have moved to show that every row moved: a typo moves one."""

CROSSES_NEEDED = 2
"""How many crosses must show it: one alone may be the row with the typo."""

CONFIRMED = Fraction(2, 100)
"""How near the source's next publication, or a witness, must be to confirm a held one."""

WITNESS_REACH = timedelta(days=3)
"""How many days before or after a witness may have spoken: banks work on other days."""

WITNESS_DIGITS = 3
"""Significant digits that a witness's rate must have: NBKR prints 0.0072 som for a sum."""

CONDEMNED = Fraction(5, 100)
"""How far from an observation two witnesses must be, that agree with each other, to condemn it."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What another source implies of the same rate: US dollars per 1 unit, on its effective date."""

    source: str
    effective_date: date
    dollars: Fraction


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known around an observation.

    `today` is its source's, `next_day` its next publication day by its calendar. `earlier` is its nearest
    earlier publication of the pair, `later` the next thing it said of it, whatever was thought of that.
    `crosses` are the file's dollar rates of third currencies, `earlier_crosses` those of the file of
    `earlier`: dollars per 1 unit.

    A row of another currency than the dollar is judged by the dollar rate that its file implies: `dollar`,
    `earlier_dollar` and `later_dollar` are the local units per dollar beside each of the three (None: it is
    the dollar's own row, or there is none). `witnesses` are what other banks and decrees imply, one each.
    """

    today: date
    next_day: date | None = None
    earlier: Observation | None = None
    later: Observation | None = None
    crosses: Mapping[str, Fraction] = field(default_factory=dict)
    earlier_crosses: Mapping[str, Fraction] = field(default_factory=dict)
    dollar: Fraction | None = None
    earlier_dollar: Fraction | None = None
    later_dollar: Fraction | None = None
    witnesses: tuple[Witness, ...] = ()


PREMATURE = "too-far-ahead"
"""The one refusal that time may undo: its own rule's name."""

OPERATOR = "operator"
"""The rule of a verdict that a person gave. No other overrides it."""

CORRECTED = "corrected"
"""The rule by which a held value is refused that its source has replaced."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: `reason` is its yes, in a sentence with the numbers; None is its no."""

    rule: Rule
    reason: str | None

    @property
    def question(self) -> str:
        """What the rule asks."""
        asked, mark, _ = " ".join((self.rule.__doc__ or "").split()).partition("?")
        return asked + mark if mark else name_of(self.rule)


def trail(observation: Observation, evidence: Evidence) -> Iterator[Finding]:
    """What each rule finds, in their order, up to the one that decides."""
    for rule in REFUSALS:
        found = Finding(rule, rule(observation, evidence))
        yield found
        if found.reason:
            return
    jumped = Finding(jump, jump(observation, evidence))
    yield jumped
    if jumped.reason is None:
        return
    for rule in (*RELEASES, two_witnesses_contradict):
        found = Finding(rule, rule(observation, evidence))
        yield found
        if found.reason:
            return


def judge(observation: Observation, evidence: Evidence) -> Judgement:
    """The verdict on `observation` in the light of `evidence`."""
    found = list(trail(observation, evidence))
    last, jumped = found[-1], next((each.reason for each in found if each.rule is jump), None)
    if last.rule is jump:
        return ACCEPTED
    if last.reason is None:
        return Judgement("held", name_of(jump), jumped or "")
    verdict: Verdict = "accepted" if last.rule in RELEASES else "rejected"
    return Judgement(verdict, name_of(last.rule), f"{jumped}; {last.reason}" if jumped else last.reason)


def name_of(rule: Rule) -> str:
    """A rule as judgements name it."""
    return rule.__name__.replace("_", "-")


def unknown_currency(observation: Observation, evidence: Evidence) -> str | None:
    """Is a side of the pair a currency that we know nothing of, or are both sides the same?"""
    pair = observation.published.pair
    unknown = sorted({pair.base, pair.quote} - CURRENCIES.keys())
    if unknown:
        return f"{' and '.join(unknown)} in {pair} is no currency known here"
    return f"{pair} has one currency on both sides" if pair.base == pair.quote else None


def unknown_nominal(observation: Observation, evidence: Evidence) -> str | None:
    """Is the nominal none that banks use?"""
    nominal = observation.published.nominal
    return None if nominal in NOMINALS else f"nominal {nominal} is none of {sorted(NOMINALS)}"


def not_positive(observation: Observation, evidence: Evidence) -> str | None:
    """Is the value no positive number?"""
    published = observation.published
    return None if published.positive else f"{published.value!r} is no positive number"


def before_the_currency(observation: Observation, evidence: Evidence) -> str | None:
    """Is it dated before one of its currencies existed?"""
    for code in (observation.published.pair.base, observation.published.pair.quote):
        since = CURRENCIES[code].since
        if observation.effective_date < since:
            return f"dated {observation.effective_date}, but {code} exists since {since}"
    return None


def too_far_ahead(observation: Observation, evidence: Evidence) -> str | None:
    """Is it dated further ahead than any bank publishes?"""
    furthest = evidence.today + timedelta(days=MOST_DAYS_AHEAD)
    if observation.effective_date <= max(furthest, evidence.next_day or furthest):
        return None
    return f"dated {observation.effective_date}, more than {MOST_DAYS_AHEAD} days after {evidence.today}"


def outside_the_band(observation: Observation, evidence: Evidence) -> str | None:
    """Is the rate outside what was ever plausible in that period?"""
    per_dollar = observation.pair.inverse
    limits = band(per_dollar, observation.effective_date)
    if limits is None:
        return None
    rate = observation.published.exact(per_dollar)
    if limits.low <= rate <= limits.high:
        return None
    said, low, high = map(trimmed, (observation.published.rate(per_dollar), limits.low, limits.high))
    return f"{per_dollar} {said} is outside {low} to {high}, plausible since {limits.since}"


def jump(observation: Observation, evidence: Evidence) -> str | None:
    """Did it move by more than a tenth since the source's earlier publication, if there is a recent one?"""
    earlier = evidence.earlier
    if earlier is None or observation.effective_date - earlier.effective_date > JUMP_REACH:
        return None
    if min(significant_digits(each.published.value) for each in (observation, earlier)) < JUMP_DIGITS:
        return None
    # A cross moves as printed with the local currency, and in dollars with a misprint of the dollar's row:
    # only a misprint of its own moves both.
    moved = move(observation, earlier)
    implied = move(observation, earlier, evidence.dollar, evidence.earlier_dollar)
    if min(abs(moved), abs(implied)) <= JUMP:
        return None
    return f"{observation.pair} moved {percent(moved)} since {earlier.effective_date}"


def is_dollars(observation: Observation) -> bool:
    """Whether it is a rate against the dollar itself, and no cross."""
    return "USD" in (observation.pair.base, observation.pair.quote)


def the_files_crosses_stood_still(observation: Observation, evidence: Evidence) -> str | None:
    """Did the dollar rates of third currencies, as the file implies them, hardly move? A typo in the dollar's
    row moves them; of any other row they say nothing.
    """
    moves = {
        code: evidence.crosses[code] / evidence.earlier_crosses[code] - 1
        for code in sorted(evidence.crosses.keys() & evidence.earlier_crosses.keys())
    }
    few = len(moves) < CROSSES_NEEDED or any(abs(moved) >= CROSS_LIMIT for moved in moves.values())
    if few or not is_dollars(observation):
        return None
    each = (f"{code}/USD moved {percent(moved)}" for code, moved in moves.items())
    return f"in the same file {', '.join(each)}"


def the_next_publication_agrees(observation: Observation, evidence: Evidence) -> str | None:
    """Did the source say nearly the same again on a later day?"""
    later = evidence.later
    if later is None:
        return None
    moved = move(later, observation, evidence.later_dollar, evidence.dollar)
    if abs(moved) > CONFIRMED:
        return None
    return f"the publication of {later.effective_date} is {percent(moved)} from it"


def a_witness_agrees(observation: Observation, evidence: Evidence) -> str | None:
    """Does another bank imply nearly the same at the time?"""
    implied = dollars(observation, evidence.dollar)
    for witness in evidence.witnesses:
        if implied and abs(off := witness.dollars / implied - 1) <= CONFIRMED:
            return f"{witness.source} implies for {witness.effective_date} what is {percent(off)} from it"
    return None


def two_witnesses_contradict(observation: Observation, evidence: Evidence) -> str | None:
    """Do two others agree with each other, and not at all with it?"""
    implied = dollars(observation, evidence.dollar)
    against = [each for each in evidence.witnesses if implied and abs(each.dollars / implied - 1) > CONDEMNED]
    for one, other in combinations(against, 2):
        if abs(one.dollars / other.dollars - 1) <= CONFIRMED:
            said = (f"{each.source} implies {shown(each.dollars)}" for each in (one, other))
            return f"it implies {shown(implied)} dollars, but {' and '.join(said)}"
    return None


def dollars(observation: Observation, dollar: Fraction | None) -> Fraction | None:
    """US dollars per 1 unit of what an observation is about: its own rate, or by `dollar`, the local units
    per dollar beside it. None where that is not known.
    """
    if is_dollars(observation):
        return observation.published.exact(observation.pair)
    return observation.published.exact(observation.published.pair) / dollar if dollar else None


def move(
    observation: Observation,
    earlier: Observation,
    dollar: Fraction | None = None,
    earlier_dollar: Fraction | None = None,
) -> Fraction:
    """How far `observation` is from `earlier`, as a share of it: in dollars where both can be told so, else
    as printed.
    """
    now, before = dollars(observation, dollar), dollars(earlier, earlier_dollar)
    if now is None or before is None:
        return observation.published.exact(observation.pair) / earlier.published.exact(observation.pair) - 1
    return now / before - 1


def shown(rate: Fraction | None) -> str:
    """A rate for people, with six digits."""
    return trimmed(significant(rate, 6)) if rate else "no"


def percent(share: Fraction) -> str:
    """A share as signed percent with two decimals, for people: `+12.50 %`."""
    shown = fixed(share * 100, 2)
    return f"{'+' if shown > 0 else ''}{plain(shown)} %"


def dollar_crosses(file: Iterable[Observation]) -> dict[str, Fraction]:
    """The dollars per 1 unit of each third currency that a bank's file implies: its EUR row by its USD row.

    A row without a positive rate, which will be refused, implies nothing.
    """
    printed = [observation.published for observation in file if observation.published.positive]
    rates = {each.pair: each.exact(each.pair) for each in printed}
    return {
        pair.base: rate / rates[Pair("USD", pair.quote)]
        for pair, rate in rates.items()
        if pair.base in THIRD_CURRENCIES and Pair("USD", pair.quote) in rates
    }


Rule = Callable[[Observation, Evidence], str | None]

REFUSALS: tuple[Rule, ...] = (
    unknown_currency,
    unknown_nominal,
    not_positive,
    before_the_currency,
    too_far_ahead,
    outside_the_band,
)
"""The rules whose objection is final, in the order in which each may rely on those before it."""

RELEASES: tuple[Rule, ...] = (
    the_files_crosses_stood_still,
    a_witness_agrees,
    the_next_publication_agrees,
)
"""The evidence that clears a jump."""

REFUSED = frozenset(map(name_of, REFUSALS))
"""The names of the rules that look at nothing but the observation: what they refuse is no evidence."""

UNMEANT = REFUSED | {CORRECTED}
"""The rules whose word is that a source does not mean, or no longer means, what it said."""
