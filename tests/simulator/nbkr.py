"""The National Bank of the Kyrgyz Republic: two files and a page, KGS per nominal, decimal comma."""

from datetime import timedelta, timezone
from typing import ClassVar

from tests.simulator.upstream import (
    OF_NOMINALS,
    Answer,
    Publication,
    Request,
    Row,
    Upstream,
    asked,
    day,
    encoded,
    html,
)

BISHKEK = timezone(timedelta(hours=6))


class Nbkr(Upstream):
    """`https://www.nbkr.kg/XML/daily.xml`: the newest file only, dated with the day of its force."""

    key = "nbkr"
    host = "www.nbkr.kg"
    path = "/XML/daily.xml"
    content_type = "application/xml"
    encoding = "windows-1251"
    zone = BISHKEK
    root = "CurrencyRates"
    subject = "USD"
    conditional = True
    rows: ClassVar[tuple[Row, ...]] = (
        Row("USD", "1", "87,1200"),
        Row("EUR", "1", "98,3415"),
        Row("CNY", "1", "12,1530"),
        Row("KZT", "1", "0,1712"),
        Row("RUB", "1", "1,0847"),
    )
    title: ClassVar[str] = "Daily Exchange Rates"
    valid_for: ClassVar[str] = ""

    def render(self, publication: Publication) -> bytes:
        """The file with LF line ends."""
        dated = f' Date="{publication.date:%d.%m.%Y}"' if publication.date else ""
        lines = [
            '<?xml version="1.0" encoding="windows-1251" ?>',
            f'<CurrencyRates Name="{self.title}"{dated}>',
            *(line for row in publication.rows for line in self._currency(row)),
            "</CurrencyRates>",
        ]
        return encoded("\n".join(lines) + "\n", self.encoding)

    def _currency(self, row: Row) -> list[str]:
        fields = (("Nominal", row.nominal), ("ValidFor", self.valid_for or None), ("Value", row.value))
        inner = [f"<{name}>{text}</{name}>" for name, text in fields if text is not None]
        return [f'<Currency ISOCode="{row.code}">', *inner, "</Currency>"]


class NbkrWeekly(Nbkr):
    """`weekly.xml`: other currencies in the same form, with a date of their own."""

    key = "nbkr_weekly"
    path = "/XML/weekly.xml"
    subject = "TJS"
    title = "Weekly Exchange Rates"
    valid_for = "7"
    rows: ClassVar[tuple[Row, ...]] = (
        Row("GBP", "1", "115,2210"),
        Row("JPY", "10", "5,6012"),
        Row("TJS", "1", "9,3412"),
        Row("UZS", "1", "0,0072"),
        Row("TMT", "1", "24,8914"),
    )


class NbkrHistory(Upstream):
    """`index1.jsp`: the dollar's page of a range, from the publications of the daily file."""

    key = "nbkr_history"
    host = "www.nbkr.kg"
    path = "/index1.jsp"
    content_type = "text/html;charset=UTF-8"
    encoding = "utf-8"
    zone = BISHKEK
    root = "date"
    subject = "USD"
    conditional = False
    rows = Nbkr.rows
    impossible = OF_NOMINALS
    told_by = "nbkr"

    def __init__(self, daily: Nbkr) -> None:
        super().__init__(daily.now)
        self.daily = daily

    def _range(self, request: Request) -> list[Publication] | None:
        """Those in force first on a day of the range, oldest first; None where the query has no range."""
        begin, end = (
            "-".join(asked(request, f"{each}_{part}") or "" for part in ("year", "month", "day"))
            for each in ("beg", "end")
        )
        try:
            return self.daily.between(day(begin), day(end), request.at)
        except ValueError:
            return None

    def publication(self, request: Request) -> Publication | None:
        """The newest of the range: the one that a fault spoils."""
        found = self._range(request)
        if found is None or asked(request, "valuta_id") != "15":
            return None
        return found[-1] if found else Publication(None, request.at, ())

    def answer(self, request: Request, publication: Publication | None) -> Answer:
        """The page, newest first. Without a range of the dollar it is another page."""
        if publication is None:
            return html(404, "Not Found")
        pages = [publication, *reversed((self._range(request) or [])[:-1])]
        body = b"<table>\n" + b"".join(map(self.render, pages)) + b"</table>\n"
        return Answer(200, {"Content-Type": self.content_type}, body)

    def render(self, publication: Publication) -> bytes:
        """The page's rows of one publication."""
        marked = f"{publication.date:%d.%m.%Y}" if publication.date else ""
        rows = [row for row in publication.rows if row.code == self.subject]
        return encoded(
            "".join(
                f"<tr><td><!--date-->{marked}<!--date--></td>"
                f"<td>{'' if row.value is None else f'<!--value-->{row.value}<!--value-->'}</td></tr>\n"
                for row in rows
            ),
            self.encoding,
        )
