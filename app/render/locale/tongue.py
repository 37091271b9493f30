"""A language spoken: its own phrases, with the marks of CLDR in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from app.domain.answers import Row
from app.domain.change import Change
from app.domain.lines import shown_change
from app.domain.pairs import Pair
from app.domain.ticks import Tick
from app.render.locale.marks import Marks, Name, marks
from app.render.locale.phrases import Phrases


@dataclass(slots=True)
class Tongue:
    """One language, whichever: the examples are English."""

    tag: str
    phrases: Phrases

    @property
    def marks(self) -> Marks:
        """Its marks, read when they are first needed."""
        return marks(self.tag)

    def number(self, plain: str) -> str:
        """`12,345.6` for `12345.6`."""
        whole, point, decimals = plain.removeprefix("-").partition(".")
        grouped = f"{int(whole):,}".replace(",", self.marks.group)
        return f"{plain[: plain.startswith('-')]}{grouped}{point and self.marks.decimal}{decimals}"

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

    def moment(self, instant: datetime) -> str:
        """`21 May 2026, 10:30 UTC`."""
        utc = instant.astimezone(UTC)
        return f"{self.day(utc.date())}, {utc:%H:%M} UTC"

    def spoken(self, row: Row, rate: str) -> str:
        """`Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May`."""
        base = self.currency(row.base)
        movement = self._movement(row.change, row.effective_date, self.phrases.percent)
        return f"{base[0].upper()}{base[1:]}, {rate} {self._units(row.quote, rate)}{movement}"

    def title(self, tick: Tick, rate: str) -> str:
        """`KGS/USD 0.01144, down 0.02% since 20 May`, of a revision `Correction: KGS/USD ...`."""
        said = f"{tick.pair} {rate}{self._movement(tick.change, tick.effective_date)}"
        return self.phrases.correction.format(said) if tick.cause == "revision" else said

    def story(self, tick: Tick, rate: str, before: str | None, publisher: str) -> str:
        """`1 KGS = 0.01144 USD for 21 May 2026, by the National Bank. ...`."""
        base, quote = tick.pair
        day = self.day(tick.effective_date)
        said = self.phrases.story.format(base=base, quote=quote, rate=rate, day=day, publisher=publisher)
        cause = self.phrases.causes.get(tick.cause, "").format(before=before)
        return f"{said} {cause}".rstrip()

    def about(self, pairs: Sequence[Pair]) -> tuple[str, str]:
        """`Exchange rates of Central Asia`, or `Exchange rates: KGS/USD, TJS/USD`."""
        named = ", ".join(map(str, pairs))
        return self.phrases.some.format(named) if pairs else self.phrases.whole, self.phrases.promise

    def _day(self, day: date, beside: date | None) -> str:
        if beside is None:
            return self.marks.dated(day)
        if beside.year == day.year:
            return self.marks.day(day)
        dated = self.phrases.dated
        return dated.format(year=day.year, day=self.marks.day(day)) if dated else self.marks.dated(day)

    def _name(self, code: str) -> Name:
        return self.phrases.names.get(code) or self.marks.names[code]

    def _units(self, code: str, rate: str) -> str:
        """The name of a currency after a number as this language writes it."""
        plain = rate.replace(self.marks.group, "").replace(self.marks.decimal, ".")
        name = self._name(code)
        return name.counted.get(self.marks.plural(Decimal(plain)), name.alone)

    def _movement(self, change: Change, day: date, unit: str | None = None) -> str:
        """`, up 1.5% since 20 May`, measured for `day`; empty where it is not known."""
        if change.basis == "peg":
            return f", {self.phrases.decree}"
        if change.pct is None:
            return ""
        moved = self._moved(shown_change(change.pct).removesuffix("%"), unit or self.marks.percent)
        since = change.reference.effective_date if change.reference else None
        return f", {self.phrases.since.format(moved=moved, day=self.day(since, day)) if since else moved}"

    def _moved(self, plain: str, unit: str) -> str:
        if plain == "0":
            return self.phrases.unchanged
        phrase = self.phrases.down if plain.startswith("-") else self.phrases.up
        return phrase.format(self.number(plain.removeprefix("-")) + unit)
