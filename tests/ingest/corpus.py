"""Ten thousand misprints and the great devaluations: what is shown of the former, how soon the latter are.

python -m tests.ingest.corpus      prints both tables: make corpus
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from random import Random

from app.domain.numbers import fixed, plain, significant
from app.domain.observations import Observation
from app.domain.pairs import Pair, canonical
from app.domain.rules import JUMP, JUMP_REACH
from app.domain.ticks import Tick
from app.ingest.record import record
from app.sources.catalog import catalog
from app.store.base import Store
from tests.said import DOLLARS, LOCALS, banks_row
from tests.stores import fresh_store

ALL = catalog()
ONE_DAY = timedelta(days=1)
MEMORY = Path("/dev/shm")
"""Where stores are kept that need not last, if the machine has it."""

BANKS = {"nbkr": 4, "nbk": 2, "nbt": 4, "cbu": 2}
"""The decimals with which each bank prints."""

NEIGHBOURS = {"nbkr": "KZT", "nbk": "KGS", "nbt": "UZS", "cbu": "TJS"}
"""Of each bank's file the currency that makes it a witness, beside the third ones."""

Costs = Mapping[str, Fraction]
"""What 1 unit of each currency costs in dollars on a day."""


def printed(source: str, day: date, costs: Costs) -> list[Observation]:
    """A bank's file as it should be, the dollar first."""
    local = costs[LOCALS[source]]
    codes = [code for code in ("USD", "EUR", "CNY", "RUB", NEIGHBOURS.get(source, "")) if code in costs]
    return [
        banks_row(
            source, day, code, plain(fixed(costs[code] / local, BANKS.get(source, 4) + 2 * (code != "USD")))
        )
        for code in codes
    ]


def near(cost: Fraction) -> Fraction:
    """Nearly this, in few enough digits to go on from."""
    return Fraction(significant(cost, 12))


def walk(lot: Random, days: int) -> list[Costs]:
    """What everything costs day by day: each currency moves by half a percent a day at most, by itself."""

    def moved(costs: Costs, day: int) -> Costs:
        return {
            code: cost if code == "USD" else near(cost * (1 + Fraction(lot.randint(-500, 500), 100_000)))
            for code, cost in costs.items()
        }

    start: Costs = DOLLARS
    return list(accumulate(range(days), moved, initial=start))


# Misprints

Misprint = Callable[[Random, Sequence[Observation]], list[Observation]]


def dollar(file: Sequence[Observation], value: str, nominal: int = 1) -> list[Observation]:
    """The file with another dollar."""
    row = file[0]
    return [replace(row, published=replace(row.published, value=value, nominal=nominal)), *file[1:]]


def value_of(file: Sequence[Observation]) -> str:
    """What the dollar's row says."""
    return file[0].published.value


def shifted_comma(lot: Random, file: Sequence[Observation]) -> list[Observation]:
    """A comma that stands one or two places to the left or to the right."""
    shift = Fraction(lot.choice(("10", "100", "0.1", "0.01")))
    return dollar(file, plain(fixed(Fraction(value_of(file)) * shift, 6)))


def wrong_nominal(lot: Random, file: Sequence[Observation]) -> list[Observation]:
    """A price of one that is said to be that of ten or more."""
    return dollar(file, value_of(file), lot.choice((10, 100, 1000)))


def swapped_rows(lot: Random, file: Sequence[Observation]) -> list[Observation]:
    """The dollar's price beside another currency, and that one's beside the dollar."""
    place = lot.randrange(1, len(file))
    other = replace(file[place], published=replace(file[place].published, value=value_of(file)))
    swapped = dollar(file, file[place].published.value)
    return [*swapped[:place], other, *swapped[place + 1 :]]


def repeated_digit(lot: Random, file: Sequence[Observation]) -> list[Observation]:
    """A digit that was typed twice."""
    value = value_of(file)
    place = lot.choice([place for place, sign in enumerate(value) if sign.isdigit()])
    return dollar(file, value[:place] + value[place] + value[place:])


def lost_digit(lot: Random, file: Sequence[Observation]) -> list[Observation]:
    """A digit that was not typed."""
    value = value_of(file)
    place = lot.choice([place for place, sign in enumerate(value) if sign.isdigit()])
    return dollar(file, (value[:place] + value[place + 1 :]).strip("."))


def inverted(lot: Random, file: Sequence[Observation]) -> list[Observation]:
    """The local currency in dollars, where the dollar in the local currency should stand."""
    return dollar(file, plain(fixed(1 / Fraction(value_of(file)), 8)))


