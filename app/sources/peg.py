"""The decrees: rates that a central bank fixed once and for all, until the next decree. Nobody is asked."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from app.domain.calendar import Decree, starts
from app.domain.observations import Observation, Published
from app.domain.pairs import PEGS, canonical
from app.sources.base import Source

KEY = "peg"
ASHGABAT = ZoneInfo("Asia/Ashgabat")
"""Where the day of a decree begins: the only peg is Turkmenistan's."""


def decreed(fetched_at: datetime) -> list[Observation]:
    """Every decree since the first, oldest first, each in force from the start of its day in Ashgabat."""
    return [
        Observation(KEY, Published(peg.pair, peg.value), peg.since, starts(peg.since, ASHGABAT), fetched_at)
        for peg in PEGS
    ]


SOURCE = Source(
    key=KEY,
    name="Peg of the Turkmenistani manat",
    kind="peg",
    calendar=Decree(ASHGABAT),
    attribution="Central Bank of Turkmenistan, by decree",
    terms="A fact of law, free to use.",
    permission="Nobody owns a decree.",
    pairs=tuple(dict.fromkeys(canonical(peg.pair) for peg in PEGS)),
    decreed=decreed,
    exact=True,
)
