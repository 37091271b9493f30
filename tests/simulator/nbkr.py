"""The National Bank of the Kyrgyz Republic: the daily file, KGS per nominal, decimal comma, windows-1251."""

from datetime import timedelta, timezone
from typing import ClassVar

from tests.simulator.upstream import Publication, Row, Upstream


class Nbkr(Upstream):
    """`https://www.nbkr.kg/XML/daily.xml`: the newest file only, dated with the day of its force."""

    key = "nbkr"
    host = "www.nbkr.kg"
    path = "/XML/daily.xml"
    content_type = "application/xml"
    encoding = "windows-1251"
    zone = timezone(timedelta(hours=6))
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

    def render(self, publication: Publication) -> bytes:
        """The file with LF line ends; a lone surrogate in a literal becomes the byte that it stands for."""
        dated = f' Date="{publication.date:%d.%m.%Y}"' if publication.date else ""
        lines = [
            '<?xml version="1.0" encoding="windows-1251" ?>',
            f'<CurrencyRates Name="Daily Exchange Rates"{dated}>',
            *(line for row in publication.rows for line in _currency(row)),
            "</CurrencyRates>",
        ]
        return ("\n".join(lines) + "\n").encode(self.encoding, errors="surrogateescape")


def _currency(row: Row) -> list[str]:
    fields = (("Nominal", row.nominal), ("Value", row.value))
    inner = [f"<{name}>{text}</{name}>" for name, text in fields if text is not None]
    return [f'<Currency ISOCode="{row.code}">', *inner, "</Currency>"]