def wrong_date(lot: Random, file: Sequence[Observation]) -> list[Observation]:
    """A sound file under a date of which a digit is wrong."""
    by = timedelta(days=lot.choice((-365, -30, -10, -1, 1, 10, 30, 365)))
    return [
        replace(row, effective_date=row.effective_date + by, observed_at=row.observed_at + by) for row in file
    ]


MISPRINTS: Sequence[Misprint] = (
    shifted_comma,
    wrong_nominal,
    swapped_rows,
    repeated_digit,
    lost_digit,
    inverted,
    wrong_date,
)

ORDERS = ("as published", "newest first", "by lot")
"""In which files arrive: each on its day, as a backfill gets them, or anyhow."""


FIRST = date(2024, 1, 1)
BEFORE = 400
"""How many days the walk has before the first that is printed, for what is dated a year too early."""


@dataclass(frozen=True)
class Injected:
    """One misprint: its kind, the dollar's row, and how far off that is in the ticker's direction."""

    kind: str
    row: Observation
    off: Fraction

    def is_shown_by(self, tick: Tick) -> bool:
        """Whether this is what a tick put into the headline."""
        said = self.row
        shown = (tick.pair, tick.effective_date) == (said.pair, said.effective_date)
        return shown and said.published.positive and tick.rate == said.rate


@dataclass(frozen=True)
class Stretch:
    """So many days of all banks, every second day's files misprinted, that arrive in an order."""

    seed: int
    order: str
    days: int

    def run(self) -> list[Outcome]:
        """Record them all; gives what became of each misprint."""
        lot = Random(self.seed)
        costs = walk(lot, BEFORE + self.days + BEFORE)
        files: dict[date, list[Observation]] = {}
        injected: list[Injected] = []
        for place in range(BEFORE, BEFORE + self.days):
            day = FIRST + place * ONE_DAY
            of_day = {bank: printed(bank, day, costs[place]) for bank in BANKS}
            if _misprinted(day):
                for bank, file in of_day.items():
                    misprint = lot.choice(MISPRINTS)
                    of_day[bank] = misprint(lot, file)
                    injected.append(_measured(misprint, of_day[bank][0], costs))
            files[day] = [row for file in of_day.values() for row in file]
        with fresh_store(MEMORY if MEMORY.is_dir() else None) as store:
            ticks = list(self._arrive(store, files, lot))
            sound = {day for day in files if not _misprinted(day)}
            return [_became(store, self.order, each, ticks, sound) for each in injected]

    def _arrive(
        self, store: Store, files: Mapping[date, list[Observation]], lot: Random
    ) -> Iterator[tuple[Tick, frozenset[date]]]:
        """Record the files in the order; gives each tick with the days whose sound files were there."""
        days = sorted(files)
        if self.order == "newest first":
            days.reverse()
        elif self.order == "by lot":
            lot.shuffle(days)
        known: set[date] = set()
        for place, day in enumerate(days):
            today = day if self.order == "as published" else max(files)
            now = datetime.combine(today, time(6), UTC) + timedelta(seconds=place)
            yield from ((tick, frozenset(known)) for tick in record(store, ALL, files[day], now).ticks)
            if not _misprinted(day):
                known.add(day)


def _misprinted(day: date) -> bool:
    """Whether the files of a day are misprinted: every second day's."""
    return bool((day - FIRST).days % 2)


@dataclass(frozen=True)
class Outcome:
    """What became of a misprint: whether it was the headline at any moment or is in force for its day in the
    end, and if so, whether ever beside a sound file of the days before, with which it could be compared.
    """

    order: str
    injected: Injected
    shown: bool
    unseen: bool


def _measured(misprint: Misprint, row: Observation, costs: Sequence[Costs]) -> Injected:
    """A misprint beside what its bank should have printed for that day."""
    (truth, *_) = printed(row.source, row.effective_date, costs[(row.effective_date - FIRST).days])
    off = Fraction(1)
    if row.published.positive:
        off = abs(row.published.exact(row.pair) / truth.published.exact(truth.pair) - 1)
    return Injected(misprint.__name__.replace("_", " "), row, off)


def _became(
    store: Store,
    order: str,
    injected: Injected,
    ticks: Sequence[tuple[Tick, frozenset[date]]],
    sound: Set[date],
) -> Outcome:
    """`sound` are the days whose sound files are there in the end, and beside each tick those until then."""
    row, day = injected.row, injected.row.effective_date
    reach = {day - back * ONE_DAY for back in range(1, JUMP_REACH.days + 1)}
    compared = [bool(reach & known) for tick, known in ticks if injected.is_shown_by(tick)]
    with store.read() as reader:
        in_force = list(reader.publications(row.pair, row.source, since=day, until=day))
        if any(each.said.published == row.published for each in in_force):
            compared.append(bool(reach & sound))
    return Outcome(order, injected, bool(compared), not any(compared))


