"""Judging: what the record tells about an observation, and whose verdicts something new puts in question.

A verdict follows from what was said, by its source for the days around and by others for the same days; only
the publication before must be one that was accepted. So verdicts are settled in the order of the days, and
come out the same in whatever order it all arrived.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from app.domain.calendar import day_of
from app.domain.numbers import significant_digits
from app.domain.observations import Judgement, Observation, Recorded
from app.domain.pairs import CURRENCIES, Pair, canonical
from app.domain.rules import (
    CORRECTED,
    JUMP_REACH,
    OPERATOR,
    REFUSED,
    THIRD_CURRENCIES,
    WITNESS_DIGITS,
    WITNESS_REACH,
    Evidence,
    Witness,
    dollar_crosses,
    dollars,
    is_dollars,
    judge,
    jump,
)
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader, Writer

ONE_DAY = timedelta(days=1)
FINAL = frozenset({OPERATOR, CORRECTED}) | REFUSED
"""The rules whose verdicts no evidence changes."""


def judged(reader: Reader, catalog: Catalog, said: Observation, now: datetime) -> Judgement:
    """The verdict on an observation, by all that is recorded, at `now`."""
    return judge(said, evidence(reader, catalog, said, now))


def evidence(reader: Reader, catalog: Catalog, said: Observation, now: datetime) -> Evidence:
    """What the record tells about an observation. What clears a jump is looked for only if it jumped."""
    calendar = catalog[said.source].calendar
    today, day = day_of(now, calendar.zone), said.effective_date
    earlier = reader.newest(said.pair, said.source, until=before(day))
    known = Evidence(today, calendar.next_day(today), earlier.said if earlier else None)
    if earlier is None or not said.published.positive:
        return known
    known = replace(known, dollar=_dollar(reader, said), earlier_dollar=_dollar(reader, earlier.said))
    if jump(said, known) is None:
        return known
    later = next(iter(reader.meant(said.pair, said.source, since=after(day), until=date.max, limit=1)), None)
    return replace(
        known,
        later=later.said if later else None,
        later_dollar=_dollar(reader, later.said) if later else None,
        crosses=dollar_crosses(_file(reader, said)),
        earlier_crosses=dollar_crosses(_file(reader, earlier.said)),
        witnesses=tuple(_witnesses(reader, catalog, said)),
    )


def settle(writer: Writer, catalog: Catalog, added: Sequence[Recorded]) -> list[Recorded]:
    """Judge again, in the order of the days, what `added` may have changed the verdict of, and what that
    changes; returns what has another verdict now.
    """
    waiting = [_place(each) for each in _concerned(writer, catalog, added)]
    heapq.heapify(waiting)
    changed: dict[int, Recorded] = {}
    while waiting:
        *_, number = heapq.heappop(waiting)
        recorded = writer.recorded(number)
        if recorded is None or recorded.judgement.rule in FINAL:
            continue
        verdict = judged(writer, catalog, recorded.said, writer.instant)
        if _same(verdict, recorded.judgement):
            continue
        changed[number] = writer.judge(recorded, verdict)
        if verdict.verdict != recorded.judgement.verdict:
            for following in _following(writer, recorded.said):
                heapq.heappush(waiting, _place(following))
    return list(changed.values())


Place = tuple[date, datetime, int]


def _place(recorded: Recorded) -> Place:
    return recorded.said.effective_date, recorded.said.observed_at, recorded.id


def _same(verdict: Judgement, before: Judgement) -> bool:
    """Whether nothing new is said: a held value alone is shown with its reason."""
    same = (verdict.verdict, verdict.rule) == (before.verdict, before.rule)
    return same and (verdict.verdict != "held" or verdict.reason == before.reason)


def _concerned(writer: Writer, catalog: Catalog, added: Sequence[Recorded]) -> Iterator[Recorded]:
    """Whose verdict what was `added` may change: what came right after it, what stands in the same file or
    the next, and all that was in question at the time; itself, where it was judged before its file was whole.
    """
    if not added:
        return
    new = {each.id for each in added}
    days = [each.said.effective_date for each in added]
    decreed = any(catalog[each.said.source].kind == "peg" for each in added)
    until = date.max if decreed else latest(max(days), JUMP_REACH)
    for each in writer.questioned(earliest(min(days), JUMP_REACH), until):
        if each.id in new or any(_touches(catalog, one.said, each.said) for one in added):
            yield each
    for each in added:
        following = list(_following(writer, each.said))
        late = each.revision or following or each.judgement.rule in FINAL
        mates = _mates(writer, each.said) if late else ()
        yield from (other for other in (*following, *mates) if other.id not in new)


def _touches(catalog: Catalog, new: Observation, other: Observation) -> bool:
    """Whether `new` may be evidence on `other`: of the same source for days around, or as a witness."""
    apart, kind = abs(new.effective_date - other.effective_date), catalog[new.source].kind
    if new.source == other.source:
        return apart <= JUMP_REACH
    if kind == "peg":
        return new.effective_date <= other.effective_date
    # A witness stands so far away at most, and the dollar by which it is read as far before it.
    return kind == "official" and apart <= 2 * WITNESS_REACH


def _following(reader: Reader, said: Observation) -> Iterator[Recorded]:
    """What the same source said next of the same pair, as far as a jump reaches: up to the first that is
    accepted, from which on all is measured against that.
    """
    day, until = said.effective_date, latest(said.effective_date, JUMP_REACH)
    while found := reader.meant(said.pair, said.source, since=after(day), until=until, limit=1):
        yield from found
        day = found[0].said.effective_date
        if found[0].accepted or day == until:
            return
        yield from reader.publications(said.pair, said.source, since=day, until=day)


def _mates(reader: Reader, said: Observation) -> Iterator[Recorded]:
    """The other rows of the same file, and of the one after it, of a dollar or a third currency."""
    base, local = said.published.pair.base, said.published.pair.quote
    if base not in {"USD", *THIRD_CURRENCIES}:
        return
    day = said.effective_date
    for code in sorted(CURRENCIES.keys() - {base, local}):
        yield from reader.meant(
            canonical(Pair(code, local)), said.source, since=day, until=latest(day, JUMP_REACH), limit=2
        )


def _file(reader: Reader, said: Observation) -> list[Observation]:
    """The rows of the file in which a bank said it: the dollar and the third currencies, as it said them last
    for that day. Whatever their verdict, since a devaluation makes every row of it jump.
    """
    local, day = said.published.pair.quote, said.effective_date
    codes = [code for code in ("USD", *sorted(THIRD_CURRENCIES)) if code != local]
    found = (
        reader.meant(canonical(Pair(code, local)), said.source, since=day, until=day, limit=1)
        for code in codes
    )
    return [each.said for rows in found for each in rows]


def _dollar(reader: Reader, said: Observation) -> Fraction | None:
    """The local units per dollar beside a row of another currency: in its file, or in the source's last
    before it. None for the dollar's own row, and where there is none.
    """
    return None if is_dollars(said) else _dollar_on(reader, said.source, said.published.pair.quote, said)


def _dollar_on(reader: Reader, source: str, local: str, said: Observation) -> Fraction | None:
    day = said.effective_date
    pair = canonical(Pair("USD", local))
    found = reader.meant(pair, source, since=earliest(day, WITNESS_REACH), until=day)
    return 1 / found[-1].said.published.exact(pair) if found else None


def _witnesses(reader: Reader, catalog: Catalog, said: Observation) -> Iterator[Witness]:
    """What other banks, and decrees, imply of the same currency in dollars at the time: one each."""
    code = said.pair.base if said.pair.quote == "USD" else said.published.pair.base
    for source in catalog.sources:
        if source.key != said.source and (witness := _witness(reader, source, code, said.effective_date)):
            yield witness


def _witness(reader: Reader, source: Source, code: str, day: date) -> Witness | None:
    if source.kind == "peg":
        pegged = reader.newest(Pair(code, "USD"), source.key, until=day)
        return _told(reader, pegged.said, day) if pegged else None
    if source.kind != "official":
        return None
    local = source.pairs[0].base
    pair = Pair(code, "USD") if code == local else canonical(Pair(code, local))
    around = reader.meant(
        pair, source.key, since=earliest(day, WITNESS_REACH), until=latest(day, WITNESS_REACH)
    )
    nearest = min(around, key=lambda each: abs(each.said.effective_date - day), default=None)
    return _told(reader, nearest.said, nearest.said.effective_date) if nearest else None


def _told(reader: Reader, said: Observation, day: date) -> Witness | None:
    """What a row implies in dollars; None where it has too few digits, or no dollar stands beside it."""
    implied = dollars(said, _dollar(reader, said))
    if implied is None or (
        not is_dollars(said) and significant_digits(said.published.value) < WITNESS_DIGITS
    ):
        return None
    return Witness(said.source, day, implied)


def before(day: date) -> date:
    """The day before, or the first there is."""
    return earliest(day, ONE_DAY)


def after(day: date) -> date:
    """The day after, or the last there is."""
    return latest(day, ONE_DAY)


def earliest(day: date, reach: timedelta) -> date:
    """The day so long before, or the first there is."""
    return day - reach if day - date.min >= reach else date.min


def latest(day: date, reach: timedelta) -> date:
    """The day so long after, or the last there is."""
    return day + reach if date.max - day >= reach else date.max
