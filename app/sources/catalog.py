"""The catalog: every source, and for each pair the order in which they are believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from operator import itemgetter

from app.domain.calendar import Schedule, speaks_all_day
from app.domain.errors import BadParameter, UnknownSource
from app.domain.pairs import Pair, canonical
from app.sources import (
    cbt,
    cbu,
    fawazahmed0,
    frankfurter,
    nbk,
    nbkr,
    nbt,
    openexchangerates,
    page,
    peg,
)
from app.sources.base import Source

SOURCES: tuple[Source, ...] = (
    nbkr.SOURCE,
    nbk.SOURCE,
    nbt.SOURCE,
    cbu.SOURCE,
    peg.SOURCE,
    cbt.SOURCE,
    fawazahmed0.SOURCE,
    openexchangerates.SOURCE,
    page.SOURCE,
    frankfurter.SOURCE,
)
"""Every source, in the order in which a pair believes those that its authority does not name: banks and
decrees, then what blends others, then pages, whose digits are few, and what is rounded last of all.
"""

AUTHORITY: Mapping[str, tuple[str, ...]] = {
    "KGS/USD": ("nbkr",),
    "KZT/USD": ("nbk",),
    "TJS/USD": ("nbt",),
    "UZS/USD": ("cbu",),
    "TMT/USD": ("peg",),
}
"""The country's own bank first; for the manat, the decree."""

ALWAYS = frozenset({page.SOURCE.key})
"""Sources that are on whatever the settings say: a page asks nobody, and is only there because someone
imported it.
"""


@dataclass(frozen=True, eq=False)
class Catalog:
    """The sources of one service: which of them are enabled, and whom each pair believes first.

    `authority` maps a pair's text to source keys; sources that it does not name come after it, in the order
    of `sources`.
    """

    sources: tuple[Source, ...]
    enabled: frozenset[str]
    authority: Mapping[str, tuple[str, ...]]

    def __getitem__(self, key: str) -> Source:
        """The source with this key; raises UnknownSource."""
        for source in self.sources:
            if source.key == key:
                return source
        keys = ", ".join(source.key for source in self.sources)
        raise UnknownSource(f"{key[:40]!r} is no source.", parameter="source", expected=f"one of {keys}")

    def order(self, pair: Pair) -> tuple[Source, ...]:
        """The enabled sources that speak for `pair`, in the order in which its headline is chosen."""
        return self._order(canonical(pair))

    @lru_cache(maxsize=256)  # noqa: B019  there are few catalogs, and an answer asks this many times
    def _order(self, filed: Pair) -> tuple[Source, ...]:
        named = self.authority.get(str(filed), ())
        ranked = sorted(
            self.sources, key=lambda each: named.index(each.key) if each.key in named else len(named)
        )
        return tuple(each for each in ranked if each.key in self.enabled and filed in each.pairs)

    def first(self, pair: Pair) -> str:
        """The key of the source that has the first word on `pair`, enabled or not: any other is a
        fallback.
        """
        named = self.authority.get(str(canonical(pair)))
        return named[0] if named else self.order(pair)[0].key

    def closing(self, days: Mapping[str, frozenset[date]]) -> Catalog:
        """The catalog with these days, by source key, as holidays beside those that its calendars have."""
        return self._closing(tuple(sorted(days.items(), key=itemgetter(0)))) if days else self

    @lru_cache(maxsize=16)  # noqa: B019  there is one catalog, and every transaction asks for it
    def _closing(self, days: tuple[tuple[str, frozenset[date]], ...]) -> Catalog:
        learned = dict(days)
        sources = tuple(
            replace(source, calendar=source.calendar.closing(learned[source.key]))
            if source.key in learned and isinstance(source.calendar, Schedule)
            else source
            for source in self.sources
        )
        return replace(self, sources=sources)

    @property
    def polled(self) -> tuple[Source, ...]:
        """The enabled sources that have something to ask or to decree."""
        return tuple(
            source
            for source in self.sources
            if source.key in self.enabled and (source.parse or source.decreed)
        )

    @property
    def all_day(self) -> frozenset[str]:
        """The keys of the sources that speak all day, enabled or not."""
        return frozenset(source.key for source in self.sources if speaks_all_day(source.calendar))

    @property
    def hosts(self) -> frozenset[str]:
        """Every host that any source is asked at: nobody else is ever contacted."""
        return frozenset(host for source in self.sources for host in source.hosts)


def catalog(
    enabled: Iterable[str] | None = None,
    authority: Mapping[str, tuple[str, ...]] | None = None,
    *,
    app_id: str | None = None,
) -> Catalog:
    """The catalog with `enabled` sources (default: those that are on by default), believed as `authority`
    says. `app_id` is the key to Open Exchange Rates, without which it can't be asked.

    Raises UnknownSource, and BadParameter for an enabled source that lacks what it needs.
    """
    sources = tuple(
        openexchangerates.keyed(app_id) if app_id and source is openexchangerates.SOURCE else source
        for source in SOURCES
    )
    known = Catalog(sources, frozenset(), {})
    wanted = [known[key] for key in enabled] if enabled is not None else [s for s in sources if s.default]
    for source in wanted:
        askable(source)
    for ranked in (authority or {}).values():
        for key in ranked:
            known[key]
    keys = frozenset(source.key for source in wanted)
    return Catalog(sources, keys | ALWAYS, {**AUTHORITY, **(authority or {})})


def askable(source: Source) -> Source:
    """The source; raises BadParameter when the setting that it needs is not there."""
    if source.needs:
        raise BadParameter(
            f"{source.key} cannot be asked without a key.",
            parameter="source",
            expected=f"the key in {source.needs}; its terms: {source.terms.removesuffix('.')}",
        )
    return source
