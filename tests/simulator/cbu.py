"""The Central Bank of Uzbekistan: the table of one day as JSON, all values strings, UZS per nominal."""

from datetime import timedelta, timezone
from random import Random
from typing import ClassVar

from tests.simulator.upstream import Publication, Request, Row, Upstream, day, encoded

PREFIX = "/en/arkhiv-kursov-valyut/json/all/"


class Cbu(Upstream):
    """`…/json/all/yyyy-mm-dd/`: the newest table up to that day, under its own date."""

    key = "cbu"
    host = "cbu.uz"
    path = PREFIX
    content_type = "application/json"
    encoding = "utf-8"
    zone = timezone(timedelta(hours=5))
    root = "Ccy"
    subject = "USD"
    conditional = False
    rows: ClassVar[tuple[Row, ...]] = (
        Row("USD", "1", "12011.45"),
        Row("EUR", "1", "13962.11"),
        Row("RUB", "1", "149.03"),
        Row("CNY", "1", "1731.80"),
        Row("IDR", "10", "7.21"),
        Row("KGS", "1", "137.38"),
        Row("KZT", "1", "25.47"),
        Row("TJS", "1", "1293.36"),
        Row("TMT", "1", "3431.84"),
    )

    def serves(self, request: Request) -> bool:
        """Any day's path."""
        return self.at_home(request.host) and request.path.startswith(PREFIX)

    def publication(self, request: Request) -> Publication | None:
        """The table in force on the day in the path; no such day, no table."""
        try:
            return self.in_force(day(request.path.removeprefix(PREFIX).removesuffix("/")), request.at)
        except ValueError:
            return None

    def render(self, publication: Publication) -> bytes:
        """The array, its rows in another order each day."""
        dated = f'"{publication.date:%d.%m.%Y}"' if publication.date else None
        rows = [_row(place, row, dated) for place, row in enumerate(publication.rows, 60)]
        Random(str(publication.date)).shuffle(rows)
        return encoded("[" + ",\n".join(rows) + "]", self.encoding)


def _row(place: int, row: Row, dated: str | None) -> str:
    fields = (("Nominal", row.nominal), ("Rate", row.value), ("Diff", "0"))
    members = [f'"id":{place}', f'"Ccy":"{row.code}"', '"CcyNm_UZC":"\\u0412\\u0430\\u043b"']
    members += [f'"{name}":"{text}"' for name, text in fields if text is not None]
    return "{" + ",".join([*members, *([f'"Date":{dated}'] if dated else [])]) + "}"
