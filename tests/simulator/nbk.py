"""The National Bank of Kazakhstan: the table of one day, KZT per quant, decimal point, UTF-8."""

from dataclasses import replace
from datetime import timedelta, timezone
from typing import ClassVar

from tests.simulator.upstream import Answer, Publication, Request, Row, Upstream, asked_day, encoded

NOTHING = b'<?xml version="1.0" encoding="utf-8"?>\n<rates>\n<info>No data for this date</info>\n</rates>\n'


class Nbk(Upstream):
    """`get_rates.cfm?fdate=dd.mm.yyyy`: a day without rates of its own has those before it, under its date; a
    day after the newest is answered without any.
    """

    key = "nbk"
    host = "nationalbank.kz"
    path = "/rss/get_rates.cfm"
    content_type = "text/xml; charset=UTF-8"
    encoding = "utf-8"
    zone = timezone(timedelta(hours=5))
    root = "rates"
    subject = "USD"
    conditional = False
    rows: ClassVar[tuple[Row, ...]] = (
        Row("AUD", "1", "331.07"),
        Row("EUR", "1", "548.9"),
        Row("KGS", "1", "5.38"),
        Row("CNY", "1", "66.21"),
        Row("USD", "1", "471.35"),
        Row("UZS", "100", "3.91"),
        Row("RUB", "1", "5.84"),
        Row("TJS", "1", "50.66"),
    )

    def publication(self, request: Request) -> Publication | None:
        """The table of the day asked for; without a date and rows where there is none."""
        day, newest = asked_day(request, "fdate", "%d.%m.%Y"), self.newest(request.at)
        found = (
            self.in_force(day, request.at) if day and newest and newest.date and day <= newest.date else None
        )
        return replace(found, date=day) if found else Publication(None, request.at, ())

    def answer(self, request: Request, publication: Publication | None) -> Answer:
        """The table, or the bank's word that it has none."""
        if publication and publication.date is None and not publication.rows:
            return Answer(200, {"Content-Type": self.content_type}, NOTHING)
        return super().answer(request, publication)

    def render(self, publication: Publication) -> bytes:
        """The document with the white space of its template."""
        dated = [f"    <date>{publication.date:%d.%m.%Y}</date>"] if publication.date else []
        lines = [
            '<?xml version="1.0" encoding="utf-8"?>',
            "<rates>",
            "    <generator>Alternate RSS Builder</generator>",
            "    <link>www.nationalbank.kz</link>",
            *dated,
            "",
            *(line for row in publication.rows for line in _item(row)),
            "</rates>",
        ]
        return encoded("\n".join(lines) + "\n", self.encoding)


def _item(row: Row) -> list[str]:
    fields = (("title", row.code), ("description", row.value), ("quant", row.nominal))
    inner = [f"            <{name}>{text}</{name}>" for name, text in fields if text is not None]
    return [
        "                        <item>",
        "            <fullname>ВАЛЮТА</fullname>",
        *inner,
        "            <index></index>",
        "            <change></change>",
        "            </item>",
    ]
