"""The National Bank of the Kyrgyz Republic: one XML file with the som's official rates.

It is dated the day on which they are in force, as a rule tomorrow.
"""

from __future__ import annotations

from datetime import date, time
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from app.domain.calendar import Era, Schedule, starts
from app.domain.numbers import parse_decimal
from app.domain.observations import Observation, Published
from app.domain.pairs import CURRENCIES, Pair
from app.sources.base import (
    Reply,
    Request,
    Source,
    dotted_day,
    literal,
    reading,
    text_of,
    whole_units,
    within,
    xml_root,
)

KEY = "nbkr"
BISHKEK = ZoneInfo("Asia/Bishkek")
DAILY = Request("https://www.nbkr.kg/XML/daily.xml")
"""USD, EUR, CNY, KZT and RUB: KGS per nominal, windows-1251, decimal comma, the newest file only."""

NEEDED = "USD"
"""The currency without which the file is no success: its row is the headline, the others are witnesses."""

CALENDAR = Schedule(
    BISHKEK,
    # Fixed on trading days for the day after, so dated Tuesday to Saturday. At weekends the bank rewrites the
    # file with the next date and the same values. Its holidays are not known.
    eras=(Era(date(1993, 5, 10), frozenset({1, 2, 3, 4, 5})),),
    # The bank fixes between 15:00 and 15:30; the file was seen rewritten at 16:20.
    opens=time(15),
    closes=time(17),
)


def parse(reply: Reply) -> list[Observation]:
    """The rates of `daily.xml` as printed: som for `nominal` units of a foreign currency. Raises BadBody."""
    with reading(KEY):
        root = xml_root(reply.body, "CurrencyRates")
        day = dotted_day(root.get("Date"))
        rows = _rows(root)
    return [Observation(KEY, row, day, starts(day, BISHKEK), reply.fetched_at) for row in rows]


def _rows(root: Element) -> list[Published]:
    """The rows of currencies known here, each once, in the order of the file."""
    rows: dict[str, Published] = {}
    for currency in root.iterfind("Currency"):
        code = currency.get("ISOCode", "")
        if code in CURRENCIES and (row := _row(currency, code)):
            _agree(rows.setdefault(code, row), row)
    if NEEDED not in rows:
        raise ValueError(f"no row of {NEEDED} among {', '.join(rows) or 'none'}, expected one every day")
    return list(rows.values())


def _row(currency: Element, code: str) -> Published | None:
    """The row of `code`; None for `0,0000` or nothing, which is how the bank says that it has no rate of it.

    The dollar always has one, so there nothing is an error, and zero is handed on for the rules to refuse.
    """
    with within(code):
        nominal, printed = whole_units(text_of(currency, "Nominal")), text_of(currency, "Value")
        if code != NEEDED and (not printed or not parse_decimal(printed)):
            return None
        return Published(Pair(code, "KGS"), literal(printed), nominal)


def _agree(first: Published, again: Published) -> None:
    if first.exact(first.pair) != again.exact(first.pair):
        said = f"{first.value} per {first.nominal} and {again.value} per {again.nominal}"
        raise ValueError(f"{first.pair.base} stands there twice, as {said}, expected one value")


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
    requests=lambda now: (DAILY,),
    parse=parse,
)
