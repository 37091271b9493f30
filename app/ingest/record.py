"""Recording: from observations to rows, verdicts and ticks, in one transaction.

`record` and `advance` are the whole of it, called alike by the poller, imports and tests; and `accept` and
`reject` for a person who knows better. Whatever happens by
the clock alone is written first, with what was known then, so that a late run leaves the same ticks as a
punctual one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby, repeat
from operator import attrgetter

from app.domain.answers import LastError
from app.domain.calendar import SO_OFTEN, day_of, recurring, skipped
from app.domain.change import change
from app.domain.errors import BadParameter, SourceError
from app.domain.headline import headline, turns
from app.domain.observations import Judgement, Observation, Recorded
from app.domain.pairs import TICKER, Pair, canonical, in_ticker_order
from app.domain.rules import CORRECTED, OPERATOR, PREMATURE, THIRD_CURRENCIES, is_dollars
from app.domain.ticks import Moment, Tick, next_tick
from app.evidence import before
from app.ingest.days import keep_days, may_be_dropped
from app.ingest.judging import judged, settle
from app.sources.catalog import Catalog
from app.store.base import Reader, Store, Writer, candidates

ONE_DAY = timedelta(days=1)
A_YEAR = 366

NOT_TOLD = -1
"""The revision of what is said now: the next."""


@dataclass(slots=True)
class Recording:
    """What became of the observations handed in.

    `recorded` are the new rows, whatever their verdict; `repeated` counts what was recorded before, `carried`
    repeats on days on which the source does not publish, or of a whole file; `premature` what is refused as
    dated too far ahead. `refused` are the sources and days whose own rate is rejected, now or before;
    `released` are rows recorded earlier that are accepted now, `withdrawn` those that no longer are.
    `corrected` are rows held until now that their source has replaced. `standing` is what was handed in and
    repeated, but is held or rejected, with that verdict. `version` and `seq` are the store's
    afterwards.
    """

    recorded: list[Recorded] = field(default_factory=list)
    released: list[Recorded] = field(default_factory=list)
    withdrawn: list[Recorded] = field(default_factory=list)
    corrected: list[Recorded] = field(default_factory=list)
    standing: list[tuple[Observation, Judgement]] = field(default_factory=list)
    repeated: int = 0
    carried: int = 0
    premature: int = 0
    refused: set[tuple[str, date]] = field(default_factory=set)
    ticks: list[Tick] = field(default_factory=list)
    version: int = 0
    seq: int = 0

    def of(self, verdict: str) -> list[Recorded]:
        """The new rows with this verdict."""
        return [each for each in self.recorded if each.judgement.verdict == verdict]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The effective dates, both ends included, about which a source has answered all that it has. None when
    `until` is before `since`: of today and later nothing is final.
    """

    source: str
    since: date
    until: date


def record(
    store: Store,
    catalog: Catalog,
    observations: Iterable[Observation],
    now: datetime,
    *,
    covers: Iterable[Coverage] | None = None,
    bodies: Mapping[str, bytes] | None = None,
) -> Recording:
    """Record what sources said, judge it, and write the ticks that follow from it. All of it or, when it
    raises, nothing.

    Each source that said something is confirmed: it answered at `now`; but not by an answer about the past,
    which `covers` days. Of `bodies`, by digest, those are kept from which something was recorded, whatever
    its verdict.
    """
    said = sorted(observations, key=lambda each: (each.effective_date, each.source, each.observed_at))
    known = catalog

    def work(writer: Writer) -> Recording:
        outcome = Recording()
        catalog = known.closing(writer.closures())
        outcome.ticks += take_turns(writer, catalog)
        for _, file in groupby(said, key=attrgetter("effective_date", "source")):
            take_file(writer, catalog, list(file), outcome)
        _keep(writer, outcome.recorded, bodies or {})
        conclude(writer, catalog, outcome)
        for each in covers or ():
            _cover(writer, each, outcome.refused)
        if covers is None:
            for source in sorted({each.source for each in said}):
                writer.confirm(source, now)
        return outcome

    return store.transact(now, work)


