"""Bulk: the rows of a table, recorded as `record` would in one call, at a small part of the cost.

What is plainly fine is written without being judged: the past of a source of which nothing is stored around
it, in the band, near what came before. Only the rest goes the way of every observation. The rows, their
verdicts and the ticks are the same.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby, permutations
from operator import itemgetter
from typing import TypeAlias

from app.domain.calendar import Schedule, day_of, speaks_all_day
from app.domain.days import Day
from app.domain.numbers import parse_decimal
from app.domain.observations import Observation, Published
from app.domain.pairs import BANDS, CURRENCIES, Pair, band, canonical
from app.domain.rules import JUMP_REACH, NOMINALS, THIRD_CURRENCIES
from app.evidence import before, earliest, latest
from app.ingest.cells import Row, direction
from app.ingest.judging import REACH
from app.ingest.record import NOT_TOLD, Recording, conclude, said_before, take_file, take_turns
from app.sources.base import Source
from app.sources.catalog import Catalog
from app.store.base import Plain, Reader, Store, Writer

AT_ONCE = 5_000
"""Rows that are written by one statement."""

STORED_AT_ONCE = 2_000
"""Rows of the store that are read at once, to be found again in the file."""

RECENT = timedelta(days=21)
"""How long ago a publication may tell of holidays: longer than any that banks take."""

NEAR = Decimal("0.91"), Decimal("1.09")
"""What an amount may be of the one before, whichever way it is measured, and be no jump by far."""


@dataclass
class Imported:
    """What became of the rows of a table: of `rows`, those `plain` were accepted at once; `recording` tells
    of the others. `unchanged` were recorded before, and nothing speaks against them.
    """

    rows: int = 0
    plain: int = 0
    recording: Recording = field(default_factory=Recording)

    @property
    def unchanged(self) -> int:
        """The rows that were recorded before and are in no doubt."""
        return self.recording.repeated - len(self.recording.standing)


def record_all(store: Store, catalog: Catalog, rows: Callable[[], Iterable[Row]], now: datetime) -> Imported:
    """Record `rows`, which gives them in their order whenever it is called, in one transaction: all of it or,
    when it raises, nothing. It tells of the past, so no source is confirmed.
    """

    def work(writer: Writer) -> Imported:
        closing = catalog.closing(writer.closures())
        lane = _Lane(writer, closing, now)
        lane.done.recording.ticks += take_turns(writer, closing)
        for (day, source), file in groupby(rows(), key=itemgetter(0, 1)):
            lane.take(day, source, list(file))
        lane.flush()
        done, judged = lane.done, len(lane.done.recording.recorded)
        conclude(writer, closing, done.recording, map(_pair, sorted(lane.moved)))
        done.plain -= len(done.recording.recorded) - judged
        return done

    return store.transact(now, work)


PAIRS = sorted({canonical(Pair(*codes)) for codes in permutations(CURRENCIES, 2)})
"""All that something may be filed under."""

ERAS = sorted({date.min, *(each.since for each in CURRENCIES.values()), *(each.since for each in BANDS)})
"""The days from which on something else is plausible than before."""

Amount: TypeAlias = tuple[str, int, Decimal]
"""What was printed: the pair, its nominal, and the number."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What a source said before of a pair: `said`, be it held, and what is in force, with its day."""

    said: Amount | None
    accepted: Amount | None
    day: date = date.min


class _Voice:
    """One source of a file: what it said `before` of each pair, and whether the days that the file has come
    to are `new`, which is known up to a day: nothing of it was stored within reach of them but before them.
    """

    def __init__(self, reader: Reader, source: Source, now: datetime) -> None:
        self.source, self.plain_until = source, _plain_until(source, now)
        self.before: dict[str, _Before] = {}
        self.new, self.known_until = False, date.min
        self._reader = reader
        self._pairs = [pair for pair in PAIRS if reader.newest(pair, source.key)]

    def look(self, day: date) -> None:
        """Look at what is stored around `day`, and how far that tells of the days after it."""
        until = latest(day, REACH)
        found = [self._reader.newest(pair, self.source.key, until=until) for pair in self._pairs]
        last = max((each.said.effective_date for each in found if each), default=date.min)
        self.new = last < day
        self.known_until = self._out_of_reach(day) if self.new else last

    def _out_of_reach(self, day: date) -> date:
        """The last day of which the next that is stored from `day` on is out of reach."""
        following = [
            each.said.effective_date
            for pair in self._pairs
            for each in self._reader.publications(pair, self.source.key, since=day, limit=1)
        ]
        return before(earliest(min(following), REACH)) if following else date.max


