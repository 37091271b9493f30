"""The table in which the record leaves and comes back, a row a publication; its columns in their order."""

from __future__ import annotations

COLUMNS = (
    "pair",
    "source",
    "effective_date",
    "observed_at",
    "rate",
    "published_pair",
    "published_value",
    "nominal",
    "revision",
    "recorded_at",
)

CARRIED = "carried_from"
"""The column by which a filled table is none of publications: the day of the one that a row repeats, empty
where a row is one.
"""

NEEDED = ("source", "effective_date", "published_pair", "published_value")
"""The columns without which a row says nothing; the others follow from them, or are made anew."""