def conclude(writer: Writer, catalog: Catalog, outcome: Recording, pairs: Iterable[Pair] = ()) -> None:
    """What follows from all that was taken: verdicts on whatever it is evidence on, the days that it tells to
    be holidays, and the ticks of its pairs, of which `pairs` are more.
    """
    _settle(writer, catalog, outcome)
    catalog = _learn(writer, catalog, outcome)
    moved = (*outcome.recorded, *outcome.released, *outcome.withdrawn)
    keep_days(writer, catalog, moved)
    changed = in_ticker_order([*pairs, *(each.said.pair for each in moved)])
    outcome.ticks += _follow_now(writer, catalog, changed)
    outcome.version, outcome.seq = writer.counter().version, writer.seq


def advance(store: Store, catalog: Catalog, now: datetime) -> list[Tick]:
    """Write the ticks of the turns up to `now` that nobody wrote yet, and of an order of authority that
    was changed since; returns them.
    """

    def work(writer: Writer) -> list[Tick]:
        closing = catalog.closing(writer.closures())
        return [*take_turns(writer, closing), *_follow_now(writer, closing, TICKER)]

    return store.transact(now, work)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person's verdict did: the observation `before` it and `after`, the same if it changed nothing,
    what else has another verdict since, and the ticks.
    """

    before: Recorded
    after: Recorded
    followed: Sequence[Recorded] = ()
    ticks: Sequence[Tick] = ()

    @property
    def changed(self) -> bool:
        """Whether the verdict is another one now."""
        return self.after != self.before


def accept(store: Store, catalog: Catalog, number: int, now: datetime, reason: str) -> Decision:
    """Accept the held observation with the id `number`, because a person says so. Raises BadParameter for one
    that is rejected or not there.
    """
    return _decide(store, catalog, number, Judgement("accepted", OPERATOR, reason), now)


def reject(store: Store, catalog: Catalog, number: int, now: datetime, reason: str) -> Decision:
    """Reject the observation with the id `number`, because a person says so. Raises BadParameter for one
    that is not there.
    """
    return _decide(store, catalog, number, Judgement("rejected", OPERATOR, reason), now)


def _decide(store: Store, catalog: Catalog, number: int, verdict: Judgement, now: datetime) -> Decision:

    def work(writer: Writer) -> Decision:
        found = writer.recorded(number)
        if found is None:
            raise BadParameter(
                f"No observation has the id {number}.", parameter="id", expected="that of one that is held"
            )
        if found.judgement.verdict == verdict.verdict:
            return Decision(found, found)
        if found.judgement.verdict == "rejected":
            raise BadParameter(
                f"{number} is rejected: {found.judgement.reason}.",
                parameter="id",
                expected="one that is held",
            )
        closing = catalog.closing(writer.closures())
        ticks = take_turns(writer, closing)
        decided = writer.judge(found, verdict)
        followed = settle(writer, closing, [decided])
        ticks += _follow_from(writer, closing, (decided, *followed))
        return Decision(found, decided, followed, ticks)

    return store.transact(now, work)


def next_turn(reader: Reader, catalog: Catalog, now: datetime, until: datetime) -> datetime:
    """The next instant at which `advance` may have something to write, as is known now; at most `until`."""
    catalog = catalog.closing(reader.closures())
    return min([*_turns(catalog, _spoken(reader, catalog, TICKER, now), now, until), until])


def is_repeat(reader: Reader, said: Observation) -> bool:
    """Whether recording `said` would add nothing, since its source has said it before."""
    return _repeats(said, _revisions(reader, said))


def confirm(store: Store, source: str, now: datetime) -> None:
    """Note that `source` answered at `now` that nothing changed."""
    store.transact(now, lambda writer: writer.confirm(source, now))


def fail(store: Store, error: SourceError, now: datetime) -> None:
    """Note that asking a source failed at `now`."""
    store.transact(now, lambda writer: writer.fail(error.source, LastError(now, error.type, str(error))))


def take_file(
    writer: Writer,
    catalog: Catalog,
    file: Sequence[Observation],
    outcome: Recording,
    revisions: Iterable[int] = repeat(NOT_TOLD),
) -> None:
    """Record what one source said for one day. Of what is no news, but was recorded elsewhere, `revisions`
    are the numbers that each had there, as far as they are told.
    """
    echo = _echoes(writer, file)
    told = sorted(zip(file, revisions, strict=False), key=lambda each: not is_dollars(each[0]))
    for said, revision in told:  # the dollar first, by which the others are judged
        _take(writer, catalog, said, outcome, echo=echo, told=revision)


def _echoes(reader: Reader, file: Sequence[Observation]) -> bool:
    """Whether a file repeats the one before it in every row, those of third currencies among them, which move
    every day: its bank has fallen silent, and its server goes on under new dates. That is no publication.
    """
    third = any(said.published.pair.base in THIRD_CURRENCIES for said in file)
    return third and all(_carries(reader, said) for said in file)


def _take(
    writer: Writer, catalog: Catalog, said: Observation, outcome: Recording, *, echo: bool, told: int
) -> None:
    """Record one observation, unless it is a repeat or a carry."""
    revisions = _revisions(writer, said)
    known = any(each.revision == told and each.said.same_value(said) for each in revisions)
    if known or (not revisions and may_be_dropped(writer, catalog, said)):
        _repeat(outcome, said, revisions)
        return
    held = [each for each in revisions if each.judgement.verdict == "held"]
    if _repeats(said, revisions) and not _due_by_now(writer, catalog, said, revisions[-1]):
        _repeat(outcome, said, revisions)
        _note_refusal(catalog, outcome, revisions[-1])
        replaced = [each for each in held if not each.said.same_value(said)]
        outcome.corrected += _correct(writer, replaced, said)
        return
    calendar = catalog[said.source].calendar
    expected = calendar.publishes(said.effective_date) and not echo
    if not revisions and not expected and _carries(writer, said):
        outcome.carried += 1
        return
    revision = max(told, revisions[-1].revision + 1 if revisions else 0)
    added = writer.add(said, revision, _judgement(writer, catalog, said))
    outcome.recorded.append(added)
    _note_refusal(catalog, outcome, added)
    if added.judgement.verdict != "rejected":
        outcome.corrected += _correct(writer, held, said)


def _repeat(outcome: Recording, said: Observation, revisions: Sequence[Recorded]) -> None:
    outcome.repeated += 1
    judgements = [each.judgement for each in revisions if each.said.same_value(said)]
    if judgements and judgements[-1].verdict != "accepted":
        outcome.standing.append((said, judgements[-1]))


def _keep(writer: Writer, recorded: Iterable[Recorded], bodies: Mapping[str, bytes]) -> None:
    origins = (each.said.origin for each in recorded)
    for digest in {origin.body: None for origin in origins if origin and origin.body}:
        if digest in bodies:
            writer.keep_body(digest, bodies[digest])


def _note_refusal(catalog: Catalog, outcome: Recording, recorded: Recorded) -> None:
    said, judgement = recorded.said, recorded.judgement
    if judgement.verdict == "rejected" and said.pair in catalog[said.source].pairs:
        outcome.refused.add((said.source, said.effective_date))
    outcome.premature += judgement.rule == PREMATURE


def _cover(writer: Writer, covers: Coverage, refused: Iterable[tuple[str, date]]) -> None:
    """Note what is covered, but for the days of which a value was refused: it may be put right."""
    since = covers.since
    days = sorted(day for source, day in refused if source == covers.source and covers.since <= day)
    for day in [*(day for day in days if day <= covers.until), covers.until + ONE_DAY]:
        if since < day:
            writer.cover(covers.source, since, day - ONE_DAY)
        since = day + ONE_DAY


def _learn(writer: Writer, catalog: Catalog, outcome: Recording) -> Catalog:
    """Note the days over which a bank passed in advance: holidays; returns the catalog that knows of them."""
    for recorded in outcome.of("accepted"):
        said, source = recorded.said, catalog[recorded.said.source]
        earlier = writer.newest(said.pair, said.source, until=before(said.effective_date))
        if earlier and said.pair in map(canonical, source.pairs):
            for day in skipped(
                source.calendar, earlier.said.effective_date, said.effective_date, said.fetched_at
            ):
                writer.close_day(said.source, day)
    return catalog.closing(writer.closures())


def learn(store: Store, catalog: Catalog, source: str, now: datetime) -> list[date]:
    """Note the days of the coming year on which `source` does not publish, as far as its record of the years
    before tells; returns those that are new.
    """

    def work(writer: Writer) -> list[date]:
        known = catalog.closing(writer.closures())[source]
        today, pair = day_of(now, known.calendar.zone), canonical(known.pairs[0])
        first = next(writer.publications(pair, source, limit=1), None)
        if first is None or today.year - first.said.effective_date.year < SO_OFTEN:
            return []
        published = [each.said.effective_date for each in writer.publications(pair, source)]
        found = recurring(known.calendar, published, (today + n * ONE_DAY for n in range(A_YEAR)))
        for day in found:
            writer.close_day(source, day)
        return found

    return store.transact(now, work)


def _correct(writer: Writer, held: Sequence[Recorded], said: Observation) -> list[Recorded]:
    """Reject for good what its source has replaced before anything confirmed it; returns that."""
    since = f"the source has said {said.published.value} since"
    return [
        writer.judge(each, Judgement("rejected", CORRECTED, f"{each.judgement.reason}; {since}"))
        for each in held
    ]


def _revisions(reader: Reader, said: Observation) -> list[Recorded]:
    return reader.revisions(said.pair, said.source, said.effective_date, said.observed_at)


def _repeats(said: Observation, revisions: Sequence[Recorded]) -> bool:
    """Whether this is what is in force for its day, or was held or refused after that came: nothing new.
    What leaves out the change contradicts nobody.
    """
    in_force = max((each.revision for each in revisions if each.accepted), default=-1)
    return any(
        each.said.same_value(said) and said.reported in (None, each.said.reported)
        for each in revisions
        if each.revision >= in_force
    )


def _due_by_now(writer: Writer, catalog: Catalog, said: Observation, newest: Recorded) -> bool:
    """Whether it was refused as dated too far ahead, which it no longer is."""
    return newest.judgement.rule == PREMATURE and _judgement(writer, catalog, said).rule != PREMATURE


def _carries(reader: Reader, said: Observation) -> bool:
    """Whether this repeats the value before it, be that in force or still in doubt: a typo repeated on a
    Sunday is no confirmation.
    """
    last = said_before(reader, said.pair, said.source, said.effective_date)
    return last is not None and last.same_value(said)


def said_before(reader: Reader, pair: Pair, source: str, day: date) -> Observation | None:
    """What a source said last of a pair for a day before `day`, be that in force or held."""
    held = reader.doubts("held", source=source, pair=pair)
    known = [each.said for each in held if each.said.effective_date < day]
    newest = reader.newest(pair, source, until=before(day))
    known += [newest.said] if newest else []
    return max(known, key=lambda each: each.effective_date, default=None)


def _settle(writer: Writer, catalog: Catalog, outcome: Recording) -> None:
    """Judge again whatever the new rows are evidence on."""
    changed = {each.id: each for each in settle(writer, catalog, [*outcome.recorded, *outcome.corrected])}
    outcome.recorded = [changed.pop(each.id, each) for each in outcome.recorded]
    # What was written unjudged, among many, and is in question after all.
    new = [each.id for each in changed.values() if each.version == writer.version]
    outcome.recorded += map(changed.pop, new)
    outcome.released = [each for each in changed.values() if each.accepted]
    outcome.withdrawn = [each for each in changed.values() if not each.accepted]


def _judgement(writer: Writer, catalog: Catalog, said: Observation) -> Judgement:
    return judged(writer, catalog, said, writer.instant)


Spoken = Mapping[Pair, Sequence[Recorded]]
"""What the headline of each pair is chosen from."""


def _spoken(reader: Reader, catalog: Catalog, pairs: Iterable[Pair], at: datetime) -> Spoken:
    """What the headlines at `at`, and at any instant after it, are chosen from."""
    return {
        pair: candidates(
            reader,
            pair,
            {source.key: day_of(at, source.calendar.zone) for source in catalog.order(pair)},
        )
        for pair in pairs
        if pair in TICKER
    }


def _turns(catalog: Catalog, spoken: Spoken, since: datetime, until: datetime) -> list[datetime]:
    """The instants in `(since, until]` at which the clock alone may change a headline."""
    newest: dict[tuple[str, Pair], Observation] = {}
    for pair, known in spoken.items():
        for said in (each.said for each in known):
            last = newest.setdefault((said.source, pair), said)
            if (said.effective_date, said.observed_at) > (last.effective_date, last.observed_at):
                newest[said.source, pair] = said
    heard = {(said.source, said.effective_date, said.observed_at) for said in newest.values()}
    return turns([(catalog[key].calendar, day, at) for key, day, at in heard], since, until)


def take_turns(writer: Writer, catalog: Catalog) -> list[Tick]:
    """Write the ticks of the turns since the last version. Before it they were written, for knowledge changes
    only with a version.
    """
    since = writer.counter().recorded_at
    if since is None:
        return []
    spoken = _spoken(writer, catalog, TICKER, since)
    return [
        tick
        for instant in _turns(catalog, spoken, since, writer.instant)
        for tick in _follow(writer, catalog, spoken, Moment(instant, writer.instant, turn=True))
    ]


def _follow_from(writer: Writer, catalog: Catalog, changed: Sequence[Recorded]) -> list[Tick]:
    """Write what follows from rows that are new, or have another verdict: the days and the ticks."""
    keep_days(writer, catalog, changed)
    return _follow_now(writer, catalog, in_ticker_order(each.said.pair for each in changed))


def _follow_now(writer: Writer, catalog: Catalog, pairs: Iterable[Pair]) -> list[Tick]:
    """Write the ticks of `pairs` whose headline is another one now, by all that is known."""
    spoken = _spoken(writer, catalog, pairs, writer.instant)
    return _follow(writer, catalog, spoken, Moment(writer.instant, writer.instant))


def _follow(writer: Writer, catalog: Catalog, spoken: Spoken, moment: Moment) -> list[Tick]:
    """Write the tick of each pair whose headline is another one at `moment` than in its last tick."""
    written: list[Tick] = []
    for pair, known in spoken.items():
        chosen, last = headline(known, catalog.order(pair), moment.at), writer.last_tick(pair)
        # What the clock alone left in the headline has the change that it had.
        if chosen is None or (moment.turn and last and _shows(last, chosen.standing.recorded)):
            continue
        said = chosen.standing.recorded.said
        earlier = writer.newest(pair, chosen.source, until=before(said.effective_date))
        moved = change(pair, said, earlier.said if earlier else None, chosen.voice.kind)
        tick = next_tick(last, chosen, moved, moment, seq=writer.seq + 1, version=writer.version)
        if tick:
            writer.append(tick)
            written.append(tick)
    return written


def _shows(tick: Tick, recorded: Recorded) -> bool:
    """Whether a tick put this observation into the headline."""
    said = recorded.said
    shown = (said.source, said.effective_date, recorded.revision, said.rate)
    return shown == (tick.source, tick.effective_date, tick.revision, tick.rate)
