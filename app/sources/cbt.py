"""The Central Bank of Turkmenistan: one XML file a day, dated the day on which its rates are in force.

Off by default: the bank's server does not answer from everywhere, and what it says of the dollar is the peg.
"""

from __future__ import annotations

from datetime import date, datetime, time
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from app.domain.calendar import EVERY_DAY, Era, Schedule, starts
from app.domain.errors import BadBody
from app.domain.observations import Observation, Published
from app.domain.pairs import CURRENCIES, Pair
from app.sources.base import (
    History,
    Reply,
    Request,
    Source,
    by_day,
    dotted_day,
    due,
    iso_day,
    one_each,
    only,
    reading,
    row_of,
    text_of,
    within,
    xml_root,
)

KEY = "cbt"
ASHGABAT = ZoneInfo("Asia/Ashgabat")

DOLLAR = Pair("USD", "TMT")
"""The rate without which a file is no success; the others are witnesses, of all five currencies."""

CALENDAR = Schedule(
    ASHGABAT,
    # There is no file of a Sunday. The file of each other day was written on the day before, at about 15:25.
    eras=(Era(date(2009, 1, 1), frozenset(range(6))),),
    opens=time(15),
    closes=time(16, 30),
    fixing_days=EVERY_DAY,
)


def request(day: date) -> Request:
    """The file of `day`. It is a plain file: where there is none, the answer is 404."""
    return Request(f"https://cbt.tm/kurs/{day:%Y/%d%m%Y}.xml", day=day, absent=frozenset({404}))


def requests(now: datetime) -> list[Request]:
    """One for each day that is due."""
    return due(CALENDAR, request, now)


def parse(reply: Reply) -> list[Observation]:
    """The rates of a file as printed: manat for `multiplier` units of a foreign currency. `rate_usd` is not
    read: some currencies have it the other way round. Raises BadBody, also for a file of another day.
    """
    with reading(KEY):
        root = xml_root(reply.body, "cbt_currency_rate")
        with within("date"):
            day = _day(only(root, "date"))
        rows = one_each((row for rate in root.iterfind("rate") if (row := _row(rate))), DOLLAR)
    if reply.request.day and day != reply.request.day:
        raise BadBody(KEY, f"dated {day}, but {reply.request.day} was asked for")
    return [Observation(KEY, row, day, starts(day, ASHGABAT), reply.fetched_at) for row in rows]


def _day(text: str) -> date:
    """The date of a file, which is yyyy-mm-dd in those of 2020 to 2023 and dd.mm.yyyy since."""
    return iso_day(text) if "-" in text else dotted_day(text)


def _row(rate: Element) -> Published | None:
    code = rate.get("code", "")
    if code not in CURRENCIES:
        return None
    with within(code):
        return row_of(Pair(code, "TMT"), text_of(rate, "rate_tmt"), text_of(rate, "multiplier"))


SOURCE = Source(
    key=KEY,
    name="Central Bank of Turkmenistan",
    kind="official",
    calendar=CALENDAR,
    attribution="Central Bank of Turkmenistan, cbt.tm",
    terms="None published; name the bank as the source.",
    permission="None is published: the footer of the site claims its copyright and says no more.",
    homepage="https://cbt.tm",
    hosts=("cbt.tm",),
    pairs=(Pair("TMT", "USD"),),
    requests=requests,
    parse=parse,
    history=History(date(2020, 4, 17), by_day(CALENDAR, request)),
    default=False,
)