class _Lane:
    """One transaction, into which files of a day come in their order."""

    def __init__(self, writer: Writer, catalog: Catalog, now: datetime) -> None:
        self.done, self.moved = Imported(), set[str]()
        self._writer, self._catalog, self._now = writer, catalog, now
        self._waiting: list[Plain] = []
        self._voices: dict[str, _Voice] = {}
        self._stored: dict[tuple[str, str], _Stored] = {}
        questioned = writer.questioned(date.min, date.max)
        self._questioned = sorted({each.said.effective_date for each in questioned})

    def take(self, text: str, source: str, file: list[Row]) -> None:
        """Record what a source said for a day."""
        self.done.rows += len(file)
        day, voice = date.fromisoformat(text), self._voice(source)
        if day > voice.known_until:
            self._forget(voice)
            voice.look(day)
        if voice.new and self._is_past(day, voice) and self._take_plain(day, voice, file):
            return
        self._forget(voice)
        if voice.new or not self._are_stored(day, source, file):
            self._take_slowly(file)

    def flush(self) -> None:
        """Write what waits to be written."""
        self._writer.add_all(self._waiting, self._now)
        self.done.plain += len(self._waiting)
        self._waiting = []

    def _voice(self, key: str) -> _Voice:
        if key not in self._voices:
            self._voices[key] = _Voice(self._writer, self._catalog[key], self._now)
        return self._voices[key]

    def _forget(self, voice: _Voice) -> None:
        """Forget what a source said before: something that is stored, or will be, comes in between."""
        if voice.before:
            self.flush()
            voice.before.clear()

    def _is_past(self, day: date, voice: _Voice) -> bool:
        """Whether a row of `day` tells of the past alone, and is evidence on nothing."""
        return day <= voice.plain_until and not self._in_question(day)

    def _in_question(self, day: date) -> bool:
        """Whether the store has something in reach of `day` that a row of it may be evidence on."""
        place = bisect_left(self._questioned, earliest(day, REACH))
        return place < len(self._questioned) and self._questioned[place] <= latest(day, REACH)

    def _take_plain(self, day: date, voice: _Voice, file: list[Row]) -> bool:
        """Record a file if all of it is plainly fine, and tell whether it is."""
        again = _repeats(self._writer, day, voice, file)
        if again is None:
            return False
        third = any(_base(row[6]) in THIRD_CURRENCIES for row in file)
        expected = voice.source.calendar.publishes(day) and not (third and all(again))
        kept = file if expected else [row for row, same in zip(file, again, strict=True) if not same]
        self.done.recording.carried += len(file) - len(kept)
        newest = {row[5]: row for row in kept}
        for pair, row in newest.items():
            voice.before[pair] = _newest(day, row)
        self._waiting += map(plain_of, kept)
        if speaks_all_day(voice.source.calendar):
            self._keep_day(day, voice.source.key, kept)
        self.moved.update(newest)
        if len(self._waiting) >= AT_ONCE:
            self.flush()
        return True

    def _keep_day(self, day: date, source: str, rows: list[Row]) -> None:
        """Keep the days of pairs of which nothing was stored: all that was said on them is in `rows`."""
        said: dict[tuple[str, str, int], list[tuple[datetime, str]]] = {}
        for row in rows:
            said.setdefault((row[5], row[6], row[8]), []).append((datetime.fromisoformat(row[3]), row[7]))
        for filed, forms in groupby(sorted(said), key=itemgetter(0)):
            found = [Day.summed(source, day, _pair(form[1]), form[2], said[form]) for form in forms]
            self._writer.keep_day(_pair(filed), source, day, found)

    def _are_stored(self, day: date, source: str, file: list[Row]) -> bool:
        """Whether each row is recorded as it stands, and was never in question."""
        for row in file:
            key = source, row[5]
            if key not in self._stored:
                self._stored[key] = _Stored(self._writer, _pair(row[5]), source)
            if not self._stored[key].holds(day, row):
                return False
        self.done.recording.repeated += len(file)
        return True

    def _take_slowly(self, file: list[Row]) -> None:
        """Record a file as any other."""
        self.flush()
        said = [_observation(row, self._now) for row in file]
        take_file(self._writer, self._catalog, said, self.done.recording, map(_revision, file))


plain_of: Callable[[Row], Plain] = itemgetter(1, 5, 0, 3, 9, 6, 7, 8, 10)
"""The datum of a row."""

_datum: Callable[[Plain], tuple[str | int, ...]] = itemgetter(2, 3, 5, 6, 7)
"""What is said in it, and of when."""


