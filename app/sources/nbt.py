"""The National Bank of Tajikistan: the somoni's official rates, for a day, or for a range of one currency.

Asked for a day on which it did not publish, it answers with the rates carried, under the day asked for. Asked
for a day that it does not have, it answers with its newest table, under that table's own date.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from app.domain.calendar import WORKING_DAYS, Era, Schedule, starts
from app.domain.observations import Observation, Published
from app.domain.pairs import CURRENCIES, Pair
from app.sources.base import (
    History,
    Reply,
    Request,
    Source,
    by_years,
    dotted_day,
    due,
    iso_day,
    one_each,
    reading,
    row_of,
    text_of,
    within,
    within_span,
    xml_root,
)
from app.sources.holidays import closed

KEY = "nbt"
DUSHANBE = ZoneInfo("Asia/Dushanbe")

DOLLAR = Pair("USD", "TJS")
"""The rate without which a table is no success; the others are witnesses, of all five currencies."""

CALENDAR = Schedule(
    DUSHANBE,
    eras=(Era(date(2000, 10, 30), WORKING_DAYS),),
    # The hour is not known: on a Friday the newest table is Monday's already. Hence the long, slow window.
    opens=time(9),
    closes=time(18),
    eager=timedelta(minutes=15),
    idle=timedelta(hours=2),
    holidays=closed("TJ"),
)


def request(day: date) -> Request:
    """The question for the table of `day`. Without `export` the bank answers with a help page."""
    return Request(f"https://www.nbt.tj/en/kurs/export_xml.php?date={day}&export=xmlout", day=day)


def requests(now: datetime) -> list[Request]:
    """One for each day that is due."""
    return due(CALENDAR, request, now)


def range_requests(since: date, until: date) -> Sequence[Request]:
    """The question for the dollar on each day of a range, both ends included."""
    query = f"d1={since}&d2={until}&cs=USD&export=xml"
    return (Request(f"https://www.nbt.tj/en/kurs/export_xml_dynamic.php?{query}"),)


def parse(reply: Reply) -> list[Observation]:
    """The rates of a table, or of a range, as printed: somoni for `Nominal` units of a foreign currency.

    Raises BadBody; NoRates for an empty range in which nothing was due.
    """
    dated = _range(reply) if "_dynamic" in reply.request.url else _table(reply)
    return [
        Observation(KEY, row, day, starts(day, DUSHANBE), reply.fetched_at)
        for day, rows in dated.items()
        for row in rows
    ]


def _table(reply: Reply) -> dict[date, list[Published]]:
    with reading(KEY):
        root = xml_root(reply.body, "ValCurs")
        rows = (row for valute in root.iterfind("Valute") if (row := _row(valute)))
        return {iso_day(root.get("Date")): one_each(rows, DOLLAR)}


def _range(reply: Reply) -> dict[date, list[Published]]:
    """Each day of the range with its one row. The feed writes dates as dd.mm.yyyy, the table does not."""
    rows: dict[date, list[Published]] = {}
    with reading(KEY):
        for record in xml_root(reply.body, "ValCurs").iterfind("Record"):
            day = dotted_day(record.get("Date"))
            with within(str(day)):
                if (row := _row(record)) and row.pair == DOLLAR:
                    rows[day] = one_each([*rows.get(day, ()), row], DOLLAR)
                else:
                    raise ValueError(f"a row of {record.findtext('CharCode')!r}, but USD was asked for")
    asked = parse_qs(urlsplit(reply.request.url).query)
    span = (date.fromisoformat(asked["d1"][0]), date.fromisoformat(asked["d2"][0]))
    within_span(KEY, span, rows, CALENDAR)
    return rows


def _row(valute: Element) -> Published | None:
    """The row of a currency known here. Its ID is not looked at: 810 stands for the rouble of two states."""
    code = text_of(valute, "CharCode")
    if code not in CURRENCIES:
        return None
    with within(code):
        return row_of(Pair(code, "TJS"), text_of(valute, "Value"), text_of(valute, "Nominal"))


SOURCE = Source(
    key=KEY,
    name="National Bank of Tajikistan",
    kind="official",
    calendar=CALENDAR,
    attribution="National Bank of Tajikistan, www.nbt.tj",
    terms="A reference to www.nbt.tj is required.",
    permission="The footer of www.nbt.tj allows the use of its material with a reference to the site.",
    homepage="https://www.nbt.tj",
    hosts=("www.nbt.tj",),
    pairs=(Pair("TJS", "USD"),),
    requests=requests,
    parse=parse,
    history=History(date(2001, 1, 1), by_years(5, range_requests)),
)
