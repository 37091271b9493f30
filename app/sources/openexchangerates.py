"""Open Exchange Rates: blended market rates, new each hour, for whoever has a key.

Off unless it is named in SILKRATE_SOURCES: its standard plans do not allow to serve its rates on as data. The
free plan has 1,000 requests a month, which an hourly poll nearly uses up; so its past is not asked for, where
each day would cost one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from app.domain.calendar import Continuous, day_of
from app.domain.observations import Observation, Published
from app.domain.pairs import LOCAL, Pair
from app.sources.base import Reply, Request, Source, json_of, literal, member, object_in, reading, within

KEY = "openexchangerates"
UTC_DAYS = ZoneInfo("UTC")
HOUR = timedelta(hours=1)
"""How often the free plan has new rates."""

LATEST = "https://openexchangerates.org/api/latest.json?prettyprint=0"
"""All currencies: to name those wanted was a matter of paid plans."""


def parse(reply: Reply) -> list[Observation]:
    """The rates as printed, units of each local currency for 1 dollar, and the instant of `timestamp`.

    A currency that is left out is passed over. Raises BadBody, in the words of the service where it refuses.
    """
    with reading(KEY):
        document = object_in(json_of(reply.body))
        if document.get("error"):
            raise ValueError(f"it refuses: {member(document, 'message')[:80]}")
        if member(document, "base") != "USD":
            raise ValueError(f"base {member(document, 'base')[:10]!r}, expected USD")
        observed_at = _instant(member(document, "timestamp"))
        with within("rates"):
            rates = object_in(document.get("rates"))
        rows = []
        for code in LOCAL:
            if code in rates:
                with within(code):
                    rows.append(Published(Pair("USD", code), literal(member(rates, code))))
        if not rows:
            raise ValueError(f"none of {', '.join(LOCAL)} under rates, expected all of them")
    day = day_of(observed_at, UTC_DAYS)
    return [Observation(KEY, row, day, observed_at, reply.fetched_at) for row in rows]


def _instant(seconds: str) -> datetime:
    """The instant of a Unix time in whole seconds; ValueError outside the years 2000 to 2099."""
    if not (len(seconds) <= 10 and seconds.isdecimal() and 946_684_800 <= int(seconds) < 4_102_444_800):
        raise ValueError(f"timestamp {seconds[:20]!r}, expected Unix seconds such as 1779580800")
    return datetime.fromtimestamp(int(seconds), UTC)


SOURCE = Source(
    key=KEY,
    name="Open Exchange Rates",
    kind="aggregate",
    calendar=Continuous(UTC_DAYS, HOUR),
    attribution="Open Exchange Rates, openexchangerates.org",
    terms="By plan; the standard plans forbid to redistribute its rates as a data feed.",
    permission="Yours to obtain: openexchangerates.org/terms, and the licence of your plan.",
    homepage="https://openexchangerates.org",
    hosts=("openexchangerates.org",),
    parse=parse,
    default=False,
    least=HOUR,
    needs="SILKRATE_OPENEXCHANGERATES_APP_ID",
)
"""The source without a key: known, but not to be asked."""


def keyed(app_id: str) -> Source:
    """The source as the holder of the key `app_id` asks it."""
    request = Request(LATEST, secret=f"app_id={quote(app_id, safe='')}")
    return replace(SOURCE, requests=lambda now: (request,), needs=None)
