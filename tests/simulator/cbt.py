"""The Central Bank of Turkmenistan: a plain file a day, TMT per multiplier."""

from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar

from tests.simulator.upstream import Publication, Request, Row, Upstream, encoded

PREFIX = "/kurs/"


class Cbt(Upstream):
    """`/kurs/yyyy/ddmmyyyy.xml`: the file of that day, or 404."""

    key = "cbt"
    host = "cbt.tm"
    path = PREFIX
    content_type = "text/xml"
    encoding = "utf-8"
    zone = timezone(timedelta(hours=5))
    root = "cbt_currency_rate"
    subject = "USD"
    conditional = True
    rows: ClassVar[tuple[Row, ...]] = (
        Row("USD", "1", "3.5"),
        Row("KGS", "100", "4.0112"),
        Row("KZT", "100", "0.7421"),
        Row("UZS", "10000", "2.9133"),
        Row("TJS", "1", "0.3768"),
        Row("RUB", "1", "0.0435"),
    )

    def serves(self, request: Request) -> bool:
        """Any file."""
        return self.at_home(request.host) and request.path.startswith(PREFIX)

    def publication(self, request: Request) -> Publication | None:
        """The file of exactly that day."""
        try:
            day = datetime.strptime(request.path.rpartition("/")[2], "%d%m%Y.xml").replace(tzinfo=UTC).date()
        except ValueError:
            return None
        return next(iter(self.between(day, day, request.at)), None)

    def render(self, publication: Publication) -> bytes:
        """The file, indented by tabs."""
        dated = [f"\t<date>{publication.date:%d.%m.%Y}</date>"] if publication.date else []
        lines = [
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
            '<cbt_currency_rate name="CBT Currency XML">',
            *dated,
            *(line for row in publication.rows for line in _rate(row)),
            "</cbt_currency_rate>",
        ]
        return encoded("\n".join(lines) + "\n", self.encoding)


def _rate(row: Row) -> list[str]:
    fields = (("name", "PUL"), ("rate_usd", "1"), ("multiplier", row.nominal), ("rate_tmt", row.value))
    inner = [f"\t\t<{name}>{text}</{name}>" for name, text in fields if text is not None]
    return [f'\t<rate code="{row.code}">', *inner, "\t\t<checksum>0</checksum>", "\t</rate>"]