def stretches(count: int, days: int, seed: int) -> list[Stretch]:
    """Enough of them for so many misprints, in all orders by turns."""
    each = len(BANKS) * (days // 2)
    return [Stretch(seed + number, ORDERS[number % len(ORDERS)], days) for number in range(-(-count // each))]


def outcomes(wanted: Sequence[Stretch], processes: int | None = None) -> list[Outcome]:
    """What became of every misprint in `wanted`, on all processors."""
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        return [outcome for found in pool.map(Stretch.run, wanted) for outcome in found]


# Devaluations


@dataclass(frozen=True)
class Shock:
    """A currency that fell on a day, by its bank's own files: local units per dollar before and after."""

    source: str
    day: date
    before: str
    after: str

    def __str__(self) -> str:
        return f"{LOCALS[self.source]} {self.day} {self.before} to {self.after}"

    def files(self, *, crosses: bool) -> dict[date, list[Observation]]:
        """The files of three days before and of five from the day on; of the dollar alone without crosses."""
        lot = Random(str(self))
        found = {}
        for place, costs in enumerate(walk(lot, 7)):
            day, price = self.day + (place - 3) * ONE_DAY, Fraction(self.before if place < 3 else self.after)
            if place > 3:
                price *= 1 + Fraction(lot.randint(-500, 500), 100_000)
            file = printed(self.source, day, {**costs, LOCALS[self.source]: 1 / price})
            found[day] = file if crosses else file[:1]
        return found


SHOCKS = (
    Shock("cbt", date(2015, 1, 1), "2.85", "3.5"),
    Shock("nbk", date(2015, 8, 20), "188.38", "255.26"),
    Shock("cbu", date(2017, 9, 5), "4210.35", "8100"),
)
"""Those whose size the banks' own files tell to the digit."""


def polls_until_shown(shock: Shock, order: str, *, crosses: bool) -> int | None:
    """After how many recordings from the arrival of the file of its day, that one counted, a devaluation is
    in force and stays so; None if it never is.
    """
    files = shock.files(crosses=crosses)
    days = sorted(files, reverse=order == "newest first")
    if order == "by lot":
        Random(str(shock)).shuffle(days)
    told: list[bool] = []
    with fresh_store(MEMORY if MEMORY.is_dir() else None) as store:
        for place, day in enumerate(days):
            today = day if order == "as published" else max(files)
            record(store, ALL, files[day], datetime.combine(today, time(6), UTC) + timedelta(seconds=place))
            with store.read() as reader:
                pair = canonical(Pair("USD", LOCALS[shock.source]))
                known = reader.publications(pair, shock.source, since=shock.day, until=shock.day)
                told.append(any(known))
    since = days.index(shock.day)
    return next((polls for polls in range(1, len(days) - since + 1) if all(told[since + polls - 1 :])), None)


# Tables


def misprints_table(found: Sequence[Outcome]) -> list[str]:
    """A line for each kind of misprint."""
    rows: list[Sequence[str]] = [
        ("misprint", "injected", "over 10 % off", "shown", "nothing before", "less off", "shown")
    ]
    kinds = [each.__name__.replace("_", " ") for each in MISPRINTS]
    for kind in (*kinds, "all"):
        mine = [each for each in found if kind in (each.injected.kind, "all")]
        great = [each for each in mine if each.injected.off > JUMP]
        small = [each for each in mine if each.injected.off <= JUMP]
        counts = (
            len(mine),
            len(great),
            sum(each.shown and not each.unseen for each in great),
            sum(each.shown and each.unseen for each in great),
            len(small),
            sum(each.shown for each in small),
        )
        rows.append((kind, *(f"{count:,}" for count in counts)))
    return aligned(rows)


def shocks_table() -> list[str]:
    """A line for each devaluation: polls until it shows, in each order."""
    rows: list[Sequence[str]] = [("polls until it shows", *ORDERS)]
    for crosses in (True, False):
        for shock in SHOCKS:
            polls = (polls_until_shown(shock, order, crosses=crosses) for order in ORDERS)
            rows.append(
                (f"{shock}{'' if crosses else ', dollar alone'}", *(str(each or "never") for each in polls))
            )
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, the names at the left and the rest at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]


def main(count: int = 10_000, days: int = 101, seed: int = 1) -> None:
    """Print both tables."""
    found = outcomes(stretches(count, days, seed))
    print(*misprints_table(found), "", *shocks_table(), sep="\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
