"""Judging: the verdict on an observation, and whose verdicts something new puts in question.

A verdict follows from what was said, by its source for the days around and by others for the same days; only
the publication before must be one that was accepted. So verdicts are settled in the order of the days, and
come out the same in whatever order it all arrived.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from app.domain.observations import Judgement, Observation, Recorded
from app.domain.pairs import CURRENCIES, Pair, canonical
from app.domain.rules import (
    CORRECTED,
    JUMP_REACH,
    OPERATOR,
    REFUSED,
    THIRD_CURRENCIES,
    WITNESS_REACH,
    judge,
)
from app.evidence import after, earliest, evidence, latest
from app.sources.catalog import Catalog
from app.store.base import Reader, Writer

REACH = 2 * WITNESS_REACH + JUMP_REACH
"""How far evidence may stand from what it is on: a witness, the dollar by which it is read, and the one
before that.
"""

FINAL = frozenset({OPERATOR, CORRECTED}) | REFUSED
"""The rules whose verdicts no evidence changes."""


def judged(reader: Reader, catalog: Catalog, said: Observation, now: datetime) -> Judgement:
    """The verdict on an observation, by all that is recorded, at `now`."""
    return judge(said, evidence(reader, catalog, said, now))


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
    until = date.max if decreed else latest(max(days), REACH)
    for each in writer.questioned(earliest(min(days), REACH), until):
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
    return kind == "official" and apart <= REACH


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
