"""The National Bank of the Kyrgyz Republic: the som's official rates.

Two XML files have the newest, dated the day on which they are in force, as a rule tomorrow: `daily.xml` has
those that count, `weekly.xml` forty more, with crosses of the neighbours. A page has the past of a currency.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from app.domain.calendar import Era, Schedule, starts
from app.domain.errors import NoRates
from app.domain.observations import Observation, Published
from app.domain.pairs import CURRENCIES, Pair
from app.sources.base import (
    ONE_DAY,
    History,
    Reply,
    Request,
    Source,
    by_years,
    dotted_day,
    literal,
    one_each,
    reading,
    row_of,
    text_of,
    within,
    within_span,
    xml_root,
)
from app.sources.holidays import closed

KEY = "nbkr"
BISHKEK = ZoneInfo("Asia/Bishkek")
DAILY = Request("https://www.nbkr.kg/XML/daily.xml")
"""USD, EUR, CNY, KZT and RUB: KGS per nominal, windows-1251, decimal comma, the newest file only."""

WEEKLY = Request("https://www.nbkr.kg/XML/weekly.xml", optional=True)
"""In the same form forty other currencies, with a date of their own: TJS, UZS and TMT among them."""

DOLLAR = Pair("USD", "KGS")
"""The rate without which the daily file is no success: it is the headline, the others are witnesses."""

SATURDAY = frozenset({5})
TUESDAY_TO_SATURDAY = frozenset({1, 2, 3, 4, 5})

CALENDAR = Schedule(
    BISHKEK,
    # Fixed on trading days for the day after, so dated Tuesday to Saturday. At weekends the bank rewrites the
    # file with the next date and the same values. When weekly rates became daily is not known for certain,
    # and does not matter: the past is asked for by whole years, whatever days are in it.
    eras=(Era(date(1993, 5, 10), SATURDAY), Era(date(2006, 1, 1), TUESDAY_TO_SATURDAY)),
    # The bank fixes between 15:00 and 15:30; the file was seen rewritten at 16:20.
    opens=time(15),
    closes=time(17),
    for_next_day=True,
    holidays=frozenset(day + ONE_DAY for day in closed("KG")),
)

DOLLARS_PAGE = "15"
"""The bank's own number of the dollar, `valuta_id`. The page does not print the nominal, which is 1."""

HOLIDAYS = timedelta(days=4)
"""How long nothing may be due for all that is known here: a range so short may be empty on the page."""

_MARK = re.compile(r"<!--(date|value)-->")


def page_requests(since: date, until: date) -> Sequence[Request]:
    """The question for the dollar's page of a range, both ends included."""
    begin, end = (
        f"{n}_day={d:%d}&{n}_month={d:%m}&{n}_year={d:%Y}" for n, d in (("beg", since), ("end", until))
    )
    query = f"item=1562&lang=ENG&valuta_id={DOLLARS_PAGE}&{begin}&{end}"
    return (Request(f"https://www.nbkr.kg/index1.jsp?{query}"),)


def parse(reply: Reply) -> list[Observation]:
    """The rates of either file, or of the page, as printed: som for `nominal` units of a foreign currency.

    Raises BadBody; NoRates for an empty page of a range in which nothing was due, or that is a few days long.
    """
    paged = urlsplit(reply.request.url).path.endswith(".jsp")
    dated = list(_page(reply).items()) if paged else _file(reply)
    return [Observation(KEY, row, day, starts(day, BISHKEK), reply.fetched_at) for day, row in dated]


def _file(reply: Reply) -> list[tuple[date, Published]]:
    """The rows of currencies known here, each once, in the order of the file."""
    needed = None if reply.request.optional else DOLLAR
    with reading(KEY):
        root = xml_root(reply.body, "CurrencyRates")
        day = dotted_day(root.get("Date"))
        known = (each for each in root.iterfind("Currency") if each.get("ISOCode", "") in CURRENCIES)
        rows = one_each((row for each in known if (row := _row(each))), needed)
    return [(day, row) for row in rows]


def _row(currency: Element) -> Published | None:
    code = currency.get("ISOCode", "")
    with within(code):
        return row_of(Pair(code, "KGS"), text_of(currency, "Value"), text_of(currency, "Nominal"))


def _page(reply: Reply) -> dict[date, Published]:
    """The days of a page, which has the newest first. A date stands between two marks, then a value so too;
    any other markup may be there.
    """
    rows: dict[date, Published] = {}
    with reading(KEY):
        before, *marked = _MARK.split(reply.body.decode("utf-8", "replace"))
        marks, texts = marked[::2], marked[1::2]
        if "</table>" not in (texts or [before])[-1].lower():
            raise ValueError("no </table> after the last row, so the page is cut short")
        turns = ["date", "date", "value", "value"] * (len(marks) // 4)
        if marks != turns or any("<tr" in between.lower() for between in texts[1::4]):
            raise ValueError("marks out of turn, expected two <!--date--> and two <!--value--> in each row")
        bare = [text.replace("&nbsp;", "\N{NO-BREAK SPACE}").strip() for text in texts]
        for day_text, value in zip(bare[::4], bare[2::4], strict=True):
            day = dotted_day(day_text)
            with within(str(day)):
                row = Published(DOLLAR, literal(value))
                if rows.setdefault(day, row) != row:
                    raise ValueError("two values, expected one")
    since, until = _asked(reply.request)
    if not rows and until - since < HOLIDAYS:
        raise NoRates(KEY, f"nothing of {since} to {until}, which may be holidays")
    within_span(KEY, (since, until), rows, CALENDAR)
    return rows


def _asked(request: Request) -> tuple[date, date]:
    """The range in the URL of a page."""
    asked = {
        name: int(values[0]) for name, values in parse_qs(urlsplit(request.url).query).items() if "_" in name
    }
    begin, end = (date(asked[f"{n}_year"], asked[f"{n}_month"], asked[f"{n}_day"]) for n in ("beg", "end"))
    return begin, end


SOURCE = Source(
    key=KEY,
    name="National Bank of the Kyrgyz Republic",
    kind="official",
    calendar=CALENDAR,
    attribution="National Bank of the Kyrgyz Republic, www.nbkr.kg",
    terms="None published for the XML files; name the bank as the source.",
    permission="None is asked for: no terms, no copyright notice, and robots.txt leaves /XML/ free.",
    homepage="https://www.nbkr.kg",
    hosts=("www.nbkr.kg",),
    pairs=(Pair("KGS", "USD"),),
    requests=lambda now: (DAILY, WEEKLY),
    parse=parse,
    history=History(date(1999, 1, 1), by_years(1, page_requests)),
)
