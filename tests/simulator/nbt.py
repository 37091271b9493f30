"""The National Bank of Tajikistan: the table of one day, and a range of one currency. TJS per nominal."""

from dataclasses import replace
from datetime import timedelta, timezone
from typing import ClassVar

from tests.simulator.upstream import (
    Answer,
    Publication,
    Request,
    Row,
    Upstream,
    asked,
    asked_day,
    encoded,
    html,
)

DUSHANBE = timezone(timedelta(hours=5))
ONE_DAY = timedelta(days=1)


class Nbt(Upstream):
    """`export_xml.php?date=yyyy-mm-dd&export=xmlout`: every day up to the newest, carried where nothing was
    published; any other day is answered with the newest under its own date.
    """

    key = "nbt"
    host = "www.nbt.tj"
    path = "/en/kurs/export_xml.php"
    content_type = "text/xml;charset=UTF-8"
    encoding = "utf-8"
    zone = DUSHANBE
    root = "ValCurs"
    subject = "USD"
    conditional = False
    rows: ClassVar[tuple[Row, ...]] = (
        Row("USD", "1", "9.2870"),
        Row("EUR", "1", "10.8011"),
        Row("CNY", "1", "1.3402"),
        Row("KGS", "10", "1.0634"),
        Row("KZT", "10", "0.1968"),
        Row("UZS", "100", "0.0771"),
        Row("TMT", "1", "2.6534"),
        Row("RUB", "1", "0.1155"),
    )

    def publication(self, request: Request) -> Publication | None:
        """The table of the day asked for, or the newest."""
        newest, day = self.newest(request.at), asked_day(request, "date")
        found = (
            self.in_force(day, request.at) if day and newest and newest.date and day <= newest.date else None
        )
        return replace(found, date=day) if found else newest

    def answer(self, request: Request, publication: Publication | None) -> Answer:
        """The table; without `export` a page that explains the parameters."""
        if asked(request, "export") is None:
            return html(200, "Export of exchange rates")
        return super().answer(request, publication)

    def render(self, publication: Publication) -> bytes:
        """The table."""
        dated = f' Date="{publication.date}"' if publication.date else ""
        lines = [
            '<?xml version="1.0" encoding="utf-8" ?>',
            f'<ValCurs{dated} name="Foreign Currency Market">',
            *(line for row in publication.rows for line in _valute(row)),
            "</ValCurs>",
        ]
        return encoded("\n".join(lines) + "\n", self.encoding)


class NbtRange(Upstream):
    """`export_xml_dynamic.php?d1=…&d2=…&cs=USD&export=xml`: every day of a range, from Nbt's publications."""

    key = "nbt_range"
    host = "www.nbt.tj"
    path = "/en/kurs/export_xml_dynamic.php"
    content_type = "text/xml; charset=windows-1251"
    encoding = "windows-1251"
    zone = DUSHANBE
    root = "ValCurs"
    subject = "USD"
    conditional = False
    rows = Nbt.rows
    told_by = "nbt"

    def __init__(self, table: Nbt) -> None:
        super().__init__(table.now)
        self.table = table

    def _range(self, request: Request) -> list[Publication]:
        day, until = asked_day(request, "d1"), asked_day(request, "d2")
        newest = self.table.newest(request.at)
        found: list[Publication] = []
        while day and until and newest and newest.date and day <= min(until, newest.date):
            if publication := self.table.in_force(day, request.at):
                found.append(replace(publication, date=day))
            day += ONE_DAY
        return found

    def publication(self, request: Request) -> Publication | None:
        """The newest of the range: the one that a fault spoils."""
        found = self._range(request)
        return found[-1] if found else Publication(None, request.at, ())

    def answer(self, request: Request, publication: Publication | None) -> Answer:
        """The range, oldest first."""
        if asked(request, "export") is None or publication is None:
            return html(200, "Export of exchange rates")
        records = b"".join(map(self.render, [*self._range(request)[:-1], publication]))
        head = b'<?xml version="1.0" encoding="windows-1251" ?>\n<ValCurs ID="840">\n'
        return Answer(200, {"Content-Type": self.content_type}, head + records + b"</ValCurs>\n")

    def render(self, publication: Publication) -> bytes:
        """The records of one day."""
        dated = f' Date="{publication.date:%d.%m.%Y}"' if publication.date else ""
        rows = [row for row in publication.rows if row.code == self.subject]
        return encoded(
            "".join(f'<Record{dated} Id="840">{"".join(_fields(row))}</Record>\n' for row in rows),
            self.encoding,
        )


def _fields(row: Row) -> list[str]:
    fields = (("CharCode", row.code), ("Nominal", row.nominal), ("Value", row.value))
    return [f"<{name}>{text}</{name}>" for name, text in fields if text is not None]


def _valute(row: Row) -> list[str]:
    return ['<Valute ID="0">', *(f"   {field}" for field in _fields(row)), "</Valute>"]
