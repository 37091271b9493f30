"""Rows and voices, for tests of what is chosen from them."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.calendar import Calendar, Decree, Era, Schedule, SingleDay, starts
from app.domain.observations import ACCEPTED, Kind, Observation, Published, Recorded
from app.domain.pairs import Pair

KGS_USD, USD_KGS = Pair("KGS", "USD"), Pair("USD", "KGS")
BISHKEK, DUSHANBE, ASHGABAT = (ZoneInfo(f"Asia/{city}") for city in ("Bishkek", "Dushanbe", "Ashgabat"))


@dataclass(frozen=True, slots=True)
class Speaker:
    """A source, as the headline sees it."""

    key: str
    kind: Kind
    calendar: Calendar


BANK = Speaker(
    "nbkr",
    "official",
    Schedule(BISHKEK, (Era(date(1993, 5, 10), frozenset({1, 2, 3, 4, 5})),), time(15), time(15, 30)),
)
BLEND = Speaker(
    "blend",
    "aggregate",
    Schedule(DUSHANBE, (Era(date(2000, 1, 1), frozenset(range(7))),), time(9), time(11), fixing_days=None),
)
PAGE = Speaker("page", "page", SingleDay(BISHKEK))
DECREE = Speaker("peg", "peg", Decree(ASHGABAT))


def recorded(
    voice: Speaker,
    day: str | date,
    value: str = "87.45",
    *,
    id: int = 0,
    revision: int = 0,
    version: int = 1,
    judged_in: int | None = None,
    hour: int = 0,
) -> Recorded:
    """What `voice` said of the dollar in som for `day`, observed `hour` hours into it, and accepted."""
    effective = date.fromisoformat(day) if isinstance(day, str) else day
    observed = starts(effective, voice.calendar.zone) + timedelta(hours=hour)
    said = Observation(voice.key, Published(USD_KGS, value), effective, observed, observed)
    return Recorded(id, said, revision, version, observed, judged_in or version, ACCEPTED)
