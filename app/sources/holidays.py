"""The public holidays on which a country's bank does not publish: those fixed by law, and two that move.

General knowledge as of 2026, read off no feed. A day too many costs little: it is asked for when nothing is
there for the day after, what a bank publishes for it is taken, and only its absence is not noticed. A day too
few is one false alarm. What is missing here is learned: from a bank that passes over a day in advance, and
from the record of its past years.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

YEARS = range(2024, 2041)
"""The years that are written out: older ones have their record, and the laws changed."""

EVERY_YEAR: Mapping[str, tuple[str, ...]] = {
    # Labour Code of the Kyrgyz Republic: New Year, Christmas, Defender's Day, Women's Day, Nooruz, the April
    # Revolution, Labour Day, Constitution Day, Victory Day, Independence Day, the Days of History.
    "KG": (
        *("01-01", "01-07", "02-23", "03-08", "03-21", "04-07", "05-01", "05-05", "05-09", "08-31", "11-07"),
        "11-08",
    ),
    # Law of Kazakhstan on holidays: New Year, Christmas, Women's Day, Nauryz, Unity Day, Defender's Day,
    # Victory Day, Capital Day, Constitution Day, Republic Day, Independence Day.
    "KZ": (
        *("01-01", "01-02", "01-07", "03-08", "03-21", "03-22", "03-23", "05-01", "05-07", "05-09", "07-06"),
        *("08-30", "10-25", "12-16"),
    ),
    # Tajikistan: New Year, Mother's Day, Navruz, Victory Day, Unity Day, Independence Day, Constitution Day.
    "TJ": ("01-01", "03-08", "03-21", "03-22", "03-23", "03-24", "05-09", "06-27", "09-09", "11-06"),
    # Labour Code of Uzbekistan: New Year, Women's Day, Navruz, Memory Day, Independence Day, Teachers' Day,
    # Constitution Day.
    "UZ": ("01-01", "03-08", "03-21", "05-09", "09-01", "10-01", "12-08"),
}
"""Month and day, by country."""

RAMADAN_ENDS = (
    "2024-04-10",
    "2025-03-31",
    "2026-03-20",
    "2027-03-10",
    "2028-02-27",
    "2029-02-15",
    "2030-02-05",
)
SACRIFICE = ("2024-06-16", "2025-06-06", "2026-05-27", "2027-05-17", "2028-05-05", "2029-04-24", "2030-04-14")
FEASTS: Mapping[str, tuple[str, ...]] = {
    "KG": RAMADAN_ENDS + SACRIFICE,
    "KZ": SACRIFICE,
    "TJ": RAMADAN_ENDS + SACRIFICE,
    "UZ": RAMADAN_ENDS + SACRIFICE,
}
"""The feasts that each of them keeps, by the calculated calendar: the day that is declared may be the next or
the one before. Kazakhstan works at the end of Ramadan.
"""


def closed(country: str) -> frozenset[date]:
    """The days on which the bank of `country` does not work, beside its weekends.

    A holiday on a weekend closes the next day that is neither, as the labour codes have it.
    """
    fixed = [date.fromisoformat(f"{year}-{day}") for year in YEARS for day in EVERY_YEAR[country]]
    return moved([*fixed, *map(date.fromisoformat, FEASTS[country])])


def moved(holidays: Iterable[date]) -> frozenset[date]:
    """`holidays`, and for each that falls on a weekend the next working day."""
    found = set(holidays)
    for day in sorted(day for day in found if day.weekday() > 4):
        while day.weekday() > 4 or day in found:
            day += timedelta(days=1)
        found.add(day)
    return frozenset(found)
