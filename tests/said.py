"""What sources said, for tests: observations in the forms that the real ones have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from app.domain.calendar import starts
from app.domain.numbers import plain, significant
from app.domain.observations import Observation, Published, Reported
from app.domain.pairs import Pair
from app.sources.catalog import catalog

BISHKEK = ZoneInfo("Asia/Bishkek")

CROSSES = {"EUR": "101.5000", "CNY": "12.8000", "RUB": "1.2200"}
"""Som per 1 unit, as they stand beside a dollar of 87.4500."""


def at(text: str) -> datetime:
    """The instant `2026-05-21 10:30`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def nbkr(
    day: date | str, value: str = "87.4500", *, base: str = "USD", fetched_at: datetime | None = None
) -> Observation:
    """One row of the Kyrgyz bank's file: `value` som per 1 unit of `base`, in force on `day`."""
    effective = date.fromisoformat(day) if isinstance(day, str) else day
    begins = starts(effective, BISHKEK)
    return Observation(
        "nbkr", Published(Pair(base, "KGS"), value), effective, begins, fetched_at or begins, None
    )


def nbkr_file(
    day: str, value: str = "87.4500", crosses: Mapping[str, str] | None = None
) -> list[Observation]:
    """The whole file: the dollar and the currencies whose crosses tell a typo from a devaluation."""
    return [
        nbkr(day, value),
        *(nbkr(day, said, base=base) for base, said in (crosses or CROSSES).items()),
    ]


def paged(day: str, pair: str, value: str, pct: str | None = "0") -> Observation:
    """One item of an imported page: `value` quote per 1 base, with the change it prints."""
    base, quote = pair.split("/")
    effective = date.fromisoformat(day)
    begins = starts(effective, BISHKEK)
    reported = Reported(pct=pct) if pct is not None else None
    return Observation("page", Published(Pair(base, quote), value), effective, begins, begins, reported)


LOCALS = {"nbkr": "KGS", "nbk": "KZT", "nbt": "TJS", "cbu": "UZS", "cbt": "TMT"}
"""The currency of each bank."""

DOLLARS = {
    code: Fraction(dollars)
    for code, dollars in {
        **{"USD": "1", "EUR": "1.1607", "CNY": "0.1464", "RUB": "0.01395"},
        **{"KGS": "0.011435", "KZT": "0.002121", "TJS": "0.1078", "UZS": "0.00008375", "TMT": "0.285714"},
    }.items()
}
"""What 1 unit of each currency costs in dollars, by all banks alike, on an ordinary day."""


def banks_row(source: str, day: date | str, code: str, value: str) -> Observation:
    """One row of a bank's file: `value` units of its own currency per 1 unit of `code`."""
    effective = date.fromisoformat(day) if isinstance(day, str) else day
    begins = starts(effective, catalog()[source].calendar.zone)
    return Observation(source, Published(Pair(code, LOCALS[source]), value), effective, begins, begins)


def banks_file(
    source: str,
    day: date | str,
    dollars: Mapping[str, Fraction] = DOLLARS,
    misprints: Mapping[str, Fraction] | None = None,
) -> list[Observation]:
    """A bank's whole file, in which every currency costs what it does in `dollars`; but for `misprints`, of
    which each says how many times too much is printed.
    """
    wrong = misprints or {}
    return [
        banks_row(
            source, day, code, plain(significant(cost / dollars[LOCALS[source]] * wrong.get(code, 1), 6))
        )
        for code, cost in dollars.items()
        if code != LOCALS[source]
    ]
