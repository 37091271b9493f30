"""A language spoken: its own phrases, with the marks of CLDR in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from app.domain.answers import Row
from app.domain.change import Change
from app.domain.lines import SHOWN_PLACES, shown_change
from app.domain.numbers import trimmed
from app.domain.pairs import TICKER, Pair
from app.domain.ticks import Tick, Wanted
from app.render.locale.marks import Marks, Name, marks
from app.render.locale.phrases import Around, Facts, Phrases

FEWEST = str(Decimal(1).scaleb(-SHOWN_PLACES))
"""The fewest percent that are shown, but for none."""


_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


@dataclass(slots=True, eq=False)
class Tongue:
    """One language, whichever: the examples are English."""

    tag: str
    phrases: Phrases

    @property
    def marks(self) -> Marks:
        """Its marks, read when they are first needed."""
        return marks(self.tag)

    @property
    def facts(self) -> Facts:
        """`Effective`, `Changed`, and so on."""
        return self.phrases.facts

    @property
    def around(self) -> Around:
        """`Exchange rates`, `Pause`, and so on."""
        return self.phrases.around

    def number(self, plain: str) -> str:
        """`12,345.6` for `12345.6`."""
        whole, point, decimals = plain.removeprefix("-").partition(".")
        grouped = f"{int(whole):,}".replace(",", self.marks.group)
        return f"{plain[: plain.startswith('-')]}{grouped}{point and self.marks.decimal}{decimals}"

    @property
    def pattern(self) -> str:
        """`1,234.5` or `1234.5`, with at most 15 digits on either side."""
        if self.marks.decimal == ",":
            return r"\s*\d[\d\s]{0,19}([.,]\d{1,15})?\s*"
        return r"\s*(\d{1,3}(,\d{3}){1,4}|\d[\d\s]{0,19})(\.\d{1,15})?\s*"

    def read(self, written: str) -> str:
        """`12345.6` for `12,345.6`. A comma that parts no thousands, as in `12,5`, is left where it is."""
        bare = "".join(written.split())
        if self.marks.decimal == ",":
            return bare.replace(",", ".")
        return bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare

    def percent(self, plain: str) -> str:
        """`-1,000.5%` for `-1000.5%`."""
        return self.number(plain.removesuffix("%")) + self.marks.percent

    def currency(self, code: str) -> str:
        """`Kyrgyz som` for `KGS`."""
        return self._name(code).alone

    def day(self, day: date, beside: date | None = None) -> str:
        """`21 May 2026`, or `21 May`."""
        written = self._day(day, beside)
        for month, spelled in self.phrases.months.items():
            written = written.replace(month, spelled)
        return written

    def moment(self, instant: datetime, beside: date | None = None) -> str:
        """`21 May 2026, 10:30 UTC`, or `21 May, 10:30 UTC`."""
        utc = instant.astimezone(UTC)
        return f"{self.day(utc.date(), beside)}, {utc:%H:%M} UTC"

    def spoken(self, row: Row, rate: str, nominal: int = 1) -> str:
        """`Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May`, or `1,000 Kyrgyz soms, ...`."""
        base = self.currency(row.base) if nominal == 1 else self._counted(self.number(str(nominal)), row.base)
        movement = self._movement(row.change, row.effective_date, spoken=True)
        return f"{_begun(base)}, {self._counted(rate, row.quote)}{movement}"

    def title(self, tick: Tick, rate: str) -> str:
        """`KGS/USD 0.01144, down 0.02% since 20 May`, of a revision `Correction: KGS/USD ...`."""
        said = f"{tick.pair} {rate}{self._movement(tick.change, tick.effective_date)}"
        return self.phrases.correction.format(said) if tick.is_correction else said

    def story(self, tick: Tick, rate: str, before: str | None, publisher: str) -> str:
        """`1 KGS = 0.01144 USD for 21 May 2026, by the National Bank. ...`."""
        base, quote = tick.pair
        day = self.day(tick.effective_date)
        said = self.phrases.story.format(base=base, quote=quote, rate=rate, day=day, publisher=publisher)
        told = tick.cause != "revision" or tick.is_correction
        cause = self.phrases.causes.get(tick.cause, "").format(before=before) if told else ""
        return f"{said} {cause}".rstrip()

    def course(self, pair: Pair, ends: Sequence[tuple[str, date]], change: Change) -> str:
        """`KGS/USD: 0.01143 (21 April), 0.01144 (21 May 2026), up 0.1 percent`."""
        *before, (_, last) = ends
        days = [*(self.day(day, last) for _, day in before), self.day(last)]
        said = ", ".join(f"{rate} ({day})" for (rate, _), day in zip(ends, days, strict=True))
        # since when is said already
        return f"{pair}: {said}{self._movement(replace(change, reference=None), last, spoken=True)}"

    def about(self, wanted: Wanted) -> tuple[str, str]:
        """`Exchange rates: KGS/USD (only changes of the rate)`, and `Only changes of the rate, once: ...`."""
        pairs = [str(pair) for pair in TICKER if pair in wanted.pairs]
        some = 0 < len(pairs) < len(TICKER)
        name = self.phrases.some.format(", ".join(pairs)) if some else self.phrases.whole
        which = self._which(wanted)
        promise = self.phrases.promise.format(_begun(which or self.phrases.every))
        return f"{name} ({which})" if which else name, promise

    def _day(self, day: date, beside: date | None) -> str:
        if beside is None:
            return self.marks.dated(day)
        if beside.year == day.year:
            return self.marks.day(day)
        dated = self.phrases.dated
        return dated.format(year=day.year, day=self.marks.day(day)) if dated else self.marks.dated(day)

    def _name(self, code: str) -> Name:
        return self.phrases.names.get(code) or self.marks.names[code]

    def _counted(self, number: str, code: str) -> str:
        """`0.01144 US dollars`: a number as this language writes it, and the name of a currency after it."""
        plain = number.replace(self.marks.group, "").replace(self.marks.decimal, ".")
        name = self._name(code)
        return f"{number} {name.counted.get(self.marks.plural(Decimal(plain)), name.alone)}"

    def _which(self, wanted: Wanted) -> str:
        """Which ticks of a pair are wanted; empty for every one. What moved by a percent changed."""
        if wanted.min_change_pct:
            return self.phrases.at_least.format(self.percent(f"{trimmed(wanted.min_change_pct)}%"))
        return self.phrases.changes if wanted.only_changes else ""

    def _movement(self, change: Change, day: date, *, spoken: bool = False) -> str:
        """`, up 1.5% since 20 May`, measured for `day`; empty where it is not known."""
        if change.basis == "peg":
            return f", {self.phrases.decree}"
        if change.pct is None:
            return ""
        moved = self._moved(change.pct, spoken=spoken)
        since = change.reference.effective_date if change.reference else None
        return f", {self.phrases.since.format(moved=moved, day=self.day(since, day)) if since else moved}"

    def _moved(self, pct: Decimal, *, spoken: bool) -> str:
        """`up 1.5%`, or `up by less than 0.01%`: only what did not move at all is `unchanged`."""
        if not pct:
            return self.phrases.unchanged
        phrases, plain = self.phrases, shown_change(abs(pct)).removesuffix("%")
        extent, written = (phrases.spoken, self.number) if spoken else (phrases.written, self.percent)
        far = extent.less.format(written(FEWEST)) if plain == "0" else extent.by.format(written(plain))
        return (phrases.down if pct < 0 else phrases.up).format(far)


def _begun(said: str) -> str:
    """As the beginning of a sentence."""
    return said[0].upper() + said[1:]
