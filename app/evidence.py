"""Evidence: what the record tells about an observation, whoever asks: recording, to judge it, or a reader, to
see why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from app.domain.calendar import Calendar, day_of
from app.domain.numbers import significant_digits
from app.domain.observations import Observation
from app.domain.pairs import Pair, canonical
from app.domain.rules import (
    JUMP,
    JUMP_REACH,
    THIRD_CURRENCIES,
    WITNESS_DIGITS,
    WITNESS_REACH,
    Evidence,
    Witness,
    dollar_crosses,
    dollars,
    is_dollars,
    jump,
    move,
)
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Reader

ONE_DAY = timedelta(days=1)


def evidence(reader: Reader, catalog: Catalog, said: Observation, now: datetime) -> Evidence:
    """What the record tells about an observation. What clears a jump is looked for only if it jumped."""
    calendar = catalog[said.source].calendar
    today, day = day_of(now, calendar.zone), said.effective_date
    earlier = reader.newest(said.pair, said.source, until=before(day))
    known = Evidence(today, calendar.next_day(today), earlier.said if earlier else None)
    if earlier is None or not said.published.positive:
        return known
    dollar, earlier_dollar = dollar_beside(reader, said), dollar_beside(reader, earlier.said)
    known = replace(known, dollar=dollar, earlier_dollar=earlier_dollar)
    if jump(said, known) is None:
        return known
    later = _confirmation(reader, calendar, said)
    return replace(
        known,
        later=later,
        later_dollar=dollar_beside(reader, later) if later else None,
        crosses=dollar_crosses(_file(reader, said)),
        earlier_crosses=dollar_crosses(_file(reader, earlier.said)),
        witnesses=tuple(witnesses(reader, catalog, said)),
    )


def _confirmation(reader: Reader, calendar: Calendar, said: Observation) -> Observation | None:
    """What the source said next, as far as a jump reaches. The same value again says something only on a day
    of publication, in a file that is another one: a server goes on with what it has.
    """
    for later in _said_after(reader, said):
        again = later.same_value(said)
        if not again or (calendar.publishes(later.effective_date) and not _same_file(reader, said, later)):
            return later
    return None


def _said_after(reader: Reader, said: Observation) -> Iterator[Observation]:
    """What its source said of later days, as far as a jump reaches. The first few mostly do, where a source
    that speaks every minute has said thousands.
    """
    since, until = after(said.effective_date), latest(said.effective_date, JUMP_REACH)
    given, limit = 0, 1
    while True:
        found = reader.meant(said.pair, said.source, since=since, until=until, limit=limit)
        yield from (each.said for each in found[given:])
        if len(found) < limit:
            return
        given, limit = limit, 4 * limit


def _same_file(reader: Reader, said: Observation, later: Observation) -> bool:
    """Whether the third currencies stand in both files with the same values."""
    before, now = (
        {row.published.pair: row.published.exact(row.published.pair) for row in _file(reader, each)[1:]}
        for each in (said, later)
    )
    return bool(now) and now == before


def _file(reader: Reader, said: Observation) -> list[Observation]:
    """The rows of the file in which a bank said it: itself, the dollar and the third currencies, as it said
    them last for that day. Whatever their verdict, since a devaluation makes every row of it jump.
    """
    local, day = said.published.pair.quote, said.effective_date
    codes = [code for code in ("USD", *sorted(THIRD_CURRENCIES)) if code != local]
    found = (
        reader.meant(canonical(Pair(code, local)), said.source, since=day, until=day, limit=1)
        for code in codes
    )
    return [said, *(each.said for rows in found for each in rows if each.said.pair != said.pair)]


def dollar_beside(reader: Reader, said: Observation) -> Fraction | None:
    """The local units per dollar beside a row of another currency: in its file, or in the source's last
    before it. None for the dollar's own row, and where there is none.
    """
    return None if is_dollars(said) else _dollar_on(reader, said.source, said.published.pair.quote, said)


def _dollar_on(reader: Reader, source: str, local: str, said: Observation) -> Fraction | None:
    day = said.effective_date
    pair = canonical(Pair("USD", local))
    found = reader.meant(pair, source, since=earliest(day, WITNESS_REACH), until=day)
    return 1 / found[-1].said.published.exact(pair) if found else None


def witnesses(reader: Reader, catalog: Catalog, said: Observation) -> Iterator[Witness]:
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
    if nearest is None or _jumped(reader, source, local, nearest.said.effective_date):
        return None
    return _told(reader, nearest.said, nearest.said.effective_date)


def _jumped(reader: Reader, source: Source, local: str, day: date) -> bool:
    """Whether the dollar by which a bank's file is read had just jumped: such a file is in question itself,
    and two banks that mix up the same rows on the same day must not vouch for each other.
    """
    pair = canonical(Pair("USD", local))
    said = reader.meant(pair, source.key, since=earliest(day, WITNESS_REACH + JUMP_REACH), until=day)
    return len(said) > 1 and abs(move(said[-1].said, said[-2].said)) > JUMP


def _told(reader: Reader, said: Observation, day: date) -> Witness | None:
    """What a row implies in dollars; None where it has too few digits, or no dollar stands beside it."""
    implied = dollars(said, dollar_beside(reader, said))
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
