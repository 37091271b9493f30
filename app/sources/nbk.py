"""The National Bank of Kazakhstan: the tenge's official rates, asked for one day at a time.

The market's rate of 15:30 in Astana is the official one of the next working day, since 2019-07-01. Values are
printed without trailing zeros: 480 means 480.00.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from app.domain.calendar import WORKING_DAYS, Era, Schedule, starts
from app.domain.errors import BadBody, NoRates
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
    one_each,
    only,
    reading,
    row_of,
    text_of,
    within,
    xml_root,
)
from app.sources.holidays import closed

KEY = "nbk"
ALMATY = ZoneInfo("Asia/Almaty")
"""The zone of the bank's days: UTC+6 until 2024-02-29, UTC+5 like all of Kazakhstan since."""

DOLLAR = Pair("USD", "KZT")
"""The rate without which the file is no success; the others are witnesses. The manat is not in it."""

CALENDAR = Schedule(
    ALMATY,
    eras=(Era(date(1993, 11, 15), WORKING_DAYS),),
    # The crosses are fixed at 16:00; when the file is there is not published.
    opens=time(15, 30),
    closes=time(17),
    idle=timedelta(hours=2),
    holidays=closed("KZ"),
)


def request(day: date) -> Request:
    """The question for the rates of `day`."""
    return Request(f"https://nationalbank.kz/rss/get_rates.cfm?fdate={day:%d.%m.%Y}", day=day)


def requests(now: datetime) -> list[Request]:
    """One for each day that is due."""
    return due(CALENDAR, request, now)


def parse(reply: Reply) -> list[Observation]:
    """The rates of one day as printed: tenge for `quant` units of a foreign currency.

    Raises NoRates where `info` stands in place of rates, and BadBody, also where `error` stands anywhere (the
    bank failed, which says nothing of the day), and for the table of a later day than was asked for. That of
    an earlier one is carried, and kept under its own date.
    """
    with reading(KEY):
        root = xml_root(reply.body, "rates")
        items = root.findall("item")
        if (error := root.find("error")) is not None:
            raise ValueError(f"it reports an error, {_words(error)!r}")
        if not items and (info := root.find("info")) is not None:
            raise NoRates(KEY, f"none of {reply.request.day}: {_words(info)!r}")
        day = dotted_day(only(root, "date"))
        rows = [row for item in items if (row := _row(item))]
        printed = one_each(rows, DOLLAR)
        reported = next((change for item in items if (change := _change(item))), None)
    if reply.request.day and day > reply.request.day:
        raise BadBody(KEY, f"dated {day}, but {reply.request.day} was asked for")
    begins = starts(day, ALMATY)
    return [
        Observation(KEY, row, day, begins, reply.fetched_at, reported if row.pair == DOLLAR else None)
        for row in printed
    ]


def _words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())[:80]


def _row(item: Element) -> Published | None:
    code = text_of(item, "title")
    if code not in CURRENCIES:
        return None
    with within(code):
        return row_of(Pair(code, "KZT"), text_of(item, "description"), text_of(item, "quant"))


def _change(item: Element) -> Reported | None:
    """What the dollar's row says of its change since the publication before."""
    return difference(item.findtext("change", "")) if text_of(item, "title") == DOLLAR.base else None


SOURCE = Source(
    key=KEY,
    name="National Bank of Kazakhstan",
    kind="official",
    calendar=CALENDAR,
    attribution="National Bank of Kazakhstan, www.nationalbank.kz",
    terms="None published for the feed; name the bank as the source.",
    permission="None is published; the bank offers the feed as RSS, which is for other sites to show.",
    homepage="https://nationalbank.kz",
    hosts=("nationalbank.kz",),
    pairs=(Pair("KZT", "USD"),),
    requests=requests,
    parse=parse,
    history=History(date(2000, 1, 1), by_day(CALENDAR, request), timedelta(milliseconds=300)),
    places=2,
)
