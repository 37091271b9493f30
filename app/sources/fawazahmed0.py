"""fawazahmed0's currency-api: a file of blended market rates each day, free of charge and without a key.

The files lie on two hosts, and each day's stays where it is. Which sources are blended is not disclosed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.calendar import EVERY_DAY, Era, Schedule, starts
from app.domain.errors import BadBody
from app.domain.observations import Observation, Published
from app.domain.pairs import LOCAL, Pair
from app.sources.base import (
    History,
    Reply,
    Request,
    Source,
    by_day,
    due,
    iso_day,
    json_of,
    literal,
    member,
    object_in,
    reading,
    within,
)

KEY = "fawazahmed0"
UTC_DAYS = ZoneInfo("UTC")
"""The zone of its days."""

CALENDAR = Schedule(
    UTC_DAYS,
    # A day's file is built from 00:00 UTC on, and was seen dated as late as 05:14.
    eras=(Era(date(2024, 3, 2), EVERY_DAY),),
    opens=time(0, 30),
    closes=time(6),
    fixing_days=None,
    eager=timedelta(minutes=30),
    idle=timedelta(hours=6),
)


def request(day: date | None) -> Request:
    """The file of `day`, by the day's own name, or the latest, whose alias may lag behind for hours."""
    name = str(day) if day else "latest"
    return Request(
        f"https://cdn.jsdelivr.net/npm/@fawazahmed0/currency-api@{name}/v1/currencies/usd.min.json",
        alternatives=(f"https://{name}.currency-api.pages.dev/v1/currencies/usd.min.json",),
        day=day,
        absent=frozenset({404}) if day else frozenset(),
        optional=day is None,
    )


def requests(now: datetime) -> list[Request]:
    """The latest file, should a day have none, and then those of the days that are due, which are surer."""
    return [request(None), *due(CALENDAR, request, now)]


def parse(reply: Reply) -> list[Observation]:
    """The rates of a file as printed: units of each local currency for 1 dollar.

    One that is left out is passed over. Raises BadBody, also for a file of another day.
    """
    with reading(KEY):
        document = object_in(json_of(reply.body))
        day = iso_day(member(document, "date"))
        with within("usd"):
            rates = object_in(document.get("usd"))
        rows = [_row(rates, code) for code in LOCAL if code.lower() in rates]
        if not rows:
            raise ValueError(f"none of {', '.join(LOCAL)} under usd, expected all of them")
    if reply.request.day and day != reply.request.day:
        raise BadBody(KEY, f"dated {day}, but {reply.request.day} was asked for")
    return [Observation(KEY, row, day, starts(day, UTC_DAYS), reply.fetched_at) for row in rows]


def _row(rates: Mapping[str, object], code: str) -> Published:
    with within(code):
        return Published(Pair("USD", code), literal(member(rates, code.lower())))


SOURCE = Source(
    key=KEY,
    name="currency-api by fawazahmed0",
    kind="aggregate",
    calendar=CALENDAR,
    attribution="currency-api by fawazahmed0, github.com/fawazahmed0/exchange-api",
    terms="Free of charge, without a key or a limit; its own sources are not disclosed.",
    permission="The project puts its files into the public domain.",
    homepage="https://github.com/fawazahmed0/exchange-api",
    hosts=("cdn.jsdelivr.net", "*.currency-api.pages.dev"),
    requests=requests,
    parse=parse,
    history=History(date(2024, 3, 2), by_day(CALENDAR, request), timedelta(milliseconds=200)),
)
