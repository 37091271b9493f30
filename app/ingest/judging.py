"""Judging: the verdict on an observation, and whose verdicts something new puts in question.

A verdict follows from what was said, by its source for the days around and by others for the same days; only
the publication before must be one that was accepted. So verdicts are settled in the order of the days, and
come out the same in whatever order it all arrived.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import date, datetime
from itertools import groupby

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
    waiting = _Waiting(_concerned(writer, catalog, added))
    changed: dict[int, Recorded] = {}
    followed: set[Day] = set()
    for number in waiting:
        recorded = writer.recorded(number)
        if recorded is None or recorded.judgement.rule in FINAL:
            continue
        verdict = judged(writer, catalog, recorded.said, writer.instant)
        if _same(verdict, recorded.judgement):
            continue
        changed[number] = writer.judge(recorded, verdict)
        day = _day(recorded)
        if verdict.verdict != recorded.judgement.verdict and day not in followed:
            followed.add(day)
            waiting.add(_following(writer, day))
    return list(changed.values())


class _Waiting:
    """What is to be judged, in the order of the days; each but once, however often it is added."""

    def __init__(self, recorded: Iterable[Recorded]) -> None:
        self._places: list[tuple[date, datetime, int]] = []
        self._known: set[int] = set()
        self.add(recorded)

    def add(self, recorded: Iterable[Recorded]) -> None:
        """Let these wait, which come after all that did no longer."""
        for each in recorded:
            if each.id not in self._known:
                self._known.add(each.id)
                heapq.heappush(self._places, (each.said.effective_date, each.said.observed_at, each.id))

    def __iter__(self) -> Iterator[int]:
        """The ids, also of what is added meanwhile."""
        while self._places:
            *_, number = heapq.heappop(self._places)
            yield number


Day = tuple[Pair, str, date]
"""A day of one pair from one source: of whatever was said on it, the same follows."""


def _day(recorded: Recorded) -> Day:
    said = recorded.said
    return said.pair, said.source, said.effective_date


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
    spoke = _days(added)
    decreed = any(catalog[source].kind == "peg" for source in spoke)
    first, last = min(days[0] for days in spoke.values()), max(days[-1] for days in spoke.values())
    for each in writer.questioned(earliest(first, REACH), date.max if decreed else latest(last, REACH)):
        if each.id in new or any(_touches(catalog, *one, each.said) for one in spoke.items()):
            yield each
    yield from (each for each in _around(writer, added) if each.id not in new)


def _days(recorded: Iterable[Recorded]) -> dict[str, list[date]]:
    """The days on which each source spoke, in their order."""
    found: dict[str, set[date]] = {}
    for each in recorded:
        found.setdefault(each.said.source, set()).add(each.said.effective_date)
    return {source: sorted(days) for source, days in found.items()}


def _touches(catalog: Catalog, source: str, days: Sequence[date], other: Observation) -> bool:
    """Whether what `source` said on `days` may be evidence on `other`: of the same source for days around, or
    as a witness.
    """
    day, kind = other.effective_date, catalog[source].kind
    if source == other.source:
        return _any_within(days, earliest(day, JUMP_REACH), latest(day, JUMP_REACH))
    if kind == "peg":
        return days[0] <= day
    return kind == "official" and _any_within(days, earliest(day, REACH), latest(day, REACH))


def _any_within(days: Sequence[date], since: date, until: date) -> bool:
    place = bisect_left(days, since)
    return place < len(days) and days[place] <= until


def _around(reader: Reader, added: Iterable[Recorded]) -> Iterator[Recorded]:
    """What came right after what was `added`, and what stands in the file of that which came late, or the
    next.
    """
    files: dict[tuple[str, str, date], set[str]] = {}
    for day, rows in groupby(sorted(added, key=_day), key=_day):
        following = list(_following(reader, day))
        yield from following
        late = [each for each in rows if each.revision or following or each.judgement.rule in FINAL]
        for said in (each.said for each in late):
            printed, file = said.published.pair, (said.source, said.published.pair.quote, said.effective_date)
            files.setdefault(file, set()).add(printed.base)
    for file, bases in files.items():
        yield from _mates(reader, *file, bases)


def _following(reader: Reader, of: Day) -> Iterator[Recorded]:
    """What the same source said next of the same pair, as far as a jump reaches: whole days, for all of a day
    is measured against the day before; up to the first of which something is in force, against which the days
    after it are measured.
    """
    pair, source, day = of
    until = latest(day, JUMP_REACH)
    while found := reader.meant(pair, source, since=after(day), until=until, limit=1):
        day = found[0].said.effective_date
        yield from reader.meant(pair, source, since=day, until=day)
        in_force = list(reader.publications(pair, source, since=day, until=day))
        yield from in_force
        if in_force or day == until:
            return


def _mates(reader: Reader, source: str, local: str, day: date, bases: Set[str]) -> Iterator[Recorded]:
    """The rows of a file, and of the one after it, beside those of `bases` that are of the dollar or a third
    currency. Two of these stand beside each other.
    """
    known = bases & {"USD", *THIRD_CURRENCIES}
    if not known:
        return
    alone = known if len(known) == 1 else set()
    for code in sorted(CURRENCIES.keys() - {local, *alone}):
        yield from reader.meant(
            canonical(Pair(code, local)), source, since=day, until=latest(day, JUMP_REACH), limit=2
        )
