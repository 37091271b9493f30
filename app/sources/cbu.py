"""The Central Bank of Uzbekistan: the sum's official rates, asked for one day at a time.

Announced in the afternoon for the next working day. Asked for a day without rates of its own, it answers with
the table before it, under that table's date.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.calendar import WORKING_DAYS, Era, Schedule, starts
from app.domain.errors import BadBody
from app.domain.observations import Observation, Published, Reported
from app.domain.pairs import CURRENCIES, Pair
from app.sources.base import (
    History,
    Reply,
    Request,
    Source,
    by_day,
    difference,
    dotted_day,
    due,
    json_of,
    member,
    one_each,
    reading,
    row_of,
    rows_in,
    within,
)
from app.sources.holidays import closed

KEY = "cbu"
TASHKENT = ZoneInfo("Asia/Tashkent")

DOLLAR = Pair("USD", "UZS")
"""The rate without which a table is no success; the others are witnesses, of all five currencies."""

TUESDAY = frozenset({1})

CALENDAR = Schedule(
    TASHKENT,
    # When the weekly rates ended is not known for certain. To ask for a day too many gets a repeat.
    eras=(Era(date(1994, 7, 1), TUESDAY), Era(date(2017, 9, 5), WORKING_DAYS)),
    opens=time(13),
    closes=time(16),
    eager=timedelta(minutes=10),
    idle=timedelta(hours=2),
    holidays=closed("UZ"),
)


def request(day: date) -> Request:
    """The question for the table of `day`. Without the slash at its end the bank answers with a redirect."""
    return Request(f"https://cbu.uz/en/arkhiv-kursov-valyut/json/all/{day}/", day=day)


def requests(now: datetime) -> list[Request]:
    """One for each day that is due."""
    return due(CALENDAR, request, now)


def parse(reply: Reply) -> list[Observation]:
    """The rates of a table as printed: sum for `Nominal` units of a foreign currency. All values are strings,
    and neither the order of the rows nor their ids mean anything.

    Raises BadBody, also for rows of several days and for a later day than was asked for.
    """
    with reading(KEY):
        table = [row for row in rows_in(json_of(reply.body)) if member(row, "Ccy") in CURRENCIES]
        printed = one_each((found for row in table if (found := _row(row))), DOLLAR)
        days = {dotted_day(member(row, "Date")) for row in table}
        if len(days) != 1:
            raise ValueError(f"dated {' and '.join(map(str, sorted(days)))}, expected one day")
        reported = next(_change(row) for row in table if member(row, "Ccy") == DOLLAR.base)
    (day,) = days
    if reply.request.day and day > reply.request.day:
        raise BadBody(KEY, f"dated {day}, but {reply.request.day} was asked for")
    begins = starts(day, TASHKENT)
    return [
        Observation(KEY, row, day, begins, reply.fetched_at, reported if row.pair == DOLLAR else None)
        for row in printed
    ]


def _row(row: Mapping[str, object]) -> Published | None:
    code = member(row, "Ccy")
    with within(code):
        # A comma could only group thousands here, and must never be read as the decimal mark.
        rate = "" if row.get("Rate", "") is None else member(row, "Rate")
        if "," in rate:
            raise ValueError(f"value {rate[:40]!r}, expected a decimal point and no comma")
        return row_of(Pair(code, "UZS"), rate, member(row, "Nominal"))


def _change(row: Mapping[str, object]) -> Reported | None:
    """What a row says of its change since the table before; here too a comma is no decimal mark."""
    printed = row.get("Diff")
    return difference(printed) if isinstance(printed, str) and "," not in printed else None


SOURCE = Source(
    key=KEY,
    name="Central Bank of Uzbekistan",
    kind="official",
    calendar=CALENDAR,
    attribution="Central Bank of Uzbekistan, cbu.uz",
    terms="None published for the feed; name the bank as the source.",
    permission="The bank's page for webmasters offers the feed so that other sites show its rates.",
    homepage="https://cbu.uz",
    hosts=("cbu.uz",),
    pairs=(Pair("UZS", "USD"),),
    requests=requests,
    parse=parse,
    history=History(date(1994, 7, 1), by_day(CALENDAR, request)),
)
