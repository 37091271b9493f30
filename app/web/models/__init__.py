"""The answers as their readers see them: every field of every body with its unit, its direction and an
example.

OpenAPI is made from these. No answer is: `render` writes the frozen dataclasses of the domain, and the tests
hold real bodies against these.
"""

from app.web.models.embedded import Embedded
from app.web.models.facts import Pairs, Sources, SourceState
from app.web.models.feed import JsonFeed
from app.web.models.history import Histories, History, WideHistory
from app.web.models.rates import Candles, Changes, Conversion, Latest, LatestRow, Stats
from app.web.models.service import Alive, Health, Problem, Ready
from app.web.models.ticker import Reset, Strip, Tick, Ticks

__all__ = [
    "Alive",
    "Candles",
    "Changes",
    "Conversion",
    "Embedded",
    "Health",
    "Histories",
    "History",
    "JsonFeed",
    "Latest",
    "LatestRow",
    "Pairs",
    "Problem",
    "Ready",
    "Reset",
    "SourceState",
    "Sources",
    "Stats",
    "Strip",
    "Tick",
    "Ticks",
    "WideHistory",
]
