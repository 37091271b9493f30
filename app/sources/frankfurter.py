"""Frankfurter: the rates of many central banks, served on under one form, in ranges of any length.

Its rates are rounded, and blended where several banks publish a pair: hence it is believed last of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from app.domain.calendar import WORKING_DAYS, Era, Schedule, day_of, starts
from app.domain.observations import Observation, Published
from app.domain.pairs import LOCAL, Pair
from app.sources.base import (
    History,
    Reply,
    Request,
    Source,
    by_years,
    iso_day,
    json_of,
    literal,
    member,
    reading,
    rows_in,
    within,
    within_span,
)
from app.sources.holidays import EVERY_YEAR, closed

KEY = "frankfurter"
UTC_DAYS = ZoneInfo("UTC")
"""The zone in which its days are counted: it serves the dates of the banks as they are."""

REACH = timedelta(days=7)
"""How far back a poll asks: each pair has the dates of its own bank."""

CALENDAR = Schedule(
    UTC_DAYS,
    eras=(Era(date(1999, 1, 1), WORKING_DAYS),),
    # It follows the banks, each at its own hour.
    opens=time(0),
    closes=time(23),
    fixing_days=None,
    eager=timedelta(hours=6),
    idle=timedelta(hours=12),
    holidays=frozenset.intersection(*map(closed, EVERY_YEAR)),
)


def request(since: date, until: date | None = None) -> Request:
    """The question for the five pairs from `since` on."""
    to = f"&to={until}" if until else ""
    return Request(f"https://api.frankfurter.dev/v2/rates?base=USD&quotes={','.join(LOCAL)}&from={since}{to}")


def requests(now: datetime) -> Sequence[Request]:
    """One, for the last days of all pairs."""
    return (request(day_of(now, UTC_DAYS) - REACH),)


def parse(reply: Reply) -> list[Observation]:
    """The rates of a range as printed: units of each local currency for 1 dollar, every day its own rows.

    Raises BadBody; NoRates for an empty range in which nothing was due.
    """
    asked = parse_qs(urlsplit(reply.request.url).query)
    since = date.fromisoformat(asked["from"][0])
    ahead = day_of(reply.fetched_at, UTC_DAYS) + REACH  # how far the banks publish in advance, and more
    until = date.fromisoformat(asked["to"][0]) if "to" in asked else ahead
    rows: dict[tuple[date, Pair], Published] = {}
    with reading(KEY):
        document = json_of(reply.body)
        for line in rows_in(document) if document != [] else ():
            day = iso_day(member(line, "date"))
            with within(str(day)):
                if (row := _row(line)) and rows.setdefault((day, row.pair), row) != row:
                    raise ValueError(f"{row.pair} stands there twice, expected one value")
    within_span(KEY, (since, until), {day for day, _ in rows}, CALENDAR)
    return [
        Observation(KEY, row, day, starts(day, UTC_DAYS), reply.fetched_at) for (day, _), row in rows.items()
    ]


def _row(line: Mapping[str, object]) -> Published | None:
    """One row; None for the dollar in dollars."""
    base, quote = member(line, "base"), member(line, "quote")
    if base != "USD":
        raise ValueError(f"base {base[:10]!r}, expected USD")
    if quote not in LOCAL:
        return None
    with within(quote):
        return Published(Pair("USD", quote), literal(member(line, "rate")))


SOURCE = Source(
    key=KEY,
    name="Frankfurter",
    kind="aggregate",
    calendar=CALENDAR,
    attribution="Frankfurter, frankfurter.dev, from the central banks",
    terms="Free of charge and without a key; the rates stay those of the banks. It can be run by oneself.",
    permission="The program is open source (MIT); the service asks for none.",
    homepage="https://frankfurter.dev",
    hosts=("api.frankfurter.dev",),
    requests=requests,
    parse=parse,
    together=False,  # each pair has the days of its own bank
    history=History(date(1999, 1, 1), by_years(10, lambda since, until: (request(since, until),))),
    rounded="Above 5000 to whole units, above 80 to two decimals, above 20 to three, above 1 to four.",
)