class _Stored:
    """What is stored of a series, read on as it is asked about."""

    def __init__(self, reader: Reader, pair: Pair, source: str) -> None:
        self._reader, self._pair, self._source = reader, pair, source
        self._known: set[tuple[str | int, ...]] = set()
        self._since = self._until = date.max

    def holds(self, day: date, row: Row) -> bool:
        """Whether this row is stored as it stands. Days are asked about in their order."""
        if not self._since <= day < self._until:
            self._read(day)
        return _datum(plain_of(row)) in self._known

    def _read(self, day: date) -> None:
        limit = STORED_AT_ONCE
        while True:
            found = self._reader.plain(self._pair, self._source, since=day, limit=limit)
            last = date.fromisoformat(found[-1][2]) if found else day
            if len(found) < limit or last > day:
                break
            limit *= 2
        self._known, self._since = set(map(_datum, found)), day
        self._until = last if len(found) == limit else date.max


def _repeats(reader: Reader, day: date, voice: _Voice, file: Sequence[Row]) -> list[bool] | None:
    """Of each row whether it repeats what its source said before; None if any is not plainly fine."""
    if len({(row[3], row[5]) for row in file}) < len(file):
        return None  # of one instant two things
    limits: dict[tuple[str, int], tuple[Decimal, Decimal, Decimal | None] | None] = {}
    found = []
    for row in file:
        key = row[6], row[8]
        if key not in limits:
            if row[5] not in voice.before:
                voice.before[row[5]] = _known_before(reader, _pair(row[5]), voice.source.key, day)
            limits[key] = _limits(voice.before[row[5]], *key, day)
        limit = limits[key]
        number = _number(row[7])
        if limit is None or not limit[0] <= number <= limit[1]:
            return None
        found.append(number == limit[2])
    return found


def _limits(
    known: _Before, pair: str, nominal: int, day: date
) -> tuple[Decimal, Decimal, Decimal | None] | None:
    """Between what an amount is plainly fine, and the one that it would repeat; None where that is not told
    so easily.
    """
    likely = _plausible(pair, nominal, ERAS[bisect_right(ERAS, day) - 1])
    if likely is None:
        return None
    for earlier in (known.said, known.accepted):
        if earlier and earlier[:2] != (pair, nominal):
            return None
    low, high = likely
    if known.accepted and day - known.day <= JUMP_REACH:
        number = known.accepted[2]
        low, high = max(low, number * NEAR[0]), min(high, number * NEAR[1])
    return low, high, known.said[2] if known.said else None


@lru_cache(maxsize=1000)
def _plausible(pair: str, nominal: int, era: date) -> tuple[Decimal, Decimal] | None:
    """Between what amounts no rule refuses a row of this pair, in an era of ERAS; None where one does."""
    printed = direction(pair).published
    if nominal not in NOMINALS or any(era < CURRENCIES[code].since for code in (printed.base, printed.quote)):
        return None
    for per_dollar in (printed, printed.inverse):
        if limits := band(per_dollar, era):
            low, high = limits.low * nominal, limits.high * nominal
            # Inside by a little, where the quotient has no end: what is on the edge is left to the rule.
            return (low, high) if per_dollar == printed else _inverse(nominal, limits.low, limits.high)
    return Decimal("1E-30"), Decimal("1E+30")


def _inverse(nominal: int, low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    return nominal / high * Decimal("1.000001"), nominal / low * Decimal("0.999999")


def _number(text: str) -> Decimal:
    return Decimal(text) if "," not in text else parse_decimal(text)


def _newest(day: date, row: Row) -> _Before:
    amount = row[6], row[8], _number(row[7])
    return _Before(amount, amount, day)


def _known_before(reader: Reader, pair: Pair, source: str, day: date) -> _Before:
    said = said_before(reader, pair, source, day)
    accepted = reader.newest(pair, source, until=before(day))
    if accepted is None:
        return _Before(_amount(said), None)
    return _Before(_amount(said), _amount(accepted.said), accepted.said.effective_date)


def _amount(said: Observation | None) -> Amount | None:
    if said is None:
        return None
    printed = said.published
    return str(printed.pair), printed.nominal, parse_decimal(printed.value)


def _revision(row: Row) -> int:
    return row[9] if row[11] else NOT_TOLD


def _observation(row: Row, now: datetime) -> Observation:
    day, source, _, observed_at, _, _, printed, value, nominal, *_ = row
    published = Published(_pair(printed), value, nominal)
    at = datetime.fromisoformat(observed_at)
    return Observation(source, published, date.fromisoformat(day), at, now)


def _pair(text: str) -> Pair:
    return direction(text).published


def _base(pair: str) -> str:
    return pair.partition("/")[0]


def _plain_until(source: Source, now: datetime) -> date:
    """Up to which day rows of a source are of its past alone: what is newer may tell of a holiday, or come
    too early. Of a decree there are few, and each counts for all days after it.
    """
    if source.kind == "peg":
        return date.min
    today = day_of(now, source.calendar.zone)
    learns = isinstance(source.calendar, Schedule) and source.calendar.fixing_days is not None
    return earliest(today, RECENT) if learns else today
