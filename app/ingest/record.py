"""Recording: from observations to rows, verdicts and ticks, in one transaction.

`record` and `advance` are the whole of it, called alike by the poller, imports and tests. Whatever happens by
the clock alone is written first, with what was known then, so that a late run leaves the same ticks as a
punctual one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from app.domain.answers import LastError
from app.domain.calendar import day_of
from app.domain.change import change
from app.domain.errors import SourceError
from app.domain.headline import headline, turns
from app.domain.observations import Observation, Recorded
from app.domain.pairs import TICKER, Pair, in_ticker_order
from app.domain.rules import THIRD_CURRENCIES, Evidence, dollar_crosses, judge
from app.domain.ticks import Moment, Tick, next_tick
from app.sources.catalog import Catalog
from app.store.base import Reader, Store, Writer, candidates

ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Recording:
    """What became of the observations handed in.

    `recorded` are the new rows, whatever their verdict; `repeated` counts what was recorded before, `carried`
    repeats on days on which the source does not publish; `released` are rows held earlier that are accepted
    now. `version` and `seq` are the store's afterwards.
    """

    recorded: list[Recorded] = field(default_factory=list)
    released: list[Recorded] = field(default_factory=list)
    repeated: int = 0
    carried: int = 0
    ticks: list[Tick] = field(default_factory=list)
    version: int = 0
    seq: int = 0

    def of(self, verdict: str) -> list[Recorded]:
        """The new rows with this verdict."""
        return [each for each in self.recorded if each.judgement.verdict == verdict]


def record(store: Store, catalog: Catalog, observations: Iterable[Observation], now: datetime) -> Recording:
    """Record what sources said, judge it, and write the ticks that follow from it. All of it or, when it
    raises, nothing.

    Each source that said something is confirmed: it answered at `now`.
    """
    said = sorted(observations, key=lambda each: (each.effective_date, each.observed_at, each.source))
    outcome = Recording()
    with store.write(now) as writer:
        outcome.ticks += _take_turns(writer, catalog, now)
        for observation in said:
            _take(writer, catalog, observation, said, now, outcome)
        changed = in_ticker_order(each.said.pair for each in (*outcome.recorded, *outcome.released))
        outcome.ticks += _follow(writer, catalog, changed, Moment(now, writer.instant))
        for source in sorted({each.source for each in said}):
            writer.confirm(source, now)
        outcome.version, outcome.seq = writer.counter().version, writer.seq
    return outcome


def advance(store: Store, catalog: Catalog, now: datetime) -> list[Tick]:
    """Write the ticks of the turns up to `now` that nobody wrote yet, and of an order of authority that
    was changed since; returns them.
    """
    with store.write(now) as writer:
        return [
            *_take_turns(writer, catalog, now),
            *_follow(writer, catalog, TICKER, Moment(now, writer.instant)),
        ]


def next_turn(reader: Reader, catalog: Catalog, now: datetime) -> datetime:
    """The next instant at which `advance` may have something to write: at most two days ahead."""
    return min(_turns(reader, catalog, now, now + 2 * ONE_DAY), default=now + 2 * ONE_DAY)


def is_repeat(reader: Reader, said: Observation) -> bool:
    """Whether recording `said` would add nothing, since its source has said it before."""
    return _repeats(said, _revisions(reader, said))


def confirm(store: Store, source: str, now: datetime) -> None:
    """Note that `source` answered at `now` that nothing changed."""
    with store.write(now) as writer:
        writer.confirm(source, now)


def fail(store: Store, error: SourceError, now: datetime) -> None:
    """Note that asking a source failed at `now`."""
    with store.write(now) as writer:
        writer.fail(error.source, LastError(now, error.type, str(error)))


def _take(
    writer: Writer,
    catalog: Catalog,
    said: Observation,
    file: Sequence[Observation],
    now: datetime,
    outcome: Recording,
) -> None:
    """Record one observation, unless it is a repeat or a carry, and judge again what is held."""
    revisions = _revisions(writer, said)
    if _repeats(said, revisions):
        outcome.repeated += 1
        return
    calendar = catalog[said.source].calendar
    held = writer.doubts("held", source=said.source, pair=said.pair)
    if not revisions and not calendar.publishes(said.effective_date) and _carries(writer, said, held):
        outcome.carried += 1
        return
    today = day_of(now, calendar.zone)
    added = writer.add(said, len(revisions), judge(said, _evidence(writer, said, today, file)))
    outcome.recorded.append(added)
    if added.judgement.verdict != "rejected":
        outcome.released += _judge_again(writer, [*held, added], today, file)


def _revisions(reader: Reader, said: Observation) -> list[Recorded]:
    return reader.revisions(said.pair, said.source, said.effective_date, said.observed_at)


def _repeats(said: Observation, revisions: Sequence[Recorded]) -> bool:
    """Whether this is what is in force for its day, or was refused or held since: the newest word, said
    again.
    """
    in_force = max((each.revision for each in revisions if each.accepted_in is not None), default=-1)
    return any(each.said.same_value(said) for each in revisions if each.revision >= in_force)


def _carries(reader: Reader, said: Observation, held: Sequence[Recorded]) -> bool:
    """Whether this repeats the value before it, be that in force or still in doubt: a typo repeated on a
    Sunday is no confirmation.
    """
    before = [each.said for each in held if each.said.effective_date < said.effective_date]
    newest = reader.newest(said.pair, said.source, until=_day_before(said.effective_date))
    before += [newest.said] if newest else []
    return bool(before) and max(before, key=lambda each: each.effective_date).same_value(said)


def _judge_again(
    writer: Writer, held: Sequence[Recorded], today: date, file: Sequence[Observation]
) -> list[Recorded]:
    """Release, oldest first, what the evidence now clears; each release may be the evidence for the next."""
    released: list[Recorded] = []
    for each in sorted(held, key=lambda each: each.said.effective_date):
        if each.judgement.verdict != "held":
            continue
        judgement = judge(each.said, _evidence(writer, each.said, today, file))
        if judgement.verdict == "accepted":
            released.append(writer.judge(each, judgement))
    return released


def _evidence(reader: Reader, said: Observation, today: date, file: Sequence[Observation]) -> Evidence:
    """What the record and the file at hand tell about an observation."""
    earlier = reader.newest(said.pair, said.source, until=_day_before(said.effective_date))
    later = reader.following(said.pair, said.source, said.effective_date)
    same_day = [
        each for each in file if (each.source, each.effective_date) == (said.source, said.effective_date)
    ]
    return Evidence(
        today,
        earlier.said if earlier else None,
        later.said if later else None,
        dollar_crosses(same_day),
        _recorded_crosses(reader, earlier.said) if earlier else {},
    )


def _recorded_crosses(reader: Reader, dollar_row: Observation) -> dict[str, Fraction]:
    """The dollar rates of third currencies that the recorded file of `dollar_row` implies; none when it is
    not per dollar.
    """
    published = dollar_row.published.pair
    if published.base != "USD":
        return {}
    rows = [
        reader.newest(Pair(code, published.quote), dollar_row.source, until=dollar_row.effective_date)
        for code in THIRD_CURRENCIES
    ]
    same_day = [row.said for row in rows if row and row.said.effective_date == dollar_row.effective_date]
    return dollar_crosses([dollar_row, *same_day])


def _turns(reader: Reader, catalog: Catalog, since: datetime, until: datetime) -> list[datetime]:
    newest = [
        (source.calendar, recorded.said.effective_date)
        for pair in TICKER
        for source in catalog.order(pair)
        if (recorded := reader.newest(pair, source.key))
    ]
    return turns(newest, since, until)


def _take_turns(writer: Writer, catalog: Catalog, now: datetime) -> list[Tick]:
    """Write the ticks of the turns since the last version. Before it they were written, for knowledge
    changes only with a version.
    """
    since = writer.counter().recorded_at
    if since is None:
        return []
    return [
        tick
        for instant in _turns(writer, catalog, since, now)
        for tick in _follow(writer, catalog, TICKER, Moment(instant, writer.instant, turn=True))
    ]


def _follow(writer: Writer, catalog: Catalog, pairs: Iterable[Pair], moment: Moment) -> list[Tick]:
    """Write the tick of each of `pairs` whose headline is another one at `moment` than in its last tick."""
    written: list[Tick] = []
    for pair in pairs:
        order = catalog.order(pair)
        days = {source.key: day_of(moment.at, source.calendar.zone) for source in order}
        chosen = headline(candidates(writer, pair, days), order, moment.at)
        if chosen is None or pair not in TICKER:
            continue
        said = chosen.standing.recorded.said
        earlier = writer.newest(pair, chosen.source, until=_day_before(said.effective_date))
        moved = change(pair, said, earlier.said if earlier else None, chosen.voice.kind)
        tick = next_tick(
            writer.last_tick(pair), chosen, moved, moment, seq=writer.seq + 1, version=writer.version
        )
        if tick:
            writer.append(tick)
            written.append(tick)
    return written


def _day_before(day: date) -> date:
    return day - ONE_DAY if day > date.min else day
